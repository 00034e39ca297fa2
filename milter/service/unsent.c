/*
 * unsent.c -- tell our own user to whom his mail was not sent
 *
 * What a list keeps from going out is refused, so that his MTA or mail
 * program tells him.  Where that cannot be (mail of sendmail(1) to several, a
 * link that is known only when others take the message) the copy is held, and
 * he is told by a delivery status notification (RFC 3464).  It is on disk
 * before the answer; when the MTA comes again, he has it twice.
 */
#include "gatepost/service/way.h"

#include <string.h>

#include "gatepost/model/address.h"
#include "gatepost/service/courier.h"
#include "gatepost/service/letter.h"
#include "gatepost/service/phrases.h"
#include "gatepost/service/smtp.h"
#include "gatepost/util/clock.h"
#include "gatepost/util/log.h"
#include "gatepost/util/text.h"

static bool
is_unsent(const Decision *decision)
{
	return decision->is_outbound && decision->because &&
	    decision->action == ACTION_QUARANTINE;
}

static bool
is_user_of(const Config *config, const Tenant *tenant, const char *address)
{
	return address && strchr(address, '@') && smtp_is_safe(address) &&
	    config_tenant_of(config, address_domain(address)) == tenant;
}

/* Where the sender is told: no address but the tenant's own. */
static const char *
sender_of(const Message *message, const Tenant *tenant)
{
	if (is_user_of(message->config, tenant, message->sender))
		return message->sender;
	/* A null sender wants to hear nothing. */
	return *message->sender && is_user_of(message->config, tenant,
					      message->client.login) ?
	    message->client.login : NULL;
}

/* For his mail program; an address that is not ASCII stands in TEXT alone. */
static void
add_status(GString *status, const Decision *decision, const char *id)
{
	if (!g_str_is_ascii(decision->rcpt) || !smtp_is_safe(decision->rcpt))
		return;
	g_string_append_printf(status, "\r\nFinal-Recipient: rfc822; %s\r\n"
			       "Action: failed\r\nStatus: 5.7.1\r\n"
			       "Diagnostic-Code: smtp; 550 5.7.1 on the block "
			       "list by an entry of kind %s (%s)\r\n",
			       decision->rcpt, decision->because->kind, id);
}

static GString *
compose(const Message *message, const Facts *facts, const Tenant *tenant,
	int language, const char *to, const GPtrArray *decisions)
{
	const char *mta = message->mta && g_str_is_ascii(message->mta) ?
	    message->mta : letter_domain(tenant);
	g_autoptr(GString) status = g_string_new("Reporting-MTA: dns; ");
	g_autoptr(GString) text = g_string_new(phrase(language, PHRASE(
	    "Your message was not sent to these recipients:\n")));
	gsize head;

	g_string_append_printf(status, "%s\r\n", mta);
	head = status->len;
	g_string_append_c(text, '\n');
	for (guint i = 0; i < decisions->len; i++) {
		const Decision *decision = decisions->pdata[i];

		if (!is_unsent(decision))
			continue;
		letter_add_line(text, language, PHRASE("To:"),
				decision->rcpt);
		add_status(status, decision, message->id);
	}
	g_string_append_c(text, '\n');
	g_string_append(text, phrase(language, PHRASE(
	    "Your administrators have put the address, or something in the "
	    "message, on a list of what is not sent from here.  They keep "
	    "the message: if it must go out, ask them, and name the item.\n"
	    )));
	g_string_append_c(text, '\n');
	letter_add_line(text, language, PHRASE("Subject:"),
			facts ? facts->subject : NULL);
	letter_add_line(text, language, PHRASE("Item:"), message->id);
	return letter_make(&(struct letter){
		.tenant = tenant, .to = to, .text = text->str,
		.subject = phrase(language, PHRASE("Message not sent")),
		.status = status->len > head ? status->str : NULL,
	    }, clock_now());
}

bool
unsent(struct pipeline *line, const Message *message, const Facts *facts,
       const GPtrArray *decisions, GError **error)
{
	const Config *config = message->config;
	const Tenant *tenant = NULL;
	const char *to;
	struct choice choice = { -1, -1, 0 };
	g_autoptr(GString) mail = NULL;
	g_autofree char *safe = NULL;

	for (guint i = 0; i < decisions->len; i++)
		if (is_unsent(decisions->pdata[i]))
			tenant = config_tenant(config, ((const Decision *)
			    decisions->pdata[i])->tenant);
	if (!tenant)
		return true;
	to = sender_of(message, tenant);
	if (!to || (!config->release.smtp && !config->release.sendmail)) {
		safe = text_value(message->sender);
		log_warning(message->tag, "unsent-untold sender=%s reason="
			    "\"%s\"", safe, to ?
			    "release of gatepost.conf is not set" :
			    "it is no address of the tenant");
		return true;
	}
	choices_get(line->site->choices, tenant->name, to, &choice, NULL);
	mail = compose(message, facts, tenant, choice.language >= 0 ?
		       choice.language : tenant->language, to, decisions);
	return courier_post(line->site, line->courier, message->id, to, mail,
			    error);
}
