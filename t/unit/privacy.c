/*
 * privacy.c -- no recipient leaves, in whichever way he is written, and
 * nothing else is changed
 */
#include "gatepost/analysts/privacy.h"

#include <string.h>

#define IN PRIVACY_STAND_IN

static const struct {
	const char *name, *before, *after;
} cases[] = {
	{ "his address", "to jane@example.org, you", "to " IN ", you" },
	{ "in any case", "JANE@Example.ORG", IN },
	{ "with an extension", "jane+shop@example.org", IN },
	{ "with an old one", "jane-shop@example.org", IN },
	{ "in brackets", "<jane@example.org>", "<" IN ">" },
	{ "twice", "jane@example.org jane@example.org", IN " " IN },
	{ "in a link", "u=jane@example.org&x", "u=" IN "&x" },
	{ "encoded in a link", "?jane%40example.org",
	  "?recipient%40recipient.invalid" },
	{ "behind an encoded sign", "u%3Djane%40example.org",
	  "u%3Drecipient%40recipient.invalid" },
	{ "in quoted-printable", "jane=40example.org",
	  "recipient=40recipient.invalid" },
	{ "at the end of a sentence", "jane@example.org.", IN "." },
	{ "for a relay", "for <jane@example.org>; Sun", "for <" IN ">; Sun" },
	{ "another recipient of it", "bob@example.org", IN },
	{ "another's longer name", "maryjane@example.org",
	  "maryjane@example.org" },
	{ "another's name with a dot", "mary.jane@example.org",
	  "mary.jane@example.org" },
	{ "a longer domain", "jane@example.org.uk", "jane@example.org.uk" },
	{ "a longer label", "jane@example.organic", "jane@example.organic" },
	{ "a name alone", "jane at example.org", "jane at example.org" },
	{ "cut off", "jane@example.or", "jane@example.or" },
	{ "octets of any kind", "\xff\x01jane@example.org\xfe",
	  "\xff\x01" IN "\xfe" },
};

static void
try(gconstpointer data)
{
	guint i = GPOINTER_TO_UINT(data);
	g_autoptr(Submission) one = submission_new();
	g_autoptr(GPtrArray) more = g_ptr_array_new();
	struct leaving leaving;

	one->id = g_strdup("01J00000000000000000000000");
	one->rcpt = g_strdup("jane@example.org");
	one->by = g_strdup("admin");
	one->note = g_strdup(cases[i].before);
	g_ptr_array_add(more, (gpointer)"bob@example.org");
	privacy_cut(one, PRIVACY_NO_RECIPIENT, cases[i].before,
		    strlen(cases[i].before), more, NULL, &leaving);
	g_assert_cmpstr(leaving.data->str, ==, cases[i].after);
	g_assert_null(leaving.submission->rcpt);
	g_assert_null(leaving.submission->by);
	leaving_clear(&leaving);
	privacy_cut(one, PRIVACY_FULL, cases[i].before,
		    strlen(cases[i].before), more, NULL, &leaving);
	g_assert_cmpstr(leaving.data->str, ==, cases[i].before);
	leaving_clear(&leaving);
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autofree char *path = g_strdup_printf("/privacy/%02u %s",
							i, cases[i].name);

		g_test_add_data_func(path, GUINT_TO_POINTER(i), try);
	}
	return g_test_run();
}
