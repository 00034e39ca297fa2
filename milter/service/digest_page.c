/*
 * digest_page.c -- what a digest looks like, as text and as a page
 *
 * Each row of what is shown is given to a writer of text and to one of HTML.
 * Mail programs know little CSS and no scripts: tables and style attributes,
 * no picture, nothing from elsewhere.  Every word of a stranger is shown so
 * that nothing makes a link of it and nothing in it acts.
 */
#include "gatepost/service/digest_page.h"

#include <string.h>

#include "gatepost/model/address.h"
#include "gatepost/model/lookalike.h"
#include "gatepost/model/rights.h"
#include "gatepost/service/letter.h"
#include "gatepost/service/phrases.h"
#include "gatepost/service/token.h"
#include "gatepost/util/clock.h"
#include "gatepost/util/fields.h"

/* Characters of an address or subject that are shown. */
#define SHOWN 120

/* Why a message is held, for its user. */
static const char *const reasons[POLICIES] = {
	[POLICY_MALWARE] = PHRASE("It contains malware."),
	[POLICY_PHISH_HIGH] = PHRASE("It is phishing: it wants to trick you "
				     "out of a password or money."),
	[POLICY_PHISH] = PHRASE("It looks like phishing."),
	[POLICY_SPAM] = PHRASE("It looks like spam."),
	[POLICY_BULK] = PHRASE("It is bulk mail."),
	[POLICY_UNKNOWN] = PHRASE("It could not be read whole."),
	[POLICY_IMPERSONATION] = PHRASE("Its sender poses as somebody whom "
					"you may know."),
	[POLICY_LIKE_NAME] = PHRASE("It bears the name of one of your people "
				    "and comes from elsewhere."),
	[POLICY_LIKE_DOMAIN] = PHRASE("The domain of its sender resembles one "
				      "that you know."),
	[POLICY_FIRST_CONTACT] = PHRASE("Its sender never wrote to you "
					"before."),
	[POLICY_REPLY_TO] = PHRASE("Your reply would go to somebody else than "
				   "its sender."),
	[POLICY_SPOOF_OWN] = PHRASE("It claims to come from your own "
				    "organisation, and nothing proves it."),
	[POLICY_DMARC_REJECT] = PHRASE("The domain that it claims to come "
				       "from says that it is forged."),
	[POLICY_DMARC_QUARANTINE] = PHRASE("The domain that it claims to come "
	    "from says that it may be forged."),
	[POLICY_SPOOF] = PHRASE("Nothing proves that it comes from where it "
				"claims."),
	[POLICY_USER_BLOCK] = PHRASE("You have blocked its sender."),
	[POLICY_BLOCK_IP] = PHRASE("Your administrators block the host that "
				   "sent it."),
	[POLICY_BLOCK_SENDER] = PHRASE("Your administrators block its "
				       "sender."),
	[POLICY_BLOCK_ENVELOPE] = PHRASE("Your administrators block its "
					 "sender."),
	[POLICY_BLOCK_NAME] = PHRASE("Your administrators block the name of "
				     "its sender."),
	[POLICY_BLOCK_URL] = PHRASE("Your administrators block a link in "
				    "it."),
	[POLICY_BLOCK_FILE] = PHRASE("Your administrators block a file in "
				     "it."),
	[POLICY_BLOCK_FILENAME] = PHRASE("Your administrators block files of "
					 "such a name."),
	[POLICY_BLOCK_SPOOF] = PHRASE("Your administrators let nobody send "
				      "under this sender's name from there."),
};

/* ---- links ---- */

/* To add a deed: its link here; see errand_deeds.c. */
static const struct {
	enum token_deed deed;
	enum right right;
	int verb;		/* enum held_verb that must be possible; -1 */
	int action;		/* of a block that is chosen; -1: none */
	const char *label;
} links[] = {
	{ TOKEN_RELEASE, RIGHT_RELEASE, HELD_RELEASE, -1, PHRASE("Release") },
	{ TOKEN_REQUEST, RIGHT_REQUEST, HELD_REQUEST, -1,
	  PHRASE("Request release") },
	{ TOKEN_PREVIEW, RIGHT_PREVIEW, -1, -1, PHRASE("Preview") },
	{ TOKEN_DELETE, RIGHT_DELETE, HELD_DELETE, -1, PHRASE("Delete") },
	{ TOKEN_ALLOW, RIGHT_ALLOW, -1, -1, PHRASE("Allow sender") },
	{ TOKEN_BLOCK, RIGHT_BLOCK, -1, -1, PHRASE("Block sender") },
	{ TOKEN_BLOCK_JUNK, RIGHT_BLOCK, -1, ACTION_JUNK,
	  PHRASE("Block sender: to junk") },
	{ TOKEN_BLOCK_QUARANTINE, RIGHT_BLOCK, -1, ACTION_QUARANTINE,
	  PHRASE("Block sender: hold") },
	{ TOKEN_BLOCK_REJECT, RIGHT_BLOCK, -1, ACTION_REJECT,
	  PHRASE("Block sender: refuse") },
	{ TOKEN_BLOCK_DISCARD, RIGHT_BLOCK, -1, ACTION_DISCARD,
	  PHRASE("Block sender: drop") },
	{ TOKEN_NOT_JUNK, RIGHT_REPORT, -1, -1, PHRASE("Report: not junk") },
	{ TOKEN_PHISH, RIGHT_REPORT, -1, -1, PHRASE("Report: phishing") },
};

static bool
is_offered(const struct digest_page *page, const struct digest_item *item,
	   guint i)
{
	const Tenant *tenant = page->tenant;
	bool is_list = links[i].right == RIGHT_ALLOW ||
	    links[i].right == RIGHT_BLOCK;
	enum held_state to;

	if (!(item->rights & RIGHT_BIT(links[i].right)))
		return false;
	if (links[i].verb >= 0 &&
	    held_step((enum held_state)item->state,
		      (enum held_verb)links[i].verb, ACTOR_USER,
		      item->rights, &to) != STEP_DONE)
		return false;
	if (is_list && (item->is_shared || !strchr(item->from, '@')))
		return false;
	/* One way to block where no choice is given. */
	if (links[i].deed == TOKEN_BLOCK)
		return tenant->digest.blocks->len == 0;
	return links[i].action < 0 ||
	    config_lets_block(tenant, (enum action)links[i].action);
}

/* A mail to be sent as it stands.  Yours. */
static char *
mailto(const struct digest_page *page, const struct digest_item *item,
       guint i)
{
	const char *label = phrase(page->language, links[i].label);
	char token[TOKEN_TEXT];
	g_autofree char *to = g_uri_escape_string(
	    page->tenant->digest.address, "@+", FALSE);
	g_autofree char *words = g_uri_escape_string(label, NULL, FALSE);
	g_autofree char *body = g_uri_escape_string(phrase(page->language,
	    PHRASE("Send this mail as it is.")), NULL, FALSE);

	token_make(page->keys, page->tenant->name, item->rcpt, item->id,
		   links[i].deed, item->expires / CLOCK_SECOND, token);
	return g_strdup_printf("mailto:%s?subject=%s%%20%s&body=%s", to,
			       words, token, body);
}

static void
add_text_link(GString *text, const char *label, const char *target)
{
	g_string_append_printf(text, "     %s:\n     <%s>\n", label, target);
}

static void
add_html_link(GString *html, const char *label, const char *target)
{
	g_string_append(html, "<a href=\"");
	letter_escape(html, target);
	g_string_append(html, "\" style=\"color:#0b5394;"
			"display:inline-block;margin:0 14px 4px 0\">");
	letter_escape(html, label);
	g_string_append(html, "</a>\n");
}

static void
add_links(const struct digest_page *page, const struct digest_item *item,
	  GString *text, GString *html)
{
	const char *portal = page->tenant->digest.portal;

	g_string_append(html, "<tr><td colspan=\"2\" "
			"style=\"padding:6px 10px 8px\">\n");
	for (guint i = 0; page->tenant->digest.address &&
	     i < G_N_ELEMENTS(links); i++) {
		const char *label = phrase(page->language, links[i].label);
		g_autofree char *target = NULL;

		if (!is_offered(page, item, i))
			continue;
		target = mailto(page, item, i);
		add_text_link(text, label, target);
		add_html_link(html, label, target);
	}
	if (portal) {
		g_autofree char *target = g_strconcat(portal,
		    g_str_has_suffix(portal, "/") ? "" : "/", item->id, NULL);
		const char *label = phrase(page->language,
					   PHRASE("Look at it on the web"));

		add_text_link(text, label, target);
		add_html_link(html, label, target);
	}
	g_string_append(html, "</td></tr>\n");
}

/* ---- rows ---- */

static void
add_row(const struct digest_page *page, const char *name, const char *value,
	GString *text, GString *html)
{
	const char *word = phrase(page->language, name);

	g_string_append_printf(text, "   %s %s\n", word, value);
	g_string_append(html, "<tr><td width=\"130\" style=\"padding:2px 10px;color:#555;"
			"white-space:nowrap;vertical-align:top\">");
	letter_escape(html, word);
	g_string_append(html, "</td><td style=\"padding:2px 10px;"
			"word-break:break-word\"><bdi>");
	letter_escape(html, value);
	g_string_append(html, "</bdi></td></tr>\n");
}

static void
add_stranger(const struct digest_page *page, const char *name,
	     const char *value, GString *text, GString *html)
{
	g_autofree char *plain = letter_plain(*value ? value : NULL, SHOWN);

	add_row(page, name, plain, text, html);
}

static void
add_time(const struct digest_page *page, const char *name, gint64 at,
	 GString *text, GString *html)
{
	g_autofree char *local = clock_local(at, page->tenant->zone);

	add_row(page, name, local, text, html);
}

/* What a reader of the sender's domain might overlook; yours, or NULL. */
static char *
warning_of(const struct digest_page *page, const char *from)
{
	const char *domain = address_domain(from), *of = NULL;
	enum likeness how = *domain ?
	    shield_find(page->tenant->shield, domain, true, &of) :
	    LIKE_NOTHING;
	g_autofree char *plain = of ? letter_plain(of, SHOWN) : NULL;

	if (how == LIKE_NOTHING)
		return NULL;
	return plain ? phrase_with(page->language, PHRASE(
	    "Beware: the domain of this sender resembles %1, and is "
	    "another."), plain) : g_strdup(phrase(page->language, PHRASE(
	    "Beware: the domain of this sender mixes alphabets.")));
}

static void
add_warning(const struct digest_page *page, const struct digest_item *item,
	    GString *text, GString *html)
{
	g_autofree char *warning = warning_of(page, item->from);

	if (!warning)
		return;
	g_string_append_printf(text, "   *** %s\n", warning);
	g_string_append(html, "<tr><td colspan=\"2\" style=\"padding:4px 10px;"
			"background:#fff3cd;color:#7a4f01\"><b>");
	letter_escape(html, warning);
	g_string_append(html, "</b></td></tr>\n");
}

static void
add_item(const struct digest_page *page, const struct digest_item *item,
	 guint number, GString *text, GString *html)
{
	const char *reason = item->policy < 0 ? NULL : reasons[item->policy];

	g_string_append_printf(text, "%u.\n", number);
	g_string_append(html, "<table role=\"presentation\" cellspacing=\"0\" "
			"cellpadding=\"0\" width=\"100%\" style=\"border:1px "
			"solid #ccc;margin:0 0 12px;border-collapse:collapse\""
			">\n");
	add_stranger(page, PHRASE("From:"), item->from, text, html);
	add_stranger(page, PHRASE("Subject:"), item->subject, text, html);
	add_stranger(page, PHRASE("To:"), item->rcpt, text, html);
	add_time(page, PHRASE("Received:"), item->received, text, html);
	add_row(page, PHRASE("Held because:"), phrase(page->language, reason ?
		reason : PHRASE("Your administrators decided so.")), text,
		html);
	add_time(page, PHRASE("Kept until:"), item->expires, text, html);
	add_warning(page, item, text, html);
	add_links(page, item, text, html);
	g_string_append(html, "</table>\n");
	g_string_append_c(text, '\n');
}

/* ---- the whole ---- */

static void
add_title(const struct digest_page *page, const char *title, GString *text,
	  GString *html)
{
	const char *words = phrase(page->language, title);

	g_string_append_printf(text, "-- %s --\n\n", words);
	g_string_append(html, "<h2 style=\"font-size:16px;margin:18px 0 8px\""
			">");
	letter_escape(html, words);
	g_string_append(html, "</h2>\n");
}

static void
add_paragraph(const char *words, GString *text, GString *html)
{
	g_string_append_printf(text, "%s\n\n", words);
	g_string_append(html, "<p style=\"margin:0 0 12px\">");
	letter_escape(html, words);
	g_string_append(html, "</p>\n");
}

static void
add_group(const struct digest_page *page, bool is_ending, const char *title,
	  guint *number, GString *text, GString *html)
{
	bool is_first = true;

	for (guint i = 0; i < page->items->len; i++) {
		const struct digest_item *item = page->items->pdata[i];

		if (item->is_ending != is_ending)
			continue;
		if (is_first)
			add_title(page, title, text, html);
		is_first = false;
		add_item(page, item, ++*number, text, html);
	}
}

static void
add_end(const struct digest_page *page, GString *text, GString *html)
{
	const char *portal = page->tenant->digest.portal;

	if (page->left) {
		g_autofree char *count = g_strdup_printf("%u", page->left);
		g_autofree char *words = phrase_with(page->language,
		    PHRASE("Not named here: %1 more."), count);

		add_paragraph(words, text, html);
	}
	if (page->tenant->digest.address)
		add_paragraph(phrase(page->language, PHRASE("Each link opens "
		    "a new mail: send it as it is, from the address to which "
		    "this mail came.  The links are for you alone and work "
		    "once.  You get an answer.")), text, html);
	else
		add_paragraph(phrase(page->language, PHRASE("If you need one "
		    "of them, ask your administrators.")), text, html);
	if (portal) {
		const char *label = phrase(page->language,
		    PHRASE("All that is held for you"));

		add_text_link(text, label, portal);
		add_html_link(html, label, portal);
	}
}

void
digest_page_write(const struct digest_page *page, GString *text,
		  GString *html)
{
	guint number = 0;

	g_string_append_printf(html, "<!DOCTYPE html>\n<html lang=\"%s\"><head>"
	    "<meta charset=\"utf-8\"><meta name=\"format-detection\" "
	    "content=\"telephone=no,date=no,address=no,email=no,url=no\">"
	    "</head>\n<body style=\"font-family:sans-serif;font-size:14px;"
	    "color:#222;background:#fff\"><div style=\"max-width:720px\">\n",
	    languages[page->language]);
	add_paragraph(phrase(page->language, PHRASE("These messages to you "
	    "are held and have not been put into your mailbox.")), text,
	    html);
	add_group(page, false, PHRASE("New"), &number, text, html);
	add_group(page, true, PHRASE("Soon deleted"), &number, text, html);
	add_end(page, text, html);
	g_string_append(html, "</div></body></html>\n");
}
