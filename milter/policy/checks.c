/*
 * checks.c -- the table of checks
 *
 * To add one: policy/check_x.c, its name in check.h, a row here,
 * Makefile.am, a test t/5NN-x.t and a line in gatepostd(8).
 */
#include "gatepost/policy/check.h"

const struct check *const checks[] = {
	&check_lists,
	&check_user,
	&check_auth,
	&check_upstream,
	&check_clamd,
	&check_impersonation,
	&check_shape,
	NULL
};
