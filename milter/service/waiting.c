/*
 * waiting.c -- how many octets of reports wait for the clerk
 *
 * reports.quota bounds what is kept of reports that are worked off; what
 * waits before that has as much once more, so that a clerk who cannot go on
 * (the workers are away, a folder is full) does not fill the disk.
 */
#include "gatepost/service/waiting.h"

#include <pthread.h>

#include "gatepost/bounds.h"

/* A report that waits. */
struct waiter {
	char *tenant, *who;	/* keys of `octets` */
	gint64 size;
};

struct Waiting {
	pthread_mutex_t lock;	/* of all below */
	GHashTable *waiters;	/* id -> struct waiter */
	GHashTable *octets;	/* of a tenant, of a reporter: gint64 * */
};

static void
waiter_free(gpointer data)
{
	struct waiter *waiter = data;

	g_free(waiter->tenant);
	g_free(waiter->who);
	g_free(waiter);
}

Waiting *
waiting_new(void)
{
	Waiting *waiting = g_new0(Waiting, 1);

	pthread_mutex_init(&waiting->lock, NULL);
	waiting->waiters = g_hash_table_new_full(g_str_hash, g_str_equal,
						 g_free, waiter_free);
	waiting->octets = g_hash_table_new_full(g_str_hash, g_str_equal,
						g_free, g_free);
	return waiting;
}

void
waiting_free(Waiting *waiting)
{
	if (!waiting)
		return;
	g_hash_table_destroy(waiting->waiters);
	g_hash_table_destroy(waiting->octets);
	pthread_mutex_destroy(&waiting->lock);
	g_free(waiting);
}

/* All of those who are verified, or are not, of ONE's tenant; and, when WHO,
 * of his alone. */
static char *
key_of(const Incoming *one, const char *who)
{
	return g_strdup_printf("%s\n%s%s%s", one->tenant ? one->tenant : "",
			       one->is_verified ? "verified" : "not",
			       who ? "\n" : "", who ? who : "");
}

static void
add(Waiting *waiting, const char *key, gint64 size)
{
	gint64 *sum = g_hash_table_lookup(waiting->octets, key);

	if (!sum) {
		sum = g_new0(gint64, 1);
		g_hash_table_insert(waiting->octets, g_strdup(key), sum);
	}
	*sum += size;
	if (*sum <= 0)
		g_hash_table_remove(waiting->octets, key);
}

static bool
has_room(Waiting *waiting, const char *key, gint64 size, gint64 most)
{
	const gint64 *sum = g_hash_table_lookup(waiting->octets, key);

	return !sum || *sum + size <= most;
}

/* A QUOTA below 0 lets everything in. */
static bool
take(Waiting *waiting, const Incoming *one, gint64 size, gint64 quota)
{
	g_autofree char *tenant = key_of(one, NULL);
	g_autofree char *who = key_of(one, one->reporter ? one->reporter :
				      "");
	gint64 most = one->is_verified ? quota :
	    quota / BOUND_UNVERIFIED_SHARE;
	struct waiter *waiter;

	if (g_hash_table_contains(waiting->waiters, one->id))
		return true;
	if (quota >= 0 && !has_room(waiting, tenant, size, most))
		return false;
	/* A stranger's address says nothing of who he is. */
	if (quota >= 0 && one->is_verified &&
	    !has_room(waiting, who, size, most / BOUND_REPORTER_SHARE))
		return false;
	add(waiting, tenant, size);
	add(waiting, who, size);
	waiter = g_new0(struct waiter, 1);
	waiter->tenant = g_steal_pointer(&tenant);
	waiter->who = g_steal_pointer(&who);
	waiter->size = size;
	g_hash_table_insert(waiting->waiters, g_strdup(one->id), waiter);
	return true;
}

bool
waiting_take(Waiting *waiting, const Incoming *one, gsize size, gint64 quota)
{
	bool has;

	pthread_mutex_lock(&waiting->lock);
	has = take(waiting, one, (gint64)size, quota ? quota : -1);
	pthread_mutex_unlock(&waiting->lock);
	return has;
}

void
waiting_know(Waiting *waiting, const Incoming *one, gsize size)
{
	pthread_mutex_lock(&waiting->lock);
	take(waiting, one, (gint64)size, -1);
	pthread_mutex_unlock(&waiting->lock);
}

void
waiting_drop(Waiting *waiting, const char *id)
{
	const struct waiter *waiter;

	pthread_mutex_lock(&waiting->lock);
	waiter = g_hash_table_lookup(waiting->waiters, id);
	if (waiter) {
		add(waiting, waiter->tenant, -waiter->size);
		add(waiting, waiter->who, -waiter->size);
		g_hash_table_remove(waiting->waiters, id);
	}
	pthread_mutex_unlock(&waiting->lock);
}
