/*
 * config.c -- read gatepost.conf by the table of settings
 *
 * The only file that knows libconfig.  Values are set from the defaults
 * first, then from the file; both go through set_text(), so that a default
 * is checked as a written value is.
 */
#include "gatepost/model/config.h"

#include <libconfig.h>
#include <stdlib.h>
#include <string.h>

#include "gatepost/model/address.h"
#include "gatepost/model/analyst.h"
#include "gatepost/model/defects.h"
#include "gatepost/model/domain.h"
#include "gatepost/model/indicator.h"
#include "gatepost/model/lookalike.h"
#include "gatepost/model/mapname.h"
#include "gatepost/model/people.h"
#include "gatepost/model/report.h"
#include "gatepost/model/rights.h"
#include "gatepost/model/settings.h"
#include "gatepost/util/clamd.h"
#include "gatepost/util/fields.h"
#include "gatepost/util/text.h"

struct reading {
	GPtrArray *notes;
	const char *path;
	const config_setting_t *at;	/* for the place of a note */
	const config_setting_t *group;	/* what place() looks into */
	bool is_bad;
};

#define AT(base, row, type) (*(type *)((char *)(base) + (row)->offset))

static void
note_free(gpointer data)
{
	struct config_note *note = data;

	g_free(note->file);
	g_free(note->text);
	g_free(note);
}

char *
config_note_place(const struct config_note *note)
{
	/* What is missing from all of the file has no line. */
	return note->line ? g_strdup_printf("%s:%u", note->file, note->line) :
	    g_strdup(note->file);
}

GPtrArray *
config_notes_new(void)
{
	return g_ptr_array_new_with_free_func(note_free);
}

static void say(struct reading *reading, bool is_error, const char *format,
		...) G_GNUC_PRINTF(3, 4);

static void
say(struct reading *reading, bool is_error, const char *format, ...)
{
	struct config_note *note = g_new0(struct config_note, 1);
	const char *file = reading->at ?
	    config_setting_source_file(reading->at) : NULL;
	va_list args;

	note->file = g_strdup(file ? file : reading->path);
	note->line = reading->at ?
	    config_setting_source_line(reading->at) : 0;
	va_start(args, format);
	note->text = g_strdup_vprintf(format, args);
	va_end(args);
	note->is_error = is_error;
	reading->is_bad |= is_error;
	g_ptr_array_add(reading->notes, note);
}

static void place(struct reading *reading, const char *format, ...)
	G_GNUC_PRINTF(2, 3);

/* What is said next is about a setting of the group that is looked at, named
 * as "digest.address" or "lists.[2]"; when it is not in the file, about what
 * is above it there. */
static void
place(struct reading *reading, const char *format, ...)
{
	g_autofree char *path = NULL;
	char *end;
	va_list args;

	va_start(args, format);
	path = g_strdup_vprintf(format, args);
	va_end(args);
	reading->at = config_setting_lookup(
	    (config_setting_t *)reading->group, path);
	while (!reading->at && (end = strrchr(path, '.'))) {
		*end = '\0';
		reading->at = config_setting_lookup(
		    (config_setting_t *)reading->group, path);
	}
	if (!reading->at)
		reading->at = reading->group;
}

/* Look into element I of the list NAME of the file, or into the whole of it
 * (NULL). */
static void
look_into(struct reading *reading, const config_setting_t *root,
	  const char *name, guint i)
{
	const config_setting_t *list = name ?
	    config_setting_get_member(root, name) : NULL;
	const config_setting_t *element = list ?
	    config_setting_get_elem(list, i) : NULL;

	reading->group = element ? element : root;
	reading->at = reading->group;
}

static void
array_clear(const struct setting *row, GPtrArray *array);

static void
scope_clear(const struct scope *scope, void *at)
{
	for (size_t i = 0; i < scope->count; i++) {
		const struct setting *row = &scope->rows[i];

		switch (row->type) {
		case SETTING_TEXT:
		case SETTING_PATH:
			g_free(AT(at, row, char *));
			break;
		case SETTING_TEXTS:
		case SETTING_DOMAINS:
		case SETTING_NETWORKS:
		case SETTING_LIST:
			array_clear(row, AT(at, row, GPtrArray *));
			break;
		case SETTING_GROUP:
			scope_clear(row->of, at);
			break;
		case SETTING_NUMBER:
		case SETTING_OCTAL:
		case SETTING_BYTES:
		case SETTING_REAL:
		case SETTING_BOOL:
		case SETTING_WORD:
		case SETTING_RIGHTS:
			break;
		}
	}
}

static void
array_clear(const struct setting *row, GPtrArray *array)
{
	for (guint i = 0; array && i < array->len; i++) {
		if (row->type == SETTING_LIST)
			scope_clear(row->of, array->pdata[i]);
		g_free(array->pdata[i]);
	}
	if (array)
		g_ptr_array_free(array, TRUE);
}

/* "10G" as octets. */
static bool
read_bytes(const char *text, gint64 *bytes)
{
	static const char units[] = "KMGT";
	char *end;
	const char *unit;

	*bytes = g_ascii_strtoll(text, &end, 10);
	if (end == text || *bytes < 0)
		return false;
	if (!*end)
		return true;
	unit = strchr(units, *end);
	if (!unit || end[1] || *bytes > G_MAXINT64 >> 10 * (unit - units + 1))
		return false;
	*bytes <<= 10 * (unit - units + 1);
	return true;
}

static char *
words_joined(const char *const *words)
{
	return g_strjoinv(", ", (char **)words);
}

static bool
set_number(void *at, const struct setting *row, gint64 number,
	   struct reading *reading)
{
	if (number < row->least || (row->most && number > row->most)) {
		say(reading, true, "%s must be %" G_GINT64_FORMAT " to %"
		    G_GINT64_FORMAT, row->name, row->least, row->most);
		return false;
	}
	AT(at, row, gint64) = number;
	return true;
}

static void
add_network(GPtrArray *array, const char *text, struct reading *reading,
	    const char *name)
{
	struct network *network = g_new0(struct network, 1);

	if (network_parse(text, network)) {
		g_ptr_array_add(array, network);
		return;
	}
	say(reading, true, "%s: \"%s\" is no network; write an address or "
	    "192.0.2.0/24, with no bits set behind the prefix", name, text);
	g_free(network);
}

static void
add_domain(GPtrArray *array, const char *text, struct reading *reading,
	   const char *name)
{
	bool below = g_str_has_prefix(text, "*.");
	g_autofree char *normal = domain_normal(below ? text + 2 : text);

	if (!normal)
		say(reading, true, "%s: \"%s\" is no domain", name, text);
	else
		g_ptr_array_add(array, g_strconcat(below ? "*." : "", normal,
						   NULL));
}

static void
add_text(void *at, const struct setting *row, const char *text,
	 struct reading *reading)
{
	GPtrArray *array = AT(at, row, GPtrArray *);

	if (row->type == SETTING_NETWORKS)
		add_network(array, text, reading, row->name);
	else if (row->type == SETTING_DOMAINS)
		add_domain(array, text, reading, row->name);
	else
		g_ptr_array_add(array, g_strdup(text));
}

static void
add_rights(void *at, const struct setting *row, const char *word,
	   struct reading *reading)
{
	if (!rights_add(word, &AT(at, row, int)))
		say(reading, true, "%s: \"%s\" is none of none, limited, full, "
		    "and of see, preview, release, request, delete, allow, "
		    "block, report", row->name, word);
}

/* Set ROW of AT from TEXT, as a default is written or a string in the file.
 * Lists of a default are `[ "a", "b" ]`. */
static void
set_text(void *at, const struct setting *row, const char *text,
	 struct reading *reading)
{
	gint64 number;
	int word;
	char *end;

	switch (row->type) {
	case SETTING_PATH:
		if (!g_path_is_absolute(text)) {
			say(reading, true, "%s: \"%s\" must be an absolute "
			    "path", row->name, text);
			return;
		}
		/* fallthrough */
	case SETTING_TEXT:
		g_free(AT(at, row, char *));
		AT(at, row, char *) = g_strdup(text);
		break;
	case SETTING_NUMBER:
	case SETTING_OCTAL:
		number = g_ascii_strtoll(text, &end,
					 row->type == SETTING_OCTAL ? 8 : 10);
		if (end == text || *end)
			say(reading, true, "%s: \"%s\" is no number",
			    row->name, text);
		else
			set_number(at, row, number, reading);
		break;
	case SETTING_BYTES:
		if (!read_bytes(text, &number))
			say(reading, true, "%s: \"%s\" is no size; write "
			    "\"500M\" or \"10G\"", row->name, text);
		else
			set_number(at, row, number, reading);
		break;
	case SETTING_REAL:
		AT(at, row, double) = g_ascii_strtod(text, NULL);
		break;
	case SETTING_BOOL:
		AT(at, row, bool) = strcmp(text, "true") == 0;
		break;
	case SETTING_WORD:
		word = fields_word(row->words, text);
		if (word < 0) {
			g_autofree char *all = words_joined(row->words);

			say(reading, true, "%s: \"%s\" is none of %s",
			    row->name, text, all);
		} else {
			AT(at, row, int) = word;
		}
		break;
	case SETTING_RIGHTS:
		AT(at, row, int) = 0;
		add_rights(at, row, text, reading);
		break;
	case SETTING_TEXTS:
	case SETTING_DOMAINS:
	case SETTING_NETWORKS: {
		g_auto(GStrv) parts = g_strsplit(text, "\"", -1);

		for (guint i = 1; parts[0] && parts[i]; i += 2)
			add_text(at, row, parts[i], reading);
		break;
	}
	case SETTING_GROUP:
	case SETTING_LIST:
		break;
	}
}

static void
scope_init(const struct scope *scope, void *at, struct reading *reading)
{
	for (size_t i = 0; i < scope->count; i++) {
		const struct setting *row = &scope->rows[i];

		if (row->type == SETTING_GROUP)
			scope_init(row->of, at, reading);
		else if (row->type == SETTING_WORD)
			AT(at, row, int) = -1;
		else if (row->type >= SETTING_TEXTS)
			AT(at, row, GPtrArray *) = g_ptr_array_new();
		if (row->initial)
			set_text(at, row, row->initial, reading);
	}
}

static bool read_scope(const struct scope *scope, void *at,
		       const config_setting_t *group,
		       struct reading *reading);

static bool
is_word(const char *name)
{
	return *name && *name != '.' && strlen(name) <= 64 &&
	    strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWX"
		   "YZ0123456789-_.") == strlen(name);
}

static void
read_texts(void *at, const struct setting *row, const config_setting_t *value,
	   struct reading *reading)
{
	if (!config_setting_is_array(value) && !config_setting_is_list(value)) {
		say(reading, true, "%s must be a list: [ \"...\", \"...\" ]",
		    row->name);
		return;
	}
	/* What is written replaces the default. */
	array_clear(row, AT(at, row, GPtrArray *));
	AT(at, row, GPtrArray *) = g_ptr_array_new();
	for (int i = 0; i < config_setting_length(value); i++) {
		const char *text = config_setting_get_string_elem(value, i);

		reading->at = config_setting_get_elem(value, (unsigned)i);
		if (text)
			add_text(at, row, text, reading);
		else
			say(reading, true, "%s takes strings", row->name);
	}
}

static void
read_rights(void *at, const struct setting *row,
	    const config_setting_t *value, struct reading *reading)
{
	const char *preset = config_setting_get_string(value);
	bool is_list = config_setting_is_array(value) ||
	    config_setting_is_list(value);
	const int both = RIGHT_BIT(RIGHT_RELEASE) | RIGHT_BIT(RIGHT_REQUEST);

	AT(at, row, int) = 0;
	if (preset)
		add_rights(at, row, preset, reading);
	else if (!is_list)
		say(reading, true, "%s must be a preset, \"none\", "
		    "\"limited\" or \"full\", or a list of rights: "
		    "[ \"see\", \"request\" ]", row->name);
	for (int i = 0; is_list && i < config_setting_length(value); i++) {
		const char *word = config_setting_get_string_elem(value, i);

		add_rights(at, row, word ? word : "", reading);
	}
	if ((AT(at, row, int) & both) == both)
		say(reading, true, "%s: release and request exclude each "
		    "other: who may release need not ask", row->name);
}

static void
read_list(void *at, const struct setting *row, const config_setting_t *value,
	  struct reading *reading)
{
	GPtrArray *array = AT(at, row, GPtrArray *);

	if (!config_setting_is_list(value)) {
		say(reading, true, "%s must be a list of groups: "
		    "( { ... }, { ... } )", row->name);
		return;
	}
	for (int i = 0; i < config_setting_length(value); i++) {
		void *element = g_malloc0(row->of->size);

		g_ptr_array_add(array, element);
		scope_init(row->of, element, reading);
		read_scope(row->of, element,
			   config_setting_get_elem(value, (unsigned)i),
			   reading);
	}
}

/* A value of a plain type: number, truth, text. */
static void
read_plain(void *at, const struct setting *row, const config_setting_t *value,
	   struct reading *reading)
{
	int type = config_setting_type(value);
	bool is_number = type == CONFIG_TYPE_INT || type == CONFIG_TYPE_INT64;

	if (row->type == SETTING_BOOL && type == CONFIG_TYPE_BOOL)
		AT(at, row, bool) = config_setting_get_bool(value);
	else if (row->type == SETTING_REAL &&
		 (is_number || type == CONFIG_TYPE_FLOAT))
		AT(at, row, double) = is_number ?
		    (double)config_setting_get_int64(value) :
		    config_setting_get_float(value);
	else if ((row->type == SETTING_NUMBER || row->type == SETTING_BYTES)
		 && is_number)
		set_number(at, row, config_setting_get_int64(value), reading);
	else if (type == CONFIG_TYPE_STRING && row->type != SETTING_BOOL &&
		 row->type != SETTING_REAL && row->type != SETTING_NUMBER)
		set_text(at, row, config_setting_get_string(value), reading);
	else
		say(reading, true, "%s must be a %s%s", row->name,
		    setting_types[row->type],
		    row->type == SETTING_OCTAL || row->type == SETTING_BYTES ?
		    " in quotes" : "");
}

static const struct setting *
find_row(const struct scope *scope, const char *name)
{
	for (size_t i = 0; i < scope->count; i++)
		if (strcmp(scope->rows[i].name, name) == 0)
			return &scope->rows[i];
	return NULL;
}

static void
say_unknown(const struct scope *scope, const char *name,
	    struct reading *reading)
{
	g_autofree const char **names = g_new0(const char *,
					       scope->count + 1);
	const char *nearest;

	for (size_t i = 0; i < scope->count; i++)
		names[i] = scope->rows[i].name;
	nearest = text_nearest(name, names);
	if (nearest)
		say(reading, true, "unknown setting \"%s\"; did you mean "
		    "\"%s\"?", name, nearest);
	else
		say(reading, true, "unknown setting \"%s\"", name);
}

static bool
read_scope(const struct scope *scope, void *at, const config_setting_t *group,
	   struct reading *reading)
{
	reading->at = group;
	if (!config_setting_is_group(group)) {
		say(reading, true, "a group { ... } is needed here");
		return false;
	}
	for (int i = 0; i < config_setting_length(group); i++) {
		const config_setting_t *value =
		    config_setting_get_elem(group, (unsigned)i);
		const struct setting *row =
		    find_row(scope, config_setting_name(value));

		reading->at = value;
		if (!row)
			say_unknown(scope, config_setting_name(value),
				    reading);
		else if (row->type == SETTING_GROUP)
			read_scope(row->of, at, value, reading);
		else if (row->type == SETTING_LIST)
			read_list(at, row, value, reading);
		else if (row->type == SETTING_RIGHTS)
			read_rights(at, row, value, reading);
		else if (row->type >= SETTING_TEXTS)
			read_texts(at, row, value, reading);
		else
			read_plain(at, row, value, reading);
	}
	for (size_t i = 0; i < scope->count; i++) {
		reading->at = group;
		if (scope->rows[i].is_needed &&
		    !config_setting_get_member(group, scope->rows[i].name))
			say(reading, true, "%s is needed",
			    scope->rows[i].name);
	}
	return true;
}

static void
check_map(const char *name, const char *text, struct reading *reading)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(MapName) map = text ? map_name_parse(text, &error) : NULL;

	if (!error)
		return;
	place(reading, "%s", name);
	say(reading, true, "%s: %s", name, error->message);
}

/* What no single row can see, of a tenant. */
static void
check_admins(Tenant *tenant, struct reading *reading)
{
	for (guint i = 0; i < tenant->admins->len; i++) {
		char *given = tenant->admins->pdata[i];
		char *normal = address_normal(given);

		if (!normal || !strchr(normal, '@')) {
			place(reading, "admins.[%u]", i);
			say(reading, true, "admins: \"%s\" is no address; "
			    "write \"postmaster@example.org\"", given);
			g_free(normal);
			continue;
		}
		tenant->admins->pdata[i] = normal;
		g_free(given);
	}
}

/* Who acts by mail must reach us: an address of the tenant itself. */
static void
check_digest(const Config *config, Tenant *tenant, struct reading *reading)
{
	char *given = tenant->digest.address;
	char *normal = given ? address_normal(given) : NULL;
	const char *portal = tenant->digest.portal;

	place(reading, "digest.address");
	if (given && (!normal || !*address_domain(normal) ||
		      config_tenant_of(config, address_domain(normal)) !=
		      tenant))
		say(reading, true, "digest.address: \"%s\" is no address in "
		    "a domain of tenant \"%s\"", given, tenant->name);
	if (normal) {
		tenant->digest.address = normal;
		g_free(given);
	}
	if (given && !config->release.smtp && !config->release.sendmail)
		say(reading, false, "digest.address: no digest and no answer "
		    "can be sent until release.smtp or release.sendmail is "
		    "set");
	place(reading, "digest.portal");
	if (portal && !g_str_has_prefix(portal, "https://") &&
	    !g_str_has_prefix(portal, "http://"))
		say(reading, true, "digest.portal: \"%s\"; write "
		    "\"https://quarantine.example.org/\"", portal);
	for (guint i = 0; i < tenant->digest.blocks->len; i++) {
		const char *word = tenant->digest.blocks->pdata[i];
		int action = fields_word(actions, word);

		place(reading, "digest.blocks.[%u]", i);
		if (action < ACTION_JUNK)
			say(reading, true, "digest.blocks: \"%s\" is none of "
			    "junk, quarantine, reject, discard", word);
	}
}

/* An address of the tenant's own, in normal form; *GIVEN is replaced. */
static void
check_own(const Config *config, const Tenant *tenant, const char *name,
	  char **given, struct reading *reading)
{
	char *normal = *given ? address_normal(*given) : NULL;

	if (!*given)
		return;
	place(reading, "reports.%s", name);
	if (!normal || !*address_domain(normal) ||
	    config_tenant_of(config, address_domain(normal)) != tenant)
		say(reading, true, "reports.%s: \"%s\" is no address in a "
		    "domain of tenant \"%s\"", name, *given, tenant->name);
	if (normal) {
		g_free(*given);
		*given = normal;
	}
}

static void
check_reports(const Config *config, Tenant *tenant, struct reading *reading)
{
	const struct {
		const char *name;
		char **address;
	} rows[] = {
		{ "phish", &tenant->reports.phish },
		{ "junk", &tenant->reports.junk },
		{ "not_junk", &tenant->reports.not_junk },
		{ "block", &tenant->reports.block },
		{ "address", &tenant->reports.address },
	};
	const struct {
		const char *name, *text;
	} texts[] = {
		{ "phish", tenant->reports.text_phish },
		{ "spam", tenant->reports.text_spam },
		{ "clean", tenant->reports.text_clean },
		{ "footer", tenant->reports.footer },
	};

	check_own(config, tenant, "mailbox", &tenant->reports.mailbox,
		  reading);
	for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
		const char *one;

		check_own(config, tenant, rows[i].name, rows[i].address,
			  reading);
		if (!(one = *rows[i].address))
			continue;
		place(reading, "reports.%s", rows[i].name);
		if (g_strcmp0(one, tenant->digest.address) == 0)
			say(reading, true, "reports.%s: \"%s\" is "
			    "digest.address, too; give it another",
			    rows[i].name, one);
		for (guint j = 0; j < i; j++)
			if (g_strcmp0(one, *rows[j].address) == 0)
				say(reading, true, "reports.%s: \"%s\" is "
				    "reports.%s, too; one address for all is "
				    "reports.address", rows[i].name, one,
				    rows[j].name);
	}
	for (guint i = 0; i < G_N_ELEMENTS(texts); i++) {
		place(reading, "reports.text.%s", texts[i].name);
		if (texts[i].text &&
		    (!g_utf8_validate(texts[i].text, -1, NULL) ||
		     g_utf8_strlen(texts[i].text, -1) > REPORT_TEXT))
			say(reading, true, "reports.text.%s: it must be "
			    "UTF-8, of %u characters at most", texts[i].name,
			    REPORT_TEXT);
	}
}

/* What tenants before one have: with thousands of them nobody compares each
 * with each. */
struct known {
	GHashTable *names;
	GHashTable *domains;	/* to Tenant */
};

static void
check_exempt(Tenant *tenant, struct reading *reading)
{
	GPtrArray *exempt = tenant->impersonation.exempt;

	for (guint i = 0; i < exempt->len; i++) {
		char *given = exempt->pdata[i];
		bool below = g_str_has_prefix(given, "*.");
		g_autofree char *normal = strchr(given, '@') ?
		    address_normal(given) :
		    domain_normal(below ? given + 2 : given);

		if (!normal) {
			place(reading, "impersonation.exempt.[%u]", i);
			say(reading, true, "impersonation.exempt: \"%s\" is "
			    "no address and no domain", given);
			continue;
		}
		exempt->pdata[i] = g_strconcat(below ? "*." : "", normal,
					       NULL);
		g_free(given);
	}
}

/* Make ready, once for a configuration, what each message is compared
 * with. */
static void
prepare_tenant(Tenant *tenant, struct reading *reading)
{
	tenant->known = people_new();
	tenant->shield = shield_new();
	for (guint i = 0; i < tenant->people->len; i++) {
		g_autofree char *wrong = NULL;

		place(reading, "people.[%u]", i);
		if (!people_add(tenant->known, tenant->people->pdata[i],
				&wrong))
			say(reading, true, "people: %s", wrong);
	}
	for (guint i = 0; i < tenant->domains->len; i++)
		shield_add(tenant->shield, tenant->domains->pdata[i]);
	for (guint i = 0; i < tenant->protected_domains->len; i++) {
		place(reading, "protected_domains.[%u]", i);
		if (!shield_add(tenant->shield,
				tenant->protected_domains->pdata[i]))
			say(reading, true, "protected_domains: \"%s\" is a "
			    "public suffix; write the domain below it",
			    (char *)tenant->protected_domains->pdata[i]);
	}
	check_exempt(tenant, reading);
}

static void
check_tenant(Tenant *tenant, struct known *known, struct reading *reading)
{
	const char *name = tenant->name ? tenant->name : "";

	place(reading, "name");
	if (!is_word(name))
		say(reading, true, "tenant \"%s\": a name is letters, "
		    "digits, '-', '_' and '.'", name);
	if (!g_hash_table_add(known->names, (gpointer)name))
		say(reading, true, "two tenants are named \"%s\"", name);
	for (guint j = 0; j < tenant->domains->len; j++) {
		char *domain = tenant->domains->pdata[j];
		const Tenant *other = g_hash_table_lookup(known->domains,
							  domain);

		place(reading, "domains.[%u]", j);
		if (!other)
			g_hash_table_insert(known->domains, domain, tenant);
		else if (other != tenant)
			say(reading, true, "domain %s is of two tenants, %s "
			    "and %s", domain, other->name, name);
	}
	place(reading, "domains");
	/* Without the setting itself it is said already. */
	if (tenant->domains->len == 0 && reading->at != reading->group)
		say(reading, true, "tenant \"%s\" has no domains", name);
	for (guint j = 0; j < tenant->lists->len; j++) {
		place(reading, "lists.[%u]", j);
		if (!g_path_is_absolute(tenant->lists->pdata[j]))
			say(reading, true, "lists: \"%s\" must be an absolute "
			    "path", (char *)tenant->lists->pdata[j]);
	}
	check_admins(tenant, reading);
	prepare_tenant(tenant, reading);
	place(reading, "junk_header");
	if (tenant->junk_header && !strchr(tenant->junk_header, ':'))
		say(reading, true, "junk_header: write \"Name: value\"");
	check_map("users.map", tenant->users.map, reading);
	check_map("users.login_map", tenant->users.login_map, reading);
	check_map("users.owners", tenant->users.owners, reading);
	if (tenant->zone) {
		g_autoptr(GTimeZone) zone =
		    g_time_zone_new_identifier(tenant->zone);

		place(reading, "zone");
		if (!zone)
			say(reading, true, "zone: \"%s\" is no time zone; "
			    "write \"Europe/Paris\"", tenant->zone);
	}
}

/* "ADDRESS" or "ADDRESS@PORT". */
static void
check_servers(const Config *config, struct reading *reading)
{
	for (guint i = 0; i < config->dns.servers->len; i++) {
		const char *server = config->dns.servers->pdata[i];
		const char *at = strchr(server, '@');
		g_autofree char *address = g_strndup(server, at ?
		    (gsize)(at - server) : strlen(server));
		struct network network;
		char *end = NULL;
		guint64 port = at ? g_ascii_strtoull(at + 1, &end, 10) : 53;

		place(reading, "dns.servers.[%u]", i);
		if (!network_parse(address, &network) ||
		    network.prefix != 128 || (at && *end) || port == 0 ||
		    port > 65535)
			say(reading, true, "dns.servers: \"%s\"; write "
			    "\"127.0.0.1\" or \"127.0.0.1@53\"", server);
	}
}

static void
check_clamd(const Config *config, struct reading *reading)
{
	const char *socket = config->clamd.socket;

	place(reading, "clamd.socket");
	if (socket && !clamd_is_place(socket))
		say(reading, true, "clamd.socket: \"%s\"; write "
		    "\"/run/clamav/clamd.ctl\" or \"127.0.0.1@3310\"",
		    socket);
}

static void
check_release(const Config *config, struct reading *reading)
{
	const char *smtp = config->release.smtp;
	const char *colon = smtp ? strrchr(smtp, ':') : NULL;

	place(reading, "release.smtp");
	if (smtp && (!colon || colon == smtp || !colon[1]))
		say(reading, true, "release.smtp: \"%s\"; write HOST:PORT, "
		    "as \"127.0.0.1:10026\"", smtp);
}

static void
check_tenants(const Config *config, const config_setting_t *root,
	      struct reading *reading)
{
	struct known known = {
		g_hash_table_new(g_str_hash, g_str_equal),
		g_hash_table_new(g_str_hash, g_str_equal)
	};

	for (guint i = 0; i < config->tenants->len; i++) {
		look_into(reading, root, "tenants", i);
		check_tenant(config->tenants->pdata[i], &known, reading);
	}
	for (guint i = 0; !reading->is_bad && i < config->tenants->len; i++) {
		look_into(reading, root, "tenants", i);
		check_digest(config, config->tenants->pdata[i], reading);
		check_reports(config, config->tenants->pdata[i], reading);
	}
	g_hash_table_unref(known.names);
	g_hash_table_unref(known.domains);
}

static void
check_defects(const Config *config, const config_setting_t *root,
	      struct reading *reading)
{
	for (guint i = 0; i < config->tenants->len; i++) {
		const Tenant *tenant = config->tenants->pdata[i];

		look_into(reading, root, "tenants", i);
		for (guint j = 0; j < tenant->defects->len; j++) {
			const DefectSetting *one = tenant->defects->pdata[j];

			for (guint k = 0; k < one->names->len; k++) {
				const char *name = one->names->pdata[k];

				place(reading, "defects.[%u].names.[%u]", j,
				      k);
				if (!defect_find(name))
					say(reading, true, "tenant \"%s\", "
					    "defects: \"%s\" is none; see "
					    "gatepost.conf(5), DEFECTS",
					    tenant->name, name);
			}
		}
	}
}

static void
check_candidates(const Config *config, const config_setting_t *root,
		 struct reading *reading)
{
	for (guint i = 0; i < config->tenants->len; i++) {
		const Tenant *tenant = config->tenants->pdata[i];
		const GPtrArray *off = tenant->candidates.off;

		look_into(reading, root, "tenants", i);
		for (guint j = 0; j < off->len; j++) {
			place(reading, "candidates.off.[%u]", j);
			if (fields_word(candidate_rules, off->pdata[j]) < 0)
				say(reading, true, "tenant \"%s\", "
				    "candidates.off: \"%s\" is no rule; see "
				    "gatepostd(8), Candidate rules",
				    tenant->name, (char *)off->pdata[j]);
		}
	}
}

static void
check_provisional(const Config *config, const config_setting_t *root,
		  struct reading *reading)
{
	for (guint i = 0; i < config->tenants->len; i++) {
		const Tenant *tenant = config->tenants->pdata[i];
		const GPtrArray *kinds = tenant->provisional.kinds;

		look_into(reading, root, "tenants", i);
		for (guint j = 0; j < kinds->len; j++) {
			place(reading, "provisional.kinds.[%u]", j);
			if (strcmp(kinds->pdata[j], "sender") != 0 &&
			    strcmp(kinds->pdata[j], "url") != 0)
				say(reading, true, "tenant \"%s\", "
				    "provisional.kinds: \"%s\" is neither "
				    "\"sender\" nor \"url\"", tenant->name,
				    (char *)kinds->pdata[j]);
		}
		place(reading, "provisional.reporters");
		if (tenant->provisional.reporters == 1)
			say(reading, true, "tenant \"%s\", "
			    "provisional.reporters: one reporter alone never "
			    "blocks; set 2 or more, or 0", tenant->name);
	}
}

static void
check_alerts(const Config *config, const config_setting_t *root,
	     struct reading *reading)
{
	for (guint i = 0; i < config->tenants->len; i++) {
		const Tenant *tenant = config->tenants->pdata[i];
		const GPtrArray *off = tenant->alerts.off;
		const GPtrArray *words = tenant->alerts.command;

		look_into(reading, root, "tenants", i);
		for (guint j = 0; j < off->len; j++) {
			place(reading, "alerts.off.[%u]", j);
			if (fields_word(alert_kinds, off->pdata[j]) < 0)
				say(reading, true, "tenant \"%s\", "
				    "alerts.off: \"%s\" is no alert; see "
				    "gatepost.conf(5)", tenant->name,
				    (char *)off->pdata[j]);
		}
		place(reading, "alerts.command");
		if (words->len && *(char *)words->pdata[0] != '/')
			say(reading, true, "tenant \"%s\", alerts.command: "
			    "\"%s\" is no path from / on: no shell and no "
			    "PATH find it", tenant->name,
			    (char *)words->pdata[0]);
	}
}

/* Feeds of one scope; NAMES has all names so far. */
static void
check_feeds(const GPtrArray *feeds, GHashTable *names,
	    struct reading *reading)
{
	for (guint i = 0; i < feeds->len; i++) {
		FeedSetting *feed = feeds->pdata[i];
		const char *name = feed->name ? feed->name : "";

		place(reading, "feeds.[%u]", i);
		if (!is_word(name))
			say(reading, true, "feed \"%s\": a name is letters, "
			    "digits, '-', '_' and '.'", name);
		if (!g_hash_table_add(names, (gpointer)name))
			say(reading, true, "two feeds are named \"%s\": give "
			    "each its own, or write it once for all tenants",
			    name);
		if (feed->file)
			g_ptr_array_insert(feed->files, 0,
					   g_strdup(feed->file));
		if (feed->files->len == 0)
			say(reading, true, "feed \"%s\" has no file", name);
		for (guint j = 0; j < feed->files->len; j++)
			if (!g_path_is_absolute(feed->files->pdata[j]))
				say(reading, true, "feed \"%s\": \"%s\" must "
				    "be an absolute path", name,
				    (char *)feed->files->pdata[j]);
		if (feed->kind == INDICATOR_NAME &&
		    feed->action == FEED_ALLOW)
			say(reading, true, "feed \"%s\": no allow by name: "
			    "anyone can write any name", name);
	}
}

static void
check_all_feeds(const Config *config, const config_setting_t *root,
		struct reading *reading)
{
	g_autoptr(GHashTable) names = g_hash_table_new(g_str_hash,
						       g_str_equal);

	look_into(reading, root, NULL, 0);
	check_feeds(config->feeds, names, reading);
	for (guint i = 0; i < config->tenants->len; i++) {
		const Tenant *tenant = config->tenants->pdata[i];

		look_into(reading, root, "tenants", i);
		check_feeds(tenant->feeds, names, reading);
	}
}

/* Each with its place: the group GROUPS of the file, as they were read. */
static void
check_analysts(const Config *config, const config_setting_t *groups,
	       struct reading *reading)
{
	for (guint i = 0; i < config->analysts->len; i++) {
		const AnalystSetting *one = config->analysts->pdata[i];
		g_autoptr(GPtrArray) faults = analyst_faults(one);
		const char *name = one->name ? one->name : "";

		reading->at = config_setting_get_elem(groups, i);
		if (!is_word(name))
			say(reading, true, "analyst \"%s\": a name is "
			    "letters, digits, '-', '_' and '.'", name);
		if (config_analyst(config, name) != one)
			say(reading, true, "two analysts are named \"%s\"",
			    name);
		for (guint j = 0; j < faults->len; j++)
			say(reading, true, "analyst \"%s\": %s", name,
			    (char *)faults->pdata[j]);
		for (guint j = 0; j < one->tenants->len; j++)
			if (!config_tenant(config, one->tenants->pdata[j]))
				say(reading, true, "analyst \"%s\": there is "
				    "no tenant \"%s\"", name,
				    (char *)one->tenants->pdata[j]);
	}
	reading->at = NULL;
}

static void
check_upstreams(const Config *config, struct reading *reading)
{
	for (guint i = 0; i < config->upstreams->len; i++) {
		Upstream *upstream = config->upstreams->pdata[i];

		if (!upstream->authserv_id)
			continue;
		for (char *p = upstream->authserv_id; *p; p++)
			*p = g_ascii_tolower(*p);
		place(reading, "upstreams.[%u].authserv_id", i);
		if (config->authserv_id && g_ascii_strcasecmp(
		    config->authserv_id, upstream->authserv_id) == 0)
			say(reading, true, "upstream \"%s\" has our own "
			    "authserv_id, so its results would be removed; "
			    "give one of them another", upstream->name);
	}
}

/* Where each role stands, for what is found to be wrong with it later. */
static void
place_roles(const Config *config, struct reading *reading)
{
	for (guint i = 0; i < config->roles->len; i++) {
		Role *role = config->roles->pdata[i];
		const char *file;

		place(reading, "roles.[%u]", i);
		file = config_setting_source_file(reading->at);
		role->file = g_intern_string(file ? file : config->path);
		role->line = config_setting_source_line(reading->at);
	}
}

static void
check_whole(Config *config, const config_setting_t *root,
	    struct reading *reading)
{
	look_into(reading, root, NULL, 0);
	place(reading, "workers.min");
	if (config->workers.min > config->workers.max)
		say(reading, true, "workers.min %" G_GINT64_FORMAT
		    " is greater than workers.max %" G_GINT64_FORMAT,
		    config->workers.min, config->workers.max);
	place(reading, "socket");
	if (!g_str_has_prefix(config->socket, "unix:/") &&
	    !g_str_has_prefix(config->socket, "inet:") &&
	    !g_str_has_prefix(config->socket, "inet6:"))
		say(reading, true, "socket: \"%s\"; write unix:/PATH or "
		    "inet:PORT@HOST", config->socket);
	check_upstreams(config, reading);
	check_servers(config, reading);
	check_clamd(config, reading);
	check_release(config, reading);
	place_roles(config, reading);
	place(reading, "tenants");
	/* Without the setting itself it is said already. */
	if (config->tenants->len == 0 && reading->at != root)
		say(reading, true, "there is no tenant; see "
		    "gatepost.conf(5), \"tenants\"");
	check_tenants(config, root, reading);
	check_defects(config, root, reading);
	check_candidates(config, root, reading);
	check_provisional(config, root, reading);
	check_alerts(config, root, reading);
	check_all_feeds(config, root, reading);
}

Config *
config_load(const char *path, GPtrArray *notes)
{
	struct reading reading = { .notes = notes, .path = path };
	g_autofree char *folder = g_path_get_dirname(path);
	g_autoptr(Config) config = g_new0(Config, 1);
	config_t file;

	config->refs = 1;
	config->path = g_strdup(path);
	scope_init(&settings, config, &reading);
	config_init(&file);
	config_set_include_dir(&file, folder);
	if (config_read_file(&file, path)) {
		read_scope(&settings, config, config_root_setting(&file),
			   &reading);
		check_whole(config, config_root_setting(&file), &reading);
		if (!reading.is_bad)
			check_analysts(config, config_lookup(&file,
			    "analysts"), &reading);
	} else {
		struct config_note *note = g_new0(struct config_note, 1);

		note->file = g_strdup(config_error_file(&file) ?
				      config_error_file(&file) : path);
		note->line = (guint)MAX(config_error_line(&file), 0);
		note->text = config_error_type(&file) == CONFIG_ERR_FILE_IO ?
		    g_strdup("cannot be read; does it exist, and may this "
			     "user read it?") :
		    g_strdup(config_error_text(&file));
		note->is_error = true;
		reading.is_bad = true;
		g_ptr_array_add(notes, note);
	}
	config_destroy(&file);
	return reading.is_bad ? NULL : g_steal_pointer(&config);
}

static bool
keep(char **text, const char *running)
{
	if (g_strcmp0(*text, running) == 0)
		return false;
	g_free(*text);
	*text = g_strdup(running);
	return true;
}

bool
config_keep(Config *config, const Config *running)
{
	bool differs = keep(&config->socket, running->socket);

	differs |= keep(&config->control.socket, running->control.socket);
	differs |= keep(&config->state_dir, running->state_dir);
	differs |= keep(&config->user, running->user);
	differs |= keep(&config->group, running->group);
	return differs;
}

Config *
config_ref(Config *config)
{
	g_atomic_int_inc(&config->refs);
	return config;
}

void
config_unref(Config *config)
{
	if (!config || !g_atomic_int_dec_and_test(&config->refs))
		return;
	for (guint i = 0; i < config->tenants->len; i++) {
		Tenant *tenant = config->tenants->pdata[i];

		people_free(tenant->known);
		shield_free(tenant->shield);
	}
	scope_clear(&settings, config);
	g_free(config->path);
	g_free(config);
}

const Tenant *
config_tenant(const Config *config, const char *name)
{
	for (guint i = 0; i < config->tenants->len; i++) {
		const Tenant *tenant = config->tenants->pdata[i];

		if (strcmp(tenant->name, name) == 0)
			return tenant;
	}
	return NULL;
}

const Tenant *
config_tenant_of(const Config *config, const char *domain)
{
	const Tenant *wild = NULL;

	for (guint i = 0; i < config->tenants->len; i++) {
		const Tenant *tenant = config->tenants->pdata[i];

		for (guint j = 0; j < tenant->domains->len; j++) {
			const char *own = tenant->domains->pdata[j];

			if (strcmp(own, domain) == 0)
				return tenant;
			if (!wild && g_str_has_prefix(own, "*.") &&
			    domain_is_below(domain, own + 2) &&
			    strcmp(domain, own + 2) != 0)
				wild = tenant;
		}
	}
	return wild;
}

GPtrArray *
config_feeds(const Config *config, const Tenant *tenant)
{
	GPtrArray *all = g_ptr_array_new();

	for (guint i = 0; i < tenant->feeds->len; i++)
		g_ptr_array_add(all, tenant->feeds->pdata[i]);
	for (guint i = 0; i < config->feeds->len; i++)
		g_ptr_array_add(all, config->feeds->pdata[i]);
	return all;
}

bool
config_has_domain(const GPtrArray *domains, const char *domain)
{
	for (guint i = 0; i < domains->len; i++) {
		const char *one = domains->pdata[i];

		if (strcmp(one, domain) == 0 ||
		    (g_str_has_prefix(one, "*.") &&
		     domain_is_below(domain, one + 2) &&
		     strcmp(domain, one + 2) != 0))
			return true;
	}
	return false;
}

enum mode
config_mode(const Config *config, const Tenant *tenant)
{
	return (enum mode)(tenant && tenant->mode >= 0 ? tenant->mode :
			   config->mode);
}

enum combine
config_combine(const Config *config, const Tenant *tenant)
{
	return (enum combine)(tenant && tenant->combine >= 0 ?
			      tenant->combine : config->combine);
}

const AnalystSetting *
config_analyst(const Config *config, const char *name)
{
	for (guint i = 0; i < config->analysts->len; i++) {
		const AnalystSetting *one = config->analysts->pdata[i];

		if (g_strcmp0(one->name, name) == 0)
			return one;
	}
	return NULL;
}

enum action
config_policy(const Tenant *tenant, enum policy row)
{
	return (enum action)(tenant->policy[row] >= 0 ? tenant->policy[row] :
			     tenant->policy[POLICY_IMPERSONATION]);
}

int
config_report(const Tenant *tenant, const char *address)
{
	const struct {
		const char *address;
		enum report_reason reason;
	} rows[] = {
		{ tenant->reports.phish, REPORT_PHISH },
		{ tenant->reports.junk, REPORT_JUNK },
		{ tenant->reports.not_junk, REPORT_NOT_JUNK },
		{ tenant->reports.block, REPORT_BLOCK },
		{ tenant->reports.address, REPORT_ANY },
	};

	for (guint i = 0; i < G_N_ELEMENTS(rows); i++)
		if (rows[i].address && strcmp(rows[i].address, address) == 0)
			return rows[i].reason;
	return REPORT_NONE;
}

bool
config_lets_block(const Tenant *tenant, enum action action)
{
	for (guint i = 0; i < tenant->digest.blocks->len; i++)
		if (strcmp(tenant->digest.blocks->pdata[i],
			   actions[action]) == 0)
			return true;
	return false;
}

bool
config_authenticates(const Config *config)
{
	if (config->authentication != AUTHENTICATION_AUTO)
		return config->authentication == AUTHENTICATION_OWN;
	for (guint i = 0; i < config->upstreams->len; i++) {
		const Upstream *upstream = config->upstreams->pdata[i];

		if (upstream->authserv_id && upstream->strips)
			return false;
	}
	return true;
}

const Upstream *
config_upstream(const Config *config, const char *authserv_id)
{
	for (guint i = 0; authserv_id && i < config->upstreams->len; i++) {
		const Upstream *upstream = config->upstreams->pdata[i];

		if (upstream->authserv_id &&
		    strcmp(upstream->authserv_id, authserv_id) == 0)
			return upstream;
	}
	return NULL;
}

void
config_versions(GString *out)
{
	/* It does not tell at run time: what we were compiled with. */
	g_string_append_printf(out, "libconfig %d.%d.%d\n",
			       LIBCONFIG_VER_MAJOR, LIBCONFIG_VER_MINOR,
			       LIBCONFIG_VER_REVISION);
}
