/*
 * drill.c -- HMAC-SHA-256 over tenant, recipient, campaign and end
 *
 * A phisher who has got hold of one drill could put its field into his own
 * mail, and reports of that would be praised and forgotten: so a field is for
 * one recipient and for some time.
 */
#include "gatepost/service/drill.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "gatepost/util/clock.h"
#include "gatepost/util/digest.h"
#include "gatepost/util/file.h"

#define KEY_LEAST 16
#define KEY_MOST 4096
#define CAMPAIGN_MOST 64

bool
drill_is_campaign(const char *name)
{
	gsize length = strlen(name);

	return length > 0 && length <= CAMPAIGN_MOST &&
	    strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWX"
		   "YZ0123456789-_.") == length;
}

/* The key of TENANT, without line ends at its end; yours.  NULL and ERROR
 * set. */
static char *
read_key(const Tenant *tenant, gsize *length, GError **error)
{
	const char *path = tenant->reports.drill_key;
	g_autofree char *key = NULL;
	struct stat st;
	int fd = path ? open(path, O_RDONLY | O_CLOEXEC) : -1;

	if (!path) {
		g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_NOENT,
			    "tenant \"%s\" has no reports.drill_key",
			    tenant->name);
		return NULL;
	}
	if (fd < 0 || fstat(fd, &st) < 0)
		file_fail(error, "open", path);
	else if (st.st_mode & S_IRWXO || st.st_size > KEY_MOST)
		g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_PERM,
			    "%s: others may use it, or it has more than %d "
			    "octets; it must be of mode 0640 at most", path,
			    KEY_MOST);
	else
		key = file_get_fd(fd, (gsize)st.st_size, error);
	if (fd >= 0)
		close(fd);
	if (!key)
		return NULL;
	*length = (gsize)st.st_size;
	while (*length && strchr("\r\n", key[*length - 1]))
		(*length)--;
	if (*length >= KEY_LEAST)
		return g_steal_pointer(&key);
	g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_INVAL,
		    "%s: a key has %d octets at least", path, KEY_LEAST);
	return NULL;
}

static char *
mac(const Tenant *tenant, const char *key, gsize length, const char *rcpt,
    const char *campaign, gint64 until)
{
	/* No part can hold a line end, so the parts cannot run together. */
	g_autofree char *text = g_strdup_printf("drill\n%s\n%s\n%s\n%"
	    G_GINT64_FORMAT, tenant->name, rcpt, campaign, until);

	return g_compute_hmac_for_string(G_CHECKSUM_SHA256,
					 (const guchar *)key, length, text,
					 -1);
}

char *
drill_make(const Tenant *tenant, const char *rcpt, const char *campaign,
	   gint64 until, GError **error)
{
	gsize length = 0;
	g_autofree char *key = read_key(tenant, &length, error);
	g_autofree char *sum = key ? mac(tenant, key, length, rcpt, campaign,
					 until) : NULL;

	return sum ? g_strdup_printf("v1 %s %" G_GINT64_FORMAT " %s",
				     campaign, until, sum) : NULL;
}

char *
drill_campaign(const Tenant *tenant, const char *rcpt, const char *value,
	       gint64 now, GError **error)
{
	const char *const whom[] = { rcpt, "*" };
	g_auto(GStrv) parts = g_strsplit(value, " ", 5);
	g_autofree char *key = NULL;
	gsize length = 0;
	gint64 until;
	char *end;

	if (!tenant->reports.drill_key || g_strv_length(parts) != 4 ||
	    strcmp(parts[0], "v1") != 0 || !drill_is_campaign(parts[1]))
		return NULL;
	until = g_ascii_strtoll(parts[2], &end, 10);
	if (*end || until <= now / CLOCK_SECOND ||
	    !(key = read_key(tenant, &length, error)))
		return NULL;
	for (guint i = 0; i < G_N_ELEMENTS(whom); i++) {
		g_autofree char *sum = mac(tenant, key, length, whom[i],
					   parts[1], until);

		if (strlen(sum) == strlen(parts[3]) &&
		    digest_is_equal(sum, parts[3], strlen(sum)))
			return g_strdup(parts[1]);
	}
	return NULL;
}
