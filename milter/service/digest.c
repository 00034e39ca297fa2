/*
 * digest.c -- who is told what, and when
 *
 * A digest tells all that came up to its time of day, not up to the moment in
 * which cron gets to it, so that nothing is told twice or never.  It is sent
 * first and noted then: a crash between sends it again, under the same
 * Message-ID.
 */
#include "gatepost/service/digest.h"

#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "gatepost/bounds.h"
#include "gatepost/lists/users.h"
#include "gatepost/model/address.h"
#include "gatepost/model/rights.h"
#include "gatepost/service/digest_page.h"
#include "gatepost/service/letter.h"
#include "gatepost/service/phrases.h"
#include "gatepost/service/send.h"
#include "gatepost/service/smtp.h"
#include "gatepost/util/clock.h"
#include "gatepost/util/fields.h"
#include "gatepost/util/file.h"
#include "gatepost/worker/ask.h"

#define HOUR (3600 * CLOCK_SECOND)
/* How long before its end a copy is told of again, at least. */
#define WARNING (2 * CLOCK_DAY)

/* ---- when ---- */

/* HOUR o'clock of the day of TIME, DAYS before. */
static gint64
day_before(GTimeZone *zone, GDateTime *time, int days, int hour)
{
	g_autoptr(GDateTime) day = g_date_time_add_days(time, -days);
	g_autoptr(GDateTime) at = g_date_time_new(zone,
	    g_date_time_get_year(day), g_date_time_get_month(day),
	    g_date_time_get_day_of_month(day), hour, 0, 0);

	return g_date_time_to_unix(at) * CLOCK_SECOND;
}

gint64
digest_slot(enum digest_every every, gint64 hour, int weekday,
	    const char *name, gint64 now)
{
	g_autoptr(GTimeZone) named = name ? g_time_zone_new_identifier(name) :
	    NULL;
	g_autoptr(GTimeZone) own = named ? NULL : g_time_zone_new_local();
	GTimeZone *zone = named ? named : own;
	g_autoptr(GDateTime) utc = g_date_time_new_from_unix_utc(
	    now / CLOCK_SECOND);
	g_autoptr(GDateTime) time = g_date_time_to_timezone(utc, zone);
	int back, step = 1;
	gint64 slot;

	switch (every) {
	case DIGEST_NEVER:
		return 0;
	case DIGEST_HOURS:
		hour = g_date_time_get_hour(time) / 4 * 4;
		back = 0;
		break;
	case DIGEST_DAY:
		back = 0;
		break;
	case DIGEST_WEEK:
		back = (g_date_time_get_day_of_week(time) - 1 - weekday + 7) %
		    7;
		step = 7;
		break;
	default:
		g_assert_not_reached();
	}
	slot = day_before(zone, time, back, (int)hour);
	return slot <= now ? slot :
	    day_before(zone, time, back + step, (int)hour);
}

static gint64
span_of(enum digest_every every)
{
	static const gint64 spans[] = {
		[DIGEST_NEVER] = 0, [DIGEST_HOURS] = 4 * HOUR,
		[DIGEST_DAY] = CLOCK_DAY, [DIGEST_WEEK] = 7 * CLOCK_DAY,
	};

	return spans[every];
}

/* ---- who ---- */

/* One user, and the addresses whose copies are his. */
struct reader {
	char *user, *to;
	GPtrArray *rcpts;	/* of char * */
	GPtrArray *shared;	/* those of them that lead to others, too */
};

static void
reader_free(gpointer data)
{
	struct reader *reader = data;

	g_free(reader->user);
	g_free(reader->to);
	g_ptr_array_unref(reader->rcpts);
	g_ptr_array_unref(reader->shared);
	g_free(reader);
}

struct telling {
	const struct digest_run *run;
	const Tenant *tenant;
	struct token_keys keys;
	gint64 now;
	GHashTable *readers;	/* user to struct reader */
	GPtrArray *order;	/* of struct reader *, as they were found */
};

static bool
is_of(const struct telling *telling, const char *address)
{
	return config_tenant_of(telling->run->config,
				address_domain(address)) == telling->tenant;
}

static void
tell_fault(const struct telling *telling, const char *user, const char *to,
	   const char *fault)
{
	const struct digest_told told = {
		.tenant = telling->tenant->name, .user = user, .to = to,
		.fault = fault,
	};

	telling->run->told(&told, telling->run->data);
}

static struct reader *
reader_of(struct telling *telling, const char *user)
{
	struct reader *reader = g_hash_table_lookup(telling->readers, user);

	if (reader)
		return reader;
	reader = g_new0(struct reader, 1);
	reader->user = g_strdup(user);
	reader->rcpts = g_ptr_array_new_with_free_func(g_free);
	reader->shared = g_ptr_array_new();
	g_hash_table_insert(telling->readers, reader->user, reader);
	g_ptr_array_add(telling->order, reader);
	return reader;
}

/* Find whose RCPT's copies are.  A digest goes to no address but the
 * tenant's: to his mailbox, or where that is elsewhere, to an address that
 * leads to it alone. */
static void
add_rcpt(struct telling *telling, const char *rcpt)
{
	struct map_wait wait = {
		wait_plainly, NULL,
		clock_steady_ms() + telling->tenant->users.timeout,
	};
	g_autoptr(Route) route = NULL;
	struct reader *reader;
	char *copy;

	if (!is_of(telling, rcpt) ||
	    g_strcmp0(rcpt, telling->tenant->digest.address) == 0)
		return;
	route = routes_follow(telling->run->routes, telling->tenant, rcpt,
			      &wait);
	if (route->unsure) {
		tell_fault(telling, NULL, rcpt, route->unsure);
		return;
	}
	if (telling->run->user &&
	    g_strcmp0(telling->run->user, route->owner) != 0)
		return;
	reader = reader_of(telling, route->owner);
	copy = g_strdup(rcpt);
	g_ptr_array_add(reader->rcpts, copy);
	if (route->mailboxes->len > 1 || route->is_more)
		g_ptr_array_add(reader->shared, copy);
	if (!reader->to && is_of(telling, route->owner))
		reader->to = g_strdup(route->owner);
	else if (!reader->to && route->mailboxes->len == 1 &&
		 !route->is_more)
		reader->to = g_strdup(rcpt);
}

/* ---- what ---- */

static void
item_free(gpointer data)
{
	struct digest_item *item = data;

	g_free(item->id);
	g_free(item->rcpt);
	g_free(item->from);
	g_free(item->subject);
	g_free(item);
}

struct choosing {
	const struct telling *telling;
	const struct reader *reader;
	GPtrArray *items;
	gint64 since;
	bool is_shared;
	guint fresh, ending, left;
	GError *error;
};

/* Has the user blocked the sender?  Then he wants to hear no more of him,
 * unless he trusts him by another entry: a domain blocked, and one of it
 * safe. */
static bool
is_blocked(struct choosing *choosing, const char *from)
{
	g_autoptr(GPtrArray) values = g_ptr_array_new_with_free_func(g_free);
	g_autoptr(GPtrArray) entries = g_ptr_array_new_with_free_func(
	    (GDestroyNotify)user_entry_free);
	bool is_any = false;

	if (!*from || choosing->error)
		return false;
	user_values_of(from, values);
	if (!users_find(choosing->telling->run->site->users,
			choosing->telling->tenant->name,
			choosing->reader->user, values, entries,
			&choosing->error))
		return false;
	for (guint i = 0; i < entries->len; i++) {
		const UserEntry *entry = entries->pdata[i];

		if (entry->list == USER_SAFE)
			return false;
		is_any |= entry->list == USER_BLOCK;
	}
	return is_any;
}

static int
rights_of(const char *text)
{
	g_auto(GStrv) words = g_strsplit(text, " ", -1);
	int rights = 0;

	for (guint i = 0; words[i]; i++)
		rights_add(words[i], &rights);
	return rights;
}

static void
choose(const struct held_row *row, void *data)
{
	struct choosing *choosing = data;
	int rights = rights_of(row->rights);
	bool is_fresh = row->added > choosing->since;
	struct digest_item *item;

	if (!rights || is_blocked(choosing, row->from))
		return;
	choosing->fresh += is_fresh;
	choosing->ending += !is_fresh;
	if (choosing->items->len >= BOUND_DIGEST_ITEMS) {
		choosing->left++;
		return;
	}
	item = g_new0(struct digest_item, 1);
	item->id = g_strdup(row->id);
	item->rcpt = g_strdup(row->rcpt);
	item->from = g_strdup(row->from);
	item->subject = g_strdup(row->subject);
	item->policy = fields_word(policies, row->policy);
	item->rights = rights;
	item->state = fields_word(held_states, row->state);
	item->received = row->received;
	item->expires = row->expires;
	item->is_ending = !is_fresh;
	item->is_shared = choosing->is_shared;
	g_ptr_array_add(choosing->items, item);
}

static bool
is_shared(const struct reader *reader, const char *rcpt)
{
	for (guint i = 0; i < reader->shared->len; i++)
		if (reader->shared->pdata[i] == rcpt)
			return true;
	return false;
}

/* All that READER is to be told at SLOT, when he was told last at SENT. */
static bool
choose_all(struct choosing *choosing, gint64 sent, gint64 slot, gint64 span,
	   GError **error)
{
	const struct telling *telling = choosing->telling;
	gint64 ahead = MAX(WARNING, span);

	choosing->since = sent;
	for (guint i = 0; i < choosing->reader->rcpts->len; i++) {
		const char *rcpt = choosing->reader->rcpts->pdata[i];
		const struct held_due due = {
			.tenant = telling->tenant->name, .rcpt = rcpt,
			.since = sent, .until = slot,
			.ends_since = sent + ahead,
			.ends_until = slot + ahead, .now = telling->now,
		};

		choosing->is_shared = is_shared(choosing->reader, rcpt);
		if (!quarantine_due(telling->run->site->quarantine, &due,
				    choose, choosing, error))
			return false;
	}
	if (!choosing->error)
		return true;
	g_propagate_error(error, g_steal_pointer(&choosing->error));
	return false;
}

/* ---- the mail ---- */

/* The same for the same digest, so that a mailbox can tell. */
static void
id_of(const struct telling *telling, const char *user, gint64 slot,
      char out[ID_TEXT])
{
	const struct hash_key *key = &telling->run->site->key.ledger;
	g_autofree char *text = g_strdup_printf("digest %s %s %"
	    G_GINT64_FORMAT, telling->tenant->name, user, slot);
	struct hash_wide wide = hash_wide(key, text, strlen(text));
	char one[HASH_TEXT], other[HASH_TEXT];

	hash_text(wide.a, one);
	hash_text(wide.b, other);
	/* No time is in it: what counts is that it is an id in form. */
	g_snprintf(out, ID_TEXT, "%c%.12s%.13s", '0' + (one[0] & 7), one + 1,
		   other);
}

static bool
send_page(const struct telling *telling, const struct reader *reader,
	  const struct choosing *choosing, int language, gint64 slot,
	  GError **error)
{
	const struct digest_page page = {
		.tenant = telling->tenant, .language = language,
		.keys = &telling->keys, .items = choosing->items,
		.left = choosing->left, .now = telling->now,
	};
	g_autoptr(GString) text = g_string_new(NULL);
	g_autoptr(GString) html = g_string_new(NULL);
	g_autofree char *count = g_strdup_printf("%u", choosing->fresh +
						 choosing->ending);
	g_autofree char *subject = phrase_with(language,
	    PHRASE("Messages held for you: %1"), count);
	g_autoptr(GString) mail = NULL;
	char id[ID_TEXT];

	digest_page_write(&page, text, html);
	id_of(telling, reader->user, slot, id);
	mail = letter_make(&(struct letter){
		.tenant = telling->tenant, .to = reader->to,
		.from = telling->tenant->digest.address, .subject = subject,
		.text = text->str, .html = html->str, .id = id,
	    }, telling->now);
	return mail_send_quietly(telling->run->config, "", reader->to,
				 mail->str, mail->len, false, error);
}

static bool
tell(const struct telling *telling, const struct reader *reader,
     struct choosing *choosing, int language, gint64 slot, GError **error)
{
	g_autoptr(GError) fault = NULL;
	bool is_dry = telling->run->is_dry;
	bool has_address = reader->to && smtp_is_safe(reader->to);
	struct digest_told told = {
		.tenant = telling->tenant->name, .user = reader->user,
		.to = reader->to, .fresh = choosing->fresh,
		.ending = choosing->ending, .left = choosing->left,
	};

	if (!has_address)
		told.fault = "none of his addresses is in a domain of the "
		    "tenant";
	else if (!is_dry && !send_page(telling, reader, choosing, language,
				       slot, &fault))
		told.fault = fault->message;
	telling->run->told(&told, telling->run->data);
	/* What no later try could mend is not said every hour. */
	return is_dry || (told.fault && has_address) ||
	    choices_sent(telling->run->site->choices, telling->tenant->name,
			 reader->user, slot, error);
}

static bool
look_after(const struct telling *telling, const struct reader *reader,
	   GError **error)
{
	const Tenant *tenant = telling->tenant;
	struct choosing choosing = { .telling = telling, .reader = reader };
	struct choice choice;
	enum digest_every every;
	gint64 slot;
	bool good;

	if (!choices_get(telling->run->site->choices, tenant->name,
			 reader->user, &choice, error))
		return false;
	every = choice.every >= 0 ? (enum digest_every)choice.every :
	    (enum digest_every)tenant->digest.every;
	slot = telling->run->is_now ? telling->now :
	    digest_slot(every, tenant->digest.hour, tenant->digest.weekday,
			tenant->zone, telling->now);
	if (slot <= choice.sent)
		return true;
	choosing.items = g_ptr_array_new_with_free_func(item_free);
	good = choose_all(&choosing, choice.sent, slot, span_of(every),
			  error);
	if (good && choosing.fresh + choosing.ending > 0)
		good = tell(telling, reader, &choosing, choice.language >= 0 ?
			    choice.language : tenant->language, slot, error);
	g_ptr_array_unref(choosing.items);
	return good;
}

static bool
run_tenant(const struct digest_run *run, const Tenant *tenant,
	   const struct token_keys *keys, GError **error)
{
	g_autoptr(GPtrArray) rcpts = g_ptr_array_new_with_free_func(g_free);
	struct telling telling = {
		.run = run, .tenant = tenant, .keys = *keys,
		.now = clock_now(),
		.readers = g_hash_table_new(g_str_hash, g_str_equal),
		.order = g_ptr_array_new_with_free_func(reader_free),
	};
	bool good = quarantine_rcpts(run->site->quarantine, tenant->name,
				     rcpts, error);

	for (guint i = 0; good && i < rcpts->len; i++)
		add_rcpt(&telling, rcpts->pdata[i]);
	for (guint i = 0; good && i < telling.order->len; i++)
		good = look_after(&telling, telling.order->pdata[i], error);
	g_hash_table_destroy(telling.readers);
	g_ptr_array_unref(telling.order);
	return good;
}

bool
digest_send(const struct digest_run *run, GError **error)
{
	const GPtrArray *tenants = run->config->tenants;
	struct token_keys keys;

	if (!keys_read(run->site->folder, &keys, error))
		return false;
	for (guint i = 0; i < tenants->len; i++) {
		const Tenant *tenant = tenants->pdata[i];

		if ((!run->tenant || run->tenant == tenant) &&
		    !run_tenant(run, tenant, &keys, error))
			return false;
	}
	return true;
}

int
digest_lock(const Site *site, GError **error)
{
	int lock = openat(site->folder, ".digest.lock", O_RDWR | O_CREAT |
			  O_NOFOLLOW | O_CLOEXEC, 0640);

	if (lock < 0) {
		file_fail(error, "open", ".digest.lock");
	} else if (flock(lock, LOCK_EX | LOCK_NB) < 0) {
		g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_AGAIN,
			    "another gatepost digest is at work");
		close(lock);
		lock = -1;
	}
	return lock;
}
