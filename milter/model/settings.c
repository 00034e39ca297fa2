/*
 * settings.c -- every setting in one table: type, default, bounds, meaning
 *
 * To add one: a member in config.h, a row here, and its lines in
 * conf/gatepost.conf and gatepost.conf(5); a test compares the three.
 */
#include "gatepost/model/settings.h"

#include "gatepost/model/config.h"

const char *const setting_types[] = {
	"text", "path", "number", "octal", "bytes", "real", "bool", "word",
	"rights", "texts", "domains", "networks", "group", "list"
};

const char *const policies[] = {
	"malware", "phish_high", "phish", "spam", "bulk", "unknown",
	"impersonation", "impersonation_name", "impersonation_domain",
	"first_contact", "reply_to", "spoof_own", "dmarc_reject", "dmarc_quarantine",
	"spoof", "user_block", "block_ip", "block_sender", "block_envelope",
	"block_name", "block_url", "block_file", "block_filename",
	"block_defect", "block_spoof", NULL
};

static const char *const senders[] = {
	"original", "postmaster", "null", NULL
};
static const char *const authentications[] = {
	"auto", "own", "upstream", NULL
};
static const char *const dmarc_ways[] = { "treewalk", "psl", NULL };
static const char *const log_levels[] = {
	"error", "warning", "info", "debug", NULL
};

#define SCOPE(Struct, array) \
	{ .rows = array, .count = G_N_ELEMENTS(array), .size = sizeof(Struct) }

static const struct setting worker_rows[] = {
	{ "min", SETTING_NUMBER, offsetof(Config, workers.min), "2", 1, 1024,
	  .meaning = "workers that always stand ready" },
	{ "max", SETTING_NUMBER, offsetof(Config, workers.max), "64", 1, 1024,
	  .meaning = "most workers at once" },
	{ "messages", SETTING_NUMBER, offsetof(Config, workers.messages),
	  "5000", 1, 1000000,
	  .meaning = "messages after which a worker is replaced" },
};
static const struct scope worker_settings = SCOPE(Config, worker_rows);

static const struct setting release_rows[] = {
	{ "smtp", SETTING_TEXT, offsetof(Config, release.smtp), NULL,
	  .meaning = "HOST:PORT of a listener of the MTA without milters, "
	  "to which released mail goes" },
	{ "sendmail", SETTING_PATH, offsetof(Config, release.sendmail), NULL,
	  .meaning = "sendmail(1) for released mail, where there is no such "
	  "listener" },
	{ "sender", SETTING_WORD, offsetof(Config, release.sender),
	  "original", .words = senders,
	  .meaning = "envelope sender of released mail" },
	{ "timeout", SETTING_NUMBER, offsetof(Config, release.timeout), "60",
	  1, 600, .meaning = "seconds that each answer of release.smtp may "
	  "take" },
};
static const struct scope release_settings = SCOPE(Config, release_rows);

static const struct setting control_rows[] = {
	{ "socket", SETTING_PATH, offsetof(Config, control.socket), NULL,
	  .meaning = "Unix socket by which users with a role run commands; "
	  "without it only root and the daemon's user do" },
	{ "mode", SETTING_OCTAL, offsetof(Config, control.mode), "0660", 0,
	  0777, .meaning = "its mode" },
	{ "group", SETTING_TEXT, offsetof(Config, control.group), NULL,
	  .meaning = "its group, whose members may call" },
};
static const struct scope control_settings = SCOPE(Config, control_rows);

const char *const analyst_types[] = {
	"rspamd", "spamassassin", "clamd", "mail", "http", "command",
	"manual", NULL
};
const char *const privacies[] = {
	"full", "no-recipient", "headers-and-urls", "hashes", NULL
};
const char *const combines[] = { "any-malware", "majority", "first", NULL };
static const char *const forms[] = {
	"json", "multipart", "rfc822", "arf", NULL
};

static const struct setting answer_rows[] = {
	{ "verdict", SETTING_TEXT, offsetof(AnalystSetting, answer.verdict),
	  "verdict", .meaning = "where in the JSON of an answer the verdict "
	  "stands: names and numbers with dots between" },
	{ "detail", SETTING_TEXT, offsetof(AnalystSetting, answer.detail),
	  "detail", .meaning = "where it says why" },
	{ "ticket", SETTING_TEXT, offsetof(AnalystSetting, answer.ticket),
	  "ticket", .meaning = "where its own name for the question stands, "
	  "by which poll asks again" },
};
static const struct scope answer_settings =
    SCOPE(AnalystSetting, answer_rows);

static const struct setting analyst_rows[] = {
	{ "name", SETTING_TEXT, offsetof(AnalystSetting, name), NULL,
	  .is_needed = true,
	  .meaning = "a word, which no other analyst has" },
	{ "type", SETTING_WORD, offsetof(AnalystSetting, type), NULL,
	  .words = analyst_types, .is_needed = true,
	  .meaning = "what it is, and so how it is asked" },
	{ "url", SETTING_TEXT, offsetof(AnalystSetting, url), NULL,
	  .meaning = "of rspamd (its controller) and http: where it is "
	  "asked" },
	{ "poll", SETTING_TEXT, offsetof(AnalystSetting, poll), NULL,
	  .meaning = "of http: where it is asked again, with {ticket}" },
	{ "socket", SETTING_TEXT, offsetof(AnalystSetting, socket), NULL,
	  .meaning = "of spamassassin and clamd, \"/path\" or "
	  "\"ADDRESS@PORT\"; of rspamd and http, a Unix socket on which url "
	  "is asked" },
	{ "address", SETTING_TEXT, offsetof(AnalystSetting, address), NULL,
	  .meaning = "of mail: to whom it goes" },
	{ "from", SETTING_TEXT, offsetof(AnalystSetting, from), NULL,
	  .meaning = "of mail: who it is from, an address that gets bounces; "
	  "default postmaster of the tenant" },
	{ "argv", SETTING_TEXTS, offsetof(AnalystSetting, argv), NULL,
	  .meaning = "of command: the program, an absolute path, and its "
	  "words" },
	{ "secret_file", SETTING_PATH, offsetof(AnalystSetting, secret_file),
	  NULL, .meaning = "file with the bearer token of http or the "
	  "password of rspamd, which only its owner and group may read" },
	{ "ca_file", SETTING_PATH, offsetof(AnalystSetting, ca_file), NULL,
	  .meaning = "certificates that prove the server; default those of "
	  "the system" },
	{ "form", SETTING_WORD, offsetof(AnalystSetting, form), NULL,
	  .words = forms, .meaning = "of http: json (its default) or "
	  "multipart; of mail: rfc822 (its default) or arf" },
	{ "body", SETTING_TEXT, offsetof(AnalystSetting, body), NULL,
	  .meaning = "of http with json: the JSON, with {fields}" },
	{ "parts", SETTING_TEXTS, offsetof(AnalystSetting, parts), NULL,
	  .meaning = "of http with multipart: \"name=text\", with {fields}" },
	{ "answer", SETTING_GROUP, 0, NULL, .of = &answer_settings,
	  .meaning = "how an answer of http is read" },
	{ "words", SETTING_TEXTS, offsetof(AnalystSetting, words), NULL,
	  .meaning = "words of its verdicts in ours: \"malicious=malware\"" },
	{ "takes", SETTING_TEXTS, offsetof(AnalystSetting, takes),
	  "[ \"message\" ]",
	  .meaning = "kinds of submissions that it is asked about: message, "
	  "url, file" },
	{ "as", SETTING_TEXTS, offsetof(AnalystSetting, as), NULL,
	  .meaning = "only what is submitted as one of these; none: all" },
	{ "privacy", SETTING_WORD, offsetof(AnalystSetting, privacy),
	  "no-recipient", .words = privacies,
	  .meaning = "how much of a submission leaves for it" },
	{ "local", SETTING_BOOL, offsetof(AnalystSetting, local), "false",
	  .meaning = "it is ours: candidates go to it by themselves, and its "
	  "url may be http:" },
	{ "auto", SETTING_BOOL, offsetof(AnalystSetting, automatic), "false",
	  .meaning = "candidates go to it by themselves although it is not "
	  "local" },
	{ "learn", SETTING_BOOL, offsetof(AnalystSetting, learn), "false",
	  .meaning = "rspamd and spamassassin learn what was submitted as "
	  "phish, malware, spam or clean" },
	{ "rate", SETTING_NUMBER, offsetof(AnalystSetting, rate), "0", 0,
	  100000, .meaning = "most questions a minute (0: no limit)" },
	{ "timeout", SETTING_NUMBER, offsetof(AnalystSetting, timeout), "30",
	  1, 300, .meaning = "seconds for one question" },
	{ "give_up", SETTING_NUMBER, offsetof(AnalystSetting, give_up), "72",
	  1, 8760, .meaning = "hours after which an answer is no longer "
	  "waited for" },
	{ "tenants", SETTING_TEXTS, offsetof(AnalystSetting, tenants), NULL,
	  .meaning = "names of the tenants that it is for; none: all" },
};
static const struct scope analyst_settings =
    SCOPE(AnalystSetting, analyst_rows);

static const struct setting role_rows[] = {
	{ "group", SETTING_TEXT, offsetof(Role, group), NULL,
	  .is_needed = true,
	  .meaning = "group of the system whose members have the role" },
	{ "may", SETTING_TEXTS, offsetof(Role, may), NULL, .is_needed = true,
	  .meaning = "its rights: commands as \"quarantine.list\" or "
	  "\"quarantine.*\", and raw, export, allow, purge" },
	{ "tenants", SETTING_TEXTS, offsetof(Role, tenants), NULL,
	  .meaning = "names of the tenants that it is kept to; none: all" },
};
static const struct scope role_settings = SCOPE(Role, role_rows);

static const struct setting dns_rows[] = {
	{ "servers", SETTING_TEXTS, offsetof(Config, dns.servers), NULL,
	  .meaning = "resolvers, \"ADDRESS\" or \"ADDRESS@PORT\"; none: "
	  "those of the system" },
	{ "timeout", SETTING_NUMBER, offsetof(Config, dns.timeout), "8", 1,
	  10, .meaning = "seconds for all look-ups of one message; beyond, "
	  "what is not known is unsure" },
};
static const struct scope dns_settings = SCOPE(Config, dns_rows);

static const struct setting clamd_rows[] = {
	{ "socket", SETTING_TEXT, offsetof(Config, clamd.socket), NULL,
	  .meaning = "where ClamAV's clamd listens, \"/path\" or "
	  "\"ADDRESS@PORT\"; none: it is not asked" },
	{ "timeout", SETTING_NUMBER, offsetof(Config, clamd.timeout), "2", 1,
	  8, .meaning = "seconds for all files of one message; beyond, "
	  "they count as clean" },
};
static const struct scope clamd_settings = SCOPE(Config, clamd_rows);

static const struct setting keep_rows[] = {
	{ "ledger", SETTING_NUMBER, offsetof(Config, keep.ledger), "90", 1,
	  3650, .meaning = "days that the ledger is kept" },
	{ "quarantine", SETTING_NUMBER, offsetof(Config, keep.quarantine),
	  "30", 1, 3650, .meaning = "days that held mail is kept" },
	{ "reports", SETTING_NUMBER, offsetof(Config, keep.reports), "180",
	  1, 3650, .meaning = "days that reports of users are kept" },
	{ "spool", SETTING_NUMBER, offsetof(Config, keep.spool), "7", 1, 3650,
	  .meaning = "days that candidates, and messages that were submitted, are kept" },
	{ "contacts", SETTING_NUMBER, offsetof(Config, keep.contacts), "365",
	  1, 3650, .meaning = "days after which a sender who wrote no more "
	  "is a stranger again" },
	{ "audit", SETTING_NUMBER, offsetof(Config, keep.audit), "365", 1,
	  3650, .meaning = "days that the audit log is kept" },
	{ "submissions", SETTING_NUMBER, offsetof(Config, keep.submissions),
	  "180", 1, 3650, .meaning = "days for which it is known what became "
	  "of submissions" },
};
static const struct scope keep_settings = SCOPE(Config, keep_rows);

static const struct setting cron_rows[] = {
	{ "drain", SETTING_NUMBER, offsetof(Config, cron.drain), "5", 0,
	  10080, .meaning = "minutes from one gatepost drain to the next" },
	{ "digest", SETTING_NUMBER, offsetof(Config, cron.digest), "60", 0,
	  10080, .meaning = "the same of gatepost digest" },
	{ "sweep", SETTING_NUMBER, offsetof(Config, cron.sweep), "1440", 0,
	  10080, .meaning = "the same of gatepost sweep" },
};
static const struct scope cron_settings = SCOPE(Config, cron_rows);

static const struct setting upstream_rows[] = {
	{ "name", SETTING_TEXT, offsetof(Upstream, name), NULL,
	  .is_needed = true, .meaning = "what it is called in reasons" },
	{ "authserv_id", SETTING_TEXT, offsetof(Upstream, authserv_id), NULL,
	  .meaning = "the name at the start of its Authentication-Results" },
	{ "headers", SETTING_TEXTS, offsetof(Upstream, headers), NULL,
	  .meaning = "header fields in which it says junk: a field with "
	  "\"yes\" in front, or a score" },
	{ "strips", SETTING_BOOL, offsetof(Upstream, strips), "false",
	  .meaning = "it removes such fields from what comes in, so that "
	  "they can be trusted also for a pass" },
	{ "score", SETTING_REAL, offsetof(Upstream, score), "0", 0, 1000,
	  .meaning = "score from which it calls a message spam; mail just "
	  "below becomes a candidate (0: none)" },
};
static const struct scope upstream_settings = SCOPE(Upstream, upstream_rows);

#define POLICY(row, word, action, says) \
	{ word, SETTING_WORD, \
	  offsetof(Tenant, policy) + sizeof(int) * (row), action, \
	  .words = actions, .meaning = says }
static const struct setting policy_rows[] = {
	POLICY(POLICY_MALWARE, "malware", "quarantine", "malware"),
	POLICY(POLICY_PHISH_HIGH, "phish_high", "quarantine",
	       "phishing, with high confidence"),
	POLICY(POLICY_PHISH, "phish", "junk", "phishing"),
	POLICY(POLICY_SPAM, "spam", "junk", "spam"),
	POLICY(POLICY_BULK, "bulk", "deliver", "bulk mail"),
	POLICY(POLICY_UNKNOWN, "unknown", "deliver",
	       "mail that could not be read whole"),
	POLICY(POLICY_IMPERSONATION, "impersonation", "tag",
	       "a display name or domain that resembles one of ours"),
	POLICY(POLICY_LIKE_NAME, "impersonation_name", NULL,
	       "a display name of ours alone; default as impersonation"),
	POLICY(POLICY_LIKE_DOMAIN, "impersonation_domain", NULL,
	       "a look-alike domain alone; default as impersonation"),
	POLICY(POLICY_FIRST_CONTACT, "first_contact", "deliver",
	       "a sender who never wrote to the recipient before; deliver: "
	       "it is noted"),
	POLICY(POLICY_REPLY_TO, "reply_to", "deliver",
	       "replies that go elsewhere, from a stranger or under a name "
	       "of ours; deliver: it is noted"),
	POLICY(POLICY_SPOOF_OWN, "spoof_own", "tag",
	       "From in a domain of ours, from outside, without proof"),
	POLICY(POLICY_DMARC_REJECT, "dmarc_reject", "junk",
	       "DMARC failure where the domain asks for reject"),
	POLICY(POLICY_DMARC_QUARANTINE, "dmarc_quarantine", "junk",
	       "DMARC failure where the domain asks for quarantine"),
	POLICY(POLICY_SPOOF, "spoof", "tag", "DMARC failure otherwise"),
	POLICY(POLICY_USER_BLOCK, "user_block", "junk",
	       "a sender that the user has blocked"),
	POLICY(POLICY_BLOCK_IP, "block_ip", "reject",
	       "a block entry of kind ip"),
	POLICY(POLICY_BLOCK_SENDER, "block_sender", "quarantine",
	       "a block entry of kind sender"),
	POLICY(POLICY_BLOCK_ENVELOPE, "block_envelope", "quarantine",
	       "a block entry of kind envelope"),
	POLICY(POLICY_BLOCK_NAME, "block_name", "quarantine",
	       "a block entry of kind name"),
	POLICY(POLICY_BLOCK_URL, "block_url", "quarantine",
	       "a block entry of kind url"),
	POLICY(POLICY_BLOCK_FILE, "block_file", "quarantine",
	       "a block entry of kind file"),
	POLICY(POLICY_BLOCK_FILENAME, "block_filename", "quarantine",
	       "a block entry of kind filename"),
	POLICY(POLICY_BLOCK_DEFECT, "block_defect", "quarantine",
	       "a block entry of kind defect"),
	POLICY(POLICY_BLOCK_SPOOF, "block_spoof", "quarantine",
	       "a block entry of kind spoof"),
};
static const struct scope policy_settings = SCOPE(Tenant, policy_rows);

/* To add a reason: a row of policy_rows above, and one in each of these. */
#define RIGHTS_ROW(row, word, preset) \
	{ word, SETTING_RIGHTS, offsetof(Tenant, quarantine.rights) + \
	  sizeof(int) * (row), preset, \
	  .meaning = "what users may do with mail held for " word }
static const struct setting rights_rows[] = {
	RIGHTS_ROW(POLICY_MALWARE, "malware", "none"),
	RIGHTS_ROW(POLICY_PHISH_HIGH, "phish_high", "none"),
	RIGHTS_ROW(POLICY_PHISH, "phish", "full"),
	RIGHTS_ROW(POLICY_SPAM, "spam", "full"),
	RIGHTS_ROW(POLICY_BULK, "bulk", "full"),
	RIGHTS_ROW(POLICY_UNKNOWN, "unknown", "none"),
	RIGHTS_ROW(POLICY_IMPERSONATION, "impersonation", "full"),
	RIGHTS_ROW(POLICY_LIKE_NAME, "impersonation_name", "full"),
	RIGHTS_ROW(POLICY_LIKE_DOMAIN, "impersonation_domain", "full"),
	RIGHTS_ROW(POLICY_FIRST_CONTACT, "first_contact", "full"),
	RIGHTS_ROW(POLICY_REPLY_TO, "reply_to", "full"),
	RIGHTS_ROW(POLICY_SPOOF_OWN, "spoof_own", "full"),
	RIGHTS_ROW(POLICY_DMARC_REJECT, "dmarc_reject", "full"),
	RIGHTS_ROW(POLICY_DMARC_QUARANTINE, "dmarc_quarantine", "full"),
	RIGHTS_ROW(POLICY_SPOOF, "spoof", "full"),
	RIGHTS_ROW(POLICY_USER_BLOCK, "user_block", "full"),
	RIGHTS_ROW(POLICY_BLOCK_IP, "block_ip", "none"),
	RIGHTS_ROW(POLICY_BLOCK_SENDER, "block_sender", "none"),
	RIGHTS_ROW(POLICY_BLOCK_ENVELOPE, "block_envelope", "none"),
	RIGHTS_ROW(POLICY_BLOCK_NAME, "block_name", "none"),
	RIGHTS_ROW(POLICY_BLOCK_URL, "block_url", "none"),
	RIGHTS_ROW(POLICY_BLOCK_FILE, "block_file", "none"),
	RIGHTS_ROW(POLICY_BLOCK_FILENAME, "block_filename", "none"),
	RIGHTS_ROW(POLICY_BLOCK_DEFECT, "block_defect", "limited"),
	RIGHTS_ROW(POLICY_BLOCK_SPOOF, "block_spoof", "limited"),
};
static const struct scope rights_settings = SCOPE(Tenant, rights_rows);

#define DAYS_ROW(row, word) \
	{ word, SETTING_NUMBER, offsetof(Tenant, quarantine.days) + \
	  sizeof(gint64) * (row), NULL, 1, 3650, \
	  .meaning = "days that mail held for " word " is kept; default " \
	  "keep.quarantine" }
static const struct setting days_rows[] = {
	DAYS_ROW(POLICY_MALWARE, "malware"),
	DAYS_ROW(POLICY_PHISH_HIGH, "phish_high"),
	DAYS_ROW(POLICY_PHISH, "phish"),
	DAYS_ROW(POLICY_SPAM, "spam"),
	DAYS_ROW(POLICY_BULK, "bulk"),
	DAYS_ROW(POLICY_UNKNOWN, "unknown"),
	DAYS_ROW(POLICY_IMPERSONATION, "impersonation"),
	DAYS_ROW(POLICY_LIKE_NAME, "impersonation_name"),
	DAYS_ROW(POLICY_LIKE_DOMAIN, "impersonation_domain"),
	DAYS_ROW(POLICY_FIRST_CONTACT, "first_contact"),
	DAYS_ROW(POLICY_REPLY_TO, "reply_to"),
	DAYS_ROW(POLICY_SPOOF_OWN, "spoof_own"),
	DAYS_ROW(POLICY_DMARC_REJECT, "dmarc_reject"),
	DAYS_ROW(POLICY_DMARC_QUARANTINE, "dmarc_quarantine"),
	DAYS_ROW(POLICY_SPOOF, "spoof"),
	DAYS_ROW(POLICY_USER_BLOCK, "user_block"),
	DAYS_ROW(POLICY_BLOCK_IP, "block_ip"),
	DAYS_ROW(POLICY_BLOCK_SENDER, "block_sender"),
	DAYS_ROW(POLICY_BLOCK_ENVELOPE, "block_envelope"),
	DAYS_ROW(POLICY_BLOCK_NAME, "block_name"),
	DAYS_ROW(POLICY_BLOCK_URL, "block_url"),
	DAYS_ROW(POLICY_BLOCK_FILE, "block_file"),
	DAYS_ROW(POLICY_BLOCK_FILENAME, "block_filename"),
	DAYS_ROW(POLICY_BLOCK_DEFECT, "block_defect"),
	DAYS_ROW(POLICY_BLOCK_SPOOF, "block_spoof"),
};
static const struct scope days_settings = SCOPE(Tenant, days_rows);

static const struct setting quarantine_rows[] = {
	{ "rights", SETTING_GROUP, 0, NULL, .of = &rights_settings,
	  .meaning = "what users may do with held mail, by its reason" },
	{ "days", SETTING_GROUP, 0, NULL, .of = &days_settings,
	  .meaning = "how long it is kept, by its reason" },
};
static const struct scope quarantine_settings =
    SCOPE(Tenant, quarantine_rows);

static const struct setting user_rows[] = {
	{ "map", SETTING_TEXT, offsetof(Tenant, users.map), NULL,
	  .meaning = "table from addresses to mailboxes, as the MTA's "
	  "aliases: file:, socketmap: or command:" },
	{ "login_map", SETTING_TEXT, offsetof(Tenant, users.login_map), NULL,
	  .meaning = "table from login names to addresses" },
	{ "owners", SETTING_TEXT, offsetof(Tenant, users.owners), NULL,
	  .meaning = "table from an alias of several mailboxes to the one "
	  "whose user looks after it; without it the first" },
	{ "extension", SETTING_TEXT, offsetof(Tenant, users.extension), "+",
	  .meaning = "characters that start the extension of an address, "
	  "as the MTA's recipient_delimiter; \"\" for none" },
	{ "timeout", SETTING_NUMBER, offsetof(Tenant, users.timeout), "1000",
	  10, 5000, .meaning = "milliseconds that the tables may take for "
	  "one message" },
	{ "cache", SETTING_NUMBER, offsetof(Tenant, users.cache), "60", 0,
	  86400, .meaning = "seconds that an answer of a socketmap or "
	  "command is kept; 0: not at all" },
};
static const struct scope user_settings = SCOPE(Tenant, user_rows);

/* As entry_actions, and the kinds of one value: neither is known here. */
static const char *const feed_actions[] = {
	"block", "allow", "observe", NULL
};
static const char *const feed_kinds[] = {
	"sender", "envelope", "name", "ip", "url", "file", "filename", NULL
};

static const struct setting feed_rows[] = {
	{ "name", SETTING_TEXT, offsetof(FeedSetting, name), NULL,
	  .is_needed = true,
	  .meaning = "a word, which no other feed has" },
	{ "kind", SETTING_WORD, offsetof(FeedSetting, kind), NULL,
	  .words = feed_kinds, .is_needed = true,
	  .meaning = "what its values are" },
	{ "action", SETTING_WORD, offsetof(FeedSetting, action), "block",
	  .words = feed_actions, .meaning = "what a value of it does" },
	{ "file", SETTING_PATH, offsetof(FeedSetting, file), NULL,
	  .meaning = "the file, one value a line" },
	{ "files", SETTING_TEXTS, offsetof(FeedSetting, files), NULL,
	  .meaning = "further files, absolute paths" },
	{ "category", SETTING_WORD, offsetof(FeedSetting, category), NULL,
	  .words = categories,
	  .meaning = "what its mail is; default as of an entry of that kind" },
};
static const struct scope feed_settings = SCOPE(FeedSetting, feed_rows);

static const struct setting impersonation_rows[] = {
	{ "exempt", SETTING_TEXTS, offsetof(Tenant, impersonation.exempt),
	  NULL, .meaning = "addresses and domains that may look like ours; "
	  "\"*.example.net\" is that and all below" },
	{ "learn", SETTING_NUMBER, offsetof(Tenant, impersonation.learn),
	  "7", 0, 365, .meaning = "days for which the first installation "
	  "only learns who writes to whom" },
};
static const struct scope impersonation_settings =
    SCOPE(Tenant, impersonation_rows);

static const struct setting candidate_rows[] = {
	{ "score", SETTING_NUMBER, offsetof(Tenant, candidates.score), "10",
	  1, 1000, .meaning = "what the rules that suspect a delivered "
	  "message must add up to; gatepostd(8), CANDIDATES" },
	{ "daily", SETTING_NUMBER, offsetof(Tenant, candidates.daily), "100",
	  0, 100000, .meaning = "most candidates a day, those of one making "
	  "counted once; the most suspect stay (0: no limit)" },
	{ "off", SETTING_TEXTS, offsetof(Tenant, candidates.off), NULL,
	  .meaning = "rules that do not count" },
};
static const struct scope candidate_settings = SCOPE(Tenant, candidate_rows);

static const struct setting alert_rows[] = {
	{ "window", SETTING_NUMBER, offsetof(Tenant, alerts.window), "15", 0,
	  1440, .meaning = "minutes for which repeats of an alert are told "
	  "together (0: each by itself)" },
	{ "burst", SETTING_NUMBER, offsetof(Tenant, alerts.burst), "20", 0,
	  100000, .meaning = "suspected messages in an hour that are an "
	  "alert (0: never)" },
	{ "off", SETTING_TEXTS, offsetof(Tenant, alerts.off), NULL,
	  .meaning = "alerts that nobody is told" },
	{ "command", SETTING_TEXTS, offsetof(Tenant, alerts.command), NULL,
	  .meaning = "a program and its arguments, which gets each alert as "
	  "a line of JSON" },
};
static const struct scope alert_settings = SCOPE(Tenant, alert_rows);

static const struct setting provisional_rows[] = {
	{ "reporters", SETTING_NUMBER, offsetof(Tenant,
	  provisional.reporters), "0", 0, 1000,
	  .meaning = "verified reporters of one sender in a day after whom "
	  "his mail is filed as junk for a while (0: never)" },
	{ "hours", SETTING_NUMBER, offsetof(Tenant, provisional.hours), "12",
	  1, 168, .meaning = "for how long, unless an admin confirms it" },
	{ "kinds", SETTING_TEXTS, offsetof(Tenant, provisional.kinds), NULL,
	  .meaning = "by what: \"sender\", which is meant when it is not "
	  "set, and \"url\"" },
};
static const struct scope provisional_settings =
    SCOPE(Tenant, provisional_rows);

static const struct setting evidence_rows[] = {
	{ "retain", SETTING_WORD, offsetof(Tenant, evidence.retain), "none",
	  .words = retains,
	  .meaning = "what is kept of delivered mail, to be submitted later: "
	  "none of it, its facts, or all of it (full)" },
	{ "days", SETTING_NUMBER, offsetof(Tenant, evidence.days), "30", 1,
	  365, .meaning = "days for which it is kept" },
	{ "size", SETTING_BYTES, offsetof(Tenant, evidence.size), "1G", 0,
	  G_MAXINT64, .meaning = "most octets of it on disk; the oldest days "
	  "go (0: no limit)" },
};
static const struct scope evidence_settings = SCOPE(Tenant, evidence_rows);

static const struct setting defect_rows[] = {
	{ "names", SETTING_TEXTS, offsetof(DefectSetting, names), NULL,
	  .is_needed = true, .meaning = "defects, as the manual lists them" },
	{ "action", SETTING_WORD, offsetof(DefectSetting, action), NULL,
	  .words = actions, .is_needed = true,
	  .meaning = "what is done with mail that has one of them" },
};
static const struct scope defect_settings = SCOPE(DefectSetting, defect_rows);

const char *const languages[] = { "en", "fr", "de", NULL };
const char *const retains[] = { "none", "facts", "full", NULL };
const char *const digest_everies[] = { "never", "4h", "day", "week", NULL };
static const char *const weekdays[] = {
	"monday", "tuesday", "wednesday", "thursday", "friday", "saturday",
	"sunday", NULL
};

static const struct setting digest_rows[] = {
	{ "every", SETTING_WORD, offsetof(Tenant, digest.every), "never",
	  .words = digest_everies,
	  .meaning = "how often users are told what is held for them; a user "
	  "may choose otherwise" },
	{ "hour", SETTING_NUMBER, offsetof(Tenant, digest.hour), "7", 0, 23,
	  .meaning = "hour of a daily or weekly digest, in zone" },
	{ "weekday", SETTING_WORD, offsetof(Tenant, digest.weekday),
	  "monday", .words = weekdays,
	  .meaning = "day of a weekly digest" },
	{ "address", SETTING_TEXT, offsetof(Tenant, digest.address), NULL,
	  .meaning = "address in a domain of the tenant to which users send "
	  "what a digest's links write; without it there are none" },
	{ "portal", SETTING_TEXT, offsetof(Tenant, digest.portal), NULL,
	  .meaning = "web address where users see what is held for them" },
	{ "blocks", SETTING_TEXTS, offsetof(Tenant, digest.blocks), NULL,
	  .meaning = "actions among which a user who blocks a sender may "
	  "choose: junk, quarantine, reject, discard; default that of "
	  "user_block alone" },
};
static const struct scope digest_settings = SCOPE(Tenant, digest_rows);

const char *const destinations[] = { "analysts", "mailbox", "both", NULL };

static const struct setting report_text_rows[] = {
	{ "phish", SETTING_TEXT, offsetof(Tenant, reports.text_phish), NULL,
	  .meaning = "what a reporter is told of a message marked as phish" },
	{ "spam", SETTING_TEXT, offsetof(Tenant, reports.text_spam), NULL,
	  .meaning = "the same of spam" },
	{ "clean", SETTING_TEXT, offsetof(Tenant, reports.text_clean), NULL,
	  .meaning = "the same of a message that is clean" },
	{ "footer", SETTING_TEXT, offsetof(Tenant, reports.footer), NULL,
	  .meaning = "what stands below each of them" },
};
static const struct scope report_text_settings =
    SCOPE(Tenant, report_text_rows);

static const struct setting report_rows[] = {
	{ "phish", SETTING_TEXT, offsetof(Tenant, reports.phish), NULL,
	  .meaning = "address in a domain of the tenant to which users "
	  "forward phishing" },
	{ "junk", SETTING_TEXT, offsetof(Tenant, reports.junk), NULL,
	  .meaning = "the same for junk" },
	{ "not_junk", SETTING_TEXT, offsetof(Tenant, reports.not_junk), NULL,
	  .meaning = "the same for what is no junk" },
	{ "block", SETTING_TEXT, offsetof(Tenant, reports.block), NULL,
	  .meaning = "the same for mail whose sender the user wants blocked "
	  "for himself" },
	{ "address", SETTING_TEXT, offsetof(Tenant, reports.address), NULL,
	  .meaning = "one address for all, by the subject: \"Junk:\", \"Not "
	  "junk:\", \"Phishing:\", or 1|, 2|, 3|; without such a word it "
	  "is phish" },
	{ "destination", SETTING_WORD, offsetof(Tenant, reports.destination),
	  "analysts", .words = destinations,
	  .meaning = "where reports go: analysts: they are taken; mailbox: "
	  "they are delivered, and only listed; both" },
	{ "mailbox", SETTING_TEXT, offsetof(Tenant, reports.mailbox), NULL,
	  .meaning = "address of the tenant to which they are delivered; "
	  "default the report address itself" },
	{ "acknowledge", SETTING_BOOL, offsetof(Tenant, reports.acknowledge),
	  "false", .meaning = "thank verified reporters by mail" },
	{ "tell", SETTING_BOOL, offsetof(Tenant, reports.tell), "true",
	  .meaning = "tell verified reporters by mail what the analysts say "
	  "of what they reported" },
	{ "hourly", SETTING_NUMBER, offsetof(Tenant, reports.hourly), "50",
	  1, 100000, .meaning = "most reports of one reporter within an "
	  "hour; beyond, they are answered \"later\"" },
	{ "hourly_all", SETTING_NUMBER, offsetof(Tenant, reports.hourly_all),
	  "1000", 1, 1000000, .meaning = "the same of all reporters; those "
	  "who are not verified have as many for themselves" },
	{ "quota", SETTING_BYTES, offsetof(Tenant, reports.quota), "1G", 0,
	  G_MAXINT64, .meaning = "most octets of reported messages; beyond "
	  "it reports are listed without them, and while as many wait to be "
	  "worked off, they are answered \"later\" (0: no limit)" },
	{ "drill_key", SETTING_PATH, offsetof(Tenant, reports.drill_key),
	  NULL, .meaning = "file with the key of phishing drills, 16 octets "
	  "at least, which others may not read" },
	{ "text", SETTING_GROUP, 0, NULL, .of = &report_text_settings,
	  .meaning = "own words to reporters, 1,115 characters each at "
	  "most" },
};
static const struct scope report_settings = SCOPE(Tenant, report_rows);

static const struct setting tenant_rows[] = {
	{ "name", SETTING_TEXT, offsetof(Tenant, name), NULL,
	  .is_needed = true,
	  .meaning = "a word: letters, digits, '-', '_' and '.'" },
	{ "domains", SETTING_DOMAINS, offsetof(Tenant, domains), NULL,
	  .is_needed = true,
	  .meaning = "recipient domains; \"*.example.org\" is all below" },
	{ "lists", SETTING_TEXTS, offsetof(Tenant, lists), NULL,
	  .meaning = "allow/block list files, absolute paths" },
	{ "entries", SETTING_TEXTS, offsetof(Tenant, entries), NULL,
	  .meaning = "further list entries, a line each" },
	{ "feeds", SETTING_LIST, offsetof(Tenant, feeds), NULL,
	  .of = &feed_settings,
	  .meaning = "files of one value a line that others keep; they rank "
	  "below own entries" },
	{ "policy", SETTING_GROUP, 0, NULL, .of = &policy_settings,
	  .meaning = "the action for each finding that wins" },
	{ "defects", SETTING_LIST, offsetof(Tenant, defects), NULL,
	  .of = &defect_settings,
	  .meaning = "actions for mail whose make is odd; without them it is "
	  "delivered, and a candidate for some" },
	{ "mode", SETTING_WORD, offsetof(Tenant, mode), NULL, .words = modes,
	  .meaning = "as the global mode, for this tenant" },
	{ "exempt", SETTING_TEXTS, offsetof(Tenant, exempt),
	  "[ \"postmaster\", \"abuse\" ]",
	  .meaning = "local parts or addresses whose mail is never refused, "
	  "held or discarded, only tagged" },
	{ "people", SETTING_TEXTS, offsetof(Tenant, people), NULL,
	  .meaning = "our people: a display name, or \"Name <address>, "
	  "<address>\" with their own addresses elsewhere" },
	{ "protected_domains", SETTING_DOMAINS,
	  offsetof(Tenant, protected_domains), NULL,
	  .meaning = "domains of partners and brands that look-alikes are "
	  "sought of, beside the tenant's own" },
	{ "impersonation", SETTING_GROUP, 0, NULL,
	  .of = &impersonation_settings,
	  .meaning = "what is no impersonation" },
	{ "candidates", SETTING_GROUP, 0, NULL, .of = &candidate_settings,
	  .meaning = "which delivered mail is suspected" },
	{ "provisional", SETTING_GROUP, 0, NULL,
	  .of = &provisional_settings,
	  .meaning = "blocks that users' reports make by themselves" },
	{ "evidence", SETTING_GROUP, 0, NULL, .of = &evidence_settings,
	  .meaning = "delivered mail that is kept for a while" },
	{ "admins", SETTING_TEXTS, offsetof(Tenant, admins), NULL,
	  .meaning = "addresses that are told by mail what an admin should "
	  "know, such as entries that end soon" },
	{ "alerts", SETTING_GROUP, 0, NULL, .of = &alert_settings,
	  .meaning = "what admins are told, and how" },
	{ "junk_header", SETTING_TEXT, offsetof(Tenant, junk_header),
	  "X-Spam-Flag: YES",
	  .meaning = "header field that makes the mail store file a message "
	  "as junk" },
	{ "subject_tag", SETTING_TEXT, offsetof(Tenant, subject_tag), "",
	  .meaning = "text put in front of the subject of tagged mail" },
	{ "quota", SETTING_BYTES, offsetof(Tenant, quota), "10G", 0,
	  G_MAXINT64, .meaning = "most octets in quarantine; beyond it what "
	  "would be held is answered \"later\" (0: no limit)" },
	{ "combine", SETTING_WORD, offsetof(Tenant, combine), NULL,
	  .words = combines,
	  .meaning = "as the global combine, for this tenant" },
	{ "quarantine", SETTING_GROUP, 0, NULL, .of = &quarantine_settings,
	  .meaning = "rights of users and retention, fixed when a message "
	  "is held" },
	{ "zone", SETTING_TEXT, offsetof(Tenant, zone), NULL,
	  .meaning = "time zone of dates in lists and digests, as "
	  "\"Europe/Paris\"" },
	{ "language", SETTING_WORD, offsetof(Tenant, language), "en",
	  .words = languages,
	  .meaning = "language of what its users get by mail; a user may "
	  "choose another" },
	{ "digest", SETTING_GROUP, 0, NULL, .of = &digest_settings,
	  .meaning = "mail to users about what is held for them" },
	{ "reports", SETTING_GROUP, 0, NULL, .of = &report_settings,
	  .meaning = "mail that users send about messages" },
	{ "users", SETTING_GROUP, 0, NULL, .of = &user_settings,
	  .meaning = "from addresses and logins to mailboxes, for the lists "
	  "of users" },
};
const struct scope tenant_settings = SCOPE(Tenant, tenant_rows);

static const struct setting rows[] = {
	{ "socket", SETTING_TEXT, offsetof(Config, socket),
	  "unix:/run/gatepost/milter.sock",
	  .meaning = "where the MTA reaches us: unix:PATH, "
	  "inet:PORT@HOST or inet6:PORT@HOST" },
	{ "socket_mode", SETTING_OCTAL, offsetof(Config, socket_mode), "0660",
	  0, 0777, .meaning = "mode of a Unix socket" },
	{ "socket_group", SETTING_TEXT, offsetof(Config, socket_group), NULL,
	  .meaning = "group of a Unix socket, so that the MTA can open it "
	  "(\"postfix\")" },
	{ "state_dir", SETTING_PATH, offsetof(Config, state_dir),
	  "/var/lib/gatepost", .meaning = "folder of all that is kept" },
	{ "user", SETTING_TEXT, offsetof(Config, user), NULL,
	  .meaning = "user to become when started as root" },
	{ "group", SETTING_TEXT, offsetof(Config, group), NULL,
	  .meaning = "group to become; default the user's" },
	{ "log_level", SETTING_WORD, offsetof(Config, log_level), "info",
	  .words = log_levels, .meaning = "most that is logged" },
	{ "authserv_id", SETTING_TEXT, offsetof(Config, authserv_id), NULL,
	  .meaning = "our name in Authentication-Results; default the "
	  "MTA's name" },
	{ "mode", SETTING_WORD, offsetof(Config, mode), "enforce",
	  .words = modes, .meaning = "observe: nothing is held, edited or "
	  "refused; tag: only header fields are added; enforce: all" },
	{ "sessions", SETTING_NUMBER, offsetof(Config, sessions), "500", 1,
	  10000, .meaning = "most milter sessions at once; beyond it 421" },
	{ "workers", SETTING_GROUP, 0, NULL, .of = &worker_settings,
	  .meaning = "processes that read mail" },
	{ "internal_networks", SETTING_NETWORKS,
	  offsetof(Config, internal_networks),
	  "[ \"127.0.0.0/8\", \"::1\" ]",
	  .meaning = "clients that are our own people" },
	{ "relay_networks", SETTING_NETWORKS,
	  offsetof(Config, relay_networks), NULL,
	  .meaning = "hosts that hand us strangers' mail: gateways, backup "
	  "MX" },
	{ "upstreams", SETTING_LIST, offsetof(Config, upstreams), NULL,
	  .of = &upstream_settings,
	  .meaning = "filters that stand before us" },
	{ "arc_sealers", SETTING_DOMAINS, offsetof(Config, arc_sealers), NULL,
	  .meaning = "domains whose ARC seal, verified by an upstream that "
	  "strips, excuses a DMARC failure: lists and forwarders" },
	{ "authentication", SETTING_WORD, offsetof(Config, authentication),
	  "auto", .words = authentications,
	  .meaning = "whose SPF, DKIM and DMARC results count: own, upstream, "
	  "or auto: an upstream's where one writes any and strips, else own" },
	{ "dmarc", SETTING_WORD, offsetof(Config, dmarc), "treewalk",
	  .words = dmarc_ways,
	  .meaning = "how DMARC finds a domain's organisation: treewalk "
	  "(RFC 9989) or psl (RFC 7489)" },
	{ "dns", SETTING_GROUP, 0, NULL, .of = &dns_settings,
	  .meaning = "look-ups of our own" },
	{ "clamd", SETTING_GROUP, 0, NULL, .of = &clamd_settings,
	  .meaning = "a virus scanner asked about the files of mail" },
	{ "release", SETTING_GROUP, 0, NULL, .of = &release_settings,
	  .meaning = "the way of released mail" },
	{ "keep", SETTING_GROUP, 0, NULL, .of = &keep_settings,
	  .meaning = "days after which `gatepost sweep` removes" },
	{ "cron", SETTING_GROUP, 0, NULL, .of = &cron_settings,
	  .meaning = "how often cron's jobs are done; admins are told when "
	  "one was not for twice as long (0: they are not)" },
	{ "control", SETTING_GROUP, 0, NULL, .of = &control_settings,
	  .meaning = "the socket for commands of users with a role" },
	{ "roles", SETTING_LIST, offsetof(Config, roles), NULL,
	  .of = &role_settings,
	  .meaning = "who may run which commands by the control socket" },
	{ "analysts", SETTING_LIST, offsetof(Config, analysts), NULL,
	  .of = &analyst_settings,
	  .meaning = "services that give a verdict on submissions" },
	{ "combine", SETTING_WORD, offsetof(Config, combine), "any-malware",
	  .words = combines, .meaning = "how their verdicts become one: "
	  "any-malware: one that says malware is enough, else the majority; "
	  "majority; first: the first that is sure" },
	{ "min_free", SETTING_NUMBER, offsetof(Config, min_free), "5", 0, 90,
	  .meaning = "percent of free disk below which nothing is recorded "
	  "but held mail" },
	{ "feeds", SETTING_LIST, offsetof(Config, feeds), NULL,
	  .of = &feed_settings,
	  .meaning = "as a tenant's feeds, for every tenant" },
	{ "tenants", SETTING_LIST, offsetof(Config, tenants), NULL,
	  .of = &tenant_settings, .is_needed = true,
	  .meaning = "the organisations whose mail is filtered" },
};
const struct scope settings = SCOPE(Config, rows);
