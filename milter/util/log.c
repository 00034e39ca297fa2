/*
 * log.c -- one line an event, to syslog's facility mail or to stderr
 *
 * Each line is one write(2), so lines of several processes never mix.
 */
#include "gatepost/util/log.h"

#include <errno.h>
#include <string.h>
#include <syslog.h>
#include <unistd.h>

#include "gatepost/util/clock.h"

static const struct {
	const char *name;
	int priority;
} levels[] = {
	[LOG_LEVEL_ERROR] = { "error", LOG_ERR },
	[LOG_LEVEL_WARNING] = { "warning", LOG_WARNING },
	[LOG_LEVEL_INFO] = { "info", LOG_INFO },
	[LOG_LEVEL_DEBUG] = { "debug", LOG_DEBUG },
};

static const char *ident = "gatepost";
static bool is_stderr = true;
static enum log_level most = LOG_LEVEL_INFO;

void
log_open(const char *program, bool to_stderr)
{
	ident = program;
	is_stderr = to_stderr;
	if (!to_stderr)
		openlog(ident, LOG_PID | LOG_NDELAY, LOG_MAIL);
}

void
log_level_set(enum log_level level)
{
	most = level;
}

/* Octets of " level=warning", and what add() keeps free. */
#define LEVEL_ROOM 32

struct line {
	char text[8192];
	gsize length;
};

/* Nothing but printable ASCII, whatever a caller forgot to make safe; the
 * last octet is kept free for the line's end. */
static void
add(struct line *line, const char *text, gsize length, bool is_quoted)
{
	for (gsize i = 0; i < length; i++) {
		guchar c = (guchar)text[i];

		if (line->length + sizeof "\\x00" >= sizeof line->text)
			return;
		if (c < 0x20 || c >= 0x7f)
			line->length += (gsize)g_snprintf(line->text +
			    line->length, sizeof "\\x00", "\\x%02x", c);
		else
			line->text[line->length++] = is_quoted && c == '"' ?
			    '\'' : (char)c;
	}
}

static void
add_text(struct line *line, const char *text)
{
	add(line, text, strlen(text), false);
}

static void
add_number(struct line *line, const char *modifier, bool is_signed,
	   va_list *args)
{
	char text[32];

	if (*modifier == 'z')
		g_snprintf(text, sizeof text, is_signed ? "%zd" : "%zu",
			   va_arg(*args, gsize));
	else if (modifier[0] == 'l' && modifier[1] == 'l')
		g_snprintf(text, sizeof text, is_signed ? "%lld" : "%llu",
			   va_arg(*args, long long));
	else if (*modifier == 'l')
		g_snprintf(text, sizeof text, is_signed ? "%ld" : "%lu",
			   va_arg(*args, long));
	else
		g_snprintf(text, sizeof text, is_signed ? "%d" : "%u",
			   va_arg(*args, int));
	add_text(line, text);
}

/* One conversion, from behind its "%" on; what follows it. */
static const char *
add_conversion(struct line *line, const char *at, bool is_quoted,
	       va_list *args)
{
	const char *end = at + strspn(at, "lz");
	const char *text;
	char octet;

	switch (*end) {
	case 's':
		text = va_arg(*args, const char *);
		text = text ? text : "-";
		add(line, text, strlen(text), is_quoted);
		break;
	case 'c':
		octet = (char)va_arg(*args, int);
		add(line, &octet, 1, is_quoted);
		break;
	case 'd':
	case 'i':
	case 'u':
		add_number(line, at, *end != 'u', args);
		break;
	case '%':
		add_text(line, "%");
		break;
	default:
		g_error("log: format with %%%c", *end);
	}
	return end + 1;
}

/* FORMAT and ARGS as printf(3) has them, but a value within quotes of the
 * format cannot end them. */
static void
add_format(struct line *line, const char *format, va_list *args)
{
	bool is_quoted = false;

	while (*format) {
		gsize plain = strcspn(format, "%");

		add(line, format, plain, false);
		for (gsize i = 0; i < plain; i++)
			is_quoted ^= format[i] == '"';
		format += plain;
		if (*format)
			format = add_conversion(line, format + 1, is_quoted,
						args);
	}
	line->text[line->length] = '\0';
}

void
log_write(enum log_level level, const char *tag, const char *format, ...)
{
	struct line what, line;
	char now[CLOCK_TEXT + 64];
	va_list args;

	if (level > most)
		return;
	what.length = line.length = 0;
	va_start(args, format);
	add_format(&what, format, &args);
	va_end(args);
	if (is_stderr) {
		clock_format(clock_now(), now);
		add_text(&line, now);
		g_snprintf(now, sizeof now, " %s[%d]: ", ident,
			   (int)getpid());
		add_text(&line, now);
	}
	if (tag) {
		add_text(&line, tag);
		add_text(&line, " ");
	}
	/* The level stands last, and has its place in the longest line. */
	add(&line, what.text, MIN(what.length, sizeof line.text -
				  line.length - LEVEL_ROOM), false);
	if (level != LOG_LEVEL_INFO) {
		add_text(&line, " level=");
		add_text(&line, levels[level].name);
	}
	line.text[line.length] = '\0';
	if (!is_stderr) {
		syslog(levels[level].priority, "%s", line.text);
		return;
	}
	line.text[line.length++] = '\n';
	while (write(STDERR_FILENO, line.text, line.length) < 0 &&
	       errno == EINTR)
		;
}
