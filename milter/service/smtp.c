/*
 * smtp.c -- a small SMTP client for the re-injection listener
 *
 * libcurl cannot send NOTIFY; this speaks just what a release needs.  The
 * far end is trusted with mail, not with our time or memory: every answer
 * has a deadline and a length.
 */
#include "gatepost/service/smtp.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "gatepost/util/clock.h"
#include "gatepost/util/file.h"
#include "gatepost/util/text.h"

/* Most octets of one answer. */
#define ANSWER 4096
#define ADDRESS_MOST 320

struct talk {
	int fd, seconds;
	gint64 until;		/* ms: the end of our patience */
	char buffer[1024];	/* heard and not read yet */
	gsize have, used;
	GString *reply;		/* the last answer, all lines */
};

/* ---- addresses ---- */

/* From "[" on: an address literal, which ends the address. */
static bool
is_literal(const char *text)
{
	gsize length = strcspn(text + 1, "[]\\ \"@<>");

	return text[1 + length] == ']' && !text[2 + length];
}

bool
smtp_is_safe(const char *address)
{
	bool is_quoted = false;

	if (strlen(address) > ADDRESS_MOST ||
	    !g_utf8_validate(address, -1, NULL))
		return false;
	for (const char *p = address; *p; p++) {
		if (g_ascii_iscntrl(*p))
			return false;
		if (*p == '"') {
			is_quoted = !is_quoted;
		} else if (is_quoted) {
			if (*p == '\\' && (!*++p || g_ascii_iscntrl(*p)))
				return false;
		} else if (*p == '[' && p > address && p[-1] == '@') {
			return is_literal(p);
		} else if (strchr(" <>()[]\\,;:", *p)) {
			return false;
		}
	}
	return !is_quoted;
}

char *
smtp_address(const char *given, const char *normal)
{
	g_autofree char *bare = g_strdup(given ? given : "");
	gsize length = strlen(bare);

	if (length >= 2 && bare[0] == '<' && bare[length - 1] == '>') {
		bare[length - 1] = '\0';
		memmove(bare, bare + 1, length - 1);
	}
	return g_strdup(*bare && *bare != '@' && smtp_is_safe(bare) ? bare :
			normal);
}

/* ---- the connection ---- */

/* HOST:PORT as two; false when it is none.  Yours. */
static bool
part(const char *place, char **host, char **port)
{
	const char *colon = strrchr(place, ':');
	gsize length = colon ? (gsize)(colon - place) : 0;

	if (length == 0 || !colon[1])
		return false;
	if (length > 2 && place[0] == '[' && place[length - 1] == ']')
		*host = g_strndup(place + 1, length - 2);
	else
		*host = g_strndup(place, length);
	*port = g_strdup(colon + 1);
	return true;
}

static int
dial_one(const struct addrinfo *one, int seconds)
{
	struct timeval patience = { seconds, 0 };
	int fd = socket(one->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
	int fault;

	if (fd < 0)
		return -1;
	/* This bounds connect() too. */
	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
	if (connect(fd, one->ai_addr, one->ai_addrlen) == 0)
		return fd;
	fault = errno;
	close(fd);
	errno = fault;
	return -1;
}

static int
dial(const char *place, int seconds, GError **error)
{
	g_autofree char *host = NULL, *port = NULL;
	struct addrinfo hints = { .ai_socktype = SOCK_STREAM };
	struct addrinfo *found = NULL;
	int fault = part(place, &host, &port) ?
	    getaddrinfo(host, port, &hints, &found) : EAI_NONAME;
	int fd = -1;

	if (fault) {
		g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_INVAL,
			    "release.smtp \"%s\": %s; write HOST:PORT", place,
			    gai_strerror(fault));
		return -1;
	}
	for (struct addrinfo *one = found; one && fd < 0; one = one->ai_next)
		fd = dial_one(one, seconds);
	fault = errno;
	freeaddrinfo(found);
	errno = fault;
	if (fd < 0)
		file_fail(error, "connect to", place);
	return fd;
}

/* Until the socket is ready for EVENTS, or our patience ends. */
static bool
wait_for(struct talk *talk, short events)
{
	struct pollfd one = { talk->fd, events, 0 };
	gint64 left;
	int ready;

	do {
		left = talk->until - clock_steady_ms();
		ready = left > 0 ? poll(&one, 1, (int)left) : 0;
	} while (ready < 0 && errno == EINTR);
	if (ready == 0)
		errno = ETIMEDOUT;
	return ready > 0;
}

static bool
put(struct talk *talk, const char *data, gsize length, GError **error)
{
	while (length > 0) {
		gssize n;

		talk->until = clock_steady_ms() + talk->seconds * 1000;
		if (!wait_for(talk, POLLOUT))
			return file_fail(error, "write to", "the listener");
		n = send(talk->fd, data, length, MSG_NOSIGNAL |
			 MSG_DONTWAIT);
		if (n < 0 && (errno == EINTR || errno == EAGAIN))
			continue;
		if (n < 0)
			return file_fail(error, "write to", "the listener");
		data += n;
		length -= (gsize)n;
	}
	return true;
}

/* ---- answers ---- */

/* Append the next line, with its end, to the reply; it starts at *START. */
static bool
hear_line(struct talk *talk, gsize *start, GError **error)
{
	*start = talk->reply->len;
	while (talk->reply->len < ANSWER) {
		if (talk->used == talk->have) {
			gssize n = wait_for(talk, POLLIN) ?
			    recv(talk->fd, talk->buffer, sizeof talk->buffer,
				 MSG_DONTWAIT) : -1;

			if (n < 0 && (errno == EINTR || errno == EAGAIN))
				continue;
			if (n == 0)
				errno = ECONNRESET;
			if (n <= 0)
				return file_fail(error, "hear",
						 "the listener");
			talk->have = (gsize)n;
			talk->used = 0;
		}
		g_string_append_c(talk->reply, talk->buffer[talk->used]);
		if (talk->buffer[talk->used++] == '\n')
			return true;
	}
	g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_FAILED,
		    "the listener talks too much");
	return false;
}

/* Three digits, and a blank, a dash or the end of the line. */
static bool
is_answer(const char *line)
{
	return line[0] >= '2' && line[0] <= '5' && g_ascii_isdigit(line[1]) &&
	    g_ascii_isdigit(line[2]) && strchr(" -\r\n", line[3]);
}

/* Read one whole answer, whatever it says. */
static bool
hear(struct talk *talk, GError **error)
{
	gsize start;

	talk->until = clock_steady_ms() + talk->seconds * 1000;
	g_string_truncate(talk->reply, 0);
	do {
		if (!hear_line(talk, &start, error))
			return false;
		if (!is_answer(talk->reply->str + start)) {
			g_autofree char *safe = text_safe(
			    g_strchomp(talk->reply->str + start));

			g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_FAILED,
				    "the listener answers no SMTP: %s", safe);
			return false;
		}
	} while (talk->reply->str[start + 3] == '-');
	return true;
}

static char *
words_of(const struct talk *talk)
{
	g_autofree char *text = g_strdup(talk->reply->str);
	g_autofree char *safe = text_safe(g_strchomp(text));

	return g_strconcat("the listener said: ", safe, NULL);
}

/* Does the last answer start with WANTED?  Else ERROR is set. */
static bool
is_wanted(const struct talk *talk, char wanted, GError **error)
{
	g_autofree char *words = NULL;

	if (talk->reply->str[0] == wanted)
		return true;
	words = words_of(talk);
	g_set_error_literal(error, G_FILE_ERROR, G_FILE_ERROR_FAILED, words);
	return false;
}

static bool
say(struct talk *talk, const char *line, GError **error)
{
	g_autofree char *whole = g_strconcat(line, "\r\n", NULL);

	return put(talk, whole, strlen(whole), error) && hear(talk, error);
}

/* Is the keyword NAME among those of EHLO's answer?  Its value, or "", is
 * *VALUE (NULL allowed), yours. */
static bool
offers(const char *ehlo, const char *name, char **value)
{
	g_auto(GStrv) lines = g_strsplit(ehlo, "\n", -1);

	for (guint i = 1; lines[0] && lines[i]; i++) {
		g_auto(GStrv) words = NULL;

		if (strlen(lines[i]) < 4)
			continue;
		words = g_strsplit(g_strchomp(lines[i] + 4), " ", 2);
		if (!words[0] || g_ascii_strcasecmp(words[0], name) != 0)
			continue;
		if (value)
			*value = g_strdup(words[1] ? words[1] : "");
		return true;
	}
	return false;
}

/* ---- the message ---- */

static bool
is_ascii(const char *data, gsize length)
{
	for (gsize i = 0; i < length; i++)
		if ((guchar)data[i] >= 0x80)
			return false;
	return true;
}

/* With CRLF line ends and doubled dots, and its end. */
static bool
put_data(struct talk *talk, const char *data, gsize length, GError **error)
{
	g_autoptr(GString) out = g_string_sized_new(length + length / 32 +
						    16);
	bool is_start = true;

	for (gsize i = 0; i < length; i++) {
		if (is_start && data[i] == '.')
			g_string_append_c(out, '.');
		if (data[i] == '\n' && (i == 0 || data[i - 1] != '\r'))
			g_string_append_c(out, '\r');
		g_string_append_c(out, data[i]);
		is_start = data[i] == '\n';
	}
	g_string_append(out, is_start ? ".\r\n" : "\r\n.\r\n");
	return put(talk, out->str, out->len, error) && hear(talk, error);
}

static bool
needs_utf8(const struct mail *mail)
{
	bool needs = mail->is_utf8 ||
	    !is_ascii(mail->sender, strlen(mail->sender));

	for (guint i = 0; i < mail->count; i++)
		needs |= !is_ascii(mail->rcpts[i].address,
				   strlen(mail->rcpts[i].address));
	return needs;
}

/* The line of MAIL, by what EHLO offered; NULL and ERROR set when the
 * listener cannot take such a message.  Yours. */
static char *
mail_line(const char *ehlo, const struct mail *mail, GError **error)
{
	g_autofree char *most = NULL;
	GString *line;

	if (offers(ehlo, "SIZE", &most) && *most && strcmp(most, "0") != 0 &&
	    g_ascii_strtoull(most, NULL, 10) < mail->length) {
		g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_FAILED,
			    "the listener takes %s octets (SIZE) and the "
			    "message has %" G_GSIZE_FORMAT "; raise its "
			    "message_size_limit", most, mail->length);
		return NULL;
	}
	if (needs_utf8(mail) && !offers(ehlo, "SMTPUTF8", NULL)) {
		g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_FAILED,
			    "the listener offers no SMTPUTF8, which the "
			    "message needs; set smtputf8_enable=yes there");
		return NULL;
	}
	line = g_string_new(NULL);
	g_string_append_printf(line, "MAIL FROM:<%s>", mail->sender);
	if (most)
		g_string_append_printf(line, " SIZE=%" G_GSIZE_FORMAT,
				       mail->length);
	if (offers(ehlo, "8BITMIME", NULL) &&
	    !is_ascii(mail->data, mail->length))
		g_string_append(line, " BODY=8BITMIME");
	if (needs_utf8(mail))
		g_string_append(line, " SMTPUTF8");
	if (mail->options && offers(ehlo, "DSN", NULL))
		g_string_append_printf(line, " %s", mail->options);
	return g_string_free(line, FALSE);
}

/* How many recipients the listener takes; -1 and ERROR set when it is no
 * longer there. */
static int
name_rcpts(struct talk *talk, struct mail *mail, bool has_dsn, GError **error)
{
	int taken = 0;

	for (guint i = 0; i < mail->count; i++) {
		struct mail_rcpt *rcpt = &mail->rcpts[i];
		bool is_plain = !rcpt->options || !has_dsn;
		g_autofree char *line = g_strdup_printf("RCPT TO:<%s>%s%s",
		    rcpt->address, is_plain ? "" : " ",
		    is_plain ? "" : rcpt->options);

		if (!say(talk, line, error))
			return -1;
		rcpt->is_taken = talk->reply->str[0] == '2';
		rcpt->is_refused = talk->reply->str[0] == '5';
		rcpt->fault = rcpt->is_taken ? NULL : words_of(talk);
		taken += rcpt->is_taken;
	}
	if (taken == 0 && mail->count > 0)
		g_set_error_literal(error, G_FILE_ERROR, G_FILE_ERROR_FAILED,
				    mail->rcpts[0].fault);
	return taken;
}

static bool
converse(struct talk *talk, struct mail *mail, GError **error)
{
	g_autofree char *ehlo = NULL, *line = NULL;

	if (!hear(talk, error) || !is_wanted(talk, '2', error) ||
	    !say(talk, "EHLO localhost", error) ||
	    !is_wanted(talk, '2', error))
		return false;
	ehlo = g_strdup(talk->reply->str);
	line = mail_line(ehlo, mail, error);
	return line && say(talk, line, error) &&
	    is_wanted(talk, '2', error) &&
	    name_rcpts(talk, mail, offers(ehlo, "DSN", NULL), error) > 0 &&
	    say(talk, "DATA", error) && is_wanted(talk, '3', error) &&
	    put_data(talk, mail->data, mail->length, error) &&
	    is_wanted(talk, '2', error);
}

static bool
is_all_safe(const struct mail *mail, GError **error)
{
	bool is_safe = smtp_is_safe(mail->sender) &&
	    (!mail->options || !strpbrk(mail->options, "\r\n"));

	for (guint i = 0; i < mail->count; i++)
		is_safe = is_safe && *mail->rcpts[i].address &&
		    smtp_is_safe(mail->rcpts[i].address) &&
		    (!mail->rcpts[i].options ||
		     !strpbrk(mail->rcpts[i].options, "\r\n"));
	if (!is_safe)
		g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_INVAL,
			    "an address holds what may not stand in SMTP");
	return is_safe;
}

bool
smtp_send(const char *place, int seconds, struct mail *mail, GError **error)
{
	struct talk talk = { .fd = -1, .seconds = seconds };
	bool good;

	if (!is_all_safe(mail, error))
		return false;
	talk.fd = dial(place, seconds, error);
	if (talk.fd < 0)
		return false;
	talk.reply = g_string_new(NULL);
	good = converse(&talk, mail, error);
	for (guint i = 0; !good && i < mail->count; i++)
		mail->rcpts[i].is_taken = false;
	/* It is over either way; nobody waits for the answer. */
	put(&talk, "QUIT\r\n", 6, NULL);
	close(talk.fd);
	g_string_free(talk.reply, TRUE);
	return good;
}
