/*
 * front.h -- the parts of the front process
 */
#ifndef GATEPOST_DAEMON_FRONT_H
#define GATEPOST_DAEMON_FRONT_H

#include <glib.h>
#include <pthread.h>
#include <stdbool.h>
#include <sys/uio.h>

#include "gatepost/service/pipeline.h"

/* One for the process. */
struct front {
	struct pipeline line;		/* first: its ask() finds us */
	int listener, supervisor, run;	/* run: folder of the workers' socket */
	bool is_local;			/* the listener is a Unix socket */
	pthread_mutex_t lock;		/* of all below */
	Setup *setup;
	GHashTable *domains;		/* envelope domain to requests */
	GArray *idle;			/* of int: connections to workers */
	guint asking;			/* requests under way */
	guint told;			/* workers that were asked for */
	guint busy;			/* callbacks under way */
	guint sessions;
	bool is_draining;	/* no callback starts work any more */
};

/* The setup in force, with a reference. */
Setup *front_setup(struct front *front);

/* ---- front_ask.c ---- */
enum ask_result front_ask(struct pipeline *line, const Message *message,
			  const Request *request, Answer *answer,
			  GError **error);

/* The one wait of callbacks, as ask() says; DATA is the Config. */
bool front_wait(int fd, gint64 deadline, void *data);

/* ---- bytes.c: the message as it comes in ---- */
struct bytes {
	GByteArray *memory;	/* until BOUND_MEMORY */
	int fd;			/* then; -1 before */
	gsize size;
	bool is_broken;		/* could not be kept: answer "later" */
};
void bytes_init(struct bytes *bytes);
void bytes_clear(struct bytes *bytes);
/* As bytes_clear(), for the session's next message. */
void bytes_again(struct bytes *bytes);
/* Append COUNT PARTS; FOLDER is where a nameless file is made. */
void bytes_add(struct bytes *bytes, int folder, const struct iovec *parts,
	       guint count);
/* Let MESSAGE have it all: what is small stays here, for it to look at, until
 * either.  False and ERROR set when it could not be kept. */
bool bytes_give(struct bytes *bytes, Message *message, GError **error);

/* ---- front_milter.c: libmilter ---- */

/* Serve sessions until the process ends; false when libmilter failed. */
bool milter_open(struct front *front);
void *milter_main(void *front);

/* A line on the library, for -V. */
void milter_versions(GString *out);

#endif
