/*
 * evidence.h -- delivered mail that a tenant keeps for a while, so that it
 * can be submitted when its reader has deleted it
 *
 * One file a day and tenant.  It only records: what cannot be written is
 * lost, and no mail waits for it.
 */
#ifndef GATEPOST_STORE_EVIDENCE_H
#define GATEPOST_STORE_EVIDENCE_H

#include <glib.h>
#include <stdbool.h>

#include "gatepost/model/mention.h"

typedef struct Evidence Evidence;

/* Open it in FOLDER, whose path is PATH.  NULL and ERROR set on failure.
 * Threads may share it. */
Evidence *evidence_open(int folder, const char *path, GError **error);
void evidence_free(Evidence *evidence);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Evidence, evidence_free)

/* One message.  All is borrowed. */
struct evidence_item {
	const char *id;		/* of the ledger's record; its time is the
				 * day's */
	const char *facts;	/* JSON: all of them */
	int fd;			/* the octets; -1: they are not kept */
	gsize size;
};

/* Keep the COUNT ITEMS of TENANT, which may have MOST octets on disk (0: no
 * limit): the oldest days go for them.  The same id again changes nothing.
 * False and ERROR set: none is kept, as when one day alone has more. */
bool evidence_put(Evidence *evidence, const char *tenant, gint64 most,
		  const struct evidence_item *items, guint count,
		  GError **error);

/* The octets of message ID, in memory, for pread; *SIZE set.  -1, without
 * ERROR when TENANT keeps none of it.  Close it. */
int evidence_octets(Evidence *evidence, const char *tenant, const char *id,
		    gsize *size, GError **error);

/* The facts of it; yours.  NULL, without ERROR when there are none. */
char *evidence_facts(Evidence *evidence, const char *tenant, const char *id,
		     GError **error);

/* Octets on disk of TENANT; how many days that are is in *DAYS. */
gint64 evidence_size(Evidence *evidence, const char *tenant, guint *days);

/* Unlink TENANT's days before BEFORE (us); how many went. */
guint evidence_sweep(Evidence *evidence, const char *tenant, gint64 before);

/* The tenants that keep any, of char *, or kept some. */
GPtrArray *evidence_tenants(Evidence *evidence);

/* Drop what names WHO in octets or facts, counted in *GONE, and write each
 * file that was changed anew; IS_DRY: only count. */
bool evidence_forget(Evidence *evidence, const Mention *who, bool is_dry,
		     guint *gone, GError **error);

#endif
