/*
 * log.h -- one line an event: id, queue id, event, key=value ...
 *
 * Formats are constant: a word for what happened, then key=value parted by
 * blanks.  A value that is one of a few words or a number stands as it is
 * (key=%s); text that may hold a blank stands in quotes (key=\"%s\"), or goes
 * through text_value() first.  Conversions are s, c, d, u and those of GLib's
 * 64-bit numbers; a text of NULL is "-".  Keys that all may have: reason, why
 * it happened; note, what that means; do, what the admin should do.
 *
 * Levels: error, an admin must act; warning, will have to if it goes on; info,
 * what became of a message; debug, for developers.  All but info are in the
 * line, as level= at its end.
 */
#ifndef GATEPOST_UTIL_LOG_H
#define GATEPOST_UTIL_LOG_H

#include <glib.h>
#include <stdbool.h>

enum log_level { LOG_LEVEL_ERROR, LOG_LEVEL_WARNING, LOG_LEVEL_INFO,
		 LOG_LEVEL_DEBUG };

/* Who logs: PROGRAM is the syslog ident (kept, not copied).  TO_STDERR: to
 * standard error with a time in front, else to syslog's facility mail. */
void log_open(const char *program, bool to_stderr);
void log_level_set(enum log_level level);

/* TAG is "ID QUEUEID" of a message, or NULL for what concerns none. */
void log_write(enum log_level level, const char *tag, const char *format, ...)
	G_GNUC_PRINTF(3, 4);

#define log_error(tag, ...) log_write(LOG_LEVEL_ERROR, tag, __VA_ARGS__)
#define log_warning(tag, ...) log_write(LOG_LEVEL_WARNING, tag, __VA_ARGS__)
#define log_info(tag, ...) log_write(LOG_LEVEL_INFO, tag, __VA_ARGS__)
#define log_debug(tag, ...) log_write(LOG_LEVEL_DEBUG, tag, __VA_ARGS__)

#endif
