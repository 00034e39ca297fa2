/*
 * readahead.c -- unit test: libmilter's reads, from a buffer
 *
 * The test reads as libmilter does: it polls, reads a packet's length and
 * command, polls, and reads the rest.  What the kernel still has is seen by
 * FIONREAD, which knows of no buffer.
 */
#include "gatepost/daemon/readahead.h"

#include <glib.h>
#include <poll.h>
#include <stdbool.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define HEAD 5
#define REST 12

static int listener;
static struct sockaddr_un place;
static socklen_t place_length = sizeof place;

/* At a place that the kernel chooses, and that is no file. */
static void
open_listener(void)
{
	place.sun_family = AF_UNIX;
	listener = socket(AF_UNIX, SOCK_STREAM, 0);
	g_assert_cmpint(bind(listener, (struct sockaddr *)&place,
			     sizeof place.sun_family), ==, 0);
	g_assert_cmpint(getsockname(listener, (struct sockaddr *)&place,
				    &place_length), ==, 0);
	g_assert_cmpint(listen(listener, 10), ==, 0);
}

/* A client's end, and leave OURS the other. */
static int
connection(int *ours)
{
	int client = socket(AF_UNIX, SOCK_STREAM, 0);

	g_assert_cmpint(connect(client, (struct sockaddr *)&place,
				place_length), ==, 0);
	*ours = accept(listener, NULL, NULL);
	return client;
}

static void
say(int client, const char *text)
{
	g_assert_cmpint(write(client, text, strlen(text)), ==,
			(gssize)strlen(text));
}

static int
left(int fd)
{
	int octets = -1;

	g_assert_cmpint(ioctl(fd, FIONREAD, &octets), ==, 0);
	return octets;
}

static bool
is_ready(int fd)
{
	struct pollfd entry = { .fd = fd, .events = POLLIN };

	return poll(&entry, 1, 0) == 1 && entry.revents & POLLIN;
}

/* LENGTH octets of FD are TEXT's first. */
static void
expect(int fd, const char *text, gsize length)
{
	char data[64];

	g_assert_true(is_ready(fd));
	g_assert_cmpint(read(fd, data, length), ==, (gssize)length);
	g_assert_cmpmem(data, length, text, length);
}

/* The first packet, which nothing is kept back of. */
static void
negotiate(int client, int ours)
{
	say(client, "head.negotiation");
	expect(ours, "head.", HEAD);
	g_assert_cmpint(left(ours), ==, 11);
	expect(ours, "negotiation", 11);
}

static void
test_ahead(void)
{
	int ours, client = connection(&ours);

	negotiate(client, ours);
	say(client, "12345abcdefghijkl67890");
	expect(ours, "12345", HEAD);
	g_assert_cmpint(left(ours), ==, 0);
	expect(ours, "abcdefghijkl", REST);
	expect(ours, "67890", HEAD);
	g_assert_false(is_ready(ours));
	say(client, "x");
	expect(ours, "x", 1);
	close(client);
	g_assert_true(is_ready(ours));
	g_assert_cmpint(read(ours, &(char){ 0 }, 1), ==, 0);
	close(ours);
}

/* What was left of a connection is not the next descriptor's. */
static void
test_close(void)
{
	int ours, client = connection(&ours), pipes[2];

	negotiate(client, ours);
	say(client, "12345 and what nobody has read");
	expect(ours, "12345", HEAD);
	close(ours);
	g_assert_cmpint(pipe(pipes), ==, 0);
	g_assert_cmpint(pipes[0], ==, ours);
	g_assert_false(is_ready(pipes[0]));
	say(pipes[1], "pipe");
	expect(pipes[0], "pipe", 4);
	close(pipes[0]);
	close(pipes[1]);
	close(client);
}

/* What polls or reads in another way is let alone. */
static void
test_others(void)
{
	int ours, client = connection(&ours);
	char data[64];

	/* Its rest is read by a call that does not come by here. */
	for (int i = 0; i < 3; i++) {
		say(client, "head.negotiation");
		expect(ours, "head.", HEAD);
		g_assert_cmpint(recv(ours, data, 11, 0), ==, 11);
	}
	/* Nor is it asked first whether there is something. */
	for (int i = 0; i < 3; i++) {
		say(client, "head.negotiation");
		g_assert_cmpint(read(ours, data, HEAD), ==, HEAD);
		g_assert_cmpint(left(ours), ==, 11);
		g_assert_cmpint(read(ours, data, 11), ==, 11);
	}
	close(ours);
	close(client);
}

static void
test_other_listener(void)
{
	int ours, client;

	readahead_from(-1);
	client = connection(&ours);
	negotiate(client, ours);
	say(client, "12345rest");
	expect(ours, "12345", HEAD);
	g_assert_cmpint(left(ours), ==, 4);
	close(ours);
	close(client);
	readahead_from(listener);
}

/* Several at once: those with a buffer are ready, and what the kernel says of
 * the others stands. */
static void
test_many(void)
{
	int ours[3], clients[3];
	struct pollfd entries[3];

	for (int i = 0; i < 3; i++) {
		clients[i] = connection(&ours[i]);
		negotiate(clients[i], ours[i]);
		entries[i] = (struct pollfd){ .fd = ours[i],
					      .events = POLLIN };
	}
	g_assert_cmpint(poll(entries, 3, 0), ==, 0);
	say(clients[0], "12345rest");
	expect(ours[0], "12345", HEAD);
	say(clients[2], "12345");
	g_assert_cmpint(poll(entries, 3, 10000), ==, 2);
	g_assert_cmpint(entries[0].revents, ==, POLLIN);
	g_assert_cmpint(entries[1].revents, ==, 0);
	g_assert_cmpint(entries[2].revents, ==, POLLIN);
	/* Who asks whether he may write learns nothing of what came. */
	entries[0].events = POLLOUT;
	g_assert_cmpint(poll(entries, 1, 0), ==, 1);
	g_assert_cmpint(entries[0].revents, ==, POLLOUT);
	for (int i = 0; i < 3; i++) {
		close(ours[i]);
		close(clients[i]);
	}
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	open_listener();
	readahead_from(listener);
	g_test_add_func("/readahead/ahead", test_ahead);
	g_test_add_func("/readahead/close", test_close);
	g_test_add_func("/readahead/others", test_others);
	g_test_add_func("/readahead/other_listener", test_other_listener);
	g_test_add_func("/readahead/many", test_many);
	return g_test_run();
}
