/*
 * roles.c -- who, beside root and the daemon's user, may do what
 *
 * The only file that decides it.  What stands in no row here cannot be asked
 * for by the control socket at all.
 */
#include "gatepost/service/roles.h"

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <string.h>
#include <sys/socket.h>

#include "gatepost/util/file.h"
#include "gatepost/util/text.h"

/* To let a command be asked for: a row.  Its right is "noun.verb". */
static const struct row {
	const char *noun, *verb;
	enum keeping keeping;
} rows[] = {
	{ "why", NULL, KEEPS_NOT },
	{ "trace", NULL, KEEPS_NOT },
	{ "policy", NULL, KEEPS_OPTION },
	{ "mode", NULL, KEEPS_NOT },
	{ "stats", NULL, KEEPS_NOT },
	{ "status", NULL, KEEPS_NOT },
	{ "sweep", NULL, KEEPS_NOT },
	{ "list", "show", KEEPS_OPTION },
	{ "list", "expiring", KEEPS_OPTION },
	{ "list", "unbrake", KEEPS_NOT },
	{ "list", "add", KEEPS_OPTION },
	{ "list", "remove", KEEPS_OPTION },
	{ "list", "find", KEEPS_OPTION },
	{ "list", "audit", KEEPS_OPTION },
	{ "list", "import", KEEPS_OPTION },
	{ "list", "export", KEEPS_OPTION },
	{ "quarantine", "list", KEEPS_ITSELF },
	{ "quarantine", "show", KEEPS_ITSELF },
	{ "quarantine", "preview", KEEPS_ITSELF },
	{ "quarantine", "release", KEEPS_ITSELF },
	{ "quarantine", "request", KEEPS_ITSELF },
	{ "quarantine", "approve", KEEPS_ITSELF },
	{ "quarantine", "deny", KEEPS_ITSELF },
	{ "quarantine", "delete", KEEPS_ITSELF },
	{ "quarantine", "export", KEEPS_ITSELF },
	{ "quarantine", "reindex", KEEPS_NOT },
	{ "outbox", "list", KEEPS_NOT },
	{ "outbox", "send", KEEPS_NOT },
	{ "outbox", "delete", KEEPS_NOT },
	{ "candidate", "list", KEEPS_OPTION },
	{ "candidate", "show", KEEPS_OPTION },
	{ "candidate", "dismiss", KEEPS_OPTION },
	{ "candidate", "submit", KEEPS_OPTION },
	{ "report", "list", KEEPS_ITSELF },
	{ "report", "show", KEEPS_ITSELF },
	{ "report", "mark", KEEPS_ITSELF },
	{ "report", "submit", KEEPS_ITSELF },
	{ "report", "add", KEEPS_ITSELF },
	{ "report", "drill", KEEPS_OPTION },
	{ "submit", NULL, KEEPS_OPTION },
	{ "submission", "list", KEEPS_OPTION },
	{ "submission", "show", KEEPS_OPTION },
	{ "submission", "resolve", KEEPS_ITSELF },
	{ "submission", "dispute", KEEPS_ITSELF },
	{ "drain", NULL, KEEPS_NOT },
	{ "user", "show", KEEPS_ITSELF },
	{ "user", "safe", KEEPS_ITSELF },
	{ "user", "block", KEEPS_ITSELF },
	{ "user", "import", KEEPS_ITSELF },
	{ "user", "set", KEEPS_ITSELF },
	{ "user", "list", KEEPS_OPTION },
	{ "user", "forget", KEEPS_ITSELF },
	{ "user", "map", KEEPS_ITSELF },
	{ "spoof", "list", KEEPS_OPTION },
	{ "spoof", "allow", KEEPS_OPTION },
	{ "spoof", "block", KEEPS_OPTION },
};

/*
 * To have a word of a line take a right of its own: a row.  WORD NULL: the
 * command does by itself; an option counts with "=VALUE", too.  RIGHT NULL:
 * nobody may, and WHY says what to do.
 */
static const struct extra {
	const char *noun, *verb;	/* verb NULL: each */
	const char *word;
	const char *right, *why;
} extras[] = {
	{ "quarantine", "preview", "--raw", "raw", NULL },
	{ "submission", "show", "--sent", "raw", NULL },
	{ "quarantine", "release", "--to", "export", NULL },
	{ "quarantine", "export", NULL, "export", NULL },
	{ "quarantine", "release", "--allow", "allow", NULL },
	{ "submit", NULL, "--allow", "allow", NULL },
	{ "candidate", "submit", "--allow", "allow", NULL },
	{ "report", "submit", "--allow", "allow", NULL },
	{ "list", "export", NULL, "export", NULL },
	{ "list", "import", NULL, "allow", NULL },
	{ "spoof", "allow", NULL, "allow", NULL },
	{ "user", "forget", NULL, "purge", NULL },
	{ "quarantine", "release", "--by", NULL,
	  "--by names another than you" },
	{ "quarantine", "request", "--by", NULL,
	  "--by names another than you" },
	{ "quarantine", "approve", "--by", NULL,
	  "--by names another than you" },
	{ "quarantine", "deny", "--by", NULL, "--by names another than you" },
	{ "quarantine", "delete", "--by", NULL,
	  "--by names another than you" },
};

/* Rights that no "*" gives. */
static const char *const own_rights[] = {
	"raw", "export", "allow", "purge", NULL
};

/* Most groups of a caller. */
#define GROUPS_MOST 65536

/* ---- who it is ---- */

static bool
read_groups(int fd, gid_t own, GArray *groups)
{
	socklen_t size = 64 * sizeof(gid_t);
	gid_t *all = g_malloc(size);
	bool good = getsockopt(fd, SOL_SOCKET, SO_PEERGROUPS, all,
			       &size) == 0;

	if (!good && errno == ERANGE && size <= GROUPS_MOST *
	    sizeof(gid_t)) {
		all = g_realloc(all, size);
		good = getsockopt(fd, SOL_SOCKET, SO_PEERGROUPS, all,
				  &size) == 0;
	}
	if (good) {
		g_array_append_val(groups, own);
		g_array_append_vals(groups, all, size / sizeof(gid_t));
	}
	g_free(all);
	return good;
}

Caller *
caller_new(int fd, GError **error)
{
	struct ucred peer;
	socklen_t size = sizeof peer;
	const struct passwd *user;
	Caller *caller;

	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) < 0) {
		file_fail(error, "look at", "who calls");
		return NULL;
	}
	caller = g_new0(Caller, 1);
	user = getpwuid(peer.uid);
	caller->uid = peer.uid;
	caller->name = user ? text_safe(user->pw_name) :
	    g_strdup_printf("uid %u", (guint)peer.uid);
	caller->groups = g_array_new(FALSE, FALSE, sizeof(gid_t));
	caller->tenants = g_ptr_array_new();
	caller->roles = g_ptr_array_new();
	caller->is_kept = true;
	if (read_groups(fd, peer.gid, caller->groups))
		return caller;
	file_fail(error, "look at", "who calls");
	caller_free(caller);
	return NULL;
}

void
caller_free(Caller *caller)
{
	if (!caller)
		return;
	g_free(caller->name);
	g_array_free(caller->groups, TRUE);
	g_ptr_array_free(caller->tenants, TRUE);
	g_ptr_array_free(caller->roles, TRUE);
	g_free(caller);
}

static bool
has_name(const GPtrArray *all, const char *name)
{
	for (guint i = 0; i < all->len; i++)
		if (g_strcmp0(all->pdata[i], name) == 0)
			return true;
	return false;
}

bool
caller_sees(const Caller *caller, const char *tenant)
{
	return !caller || !caller->is_kept ||
	    (tenant && has_name(caller->tenants, tenant));
}

const char *
caller_tenant(const Caller *caller)
{
	return caller && caller->is_kept && caller->tenants->len == 1 ?
	    caller->tenants->pdata[0] : NULL;
}

static bool
is_in_group(const Caller *caller, const char *name)
{
	const struct group *group = getgrnam(name);

	for (guint i = 0; group && i < caller->groups->len; i++)
		if (g_array_index(caller->groups, gid_t, i) == group->gr_gid)
			return true;
	return false;
}

/* ---- what it takes ---- */

static const struct row *
find_row(const char *noun, const char *verb)
{
	for (guint i = 0; i < G_N_ELEMENTS(rows); i++)
		if (strcmp(rows[i].noun, noun) == 0 &&
		    g_strcmp0(rows[i].verb, verb) == 0)
			return &rows[i];
	return NULL;
}

bool
roles_know(const char *noun, const char *verb)
{
	return find_row(noun, verb) != NULL;
}

static char *
right_of(const struct row *row)
{
	return g_strconcat(row->noun, row->verb ? "." : "", row->verb, NULL);
}

/* Does a word of the line look like EXTRA's?  Rather once too often: as the
 * value of another option, too. */
static bool
applies(const struct extra *extra, const struct row *row,
	const GPtrArray *words)
{
	gsize length = extra->word ? strlen(extra->word) : 0;

	if (strcmp(extra->noun, row->noun) != 0 ||
	    g_strcmp0(extra->verb, row->verb) != 0)
		return false;
	for (guint i = 0; extra->word && i < words->len; i++) {
		const char *word = words->pdata[i];

		if (strncmp(word, extra->word, length) == 0 &&
		    (!word[length] || word[length] == '='))
			return true;
	}
	return !extra->word;
}

/* May a role give RIGHT by one of its words? */
static bool
gives(const Role *role, const char *right)
{
	bool is_own = g_strv_contains(own_rights, right);

	for (guint i = 0; i < role->may->len; i++) {
		const char *word = role->may->pdata[i];
		gsize length = strlen(word);

		if (strcmp(word, right) == 0 ||
		    (!is_own && strcmp(word, "*") == 0) ||
		    (length > 2 && g_str_has_suffix(word, ".*") &&
		     strncmp(word, right, length - 1) == 0))
			return true;
	}
	return false;
}

/* The rights that a line takes; NULL and *WHY when nobody has them. */
static GPtrArray *
rights_needed(const struct row *row, const GPtrArray *words, char **why)
{
	GPtrArray *all = g_ptr_array_new_with_free_func(g_free);

	g_ptr_array_add(all, right_of(row));
	for (guint i = 0; i < G_N_ELEMENTS(extras); i++) {
		if (!applies(&extras[i], row, words))
			continue;
		if (!extras[i].right) {
			*why = g_strdup(extras[i].why);
			g_ptr_array_free(all, TRUE);
			return NULL;
		}
		g_ptr_array_add(all, g_strdup(extras[i].right));
	}
	return all;
}

/* The first of RIGHTS that ROLE does not give, or NULL. */
static const char *
lacks(const Role *role, const GPtrArray *rights)
{
	for (guint i = 0; i < rights->len; i++)
		if (!gives(role, rights->pdata[i]))
			return rights->pdata[i];
	return NULL;
}

static void
take_tenants(Caller *caller, const Role *role)
{
	if (role->tenants->len == 0)
		caller->is_kept = false;
	for (guint i = 0; i < role->tenants->len; i++)
		if (!has_name(caller->tenants, role->tenants->pdata[i]))
			g_ptr_array_add(caller->tenants,
					role->tenants->pdata[i]);
}

bool
roles_permit(const Config *config, Caller *caller, const char *noun,
	     const char *verb, const GPtrArray *words, enum keeping *keeping,
	     char **why)
{
	const struct row *row = find_row(noun, verb);
	g_autoptr(GPtrArray) rights = row ? rights_needed(row, words, why) :
	    NULL;
	const char *lacking = rights ? rights->pdata[0] : NULL;
	bool is_given = false;

	if (!row)
		*why = g_strdup("it is for root and the daemon's user alone");
	if (!rights)
		return false;
	*keeping = row->keeping;
	for (guint i = 0; i < config->roles->len; i++) {
		const Role *role = config->roles->pdata[i];
		const char *lack = lacks(role, rights);

		if (!is_in_group(caller, role->group))
			continue;
		if (lack && gives(role, rights->pdata[0]))
			lacking = lack;
		if (lack || (row->keeping == KEEPS_NOT && role->tenants->len))
			continue;
		is_given = true;
		g_ptr_array_add(caller->roles, (gpointer)role);
		take_tenants(caller, role);
	}
	if (!is_given)
		*why = g_strdup_printf("no role of your groups has the right "
		    "\"%s\"%s", lacking, row->keeping == KEEPS_NOT ?
		    " for all tenants" : "");
	return is_given;
}

bool
caller_may(const Caller *caller, const char *right)
{
	for (guint i = 0; caller && i < caller->roles->len; i++)
		if (!gives(caller->roles->pdata[i], right))
			return false;
	return true;
}

/* ---- is it written as it is meant ---- */

static bool
is_right(const char *word)
{
	gsize length = strlen(word);

	if (strcmp(word, "*") == 0 || g_strv_contains(own_rights, word))
		return true;
	for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
		g_autofree char *right = right_of(&rows[i]);

		if (strcmp(word, right) == 0 ||
		    (length > 2 && g_str_has_suffix(word, ".*") &&
		     strncmp(word, right, length - 1) == 0))
			return true;
	}
	return false;
}

static void
add_fault(GPtrArray *faults, const Role *role, const char *what,
	  const char *word)
{
	g_ptr_array_add(faults, g_strdup_printf("%s:%u: roles: of group "
	    "\"%s\": \"%s\" %s", role->file, role->line, role->group ?
	    role->group : "", word, what));
}

GPtrArray *
roles_faults(const Config *config)
{
	GPtrArray *faults = g_ptr_array_new_with_free_func(g_free);

	for (guint i = 0; i < config->roles->len; i++) {
		const Role *role = config->roles->pdata[i];

		if (!role->group || !getgrnam(role->group))
			add_fault(faults, role, "is no group of this system",
				  role->group ? role->group : "");
		for (guint j = 0; j < role->may->len; j++)
			if (!is_right(role->may->pdata[j]))
				add_fault(faults, role, "is no right; see "
					  "gatepost.conf(5), \"roles\"",
					  role->may->pdata[j]);
		for (guint j = 0; j < role->tenants->len; j++)
			if (!config_tenant(config, role->tenants->pdata[j]))
				add_fault(faults, role, "is no tenant",
					  role->tenants->pdata[j]);
	}
	return faults;
}
