/*
 * analyse.c -- one request to one answer
 */
#include "gatepost/auth/auth.h"
#include "gatepost/content/content.h"
#include "gatepost/content/defect.h"
#include "gatepost/content/report.h"
#include "gatepost/worker/serve.h"

#include <string.h>

#include "gatepost/bounds.h"
#include "gatepost/model/address.h"
#include "gatepost/util/clamd.h"

/* What has no bound of its own in facts is bounded by the answer's size: the
 * longest list is halved until it fits. */
static void
halve_longest(Facts *facts)
{
	const struct {
		GPtrArray *list;
		const struct fields *table;
	} all[] = {
		{ facts->urls, &link_fields }, { facts->files, &file_fields },
		{ facts->authors, &mailbox_fields },
		{ facts->reply_to, &mailbox_fields },
		{ facts->sender, &mailbox_fields },
		{ facts->to, &mailbox_fields },
		{ facts->cc, &mailbox_fields },
		{ facts->results, &auth_result_fields },
		{ facts->scores, &field_fields },
		{ facts->ours, &field_fields },
	};
	guint longest = 0, half;

	for (guint i = 1; i < G_N_ELEMENTS(all); i++)
		if (all[i].list->len > all[longest].list->len)
			longest = i;
	g_assert(all[longest].list->len > 0);
	half = all[longest].list->len / 2;
	for (guint i = half; i < all[longest].list->len; i++)
		fields_free(all[longest].table, all[longest].list->pdata[i]);
	g_ptr_array_set_size(all[longest].list, (int)half);
	facts_truncated(facts, DEFECT_FACTS_LARGE);
}

GByteArray *
analyse_packed(Answer *answer, bool brief)
{
	for (;;) {
		GByteArray *packed = g_byte_array_sized_new(4096);

		fields_pack(&answer_fields, answer, brief, packed);
		if (packed->len <= BOUND_FACTS)
			return packed;
		g_byte_array_free(packed, TRUE);
		if (answer->preview)
			answer->preview[BOUND_FACTS / 2] = '\0';
		else
			halve_longest(&answer->facts);
	}
}

/* A message whose files clamd is asked about. */
struct asking {
	const Request *request;
	Answer *answer;
	gint64 deadline;
};

static void
ask_clamd(File *file, const guint8 *octets, gsize length, void *user)
{
	struct asking *asking = user;
	Answer *answer = asking->answer;
	g_autofree char *word = NULL;

	if (answer->clamd_fault)
		return;
	answer->clamd_asked++;
	switch (clamd_scan(asking->request->clamd, octets, length,
			   asking->deadline, &word)) {
	case CLAMD_CLEAN:
		answer->is_clamd_alive = true;
		break;
	case CLAMD_FOUND:
		answer->is_clamd_alive = true;
		file->malware = g_steal_pointer(&word);
		break;
	case CLAMD_UNSURE:
		answer->clamd_fault = g_steal_pointer(&word);
		break;
	}
}

static void
read_facts(const guint8 *data, gsize size, const Request *request,
	   Answer *answer)
{
	struct asking asking = {
		request, answer, g_get_monotonic_time() +
		request->clamd_ms * G_TIME_SPAN_MILLISECOND
	};

	content_read_files(data, size, request, &answer->facts,
			   request->clamd ? ask_clamd : NULL, &asking);
	answer->facts.envelope = g_strdup(request->envelope);
	auth_read(data, size, request, answer);
}

void
analyse(const guint8 *data, gsize size, const Request *request,
	Answer *answer)
{
	switch ((enum request_kind)request->kind) {
	case REQUEST_PREVIEW:
	case REQUEST_PAGE:
		answer->preview = content_preview(data, size, request);
		return;
	case REQUEST_FACTS:
		read_facts(data, size, request, answer);
		return;
	case REQUEST_REPORT:
		content_report(data, size, request, answer);
		return;
	}
}

/* Charsets, encodings and parts of all kinds, once each. */
static const char sample[] =
    "From: =?koi8-r?B?8NLJ18XU?= <a@xn--bcher-kva.example>\r\n"
    "To: =?iso-2022-jp?B?GyRCRnxLXBsoQg==?= <b@example.org>\r\n"
    "Subject: =?gb18030?B?xOO6ww==?= =?euc-kr?Q?=B0=A1?= "
    "=?windows-1252?Q?=80?= =?shift_jis?Q?=83e?= =?big5?Q?=A4@?=\r\n"
    "Message-ID: <sample@example.org>\r\n"
    "MIME-Version: 1.0\r\n"
    "Content-Type: multipart/mixed; boundary=b\r\n"
    "\r\n"
    "--b\r\n"
    "Content-Type: text/html; charset=utf-16le\r\n"
    "Content-Transfer-Encoding: base64\r\n"
    "\r\n"
    "PABhACAAaAByAGUAZgA9AGgAdAB0AHAAOgAvAC8AZQB4AGEAbQBwAGwAZQAuAG8AcgBnAD4A"
    "eAA8AC8AYQA+AA==\r\n"
    "--b\r\n"
    "Content-Type: text/plain; charset=iso-8859-15\r\n"
    "Content-Transfer-Encoding: quoted-printable\r\n"
    "\r\n"
    "http://www.example.co.uk/ =A4\r\n"
    "--b--\r\n";

void
analyse_sample(void)
{
	Request *request = fields_new(&request_fields);
	Answer *answer = fields_new(&answer_fields);

	request->envelope = g_strdup("a@example.org");
	analyse((const guint8 *)sample, strlen(sample), request, answer);
	fields_free(&answer_fields, answer);
	fields_free(&request_fields, request);
}
