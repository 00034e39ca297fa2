/*
 * fault.c -- a shim for tests: makes a worker die, hang or be slow
 *
 * Preloaded into gatepostd, it reaches the workers through their
 * environment.  A message with the field "X-Fault: WORD" makes the worker
 * that gets it abort, hang (sleep), spin, grow or drip (answer one octet and
 * no more, its own clock stopped); GATEPOST_FAULT_DELAY_MS makes every answer
 * late.  Other programs are left alone.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

extern char *program_invocation_short_name;

static int
is_worker(void)
{
	return strcmp(program_invocation_short_name, "gatepost-worker") == 0;
}

static void
wait_ms(long ms)
{
	struct timespec left = { ms / 1000, ms % 1000 * 1000000L };

	while (nanosleep(&left, &left) < 0 && errno == EINTR)
		;
}

static int is_dripping;

static void
act(const char *word)
{
	volatile unsigned long spinning = 1;

	if (strncmp(word, "abort", 5) == 0)
		abort();
	is_dripping = strncmp(word, "drip", 4) == 0;
	if (strncmp(word, "hang", 4) == 0)
		for (;;)
			wait_ms(1000);
	while (strncmp(word, "spin", 4) == 0)
		spinning++;
	while (strncmp(word, "grow", 4) == 0) {
		char *more = malloc(1 << 20);

		if (!more)
			abort();
		memset(more, 1, 1 << 20);
	}
}

ssize_t
sendmsg(int fd, const struct msghdr *message, int flags)
{
	static ssize_t (*real)(int, const struct msghdr *, int);

	if (!real)
		*(void **)&real = dlsym(RTLD_NEXT, "sendmsg");
	if (!is_dripping)
		return real(fd, message, flags);
	if (write(fd, message->msg_iov[0].iov_base, 1) == 1)
		alarm(0);
	for (;;)
		wait_ms(1000);
}

/* What the worker is to do, once its clocks run. */
static char word[16];
static int is_due;

/* Of LENGTH octets AT a worker got the start of a message. */
static void
got(const void *at, size_t length)
{
	const char *found = memmem(at, length, "X-Fault: ", 9);
	size_t left = found ? length - (size_t)(found + 9 -
						(const char *)at) : 0;

	memset(word, 0, sizeof word);
	if (found)
		memcpy(word, found + 9, left < sizeof word ? left :
		       sizeof word - 1);
	is_due = 1;
}

static void
act_if_due(void)
{
	const char *delay = getenv("GATEPOST_FAULT_DELAY_MS");

	if (!is_due)
		return;
	is_due = 0;
	act(word);
	if (delay)
		wait_ms(atol(delay));
}

/* The last of the worker's clocks to be started. */
int
setitimer(__itimer_which_t which, const struct itimerval *value,
	  struct itimerval *old)
{
	static int (*real)(__itimer_which_t, const struct itimerval *,
			   struct itimerval *);
	int result;

	if (!real)
		*(void **)&real = dlsym(RTLD_NEXT, "setitimer");
	result = real(which, value, old);
	act_if_due();
	return result;
}

ssize_t
recvmsg(int fd, struct msghdr *message, int flags)
{
	static ssize_t (*real)(int, struct msghdr *, int);
	ssize_t n;

	if (!real)
		*(void **)&real = dlsym(RTLD_NEXT, "recvmsg");
	n = real(fd, message, flags);
	/* A frame starts in two parts; a message that comes by descriptor is
	 * mapped later. */
	if (n > (ssize_t)message->msg_iov[0].iov_len &&
	    message->msg_iovlen == 2 &&
	    message->msg_controllen == 0 && is_worker())
		got(message->msg_iov[1].iov_base,
		    (size_t)n - message->msg_iov[0].iov_len);
	return n;
}

void *mmap(void *address, size_t length, int protection, int flags, int fd,
	   off_t offset);

void *
mmap(void *address, size_t length, int protection, int flags, int fd,
     off_t offset)
{
	static void *(*real)(void *, size_t, int, int, int, off_t);
	void *at;

	if (!real)
		*(void **)&real = dlsym(RTLD_NEXT, "mmap");
	at = real(address, length, protection, flags, fd, offset);
	if (fd < 0 || at == MAP_FAILED || protection != PROT_READ ||
	    flags != MAP_PRIVATE || offset != 0 || !is_worker())
		return at;
	/* The worker maps nothing else so but what it was sent. */
	got(at, length);
	act_if_due();
	return at;
}
