/*
 * spf_record.h -- the terms of an SPF record, and its macros (RFC 7208 4.6,
 * 5, 6 and 7)
 */
#ifndef GATEPOST_AUTH_SPF_RECORD_H
#define GATEPOST_AUTH_SPF_RECORD_H

#include <glib.h>
#include <stdbool.h>

#include "gatepost/model/facts.h"
#include "gatepost/model/network.h"

enum spf_kind { SPF_ALL, SPF_INCLUDE, SPF_A, SPF_MX, SPF_PTR, SPF_IP4,
		SPF_IP6, SPF_EXISTS };

/* One mechanism. */
struct spf_term {
	enum spf_kind kind;
	enum auth_value result;	/* of its qualifier */
	char *text;		/* as written, for reasons */
	char *target;		/* domain-spec; NULL: none */
	struct network network;	/* of ip4 and ip6 */
	guint prefix4, prefix6;	/* of a and mx */
};

struct spf_record {
	GPtrArray *terms;	/* of struct spf_term * */
	char *redirect, *explain;	/* domain-specs; NULL: none */
};

/* Read TEXT, which starts with "v=spf1".  NULL when anything in it breaks the
 * grammar: *FAULT is then the term that did (yours). */
struct spf_record *spf_record_read(const GString *text, char **fault);
void spf_record_free(struct spf_record *record);

/* What macros stand for. */
struct spf_names {
	const char *sender, *local, *origin;	/* %{s} %{l} %{o} */
	const char *domain;			/* %{d} */
	const char *helo;			/* %{h} */
	const char *client;			/* %{c}: text */
	const char *dotted;			/* %{i} */
	const char *version;			/* %{v} */
	const char *(*validated)(void *data);	/* %{p}, asked when needed */
	void *data;
};

/* SPEC with its macros expanded; as a domain it loses labels on the left
 * until it fits, and its last dot.  Yours. */
char *spf_expand(const char *spec, const struct spf_names *names,
		 bool is_domain);

#endif
