/*
 * site.h -- what stands in state_dir, opened; and what is in force
 */
#ifndef GATEPOST_SERVICE_SITE_H
#define GATEPOST_SERVICE_SITE_H

#include <glib.h>
#include <stdbool.h>

#include "gatepost/lists/snapshot.h"
#include "gatepost/model/config.h"
#include "gatepost/service/routes.h"
#include "gatepost/store/alerts.h"
#include "gatepost/store/box.h"
#include "gatepost/store/candidates.h"
#include "gatepost/store/choices.h"
#include "gatepost/store/contacts.h"
#include "gatepost/store/evidence.h"
#include "gatepost/store/ledger.h"
#include "gatepost/store/outbox.h"
#include "gatepost/store/quarantine.h"
#include "gatepost/store/reports.h"
#include "gatepost/store/state.h"
#include "gatepost/store/submissions.h"
#include "gatepost/store/trail.h"
#include "gatepost/store/usage.h"
#include "gatepost/store/users.h"

typedef struct Site {
	char *path;			/* state_dir */
	int folder;			/* its descriptor */
	struct installation_key key;
	State *state;
	UserStore *users;
	Quarantine *quarantine;
	Box *candidates;		/* spool/candidates: octets */
	Candidates *suspected;		/* ... and which they are */
	Ledger *ledger;
	Evidence *evidence;		/* delivered mail that is kept */
	Usages *usages;
	Contacts *contacts;
	Trail *trail;			/* the audit log */
	Box *submissions;		/* spool/submissions: what is sent */
	Submissions *submitted;		/* ... and what became of it */
	Outbox *outbox;
	Alerts *alerts;
	Choices *choices;
	Box *actions;			/* what users sent, to be done */
	Reports *reports;		/* what users reported */
	Box *reports_box;		/* new: to be done; kept: octets */
	const struct Caller *caller;	/* who asks; NULL: root, the daemon,
					 * its user; borrowed */
} Site;

/* Names inside state_dir. */
#define SITE_SNAPSHOT "lists.snapshot"
#define SITE_MODE "mode"
#define SITE_DUE "lists.due"	/* a change of it has the lists compiled */
#define SITE_WORKERS "worker.sock"
#define SITE_RUN "run"

/* Open the stores under CONFIG's state_dir, made when they are not there.
 * NULL and ERROR set on failure. */
Site *site_open(const Config *config, GError **error);
void site_free(Site *site);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Site, site_free)

/* Become CONFIG's user and group when we are root.  False and ERROR set. */
bool site_become_user(const Config *config, GError **error);

/* ---- what is in force: pinned by each message ---- */

typedef struct Setup {
	gint refs;
	Config *config;
	Snapshot *lists;	/* NULL: never compiled */
	Routes *routes;		/* the config's maps; NULL: not opened */
	GHashTable *modes;	/* tenant or "*" to mode + 1 */
} Setup;

/* CONFIG with the lists and modes that stand in FOLDER (state_dir); lists
 * that cannot be mapped are those of BEFORE (may be NULL), and NOTE says
 * why.  Takes its own references. */
Setup *setup_new(Config *config, int folder, const Setup *before,
		 GError **note);
/* Open SETUP's maps, for who judges mail; those of BEFORE (may be NULL) are
 * kept, with what they have learned, when the configuration is the same. */
void setup_open_routes(Setup *setup, const Setup *before);
Setup *setup_ref(Setup *setup);
void setup_unref(Setup *setup);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Setup, setup_unref)

/* The mode in force for TENANT. */
enum mode setup_mode(const Setup *setup, const Tenant *tenant);

/* Where that mode was set, in words; borrowed. */
const char *setup_mode_source(const Setup *setup, const Tenant *tenant);

/* Write the mode of TENANT (NULL: all, and every own one is forgotten) into
 * FOLDER; the daemon follows within a second. */
bool mode_set(int folder, const char *tenant, enum mode mode,
	      GError **error);

/* Have the lists compiled anew, since the life of an entry changed: the
 * supervisor follows within a second. */
bool lists_are_due(int folder, GError **error);

#endif
