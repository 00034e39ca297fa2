/*
 * cmd_user.c -- gatepost user: the safe and blocked senders of users, what
 * they chose, and where an address leads
 *
 * USER is an address or a login; it is followed as mail would be, and must
 * lead to one mailbox.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "gatepost/bounds.h"
#include "gatepost/cli/cli.h"
#include "gatepost/lists/users.h"
#include "gatepost/model/address.h"
#include "gatepost/util/clock.h"
#include "gatepost/util/fields.h"
#include "gatepost/util/text.h"

/* Rows read at once, however many are printed. */
#define PAGE 1000

/* ---- whose lists ---- */

/* The tenant of ADDRESS, unless --tenant says; NULL and said. */
static const Tenant *
tenant_for(struct cli *cli, const char *name, const char *address)
{
	const Tenant *tenant = name || !address ? NULL :
	    config_tenant_of(cli->config, address_domain(address));

	if (!tenant)
		return cli_tenant(cli, name);
	if (caller_sees(cli->caller, tenant->name))
		return tenant;
	cli_fail(0, "%s is of no tenant of yours", address);
	return NULL;
}

/* Who is meant, as the options and words of a command say. */
struct whom {
	const char *tenant;	/* --tenant; NULL */
	bool is_exact;		/* --exact: no table is asked */
};

static struct whom
take_whom(struct cli *cli)
{
	return (struct whom){ .tenant = cli_option(cli, "--tenant"),
			      .is_exact = cli_flag(cli, "--exact") };
}

/* WORD as an address, and its tenant.  False and said when it is neither
 * that nor a login, for which *ADDRESS is NULL. */
static bool
read_word(struct cli *cli, const char *name, const char *word,
	  char **address, const Tenant **tenant)
{
	bool is_address = strchr(word, '@') != NULL;

	*address = is_address ? address_normal(word) : NULL;
	if (!g_utf8_validate(word, -1, NULL) ||
	    (is_address && (!*address || !*address_domain(*address)))) {
		g_autofree char *safe = text_safe(word);

		cli_fail(0, "\"%s\" is neither an address nor a login",
			 safe);
		return false;
	}
	*tenant = tenant_for(cli, name, *address);
	return *tenant != NULL;
}

/* Follow WORD, an address or a login.  NULL and said when it is neither; the
 * caller looks at `unsure`. */
static Route *
follow(struct cli *cli, const char *name, const char *word,
       const Tenant **tenant)
{
	g_autofree char *address = NULL;
	struct map_wait wait = { wait_plainly, NULL, 0 };
	g_autoptr(Routes) routes = NULL;

	if (!read_word(cli, name, word, &address, tenant))
		return NULL;
	routes = routes_new(cli->config);
	wait.deadline = clock_steady_ms() + (*tenant)->users.timeout;
	return address ? routes_follow(routes, *tenant, address, &wait) :
	    routes_login(routes, *tenant, word, &wait);
}

/* The one mailbox of WORD; yours.  NULL and said, with *STATUS. */
static char *
user_of(struct cli *cli, const struct whom *whom, const char *word,
	const Tenant **tenant, int *status)
{
	g_autoptr(Route) route = NULL;
	char *address = NULL;

	*status = EX_USAGE;
	if (whom->is_exact && read_word(cli, whom->tenant, word, &address,
					tenant)) {
		if (!address)
			cli_fail(0, "--exact takes an address, and \"%s\" "
				 "is none", word);
		return address;
	}
	if (whom->is_exact)
		return NULL;
	route = follow(cli, whom->tenant, word, tenant);
	if (!route)
		return NULL;
	if (route->unsure) {
		*status = cli_fail(strchr(word, '@') ? EX_TEMPFAIL :
				   EX_NOUSER, "it is not known whose %s is: "
				   "%s (--exact asks no table)", word,
				   route->unsure);
		return NULL;
	}
	if (route->mailboxes->len != 1) {
		*status = cli_fail(EX_DATAERR, "%s leads to %s%u mailboxes, "
				   "and nobody's lists count for it: name one "
				   "of them (see gatepost user map)", word,
				   route->is_more ? "more than " : "",
				   route->mailboxes->len);
		return NULL;
	}
	return g_strdup(route->mailboxes->pdata[0]);
}

/* ---- map ---- */

static void
print_route_json(const Route *route, const char *word, const Tenant *tenant)
{
	g_autoptr(GString) out = g_string_new("{");

	json_put(out, "key", word);
	json_put(out, "tenant", tenant->name);
	json_key(out, "mailboxes");
	g_string_append_c(out, '[');
	for (guint i = 0; i < route->mailboxes->len; i++) {
		json_comma(out);
		json_quote(out, route->mailboxes->pdata[i]);
	}
	g_string_append_c(out, ']');
	json_key(out, "more_mailboxes");
	g_string_append(out, route->is_more ? "true" : "false");
	json_put(out, "owner", route->owner);
	json_put(out, "unsure", route->unsure);
	json_key(out, "steps");
	g_string_append_c(out, '[');
	for (guint i = 0; i < route->steps->len; i++) {
		const struct route_step *step = route->steps->pdata[i];

		json_comma(out);
		g_string_append_c(out, '{');
		json_put(out, "key", step->key);
		json_put(out, "how", step->how);
		json_put(out, "values", step->values);
		json_put(out, "map", step->map);
		g_string_append_c(out, '}');
	}
	g_string_append(out, "]}");
	printf("%s\n", out->str);
}

static void
print_route(const Route *route)
{
	for (guint i = 0; i < route->steps->len; i++) {
		const struct route_step *step = route->steps->pdata[i];
		g_autofree char *key = text_shown(step->key, 200);
		g_autofree char *values = text_shown(step->values, 400);

		printf("  %s: %s%s%s%s%s\n", key, step->how,
		       step->map ? " in " : "", step->map ? step->map : "",
		       step->values ? ": " : "", step->values ? values : "");
	}
	for (guint i = 0; i < route->mailboxes->len; i++)
		printf("%s\n", (char *)route->mailboxes->pdata[i]);
	if (route->is_more)
		printf("... and more\n");
	if (route->owner && route->mailboxes->len > 1)
		printf("  nobody's lists count for it; its digest goes to "
		       "%s\n", route->owner);
}

int
cmd_user_map(struct cli *cli)
{
	const char *name = cli_option(cli, "--tenant");
	const Tenant *tenant = NULL;
	g_autoptr(GError) error = NULL;
	g_autoptr(Route) route = NULL;

	if (!cli_words(cli, 1, 1))
		return EX_USAGE;
	/* A map is asked as the daemon would ask it. */
	if (!site_become_user(cli->config, &error))
		return cli_fail(EX_NOPERM, "%s", error->message);
	route = follow(cli, name, cli_word(cli, 0), &tenant);
	if (!route)
		return EX_USAGE;
	if (cli->json)
		print_route_json(route, cli_word(cli, 0), tenant);
	else
		print_route(route);
	if (!route->unsure)
		return EX_OK;
	return cli_fail(strchr(cli_word(cli, 0), '@') ? EX_TEMPFAIL :
			EX_NOUSER, "%s", route->unsure);
}

/* ---- show and list ---- */

struct range {
	guint most;		/* 0: all */
	const char *after;
};

static bool
take_range(struct cli *cli, struct range *range)
{
	const char *most = cli_option(cli, "--most");
	const char *after = cli_option(cli, "--after");
	guint64 number = 0;

	range->after = after ? after : "";
	range->most = 0;
	if (most && !g_ascii_string_to_unsigned(most, 10, 0, G_MAXUINT32,
						&number, NULL)) {
		cli_fail(0, "--most: \"%s\" is no number", most);
		return false;
	}
	range->most = (guint)number;
	return true;
}

static void
put_entry(GString *json, struct table *table, const UserEntry *entry,
	  const char *key)
{
	char added[CLOCK_TEXT];
	g_autofree char *list = g_strconcat(user_lists[entry->list],
	    entry->action < 0 ? NULL : ", ",
	    entry->action < 0 ? NULL : actions[entry->action], NULL);

	clock_format(entry->added, added);
	table_add(table, list, entry->value, added,
		  entry->how, entry->by, entry->note ? entry->note : "");
	json_comma(json);
	g_string_append_c(json, '{');
	json_put(json, "list", user_lists[entry->list]);
	json_put(json, "value", entry->value);
	json_put(json, "added", added);
	json_put(json, "how", entry->how);
	json_put(json, "by", entry->by);
	json_put(json, "note", entry->note);
	json_put(json, "action", entry->action < 0 ? NULL :
		 actions[entry->action]);
	json_put(json, "key", key);
	g_string_append_c(json, '}');
}

/* All pages of RANGE; *NEXT is the last value when there are more. */
static bool
put_entries(UserStore *users, const char *tenant, const char *user, int list,
	    const struct range *range, GString *json, struct table *table,
	    char **next, GError **error)
{
	g_autofree char *after = g_strdup(range->after);
	guint left = range->most ? range->most : G_MAXUINT;

	for (;;) {
		g_autoptr(GPtrArray) page = g_ptr_array_new_with_free_func(
		    (GDestroyNotify)user_entry_free);
		guint count;

		/* One more than is wanted tells whether there are more. */
		if (!users_page(users, tenant, user, list, after,
				MIN(left, PAGE) + 1, page, error))
			return false;
		count = MIN(page->len, MIN(left, PAGE));
		for (guint i = 0; i < count; i++) {
			const UserEntry *entry = page->pdata[i];
			char key[HASH_TEXT];

			user_entry_key(entry, tenant, user, key);
			put_entry(json, table, entry, key);
			g_free(after);
			after = g_strdup(entry->value);
		}
		left -= count;
		if (page->len == count)
			return true;
		if (left == 0) {
			*next = g_steal_pointer(&after);
			return true;
		}
	}
}

int
cmd_user_show(struct cli *cli)
{
	static const char *const heads[] = { "LIST", "SENDER", "ADDED", "HOW",
					     "BY", "NOTE", NULL };
	struct whom whom = take_whom(cli);
	const char *word = cli_option(cli, "--list");
	int list = word ? fields_word(user_lists, word) : -1;
	g_autoptr(GString) json = g_string_new("{");
	g_autofree char *user = NULL, *next = NULL;
	g_autoptr(GError) error = NULL;
	g_autoptr(Site) site = NULL;
	const Tenant *tenant = NULL;
	struct table *table;
	struct range range;
	int status;

	if (!take_range(cli, &range) || !cli_words(cli, 1, 1))
		return EX_USAGE;
	if (word && list < 0)
		return cli_fail(EX_USAGE, "--list: \"%s\" is neither safe "
				"nor block", word);
	if (!(site = cli_site(cli, &status)) ||
	    !(user = user_of(cli, &whom, cli_word(cli, 0), &tenant, &status)))
		return status;
	json_put(json, "user", user);
	json_put(json, "tenant", tenant->name);
	json_key(json, "entries");
	g_string_append_c(json, '[');
	table = table_new(heads);
	if (!put_entries(site->users, tenant->name, user, list, &range, json,
			 table, &next, &error))
		return cli_error("users", error);
	g_string_append_c(json, ']');
	json_put(json, "next", next);
	if (cli->json) {
		printf("%s}\n", json->str);
		return EX_OK;
	}
	table_print(table);
	if (next)
		printf("there are more: --after %s\n", next);
	return EX_OK;
}

struct listing {
	GString *json;
	struct table *table;
	const char *tenant;
	char *after, *next;
	guint count, most;
};

static void
put_user(const char *user, gint64 safe, gint64 block, void *data)
{
	struct listing *listing = data;
	g_autofree char *safes = g_strdup_printf("%" G_GINT64_FORMAT, safe);
	g_autofree char *blocks = g_strdup_printf("%" G_GINT64_FORMAT,
						  block);

	if (++listing->count > listing->most) {
		listing->next = g_strdup(listing->after);
		return;
	}
	table_add(listing->table, listing->tenant, user, safes, blocks);
	json_comma(listing->json);
	g_string_append_c(listing->json, '{');
	json_put(listing->json, "user", user);
	json_put(listing->json, "tenant", listing->tenant);
	json_put_number(listing->json, "safe", safe);
	json_put_number(listing->json, "block", block);
	g_string_append_c(listing->json, '}');
	g_free(listing->after);
	listing->after = g_strdup(user);
}

int
cmd_user_list(struct cli *cli)
{
	static const char *const heads[] = { "TENANT", "USER", "SAFE",
					     "BLOCK", NULL };
	const char *name = cli_option(cli, "--tenant");
	struct listing listing = { .most = G_MAXUINT };
	g_autoptr(GError) error = NULL;
	g_autoptr(Site) site = NULL;
	const Tenant *tenant;
	struct range range;
	int status;

	if (!take_range(cli, &range) || !cli_words(cli, 0, 0) ||
	    !(tenant = cli_tenant(cli, name)))
		return EX_USAGE;
	if (!(site = cli_site(cli, &status)))
		return status;
	listing.tenant = tenant->name;
	listing.most = range.most ? range.most : G_MAXUINT - 1;
	listing.json = g_string_new("{\"users\":[");
	listing.table = table_new(heads);
	if (!users_each(site->users, tenant->name, range.after,
			listing.most + 1, put_user, &listing, &error))
		return cli_error("users", error);
	g_string_append_c(listing.json, ']');
	json_put(listing.json, "next", listing.next);
	if (cli->json)
		printf("%s}\n", listing.json->str);
	else
		table_print(listing.table);
	if (!cli->json && listing.next)
		printf("there are more: --after %s\n", listing.next);
	g_string_free(listing.json, TRUE);
	g_free(listing.after);
	g_free(listing.next);
	return EX_OK;
}

/* ---- safe, block and import ---- */

static const char *const deeds[] = {
	[USERS_ADDED] = "added", [USERS_MOVED] = "moved",
	[USERS_KEPT] = "kept", [USERS_REMOVED] = "removed",
	[USERS_ABSENT] = "absent",
};

/* One sender as it was given, and what is done with it. */
struct given {
	guint line;		/* of a file; 0: none */
	char *text;		/* as it was written */
	char *why;		/* of a refusal; NULL: taken */
	int entry;		/* where in entries; -1: refused, or twice */
};

struct giving {
	struct cli *cli;
	enum user_list list;
	const char *how, *note;
	GPtrArray *given;	/* of struct given * */
	GPtrArray *entries;	/* of UserEntry * */
	GHashTable *seen;	/* value to its place in entries + 1 */
	guint refused;
	const Tenant *tenant;
	char *user;
};

static void
given_free(gpointer data)
{
	struct given *given = data;

	g_free(given->text);
	g_free(given->why);
	g_free(given);
}

static struct giving
giving_new(struct cli *cli, enum user_list list, const char *how)
{
	return (struct giving){
		.cli = cli, .list = list, .how = how,
		.given = g_ptr_array_new_with_free_func(given_free),
		.entries = g_ptr_array_new_with_free_func(
		    (GDestroyNotify)user_entry_free),
		.seen = g_hash_table_new_full(g_str_hash, g_str_equal,
					      g_free, NULL),
	};
}

static void
giving_clear(struct giving *giving)
{
	g_ptr_array_unref(giving->given);
	g_ptr_array_unref(giving->entries);
	g_hash_table_destroy(giving->seen);
	g_free(giving->user);
}

/* Take one sender in, or note why not. */
static void
give(struct giving *giving, const char *text, guint line)
{
	g_autoptr(GError) error = NULL;
	g_autofree char *value = user_value_normal(giving->list, text,
						   &error);
	struct given *given = g_new0(struct given, 1);
	UserEntry *entry;

	given->line = line;
	given->text = g_strdup(text);
	given->why = value ? NULL : g_strdup(error->message);
	given->entry = -1;
	g_ptr_array_add(giving->given, given);
	giving->refused += !value;
	if (!value)
		return;
	given->entry = GPOINTER_TO_INT(g_hash_table_lookup(giving->seen,
							   value)) - 1;
	if (given->entry >= 0)
		return;
	entry = user_entry_new(giving->list, value);
	entry->added = clock_now();
	entry->how = g_strdup(giving->how);
	entry->by = g_strdup(giving->cli->who);
	entry->note = g_strdup(giving->note);
	given->entry = (int)giving->entries->len;
	g_ptr_array_add(giving->entries, entry);
	g_hash_table_insert(giving->seen, g_strdup(value),
			    GINT_TO_POINTER(given->entry + 1));
}

static void
print_given_json(const struct giving *giving, const GArray *done)
{
	g_autoptr(GString) out = g_string_new("{");

	json_put(out, "user", giving->user);
	json_put(out, "tenant", giving->tenant->name);
	json_put(out, "list", user_lists[giving->list]);
	json_key(out, "items");
	g_string_append_c(out, '[');
	for (guint i = 0; i < giving->given->len; i++) {
		const struct given *given = giving->given->pdata[i];
		const UserEntry *entry = given->entry < 0 ? NULL :
		    giving->entries->pdata[given->entry];

		json_comma(out);
		g_string_append_c(out, '{');
		if (given->line)
			json_put_number(out, "line", given->line);
		json_put(out, "given", given->text);
		json_put(out, "value", entry ? entry->value : NULL);
		json_put(out, "done", !entry ? "refused" : !done->len ?
			 "left" : deeds[g_array_index(done, enum users_deed,
						      given->entry)]);
		json_put(out, "reason", given->why);
		g_string_append_c(out, '}');
	}
	g_string_append(out, "]}");
	printf("%s\n", out->str);
}

/* A line for each: what was taken, changed, refused. */
static void
print_given(const struct giving *giving, const GArray *done,
	    const char *file)
{
	guint counts[G_N_ELEMENTS(deeds)] = { 0 };

	for (guint i = 0; i < giving->given->len; i++) {
		const struct given *given = giving->given->pdata[i];
		g_autofree char *text = text_shown(given->text, 200);
		g_autofree char *place = given->line ? g_strdup_printf(
		    "%s:%u: ", file, given->line) : g_strdup("");
		const UserEntry *entry;
		enum users_deed deed;

		if (given->why)
			fprintf(stderr, "gatepost: %srefused \"%s\": %s\n",
				place, text, given->why);
		if (given->entry < 0 || !done->len)
			continue;
		entry = giving->entries->pdata[given->entry];
		deed = g_array_index(done, enum users_deed, given->entry);
		counts[deed]++;
		printf("%s%s %s %s%s%s%s\n", place, deeds[deed],
		       user_lists[giving->list], entry->value,
		       strcmp(entry->value, given->text) == 0 ? "" :
		       " (written ", strcmp(entry->value, given->text) == 0 ?
		       "" : text,
		       strcmp(entry->value, given->text) == 0 ? "" : ")");
	}
	printf("%s: ", giving->user);
	for (guint i = 0; i < G_N_ELEMENTS(deeds); i++)
		if (counts[i])
			printf("%u %s, ", counts[i], deeds[i]);
	printf("%u refused\n", giving->refused);
}

/* Write what was given, and say it. */
static int
carry_out(struct giving *giving, Site *site, const char *file, bool is_strict,
	  bool is_removal)
{
	g_autoptr(GArray) done = g_array_new(FALSE, FALSE,
					     sizeof(enum users_deed));
	g_autoptr(GError) error = NULL;
	bool is_held = is_strict && giving->refused;

	if (!is_held && giving->entries->len &&
	    !(is_removal ? users_remove : users_add)(
		site->users, giving->tenant->name, giving->user,
		giving->entries, done, &error))
		return cli_error("users", error);
	if (giving->cli->json)
		print_given_json(giving, done);
	else
		print_given(giving, done, file);
	if (is_held)
		cli_fail(0, "nothing was changed: what is refused must be "
			 "mended first");
	for (guint i = 0; i < done->len; i++)
		if (g_array_index(done, enum users_deed, i) == USERS_ABSENT)
			return EX_NOINPUT;
	return giving->refused ? EX_DATAERR : EX_OK;
}

static int
change(struct cli *cli, enum user_list list)
{
	struct whom whom = take_whom(cli);
	struct giving giving = giving_new(cli, list, "command");
	bool is_removal = cli_flag(cli, "--remove");
	g_autoptr(Site) site = NULL;
	int status = EX_USAGE;

	giving.note = cli_option(cli, "--note");
	if (cli_words(cli, 2, G_MAXUINT) &&
	    (site = cli_site(cli, &status)) &&
	    (giving.user = user_of(cli, &whom, cli_word(cli, 0),
				   &giving.tenant, &status))) {
		for (guint i = 1; i < cli->words->len; i++)
			give(&giving, cli_word(cli, i), 0);
		status = carry_out(&giving, site, NULL, true, is_removal);
	}
	giving_clear(&giving);
	return status;
}

int
cmd_user_safe(struct cli *cli)
{
	return change(cli, USER_SAFE);
}

int
cmd_user_block(struct cli *cli)
{
	return change(cli, USER_BLOCK);
}

/* An address a line; "#" starts a comment. */
static void
give_lines(struct giving *giving, char *text)
{
	g_auto(GStrv) lines = g_strsplit(text, "\n", -1);

	for (guint i = 0; lines[i]; i++) {
		char *line = g_strstrip(lines[i]);
		char *comment = strstr(line, " #");

		if (g_str_has_prefix(line, "\xef\xbb\xbf"))
			line += 3;
		if (*line == '#' || !*line)
			continue;
		if (comment)
			*comment = '\0';
		give(giving, g_strstrip(line), i + 1);
	}
}

/* The caller's right to FILE ("-": standard input), not the daemon's, is
 * what counts.  NULL and said, with *STATUS. */
static char *
read_lines(const char *file, int *status)
{
	bool is_input = strcmp(file, "-") == 0;
	int fd = is_input ? STDIN_FILENO : open(file, O_RDONLY | O_CLOEXEC);
	g_autoptr(GString) text = g_string_new(NULL);
	char octets[64 * KIB];
	gssize n = -1;

	while (fd >= 0 && text->len <= BOUND_IMPORT_FILE &&
	       (n = read(fd, octets, sizeof octets)) > 0)
		g_string_append_len(text, octets, n);
	*status = EX_OK;
	if (n < 0)
		*status = cli_fail(EX_NOINPUT, "%s cannot be read: %s", file,
				   g_strerror(errno));
	else if (text->len > BOUND_IMPORT_FILE)
		*status = cli_fail(EX_DATAERR, "%s has more than %d octets: "
				   "import it in parts", file,
				   BOUND_IMPORT_FILE);
	else if (strlen(text->str) != text->len)
		*status = cli_fail(EX_DATAERR, "%s holds NUL octets, so it is "
				   "no text", file);
	if (fd >= 0 && !is_input)
		close(fd);
	return *status ? NULL : g_strdup(text->str);
}

int
cmd_user_import(struct cli *cli)
{
	struct whom whom = take_whom(cli);
	const char *word = cli_option(cli, "--as");
	bool is_strict = cli_flag(cli, "--strict");
	int list = word ? fields_word(user_lists, word) : -1;
	struct giving giving = giving_new(cli, list == USER_SAFE ? USER_SAFE :
					  USER_BLOCK, "import");
	g_autofree char *text = NULL;
	g_autoptr(Site) site = NULL;
	int status = EX_USAGE;

	giving.note = cli_option(cli, "--note");
	if (list < 0)
		cli_fail(0, "say --as safe or --as block");
	else if (cli_words(cli, 2, 2) && cli_opens(cli, cli_word(cli, 1)) &&
		 (text = read_lines(cli_word(cli, 1), &status)) &&
		 (site = cli_site(cli, &status)) &&
		 (giving.user = user_of(cli, &whom, cli_word(cli, 0),
					&giving.tenant, &status))) {
		give_lines(&giving, text);
		status = carry_out(&giving, site, cli_word(cli, 1),
				   is_strict, false);
	}
	giving_clear(&giving);
	return status;
}

/* ---- set ---- */

/* Take WORD, "language=fr", into CHOICE.  False and said. */
static bool
take_choice(const char *word, struct choice *choice)
{
	bool is_language = g_str_has_prefix(word, "language=");
	const char *value = strchr(word, '=');
	const char *const *words = is_language ? languages : digest_everies;
	g_autofree char *all = NULL;
	int *to = is_language ? &choice->language : &choice->every;

	if (!is_language && !g_str_has_prefix(word, "digest=")) {
		cli_fail(0, "\"%s\" is neither language= nor digest=", word);
		return false;
	}
	*to = fields_word(words, value + 1);
	if (*to >= 0 || strcmp(value + 1, "default") == 0)
		return true;
	all = g_strjoinv(", ", (char **)words);
	cli_fail(0, "%s: it is default, or one of %s", word, all);
	return false;
}

static void
print_choice(const struct cli *cli, const Tenant *tenant, const char *user,
	     const struct choice *choice)
{
	const char *language = languages[choice->language >= 0 ?
	    choice->language : tenant->language];
	const char *every = digest_everies[choice->every >= 0 ?
	    choice->every : tenant->digest.every];
	g_autoptr(GString) out = g_string_new("{");
	char sent[CLOCK_TEXT];

	clock_format(choice->sent, sent);
	if (!cli->json) {
		printf("language %s%s\ndigest   %s%s\nsent     %s\n",
		       language, choice->language < 0 ? " (the tenant's)" :
		       "", every, choice->every < 0 ? " (the tenant's)" : "",
		       choice->sent ? cli_time(choice->sent) : "never");
		return;
	}
	json_put(out, "user", user);
	json_put(out, "tenant", tenant->name);
	json_put(out, "language", language);
	json_put(out, "digest", every);
	json_put(out, "sent", choice->sent ? sent : NULL);
	printf("%s}\n", out->str);
}

int
cmd_user_set(struct cli *cli)
{
	struct whom whom = take_whom(cli);
	struct choice choice = { -1, -1, 0 };
	g_autoptr(GError) error = NULL;
	g_autoptr(Site) site = NULL;
	g_autofree char *user = NULL;
	const Tenant *tenant = NULL;
	int status;

	if (!cli_words(cli, 1, 3))
		return EX_USAGE;
	if (!(site = cli_site(cli, &status)) ||
	    !(user = user_of(cli, &whom, cli_word(cli, 0), &tenant, &status)))
		return status;
	if (!choices_get(site->choices, tenant->name, user, &choice, &error))
		return cli_error("users", error);
	for (guint i = 1; i < cli->words->len; i++)
		if (!take_choice(cli_word(cli, i), &choice))
			return EX_USAGE;
	if (cli->words->len > 1 &&
	    !choices_set(site->choices, tenant->name, user, &choice, &error))
		return cli_error("users", error);
	print_choice(cli, tenant, user, &choice);
	return EX_OK;
}
