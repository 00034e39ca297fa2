/*
 * choices.h -- the state store's rows of users as readers: what they chose,
 * when their last digest was, and which tokens they have used
 */
#ifndef GATEPOST_STORE_CHOICES_H
#define GATEPOST_STORE_CHOICES_H

#include <glib.h>
#include <stdbool.h>

typedef struct Choices Choices;

/* Open them in the folder PATH, by connections of their own.  NULL and ERROR
 * set on failure.  Threads may share it. */
Choices *choices_open(const char *path, GError **error);
void choices_free(Choices *choices);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Choices, choices_free)

/* Of one user: a mailbox (normal address) of a tenant. */
struct choice {
	int language;		/* of languages[]; -1: the tenant's */
	int every;		/* enum digest_every; -1: the tenant's */
	gint64 sent;		/* us: up to when he was told; 0: never */
};

/* What USER of TENANT chose; nobody who never chose is no error.  False and
 * ERROR set. */
bool choices_get(Choices *choices, const char *tenant, const char *user,
		 struct choice *choice, GError **error);

/* Keep CHOICE, but for `sent`, durably. */
bool choices_set(Choices *choices, const char *tenant, const char *user,
		 const struct choice *choice, GError **error);

/* USER was told of what was held up to AT (us).  When the machine goes down
 * right after, he may be told again. */
bool choices_sent(Choices *choices, const char *tenant, const char *user,
		  gint64 at, GError **error);

/*
 * Use the token NAME up, for the act BY (an id).  *IS_FIRST: nobody has used
 * it before, or it was this very act, which a crash cut off.  It is forgotten
 * after UNTIL (us).
 */
bool choices_use(Choices *choices, const char *name, const char *by,
		 gint64 until, bool *is_first, GError **error);

/* Forget tokens that were over before NOW (us). */
bool choices_sweep(Choices *choices, gint64 now, GError **error);

#endif
