/*
 * token.c -- unit test: words by which users act, and their forgeries
 *
 * GATEPOST_LONG=1 tries ten million of them instead of one.
 */
#include "gatepost/service/token.h"

#include <stdlib.h>
#include <string.h>

#include "gatepost/util/clock.h"
#include "gatepost/util/digest.h"

#define ITEM "01KAX3QZ7M4V9T2W5Y8B0C1D2E"
#define OTHER "01KAX3QZ7M4V9T2W5Y8B0C1D2F"
#define UNTIL G_GINT64_CONSTANT(1800000000)
#define NOW (G_GINT64_CONSTANT(1795000000) * CLOCK_SECOND)
#define TENANT "example"
#define RCPT "jane@example.org"

static struct token_keys keys = {
	.count = 1, .keys = { { .number = 7, .octets = { 1, 2, 3 } } },
};

static void
make(char out[TOKEN_TEXT])
{
	token_make(&keys, TENANT, RCPT, ITEM, TOKEN_RELEASE, UNTIL, out);
}

/* @ is the token; a row without it says what is to be found. */
static const struct {
	const char *name, *subject;
	bool is_found;
} subjects[] = {
	{ "a token alone is found", "@", true },
	{ "behind a word", "Release @", true },
	{ "behind Re: and a tag", "Re: [EXTERN] AW: Release: @", true },
	{ "in front of other words", "Release @ (was: Fwd)", true },
	{ "before a full stop", "@.", true },
	{ "behind a mark with nothing", "GP1-  GP1-x @", true },
	{ "no subject has none", NULL, false },
	{ "an empty one has none", "", false },
	{ "words have none", "Release my mail", false },
	{ "a digit too many is another word", "@0", false },
};

static void
test_find(void)
{
	char text[TOKEN_TEXT];

	make(text);
	for (guint i = 0; i < G_N_ELEMENTS(subjects); i++) {
		g_auto(GStrv) parts = g_strsplit(subjects[i].subject ?
		    subjects[i].subject : "", "@", -1);
		g_autofree char *subject = subjects[i].subject ?
		    g_strjoinv(text, parts) : NULL;
		struct token token;

		g_test_message("%s", subjects[i].name);
		g_assert_true(token_find(subject, &token) ==
			      subjects[i].is_found);
		if (!subjects[i].is_found)
			continue;
		g_assert_cmpstr(token.item, ==, ITEM);
		g_assert_cmpint(token.deed, ==, TOKEN_RELEASE);
		g_assert_cmpint(token.until, ==, UNTIL);
		g_assert_true(token_holds(&keys, &token, TENANT, RCPT, NOW));
	}
}

/* What mail programs do to a long word in a subject. */
static void
test_spelling(void)
{
	char text[TOKEN_TEXT];
	g_autofree char *small = NULL;
	g_autoptr(GString) folded = g_string_new(NULL);
	struct token token;

	make(text);
	small = g_ascii_strdown(text, -1);
	g_strdelimit(small, "0", 'o');
	g_strdelimit(small, "1", 'l');
	/* The mark has a one of its own. */
	memcpy(small, "gp1-", 4);
	g_assert_true(token_find(small, &token));
	g_assert_true(token_holds(&keys, &token, TENANT, RCPT, NOW));
	for (guint i = 0; text[i]; i++) {
		g_string_append_c(folded, text[i]);
		if (i > 4 && i % 9 == 0)
			g_string_append(folded, "\t ");
	}
	g_assert_true(token_find(folded->str, &token));
	g_assert_true(token_holds(&keys, &token, TENANT, RCPT, NOW));
}

/* The layout is what tokens in people's mailboxes have: it stays. */
static void
test_layout(void)
{
	char text[TOKEN_TEXT];
	guint8 mac[DIGEST_MAC], all[4 + 4 + 24 + 4 + 7 + 4 + 16] = {
		0, 0, 0, 4, 'h', 'e', 'l', 'd',
		1, 7, TOKEN_RELEASE, 0, 0x6b, 0x49, 0xd2, 0x00,
	};
	struct token token;
	guint64 high = 0, low = 0;

	/* The item: 26 digits, the first of three bits. */
	for (guint i = 0; i < 26; i++) {
		const char *table = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
		guint64 value = (guint64)(strchr(table, ITEM[i]) - table);

		high = high << 5 | low >> 59;
		low = low << 5 | value;
	}
	high = GUINT64_TO_BE(high);
	low = GUINT64_TO_BE(low);
	memcpy(all + 16, &high, 8);
	memcpy(all + 24, &low, 8);
	memcpy(all + 32, "\0\0\0\7example\0\0\0\20jane@example.org", 31);
	digest_mac(keys.keys[0].octets, all, sizeof all, mac);
	make(text);
	g_assert_cmpuint(strlen(text), ==, TOKEN_TEXT - 1);
	g_assert_true(token_find(text, &token));
	g_assert_cmpmem(token.mac, TOKEN_MAC, mac, TOKEN_MAC);
}

static const struct {
	const char *name, *tenant, *rcpt;
	gint64 now;
	bool holds;
} holds[] = {
	{ "it holds for whom it was made", TENANT, RCPT, NOW, true },
	{ "not for another recipient", TENANT, "joe@example.org", NOW,
	  false },
	{ "not for another tenant", "other", RCPT, NOW, false },
	{ "not where the parts run together", "examplej",
	  "ane@example.org", NOW, false },
	{ "a second before its end", TENANT, RCPT,
	  (UNTIL - 1) * CLOCK_SECOND, true },
	{ "not at its end", TENANT, RCPT, UNTIL * CLOCK_SECOND, false },
};

static void
test_holds(void)
{
	char text[TOKEN_TEXT];
	struct token token;

	make(text);
	g_assert_true(token_find(text, &token));
	for (guint i = 0; i < G_N_ELEMENTS(holds); i++) {
		g_test_message("%s", holds[i].name);
		g_assert_true(token_holds(&keys, &token, holds[i].tenant,
					  holds[i].rcpt, holds[i].now) ==
			      holds[i].holds);
	}
}

/* Each part of a token that is good, put in place of another's. */
static void
test_swap(void)
{
	char text[TOKEN_TEXT];
	struct token token, other;

	token_make(&keys, TENANT, RCPT, OTHER, TOKEN_PREVIEW, UNTIL + 9,
		   text);
	g_assert_true(token_find(text, &other));
	make(text);
	g_assert_true(token_find(text, &token));
	token.deed = other.deed;
	g_assert_false(token_holds(&keys, &token, TENANT, RCPT, NOW));
	g_assert_true(token_find(text, &token));
	memcpy(token.item, other.item, sizeof token.item);
	g_assert_false(token_holds(&keys, &token, TENANT, RCPT, NOW));
	g_assert_true(token_find(text, &token));
	token.until = other.until;
	g_assert_false(token_holds(&keys, &token, TENANT, RCPT, NOW));
	g_assert_true(token_find(text, &token));
	token.key++;
	g_assert_false(token_holds(&keys, &token, TENANT, RCPT, NOW));
	g_assert_true(token_find(text, &token));
	memcpy(token.mac, other.mac, TOKEN_MAC);
	g_assert_false(token_holds(&keys, &token, TENANT, RCPT, NOW));
}

static void
test_rotation(void)
{
	struct token_keys now = keys;
	char text[TOKEN_TEXT];
	struct token token;

	make(text);
	g_assert_true(token_find(text, &token));
	now.count = 2;
	now.keys[1] = keys.keys[0];
	now.keys[0] = (struct token_key){ .number = 8, .octets = { 9 } };
	g_test_message("a token of the key before holds");
	g_assert_true(token_holds(&now, &token, TENANT, RCPT, NOW));
	now.keys[1] = now.keys[0];
	now.keys[0] = (struct token_key){ .number = 9, .octets = { 8 } };
	g_test_message("... and one of the key before that does not");
	g_assert_false(token_holds(&now, &token, TENANT, RCPT, NOW));
	g_test_message("another key under the same number proves nothing");
	now.keys[0].number = 7;
	g_assert_false(token_holds(&now, &token, TENANT, RCPT, NOW));
}

/* Digits changed at random: 1 to 4 of them, each time another. */
static void
test_mutations(void)
{
	static const char table[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
	guint tries = getenv("GATEPOST_LONG") ? 10000000 : 1000000;
	g_autoptr(GRand) rand = g_rand_new_with_seed(20261121);
	guint accepted = 0, found = 0;
	char text[TOKEN_TEXT], changed[TOKEN_TEXT];
	struct token token;

	make(text);
	for (guint i = 0; i < tries; i++) {
		guint count = 1 + g_rand_int_range(rand, 0, 4);

		memcpy(changed, text, sizeof text);
		while (count-- > 0)
			changed[4 + g_rand_int_range(rand, 0, 64)] =
			    table[g_rand_int_range(rand, 0, 32)];
		if (strcmp(changed, text) == 0 ||
		    !token_find(changed, &token))
			continue;
		found++;
		accepted += token_holds(&keys, &token, TENANT, RCPT, NOW);
	}
	g_test_message("%u changed tokens, %u of them in form, %u accepted",
		       tries, found, accepted);
	g_assert_cmpuint(found, >, tries / 2);
	g_assert_cmpuint(accepted, ==, 0);
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/token/find", test_find);
	g_test_add_func("/token/spelling", test_spelling);
	g_test_add_func("/token/layout", test_layout);
	g_test_add_func("/token/holds", test_holds);
	g_test_add_func("/token/swap", test_swap);
	g_test_add_func("/token/rotation", test_rotation);
	g_test_add_func("/token/mutations", test_mutations);
	return g_test_run();
}
