/*
 * postconf.h -- a Postfix configuration, as postconf(1) reads it
 */
#ifndef GATEPOST_SERVICE_POSTCONF_H
#define GATEPOST_SERVICE_POSTCONF_H

#include <glib.h>
#include <stdbool.h>

/* A line of master.cf. */
struct postfix_service {
	char *name, *type;	/* "smtp", "127.0.0.1:10026"; "inet" */
	char *command;		/* "smtpd", without its options */
	bool is_chrooted;	/* in queue_directory */
};

typedef struct Postfix Postfix;

/*
 * Read the configuration folder PATH.  NULL and ERROR set when there is no
 * postconf(1), or it cannot read that folder.  Free with postfix_free().
 */
Postfix *postfix_read(const char *path, GError **error);
void postfix_free(Postfix *postfix);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Postfix, postfix_free)

/* The services of master.cf (of struct postfix_service *), in its order;
 * borrowed. */
const GPtrArray *postfix_services(const Postfix *postfix);

/* A setting of main.cf or Postfix's own default, other settings in it
 * expanded; "" when there is none.  Borrowed. */
const char *postfix_value(const Postfix *postfix, const char *name);

/* The same for one service, whose -o options come first. */
const char *postfix_service_value(const Postfix *postfix,
				  const struct postfix_service *service,
				  const char *name);

/* The elements of a list of VALUE (blanks and commas part them), one in
 * braces with what stands in them.  Free the array, its elements with it. */
GPtrArray *postfix_list(const char *value);

#endif
