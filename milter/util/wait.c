/*
 * wait.c -- wait for a descriptor
 */
#include "gatepost/util/wait.h"

#include <poll.h>

#include "gatepost/util/clock.h"

bool
wait_plainly(int fd, gint64 deadline, void *data)
{
	struct pollfd wanted = { fd, POLLIN, 0 };
	gint64 left;

	(void)data;
	while ((left = deadline - clock_steady_ms()) > 0)
		if (poll(&wanted, 1, (int)MIN(left, 60000)) > 0)
			return true;
	return poll(&wanted, 1, 0) > 0;
}
