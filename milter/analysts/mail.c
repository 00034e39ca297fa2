/*
 * mail.c -- an abuse desk that reads mail
 *
 * The message goes as an attachment, or as a report (RFC 5965).  The same
 * question has the same Message-ID, so that a desk knows what it got twice; a
 * dispute asks another one.
 */
#include "gatepost/analysts/question.h"

#include <string.h>

#include "gatepost/model/address.h"
#include "gatepost/util/text.h"

/* Characters of a line of Base64, of which four are three octets. */
#define LINE 76

static void
add_head(const struct question *question, const char *boundary, bool is_arf,
	 GString *out)
{
	const Submission *of = question->submission;
	g_autoptr(GDateTime) now = g_date_time_new_now_utc();
	g_autofree char *date = g_date_time_format(now,
	    "%a, %d %b %Y %H:%M:%S +0000");

	g_string_append_printf(out, "From: <%s>\r\nTo: <%s>\r\n",
			       question->from, question->setting->address);
	if (question->reply_to)
		g_string_append_printf(out, "Reply-To: <%s>\r\n",
				       question->reply_to);
	g_string_append_printf(out, "Subject: Submission %s: %s %s%s%s\r\n"
	    "Date: %s\r\nMessage-ID: <%s.%s%s@%s>\r\n"
	    "X-Gatepost-Submission: %s\r\nAuto-Submitted: auto-generated\r\n"
	    "MIME-Version: 1.0\r\nContent-Type: multipart/%s;"
	    " boundary=\"%s\"\r\n\r\n", of->id, submitted_ases[of->as],
	    submission_kinds[of->kind], question->token ? "\r\n " : "",
	    question->token ? question->token : "", date, of->id,
	    question->setting->name, of->dispute.at ? ".again" : "",
	    address_domain(question->from), of->id,
	    is_arf ? "report; report-type=feedback-report" : "mixed",
	    boundary);
}

static void
add_line(GString *out, const char *name, const char *value)
{
	g_autofree char *shown = value ? text_shown(value, 300) : NULL;

	if (shown && *shown)
		g_string_append_printf(out, "%-9s %s\r\n", name, shown);
}

static void
add_text(const struct question *question, const char *boundary, GString *out)
{
	const Submission *of = question->submission;

	g_string_append_printf(out, "--%s\r\nContent-Type: text/plain; "
	    "charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n"
	    "Please analyse what is attached; it was submitted as %s.\r\n"
	    "%s\r\n", boundary, submitted_ases[of->as], question->token ?
	    "To tell us what it is, answer this mail and leave its subject as "
	    "it is.\r\nThe first word of the answer is one of clean, bulk, "
	    "spam, phish, malware,\r\nunknown; the rest of that line may say "
	    "why.\r\n" : "");
	add_line(out, "Id", of->id);
	add_line(out, "From", of->from);
	add_line(out, "Subject", of->subject);
	add_line(out, "File", of->filename);
	add_line(out, "SHA-256", of->sha256);
	add_line(out, "Note", of->note);
	/* Nobody should open it by a slip. */
	if (of->kind == SUBMISSION_URL)
		g_string_append(out, "\r\nThe link is in the attached "
				"text.\r\n");
	g_string_append(out, "\r\n");
}

/* The part that RFC 5965 wants for programs. */
static void
add_report(const struct question *question, const char *boundary,
	   GString *out)
{
	static const char *const types[] = {
		[AS_PHISH] = "fraud", [AS_MALWARE] = "virus",
		[AS_SPAM] = "abuse", [AS_CLEAN] = "not-spam",
		[AS_SUSPICIOUS] = "abuse", [AS_APPEARS_CLEAN] = "not-spam",
	};
	const Submission *of = question->submission;

	g_string_append_printf(out, "--%s\r\nContent-Type: message/"
	    "feedback-report\r\n\r\nFeedback-Type: %s\r\nUser-Agent: "
	    "Gatepost/%s\r\nVersion: 1\r\n", boundary, types[of->as],
	    GATEPOST_VERSION);
	if (of->kind == SUBMISSION_URL && of->url &&
	    !strpbrk(of->url, "\r\n \t"))
		g_string_append_printf(out, "Reported-URI: %s\r\n", of->url);
	g_string_append(out, "\r\n");
}

/* With CRLF line ends, as it is. */
static void
add_message(const struct question *question, GString *out)
{
	const char *data = question->data;

	for (gsize i = 0; i < question->size; i++) {
		if (data[i] == '\n' && (i == 0 || data[i - 1] != '\r'))
			g_string_append_c(out, '\r');
		g_string_append_c(out, data[i]);
	}
}

static void
add_encoded(const struct question *question, GString *out)
{
	g_autofree char *text = g_base64_encode(
	    (const guchar *)question->data, question->size);
	gsize length = strlen(text);

	for (gsize at = 0; at < length; at += LINE) {
		g_string_append_len(out, text + at,
				    (gssize)MIN(LINE, length - at));
		g_string_append(out, "\r\n");
	}
}

static void
add_attachment(const struct question *question, const char *boundary,
	       GString *out)
{
	bool is_mail = question->is_whole &&
	    question->submission->kind == SUBMISSION_MESSAGE;
	bool is_text = !question->is_whole;

	g_string_append_printf(out, "--%s\r\nContent-Type: %s\r\n"
	    "Content-Disposition: attachment; filename=\"%s\"\r\n%s\r\n",
	    boundary, is_mail ? "message/rfc822" : is_text ?
	    "text/plain; charset=utf-8" : "application/octet-stream",
	    is_mail ? "message.eml" : is_text ? "submission.txt" :
	    "submission.bin", is_mail ?
	    "Content-Transfer-Encoding: 8bit\r\n" :
	    "Content-Transfer-Encoding: base64\r\n");
	if (is_mail)
		add_message(question, out);
	else
		add_encoded(question, out);
	g_string_append_printf(out, "\r\n--%s--\r\n", boundary);
}

static void
ask(const struct question *question, struct answer *answer)
{
	bool is_arf = question->setting->form == FORM_ARF;
	g_autofree char *sum = g_compute_checksum_for_data(G_CHECKSUM_SHA256,
	    (const guchar *)question->data, question->size);
	/* Of its own octets' hash: nothing in them can be this line. */
	g_autofree char *boundary = g_strdup_printf("%s.%.26s",
	    question->submission->id, sum);
	g_autoptr(GString) mail = g_string_new(NULL);
	g_autoptr(GError) error = NULL;

	add_head(question, boundary, is_arf, mail);
	add_text(question, boundary, mail);
	if (is_arf)
		add_report(question, boundary, mail);
	add_attachment(question, boundary, mail);
	if (question->send(question->from, question->setting->address,
			   mail->str, mail->len, question->of, &error))
		answer->state = ANSWER_LATER;
	else
		answer_fail(answer, ANSWER_FAILED, "%s", error->message);
}

const struct analyst_type analyst_mail = { .ask = ask };
