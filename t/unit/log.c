/*
 * log.c -- unit test: a line of the log is one line, whatever is in it
 */
#include "gatepost/util/log.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

/* What WRITE puts to standard error, less time and process.  Yours. */
static char *
caught(void (*write_it)(void))
{
	int out = open("/tmp", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
	int kept = dup(STDERR_FILENO);
	char text[16384] = "";
	const char *begin;
	gssize n;

	g_assert_cmpint(out, >=, 0);
	dup2(out, STDERR_FILENO);
	write_it();
	dup2(kept, STDERR_FILENO);
	close(kept);
	n = pread(out, text, sizeof text - 1, 0);
	close(out);
	g_assert_cmpint(n, >, 0);
	g_assert_cmpint(text[n - 1], ==, '\n');
	text[n - 1] = '\0';
	g_assert_null(strchr(text, '\n'));
	begin = strstr(text, "]: ");
	g_assert_nonnull(begin);
	return g_strdup(begin + strlen("]: "));
}

static void
write_info(void)
{
	log_info("ID QUEUE", "decision rcpt=%s action=%s", "a@b.example",
		 "tag");
}

static void
write_error(void)
{
	log_error("ID QUEUE", "later reason=\"%s\"", "no room");
}

static void
write_alone(void)
{
	log_warning(NULL, "stopped");
}

static void
write_quotes(void)
{
	log_info(NULL, "later reason=\"%s\" note=\"%s\" what=%s",
		 "\"x\" action=deliver note=\"y", "in \"%s\"", "\"as is\"");
}

static void
write_octets(void)
{
	log_info("I\nD", "said text=\"%s\" by=%s", "a\r\nb\033[2J\x9b\xc3\xa4",
		 "x\ty");
}

static void
write_numbers(void)
{
	log_info(NULL, "count a=%d b=%u c=%" G_GINT64_FORMAT " d=%"
		 G_GUINT64_FORMAT " e=%zu f=%c g=%d%%", -1, 4294967295u,
		 G_MININT64, G_MAXUINT64, (gsize)7, 'x', 5);
}

static void
write_none(void)
{
	const char *none = g_getenv("GATEPOST_NO_SUCH_VARIABLE");

	log_info(NULL, "said text=\"%s\" by=%s", none, none);
}

static void
write_much(void)
{
	g_autofree char *much = g_strnfill(100000, '\n');

	log_error("ID QUEUE", "said text=\"%s\" by=%s", much, "x");
}

static const struct {
	const char *name;
	void (*write_it)(void);
	const char *line;
} cases[] = {
	{ "the ids come first, then what happened", write_info,
	  "ID QUEUE decision rcpt=a@b.example action=tag" },
	{ "... at every level, which is a key", write_error,
	  "ID QUEUE later reason=\"no room\" level=error" },
	{ "no message, no values", write_alone, "stopped level=warning" },
	{ "a value in quotes cannot end them", write_quotes,
	  "later reason=\"'x' action=deliver note='y\" "
	  "note=\"in '%s'\" what=\"as is\"" },
	{ "nothing but printable ASCII", write_octets,
	  "I\\x0aD said text=\"a\\x0d\\x0ab\\x1b[2J\\x9b\\xc3\\xa4\" "
	  "by=x\\x09y" },
	{ "no text at all", write_none, "said text=\"-\" by=-" },
	{ "numbers of every width", write_numbers,
	  "count a=-1 b=4294967295 c=-9223372036854775808 "
	  "d=18446744073709551615 e=7 f=x g=5%" },
};

static void
test_lines(void)
{
	for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autofree char *line = caught(cases[i].write_it);

		g_test_message("%s", cases[i].name);
		g_assert_cmpstr(line, ==, cases[i].line);
	}
}

static void
test_much(void)
{
	g_autofree char *line = caught(write_much);

	g_assert_cmpuint(strlen(line), <, 8192);
	g_assert_true(g_str_has_prefix(line, "ID QUEUE said "
				       "text=\"\\x0a\\x0a"));
	g_assert_true(g_str_has_suffix(line, " level=error"));
}

static void
write_nothing(void)
{
	log_level_set(LOG_LEVEL_WARNING);
	log_info(NULL, "unheard");
	log_warning(NULL, "heard");
	log_level_set(LOG_LEVEL_INFO);
}

static void
test_level(void)
{
	g_autofree char *line = caught(write_nothing);

	g_assert_cmpstr(line, ==, "heard level=warning");
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/log/lines", test_lines);
	g_test_add_func("/log/much", test_much);
	g_test_add_func("/log/level", test_level);
	return g_test_run();
}
