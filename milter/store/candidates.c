/*
 * candidates.c -- suspected messages, in groups
 */
#include "gatepost/store/candidates.h"

#include <string.h>

#include "gatepost/store/db.h"
#include "gatepost/store/where.h"
#include "gatepost/util/clock.h"
#include "gatepost/util/fields.h"

/* Copies of one group in a day that are worth their octets. */
#define ENOUGH 3

const char *const candidate_states[] = {
	"new", "alike", "beyond", "dismissed", "submitted", NULL
};

struct Candidates {
	Db *db;
};

Candidates *
candidates_open(const char *path, GError **error)
{
	g_autoptr(Candidates) candidates = g_new0(Candidates, 1);

	candidates->db = db_open_state(path, false, error);
	return candidates->db ? g_steal_pointer(&candidates) : NULL;
}

void
candidates_free(Candidates *candidates)
{
	if (candidates)
		db_close(candidates->db);
	g_free(candidates);
}

struct admitting {
	const struct candidate_row *row;
	gint64 most, day;	/* us: when the row's day began */
	enum candidate_state *state;
	GPtrArray *evicted;
	char *group;
};

/* States of the members of a group that has a place; of those that are alike
 * there is another one. */
static const enum candidate_state placed[] = {
	CANDIDATE_NEW, CANDIDATE_DISMISSED, CANDIDATE_SUBMITTED
};

/* The group of the day's first row in STATE whose kin, or body, is VALUE; the
 * least of it and the one that is known stays.  A flood makes very many rows:
 * each of these looks at one. */
static bool
find_by(Db *db, struct admitting *work, const char *sql, const char *value,
	enum candidate_state state, GError **error)
{
	g_autoptr(GError) fault = NULL;
	sqlite3_stmt *found = db_begin(db, &fault, sql, "ttti",
	    work->row->tenant, value, candidate_states[state], work->day);

	if (found && db_next(found, &fault)) {
		const char *group = db_text(found, 0);

		if (!work->group || strcmp(group, work->group) < 0) {
			g_free(work->group);
			work->group = g_strdup(group);
		}
	}
	db_end(found);
	return db_settle(g_steal_pointer(&fault), error);
}

/* How many copies the group has, to ENOUGH. */
static bool
count_group(Db *db, const struct admitting *work, gint64 *count,
	    GError **error)
{
	g_autoptr(GError) fault = NULL;
	sqlite3_stmt *found = db_begin(db, &fault,
	    "SELECT COUNT(*) FROM (SELECT 1 FROM candidate WHERE tenant = $1"
	    " AND grp = $2 LIMIT $3)", "tti", work->row->tenant, work->group,
	    (gint64)ENOUGH);

	*count = found && db_next(found, &fault) ?
	    sqlite3_column_int64(found, 0) : 0;
	db_end(found);
	return db_settle(g_steal_pointer(&fault), error);
}

/* The group of the row, and how many of it are there. */
static bool
find_group(Db *db, struct admitting *work, gint64 *count, GError **error)
{
	const struct candidate_row *row = work->row;

	*count = 0;
	for (guint i = 0; i < G_N_ELEMENTS(placed); i++)
		if (!find_by(db, work, "SELECT grp FROM candidate WHERE"
			     " tenant = $1 AND kin = $2 AND state = $3"
			     " AND at >= $4 ORDER BY at LIMIT 1", row->kin,
			     placed[i], error) ||
		    (*row->body && !find_by(db, work, "SELECT grp FROM"
			     " candidate WHERE tenant = $1 AND body = $2"
			     " AND state = $3 AND at >= $4 ORDER BY at"
			     " LIMIT 1", row->body, placed[i], error)))
			return false;
	return !work->group || count_group(db, work, count, error);
}

/* How many groups the day has, and of those that nobody has dealt with the
 * least suspect, with its score; *LEAST NULL: none. */
static bool
find_least(Db *db, const struct admitting *work, gint64 *groups,
	   char **least, gint64 *score, GError **error)
{
	g_autoptr(GError) fault = NULL;
	sqlite3_stmt *found = db_begin(db, &fault,
	    "SELECT grp, MAX(score), COUNT(*) OVER (), MAX(state IN ($4, $5))"
	    " AS done FROM (SELECT grp, score, state FROM candidate"
	    " WHERE tenant = $1 AND state = $3 AND at >= $2"
	    " UNION ALL SELECT grp, score, state FROM candidate"
	    " WHERE tenant = $1 AND state = $4 AND at >= $2"
	    " UNION ALL SELECT grp, score, state FROM candidate"
	    " WHERE tenant = $1 AND state = $5 AND at >= $2) GROUP BY grp"
	    " ORDER BY done, MAX(score), grp DESC LIMIT 1", "tittt",
	    work->row->tenant, work->day,
	    candidate_states[CANDIDATE_NEW],
	    candidate_states[CANDIDATE_DISMISSED],
	    candidate_states[CANDIDATE_SUBMITTED]);

	*groups = 0;
	if (found && db_next(found, &fault)) {
		if (!sqlite3_column_int64(found, 3))
			*least = g_strdup(db_text(found, 0));
		*score = sqlite3_column_int64(found, 1);
		*groups = sqlite3_column_int64(found, 2);
	}
	db_end(found);
	return db_settle(g_steal_pointer(&fault), error);
}

static bool
evict(Db *db, const struct admitting *work, const char *group, GError **error)
{
	g_autoptr(GError) fault = NULL;
	sqlite3_stmt *found = db_begin(db, &fault,
	    "SELECT id FROM candidate WHERE tenant = $1 AND grp = $2", "tt",
	    work->row->tenant, group);

	while (found && db_next(found, &fault))
		g_ptr_array_add(work->evicted, g_strdup(db_text(found, 0)));
	db_end(found);
	if (fault) {
		g_propagate_error(error, g_steal_pointer(&fault));
		return false;
	}
	return db_run(db, error, "UPDATE candidate SET state = $3"
		      " WHERE tenant = $1 AND grp = $2", "ttt",
		      work->row->tenant, group,
		      candidate_states[CANDIDATE_BEYOND]);
}

/* A new group: is there room, or one to make room for it? */
static bool
place(Db *db, struct admitting *work, GError **error)
{
	g_autofree char *least = NULL;
	gint64 groups, score = 0;

	*work->state = CANDIDATE_NEW;
	if (work->most == 0)
		return true;
	if (!find_least(db, work, &groups, &least, &score, error))
		return false;
	if (groups < work->most)
		return true;
	if (least && work->row->score > score)
		return evict(db, work, least, error);
	*work->state = CANDIDATE_BEYOND;
	return true;
}

static bool
is_there(Db *db, const struct candidate_row *row)
{
	sqlite3_stmt *found = db_begin(db, NULL, "SELECT 1 FROM candidate"
				       " WHERE tenant = $1 AND id = $2",
				       "tt", row->tenant, row->id);
	bool is_found = found && db_next(found, NULL);

	db_end(found);
	return is_found;
}

static bool
admit(Db *db, void *data, GError **error)
{
	struct admitting *work = data;
	const struct candidate_row *row = work->row;
	gint64 count;

	*work->state = CANDIDATE_ALIKE;
	if (is_there(db, row))
		return true;
	if (!find_group(db, work, &count, error))
		return false;
	*work->state = count < ENOUGH ? CANDIDATE_NEW : CANDIDATE_ALIKE;
	if (!work->group && !place(db, work, error))
		return false;
	return db_run(db, error,
		      "INSERT INTO candidate (tenant, id, at, score, rules,"
		      " rcpts, sender, \"from\", subject, body, kin, grp,"
		      " state, \"by\", changed) VALUES ($1, $2, $3, $4, $5,"
		      " $6, $7, $8, $9, $10, $11, $12, $13, '', 0)"
		      " ON CONFLICT (tenant, id) DO NOTHING",
		      "ttiittttttttt", row->tenant, row->id, row->at,
		      row->score, row->rules, row->rcpts, row->sender,
		      row->from, row->subject, row->body, row->kin,
		      work->group ? work->group : row->id,
		      candidate_states[*work->state]);
}

bool
candidates_admit(Candidates *candidates, const struct candidate_row *row,
		 gint64 most, enum candidate_state *state,
		 GPtrArray *evicted, GError **error)
{
	struct admitting work = {
		.row = row, .most = most, .state = state, .evicted = evicted,
		.day = row->at - row->at % CLOCK_DAY,
	};
	bool good = db_transact(candidates->db, admit, &work, error);

	g_free(work.group);
	return good;
}

struct setting_one {
	const char *tenant, *id, *by;
	bool is_alone;
	enum candidate_state state;
	GPtrArray *changed;
};

/* The ids that are to be changed. */
static bool
set_all(Db *db, void *data, GError **error)
{
	struct setting_one *work = data;
	g_autoptr(GError) fault = NULL;
	sqlite3_stmt *found = db_begin(db, &fault,
	    "SELECT id FROM candidate WHERE tenant = $1 AND state <> $3"
	    " AND (id = $2 OR ($4 = 0 AND grp = (SELECT grp FROM candidate"
	    " WHERE tenant = $1 AND id = $2))) ORDER BY id", "ttti",
	    work->tenant, work->id, candidate_states[work->state],
	    (gint64)work->is_alone);

	while (found && db_next(found, &fault))
		g_ptr_array_add(work->changed, g_strdup(db_text(found, 0)));
	db_end(found);
	if (fault) {
		g_propagate_error(error, g_steal_pointer(&fault));
		return false;
	}
	for (guint i = 0; i < work->changed->len; i++)
		if (!db_run(db, error, "UPDATE candidate SET state = $3,"
			    " \"by\" = $4, changed = $5 WHERE tenant = $1"
			    " AND id = $2", "tttti", work->tenant,
			    (const char *)work->changed->pdata[i],
			    candidate_states[work->state], work->by,
			    clock_now()))
			return false;
	return true;
}

bool
candidates_set(Candidates *candidates, const char *tenant, const char *id,
	       bool is_alone, enum candidate_state state, const char *by,
	       GPtrArray *changed, GError **error)
{
	struct setting_one work = { tenant, id, by, is_alone, state,
				    changed };

	return db_transact(candidates->db, set_all, &work, error);
}

bool
candidates_want(Candidates *candidates, const char *id)
{
	sqlite3_stmt *found = db_begin(candidates->db, NULL,
	    "SELECT 1 FROM candidate WHERE id = $1 AND state = $2", "tt", id,
	    candidate_states[CANDIDATE_NEW]);
	bool is_wanted = found && db_next(found, NULL);

	db_end(found);
	return is_wanted;
}

static struct candidate_row
read_row(sqlite3_stmt *row)
{
	return (struct candidate_row){
		.tenant = db_text(row, 0), .id = db_text(row, 1),
		.at = sqlite3_column_int64(row, 2),
		.score = sqlite3_column_int64(row, 3),
		.rules = db_text(row, 4), .rcpts = db_text(row, 5),
		.sender = db_text(row, 6), .from = db_text(row, 7),
		.subject = db_text(row, 8), .body = db_text(row, 9),
		.kin = db_text(row, 10), .group = db_text(row, 11),
		.state = MAX(fields_word(candidate_states,
					 db_text(row, 12)), 0),
		.by = db_text(row, 13),
		.changed = sqlite3_column_int64(row, 14),
	};
}

bool
candidates_list(Candidates *candidates, const struct candidate_filter *filter,
		candidate_found *found, void *data, GError **error)
{
	const struct condition all[] = {
		{ filter->tenant, "tenant = $1" }, { filter->id, "id = $2" },
		{ filter->state >= 0, "state = $3" },
		{ filter->since, "at >= $4" },
	};
	g_autofree char *sql = where_sql(
	    "SELECT tenant, id, at, score, rules, rcpts, sender, \"from\","
	    " subject, body, kin, grp, state, \"by\", changed"
	    " FROM candidate", all, G_N_ELEMENTS(all),
	    " ORDER BY score DESC, id DESC LIMIT $5");
	g_autoptr(GError) fault = NULL;
	sqlite3_stmt *row = db_begin(candidates->db, &fault, sql, "tttii",
	    filter->tenant, filter->id, filter->state < 0 ? NULL :
	    candidate_states[filter->state], filter->since,
	    filter->most ? (gint64)filter->most : (gint64)-1);

	while (row && db_next(row, &fault)) {
		struct candidate_row one = read_row(row);

		found(&one, data);
	}
	db_end(row);
	return db_settle(g_steal_pointer(&fault), error);
}

bool
candidates_count(Candidates *candidates, const char *tenant,
		 const char *group, enum candidate_state state, guint *count,
		 GError **error)
{
	g_autoptr(GError) fault = NULL;
	sqlite3_stmt *row = db_begin(candidates->db, &fault,
	    "SELECT COUNT(*) FROM candidate WHERE tenant = $1 AND grp = $2"
	    " AND state = $3", "ttt", tenant, group,
	    candidate_states[state]);

	*count = row && db_next(row, &fault) ?
	    (guint)sqlite3_column_int64(row, 0) : 0;
	db_end(row);
	return db_settle(g_steal_pointer(&fault), error);
}

bool
candidates_sweep(Candidates *candidates, gint64 before, GError **error)
{
	return db_run(candidates->db, error,
		      "DELETE FROM candidate WHERE at < $1", "i", before);
}
