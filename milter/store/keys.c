/*
 * keys.c -- the keys of tokens, in a file of their own
 *
 * One file holds both, so that a rotation is one rename: whoever reads sees
 * the old two or the new two.
 */
#include "gatepost/store/keys.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "gatepost/util/clock.h"
#include "gatepost/util/file.h"
#include "gatepost/util/text.h"

#define FOLDER "keys"
#define NAME "token"
#define MOST 4096

static bool
fail(GError **error, const char *text)
{
	g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_PERM,
		    FOLDER "/" NAME " of state_dir %s", text);
	return false;
}

static bool
make_key(struct token_key *key, guint8 number, GError **error)
{
	key->number = number;
	key->since = clock_now();
	return getrandom(key->octets, sizeof key->octets, 0) ==
	    sizeof key->octets || file_fail(error, "make", NAME);
}

static bool
write_keys(int folder, const struct token_keys *keys, GError **error)
{
	g_autoptr(GString) out = g_string_new(NULL);

	for (guint i = 0; i < keys->count; i++) {
		const struct token_key *key = &keys->keys[i];
		g_autofree char *hex = text_hex(key->octets, KEY_OCTETS);
		char since[CLOCK_TEXT];

		clock_format(key->since, since);
		g_string_append_printf(out, "%u %s %s\n", key->number, since,
				       hex);
	}
	return file_replace(folder, NAME, out->str, out->len, 0600, error);
}

/* One line, as write_keys() makes it. */
static bool
read_key(const char *line, struct token_key *key)
{
	g_auto(GStrv) words = g_strsplit(line, " ", -1);
	guint64 number;

	if (g_strv_length(words) != 3 || strlen(words[2]) != 2 * KEY_OCTETS ||
	    !g_ascii_string_to_unsigned(words[0], 10, 0, 255, &number,
					NULL) ||
	    !clock_parse(words[1], "UTC", &key->since))
		return false;
	key->number = (guint8)number;
	for (guint i = 0; i < KEY_OCTETS; i++) {
		int high = g_ascii_xdigit_value(words[2][2 * i]);
		int low = g_ascii_xdigit_value(words[2][2 * i + 1]);

		if (high < 0 || low < 0)
			return false;
		key->octets[i] = (guint8)(high << 4 | low);
	}
	return true;
}

/* Is the file one that nobody else could read or put there? */
static bool
is_private(int folder, GError **error)
{
	struct stat st;

	if (fstatat(folder, NAME, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return file_fail(error, "look at", FOLDER "/" NAME);
	if (!S_ISREG(st.st_mode) || (st.st_mode & 0077))
		return fail(error, "may be read by others, so anybody could "
			    "have signed: chmod 0600 it, then run gatepost "
			    "key rotate twice");
	if (st.st_uid != geteuid() && st.st_uid != 0 && geteuid() != 0)
		return fail(error, "belongs to another user: chown it to the "
			    "daemon's");
	return true;
}

static bool
read_keys(int folder, struct token_keys *keys, GError **error)
{
	g_autofree char *text = is_private(folder, error) ?
	    file_get(folder, NAME, MOST, NULL, error) : NULL;
	g_auto(GStrv) lines = text ? g_strsplit(text, "\n", -1) : NULL;

	keys->count = 0;
	if (!text)
		return false;
	for (guint i = 0; lines[i] && *lines[i]; i++)
		if (keys->count >= KEYS_LIVE ||
		    !read_key(lines[i], &keys->keys[keys->count++]))
			return fail(error, "is damaged: remove it and a new "
				    "key is made; links in digests that were "
				    "sent are dead then");
	return keys->count > 0 ||
	    fail(error, "is empty: remove it and a new key is made");
}

/* Under the lock: read, make the first, or put a NEW one in front. */
static bool
settle(int folder, bool is_new, struct token_keys *keys, GError **error)
{
	bool is_there = faccessat(folder, NAME, F_OK, AT_EACCESS) == 0 ||
	    errno != ENOENT;

	keys->count = 0;
	if (is_there && !read_keys(folder, keys, error))
		return false;
	if (is_there && !is_new)
		return true;
	if (is_there)
		keys->keys[1] = keys->keys[0];
	if (!make_key(&keys->keys[0], is_there ?
		      (guint8)(keys->keys[1].number + 1) : 1, error))
		return false;
	keys->count = is_there ? 2 : 1;
	return write_keys(folder, keys, error);
}

static bool
with_lock(int at, bool is_new, struct token_keys *keys, GError **error)
{
	int folder = folder_open(at, FOLDER, 0700, error);
	int lock = folder < 0 ? -1 : openat(folder, ".lock", O_RDWR |
	    O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
	bool good = lock >= 0 && flock(lock, LOCK_EX) == 0;

	if (folder >= 0 && !good)
		file_fail(error, "lock", FOLDER);
	good = good && settle(folder, is_new, keys, error);
	if (lock >= 0)
		close(lock);
	if (folder >= 0)
		close(folder);
	return good;
}

bool
keys_read(int folder, struct token_keys *keys, GError **error)
{
	return with_lock(folder, false, keys, error);
}

bool
keys_rotate(int folder, struct token_keys *keys, GError **error)
{
	return with_lock(folder, true, keys, error);
}
