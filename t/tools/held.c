/*
 * held.c -- fill an index of the quarantine, and time what lists ask of it
 *
 *	held FOLDER ROWS	prints JSON: ms of each listing's first page
 *	held FOLDER ROWS USERS	ROWS copies that are held, of so many users who
 *				may do all to them; no listing
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gatepost/store/db.h"
#include "gatepost/store/quarantine.h"
#include "gatepost/store/schema.h"
#include "gatepost/util/clock.h"

#define DAY_ROWS 33000

static bool
put_users_row(Db *db, gint64 n, gint64 users, GError **error)
{
	gint64 at = clock_now() - 3600 * CLOCK_SECOND - n * 1000;
	g_autofree char *id = g_strdup_printf("01M8%022" G_GINT64_FORMAT, n);
	g_autofree char *rcpt = g_strdup_printf("u%d@example.org",
						(int)(n % users));
	g_autofree char *sender = g_strdup_printf("s%d@d%d.example",
	    (int)(n * 31 % 100000), (int)(n * 31 % 50000));
	g_autofree char *subject = g_strdup_printf("Invoice of number %d",
						   (int)n);

	return db_run(db, error, "INSERT INTO held (id, rcpt, tenant, sender,"
		      " \"from\", subject, reason, state, received,"
		      " expires, size, sha256, policy, category, added,"
		      " rights) VALUES ($1, $2, 'example', $3, $3, $4,"
		      " 'it looks like spam', 'held', $5, $6, 4096, $1,"
		      " 'spam', 'spam', $5, 'see preview release delete"
		      " allow block report')", "ttttii", id, rcpt, sender,
		      subject, at, at + 30 * CLOCK_DAY);
}

static bool
put_row(Db *db, gint64 n, GError **error)
{
	gint64 at = clock_now() - (n / DAY_ROWS) * CLOCK_DAY -
	    (n % DAY_ROWS) * CLOCK_SECOND;
	g_autofree char *id = g_strdup_printf("01M8%022" G_GINT64_FORMAT,
					      G_GINT64_CONSTANT(9000000) - n);
	g_autofree char *rcpt = g_strdup_printf("u%d@example.org",
						(int)(n * 7919 % 20000));
	g_autofree char *sender = g_strdup_printf("s%d@d%d.example",
	    (int)(n * 31 % 100000), (int)(n * 31 % 50000));
	g_autofree char *subject = g_strdup_printf("Invoice %d of number %d",
	    (int)(n % 977), (int)n);

	return db_run(db, error, "INSERT INTO held_text (rowid, id, subject)"
		      " VALUES ($1, $2, $3)", "itt", n, id, subject) &&
	    db_run(db, error, "INSERT INTO held (id, rcpt, tenant, sender,"
		      " \"from\", subject, reason, entry, state, received,"
		      " expires, size, sha256, policy, category, message_id,"
		      " changed, \"by\", sender_domain, from_domain)"
		      " VALUES ($1, $2, 'example', $3, $3,"
		      " $4, 'the sender is on the block list', $5, $6, $7,"
		      " $8, 4096, $1, $9, 'phish', $1, 0, $10, $11, $11)",
		      "tttttt" "ii" "ttt", id, rcpt, sender, subject,
		      n % 50 ? "2YJA8K8QQ8KC9" : "3YN6R7BPNJ7AG",
		      n % 100 == 0 ? "requested" : n % 10 == 0 ? "released" :
		      "held", at, at + 30 * CLOCK_DAY,
		      n % 1000 ? "block_sender" : "malware",
		      n % 10 == 0 && n % 100 ? "jo" : "",
		      strchr(sender, '@') + 1);
}

struct filling {
	gint64 rows, users;
};

static bool
fill(Db *db, void *data, GError **error)
{
	const struct filling *filling = data;

	for (gint64 i = 0; i < filling->rows; i++)
		if (!(filling->users ?
		      put_users_row(db, i, filling->users, error) :
		      put_row(db, i, error)))
			return false;
	return true;
}

static const struct {
	const char *name;
	struct held_filter filter;
} cases[] = {
	{ "first", { .most = 100 } },
	{ "newest", { .most = 100, .is_down = true } },
	{ "recipient", { .most = 100, .rcpt = "u7919@example.org" } },
	{ "tenant", { .most = 100, .tenant = "example", .is_down = true } },
	{ "sender", { .most = 100, .sender = "s31@d31.example" } },
	{ "domain", { .most = 100, .sender = "@d31.example" } },
	{ "requested", { .most = 100, .state = "requested" } },
	{ "open", { .most = 100, .is_open = true, .is_down = true } },
	{ "policy", { .most = 100, .policy = "malware" } },
	{ "entry", { .most = 100, .entry = "3YN6R7BPNJ7AG" } },
	{ "none-of-policy", { .most = 100, .policy = "spam" } },
	{ "none-of-tenant", { .most = 100, .tenant = "other" } },
	{ "by", { .most = 100, .by = "jo" } },
	{ "subject", { .most = 100, .subject = "number 77777" } },
	{ "subject-common", { .most = 100, .subject = "INVOICE" } },
	{ "subject-none", { .most = 100, .subject = "is not there" } },
	{ "message-id", { .most = 100, .message_id = "none@x" } },
	{ "by-expires", { .most = 100, .sort = HELD_BY_EXPIRES } },
	{ "by-sender", { .most = 100, .sort = HELD_BY_SENDER } },
	{ "by-subject", { .most = 100, .sort = HELD_BY_SUBJECT } },
	{ "by-size", { .most = 100, .sort = HELD_BY_SIZE } },
};

static void
count(const struct held_row *row, void *data)
{
	(void)row;
	++*(guint *)data;
}

int
main(int argc, char **argv)
{
	g_autoptr(GError) error = NULL;
	struct filling filling = { argc > 2 ? atoll(argv[2]) : 0,
				   argc > 3 ? atoll(argv[3]) : 0 };
	int folder = argc > 2 ? open(argv[1], O_RDONLY | O_DIRECTORY) : -1;
	g_autoptr(Quarantine) quarantine = folder < 0 ? NULL :
	    quarantine_open(folder, argv[1], &error);
	g_autofree char *file = g_build_filename(argc > 1 ? argv[1] : "",
						 "state.db", NULL);
	Db *db = quarantine ? db_open(file, false, schema_state, &error) : NULL;

	if (!db || (filling.rows && !db_transact(db, fill, &filling,
						 &error))) {
		fprintf(stderr, "held: %s\n", error ? error->message :
			"usage: held FOLDER ROWS");
		return 1;
	}
	if (filling.users) {
		db_close(db);
		return 0;
	}
	printf("{");
	for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
		gint64 start = g_get_monotonic_time();
		guint rows = 0;

		if (!quarantine_list(quarantine, &cases[i].filter, count,
				     &rows, &error)) {
			fprintf(stderr, "held: %s\n", error->message);
			return 1;
		}
		printf("%s\"%s\":%.1f", i ? "," : "", cases[i].name,
		       (double)(g_get_monotonic_time() - start) / 1000);
	}
	printf("}\n");
	db_close(db);
	return 0;
}
