/*
 * filename.h -- what names a file may be taken to have
 */
#ifndef GATEPOST_MODEL_FILENAME_H
#define GATEPOST_MODEL_FILENAME_H

#include <glib.h>
#include <stdbool.h>

/*
 * Every form of NAME that an entry is to match, by indicator_fold_filename(),
 * once each and none empty: as it is stored, as it is shown where it holds
 * characters that turn its direction, and each of them without the blanks
 * around its dots.  An array of char *; free it with g_ptr_array_unref().
 */
GPtrArray *filename_forms(const char *name);

/* Does NAME, in any case, end like that of a page, which a browser shows? */
bool filename_is_page(const char *name);

#endif
