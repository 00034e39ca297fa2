/*
 * trail.c -- the audit log, a table of the state store
 *
 * A deed on a held message is added in the transaction that brings the index
 * to the new state, and stands in ID.json until the next one, so that a
 * crash between the two loses neither; any other is on the platter when it
 * is said to be done.
 */
#include "gatepost/store/trail.h"

#include <string.h>

#include "gatepost/store/db.h"
#include "gatepost/store/where.h"
#include "gatepost/util/clock.h"
#include "gatepost/util/fields.h"

#define COLUMNS "id, at, who, via, what, object, tenant, rcpt, detail"

struct Trail {
	Db *db;
};

const char *const vias[] = { "command", "mail", "control", "cron", NULL };

Trail *
trail_open(const char *path, GError **error)
{
	Db *db = db_open_state(path, true, error);
	Trail *trail;

	if (!db)
		return NULL;
	trail = g_new0(Trail, 1);
	trail->db = db;
	return trail;
}

void
trail_free(Trail *trail)
{
	if (trail)
		db_close(trail->db);
	g_free(trail);
}

static const char *
or_empty(const char *text)
{
	return text ? text : "";
}

bool
trail_put(void *db, const struct deed *deed, GError **error)
{
	char id[ID_TEXT];

	if (*deed->id)
		g_strlcpy(id, deed->id, sizeof id);
	else
		id_new(id);
	return db_run(db, error,
		      "INSERT INTO audit (id, at, who, via, what, object,"
		      " tenant, rcpt, detail) VALUES ($1, $2, $3, $4, $5, $6,"
		      " $7, $8, $9) ON CONFLICT (id) DO NOTHING",
		      "tittttttt", id, deed->at ? deed->at : clock_now(),
		      or_empty(deed->who), vias[deed->via],
		      or_empty(deed->what), or_empty(deed->object),
		      or_empty(deed->tenant), or_empty(deed->rcpt),
		      or_empty(deed->detail));
}

bool
trail_add(Trail *trail, const struct deed *deed, GError **error)
{
	return trail_put(trail->db, deed, error);
}

bool
trail_list(Trail *trail, const struct trail_filter *filter,
	   trail_found *found, void *data, GError **error)
{
	const struct condition all[] = {
		{ filter->object, "object = $1" },
		{ filter->tenant, "tenant = $2" },
		{ filter->who, "who = $3" }, { filter->what, "what = $4" },
		{ filter->rcpt, "rcpt = $5" }, { filter->since, "at >= $6" },
		{ filter->after, "id > $7" },
	};
	g_autofree char *sql = where_sql("SELECT " COLUMNS " FROM audit",
	    all, G_N_ELEMENTS(all), " ORDER BY id LIMIT $8");
	g_autoptr(GError) fault = NULL;
	sqlite3_stmt *row = db_begin(trail->db, &fault, sql, "tttttiti",
	    filter->object, filter->tenant, filter->who, filter->what,
	    filter->rcpt, filter->since, filter->after,
	    filter->most ? (gint64)filter->most : G_MAXINT64);

	while (row && db_next(row, &fault)) {
		int via = fields_word(vias, db_text(row, 3));
		struct deed deed = {
			.at = sqlite3_column_int64(row, 1),
			.who = db_text(row, 2),
			.via = via < 0 ? VIA_COMMAND : (enum via)via,
			.what = db_text(row, 4), .object = db_text(row, 5),
			.tenant = db_text(row, 6), .rcpt = db_text(row, 7),
			.detail = db_text(row, 8),
		};

		g_strlcpy(deed.id, db_text(row, 0), sizeof deed.id);
		found(&deed, data);
	}
	db_end(row);
	return db_settle(g_steal_pointer(&fault), error);
}

bool
trail_sweep(Trail *trail, gint64 before, GError **error)
{
	return db_run(trail->db, error, "DELETE FROM audit WHERE at < $1",
		      "i", before);
}
