/*
 * defect.h -- names of what is wrong with a message's make
 *
 * They stand in Facts.defects, in the ledger and in JSON, so a name never
 * changes.  Those marked (cut) also make Facts.complete false.
 *
 * To add one: a row here, facts_defect() or facts_truncated() where it is
 * seen, a case in t/unit.
 */
#ifndef GATEPOST_CONTENT_DEFECT_H
#define GATEPOST_CONTENT_DEFECT_H

/* The whole message: beyond BOUND_MESSAGE (cut), a NUL behind the header. */
#define DEFECT_MESSAGE_LARGE "message-large"
#define DEFECT_BODY_NUL "body-nul"
/* Behind the header: a CR without LF, LF alone among lines that end in CRLF,
 * a line beyond BOUND_LINE, a lone dot and behind it a command of SMTP. */
#define DEFECT_BODY_BARE_CR "body-bare-cr"
#define DEFECT_BODY_BARE_LF "body-bare-lf"
#define DEFECT_BODY_LINE "body-line"
#define DEFECT_BODY_SMTP "body-smtp"

/* More facts than the worker sends (cut). */
#define DEFECT_FACTS_LARGE "facts-large"

/* A NUL, a CR without LF, an LF without CR among lines that have both, a line
 * that is no field, a second field of those that stand once. */
#define DEFECT_HEADER_NUL "header-nul"
#define DEFECT_HEADER_BARE_CR "header-bare-cr"
#define DEFECT_HEADER_BARE_LF "header-bare-lf"
#define DEFECT_HEADER_MALFORMED "header-malformed"
#define DEFECT_HEADER_REPEATED "header-repeated"
/* A blank between a field's name and its colon; a name with its colon on the
 * next line; a line of blanks alone, which to some programs ends the
 * header. */
#define DEFECT_HEADER_BLANK "header-blank"
#define DEFECT_HEADER_FOLDED "header-folded"
#define DEFECT_HEADER_BLANK_LINE "header-blank-line"
/* Beyond the bounds of fields, of the block, of one field (cut, all three). */
#define DEFECT_HEADER_MANY "header-many"
#define DEFECT_HEADER_LARGE "header-large"
#define DEFECT_HEADER_LONG "header-long"

/* Several From fields or addresses; none that can be read. */
#define DEFECT_FROM_MANY "from-many"
#define DEFECT_FROM_MISSING "from-missing"
/* Text in an address field that is no mailbox, or a comma in a name without
 * quotes. */
#define DEFECT_ADDRESS_MALFORMED "address-malformed"
/* A name that shows an address at another organisation than the real one's; a
 * name, of a person or a file, with characters that turn the order of those
 * behind them. */
#define DEFECT_NAME_ADDRESS "name-address"
#define DEFECT_NAME_BIDI "name-bidi"
/* More addresses in a field than are read (cut). */
#define DEFECT_ADDRESSES_MANY "addresses-many"
/* Control characters in a decoded header field. */
#define DEFECT_WORDS_CONTROL "words-control"
/* More results of authentication than are read (cut). */
#define DEFECT_RESULTS_MANY "results-many"

/* Base64 that goes on behind its padding; with characters that are none. */
#define DEFECT_BASE64_AFTER_PADDING "base64-after-padding"
#define DEFECT_BASE64_JUNK "base64-junk"
/* A '=' in a file in quoted-printable that starts no code. */
#define DEFECT_QUOTED_JUNK "quoted-junk"
/* A transfer encoding that is unknown, or known with something behind it. */
#define DEFECT_ENCODING_UNKNOWN "encoding-unknown"
/* A charset that is unknown; one in which ASCII is something else, or octets
 * that are none of an ISO 2022 charset; UTF-7; NULs in text. */
#define DEFECT_CHARSET_UNKNOWN "charset-unknown"
#define DEFECT_CHARSET_ODD "charset-odd"
#define DEFECT_CHARSET_UTF7 "charset-utf7"
#define DEFECT_TEXT_NUL "text-nul"

/* Parts too deep or too many (cut, both). */
#define DEFECT_MIME_DEEP "mime-deep"
#define DEFECT_MIME_PARTS "mime-parts"
/* More readings of more octets than are followed (cut). */
#define DEFECT_MIME_COSTLY "mime-costly"
/* message/partial, message/external-body; a multipart in which no part is
 * found; parts in what says that it has none; a boundary beyond its bound. */
#define DEFECT_MIME_PARTIAL "mime-partial"
#define DEFECT_MIME_EXTERNAL "mime-external"
#define DEFECT_MIME_EMPTY "mime-empty"
#define DEFECT_MIME_HIDDEN "mime-hidden"
#define DEFECT_MIME_BOUNDARY "mime-boundary"
/* A delimiter behind blanks or a bare CR, or with something behind it; two
 * boundaries of one multipart that both part it; parts behind the last
 * delimiter. */
#define DEFECT_BOUNDARY_ODD "boundary-odd"
#define DEFECT_BOUNDARY_TWICE "boundary-twice"
#define DEFECT_BOUNDARY_GOES_ON "boundary-goes-on"
/* A parameter twice in a field; more than are read (cut). */
#define DEFECT_PARAMETER_REPEATED "parameter-repeated"
#define DEFECT_PARAMETERS_MANY "parameters-many"

/* Text, tags, links, a link, files beyond their bounds (cut, all). */
#define DEFECT_TEXT_LARGE "text-large"
#define DEFECT_HTML_TAGS "html-tags"
#define DEFECT_URLS_MANY "urls-many"
#define DEFECT_URL_LONG "url-long"
#define DEFECT_FILES_MANY "files-many"
/* A file that is a program by its octets, and not by its name. */
#define DEFECT_FILE_DISGUISED "file-disguised"
/* An archive, a member of one or a document that cannot be read without a
 * password. */
#define DEFECT_FILE_ENCRYPTED "file-encrypted"
/* An archive that cannot be read to its end; one with members that its
 * directory does not name; archives, or the objects of a PDF, beyond their
 * bounds (cut). */
#define DEFECT_ARCHIVE_BROKEN "archive-broken"
#define DEFECT_ARCHIVE_HIDDEN "archive-hidden"
#define DEFECT_ARCHIVE_LARGE "archive-large"
/* A link with a user name before its host; one whose host is a disguised
 * address (hexadecimal, octal, one number, percent codes). */
#define DEFECT_URL_USERINFO "url-userinfo"
#define DEFECT_URL_ADDRESS "url-address"
/* A link with a backslash in its host's place, which is read in two ways. */
#define DEFECT_URL_BACKSLASH "url-backslash"
/* A link that opens a share or a program of the reader's, or is a page
 * itself. */
#define DEFECT_URL_SCHEME "url-scheme"
/* A link that carries more hosts than are looked up (cut). */
#define DEFECT_URL_HOSTS "url-hosts"
/* A link in more wrappers than are taken off (cut). */
#define DEFECT_URL_NESTED "url-nested"

#endif
