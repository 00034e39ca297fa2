/*
 * notice.c -- what we tell people by mail
 *
 * The end of entries is an alert first and noted then: a crash between tells
 * it twice.  All of it is sent from the null sender and says that no person
 * wrote it (RFC 3834); what strangers wrote is shown, never linked.
 */
#include "gatepost/service/notice.h"

#include <string.h>

#include "gatepost/bounds.h"
#include "gatepost/service/alert.h"
#include "gatepost/service/letter.h"
#include "gatepost/service/phrases.h"
#include "gatepost/service/send.h"
#include "gatepost/util/clock.h"
#include "gatepost/util/text.h"

/* What ends soon and was not told, of struct ending; NULL and ERROR set. */
static GArray *
collect(Usages *usages, const Life *life, const GPtrArray *entries,
	gint64 now, GError **error)
{
	g_autoptr(GArray) all = life_endings(life, entries, now +
					     BOUND_NOTICE_DAYS * CLOCK_DAY);
	g_autoptr(GArray) soon = g_array_new(FALSE, TRUE,
					     sizeof(struct ending));
	g_autoptr(GError) fault = NULL;

	for (guint i = 0; i < all->len && !fault; i++) {
		struct ending *one = &g_array_index(all, struct ending, i);

		if (one->end > now &&
		    !notice_is_told(usages, one->entry->key, one->end,
				    &fault))
			g_array_append_val(soon, *one);
	}
	if (!fault)
		return g_steal_pointer(&soon);
	g_propagate_error(error, g_steal_pointer(&fault));
	return NULL;
}

/* Send TEXT to RCPT of TENANT. */
static bool
send_text(const Config *config, const Tenant *tenant, const char *rcpt,
	  const char *subject, const char *text, gint64 now, GError **error)
{
	const struct letter letter = {
		.tenant = tenant, .to = rcpt, .subject = subject,
		.text = text,
	};
	g_autoptr(GString) mail = letter_make(&letter, now);

	return mail_send_quietly(config, "", rcpt, mail->str, mail->len,
				 false, error);
}

static void
add_entry(GString *out, const struct ending *one)
{
	g_autofree char *text = text_shown(one->entry->text, 400);
	char end[CLOCK_TEXT];

	clock_format(one->end, end);
	g_string_append_printf(out, "%s  %s\r\n  %s, %s:%u\r\n  key %s\r\n"
			       "\r\n", end, text,
			       strcmp(one->why, "unused") == 0 ?
			       "ends unless it is used until then" :
			       "expires", one->entry->file, one->entry->line,
			       one->entry->key);
}

static char *
compose(const Tenant *tenant, const GArray *soon)
{
	GString *out = g_string_new(NULL);

	g_string_append(out, "These entries of the allow/block list stop "
			"having an effect soon:\r\n\r\n");
	for (guint i = 0; i < soon->len; i++)
		add_entry(out, &g_array_index(soon, struct ending, i));
	g_string_append_printf(out, "To keep one, take it out and add it "
			       "again with a later end:\r\n"
			       "  gatepost list remove KEY --tenant %s\r\n"
			       "  gatepost list add ... expires=+30d "
			       "--tenant %s\r\n"
			       "What stands in a file of your own is edited "
			       "there.  All of them:\r\n"
			       "  gatepost list expiring --tenant %s\r\n",
			       tenant->name, tenant->name, tenant->name);
	return g_string_free(out, FALSE);
}

bool
notice_ends(Site *site, const Config *config, const Tenant *tenant,
	    const Life *life, const GPtrArray *entries, gint64 now,
	    guint *told, GError **error)
{
	g_autofree char *subject = NULL, *text = NULL;
	g_autoptr(GArray) soon = NULL;

	if (tenant->admins->len == 0 && tenant->alerts.command->len == 0)
		return true;
	if (!(soon = collect(site->usages, life, entries, now, error)))
		return false;
	subject = g_strdup_printf("%u list entr%s of %s end%s soon",
				  soon->len, soon->len == 1 ? "y" : "ies",
				  tenant->name, soon->len == 1 ? "s" : "");
	text = compose(tenant, soon);
	if (soon->len)
		alert(site, config, tenant, ALERT_ENTRY_EXPIRING, subject,
		      text);
	for (guint i = 0; i < soon->len; i++) {
		const struct ending *one = &g_array_index(soon, struct ending,
							  i);

		if (!notice_tell(site->usages, one->entry->key, one->end,
				 error))
			return false;
	}
	*told += soon->len;
	return true;
}

/* ---- held mail ---- */

static void
add_line(GString *out, const char *name, const char *value)
{
	g_autofree char *plain = letter_plain(value, 200);

	g_string_append_printf(out, "  %-10s %s\r\n", name, plain);
}

static void
add_item(GString *out, const Held *held, const HeldRcpt *rcpt)
{
	char received[CLOCK_TEXT], expires[CLOCK_TEXT];

	clock_format(held->received, received);
	clock_format(rcpt->expires, expires);
	g_string_append_printf(out, "  %-10s %s\r\n", "Item", held->id);
	add_line(out, "To", rcpt->rcpt);
	add_line(out, "From", held->from);
	add_line(out, "Subject", held->subject);
	g_string_append_printf(out, "  %-10s %s\r\n  %-10s %s\r\n",
			       "Received", received, "Expires", expires);
}

/* What the admins decide by, and how. */
static void
add_request(GString *out, const Held *held, const HeldRcpt *rcpt)
{
	/* The address is a stranger's choice: no shell may run it. */
	g_autofree char *quoted = g_shell_quote(rcpt->rcpt);
	g_autofree char *shown = text_shown(quoted, 400);

	g_string_append(out, "The release of a held message is requested."
			"\r\n\r\n");
	add_item(out, held, rcpt);
	add_line(out, "MAIL FROM", held->sender);
	add_line(out, "Client", held->client_address);
	add_line(out, "Held for", rcpt->policy);
	add_line(out, "Reason", rcpt->reason);
	add_line(out, "Asked by", rcpt->by);
	add_line(out, "He says", rcpt->note);
	g_string_append_printf(out, "\r\nTo let it through, or not:\r\n"
			       "  gatepost quarantine approve %s --rcpt %s"
			       "\r\n  gatepost quarantine deny %s --rcpt %s "
			       "--reason TEXT\r\nWhat it is:\r\n"
			       "  gatepost quarantine show %s\r\n"
			       "  gatepost quarantine preview %s\r\n",
			       held->id, shown, held->id, shown, held->id,
			       held->id);
}

void
notice_requested(Site *site, const Config *config, const Held *held,
		 const HeldRcpt *rcpt)
{
	const Tenant *tenant = rcpt->tenant ?
	    config_tenant(config, rcpt->tenant) : NULL;
	g_autofree char *subject = g_strdup_printf("Release requested: %s",
						   held->id);
	g_autoptr(GString) out = g_string_new(NULL);

	add_request(out, held, rcpt);
	if (tenant)
		alert(site, config, tenant, ALERT_RELEASE_REQUESTED, subject,
		      out->str);
}

bool
notice_answered(const Config *config, const Held *held, const HeldRcpt *rcpt,
		int language, GError **error)
{
	const Tenant *tenant = rcpt->tenant ?
	    config_tenant(config, rcpt->tenant) : NULL;
	bool is_over = rcpt->state == HELD_EXPIRED;
	bool is_denied = rcpt->state == HELD_DENIED ||
	    rcpt->state == HELD_DELETED || is_over;
	g_autofree char *to = smtp_address(rcpt->given, rcpt->rcpt);
	g_autoptr(GString) out = NULL;

	if (!tenant || !smtp_is_safe(to))
		return true;
	language = language >= 0 ? language : tenant->language;
	out = g_string_new(phrase(language, is_over ?
	    PHRASE("Nobody decided on a message that you asked for before "
		   "its time was over.  It is deleted.\n") : is_denied ?
	    PHRASE("An administrator looked at a message that is held for "
		   "you and decided not to release it.\n") :
	    PHRASE("An administrator released a message that was held for "
		   "you.  It is on its way to your mailbox.\n")));
	g_string_append_c(out, '\n');
	letter_add_item(out, language, tenant, held, rcpt);
	if (is_denied && rcpt->note)
		letter_add_line(out, language, PHRASE("Reason:"),
				rcpt->note);
	return send_text(config, tenant, to, phrase(language, is_denied ?
	    PHRASE("Your request for a held message was denied") :
	    PHRASE("Your request for a held message was granted")), out->str,
	    clock_now(), error);
}
