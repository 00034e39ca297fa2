/*
 * roles.h -- who, beside root and the daemon's user, may do what
 *
 * A caller comes by the control socket.  His groups give him roles of the
 * configuration, these give rights and, perhaps, tenants that he is kept to.
 */
#ifndef GATEPOST_SERVICE_ROLES_H
#define GATEPOST_SERVICE_ROLES_H

#include <glib.h>
#include <stdbool.h>
#include <sys/types.h>

#include "gatepost/model/config.h"

/* Site.caller is one, too. */
typedef struct Caller {
	uid_t uid;
	char *name;		/* login name, or "uid 1234" */
	GArray *groups;		/* of gid_t */
	/* What the roles that allow his command say of tenants. */
	bool is_kept;		/* to these alone */
	GPtrArray *tenants;	/* of char *, borrowed from the config */
	GPtrArray *roles;	/* of Role *, which allow it, likewise */
} Caller;

/* The process at the other end of the Unix socket FD, as the kernel knows
 * it.  NULL and ERROR set when nobody can tell. */
Caller *caller_new(int fd, GError **error);
void caller_free(Caller *caller);

/* May CALLER (NULL: root or the daemon's user, who may) see what is
 * TENANT's? */
bool caller_sees(const Caller *caller, const char *tenant);
/* The tenant that he is kept to, if it is one; else NULL. */
const char *caller_tenant(const Caller *caller);

/* Does each role by which CALLER (NULL: who may all) runs his command give
 * RIGHT, too?  For what only the command sees, when it has read its words. */
bool caller_may(const Caller *caller, const char *right);

/* How a command is kept to tenants. */
enum keeping {
	KEEPS_OPTION,		/* by its --tenant, set when it is not there */
	KEEPS_ITSELF,		/* it asks caller_sees() of what it finds */
	KEEPS_NOT		/* it shows all: for those who may see all */
};

/*
 * May CALLER run the command NOUN VERB (NULL: none) with WORDS (of char *),
 * the rest of its line?  One role must give all rights that it takes.  True:
 * his tenants are set, and *KEEPING.  False: *WHY (yours) says in a sentence
 * what he lacks.
 */
bool roles_permit(const Config *config, Caller *caller, const char *noun,
		  const char *verb, const GPtrArray *words,
		  enum keeping *keeping, char **why);

/* Is NOUN VERB a command that can come by the control socket? */
bool roles_know(const char *noun, const char *verb);

/* What is wrong with CONFIG's roles: "FILE:LINE: sentence", of char *;
 * yours. */
GPtrArray *roles_faults(const Config *config);

#endif
