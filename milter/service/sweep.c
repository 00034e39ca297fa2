/*
 * sweep.c -- expiry and retention: a row a store
 */
#include "gatepost/service/sweep.h"

#include "gatepost/bounds.h"
#include "gatepost/service/alert.h"
#include "gatepost/service/handle.h"
#include "gatepost/service/past.h"
#include "gatepost/service/triage.h"
#include "gatepost/util/clock.h"
#include "gatepost/util/ids.h"

struct sweeping {
	Site *site;
	const Config *config;
	gint64 now;		/* us */
	struct swept *done;
};

static gint64
before(const struct sweeping *work, gint64 days)
{
	return work->now - days * CLOCK_DAY;
}

/* What became of a message that nobody holds any more is kept as long again
 * as it was held, so that `show` can still tell; its octets are not. */
static bool
sweep_quarantine(struct sweeping *work, GError **error)
{
	guint undecided = 0;
	bool good = handle_undecided(work->site, work->config, work->now,
				     &undecided, error);

	good = quarantine_sweep(work->site->quarantine, work->now,
				before(work, work->config->keep.quarantine),
				&work->done->expired, &work->done->items,
				good ? error : NULL) && good;
	work->done->expired += undecided;
	return good;
}

static bool
sweep_approved(struct sweeping *work, GError **error)
{
	work->done->released = handle_approved(work->site, work->config,
					       error);
	return !(error && *error);
}

static bool
sweep_trail(struct sweeping *work, GError **error)
{
	return trail_sweep(work->site->trail,
			   before(work, work->config->keep.audit), error);
}

static bool
sweep_state(struct sweeping *work, GError **error)
{
	return state_sweep(work->site->state, before(work, BOUND_RETRY_DAYS),
			   error);
}

static bool
sweep_tokens(struct sweeping *work, GError **error)
{
	return choices_sweep(work->site->choices, work->now, error);
}

static bool
sweep_lists(struct sweeping *work, GError **error)
{
	return life_sweep(work->site, work->config, work->now,
			  &work->done->life, error);
}

static bool
sweep_contacts(struct sweeping *work, GError **error)
{
	return contacts_sweep(work->site->contacts,
			      before(work, work->config->keep.contacts),
			      error);
}

static bool
sweep_ledger(struct sweeping *work, GError **error)
{
	(void)error;
	work->done->days = ledger_sweep(work->site->ledger,
	    before(work, work->config->keep.ledger));
	return true;
}

/* A tenant that is gone from the configuration keeps nothing. */
static bool
sweep_evidence(struct sweeping *work, GError **error)
{
	g_autoptr(GPtrArray) names = evidence_tenants(work->site->evidence);

	(void)error;
	for (guint i = 0; i < names->len; i++) {
		const Tenant *tenant = config_tenant(work->config,
						     names->pdata[i]);
		gint64 days = tenant && tenant->evidence.retain !=
		    RETAIN_NONE ? tenant->evidence.days : -1;

		work->done->evidence += evidence_sweep(work->site->evidence,
						       names->pdata[i],
						       before(work, days));
	}
	return true;
}

static guint
sweep_box(struct sweeping *work, Box *box, const char *const *states)
{
	guint gone = 0;

	for (; *states; states++) {
		g_autoptr(GPtrArray) ids = box_list(box, *states);

		for (guint i = 0; i < ids->len; i++)
			if (id_time(ids->pdata[i]) <
			    before(work, work->config->keep.spool))
				gone += box_remove(box, *states,
						   ids->pdata[i], NULL);
	}
	return gone;
}

/* Since the last sweep, or a day when that is not known, or said by a clock
 * that was wrong. */
static bool
sweep_past(struct sweeping *work, GError **error)
{
	gint64 since = before(work, 1);

	jobs_last(work->site->alerts, "sweep", &since, NULL);
	if (since > work->now)
		since = before(work, 1);
	/* Entries know whole seconds. */
	return past_look(work->site, work->config,
			 since - CLOCK_SECOND, work->now,
			 &work->done->past, error);
}

/* What waits for an analyst stays, however long; its end is the drain's. */
static bool
sweep_spool(struct sweeping *work, GError **error)
{
	static const char *const all[] = { "new", "done", "failed", NULL };
	static const char *const over[] = { "done", "failed", NULL };

	(void)error;
	work->done->candidates = sweep_box(work, work->site->candidates, all);
	work->done->submissions = sweep_box(work, work->site->submissions,
					    over);
	return true;
}

static bool
sweep_suspects(struct sweeping *work, GError **error)
{
	return candidates_sweep(work->site->suspected,
				before(work, work->config->keep.spool),
				error);
}

static bool
sweep_submissions(struct sweeping *work, GError **error)
{
	return submissions_sweep(work->site->submitted,
	    before(work, work->config->keep.submissions), error);
}

static bool
sweep_reports(struct sweeping *work, GError **error)
{
	return triage_sweep(work->site, work->config, work->now,
			    &work->done->reports, error);
}

static bool
sweep_alerts(struct sweeping *work, GError **error)
{
	guint failed = alerts_flush(work->site, work->config, work->now);

	if (failed) {
		g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_IO, "%u could "
			    "be told to nobody, see above; the daemon and the "
			    "next sweep try again", failed);
		return false;
	}
	return alerts_sweep(work->site->alerts,
			    before(work, work->config->keep.audit), error);
}

static bool
sweep_crashes(struct sweeping *work, GError **error)
{
	Site *site = work->site;

	(void)error;
	work->done->items += box_sweep(site->candidates) +
	    box_sweep(site->submissions) + box_sweep(site->actions) +
	    outbox_sweep(site->outbox);
	return true;
}

/* To have a store swept: a row. */
static const struct {
	const char *what;
	bool (*run)(struct sweeping *work, GError **error);
} steps[] = {
	{ "quarantine", sweep_quarantine },
	{ "approved mail", sweep_approved },
	{ "audit log", sweep_trail },
	{ "state", sweep_state },
	{ "tokens", sweep_tokens },
	{ "lists", sweep_lists },
	{ "contacts", sweep_contacts },
	{ "ledger", sweep_ledger },
	{ "evidence", sweep_evidence },
	{ "past mail", sweep_past },
	{ "spool", sweep_spool },
	{ "candidates", sweep_suspects },
	{ "submissions", sweep_submissions },
	{ "reports", sweep_reports },
	{ "alerts", sweep_alerts },
	{ "what a crash left", sweep_crashes },
};

void
sweep(Site *site, const Config *config, gint64 now, struct swept *done,
      GPtrArray *faults)
{
	struct sweeping work = { site, config, now, done };

	for (guint i = 0; i < G_N_ELEMENTS(steps); i++) {
		g_autoptr(GError) error = NULL;

		if (steps[i].run(&work, &error) || !error)
			continue;
		g_prefix_error(&error, "%s: ", steps[i].what);
		g_ptr_array_add(faults, g_steal_pointer(&error));
	}
}
