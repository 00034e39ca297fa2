/*
 * log.c -- one line an event, to syslog's facility mail or to stderr
 *
 * Each line is one write(2), so lines of several processes never mix.
 */
#include "gatepost/util/log.h"

#include <errno.h>
#include <string.h>
#include <syslog.h>
#include <unistd.h>

#include "gatepost/util/clock.h"

static const struct {
	const char *name;
	int priority;
} levels[] = {
	[LOG_LEVEL_ERROR] = { "error", LOG_ERR },
	[LOG_LEVEL_WARNING] = { "warning", LOG_WARNING },
	[LOG_LEVEL_INFO] = { "info", LOG_INFO },
	[LOG_LEVEL_DEBUG] = { "debug", LOG_DEBUG },
};

static const char *ident = "gatepost";
static bool is_stderr = true;
static enum log_level most = LOG_LEVEL_INFO;

void
log_open(const char *program, bool to_stderr)
{
	ident = program;
	is_stderr = to_stderr;
	if (!to_stderr)
		openlog(ident, LOG_PID | LOG_NDELAY, LOG_MAIL);
}

void
log_level_set(enum log_level level)
{
	most = level;
}

void
log_write(enum log_level level, const char *tag, const char *format, ...)
{
	char line[8192];
	int at = 0, n;
	va_list args;

	if (level > most)
		return;
	if (is_stderr) {
		char now[CLOCK_TEXT];

		clock_format(clock_now(), now);
		at = g_snprintf(line, sizeof line, "%s %s[%d]: ", now, ident,
				(int)getpid());
	}
	n = g_snprintf(line + at, sizeof line - (gsize)at, "%s%s%s%s",
		       level == LOG_LEVEL_INFO ? "" : levels[level].name,
		       level == LOG_LEVEL_INFO ? "" : ": ",
		       tag ? tag : "", tag ? " " : "");
	at = MIN(at + n, (int)sizeof line - 2);
	va_start(args, format);
	n = g_vsnprintf(line + at, sizeof line - 1 - (gsize)at, format, args);
	va_end(args);
	at = MIN(at + n, (int)sizeof line - 2);
	if (!is_stderr) {
		syslog(levels[level].priority, "%s", line);
		return;
	}
	line[at++] = '\n';
	while (write(STDERR_FILENO, line, (gsize)at) < 0 && errno == EINTR)
		;
}
