/*
 * pdf.h -- the links of a PDF, without reading its pages
 */
#ifndef GATEPOST_CONTENT_PDF_H
#define GATEPOST_CONTENT_PDF_H

#include <glib.h>
#include <stdbool.h>

/* URI is NUL-terminated, as it stands in the file; borrowed. */
typedef void pdf_link(const char *uri, void *data);

struct pdf {
	bool is_encrypted;	/* its strings cannot be read */
	bool is_cut;		/* more objects than BOUND_PDF_OBJECTS */
};

/*
 * Call FOUND with DATA for each URI action (ISO 32000-1 12.6.4.7) and each
 * other string that begins like a web link, in the LENGTH octets of PDF and in
 * its compressed object streams (7.5.7), used or not.
 */
void pdf_read(const guint8 *octets, gsize length, struct pdf *pdf,
	      pdf_link *found, void *data);

#endif
