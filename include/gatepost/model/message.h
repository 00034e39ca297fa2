/*
 * message.h -- one SMTP transaction as the MTA shows it to us
 */
#ifndef GATEPOST_MODEL_MESSAGE_H
#define GATEPOST_MODEL_MESSAGE_H

#include <glib.h>
#include <stdbool.h>

#include "gatepost/model/config.h"
#include "gatepost/model/facts.h"
#include "gatepost/model/history.h"
#include "gatepost/model/indicator.h"
#include "gatepost/model/network.h"
#include "gatepost/util/ids.h"

/* Who hands us the message (design 7, Directions). */
enum client_kind {
	CLIENT_OUTSIDE, CLIENT_RELAY, CLIENT_INTERNAL, CLIENT_AUTHENTICATED,
	CLIENT_LOCAL		/* sendmail(1) on this host */
};
extern const char *const client_kinds[];

typedef struct Client {
	char *address;		/* text; NULL: not known */
	char *name;		/* as the MTA says */
	char *helo;
	char *login;		/* {auth_authen}; NULL: none */
	int kind;		/* enum client_kind */
	struct network network;	/* of address, when is_ip */
	bool is_ip;
} Client;

/* Who writes to a report address. */
enum reporter { REPORTER_UNVERIFIED, REPORTER_VERIFIED, REPORTER_PROGRAM };

typedef struct Recipient {
	char *given;		/* RCPT as it came, octet for octet */
	char *options;		/* ESMTP words of RCPT, or NULL */
	char *address;		/* normal form */
	const Tenant *tenant;	/* NULL: none of ours.  Of the config */
	bool is_exempt;
	bool is_action;		/* the tenant's action address */
	int report;		/* enum report_reason: one of its report
				 * addresses */
	int reporter;		/* enum reporter: who sends it there */
	enum mode mode;		/* in force, pinned at RCPT */
	const Tenant *outbound;	/* whose user sends, when that is not tenant;
				 * NULL: no outbound mail of ours */
	enum mode outbound_mode;
	History *history;	/* NULL: not fetched */
} Recipient;

typedef struct Message {
	char id[ID_TEXT];
	char *tag;		/* "ID QUEUEID", for log lines */
	char *queue_id;		/* NULL: not known yet */
	char *mta;		/* {j}: the MTA's name; NULL */
	gint64 received;	/* us */
	Client client;
	char *sender;		/* MAIL FROM, normal form; "" */
	char *sender_given;	/* as it came */
	GPtrArray *mail_options;	/* of char *: ESMTP words of MAIL */
	GPtrArray *recipients;	/* of Recipient * */
	GPtrArray *refused;	/* of Decision *: refused at RCPT */
	Config *config;		/* pinned at MAIL */
	struct Snapshot *lists;	/* pinned at MAIL; borrowed; NULL: no lists */
	struct Routes *routes;	/* pinned at MAIL; borrowed; NULL: no maps */
	/* The bytes, from the end of the message on. */
	const guint8 *data;	/* borrowed; NULL: they are in fd */
	int fd;			/* -1: none made yet, see message_fd() */
	gsize size;
} Message;

Message *message_new(Config *config);
void message_free(Message *message);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Message, message_free)

/* The bytes of MESSAGE as a descriptor, which stays MESSAGE's own; what is
 * held in memory only is written into a sealed file there first.  -1 and
 * ERROR set on failure. */
int message_fd(Message *message, GError **error);

/* Note the queue id, once it is known. */
void message_queue_id(Message *message, const char *queue_id);

/* Note the client.  ADDRESS may be NULL. */
void client_set(Client *client, const Config *config, const char *name,
		const struct network *address, const char *login);
void client_clear(Client *client);

/* NAME, a client's, as it is shown: "unknown" where the MTA knows none and
 * gives NULL, "" or the address in brackets.  NAME's own, or static. */
const char *client_shown(const char *name);

/* Append a recipient; its tenant is found in the message's config. */
Recipient *message_add_recipient(Message *message, const char *given);
/* Take the newest recipient off again: it was refused. */
void message_drop_recipient(Message *message);

/* Is this our own people's mail, or is it a stranger's? */
bool client_is_ours(const Client *client);

/* The address of who really sends: of a relay, its client by FACTS (NULL: not
 * known yet).  NULL when it is not known; borrowed. */
const char *client_true_address(const Client *client, const Facts *facts);

/* The name of CLIENT in normal form, when its address leads to it and back
 * again; NULL: there is none.  Yours. */
char *client_confirmed_name(const Client *client, const Facts *facts);

/*
 * Every Indicator that MESSAGE and FACTS (NULL: not known yet) show, once
 * each.  Free the array; it frees its elements.
 */
GPtrArray *sightings(const Message *message, const Facts *facts);

#endif
