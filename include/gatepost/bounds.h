/*
 * bounds.h -- every limit, its reason, and what happens beyond it
 *
 * Beyond a bound a message is judged on what was read, Facts.complete is
 * false and a defect says which bound it was.  It is never skipped, and it
 * never ends a process.  Sizes are in bytes, times as their names say.
 */
#ifndef GATEPOST_BOUNDS_H
#define GATEPOST_BOUNDS_H

#define KIB 1024
#define MIB (1024 * 1024)

/* Message bytes that are analysed.  Postfix sends 10 MB by default. */
#define BOUND_MESSAGE (25 * MIB)
/* Message bytes kept in the front's memory; a longer one goes to a file. */
#define BOUND_MEMORY (256 * KIB)
/* Message bytes that travel to the worker within the request, which costs
 * less than a descriptor of them up to about here. */
#define BOUND_INLINE (64 * KIB)

/* Header block, one field, fields.  Postfix cuts a field at 60,000. */
#define BOUND_HEADER_BLOCK (256 * KIB)
#define BOUND_HEADER_FIELD (64 * KIB)
#define BOUND_HEADER_FIELDS 1000
/* Received fields, from the top, whose client is read: hops of our own relays
 * are few; of what is behind more, the client is not known. */
#define BOUND_RECEIVED 20
/* Octets of one line of a body.  RFC 5322 has 998; beyond 8,000 nothing that
 * sends mail by the rules gets. */
#define BOUND_LINE (16 * KIB)
/* Addresses read from one field; the rest is not read. */
#define BOUND_ADDRESSES 1000
/* Recipients of one message, as Postfix allows by default; beyond, 452: the
 * sender comes again with the rest. */
#define BOUND_RECIPIENTS 1000
/* Findings of one kind of effect kept for one recipient; beyond, one finding
 * says that there are more. */
#define BOUND_FINDINGS 32
/* Entries of which it is reckoned what had been without them, for one
 * recipient; those beyond count as met, and as not decisive. */
#define BOUND_WEIGHED 16
/* Days for which what a user asked for by mail is tried, as long as MTAs try
 * mail; then it is given up, and logged as an error. */
#define BOUND_ERRAND_DAYS 5
/* Held copies that one digest names; the others are counted in it. */
#define BOUND_DIGEST_ITEMS 100
/* Rows of a listing of held mail, unless --most says otherwise; beyond them
 * it says how to go on. */
#define BOUND_LISTING 1000
/* Days before the end of an entry at which the tenant's admins are told. */
#define BOUND_NOTICE_DAYS 7
/* An entry that no person wrote only observes once it held so many messages,
 * and so much of all mail, within ten minutes. */
#define BOUND_BRAKE_HELD 50
#define BOUND_BRAKE_PERCENT 5

/* Days that a user's request, or a report, waits before `gatepost status`
 * speaks of it. */
#define BOUND_WAITING_DAYS 3
/* Days without a message after which an audit calls an entry unused, and
 * messages from which on it asks whether a name or pattern is too wide. */
#define BOUND_AUDIT_DAYS 90
#define BOUND_AUDIT_HITS 1000

/* Records of the ledger that are looked through for an entry that no index
 * finds, some 10 s; it is said what was not looked at. */
#define BOUND_REHEARSE 100000

/* Pairs of author and infrastructure that are looked up; so many authors
 * are a defect by themselves. */
#define BOUND_PAIRS 200

/* Pairs that `gatepost spoof list` counts; beyond, it says so. */
#define BOUND_SPOOF_PAIRS 10000

/* MIME: levels and parts, those of further readings, too; real mail has
 * under ten and under a hundred. */
#define BOUND_MIME_DEPTH 50
#define BOUND_MIME_PARTS 1000
/* Messages sent as files, one in the other, that are looked into. */
#define BOUND_MESSAGE_FILES 3
/* Octets looked at in all levels and readings, those of a part three times,
 * since they are decoded: a third of a second. */
#define BOUND_MIME_COST (10 * BOUND_MESSAGE)
#define BOUND_BOUNDARY 256
#define BOUND_PARAMETERS 100

/* Decoded text read for links, one part and all parts together. */
#define BOUND_TEXT_PART (2 * MIB)
#define BOUND_TEXT (8 * MIB)

/* HTML tags looked at, links kept, bytes of one link. */
#define BOUND_HTML_TAGS 8192
#define BOUND_URLS 500
#define BOUND_URL (8 * KIB)
/* Wrappers around a link that are taken off, one by one. */
#define BOUND_URL_HOPS 5
/* Folders of a link's path, and hosts inside its path and query, that are
 * looked up in the lists.  An entry has no more folders; of a link the ones
 * that stand first count. */
#define BOUND_URL_FOLDERS 32
#define BOUND_URL_INSIDE 64
/* Files (attachments) kept; a file's name in bytes. */
#define BOUND_FILES 1000
#define BOUND_FILE_NAME 1024

/* Archives of a message: octets of members unpacked, in all and for one of the
 * archive's; members; archives in each other; milliseconds of CPU time.
 * What stands behind is not read. */
#define BOUND_UNPACKED (16 * MIB)
#define BOUND_ARCHIVE_RATIO 100
#define BOUND_ARCHIVE_MEMBERS 1000
#define BOUND_ARCHIVE_DEPTH 2
#define BOUND_UNPACK_MS 800
/* Octets unpacked of one PDF's lists of objects, to find links. */
#define BOUND_PDF_OBJECTS (4 * MIB)

/* One display name, subject or other shown text, as kept in facts. */
#define BOUND_SHOWN 1024

/* A header field of an upstream, with the rules that met, as kept in facts;
 * rules that stand behind that are not seen. */
#define BOUND_UPSTREAM_FIELD (4 * KIB)

/* Worker, for one message: CPU seconds, seconds in all, address space. */
#define BOUND_WORKER_CPU 2
#define BOUND_WORKER_SECONDS 11
#define BOUND_WORKER_MEMORY (512 * MIB)
#define BOUND_WORKER_FILES 64
/* Milliseconds that the front waits for a worker's answer. */
#define BOUND_ASK_MS 11500
/* Descriptors that the daemon asks for: each session and message takes some,
 * and libmilter's accept() spins when there are none left. */
#define BOUND_DAEMON_FILES 65536
/* Messages after which a worker is replaced, against slow leaks. */
#define BOUND_WORKER_MESSAGES 5000
/* Milliseconds that a message waits for DNS until it has answered once, that
 * one waits while DNS is dead, and how often one does. */
#define BOUND_DNS_FIRST_MS 3000
#define BOUND_DNS_PROBE_MS 500
#define BOUND_DNS_PROBE_EVERY_MS 1000
/* DNS names asked for one message; values kept of one. */
#define BOUND_DNS_NAMES 120
/* Answers that a worker keeps, and seconds for which it does at most. */
#define BOUND_DNS_KNOWN 4096
#define BOUND_DNS_KNOWN_SECONDS 300
#define BOUND_DNS_VALUES 100
/* SPF: terms that ask DNS, and their answers without a value (RFC 7208
 * 4.6.4); octets of a record: beyond, permerror. */
#define BOUND_SPF_TERMS 10
#define BOUND_SPF_VOIDS 2
#define BOUND_SPF_RECORD (4 * KIB)
/* Names of a client that are confirmed (RFC 7208 4.6.4). */
#define BOUND_PTR_NAMES 10
/* Hosts that take mail for From's domain and are compared with the client. */
#define BOUND_MX_HOSTS 10
/* DKIM signatures verified, and the fewest bits of an RSA key (RFC 8301). */
#define BOUND_SIGNATURES 8
#define BOUND_KEY_BITS 1024
/* Signers' keys that a worker keeps decoded; more take each other's place. */
#define BOUND_KEYS_KEPT 256
/* Names of DMARC's tree walk (RFC 9989 4.10), and authors' domains judged. */
#define BOUND_DMARC_STEPS 8
#define BOUND_AUTHORS 4
/* Facts packed for the way from worker to front. */
#define BOUND_FACTS (1 * MIB)

/* Milliseconds that a stop waits for callbacks, and for the last reply. */
#define BOUND_STOP_MS 4000
#define BOUND_STOP_REPLY_MS 100

/* One line, one value and one pattern in a list file. */
#define BOUND_LIST_LINE (16 * KIB)
#define BOUND_LIST_VALUE 2048
#define BOUND_LIST_PATTERN 512
/* A list file; a feed of a million lines has some 40 MB.  Beyond, an error. */
#define BOUND_LIST_FILE (512 * MIB)
/* Errors named for one list file; the rest are counted. */
#define BOUND_LIST_ERRORS 100
/* A feed: octets and values of one file (beyond, it is broken); bad lines
 * that are named, and the share of them, in percent, from which on the file is
 * broken; networks with a shorter prefix are bad. */
#define BOUND_FEED_FILE (4096 * (gint64)MIB)
#define BOUND_FEED_VALUES 100000000
#define BOUND_FEED_ERRORS 10
#define BOUND_FEED_PERCENT 10
#define BOUND_FEED_IPV4 (96 + 8)
#define BOUND_FEED_IPV6 16
/* Steps of one regular expression on one value, and of all of them on all
 * values of a message (some 3 and 30 ms); beyond, nobody knows whether it
 * matches, and a finding says so. */
#define BOUND_PATTERN_STEPS 200000
#define BOUND_PATTERN_MESSAGE 2000000

/* Rounds in which an address is followed through a map, octets of one
 * answer.  Beyond, as with a loop, nobody's lists are known for the
 * recipient: the tenant's policy decides alone. */
#define BOUND_MAP_ROUNDS 20
#define BOUND_MAP_ANSWER (64 * KIB)
/* Mailboxes of one alias that are named.  Beyond, it is an alias of many all
 * the same, and it is said that there are more. */
#define BOUND_MAP_MAILBOXES 32
/* Addresses in From that are looked up in a user's lists; no program shows
 * more, and the defect "from-many" has said so. */
#define BOUND_USER_AUTHORS 8
/* Answers kept in memory; beyond, all are asked for again. */
#define BOUND_MAP_CACHE 10000
/* A file map; a million addresses have some 60 MB.  Beyond, an error. */
#define BOUND_MAP_FILE (256 * MIB)
/* Failures in a row after which a map is left alone, and milliseconds until
 * it is tried again by one message. */
#define BOUND_MAP_FAILURES 3
#define BOUND_MAP_REST_MS 10000
/* Idle connections kept to one socketmap. */
#define BOUND_MAP_IDLE 8
/* A file of addresses that a user imports.  Beyond, an error. */
#define BOUND_IMPORT_FILE (64 * MIB)

/* The control socket: octets of a command line, seconds until it must have
 * come and until its command must be done, callers at once (more wait).
 * Beyond, the call is ended; what was begun is as after a crash. */
#define BOUND_CONTROL (64 * KIB)
#define BOUND_CONTROL_SECONDS 5
#define BOUND_CONTROL_RUN 600
#define BOUND_CONTROL_CALLS 16

/* Analysts: octets of an answer, beyond which it is a failure; of what is kept
 * of its reason; of a secret; of what a command may print. */
#define BOUND_ANSWER (1 * MIB)
#define BOUND_ANSWER_DETAIL 500
#define BOUND_SECRET 4096
#define BOUND_COMMAND_ANSWER (64 * KIB)
/* Octets of a submission that are sent to one.  Beyond, none of it is. */
#define BOUND_SUBMISSION (64 * MIB)
/* Failures of an analyst in a row after which it is left alone; seconds until
 * a question is asked again, at first and at most, and the same for the
 * analyst itself. */
#define BOUND_ANALYST_FAILURES 3
#define BOUND_ANALYST_WAIT 30
#define BOUND_ANALYST_WAIT_MOST 3600
/* Seconds that one run of drain asks one analyst; the rest waits for the next
 * run, so that a slow one does not hold up the others. */
#define BOUND_DRAIN_SECONDS 300
/* Days for which an answer by mail counts. */
#define BOUND_ANSWER_DAYS 30

/* Messages in one report; the others are not taken, and the reporter is told
 * so.  Archives in each other in which they are looked for.  Together they
 * have at most BOUND_MESSAGE octets. */
#define BOUND_REPORTED 20
#define BOUND_REPORT_DEPTH 3

/* Parts of reports.quota: those who are not verified may fill one of so many,
 * with what waits and with what is kept; and one reporter one of so many with
 * what waits.  Beyond, what comes is answered "later", and what is worked off
 * is listed without its octets. */
#define BOUND_UNVERIFIED_SHARE 10
#define BOUND_REPORTER_SHARE 4

/* Analysis deaths of one message, after which it is quarantined. */
#define BOUND_POISON 3
/* Days in which the same message again is known as a retry. */
#define BOUND_RETRY_DAYS 5

/* Records that wait for the ledger's writer, and bytes and descriptors held
 * by candidates that wait for the spool; beyond, they are dropped, counted
 * and logged. */
#define BOUND_LEDGER_QUEUE 10000
#define BOUND_LEDGER_OCTETS (128 * MIB)
/* What is known of one item of a store. */
#define BOUND_ITEM_JSON (64 * MIB)
#define BOUND_SPOOL_QUEUE (64 * MIB)
#define BOUND_SPOOL_FILES 256

/* Seconds after which a writer's temporary file is nobody's. */
#define BOUND_TMP_SECONDS 3600

/* One value in a log line. */
#define BOUND_LOG_VALUE 256

#endif
