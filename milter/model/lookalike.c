/*
 * lookalike.c -- domains that resemble a protected one
 *
 * A shield holds all that can be reckoned beforehand.  Of a domain that is
 * looked at, its label is decoded and folded once; most protected ones are
 * then set aside by length and by which letters there are at all.
 */
#include "gatepost/model/lookalike.h"

#include <pthread.h>
#include <string.h>

#include "gatepost/model/confusable.h"
#include "gatepost/model/domain.h"

/* Characters that a label must have before so much likeness says anything:
 * there are too many short names. */
#define LETTERS_LEAST 5
#define LETTERS_ASCII 4
#define WORDS_LEAST 5
#define TYPO_LEAST 6
#define TYPO_TWO 10
#define SUFFIX_LEAST 6
/* A word this short counts only between hyphens. */
#define WORD_ALONE 3
/* What is left of a label whose word is run together with it. */
#define CORE_LEAST 6
/* Words that are run together. */
#define WORDS_DEEP 3
#define LABEL_MOST 63

const char *const likenesses[] = {
	"letters", "accents", "front", "typo", "suffix", "words", "scripts",
	"nothing", NULL
};

static const char *const texts[] = {
	[LIKE_LETTERS] = "reads like",
	[LIKE_ACCENTS] = "is, but for accents,",
	[LIKE_FRONT] = "is another's domain that begins with",
	[LIKE_WORDS] = "differs by common words alone from",
	[LIKE_TYPO] = "is a slip of the pen away from",
	[LIKE_SUFFIX] = "has the name, under another ending, of",
	[LIKE_SCRIPTS] = "mixes alphabets that look alike",
	[LIKE_NOTHING] = "resembles nothing that is protected",
};

const char *
likeness_text(enum likeness how)
{
	return texts[how];
}

/* A label as it is compared. */
struct label {
	char *shown;		/* Unicode */
	char *skeleton;
	char *bare;		/* the skeleton without accents */
	gunichar *letters;	/* of shown */
	guint count;
	guint64 mask;		/* which letters there are */
	const char *suffix;	/* borrowed from the domain */
	bool is_ascii;
};

struct shielded {
	char *domain;		/* registrable */
	struct label label;
	char *core;		/* skeleton without its word; NULL: none */
	bool is_core_apart;	/* a hyphen parted the word from it */
	bool is_common;		/* a word that many use */
};

struct Shield {
	GPtrArray *all;		/* of struct shielded * */
	GHashTable *domains;	/* of those, borrowed */
};

/* ---- words ---- */

/* What is put beside a name to make it look official.  A name that is a
 * common word itself is found by those that a thief needs alone. */
static const struct {
	const char *word;
	bool is_grave;
} words[] = {
	{ "login", true }, { "logon", true }, { "signin", true },
	{ "sign", false }, { "secure", true }, { "security", true },
	{ "secured", true }, { "safe", false }, { "support", true },
	{ "helpdesk", true }, { "help", false }, { "service", false },
	{ "services", false }, { "servicedesk", true }, { "account", true },
	{ "accounts", true }, { "verify", true }, { "verification", true },
	{ "confirm", true }, { "update", true }, { "updates", true },
	{ "alert", true }, { "alerts", true }, { "notice", true },
	{ "notify", true }, { "notification", true },
	{ "notifications", true }, { "billing", true }, { "invoice", true },
	{ "invoices", true }, { "payment", true }, { "payments", true },
	{ "payroll", true }, { "pay", false }, { "refund", true },
	{ "wallet", true }, { "bank", false }, { "banking", true },
	{ "online", false }, { "web", false }, { "webmail", true },
	{ "mail", false }, { "mails", false }, { "email", true },
	{ "mailer", true }, { "mailbox", true }, { "office", false },
	{ "portal", true }, { "client", false }, { "clients", false },
	{ "customer", false }, { "customers", false }, { "user", false },
	{ "users", false }, { "team", false }, { "admin", true },
	{ "info", false }, { "contact", false }, { "cloud", false },
	{ "drive", false }, { "docs", false }, { "document", false },
	{ "documents", false }, { "file", false }, { "files", false },
	{ "share", false }, { "access", true }, { "auth", true },
	{ "sso", true }, { "vpn", true }, { "mfa", true }, { "reset", true },
	{ "password", true }, { "recovery", true }, { "unlock", true },
	{ "group", false }, { "global", false }, { "international", false },
	{ "world", false }, { "official", false }, { "corp", false },
	{ "corporate", false }, { "company", false }, { "inc", false },
	{ "llc", false }, { "ltd", false }, { "gmbh", false },
	{ "shop", false }, { "store", false }, { "sales", false },
	{ "order", false }, { "orders", false }, { "delivery", false },
	{ "shipping", false }, { "tracking", false }, { "hr", false },
	{ "jobs", false }, { "career", false }, { "careers", false },
	{ "app", false }, { "apps", false }, { "mobile", false },
	{ "center", false }, { "centre", false }, { "desk", false },
	{ "news", false }, { "legal", false }, { "finance", false },
	{ "tax", false }, { "the", false }, { "my", false }, { "get", false },
	{ "go", false }, { "it", false }, { "us", false }, { "usa", false },
	{ "uk", false }, { "eu", false }, { "de", false }, { "fr", false },
	{ "es", false }, { "nl", false }, { "ch", false }, { "at", false },
	{ "com", true }, { "org", true }, { "net", true }, { "kundenservice",
	  true }, { "kunden", false }, { "konto", true }, { "sicherheit",
	  true }, { "rechnung", true }, { "anmeldung", true }, { "hilfe",
	  false }, { "compte", true }, { "securite", true }, { "facture",
	  true }, { "soporte", true }, { "cuenta", true }, { "seguro", false },
};

/* Names that are words of everyday use: the same one under another ending is
 * most often another's good name. */
static const char *const common[] = {
	"access", "action", "active", "advance", "agency", "airport",
	"alliance", "alpha", "america", "amigo", "animal", "apple", "archive",
	"arena", "atlantic", "aurora", "autumn", "avenue", "balance",
	"beacon", "beauty", "berlin", "bridge", "bright", "builder",
	"business", "capital", "castle", "center", "central", "centre",
	"century", "choice", "church", "circle", "citizen", "classic",
	"climate", "college", "comfort", "community", "company", "compass",
	"computer", "concept", "connect", "consulting", "control",
	"council", "country", "create", "creative", "crystal", "culture",
	"custom", "dental", "design", "diamond", "digital", "direct",
	"discover", "doctor", "domain", "dragon", "dynamic", "economy",
	"education", "election", "element", "elite", "empire", "energy",
	"engine", "equity", "estate", "europe", "events", "everest",
	"evolution", "express", "factory", "family", "fashion", "federal",
	"finance", "fitness", "flight", "flower", "forest", "forward",
	"foundation", "freedom", "friends", "frontier", "fusion", "future",
	"galaxy", "gallery", "garden", "gateway", "general", "genesis",
	"global", "golden", "gravity", "guardian", "harbor", "harmony",
	"health", "heritage", "history", "holiday", "horizon", "hospital",
	"hotels", "imagine", "impact", "independent", "industry",
	"infinity", "insight", "inspire", "institute", "insurance",
	"internet", "island", "journal", "journey", "justice", "kingdom",
	"kitchen", "leader", "legacy", "liberty", "library", "lighthouse",
	"living", "london", "luxury", "machine", "madrid", "magazine",
	"marine", "market", "marketing", "master", "matrix", "medical",
	"memory", "meridian", "metro", "mirror", "mobile", "modern",
	"moment", "mountain", "museum", "nation", "national", "nature",
	"network", "nordic", "number", "ocean", "office", "online", "oracle",
	"orange", "orbit", "origin", "outdoor", "outlook", "pacific",
	"palace", "panorama", "paradise", "partner", "partners", "people",
	"perfect", "phoenix", "photo", "pioneer", "planet", "platform",
	"player", "police", "popular", "prime", "project", "property",
	"public", "quality", "radio", "rainbow", "record", "report",
	"republic", "research", "reserve", "resource", "river", "royal",
	"school", "science", "season", "secret", "select", "senior",
	"service", "services", "shadow", "shell", "shield", "signal",
	"silver", "simple", "smart", "social", "society", "software",
	"solar", "solution", "solutions", "source", "spirit", "sports",
	"spring", "square", "station", "street", "studio", "summer",
	"summit", "sunrise", "support", "system", "systems", "target",
	"technology", "theater", "theatre", "ticket", "together", "tourism",
	"trading", "traffic", "training", "travel", "treasure", "triangle",
	"trinity", "trust", "union", "unique", "united", "unity", "universe",
	"university", "valley", "vector", "venture", "vertex", "victory",
	"vintage", "vision", "voyage", "water", "weather", "wedding",
	"welcome", "western", "window", "windows", "winter", "wisdom",
	"wonder", "worker", "world",
};

static GHashTable *word_rows;	/* skeleton to row + 1 */
static GHashTable *common_words;
static pthread_once_t words_once = PTHREAD_ONCE_INIT;

static void
words_load(void)
{
	word_rows = g_hash_table_new(g_str_hash, g_str_equal);
	for (guint i = 0; i < G_N_ELEMENTS(words); i++)
		g_hash_table_insert(word_rows,
				    confusable_skeleton(words[i].word),
				    GUINT_TO_POINTER(i + 1));
	common_words = g_hash_table_new(g_str_hash, g_str_equal);
	for (guint i = 0; i < G_N_ELEMENTS(common); i++)
		g_hash_table_add(common_words, (char *)common[i]);
}

/* Is the text of LENGTH at TEXT a word, and a grave one? */
static bool
is_word(const char *text, gsize length, bool *is_grave)
{
	char copy[LABEL_MOST + 1];
	guint row;

	if (length == 0 || length >= sizeof copy)
		return false;
	memcpy(copy, text, length);
	copy[length] = '\0';
	row = GPOINTER_TO_UINT(g_hash_table_lookup(word_rows, copy));
	if (row)
		*is_grave |= words[row - 1].is_grave;
	return row > 0;
}

/* Is that text made of at most DEEP words, run together? */
static bool
is_words(const char *text, gsize length, bool is_apart, guint deep,
	 bool *is_grave)
{
	if ((is_apart || length > WORD_ALONE) &&
	    is_word(text, length, is_grave))
		return true;
	if (deep <= 1)
		return false;
	for (gsize i = WORD_ALONE + 1; i + WORD_ALONE < length; i++)
		if (is_word(text, i, is_grave) &&
		    is_words(text + i, length - i, false, deep - 1,
			     is_grave))
			return true;
	return false;
}

/* Does what stands beside a name, LENGTH octets at TEXT, consist of words?
 * Where no hyphen parts it from the name, short ones do not count. */
static bool
is_beside(const char *text, gsize length, bool is_before, bool *is_grave)
{
	const char *end = text + length;

	while (text < end) {
		const char *hyphen = memchr(text, '-', (gsize)(end - text));
		const char *stop = hyphen ? hyphen : end;
		bool touches = is_before ? stop == end :
		    text == end - length;

		if (stop > text &&
		    !is_words(text, (gsize)(stop - text), !touches,
			      WORDS_DEEP, is_grave))
			return false;
		text = hyphen ? hyphen + 1 : end;
	}
	return true;
}

/* Is HAY the name NEEDLE with words beside it? */
static bool
is_worded(const char *hay, const char *needle, bool is_common)
{
	gsize length = strlen(hay), inner = strlen(needle);

	if (length <= inner)
		return false;
	for (const char *at = strstr(hay, needle); at;
	     at = strstr(at + 1, needle)) {
		bool is_grave = false;

		if (is_beside(hay, (gsize)(at - hay), true, &is_grave) &&
		    is_beside(at + inner, length - inner - (gsize)(at - hay),
			      false, &is_grave) && (is_grave || !is_common))
			return true;
	}
	return false;
}

/* ---- labels ---- */

static char *
without_marks(const char *skeleton)
{
	GString *out = g_string_sized_new(strlen(skeleton));

	for (const char *p = skeleton; *p; p = g_utf8_next_char(p)) {
		gunichar c = g_utf8_get_char(p);

		if (!g_unichar_ismark(c))
			g_string_append_unichar(out, c);
	}
	return g_string_free(out, FALSE);
}

static void
label_clear(struct label *label)
{
	g_free(label->shown);
	g_free(label->skeleton);
	g_free(label->bare);
	g_free(label->letters);
}

/* The label of DOMAIN, a registrable one. */
static void
label_set(struct label *label, const char *domain)
{
	gsize length = strcspn(domain, ".");
	g_autofree char *raw = g_strndup(domain, length);
	glong count;

	label->suffix = domain + length + (domain[length] == '.');
	label->shown = domain_unicode(raw);
	label->is_ascii = g_str_is_ascii(label->shown);
	label->skeleton = confusable_skeleton(label->shown);
	label->bare = label->is_ascii ? g_strdup(label->skeleton) :
	    without_marks(label->skeleton);
	label->letters = g_utf8_to_ucs4_fast(label->shown, -1, &count);
	label->count = (guint)count;
	label->mask = 0;
	for (guint i = 0; i < label->count; i++)
		label->mask |= 1ULL << (label->letters[i] & 63);
}

/* Two alphabets that have letters in common, in one label. */
static bool
is_mixed(const struct label *label)
{
	static const GUnicodeScript alike[] = {
		G_UNICODE_SCRIPT_LATIN, G_UNICODE_SCRIPT_CYRILLIC,
		G_UNICODE_SCRIPT_GREEK, G_UNICODE_SCRIPT_ARMENIAN,
		G_UNICODE_SCRIPT_CHEROKEE, G_UNICODE_SCRIPT_COPTIC,
		G_UNICODE_SCRIPT_LISU
	};
	guint seen = 0;

	if (label->is_ascii)
		return false;
	for (guint i = 0; i < label->count; i++)
		for (guint j = 0; j < G_N_ELEMENTS(alike); j++)
			if (g_unichar_get_script(label->letters[i]) ==
			    alike[j])
				seen |= 1U << j;
	return (seen & (seen - 1)) != 0;
}

guint
edit_distance(const gunichar *one, guint length, const gunichar *other,
	      guint other_length, guint most)
{
	guint rows[3][LABEL_MOST + 2];
	guint *before = rows[0], *above = rows[1], *row = rows[2];

	if (length > LABEL_MOST || other_length > LABEL_MOST ||
	    length > other_length + most || other_length > length + most)
		return most + 1;
	for (guint j = 0; j <= other_length; j++)
		above[j] = j;
	for (guint i = 1; i <= length; i++) {
		guint *spare = before, least = row[0] = i;

		for (guint j = 1; j <= other_length; j++) {
			bool same = one[i - 1] == other[j - 1];

			row[j] = MIN(MIN(above[j], row[j - 1]) + 1,
				     above[j - 1] + !same);
			if (i > 1 && j > 1 && one[i - 1] == other[j - 2] &&
			    one[i - 2] == other[j - 1])
				row[j] = MIN(row[j], before[j - 2] + 1);
			least = MIN(least, row[j]);
		}
		if (least > most)
			return most + 1;
		before = above;
		above = row;
		row = spare;
	}
	return MIN(above[other_length], most + 1);
}

/* ---- the shield ---- */

static void
shielded_free(gpointer data)
{
	struct shielded *one = data;

	label_clear(&one->label);
	g_free(one->domain);
	g_free(one->core);
	g_free(one);
}

Shield *
shield_new(void)
{
	Shield *shield = g_new0(Shield, 1);

	pthread_once(&words_once, words_load);
	shield->all = g_ptr_array_new_with_free_func(shielded_free);
	shield->domains = g_hash_table_new(g_str_hash, g_str_equal);
	return shield;
}

void
shield_free(Shield *shield)
{
	if (!shield)
		return;
	g_hash_table_unref(shield->domains);
	g_ptr_array_unref(shield->all);
	g_free(shield);
}

/* "example" of "example-bank", "mustermann" of "mustermannbank": the name
 * that is left when a word goes from its end. */
static void
core_set(struct shielded *one)
{
	const char *skeleton = one->label.skeleton;
	const char *hyphen = strrchr(skeleton, '-');
	gsize length = strlen(skeleton);
	bool is_grave = false;

	if (hyphen && hyphen - skeleton >= WORDS_LEAST &&
	    is_word(hyphen + 1, strlen(hyphen + 1), &is_grave)) {
		one->core = g_strndup(skeleton, (gsize)(hyphen - skeleton));
		one->is_core_apart = true;
	}
	for (gsize i = CORE_LEAST; !one->core && i + WORD_ALONE < length; i++)
		if (is_word(skeleton + i, length - i, &is_grave))
			one->core = g_strndup(skeleton, i);
	if (one->core && g_hash_table_contains(common_words, one->core))
		g_clear_pointer(&one->core, g_free);
}

bool
shield_add(Shield *shield, const char *domain)
{
	const char *own = g_str_has_prefix(domain, "*.") ? domain + 2 :
	    domain;
	const char *registrable = domain_registrable(own);
	struct shielded *one;

	if (!registrable)
		return false;
	if (g_hash_table_contains(shield->domains, registrable))
		return true;
	one = g_new0(struct shielded, 1);
	one->domain = g_strdup(registrable);
	label_set(&one->label, one->domain);
	one->is_common = g_hash_table_contains(common_words,
					       one->label.shown);
	core_set(one);
	g_ptr_array_add(shield->all, one);
	g_hash_table_add(shield->domains, one->domain);
	return true;
}

bool
shield_covers(const Shield *shield, const char *domain)
{
	const char *registrable = domain_registrable(domain);

	return registrable &&
	    g_hash_table_contains(shield->domains, registrable);
}

/* ---- kinds of likeness: to add one, a function and a row below ---- */

static bool
has_digit(const char *text)
{
	return strpbrk(text, "0123456789") != NULL;
}

/* Another label that reads the same.  Short ones of plain letters are names
 * of their own: "ing" is not "lng". */
static bool
is_letters(const struct label *label, const struct shielded *one)
{
	if (strcmp(label->skeleton, one->label.skeleton) != 0 ||
	    strcmp(label->shown, one->label.shown) == 0)
		return false;
	if (one->label.count >= LETTERS_LEAST)
		return true;
	return strcmp(label->suffix, one->label.suffix) == 0 &&
	    (!label->is_ascii ||
	     (one->label.count >= LETTERS_ASCII && has_digit(label->shown) &&
	      !has_digit(one->label.shown)));
}

static bool
is_accents(const struct label *label, const struct shielded *one)
{
	return one->label.count >= LETTERS_LEAST &&
	    !(label->is_ascii && one->label.is_ascii) &&
	    strcmp(label->bare, one->label.bare) == 0 &&
	    strcmp(label->skeleton, one->label.skeleton) != 0;
}

static bool
is_with_words(const struct label *label, const struct shielded *one)
{
	if (one->label.count < WORDS_LEAST)
		return false;
	if (is_worded(label->bare, one->label.bare, one->is_common))
		return true;
	return one->core && (strcmp(label->bare, one->core) == 0 ||
			     (one->is_core_apart &&
			      is_worded(label->bare, one->core, true)));
}

static bool
is_typo(const struct label *label, const struct shielded *one)
{
	const struct label *own = &one->label;
	guint most = own->count >= TYPO_TWO ? 2 : 1;

	if (own->count < TYPO_LEAST ||
	    __builtin_popcountll(own->mask ^ label->mask) > 2 * (int)most ||
	    strcmp(label->shown, own->shown) == 0 ||
	    g_hash_table_contains(common_words, label->shown))
		return false;
	return edit_distance(label->letters, label->count, own->letters,
			     own->count, most) <= most;
}

static bool
is_suffix(const struct label *label, const struct shielded *one)
{
	return one->label.count >= SUFFIX_LEAST && !one->is_common &&
	    strcmp(label->shown, one->label.shown) == 0;
}

static const struct {
	enum likeness how;
	bool (*is_alike)(const struct label *label,
			 const struct shielded *one);
} kinds[] = {
	{ LIKE_LETTERS, is_letters },
	{ LIKE_ACCENTS, is_accents },
	{ LIKE_TYPO, is_typo },
	{ LIKE_SUFFIX, is_suffix },
	{ LIKE_WORDS, is_with_words },
};

/* The protected domain that DOMAIN begins with, or NULL. */
static const char *
front_of(const Shield *shield, const char *domain)
{
	for (guint i = 0; i < shield->all->len; i++) {
		const struct shielded *one = shield->all->pdata[i];
		gsize length = strlen(one->domain);

		if (strncmp(domain, one->domain, length) == 0 &&
		    domain[length] == '.')
			return one->domain;
	}
	return NULL;
}

enum likeness
shield_find(const Shield *shield, const char *domain, bool is_shown,
	    const char **of)
{
	const char *registrable = domain_registrable(domain);
	enum likeness how = LIKE_NOTHING;
	struct label label;

	*of = NULL;
	if (!registrable || shield_covers(shield, registrable))
		return how;
	label_set(&label, registrable);
	for (guint i = 0; i < shield->all->len; i++)
		for (guint j = 0; j < G_N_ELEMENTS(kinds); j++) {
			const struct shielded *one = shield->all->pdata[i];

			if (kinds[j].how >= how ||
			    !kinds[j].is_alike(&label, one))
				continue;
			how = kinds[j].how;
			*of = one->domain;
		}
	if (is_shown && how > LIKE_FRONT && registrable != domain) {
		const char *front = front_of(shield, domain);

		how = front ? LIKE_FRONT : how;
		*of = front ? front : *of;
	}
	if (how == LIKE_NOTHING && is_mixed(&label))
		how = LIKE_SCRIPTS;
	label_clear(&label);
	return how;
}
