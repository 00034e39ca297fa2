/*
 * results.c -- our Authentication-Results (RFC 8601)
 *
 * What a stranger wrote stands there only as a name that was checked, or in a
 * comment of our own words.
 */
#include "gatepost/service/results.h"

#include <string.h>

/* Octets of the domains of ARC's seals that are shown. */
#define CHAIN_MOST 400

/* A property, unless its VALUE is NULL. */
static void
add_property(GString *line, const char *name, const char *value)
{
	if (value && *value)
		g_string_append_printf(line, " %s=%s", name, value);
}

static void
add_line(GPtrArray *lines, GString *line)
{
	g_string_append_c(line, ';');
	g_ptr_array_add(lines, g_string_free(line, FALSE));
}

static void
add_spf(GPtrArray *lines, const Auth *auth)
{
	GString *line = g_string_new("spf=");

	g_string_append(line, auth_values[auth->spf]);
	if (auth->is_spf_weak)
		g_string_append(line, " (anyone gets it)");
	add_property(line, auth->is_spf_helo ? "smtp.helo" : "smtp.mailfrom",
		     auth->spf_domain);
	add_line(lines, line);
}

static void
add_signature(GPtrArray *lines, const Signature *signature)
{
	GString *line = g_string_new("dkim=");

	g_string_append(line, auth_values[signature->result]);
	if (signature->result == AUTH_PASS && signature->bits)
		g_string_append_printf(line, " (%" G_GINT64_FORMAT
				       "-bit key)", signature->bits);
	else if (signature->result != AUTH_PASS && signature->reason)
		g_string_append_printf(line, " (%s)", signature->reason);
	add_property(line, "header.d", signature->domain);
	add_property(line, "header.s", signature->selector);
	add_property(line, "header.a", signature->algorithm);
	add_line(lines, line);
}

static void
add_dmarc(GPtrArray *lines, const Auth *auth)
{
	GString *line = g_string_new("dmarc=");

	g_string_append(line, auth_values[auth->dmarc]);
	if (auth->dmarc_reason)
		g_string_append_printf(line, " (%s)", auth->dmarc_reason);
	add_property(line, "header.from", auth->dmarc_domain);
	add_property(line, "policy.dmarc", auth->dmarc_policy);
	add_line(lines, line);
}

/* What an upstream says of ARC, since we verify none; nothing where none says
 * anything. */
static void
add_arc(GPtrArray *lines, const Auth *auth)
{
	g_autoptr(GString) chain = g_string_new(NULL);
	GString *line;

	if (auth->arc == AUTH_NONE)
		return;
	for (guint i = 0; i < auth->arc_chain->len; i++)
		g_string_append_printf(chain, "%s%s", i ? ":" : "",
				       (char *)auth->arc_chain->pdata[i]);
	line = g_string_new("arc=");
	g_string_append_printf(line, "%s (by a filter before us)",
			       auth_values[auth->arc]);
	/* A part of the chain would be another chain. */
	if (chain->len && chain->len <= CHAIN_MOST)
		g_string_append_printf(line, " arc.chain=\"%s\"", chain->str);
	add_line(lines, line);
}

GPtrArray *
results_lines(const Message *message, const Facts *facts,
	      const char *authserv_id)
{
	const Auth *auth = &facts->auth;
	const char *address;
	GPtrArray *lines;
	char *last;

	if (!authserv_id || g_strcmp0(auth->source, AUTH_OWN) != 0)
		return NULL;
	lines = g_ptr_array_new_with_free_func(g_free);
	g_ptr_array_add(lines, g_strconcat(authserv_id, ";", NULL));
	add_spf(lines, auth);
	for (guint i = 0; i < auth->dkim->len; i++)
		add_signature(lines, auth->dkim->pdata[i]);
	if (auth->dkim->len == 0)
		g_ptr_array_add(lines, g_strdup("dkim=none;"));
	add_dmarc(lines, auth);
	add_arc(lines, auth);
	address = client_true_address(&message->client, facts);
	if (address) {
		GString *line = g_string_new("iprev=");

		g_string_append(line, auth_values[auth->iprev]);
		if (auth->iprev_name)
			g_string_append_printf(line, " (%s)",
					       auth->iprev_name);
		add_property(line, "policy.iprev", address);
		add_line(lines, line);
	}
	if (auth->reason)
		g_ptr_array_add(lines, g_strdup_printf(
		    "compauth=%s reason=%s;", composites[auth->composite],
		    auth->reason));
	/* The last one ends the field. */
	last = lines->pdata[lines->len - 1];
	last[strlen(last) - 1] = '\0';
	return lines;
}
