/*
 * files.h -- parts that a reader would save or open
 */
#ifndef GATEPOST_CONTENT_FILES_H
#define GATEPOST_CONTENT_FILES_H

#include <glib.h>
#include <stdbool.h>

#include "gatepost/content/decode.h"
#include "gatepost/content/parameters.h"
#include "gatepost/model/facts.h"

/* Every name that TYPE's and DISPOSITION's parameters give a part, decoded,
 * each once, the worst first.  Free it with its elements, of g_free. */
GPtrArray *files_names(const struct parameters *type,
		       const struct parameters *disposition, Facts *facts);

/* How dangerous a file of that NAME would be to open: the higher the worse,
 * 0 for no extension. */
int files_rank(const char *name);

/* Does NAME end like that of an archive? */
bool files_names_archive(const char *name);

/*
 * Add a file of these NAMES, of media type TYPE, whose octets DECODER yields,
 * to facts->files.  Takes the strings of NAMES.  Returns it, NULL beyond
 * BOUND_FILES; OCTETS gets what it holds, when it may hold more files or
 * links, or KEEPS; else nothing.
 */
File *files_add(Facts *facts, GPtrArray *names, const char *type,
		struct decoder *decoder, GByteArray *octets, bool keeps);

/* Add the member PATH (NULL: of no name) of the archive that CONTAINER is;
 * DATA NULL when its octets cannot be had.  Else as files_add. */
File *files_add_member(Facts *facts, const File *container, const char *path,
		       const guint8 *data, gsize length);

/* Would FILE be shown as a message? */
bool files_is_message(const File *file);

/* Would FILE be shown as a page? */
bool files_is_page(const File *file);

#endif
