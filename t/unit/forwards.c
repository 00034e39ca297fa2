/*
 * forwards.c -- unit test: a message forwarded as text, by four mail programs
 * in five languages, and what is none
 */
#include "gatepost/content/forwards.h"

#include <string.h>

/* Of a language: labels for From, date, To and subject in Outlook, then in
 * Gmail, Apple Mail and Thunderbird, with the line that each puts above. */
static const struct language {
	const char *name;
	const char *outlook[5], *gmail[5], *apple[5], *thunderbird[5];
} languages[] = {
	{ "English",
	  { "-----Original Message-----", "From:", "Sent:", "To:",
	    "Subject:" },
	  { "---------- Forwarded message ---------", "From:", "Date:", "To:",
	    "Subject:" },
	  { "Begin forwarded message:", "From:", "Date:", "To:", "Subject:" },
	  { "-------- Forwarded Message --------", "From:", "Date:", "To:",
	    "Subject:" } },
	{ "German",
	  { "-----Ursprüngliche Nachricht-----", "Von:", "Gesendet:", "An:",
	    "Betreff:" },
	  { "---------- Forwarded message ---------", "Von:", "Date:", "To:",
	    "Subject:" },
	  { "Anfang der weitergeleiteten Nachricht:", "Von:", "Datum:", "An:",
	    "Betreff:" },
	  { "-------- Weitergeleitete Nachricht --------", "Von:", "Datum:",
	    "An:", "Betreff:" } },
	{ "French",
	  { "-----Message d'origine-----", "De :", "Envoyé :", "À :",
	    "Objet :" },
	  { "---------- Forwarded message ---------", "De :", "Date :",
	    "To:", "Subject:" },
	  { "Début du message transféré :", "De :", "Date :", "À :",
	    "Objet :" },
	  { "-------- Message transféré --------", "De :", "Date :", "Pour :",
	    "Sujet :" } },
	{ "Spanish",
	  { "-----Mensaje original-----", "De:", "Enviado el:", "Para:",
	    "Asunto:" },
	  { "---------- Forwarded message ---------", "De:", "Date:", "To:",
	    "Subject:" },
	  { "Inicio del mensaje reenviado:", "De:", "Fecha:", "Para:",
	    "Asunto:" },
	  { "-------- Mensaje reenviado --------", "De:", "Fecha:", "Para:",
	    "Asunto:" } },
	{ "Italian",
	  { "-----Messaggio originale-----", "Da:", "Inviato:", "A:",
	    "Oggetto:" },
	  { "---------- Forwarded message ---------", "Da:", "Date:", "To:",
	    "Subject:" },
	  { "Inizio messaggio inoltrato:", "Da:", "Data:", "A:",
	    "Oggetto:" },
	  { "-------- Messaggio inoltrato --------", "Mittente:", "Data:",
	    "A:", "Oggetto:" } },
};

#define FROM "Bad Bank <x@evil.example>"

/* As each program sets it: what is left is in the order of the table. */
static char *
outlook(const char *const *l)
{
	return g_strdup_printf("look at this\r\n\r\n%s\r\n%s " FROM
	    "\r\n%s Saturday\r\n%s jane@example.org\r\n%s Pay now\r\n\r\n"
	    "the body\r\n", l[0], l[1], l[2], l[3], l[4]);
}

static char *
gmail(const char *const *l)
{
	return g_strdup_printf("fyi\n\n%s\n%s " FROM "\n%s Saturday\n"
	    "%s Pay now\n%s <jane@example.org>\n\n\nthe body\n", l[0], l[1],
	    l[2], l[4], l[3]);
}

static char *
apple(const char *const *l)
{
	return g_strdup_printf("\n\n> %s\n> \n> %s " FROM "\n> %s Pay now\n"
	    "> %s Saturday\n> %s jane@example.org\n> \n> the body\n", l[0],
	    l[1], l[4], l[2], l[3]);
}

static char *
thunderbird(const char *const *l)
{
	return g_strdup_printf("\n\n\n%s\n%s \tPay now\n%s \tSaturday\n"
	    "%s \t" FROM "\n%s \tjane@example.org\n\n\n\nthe body\n", l[0],
	    l[4], l[2], l[1], l[3]);
}

/* Outlook on the web: a rule instead of words; labels set in stars. */
static char *
web(const char *const *l)
{
	return g_strdup_printf("\n________________________________\n*%s* "
	    FROM "\n*%s* Saturday\n*%s* jane@example.org\n*%s* Pay now\n"
	    "\nthe body\n", l[1], l[2], l[3], l[4]);
}

static void
check(const char *text)
{
	struct forward forward;

	g_test_message("%s", text);
	g_assert_true(forward_find(text, &forward));
	g_assert_cmpstr(forward.from, ==, FROM);
	g_assert_cmpstr(forward.subject, ==, "Pay now");
	g_assert_cmpstr(forward.date, ==, "Saturday");
	g_assert_nonnull(strstr(forward.to, "jane@example.org"));
	g_assert_nonnull(strstr(forward.body, "the body"));
	g_assert_null(strstr(forward.body, "Saturday"));
	forward_clear(&forward);
}

static void
test_programs(void)
{
	for (guint i = 0; i < G_N_ELEMENTS(languages); i++) {
		const struct language *one = &languages[i];
		const struct {
			char *(*make)(const char *const *labels);
			const char *const *labels;
		} rows[] = {
			{ outlook, one->outlook }, { gmail, one->gmail },
			{ apple, one->apple },
			{ thunderbird, one->thunderbird },
			{ web, one->outlook },
		};

		for (guint j = 0; j < G_N_ELEMENTS(rows); j++) {
			g_autofree char *text = rows[j].make(rows[j].labels);

			check(text);
		}
	}
}

static const struct {
	const char *name, *text;
} nones[] = {
	{ "nothing", "" },
	{ "prose with colons", "To: me it looks odd.\nDate: yesterday.\n" },
	{ "no sender", "Subject: a\nDate: b\nTo: c\n" },
	{ "an empty sender", "From:\nSubject: a\nDate: b\n" },
	{ "no subject", "From: a@b.example\nDate: b\nTo: c\n" },
	{ "a subject alone beside", "From: a@b.example\nSubject: x\n\nhi\n" },
	{ "far apart", "From: a\n\nb\n\nc\n\nSubject: d\n\nDate: e\n" },
};

static void
test_none(void)
{
	for (guint i = 0; i < G_N_ELEMENTS(nones); i++) {
		struct forward forward;

		g_test_message("%s", nones[i].name);
		g_assert_false(forward_find(nones[i].text, &forward));
		forward_clear(&forward);
	}
}

/* A value goes on in the next line; what the reporter wrote in front that
 * looks like a part of it is passed over. */
static void
test_odd(void)
{
	struct forward forward;

	g_assert_true(forward_find("De: nada\n\nFrom: A Very Long Name\n"
	    "  <a@b.example>\nSent: x\nCc: c\nSubject: one\n two\n\nb",
	    &forward));
	g_assert_cmpstr(forward.from, ==, "A Very Long Name <a@b.example>");
	g_assert_cmpstr(forward.subject, ==, "one two");
	g_assert_cmpstr(forward.body, ==, "\nb");
	forward_clear(&forward);
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/forwards/programs", test_programs);
	g_test_add_func("/forwards/none", test_none);
	g_test_add_func("/forwards/odd", test_odd);
	return g_test_run();
}
