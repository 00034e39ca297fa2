/*
 * find.h -- what the lists and the rest of the policy say of some facts, as
 * `postmap -q` asks a table
 */
#ifndef GATEPOST_SERVICE_FIND_H
#define GATEPOST_SERVICE_FIND_H

#include <glib.h>
#include <stdbool.h>

#include "gatepost/service/pipeline.h"

/* A message made up of facts: all that it shows is what was asked. */
typedef struct Question Question;

/* About mail to RCPT, an address of TENANT (NULL: somebody there, with no
 * lists of his own) while SETUP is in force, which is borrowed.  IS_PROVEN: the
 * sender is authenticated; else it is known that nothing does. */
Question *question_new(const Setup *setup, const Tenant *tenant,
		       const char *rcpt, bool is_proven);
void question_free(Question *question);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Question, question_free)

/* Add a fact: RAW of KIND as a message would show it; of a spoof pair the
 * author and, as SOURCE (else NULL), a client's address or confirmed name.
 * False and ERROR set when it is no such thing, or a second of what a message
 * has one of. */
bool question_add(Question *question, enum indicator_kind kind,
		  const char *raw, const char *source, GError **error);

/* An entry that matches. */
struct match {
	struct snapshot_entry entry;	/* texts are borrowed from the lists */
	char *value;			/* of a feed's, which is not there */
	const Finding *finding;		/* the decision's; NULL: left out */
	char *why;			/* it lost; NULL: it won */
};

/* What came of it. */
typedef struct Found {
	GPtrArray *shown;	/* of Indicator *: what was looked for */
	Decision *decision;
	GPtrArray *matches;	/* of struct match * */
} Found;

/* Judge it as a message would be.  LINE has `users` and `wait`, for the lists
 * of the recipient's user.  The answer lives as long as QUESTION does; free
 * it with found_free(). */
Found *question_ask(Question *question, struct pipeline *line);
void found_free(Found *found);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Found, found_free)

#endif
