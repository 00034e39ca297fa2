/*
 * decision.h -- what was found for one recipient, who won, what is done
 */
#ifndef GATEPOST_MODEL_DECISION_H
#define GATEPOST_MODEL_DECISION_H

#include <glib.h>
#include <stdbool.h>

#include "gatepost/model/category.h"
#include "gatepost/model/message.h"

/* Who speaks in a finding, and to what effect. */
enum speaker { SPEAKER_TENANT, SPEAKER_CHECK, SPEAKER_UPSTREAM,
	       SPEAKER_SYSTEM, SPEAKER_USER, SPEAKER_FEED };
extern const char *const speakers[];

enum effect { EFFECT_BLOCK, EFFECT_ALLOW, EFFECT_SAY, EFFECT_OBSERVE,
	      EFFECT_UNSURE };
extern const char *const effects[];

typedef struct Finding {
	char *check;		/* name of the check */
	int speaker;		/* enum speaker */
	int effect;		/* enum effect */
	int category;		/* enum category */
	int confidence;		/* enum confidence */
	char *policy;		/* the policy key that sets the action */
	char *asks;		/* action that the entry itself asks; NULL */
	char *reason;		/* a sentence for the admin */
	char *entry;		/* key of the list entry; NULL */
	char *text;		/* that entry: "block sender evil.example" */
	char *place;		/* where it stands: "FILE:LINE" */
	char *kind, *value;	/* the indicator that was seen */
	int override;		/* enum entry_override of an allow */
	bool is_proven;		/* an allow whose proof holds */
	bool is_unasked;	/* ... since it asks for none */
	gint64 narrowness;	/* of the entry */
	char *score, *threshold;	/* of an upstream, "7.10"; NULL */
	char *struck;		/* why it does not count; NULL: it does */
	bool is_void;		/* struck from the start: expired, excepted */
	bool is_decisive;	/* without its entry: another action */
	bool is_automatic;	/* no person wrote its entry */
} Finding;

/* Where the copy of one recipient went. */
enum place { PLACE_MAILBOX, PLACE_QUARANTINE, PLACE_REFUSED,
	     PLACE_DISCARDED, PLACE_LATER };
extern const char *const places[];

typedef struct Decision {
	char *rcpt;		/* normal form */
	char *given;		/* RCPT as it came */
	char *tenant;		/* name; NULL: none of ours */
	bool is_outbound;	/* it is the sender's, not the recipient's */
	GPtrArray *mailboxes;	/* of char *: where it leads; empty when
				 * to rcpt itself, or not known */
	bool more_mailboxes;	/* than are named */
	char *owner;		/* who gets the digest of a shared one */
	int category;		/* enum category */
	int confidence;
	int asked;		/* enum action: what the policy wants */
	int action;		/* enum action: what was done */
	int mode;		/* enum mode in force */
	gint64 row;		/* of the precedence table, 0 to 8 */
	Finding *because;	/* one of findings; NULL: nobody spoke */
	GPtrArray *findings;	/* of Finding *, in the order of the checks */
	GPtrArray *candidate;	/* of char *: rules that suspect it */
	GPtrArray *nearly;	/* of char *: those, when they are too weak
				 * together for a candidate */
	gint64 score;		/* of either */
	int place;		/* enum place */
	char *item;		/* id of the quarantined item; NULL */
	char *outbox;		/* id of the copy that goes by the outbox,
				 * since others' is marked otherwise; NULL */
	char *limit;		/* why less was done than asked; NULL */
	bool is_open;		/* the content may change it still */
} Decision;

extern const struct fields finding_fields, decision_fields;

Decision *decision_new(const Recipient *recipient);
void decision_free(Decision *decision);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Decision, decision_free)

/* Append a finding, with a constant FORMAT for its reason. */
Finding *finding_add(Decision *decision, const char *check,
		     enum speaker speaker, enum effect effect,
		     const char *format, ...) G_GNUC_PRINTF(5, 6);

/* Append DECISION as JSON by design 16's words. */
void decision_json(const Decision *decision, bool brief, GString *out);

/* Fill DECISION from JSON; `because` points to its finding again. */
Decision *decision_from_json(const Json *object);

/* The decisions (Decision *) of a ledger's RECORD: TENANT's (NULL: of any, and
 * of none) for RCPT (NULL: for all).  Yours. */
GPtrArray *decisions_of(const Json *record, const char *tenant,
			const char *rcpt);

#endif
