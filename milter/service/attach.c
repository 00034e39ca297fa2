/*
 * attach.c -- name what is wrong with the way we are attached to a Postfix:
 * reach, order, default action, recipients, the way of released mail
 *
 * Each smtpd of master.cf is looked at by itself, since it may have milters
 * of its own, and its own view of the files.
 */
#include "gatepost/service/attach.h"

#include <arpa/inet.h>
#include <grp.h>
#include <netdb.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "gatepost/service/postconf.h"

struct attach {
	const Config *config;
	const Postfix *postfix;
	GPtrArray *notes;		/* of struct attach_note * */
};

enum reach {
	REACH_OTHER,	/* another milter */
	REACH_OURS,
	REACH_UNSEEN,	/* means us, but not as seen by that service */
};

void
attach_note_free(struct attach_note *note)
{
	g_free(note->text);
	g_free(note);
}

static void say(const struct attach *at, bool is_error, const char *format,
		...) G_GNUC_PRINTF(3, 4);

/* Once: several services may have the same fault. */
static void
say(const struct attach *at, bool is_error, const char *format, ...)
{
	struct attach_note *note = g_new0(struct attach_note, 1);
	va_list args;

	va_start(args, format);
	note->text = g_strdup_vprintf(format, args);
	va_end(args);
	note->is_error = is_error;
	for (guint i = 0; i < at->notes->len; i++) {
		const struct attach_note *said = at->notes->pdata[i];

		if (strcmp(said->text, note->text) != 0)
			continue;
		attach_note_free(note);
		return;
	}
	g_ptr_array_add(at->notes, note);
}

static const char *
value(const struct attach *at, const char *name)
{
	return postfix_value(at->postfix, name);
}

/* ---- is that milter us? ---- */

/* What a process of Postfix means by PATH, from the root of the host. */
static char *
host_path(const struct attach *at, bool is_chrooted, const char *path)
{
	g_autofree char *below = g_strdup_printf("%s/%s",
	    value(at, "queue_directory"), path);

	return g_canonicalize_filename(*path == '/' && !is_chrooted ? path :
				       below, "/");
}

static bool
is_same_file(const char *one, const char *other)
{
	g_autofree char *plain = g_canonicalize_filename(other, "/");
	struct stat a, b;

	return strcmp(one, plain) == 0 ||
	    (stat(one, &a) == 0 && stat(plain, &b) == 0 &&
	     a.st_dev == b.st_dev && a.st_ino == b.st_ino);
}

static enum reach
reach_unix(const struct attach *at, bool is_chrooted, const char *path)
{
	const char *ours = at->config->socket + strlen("unix:");
	g_autofree char *seen = host_path(at, is_chrooted, path);
	g_autofree char *meant = host_path(at, !is_chrooted, path);

	if (!g_str_has_prefix(at->config->socket, "unix:"))
		return REACH_OTHER;
	return is_same_file(seen, ours) ? REACH_OURS :
	    is_same_file(meant, ours) ? REACH_UNSEEN : REACH_OTHER;
}

/* The port behind the last ":" of TEXT, or TEXT itself; 0: none. */
static int
port_of(const char *text)
{
	const char *colon = strrchr(text, ':');
	const char *port = colon ? colon + 1 : text;
	const struct servent *entry = getservbyname(port, "tcp");

	return entry ? ntohs((uint16_t)entry->s_port) : atoi(port);
}

/* What stands before the last ":" of TEXT, without brackets; "" for none. */
static char *
host_of(const char *text)
{
	const char *colon = strrchr(text, ':');
	g_autofree char *host = colon ?
	    g_strndup(text, (gsize)(colon - text)) : g_strdup("");
	gsize length = strlen(host);

	if (*host == '[' && host[length - 1] == ']')
		return g_strndup(host + 1, length - 2);
	return g_steal_pointer(&host);
}

static bool
is_loopback(const char *host)
{
	return g_str_has_prefix(host, "127.") || strcmp(host, "::1") == 0 ||
	    g_ascii_strcasecmp(host, "localhost") == 0;
}

static bool
is_address(const char *host)
{
	struct in6_addr address;

	return inet_pton(AF_INET, host, &address) == 1 ||
	    inet_pton(AF_INET6, host, &address) == 1;
}

/* Hosts' names are not looked up: with our port they are taken for us. */
static bool
is_same_host(const char *theirs, const char *ours)
{
	if (strcmp(ours, "0.0.0.0") == 0 || strcmp(ours, "::") == 0)
		return true;
	if (is_loopback(theirs) || is_loopback(ours))
		return is_loopback(theirs) && is_loopback(ours);
	return strcmp(theirs, ours) == 0 || !is_address(theirs) ||
	    !is_address(ours);
}

/* Our own socket as Postfix writes it: inet:HOST:PORT. */
static char *
inet_of(const Config *config)
{
	bool is_v6 = g_str_has_prefix(config->socket, "inet6:");
	g_auto(GStrv) parts = g_strsplit(strchr(config->socket, ':') + 1,
					 "@", 2);

	return g_strdup_printf(is_v6 ? "inet:[%s]:%s" : "inet:%s:%s",
			       parts[1] ? parts[1] : is_v6 ? "::1" :
			       "127.0.0.1", parts[0]);
}

static enum reach
reach_inet(const struct attach *at, const char *place)
{
	g_autofree char *ours = NULL;
	g_autofree char *our_host = NULL;
	g_autofree char *their_host = host_of(place);

	if (g_str_has_prefix(at->config->socket, "unix:"))
		return REACH_OTHER;
	ours = inet_of(at->config);
	our_host = host_of(ours + strlen("inet:"));
	return port_of(place) == port_of(ours) &&
	    is_same_host(their_host, our_host) ? REACH_OURS : REACH_OTHER;
}

/* The socket of MILTER, an element of smtpd_milters. */
static char *
place_of(const char *milter)
{
	const char *at = milter + strspn(milter, "{ \t");

	return g_strndup(at, strcspn(at, ", \t}"));
}

static enum reach
reach_of(const struct attach *at, bool is_chrooted, const char *milter)
{
	g_autofree char *place = place_of(milter);

	if (g_str_has_prefix(place, "unix:"))
		return reach_unix(at, is_chrooted, place + strlen("unix:"));
	if (g_str_has_prefix(place, "inet:"))
		return reach_inet(at, place + strlen("inet:"));
	return REACH_OTHER;
}

/* How main.cf should name us: from the queue folder on what lies in it, since
 * that is right in a chroot and outside. */
static char *
right_name(const struct attach *at)
{
	g_autofree char *queue = g_strdup_printf("%s/",
	    value(at, "queue_directory"));
	const char *path = at->config->socket + strlen("unix:");

	if (!g_str_has_prefix(at->config->socket, "unix:"))
		return inet_of(at->config);
	return g_str_has_prefix(path, queue) ?
	    g_strdup_printf("unix:%s", path + strlen(queue)) :
	    g_strdup(at->config->socket);
}

/* ---- one list of milters ---- */

/* Where SERVICE has its NAME from. */
static char *
where(const struct attach *at, const struct postfix_service *service,
      const char *name)
{
	return postfix_service_value(at->postfix, service, name) ==
	    value(at, name) ? g_strdup(name) :
	    g_strdup_printf("%s of %s in master.cf", name, service->name);
}

static void
say_unseen(const struct attach *at, const struct postfix_service *service,
	   const char *name, const char *milter)
{
	g_autofree char *place = place_of(milter);
	g_autofree char *right = right_name(at);
	const char *path = at->config->socket + strlen("unix:");

	if (strcmp(right, at->config->socket) != 0)
		say(at, true, "%s: %s is not our socket, since %s runs %s "
		    "(column 5 of master.cf); write %s", name, place,
		    service->command, service->is_chrooted ? "chrooted" :
		    "without a chroot", right);
	else if (service->is_chrooted)
		say(at, true, "%s runs chrooted in %s (column 5 of "
		    "master.cf) and cannot see %s; put the socket below that "
		    "folder, or write \"n\" in that column",
		    service->command, value(at, "queue_directory"), path);
	else
		say(at, true, "%s: %s is not our socket, since %s runs "
		    "without a chroot; write %s", name, place,
		    service->command, right);
}

static void
check_action(const struct attach *at, const char *milter)
{
	const char *own = strstr(milter, "default_action");
	const char *text = own ? own + strlen("default_action") :
	    value(at, "milter_default_action");
	g_autofree char *word = NULL;

	text += strspn(text, " =");
	word = g_strndup(text, strcspn(text, " ,}"));
	if (strcmp(word, "tempfail") != 0 && strcmp(word, "shutdown") != 0)
		say(at, true, "%s is \"%s\": a reply that is lost after a "
		    "message was held would also deliver it; write tempfail",
		    own ? "default_action" : "milter_default_action", word);
}

/* The milters of NAME as SERVICE asks them; are we one of them? */
static bool
check_milters(const struct attach *at, const struct postfix_service *service,
	      const char *name)
{
	const char *text = postfix_service_value(at->postfix, service, name);
	const char *override = postfix_service_value(at->postfix, service,
	    "receive_override_options");
	g_autoptr(GPtrArray) all = postfix_list(
	    strstr(override, "no_milters") ? "" : text);
	g_autofree char *source = where(at, service, name);

	for (guint i = 0; i < all->len; i++) {
		const char *milter = all->pdata[i];
		enum reach reach = reach_of(at, service->is_chrooted, milter);

		if (reach == REACH_OTHER)
			continue;
		if (reach == REACH_UNSEEN)
			say_unseen(at, service, source, milter);
		if (i + 1 < all->len)
			say(at, true, "%s: %s stands behind Gatepost and may "
			    "refuse a message of which a copy is already "
			    "held; put Gatepost last", source,
			    (char *)all->pdata[i + 1]);
		check_action(at, milter);
		return true;
	}
	return false;
}

/* ---- the services ---- */

static bool
is_smtpd(const struct postfix_service *service)
{
	return strcmp(service->command, "smtpd") == 0 &&
	    (strcmp(service->type, "inet") == 0 ||
	     strcmp(service->type, "pass") == 0);
}

/* Does SERVICE listen where released mail goes? */
static bool
is_release(const struct attach *at, const struct postfix_service *service)
{
	const char *smtp = at->config->release.smtp;

	return smtp && strcmp(service->type, "inet") == 0 &&
	    port_of(service->name) == port_of(smtp);
}

/* Does it take mail of strangers: the MX itself, or behind postscreen? */
static bool
is_public(const struct postfix_service *service)
{
	return strcmp(service->type, "pass") == 0 ||
	    port_of(service->name) == 25;
}

/* A content filter's way back in, say. */
static bool
is_inner(const struct postfix_service *service)
{
	g_autofree char *host = host_of(service->name);

	return is_loopback(host);
}

static void
check_services(const struct attach *at)
{
	const GPtrArray *all = postfix_services(at->postfix);
	g_autoptr(GPtrArray) without = g_ptr_array_new();
	g_autofree char *right = right_name(at);
	bool is_attached = false;

	for (guint i = 0; i < all->len; i++) {
		struct postfix_service *service = all->pdata[i];

		if (!is_smtpd(service) || is_release(at, service))
			continue;
		if (check_milters(at, service, "smtpd_milters"))
			is_attached = true;
		else
			g_ptr_array_add(without, service);
	}
	if (!is_attached) {
		say(at, true, "smtpd_milters does not name Gatepost; write "
		    "smtpd_milters = %s", right);
		check_action(at, "");
	}
	for (guint i = 0; is_attached && i < without->len; i++) {
		const struct postfix_service *service = without->pdata[i];

		if (!is_inner(service))
			say(at, is_public(service), "%s of master.cf has "
			    "milters of its own, or none, and does not ask "
			    "Gatepost: mail that comes in there is not "
			    "judged; take its -o smtpd_milters and "
			    "no_milters away, or name Gatepost there",
			    service->name);
	}
	if (*value(at, "smtpd_milter_maps"))
		say(at, false, "smtpd_milter_maps is set: clients that it "
		    "names have other milters than smtpd_milters, so mail of "
		    "those may not be judged");
}

/* Mail of sendmail(1) is given to milters by cleanup. */
static void
check_local(const struct attach *at)
{
	const GPtrArray *all = postfix_services(at->postfix);

	for (guint i = 0; i < all->len; i++) {
		const struct postfix_service *service = all->pdata[i];

		if (strcmp(service->name, "cleanup") == 0 &&
		    check_milters(at, service, "non_smtpd_milters"))
			return;
	}
	say(at, false, "non_smtpd_milters does not name Gatepost: mail of "
	    "sendmail(1) is not seen; write non_smtpd_milters = "
	    "$smtpd_milters");
}

/* ---- the socket ---- */

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

/* Has Postfix's user all of RIGHT (of S_IRWXO) to what ST tells of? */
static bool
may(const struct attach *at, const struct stat *st, mode_t right)
{
	const char *user = value(at, "mail_owner");
	const struct passwd *entry = getpwnam(user);

	if (entry && entry->pw_uid == st->st_uid)
		return (st->st_mode >> 6 & right) == right;
	if (is_member(user, st->st_gid))
		return (st->st_mode >> 3 & right) == right;
	return (st->st_mode & right) == right;
}

/* The folders above PATH, the uppermost first. */
static void
check_folders(const struct attach *at, const char *path)
{
	g_auto(GStrv) parts = g_strsplit(path, "/", -1);
	g_autoptr(GString) folder = g_string_new(NULL);
	const char *user = value(at, "mail_owner");
	struct stat st;

	for (guint i = 1; parts[i] && parts[i + 1]; i++) {
		g_string_append_printf(folder, "/%s", parts[i]);
		if (stat(folder->str, &st) < 0)
			return;
		if (may(at, &st, S_IXOTH))
			continue;
		say(at, true, "%s may not enter %s, so it cannot reach %s: "
		    "add %s to that folder's group and let the group enter, "
		    "chmod g+x %s", user, folder->str, path, user,
		    folder->str);
		return;
	}
}

static void
check_socket(const struct attach *at)
{
	const char *path = at->config->socket + strlen("unix:");
	const char *user = value(at, "mail_owner");
	struct stat st;

	if (!g_str_has_prefix(at->config->socket, "unix:"))
		return;
	check_folders(at, path);
	if (stat(path, &st) < 0) {
		say(at, true, "there is no socket %s; is gatepostd running?",
		    path);
	} else if (!S_ISSOCK(st.st_mode)) {
		say(at, true, "%s is no socket", path);
	} else if (!may(at, &st, S_IWOTH)) {
		if (is_member(user, st.st_gid))
			say(at, true, "the group of %s, in which %s is, may "
			    "not write to it: set socket_mode = \"0660\" "
			    "in %s", path, user, at->config->path);
		else
			say(at, true, "only its owner and group may open %s, "
			    "and %s is not in that group: set socket_group "
			    "= \"%s\" in %s, or add %s to the socket's "
			    "group", path, user, user, at->config->path,
			    user);
	}
}

/* ---- the rest ---- */

/* Does Postfix ask the next host whether a recipient is there? */
static bool
is_verified(const struct attach *at)
{
	static const char *const lists[] = {
		"smtpd_recipient_restrictions", "smtpd_relay_restrictions",
	};

	for (guint i = 0; i < G_N_ELEMENTS(lists); i++)
		if (strstr(value(at, lists[i]),
			   "reject_unverified_recipient"))
			return true;
	return false;
}

static void
check_recipients(const struct attach *at)
{
	static const struct {
		const char *classes, *maps;
	} pairs[] = {
		{ "mydestination", "local_recipient_maps" },
		{ "virtual_mailbox_domains", "virtual_mailbox_maps" },
		{ "relay_domains", "relay_recipient_maps" },
	};

	for (guint i = 0; i < G_N_ELEMENTS(pairs) && !is_verified(at); i++)
		if (*value(at, pairs[i].classes) &&
		    !*value(at, pairs[i].maps))
			say(at, false, "%s is empty: mail to unknown users "
			    "of %s is taken, judged and held, and bounces "
			    "when it is released; list the valid recipients "
			    "there", pairs[i].maps, pairs[i].classes);
	if (strcmp(value(at, "smtpd_delay_reject"), "no") == 0)
		say(at, false, "smtpd_delay_reject is no: refusals come "
		    "before RCPT, so the ledger does not see them");
}

static bool
asks_milters(const struct attach *at, const struct postfix_service *service)
{
	return *postfix_service_value(at->postfix, service,
				      "smtpd_milters") &&
	    !strstr(postfix_service_value(at->postfix, service,
		"receive_override_options"), "no_milters");
}

static void
check_release(const struct attach *at)
{
	const GPtrArray *all = postfix_services(at->postfix);
	const char *smtp = at->config->release.smtp;
	g_autofree char *host = host_of(smtp ? smtp : "");

	if (!smtp && !at->config->release.sendmail)
		say(at, false, "neither release.smtp nor release.sendmail is "
		    "set in %s: held mail cannot be released",
		    at->config->path);
	/* Another host's listener is not of this master.cf. */
	if (!smtp || !is_loopback(host))
		return;
	for (guint i = 0; i < all->len; i++) {
		const struct postfix_service *service = all->pdata[i];

		if (!is_release(at, service))
			continue;
		if (asks_milters(at, service))
			say(at, true, "%s of master.cf is for released mail "
			    "(release.smtp) and asks milters, which would "
			    "hold it again; see contrib/postfix/master.cf",
			    service->name);
		return;
	}
	say(at, true, "release.smtp is %s, but no service of master.cf "
	    "listens there; see contrib/postfix/master.cf", smtp);
}

static void
check_rest(const struct attach *at)
{
	if (strcmp(value(at, "smtpd_forbid_bare_newline"), "no") == 0)
		say(at, false, "smtpd_forbid_bare_newline is no: SMTP "
		    "smuggling is open; write normalize");
	if (strcmp(value(at, "enable_original_recipient"), "no") == 0)
		say(at, true, "enable_original_recipient is no: Postfix "
		    "then compares rewritten addresses and recipients cannot "
		    "be taken off; remove that line");
}

bool
attach_postfix(const Config *config, const char *path, GPtrArray *notes,
	       GError **error)
{
	g_autoptr(Postfix) postfix = postfix_read(path, error);
	const struct attach at = { config, postfix, notes };

	if (!postfix)
		return false;
	check_services(&at);
	check_local(&at);
	check_socket(&at);
	check_recipients(&at);
	check_release(&at);
	check_rest(&at);
	return true;
}
