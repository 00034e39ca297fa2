/*
 * hash.c -- unit test: SipHash-2-4 against its authors' vectors
 */
#include "gatepost/util/hash.h"

/* Key 00 01 .. 0f, input 00 01 .. of each length. */
static const struct {
	gsize length;
	guint64 hash;
} vectors[] = {
	{ 0, G_GUINT64_CONSTANT(0x726fdb47dd0e0e31) },
	{ 1, G_GUINT64_CONSTANT(0x74f839c593dc67fd) },
	{ 2, G_GUINT64_CONSTANT(0x0d6c8009d9a94f5a) },
	{ 3, G_GUINT64_CONSTANT(0x85676696d7fb7e2d) },
	{ 7, G_GUINT64_CONSTANT(0xab0200f58b01d137) },
	{ 8, G_GUINT64_CONSTANT(0x93f5f5799a932462) },
	{ 15, G_GUINT64_CONSTANT(0xa129ca6149be45e5) },
	{ 63, G_GUINT64_CONSTANT(0x958a324ceb064572) },
};

static const struct hash_key key = {
	G_GUINT64_CONSTANT(0x0706050403020100),
	G_GUINT64_CONSTANT(0x0f0e0d0c0b0a0908),
};

static void
test_vectors(void)
{
	guint8 input[64];

	for (guint i = 0; i < sizeof input; i++)
		input[i] = (guint8)i;
	for (guint i = 0; i < G_N_ELEMENTS(vectors); i++) {
		g_test_message("%zu octets", vectors[i].length);
		g_assert_cmphex(hash_bytes(&key, input, vectors[i].length),
				==, vectors[i].hash);
	}
}

/* The same authors' vectors of 128 bits, the first eight octets in front. */
static void
test_wide(void)
{
	guint8 input[1] = { 0 };
	struct hash_wide none = hash_wide(&key, input, 0);
	struct hash_wide one = hash_wide(&key, input, 1);

	g_assert_cmphex(none.a, ==, G_GUINT64_CONSTANT(0xe6a825ba047f81a3));
	g_assert_cmphex(none.b, ==, G_GUINT64_CONSTANT(0x930255c71472f66d));
	g_assert_cmphex(one.a, ==, G_GUINT64_CONSTANT(0x44af996bd8c187da));
	g_assert_cmphex(one.b, ==, G_GUINT64_CONSTANT(0x45fc229b11597634));
}

static const struct {
	guint64 hash;
	const char *text;
} texts[] = {
	{ 0, "0000000000000" },
	{ 31, "000000000000Z" },
	{ 32, "0000000000010" },
	{ G_MAXUINT64, "FZZZZZZZZZZZZ" },
};

static void
test_text(void)
{
	char out[HASH_TEXT];

	for (guint i = 0; i < G_N_ELEMENTS(texts); i++) {
		hash_text(texts[i].hash, out);
		g_assert_cmpstr(out, ==, texts[i].text);
	}
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/hash/vectors", test_vectors);
	g_test_add_func("/hash/wide", test_wide);
	g_test_add_func("/hash/text", test_text);
	return g_test_run();
}
