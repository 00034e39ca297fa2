/*
 * split.c -- where the parts of a multipart body begin and end
 *
 * Programs differ on what a delimiter is: some take one behind a bare CR or
 * blanks, some take one with a word behind it.  Both kinds are found, and
 * told apart, in one pass.
 */
#include "gatepost/content/split.h"

#include <string.h>

/* Blanks in front of a delimiter that are looked over. */
#define BLANKS_MOST 16

static bool
is_blank(guint8 c)
{
	return c == ' ' || c == '\t';
}

static bool
is_line_end(guint8 c)
{
	return c == '\n' || c == '\r';
}

/* May it stand in a boundary (RFC 2046 5.1.1), so that the line belongs to a
 * longer one? */
static bool
is_inside(guint8 c)
{
	return g_ascii_isalnum(c) || (c && strchr("'()+_,-./:=?", c));
}

/* Behind the line end at AT: CRLF, LF, or CR alone. */
static const guint8 *
behind_end(const guint8 *at, const guint8 *end)
{
	if (at < end && *at == '\r')
		at++;
	return at < end && *at == '\n' ? at + 1 : at;
}

/* What stands in front of HIT: true when a line starts there; FOUND is odd
 * when it does so only to some. */
static bool
starts_line(struct delimiter *found, const guint8 *data, const guint8 *hit)
{
	const guint8 *from = hit;

	found->start = (gsize)(hit - data);
	if (hit == data || hit[-1] == '\n')
		return true;
	found->is_odd = true;
	while (from > data && hit - from < BLANKS_MOST &&
	       (is_blank(from[-1]) || from[-1] == '\r'))
		from--;
	if (from > data && from[-1] != '\n')
		return hit[-1] == '\r';
	found->start = (gsize)(from - data);
	return true;
}

/* Read what is behind the boundary at AT; false: no delimiter. */
static bool
ends_line(struct delimiter *found, const guint8 *data, const guint8 *at,
	  const guint8 *end)
{
	found->is_close = end - at >= 2 && at[0] == '-' && at[1] == '-';
	if (found->is_close)
		at += 2;
	if (at < end && is_inside(*at))
		return false;
	while (at < end && is_blank(*at))
		at++;
	if (at < end && !is_line_end(*at)) {
		found->is_odd = true;
		while (at < end && !is_line_end(*at))
			at++;
	}
	found->next = (gsize)(behind_end(at, end) - data);
	return true;
}

GArray *
split_find(const guint8 *data, gsize size, const char *boundary, guint most)
{
	g_autofree char *needle = g_strconcat("--", boundary, NULL);
	GArray *out = g_array_new(FALSE, FALSE, sizeof(struct delimiter));
	const guint8 *at = data, *end = data + size, *hit;
	gsize length = strlen(needle);

	while (out->len < most &&
	       (hit = memmem(at, (gsize)(end - at), needle, length))) {
		struct delimiter found = { .start = 0 };

		at = hit + length;
		if (!starts_line(&found, data, hit) ||
		    !ends_line(&found, data, at, end))
			continue;
		if (found.start > 0 && data[found.start - 1] == '\n')
			found.start--;
		if (found.start > 0 && data[found.start - 1] == '\r')
			found.start--;
		at = data + found.next;
		/* The next line may be a delimiter, too. */
		g_array_append_val(out, found);
	}
	return out;
}

/* The line behind the one at AT, or END. */
static const guint8 *
line_after(const guint8 *at, const guint8 *end)
{
	const guint8 *lf = memchr(at, '\n', (gsize)(end - at));

	return lf ? lf + 1 : end;
}

static bool
starts_field(const guint8 *at, const guint8 *end)
{
	return end - at > 8 &&
	    g_ascii_strncasecmp((const char *)at, "content-", 8) == 0;
}

char *
split_guess(const guint8 *data, gsize size)
{
	const guint8 *at = data, *end = data + size, *next;
	gsize length;

	while (at < end) {
		if (end - at > 2 && at[0] == '-' && at[1] == '-') {
			next = line_after(at, end);
			length = (gsize)(next - at);
			while (length && at[length - 1] <= ' ')
				length--;
			/* A blank line between is one more way to hide. */
			if (length > 2 &&
			    (starts_field(next, end) ||
			     (next < end && *next <= ' ' &&
			      starts_field(line_after(next, end), end))))
				return g_strndup((const char *)at + 2,
						 length - 2);
		}
		at = line_after(at, end);
	}
	return NULL;
}
