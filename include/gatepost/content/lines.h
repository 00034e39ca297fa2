/*
 * lines.h -- what is odd about the lines of a message's body
 */
#ifndef GATEPOST_CONTENT_LINES_H
#define GATEPOST_CONTENT_LINES_H

#include <glib.h>

#include "gatepost/model/facts.h"

/*
 * Name in FACTS what programs differ on, or what hides a second message, in
 * SIZE octets of DATA, a body as received: NULs, a CR or an LF alone, lines
 * beyond BOUND_LINE, the end of a message and behind it a command of SMTP.
 */
void lines_look(const guint8 *data, gsize size, Facts *facts);

#endif
