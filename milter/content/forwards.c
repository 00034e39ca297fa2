/*
 * forwards.c -- a message that a user forwarded as text
 *
 * Outlook, Gmail, Apple Mail and Thunderbird put the header in words above
 * the text, behind a line that says so or, as Outlook on the web does, behind
 * a rule.  What says so differs in every release and language, so it is not
 * asked for: the header's own lines are known by their labels, and three of
 * them together are enough.
 *
 * To add a language: its labels, in lower case, in each row.
 */
#include "gatepost/content/forwards.h"

#include <string.h>

/* Lines between the first label and the last, and of one value that is
 * folded; octets of a value. */
#define LINES_MOST 12
#define FOLDS_MOST 4
#define VALUE_MOST 2000

enum label { LABEL_FROM, LABEL_TO, LABEL_DATE, LABEL_SUBJECT, LABEL_OTHER,
	     LABELS };

/* English, German, French, Spanish, Italian. */
static const struct {
	const char *word;
	enum label label;
} words[] = {
	{ "from", LABEL_FROM }, { "von", LABEL_FROM }, { "de", LABEL_FROM },
	{ "da", LABEL_FROM }, { "mittente", LABEL_FROM },
	{ "expéditeur", LABEL_FROM }, { "absender", LABEL_FROM },
	{ "remitente", LABEL_FROM },
	{ "to", LABEL_TO }, { "an", LABEL_TO }, { "à", LABEL_TO },
	{ "pour", LABEL_TO }, { "para", LABEL_TO }, { "a", LABEL_TO },
	{ "destinataire", LABEL_TO }, { "destinatario", LABEL_TO },
	{ "date", LABEL_DATE }, { "sent", LABEL_DATE },
	{ "datum", LABEL_DATE }, { "gesendet", LABEL_DATE },
	{ "envoyé", LABEL_DATE }, { "envoyé le", LABEL_DATE },
	{ "fecha", LABEL_DATE }, { "enviado", LABEL_DATE },
	{ "enviado el", LABEL_DATE }, { "data", LABEL_DATE },
	{ "inviato", LABEL_DATE },
	{ "subject", LABEL_SUBJECT }, { "betreff", LABEL_SUBJECT },
	{ "objet", LABEL_SUBJECT }, { "sujet", LABEL_SUBJECT },
	{ "asunto", LABEL_SUBJECT }, { "oggetto", LABEL_SUBJECT },
	{ "cc", LABEL_OTHER }, { "kopie", LABEL_OTHER },
	{ "copie à", LABEL_OTHER }, { "copia", LABEL_OTHER },
	{ "importance", LABEL_OTHER }, { "priorität", LABEL_OTHER },
	{ "wichtigkeit", LABEL_OTHER }, { "importancia", LABEL_OTHER },
	{ "priorità", LABEL_OTHER }, { "reply-to", LABEL_OTHER },
	{ "antwort an", LABEL_OTHER }, { "répondre à", LABEL_OTHER },
	{ "responder a", LABEL_OTHER }, { "rispondi a", LABEL_OTHER },
};

/* Octets of a line's quotes, stars and blanks, of all kinds. */
static gsize
margin(const char *line, const char *end)
{
	const char *at = line;

	for (;;) {
		if (at < end && *at && strchr(" \t>*|", *at))
			at++;
		else if (end - at >= 2 && memcmp(at, "\302\240", 2) == 0)
			at += 2;	/* U+00A0 */
		else
			return (gsize)(at - line);
	}
}

/* FROM to END without blanks and stars around it.  Yours. */
static char *
trimmed(const char *from, const char *end)
{
	char *value;

	from += margin(from, end);
	while (end > from) {
		if (strchr(" \t\r*", end[-1]))
			end--;
		else if (end - from >= 2 &&
			 memcmp(end - 2, "\302\240", 2) == 0)
			end -= 2;
		else
			break;
	}
	value = g_strndup(from, MIN((gsize)(end - from), VALUE_MOST));
	return value;
}

/* The label that starts the line AT to END; *VALUE is what follows its
 * colon.  LABELS: none does. */
static enum label
label_of(const char *at, const char *end, const char **value)
{
	const char *start = at + margin(at, end), *colon;
	g_autofree char *name = NULL, *folded = NULL, *composed = NULL;

	colon = memchr(start, ':', MIN((gsize)(end - start), 40));
	if (!colon)
		return LABELS;
	name = trimmed(start, colon);
	if (!g_utf8_validate(name, -1, NULL))
		return LABELS;
	composed = g_utf8_normalize(name, -1, G_NORMALIZE_DEFAULT_COMPOSE);
	folded = g_utf8_strdown(composed, -1);
	for (guint i = 0; i < G_N_ELEMENTS(words); i++)
		if (strcmp(words[i].word, folded) == 0) {
			*value = colon + 1;
			return words[i].label;
		}
	return LABELS;
}

static const char *
line_end(const char *at)
{
	const char *end = strchr(at, '\n');

	return end ? end : at + strlen(at);
}

static const char *
next_line(const char *end)
{
	return *end ? end + 1 : end;
}

static bool
is_blank(const char *at, const char *end)
{
	g_autofree char *rest = trimmed(at, end);

	return !*rest;
}

static char **
member(struct forward *forward, enum label label)
{
	switch (label) {
	case LABEL_FROM:
		return &forward->from;
	case LABEL_TO:
		return &forward->to;
	case LABEL_DATE:
		return &forward->date;
	case LABEL_SUBJECT:
		return &forward->subject;
	case LABEL_OTHER:
	case LABELS:
		break;
	}
	return NULL;
}

/* Append the line AT to END to a value that it goes on with. */
static void
go_on(char **value, const char *at, const char *end)
{
	g_autofree char *more = trimmed(at, end);
	char *both;

	if (!value || !*value || strlen(*value) > VALUE_MOST)
		return;
	both = g_strconcat(*value, **value && *more ? " " : "", more, NULL);
	g_free(*value);
	*value = both;
}

/* Read the lines from AT, the first of which has a label, as a header.  The
 * start of what follows; NULL: it is none. */
static const char *
read_header(const char *at, struct forward *forward)
{
	char **last = NULL;
	guint folds = 0;

	for (guint n = 0; n < LINES_MOST && *at; n++) {
		const char *end = line_end(at), *value = NULL;
		enum label label = label_of(at, end, &value);
		char **to = member(forward, label);

		if (is_blank(at, end)) {
			/* Pages put a blank line between any two. */
			const char *next = next_line(end);

			if (forward->subject && (forward->date ||
						 forward->to) &&
			    label_of(next, line_end(next), &value) == LABELS)
				break;
			last = NULL;
		} else if (to && *to) {
			break;		/* another header starts */
		} else if (label != LABELS) {
			if (to)
				*to = trimmed(value, end);
			last = to;
			folds = 0;
		} else if (folds++ < FOLDS_MOST && last) {
			go_on(last, at, end);
		} else {
			break;
		}
		at = next_line(end);
	}
	return forward->from && *forward->from && forward->subject &&
	    (forward->date || forward->to) ? at : NULL;
}

bool
forward_find(const char *text, struct forward *forward)
{
	*forward = (struct forward){ .from = NULL };
	for (const char *at = text; *at; at = next_line(line_end(at))) {
		const char *value, *body;

		/* Apple Mail, and Thunderbird, begin with the subject. */
		if (label_of(at, line_end(at), &value) >= LABEL_OTHER)
			continue;
		body = read_header(at, forward);
		if (body) {
			forward->body = g_strdup(body);
			return true;
		}
		forward_clear(forward);
	}
	return false;
}

void
forward_clear(struct forward *forward)
{
	g_free(forward->from);
	g_free(forward->to);
	g_free(forward->date);
	g_free(forward->subject);
	g_free(forward->body);
	*forward = (struct forward){ .from = NULL };
}
