/*
 * upstream.c -- read the fields of SpamAssassin, rspamd and virus scanners
 *
 *	X-Spam-Status: Yes, score=7.1 required=5.0 tests=A,B autolearn=no
 *	X-Spamd-Result: default: True [16.20 / 15.00]; A(5.00)[x]; B(0.10)[]
 *	X-Virus-Status: Infected (Name)
 *
 * They are told apart by their form, since names of fields are configured.
 */
#include "gatepost/policy/upstream.h"

#include <string.h>

/*
 * Rules of upstreams by their names, '*' for any text.  Malware is said by a
 * scanner and counts alone; so does bulk mail, which is no spam; phishing
 * only where the whole is spam, since single rules of that kind often err.
 *
 * To add one: a row here, a case in t/unit/upstream.c, a line in
 * gatepostd(8).
 */
static const struct {
	const char *symbol;
	enum category category;
	bool is_alone;
} symbols[] = {
	{ "CLAM_VIRUS*", CATEGORY_MALWARE, true },
	{ "CLAMAV*", CATEGORY_MALWARE, true },
	{ "*_VIRUS", CATEGORY_MALWARE, true },
	{ "*MALWARE*", CATEGORY_MALWARE, false },
	{ "*PHISH*", CATEGORY_PHISH, false },
	{ "BULK*", CATEGORY_BULK, true },
	{ "*_BULK", CATEGORY_BULK, true },
};

static const Upstream *
author(const Config *config, const Field *field)
{
	for (guint i = 0; i < config->upstreams->len; i++) {
		const Upstream *one = config->upstreams->pdata[i];

		for (guint j = 0; j < one->headers->len; j++)
			if (g_ascii_strcasecmp(one->headers->pdata[j],
					       field->name) == 0)
				return one;
	}
	return NULL;
}

static bool
starts(const char *text, const char *word)
{
	return g_ascii_strncasecmp(text, word, strlen(word)) == 0 &&
	    !g_ascii_isalnum(text[strlen(word)]);
}

/* The number at AT into *NUMBER, and where it ends; NULL: there is none. */
static const char *
read_number(const char *at, double *number)
{
	char *end;

	/* Neither "infinity" nor "nan" is a score. */
	if (!g_ascii_isdigit(at[strspn(at, " +-.")]))
		return NULL;
	*number = g_ascii_strtod(at, &end);
	return end == at ? NULL : end;
}

/* "score=7.1 required=5.0", "[16.20 / 15.00]", or a number in front. */
static void
read_score(const char *value, struct upstream_word *word)
{
	const char *score = strstr(value, "score=");
	const char *required = strstr(value, "required=");
	const char *open = strchr(value, '['), *end;

	if (score) {
		word->has_score = read_number(score + strlen("score="),
					      &word->score) != NULL;
		if (required)
			read_number(required + strlen("required="),
				    &word->threshold);
		return;
	}
	end = read_number(value, &word->score);
	if (!end && open)
		end = read_number(open + 1, &word->score);
	word->has_score = end != NULL;
	while (end && *end == ' ')
		end++;
	if (end && *end == '/')
		read_number(end + 1, &word->threshold);
}

/* One rule that met, with the SCORE that it gave. */
static void
weigh(struct upstream_word *word, const char *name, double score,
      bool is_spam)
{
	for (guint i = 0; i < G_N_ELEMENTS(symbols); i++) {
		enum category category = symbols[i].category;

		if (!g_pattern_match_simple(symbols[i].symbol, name) ||
		    (!symbols[i].is_alone && (!is_spam || score < 0)) ||
		    (category == CATEGORY_BULK && is_spam))
			continue;
		/* Malware goes before phishing, and that before bulk. */
		if (!word->symbol || category > word->category) {
			word->is_said = true;
			word->category = category;
			word->symbol = symbols[i].symbol;
		}
		return;
	}
}

/* rspamd's "; NAME(SCORE)[OPTIONS]": options are a stranger's words. */
static void
read_rated(const char *at, struct upstream_word *word, bool is_spam)
{
	while ((at = strchr(at, ';'))) {
		g_autofree char *name = NULL;
		double score = 0;
		gsize length;

		for (at++; *at == ' ' || *at == '\t'; at++)
			;
		length = strcspn(at, "([; ");
		name = g_strndup(at, length);
		at += length;
		if (*at == '(')
			read_number(at + 1, &score);
		at += strcspn(at, "[;");
		if (*at == '[')
			at += strcspn(at, "]");
		weigh(word, name, score, is_spam);
	}
}

/* SpamAssassin's "tests=NAME,NAME". */
static void
read_listed(const char *at, struct upstream_word *word, bool is_spam)
{
	g_auto(GStrv) words = g_strsplit_set(at, ", \t", -1);

	for (guint i = 0; words[i]; i++) {
		/* "tests=" is followed by others of that form. */
		if (i > 0 && strchr(words[i], '='))
			return;
		weigh(word, words[i], 0, is_spam);
	}
}

struct upstream_word
upstream_read(const Config *config, const Field *field)
{
	struct upstream_word word = { .upstream = author(config, field) };
	const char *value = field->value;
	const char *tests = strstr(value, "tests=");
	const char *verdict = strstr(value, ": ");
	double line;

	if (!word.upstream)
		return word;
	if (starts(value, "infected")) {
		word.is_said = true;
		word.category = CATEGORY_MALWARE;
		word.confidence = CONFIDENCE_HIGH;
		return word;
	}
	read_score(value, &word);
	line = word.upstream->score;
	word.share = line > 0 && word.has_score ? word.score / line : 0;
	word.is_said = g_ascii_strncasecmp(value, "yes", 3) == 0 ||
	    (verdict && starts(verdict + 2, "true")) || word.share >= 1;
	if (word.is_said)
		word.category = CATEGORY_SPAM;
	if (line > 0)
		word.threshold = line;
	if (tests)
		read_listed(tests + strlen("tests="), &word, word.is_said);
	else if (strchr(value, '['))
		read_rated(value, &word, word.is_said);
	return word;
}
