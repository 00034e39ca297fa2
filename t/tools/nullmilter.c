/*
 * nullmilter.c -- the least that a well-made milter can do
 *
 * The bench measures against this: libmilter with every callback set, each
 * of which returns at once; header, end of header and body go unanswered
 * where the mail server agrees, and one header is added at the end.  What
 * Gatepost takes beyond this is Gatepost's own.  With -p it is plain: it
 * negotiates nothing and answers each step, as libmilter does by itself.
 */
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <netdb.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>
#include <libmilter/mfapi.h>

/* One step of the protocol that was agreed to need no answer. */
struct session {
	bool header_silent;
	bool eoh_silent;
	bool body_silent;
};

static sfsistat
negotiate(SMFICTX *ctx, unsigned long f0, unsigned long f1,
	  unsigned long f2, unsigned long f3, unsigned long *pf0,
	  unsigned long *pf1, unsigned long *pf2, unsigned long *pf3)
{
	struct session *session = calloc(1, sizeof *session);

	(void)f2;
	(void)f3;
	if (session == NULL)
		return SMFIS_REJECT;
	*pf0 = f0 & SMFIF_ADDHDRS;
	*pf1 = f1 & (SMFIP_NR_HDR | SMFIP_NR_EOH | SMFIP_NR_BODY |
		     SMFIP_NODATA | SMFIP_NOUNKNOWN);
	*pf2 = 0;
	*pf3 = 0;
	session->header_silent = (*pf1 & SMFIP_NR_HDR) != 0;
	session->eoh_silent = (*pf1 & SMFIP_NR_EOH) != 0;
	session->body_silent = (*pf1 & SMFIP_NR_BODY) != 0;
	smfi_setpriv(ctx, session);
	return SMFIS_CONTINUE;
}

static sfsistat
on_connect(SMFICTX *ctx, char *name, _SOCK_ADDR *address)
{
	(void)ctx;
	(void)name;
	(void)address;
	return SMFIS_CONTINUE;
}

static sfsistat
on_helo(SMFICTX *ctx, char *helo)
{
	(void)ctx;
	(void)helo;
	return SMFIS_CONTINUE;
}

static sfsistat
on_envelope(SMFICTX *ctx, char **argv)
{
	(void)ctx;
	(void)argv;
	return SMFIS_CONTINUE;
}

static sfsistat
on_data(SMFICTX *ctx)
{
	(void)ctx;
	return SMFIS_CONTINUE;
}

static sfsistat
on_unknown(SMFICTX *ctx, const char *command)
{
	(void)ctx;
	(void)command;
	return SMFIS_CONTINUE;
}

static sfsistat
on_header(SMFICTX *ctx, char *name, char *value)
{
	const struct session *session = smfi_getpriv(ctx);

	(void)name;
	(void)value;
	return session && session->header_silent ? SMFIS_NOREPLY :
	    SMFIS_CONTINUE;
}

static sfsistat
on_eoh(SMFICTX *ctx)
{
	const struct session *session = smfi_getpriv(ctx);

	return session && session->eoh_silent ? SMFIS_NOREPLY :
	    SMFIS_CONTINUE;
}

static sfsistat
on_body(SMFICTX *ctx, unsigned char *bytes, size_t length)
{
	const struct session *session = smfi_getpriv(ctx);

	(void)bytes;
	(void)length;
	return session && session->body_silent ? SMFIS_NOREPLY :
	    SMFIS_CONTINUE;
}

static sfsistat
on_eom(SMFICTX *ctx)
{
	char name[] = "X-Null";
	char value[] = "seen";

	smfi_addheader(ctx, name, value);
	return SMFIS_CONTINUE;
}

static sfsistat
on_abort(SMFICTX *ctx)
{
	(void)ctx;
	return SMFIS_CONTINUE;
}

static sfsistat
on_close(SMFICTX *ctx)
{
	free(smfi_getpriv(ctx));
	smfi_setpriv(ctx, NULL);
	return SMFIS_CONTINUE;
}

static struct smfiDesc milter = {
	.xxfi_name = "nullmilter",
	.xxfi_version = SMFI_VERSION,
	.xxfi_flags = SMFIF_ADDHDRS,
	.xxfi_negotiate = negotiate,
	.xxfi_connect = on_connect,
	.xxfi_helo = on_helo,
	.xxfi_envfrom = on_envelope,
	.xxfi_envrcpt = on_envelope,
	.xxfi_data = on_data,
	.xxfi_unknown = on_unknown,
	.xxfi_header = on_header,
	.xxfi_eoh = on_eoh,
	.xxfi_body = on_body,
	.xxfi_eom = on_eom,
	.xxfi_abort = on_abort,
	.xxfi_close = on_close,
};

/* Listen on PORT of HOST without Nagle's delay; -1 when that cannot be. */
static int
listen_inet(const char *port, const char *host)
{
	struct addrinfo hints = { .ai_socktype = SOCK_STREAM };
	struct addrinfo *found;
	int fd, on = 1;

	if (getaddrinfo(host, port, &hints, &found) != 0)
		return -1;
	fd = socket(found->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd >= 0) {
		setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
		setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
		if (bind(fd, found->ai_addr, found->ai_addrlen) < 0 ||
		    listen(fd, SOMAXCONN) < 0) {
			close(fd);
			fd = -1;
		}
	}
	freeaddrinfo(found);
	return fd;
}

/* The socket as libmilter wants it: "inet:" is bound here and goes as "fd:". */
static bool
open_socket(const char *name)
{
	char copy[256];
	char *port, *host;
	int fd;

	snprintf(copy, sizeof copy, "%s", name);
	if (strncmp(name, "inet:", 5) == 0) {
		port = copy + 5;
		host = strchr(port, '@');
		if (host != NULL)
			*host++ = '\0';
		fd = listen_inet(port, host != NULL ? host : "127.0.0.1");
		if (fd < 0)
			return false;
		snprintf(copy, sizeof copy, "fd:%d", fd);
	}
	return smfi_setconn(copy) == MI_SUCCESS;
}

int
main(int argc, char **argv)
{
	if (argc == 3 && strcmp(argv[1], "-p") == 0) {
		milter.xxfi_negotiate = NULL;
		argc--;
		argv++;
	}
	if (argc != 2) {
		fprintf(stderr, "usage: nullmilter [-p] "
			"unix:PATH|inet:PORT@HOST\n");
		return EX_USAGE;
	}
	signal(SIGPIPE, SIG_IGN);
	umask(0);
	if (smfi_register(milter) != MI_SUCCESS || !open_socket(argv[1]) ||
	    smfi_opensocket(true) != MI_SUCCESS) {
		fprintf(stderr, "nullmilter: cannot open %s\n", argv[1]);
		return EX_UNAVAILABLE;
	}
	return smfi_main() == MI_SUCCESS ? EX_OK : EX_SOFTWARE;
}
