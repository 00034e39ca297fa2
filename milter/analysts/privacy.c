/*
 * privacy.c -- what of a submission leaves for an analyst
 *
 * Octets are compared and replaced, nothing of strangers' is decoded here:
 * that is the worker's.
 */
#include "gatepost/analysts/privacy.h"

#include <string.h>

#include "gatepost/model/address.h"
#include "gatepost/util/digest.h"
#include "gatepost/util/fields.h"

/* The at sign as it is written, and the stand-in that then stands there. */
static const struct {
	const char *text, *stand_in;
} ats[] = {
	{ "@", PRIVACY_STAND_IN },
	{ "%40", "recipient%40recipient.invalid" },
	{ "=40", "recipient=40recipient.invalid" },
	{ "&#64;", "recipient&#64;recipient.invalid" },
};

/* To have a field of a message leave at headers-and-urls: a row. */
static const char *const head_fields[] = {
	"from", "reply-to", "subject", "date", "message-id", "list-id",
	"list-unsubscribe", "authentication-results", "dkim-signature", NULL
};

void
leaving_clear(struct leaving *leaving)
{
	if (leaving->data)
		g_string_free(leaving->data, TRUE);
	g_free(leaving->sha256);
	submission_free(leaving->submission);
	memset(leaving, 0, sizeof *leaving);
}

/* ---- recipients ---- */

static bool
is_atom(char c)
{
	return g_ascii_isalnum(c) || strchr("!#$&'*+-/=?^_`{|}~.%", c);
}

/* Does TEXT, LEFT octets, start with WORD, ASCII letters in any case? */
static bool
starts(const char *text, gsize left, const char *word)
{
	gsize length = strlen(word);

	return left >= length && g_ascii_strncasecmp(text, word, length) == 0;
}

/* How many octets at TEXT are ADDRESS, in which AT (of ats) it is written,
 * also with an extension; 0: none. */
static gsize
covers(const char *text, gsize left, const char *address, guint *at)
{
	const char *sign = strrchr(address, '@');
	g_autofree char *local = g_strndup(address,
					   (gsize)(sign - address));
	gsize length = strlen(local), domain = strlen(sign + 1);

	if (length == 0 || domain == 0 || !starts(text, left, local))
		return 0;
	for (*at = 0; *at < G_N_ELEMENTS(ats); ++*at) {
		const char *how = ats[*at].text;
		gsize end = length;

		if (end < left && (text[end] == '+' || text[end] == '-'))
			while (end < left && is_atom(text[end]) &&
			       !starts(text + end, left - end, how))
				end++;
		if (!starts(text + end, left - end, how))
			continue;
		end += strlen(how);
		if (!starts(text + end, left - end, sign + 1))
			continue;
		end += domain;
		if (end < left && (g_ascii_isalnum(text[end]) ||
				   text[end] == '-'))
			continue;
		if (end + 1 < left && text[end] == '.' &&
		    g_ascii_isalnum(text[end + 1]))
			continue;
		return end;
	}
	return 0;
}

/* May an address start at DATA[I]: what stands before is no part of it? */
static bool
may_start(const char *data, gsize i)
{
	/* "%3D", "=3D": the end of a sign that is encoded. */
	bool is_behind_code = i >= 3 && strchr("%=", data[i - 3]) &&
	    g_ascii_isxdigit(data[i - 2]) && g_ascii_isxdigit(data[i - 1]);

	return i == 0 || is_behind_code || strchr("=/&?'", data[i - 1]) ||
	    !is_atom(data[i - 1]);
}

static GString *
without(const char *data, gsize size, const GPtrArray *rcpts)
{
	GString *out = g_string_sized_new(size + 1);
	char firsts[256] = { 0 };

	for (guint i = 0; i < rcpts->len; i++)
		firsts[(guchar)g_ascii_tolower(*(char *)rcpts->pdata[i])] = 1;
	for (gsize i = 0; i < size; ) {
		gsize length = 0;
		guint at = 0;

		for (guint j = 0; j < rcpts->len && length == 0 &&
		     firsts[(guchar)g_ascii_tolower(data[i])] &&
		     may_start(data, i); j++)
			length = covers(data + i, size - i, rcpts->pdata[j],
					&at);
		if (length)
			g_string_append(out, ats[at].stand_in);
		else
			g_string_append_c(out, data[i]);
		i += length ? length : 1;
	}
	return out;
}

static void
replace(char **text, const GPtrArray *rcpts)
{
	g_autofree char *before = *text;

	if (before)
		*text = g_string_free(without(before, strlen(before), rcpts),
				      FALSE);
}

/* ---- levels ---- */

static bool
is_head_field(const char *line, gsize length)
{
	const char *colon = memchr(line, ':', length);
	g_autofree char *name = colon ? g_strchomp(g_ascii_strdown(line,
	    colon - line)) : NULL;

	return name && g_strv_contains(head_fields, name);
}

static void
add_links(const Json *facts, GString *out)
{
	const Json *urls = json_member(facts, "urls");

	if (!facts)
		g_string_append(out, "(the links are not known)\r\n");
	for (gsize i = 0; i < json_count(urls); i++) {
		const Json *one = json_element(urls, i);
		const char *url = json_text(json_member(one, "url"));

		if (url)
			g_string_append_printf(out, "%s\r\n", url);
	}
}

static void
add_known(GString *out, const char *name, const char *value)
{
	if (value)
		g_string_append_printf(out, "%s: %s\r\n", name, value);
}

/* The fields of the header, with their folds, and the links; of a message
 * whose octets are not kept, the fields that are known. */
static GString *
heads_of(const Submission *submission, const char *data, gsize size,
	 const Json *facts)
{
	GString *out = g_string_new(NULL);
	bool is_wanted = false;

	if (size == 0) {
		add_known(out, "From", submission->from);
		add_known(out, "Subject", submission->subject);
		add_known(out, "Message-ID", submission->message_id);
	}
	for (gsize at = 0; at < size; ) {
		const char *end = memchr(data + at, '\n', size - at);
		gsize next = end ? (gsize)(end - data) + 1 : size;
		gsize length = next - at;

		if (data[at] == '\n' || (data[at] == '\r' && length <= 2))
			break;
		if (data[at] != ' ' && data[at] != '\t')
			is_wanted = is_head_field(data + at, length);
		if (is_wanted)
			g_string_append_len(out, data + at, (gssize)length);
		at = next;
	}
	if (out->len && out->str[out->len - 1] != '\n')
		g_string_append(out, "\r\n");
	g_string_append(out, "\r\n");
	add_links(facts, out);
	return out;
}

static void
add_hash(GString *out, const char *name, const char *text)
{
	g_autofree char *hash = text ? digest_of(text, strlen(text)) : NULL;

	if (hash)
		json_put(out, name, hash);
}

static void
add_files(const Json *facts, GString *out)
{
	const Json *files = json_member(facts, "files");

	json_key(out, "files");
	g_string_append_c(out, '[');
	for (gsize i = 0; i < json_count(files); i++) {
		const char *sha256 = json_text(json_member(
		    json_element(files, i), "sha256"));

		if (!sha256)
			continue;
		json_comma(out);
		json_quote(out, sha256);
	}
	g_string_append_c(out, ']');
}

static void
add_domains(const Submission *submission, const Json *facts, GString *out)
{
	const Json *urls = json_member(facts, "urls");
	const char *from = submission->from ? submission->from :
	    submission->sender;
	g_autoptr(GHashTable) seen = g_hash_table_new(g_str_hash,
						      g_str_equal);

	json_key(out, "urls");
	g_string_append_c(out, '[');
	for (gsize i = 0; i < json_count(urls); i++) {
		const char *url = json_text(json_member(json_element(urls, i),
							"url"));
		g_autofree char *hash = url ? digest_of(url, strlen(url)) :
		    NULL;

		if (!hash)
			continue;
		json_comma(out);
		json_quote(out, hash);
	}
	g_string_append_c(out, ']');
	json_key(out, "domains");
	g_string_append_c(out, '[');
	if (from && strchr(from, '@') &&
	    g_hash_table_add(seen, (gpointer)address_domain(from)))
		json_quote(out, address_domain(from));
	for (gsize i = 0; i < json_count(urls); i++) {
		const char *host = json_text(json_member(json_element(urls, i),
							 "host"));

		if (!host || !g_hash_table_add(seen, (gpointer)host))
			continue;
		json_comma(out);
		json_quote(out, host);
	}
	g_string_append_c(out, ']');
}

static GString *
hashes_of(const Submission *submission, const Json *facts)
{
	GString *out = g_string_new("{");

	json_put(out, "id", submission->id);
	json_put(out, "kind", submission_kinds[submission->kind]);
	if (submission->sha256)
		json_put(out, "sha256", submission->sha256);
	add_hash(out, "url", submission->url);
	if (submission->kind == SUBMISSION_MESSAGE) {
		const char *body = json_text(json_member(facts,
							 "body_sha256"));

		if (body)
			json_put(out, "body_sha256", body);
		add_files(facts, out);
		add_domains(submission, facts, out);
	}
	g_string_append(out, "}\n");
	return out;
}

/* ---- all of it ---- */

/* SUBMISSION as he may know it. */
static Submission *
known(const Submission *submission, enum privacy level,
      const GPtrArray *rcpts)
{
	g_autoptr(GString) text = g_string_new(NULL);
	g_autoptr(Json) json = NULL;
	Submission *copy = submission_new();
	char **const texts[] = {
		&copy->note, &copy->from, &copy->subject, &copy->message_id,
		&copy->url, &copy->filename, &copy->sender
	};
	char **const nobodys[] = { &copy->rcpt, &copy->by, &copy->via };

	fields_json(&submission_fields, submission, true, text);
	json = json_parse(text->str, text->len, NULL);
	fields_from_json(&submission_fields, copy, json);
	for (guint i = 0; i < G_N_ELEMENTS(nobodys); i++)
		g_clear_pointer(nobodys[i], g_free);
	for (guint i = 0; i < G_N_ELEMENTS(texts); i++) {
		if (level == PRIVACY_HASHES)
			g_clear_pointer(texts[i], g_free);
		else if (level != PRIVACY_FULL)
			replace(texts[i], rcpts);
	}
	return copy;
}

static GPtrArray *
all_rcpts(const Submission *submission, const GPtrArray *more)
{
	GPtrArray *all = g_ptr_array_new();

	if (submission->rcpt && strchr(submission->rcpt, '@'))
		g_ptr_array_add(all, submission->rcpt);
	for (guint i = 0; more && i < more->len; i++)
		if (strchr(more->pdata[i], '@'))
			g_ptr_array_add(all, more->pdata[i]);
	return all;
}

void
privacy_cut(const Submission *submission, enum privacy level,
	    const char *data, gsize size, const GPtrArray *rcpts,
	    const Json *facts, struct leaving *leaving)
{
	g_autoptr(GPtrArray) all = all_rcpts(submission, rcpts);
	bool is_message = submission->kind == SUBMISSION_MESSAGE;
	g_autoptr(GString) link = NULL;

	memset(leaving, 0, sizeof *leaving);
	if (submission->kind == SUBMISSION_URL) {
		link = g_string_new(submission->url);
		g_string_append_c(link, '\n');
		data = link->str;
		size = link->len;
	}
	/* Of a file only its hash is less than all of it. */
	if (level == PRIVACY_HASHES || (level == PRIVACY_LINKS &&
	    submission->kind == SUBMISSION_FILE)) {
		leaving->data = hashes_of(submission, facts);
	} else if (level == PRIVACY_LINKS && is_message) {
		g_autoptr(GString) heads = heads_of(submission, data,
							size, facts);

		leaving->data = without(heads->str, heads->len, all);
	} else if (level == PRIVACY_FULL ||
		   submission->kind == SUBMISSION_FILE) {
		leaving->data = g_string_new_len(data, (gssize)size);
	} else {
		leaving->data = without(data, size, all);
	}
	leaving->is_whole = submission->kind != SUBMISSION_URL &&
	    (level <= PRIVACY_NO_RECIPIENT);
	leaving->sha256 = digest_of(leaving->data->str, leaving->data->len);
	leaving->submission = known(submission, level, all);
}
