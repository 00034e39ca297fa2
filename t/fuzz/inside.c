/*
 * inside.c -- fuzz what files hold: archives, PDFs, compound files
 */
#include "gatepost/content/defect.h"
#include "gatepost/content/files.h"
#include "gatepost/content/inside.h"

int LLVMFuzzerTestOneInput(const guint8 *data, gsize size);

static void
page(const guint8 *octets, gsize length, void *data)
{
	(void)octets;
	*(gsize *)data += length;
}

int
LLVMFuzzerTestOneInput(const guint8 *data, gsize size)
{
	g_autoptr(GByteArray) octets = g_byte_array_new();
	g_autoptr(GPtrArray) names = g_ptr_array_new_with_free_func(g_free);
	g_autoptr(Facts) facts = facts_new();
	struct decoder decoder;
	struct inside inside;
	struct links links;
	gsize pages = 0;
	File *file;

	links_init(&links, facts);
	inside_init(&inside, &links, page, &pages);
	decode_start(&decoder, ENCODING_IDENTITY, data, size);
	file = files_add(facts, names, "application/octet-stream", &decoder,
			 octets, true);
	inside_read(&inside, file, octets->data, octets->len);
	links_clear(&links);
	return 0;
}
