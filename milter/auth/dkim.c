/*
 * dkim.c -- DKIM signatures by libopendkim, whose keys come from dns.c
 *
 * The library's own resolver is never used, nor its answer for the whole
 * message: each signature has its own result.
 */
#include "gatepost/auth/dkim.h"

#include <stdbool.h>
#include <string.h>
#include <sys/types.h>

#include <opendkim/dkim.h>

#include "gatepost/auth/dkim_keys.h"
#include "gatepost/auth/tags.h"
#include "gatepost/bounds.h"
#include "gatepost/model/domain.h"

/* What the library's callbacks work with. */
struct checking {
	Lookups *lookups;
	const DKIM_SIGINFO *unsure[BOUND_SIGNATURES];
	guint unsure_count;
	const char *body;
	gsize body_size;
	bool are_many;
};

static DKIM_LIB *library;

/* ---- the fields of the message ---- */

struct raw_field {
	const char *at;
	gsize length;		/* without the last line end */
};

/* The next field at *AT; false at the end of the header block. */
static bool
next_field(const char **at, const char *end, struct raw_field *field)
{
	const char *p = *at;

	if (p >= end || *p == '\r' || *p == '\n')
		return false;
	field->at = p;
	do {
		const char *stop = memchr(p, '\n', (gsize)(end - p));

		p = stop ? stop + 1 : end;
	} while (p < end && (*p == ' ' || *p == '\t'));
	*at = p;
	while (p > field->at && (p[-1] == '\n' || p[-1] == '\r'))
		p--;
	field->length = (gsize)(p - field->at);
	return true;
}

/* The tags of FIELD when it is a signature; else NULL. */
static Tags *
signature_tags(const struct raw_field *field)
{
	static const char name[] = "DKIM-Signature";
	gsize length = strlen(name);
	const char *colon = memchr(field->at, ':', field->length);
	gsize before = colon ? (gsize)(colon - field->at) : 0;

	if (before < length ||
	    g_ascii_strncasecmp(field->at, name, length) != 0)
		return NULL;
	for (gsize i = length; i < before; i++)
		if (field->at[i] != ' ' && field->at[i] != '\t')
			return NULL;
	return tags_parse(colon + 1, field->length - before - 1);
}

/* A domain or selector that may be asked for and shown; NULL: it may not.
 * Yours. */
static char *
safe_name(const char *raw)
{
	char *name = raw ? domain_normal(raw) : NULL;

	/* What it would become is not what was signed. */
	if (name && g_ascii_strcasecmp(name, raw) != 0)
		g_clear_pointer(&name, g_free);
	return name;
}

static char *
key_name(const char *selector, const char *domain)
{
	g_autofree char *s = safe_name(selector);
	g_autofree char *d = safe_name(domain);

	return s && d ? g_strdup_printf("%s._domainkey.%s", s, d) : NULL;
}

void
dkim_start(Lookups *lookups, const guint8 *data, gsize size)
{
	const char *at = (const char *)data, *end = at + size;
	struct raw_field field;
	guint count = 0;

	while (count < BOUND_SIGNATURES && next_field(&at, end, &field)) {
		g_autoptr(Tags) tags = signature_tags(&field);
		g_autofree char *name = tags ?
		    key_name(tags_get(tags, "s"), tags_get(tags, "d")) : NULL;

		count += tags != NULL;
		if (name)
			dns_start(lookups, name, DNS_TXT);
	}
}

/* ---- what the library asks ---- */

static DKIM_CBSTAT
find_key(DKIM *dkim, DKIM_SIGINFO *sig, u_char *buffer, size_t size)
{
	struct checking *checking = dkim_get_user_context(dkim);
	g_autofree char *name = key_name(
	    (const char *)dkim_sig_getselector(sig),
	    (const char *)dkim_sig_getdomain(sig));
	const GString *key;
	Lookup found;

	if (!name)
		return DKIM_CBSTAT_NOTFOUND;
	found = dns_answer(checking->lookups, name, DNS_TXT);
	/* Going on after "try again" would make it a bad signature. */
	if (found.result == DNS_UNSURE &&
	    checking->unsure_count < BOUND_SIGNATURES)
		checking->unsure[checking->unsure_count++] = sig;
	if (found.result != DNS_ANSWER)
		return DKIM_CBSTAT_NOTFOUND;
	key = found.values->pdata[0];
	if (key->len >= size || strlen(key->str) != key->len)
		return DKIM_CBSTAT_NOTFOUND;
	memcpy(buffer, key->str, key->len + 1);
	return DKIM_CBSTAT_CONTINUE;
}

static DKIM_CBSTAT
leave_some(DKIM *dkim, DKIM_SIGINFO **sigs, int count)
{
	struct checking *checking = dkim_get_user_context(dkim);

	for (int i = BOUND_SIGNATURES; i < count; i++) {
		dkim_sig_ignore(sigs[i]);
		checking->are_many = true;
	}
	return DKIM_CBSTAT_CONTINUE;
}

static void
library_start(void)
{
	unsigned int flags = DKIM_LIBFLAGS_DELAYSIGPROC;
	unsigned int bits = BOUND_KEY_BITS;

	if (library)
		return;
	dkim_keys_init();
	library = dkim_init(NULL, NULL);
	if (!library)
		g_error("libopendkim does not start");
	dkim_options(library, DKIM_OP_SETOPT, DKIM_OPTS_FLAGS, &flags,
		     sizeof flags);
	dkim_options(library, DKIM_OP_SETOPT, DKIM_OPTS_MINKEYBITS, &bits,
		     sizeof bits);
	dkim_set_key_lookup(library, find_key);
	dkim_set_prescreen(library, leave_some);
}

/* ---- results ---- */

static bool
covers_from(DKIM_SIGINFO *sig)
{
	const char *list = (const char *)dkim_sig_gettagvalue(sig, FALSE,
							      (u_char *)"h");
	g_auto(GStrv) names = g_strsplit(list ? list : "", ":", -1);

	for (guint i = 0; names[i]; i++)
		if (g_ascii_strcasecmp(g_strstrip(names[i]), "from") == 0)
			return true;
	return false;
}

/* Octets of the body as a signature hashes it (RFC 6376 3.4.3 and 3.4.4):
 * without the empty lines at its end and, RELAXED, with one blank for many
 * and none at the ends of lines. */
static gsize
canonical_length(const char *body, gsize size, bool relaxed)
{
	gsize length = 0, whole = 0, line = 0;
	bool blank = false;

	for (gsize i = 0; i < size; i++) {
		char c = body[i];

		if (c == '\r' && i + 1 < size && body[i + 1] == '\n') {
			length += line + 2;
			if (line > 0)
				whole = length;
			line = 0;
			blank = false;
			i++;
		} else if (relaxed && (c == ' ' || c == '\t')) {
			blank = true;
		} else {
			line += 1 + blank;
			blank = false;
		}
	}
	/* A last line without its end gets one. */
	return line > 0 ? length + line + 2 : whole;
}

/* Does l= leave out some of the body? */
static bool
is_partial(const struct checking *checking, DKIM *dkim, DKIM_SIGINFO *sig)
{
	dkim_canon_t header, body;
	ssize_t said = -1;

	return dkim_sig_getcanonlen(dkim, sig, NULL, NULL, &said) ==
	    DKIM_STAT_OK && said >= 0 &&
	    dkim_sig_getcanons(sig, &header, &body) == DKIM_STAT_OK &&
	    (gsize)said < canonical_length(checking->body,
					   checking->body_size,
					   body == DKIM_CANON_RELAXED);
}

/* The faults of a signature that verifies, and yet proves nothing. */
static const char *
weakness(const struct checking *checking, DKIM *dkim, DKIM_SIGINFO *sig,
	 enum auth_value *result)
{
	dkim_alg_t algorithm;

	*result = AUTH_FAIL;
	if (!covers_from(sig))
		return "does not cover From";
	if (dkim_sig_getsignalg(sig, &algorithm) == DKIM_STAT_OK &&
	    algorithm == DKIM_SIGN_RSASHA1)
		return "by SHA-1, which proves nothing any more";
	if (is_partial(checking, dkim, sig))
		return "covers only the start of the body";
	*result = AUTH_NEUTRAL;
	if (dkim_sig_getflags(sig) & DKIM_SIGFLAG_TESTKEY)
		return "the key is in test mode";
	*result = AUTH_PASS;
	return NULL;
}

static enum auth_value
value_of_error(int error)
{
	switch (error) {
	case DKIM_SIGERROR_OK:
	case DKIM_SIGERROR_BADSIG:
	case DKIM_SIGERROR_EXPIRED:
	case DKIM_SIGERROR_FUTURE:
	case DKIM_SIGERROR_UNKNOWN:
		return AUTH_FAIL;
	case DKIM_SIGERROR_KEYFAIL:
		return AUTH_TEMPERROR;
	default:
		return AUTH_PERMERROR;
	}
}

static bool
is_unsure(const struct checking *checking, const DKIM_SIGINFO *sig)
{
	for (guint i = 0; i < checking->unsure_count; i++)
		if (checking->unsure[i] == sig)
			return true;
	return false;
}

static void
set_result(const struct checking *checking, DKIM *dkim, DKIM_SIGINFO *sig,
	   Signature *signature)
{
	int error = dkim_sig_geterror(sig);
	bool is_good = (dkim_sig_getflags(sig) & DKIM_SIGFLAG_PASSED) &&
	    dkim_sig_getbh(sig) == DKIM_SIGBH_MATCH &&
	    error == DKIM_SIGERROR_OK;
	enum auth_value result = value_of_error(error);
	const char *reason = dkim_sig_geterrorstr(error);

	if (is_unsure(checking, sig)) {
		result = AUTH_TEMPERROR;
		reason = "no answer for its key";
	} else if (is_good) {
		reason = weakness(checking, dkim, sig, &result);
	} else if (error == DKIM_SIGERROR_OK) {
		reason = dkim_sig_getbh(sig) == DKIM_SIGBH_MISMATCH ?
		    "the body was changed" : "not verified";
	}
	signature->result = (int)result;
	signature->reason = g_strdup(reason);
}

static void
add_signature(const struct checking *checking, DKIM *dkim, DKIM_SIGINFO *sig,
	      Auth *auth)
{
	Signature *signature = fields_new(&signature_fields);
	unsigned int bits = 0;

	signature->domain = safe_name(
	    (const char *)dkim_sig_getdomain(sig));
	signature->selector = safe_name(
	    (const char *)dkim_sig_getselector(sig));
	signature->algorithm = g_strdup(
	    (const char *)dkim_sig_getalgorithm(sig));
	if (dkim_sig_getkeysize(sig, &bits) == DKIM_STAT_OK)
		signature->bits = bits;
	set_result(checking, dkim, sig, signature);
	if (!signature->domain || !signature->selector) {
		g_free(signature->reason);
		signature->result = AUTH_PERMERROR;
		signature->reason = g_strdup("d= or s= is no name");
	}
	g_ptr_array_add(auth->dkim, signature);
}

/* Give the whole message to the library; false when it wants none of it. */
static bool
feed(struct checking *checking, DKIM *dkim, const guint8 *data, gsize size)
{
	const char *at = (const char *)data, *end = at + size;
	struct raw_field field;
	DKIM_STAT status;

	while (next_field(&at, end, &field))
		if (memchr(field.at, ':', field.length) &&
		    dkim_header(dkim, (u_char *)field.at, field.length) !=
		    DKIM_STAT_OK)
			return false;
	status = dkim_eoh(dkim);
	if (status != DKIM_STAT_OK)
		return false;
	if (at < end && *at == '\r')
		at++;
	if (at < end && *at == '\n')
		at++;
	checking->body = at;
	checking->body_size = (gsize)(end - at);
	if (at < end && dkim_body(dkim, (u_char *)at, (gsize)(end - at)) !=
	    DKIM_STAT_OK)
		return false;
	dkim_eom(dkim, NULL);
	return true;
}

static bool
is_signed(const guint8 *data, gsize size)
{
	const char *at = (const char *)data, *end = at + size;
	struct raw_field field;

	while (next_field(&at, end, &field)) {
		g_autoptr(Tags) tags = signature_tags(&field);

		if (tags)
			return true;
	}
	return false;
}

void
dkim_check(Lookups *lookups, const guint8 *data, gsize size, Facts *facts)
{
	struct checking checking = { .lookups = lookups };
	DKIM_SIGINFO **sigs;
	DKIM_STAT status;
	DKIM *dkim;
	int count = 0;

	if (!is_signed(data, size))
		return;
	library_start();
	dkim = dkim_verify(library, (const unsigned char *)"-", NULL,
			   &status);
	if (!dkim)
		g_error("libopendkim: status %d", (int)status);
	dkim_set_user_context(dkim, &checking);
	feed(&checking, dkim, data, size);
	if (dkim_getsiglist(dkim, &sigs, &count) == DKIM_STAT_OK)
		for (int i = 0; i < MIN(count, BOUND_SIGNATURES); i++)
			add_signature(&checking, dkim, sigs[i], &facts->auth);
	if (checking.are_many)
		facts_defect(facts, "signatures-many");
	dkim_free(dkim);
}

void
dkim_versions(GString *out)
{
	guint32 is = dkim_libversion();

	g_string_append_printf(out, "libopendkim %u.%u.%u\n", is >> 24,
			       is >> 16 & 0xff, is >> 8 & 0xff);
}
