/*
 * choices.c -- users as readers, in the state store
 *
 * What a user chose and which tokens are used up is on the platter when it is
 * said to be done.  When the last digest was is not: a sync for each of ten
 * thousand mails would take longer than the mails, and a digest that comes
 * twice does no harm.
 */
#include "gatepost/store/choices.h"

#include <string.h>

#include "gatepost/model/config.h"
#include "gatepost/store/db.h"
#include "gatepost/util/clock.h"
#include "gatepost/util/fields.h"

struct Choices {
	Db *db;		/* durable */
	Db *quick;	/* not so */
};

Choices *
choices_open(const char *path, GError **error)
{
	g_autoptr(Choices) choices = g_new0(Choices, 1);

	choices->db = db_open_state(path, true, error);
	if (choices->db)
		choices->quick = db_open_state(path, false, error);
	return choices->quick ? g_steal_pointer(&choices) : NULL;
}

void
choices_free(Choices *choices)
{
	if (!choices)
		return;
	db_close(choices->db);
	db_close(choices->quick);
	g_free(choices);
}

bool
choices_get(Choices *choices, const char *tenant, const char *user,
	    struct choice *choice, GError **error)
{
	g_autoptr(GError) fault = NULL;
	sqlite3_stmt *row = db_begin(choices->quick, &fault,
	    "SELECT language, every, sent FROM user_choice"
	    " WHERE tenant = $1 AND \"user\" = $2", "tt", tenant, user);

	*choice = (struct choice){ -1, -1, 0 };
	if (row && db_next(row, &fault)) {
		choice->language = fields_word(languages, db_text(row, 0));
		choice->every = fields_word(digest_everies, db_text(row, 1));
		choice->sent = sqlite3_column_int64(row, 2);
	}
	db_end(row);
	return db_settle(g_steal_pointer(&fault), error);
}

bool
choices_set(Choices *choices, const char *tenant, const char *user,
	    const struct choice *choice, GError **error)
{
	return db_run(choices->db, error,
		      "INSERT INTO user_choice (tenant, \"user\", language,"
		      " every, sent) VALUES ($1, $2, $3, $4, 0)"
		      " ON CONFLICT (tenant, \"user\") DO UPDATE SET"
		      " language = excluded.language,"
		      " every = excluded.every", "tttt", tenant, user,
		      choice->language < 0 ? "" : languages[choice->language],
		      choice->every < 0 ? "" :
		      digest_everies[choice->every]);
}

bool
choices_sent(Choices *choices, const char *tenant, const char *user,
	     gint64 at, GError **error)
{
	return db_run(choices->quick, error,
		      "INSERT INTO user_choice (tenant, \"user\", language,"
		      " every, sent) VALUES ($1, $2, '', '', $3)"
		      " ON CONFLICT (tenant, \"user\") DO UPDATE SET"
		      " sent = excluded.sent", "tti", tenant, user, at);
}

bool
choices_use(Choices *choices, const char *name, const char *by, gint64 until,
	    bool *is_first, GError **error)
{
	g_autoptr(GError) fault = NULL;
	sqlite3_stmt *row;

	*is_first = false;
	if (!db_run(choices->db, error,
		    "INSERT INTO token_used (name, \"by\", until)"
		    " VALUES ($1, $2, $3) ON CONFLICT (name) DO NOTHING",
		    "tti", name, by, until))
		return false;
	row = db_begin(choices->db, &fault, "SELECT \"by\" FROM token_used"
		       " WHERE name = $1", "t", name);
	if (row && db_next(row, &fault))
		*is_first = g_strcmp0(db_text(row, 0), by) == 0;
	db_end(row);
	return db_settle(g_steal_pointer(&fault), error);
}

bool
choices_sweep(Choices *choices, gint64 now, GError **error)
{
	return db_run(choices->db, error,
		      "DELETE FROM token_used WHERE until < $1", "i", now);
}
