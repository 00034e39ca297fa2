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
#include "gatepost/service/send.h"
#include "gatepost/util/clock.h"
#include "gatepost/util/file.h"

static const char *
given(const char *text)
{
	return text && *text ? text : "unknown";
}

/* Append our trace: whose message it was, and where it lay (RFC 5321 4.4). */
static void
add_trace(GString *out, const Held *held, const char *mta, const char *proof,
	  gint64 now)
{
	g_autoptr(GDateTime) time = g_date_time_new_from_unix_utc(
	    now / CLOCK_SECOND);
	g_autofree char *date = g_date_time_format(time,
						   "%a, %d %b %Y %H:%M:%S "
						   "+0000");

	if (proof)
		g_string_append_printf(out, "%s: %s\r\n", PROOF_FIELD, proof);
	g_string_append_printf(out, "X-Gatepost-Id: %s\r\n", held->id);
	if (held->results)
		g_string_append_printf(out, "Authentication-Results: %s\r\n",
				       held->results);
	g_string_append_printf(out, "Received: from %s (%s [%s])\r\n"
			       "\tby %s (Gatepost quarantine) id %s;\r\n"
			       "\t%s\r\n", given(held->helo),
			       given(held->client_name),
			       given(held->client_address), mta, held->id,
			       date);
}

/* Is the field NAME, the INDEXth of that name, to be left out? */
static bool
is_left_out(const Held *held, const char *name, gsize length, gint64 index)
{
	if ((length == 11 && g_ascii_strncasecmp(name, "Return-Path", 11) ==
	     0) ||
	    (length == 12 && g_ascii_strncasecmp(name, "Delivered-To", 12) ==
	     0))
		return true;
	for (guint i = 0; i < held->ours->len; i++) {
		const Field *field = held->ours->pdata[i];

		if (field->index == index && strlen(field->name) == length &&
		    g_ascii_strncasecmp(field->name, name, length) == 0)
			return true;
	}
	return false;
}

/* The end of the field that starts at AT: behind its last folded line. */
static gsize
field_end(const char *data, gsize size, gsize at)
{
	do {
		const char *end = memchr(data + at, '\n', size - at);

		at = end ? (gsize)(end - data) + 1 : size;
	} while (at < size && (data[at] == ' ' || data[at] == '\t'));
	return at;
}

static gint64
count_field(GHashTable *seen, const char *name, gsize length)
{
	g_autofree char *lower = g_ascii_strdown(name, (gssize)length);
	gint64 index = GPOINTER_TO_INT(g_hash_table_lookup(seen, lower)) + 1;

	g_hash_table_replace(seen, g_steal_pointer(&lower),
			     GINT_TO_POINTER((int)index));
	return index;
}

char *
release_bytes(const Held *held, const char *mta, const char *data,
	      gsize size, const char *proof, gint64 now, gsize *length)
{
	g_autoptr(GHashTable) seen = g_hash_table_new_full(g_str_hash,
							   g_str_equal,
							   g_free, NULL);
	GString *out = g_string_sized_new(size + 1024);
	gsize at = 0;

	add_trace(out, held, mta, proof, now);
	while (at < size && data[at] != '\r' && data[at] != '\n') {
		gsize end = field_end(data, size, at);
		const char *colon = memchr(data + at, ':', end - at);
		gsize name = colon ? (gsize)(colon - data) - at : 0;

		if (!name || !is_left_out(held, data + at, name,
					  count_field(seen, data + at,
						      name)))
			g_string_append_len(out, data + at,
					    (gssize)(end - at));
		at = end;
	}
	g_string_append_len(out, data + at, (gssize)(size - at));
	*length = out->len;
	return g_string_free(out, FALSE);
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

/* Did it come with SMTPUTF8, and has its header octets that need it? */
static bool
is_utf8(const Held *held, const char *data, gsize size)
{
	bool is_said = false;

	for (guint i = 0; i < held->mail_options->len; i++)
		is_said |= g_ascii_strcasecmp(held->mail_options->pdata[i],
					      "SMTPUTF8") == 0;
	for (gsize i = 0; is_said && i < size; i++) {
		if ((guchar)data[i] >= 0x80)
			return true;
		if (data[i] == '\n' && i + 1 < size &&
		    (data[i + 1] == '\n' || data[i + 1] == '\r'))
			break;
	}
	return false;
}

/* Send what is held to ADDRESS, in normal form RCPT, to which the proof is
 * bound. */
static bool
send_copy(Site *site, const Config *config, const Held *held,
	  const char *rcpt, const char *address, GError **error)
{
	g_autofree char *sender = sender_of(config, held);
	g_autofree char *data = NULL, *proof = NULL, *bytes = NULL;
	gint64 now = clock_now();
	gsize length;
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
				   held->body_sha256, now);
	bytes = release_bytes(held, g_get_host_name(), data,
			      (gsize)held->size, proof, now, &length);
	return mail_send_quietly(config, sender, address, bytes, length,
				 is_utf8(held, data, (gsize)held->size),
				 error);
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
	/* Read under the claim: who waited for it sees what was done. */
	int claim = quarantine_claim(site->quarantine, id, error);
	Held *held = claim < 0 ? NULL :
	    quarantine_read(site->quarantine, id, error);
	enum held_step step = !held ? STEP_FAILED :
	    send_and_mark(site, config, held, rcpt, by, note, is, error);

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
