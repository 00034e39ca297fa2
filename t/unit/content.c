/*
 * content.c -- unit test: whole messages to facts
 */
#include "gatepost/content/content.h"

#include <string.h>

#include "gatepost/bounds.h"
#include "gatepost/content/defect.h"

#define HEAD "From: a@b.example\r\nMIME-Version: 1.0\r\n"
#define MIXED "Content-Type: multipart/mixed; boundary=b\r\n\r\n"

static Facts *
read_message(const char *message, gsize size)
{
	Request *request = fields_new(&request_fields);
	Facts *facts = facts_new();

	request->authserv_id = g_strdup("mx.example.org");
	g_ptr_array_add(request->headers, g_strdup("X-Spam-Status"));
	content_read((const guint8 *)message, size, request, facts);
	fields_free(&request_fields, request);
	return facts;
}

static char *
join(const GPtrArray *texts)
{
	GString *out = g_string_new(NULL);

	for (guint i = 0; i < texts->len; i++)
		g_string_append_printf(out, "%s|",
				       (const char *)texts->pdata[i]);
	return g_string_free(out, FALSE);
}

static char *
urls_of(const Facts *facts)
{
	GString *out = g_string_new(NULL);

	for (guint i = 0; i < facts->urls->len; i++) {
		const Link *link = facts->urls->pdata[i];

		g_string_append_printf(out, "%s|", link->url);
	}
	return g_string_free(out, FALSE);
}

/* "name:size|..." */
static char *
files_of(const Facts *facts)
{
	GString *out = g_string_new(NULL);

	for (guint i = 0; i < facts->files->len; i++) {
		const File *file = facts->files->pdata[i];

		g_string_append_printf(out, "%s:%d|", file->name ? file->name :
				       "-", (int)file->size);
	}
	return g_string_free(out, FALSE);
}

static char *
fields_of(const GPtrArray *fields)
{
	GString *out = g_string_new(NULL);

	for (guint i = 0; i < fields->len; i++) {
		const Field *field = fields->pdata[i];

		g_string_append_printf(out, "%s#%d|", field->name,
				       (int)field->index);
	}
	return g_string_free(out, FALSE);
}

static const struct {
	const char *name, *message;
	const char *urls, *files;
	const char *defects;	/* "name|..." */
} bodies[] = {
	{ "a text", HEAD "\r\nSee http://x.example/a\r\n",
	  "http://x.example/a|", "", "" },
	{ "LF alone", "From: a@b.example\n\nSee http://x.example/a\n",
	  "http://x.example/a|", "", "" },
	{ "an invitation: its folded lines are one", HEAD
	  "Content-Type: text/calendar\r\n\r\nBEGIN:VCALENDAR\r\n"
	  "DESCRIPTION:http://x.exa\r\n mple/a\\nhttp://y.exam\r\n"
	  "\tple/b\r\n", "http://x.example/a|http://y.example/b|", "", "" },
	{ "flowed text whose blanks are for the way", HEAD
	  "Content-Type: text/plain; format=flowed; delsp=yes\r\n\r\n"
	  "http://x.exam \r\nple/a \r\n b\r\n-- \r\nhttp://y.example/\r\n",
	  "http://x.example/ab|http://y.example/|", "", "" },
	{ "... whose blanks stay", HEAD
	  "Content-Type: text/plain; format=flowed\r\n\r\n"
	  "http://x.example/a \r\nb\r\n", "http://x.example/a|", "", "" },
	{ "an HTML page", HEAD "Content-Type: text/html\r\n\r\n"
	  "<a href=\"http://x.example/a\">b</a>", "http://x.example/a|", "",
	  "" },
	{ "a page's base", HEAD "Content-Type: text/html\r\n\r\n"
	  "<base href='http://x.example/a/'><a href='b'>c</a>",
	  "http://x.example/a/b|", "", "" },
	{ "a bare link beside an anchor", HEAD "Content-Type: text/html\r\n"
	  "\r\n<a href='http://x.example/'>x</a> http://y.example/",
	  "http://x.example/|http://y.example/|", "", "" },
	{ "a link in a script", HEAD "Content-Type: text/html\r\n\r\n"
	  "<script>location='http://x.example/a';f('x')</script>",
	  "http://x.example/a|", "", "" },
	{ "quoted-printable", HEAD "Content-Transfer-Encoding: "
	  "quoted-printable\r\n\r\nhttp://x.exam=\r\nple/=61",
	  "http://x.example/a|", "", "" },
	{ "base64 that goes on behind its padding",
	  HEAD "Content-Type: text/html\r\n"
	  "Content-Transfer-Encoding: base64\r\n\r\naGk=\r\n"
	  "PGEgaHJlZj0iaHR0cDovL3guZXhhbXBsZS9hIj5iPC9hPg==\r\n",
	  "http://x.example/a|", "", "base64-after-padding|" },
	{ "an encoding that is none, and base64",
	  HEAD "Content-Type: text/html\r\n"
	  "Content-Transfer-Encoding: x-b64\r\n\r\n"
	  "PGEgaHJlZj0iaHR0cDovL3guZXhhbXBsZS9hIj5iPC9hPg==\r\n",
	  "http://x.example/a|", "", "encoding-unknown|" },
	{ "UTF-16", HEAD "Content-Type: text/html; charset=utf-16le\r\n"
	  "Content-Transfer-Encoding: base64\r\n\r\n"
	  "PABhACAAaAByAGUAZgA9AGgAdAB0AHAAOgAvAC8AeAAuAGUAeABhAG0AcABsAGUA"
	  "LwA+AA==", "http://x.example/|", "", "" },
	{ "UTF-7 is read as such, and as it stands",
	  HEAD "Content-Type: text/html; charset=utf-7\r\n\r\n"
	  "+ADw-a href=http://x.example/+AD4-y+ADw-/a+AD4- "
	  "<a href=http://y.example/>z</a>",
	  "http://x.example/|http://y.example/|"
	  "http://x.example/+AD4-y+ADw-/a+AD4-|", "", "charset-utf7|" },
	{ "EBCDIC, likewise", HEAD
	  "Content-Type: text/html; charset=ibm037\r\n\r\n"
	  "\x4c\x81\x40\x88\x99\x85\x86\x7e\x88\xa3\xa3\x97\x7a\x61\x61"
	  "\xa7\x4b\x85\xa7\x81\x94\x97\x93\x85\x61\x6e"
	  "<a href=http://y.example/>z</a>",
	  "http://x.example/|http://y.example/|", "", "charset-odd|" },
	{ "ISO-2022-JP", HEAD
	  "Content-Type: text/plain; charset=iso-2022-jp\r\n\r\n"
	  "\033$BF|K\\\033(B http://x.example/", "http://x.example/|", "",
	  "" },
	{ "... that is none", HEAD
	  "Content-Type: text/plain; charset=iso-2022-jp\r\n\r\n"
	  "\033$B\377\377\033(B http://x.example/", "http://x.example/|",
	  "", "charset-odd|" },
	{ "two parts", HEAD MIXED "--b\r\n\r\nhttp://x.example/\r\n--b\r\n"
	  "Content-Type: text/html\r\n\r\n<a href=http://y.example/>z</a>"
	  "\r\n--b--\r\n", "http://x.example/|http://y.example/|", "", "" },
	{ "a file", HEAD MIXED "--b\r\nContent-Type: application/pdf\r\n"
	  "Content-Disposition: attachment; filename=\"a.pdf\"\r\n"
	  "Content-Transfer-Encoding: base64\r\n\r\nYWJj\r\n--b--\r\n", "",
	  "a.pdf:3|", "" },
	{ "a file without a name", HEAD MIXED "--b\r\n"
	  "Content-Type: image/png\r\n\r\nabc\r\n--b--\r\n", "", "-:3|",
	  "" },
	{ "a page as a file", HEAD MIXED "--b\r\n"
	  "Content-Type: application/octet-stream; name=a.HTML\r\n\r\n"
	  "<a href=http://x.example/>y</a>\r\n--b--\r\n",
	  "http://x.example/|", "a.HTML:31|", "" },
	{ "a message in a message", HEAD MIXED "--b\r\n"
	  "Content-Type: message/rfc822\r\n\r\nFrom: c@d.example\r\n"
	  "Content-Type: multipart/mixed; boundary=c\r\n\r\n--c\r\n\r\n"
	  "http://x.example/\r\n--c--\r\n--b--\r\n", "http://x.example/|",
	  "", "" },
	{ "... at the top", HEAD "Content-Type: message/rfc822\r\n\r\n"
	  "Subject: x\r\n\r\nhttp://x.example/\r\n", "http://x.example/|",
	  "", "" },
	{ "... in base64", HEAD "Content-Type: message/rfc822\r\n"
	  "Content-Transfer-Encoding: base64\r\n\r\n"
	  "U3ViamVjdDogeA0KDQpodHRwOi8veC5leGFtcGxlLw==\r\n",
	  "http://x.example/|", "", "" },
	{ "a message in pieces", HEAD "Content-Type: message/partial; id=x; "
	  "number=1\r\n\r\nhttp://x.example/\r\n", "http://x.example/|", "",
	  "mime-partial|" },
	{ "a body elsewhere", HEAD "Content-Type: message/external-body; "
	  "access-type=x\r\n\r\nContent-Type: text/plain\r\n", "", "",
	  "mime-external|" },
	{ "a boundary that is not said", HEAD
	  "Content-Type: multipart/mixed\r\n\r\n--b\r\n"
	  "Content-Type: text/plain\r\n\r\nhttp://x.example/\r\n--b--\r\n",
	  "http://x.example/|", "", "mime-empty|mime-hidden|" },
	{ "parts in a text", HEAD "Content-Type: text/plain\r\n\r\n--b\r\n"
	  "Content-Type: text/html\r\nContent-Transfer-Encoding: base64\r\n"
	  "\r\nPGEgaHJlZj1odHRwOi8veC5leGFtcGxlLz4=\r\n--b--\r\n",
	  "http://x.example/|", "", "mime-hidden|" },
	{ "a second Content-Type", HEAD "Content-Type: text/html\r\n"
	  "Content-Type: text/plain\r\n\r\n<a href=http://x.example/>y</a>",
	  "http://x.example/|", "", "header-repeated|" },
	{ "a name in front of a host", HEAD "\r\nhttp://a.example@b.example/",
	  "http://b.example/|", "", "url-userinfo|" },
	{ "two boundaries that both part it: both are followed",
	  HEAD "Content-Type: multipart/mixed; boundary=b; boundary=c\r\n\r\n"
	  "--b\r\n\r\nhttp://x.example/\r\n--b--\r\n"
	  "--c\r\n\r\nhttp://y.example/\r\n--c--\r\n",
	  "http://x.example/|http://y.example/|", "",
	  "parameter-repeated|boundary-twice|" },
	{ "... of which one is not there", HEAD "Content-Type: "
	  "multipart/mixed; boundary=b; boundary=c\r\n\r\n"
	  "--c\r\n\r\nhttp://y.example/\r\n--c--\r\n",
	  "http://y.example/|", "", "parameter-repeated|" },
	{ "two types: both are followed", HEAD
	  "Content-Type: text/plain\r\n"
	  "Content-Type: multipart/mixed; boundary=b\r\n\r\n"
	  "--b\r\nContent-Type: text/html\r\n"
	  "Content-Transfer-Encoding: base64\r\n\r\n"
	  "PGEgaHJlZj1odHRwOi8veC5leGFtcGxlLz4=\r\n--b--\r\n",
	  "http://x.example/|", "", "header-repeated|mime-hidden|" },
	{ "two encodings: both are followed", HEAD
	  "Content-Transfer-Encoding: 7bit\r\n"
	  "Content-Transfer-Encoding: base64\r\n\r\n"
	  "aHR0cDovL3guZXhhbXBsZS8=\r\n", "http://x.example/|", "",
	  "header-repeated|" },
	{ "a boundary with blanks, in quotes, is one boundary",
	  HEAD "Content-Type: multipart/mixed; boundary=\"= x y\"\r\n\r\n"
	  "--= x y\r\n\r\nhttp://x.example/\r\n--= x y--\r\n",
	  "http://x.example/|", "", "" },
	{ "a boundary up to its blank", HEAD
	  "Content-Type: multipart/mixed; boundary=\"b c\"\r\n\r\n"
	  "--b\r\n\r\nhttp://x.example/\r\n--b--\r\n",
	  "http://x.example/|", "", "" },
	{ "a delimiter behind blanks", HEAD MIXED
	  "--b\r\n\r\nhttp://x.example/\r\n"
	  "  --b\r\nContent-Transfer-Encoding: base64\r\n\r\n"
	  "aHR0cDovL3kuZXhhbXBsZS8=\r\n--b--\r\n",
	  "http://x.example/|http://y.example/|", "", "boundary-odd|" },
	{ "parts behind the last delimiter", HEAD MIXED
	  "--b\r\n\r\nhttp://x.example/\r\n--b--\r\n"
	  "--b\r\n\r\nhttp://y.example/\r\n--b--\r\n",
	  "http://x.example/|http://y.example/|", "", "boundary-goes-on|" },
	{ "a part of a digest is a message", HEAD
	  "Content-Type: multipart/digest; boundary=b\r\n\r\n--b\r\n\r\n"
	  "Subject: x\r\nContent-Transfer-Encoding: base64\r\n\r\n"
	  "aHR0cDovL3guZXhhbXBsZS8=\r\n--b--\r\n", "http://x.example/|",
	  "", "" },
	{ "a header that goes on behind a line of blanks",
	  "From: a@b.example\r\n \r\nContent-Transfer-Encoding: base64\r\n"
	  "\r\naHR0cDovL3guZXhhbXBsZS8=\r\n", "http://x.example/|", "",
	  "header-blank-line|" },
	{ "no body", HEAD, "", "", "" },
};

static void
test_bodies(void)
{
	for (guint i = 0; i < G_N_ELEMENTS(bodies); i++) {
		g_autoptr(Facts) facts =
		    read_message(bodies[i].message, strlen(bodies[i].message));
		g_autofree char *urls = urls_of(facts);
		g_autofree char *files = files_of(facts);
		g_autofree char *defects = join(facts->defects);

		g_test_message("%s", bodies[i].name);
		g_assert_true(facts->complete);
		g_assert_cmpstr(urls, ==, bodies[i].urls);
		g_assert_cmpstr(files, ==, bodies[i].files);
		g_assert_cmpstr(defects, ==, bodies[i].defects);
	}
}

static const struct {
	const char *name, *fields;	/* of the part */
	const char *names;		/* "name|...", the worst first */
	const char *defects;
} names[] = {
	{ "a plain one", "Content-Disposition: attachment; filename=a.txt",
	  "a.txt|", "" },
	{ "two that differ: the worst first",
	  "Content-Type: image/png; name=a.png\r\n"
	  "Content-Disposition: attachment; filename=a.exe",
	  "a.exe|a.png|", "" },
	{ "... whichever has it",
	  "Content-Type: image/png; name=\"a.html\"\r\n"
	  "Content-Disposition: inline; filename=\"a.png\"",
	  "a.html|a.png|", "" },
	{ "extended (RFC 2231 4)", "Content-Disposition: attachment; "
	  "filename*=utf-8'en'%c3%a9.zip", "é.zip|", "" },
	{ "continued (RFC 2231 3)", "Content-Disposition: attachment;\r\n"
	  " filename*0=\"a.\"; filename*1=exe", "a.exe|", "" },
	{ "both (RFC 2231 4.1)", "Content-Disposition: attachment;\r\n"
	  " filename*0*=us-ascii'en'a%2e;\r\n filename*1*=%65x; "
	  "filename*2=\"e\"", "a.exe|", "" },
	{ "encoded words", "Content-Disposition: attachment; "
	  "filename=\"=?utf-8?B?YS5leGU=?=\"", "a.exe|", "" },
	{ "... split at padding", "Content-Disposition: attachment; "
	  "filename=\"=?utf-8?B?YS4=?= =?utf-8?B?ZXhl?=\"", "a.exe|", "" },
	{ "blanks without quotes", "Content-Disposition: attachment; "
	  "filename=my file.exe", "my file.exe|", "" },
	{ "a quote inside", "Content-Disposition: attachment; "
	  "filename=\"a\\\"b.exe\"", "a\"b.exe|", "" },
	{ "a comment before it", "Content-Disposition: attachment (x; y); "
	  "filename=a.exe", "a.exe|", "" },
	{ "upper case", "CONTENT-DISPOSITION: ATTACHMENT; FILENAME=A.EXE",
	  "A.EXE|", "" },
	{ "twice", "Content-Disposition: attachment; filename=a.txt; "
	  "filename=a.exe", "a.exe|a.txt|", "parameter-repeated|" },
	{ "two extensions", "Content-Disposition: attachment; "
	  "filename=\"a.pdf.exe\"", "a.pdf.exe|", "" },
	{ "a name that turns round", "Content-Disposition: attachment; "
	  "filename*=utf-8''a%E2%80%AEfdp.exe",
	  "a\xe2\x80\xae" "fdp.exe|", "name-bidi|" },
};

static void
test_names(void)
{
	for (guint i = 0; i < G_N_ELEMENTS(names); i++) {
		g_autofree char *message = g_strconcat(
		    HEAD MIXED "--b\r\n", names[i].fields,
		    "\r\n\r\nx\r\n--b--\r\n", NULL);
		g_autoptr(Facts) facts = read_message(message,
						      strlen(message));
		g_autofree char *found = NULL;
		g_autofree char *defects = join(facts->defects);
		const File *file;

		g_test_message("%s", names[i].name);
		g_assert_cmpuint(facts->files->len, ==, 1);
		file = facts->files->pdata[0];
		found = join(file->names);
		g_assert_cmpstr(found, ==, names[i].names);
		g_assert_cmpstr(file->name, ==, file->names->pdata[0]);
		g_assert_cmpstr(defects, ==, names[i].defects);
	}
}

static const struct {
	const char *name, *fields;
	const char *from, *from_name, *from_domain;
	const char *defects;
} authors[] = {
	{ "one", "From: X <A@B.example>\n", "a@b.example", "X", "b.example",
	  "" },
	{ "none", "To: a@b.example\n", NULL, NULL, NULL, "from-missing|" },
	{ "an empty one", "From:\n", NULL, NULL, NULL, "from-missing|" },
	{ "a name alone", "From: Bank Service\n", NULL, "Bank Service", NULL,
	  "from-missing|" },
	{ "two addresses", "From: X <a@b.example>, c@d.example\n",
	  "a@b.example", "X", "b.example", "from-many|" },
	{ "two fields", "From: a@b.example\nfrom: c@d.example\n",
	  "a@b.example", NULL, "b.example", "header-repeated|from-many|" },
	{ "a blank before the colon", "From : a@b.example\n", "a@b.example",
	  NULL, "b.example", "header-blank|" },
	{ "a name that is folded", "From\n : a@b.example\n", "a@b.example",
	  NULL, "b.example", "header-malformed|header-folded|" },
	{ "a second one so", "From : a@b.example\nFrom: c@d.example\n",
	  "a@b.example", NULL, "b.example",
	  "header-blank|header-repeated|from-many|" },
	{ "a first line behind a blank", " From: a@b.example\n"
	  "From: c@d.example\n", "a@b.example", NULL, "b.example",
	  "header-malformed|header-repeated|from-many|" },
	{ "a control in front", "From: a@b.example\n\001From: c@d.example\n",
	  "a@b.example", NULL, "b.example",
	  "header-malformed|header-repeated|from-many|" },
	{ "a line that goes on is no author",
	  "From: a@b.example\nX: y\n From: c@d.example\n",
	  "a@b.example", NULL, "b.example", "" },
	{ "a group", "From: x:a@b.example;\n", "a@b.example", NULL,
	  "b.example", "" },
	{ "words split at padding",
	  "From: =?UTF-8?B?QWxlcnQ6?= =?UTF-8?B?IFBheQ==?= "
	  "=?UTF-8?B?IFNlY3VyaXR5?= <a@b.example>\n", "a@b.example",
	  "Alert: Pay Security", "b.example", "" },
	{ "what has no domain goes behind what has",
	  "From: root; a@b.example\n", "a@b.example", NULL, "b.example",
	  "from-many|" },
};

static void
test_authors(void)
{
	for (guint i = 0; i < G_N_ELEMENTS(authors); i++) {
		g_autofree char *message = g_strconcat(authors[i].fields,
						       "\nx\n", NULL);
		g_autoptr(Facts) facts = read_message(message,
						      strlen(message));
		g_autofree char *defects = join(facts->defects);

		g_test_message("%s", authors[i].name);
		g_assert_cmpstr(facts->from, ==, authors[i].from);
		g_assert_cmpstr(facts->from_name, ==, authors[i].from_name);
		g_assert_cmpstr(facts->from_domain, ==,
				authors[i].from_domain);
		g_assert_cmpstr(defects, ==, authors[i].defects);
	}
}

static void
test_fields(void)
{
	static const char message[] =
	    "Received: one\r\nReceived: two\r\n"
	    "From: a@b.example\r\nSender: S <s@b.example>\r\n"
	    "Reply-To: r@c.example, q@c.example\r\n"
	    "To: \"T, U\" <T@d.example>,\r\n v@d.example\r\n"
	    "cc: w@d.example\r\n"
	    "Subject: =?utf-8?q?H=C3=A9?=\r\n =?utf-8?q?llo?=\r\n"
	    "Message-ID: (x) <1@b.example>\r\n"
	    "Date: Sat, 21 Nov 2026 10:00:00 +0000\r\n"
	    "X-Spam-Status: No,\r\n score=1\r\nx-spam-status: Yes\r\n"
	    "List-Id: <l.example>\r\n"
	    "X-Gatepost-Release: v1 x\r\nX-Gatepost-Release: v1 y\r\n"
	    "\r\nabc";
	g_autoptr(Facts) facts = read_message(message, strlen(message));
	g_autofree char *scores = fields_of(facts->scores);
	g_autofree char *ours = fields_of(facts->ours);

	g_assert_true(facts->complete);
	g_assert_cmpint(facts->received, ==, 2);
	g_assert_cmpstr(((Mailbox *)facts->sender->pdata[0])->address, ==,
			"s@b.example");
	g_assert_cmpuint(facts->reply_to->len, ==, 2);
	g_assert_cmpuint(facts->to->len, ==, 2);
	g_assert_cmpstr(((Mailbox *)facts->to->pdata[0])->name, ==, "T, U");
	g_assert_cmpuint(facts->cc->len, ==, 1);
	g_assert_cmpstr(((Mailbox *)facts->cc->pdata[0])->address, ==,
			"w@d.example");
	g_assert_cmpstr(facts->subject, ==, "Héllo");
	g_assert_cmpstr(facts->subject_raw, ==,
			"=?utf-8?q?H=C3=A9?= =?utf-8?q?llo?=");
	g_assert_cmpstr(facts->message_id, ==, "1@b.example");
	g_assert_cmpstr(facts->date, ==, "Sat, 21 Nov 2026 10:00:00 +0000");
	g_assert_cmpstr(scores, ==, "X-Spam-Status#1|x-spam-status#2|");
	g_assert_cmpstr(((Field *)facts->scores->pdata[0])->value, ==,
			"No, score=1");
	g_assert_cmpstr(ours, ==, "X-Gatepost-Release#1|"
			"X-Gatepost-Release#2|");
	g_assert_cmpstr(facts->release, ==, "v1 x");
	g_assert_true(facts->is_list);
	g_assert_cmpint(facts->size, ==, (gint64)strlen(message));
	/* FIPS 180-2 B.1 */
	g_assert_cmpstr(facts->body_sha256, ==, "ba7816bf8f01cfea414140de5da"
			"e2223b00361a396177a9cb410ff61f20015ad");
}

/* Every form of a field that claims to be ours, and none that is not. */
static void
test_forged(void)
{
	static const char message[] =
	    "Authentication-Results: other.example; spf=pass\r\n"
	    "Authentication-Results: mx.example.org; spf=pass\r\n"
	    "AUTHENTICATION-RESULTS: MX.Example.ORG; spf=pass\r\n"
	    "Authentication-Results: (c) mx.example.org; spf=pass\r\n"
	    "Authentication-Results: \"mx.example.org\" 1; spf=pass\r\n"
	    "Authentication-Results:\r\n\tmx.example.org;\r\n spf=pass\r\n"
	    "Authentication-Results : mx.example.org; spf=pass\r\n"
	    "Authentication-Results: mx.example.org(c) ;none\r\n"
	    "Authentication-Results: mx.example.org.evil.example; none\r\n"
	    "ARC-Authentication-Results: i=1; mx.example.org; spf=pass\r\n"
	    "x-gatepost-verdict: clean\r\nX-Gatepost: kept\r\n\r\n";
	g_autoptr(Facts) facts = read_message(message, strlen(message));
	g_autofree char *ours = fields_of(facts->ours);

	g_assert_cmpstr(ours, ==, "Authentication-Results#2|"
			"AUTHENTICATION-RESULTS#3|Authentication-Results#4|"
			"Authentication-Results#5|Authentication-Results#6|"
			"Authentication-Results#7|Authentication-Results#8|"
			"x-gatepost-verdict#1|");
	g_assert_cmpuint(facts->results->len, ==, 7);
}

/* A multipart without boundary, beside a parameter of some 70 octets, makes
 * a reader by GMime 3.2.13 hang or eat all memory. */
static void
test_parameter(void)
{
	for (guint n = 68; n <= 74; n++) {
		g_autofree char *name = g_strnfill(n, 'a');
		g_autofree char *message = g_strconcat(
		    HEAD "Content-Type: multipart/mixed; ", name,
		    "=\"\xe9\xff\"\r\n\r\nhttp://x.example/\r\n", NULL);
		g_autoptr(Facts) facts = read_message(message,
						      strlen(message));
		g_autofree char *urls = urls_of(facts);

		g_assert_cmpstr(urls, ==, "http://x.example/|");
		g_assert_true(facts_has_defect(facts, DEFECT_MIME_EMPTY));
	}
}

static const struct {
	const char *name, *head, *repeated;
	guint count;
	const char *tail, *defect;
} floods[] = {
	{ "parts", HEAD MIXED, "--b\r\n\r\nx\r\n", 2 * BOUND_MIME_PARTS,
	  "", DEFECT_MIME_PARTS },
	{ "... by the hundred thousand", HEAD MIXED, "--b\r\n\r\nx\r\n",
	  200000, "", DEFECT_MIME_PARTS },
	{ "messages in messages", "",
	  "Content-Type: message/rfc822\r\n\r\n", 2 * BOUND_MIME_DEPTH, "",
	  DEFECT_MIME_DEEP },
	{ "... by the thousand", "", "Content-Type: message/rfc822\r\n\r\n",
	  100000, "", DEFECT_MIME_DEEP },
	{ "addresses of an attached message",
	  HEAD "Content-Type: message/rfc822\r\n\r\nTo: ", "a,\r\n ", 100000,
	  "\r\n\r\nx", DEFECT_HEADER_LONG },
	{ "fields", HEAD, "X: y\r\n", 2 * BOUND_HEADER_FIELDS, "\r\nx",
	  DEFECT_HEADER_MANY },
	{ "text", HEAD "\r\n", "0123456789abcdef", BOUND_TEXT_PART / 16 + 1,
	  "", DEFECT_TEXT_LARGE },
	{ "tags", HEAD "Content-Type: text/html\r\n\r\n", "<p>",
	  BOUND_HTML_TAGS + 1, "", DEFECT_HTML_TAGS },
	{ "the message", HEAD "\r\n", "0123456789abcdef\n",
	  BOUND_MESSAGE / 17 + 1, "", DEFECT_MESSAGE_LARGE },
	{ "parameters", HEAD "Content-Type: text/plain", "; a=b",
	  2 * BOUND_PARAMETERS, "\r\n\r\nx", DEFECT_PARAMETERS_MANY },
};

static void
test_floods(void)
{
	for (guint i = 0; i < G_N_ELEMENTS(floods); i++) {
		g_autoptr(GString) message = g_string_new(floods[i].head);
		g_autoptr(Facts) facts = NULL;
		gint64 start = g_get_monotonic_time();

		for (guint j = 0; j < floods[i].count; j++)
			g_string_append(message, floods[i].repeated);
		g_string_append(message, floods[i].tail);
		facts = read_message(message->str, message->len);
		g_test_message("%s: %d ms", floods[i].name,
			       (int)(g_get_monotonic_time() - start) / 1000);
		g_assert_true(facts_has_defect(facts, floods[i].defect));
		g_assert_false(facts->complete);
	}
}

/* Multiparts in each other, each as large as all that is in it. */
static void
test_costly(void)
{
	g_autoptr(GString) message = g_string_new(HEAD);
	g_autoptr(Facts) facts = NULL;
	g_autofree char *filler = g_strnfill(6000000, 'x');

	for (guint i = 0; i < 48; i++)
		g_string_append_printf(message, "Content-Type: multipart/"
				       "mixed; boundary=n%u\r\n\r\n--n%u\r\n",
				       i, i);
	g_string_append(message, filler);
	facts = read_message(message->str, message->len);
	g_assert_true(facts_has_defect(facts, DEFECT_MIME_COSTLY));
	g_assert_false(facts->complete);
}

static void
test_preview(void)
{
	static const char message[] =
	    "From: =?utf-8?q?X=1B?= <a@b.example>\r\nTo: c@d.example\r\n"
	    "Subject: a\xe2\x80\xae" "b\r\nDate: today\r\n"
	    "MIME-Version: 1.0\r\n" MIXED
	    "--b\r\nContent-Type: text/plain\r\n\r\none\r\ntw\033o\r\n"
	    "--b\r\nContent-Type: text/html\r\n\r\n<p>three</p>"
	    "<a href=http://x.example/>four</a>\r\n"
	    "--b\r\nContent-Type: text/x; name=a.txt\r\n\r\nabc\r\n--b--\r\n";
	Request *request = fields_new(&request_fields);
	g_autofree char *text = content_preview((const guint8 *)message,
						strlen(message), request);

	g_assert_cmpstr(text, ==,
			"From: \"X\" <a@b.example>\n"
			"To: <c@d.example>\n"
			"Date: today\n"
			"Subject: a?b\n"
			"\n"
			"Text:\n"
			"one\n"
			"tw?o\n"
			"three\n"
			"four <hxxp://x[.]example/>\n"
			"\n"
			"Links:\n"
			"link: hxxp://x[.]example/\n"
			"  shown as: four\n"
			"\n"
			"Files:\n"
			"file: a.txt\n"
			"  declared as: text/x\n"
			"  size: 3 octets\n"
			"  sha256: ba7816bf8f01cfea414140de5dae2223b00361a39"
			"6177a9cb410ff61f20015ad\n"
			"\n"
			"Defects:\n"
			"defect: words-control\n");
	fields_free(&request_fields, request);
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/content/bodies", test_bodies);
	g_test_add_func("/content/names", test_names);
	g_test_add_func("/content/authors", test_authors);
	g_test_add_func("/content/fields", test_fields);
	g_test_add_func("/content/forged", test_forged);
	g_test_add_func("/content/parameter", test_parameter);
	g_test_add_func("/content/floods", test_floods);
	g_test_add_func("/content/costly", test_costly);
	g_test_add_func("/content/preview", test_preview);
	return g_test_run();
}
