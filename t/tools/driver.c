/*
 * driver.c -- send messages to a milter as a mail server would, and count
 *
 * Speaks version 6 of the milter protocol by itself, as Postfix 3.7 does,
 * over several connections in one epoll loop: on a small machine the time
 * measured should be the milter's.  Every message has a queue id and a
 * Message-ID of its own; every verdict and every edit is counted, and no
 * answer is waited for longer than the timeout.  Ends with a line of JSON.
 */
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <time.h>
#include <unistd.h>

/* What Postfix 3.7 offers. */
#define OFFER_VERSION	6
#define OFFER_ACTIONS	0x1ffu
#define OFFER_PROTOCOL	0x1fffffu

#define HEADER_LEADSPC	0x100000u	/* values keep their first blank */
#define CHUNK		65535		/* most body bytes of one packet */
#define OUT_LIMIT	(256 * 1024)	/* unsent bytes before we wait */
#define REPLY_LIMIT	(16 * 1024 * 1024)
#define RCPT_MAX	256
#define MACRO_MAX	64

enum stage {
	STAGE_CONNECT, STAGE_HELO, STAGE_MAIL, STAGE_RCPT, STAGE_DATA,
	STAGE_EOM, STAGE_EOH, STAGE_COUNT, STAGE_NONE
};

static const char *const stage_names[STAGE_COUNT] = {
	"connect", "helo", "mail", "rcpt", "data", "eom", "eoh"
};

/* What Postfix sends where, unless the milter asks for its own list. */
static const char *const stage_macros[STAGE_COUNT] = {
	[STAGE_CONNECT] = "j {daemon_name} {daemon_addr} v _",
	[STAGE_HELO] = "{tls_version} {cipher} {cipher_bits} {cert_subject} "
		       "{cert_issuer}",
	[STAGE_MAIL] = "i {auth_type} {auth_authen} {auth_author} "
		       "{mail_addr} {mail_host} {mail_mailer}",
	[STAGE_RCPT] = "i {rcpt_addr} {rcpt_host} {rcpt_mailer}",
	[STAGE_DATA] = "i",
	[STAGE_EOM] = "i",
	[STAGE_EOH] = "i",
};

enum step {
	STEP_OPTIONS, STEP_CONNECT, STEP_HELO, STEP_MAIL, STEP_RCPT,
	STEP_DATA, STEP_HEADER, STEP_EOH, STEP_BODY, STEP_END
};

static const struct {
	char command;
	uint32_t unwanted;	/* agreed: the milter does not want it */
	uint32_t silent;	/* agreed: the milter does not answer it */
	enum stage stage;
} steps[] = {
	[STEP_OPTIONS] = { 'O', 0, 0, STAGE_NONE },
	[STEP_CONNECT] = { 'C', 0x001, 0x01000, STAGE_CONNECT },
	[STEP_HELO] = { 'H', 0x002, 0x02000, STAGE_HELO },
	[STEP_MAIL] = { 'M', 0x004, 0x04000, STAGE_MAIL },
	[STEP_RCPT] = { 'R', 0x008, 0x08000, STAGE_RCPT },
	[STEP_DATA] = { 'T', 0x200, 0x10000, STAGE_DATA },
	[STEP_HEADER] = { 'L', 0x020, 0x00080, STAGE_EOH },
	[STEP_EOH] = { 'N', 0x040, 0x40000, STAGE_EOH },
	[STEP_BODY] = { 'B', 0x010, 0x80000, STAGE_EOM },
	[STEP_END] = { 'E', 0, 0, STAGE_EOM },
};

enum verdict {
	VERDICT_ACCEPT, VERDICT_CONTINUE, VERDICT_REJECT, VERDICT_DISCARD,
	VERDICT_TEMPFAIL, VERDICT_BROKEN, VERDICT_COUNT
};

static const char *const verdict_names[VERDICT_COUNT] = {
	"accept", "continue", "reject", "discard", "tempfail", "broken"
};

/* To count one more kind of edit: a row. */
static const struct {
	char code;
	const char *name;
} edits[] = {
	{ 'h', "addheader" },
	{ 'i', "insheader" },
	{ 'm', "chgheader" },
	{ '-', "delrcpt" },
	{ '+', "addrcpt" },
	{ '2', "addrcpt_par" },
	{ 'b', "replbody" },
	{ 'e', "chgfrom" },
	{ 'q', "quarantine" },
};
#define EDIT_COUNT (sizeof edits / sizeof *edits)

struct buffer {
	char *bytes;
	size_t length, size;
	size_t sent;		/* of an outgoing buffer */
};

struct header {
	char *name;
	char *value;		/* with its first blank */
};

/* A mail as it is sent again and again, before it is made unique. */
struct mail {
	struct header *headers;
	int header_count;
	char *body;
	size_t body_length;
	bool generated;
};

struct message {
	int number, tries;
	char queue_id[16];
	const struct mail *mail;
	enum verdict verdict;
	bool by_reply;		/* the verdict came with a text */
	double started;
	int accepted, refused;	/* recipients */
	bool refused_later;	/* ... at least one of them for now only */
	int edit_counts[EDIT_COUNT];
	struct buffer edits;	/* JSON, for the log */
	struct buffer rcpts;	/* JSON, for the log */
	struct buffer reply;	/* text of the last answer that had one */
};

struct conn {
	int fd;
	enum step step;
	int index;		/* of the recipient, header or chunk */
	uint32_t protocol;
	char *macros[STAGE_COUNT];	/* what the milter asked for */
	struct buffer in, out;
	struct buffer sent_macros;	/* of the last step */
	struct message *message;
	int sent;		/* messages that this connection has carried */
	bool connecting, waiting, held, released;
	double deadline;	/* of the answer, or of the connection */
	double wake;		/* when to try again; 0: not asleep */
};

static struct {
	const char *socket;
	int connections, messages, per_connection, tries, domains;
	int size, timeout;
	const char *mail, *from, *client, *client_name, *helo, *log;
	const char *rcpts[RCPT_MAX];
	int rcpt_count;
	const char *macros[MACRO_MAX];
	int macro_count;
	bool burst, same;
} options = {
	.connections = 4, .messages = 1, .per_connection = 100, .tries = 1,
	.domains = 1, .size = 4096, .client = "198.51.100.25",
	.client_name = "mail.client.example", .helo = "mail.client.example",
	.timeout = 30,
};

static struct {
	int begun, done, replies, rcpts_refused;
	int verdicts[VERDICT_COUNT];
	long edits[EDIT_COUNT];
	double *times;
	bool complained;
} total;

static struct sockaddr_storage address;
static socklen_t address_length;
static struct mail *mails;
static int mail_count;
static unsigned run;		/* makes ids differ from those of other runs */
static int poller;
static FILE *log_file;

static void conn_advance(struct conn *conn);
static void conn_next(struct conn *conn);

static void __attribute__((noreturn, format(printf, 2, 3)))
die(int code, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	fputs("driver: ", stderr);
	vfprintf(stderr, format, args);
	fputc('\n', stderr);
	va_end(args);
	exit(code);
}

static double
now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

static void *
allocate(void *old, size_t size)
{
	void *bytes = realloc(old, size);

	if (bytes == NULL)
		die(EX_OSERR, "out of memory");
	return bytes;
}

/* Make room for LENGTH more bytes and return where they go. */
static char *
buffer_grow(struct buffer *buffer, size_t length)
{
	char *at;

	if (buffer->length + length > buffer->size) {
		buffer->size = (buffer->length + length) * 2;
		buffer->bytes = allocate(buffer->bytes, buffer->size);
	}
	at = buffer->bytes + buffer->length;
	buffer->length += length;
	return at;
}

static void
buffer_add(struct buffer *buffer, const void *bytes, size_t length)
{
	if (length > 0)
		memcpy(buffer_grow(buffer, length), bytes, length);
}

static void
buffer_text(struct buffer *buffer, const char *text)
{
	buffer_add(buffer, text, strlen(text));
}

static void
buffer_clear(struct buffer *buffer)
{
	free(buffer->bytes);
	memset(buffer, 0, sizeof *buffer);
}

/* Add TEXT as a JSON string; bytes over 127 are taken for Latin-1. */
static void
buffer_json(struct buffer *buffer, const char *text, size_t length)
{
	char escape[8];

	buffer_add(buffer, "\"", 1);
	for (size_t i = 0; i < length; i++) {
		unsigned char c = (unsigned char)text[i];

		if (c == '"' || c == '\\') {
			snprintf(escape, sizeof escape, "\\%c", c);
			buffer_text(buffer, escape);
		} else if (c < ' ' || c > '~') {
			snprintf(escape, sizeof escape, "\\u%04x", c);
			buffer_text(buffer, escape);
		} else {
			buffer_add(buffer, &c, 1);
		}
	}
	buffer_add(buffer, "\"", 1);
}

/*
 * The mails: read from files, or one that is made up.
 */

static void
mail_header(struct mail *mail, const char *name, size_t length,
	    const char *value)
{
	struct header *header;

	mail->headers = allocate(mail->headers, sizeof *mail->headers *
				 (size_t)(mail->header_count + 1));
	header = &mail->headers[mail->header_count++];
	header->name = strndup(name, length);
	header->value = strdup(value);
	if (header->name == NULL || header->value == NULL)
		die(EX_OSERR, "out of memory");
}

/* Body lines end in CRLF on the wire, whatever the file has. */
static void
mail_body(struct mail *mail, const char *text, size_t length)
{
	struct buffer body = { 0 };

	for (size_t i = 0; i < length; i++) {
		if (text[i] == '\n' && (i == 0 || text[i - 1] != '\r'))
			buffer_add(&body, "\r", 1);
		buffer_add(&body, text + i, 1);
	}
	mail->body = body.bytes;
	mail->body_length = body.length;
}

/*
 * Split TEXT, with a NUL behind it, into headers and body.  Like Postfix, a
 * line that is no header ends the headers and belongs to the body.
 */
static void
mail_parse(struct mail *mail, char *text, size_t length)
{
	char *at = text, *end = text + length;

	if (strncmp(at, "From ", 5) == 0 && (at = strchr(at, '\n')) != NULL)
		at++;
	while (at != NULL && at < end) {
		char *next, *colon, *line = at;
		struct buffer value = { 0 };

		if (*at == '\n' || strncmp(at, "\r\n", 2) == 0) {
			at += *at == '\n' ? 1 : 2;
			break;
		}
		colon = at + strcspn(at, ": \t\r\n");
		if (*colon != ':' || colon == at)
			break;
		at = colon + 1;
		do {	/* the rest of the line, and those folded to it */
			next = memchr(at, '\n', (size_t)(end - at));
			next = next == NULL ? end : next + 1;
			buffer_add(&value, at, (size_t)(next - at));
			at = next;
		} while (at < end && (*at == ' ' || *at == '\t'));
		buffer_add(&value, "", 1);
		/* Folds travel as bare LF; the last line end does not. */
		next = value.bytes;
		for (char *from = value.bytes; *from != '\0'; from++)
			if (*from != '\r' || from[1] != '\n')
				*next++ = *from;
		*next = '\0';
		if (next > value.bytes && next[-1] == '\n')
			next[-1] = '\0';
		mail_header(mail, line, (size_t)(colon - line), value.bytes);
		buffer_clear(&value);
	}
	mail_body(mail, at == NULL ? end : at,
		  at == NULL ? 0 : (size_t)(end - at));
}

static void
mail_load(const char *path)
{
	struct buffer text = { 0 };
	FILE *file = fopen(path, "r");
	size_t got;
	char part[65536];

	if (file == NULL)
		die(EX_NOINPUT, "%s: %s", path, strerror(errno));
	while ((got = fread(part, 1, sizeof part, file)) > 0)
		buffer_add(&text, part, got);
	if (ferror(file))
		die(EX_NOINPUT, "%s: %s", path, strerror(errno));
	fclose(file);
	buffer_add(&text, "", 1);
	mails = allocate(mails, sizeof *mails * (size_t)(mail_count + 1));
	memset(&mails[mail_count], 0, sizeof *mails);
	mail_parse(&mails[mail_count++], text.bytes, text.length - 1);
	buffer_clear(&text);
}

static int
is_mail_name(const struct dirent *entry)
{
	return entry->d_name[0] != '.';
}

/* One file, or all the files of a folder in the order of their names. */
static void
mail_load_all(const char *path)
{
	struct dirent **entries;
	struct stat info;
	char name[4096];
	int count;

	if (stat(path, &info) < 0)
		die(EX_NOINPUT, "%s: %s", path, strerror(errno));
	if (!S_ISDIR(info.st_mode)) {
		mail_load(path);
		return;
	}
	count = scandir(path, &entries, is_mail_name, alphasort);
	for (int i = 0; i < count; i++) {
		snprintf(name, sizeof name, "%s/%s", path, entries[i]->d_name);
		if (stat(name, &info) == 0 && S_ISREG(info.st_mode))
			mail_load(name);
		free(entries[i]);
	}
	if (count >= 0)
		free(entries);
	if (mail_count == 0)
		die(EX_NOINPUT, "%s: no mail in it", path);
}

/* The first line of a made-up body; its number differs in each message. */
#define NUMBER_LINE "Number %08d of run %08x.\r\n"

static void
mail_generate(void)
{
	static const char line[] =
	    "The quick brown fox jumps over the lazy dog, and it does so at "
	    "noon.\r\n";
	static const char link[] =
	    "Read more at https://www.client.example/news/today.html when "
	    "you can.\r\n";
	static const char *const headers[][2] = {
		{ "Received", " from desk.client.example "
		  "(desk.client.example [192.0.2.77])\n\tby "
		  "mail.client.example (Postfix) with ESMTP id 4Xy2b7\n\t"
		  "for <user@example.org>;" },
		{ "From", "" },
		{ "To", " user@example.org" },
		{ "Subject", " Minutes of the meeting" },
		{ "Date", "" },
		{ "Message-ID", "" },
		{ "MIME-Version", " 1.0" },
		{ "Content-Type", " text/plain; charset=us-ascii" },
	};
	struct buffer body = { 0 };
	struct mail *mail = allocate(NULL, sizeof *mail);
	char first[64], date[64], value[256];
	time_t today = time(NULL);

	memset(mail, 0, sizeof *mail);
	mail->generated = true;
	strftime(date, sizeof date, " %a, %d %b %Y %H:%M:%S +0000",
		 gmtime(&today));
	for (size_t i = 0; i < sizeof headers / sizeof *headers; i++) {
		bool dated = strcmp(headers[i][0], "Received") == 0 ||
		    strcmp(headers[i][0], "Date") == 0;

		snprintf(value, sizeof value, "%s%s", headers[i][1],
			 dated ? date : "");
		mail_header(mail, headers[i][0], strlen(headers[i][0]),
			    value);
	}
	snprintf(first, sizeof first, NUMBER_LINE, 0, run);
	buffer_text(&body, first);
	buffer_text(&body, link);
	while (body.length < (size_t)options.size)
		buffer_add(&body, line, sizeof line - 1);
	if (body.length > (size_t)options.size)
		body.length = (size_t)options.size;
	if (body.length >= 2)
		memcpy(body.bytes + body.length - 2, "\r\n", 2);
	mail->body = body.bytes;
	mail->body_length = body.length;
	mails = mail;
	mail_count = 1;
}

/*
 * Messages
 */

static struct message *
message_new(void)
{
	struct message *message = allocate(NULL, sizeof *message);

	memset(message, 0, sizeof *message);
	message->number = ++total.begun;
	message->mail = &mails[(message->number - 1) % mail_count];
	snprintf(message->queue_id, sizeof message->queue_id, "D%06d",
		 message->number);
	return message;
}

/* The Message-ID to send: the mail's own, or one that is unique. */
static void
message_id(const struct message *message, char *id, size_t size)
{
	if (options.same && !message->mail->generated) {
		snprintf(id, size, "%s", "");
		for (int i = 0; i < message->mail->header_count; i++) {
			const struct header *header =
			    &message->mail->headers[i];

			if (strcasecmp(header->name, "Message-ID") == 0)
				snprintf(id, size, "%s", header->value +
					 strspn(header->value, " \t\n"));
		}
		return;
	}
	snprintf(id, size, "<%08x.%06d@client.example>", run,
		 options.same ? 0 : message->number);
}

static void
message_sender(const struct message *message, char *sender, size_t size)
{
	int number = options.same ? 0 : message->number;
	const char *at = options.from ? strstr(options.from, "%d") : NULL;

	if (at != NULL)
		snprintf(sender, size, "%.*s%d%s", (int)(at - options.from),
			 options.from, number, at + 2);
	else if (options.from != NULL)
		snprintf(sender, size, "%s", options.from);
	else if (options.domains > 1)
		snprintf(sender, size, "sender%06d@client%d.example", number,
			 number % options.domains);
	else
		snprintf(sender, size, "sender%06d@client.example", number);
}

static void
message_log(const struct message *message, double ms)
{
	struct buffer line = { 0 };
	char text[1024];

	if (log_file == NULL)
		return;
	snprintf(text, sizeof text, "{\"number\":%d,\"queue_id\":\"%s\","
		 "\"message_id\":", message->number, message->queue_id);
	buffer_text(&line, text);
	message_id(message, text, sizeof text);
	buffer_json(&line, text, strlen(text));
	snprintf(text, sizeof text, ",\"verdict\":\"%s\",\"tries\":%d,"
		 "\"ms\":%.2f,\"reply\":", verdict_names[message->verdict],
		 message->tries, ms);
	buffer_text(&line, text);
	buffer_json(&line, message->reply.bytes, message->reply.length);
	buffer_text(&line, ",\"rcpts\":[");
	buffer_add(&line, message->rcpts.bytes, message->rcpts.length);
	buffer_text(&line, "],\"edits\":[");
	buffer_add(&line, message->edits.bytes, message->edits.length);
	buffer_text(&line, "]}\n");
	fwrite(line.bytes, 1, line.length, log_file);
	fflush(log_file);
	buffer_clear(&line);
}

static void
message_done(struct message *message, double ms)
{
	message_log(message, ms);
	total.times[total.done++] = ms;
	total.verdicts[message->verdict]++;
	total.replies += message->by_reply;
	total.rcpts_refused += message->refused;
	for (size_t i = 0; i < EDIT_COUNT; i++)
		total.edits[i] += message->edit_counts[i];
	buffer_clear(&message->edits);
	buffer_clear(&message->rcpts);
	buffer_clear(&message->reply);
	free(message);
}

/* Note an edit for the count and, as ["name", part, ...], for the log. */
static void
message_edit(struct message *message, char code, const char *data,
	     size_t length)
{
	char text[32];
	size_t i = 0;

	while (i < EDIT_COUNT && edits[i].code != code)
		i++;
	if (i == EDIT_COUNT)
		return;
	message->edit_counts[i]++;
	if (log_file == NULL)
		return;
	if (message->edits.length > 0)
		buffer_text(&message->edits, ",");
	buffer_text(&message->edits, "[\"");
	buffer_text(&message->edits, edits[i].name);
	buffer_text(&message->edits, "\"");
	if ((code == 'i' || code == 'm') && length >= 4) {
		uint32_t index;

		memcpy(&index, data, sizeof index);
		snprintf(text, sizeof text, ",%u", ntohl(index));
		buffer_text(&message->edits, text);
		data += 4;
		length -= 4;
	}
	while (length > 0) {
		size_t part = strnlen(data, length);

		buffer_text(&message->edits, ",");
		buffer_json(&message->edits, data, part);
		part += part < length;
		data += part;
		length -= part;
	}
	buffer_text(&message->edits, "]");
}

/*
 * Packets
 */

static void
put_packet(struct buffer *out, char command, const void *data, size_t length)
{
	uint32_t size = htonl((uint32_t)length + 1);
	char *at = buffer_grow(out, 5 + length);

	memcpy(at, &size, 4);
	at[4] = command;
	if (length > 0)
		memcpy(at + 5, data, length);
}

/* What --macro says of macro PLAIN at STAGE; NULL when it says nothing. */
static const char *
macro_given(enum stage stage, const char *plain)
{
	size_t part = strlen(stage_names[stage]), length = strlen(plain);

	for (int i = 0; i < options.macro_count; i++) {
		const char *at = options.macros[i];

		if (strncmp(at, stage_names[stage], part) != 0 ||
		    at[part] != ':')
			continue;
		at += part + 1;
		if (strncmp(at, plain, length) == 0 && at[length] == '=')
			return at + length + 1;
	}
	return NULL;
}

static const char *
domain_of(const char *name)
{
	const char *at = strrchr(name, '@');

	return at != NULL ? at + 1 : "";
}

/* The value of macro PLAIN at STAGE in VALUE, "" when there is none. */
static void
macro_value(const struct conn *conn, enum stage stage, const char *plain,
	    char *value, size_t size)
{
	static const char *const fixed[][2] = {
		{ "j", "mx.test.example" },
		{ "v", "Postfix 3.7.11" },
		{ "daemon_name", "mx.test.example" },
		{ "daemon_addr", "127.0.0.1" },
		{ "daemon_port", "25" },
		{ "if_addr", "127.0.0.1" },
		{ "client_port", "4567" },
		{ "mail_mailer", "smtp" },
		{ "rcpt_mailer", "virtual" },
	};
	const char *given = macro_given(stage, plain);
	const char *rcpt = options.rcpts[conn->step == STEP_RCPT ?
					 conn->index : 0];
	const char *text = "";
	char sender[512];
	bool has_queue_id = stage == STAGE_DATA || stage == STAGE_EOH ||
	    stage == STAGE_EOM || (stage == STAGE_RCPT && conn->index > 0);

	message_sender(conn->message, sender, sizeof sender);
	for (size_t i = 0; i < sizeof fixed / sizeof *fixed; i++)
		if (strcmp(plain, fixed[i][0]) == 0)
			text = fixed[i][1];
	if (given != NULL)
		text = given;
	else if (strcmp(plain, "i") == 0 && has_queue_id)
		text = conn->message->queue_id;
	else if (strcmp(plain, "client_addr") == 0)
		text = options.client;
	else if (strcmp(plain, "client_name") == 0 ||
		 strcmp(plain, "client_ptr") == 0)
		text = options.client_name;
	else if (strcmp(plain, "mail_addr") == 0)
		text = sender;
	else if (strcmp(plain, "mail_host") == 0)
		text = domain_of(sender);
	else if (strcmp(plain, "rcpt_addr") == 0)
		text = rcpt;
	else if (strcmp(plain, "rcpt_host") == 0)
		text = domain_of(rcpt);
	if (given == NULL && strcmp(plain, "_") == 0)
		snprintf(value, size, "%s [%s]", options.client_name,
			 options.client);
	else
		snprintf(value, size, "%s", text);
}

/*
 * Put the macros of the step before it.  Postfix does so before each header
 * and chunk too, and even when it then leaves out the step itself.
 */
static void
put_macros(struct conn *conn)
{
	enum stage stage = steps[conn->step].stage;
	struct buffer *data = &conn->sent_macros;
	const char *names;
	char name[128], plain[128], value[1024];

	if (stage == STAGE_NONE)
		return;
	if (conn->index > 0 && conn->step != STEP_RCPT) {
		put_packet(&conn->out, 'D', data->bytes, data->length);
		return;
	}
	names = conn->macros[stage] != NULL ? conn->macros[stage] :
	    stage_macros[stage];
	data->length = 0;
	buffer_add(data, &steps[conn->step].command, 1);
	while (*(names += strspn(names, ", ")) != '\0') {
		int length = (int)strcspn(names, ", ");

		snprintf(name, sizeof name, "%.*s", length, names);
		names += length;
		snprintf(plain, sizeof plain, "%s", name + (*name == '{'));
		plain[strcspn(plain, "}")] = '\0';
		macro_value(conn, stage, plain, value, sizeof value);
		if (*value == '\0')
			continue;
		buffer_add(data, name, strlen(name) + 1);
		buffer_add(data, value, strlen(value) + 1);
	}
	put_packet(&conn->out, 'D', data->bytes, data->length);
}

static void
put_connect(struct conn *conn)
{
	struct buffer data = { 0 };
	uint16_t port = htons(4567);

	buffer_add(&data, options.client_name,
		   strlen(options.client_name) + 1);
	buffer_text(&data, strchr(options.client, ':') ? "6" : "4");
	buffer_add(&data, &port, sizeof port);
	buffer_add(&data, options.client, strlen(options.client) + 1);
	put_packet(&conn->out, 'C', data.bytes, data.length);
	buffer_clear(&data);
}

/* ADDRESS in its brackets, with its NUL; one that has them keeps them. */
static void
put_address(struct conn *conn, char command, const char *name)
{
	char text[1024];
	int length = snprintf(text, sizeof text, *name == '<' ? "%s" : "<%s>",
			      name);

	if (length < 0 || (size_t)length >= sizeof text)
		die(EX_USAGE, "%s: too long", name);
	put_packet(&conn->out, command, text, (size_t)length + 1);
}

/* Header INDEX; one past the mail's own is a Message-ID that it lacks. */
static void
put_header(struct conn *conn, int index)
{
	const struct message *message = conn->message;
	const struct mail *mail = message->mail;
	const char *name = "Message-ID", *value = " ";
	char text[1024] = " ", sender[512];
	struct buffer data = { 0 };

	if (index < mail->header_count) {
		name = mail->headers[index].name;
		value = mail->headers[index].value;
	}
	if (strcasecmp(name, "Message-ID") == 0 &&
	    (!options.same || mail->generated)) {
		message_id(message, text + 1, sizeof text - 1);
		value = text;
	} else if (mail->generated && strcmp(name, "From") == 0) {
		message_sender(message, sender, sizeof sender);
		snprintf(text, sizeof text, " A. Sender <%s>", sender);
		value = text;
	}
	if ((conn->protocol & HEADER_LEADSPC) == 0 && *value == ' ')
		value++;
	buffer_add(&data, name, strlen(name) + 1);
	buffer_add(&data, value, strlen(value) + 1);
	put_packet(&conn->out, 'L', data.bytes, data.length);
	buffer_clear(&data);
}

static void
put_body(struct conn *conn)
{
	const struct mail *mail = conn->message->mail;
	size_t offset = (size_t)conn->index * CHUNK;
	size_t length = mail->body_length - offset;
	char first[64];
	size_t size;

	if (length > CHUNK)
		length = CHUNK;
	put_packet(&conn->out, 'B', mail->body + offset, length);
	if (!mail->generated || options.same || offset > 0)
		return;
	size = (size_t)snprintf(first, sizeof first, NUMBER_LINE,
				conn->message->number, run);
	if (size < length)
		memcpy(conn->out.bytes + conn->out.length - length, first,
		       size);
}

static void
put_options(struct conn *conn)
{
	uint32_t offer[3] = {
		htonl(OFFER_VERSION), htonl(OFFER_ACTIONS),
		htonl(OFFER_PROTOCOL)
	};

	put_packet(&conn->out, 'O', offer, sizeof offer);
}

static bool
has_header(const struct mail *mail, const char *name)
{
	for (int i = 0; i < mail->header_count; i++)
		if (strcasecmp(mail->headers[i].name, name) == 0)
			return true;
	return false;
}

/* How many packets the step has for this message. */
static int
step_items(const struct conn *conn)
{
	const struct mail *mail = conn->message->mail;

	switch (conn->step) {
	case STEP_RCPT:
		return options.rcpt_count;
	case STEP_HEADER:
		return mail->header_count +
		    (!options.same && !has_header(mail, "Message-ID"));
	case STEP_BODY:
		return (int)((mail->body_length + CHUNK - 1) / CHUNK);
	case STEP_OPTIONS:
	case STEP_CONNECT:
	case STEP_HELO:
	case STEP_MAIL:
	case STEP_DATA:
	case STEP_EOH:
	case STEP_END:
		break;
	}
	return 1;
}

static void
put_step(struct conn *conn)
{
	char sender[512];

	switch (conn->step) {
	case STEP_OPTIONS:
		put_options(conn);
		break;
	case STEP_CONNECT:
		put_connect(conn);
		break;
	case STEP_HELO:
		put_packet(&conn->out, 'H', options.helo,
			   strlen(options.helo) + 1);
		break;
	case STEP_MAIL:
		message_sender(conn->message, sender, sizeof sender);
		put_address(conn, 'M', sender);
		break;
	case STEP_RCPT:
		put_address(conn, 'R', options.rcpts[conn->index]);
		break;
	case STEP_HEADER:
		put_header(conn, conn->index);
		break;
	case STEP_BODY:
		put_body(conn);
		break;
	case STEP_DATA:
	case STEP_EOH:
	case STEP_END:
		put_packet(&conn->out, steps[conn->step].command, NULL, 0);
		break;
	}
}

/*
 * Connections
 */

static void
conn_close(struct conn *conn)
{
	if (conn->fd >= 0)
		close(conn->fd);
	conn->fd = -1;
	conn->in.length = 0;
	conn->out.length = conn->out.sent = 0;
	conn->connecting = conn->waiting = false;
	for (int i = 0; i < STAGE_COUNT; i++) {
		free(conn->macros[i]);
		conn->macros[i] = NULL;
	}
}

static void
conn_watch(struct conn *conn, bool writing, int operation)
{
	struct epoll_event event = {
		.events = EPOLLIN | (writing ? EPOLLOUT : 0),
		.data.ptr = conn
	};

	epoll_ctl(poller, operation, conn->fd, &event);
}

/* The message is over, or is tried again when that is worth it. */
static void
conn_verdict(struct conn *conn, enum verdict verdict, bool by_reply)
{
	struct message *message = conn->message;
	bool again = (verdict == VERDICT_TEMPFAIL ||
		      verdict == VERDICT_BROKEN) &&
	    message->tries < options.tries;

	conn->waiting = conn->held = conn->released = false;
	if (again) {
		message->edits.length = message->rcpts.length = 0;
		message->reply.length = 0;
		memset(message->edit_counts, 0, sizeof message->edit_counts);
		message->accepted = message->refused = 0;
		message->refused_later = false;
		conn_close(conn);
		/* A milter that restarts needs a moment. */
		conn->wake = now() + 0.1 * (message->tries < 10 ?
					    message->tries : 10);
		return;
	}
	message->verdict = verdict;
	message->by_reply = by_reply;
	conn->message = NULL;
	message_done(message, (now() - message->started) * 1000);
}

/* The connection is of no more use; WHY goes into the log. */
static void
conn_lost(struct conn *conn, const char *why)
{
	if (!total.complained)	/* the first says enough */
		fprintf(stderr, "driver: message %d: %s\n",
			conn->message->number, why);
	total.complained = true;
	conn_close(conn);
	conn->message->reply.length = 0;
	buffer_text(&conn->message->reply, why);
	conn_verdict(conn, VERDICT_BROKEN, false);
	conn_next(conn);
}

static void
conn_open(struct conn *conn)
{
	int on = 1;

	conn->message->tries++;
	conn->message->started = now();
	conn->deadline = now() + options.timeout;
	conn->sent = 0;
	conn->step = STEP_OPTIONS;
	conn->index = 0;
	conn->protocol = 0;
	conn->fd = socket(address.ss_family,
			  SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (conn->fd < 0)
		die(EX_OSERR, "socket: %s", strerror(errno));
	if (address.ss_family != AF_UNIX)
		setsockopt(conn->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
	if (connect(conn->fd, (struct sockaddr *)&address,
		    address_length) == 0) {
		conn_watch(conn, false, EPOLL_CTL_ADD);
		conn_advance(conn);
	} else if (errno == EINPROGRESS) {
		conn->connecting = true;
		conn_watch(conn, true, EPOLL_CTL_ADD);
	} else {
		char why[256];

		snprintf(why, sizeof why, "cannot connect: %s",
			 strerror(errno));
		conn_lost(conn, why);
	}
}

/* Take the next message, if there is one and the connection may. */
static void
conn_next(struct conn *conn)
{
	if (conn->wake > 0)
		return;
	if (conn->fd >= 0 && (conn->sent >= options.per_connection ||
			      total.begun == options.messages)) {
		put_packet(&conn->out, 'Q', NULL, 0);
		send(conn->fd, conn->out.bytes + conn->out.sent,
		     conn->out.length - conn->out.sent, MSG_NOSIGNAL);
		conn_close(conn);
	}
	if (conn->message != NULL || total.begun == options.messages)
		return;
	conn->message = message_new();
	if (conn->fd < 0) {
		/* Not from here: a milter that is down must not recurse. */
		conn->wake = now();
		return;
	}
	conn->message->tries++;
	conn->message->started = now();
	conn->step = STEP_MAIL;
	conn->index = 0;
	conn_advance(conn);
}

static void
conn_flush(struct conn *conn)
{
	struct buffer *out = &conn->out;
	bool was_blocked = out->sent > 0;

	while (out->sent < out->length) {
		ssize_t put = send(conn->fd, out->bytes + out->sent,
				   out->length - out->sent, MSG_NOSIGNAL);

		if (put < 0 && errno == EINTR)
			continue;
		if (put < 0 && errno == EAGAIN)
			break;
		if (put < 0) {
			/* What the milter said before it left may be here. */
			out->sent = out->length;
			break;
		}
		out->sent += (size_t)put;
	}
	if (out->sent < out->length) {
		conn_watch(conn, true, EPOLL_CTL_MOD);
	} else {
		out->length = out->sent = 0;
		if (was_blocked)
			conn_watch(conn, false, EPOLL_CTL_MOD);
	}
}

/* Put one packet out, or pass over one that the milter does not want. */
static void
conn_step(struct conn *conn)
{
	bool unwanted = conn->protocol & steps[conn->step].unwanted;

	put_macros(conn);
	if (!unwanted)
		put_step(conn);
	if (!unwanted && !(conn->protocol & steps[conn->step].silent)) {
		conn->waiting = true;
		return;
	}
	if (conn->step == STEP_RCPT)
		conn->message->accepted++;
	conn->index++;
}

/* Send all that may be sent before an answer is needed. */
static void
conn_advance(struct conn *conn)
{
	conn->deadline = now() + options.timeout;
	do {
		while (!conn->waiting && conn->out.length < OUT_LIMIT) {
			while (conn->index >= step_items(conn)) {
				conn->step++;
				conn->index = 0;
			}
			conn->held = conn->step == STEP_END &&
			    options.burst && !conn->released;
			if (conn->held)
				break;
			conn_step(conn);
		}
		conn_flush(conn);
	} while (!conn->waiting && !conn->held && conn->out.length == 0);
}

/*
 * Answers
 */

/* The milter's side of the negotiation, with the macros that it wants. */
static bool
read_options(struct conn *conn, const char *data, size_t length)
{
	uint32_t word;

	if (length < 12)
		return false;
	memcpy(&word, data + 8, 4);
	conn->protocol = ntohl(word);
	if (conn->protocol & ~OFFER_PROTOCOL)
		return false;
	data += 12;
	length -= 12;
	while (length > 4) {
		size_t part = strnlen(data + 4, length - 4);

		memcpy(&word, data, 4);
		word = ntohl(word);
		if (word >= STAGE_COUNT || part == length - 4)
			return false;
		free(conn->macros[word]);
		conn->macros[word] = strdup(data + 4);
		data += 5 + part;
		length -= 5 + part;
	}
	return length == 0;
}

/* Say what became of the recipient whose turn it is. */
static void
rcpt_answered(struct conn *conn, enum verdict verdict)
{
	struct message *message = conn->message;
	const char *rcpt = options.rcpts[conn->index];

	if (verdict == VERDICT_REJECT || verdict == VERDICT_TEMPFAIL) {
		message->refused++;
		message->refused_later |= verdict == VERDICT_TEMPFAIL;
	} else {
		message->accepted++;
	}
	if (log_file == NULL)
		return;
	if (message->rcpts.length > 0)
		buffer_text(&message->rcpts, ",");
	buffer_text(&message->rcpts, "[");
	buffer_json(&message->rcpts, rcpt, strlen(rcpt));
	buffer_text(&message->rcpts, ",\"");
	buffer_text(&message->rcpts, verdict_names[verdict]);
	buffer_text(&message->rcpts, "\"]");
}

/* The whole message is decided; go on with the next one. */
static void
message_over(struct conn *conn, enum verdict verdict, bool by_reply)
{
	enum step step = conn->step;

	conn->sent++;
	conn_verdict(conn, verdict, by_reply);
	if (conn->fd >= 0 && step < STEP_MAIL)
		conn_close(conn);	/* said of the connection itself */
	else if (conn->fd >= 0 && step < STEP_END)
		put_packet(&conn->out, 'A', NULL, 0);
	conn_next(conn);
}

static void
step_over(struct conn *conn)
{
	struct message *message = conn->message;

	conn->waiting = false;
	if (conn->step == STEP_END) {
		message_over(conn, VERDICT_CONTINUE, false);
		return;
	}
	conn->index++;
	if (conn->step == STEP_RCPT && conn->index == options.rcpt_count &&
	    message->accepted == 0)
		message_over(conn, message->refused_later ? VERDICT_TEMPFAIL :
			     VERDICT_REJECT, message->reply.length > 0);
	else
		conn_advance(conn);
}

/* An answer that decides: about one recipient, or about the message. */
static void
decided(struct conn *conn, enum verdict verdict, bool by_reply)
{
	if (conn->step == STEP_RCPT && (verdict == VERDICT_REJECT ||
					verdict == VERDICT_TEMPFAIL)) {
		rcpt_answered(conn, verdict);
		step_over(conn);
	} else {
		message_over(conn, verdict, by_reply);
	}
}

static void
conn_answer(struct conn *conn, char code, const char *data, size_t length)
{
	if (conn->step == STEP_OPTIONS) {
		if (code != 'O' || !read_options(conn, data, length))
			conn_lost(conn, "negotiation failed");
		else
			step_over(conn);
		return;
	}
	switch (code) {
	case 'c':
		if (conn->step == STEP_RCPT)
			rcpt_answered(conn, VERDICT_CONTINUE);
		step_over(conn);
		break;
	case 's':	/* enough of the body */
		conn->index = step_items(conn) - 1;
		step_over(conn);
		break;
	case 'a':
		decided(conn, VERDICT_ACCEPT, false);
		break;
	case 'd':
		decided(conn, VERDICT_DISCARD, false);
		break;
	case 'r':
		decided(conn, VERDICT_REJECT, false);
		break;
	case 't':
	case '4':	/* shut down */
	case 'f':	/* connection failed */
		decided(conn, VERDICT_TEMPFAIL, false);
		break;
	case 'y':
		conn->message->reply.length = 0;
		buffer_add(&conn->message->reply, data,
			   strnlen(data, length));
		decided(conn, length > 0 && *data == '4' ? VERDICT_TEMPFAIL :
			VERDICT_REJECT, true);
		break;
	case 'p':
		conn->deadline = now() + options.timeout;
		break;
	default:
		if (conn->step != STEP_END)
			conn_lost(conn, "edit before the end of the message");
		else
			message_edit(conn->message, code, data, length);
	}
}

/* Handle each whole packet that is there. */
static void
conn_packets(struct conn *conn)
{
	size_t at = 0;

	while (conn->fd >= 0 && conn->in.length - at >= 5) {
		uint32_t size;
		int fd = conn->fd;

		memcpy(&size, conn->in.bytes + at, 4);
		size = ntohl(size);
		if (size == 0 || size > REPLY_LIMIT) {
			if (conn->message != NULL)
				conn_lost(conn, "no milter packet");
			return;
		}
		if (conn->in.length - at < 4 + size)
			break;
		if (conn->message == NULL || !conn->waiting) {
			if (conn->message != NULL)
				conn_lost(conn, "answer to no question");
			else
				conn_close(conn);
			return;
		}
		conn_answer(conn, conn->in.bytes[at + 4],
			    conn->in.bytes + at + 5, size - 1);
		if (conn->fd != fd)
			return;
		at += 4 + size;
	}
	if (conn->fd < 0)
		return;
	conn->in.length -= at;
	memmove(conn->in.bytes, conn->in.bytes + at, conn->in.length);
}

static void
conn_read(struct conn *conn)
{
	char part[65536];
	ssize_t got = recv(conn->fd, part, sizeof part, 0);

	if (got > 0) {
		buffer_add(&conn->in, part, (size_t)got);
		conn_packets(conn);
		return;
	}
	if (got < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (conn->message != NULL)
		conn_lost(conn, "the milter closed the connection");
	else
		conn_close(conn);
}

static void
conn_event(struct conn *conn, uint32_t events)
{
	if (conn->fd < 0)
		return;
	if (conn->connecting) {
		int error = 0;
		socklen_t length = sizeof error;

		getsockopt(conn->fd, SOL_SOCKET, SO_ERROR, &error, &length);
		if (error != 0) {
			conn_lost(conn, strerror(error));
			return;
		}
		conn->connecting = false;
		conn_watch(conn, false, EPOLL_CTL_MOD);
		conn_advance(conn);
		return;
	}
	if (events & EPOLLOUT) {
		conn_flush(conn);
		if (conn->out.length == 0 && conn->message != NULL)
			conn_advance(conn);
	}
	if (conn->fd >= 0 && (events & (EPOLLIN | EPOLLHUP | EPOLLERR)))
		conn_read(conn);
}

/* Send all the ends of a burst once every message has come to its end. */
static void
burst_release(struct conn *conns)
{
	double at = now();

	for (int i = 0; i < options.connections; i++)
		if (conns[i].message != NULL && !conns[i].held)
			return;
	for (int i = 0; i < options.connections; i++) {
		if (conns[i].message == NULL)
			continue;
		conns[i].held = false;
		conns[i].released = true;
		conns[i].message->started = at;
		conn_advance(&conns[i]);
	}
}

/* Wake those that slept, end those that waited too long. */
static void
conns_check(struct conn *conns)
{
	double at = now();

	for (int i = 0; i < options.connections; i++) {
		struct conn *conn = &conns[i];

		if (conn->message == NULL)
			continue;
		if (conn->wake > 0 && conn->wake <= at) {
			conn->wake = 0;
			conn_open(conn);
		} else if (conn->wake == 0 && !conn->held &&
			   conn->deadline <= at) {
			conn_lost(conn, "no answer in time");
		}
	}
}

static void
run_all(struct conn *conns)
{
	struct epoll_event events[64];
	double checked = 0;

	poller = epoll_create1(EPOLL_CLOEXEC);
	for (int i = 0; i < options.connections; i++) {
		conns[i].fd = -1;
		conn_next(&conns[i]);
	}
	while (total.done < options.messages) {
		int count;

		if (now() - checked >= 0.01) {
			conns_check(conns);
			checked = now();
		}
		if (options.burst)
			burst_release(conns);
		count = epoll_wait(poller, events, 64, 10);
		for (int i = 0; i < count; i++)
			conn_event(events[i].data.ptr, events[i].events);
	}
	for (int i = 0; i < options.connections; i++) {
		conn_next(&conns[i]);
		buffer_clear(&conns[i].in);
		buffer_clear(&conns[i].out);
		buffer_clear(&conns[i].sent_macros);
	}
}

/*
 * Options and the sum
 */

static int
by_size(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static void
print_sum(double seconds)
{
	int count = total.done;

	qsort(total.times, (size_t)count, sizeof *total.times, by_size);
	printf("{\"messages\":%d", count);
	for (int i = 0; i < VERDICT_COUNT; i++)
		printf(",\"%s\":%d", verdict_names[i], total.verdicts[i]);
	printf(",\"replycode\":%d,\"edits\":{", total.replies);
	for (size_t i = 0; i < EDIT_COUNT; i++)
		printf("%s\"%s\":%ld", i ? "," : "", edits[i].name,
		       total.edits[i]);
	printf("},\"rcpt_refused\":%d,\"seconds\":%.3f,\"per_second\":%.1f,"
	       "\"p50_ms\":%.2f,\"p99_ms\":%.2f,\"max_ms\":%.2f}\n",
	       total.rcpts_refused, seconds, count / seconds,
	       total.times[count / 2], total.times[count * 99 / 100],
	       total.times[count - 1]);
}

static void
read_socket(const char *name)
{
	struct sockaddr_un *local = (struct sockaddr_un *)&address;
	struct addrinfo hints = { .ai_socktype = SOCK_STREAM }, *found;
	char copy[256], *host;

	if (strncmp(name, "unix:", 5) == 0 ||
	    strncmp(name, "local:", 6) == 0) {
		name = strchr(name, ':') + 1;
		if (strlen(name) >= sizeof local->sun_path)
			die(EX_USAGE, "%s: path too long", name);
		local->sun_family = AF_UNIX;
		strcpy(local->sun_path, name);
		address_length = sizeof *local;
		return;
	}
	if (strncmp(name, "inet:", 5) != 0)
		die(EX_USAGE, "%s: not unix:PATH or inet:PORT@HOST", name);
	snprintf(copy, sizeof copy, "%s", name + 5);
	host = strchr(copy, '@');
	if (host != NULL)
		*host++ = '\0';
	if (getaddrinfo(host != NULL ? host : "127.0.0.1", copy, &hints,
			&found) != 0)
		die(EX_NOHOST, "%s: no such address", name);
	memcpy(&address, found->ai_addr, found->ai_addrlen);
	address_length = found->ai_addrlen;
	freeaddrinfo(found);
}

static const char usage[] =
    "usage: driver --socket unix:PATH|inet:PORT@HOST [options]\n"
    "  --messages N        how many in all (1)\n"
    "  --connections N     at the same time (4)\n"
    "  --per-connection N  messages before a connection is closed (100)\n"
    "  --size BYTES        of a made-up body (4096)\n"
    "  --mail PATH         send this file, or those of this folder in turn\n"
    "  --from ADDRESS      envelope sender, and From of a made-up mail; %d in\n"
    "                      it is the number of the message\n"
    "  --domains N         of made-up senders (1)\n"
    "  --rcpt ADDRESS      recipient; may be repeated (user@example.org)\n"
    "  --client IP         --client-name NAME  --helo NAME\n"
    "  --macro STAGE:NAME=VALUE  connect helo mail rcpt data eoh eom\n"
    "  --unique            a Message-ID for each message (the default);\n"
    "                      a made-up mail differs in From and body too\n"
    "  --no-unique         the same bytes each time\n"
    "  --burst             hold all the ends, then send them at once\n"
    "  --tries N           after a tempfail or a broken connection (1)\n"
    "  --timeout SECONDS   for one answer (30)\n"
    "  --log FILE          a line of JSON for each message\n";

static int
read_number(const char *text, int least)
{
	char *end;
	long number = strtol(text, &end, 10);

	if (*text == '\0' || *end != '\0' || number < least ||
	    number > 100000000)
		die(EX_USAGE, "%s: not a number from %d up", text, least);
	return (int)number;
}

enum kind { KIND_TEXT, KIND_NUMBER, KIND_YES, KIND_NO, KIND_RCPT, KIND_MACRO };

/* To add an option: a row, and a line of the usage. */
static const struct {
	const char *name;
	enum kind kind;
	void *at;
	int least;
} arguments[] = {
	{ "socket", KIND_TEXT, &options.socket, 0 },
	{ "messages", KIND_NUMBER, &options.messages, 1 },
	{ "connections", KIND_NUMBER, &options.connections, 1 },
	{ "per-connection", KIND_NUMBER, &options.per_connection, 1 },
	{ "size", KIND_NUMBER, &options.size, 0 },
	{ "mail", KIND_TEXT, &options.mail, 0 },
	{ "from", KIND_TEXT, &options.from, 0 },
	{ "domains", KIND_NUMBER, &options.domains, 1 },
	{ "rcpt", KIND_RCPT, NULL, 0 },
	{ "client", KIND_TEXT, &options.client, 0 },
	{ "client-name", KIND_TEXT, &options.client_name, 0 },
	{ "helo", KIND_TEXT, &options.helo, 0 },
	{ "macro", KIND_MACRO, NULL, 0 },
	{ "unique", KIND_NO, &options.same, 0 },
	{ "no-unique", KIND_YES, &options.same, 0 },
	{ "burst", KIND_YES, &options.burst, 0 },
	{ "tries", KIND_NUMBER, &options.tries, 1 },
	{ "timeout", KIND_NUMBER, &options.timeout, 1 },
	{ "log", KIND_TEXT, &options.log, 0 },
};
#define ARGUMENT_COUNT (sizeof arguments / sizeof *arguments)

static void
take_argument(size_t which, const char *value)
{
	switch (arguments[which].kind) {
	case KIND_TEXT:
		*(const char **)arguments[which].at = value;
		break;
	case KIND_NUMBER:
		*(int *)arguments[which].at =
		    read_number(value, arguments[which].least);
		break;
	case KIND_YES:
		*(bool *)arguments[which].at = true;
		break;
	case KIND_NO:
		*(bool *)arguments[which].at = false;
		break;
	case KIND_RCPT:
		if (options.rcpt_count == RCPT_MAX)
			die(EX_USAGE, "too many recipients");
		options.rcpts[options.rcpt_count++] = value;
		break;
	case KIND_MACRO:
		if (options.macro_count == MACRO_MAX)
			die(EX_USAGE, "too many macros");
		options.macros[options.macro_count++] = value;
		break;
	}
}

static void
read_arguments(int argc, char **argv)
{
	struct option names[ARGUMENT_COUNT + 2];
	int which;

	memset(names, 0, sizeof names);
	for (size_t i = 0; i < ARGUMENT_COUNT; i++) {
		bool alone = arguments[i].kind == KIND_YES ||
		    arguments[i].kind == KIND_NO;

		names[i].name = arguments[i].name;
		names[i].has_arg = alone ? no_argument : required_argument;
		names[i].val = (int)i;
	}
	names[ARGUMENT_COUNT].name = "help";
	names[ARGUMENT_COUNT].val = (int)ARGUMENT_COUNT;
	while ((which = getopt_long(argc, argv, "", names, NULL)) != -1) {
		if (which == (int)ARGUMENT_COUNT) {
			fputs(usage, stdout);
			exit(EX_OK);
		}
		if (which == '?')
			break;
		take_argument((size_t)which, optarg);
	}
	if (which != -1 || options.socket == NULL || optind < argc) {
		fputs(usage, stderr);
		exit(EX_USAGE);
	}
	if (options.rcpt_count == 0)
		options.rcpts[options.rcpt_count++] = "user@example.org";
}

int
main(int argc, char **argv)
{
	struct conn *conns;
	double start;

	read_arguments(argc, argv);
	signal(SIGPIPE, SIG_IGN);
	run = (unsigned)time(NULL) ^ ((unsigned)getpid() << 16);
	read_socket(options.socket);
	if (options.mail != NULL)
		mail_load_all(options.mail);
	else
		mail_generate();
	if (options.log != NULL &&
	    (log_file = fopen(options.log, "w")) == NULL)
		die(EX_CANTCREAT, "%s: %s", options.log, strerror(errno));
	if (options.connections > options.messages)
		options.connections = options.messages;
	total.times = allocate(NULL, sizeof *total.times *
			       (size_t)options.messages);
	conns = allocate(NULL, sizeof *conns * (size_t)options.connections);
	memset(conns, 0, sizeof *conns * (size_t)options.connections);
	start = now();
	run_all(conns);
	print_sum(now() - start);
	free(conns);
	return total.verdicts[VERDICT_BROKEN] == 0 ? 0 : 1;
}
