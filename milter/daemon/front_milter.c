/*
 * front_milter.c -- libmilter: callbacks that translate, and nothing else
 *
 * The callbacks of one session run on different threads of libmilter's pool,
 * never two at once; what a session needs stands in its private data.  The
 * edits of the end of a message are in front_edit.c.
 */
#include "gatepost/daemon/front_edit.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "gatepost/bounds.h"
#include "gatepost/daemon/daemon.h"
#include "gatepost/daemon/front.h"
#include "gatepost/daemon/readahead.h"
#include "gatepost/model/address.h"
#include "gatepost/util/log.h"

struct session {
	Setup *setup;		/* of the message under way; NULL */
	Message *message;	/* NULL: none under way */
	struct bytes bytes;
	char *name, *helo, *mta;
	struct network address;
	unsigned long steps;	/* SMFIP_*, as negotiated */
	bool is_ip, is_counted;
	bool is_over;		/* beyond the limit of sessions */
};

/* libmilter knows one filter a process, and so do we. */
static struct front *front;

/* A callback that works enters first; false: the process is about to end,
 * and the MTA is to come again. */
static bool
enter(void)
{
	bool may;

	pthread_mutex_lock(&front->lock);
	may = !front->is_draining;
	front->busy += may;
	pthread_mutex_unlock(&front->lock);
	return may;
}

static void
leave(void)
{
	pthread_mutex_lock(&front->lock);
	front->busy--;
	pthread_mutex_unlock(&front->lock);
}

static void
message_end(struct session *session)
{
	if (session->message) {
		pipeline_gone(&front->line, session->message);
		message_free(session->message);
	}
	session->message = NULL;
	g_clear_pointer(&session->setup, setup_unref);
	bytes_again(&session->bytes);
}

static sfsistat
later(SMFICTX *ctx, const char *code, const char *extended, const char *text)
{
	smfi_setreply(ctx, (char *)code, (char *)extended, (char *)text);
	return SMFIS_TEMPFAIL;
}

/* The macros that are needed, at the stages where they are. */
static void
ask_for_macros(SMFICTX *ctx)
{
	smfi_setsymlist(ctx, SMFIM_CONNECT, (char *)"j");
	smfi_setsymlist(ctx, SMFIM_ENVFROM, (char *)"i {auth_authen}");
	smfi_setsymlist(ctx, SMFIM_ENVRCPT, (char *)"i");
	smfi_setsymlist(ctx, SMFIM_EOM, (char *)"i");
}

static sfsistat
on_negotiate(SMFICTX *ctx, unsigned long f0, unsigned long f1,
	     unsigned long f2, unsigned long f3, unsigned long *pf0,
	     unsigned long *pf1, unsigned long *pf2, unsigned long *pf3)
{
	struct session *session = g_new0(struct session, 1);
	unsigned long steps = SMFIP_NR_HDR | SMFIP_NR_EOH | SMFIP_NR_BODY |
	    SMFIP_HDR_LEADSPC | SMFIP_NODATA | SMFIP_NOUNKNOWN;

	(void)f2;
	(void)f3;
	*pf0 = f0 & (SMFIF_ADDHDRS | SMFIF_CHGHDRS | SMFIF_DELRCPT |
		     SMFIF_SETSYMLIST);
	/* Neither is ever refused.  By TCP a command without an answer makes
	 * the next one wait 44 ms for the acknowledgement of the first. */
	if (front->is_local)
		steps |= SMFIP_NR_CONN | SMFIP_NR_MAIL;
	*pf1 = f1 & steps;
	*pf2 = *pf3 = 0;
	if (*pf0 & SMFIF_SETSYMLIST)
		ask_for_macros(ctx);
	session->steps = *pf1;
	bytes_init(&session->bytes);
	smfi_setpriv(ctx, session);
	return SMFIS_CONTINUE;
}

/* What a callback of STEP answers when all is well. */
static sfsistat
go_on(const struct session *session, unsigned long step)
{
	return session->steps & step ? SMFIS_NOREPLY : SMFIS_CONTINUE;
}

static sfsistat
on_connect(SMFICTX *ctx, char *host, _SOCK_ADDR *address)
{
	struct session *session = smfi_getpriv(ctx);
	g_autoptr(Setup) setup = front_setup(front);

	if (!session)
		return SMFIS_TEMPFAIL;
	g_free(session->name);
	g_free(session->mta);
	session->name = g_strdup(host);
	session->mta = g_strdup(smfi_getsymval(ctx, (char *)"j"));
	session->is_ip = address &&
	    network_from_socket((struct sockaddr *)address,
				&session->address);
	pthread_mutex_lock(&front->lock);
	session->is_counted = true;
	session->is_over = ++front->sessions >
	    (guint)setup->config->sessions;
	pthread_mutex_unlock(&front->lock);
	return go_on(session, SMFIP_NR_CONN);
}

static sfsistat
over(SMFICTX *ctx)
{
	log_warning(NULL, "sessions-full do=\"raise sessions in "
		    "gatepost.conf, or lower the MTA's process limit\"");
	return later(ctx, "421", "4.3.2", "Too many sessions, try again "
		     "later");
}

static sfsistat
on_helo(SMFICTX *ctx, char *helo)
{
	struct session *session = smfi_getpriv(ctx);

	if (!session)
		return SMFIS_TEMPFAIL;
	if (session->is_over)
		return over(ctx);
	g_free(session->helo);
	session->helo = g_strdup(helo);
	return SMFIS_CONTINUE;
}

static sfsistat
on_envfrom(SMFICTX *ctx, char **args)
{
	struct session *session = smfi_getpriv(ctx);
	Message *message;

	if (!session)
		return SMFIS_TEMPFAIL;
	message_end(session);
	if (session->is_over)
		return session->steps & SMFIP_NR_MAIL ? SMFIS_NOREPLY :
		    over(ctx);
	session->setup = front_setup(front);
	message = session->message = message_new(session->setup->config);
	message->lists = session->setup->lists;
	message->routes = session->setup->routes;
	message->mta = g_strdup(session->mta);
	message_queue_id(message, smfi_getsymval(ctx, (char *)"i"));
	client_set(&message->client, message->config, session->name,
		   session->is_ip ? &session->address : NULL,
		   smfi_getsymval(ctx, (char *)"{auth_authen}"));
	message->client.helo = g_strdup(session->helo);
	/* Only sendmail(1) on this host gives an address without brackets. */
	if (args[0][0] != '<' && message->client.kind == CLIENT_INTERNAL)
		message->client.kind = CLIENT_LOCAL;
	if (!session->is_ip && g_strcmp0(session->name, "localhost") == 0)
		message->client.kind = CLIENT_LOCAL;
	g_free(message->sender);
	g_free(message->sender_given);
	message->sender_given = g_strdup(args[0]);
	message->sender = address_loose(args[0]);
	for (char **arg = args + 1; *arg; arg++)
		g_ptr_array_add(message->mail_options, g_strdup(*arg));
	return go_on(session, SMFIP_NR_MAIL);
}

static sfsistat
on_envrcpt(SMFICTX *ctx, char **args)
{
	struct session *session = smfi_getpriv(ctx);
	struct edit_mta mta = edit_mta(ctx);
	Recipient *recipient;
	enum reply reply;

	if (session && session->is_over)
		return over(ctx);
	if (!session || !session->message)
		return SMFIS_TEMPFAIL;
	if (session->message->recipients->len >= BOUND_RECIPIENTS)
		return later(ctx, "452", "4.5.3", "Too many recipients");
	message_queue_id(session->message,
			 smfi_getsymval(ctx, (char *)"i"));
	recipient = message_add_recipient(session->message, args[0]);
	if (args[1])
		recipient->options = g_strjoinv(" ", args + 1);
	recipient->mode = setup_mode(session->setup, recipient->tenant);
	recipient->outbound_mode = setup_mode(session->setup,
					      recipient->outbound);
	reply = pipeline_rcpt(session->message, recipient, &mta.mta);
	if (reply != REPLY_REJECT)
		return SMFIS_CONTINUE;
	message_drop_recipient(session->message);
	return SMFIS_REJECT;
}

/* Parts of what is to be added at once. */
#define PARTS 32

struct parts {
	struct session *session;
	struct iovec part[PARTS];
	guint count;
};

static void
parts_flush(struct parts *parts)
{
	bytes_add(&parts->session->bytes, front->line.site->folder,
		  parts->part, parts->count);
	parts->count = 0;
}

static void
add(struct parts *parts, const void *data, gsize length)
{
	if (parts->count == PARTS)
		parts_flush(parts);
	parts->part[parts->count++] = (struct iovec){
		(gpointer)data, length };
}

/* Header values come with bare LF in folds; the message has CRLF. */
static void
add_folded(struct parts *parts, const char *value)
{
	const char *end;

	while ((end = strchr(value, '\n'))) {
		gsize length = (gsize)(end - value);

		if (length && value[length - 1] == '\r')
			length--;
		add(parts, value, length);
		add(parts, "\r\n", 2);
		value = end + 1;
	}
	add(parts, value, strlen(value));
}

static sfsistat
on_header(SMFICTX *ctx, char *name, char *value)
{
	struct session *session = smfi_getpriv(ctx);
	struct parts parts;
	bool is_exact;

	if (!session || !session->message)
		return SMFIS_TEMPFAIL;
	parts.session = session;
	parts.count = 0;
	/* With HDR_LEADSPC the value has its own blank, or none. */
	is_exact = session->steps & SMFIP_HDR_LEADSPC;
	add(&parts, name, strlen(name));
	add(&parts, ": ", is_exact ? 1 : 2);
	add_folded(&parts, value);
	add(&parts, "\r\n", 2);
	parts_flush(&parts);
	return go_on(session, SMFIP_NR_HDR);
}

/* One part alone. */
static void
add_one(struct session *session, const void *data, gsize length)
{
	bytes_add(&session->bytes, front->line.site->folder,
		  &(struct iovec){ (gpointer)data, length }, 1);
}

static sfsistat
on_eoh(SMFICTX *ctx)
{
	struct session *session = smfi_getpriv(ctx);

	if (!session || !session->message)
		return SMFIS_TEMPFAIL;
	add_one(session, "\r\n", 2);
	return go_on(session, SMFIP_NR_EOH);
}

static sfsistat
on_body(SMFICTX *ctx, unsigned char *data, size_t length)
{
	struct session *session = smfi_getpriv(ctx);

	if (!session || !session->message)
		return SMFIS_TEMPFAIL;
	add_one(session, data, length);
	return go_on(session, SMFIP_NR_BODY);
}

/* The log has the reason, under the same id. */
static void
say_later(SMFICTX *ctx, const Message *message)
{
	g_autofree char *text = g_strdup_printf("Not now, try again later "
						"(%s)", message->id);

	later(ctx, "451", "4.3.0", text);
}

static enum reply
run(SMFICTX *ctx, struct session *session)
{
	struct edit_mta mta = edit_mta(ctx);
	Message *message = session->message;
	g_autoptr(GError) error = NULL;
	enum reply reply = REPLY_LATER;

	message_queue_id(message, smfi_getsymval(ctx, (char *)"i"));
	if (bytes_give(&session->bytes, message, &error))
		reply = pipeline_end(&front->line, message, &mta.mta);
	else
		log_error(message->tag, "later reason=\"%s\"",
			  error->message);
	if (reply == REPLY_LATER && !mta.has_later)
		say_later(ctx, message);
	return reply;
}

static sfsistat
on_eom(SMFICTX *ctx)
{
	static const sfsistat answers[] = {
		[REPLY_ACCEPT] = SMFIS_CONTINUE,
		[REPLY_REJECT] = SMFIS_REJECT,
		[REPLY_DISCARD] = SMFIS_DISCARD,
		[REPLY_LATER] = SMFIS_TEMPFAIL,
	};
	struct session *session = smfi_getpriv(ctx);
	enum reply reply;

	if (!session || !session->message)
		return SMFIS_TEMPFAIL;
	if (!enter())
		return SMFIS_TEMPFAIL;
	reply = run(ctx, session);
	leave();
	/* What was refused at RCPT is in this message's record. */
	if (reply != REPLY_LATER)
		g_clear_pointer(&session->message->refused,
				g_ptr_array_unref);
	message_end(session);
	return answers[reply];
}

static sfsistat
on_abort(SMFICTX *ctx)
{
	struct session *session = smfi_getpriv(ctx);

	if (session)
		message_end(session);
	return SMFIS_CONTINUE;
}

/* May come without an abort, and holds a lock of libmilter's: never waits. */
static sfsistat
on_close(SMFICTX *ctx)
{
	struct session *session = smfi_getpriv(ctx);

	if (!session)
		return SMFIS_CONTINUE;
	message_end(session);
	bytes_clear(&session->bytes);
	if (session->is_counted) {
		pthread_mutex_lock(&front->lock);
		front->sessions--;
		pthread_mutex_unlock(&front->lock);
	}
	g_free(session->name);
	g_free(session->helo);
	g_free(session->mta);
	g_free(session);
	smfi_setpriv(ctx, NULL);
	return SMFIS_CONTINUE;
}

static struct smfiDesc filter = {
	.xxfi_name = (char *)"gatepost",
	.xxfi_version = SMFI_VERSION,
	.xxfi_flags = SMFIF_ADDHDRS | SMFIF_CHGHDRS | SMFIF_DELRCPT |
	    SMFIF_SETSYMLIST,
	.xxfi_connect = on_connect,
	.xxfi_helo = on_helo,
	.xxfi_envfrom = on_envfrom,
	.xxfi_envrcpt = on_envrcpt,
	.xxfi_header = on_header,
	.xxfi_eoh = on_eoh,
	.xxfi_body = on_body,
	.xxfi_eom = on_eom,
	.xxfi_abort = on_abort,
	.xxfi_close = on_close,
	.xxfi_negotiate = on_negotiate,
};

bool
milter_open(struct front *the_front)
{
	g_autofree char *place = g_strdup_printf("fd:%d",
						 the_front->listener);

	front = the_front;
	readahead_from(the_front->listener);
	/* Sendmail sends headers longer than libmilter's default frame. */
	smfi_setmaxdatasize(1 << 20);
	if (smfi_setconn(place) != MI_SUCCESS) {
		Setup *setup = front_setup(front);
		bool good;

		/* A libmilter without fd:N binds the socket itself. */
		close(front->listener);
		good = smfi_setconn(setup->config->socket) == MI_SUCCESS;
		setup_unref(setup);
		if (!good)
			return false;
	}
	return smfi_register(filter) == MI_SUCCESS;
}

void *
milter_main(void *data)
{
	(void)data;
	if (smfi_main() != MI_SUCCESS)
		log_error(NULL, "libmilter-failed");
	/* Without it there is no service; the supervisor starts another. */
	_exit(1);
}

void
milter_versions(GString *out)
{
	unsigned int major, minor, patch;

	smfi_version(&major, &minor, &patch);
	g_string_append_printf(out, "libmilter %u.%u.%u\n", major, minor,
			       patch);
}
