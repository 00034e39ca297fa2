/*
 * apart.c -- recipients whose copy is marked otherwise get it by the outbox
 * (design 8)
 *
 * Their header is made by the same code as everyone's, whose edits are noted
 * here instead of asked of the MTA; so nobody's copy tells of another's.
 */
#include <string.h>
#include <unistd.h>

#include "gatepost/service/courier.h"
#include "gatepost/service/refit.h"
#include "gatepost/service/smtp.h"
#include "gatepost/service/way.h"
#include "gatepost/util/clock.h"
#include "gatepost/util/file.h"
#include "gatepost/util/ids.h"
#include "gatepost/util/log.h"

/* ---- edits, noted ---- */

struct noting {
	struct mta mta;
	GString *top;		/* what stands on top, with line ends */
	GHashTable *changed;	/* "name 1" to the new value, or to NULL */
};

static bool
add_header(struct mta *mta, const char *name, const char *value)
{
	struct noting *noting = (struct noting *)mta;
	g_autofree char *clean = mta_clean(value);
	g_autofree char *line = g_strdup_printf("%s: %s\r\n", name, clean);

	g_string_prepend(noting->top, line);
	return true;
}

static bool
add_folded(struct mta *mta, const char *name, const GPtrArray *lines)
{
	struct noting *noting = (struct noting *)mta;
	g_autoptr(GString) text = g_string_new(name);

	g_string_append(text, ": ");
	for (guint i = 0; i < lines->len; i++) {
		g_autofree char *clean = mta_clean(lines->pdata[i]);

		g_string_append_printf(text, "%s%s", i ? "\r\n\t" : "",
				       clean);
	}
	g_string_append(text, "\r\n");
	g_string_prepend(noting->top, text->str);
	return true;
}

static char *
key_of(const char *name, gsize length, gint64 index)
{
	g_autofree char *lower = g_ascii_strdown(name, (gssize)length);

	return g_strdup_printf("%s %" G_GINT64_FORMAT, lower, index);
}

static bool
change_header(struct mta *mta, const char *name, int index, const char *value)
{
	struct noting *noting = (struct noting *)mta;

	g_hash_table_replace(noting->changed,
			     key_of(name, strlen(name), index),
			     value ? mta_clean(value) : NULL);
	return true;
}

static enum refit
fate(const char *name, gsize length, gint64 index, const char **value,
     void *data)
{
	const struct noting *noting = data;
	g_autofree char *key = key_of(name, length, index);
	gpointer changed;

	if (!g_hash_table_lookup_extended(noting->changed, key, NULL,
					  &changed))
		return REFIT_KEEP;
	*value = changed;
	return changed ? REFIT_CHANGE : REFIT_DROP;
}

static const struct mta_deeds deeds = {
	.add_header = add_header,
	.add_folded = add_folded,
	.change_header = change_header,
};

/* ---- the copy ---- */

/* The bytes for the recipients of GROUP: our trace, their header, the rest
 * as it came.  Yours. */
static GString *
bytes_of(const Message *message, const Facts *facts, const GPtrArray *group,
	 const char *id, const char *data)
{
	struct noting noting = {
		.mta = { &deeds }, .top = g_string_new(NULL),
		.changed = g_hash_table_new_full(g_str_hash, g_str_equal,
						 g_free, g_free),
	};
	GString *out = g_string_sized_new(message->size + 2048);

	edit_header(message, facts, group, &noting.mta);
	g_string_append_len(out, noting.top->str, (gssize)noting.top->len);
	refit_trace(out, "outbox", id, message->client.helo,
		    message->client.name, message->client.address);
	refit(out, data, message->size, fate, &noting);
	g_string_free(noting.top, TRUE);
	g_hash_table_destroy(noting.changed);
	return out;
}

/* RET and ENVID of MAIL, or NULL.  Yours. */
static char *
options_of(const Message *message)
{
	GString *out = g_string_new(NULL);

	for (guint i = 0; i < message->mail_options->len; i++) {
		const char *one = message->mail_options->pdata[i];

		if (g_ascii_strncasecmp(one, "RET=", 4) == 0 ||
		    g_ascii_strncasecmp(one, "ENVID=", 6) == 0)
			g_string_append_printf(out, "%s%s", out->len ? " " :
					       "", one);
	}
	if (out->len)
		return g_string_free(out, FALSE);
	g_string_free(out, TRUE);
	return NULL;
}

static void
add_rcpt(Outgoing *item, const Recipient *recipient)
{
	OutgoingRcpt *rcpt = fields_new(&outgoing_rcpt_fields);

	rcpt->rcpt = g_strdup(recipient->address);
	rcpt->address = smtp_address(recipient->given, recipient->address);
	rcpt->options = g_strdup(recipient->options);
	g_ptr_array_add(item->rcpts, rcpt);
}

/* The envelope for group NUMBER of GROUPS. */
static Outgoing *
item_of(const Message *message, const guint *groups, guint number,
	const char *data)
{
	Outgoing *item = fields_new(&outgoing_fields);
	char id[ID_TEXT];

	id_new(id);
	item->id = g_strdup(id);
	item->message = g_strdup(message->id);
	item->at = clock_now();
	item->sender = smtp_address(message->sender_given, message->sender);
	item->options = options_of(message);
	item->is_utf8 = refit_needs_utf8(message->mail_options, data,
					 message->size);
	for (guint i = 0; i < message->recipients->len; i++)
		if (groups[i] == number)
			add_rcpt(item, message->recipients->pdata[i]);
	return item;
}

static bool
put_group(struct pipeline *line, const Message *message, const Facts *facts,
	  GPtrArray *group, Outgoing *item, const char *data, GError **error)
{
	g_autoptr(GString) bytes = bytes_of(message, facts, group, item->id,
					    data);
	int fd = file_memory(bytes->str, bytes->len, error);
	bool good;

	courier_hold(line->courier, item->id);
	good = fd >= 0 && outbox_put(line->site->outbox, item, fd,
				     bytes->len, error);
	for (guint i = 0; i < group->len; i++) {
		Decision *decision = group->pdata[i];

		decision->outbox = g_strdup(item->id);
	}
	if (fd >= 0)
		close(fd);
	return good;
}

static char *
data_of(Message *message, GError **error)
{
	if (message->data)
		return g_memdup2(message->data, message->size);
	return message_fd(message, error) < 0 ? NULL :
	    file_get_fd(message->fd, message->size, error);
}

bool
apart(struct pipeline *line, Message *message, const Facts *facts,
      GPtrArray *decisions, GError **error)
{
	g_autofree guint *groups = g_new0(guint, decisions->len + 1);
	g_autofree char *data = NULL;
	guint count;
	bool good = true;

	if (!line->courier || !message->config->release.smtp || !facts)
		return true;
	count = judge_part(decisions, facts->scores->len > 0, groups);
	if (count > 0 && !(data = data_of(message, error)))
		return false;
	for (guint number = 1; good && number <= count; number++) {
		g_autoptr(GPtrArray) group = g_ptr_array_new();
		Outgoing *item = item_of(message, groups, number, data);

		for (guint i = 0; i < decisions->len; i++)
			if (groups[i] == number)
				g_ptr_array_add(group, decisions->pdata[i]);
		good = put_group(line, message, facts, group, item, data,
				 error);
		fields_free(&outgoing_fields, item);
	}
	if (!good)
		apart_end(line, decisions, false);
	return good;
}

void
apart_end(struct pipeline *line, const GPtrArray *decisions, bool is_taken)
{
	for (guint i = 0; i < decisions->len; i++) {
		const Decision *decision = decisions->pdata[i];
		g_autoptr(GError) error = NULL;

		if (!decision->outbox)
			continue;
		if (!is_taken &&
		    !outbox_remove(line->site->outbox, decision->outbox,
				   &error))
			log_error(NULL, "outbox-failed item=%s "
				  "reason=\"%s\"", decision->outbox,
				  error->message);
		courier_go(line->courier, decision->outbox);
	}
}
