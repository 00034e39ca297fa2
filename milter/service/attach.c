/*
 * attach.c -- read a Postfix configuration and name what is wrong with the
 * way we are attached: reach, order, default action, recipients
 */
#include "gatepost/service/attach.h"

#include <grp.h>
#include <pwd.h>
#include <string.h>
#include <sys/stat.h>

struct postfix {
	GHashTable *main;	/* parameter to value, expanded */
	char *services;		/* master.cf as `postconf -M` prints it */
	char *options;		/* and its -o settings, as `postconf -P` */
};

void
attach_note_free(struct attach_note *note)
{
	g_free(note->text);
	g_free(note);
}

static void say(GPtrArray *notes, bool is_error, const char *format, ...)
	G_GNUC_PRINTF(3, 4);

static void
say(GPtrArray *notes, bool is_error, const char *format, ...)
{
	struct attach_note *note = g_new0(struct attach_note, 1);
	va_list args;

	va_start(args, format);
	note->text = g_strdup_vprintf(format, args);
	va_end(args);
	note->is_error = is_error;
	g_ptr_array_add(notes, note);
}

/* The output of postconf -c PATH with WORD. */
static char *
postconf(const char *path, const char *word, GError **error)
{
	char *const argv[] = { (char *)"postconf", (char *)"-c",
			       (char *)path, (char *)word, NULL };
	char *out = NULL;
	g_autofree char *err = NULL;
	int status;

	if (!g_spawn_sync(NULL, (char **)argv, NULL, G_SPAWN_SEARCH_PATH,
			  NULL, NULL, &out, &err, &status, error))
		return NULL;
	if (g_spawn_check_wait_status(status, NULL))
		return out;
	g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_INVAL,
		    "postconf -c %s: %s", path, g_strstrip(err));
	g_free(out);
	return NULL;
}

static void
postfix_clear(struct postfix *postfix)
{
	g_clear_pointer(&postfix->main, g_hash_table_destroy);
	g_free(postfix->services);
	g_free(postfix->options);
}

static bool
postfix_read(struct postfix *postfix, const char *path, GError **error)
{
	g_autofree char *all = postconf(path, "-x", error);
	g_auto(GStrv) lines = g_strsplit(all ? all : "", "\n", -1);

	postfix->main = g_hash_table_new_full(g_str_hash, g_str_equal, g_free,
					      g_free);
	for (guint i = 0; lines[i]; i++) {
		char *equals = strstr(lines[i], " =");

		if (equals)
			g_hash_table_replace(postfix->main,
			    g_strndup(lines[i], (gsize)(equals - lines[i])),
			    g_strdup(g_strstrip(equals + 2)));
	}
	postfix->services = all ? postconf(path, "-M", error) : NULL;
	postfix->options = postfix->services ? postconf(path, "-P", error) :
	    NULL;
	return postfix->options != NULL;
}

static const char *
value(const struct postfix *postfix, const char *name)
{
	const char *text = g_hash_table_lookup(postfix->main, name);

	return text ? text : "";
}

/* Our socket as Postfix would have to write it. */
static char *
as_postfix(const Config *config)
{
	g_auto(GStrv) parts = NULL;

	if (g_str_has_prefix(config->socket, "unix:"))
		return g_strdup(config->socket);
	parts = g_strsplit(strchr(config->socket, ':') + 1, "@", 2);
	return g_strdup_printf("inet:%s:%s", parts[1] ? parts[1] :
			       "127.0.0.1", parts[0]);
}

/* The milters of TEXT, each with what stands in its braces. */
static GPtrArray *
milters(const char *text)
{
	GPtrArray *all = g_ptr_array_new_with_free_func(g_free);
	const char *at = text;

	for (;;) {
		gsize length;

		at += strspn(at, ", \t");
		if (!*at)
			return all;
		length = *at == '{' ? strcspn(at, "}") + 1 :
		    strcspn(at, ", \t");
		g_ptr_array_add(all, g_strndup(at, MIN(length, strlen(at))));
		at += MIN(length, strlen(at));
	}
}

static int
find_ours(const GPtrArray *all, const char *ours, const char *relative)
{
	for (guint i = 0; i < all->len; i++) {
		const char *one = all->pdata[i];

		if (strstr(one, ours) || (relative && strstr(one, relative)))
			return (int)i;
	}
	return -1;
}

/* How a chrooted smtpd names PATH: from the queue folder on. */
static char *
chrooted(const struct postfix *postfix, const char *path)
{
	const char *queue = value(postfix, "queue_directory");

	return *queue && g_str_has_prefix(path, queue) ?
	    g_strdup_printf("unix:%s", path + strlen(queue)) : NULL;
}

static bool
is_smtpd_chrooted(const struct postfix *postfix)
{
	g_auto(GStrv) lines = g_strsplit(postfix->services, "\n", -1);

	for (guint i = 0; lines[i]; i++) {
		g_auto(GStrv) words = g_regex_split_simple("\\s+", lines[i],
							   0, 0);

		/* service type private unprivileged chroot wakeup max cmd */
		if (g_strv_length(words) >= 8 &&
		    strcmp(words[7], "smtpd") == 0 &&
		    strcmp(words[1], "inet") == 0 &&
		    strcmp(words[4], "n") != 0)
			return true;
	}
	return false;
}

/* Is USER in the group GID, by its own entry or as a member? */
static bool
is_member(const char *user, gid_t gid)
{
	const struct passwd *entry = getpwnam(user);
	const struct group *group = getgrgid(gid);

	if (entry && entry->pw_gid == gid)
		return true;
	for (guint i = 0; group && group->gr_mem[i]; i++)
		if (strcmp(group->gr_mem[i], user) == 0)
			return true;
	return false;
}

static void
check_reach(const Config *config, const struct postfix *postfix,
	    const char *relative, GPtrArray *notes)
{
	const char *path = config->socket + strlen("unix:");
	struct stat st;

	if (!g_str_has_prefix(config->socket, "unix:"))
		return;
	if (is_smtpd_chrooted(postfix) && !relative)
		say(notes, true, "smtpd runs chrooted in %s (column 5 of "
		    "master.cf) and cannot see %s; put the socket below that "
		    "folder, or write \"n\" in that column",
		    value(postfix, "queue_directory"), path);
	if (stat(path, &st) < 0) {
		say(notes, true, "there is no socket %s; is gatepostd "
		    "running?", path);
	} else if (!S_ISSOCK(st.st_mode)) {
		say(notes, true, "%s is no socket", path);
	} else if (!(st.st_mode & S_IWOTH) &&
		   !is_member(value(postfix, "mail_owner"), st.st_gid)) {
		say(notes, true, "only its owner and group may open %s, and "
		    "%s is not in that group: set socket_group = \"%s\" in "
		    "%s, or add %s to the socket's group", path,
		    value(postfix, "mail_owner"),
		    value(postfix, "mail_owner"), config->path,
		    value(postfix, "mail_owner"));
	}
}

static void
check_order(const GPtrArray *all, int ours, GPtrArray *notes)
{
	if (ours >= 0 && ours + 1 < (int)all->len)
		say(notes, true, "smtpd_milters: %s stands behind Gatepost "
		    "and may refuse a message of which a copy is already "
		    "held; put Gatepost last", (char *)all->pdata[ours + 1]);
}

static void
check_action(const struct postfix *postfix, const GPtrArray *all, int ours,
	     GPtrArray *notes)
{
	const char *own = ours >= 0 ? strstr(all->pdata[ours],
					     "default_action") : NULL;
	const char *global = value(postfix, "milter_default_action");
	const char *text = own ? own + strlen("default_action") : global;

	text += strspn(text, " =");
	if (!g_str_has_prefix(text, "tempfail") &&
	    !g_str_has_prefix(text, "shutdown"))
		say(notes, true, "milter_default_action is \"%s\": a reply "
		    "that is lost after a message was held would also "
		    "deliver it; write tempfail", text);
}

static void
check_recipients(const struct postfix *postfix, GPtrArray *notes)
{
	static const struct {
		const char *classes, *maps;
	} pairs[] = {
		{ "mydestination", "local_recipient_maps" },
		{ "virtual_mailbox_domains", "virtual_mailbox_maps" },
		{ "relay_domains", "relay_recipient_maps" },
	};

	for (guint i = 0; i < G_N_ELEMENTS(pairs); i++)
		if (*value(postfix, pairs[i].classes) &&
		    !*value(postfix, pairs[i].maps))
			say(notes, false, "%s is empty: mail to unknown "
			    "users of %s is taken, judged and held, and "
			    "bounces when it is released; list the valid "
			    "recipients there", pairs[i].maps,
			    pairs[i].classes);
	if (strcmp(value(postfix, "smtpd_delay_reject"), "no") == 0)
		say(notes, false, "smtpd_delay_reject is no: refusals come "
		    "before RCPT, so the ledger does not see them");
}

static void
check_release(const Config *config, const struct postfix *postfix,
	      GPtrArray *notes)
{
	if (config->release.smtp) {
		if (!strstr(postfix->options, "no_milters") &&
		    !strstr(postfix->options, "smtpd_milters ="))
			say(notes, true, "release.smtp is %s, but no service "
			    "of master.cf switches milters off; see "
			    "contrib/postfix/master.cf",
			    config->release.smtp);
	} else if (!config->release.sendmail) {
		say(notes, false, "neither release.smtp nor release.sendmail "
		    "is set in %s: held mail cannot be released",
		    config->path);
	}
}

static void
check_rest(const struct postfix *postfix, int local, GPtrArray *notes)
{
	if (local < 0)
		say(notes, false, "non_smtpd_milters does not name Gatepost: "
		    "mail of sendmail(1) is not seen; write "
		    "non_smtpd_milters = $smtpd_milters");
	if (strcmp(value(postfix, "smtpd_forbid_bare_newline"), "no") == 0)
		say(notes, false, "smtpd_forbid_bare_newline is no: SMTP "
		    "smuggling is open; write normalize");
	if (strcmp(value(postfix, "enable_original_recipient"), "no") == 0)
		say(notes, true, "enable_original_recipient is no: Postfix "
		    "then compares rewritten addresses and recipients cannot "
		    "be taken off; remove that line");
}

bool
attach_postfix(const Config *config, const char *path, GPtrArray *notes,
	       GError **error)
{
	struct postfix postfix = { NULL, NULL, NULL };
	bool good = postfix_read(&postfix, path, error);

	if (good) {
		g_autofree char *ours = as_postfix(config);
		g_autofree char *relative = g_str_has_prefix(ours, "unix:") ?
		    chrooted(&postfix, ours + 5) : NULL;
		g_autoptr(GPtrArray) smtpd =
		    milters(value(&postfix, "smtpd_milters"));
		g_autoptr(GPtrArray) local =
		    milters(value(&postfix, "non_smtpd_milters"));
		int at = find_ours(smtpd, ours, relative);

		if (at < 0)
			say(notes, true, "smtpd_milters does not name "
			    "Gatepost; write smtpd_milters = %s",
			    relative && is_smtpd_chrooted(&postfix) ?
			    relative : ours);
		check_reach(config, &postfix, relative, notes);
		check_order(smtpd, at, notes);
		check_action(&postfix, smtpd, at, notes);
		check_recipients(&postfix, notes);
		check_release(config, &postfix, notes);
		check_rest(&postfix, find_ours(local, ours, relative), notes);
	}
	postfix_clear(&postfix);
	return good;
}
