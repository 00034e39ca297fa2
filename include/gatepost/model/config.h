/*
 * config.h -- gatepost.conf, read through one table of settings
 *
 * To add a setting: a member here, a row in settings.c, conf/gatepost.conf,
 * gatepost.conf(5); a test compares the three.
 */
#ifndef GATEPOST_MODEL_CONFIG_H
#define GATEPOST_MODEL_CONFIG_H

#include <glib.h>
#include <stdbool.h>

#include "gatepost/model/category.h"
#include "gatepost/model/network.h"

/* The rows of `policy`: what is done with what (design 7). */
enum policy {
	POLICY_MALWARE, POLICY_PHISH_HIGH, POLICY_PHISH, POLICY_SPAM,
	POLICY_BULK, POLICY_UNKNOWN, POLICY_IMPERSONATION,
	POLICY_LIKE_NAME, POLICY_LIKE_DOMAIN, POLICY_FIRST_CONTACT,
	POLICY_REPLY_TO, POLICY_SPOOF_OWN,
	POLICY_DMARC_REJECT, POLICY_DMARC_QUARANTINE, POLICY_SPOOF,
	POLICY_USER_BLOCK, POLICY_BLOCK_IP, POLICY_BLOCK_SENDER,
	POLICY_BLOCK_ENVELOPE, POLICY_BLOCK_NAME, POLICY_BLOCK_URL,
	POLICY_BLOCK_FILE, POLICY_BLOCK_FILENAME, POLICY_BLOCK_DEFECT,
	POLICY_BLOCK_SPOOF,
	POLICIES
};
extern const char *const policies[];		/* names; ends with NULL */

/* The rows of a feed's `action`, in the order of entry_actions. */
enum feed_action { FEED_BLOCK, FEED_ALLOW, FEED_OBSERVE };

/* Files of strangers, of one value a line (design 6.1, Feeds). */
typedef struct FeedSetting {
	char *name;
	int kind;		/* enum indicator_kind */
	int action;		/* enum feed_action */
	char *file;		/* NULL: none */
	GPtrArray *files;	/* of char *: all, with `file` in front */
	int category;		/* enum category, -1: the kind's */
} FeedSetting;

/* What is done with mail that has one of some defects. */
typedef struct DefectSetting {
	GPtrArray *names;	/* of char *: as in model/defects.c */
	int action;		/* enum action */
} DefectSetting;

/* What of delivered mail is kept. */
enum retain { RETAIN_NONE, RETAIN_FACTS, RETAIN_FULL };
extern const char *const retains[];		/* names; ends with NULL */

/* How often a digest goes to a user. */
enum digest_every { DIGEST_NEVER, DIGEST_HOURS, DIGEST_DAY, DIGEST_WEEK };
extern const char *const digest_everies[];	/* names; ends with NULL */

/* Where reports of users go. */
enum destination { DESTINATION_ANALYSTS, DESTINATION_MAILBOX,
		   DESTINATION_BOTH };
extern const char *const destinations[];	/* names; ends with NULL */
/* Characters of a tenant's own text to a reporter. */
#define REPORT_TEXT 1115

/* Languages of what users read; names, ends with NULL.  The first needs no
 * translation. */
extern const char *const languages[];

typedef struct Tenant {
	char *name;
	GPtrArray *domains;	/* of char *: normal form, "*.d" for below */
	GPtrArray *lists;	/* of char *: absolute paths */
	GPtrArray *entries;	/* of char *: lines of list syntax */
	GPtrArray *feeds;	/* of FeedSetting *: its own */
	int policy[POLICIES];	/* enum action; see config_policy() */
	GPtrArray *defects;	/* of DefectSetting * */
	int mode;		/* enum mode, -1: the global one */
	GPtrArray *exempt;	/* of char *: local parts or addresses */
	GPtrArray *people;	/* of char *: our people, as people_add() */
	GPtrArray *protected_domains;	/* of char *: partners and brands */
	struct {
		GPtrArray *exempt;	/* of char *: addresses and domains */
		gint64 learn;		/* days until strangers are known */
	} impersonation;
	struct {
		GPtrArray *off;	/* of char *: rules that do not count */
		gint64 score;	/* from which on mail is a candidate */
		gint64 daily;	/* groups of them, 0: no limit */
	} candidates;
	struct {
		int retain;	/* enum retain */
		gint64 days;
		gint64 size;	/* octets on disk, 0: no limit */
	} evidence;
	struct {
		gint64 window;	/* minutes in which repeats are joined */
		gint64 burst;	/* candidates an hour, 0: none is one */
		GPtrArray *off;	/* of char *: kinds that are not told */
		GPtrArray *command;	/* of char *: a program's words */
	} alerts;
	struct {
		gint64 reporters;	/* 0: there are none */
		gint64 hours;
		GPtrArray *kinds;	/* of char *: sender, url */
	} provisional;
	struct People *known;	/* people, made ready; never NULL */
	struct Shield *shield;	/* domains and protected ones, likewise */
	GPtrArray *admins;	/* of char *: addresses, normal form */
	char *junk_header;	/* "Name: value" */
	char *subject_tag;	/* "" for none */
	gint64 quota;		/* octets in quarantine, 0: no limit */
	int combine;		/* enum combine, -1: the global one */
	struct {
		int rights[POLICIES];	/* bits; see config_rights() */
		gint64 days[POLICIES];	/* 0: as keep; see config_days() */
	} quarantine;
	char *zone;		/* IANA time zone; NULL: the system's */
	int language;		/* of languages[] */
	struct {
		int every;		/* enum digest_every */
		gint64 hour;		/* 0 to 23, in zone */
		int weekday;		/* of a weekly one, 0: Monday */
		char *address;		/* for acting by mail, normal form;
					 * NULL: none */
		char *portal;		/* "https://..."; NULL: none */
		GPtrArray *blocks;	/* of char *: actions that a user may
					 * choose; empty: user_block's alone */
	} digest;
	struct {
		/* Addresses, normal form; NULL: none.  `address` is for all,
		 * by the subject. */
		char *phish, *junk, *not_junk, *block, *address;
		int destination;	/* enum destination */
		char *mailbox;		/* NULL: that of the address */
		bool acknowledge;
		bool tell;	/* reporters, of verdicts */
		gint64 hourly, hourly_all;	/* most within an hour: of one
						 * reporter, of all */
		gint64 quota;		/* octets of what is reported */
		char *drill_key;	/* path; NULL: no drills */
		/* What a reporter is told of each verdict, and below all;
		 * NULL: our own words, nothing. */
		char *text_phish, *text_spam, *text_clean, *footer;
	} reports;
	struct {
		char *map;		/* as map_name_parse(); NULL: none */
		char *login_map, *owners;	/* likewise */
		char *extension;	/* characters that start one */
		gint64 timeout;		/* ms for one message */
		gint64 cache;		/* s that answers are kept */
	} users;
} Tenant;

typedef struct Upstream {
	char *name;
	char *authserv_id;	/* lower case; NULL: writes no results */
	GPtrArray *headers;	/* of char *: the fields that it writes */
	bool strips;		/* takes such fields off what comes in */
	double score;		/* its own line for spam; 0: not said */
} Upstream;

/* Whose authentication results count: our own; an upstream's that we trust;
 * an upstream's where one writes any, else our own. */
enum authentication { AUTHENTICATION_AUTO, AUTHENTICATION_OWN,
		      AUTHENTICATION_UPSTREAM };
/* How DMARC finds the organisation of a domain. */
enum dmarc_way { DMARC_TREEWALK, DMARC_PSL };

enum release_sender { RELEASE_ORIGINAL, RELEASE_POSTMASTER, RELEASE_NULL };

/* The kinds of analysts, in the order of analyst_types; how much of a
 * submission leaves for one; how a mail or a form is written; how verdicts
 * become one. */
enum analyst_kind { ANALYST_RSPAMD, ANALYST_SPAMASSASSIN, ANALYST_CLAMD,
		    ANALYST_MAIL, ANALYST_HTTP, ANALYST_COMMAND,
		    ANALYST_MANUAL };
extern const char *const analyst_types[];	/* names; ends with NULL */
enum privacy { PRIVACY_FULL, PRIVACY_NO_RECIPIENT, PRIVACY_LINKS,
	       PRIVACY_HASHES };
extern const char *const privacies[];		/* names; ends with NULL */
enum analyst_form { FORM_JSON, FORM_MULTIPART, FORM_RFC822, FORM_ARF };
enum combine { COMBINE_ANY_MALWARE, COMBINE_MAJORITY, COMBINE_FIRST };
extern const char *const combines[];		/* names; ends with NULL */

/* Who gives a verdict on submissions. */
typedef struct AnalystSetting {
	char *name;
	int type;		/* enum analyst_kind */
	char *url, *poll;	/* poll: with {ticket}; NULL: never asked */
	char *socket;
	char *address, *from;	/* of mail */
	GPtrArray *argv;	/* of char *: of a command, no shell */
	char *secret_file;	/* the bearer token or password; NULL */
	char *ca_file;		/* NULL: the system's authorities */
	int form;		/* enum analyst_form, -1: the type's */
	char *body;		/* JSON with {fields}; NULL: a usual one */
	GPtrArray *parts;	/* of char *: "name=text with {fields}" */
	struct {
		char *verdict, *detail, *ticket;	/* paths; NULL */
	} answer;
	GPtrArray *words;	/* of char *: "theirs=verdict" */
	GPtrArray *takes;	/* of char *: submission_kinds */
	GPtrArray *as;		/* of char *: submitted_ases; empty: all */
	int privacy;		/* enum privacy */
	bool local, automatic, learn;
	gint64 rate;		/* questions a minute, 0: no limit */
	gint64 timeout;		/* s for one question */
	gint64 give_up;		/* hours */
	GPtrArray *tenants;	/* of char *: names; empty: all */
} AnalystSetting;

/* What the members of a group of the system may ask of the daemon. */
typedef struct Role {
	char *group;
	GPtrArray *may;		/* of char *: rights, see roles.h */
	GPtrArray *tenants;	/* of char *: names; empty: all */
	const char *file;	/* where it stands; never freed */
	guint line;
} Role;

typedef struct Config {
	gint refs;
	char *path;
	char *socket;		/* unix:PATH or inet:PORT@HOST */
	gint64 socket_mode;
	char *socket_group;	/* NULL: leave */
	char *state_dir;
	char *user, *group;	/* NULL: stay who we are */
	int log_level;		/* enum log_level */
	char *authserv_id;	/* NULL: the MTA's name */
	int mode;		/* enum mode */
	gint64 sessions;
	struct {
		gint64 min, max, messages;
	} workers;
	GPtrArray *internal_networks, *relay_networks; /* of struct network * */
	GPtrArray *upstreams;	/* of Upstream * */
	GPtrArray *arc_sealers;	/* of char *: domains, "*.d" for below */
	int authentication;	/* enum authentication */
	int dmarc;		/* enum dmarc_way */
	struct {
		GPtrArray *servers;	/* of char *: "ADDRESS@PORT" */
		gint64 timeout;		/* s for one message */
	} dns;
	struct {
		char *socket;		/* "/path", "ADDRESS@PORT"; NULL: none */
		gint64 timeout;		/* s for all files of a message */
	} clamd;
	struct {
		char *smtp;		/* HOST:PORT; NULL: none */
		char *sendmail;		/* path; NULL: none */
		int sender;		/* enum release_sender */
		gint64 timeout;		/* seconds */
	} release;
	struct {
		/* Days. */
		gint64 ledger, quarantine, reports, spool, contacts, audit,
		    submissions;
	} keep;
	struct {
		/* Minutes; 0: nobody waits for it. */
		gint64 drain, digest, sweep;
	} cron;
	gint64 min_free;	/* percent of the file system */
	struct {
		char *socket;		/* path; NULL: there is none */
		gint64 mode;
		char *group;		/* NULL: leave */
	} control;
	GPtrArray *roles;	/* of Role * */
	GPtrArray *analysts;	/* of AnalystSetting * */
	int combine;		/* enum combine */
	GPtrArray *feeds;	/* of FeedSetting *: of every tenant */
	GPtrArray *tenants;	/* of Tenant * */
} Config;

/* One thing wrong or odd, at a place of the configuration. */
struct config_note {
	char *file;
	guint line;		/* 0: none */
	char *text;
	bool is_error;
};

/* Where NOTE is about: "FILE:LINE", or "FILE" when it has no line.  Yours. */
char *config_note_place(const struct config_note *note);

/*
 * Read PATH.  Everything that is wrong is appended to NOTES (of struct
 * config_note *, made with config_notes_new()), each with its place.  NULL
 * when one of them is an error.  Free with config_unref().
 */
Config *config_load(const char *path, GPtrArray *notes);
GPtrArray *config_notes_new(void);

/* Put into CONFIG what a running daemon cannot change, as RUNNING has it:
 * socket, control.socket, state_dir, user and group.  True when one of them
 * differed. */
bool config_keep(Config *config, const Config *running);

Config *config_ref(Config *config);
void config_unref(Config *config);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Config, config_unref)

/* The tenant that DOMAIN (normal form) belongs to, or NULL; by name. */
const Tenant *config_tenant_of(const Config *config, const char *domain);
const Tenant *config_tenant(const Config *config, const char *name);

/* The feeds of TENANT, its own first, of FeedSetting *, which are borrowed.
 * Free with g_ptr_array_unref(). */
GPtrArray *config_feeds(const Config *config, const Tenant *tenant);

/* Is DOMAIN (normal form) one of DOMAINS, where "*.d" is all below d? */
bool config_has_domain(const GPtrArray *domains, const char *domain);

/* The mode in force for TENANT. */
enum mode config_mode(const Config *config, const Tenant *tenant);

/* How the verdicts on a submission of TENANT (NULL: none) become one. */
enum combine config_combine(const Config *config, const Tenant *tenant);

/* The analyst NAME, or NULL. */
const AnalystSetting *config_analyst(const Config *config, const char *name);

/* The action of TENANT's policy for ROW: those of single kinds of
 * impersonation are the common one's where they are not set. */
enum action config_policy(const Tenant *tenant, enum policy row);

/* May users of TENANT have the mail of whom they block end in ACTION? */
bool config_lets_block(const Tenant *tenant, enum action action);

/* For what users of TENANT send mail to ADDRESS (normal form): an enum
 * report_reason, REPORT_NONE when it is none of its report addresses. */
int config_report(const Tenant *tenant, const char *address);

/* Do we authenticate ourselves, by `authentication` and the upstreams? */
bool config_authenticates(const Config *config);

/* The trusted upstream that writes under AUTHSERV_ID, or NULL. */
const Upstream *config_upstream(const Config *config,
				const char *authserv_id);

/* Append all settings in force, "path = value;" a line. */
void config_print(const Config *config, GString *out);
/* Append the table itself, "path TAB type TAB default TAB meaning" a line. */
void config_print_settings(GString *out);

/* A line on each library of this file, for -V. */
void config_versions(GString *out);

#endif
