/*
 * message.c -- one SMTP transaction, filled by the front, and what it shows
 */
#include "gatepost/model/message.h"

#include <string.h>
#include <unistd.h>

#include "gatepost/bounds.h"
#include "gatepost/model/address.h"
#include "gatepost/model/confusable.h"
#include "gatepost/model/domain.h"
#include "gatepost/model/filename.h"
#include "gatepost/model/url.h"
#include "gatepost/util/clock.h"
#include "gatepost/util/file.h"

const char *const client_kinds[] = {
	"outside", "relay", "internal", "authenticated", "local", NULL
};

static void
recipient_free(gpointer data)
{
	Recipient *recipient = data;

	g_free(recipient->options);
	g_free(recipient->given);
	g_free(recipient->address);
	history_free(recipient->history);
	g_free(recipient);
}

Message *
message_new(Config *config)
{
	Message *message = g_new0(Message, 1);

	id_new(message->id);
	message->tag = g_strdup_printf("%s -", message->id);
	message->received = clock_now();
	message->sender = g_strdup("");
	message->sender_given = g_strdup("<>");
	message->mail_options = g_ptr_array_new_with_free_func(g_free);
	message->recipients = g_ptr_array_new_with_free_func(recipient_free);
	message->config = config_ref(config);
	message->fd = -1;
	return message;
}

void
client_clear(Client *client)
{
	g_free(client->address);
	g_free(client->name);
	g_free(client->helo);
	g_free(client->login);
	memset(client, 0, sizeof *client);
}

void
message_free(Message *message)
{
	if (!message)
		return;
	client_clear(&message->client);
	g_free(message->tag);
	g_free(message->queue_id);
	g_free(message->mta);
	g_free(message->sender);
	g_free(message->sender_given);
	g_ptr_array_free(message->mail_options, TRUE);
	g_ptr_array_free(message->recipients, TRUE);
	g_clear_pointer(&message->refused, g_ptr_array_unref);
	if (message->fd >= 0)
		close(message->fd);
	config_unref(message->config);
	g_free(message);
}

int
message_fd(Message *message, GError **error)
{
	if (message->fd < 0)
		message->fd = file_memory(message->data, message->size,
					  error);
	return message->fd;
}

void
message_queue_id(Message *message, const char *queue_id)
{
	if (!queue_id || !*queue_id ||
	    g_strcmp0(queue_id, message->queue_id) == 0)
		return;
	g_free(message->queue_id);
	g_free(message->tag);
	message->queue_id = g_strndup(queue_id, 64);
	for (char *p = message->queue_id; *p; p++)
		if (!g_ascii_isalnum(*p) && *p != '-' && *p != '.')
			*p = '_';
	message->tag = g_strdup_printf("%s %s", message->id,
				       message->queue_id);
}

void
client_set(Client *client, const Config *config, const char *name,
	   const struct network *address, const char *login)
{
	char text[NETWORK_TEXT];

	g_free(client->name);
	g_free(client->address);
	g_free(client->login);
	client->name = g_strdup(name);
	client->login = login && *login ? g_strdup(login) : NULL;
	client->is_ip = address != NULL;
	client->address = NULL;
	client->kind = CLIENT_OUTSIDE;
	if (address) {
		client->network = *address;
		network_format(address, text);
		client->address = g_strdup(text);
		if (network_any(config->internal_networks, address))
			client->kind = CLIENT_INTERNAL;
		else if (network_any(config->relay_networks, address))
			client->kind = CLIENT_RELAY;
	}
	if (client->login)
		client->kind = CLIENT_AUTHENTICATED;
}

bool
client_is_ours(const Client *client)
{
	return client->kind >= CLIENT_INTERNAL;
}

static bool
is_exempt(const Tenant *tenant, const char *address)
{
	for (guint i = 0; i < tenant->exempt->len; i++) {
		g_autofree char *exempt =
		    g_ascii_strdown(tenant->exempt->pdata[i], -1);

		if (strchr(exempt, '@') ? strcmp(exempt, address) == 0 :
		    address_has_local(address, exempt))
			return true;
	}
	return false;
}

/* Whose user sends MESSAGE: by the domain of the login, when that has one of
 * ours, else by that of MAIL FROM; NULL: nobody's. */
static const Tenant *
sender_tenant(const Message *message)
{
	g_autofree char *login = NULL;
	const Tenant *tenant = NULL;

	if (!client_is_ours(&message->client))
		return NULL;
	login = message->client.login ?
	    address_loose(message->client.login) : NULL;
	if (login && *address_domain(login))
		tenant = config_tenant_of(message->config,
					  address_domain(login));
	return tenant ? tenant :
	    config_tenant_of(message->config,
			     address_domain(message->sender));
}

Recipient *
message_add_recipient(Message *message, const char *given)
{
	Recipient *recipient = g_new0(Recipient, 1);

	recipient->given = g_strdup(given);
	recipient->address = address_loose(given);
	recipient->tenant =
	    config_tenant_of(message->config,
			     address_domain(recipient->address));
	recipient->is_exempt = recipient->tenant &&
	    is_exempt(recipient->tenant, recipient->address);
	recipient->is_action = recipient->tenant &&
	    g_strcmp0(recipient->tenant->digest.address,
		      recipient->address) == 0;
	recipient->report = recipient->tenant ?
	    config_report(recipient->tenant, recipient->address) :
	    REPORT_NONE;
	recipient->mode = config_mode(message->config, recipient->tenant);
	recipient->outbound = sender_tenant(message);
	if (recipient->outbound == recipient->tenant)
		recipient->outbound = NULL;
	recipient->outbound_mode = config_mode(message->config,
					       recipient->outbound);
	g_ptr_array_add(message->recipients, recipient);
	return recipient;
}

void
message_drop_recipient(Message *message)
{
	g_ptr_array_set_size(message->recipients,
			     (int)message->recipients->len - 1);
}

/* ---- sightings ---- */

/* Up to so many are compared one by one, for which no table need be made. */
#define FEW 32

struct sightings {
	GPtrArray *all;
	GHashTable *table;	/* of all; NULL while they are few */
};

static bool
is_shown(const struct sightings *shown, const Indicator *one)
{
	if (shown->table)
		return g_hash_table_contains(shown->table, one);
	for (guint i = 0; i < shown->all->len; i++)
		if (indicator_equal(shown->all->pdata[i], one))
			return true;
	return false;
}

static void
show_new(struct sightings *shown, const Indicator *like)
{
	Indicator *one;

	if (is_shown(shown, like))
		return;
	one = indicator_seen(like->kind, like->value);
	one->source = g_strdup(like->source);
	g_ptr_array_add(shown->all, one);
	if (shown->table)
		g_hash_table_add(shown->table, one);
	if (shown->table || shown->all->len < FEW)
		return;
	shown->table = g_hash_table_new(indicator_hash, indicator_equal);
	for (guint i = 0; i < shown->all->len; i++)
		g_hash_table_add(shown->table, shown->all->pdata[i]);
}

static void
show(struct sightings *shown, enum indicator_kind kind, const char *value)
{
	if (value)
		show_new(shown, &(Indicator){ kind, (char *)value, NULL });
}

static void
show_files(struct sightings *shown, const Facts *facts)
{
	for (guint i = 0; i < facts->files->len; i++) {
		const File *file = facts->files->pdata[i];

		show(shown, INDICATOR_FILE, file->sha256);
		for (guint j = 0; j < file->names->len; j++) {
			g_autoptr(GPtrArray) forms =
			    filename_forms(file->names->pdata[j]);

			for (guint k = 0; k < forms->len; k++)
				show(shown, INDICATOR_FILENAME,
				     forms->pdata[k]);
		}
	}
}

static void
show_defects(struct sightings *shown, const Facts *facts)
{
	for (guint i = 0; i < facts->defects->len; i++)
		show(shown, INDICATOR_DEFECT, facts->defects->pdata[i]);
}

/* NAME, and what it looks like where its letters are of another script. */
static void
show_name(struct sightings *shown, const char *name)
{
	g_autofree char *folded = indicator_fold_name(name);
	g_autofree char *latin = confusable_latin(name);
	g_autofree char *like = latin ? indicator_fold_name(latin) : NULL;

	if (*folded)
		show(shown, INDICATOR_NAME, folded);
	if (like && *like)
		show(shown, INDICATOR_NAME, like);
}

static void
show_pair(struct sightings *shown, const char *address, const char *source)
{
	show_new(shown, &(Indicator){ INDICATOR_SPOOF, (char *)address,
				      (char *)source });
}

const char *
client_true_address(const Client *client, const Facts *facts)
{
	return client->kind != CLIENT_RELAY ? client->address :
	    facts ? facts->client : NULL;
}

const char *
client_shown(const char *name)
{
	return name && *name && *name != '[' ? name : "unknown";
}

/* Both MTAs give the bare address in brackets, or "unknown", where the name
 * is not confirmed. */
char *
client_confirmed_name(const Client *client, const Facts *facts)
{
	struct network network;

	if (client->kind == CLIENT_RELAY)
		return facts->client && facts->auth.iprev == AUTH_PASS ?
		    g_strdup(facts->auth.iprev_name) : NULL;
	if (!client->name || !strchr(client->name, '.') ||
	    network_parse(client->name, &network) ||
	    (facts->auth.iprev != AUTH_NONE &&
	     facts->auth.iprev != AUTH_PASS))
		return NULL;
	return domain_normal(client->name);
}

/* Who is shown, and by whose hosts and signatures: nothing of our own
 * people's mail. */
static void
show_pairs(struct sightings *shown, const Message *message,
	   const Facts *facts)
{
	const Client *client = &message->client;
	const char *address = client_true_address(client, facts);
	g_autofree char *name = client_confirmed_name(client, facts);
	guint before = shown->all->len;

	if (client_is_ours(client))
		return;
	for (guint i = 0; i < facts->authors->len &&
	     shown->all->len - before < BOUND_PAIRS; i++) {
		const Mailbox *author = facts->authors->pdata[i];

		if (!author->address || !*author->address)
			continue;
		show_pair(shown, author->address, NULL);
		if (address)
			show_pair(shown, author->address, address);
		if (name)
			show_pair(shown, author->address, name);
		for (guint j = 0; j < facts->auth.dkim->len &&
		     shown->all->len - before < BOUND_PAIRS; j++) {
			const Signature *one = facts->auth.dkim->pdata[j];

			if (one->result == AUTH_PASS && one->domain)
				show_pair(shown, author->address,
					  one->domain);
		}
	}
}

GPtrArray *
sightings(const Message *message, const Facts *facts)
{
	struct sightings of_message = {
		g_ptr_array_new_with_free_func(
		    (GDestroyNotify)indicator_free), NULL
	};
	struct sightings *shown = &of_message;

	show(shown, INDICATOR_IP,
	     client_true_address(&message->client, facts));
	show(shown, INDICATOR_ENVELOPE, message->sender);
	if (!facts)
		return shown->all;
	for (guint i = 0; i < facts->authors->len; i++) {
		const Mailbox *author = facts->authors->pdata[i];

		show(shown, INDICATOR_SENDER, author->address);
		if (author->name)
			show_name(shown, author->name);
	}
	for (guint i = 0; i < facts->urls->len; i++) {
		const Link *link = facts->urls->pdata[i];

		show(shown, INDICATOR_URL, link->url);
	}
	show_files(shown, facts);
	show_defects(shown, facts);
	show_pairs(shown, message, facts);
	g_clear_pointer(&shown->table, g_hash_table_unref);
	return shown->all;
}
