/*
 * facts.c -- the tables of facts: packing, clearing and JSON follow them
 */
#include "gatepost/model/facts.h"

#include <string.h>

const char *const auth_values[] = {
	"none", "pass", "fail", "softfail", "neutral", "temperror",
	"permerror", NULL
};

const char *const composites[] = {
	"none", "pass", "softpass", "fail", "unsure", NULL
};

static const char *const request_kinds[] = {
	"facts", "preview", "page", "report", NULL
};

static const struct field mailbox_rows[] = {
	FIELD(Mailbox, name, FIELD_TEXT),
	FIELD(Mailbox, address, FIELD_TEXT),
	FIELD(Mailbox, domain, FIELD_TEXT),
};
const struct fields mailbox_fields = FIELDS(Mailbox, mailbox_rows);

static const struct field signature_rows[] = {
	FIELD_WORDS(Signature, result, auth_values),
	FIELD(Signature, domain, FIELD_TEXT),
	FIELD(Signature, selector, FIELD_TEXT),
	FIELD(Signature, algorithm, FIELD_TEXT),
	FIELD(Signature, bits, FIELD_NUMBER),
	FIELD(Signature, reason, FIELD_TEXT),
};
const struct fields signature_fields = FIELDS(Signature, signature_rows);

static const struct field auth_rows[] = {
	FIELD_WORDS(Auth, spf, auth_values),
	FIELD(Auth, spf_domain, FIELD_TEXT),
	FIELD(Auth, spf_reason, FIELD_TEXT),
	FIELD(Auth, is_spf_helo, FIELD_BOOL),
	FIELD(Auth, is_spf_weak, FIELD_BOOL),
	FIELD_OF(Auth, dkim, FIELD_LIST, signature_fields),
	FIELD_WORDS(Auth, dmarc, auth_values),
	FIELD(Auth, dmarc_domain, FIELD_TEXT),
	FIELD(Auth, dmarc_policy, FIELD_TEXT),
	FIELD(Auth, dmarc_reason, FIELD_TEXT),
	FIELD(Auth, is_dmarc_weak, FIELD_BOOL),
	FIELD_WORDS(Auth, arc, auth_values),
	FIELD(Auth, arc_domain, FIELD_TEXT),
	FIELD(Auth, arc_chain, FIELD_TEXTS),
	FIELD_WORDS(Auth, iprev, auth_values),
	FIELD(Auth, iprev_name, FIELD_TEXT),
	FIELD(Auth, iprev_claim, FIELD_TEXT),
	FIELD(Auth, mx, FIELD_TEXTS),
	FIELD(Auth, is_neighbour, FIELD_BOOL),
	FIELD(Auth, source, FIELD_TEXT),
	FIELD_WORDS(Auth, composite, composites),
	FIELD(Auth, reason, FIELD_TEXT),
	FIELD(Auth, sentence, FIELD_TEXT),
};
static const struct fields auth_fields = FIELDS(Auth, auth_rows);

static const struct field auth_result_rows[] = {
	FIELD(AuthResult, authserv_id, FIELD_TEXT),
	FIELD(AuthResult, method, FIELD_TEXT),
	FIELD_WORDS(AuthResult, result, auth_values),
	FIELD(AuthResult, domain, FIELD_TEXT),
	FIELD(AuthResult, selector, FIELD_TEXT),
	FIELD(AuthResult, policy, FIELD_TEXT),
	FIELD(AuthResult, chain, FIELD_TEXTS),
};
const struct fields auth_result_fields =
    FIELDS(AuthResult, auth_result_rows);

static const struct field link_rows[] = {
	FIELD_IDLE(Link, raw, FIELD_TEXT),
	FIELD(Link, url, FIELD_TEXT),
	FIELD(Link, host, FIELD_TEXT),
	FIELD(Link, text, FIELD_TEXT),
	FIELD_IDLE(Link, source, FIELD_TEXT),
	FIELD(Link, wrapper, FIELD_TEXT),
};
const struct fields link_fields = FIELDS(Link, link_rows);

static const struct field file_rows[] = {
	FIELD(File, name, FIELD_TEXT),
	FIELD(File, names, FIELD_TEXTS),
	FIELD(File, sha256, FIELD_TEXT),
	FIELD(File, size, FIELD_NUMBER),
	FIELD(File, type, FIELD_TEXT),
	FIELD(File, seen, FIELD_TEXT),
	FIELD(File, inside, FIELD_TEXT),
	FIELD(File, is_encrypted, FIELD_BOOL),
	FIELD(File, malware, FIELD_TEXT),
};
const struct fields file_fields = FIELDS(File, file_rows);

static const struct field field_rows[] = {
	FIELD(Field, name, FIELD_TEXT),
	FIELD(Field, value, FIELD_TEXT),
	FIELD(Field, index, FIELD_NUMBER),
};
const struct fields field_fields = FIELDS(Field, field_rows);

static const struct field defect_count_rows[] = {
	FIELD(DefectCount, name, FIELD_TEXT),
	FIELD(DefectCount, count, FIELD_NUMBER),
};
const struct fields defect_count_fields = FIELDS(DefectCount,
						 defect_count_rows);

static const struct field facts_rows[] = {
	FIELD(Facts, complete, FIELD_BOOL),
	FIELD(Facts, from, FIELD_TEXT),
	FIELD(Facts, from_name, FIELD_TEXT),
	FIELD(Facts, from_domain, FIELD_TEXT),
	FIELD_OF(Facts, authors, FIELD_LIST, mailbox_fields),
	FIELD_OF(Facts, sender, FIELD_LIST, mailbox_fields),
	FIELD_OF(Facts, reply_to, FIELD_LIST, mailbox_fields),
	FIELD_OF_IDLE(Facts, to, FIELD_LIST, mailbox_fields),
	FIELD_OF_IDLE(Facts, cc, FIELD_LIST, mailbox_fields),
	FIELD_LOCAL(Facts, envelope, FIELD_TEXT),
	FIELD(Facts, subject, FIELD_TEXT),
	FIELD_LOCAL(Facts, subject_raw, FIELD_TEXT),
	FIELD(Facts, message_id, FIELD_TEXT),
	FIELD(Facts, date, FIELD_TEXT),
	FIELD_OF(Facts, auth, FIELD_STRUCT, auth_fields),
	FIELD_OF(Facts, results, FIELD_LIST, auth_result_fields),
	FIELD_OF(Facts, urls, FIELD_LIST, link_fields),
	FIELD_OF(Facts, files, FIELD_LIST, file_fields),
	FIELD_LOCAL(Facts, text_shown, FIELD_NUMBER),
	FIELD(Facts, text_hidden, FIELD_NUMBER),
	FIELD(Facts, text_invisible, FIELD_NUMBER),
	FIELD(Facts, text_bidi, FIELD_NUMBER),
	FIELD_OF(Facts, scores, FIELD_LIST, field_fields),
	FIELD(Facts, defects, FIELD_TEXTS),
	FIELD_OF(Facts, defect_counts, FIELD_LIST, defect_count_fields),
	FIELD_OF(Facts, ours, FIELD_LIST, field_fields),
	FIELD(Facts, release, FIELD_TEXT),
	FIELD(Facts, is_list, FIELD_BOOL),
	FIELD(Facts, is_auto, FIELD_BOOL),
	FIELD(Facts, received, FIELD_NUMBER),
	FIELD_IDLE(Facts, received_from, FIELD_TEXTS),
	FIELD(Facts, client, FIELD_TEXT),
	FIELD(Facts, size, FIELD_NUMBER),
	FIELD(Facts, body_sha256, FIELD_TEXT),
	FIELD_IDLE(Facts, notes, FIELD_TEXTS),
};
const struct fields facts_fields = FIELDS(Facts, facts_rows);

static const struct field request_rows[] = {
	FIELD_WORDS(Request, kind, request_kinds),
	FIELD(Request, envelope, FIELD_TEXT),
	FIELD(Request, client, FIELD_TEXT),
	FIELD(Request, relays, FIELD_TEXTS),
	FIELD(Request, helo, FIELD_TEXT),
	FIELD(Request, servers, FIELD_TEXT),
	FIELD(Request, dns_ms, FIELD_NUMBER),
	FIELD(Request, is_by_list, FIELD_BOOL),
	FIELD(Request, authserv_id, FIELD_TEXT),
	FIELD(Request, headers, FIELD_TEXTS),
	FIELD(Request, clamd, FIELD_TEXT),
	FIELD(Request, clamd_ms, FIELD_NUMBER),
	FIELD(Request, size, FIELD_NUMBER),
	FIELD_OF(Request, told, FIELD_LIST, field_fields),
	FIELD(Request, is_bare, FIELD_BOOL),
	FIELD(Request, is_brief, FIELD_BOOL),
};
const struct fields request_fields = FIELDS(Request, request_rows);

static const struct field answer_rows[] = {
	FIELD_OF(Answer, facts, FIELD_STRUCT, facts_fields),
	FIELD(Answer, dns_asked, FIELD_NUMBER),
	FIELD(Answer, is_dns_alive, FIELD_BOOL),
	FIELD(Answer, clamd_asked, FIELD_NUMBER),
	FIELD(Answer, is_clamd_alive, FIELD_BOOL),
	FIELD(Answer, clamd_fault, FIELD_TEXT),
	FIELD(Answer, preview, FIELD_TEXT),
	FIELD_OF(Answer, reported, FIELD_LIST, reported_fields),
	FIELD(Answer, is_more, FIELD_BOOL),
};
const struct fields answer_fields = FIELDS(Answer, answer_rows);

Facts *
facts_new(void)
{
	return fields_new(&facts_fields);
}

void
facts_free(Facts *facts)
{
	fields_free(&facts_fields, facts);
}

bool
facts_is_wrapper(const Facts *facts, const Link *link)
{
	for (guint i = 0; i < facts->urls->len; i++) {
		const Link *other = facts->urls->pdata[i];

		if (g_strcmp0(other->wrapper, link->url) == 0)
			return true;
	}
	return false;
}

static DefectCount *
find_count(const Facts *facts, const char *defect)
{
	for (guint i = 0; i < facts->defect_counts->len; i++) {
		DefectCount *one = facts->defect_counts->pdata[i];

		if (g_strcmp0(one->name, defect) == 0)
			return one;
	}
	return NULL;
}

bool
facts_has_defect(const Facts *facts, const char *defect)
{
	for (guint i = 0; i < facts->defects->len; i++)
		if (strcmp(facts->defects->pdata[i], defect) == 0)
			return true;
	return false;
}

gint64
facts_defect_count(const Facts *facts, const char *defect)
{
	const DefectCount *one = find_count(facts, defect);

	return one ? one->count : 0;
}

void
facts_defect(Facts *facts, const char *defect)
{
	DefectCount *one = find_count(facts, defect);

	if (!one) {
		one = fields_new(&defect_count_fields);
		one->name = g_strdup(defect);
		g_ptr_array_add(facts->defect_counts, one);
		g_ptr_array_add(facts->defects, g_strdup(defect));
	}
	one->count++;
}

void
facts_truncated(Facts *facts, const char *defect)
{
	facts->complete = false;
	facts_defect(facts, defect);
}
