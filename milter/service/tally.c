/*
 * tally.c -- what entries do, counted in memory
 *
 * Usage goes to the state store once a second.  Beside it each entry has ten
 * counts of a minute, of messages that it alone had held, and so has all
 * mail: an entry that holds more than its share raises an alarm.
 */
#include "gatepost/service/tally.h"

#include <string.h>

#include "gatepost/bounds.h"
#include "gatepost/util/clock.h"
#include "gatepost/util/ids.h"

#define MINUTES 10
#define MINUTE (60 * G_USEC_PER_SEC)

/* Counts of the last MINUTES minutes. */
struct window {
	gint64 minute;		/* the newest */
	guint counts[MINUTES];
};

struct met {
	Usage usage;		/* since it was last written */
	char message[ID_TEXT];	/* the last that was counted */
	bool is_decided;	/* of that message */
};

struct holder {
	char *key, *tenant, *text;
	struct window held;
	char message[ID_TEXT];
	gint64 told;		/* us; 0: never */
	bool is_automatic;
};

struct Tally {
	GHashTable *met;	/* key to struct met */
	GHashTable *holders;	/* key to struct holder */
	GPtrArray *alarms;	/* of struct alarm * */
	struct window mail;
	char message[ID_TEXT];
};

static void
holder_free(gpointer data)
{
	struct holder *holder = data;

	g_free(holder->key);
	g_free(holder->tenant);
	g_free(holder->text);
	g_free(holder);
}

void
alarm_free(struct alarm *alarm)
{
	g_free(alarm->brake.key);
	g_free(alarm->brake.tenant);
	g_free(alarm->brake.text);
	g_free(alarm);
}

static GPtrArray *
alarms_new(void)
{
	return g_ptr_array_new_with_free_func((GDestroyNotify)alarm_free);
}

Tally *
tally_new(void)
{
	Tally *tally = g_new0(Tally, 1);

	tally->met = g_hash_table_new_full(g_str_hash, g_str_equal, NULL,
					   g_free);
	tally->holders = g_hash_table_new_full(g_str_hash, g_str_equal, NULL,
					       holder_free);
	tally->alarms = alarms_new();
	return tally;
}

void
tally_free(Tally *tally)
{
	g_hash_table_unref(tally->met);
	g_hash_table_unref(tally->holders);
	g_ptr_array_unref(tally->alarms);
	g_free(tally);
}

/* ---- windows ---- */

static void
window_move(struct window *window, gint64 now)
{
	gint64 minute = now / MINUTE;

	if (minute - window->minute >= MINUTES)
		memset(window->counts, 0, sizeof window->counts);
	else
		for (gint64 i = window->minute + 1; i <= minute; i++)
			window->counts[i % MINUTES] = 0;
	window->minute = MAX(window->minute, minute);
}

static void
window_add(struct window *window, gint64 now)
{
	window_move(window, now);
	window->counts[window->minute % MINUTES]++;
}

static guint
window_sum(struct window *window, gint64 now)
{
	guint sum = 0;

	window_move(window, now);
	for (guint i = 0; i < MINUTES; i++)
		sum += window->counts[i];
	return sum;
}

/* ---- usage ---- */

static struct met *
met_of(Tally *tally, const char *key, gint64 now)
{
	struct met *met = g_hash_table_lookup(tally->met, key);

	if (met)
		return met;
	met = g_new0(struct met, 1);
	g_strlcpy(met->usage.key, key, sizeof met->usage.key);
	met->usage.first = now;
	g_hash_table_replace(tally->met, met->usage.key, met);
	return met;
}

/* A message counts once for an entry, however many its recipients are. */
static void
count_use(Tally *tally, const char *id, const Finding *finding, gint64 now)
{
	struct met *met = met_of(tally, finding->entry, now);

	if (strcmp(met->message, id) != 0) {
		g_strlcpy(met->message, id, sizeof met->message);
		met->is_decided = false;
		met->usage.hits++;
	}
	met->usage.last = now;
	if (!finding->is_decisive)
		return;
	met->usage.decided = now;
	met->usage.decisions += !met->is_decided;
	met->is_decided = true;
}

/* ---- brake ---- */

static struct holder *
holder_of(Tally *tally, const Decision *decision)
{
	const Finding *finding = decision->because;
	struct holder *holder = g_hash_table_lookup(tally->holders,
						    finding->entry);

	if (holder)
		return holder;
	holder = g_new0(struct holder, 1);
	holder->key = g_strdup(finding->entry);
	holder->tenant = g_strdup(decision->tenant);
	holder->text = g_strdup(finding->text);
	holder->is_automatic = finding->is_automatic;
	g_hash_table_replace(tally->holders, holder->key, holder);
	return holder;
}

static void
raise_alarm(Tally *tally, struct holder *holder, guint held, guint mail,
	    gint64 now)
{
	struct alarm *alarm = g_new0(struct alarm, 1);

	holder->told = now;
	alarm->is_automatic = holder->is_automatic;
	alarm->brake = (struct brake){
		.key = g_strdup(holder->key),
		.tenant = g_strdup(holder->tenant),
		.text = g_strdup(holder->text),
		.at = now, .held = held, .mail = mail,
	};
	g_ptr_array_add(tally->alarms, alarm);
}

/* The entry that won had the message of one recipient held. */
static void
count_hold(Tally *tally, const char *id, const Decision *decision,
	   gint64 now)
{
	struct holder *holder = holder_of(tally, decision);
	guint held, mail;

	if (strcmp(holder->message, id) == 0)
		return;
	g_strlcpy(holder->message, id, sizeof holder->message);
	window_add(&holder->held, now);
	held = window_sum(&holder->held, now);
	mail = window_sum(&tally->mail, now);
	if (held >= BOUND_BRAKE_HELD &&
	    (guint64)held * 100 > (guint64)mail * BOUND_BRAKE_PERCENT &&
	    (!holder->told || now - holder->told > MINUTES * MINUTE))
		raise_alarm(tally, holder, held, mail, now);
}

static gboolean
is_quiet(gpointer key, gpointer value, gpointer data)
{
	struct holder *holder = value;
	const gint64 *now = data;

	(void)key;
	return window_sum(&holder->held, *now) == 0 &&
	    *now - holder->told > MINUTES * MINUTE;
}

void
tally_message(Tally *tally, const char *id, const GPtrArray *decisions,
	      gint64 now)
{
	if (strcmp(tally->message, id) != 0) {
		g_strlcpy(tally->message, id, sizeof tally->message);
		window_add(&tally->mail, now);
	}
	for (guint i = 0; decisions && i < decisions->len; i++) {
		const Decision *decision = decisions->pdata[i];

		for (guint j = 0; j < decision->findings->len; j++) {
			const Finding *finding = decision->findings->pdata[j];

			if (finding->entry && !finding->is_void &&
			    (finding->speaker == SPEAKER_TENANT ||
			     finding->speaker == SPEAKER_FEED))
				count_use(tally, id, finding, now);
		}
		if (decision->because && decision->because->entry &&
		    decision->asked >= ACTION_QUARANTINE)
			count_hold(tally, id, decision, now);
	}
}

bool
tally_is_due(const Tally *tally)
{
	return g_hash_table_size(tally->met) > 0 || tally->alarms->len > 0;
}

GPtrArray *
tally_usages(Tally *tally)
{
	GPtrArray *all = g_ptr_array_new_with_free_func(g_free);
	GHashTableIter iter;
	gpointer value;

	g_hash_table_iter_init(&iter, tally->met);
	while (g_hash_table_iter_next(&iter, NULL, &value)) {
		const struct met *met = value;

		g_ptr_array_add(all, g_memdup2(&met->usage, sizeof(Usage)));
	}
	g_hash_table_remove_all(tally->met);
	return all;
}

GPtrArray *
tally_alarms(Tally *tally)
{
	GPtrArray *all = tally->alarms;
	gint64 now = clock_now();

	tally->alarms = alarms_new();
	g_hash_table_foreach_remove(tally->holders, is_quiet, &now);
	return all;
}

void
tally_put_back(Tally *tally, const GPtrArray *usages)
{
	for (guint i = 0; i < usages->len; i++) {
		const Usage *usage = usages->pdata[i];
		struct met *met = met_of(tally, usage->key, usage->first);

		met->usage.first = MIN(met->usage.first, usage->first);
		met->usage.last = MAX(met->usage.last, usage->last);
		met->usage.decided = MAX(met->usage.decided, usage->decided);
		met->usage.hits += usage->hits;
		met->usage.decisions += usage->decisions;
	}
}
