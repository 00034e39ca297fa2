/*
 * readahead.c -- libmilter's reads, from a buffer
 *
 * A libmilter that was built otherwise may have other names for some of
 * these calls (a fortified one reads by __read_chk).  So nothing is kept
 * back until both reads of a first packet, and the poll before each, have
 * come this way.
 */
#include "gatepost/daemon/readahead.h"

#include <dlfcn.h>
#include <glib.h>
#include <poll.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

#include "gatepost/bounds.h"

/* Not <sys/socket.h>, whose accept() takes a union in place of it. */
struct sockaddr;
int accept(int fd, struct sockaddr *address, socklen_t *length);

/* Octets kept of a connection. */
#define AHEAD (16 * KIB)

/* A packet's length and command (libmilter: MILTER_LEN_BYTES + 1). */
#define HEAD 5

enum sight { SAW_HEAD = 1, SAW_REST = 2, SAW_BOTH = 3 };

struct ahead {
	gsize start, end;	/* what of data libmilter has not had */
	enum sight seen;
	bool is_polled;		/* since the last read */
	char data[AHEAD];
};

/* By descriptor; what has a higher one is read as ever.  A slot changes in
 * accept() and close() alone, and libmilter's own locks settle who may look
 * at what it points to. */
#define SLOTS 16384
static struct ahead *slots[SLOTS];
static int the_listener = -1;

/* Those of the C library. */
static struct {
	int (*accept)(int, struct sockaddr *, socklen_t *);
	int (*poll)(struct pollfd *, nfds_t, int);
	ssize_t (*read)(int, void *, size_t);
	int (*close)(int);
} real;

static void
find_real(void)
{
	*(void **)&real.accept = dlsym(RTLD_NEXT, "accept");
	*(void **)&real.poll = dlsym(RTLD_NEXT, "poll");
	*(void **)&real.read = dlsym(RTLD_NEXT, "read");
	*(void **)&real.close = dlsym(RTLD_NEXT, "close");
	if (!real.accept || !real.poll || !real.read || !real.close)
		abort();
}

/* May be asked before main(): libraries read files when they are loaded. */
static void
need_real(void)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;

	pthread_once(&once, find_real);
}

void
readahead_from(int listener)
{
	__atomic_store_n(&the_listener, listener, __ATOMIC_RELEASE);
}

static struct ahead **
slot_of(int fd)
{
	return fd >= 0 && fd < SLOTS ? &slots[fd] : NULL;
}

static struct ahead *
ahead_of(int fd)
{
	struct ahead **slot = slot_of(fd);

	return slot ? __atomic_load_n(slot, __ATOMIC_ACQUIRE) : NULL;
}

int
accept(int fd, struct sockaddr *address, socklen_t *length)
{
	struct ahead **slot;
	int connection;

	need_real();
	connection = real.accept(fd, address, length);
	slot = slot_of(connection);
	if (slot && fd == __atomic_load_n(&the_listener, __ATOMIC_ACQUIRE))
		__atomic_store_n(slot, calloc(1, sizeof **slot),
				 __ATOMIC_RELEASE);
	return connection;
}

int
close(int fd)
{
	struct ahead **slot = slot_of(fd);

	need_real();
	if (slot && ahead_of(fd))
		free(__atomic_exchange_n(slot, NULL, __ATOMIC_ACQ_REL));
	return real.close(fd);
}

static bool
has_more(const struct pollfd *entry)
{
	struct ahead *ahead = ahead_of(entry->fd);

	if (!ahead || !(entry->events & POLLIN))
		return false;
	ahead->is_polled = true;
	return ahead->start < ahead->end;
}

int
poll(struct pollfd *entries, nfds_t count, int timeout)
{
	bool is_ready = false;
	int ready;

	need_real();
	for (nfds_t i = 0; i < count; i++)
		is_ready |= has_more(&entries[i]);
	if (!is_ready)
		return real.poll(entries, count, timeout);
	if (count == 1) {
		entries->revents = POLLIN;
		return 1;
	}
	ready = real.poll(entries, count, 0);
	for (nfds_t i = 0; ready >= 0 && i < count; i++) {
		if (!has_more(&entries[i]))
			continue;
		ready += entries[i].revents == 0;
		entries[i].revents |= POLLIN;
	}
	return ready;
}

/* A read for LENGTH octets that must not be more. */
static ssize_t
watch(struct ahead *ahead, int fd, void *data, size_t length)
{
	if (ahead->is_polled)
		ahead->seen |= length > HEAD ? SAW_REST : SAW_HEAD;
	ahead->is_polled = false;
	return real.read(fd, data, length);
}

/* LENGTH octets for the reader, and what more there is for the buffer. */
static ssize_t
fill(struct ahead *ahead, int fd, void *data, size_t length)
{
	struct iovec parts[] = { { data, length },
				 { ahead->data, sizeof ahead->data } };
	ssize_t got = readv(fd, parts, G_N_ELEMENTS(parts));

	if (got <= (ssize_t)length)
		return got;
	ahead->start = 0;
	ahead->end = (size_t)got - length;
	return (ssize_t)length;
}

ssize_t
read(int fd, void *data, size_t length)
{
	struct ahead *ahead = ahead_of(fd);

	need_real();
	if (!ahead)
		return real.read(fd, data, length);
	if (ahead->seen != SAW_BOTH)
		return watch(ahead, fd, data, length);
	if (ahead->start == ahead->end)
		return fill(ahead, fd, data, length);
	length = MIN(length, ahead->end - ahead->start);
	memcpy(data, ahead->data + ahead->start, length);
	ahead->start += length;
	return (ssize_t)length;
}
