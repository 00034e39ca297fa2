/*
 * submissions.c -- one row a submission: its JSON, and columns to find it by
 */
#include "gatepost/store/submissions.h"

#include <string.h>

#include "gatepost/store/db.h"
#include "gatepost/store/where.h"

struct Submissions {
	Db *db;
};

Submissions *
submissions_open(const char *path, GError **error)
{
	g_autoptr(Submissions) submissions = g_new0(Submissions, 1);

	submissions->db = db_open_state(path, true, error);
	return submissions->db ? g_steal_pointer(&submissions) : NULL;
}

void
submissions_free(Submissions *submissions)
{
	if (submissions)
		db_close(submissions->db);
	g_free(submissions);
}

static const char *
or_empty(const char *text)
{
	return text ? text : "";
}

static bool
put(Db *db, const Submission *one, GError **error)
{
	g_autoptr(GString) body = g_string_new(NULL);

	fields_json(&submission_fields, one, true, body);
	return db_run(db, error,
		      "INSERT INTO submission (id, at, tenant, kind, \"as\","
		      " source, message, item, rcpt, sender, \"from\","
		      " sha256, url, \"by\", status, result, completed,"
		      " disputed, body) VALUES ($1, $2, $3, $4, $5, $6, $7,"
		      " $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18,"
		      " $19) ON CONFLICT (id) DO NOTHING",
		      "titttttttttttttt" "iit", one->id, one->at,
		      or_empty(one->tenant), submission_kinds[one->kind],
		      submitted_ases[one->as], or_empty(one->source),
		      or_empty(one->message), or_empty(one->item),
		      or_empty(one->rcpt), or_empty(one->sender),
		      or_empty(one->from), or_empty(one->sha256),
		      or_empty(one->url), or_empty(one->by),
		      submission_statuses[one->status], submission_results[one->result],
		      one->completed, (gint64)(one->dispute.at != 0),
		      body->str);
}

bool
submissions_put(Submissions *submissions, const Submission *one,
		GError **error)
{
	return put(submissions->db, one, error);
}

static bool
put_each(Db *db, void *data, GError **error)
{
	const GPtrArray *all = data;

	for (guint i = 0; i < all->len; i++)
		if (!put(db, all->pdata[i], error))
			return false;
	return true;
}

bool
submissions_put_all(Submissions *submissions, GPtrArray *all, GError **error)
{
	return db_transact(submissions->db, put_each, all, error);
}

static Submission *
from_body(const char *body, GError **error)
{
	g_autoptr(Json) json = json_parse(body, strlen(body), error);
	Submission *one;

	if (!json)
		return NULL;
	one = submission_new();
	fields_from_json(&submission_fields, one, json);
	return one;
}

static Submission *
read_one(Db *db, const char *id, GError **error)
{
	g_autoptr(GError) fault = NULL;
	sqlite3_stmt *row = db_begin(db, &fault, "SELECT body FROM submission"
				     " WHERE id = $1", "t", id);
	Submission *one = row && db_next(row, &fault) ?
	    from_body(db_text(row, 0), &fault) : NULL;

	db_end(row);
	if (fault)
		g_propagate_error(error, g_steal_pointer(&fault));
	return one;
}

Submission *
submissions_read(Submissions *submissions, const char *id, GError **error)
{
	return read_one(submissions->db, id, error);
}

struct changing {
	const char *id;
	submission_change *change;
	void *data;
	bool is_found;
};

static bool
change_one(Db *db, void *data, GError **error)
{
	struct changing *changing = data;
	g_autoptr(GError) fault = NULL;
	g_autoptr(GString) body = g_string_new(NULL);
	g_autoptr(Submission) one = read_one(db, changing->id, &fault);

	changing->is_found = one != NULL;
	if (!one || !changing->change(one, changing->data, &fault)) {
		if (fault)
			g_propagate_error(error, g_steal_pointer(&fault));
		return !fault;
	}
	fields_json(&submission_fields, one, true, body);
	return db_run(db, error,
		      "UPDATE submission SET status = $2, result = $3,"
		      " completed = $4, disputed = $5, body = $6"
		      " WHERE id = $1", "tttiit", one->id,
		      submission_statuses[one->status], submission_results[one->result],
		      one->completed, (gint64)(one->dispute.at != 0),
		      body->str);
}

bool
submissions_change(Submissions *submissions, const char *id,
		   submission_change *change, void *data, GError **error)
{
	struct changing changing = { id, change, data, false };

	return db_transact(submissions->db, change_one, &changing, error) &&
	    changing.is_found;
}

static const char *
word(const char *const *words, int i)
{
	return i < 0 ? NULL : words[i];
}

bool
submissions_list(Submissions *submissions,
		 const struct submission_filter *filter,
		 submission_found *found, void *data, GError **error)
{
	const struct condition all[] = {
		{ filter->tenant, "tenant = $1" },
		{ filter->message, "message = $2" },
		{ filter->item, "item = $3" }, { filter->rcpt, "rcpt = $4" },
		{ filter->by, "\"by\" = $5" },
		{ filter->source, "source = $6" },
		{ filter->sender, "sender = $7 OR \"from\" = $7" },
		{ filter->sha256, "sha256 = $8" },
		{ filter->url, "url = $9" },
		{ filter->kind >= 0, "kind = $10" },
		{ filter->as >= 0, "\"as\" = $11" },
		{ filter->status >= 0, "status = $12" },
		{ filter->result >= 0, "result = $13" },
		{ filter->is_disputed, "disputed >= $14" },
		{ filter->since, "at >= $15" },
		{ filter->after, "id < $16" },
	};
	g_autofree char *sql = where_sql("SELECT body FROM submission", all,
	    G_N_ELEMENTS(all), " ORDER BY id DESC LIMIT $17");
	g_autoptr(GError) fault = NULL;
	sqlite3_stmt *row = db_begin(submissions->db, &fault, sql,
	    "tttttttttttttiiti",
	    filter->tenant, filter->message, filter->item, filter->rcpt,
	    filter->by, filter->source, filter->sender, filter->sha256,
	    filter->url, word(submission_kinds, filter->kind),
	    word(submitted_ases, filter->as),
	    word(submission_statuses, filter->status),
	    word(submission_results, filter->result),
	    (gint64)filter->is_disputed, filter->since, filter->after,
	    filter->most ? (gint64)filter->most : (gint64)-1);

	while (row && db_next(row, &fault)) {
		g_autoptr(Submission) one = from_body(db_text(row, 0),
						      &fault);

		if (!one)
			break;
		found(one, data);
	}
	db_end(row);
	return db_settle(g_steal_pointer(&fault), error);
}

gint64
submissions_count(Submissions *submissions, enum submission_status status,
		  gint64 *oldest, GError **error)
{
	sqlite3_stmt *row = db_begin(submissions->db, error,
	    "SELECT COUNT(*), COALESCE(MIN(at), 0) FROM submission"
	    " WHERE status = $1", "t", submission_statuses[status]);

	return db_count(row, oldest, error);
}

bool
submissions_sweep(Submissions *submissions, gint64 before, GError **error)
{
	return db_run(submissions->db, error,
		      "DELETE FROM submission WHERE status = $1"
		      " AND completed < $2", "ti",
		      submission_statuses[SUBMISSION_COMPLETED], before);
}
