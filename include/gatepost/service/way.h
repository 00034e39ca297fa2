/*
 * way.h -- the steps of the pipeline that live in files of their own
 */
#ifndef GATEPOST_SERVICE_WAY_H
#define GATEPOST_SERVICE_WAY_H

#include <glib.h>
#include <stdbool.h>

#include "gatepost/service/pipeline.h"

/*
 * After a pipeline_facts() that had none, with RESULT and FAULT (unread.c): a
 * death is counted, and when it was the last that the message may cause, or
 * nobody may delay it, its DECISIONS (yours) are made without facts.  False:
 * later.
 */
bool unread(struct pipeline *line, Message *message, const GPtrArray *shown,
	    enum ask_result result, const GError *fault,
	    GPtrArray **decisions);

/*
 * Put the copies that are held on disk (keep.c).  From true on they
 * are in our care; each decision's `item` says where.  False and ERROR set:
 * nothing may be taken off the message.
 */
bool keep(Site *site, Message *message, const Facts *facts,
	  const GPtrArray *shown, GPtrArray *decisions, GError **error);

/* Tell our own user of the copies to others that are held since a list keeps
 * them from going out (unsent.c).  False and ERROR set: nothing may be taken
 * off, since nobody would know. */
bool unsent(struct pipeline *line, const Message *message,
	    const Facts *facts, const GPtrArray *decisions, GError **error);

/* Header fields and recipients, as the decisions say (edit.c).  False: the
 * MTA did not take an edit. */
bool edit(const Message *message, const Facts *facts, GPtrArray *decisions,
	  enum reply reply, struct mta *mta);

/* The header fields alone, as they are for DECISIONS: the recipients of one
 * copy (edit.c). */
bool edit_header(const Message *message, const Facts *facts,
		 const GPtrArray *decisions, struct mta *mta);

/*
 * Where recipients differ in what marks their copy, put that of each smaller
 * group into the outbox, with its own header (apart.c): their decisions'
 * `outbox` says where, and COURIER sends it after apart_end().  Nothing is
 * done without a listener for released mail.  False and ERROR set: nobody may
 * be taken off.
 */
bool apart(struct pipeline *line, Message *message, const Facts *facts,
	   GPtrArray *decisions, GError **error);
/* The MTA was answered: send what is in the outbox; or, not IS_TAKEN, it
 * comes again with the whole message: take it out. */
void apart_end(struct pipeline *line, const GPtrArray *decisions,
	       bool is_taken);

/* A line of the log for each decision, and what else an admin should know
 * (log_decisions.c).  DECISIONS NULL: only of those refused at RCPT. */
void log_decisions(const Message *message, const GPtrArray *decisions,
		   enum reply reply);

/* Our name in Authentication-Results for MESSAGE. */
const char *own_authserv_id(const Message *message);

/* The ledger's record of MESSAGE, indexed by SHOWN (record.c); yours. */
Record *record_of(const Site *site, const Message *message,
		  const Facts *facts, const GPtrArray *shown,
		  const GPtrArray *decisions, enum reply reply);

/* The JSON beside a candidate in the spool (record.c), or NULL when no decision
 * suspects the message; yours. */
char *candidate_of(const Message *message, const Facts *facts,
		   const GPtrArray *decisions);

/* The reply to the MTA in words: "550", "5.7.1", text with our id. */
void refuse(struct mta *mta, const Message *message,
	    const Decision *decision);

#endif
