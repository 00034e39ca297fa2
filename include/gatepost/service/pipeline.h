/*
 * pipeline.h -- the whole way of a message
 */
#ifndef GATEPOST_SERVICE_PIPELINE_H
#define GATEPOST_SERVICE_PIPELINE_H

#include <glib.h>

#include "gatepost/policy/judge.h"
#include "gatepost/service/breaker.h"
#include "gatepost/service/mta.h"
#include "gatepost/service/recorder.h"
#include "gatepost/service/site.h"
#include "gatepost/worker/ask.h"

/* What the pipeline works with; one for a process. */
struct pipeline {
	Site *site;
	Recorder *recorder;
	Breaker *dns;		/* NULL: none */
	Breaker *clamd;		/* likewise */
	struct Courier *courier;	/* NULL: nobody drains the outbox */
	struct Clerk *clerk;	/* NULL: nobody does what users ask for */
	/* Ask a worker about MESSAGE; as ask() says. */
	enum ask_result (*ask)(struct pipeline *line, const Message *message,
			       const Request *request, Answer *answer,
			       GError **error);
	wait_how *wait;		/* for maps; its data is the Config */
	UserStore *users;	/* lists of users; NULL: there are none */
	Contacts *contacts;	/* who wrote to whom; NULL: not known */
	const struct hash_key *key;	/* of contacts */
	bool is_brief;		/* nobody prints its facts */
};

/*
 * At RCPT: may RECIPIENT, the newest of MESSAGE, stay?  REPLY_REJECT when
 * client and envelope alone say no; the refusal is kept in
 * message->refused and MTA has its text.
 */
enum reply pipeline_rcpt(Message *message, const Recipient *recipient,
			 struct mta *mta);

/* At the end of MESSAGE: facts, decisions, keep, edit, record, answer. */
enum reply pipeline_end(struct pipeline *line, Message *message,
			struct mta *mta);

/* A message that ended before its end, with recipients refused. */
void pipeline_gone(struct pipeline *line, Message *message);

/* The first half alone, for `try`: facts (learn.c; yours), or NULL and ERROR;
 * what is known of each recipient, into recipient->history (history.c); and
 * decisions (yours) from them and SHOWN, the sightings(). */
Facts *pipeline_facts(struct pipeline *line, const Message *message,
		      enum ask_result *result, GError **error);
void pipeline_history(struct pipeline *line, Message *message,
		      const Facts *facts);
GPtrArray *pipeline_judge(const Message *message, const Facts *facts,
			  const GPtrArray *shown);

#endif
