/*
 * facts.h -- what is true of the message alone, as the worker found it
 *
 * To add a fact: a member here, a row in facts.c, the file that finds it.
 */
#ifndef GATEPOST_MODEL_FACTS_H
#define GATEPOST_MODEL_FACTS_H

#include <glib.h>
#include <stdbool.h>

#include "gatepost/model/report.h"
#include "gatepost/util/fields.h"

/* A mailbox of a header field, as a mail program would show it. */
typedef struct Mailbox {
	char *name;		/* decoded display name; NULL: none */
	char *address;		/* normal form; NULL: unreadable */
	char *domain;		/* of address */
} Mailbox;

enum auth_value { AUTH_NONE, AUTH_PASS, AUTH_FAIL, AUTH_SOFTFAIL,
		  AUTH_NEUTRAL, AUTH_TEMPERROR, AUTH_PERMERROR };
extern const char *const auth_values[];		/* RFC 8601 2.7's words */

/* What all results together say of From. */
enum composite { COMPOSITE_NONE, COMPOSITE_PASS, COMPOSITE_SOFTPASS,
		 COMPOSITE_FAIL, COMPOSITE_UNSURE };
extern const char *const composites[];

/* Auth.source of our own checks. */
#define AUTH_OWN "gatepost"

/* One DKIM signature. */
typedef struct Signature {
	int result;		/* enum auth_value */
	char *domain, *selector;
	char *algorithm;	/* "rsa-sha256"; NULL: not known */
	gint64 bits;		/* of an RSA key; 0: not known */
	char *reason;		/* why it is no pass; NULL */
} Signature;

typedef struct Auth {
	int spf;		/* enum auth_value, of MAIL FROM */
	char *spf_domain;
	char *spf_reason;
	bool is_spf_helo;	/* of HELO, since MAIL FROM is null */
	bool is_spf_weak;	/* a pass that anyone, or nearly, gets */
	GPtrArray *dkim;	/* of Signature * */
	int dmarc;
	char *dmarc_domain;	/* From's domain that was judged */
	char *dmarc_policy;	/* none, quarantine or reject; NULL: unsaid */
	char *dmarc_reason;
	bool is_dmarc_weak;	/* a pass by weak SPF alone */
	int arc, iprev;
	char *arc_domain;	/* of the newest seal */
	GPtrArray *arc_chain;	/* of char *: domains of all seals, the newest
				 * first; "?" for those that are not named */
	char *iprev_name;	/* of the client, confirmed both ways */
	char *iprev_claim;	/* what its address leads to, unconfirmed */
	GPtrArray *mx;		/* of char *: hosts that take mail for From's
				 * domain, where it has no DMARC record */
	bool is_neighbour;	/* the client is in the /24 or /64 of an
				 * address of that domain, likewise */
	char *source;		/* the upstream whose results these are;
				 * AUTH_OWN; NULL: nobody looked */
	int composite;		/* enum composite: all of it in one word */
	char *reason;		/* three digits; NULL: not reckoned */
	char *sentence;		/* the same in words */
} Auth;

/* One result of an Authentication-Results field (RFC 8601), before anybody
 * asked whether its author is to be trusted. */
typedef struct AuthResult {
	char *authserv_id;	/* lower case */
	char *method;		/* spf, dkim, dmarc, arc, iprev */
	int result;		/* enum auth_value */
	char *domain;		/* smtp.mailfrom, header.d, header.from */
	char *selector;		/* header.s */
	char *policy;		/* policy.dmarc, or p= of a comment */
	GPtrArray *chain;	/* of char *: domains of ARC seals, the newest
				 * first; "?" for those that are not named */
} AuthResult;

typedef struct Link {
	char *raw;		/* as it stands in the message */
	char *url;		/* canonical */
	char *host;		/* normal form; NULL: none */
	char *text;		/* what the reader sees in its place; NULL */
	char *source;		/* html, text, header */
	char *wrapper;		/* the url that this one was taken out of;
				 * NULL: it stands in the message */
} Link;

typedef struct File {
	char *name;		/* the worst of names */
	GPtrArray *names;	/* every candidate name, decoded */
	char *sha256;		/* of the decoded octets, lower-case hex */
	gint64 size;		/* decoded octets */
	char *type;		/* declared media type, lower case; of a member
				 * of an archive NULL */
	char *seen;		/* media type by its octets; NULL: not known */
	char *inside;		/* name of the archive it is in, "" when that
				 * has none; NULL: a part of the message */
	bool is_encrypted;	/* then sha256 of a member is NULL */
	char *malware;		/* clamd's name for what is in it, or NULL */
} File;

/* How often a defect was seen. */
typedef struct DefectCount {
	char *name;
	gint64 count;
} DefectCount;

/* A header field of an upstream filter, or one of ours to be removed. */
typedef struct Field {
	char *name;		/* as written */
	char *value;		/* unfolded, cut at BOUND_SHOWN, an upstream's
				 * at BOUND_UPSTREAM_FIELD */
	gint64 index;		/* which of that name, from 1 on */
} Field;

typedef struct Facts {
	bool complete;		/* false: a bound was hit, see defects */
	char *from;		/* first address of From, normal form */
	char *from_name;	/* its display name */
	char *from_domain;
	GPtrArray *authors;	/* of Mailbox *: all of From */
	GPtrArray *sender;	/* of Mailbox *: Sender */
	GPtrArray *reply_to;	/* of Mailbox * */
	GPtrArray *to, *cc;	/* of Mailbox *: as written, who knows whom */
	char *envelope;		/* MAIL FROM, normal form, "" for a bounce */
	char *subject;		/* decoded */
	char *subject_raw;	/* as it came, unfolded, cut at BOUND_SHOWN */
	char *message_id;	/* without angle brackets */
	char *date;
	Auth auth;
	GPtrArray *results;	/* of AuthResult *, in header order */
	GPtrArray *urls;	/* of Link * */
	GPtrArray *files;	/* of File * */
	gint64 text_shown;	/* characters of text that a reader sees, */
	gint64 text_hidden;	/* ... in what HTML hides, */
	gint64 text_invisible;	/* ... of no width, */
	gint64 text_bidi;	/* ... that turn the direction of writing */
	GPtrArray *scores;	/* of Field *: the upstreams' header fields */
	GPtrArray *defects;	/* of char *: names, see content/defect.h */
	GPtrArray *defect_counts;	/* of DefectCount *, of the same order */
	GPtrArray *ours;	/* of Field *: to be removed, none ours */
	char *release;		/* value of our release proof field */
	bool is_list;		/* List-Id or List-Unsubscribe is there */
	bool is_auto;		/* no person sent it: Auto-Submitted, or
				 * Precedence of a program, or a list's */
	gint64 received;	/* Received fields */
	GPtrArray *received_from;	/* of char *: behind a relay, the
				 * clients in the topmost ones; "" where one
				 * cannot be read */
	char *client;		/* of the relay that hands it to us; NULL: no
				 * relay, or not known */
	gint64 size;		/* octets of the whole message */
	char *body_sha256;	/* of the body as received */
	GPtrArray *notes;	/* of char *: what the worker wants logged */
} Facts;

extern const struct fields facts_fields, mailbox_fields, signature_fields,
    auth_result_fields, link_fields, file_fields, field_fields,
    defect_count_fields;

Facts *facts_new(void);
void facts_free(Facts *facts);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Facts, facts_free)

/* Is LINK, one of FACTS, just a wrapper around another one of them? */
bool facts_is_wrapper(const Facts *facts, const Link *link);

/* Name a defect once and count it; COMPLETE false when something was left
 * unread. */
void facts_defect(Facts *facts, const char *defect);
void facts_truncated(Facts *facts, const char *defect);
bool facts_has_defect(const Facts *facts, const char *defect);
/* How often it was seen. */
gint64 facts_defect_count(const Facts *facts, const char *defect);

/* What is asked of a worker, besides the message's bytes. */
enum request_kind { REQUEST_FACTS, REQUEST_PREVIEW, REQUEST_PAGE,
		    REQUEST_REPORT };
typedef struct Request {
	int kind;		/* enum request_kind */
	char *envelope;		/* MAIL FROM, normal form */
	char *client;		/* its address; NULL: not known */
	GPtrArray *relays;	/* of char *: networks, when the client is one
				 * of them; else empty */
	char *helo;
	char *servers;		/* of DNS, parted by blanks; "" the system's */
	gint64 dns_ms;		/* for all look-ups; 0: no authentication */
	bool is_by_list;	/* DMARC by the public suffix list */
	char *authserv_id;	/* ours, whose results from outside go */
	GPtrArray *headers;	/* of char *: fields that upstreams write */
	char *clamd;		/* its place; NULL: files are not asked about */
	gint64 clamd_ms;	/* for all files */
	gint64 size;		/* octets of the message */
	GPtrArray *told;	/* of Field *: what is known of it besides, for
				 * a preview */
	bool is_bare;		/* a report: no mail about a message, but the
				 * message */
	bool is_brief;		/* nobody prints the facts: what the mail path
				 * has no use for may be left out */
} Request;
extern const struct fields request_fields;

/* What comes back: facts; or a preview: text, or a page; or what a report
 * brings. */
typedef struct Answer {
	Facts facts;
	gint64 dns_asked;	/* names */
	bool is_dns_alive;	/* one was answered */
	gint64 clamd_asked;	/* files */
	bool is_clamd_alive;	/* it answered about one */
	char *clamd_fault;	/* why not about another; NULL: it did */
	char *preview;
	GPtrArray *reported;	/* of Reported * */
	bool is_more;		/* there were more, or larger ones */
	GByteArray *octets;	/* of them, no field: who asks and wants them
				 * puts it there, and frees it */
} Answer;
extern const struct fields answer_fields;

#endif
