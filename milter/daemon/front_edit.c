/*
 * front_edit.c -- carry a pipeline's edits out by libmilter
 *
 * The one place that builds header text: no control character gets through.
 * With SMFIP_HDR_LEADSPC an added value brings its own blank.
 */
#include "gatepost/daemon/front_edit.h"

#include <string.h>

static SMFICTX *
ctx_of(struct mta *mta)
{
	return ((struct edit_mta *)mta)->ctx;
}

static char *
clean(const char *value)
{
	g_autofree char *text = mta_clean(value);

	return g_strconcat(" ", text, NULL);
}

static bool
add_header(struct mta *mta, const char *name, const char *value)
{
	g_autofree char *text = clean(value);

	return smfi_insheader(ctx_of(mta), 0, (char *)name, text) ==
	    MI_SUCCESS;
}

static bool
add_folded(struct mta *mta, const char *name, const GPtrArray *lines)
{
	g_autoptr(GString) text = g_string_new(NULL);

	for (guint i = 0; i < lines->len; i++) {
		g_autofree char *line = clean(lines->pdata[i]);

		g_string_append(text, i ? "\n\t" : "");
		g_string_append(text, i ? line + 1 : line);
	}
	return smfi_insheader(ctx_of(mta), 0, (char *)name, text->str) ==
	    MI_SUCCESS;
}

static bool
change_header(struct mta *mta, const char *name, int index,
	      const char *value)
{
	g_autofree char *text = value ? clean(value) : NULL;

	return smfi_chgheader(ctx_of(mta), (char *)name, index, text) ==
	    MI_SUCCESS;
}

static bool
remove_recipient(struct mta *mta, const char *given)
{
	return smfi_delrcpt(ctx_of(mta), (char *)given) == MI_SUCCESS;
}

static bool
set_reply(struct mta *mta, const char *code, const char *extended,
	  const char *text)
{
	g_auto(GStrv) parts = g_strsplit(text, "%", -1);
	g_autofree char *doubled = g_strjoinv("%%", parts);

	((struct edit_mta *)mta)->has_later |= *code == '4';
	return smfi_setreply(ctx_of(mta), (char *)code, (char *)extended,
			     doubled) == MI_SUCCESS;
}

static const struct mta_deeds deeds = {
	.add_header = add_header,
	.add_folded = add_folded,
	.change_header = change_header,
	.remove_recipient = remove_recipient,
	.set_reply = set_reply,
};

struct edit_mta
edit_mta(SMFICTX *ctx)
{
	return (struct edit_mta){ { &deeds }, ctx, false };
}
