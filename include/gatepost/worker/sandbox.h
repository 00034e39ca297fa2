/*
 * sandbox.h -- what the reader of hostile mail may still do
 */
#ifndef GATEPOST_WORKER_SANDBOX_H
#define GATEPOST_WORKER_SANDBOX_H

#include <glib.h>

/*
 * From now on this process may read what libraries need (below /etc, /lib,
 * /usr and some files of /proc and /dev), speak with others by sockets, and
 * reckon; not run a program, fork, write or make a file, send signals to
 * others, or look into them: by seccomp (seccomp(2)), and by Landlock where
 * the kernel has it.  What is forbidden fails with EPERM or EACCES; it kills
 * nobody.  To be called once, by one thread, after prctl(PR_SET_NO_NEW_PRIVS)
 * and after the libraries have opened what they open.
 */
void sandbox_enter(void);

/* A line on each library of this file, for -V. */
void sandbox_versions(GString *out);

#endif
