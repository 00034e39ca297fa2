/*
 * notice.c -- tell a tenant's admins by mail which entries end soon
 *
 * Mailed first and noted then: a crash between tells it twice.
 */
#include "gatepost/service/notice.h"

#include <string.h>

#include "gatepost/bounds.h"
#include "gatepost/service/send.h"
#include "gatepost/util/clock.h"
#include "gatepost/util/ids.h"
#include "gatepost/util/text.h"

/* What ends soon and was not told, of struct ending; NULL and ERROR set. */
static GArray *
collect(Usages *usages, const Life *life, const GPtrArray *entries,
	gint64 now, GError **error)
{
	g_autoptr(GArray) all = life_endings(life, entries, now +
					     BOUND_NOTICE_DAYS * CLOCK_DAY);
	g_autoptr(GArray) soon = g_array_new(FALSE, TRUE,
					     sizeof(struct ending));
	g_autoptr(GError) fault = NULL;

	for (guint i = 0; i < all->len && !fault; i++) {
		struct ending *one = &g_array_index(all, struct ending, i);

		if (one->end > now &&
		    !notice_is_told(usages, one->entry->key, one->end,
				    &fault))
			g_array_append_val(soon, *one);
	}
	if (!fault)
		return g_steal_pointer(&soon);
	g_propagate_error(error, g_steal_pointer(&fault));
	return NULL;
}

static void
add_head(GString *out, const Tenant *tenant, const char *rcpt, guint count,
	 gint64 now)
{
	const char *domain = tenant->domains->pdata[0];
	g_autoptr(GDateTime) time = g_date_time_new_from_unix_utc(
	    now / CLOCK_SECOND);
	g_autofree char *date = g_date_time_format(time,
						   "%a, %d %b %Y %T +0000");
	char id[ID_TEXT];

	id_new(id);
	domain += g_str_has_prefix(domain, "*.") ? 2 : 0;
	g_string_append_printf(out, "From: Gatepost <postmaster@%s>\r\n"
			       "To: <%s>\r\nSubject: %u list entr%s of %s "
			       "end%s soon\r\nDate: %s\r\n"
			       "Message-ID: <%s@%s>\r\n"
			       "Auto-Submitted: auto-generated\r\n"
			       "MIME-Version: 1.0\r\n"
			       "Content-Type: text/plain; charset=utf-8\r\n"
			       "Content-Transfer-Encoding: 8bit\r\n\r\n",
			       domain, rcpt, count, count == 1 ? "y" : "ies",
			       tenant->name, count == 1 ? "s" : "", date, id,
			       domain);
}

static void
add_entry(GString *out, const struct ending *one)
{
	g_autofree char *text = text_shown(one->entry->text, 400);
	char end[CLOCK_TEXT];

	clock_format(one->end, end);
	g_string_append_printf(out, "%s  %s\r\n  %s, %s:%u\r\n  key %s\r\n"
			       "\r\n", end, text,
			       strcmp(one->why, "unused") == 0 ?
			       "ends unless it is used until then" :
			       "expires", one->entry->file, one->entry->line,
			       one->entry->key);
}

static char *
compose(const Tenant *tenant, const char *rcpt, const GArray *soon,
	gint64 now)
{
	GString *out = g_string_new(NULL);

	add_head(out, tenant, rcpt, soon->len, now);
	g_string_append(out, "These entries of the allow/block list stop "
			"having an effect soon:\r\n\r\n");
	for (guint i = 0; i < soon->len; i++)
		add_entry(out, &g_array_index(soon, struct ending, i));
	g_string_append_printf(out, "To keep one, take it out and add it "
			       "again with a later end:\r\n"
			       "  gatepost list remove KEY --tenant %s\r\n"
			       "  gatepost list add ... expires=+30d "
			       "--tenant %s\r\n"
			       "What stands in a file of your own is edited "
			       "there.  All of them:\r\n"
			       "  gatepost list expiring --tenant %s\r\n",
			       tenant->name, tenant->name, tenant->name);
	return g_string_free(out, FALSE);
}

bool
notice_ends(Usages *usages, const Config *config, const Tenant *tenant,
	    const Life *life, const GPtrArray *entries, gint64 now,
	    guint *told, GError **error)
{
	g_autoptr(GArray) soon = NULL;

	if (tenant->admins->len == 0)
		return true;
	if (!(soon = collect(usages, life, entries, now, error)))
		return false;
	for (guint i = 0; soon->len && i < tenant->admins->len; i++) {
		const char *rcpt = tenant->admins->pdata[i];
		g_autofree char *text = compose(tenant, rcpt, soon, now);

		if (!mail_send_quietly(config, "", rcpt, text,
				       strlen(text), false, error))
			return false;
	}
	for (guint i = 0; i < soon->len; i++) {
		const struct ending *one = &g_array_index(soon, struct ending,
							  i);

		if (!notice_tell(usages, one->entry->key, one->end, error))
			return false;
	}
	*told += soon->len;
	return true;
}
