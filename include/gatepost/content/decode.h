/*
 * decode.h -- transfer encodings undone, as tolerantly as mail programs do
 */
#ifndef GATEPOST_CONTENT_DECODE_H
#define GATEPOST_CONTENT_DECODE_H

#include <glib.h>
#include <stdbool.h>

enum encoding { ENCODING_IDENTITY, ENCODING_BASE64, ENCODING_QUOTED,
		ENCODING_UU };

/* A decoder's place in its input, and what it met. */
struct decoder {
	enum encoding encoding;
	const guint8 *at, *end;
	guint32 bits;		/* of an unfinished group of base64 */
	guint count;		/* its characters; of a line of uuencode the
				 * octets that are left */
	bool is_padded;		/* padding was seen */
	bool after_padding;	/* and base64 behind it */
	bool has_junk;		/* characters that are no base64; in quoted-
				 * printable a '=' that starts no code */
};

/* The encoding that VALUE, of Content-Transfer-Encoding, names (RFC 2045 6);
 * NULL or "" is none.  IS_KNOWN false when it is odd, as uuencode is. */
enum encoding decode_encoding(const char *value, bool *is_known);

/* Does DATA look like base64 and nothing else? */
bool decode_looks_base64(const guint8 *data, gsize length);

/* Read LENGTH octets of DATA, which must outlive DECODER. */
void decode_start(struct decoder *decoder, enum encoding encoding,
		  const guint8 *data, gsize length);

/* The next octets, at most ROOM (at least 4), to OUT; 0 at the end. */
gsize decode_next(struct decoder *decoder, guint8 *out, gsize room);

/* All of it, at most MOST octets, a NUL behind them.  Yours. */
guint8 *decode_all(struct decoder *decoder, gsize most, gsize *length);

/* The same without a NUL, and where it stands when nothing encodes it; *MADE,
 * when it had to be made, is yours. */
const guint8 *decode_view(struct decoder *decoder, gsize most, gsize *length,
			  guint8 **made);

#endif
