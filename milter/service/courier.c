/*
 * courier.c -- the thread that hands the outbox to the MTA
 *
 * It lives in the front and shares nothing with the mail path but a set of
 * ids: an answer never waits for the listener.  When the process dies, all is
 * on disk and the next one starts with it.
 */
#include "gatepost/service/courier.h"

#include <pthread.h>
#include <time.h>
#include <unistd.h>

#include "gatepost/service/send.h"
#include "gatepost/util/clock.h"
#include "gatepost/util/file.h"
#include "gatepost/util/log.h"
#include "gatepost/util/text.h"

/* Seconds to the second try, and most between two. */
#define FIRST 5
#define LAST 3600
/* Seconds for which an item waits before its delay is an error. */
#define LATE 3600

struct Courier {
	Site *site;
	Setup *(*setup)(void *data);
	void *data;
	pthread_mutex_t lock;
	pthread_cond_t wake;
	GHashTable *held;	/* ids that are not to be sent yet */
	bool is_due;
};

/* ---- one item ---- */

static gint64
back_off(gint64 tries)
{
	gint64 seconds = FIRST;

	for (gint64 i = 1; i < tries && seconds < LAST; i++)
		seconds *= 2;
	return MIN(seconds, LAST) * CLOCK_SECOND;
}

/* The mail of ITEM, whose lists are the array's; free its rcpts. */
static struct mail
mail_of(const Outgoing *item, const char *data)
{
	struct mail mail = {
		.sender = item->sender ? item->sender : "",
		.options = item->options, .is_utf8 = item->is_utf8,
		.rcpts = g_new0(struct mail_rcpt, item->rcpts->len),
		.count = item->rcpts->len,
		.data = data, .length = (gsize)item->size,
	};

	for (guint i = 0; i < item->rcpts->len; i++) {
		const OutgoingRcpt *one = item->rcpts->pdata[i];

		mail.rcpts[i].address = one->address;
		mail.rcpts[i].options = one->options;
	}
	return mail;
}

/* Take those off ITEM who have it; *FAULT is why another has not. */
static void
take_off(Outgoing *item, const struct mail *mail, char **fault)
{
	for (guint i = mail->count; i-- > 0;) {
		if (mail->rcpts[i].is_taken) {
			fields_free(&outgoing_rcpt_fields,
				    item->rcpts->pdata[i]);
			g_ptr_array_remove_index(item->rcpts, i);
		} else if (mail->rcpts[i].fault && !*fault) {
			*fault = g_strdup(mail->rcpts[i].fault);
		}
	}
}

static void
note_failure(Site *site, Outgoing *item, const char *fault)
{
	g_autoptr(GError) error = NULL;
	g_autofree char *safe = text_value(fault);
	gint64 now = clock_now();
	char next[CLOCK_TEXT];

	item->tries++;
	item->next = now + back_off(item->tries);
	g_free(item->fault);
	item->fault = g_strdup(fault);
	clock_format(item->next, next);
	if (now - item->at > LATE * CLOCK_SECOND)
		log_error(item->message, "outbox-late item=%s tries=%"
			  G_GINT64_FORMAT " next=%s reason=%s", item->id,
			  item->tries, next, safe);
	else
		log_warning(item->message, "outbox-later item=%s tries=%"
			    G_GINT64_FORMAT " next=%s reason=%s", item->id,
			    item->tries, next, safe);
	if (!outbox_update(site->outbox, item, &error))
		log_error(item->message, "outbox-failed item=%s "
			  "reason=\"%s\"", item->id, error->message);
}

/* Hand ITEM, whose bytes are in FD, to the MTA.  Is all of it gone? */
static bool
send_item(Site *site, const Config *config, Outgoing *item, int fd)
{
	g_autoptr(GError) error = NULL;
	g_autofree char *data = file_get_fd(fd, (gsize)item->size, &error);
	g_autofree char *fault = NULL;
	struct mail mail;

	if (!data) {
		note_failure(site, item, error->message);
		return false;
	}
	mail = mail_of(item, data);
	if (!mail_send(config, &mail, &error))
		fault = g_strdup(error->message);
	take_off(item, &mail, &fault);
	for (guint i = 0; i < mail.count; i++)
		g_free(mail.rcpts[i].fault);
	g_free(mail.rcpts);
	g_clear_error(&error);
	if (item->rcpts->len > 0) {
		note_failure(site, item, fault ? fault : "not taken");
		return false;
	}
	log_info(item->message, "outbox-sent item=%s tries=%"
		 G_GINT64_FORMAT, item->id, item->tries + 1);
	if (!outbox_remove(site->outbox, item->id, &error))
		log_error(item->message, "outbox-failed item=%s "
			  "reason=\"%s\"", item->id, error->message);
	return true;
}

static void
walk_item(Site *site, const Config *config, const char *id, bool is_now,
	  struct courier_walk *walk)
{
	g_autoptr(GError) error = NULL;
	Outgoing *item;
	int fd = outbox_claim(site->outbox, id, &item, &error);

	if (fd < 0) {
		if (error) {
			log_error(NULL, "outbox-failed item=%s "
				  "reason=\"%s\"", id, error->message);
			walk->left++;
		}
		return;
	}
	if ((is_now || item->next <= clock_now()) &&
	    send_item(site, config, item, fd)) {
		walk->sent++;
	} else {
		walk->left++;
		walk->next = walk->next ? MIN(walk->next, item->next) :
		    item->next;
	}
	fields_free(&outgoing_fields, item);
	close(fd);
}

void
courier_walk(Site *site, const Config *config, bool is_now,
	     bool (*is_held)(const char *id, void *data), void *data,
	     struct courier_walk *walk)
{
	g_autoptr(GPtrArray) ids = outbox_ids(site->outbox);

	*walk = (struct courier_walk){ 0, 0, 0 };
	for (guint i = 0; i < ids->len; i++)
		if (!is_held || !is_held(ids->pdata[i], data))
			walk_item(site, config, ids->pdata[i], is_now, walk);
}

/* ---- the thread ---- */

static bool
is_held(const char *id, void *data)
{
	Courier *courier = data;
	bool is;

	pthread_mutex_lock(&courier->lock);
	is = g_hash_table_contains(courier->held, id);
	pthread_mutex_unlock(&courier->lock);
	return is;
}

/* Until somebody wakes us, or NEXT (us; 0: an hour from now). */
static void
wait_until(Courier *courier, gint64 next)
{
	struct timespec until;
	gint64 now = clock_now();
	gint64 at = next ? MAX(next, now + CLOCK_SECOND / 10) :
	    now + LAST * CLOCK_SECOND;

	until.tv_sec = (time_t)(at / CLOCK_SECOND);
	until.tv_nsec = (long)(at % CLOCK_SECOND) * 1000;
	pthread_mutex_lock(&courier->lock);
	while (!courier->is_due &&
	       pthread_cond_timedwait(&courier->wake, &courier->lock,
				      &until) == 0)
		;
	courier->is_due = false;
	pthread_mutex_unlock(&courier->lock);
}

static void *
run(void *data)
{
	Courier *courier = data;
	struct courier_walk walk;

	for (;;) {
		Setup *setup = courier->setup(courier->data);

		courier_walk(courier->site, setup->config, false, is_held,
			     courier, &walk);
		setup_unref(setup);
		wait_until(courier, walk.next);
	}
	return NULL;
}

Courier *
courier_new(Site *site, Setup *(*setup)(void *data), void *data)
{
	Courier *courier = g_new0(Courier, 1);
	pthread_t thread;

	courier->site = site;
	courier->setup = setup;
	courier->data = data;
	courier->held = g_hash_table_new_full(g_str_hash, g_str_equal,
					      g_free, NULL);
	pthread_mutex_init(&courier->lock, NULL);
	pthread_cond_init(&courier->wake, NULL);
	if (pthread_create(&thread, NULL, run, courier) != 0)
		g_error("no thread for the outbox");
	pthread_detach(thread);
	return courier;
}

void
courier_hold(Courier *courier, const char *id)
{
	pthread_mutex_lock(&courier->lock);
	g_hash_table_add(courier->held, g_strdup(id));
	pthread_mutex_unlock(&courier->lock);
}

void
courier_go(Courier *courier, const char *id)
{
	pthread_mutex_lock(&courier->lock);
	g_hash_table_remove(courier->held, id);
	courier->is_due = true;
	pthread_cond_signal(&courier->wake);
	pthread_mutex_unlock(&courier->lock);
}

bool
courier_post(Site *site, Courier *courier, const char *message,
	     const char *to, const GString *mail, GError **error)
{
	Outgoing *item = fields_new(&outgoing_fields);
	OutgoingRcpt *rcpt = fields_new(&outgoing_rcpt_fields);
	int fd = file_memory(mail->str, mail->len, error);
	char id[ID_TEXT];
	bool good;

	id_new(id);
	item->id = g_strdup(id);
	item->message = g_strdup(message);
	item->at = clock_now();
	item->sender = g_strdup("");
	rcpt->rcpt = g_strdup(to);
	rcpt->address = g_strdup(to);
	rcpt->options = g_strdup("NOTIFY=NEVER");
	g_ptr_array_add(item->rcpts, rcpt);
	good = fd >= 0 && outbox_put(site->outbox, item, fd, mail->len,
				     error);
	if (fd >= 0)
		close(fd);
	fields_free(&outgoing_fields, item);
	if (good && courier)
		courier_go(courier, id);
	return good;
}

bool
courier_send(Site *site, const Config *config, const char *message,
	     const char *to, const GString *mail, GError **error)
{
	struct mail_rcpt rcpt = { .address = to, .options = "NOTIFY=NEVER" };
	struct mail letter = {
		.sender = "", .rcpts = &rcpt, .count = 1,
		.data = mail->str, .length = mail->len,
	};
	g_autoptr(GError) fault = NULL;
	bool is_sent = mail_send(config, &letter, &fault);

	g_free(rcpt.fault);
	if (is_sent)
		return true;
	if (!rcpt.is_refused &&
	    (config->release.smtp || config->release.sendmail))
		return courier_post(site, NULL, message, to, mail, error);
	g_propagate_error(error, g_steal_pointer(&fault));
	return false;
}
