/*
 * analyst.c -- an analyst's settings: what they must be, and what they say
 *
 * To add a type: a word of analyst_types, a row here with what it needs, a
 * file in analysts/ and its row in analyst.c there.
 */
#include "gatepost/model/analyst.h"

#include <stdarg.h>
#include <string.h>

#include "gatepost/model/address.h"
#include "gatepost/util/clamd.h"
#include "gatepost/util/fields.h"
#include "gatepost/util/json.h"

enum { NEEDS_URL = 1, NEEDS_SOCKET = 2, NEEDS_ADDRESS = 4, NEEDS_ARGV = 8 };
enum { TAKES_MESSAGE = 1, TAKES_URL = 2, TAKES_FILE = 4, TAKES_ALL = 7 };

static const struct {
	int needs;
	int takes;
	bool reads_mail;	/* a digest of a message is none to it */
} types[] = {
	[ANALYST_RSPAMD] = { NEEDS_URL, TAKES_MESSAGE, true },
	[ANALYST_SPAMASSASSIN] = { NEEDS_SOCKET, TAKES_MESSAGE, true },
	[ANALYST_CLAMD] = { NEEDS_SOCKET, TAKES_MESSAGE | TAKES_FILE, true },
	[ANALYST_MAIL] = { NEEDS_ADDRESS, TAKES_ALL, false },
	[ANALYST_HTTP] = { NEEDS_URL, TAKES_ALL, false },
	[ANALYST_COMMAND] = { NEEDS_ARGV, TAKES_ALL, false },
	[ANALYST_MANUAL] = { 0, TAKES_ALL, false },
};

const char *const analyst_fields[] = {
	"id", "as", "kind", "source", "note", "url", "filename", "sha256",
	"from", "subject", "message_id", "text", "message", "ticket", NULL
};

static void fault(GPtrArray *faults, const char *format, ...)
	G_GNUC_PRINTF(2, 3);

static void
fault(GPtrArray *faults, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	g_ptr_array_add(faults, g_strdup_vprintf(format, args));
	va_end(args);
}

const char *
analyst_field(const char *text, int *field)
{
	g_autofree char *name = NULL;
	gsize length;

	if (*text != '{')
		return NULL;
	length = strspn(text + 1, "abcdefghijklmnopqrstuvwxyz0123456789_");
	if (length == 0 || text[1 + length] != '}')
		return NULL;
	name = g_strndup(text + 1, length);
	*field = fields_word(analyst_fields, name);
	return *field < 0 ? NULL : text + length + 2;
}

/* A JSON template is JSON with words for its fields, in strings alone. */
static void
check_body(const char *body, GPtrArray *faults)
{
	g_autoptr(GString) bare = g_string_new(NULL);
	g_autoptr(GError) error = NULL;
	g_autoptr(Json) json = NULL;
	const char *end;
	int field;

	for (const char *p = body; *p; ) {
		end = analyst_field(p, &field);
		g_string_append_c(bare, end ? 'a' : *p);
		p = end ? end : p + 1;
	}
	json = json_parse(bare->str, bare->len, &error);
	if (!json)
		fault(faults, "body: it is no JSON (%s); fields stand in "
		      "strings: \"{ \\\"id\\\": \\\"{id}\\\" }\"",
		      error->message);
}

static bool
is_loopback(const char *url)
{
	static const char *const hosts[] = {
		"http://127.0.0.1", "http://localhost", "http://[::1]"
	};

	for (guint i = 0; i < G_N_ELEMENTS(hosts); i++) {
		gsize length = strlen(hosts[i]);

		if (g_ascii_strncasecmp(url, hosts[i], length) == 0 &&
		    strchr(":/", url[length]))
			return true;
	}
	return false;
}

/* Mail and secrets leave encrypted, unless it is our own. */
static void
check_url(const AnalystSetting *one, const char *name, const char *url,
	  GPtrArray *faults)
{
	bool is_plain = g_str_has_prefix(url, "http://");

	if (!is_plain && !g_str_has_prefix(url, "https://"))
		fault(faults, "%s: \"%s\"; write \"https://HOST/PATH\"", name,
		      url);
	else if (is_plain && !one->local && !one->socket && !is_loopback(url))
		fault(faults, "%s: \"%s\" would send mail for all to read; "
		      "write https:, or local = true if it is your own net",
		      name, url);
	for (const char *p = url; *p; p++)
		if (g_ascii_isspace(*p) || g_ascii_iscntrl(*p)) {
			fault(faults, "%s: \"%s\" has a blank in it", name,
			      url);
			break;
		}
}

static void
check_needs(const AnalystSetting *one, GPtrArray *faults)
{
	const char *type = analyst_types[one->type];
	int needs = types[one->type].needs;
	g_autofree char *normal = one->address ?
	    address_normal(one->address) : NULL;
	g_autofree char *from = one->from ? address_normal(one->from) : NULL;

	if ((needs & NEEDS_URL) && !one->url)
		fault(faults, "type %s needs url", type);
	if ((needs & NEEDS_SOCKET) && !one->socket)
		fault(faults, "type %s needs socket", type);
	if ((needs & NEEDS_ADDRESS) && !one->address)
		fault(faults, "type %s needs address", type);
	if ((needs & NEEDS_ARGV) && one->argv->len == 0)
		fault(faults, "type %s needs argv", type);
	if (one->address && (!normal || !*address_domain(normal)))
		fault(faults, "address: \"%s\" is no address", one->address);
	if (one->from && (!from || !*address_domain(from)))
		fault(faults, "from: \"%s\" is no address", one->from);
	if (one->argv->len && !g_path_is_absolute(one->argv->pdata[0]))
		fault(faults, "argv: \"%s\" must be an absolute path",
		      (char *)one->argv->pdata[0]);
	if ((needs & NEEDS_SOCKET) && one->socket &&
	    !clamd_is_place(one->socket))
		fault(faults, "socket: \"%s\"; write \"/run/x.sock\" or "
		      "\"127.0.0.1@783\"", one->socket);
	if ((needs & NEEDS_URL) && one->socket &&
	    !g_path_is_absolute(one->socket))
		fault(faults, "socket: \"%s\" must be an absolute path",
		      one->socket);
}

static void
check_words(const AnalystSetting *one, GPtrArray *faults)
{
	for (guint i = 0; i < one->takes->len; i++) {
		const char *word = one->takes->pdata[i];
		int kind = fields_word(submission_kinds, word);

		if (kind < 0 || !(types[one->type].takes & 1 << kind))
			fault(faults, "takes: type %s takes no \"%s\"",
			      analyst_types[one->type], word);
	}
	for (guint i = 0; i < one->as->len; i++)
		if (fields_word(submitted_ases, one->as->pdata[i]) < 0)
			fault(faults, "as: \"%s\" is none of phish, malware, "
			      "spam, clean, suspicious, appears-clean",
			      (char *)one->as->pdata[i]);
	for (guint i = 0; i < one->words->len; i++) {
		const char *word = one->words->pdata[i];
		const char *equal = strrchr(word, '=');

		if (!equal || equal == word ||
		    fields_word(verdicts, equal + 1) <= VERDICT_NONE)
			fault(faults, "words: \"%s\"; write \"theirs=ours\", "
			      "where ours is clean, bulk, spam, phish, "
			      "malware or unknown", word);
	}
}

GPtrArray *
analyst_faults(const AnalystSetting *one)
{
	GPtrArray *faults = g_ptr_array_new_with_free_func(g_free);
	int form = one->form;

	check_needs(one, faults);
	check_words(one, faults);
	if (one->url)
		check_url(one, "url", one->url, faults);
	if (one->poll)
		check_url(one, "poll", one->poll, faults);
	if (one->poll && !strstr(one->poll, "{ticket}"))
		fault(faults, "poll: \"%s\" has no {ticket}", one->poll);
	if (form >= 0 && ((one->type == ANALYST_HTTP && form > FORM_MULTIPART)
			  || (one->type == ANALYST_MAIL &&
			      form < FORM_RFC822)))
		fault(faults, "form: type %s has %s", analyst_types[one->type],
		      one->type == ANALYST_HTTP ? "json and multipart" :
		      "rfc822 and arf");
	if (types[one->type].reads_mail && one->privacy > PRIVACY_NO_RECIPIENT)
		fault(faults, "privacy: type %s needs the message itself, "
		      "full or no-recipient", analyst_types[one->type]);
	if (one->body)
		check_body(one->body, faults);
	for (guint i = 0; i < one->parts->len; i++)
		if (!strchr(one->parts->pdata[i], '=') ||
		    *(char *)one->parts->pdata[i] == '=')
			fault(faults, "parts: \"%s\"; write \"name=text\"",
			      (char *)one->parts->pdata[i]);
	return faults;
}

static bool
has_word(const GPtrArray *words, const char *word)
{
	for (guint i = 0; i < words->len; i++)
		if (g_strcmp0(words->pdata[i], word) == 0)
			return true;
	return false;
}

bool
analyst_takes(const AnalystSetting *one, const Submission *submission)
{
	bool is_candidate = g_strcmp0(submission->source, "candidate") == 0;

	return has_word(one->takes, submission_kinds[submission->kind]) &&
	    (one->as->len == 0 ||
	     has_word(one->as, submitted_ases[submission->as])) &&
	    (one->tenants->len == 0 ||
	     has_word(one->tenants, submission->tenant)) &&
	    (!is_candidate || one->local || one->automatic);
}

enum verdict
analyst_word(const AnalystSetting *one, const char *word)
{
	for (guint i = 0; i < one->words->len; i++) {
		const char *row = one->words->pdata[i];
		const char *equal = strrchr(row, '=');
		gsize length = (gsize)(equal - row);

		if (strlen(word) == length &&
		    g_ascii_strncasecmp(row, word, length) == 0)
			return (enum verdict)fields_word(verdicts, equal + 1);
	}
	for (int i = VERDICT_CLEAN; verdicts[i]; i++)
		if (g_ascii_strcasecmp(verdicts[i], word) == 0)
			return (enum verdict)i;
	return VERDICT_NONE;
}
