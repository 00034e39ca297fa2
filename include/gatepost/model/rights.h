/*
 * rights.h -- what a user may do with a message that is held for him
 *
 * They hang on the reason for which it is held (design 10), and are fixed
 * when it is: a later change of the configuration touches no held mail.
 */
#ifndef GATEPOST_MODEL_RIGHTS_H
#define GATEPOST_MODEL_RIGHTS_H

#include <glib.h>
#include <stdbool.h>

#include "gatepost/model/config.h"

enum right {
	RIGHT_SEE,		/* in digest and list; comes with any other */
	RIGHT_PREVIEW,
	RIGHT_RELEASE,		/* excludes RIGHT_REQUEST */
	RIGHT_REQUEST,		/* ask the admins for the release */
	RIGHT_DELETE,
	RIGHT_ALLOW,		/* the sender, on the user's own list */
	RIGHT_BLOCK,		/* likewise */
	RIGHT_REPORT,		/* as not junk */
	RIGHTS
};
extern const char *const right_names[];		/* ends with NULL */
/* A set of rights is an int of such bits. */
#define RIGHT_BIT(right) (1 << (right))

/* The set that WORD names, a preset or one right, added to *RIGHTS.  False
 * when it is neither. */
bool rights_add(const char *word, int *rights);

/* The name of the preset that is just RIGHTS, or NULL. */
const char *rights_preset(int rights);

/* RIGHTS in words: a preset, or "see, preview".  Yours. */
char *rights_format(int rights);

/* The words of single rights, for an item; and back, where an unknown word
 * gives none. */
GPtrArray *rights_words(int rights);
int rights_of_words(const GPtrArray *words);

/* What a user of TENANT may do with mail held for REASON.  What is malware
 * or surely phishing is at most requested, whatever the setting says. */
int config_rights(const Tenant *tenant, enum policy reason);

/* Days that mail held for REASON is kept. */
gint64 config_days(const Config *config, const Tenant *tenant,
		   enum policy reason);

#endif
