/*
 * release.c -- give a held copy to its recipient (design 10)
 *
 * The copy is sent first and marked then: a crash between leaves it held,
 * and a second release gives it twice rather than never.
 */
#include "gatepost/service/release.h"

#include <string.h>
#include <unistd.h>

#include "gatepost/service/proof.h"
#include "gatepost/service/refit.h"
#include "gatepost/service/send.h"
#include "gatepost/util/clock.h"
#include "gatepost/util/file.h"

/* Return-Path and Delivered-To are the mail store's; what we would have taken
 * off at the end of the message is left out too. */
static enum refit
fate(const char *name, gsize length, gint64 index, const char **value,
     void *data)
{
	const Held *held = data;

	(void)value;
	if ((length == 11 && g_ascii_strncasecmp(name, "Return-Path", 11) ==
	     0) ||
	    (length == 12 && g_ascii_strncasecmp(name, "Delivered-To", 12) ==
	     0))
		return REFIT_DROP;
	for (guint i = 0; i < held->ours->len; i++) {
		const Field *field = held->ours->pdata[i];

		if (field->index == index && strlen(field->name) == length &&
		    g_ascii_strncasecmp(field->name, name, length) == 0)
			return REFIT_DROP;
	}
	return REFIT_KEEP;
}

/* The bytes that go out: our trace, then the stored bytes less what is left
 * out.  PROOF may be NULL.  Yours. */
static GString *
bytes_of(const Held *held, const char *data, gsize size, const char *proof)
{
	GString *out = g_string_sized_new(size + 1024);

	if (proof)
		g_string_append_printf(out, "%s: %s\r\n", PROOF_FIELD, proof);
	g_string_append_printf(out, "X-Gatepost-Id: %s\r\n", held->id);
	if (held->results)
		g_string_append_printf(out, "Authentication-Results: %s\r\n",
				       held->results);
	refit_trace(out, "quarantine", held->id, held->helo,
		    held->client_name, held->client_address);
	refit(out, data, size, fate, (gpointer)held);
	return out;
}

static char *
sender_of(const Config *config, const Held *held)
{
	g_autofree char *sender = NULL;

	switch ((enum release_sender)config->release.sender) {
	case RELEASE_ORIGINAL:
		sender = smtp_address(held->sender_given, held->sender ?
				      held->sender : "");
		/* What no MTA would take again cannot be answered either. */
		return g_strdup(smtp_is_safe(sender) ? sender : "");
	case RELEASE_POSTMASTER:
		return g_strdup("postmaster");
	case RELEASE_NULL:
		break;
	}
	return g_strdup("");
}

/* Send what is held to ADDRESS, in normal form RCPT, to which the proof is
 * bound. */
static bool
send_copy(Site *site, const Config *config, const Held *held,
	  const char *rcpt, const char *address, GError **error)
{
	g_autofree char *sender = sender_of(config, held);
	g_autofree char *data = NULL, *proof = NULL;
	g_autoptr(GString) bytes = NULL;
	int fd = quarantine_octets(site->quarantine, held, error);

	if (fd < 0)
		return false;
	data = file_get_fd(fd, (gsize)held->size, error);
	close(fd);
	if (!data)
		return false;
	if (!config->release.smtp && config->release.sendmail &&
	    !held->body_sha256) {
		g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_INVAL,
			    "nothing is known of its body, so our milter "
			    "would hold it again: it needs release.smtp");
		return false;
	}
	if (!config->release.smtp && held->body_sha256)
		proof = proof_make(&site->key, held->id, rcpt,
				   held->body_sha256, clock_now());
	bytes = bytes_of(held, data, (gsize)held->size, proof);
	return mail_send_quietly(config, sender, address, bytes->str,
				 bytes->len,
				 refit_needs_utf8(held->mail_options, data,
						  (gsize)held->size), error);
}

/* RCPT as its MTA wrote it, letter case and all. */
static char *
address_of(const Held *held, const char *rcpt)
{
	const HeldRcpt *copy = quarantine_rcpt(held, rcpt);

	return copy ? smtp_address(copy->given, rcpt) : g_strdup(rcpt);
}

static enum held_step
send_and_mark(Site *site, const Config *config, const Held *held,
	      const char *rcpt, const struct doer *by, const char *note,
	      enum held_state *is, GError **error)
{
	g_autofree char *address = address_of(held, rcpt);
	enum held_step step = quarantine_may(held, rcpt, HELD_RELEASE, by, is,
					     error);

	/* Also that it is done already may have to be told the index. */
	if (step == STEP_ALREADY)
		return quarantine_move(site->quarantine, held->id, rcpt,
				       HELD_RELEASE, by, note, is, error);
	if (step != STEP_DONE)
		return step;
	if (!send_copy(site, config, held, rcpt, address, error))
		return STEP_FAILED;
	return quarantine_move(site->quarantine, held->id, rcpt, HELD_RELEASE,
			       by, note, is, error);
}

enum held_step
release(Site *site, const Config *config, const char *id, const char *rcpt,
	const struct doer *by, const char *note, enum held_state *is,
	GError **error)
{
	/* Read under the claim: who waited for it sees what was done.  What
	 * is spent has nothing to be claimed, and its state says so. */
	g_autoptr(GError) fault = NULL;
	int claim = quarantine_claim(site->quarantine, id, &fault);
	bool is_read = claim >= 0 || g_error_matches(fault, G_FILE_ERROR,
						     G_FILE_ERROR_NOENT);
	Held *held = is_read ? quarantine_read(site->quarantine, id, error) :
	    NULL;
	enum held_step step = !held ? STEP_FAILED :
	    send_and_mark(site, config, held, rcpt, by, note, is, error);

	if (!is_read)
		g_propagate_error(error, g_steal_pointer(&fault));

	fields_free(&held_fields, held);
	if (claim >= 0)
		close(claim);
	return step;
}

bool
release_copy(Site *site, const Config *config, const char *id,
	     const char *address, const struct doer *by, const char *note,
	     GError **error)
{
	Held *held = quarantine_read(site->quarantine, id, error);
	const HeldRcpt *first = held && held->rcpts->len ?
	    held->rcpts->pdata[0] : NULL;
	struct deed deed = {
		.who = by->who, .via = by->via, .what = "copied",
		.object = id, .rcpt = address, .detail = note,
		.tenant = first ? first->tenant : NULL,
	};
	bool good = held && send_copy(site, config, held, address, address,
				      error) &&
	    trail_add(site->trail, &deed, error);

	fields_free(&held_fields, held);
	return good;
}
