/*
 * tags.c -- "a=b; c=d"
 */
#include "gatepost/auth/tags.h"

#include <string.h>

static void
add(Tags *tags, const char *part)
{
	const char *sign = strchr(part, '=');
	char *name = g_strstrip(g_strndup(part, sign ? (gsize)(sign - part) :
					  strlen(part)));

	if (!sign && !*name) {
		/* Behind the last semicolon there may be nothing. */
		g_free(name);
		return;
	}
	tags->is_bad |= !sign || !*name || tags_get(tags, name);
	g_ptr_array_add(tags->names, name);
	g_ptr_array_add(tags->values, g_strstrip(g_strdup(sign ? sign + 1 :
							  "")));
}

Tags *
tags_parse(const char *text, gsize length)
{
	Tags *tags = g_new0(Tags, 1);
	g_autofree char *copy = g_malloc(length + 1);
	g_auto(GStrv) parts = NULL;

	tags->names = g_ptr_array_new_with_free_func(g_free);
	tags->values = g_ptr_array_new_with_free_func(g_free);
	for (gsize i = 0; i < length; i++) {
		guchar c = (guchar)text[i];
		bool is_blank = c == ' ' || c == '\t' || c == '\r' ||
		    c == '\n';

		tags->is_bad |= !is_blank && (c < '!' || c > '~');
		copy[i] = is_blank ? ' ' : c < '!' || c > '~' ? '?' : (char)c;
	}
	copy[length] = '\0';
	parts = g_strsplit(copy, ";", -1);
	for (guint i = 0; parts[i]; i++)
		add(tags, parts[i]);
	return tags;
}

void
tags_free(Tags *tags)
{
	if (!tags)
		return;
	g_ptr_array_unref(tags->names);
	g_ptr_array_unref(tags->values);
	g_free(tags);
}

const char *
tags_get(const Tags *tags, const char *name)
{
	for (guint i = 0; i < tags->names->len; i++)
		if (strcmp(tags->names->pdata[i], name) == 0)
			return tags->values->pdata[i];
	return NULL;
}
