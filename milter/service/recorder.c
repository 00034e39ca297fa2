/*
 * recorder.c -- one thread that writes the ledger and the candidate spool
 *
 * It wakes every 80 ms while there is work and takes up to a batch at once,
 * so a crash loses at most the last 100 ms of what only records.
 */
#include "gatepost/service/recorder.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "gatepost/bounds.h"
#include "gatepost/service/tally.h"
#include "gatepost/util/clock.h"
#include "gatepost/util/file.h"
#include "gatepost/util/log.h"
#include "gatepost/util/text.h"

struct Recorder {
	Site *site;
	gint64 min_free;
	pthread_t thread;
	pthread_mutex_t lock;		/* of all below */
	pthread_cond_t more;
	GPtrArray *records;		/* of Record * */
	GPtrArray *copies;		/* of struct copy * */
	gsize octets;			/* of copies */
	gsize body_octets;		/* of records */
	guint64 dropped;
	Tally *tally;
	gint64 tallied;			/* us: when it was last written */
	bool is_tally_bad;		/* and that failed */
	bool is_ending;
};

static GPtrArray *
new_records(void)
{
	return g_ptr_array_new_with_free_func((GDestroyNotify)record_free);
}

static GPtrArray *
new_copies(void)
{
	return g_ptr_array_new_with_free_func((GDestroyNotify)copy_free);
}

/* Who wrote to whom, of one batch: if that is lost, somebody is a stranger
 * once more. */
static void
write_contacts(Recorder *recorder, const GPtrArray *records)
{
	g_autoptr(GArray) keys = g_array_new(FALSE, FALSE, sizeof(gint64));
	g_autoptr(GError) error = NULL;

	for (guint i = 0; i < records->len; i++) {
		const Record *record = records->pdata[i];

		g_array_append_vals(keys, record->contacts->data,
				    record->contacts->len);
	}
	if (keys->len && !contacts_note(recorder->site->contacts, keys,
					clock_now(), &error))
		log_error(NULL, "contacts-failed reason=\"%s\"",
			  error->message);
}

/* Does a tenant want its octets? */
static bool
admit_candidate(Recorder *recorder, const struct copy *copy, bool *is_wanted,
		GError **error)
{
	*is_wanted = false;
	for (guint i = 0; i < copy->suspects->len; i++) {
		const struct suspect *one = copy->suspects->pdata[i];
		g_autoptr(GPtrArray) evicted =
		    g_ptr_array_new_with_free_func(g_free);
		enum candidate_state state;
		struct candidate_row row = {
			.tenant = one->tenant, .id = copy->id,
			.at = id_time(copy->id), .score = one->score,
			.rules = one->rules->str, .rcpts = one->rcpts->str,
			.sender = one->sender, .from = one->from,
			.subject = one->subject, .body = one->body,
			.kin = one->kin,
		};

		if (!candidates_admit(recorder->site->suspected, &row,
				      one->daily, &state, evicted, error))
			return false;
		*is_wanted |= state == CANDIDATE_NEW;
		/* Those whose place a worse one took. */
		copies_settle(recorder->site, evicted, NULL);
	}
	return true;
}

/* Most of a flood are alike, and cost a row alone. */
static bool
write_candidate(Recorder *recorder, const struct copy *copy)
{
	g_autoptr(GError) error = NULL;
	bool is_wanted;

	if (admit_candidate(recorder, copy, &is_wanted, &error) &&
	    (!is_wanted ||
	     box_put(recorder->site->candidates, "new", copy->id, copy->fd,
		     copy->size, copy->json, &error)))
		return true;
	log_error(NULL, "spool-failed dropped=1 reason=\"%s\"",
		  error->message);
	return false;
}

/* The evidence of TENANT among COPIES, in one transaction; how many are
 * lost. */
static guint
write_evidence(Recorder *recorder, const GPtrArray *copies,
	       const char *tenant)
{
	g_autofree struct evidence_item *items =
	    g_new0(struct evidence_item, copies->len);
	g_autoptr(GError) error = NULL;
	gint64 most = 0;
	guint count = 0;

	for (guint i = 0; i < copies->len; i++) {
		const struct copy *one = copies->pdata[i];

		if (g_strcmp0(one->tenant, tenant) != 0)
			continue;
		items[count++] = (struct evidence_item){
			one->id, one->json, one->fd, one->size };
		most = one->most;
	}
	if (evidence_put(recorder->site->evidence, tenant, most, items,
			 count, &error))
		return 0;
	log_error(NULL, "evidence-failed tenant=%s dropped=%u reason=\"%s\"",
		  tenant, count, error->message);
	return count;
}

static guint
write_copies(Recorder *recorder, const GPtrArray *copies)
{
	g_autoptr(GHashTable) tenants = g_hash_table_new(g_str_hash,
							 g_str_equal);
	guint lost = 0;

	for (guint i = 0; i < copies->len; i++) {
		const struct copy *one = copies->pdata[i];

		if (!one->tenant)
			lost += !write_candidate(recorder, one);
		else if (g_hash_table_add(tenants, one->tenant))
			lost += write_evidence(recorder, copies,
					       one->tenant);
	}
	return lost;
}

/* Write one batch; how many items were lost. */
static guint
write_batch(Recorder *recorder, GPtrArray *records, const GPtrArray *copies)
{
	g_autoptr(GError) error = NULL;
	guint lost = 0;

	if (folder_free(recorder->site->folder) <
	    (double)recorder->min_free) {
		log_error(NULL, "disk-low free_below=%" G_GINT64_FORMAT
			  "%% dropped=%u note=\"nothing but held mail is "
			  "written\" do=\"free space in %s\"",
			  recorder->min_free,
			  records->len + copies->len,
			  recorder->site->path);
		return records->len + copies->len;
	}
	if (records->len && !ledger_write(recorder->site->ledger, records,
					  &error)) {
		log_error(NULL, "ledger-failed dropped=%u reason=\"%s\"",
			  records->len, error->message);
		lost += records->len;
	}
	write_contacts(recorder, records);
	return lost + write_copies(recorder, copies);
}

/* ---- what entries do ---- */

/* An entry holds too much: one that no person wrote only observes from now
 * on.  The compiler sees to that, so no message waits for it. */
static void
sound(Recorder *recorder, const struct alarm *alarm)
{
	const struct brake *brake = &alarm->brake;
	g_autofree char *text = text_value(brake->text);
	g_autofree char *key = text_value(brake->key);
	g_autoptr(GError) error = NULL;

	log_warning(NULL, "%s entry=%s tenant=%s held=%" G_GINT64_FORMAT
		    " mail=%" G_GINT64_FORMAT " text=%s note=\"%s\" "
		    "do=\"%s\"",
		    alarm->is_automatic ? "entry-braked" : "entry-holds-much",
		    key, brake->tenant, brake->held, brake->mail,
		    text, alarm->is_automatic ?
		    "no person wrote it, so it only observes now" :
		    "it acts on", alarm->is_automatic ?
		    "see gatepost list audit" :
		    "if that is wrong, remove it and see gatepost "
		    "quarantine release --entry");
	if (!alarm->is_automatic)
		return;
	if (!brake_set(recorder->site->usages, brake, &error) ||
	    !lists_are_due(recorder->site->folder, &error))
		log_error(NULL, "brake-failed entry=%s reason=\"%s\"",
			  key, error->message);
}

/* Write the tally; by the lock it is ours alone. */
static void
write_tally(Recorder *recorder)
{
	g_autoptr(GPtrArray) usages = NULL, alarms = NULL;
	g_autoptr(GError) error = NULL;
	bool good;

	pthread_mutex_lock(&recorder->lock);
	usages = tally_usages(recorder->tally);
	alarms = tally_alarms(recorder->tally);
	pthread_mutex_unlock(&recorder->lock);
	for (guint i = 0; i < alarms->len; i++)
		sound(recorder, alarms->pdata[i]);
	good = usages->len == 0 ||
	    usage_add(recorder->site->usages, usages, &error);
	if (!good && !recorder->is_tally_bad)
		log_error(NULL, "usage-failed entries=%u reason=\"%s\" "
			  "note=\"kept in memory until it can be written\"",
			  usages->len, error->message);
	recorder->is_tally_bad = !good;
	if (good)
		return;
	pthread_mutex_lock(&recorder->lock);
	tally_put_back(recorder->tally, usages);
	pthread_mutex_unlock(&recorder->lock);
}

static void
tally_when_due(Recorder *recorder, bool is_ending)
{
	gint64 now = clock_now();
	bool is_due;

	pthread_mutex_lock(&recorder->lock);
	is_due = tally_is_due(recorder->tally) &&
	    (is_ending || now - recorder->tallied >= G_USEC_PER_SEC ||
	     now < recorder->tallied);
	if (is_due)
		recorder->tallied = now;
	pthread_mutex_unlock(&recorder->lock);
	if (is_due)
		write_tally(recorder);
}

static void
wait_a_little(void)
{
	struct timespec step = { 0, 80 * 1000 * 1000 };

	nanosleep(&step, NULL);
}

/* Until there is a record, the end, or a second with a tally unwritten; the
 * lock is held. */
static void
wait_for_more(Recorder *recorder)
{
	struct timespec until;

	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_sec++;
	while (!recorder->records->len && !recorder->is_ending)
		if (!tally_is_due(recorder->tally))
			pthread_cond_wait(&recorder->more, &recorder->lock);
		else if (pthread_cond_timedwait(&recorder->more,
						&recorder->lock,
						&until) == ETIMEDOUT)
			return;
}

static void *
run(void *data)
{
	Recorder *recorder = data;
	bool is_ending = false;

	while (!is_ending) {
		GPtrArray *records, *copies;
		guint lost;

		pthread_mutex_lock(&recorder->lock);
		wait_for_more(recorder);
		pthread_mutex_unlock(&recorder->lock);
		wait_a_little();
		pthread_mutex_lock(&recorder->lock);
		records = recorder->records;
		copies = recorder->copies;
		recorder->records = new_records();
		recorder->copies = new_copies();
		recorder->octets = 0;
		recorder->body_octets = 0;
		is_ending = recorder->is_ending;
		pthread_mutex_unlock(&recorder->lock);
		lost = records->len ? write_batch(recorder, records,
						  copies) : 0;
		g_ptr_array_free(records, TRUE);
		g_ptr_array_free(copies, TRUE);
		tally_when_due(recorder, is_ending);
		pthread_mutex_lock(&recorder->lock);
		recorder->dropped += lost;
		pthread_mutex_unlock(&recorder->lock);
	}
	return NULL;
}

Recorder *
recorder_new(Site *site, gint64 min_free)
{
	Recorder *recorder = g_new0(Recorder, 1);
	int fault;

	recorder->site = site;
	recorder->min_free = min_free;
	recorder->records = new_records();
	recorder->copies = new_copies();
	recorder->tally = tally_new();
	pthread_mutex_init(&recorder->lock, NULL);
	pthread_cond_init(&recorder->more, NULL);
	fault = pthread_create(&recorder->thread, NULL, run, recorder);
	if (fault)
		g_error("pthread_create: %s", g_strerror(fault));
	pthread_setname_np(recorder->thread, "gatepost-record");
	return recorder;
}

/* Queue what there is room for; how many are left in COPIES.  The lock is
 * held. */
static guint
queue_copies(Recorder *recorder, GPtrArray *copies)
{
	for (guint i = copies->len; i-- > 0;) {
		struct copy *one = copies->pdata[i];

		if ((one->fd < 0 && !one->tenant) ||
		    recorder->copies->len >= BOUND_SPOOL_FILES ||
		    recorder->octets + one->size > BOUND_SPOOL_QUEUE)
			continue;
		recorder->octets += one->size;
		g_ptr_array_add(recorder->copies,
				g_ptr_array_steal_index_fast(copies, i));
	}
	return copies->len;
}

void
recorder_take(Recorder *recorder, Record *record, GPtrArray *copies)
{
	gsize body = strlen(record->body);
	guint left = 0;
	bool fits;

	pthread_mutex_lock(&recorder->lock);
	fits = recorder->records->len < BOUND_LEDGER_QUEUE &&
	    recorder->body_octets + body <= BOUND_LEDGER_OCTETS &&
	    !recorder->is_ending;
	recorder->body_octets += fits ? body : 0;
	if (fits) {
		g_ptr_array_add(recorder->records, record);
		if (recorder->records->len == 1)
			pthread_cond_signal(&recorder->more);
	}
	if (copies)
		left = fits ? queue_copies(recorder, copies) : copies->len;
	recorder->dropped += !fits + left;
	pthread_mutex_unlock(&recorder->lock);
	if (!fits || left)
		log_error(NULL, "record-dropped what=%s reason=\"the queue "
			  "is full\"", left ? "copy" : "record");
	if (!fits)
		record_free(record);
}

void
recorder_count(Recorder *recorder, const char *id, const GPtrArray *refused,
	       const GPtrArray *decisions)
{
	gint64 now = clock_now();

	pthread_mutex_lock(&recorder->lock);
	tally_message(recorder->tally, id, refused, now);
	tally_message(recorder->tally, id, decisions, now);
	pthread_mutex_unlock(&recorder->lock);
}

void
recorder_end(Recorder *recorder)
{
	pthread_mutex_lock(&recorder->lock);
	recorder->is_ending = true;
	pthread_cond_signal(&recorder->more);
	pthread_mutex_unlock(&recorder->lock);
	pthread_join(recorder->thread, NULL);
}
