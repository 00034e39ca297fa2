/*
 * quarantine.c -- hold messages until someone decides
 *
 *	state     quarantine/DAY/ID.*   row in held   after a crash here
 *	writing   see box.c             no            see box.c
 *	written   eml, json             no            mend: a row, or the item
 *	                                              goes, when the MTA came
 *	                                              again and is held there
 *	held      eml, json             yes           nothing to do
 *	spent     json                  yes           nothing to do: nobody's
 *	                                              copy is held any more
 *	changed   json says the new     old           reindex, and the next try
 *	                                              to change it, mend the
 *	                                              row and the audit log
 *
 * ID.json is the truth, the table an index over it.  A change of state is
 * made under a lock, so that of two changes one is first; who releases holds
 * a lock of the item all the while, so that of two releases one sends.
 */
#include "gatepost/store/quarantine.h"

#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "gatepost/bounds.h"
#include "gatepost/model/address.h"
#include "gatepost/model/rights.h"
#include "gatepost/store/box.h"
#include "gatepost/store/db.h"
#include "gatepost/store/schema.h"
#include "gatepost/store/seal.h"
#include "gatepost/util/clock.h"
#include "gatepost/util/file.h"
#include "gatepost/util/hash.h"
#include "gatepost/util/text.h"

struct Quarantine {
	Box *box;
	Db *db;
	int folder;		/* for the lock */
};

/* The copies that are still in our care, as held_is_open(). */
#define OPEN "state IN ('held', 'requested', 'approved', 'denied')"

/* Of a row, as give_row() takes it. */
#define COLUMNS "id, rcpt, tenant, sender, \"from\", subject, reason," \
	" entry, state, received, expires, size, policy, category," \
	" message_id, changed, \"by\", added, rights"

const char *const held_sorts[] = {
	"received", "expires", "sender", "subject", "size", NULL
};

static const struct field held_rcpt_rows[] = {
	FIELD(HeldRcpt, rcpt, FIELD_TEXT),
	FIELD(HeldRcpt, given, FIELD_TEXT),
	FIELD(HeldRcpt, tenant, FIELD_TEXT),
	FIELD_WORDS(HeldRcpt, state, held_states),
	FIELD(HeldRcpt, check, FIELD_TEXT),
	FIELD(HeldRcpt, reason, FIELD_TEXT),
	FIELD(HeldRcpt, entry, FIELD_TEXT),
	FIELD(HeldRcpt, category, FIELD_TEXT),
	FIELD(HeldRcpt, policy, FIELD_TEXT),
	FIELD(HeldRcpt, rights, FIELD_TEXTS),
	FIELD(HeldRcpt, expires, FIELD_TIME),
	FIELD(HeldRcpt, changed, FIELD_TIME),
	FIELD_WORDS(HeldRcpt, was, held_states),
	FIELD(HeldRcpt, by, FIELD_TEXT),
	FIELD_WORDS(HeldRcpt, via, vias),
	FIELD(HeldRcpt, note, FIELD_TEXT),
	FIELD(HeldRcpt, deed, FIELD_TEXT),
};
const struct fields held_rcpt_fields = FIELDS(HeldRcpt, held_rcpt_rows);

static const struct field held_rows[] = {
	FIELD(Held, id, FIELD_TEXT),
	FIELD(Held, received, FIELD_TIME),
	FIELD(Held, queue_id, FIELD_TEXT),
	FIELD(Held, sender, FIELD_TEXT),
	FIELD(Held, sender_given, FIELD_TEXT),
	FIELD(Held, mail_options, FIELD_TEXTS),
	FIELD(Held, client_address, FIELD_TEXT),
	FIELD(Held, client_name, FIELD_TEXT),
	FIELD(Held, helo, FIELD_TEXT),
	FIELD(Held, from, FIELD_TEXT),
	FIELD(Held, subject, FIELD_TEXT),
	FIELD(Held, message_id, FIELD_TEXT),
	FIELD(Held, results, FIELD_TEXT),
	FIELD(Held, sha256, FIELD_TEXT),
	FIELD(Held, body_sha256, FIELD_TEXT),
	FIELD(Held, size, FIELD_NUMBER),
	FIELD_OF(Held, ours, FIELD_LIST, field_fields),
	FIELD_OF(Held, rcpts, FIELD_LIST, held_rcpt_fields),
	FIELD(Held, record, FIELD_TEXT),
};
const struct fields held_fields = FIELDS(Held, held_rows);

Quarantine *
quarantine_open(int folder, const char *path, GError **error)
{
	static const char *const none[] = { NULL };
	g_autoptr(Quarantine) quarantine = g_new0(Quarantine, 1);

	quarantine->folder = -1;
	quarantine->box = box_open(folder, "quarantine", none, error);
	if (!quarantine->box)
		return NULL;
	quarantine->folder = folder_open(folder, "quarantine", 0750, error);
	if (quarantine->folder < 0)
		return NULL;
	quarantine->db = db_open_state(path, false, error);
	return quarantine->db ? g_steal_pointer(&quarantine) : NULL;
}

void
quarantine_free(Quarantine *quarantine)
{
	if (!quarantine)
		return;
	box_free(quarantine->box);
	db_close(quarantine->db);
	if (quarantine->folder >= 0)
		close(quarantine->folder);
	g_free(quarantine);
}

static void
day_of(const char *id, char day[CLOCK_TEXT])
{
	clock_day(id_time(id), day);
}

static const char *
or_empty(const char *text)
{
	return text ? text : "";
}

/* The last change of RCPT as a row of the audit log; no row twice. */
static bool
put_deed(Db *db, const Held *held, const HeldRcpt *rcpt, GError **error)
{
	g_autofree char *detail = NULL;
	struct deed deed = {
		.at = rcpt->changed, .who = rcpt->by,
		.via = (enum via)rcpt->via, .what = held_states[rcpt->state],
		.object = held->id, .tenant = rcpt->tenant,
		.rcpt = rcpt->rcpt,
	};

	if (!id_is(rcpt->deed))
		return true;
	detail = g_strdup_printf("was %s%s%s", held_states[rcpt->was],
				 rcpt->note ? "; " : "",
				 or_empty(rcpt->note));
	deed.detail = detail;
	g_strlcpy(deed.id, rcpt->deed, sizeof deed.id);
	return trail_put(db, &deed, error);
}

/* When the copy came into our care.  What is indexed anew much later came
 * when the message did; within a day it may be told of twice. */
static gint64
added_of(const Held *held)
{
	gint64 now = clock_now();

	return now - held->received < CLOCK_DAY ? now : held->received;
}

static bool
put_row(Db *db, const Held *held, const HeldRcpt *rcpt, GError **error)
{
	g_autoptr(GPtrArray) words = g_ptr_array_new();
	g_autofree char *rights = NULL;

	for (guint i = 0; i < rcpt->rights->len; i++)
		g_ptr_array_add(words, rcpt->rights->pdata[i]);
	g_ptr_array_add(words, NULL);
	rights = g_strjoinv(" ", (char **)words->pdata);
	return db_run(db, error,
		      "INSERT INTO held (id, rcpt, tenant, sender, \"from\","
		      " subject, reason, entry, state, received, expires,"
		      " size, sha256, policy, category, message_id, changed,"
		      " \"by\", sender_domain, from_domain, added, rights)"
		      " VALUES ($1, $2,"
		      " $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14,"
		      " $15, $16, $17, $18, $19, $20, $21, $22) "
		      "ON CONFLICT (id, rcpt) DO UPDATE SET"
		      " state = excluded.state, expires = excluded.expires,"
		      " changed = excluded.changed, \"by\" = excluded.\"by\"",
		      "tttttttttiiittttitttit", held->id, rcpt->rcpt,
		      or_empty(rcpt->tenant), or_empty(held->sender),
		      or_empty(held->from), or_empty(held->subject),
		      or_empty(rcpt->reason), rcpt->entry,
		      held_states[rcpt->state], held->received,
		      rcpt->expires, held->size, held->sha256,
		      or_empty(rcpt->policy), or_empty(rcpt->category),
		      or_empty(held->message_id), rcpt->changed,
		      or_empty(rcpt->by),
		      address_domain(or_empty(held->sender)),
		      address_domain(or_empty(held->from)), added_of(held),
		      rights) &&
	    put_deed(db, held, rcpt, error);
}

/* The row of an item in held_text, which has numbers alone.  Two ids of one
 * number would share a subject in searches: with a million items, once in
 * ten million quarantines. */
static gint64
text_row(const char *id)
{
	static const struct hash_key key = { 0, 0 };

	return (gint64)(hash_bytes(&key, id, strlen(id)) >> 1);
}

static bool
put_text(Db *db, const Held *held, GError **error)
{
	return db_run(db, error, schema_text_put, "itt", text_row(held->id),
		      held->id, or_empty(held->subject));
}

static bool
put_rows(Db *db, void *data, GError **error)
{
	const Held *held = data;

	if (held->rcpts->len && !put_text(db, held, error))
		return false;
	for (guint i = 0; i < held->rcpts->len; i++)
		if (!put_row(db, held, held->rcpts->pdata[i], error))
			return false;
	return true;
}

/* Another item that holds RCPT's copy of these bytes now, or NULL.  What was
 * released or deleted is no copy that waits. */
static char *
find_again(Quarantine *quarantine, const Held *held, const HeldRcpt *rcpt,
	   GError **error)
{
	sqlite3_stmt *row = db_begin(quarantine->db, error,
	    "SELECT id FROM held WHERE sha256 = $1 AND sender = $2"
	    " AND rcpt = $3 AND received > $4 AND " OPEN
	    " AND id <> $5 ORDER BY id LIMIT 1", "tttit",
	    held->sha256, held->sender, rcpt->rcpt,
	    clock_now() - BOUND_RETRY_DAYS * CLOCK_DAY, held->id);
	char *id = NULL;

	if (row && db_next(row, error))
		id = g_strdup(db_text(row, 0));
	db_end(row);
	return id;
}

static bool
check_quota(Quarantine *quarantine, const char *tenant, gint64 size,
	    gint64 most, GError **error)
{
	sqlite3_stmt *row;
	gint64 used = 0;

	if (most <= 0)
		return true;
	row = db_begin(quarantine->db, error,
		       "SELECT COALESCE(SUM(size), 0) FROM held"
		       " WHERE tenant = $1 AND " OPEN, "t", tenant);
	if (!row)
		return false;
	if (db_next(row, error))
		used = sqlite3_column_int64(row, 0);
	db_end(row);
	if (used + size <= most)
		return true;
	g_set_error(error, STORE_ERROR, STORE_ERROR_FULL,
		    "tenant %s holds %" G_GINT64_FORMAT " octets of its quota "
		    "of %" G_GINT64_FORMAT "; release or delete some, or "
		    "raise quota", tenant, used, most);
	return false;
}

static char *
to_json(const Held *held)
{
	GString *json = g_string_sized_new(4096);

	fields_json(&held_fields, held, true, json);
	seal_add(json);
	return g_string_free(json, FALSE);
}

bool
quarantine_hold(Quarantine *quarantine, Held *held, int fd,
		gint64 (*quota)(const char *tenant, void *data), void *data,
		GPtrArray *items, GError **error)
{
	g_autofree char *json = NULL;
	g_autoptr(GError) fault = NULL;
	char day[CLOCK_TEXT];
	guint kept = 0;

	held->sha256 = file_sha256(fd, (gsize)held->size, error);
	if (!held->sha256)
		return false;
	for (guint i = 0; i < held->rcpts->len; i++) {
		HeldRcpt *rcpt = held->rcpts->pdata[i];
		char *again = find_again(quarantine, held, rcpt, &fault);

		if (fault || (!again && quota &&
			      !check_quota(quarantine, or_empty(rcpt->tenant),
					   held->size,
					   quota(or_empty(rcpt->tenant),
						 data), &fault))) {
			g_free(again);
			g_propagate_error(error, g_steal_pointer(&fault));
			return false;
		}
		g_ptr_array_add(items, again ? again : g_strdup(held->id));
		if (again)
			fields_free(&held_rcpt_fields, rcpt);
		else
			held->rcpts->pdata[kept++] = rcpt;
	}
	g_ptr_array_set_size(held->rcpts, (int)kept);
	if (kept == 0)
		return true;
	day_of(held->id, day);
	json = to_json(held);
	if (!box_put(quarantine->box, day, held->id, fd, (gsize)held->size,
		     json, error))
		return false;
	if (db_transact(quarantine->db, put_rows, held, error))
		return true;
	/* Nobody would find it, and the MTA comes again. */
	box_remove(quarantine->box, day, held->id, NULL);
	return false;
}

/* ---- listing ---- */

/* The column of each order, which stands in front of id and rcpt; "": they
 * alone. */
static const char *const sort_columns[] = {
	"", "expires, ", "sender, ", "subject, ", "size, "
};

/* Items with a rare text in their subject are looked up by it; a common one
 * is soon met on the way through the list. */
#define RARE 2000
#define BY_TEXT "id IN (SELECT id FROM held_text WHERE subject LIKE $18)"

/* The clause that an index finds; the others only narrow it. */
static const char *
lead(const struct held_filter *filter, bool is_rare)
{
	return filter->id ? "id = $1" : filter->message_id ?
	    "message_id = $11" : is_rare ? BY_TEXT : filter->rcpt ?
	    "rcpt = $2" : filter->sender ? "1 = 1" : filter->by ?
	    "\"by\" = $8" :
	    filter->entry ? "entry = $5" : filter->policy ? "policy = $6" :
	    filter->category ? "category = $7" :
	    filter->state ? "state = $4" :
	    filter->tenant ? "tenant = $3" : "1 = 1";
}

/* Who sent it, in the envelope or to be seen: an address, or "@domain". */
static const char *
sent_by(const struct held_filter *filter)
{
	return !filter->sender ? "$9 IS NULL" : *filter->sender == '@' ?
	    "(sender_domain = $9 OR from_domain = $9)" :
	    "(sender = $9 OR \"from\" = $9)";
}

/* No index for what most rows are, unless the time narrows it as well. */
static const char *
open_ones(const struct held_filter *filter)
{
	return !filter->is_open ? "" : filter->expires ? " AND " OPEN :
	    " AND state NOT IN ('released', 'deleted', 'expired')";
}

static char *
list_sql(const struct held_filter *filter, bool is_rare)
{
	const char *column = sort_columns[filter->sort];
	const char *way = filter->is_down ? " DESC" : "";
	const char *than = filter->is_down ? "<" : ">";
	g_autofree char *name = g_strndup(column, *column ?
					  strlen(column) - 2 : 0);
	g_autofree char *after = !filter->after_id ?
	    g_strdup("$15 IS NULL AND $16 IS NULL") : !*column ?
	    g_strdup_printf("(id, rcpt) %s ($15, $16)", than) :
	    g_strdup_printf("(%sid, rcpt) %s (SELECT %sid, rcpt FROM held"
			    " WHERE id = $15 AND rcpt = $16)", column, than,
			    column);

	return g_strdup_printf("SELECT " COLUMNS " FROM held"
	    " WHERE %s AND %s AND %s"
	    " AND ($1 IS NULL OR id = $1) AND ($2 IS NULL OR rcpt = $2)"
	    " AND ($3 IS NULL OR tenant = $3)"
	    " AND ($4 IS NULL OR state = $4)"
	    " AND ($5 IS NULL OR entry = $5)"
	    " AND ($6 IS NULL OR policy = $6)"
	    " AND ($7 IS NULL OR category = $7)"
	    " AND ($8 IS NULL OR \"by\" = $8)"
	    " AND ($10 IS NULL OR subject LIKE $10 ESCAPE '!')"
	    " AND ($11 IS NULL OR message_id = $11)"
	    " AND received >= $12 AND received < $13 AND %s%s"
	    " ORDER BY %s%s%sid%s, rcpt%s LIMIT $17",
	    lead(filter, is_rare), sent_by(filter), after, filter->expires ?
	    "expires < $14" : "$14 IS NOT NULL", open_ones(filter), name,
	    *name ? way : "", *name ? ", " : "", way, way);
}

/* TEXT for LIKE, between BEFORE and AFTER; NULL stays NULL. */
static char *
like(const char *before, const char *text, const char *after)
{
	GString *out;

	if (!text)
		return NULL;
	out = g_string_new(before);
	for (; *text; text++) {
		if (strchr("!%_", *text))
			g_string_append_c(out, '!');
		g_string_append_c(out, *text);
	}
	g_string_append(out, after);
	return g_string_free(out, FALSE);
}

/* TEXT for the index: what LIKE would take for a pattern is any character
 * there, since an ESCAPE would go past the index. */
static char *
loosely(const char *text)
{
	g_autofree char *any = g_strdup(text);

	return text ? g_strdup_printf("%%%s%%", g_strdelimit(any, "%", '_')) :
	    NULL;
}

/* Is it in few subjects?  What is too short for the index is taken for
 * common. */
static bool
is_rare_text(Quarantine *quarantine, const char *text, const char *loose,
	     GError **error)
{
	sqlite3_stmt *row;
	bool is_rare = false;

	if (!text || g_utf8_strlen(text, -1) < 3)
		return false;
	row = db_begin(quarantine->db, error, "SELECT count(*) FROM"
		       " (SELECT 1 FROM held_text WHERE subject LIKE $1"
		       " LIMIT $2)", "ti", loose, (gint64)RARE + 1);
	if (row && db_next(row, error))
		is_rare = sqlite3_column_int64(row, 0) <= RARE;
	db_end(row);
	return is_rare;
}

static void
give_row(sqlite3_stmt *row, held_found *found, void *data)
{
	struct held_row held = {
		.id = db_text(row, 0), .rcpt = db_text(row, 1),
		.tenant = db_text(row, 2), .sender = db_text(row, 3),
		.from = db_text(row, 4), .subject = db_text(row, 5),
		.reason = db_text(row, 6), .entry = db_text(row, 7),
		.state = db_text(row, 8),
		.received = sqlite3_column_int64(row, 9),
		.expires = sqlite3_column_int64(row, 10),
		.size = sqlite3_column_int64(row, 11),
		.policy = db_text(row, 12), .category = db_text(row, 13),
		.message_id = db_text(row, 14),
		.changed = sqlite3_column_int64(row, 15),
		.by = db_text(row, 16),
		.added = sqlite3_column_int64(row, 17),
		.rights = db_text(row, 18),
	};

	found(&held, data);
}

bool
quarantine_list(Quarantine *quarantine, const struct held_filter *filter,
		held_found *found, void *data, GError **error)
{
	g_autoptr(GError) fault = NULL;
	g_autofree char *loose = loosely(filter->subject);
	bool is_rare = is_rare_text(quarantine, filter->subject, loose,
				    &fault);
	g_autofree char *sql = list_sql(filter, is_rare);
	const char *sender = filter->sender && *filter->sender == '@' ?
	    filter->sender + 1 : filter->sender;
	g_autofree char *subject = like("%", filter->subject, "%");
	sqlite3_stmt *row = fault ? NULL :
	    db_begin(quarantine->db, &fault, sql,
	    "tttttttttttiiittit", filter->id, filter->rcpt, filter->tenant,
	    filter->state, filter->entry, filter->policy, filter->category,
	    filter->by, sender, subject, filter->message_id, filter->since,
	    filter->until ? filter->until : G_MAXINT64,
	    filter->expires ? filter->expires : G_MAXINT64,
	    filter->after_id, filter->after_rcpt,
	    filter->most ? (gint64)filter->most : G_MAXINT64, loose);

	while (row && db_next(row, &fault))
		give_row(row, found, data);
	db_end(row);
	return db_settle(g_steal_pointer(&fault), error);
}

gint64
quarantine_count(Quarantine *quarantine, enum held_state state, char **oldest,
		 GError **error)
{
	sqlite3_stmt *row = db_begin(quarantine->db, error,
				     "SELECT count(*), min(id) FROM held"
				     " WHERE state = $1", "t",
				     held_states[state]);
	gint64 count = -1;

	*oldest = NULL;
	if (row && db_next(row, error)) {
		count = sqlite3_column_int64(row, 0);
		*oldest = g_strdup(db_text(row, 1));
	}
	db_end(row);
	return count;
}

/* ---- digests ---- */

bool
quarantine_rcpts(Quarantine *quarantine, const char *tenant,
		 GPtrArray *rcpts, GError **error)
{
	g_autoptr(GError) fault = NULL;
	sqlite3_stmt *row = db_begin(quarantine->db, &fault,
	    "SELECT DISTINCT rcpt FROM held WHERE tenant = $1"
	    " ORDER BY rcpt", "t", tenant);

	while (row && db_next(row, &fault))
		g_ptr_array_add(rcpts, g_strdup(db_text(row, 0)));
	db_end(row);
	return db_settle(g_steal_pointer(&fault), error);
}

bool
quarantine_due(Quarantine *quarantine, const struct held_due *due,
	       held_found *found, void *data, GError **error)
{
	g_autoptr(GError) fault = NULL;
	sqlite3_stmt *row = db_begin(quarantine->db, &fault,
	    "SELECT " COLUMNS " FROM held"
	    " WHERE tenant = $1 AND rcpt = $2 AND " OPEN
	    " AND added <= $4 AND expires > $7 AND (added > $3 OR"
	    " (expires > $5 AND expires <= $6))"
	    " ORDER BY id DESC", "ttiiiii", due->tenant, due->rcpt,
	    due->since, due->until, due->ends_since, due->ends_until,
	    due->now);

	while (row && db_next(row, &fault))
		give_row(row, found, data);
	db_end(row);
	return db_settle(g_steal_pointer(&fault), error);
}

/* ---- items ---- */

Held *
quarantine_read(Quarantine *quarantine, const char *id, GError **error)
{
	char day[CLOCK_TEXT];
	g_autofree char *text = NULL;
	g_autoptr(Json) json = NULL;
	Held *held;

	day_of(id, day);
	text = box_json(quarantine->box, day, id, error);
	if (!text || !(json = seal_open(text, id, error)))
		return NULL;
	held = fields_new(&held_fields);
	fields_from_json(&held_fields, held, json);
	if (g_strcmp0(held->id, id) == 0)
		return held;
	g_set_error(error, STORE_ERROR, STORE_ERROR_CORRUPT,
		    "item %s says that it is another", id);
	fields_free(&held_fields, held);
	return NULL;
}

static bool
is_open(const Held *held)
{
	for (guint i = 0; i < held->rcpts->len; i++) {
		const HeldRcpt *rcpt = held->rcpts->pdata[i];

		if (held_is_open((enum held_state)rcpt->state))
			return true;
	}
	return false;
}

/* For how long what an admin deleted by mistake can still be exported. */
#define GRACE CLOCK_DAY

/* Does nobody need the octets any more?  A copy that was released may be
 * reported or sent on, as long as it would have been held. */
static bool
is_spent(const Held *held, gint64 now)
{
	for (guint i = 0; i < held->rcpts->len; i++) {
		const HeldRcpt *rcpt = held->rcpts->pdata[i];

		if (rcpt->changed > now - GRACE ||
		    (rcpt->state == HELD_RELEASED && rcpt->expires > now))
			return false;
	}
	return !is_open(held);
}

int
quarantine_octets(Quarantine *quarantine, const Held *held, GError **error)
{
	char day[CLOCK_TEXT];
	g_autofree char *sha256 = NULL;
	g_autoptr(GError) fault = NULL;
	gsize size;
	int fd;

	day_of(held->id, day);
	fd = box_octets(quarantine->box, day, held->id, &size, &fault);
	if (fd < 0) {
		if (g_error_matches(fault, G_FILE_ERROR, G_FILE_ERROR_NOENT) &&
		    !is_open(held))
			g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_NOENT,
				    "the message of item %s is removed: "
				    "nobody's copy is held any more",
				    held->id);
		else
			g_propagate_error(error, g_steal_pointer(&fault));
		return -1;
	}
	sha256 = file_sha256(fd, size, error);
	if (sha256 && g_strcmp0(sha256, held->sha256) == 0)
		return fd;
	if (sha256)
		g_set_error(error, STORE_ERROR, STORE_ERROR_CORRUPT,
			    "item %s is damaged: its SHA-256 is not the one "
			    "it had when it was held", held->id);
	close(fd);
	return -1;
}

HeldRcpt *
quarantine_rcpt(const Held *held, const char *rcpt)
{
	for (guint i = 0; i < held->rcpts->len; i++) {
		HeldRcpt *one = held->rcpts->pdata[i];

		if (g_strcmp0(one->rcpt, rcpt) == 0)
			return one;
	}
	return NULL;
}

int
quarantine_claim(Quarantine *quarantine, const char *id, GError **error)
{
	char day[CLOCK_TEXT];
	gsize size;
	int fd;

	day_of(id, day);
	fd = box_octets(quarantine->box, day, id, &size, error);
	if (fd < 0 || flock(fd, LOCK_EX) == 0)
		return fd;
	file_fail(error, "lock", id);
	close(fd);
	return -1;
}

struct changing {
	const Held *held;
	const HeldRcpt *rcpt;
};

static bool
put_change(Db *db, void *data, GError **error)
{
	const struct changing *changing = data;

	return put_row(db, changing->held, changing->rcpt, error);
}

static void
note_change(HeldRcpt *rcpt, enum held_state to, const struct doer *by,
	    const char *note)
{
	char id[ID_TEXT];

	id_new(id);
	rcpt->was = rcpt->state;
	rcpt->state = (int)to;
	rcpt->changed = clock_now();
	rcpt->via = (int)by->via;
	g_free(rcpt->by);
	rcpt->by = g_strdup(by->who);
	g_free(rcpt->note);
	rcpt->note = g_strdup(note);
	g_free(rcpt->deed);
	rcpt->deed = g_strdup(id);
}

static bool
change(Quarantine *quarantine, Held *held, HeldRcpt *rcpt,
       enum held_state to, const struct doer *by, const char *note,
       GError **error)
{
	struct changing changing = { held, rcpt };
	char day[CLOCK_TEXT];
	g_autofree char *json = NULL;

	/* The change before may have met a crash on its way to the log. */
	if (!put_deed(quarantine->db, held, rcpt, error))
		return false;
	note_change(rcpt, to, by, note);
	day_of(held->id, day);
	json = to_json(held);
	return box_update(quarantine->box, day, held->id, json, error) &&
	    db_transact(quarantine->db, put_change, &changing, error);
}

enum held_step
quarantine_may(const Held *held, const char *rcpt, enum held_verb verb,
	       const struct doer *by, enum held_state *is, GError **error)
{
	const HeldRcpt *one = quarantine_rcpt(held, rcpt);
	enum held_state to;

	if (!one) {
		g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_NOENT,
			    "item %s has no recipient %s", held->id, rcpt);
		return STEP_FAILED;
	}
	if (is)
		*is = (enum held_state)one->state;
	return held_step((enum held_state)one->state, verb, by->actor,
			 rights_of_words(one->rights), &to);
}

/* The same, and do it; the lock is held. */
static enum held_step
move(Quarantine *quarantine, Held *held, const char *rcpt,
     enum held_verb verb, const struct doer *by, const char *note,
     enum held_state *is, GError **error)
{
	enum held_step step = quarantine_may(held, rcpt, verb, by, is, error);
	HeldRcpt *one = quarantine_rcpt(held, rcpt);
	struct changing changing = { held, one };
	enum held_state to;

	/* Perhaps a crash kept the index and the log from being told so. */
	if (step == STEP_ALREADY &&
	    !db_transact(quarantine->db, put_change, &changing, error))
		return STEP_FAILED;
	if (step != STEP_DONE)
		return step;
	held_step((enum held_state)one->state, verb, by->actor,
		  rights_of_words(one->rights), &to);
	if (!change(quarantine, held, one, to, by, note, error))
		return STEP_FAILED;
	if (is)
		*is = to;
	return STEP_DONE;
}

enum held_step
quarantine_move(Quarantine *quarantine, const char *id, const char *rcpt,
		enum held_verb verb, const struct doer *by, const char *note,
		enum held_state *is, GError **error)
{
	int lock = openat(quarantine->folder, ".lock",
			  O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0640);
	Held *held = NULL;
	enum held_step step = STEP_FAILED;

	if (lock < 0 || flock(lock, LOCK_EX) < 0)
		file_fail(error, "lock", "quarantine");
	else if ((held = quarantine_read(quarantine, id, error)))
		step = move(quarantine, held, rcpt, verb, by, note, is,
			    error);
	fields_free(&held_fields, held);
	if (lock >= 0)
		close(lock);
	return step;
}

/* ---- forget ---- */

static bool
forget_text(const Mention *who, char **text)
{
	char *other = *text ? mention_replace(who, *text, NULL) : NULL;

	if (!other)
		return false;
	g_free(*text);
	*text = other;
	return true;
}

/* Take WHO out of HELD; how many copies went.  *IS_CHANGED: anything did. */
static guint
forget_copies(Held *held, const Mention *who, bool *is_changed)
{
	guint kept = 0, gone;

	for (guint i = 0; i < held->rcpts->len; i++) {
		HeldRcpt *rcpt = held->rcpts->pdata[i];

		if (mention_is_in(who, rcpt->rcpt)) {
			fields_free(&held_rcpt_fields, rcpt);
			continue;
		}
		*is_changed |= forget_text(who, &rcpt->by);
		*is_changed |= forget_text(who, &rcpt->note);
		held->rcpts->pdata[kept++] = rcpt;
	}
	gone = held->rcpts->len - kept;
	g_ptr_array_set_size(held->rcpts, (int)kept);
	*is_changed |= gone > 0;
	*is_changed |= forget_text(who, &held->record);
	return gone;
}

/* The rows of an item as HELD says they are. */
static bool
put_rows_anew(Db *db, void *data, GError **error)
{
	const Held *held = data;

	return db_run(db, error, "DELETE FROM held WHERE id = $1", "t",
		      held->id) &&
	    db_run(db, error, schema_text_drop, "i", text_row(held->id)) &&
	    put_rows(db, data, error);
}

/* Nobody releases it meanwhile, and the lock is held. */
static bool
forget_item(Quarantine *quarantine, const char *day, Held *held,
	    const Mention *who, bool is_dry, struct held_forgotten *done,
	    GError **error)
{
	g_autofree char *json = NULL;
	bool is_changed = false;
	guint gone = forget_copies(held, who, &is_changed);

	done->copies += gone;
	done->items += gone && held->rcpts->len == 0;
	if (is_dry || !is_changed)
		return true;
	if (held->rcpts->len == 0)
		return box_remove(quarantine->box, day, held->id, error) &&
		    db_transact(quarantine->db, put_rows_anew, held, error);
	json = to_json(held);
	return box_update(quarantine->box, day, held->id, json, error) &&
	    db_transact(quarantine->db, put_rows_anew, held, error);
}

/* The same with item ID, if it can be read: else the search tells of it. */
static bool
forget_in(Quarantine *quarantine, const char *day, const char *id,
	  const Mention *who, bool is_dry, struct held_forgotten *done,
	  GError **error)
{
	int claim = quarantine_claim(quarantine, id, NULL);
	int lock = openat(quarantine->folder, ".lock",
			  O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0640);
	Held *held = NULL;
	bool good = lock >= 0 && flock(lock, LOCK_EX) == 0;

	if (!good)
		file_fail(error, "lock", "quarantine");
	else
		held = quarantine_read(quarantine, id, NULL);
	if (held)
		good = forget_item(quarantine, day, held, who, is_dry, done,
				   error);
	fields_free(&held_fields, held);
	if (lock >= 0)
		close(lock);
	if (claim >= 0)
		close(claim);
	return good;
}

/* The rows of item ID as its files say; if a run before took the first of
 * them away, the rest goes, too. */
static bool
forget_row(Quarantine *quarantine, char *id, GError **error)
{
	g_autoptr(GError) gone = NULL;
	Held *held = quarantine_read(quarantine, id, &gone);
	Held none = { .id = id };
	char day[CLOCK_TEXT];
	bool good = true;

	day_of(id, day);
	if (held) {
		good = db_transact(quarantine->db, put_rows_anew, held,
				   error);
	} else if (g_error_matches(gone, G_FILE_ERROR, G_FILE_ERROR_NOENT)) {
		none.rcpts = g_ptr_array_new();
		good = box_remove(quarantine->box, day, id, error) &&
		    db_transact(quarantine->db, put_rows_anew, &none, error);
		g_ptr_array_free(none.rcpts, TRUE);
	}
	fields_free(&held_fields, held);
	return good;
}

/* Rows that name him still, since a run before was ended. */
static bool
forget_rows_alone(Quarantine *quarantine, const Mention *who, GError **error)
{
	g_autoptr(GPtrArray) ids = g_ptr_array_new_with_free_func(g_free);
	g_autoptr(GError) fault = NULL;
	sqlite3_stmt *row = db_begin(quarantine->db, &fault,
				     "SELECT id, rcpt FROM held", "");

	while (row && db_next(row, &fault))
		if (mention_is_in(who, db_text(row, 1)))
			g_ptr_array_add(ids, g_strdup(db_text(row, 0)));
	db_end(row);
	for (guint i = 0; !fault && i < ids->len; i++)
		forget_row(quarantine, ids->pdata[i], &fault);
	return db_settle(g_steal_pointer(&fault), error);
}

bool
quarantine_forget(Quarantine *quarantine, const Mention *who, bool is_dry,
		  struct held_forgotten *done, GError **error)
{
	g_autoptr(GPtrArray) days = box_states(quarantine->box);

	for (guint i = 0; i < days->len; i++) {
		g_autoptr(GPtrArray) ids = box_list(quarantine->box,
						    days->pdata[i]);

		for (guint j = 0; j < ids->len; j++) {
			g_autofree char *text = box_json(quarantine->box,
			    days->pdata[i], ids->pdata[j], NULL);

			if (mention_is_in(who, text) &&
			    !forget_in(quarantine, days->pdata[i],
				       ids->pdata[j], who, is_dry, done,
				       error))
				return false;
		}
	}
	return is_dry || forget_rows_alone(quarantine, who, error);
}

/* ---- mend, sweep and reindex ---- */

/* How many rows ID has; -1 and ERROR set when nobody can tell. */
static int
count_rows(Quarantine *quarantine, const char *id, GError **error)
{
	sqlite3_stmt *row = db_begin(quarantine->db, error,
				     "SELECT COUNT(*) FROM held"
				     " WHERE id = $1", "t", id);
	int count = row && db_next(row, error) ?
	    sqlite3_column_int(row, 0) : -1;

	db_end(row);
	return count;
}

/* HELD has no row.  What another item holds as well is dropped from it. */
static bool
mend_item(Quarantine *quarantine, const char *day, Held *held,
	  GError **error)
{
	g_autoptr(GError) fault = NULL;
	guint again = 0;

	for (guint i = 0; !fault && i < held->rcpts->len; i++) {
		g_autofree char *id = find_again(quarantine, held,
						 held->rcpts->pdata[i],
						 &fault);

		again += id != NULL;
	}
	if (fault) {
		g_propagate_error(error, g_steal_pointer(&fault));
		return false;
	}
	if (again > 0 && again == held->rcpts->len)
		return box_remove(quarantine->box, day, held->id, error);
	return db_transact(quarantine->db, put_rows, held, error);
}

bool
quarantine_mend(Quarantine *quarantine, guint *mended, GError **error)
{
	gint64 now = clock_now();

	/* Nobody is in the middle of a message for longer than a day. */
	for (int back = 0; back < 2; back++) {
		g_autoptr(GPtrArray) ids = NULL;
		char day[CLOCK_TEXT];

		clock_day(now - back * CLOCK_DAY, day);
		ids = box_list(quarantine->box, day);
		for (guint i = 0; i < ids->len; i++) {
			int rows = count_rows(quarantine, ids->pdata[i],
					      error);
			Held *held = rows != 0 ? NULL :
			    quarantine_read(quarantine, ids->pdata[i], NULL);
			bool good = rows >= 0 &&
			    (!held || mend_item(quarantine, day, held,
						error));

			*mended += held != NULL;
			fields_free(&held_fields, held);
			if (!good)
				return false;
		}
	}
	return true;
}


struct sweeping {
	GPtrArray *ids, *rcpts;		/* pairs: what has expired */
};

static void
collect_expired(const struct held_row *row, void *data)
{
	struct sweeping *sweeping = data;

	g_ptr_array_add(sweeping->ids, g_strdup(row->id));
	g_ptr_array_add(sweeping->rcpts, g_strdup(row->rcpt));
}

/* Is nobody's copy held, and was the last change before BEFORE? */
static bool
is_over(const Held *held, gint64 before)
{
	for (guint i = 0; i < held->rcpts->len; i++) {
		const HeldRcpt *rcpt = held->rcpts->pdata[i];

		if (rcpt->changed > before)
			return false;
	}
	return !is_open(held);
}

/* The octets go first, and later what became of them. */
static bool
remove_over(Quarantine *quarantine, const char *day, const char *id,
	    gint64 now, gint64 before, guint *removed, GError **error)
{
	Held *held = quarantine_read(quarantine, id, NULL);
	bool good = true;

	if (held && is_over(held, before)) {
		good = box_remove(quarantine->box, day, id, error) &&
		    db_run(quarantine->db, error,
			   "DELETE FROM held WHERE id = $1", "t", id) &&
		    db_run(quarantine->db, error, schema_text_drop, "i",
			   text_row(id));
		*removed += good;
	} else if (held && is_spent(held, now)) {
		good = box_strip(quarantine->box, day, id, error);
	}
	fields_free(&held_fields, held);
	return good;
}

bool
quarantine_sweep(Quarantine *quarantine, gint64 now, gint64 before,
		 guint *expired, guint *removed, GError **error)
{
	g_autoptr(GPtrArray) ids = g_ptr_array_new_with_free_func(g_free);
	g_autoptr(GPtrArray) rcpts = g_ptr_array_new_with_free_func(g_free);
	g_autoptr(GPtrArray) days = box_states(quarantine->box);
	struct sweeping sweeping = { ids, rcpts };
	struct held_filter filter = { .is_open = true, .expires = now + 1 };
	const struct doer clock = { "sweep", VIA_CRON, ACTOR_SYSTEM };

	if (!quarantine_list(quarantine, &filter, collect_expired, &sweeping,
			     error))
		return false;
	/* One damaged item stops no other one; the first fault is told. */
	for (guint i = 0; i < ids->len; i++)
		*expired += quarantine_move(quarantine, ids->pdata[i],
		    rcpts->pdata[i], HELD_EXPIRE, &clock, NULL, NULL,
		    error && *error ? NULL : error) == STEP_DONE;
	for (guint i = 0; i < days->len; i++) {
		g_autoptr(GPtrArray) all = box_list(quarantine->box,
						    days->pdata[i]);

		for (guint j = 0; j < all->len; j++)
			remove_over(quarantine, days->pdata[i], all->pdata[j],
				    now, before, removed,
				    error && *error ? NULL : error);
	}
	*removed += box_sweep(quarantine->box);
	return !(error && *error);
}

static bool
index_all(Db *db, void *data, GError **error)
{
	struct {
		Quarantine *quarantine;
		guint *items;
	} *work = data;
	g_autoptr(GPtrArray) days = box_states(work->quarantine->box);

	if (!db_run(db, error, "DELETE FROM held", "") ||
	    !db_run(db, error, "DELETE FROM held_text", ""))
		return false;
	for (guint i = 0; i < days->len; i++) {
		g_autoptr(GPtrArray) ids = box_list(work->quarantine->box,
						    days->pdata[i]);

		for (guint j = 0; j < ids->len; j++) {
			Held *held = quarantine_read(work->quarantine,
						     ids->pdata[j], NULL);
			bool good = !held || put_rows(db, held, error);

			*work->items += held != NULL;
			fields_free(&held_fields, held);
			if (!good)
				return false;
		}
	}
	return true;
}

bool
quarantine_reindex(Quarantine *quarantine, guint *items, GError **error)
{
	struct {
		Quarantine *quarantine;
		guint *items;
	} work = { quarantine, items };

	return db_transact(quarantine->db, index_all, &work, error);
}
