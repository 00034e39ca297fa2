/*
 * impersonation.c -- unit test: what the check costs for one message
 *
 * What it says is proven from outside, in t/530-impersonation.t.
 */
#include <glib/gstdio.h>

#include "gatepost/model/address.h"
#include "gatepost/policy/check.h"

/* A configuration of 20 protected domains and 50 people. */
static Config *
configured(void)
{
	g_autofree char *path = NULL;
	g_autoptr(GString) text = g_string_new("tenants = ( { name = \"one\";"
	    " domains = [ \"one.example\" ]; people = [ ");
	g_autoptr(GPtrArray) notes = config_notes_new();
	Config *config;
	int fd = g_file_open_tmp("impersonation-XXXXXX", &path, NULL);

	for (guint i = 0; i < 50; i++)
		g_string_append_printf(text, "%s\"Jane%c Director%c\"",
				       i ? ", " : "", 'a' + (char)(i % 26),
				       'a' + (char)(i / 26));
	g_string_append(text, " ]; protected_domains = [ ");
	for (guint i = 0; i < 20; i++)
		g_string_append_printf(text, "%s\"northwood%c.example\"",
				       i ? ", " : "", 'a' + (char)i);
	g_string_append(text, " ]; } );\n");
	g_assert_true(g_file_set_contents(path, text->str, -1, NULL));
	config = config_load(path, notes);
	g_assert_nonnull(config);
	g_close(fd, NULL);
	g_unlink(path);
	return config;
}

static void
add_mailbox(GPtrArray *to, const char *name, const char *address)
{
	Mailbox *mailbox = g_new0(Mailbox, 1);

	mailbox->name = g_strdup(name);
	mailbox->address = g_strdup(address);
	mailbox->domain = g_strdup(address_domain(address));
	g_ptr_array_add(to, mailbox);
}

static guint
look_times(const char *name, const char *from, const char *sender,
	   guint times)
{
	g_autoptr(Config) config = configured();
	g_autoptr(Message) message = message_new(config);
	g_autoptr(Facts) facts = facts_new();
	struct look look = { .message = message, .facts = facts };
	gint64 start;
	guint found = 0;

	g_free(message->sender);
	message->sender = g_strdup(sender);
	facts->from = g_strdup(from);
	facts->from_domain = g_strdup(address_domain(from));
	add_mailbox(facts->authors, name, from);
	look.recipient = message_add_recipient(message, "<a@one.example>");
	start = g_get_monotonic_time();
	for (guint i = 0; i < times; i++) {
		g_autoptr(Decision) decision = decision_new(look.recipient);

		check_impersonation.look(&look, decision);
		found = decision->findings->len;
	}
	g_test_message("%.2f us for %s <%s>, envelope %s",
		       (double)(g_get_monotonic_time() - start) / times,
		       name, from, sender);
	return found;
}

static void
test_speed(void)
{
	g_assert_cmpuint(look_times("Some Body", "x@violins.test",
				    "x@violins.test", 5000), ==, 0);
	g_assert_cmpuint(look_times("Violins of the North",
				    "x@violins.test",
				    "bounce@mailer.test", 5000), ==, 0);
	g_assert_cmpuint(look_times("Janea Directora", "x@northw00da.test",
				    "x@northw00da.test", 5000), ==, 2);
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/impersonation/speed", test_speed);
	return g_test_run();
}
