/*
 * errand_work.h -- the parts of an errand: taken, found to be good, done
 */
#ifndef GATEPOST_SERVICE_ERRAND_WORK_H
#define GATEPOST_SERVICE_ERRAND_WORK_H

#include "gatepost/service/errand.h"
#include "gatepost/service/token.h"

/* ID.json of actions/. */
typedef struct Errand {
	char *id;
	gint64 at;		/* us */
	char *message;		/* tag of the mail, for the log */
	char *tenant;
	GPtrArray *mailboxes;	/* of char *: the sender's */
	char *reply;		/* where the answer goes */
	char *subject;
	char *analyst;		/* whose answer it is; NULL: a user's errand */
	bool is_program;	/* no person wrote that answer */
} Errand;
extern const struct fields errand_fields;

/* Keep ERRAND, which MESSAGE asks for, on disk. */
bool errand_put(struct pipeline *line, Message *message, Errand *errand,
		GError **error);

/* An errand whose token holds. */
struct work {
	struct pipeline *line;
	Setup *setup;
	const Errand *errand;
	const Tenant *tenant;
	struct token token;
	Held *held;
	HeldRcpt *copy;		/* of held */
	char *user;		/* whose lists the copy is for; NULL: an alias
				 * of several */
	int language;
	struct doer by;
	const char *subject;	/* set by deed_do(): of the answer, English */
	GString *text;		/* of the answer, in his language */
	const char *outcome;	/* a word for the log */
};

/* Do what work->token says (errand_deeds.c), and say in `subject`, `text` and
 * `outcome` what became of it.  False and ERROR set: not now. */
bool deed_do(struct work *work, GError **error);

/* Names of deeds, by enum token_deed, for the log. */
extern const char *const token_deeds[];

#endif
