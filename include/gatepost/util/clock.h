/*
 * clock.h -- times: microseconds since 1970 in UTC, RFC 3339 when written
 */
#ifndef GATEPOST_UTIL_CLOCK_H
#define GATEPOST_UTIL_CLOCK_H

#include <glib.h>
#include <stdbool.h>

#define CLOCK_SECOND G_GINT64_CONSTANT(1000000)
#define CLOCK_DAY (86400 * CLOCK_SECOND)
/* Room for "2026-11-21T10:00:00Z". */
#define CLOCK_TEXT 24

/* Now, in microseconds. */
gint64 clock_now(void);

/* Milliseconds of a clock that no one sets, for deadlines. */
gint64 clock_steady_ms(void);

/* Write AT as RFC 3339 in UTC, to the second. */
void clock_format(gint64 at, char out[CLOCK_TEXT]);

/*
 * Read TEXT, "2026-11-21T10:00:00Z" (or with an offset), or "2026-11-21",
 * which is the end of that day in ZONE (an IANA name; NULL: the system's).
 * False when it is no time.
 */
bool clock_parse(const char *text, const char *zone, gint64 *at);

/* Read a span, "90s", "15m", "12h", "7d", "2w".  False when it is none. */
bool clock_span(const char *text, gint64 *span);

/* The day of AT in UTC as "2026-11-21". */
void clock_day(gint64 at, char out[CLOCK_TEXT]);

/* AT as people read it in ZONE (an IANA name; NULL: the system's), to the
 * minute: "2026-11-21 14:05 CET".  Yours. */
char *clock_local(gint64 at, const char *zone);

#endif
