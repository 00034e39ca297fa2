/*
 * smtp.c -- a small SMTP client for the re-injection listener
 *
 * libcurl cannot send NOTIFY; this speaks just what a release needs.
 */
#include "gatepost/service/smtp.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "gatepost/util/file.h"
#include "gatepost/util/text.h"

/* Seconds for each answer. */
#define PATIENCE 60

struct talk {
	int fd;
	char reply[2048];	/* last answer, all lines */
};

bool
smtp_is_safe(const char *address)
{
	if (strlen(address) > 320)
		return false;
	for (const guchar *p = (const guchar *)address; *p; p++)
		if (*p <= ' ' || *p == 0x7f || *p == '<' || *p == '>')
			return false;
	return true;
}

static int
dial(const char *place, GError **error)
{
	g_autofree char *host = g_strdup(place);
	char *colon = strrchr(host, ':');
	struct addrinfo hints = { .ai_socktype = SOCK_STREAM };
	struct addrinfo *found = NULL;
	struct timeval patience = { PATIENCE, 0 };
	int fd = -1, fault;

	if (colon)
		*colon = '\0';
	fault = colon ? getaddrinfo(host, colon + 1, &hints, &found) :
	    EAI_NONAME;
	if (fault) {
		g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_INVAL,
			    "release.smtp \"%s\": %s; write HOST:PORT", place,
			    gai_strerror(fault));
		return -1;
	}
	for (struct addrinfo *one = found; one && fd < 0; one = one->ai_next) {
		fd = socket(one->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
		if (fd < 0)
			continue;
		setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience,
			   sizeof patience);
		setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience,
			   sizeof patience);
		if (connect(fd, one->ai_addr, one->ai_addrlen) < 0) {
			fault = errno;
			close(fd);
			errno = fault;
			fd = -1;
		}
	}
	freeaddrinfo(found);
	if (fd < 0)
		file_fail(error, "connect to", place);
	return fd;
}

/* Read one whole answer; true when its code starts with WANTED. */
static bool
hear(struct talk *talk, char wanted, GError **error)
{
	gsize have = 0;

	talk->reply[0] = '\0';
	while (have < sizeof talk->reply - 1) {
		gssize n = recv(talk->fd, talk->reply + have, 1, 0);
		const char *line;

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0) {
			if (n == 0)
				errno = ECONNRESET;
			return file_fail(error, "hear", "the listener");
		}
		talk->reply[++have] = '\0';
		if (talk->reply[have - 1] != '\n')
			continue;
		line = g_strrstr_len(talk->reply, (gssize)have - 1, "\n");
		line = line ? line + 1 : talk->reply;
		if (strlen(line) >= 4 && line[3] == '-')
			continue;
		if (talk->reply[0] != wanted) {
			g_autofree char *safe =
			    text_safe(g_strchomp(talk->reply));

			g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_FAILED,
				    "the listener said: %s", safe);
			return false;
		}
		return true;
	}
	g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_FAILED,
		    "the listener talks too much");
	return false;
}

static bool say(struct talk *talk, char wanted, GError **error,
		const char *format, ...) G_GNUC_PRINTF(4, 5);

static bool
say(struct talk *talk, char wanted, GError **error, const char *format, ...)
{
	g_autofree char *line = NULL;
	va_list args;

	va_start(args, format);
	line = g_strdup_vprintf(format, args);
	va_end(args);
	if (!file_write_all(talk->fd, line, strlen(line)) ||
	    !file_write_all(talk->fd, "\r\n", 2))
		return file_fail(error, "write to", "the listener");
	return hear(talk, wanted, error);
}

static bool
is_ascii(const char *data, gsize length)
{
	for (gsize i = 0; i < length; i++)
		if ((guchar)data[i] >= 0x80)
			return false;
	return true;
}

/* The message with CRLF line ends and doubled dots, and its end. */
static bool
send_data(struct talk *talk, const char *data, gsize length, GError **error)
{
	GString *out = g_string_sized_new(length + length / 32 + 16);
	bool is_start = true, good;

	for (gsize i = 0; i < length; i++) {
		if (is_start && data[i] == '.')
			g_string_append_c(out, '.');
		if (data[i] == '\n' && (i == 0 || data[i - 1] != '\r'))
			g_string_append_c(out, '\r');
		g_string_append_c(out, data[i]);
		is_start = data[i] == '\n';
	}
	g_string_append(out, is_start ? ".\r\n" : "\r\n.\r\n");
	good = file_write_all(talk->fd, out->str, out->len) ||
	    file_fail(error, "write to", "the listener");
	g_string_free(out, TRUE);
	return good && hear(talk, '2', error);
}

static bool
converse(struct talk *talk, const char *sender, const char *rcpt,
	 const char *data, gsize length, GError **error)
{
	const char *body = "", *utf8 = "", *notify = "";
	bool plain = is_ascii(sender, strlen(sender)) &&
	    is_ascii(rcpt, strlen(rcpt));

	if (!hear(talk, '2', error) ||
	    !say(talk, '2', error, "EHLO localhost"))
		return false;
	if (strstr(talk->reply, "8BITMIME") && !is_ascii(data, length))
		body = " BODY=8BITMIME";
	if (!plain)
		utf8 = " SMTPUTF8";
	if (strstr(talk->reply, "DSN"))
		notify = " NOTIFY=NEVER";
	return say(talk, '2', error, "MAIL FROM:<%s>%s%s", sender, body,
		   utf8) &&
	    say(talk, '2', error, "RCPT TO:<%s>%s", rcpt, notify) &&
	    say(talk, '3', error, "DATA") &&
	    send_data(talk, data, length, error);
}

bool
smtp_send(const char *place, const char *sender, const char *rcpt,
	  const char *data, gsize length, GError **error)
{
	struct talk talk = { .fd = -1 };
	bool good;

	if (!smtp_is_safe(sender) || !smtp_is_safe(rcpt)) {
		g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_INVAL,
			    "an address holds what may not stand in SMTP");
		return false;
	}
	talk.fd = dial(place, error);
	if (talk.fd < 0)
		return false;
	good = converse(&talk, sender, rcpt, data, length, error);
	if (good)
		say(&talk, '2', NULL, "QUIT");
	close(talk.fd);
	return good;
}
