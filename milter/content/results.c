/*
 * results.c -- Authentication-Results fields
 *
 * Says what stands there, not whether to believe it.  Strict where a lenient
 * reading would be a way to smuggle: a domain that is none is left out, and
 * so is all behind a comment or a quote that does not end.
 */
#include "gatepost/content/results.h"

#include <stdbool.h>
#include <string.h>

#include "gatepost/bounds.h"
#include "gatepost/content/defect.h"
#include "gatepost/content/words.h"
#include "gatepost/model/address.h"
#include "gatepost/model/domain.h"

#define RESULTS_MOST 100
/* RFC 8617 4.2.1: a chain has no more seals. */
#define ARC_SEALS 50
#define ARC_UNNAMED "?"

enum token { TOKEN_END, TOKEN_WORD, TOKEN_SEMICOLON, TOKEN_EQUALS,
	     TOKEN_SLASH };

struct lexer {
	const char *at;
	GString *text;		/* of a word */
	GString *comment;	/* before the token */
	bool is_glued;		/* a comment touches the end of the word */
	bool is_broken;		/* a comment or quote does not end */
};

static void
skip_comment(struct lexer *lexer)
{
	guint depth = 0;

	for (; *lexer->at; lexer->at++) {
		if (*lexer->at == '\\' && lexer->at[1])
			lexer->at++;
		else if (*lexer->at == '(')
			depth++;
		else if (*lexer->at == ')' && --depth == 0)
			break;
		g_string_append_c(lexer->comment, *lexer->at);
	}
	g_string_append_c(lexer->comment, ' ');
	lexer->is_broken |= !*lexer->at;
	lexer->at += *lexer->at == ')';
}

static void
take_quoted(struct lexer *lexer)
{
	for (lexer->at++; *lexer->at && *lexer->at != '"'; lexer->at++) {
		if (*lexer->at == '\\' && lexer->at[1])
			lexer->at++;
		g_string_append_c(lexer->text, *lexer->at);
	}
	lexer->is_broken |= !*lexer->at;
	lexer->at += *lexer->at == '"';
}

/* The next token; words end at STOPS. */
static enum token
next(struct lexer *lexer, const char *stops)
{
	g_string_truncate(lexer->text, 0);
	lexer->is_glued = false;
	while (g_ascii_isspace(*lexer->at) || *lexer->at == '(')
		if (*lexer->at == '(')
			skip_comment(lexer);
		else
			lexer->at++;
	if (lexer->is_broken || !*lexer->at)
		return TOKEN_END;
	if (strchr(stops, *lexer->at)) {
		char c = *lexer->at++;

		return c == ';' ? TOKEN_SEMICOLON : c == '=' ? TOKEN_EQUALS :
		    TOKEN_SLASH;
	}
	while (*lexer->at && !g_ascii_isspace(*lexer->at) &&
	       *lexer->at != '(' && !strchr(stops, *lexer->at)) {
		if (*lexer->at == '"')
			take_quoted(lexer);
		else
			g_string_append_c(lexer->text, *lexer->at++);
	}
	lexer->is_glued = *lexer->at == '(';
	return lexer->is_broken ? TOKEN_END : TOKEN_WORD;
}

/* RFC 8601 2.7; what is none of its words proves nothing. */
static int
result_value(const char *word)
{
	int value;

	if (g_ascii_strcasecmp(word, "hardfail") == 0)
		return AUTH_FAIL;
	if (g_ascii_strcasecmp(word, "error") == 0)
		return AUTH_TEMPERROR;
	for (value = 0; auth_values[value]; value++)
		if (g_ascii_strcasecmp(word, auth_values[value]) == 0)
			return value;
	return AUTH_NONE;
}

/* The domain of VALUE: a domain, an address, or "@" and a domain. */
static char *
domain_of(const char *value)
{
	g_autofree char *address = NULL;

	if (*value == '@')
		return domain_normal(value + 1);
	if (!strchr(value, '@'))
		return domain_normal(value);
	address = address_normal(value);
	return address && *address_domain(address) ?
	    domain_normal(address_domain(address)) : NULL;
}

/* Keep VALUE's domain in TO unless there is one. */
static void
take_domain(char **to, const char *value)
{
	if (!*to)
		*to = domain_of(value);
}

static void
take_policy(AuthResult *result, const char *value)
{
	static const char *const words[] = { "none", "quarantine", "reject" };

	for (guint i = 0; i < G_N_ELEMENTS(words); i++)
		if (!result->policy &&
		    g_ascii_strcasecmp(value, words[i]) == 0)
			result->policy = g_strdup(words[i]);
}

/* What properties of each method say whom it is about; the second serves
 * where the first is missing. */
static const struct {
	const char *method, *first, *second;
} methods[] = {
	{ "spf", "smtp.mailfrom", NULL },
	{ "dkim", "header.d", "header.i" },
	{ "dmarc", "header.from", NULL },
	{ "arc", "header.d", NULL },
	{ "iprev", NULL, NULL },
};

/* Keep the DOMAINS of ARC seals, parted by ':', unless there are any. */
static void
take_chain(AuthResult *result, const char *domains)
{
	g_auto(GStrv) all = g_strsplit(domains, ":", ARC_SEALS);

	if (result->chain->len)
		return;
	for (guint i = 0; all[i]; i++) {
		char *domain = domain_normal(all[i]);

		g_ptr_array_add(result->chain, domain ? domain :
				g_strdup(ARC_UNNAMED));
	}
}

struct property {
	AuthResult *result;
	guint method;
	char *second;		/* domain of the second best */
};

static void
take_property(struct property *property, const char *name, const char *value)
{
	const char *first = methods[property->method].first;
	const char *second = methods[property->method].second;
	AuthResult *result = property->result;

	if (first && g_ascii_strcasecmp(name, first) == 0)
		take_domain(&result->domain, value);
	else if (second && g_ascii_strcasecmp(name, second) == 0)
		take_domain(&property->second, value);
	else if (strcmp(result->method, "arc") == 0 &&
		 g_ascii_strcasecmp(name, "arc.chain") == 0)
		take_chain(result, value);
	else if (!result->selector &&
		 g_ascii_strcasecmp(name, "header.s") == 0)
		result->selector = domain_normal(value);
	else if (strcmp(result->method, "dmarc") == 0 &&
		 (g_ascii_strcasecmp(name, "policy.dmarc") == 0 ||
		  g_ascii_strcasecmp(name,
				     "policy.published-domain-policy") == 0))
		take_policy(result, value);
}

/* "(p=REJECT sp=NONE ...)" */
static void
take_comment(AuthResult *result, const char *comment)
{
	g_auto(GStrv) words = NULL;

	if (strcmp(result->method, "dmarc") != 0 || !strchr(comment, '='))
		return;
	words = g_strsplit_set(comment, " ,;()", -1);
	for (guint i = 0; words[i]; i++)
		if (g_ascii_strncasecmp(words[i], "p=", 2) == 0)
			take_policy(result, words[i] + 2);
}

/*
 * Who sealed: "arc.chain=NEWEST:...:OLDEST" (OpenARC), header.d, or a comment
 * "DOMAIN:s=SELECTOR:i=COUNT" (rspamd) or "i=COUNT", which tells how many
 * there are, named or not.
 */
static void
settle_seals(AuthResult *result, const char *comment)
{
	g_auto(GStrv) words = g_strsplit_set(comment, " ,;()\"", -1);
	guint64 count = 0;

	for (guint i = 0; words[i]; i++) {
		g_auto(GStrv) parts = g_strsplit(words[i], ":", 4);

		if (parts[0] && parts[1] &&
		    g_str_has_prefix(parts[1], "s=") && !result->domain)
			take_chain(result, parts[0]);
		for (guint j = 0; parts[j]; j++)
			if (g_str_has_prefix(parts[j], "i="))
				count = MAX(count, g_ascii_strtoull(
				    parts[j] + 2, NULL, 10));
	}
	if (result->domain)
		take_chain(result, result->domain);
	if (result->chain->len == 0)
		return;
	if (result->chain->len < count)
		g_ptr_array_add(result->chain, g_strdup(ARC_UNNAMED));
	take_domain(&result->domain, result->chain->pdata[0]);
}

/* The properties of a result, up to its ';' or the end. */
static enum token
read_properties(struct lexer *lexer, struct property *property)
{
	enum token token;

	g_string_truncate(lexer->comment, 0);
	while ((token = next(lexer, ";=")) == TOKEN_WORD) {
		g_autofree char *name = g_strdup(lexer->text->str);

		token = next(lexer, ";=");
		if (token != TOKEN_EQUALS)
			break;
		/* A value may hold a '=', as base64 does. */
		token = next(lexer, ";");
		if (token != TOKEN_WORD)
			break;
		if (!lexer->is_glued)
			take_property(property, name, lexer->text->str);
	}
	while (token != TOKEN_END && token != TOKEN_SEMICOLON)
		token = next(lexer, ";");
	if (!lexer->is_broken)
		take_comment(property->result, lexer->comment->str);
	if (!lexer->is_broken && strcmp(property->result->method, "arc") == 0)
		settle_seals(property->result, lexer->comment->str);
	return token;
}

static int
find_method(const char *word)
{
	for (guint i = 0; i < G_N_ELEMENTS(methods); i++)
		if (g_ascii_strcasecmp(methods[i].method, word) == 0)
			return (int)i;
	return -1;
}

/* What is behind "METHOD=" up to the next ';'. */
static enum token
read_result(struct lexer *lexer, const char *id, const char *method,
	    Facts *facts)
{
	enum token token = next(lexer, ";=");
	int found = find_method(method);
	struct property property = { .method = (guint)MAX(found, 0) };

	if (found < 0 || token != TOKEN_WORD) {
		while (token != TOKEN_END && token != TOKEN_SEMICOLON)
			token = next(lexer, ";");
		return token;
	}
	if (facts->results->len >= RESULTS_MOST) {
		facts_truncated(facts, DEFECT_RESULTS_MANY);
		return TOKEN_END;
	}
	property.result = fields_new(&auth_result_fields);
	property.result->authserv_id = g_strdup(id);
	property.result->method = g_strdup(methods[found].method);
	property.result->result = result_value(lexer->text->str);
	token = read_properties(lexer, &property);
	if (!property.result->domain)
		property.result->domain = g_steal_pointer(&property.second);
	g_free(property.second);
	g_ptr_array_add(facts->results, property.result);
	return token;
}

/* All results behind the id; the first method's name may be read already. */
static void
read_results(struct lexer *lexer, const char *id, const char *first,
	     Facts *facts)
{
	enum token token = TOKEN_SEMICOLON;

	if (first)
		token = read_result(lexer, id, first, facts);
	while (token == TOKEN_SEMICOLON) {
		g_autofree char *method = NULL;

		token = next(lexer, ";=/");
		if (token != TOKEN_WORD)
			continue;
		method = g_strdup(lexer->text->str);
		token = next(lexer, ";=/");
		if (token == TOKEN_SLASH && next(lexer, ";=") == TOKEN_WORD)
			token = next(lexer, ";=");
		if (token == TOKEN_EQUALS)
			token = read_result(lexer, id, method, facts);
		while (token != TOKEN_END && token != TOKEN_SEMICOLON)
			token = next(lexer, ";");
	}
}

char *
results_read(const char *value, Facts *facts)
{
	struct lexer lexer = { .at = value, .text = g_string_new(NULL),
			       .comment = g_string_new(NULL) };
	g_autofree char *method = NULL;
	char *id = g_strdup("");
	enum token token;

	if (next(&lexer, ";=") == TOKEN_WORD) {
		g_free(id);
		id = words_clean(lexer.text->str, lexer.text->len, BOUND_SHOWN);
		for (char *p = id; *p; p++)
			*p = g_ascii_tolower(*p);
		token = next(&lexer, ";=");
		/* Some leave the id out. */
		if (token == TOKEN_EQUALS) {
			method = g_steal_pointer(&id);
			id = g_strdup("");
		}
		/* The version, and what else should not stand here. */
		while (token == TOKEN_WORD)
			token = next(&lexer, ";=");
		if (token != TOKEN_END)
			read_results(&lexer, id, method, facts);
	}
	g_string_free(lexer.text, TRUE);
	g_string_free(lexer.comment, TRUE);
	return id;
}
