/*
 * question.h -- ask one analyst about one submission
 *
 * One file a type, one table of them (analyst.c).  None keeps a state: where
 * a question stands is in the submission's record.
 */
#ifndef GATEPOST_ANALYSTS_QUESTION_H
#define GATEPOST_ANALYSTS_QUESTION_H

#include <glib.h>
#include <stdbool.h>

#include "gatepost/model/analyst.h"

/* What is asked.  All of it is borrowed. */
struct question {
	const AnalystSetting *setting;
	const Submission *submission;
	const char *data;	/* what leaves, as privacy_cut() made it */
	gsize size;
	bool is_whole;		/* it is the message or file itself */
	/* For an analyst by mail. */
	const char *from, *reply_to;	/* addresses; reply_to NULL: from */
	const char *token;	/* that an answer must hold; NULL: none */
	/* Hand a message to the MTA.  False and ERROR set. */
	bool (*send)(const char *from, const char *to, const char *data,
		     gsize length, void *of, GError **error);
	void *of;		/* for send */
};

enum answer_state {
	ANSWER_FAILED,		/* not now: `fault` says why */
	ANSWER_VERDICT,
	ANSWER_LATER,		/* he has it and will say */
	ANSWER_REFUSED		/* he never will: `fault` says why */
};

/* What came of it; answer_clear() at the end. */
struct answer {
	enum answer_state state;
	enum verdict verdict;
	char *detail;		/* safe to show; NULL */
	char *ticket;		/* NULL: none */
	char *fault;		/* safe to show; NULL */
};
void answer_clear(struct answer *answer);

/* Ask; or ask again for TICKET's answer.  Waits for setting->timeout, and
 * somewhat more where a question is two.  Threads may ask at once. */
void analyst_ask(const struct question *question, struct answer *answer);
void analyst_poll(const struct question *question, const char *ticket,
		   struct answer *answer);
/* Can ONE be asked again, or does it answer by itself? */
bool analyst_polls(const AnalystSetting *one);
/* Where a question to ONE goes: an URL, an address.  Borrowed. */
const char *analyst_where(const AnalystSetting *one);

/* ---- for the types ---- */

struct analyst_type {
	void (*ask)(const struct question *question, struct answer *answer);
	/* NULL: it never is */
	void (*poll)(const struct question *question, const char *ticket,
		     struct answer *answer);
};
extern const struct analyst_type analyst_rspamd, analyst_spamassassin,
    analyst_clamd, analyst_mail, analyst_http, analyst_command,
    analyst_manual;

/* It failed, or was refused. */
void answer_fail(struct answer *answer, enum answer_state state,
		 const char *format, ...) G_GNUC_PRINTF(3, 4);
/* VERDICT, since DETAIL, a stranger's text. */
void answer_give(struct answer *answer, enum verdict verdict,
		 const char *detail, gsize length);
/* WORD of a stranger's is the verdict, in our words or setting->words. */
void answer_word(const struct question *question, struct answer *answer,
		 const char *word, const char *detail);
/* What a filter's SYMBOLS make of what it calls spam. */
enum verdict verdict_of_symbol(const char *symbol);
/* Is it to learn from the submission; as good or as bad mail? */
bool question_teaches(const struct question *question, bool *is_bad);
/* The first line of setting->secret_file, "" for none; yours.  NULL and the
 * answer failed when it cannot be read, or everybody can. */
char *question_secret(const struct question *question,
		      struct answer *answer);

#endif
