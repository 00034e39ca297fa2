/*
 * listfile.c -- read a list file whole, and edit a managed one line by line
 *
 * An edit takes the lock file beside it (the list itself is replaced, and a
 * lock on it would go with the old one), reads, changes, and replaces it by
 * rename: a reader sees the old or the new, and needs no lock.  A crash
 * leaves the old one, and perhaps a temporary file that no one reads.  An
 * editor of a person's knows no lock: when the file was replaced since it was
 * read, nothing is written.
 */
#include "gatepost/lists/listfile.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "gatepost/bounds.h"
#include "gatepost/util/file.h"

/* Octets of a file that is worth a second thread. */
#define LARGE (256 * 1024)

static const char marker[] = "# gatepost: managed";
static const char byte_order_mark[] = "\xef\xbb\xbf";

void
list_note_free(struct list_note *note)
{
	if (!note)
		return;
	g_free(note->file);
	g_free(note->text);
	g_free(note);
}

char *
list_note_words(const struct list_note *note)
{
	g_autofree char *line = note->line ? g_strdup_printf(":%u", note->line)
	    : g_strdup("");

	return g_strdup_printf("%s%s: %s%s", note->file, line,
			       note->is_error ? "" : "warning: ", note->text);
}

/* ---- read ---- */

/* A file, or the part of one that a thread reads. */
struct reading {
	struct entry_place place;
	const char *data;
	gsize length;
	GPtrArray *entries, *notes;
	GPtrArray *odd;			/* of char *: warnings of one line */
	guint errors, warnings;
};

static void
note_add(struct reading *reading, guint line, bool is_error, const char *text)
{
	struct list_note *note = g_new0(struct list_note, 1);

	note->file = g_strdup(reading->place.file);
	note->line = line;
	note->text = g_strdup(text);
	note->is_error = is_error;
	g_ptr_array_add(reading->notes, note);
}

/* Name an error or a warning, or count it when there were many. */
static void
note(struct reading *reading, bool is_error, const char *text)
{
	guint *count = is_error ? &reading->errors : &reading->warnings;

	if ((*count)++ < BOUND_LIST_ERRORS)
		note_add(reading, reading->place.line, is_error, text);
}

static void
note_rest(struct reading *reading, bool is_error, guint count)
{
	g_autofree char *text = NULL;

	if (count <= BOUND_LIST_ERRORS)
		return;
	text = g_strdup_printf("%u more %s not named",
			       count - BOUND_LIST_ERRORS,
			       is_error ? "errors" : "warnings");
	note_add(reading, reading->place.line, is_error, text);
}

static void
line_read(struct reading *reading, const char *from, gsize length)
{
	g_autoptr(GError) error = NULL;
	g_autofree char *line = NULL;
	Entry *entry;

	if (memchr(from, '\0', length)) {
		note(reading, true, "the line holds a NUL character");
		return;
	}
	line = g_strndup(from, length);
	entry = entry_parse(line, &reading->place, reading->odd, &error);
	if (error)
		note(reading, true, error->message);
	for (guint i = 0; i < reading->odd->len; i++)
		note(reading, false, reading->odd->pdata[i]);
	g_ptr_array_set_size(reading->odd, 0);
	if (entry)
		g_ptr_array_add(reading->entries, entry);
}

/* Call line_read() for each line of a reading. */
static void *
lines_read(void *of)
{
	struct reading *reading = of;
	const char *data = reading->data, *end = data + reading->length;

	while (data < end) {
		const char *stop = memchr(data, '\n', (gsize)(end - data));

		if (!stop)
			stop = end;
		reading->place.line++;
		line_read(reading, data, (gsize)(stop - data));
		data = stop + 1;
	}
	return NULL;
}

static guint
lines_count(const char *data, gsize length)
{
	const char *end = data + length;
	guint lines = 0;

	for (; (data = memchr(data, '\n', (gsize)(end - data))); data++)
		lines++;
	return lines;
}

/* Read the halves of a large file at once: what a line says depends on no
 * other. */
static void
halves_read(struct reading *reading)
{
	const char *half = memchr(reading->data + reading->length / 2, '\n',
				  reading->length - reading->length / 2);
	gsize first = half ? (gsize)(half + 1 - reading->data) :
	    reading->length;
	g_autoptr(GPtrArray) entries = g_ptr_array_new();
	g_autoptr(GPtrArray) notes = g_ptr_array_new();
	g_autoptr(GPtrArray) odd = g_ptr_array_new_with_free_func(g_free);
	struct reading other = *reading;
	pthread_t thread;
	int fault;

	other.data += first;
	other.length -= first;
	other.place.line = lines_count(reading->data, first);
	other.entries = entries;
	other.notes = notes;
	other.odd = odd;
	reading->length = first;
	fault = pthread_create(&thread, NULL, lines_read, &other);
	lines_read(reading);
	if (fault)
		lines_read(&other);
	else
		pthread_join(thread, NULL);
	g_ptr_array_extend_and_steal(reading->entries,
				     g_steal_pointer(&entries));
	g_ptr_array_extend_and_steal(reading->notes,
				     g_steal_pointer(&notes));
	reading->errors += other.errors;
	reading->warnings += other.warnings;
	reading->place.line = other.place.line;
}

/* Warn of entries from number FROM on that say the same as one before; keys
 * are hashes already. */
static void
warn_repeated(struct reading *reading, guint from)
{
	guint count = reading->entries->len - from, size = 16;
	g_autofree guint32 *slots = NULL;

	while (size < count * 2)
		size *= 2;
	slots = g_new0(guint32, size);
	for (guint i = 0; i < count; i++) {
		const Entry *entry = reading->entries->pdata[from + i];
		guint64 at;

		memcpy(&at, entry->key + HASH_TEXT - 1 - sizeof at,
		       sizeof at);
		at = at * G_GUINT64_CONSTANT(0x9e3779b97f4a7c15) >> 32;
		for (;; at++) {
			guint32 *slot = &slots[at & (size - 1)];
			const Entry *first = *slot == 0 ? NULL :
			    reading->entries->pdata[from + *slot - 1];
			g_autofree char *text = NULL;

			if (!first) {
				*slot = i + 1;
				break;
			}
			if (strcmp(first->key, entry->key) != 0)
				continue;
			text = g_strdup_printf("line %u names the same "
					       "already", first->line);
			reading->place.line = entry->line;
			note(reading, false, text);
			break;
		}
	}
}

/* All of PATH, which may be a link.  NULL and ERROR set on failure. */
static char *
file_read(const char *path, gsize *length, GError **error)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	char *data = NULL;
	struct stat st;

	if (fd < 0 || fstat(fd, &st) < 0) {
		file_fail(error, "open", path);
	} else if (!S_ISREG(st.st_mode) || st.st_size > BOUND_LIST_FILE) {
		g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_INVAL,
			    "%s is no file of at most %d octets", path,
			    BOUND_LIST_FILE);
	} else {
		*length = (gsize)st.st_size;
		data = file_get_fd(fd, *length, error);
	}
	if (fd >= 0)
		close(fd);
	return data;
}

bool
listfile_read(const char *path, const char *tenant, const char *zone,
	      GPtrArray *entries, GPtrArray *notes)
{
	struct reading reading = {
		.place = { tenant, zone, path, 0 },
		.entries = entries,
		.notes = notes,
	};
	g_autoptr(GPtrArray) odd = g_ptr_array_new_with_free_func(g_free);
	g_autoptr(GError) error = NULL;
	g_autofree char *data = NULL;
	guint before = entries->len, last;
	gsize length;

	data = file_read(path, &length, &error);
	if (!data) {
		note_add(&reading, 0, true, error->message);
		return false;
	}
	reading.odd = odd;
	reading.data = data;
	reading.length = length;
	if (length >= 3 && memcmp(data, byte_order_mark, 3) == 0) {
		reading.data += 3;
		reading.length -= 3;
	}
	if (length >= LARGE)
		halves_read(&reading);
	else
		lines_read(&reading);
	last = reading.place.line;
	warn_repeated(&reading, before);
	reading.place.line = last;
	note_rest(&reading, true, reading.errors);
	note_rest(&reading, false, reading.warnings);
	return reading.errors == 0;
}

/* ---- edit ---- */

/* A managed file, locked and read. */
struct edit {
	int folder, lock;
	char *name;
	char *data;
	gsize length;
	mode_t mode;
	struct stat before;	/* as it was read */
	bool is_new;
};

/* The line at DATA up to END, without its end; NEXT is behind that. */
static gsize
line_length(const char *data, const char *end, const char **next)
{
	const char *stop = memchr(data, '\n', (gsize)(end - data));
	gsize length = (gsize)((stop ? stop : end) - data);

	*next = stop ? stop + 1 : end;
	return length > 0 && data[length - 1] == '\r' ? length - 1 : length;
}

/* Take a byte order mark off the front. */
static const char *
skip_mark(const char *data, const char *end)
{
	return end - data >= 3 && memcmp(data, byte_order_mark, 3) == 0 ?
	    data + 3 : data;
}

static bool
is_managed(const char *data, gsize length)
{
	const char *end = data + length, *next;

	data = skip_mark(data, end);
	length = line_length(data, end, &next);
	while (length > 0 &&
	       (data[length - 1] == ' ' || data[length - 1] == '\t'))
		length--;
	return length == strlen(marker) && memcmp(data, marker, length) == 0;
}

bool
listfile_is_managed(const char *path)
{
	char start[sizeof marker + 64];
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	gssize length = -1;

	if (fd >= 0) {
		length = pread(fd, start, sizeof start, 0);
		close(fd);
	}
	return length > 0 && is_managed(start, (gsize)length);
}

static void
edit_end(struct edit *edit)
{
	if (edit->lock >= 0)
		close(edit->lock);
	if (edit->folder >= 0)
		close(edit->folder);
	g_free(edit->name);
	g_free(edit->data);
}

static bool
edit_lock(struct edit *edit, const char *path, GError **error)
{
	g_autofree char *folder = g_path_get_dirname(path);
	g_autofree char *lock = NULL;

	edit->name = g_path_get_basename(path);
	edit->folder = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (edit->folder < 0)
		return file_fail(error, "open folder", folder);
	lock = g_strdup_printf(".%s.lock", edit->name);
	edit->lock = openat(edit->folder, lock, O_RDWR | O_CREAT |
			    O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK, 0640);
	if (edit->lock < 0)
		return file_fail(error, "open", lock);
	while (flock(edit->lock, LOCK_EX) < 0)
		if (errno != EINTR)
			return file_fail(error, "lock", lock);
	return true;
}

/* Lock and read PATH.  When it is not there: MAKE it, or fail. */
static bool
edit_start(struct edit *edit, const char *path, bool make, GError **error)
{
	struct stat *st = &edit->before;

	*edit = (struct edit){ .folder = -1, .lock = -1, .mode = 0640 };
	if (!edit_lock(edit, path, error))
		return false;
	/* Before it is read: what changes from here on is noticed. */
	if (fstatat(edit->folder, edit->name, st, AT_SYMLINK_NOFOLLOW) < 0) {
		if (errno != ENOENT || !make)
			return file_fail(error, "open", path);
		edit->data = g_strconcat(marker, "\n", NULL);
		edit->length = strlen(edit->data);
		edit->is_new = true;
		return true;
	}
	edit->mode = st->st_mode & 0777;
	edit->data = file_get(edit->folder, edit->name, BOUND_LIST_FILE,
			      &edit->length, error);
	if (!edit->data)
		return false;
	if (is_managed(edit->data, edit->length))
		return true;
	g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_PERM,
		    "%s is not ours to edit: its first line is not \"%s\"",
		    path, marker);
	return false;
}

/* The data of EDIT without COUNT LINES (in ascending order), whose texts must
 * be as they were.  Yours; NULL and ERROR set. */
static GString *
without(const struct edit *edit, const struct list_line *lines, guint count,
	GError **error)
{
	const char *start = edit->data, *end = start + edit->length;
	const char *at = skip_mark(start, end), *next = at;
	g_autoptr(GString) out = g_string_sized_new(edit->length);
	guint seen = 0, i = 0;

	g_string_append_len(out, start, at - start);
	while (at < end) {
		gsize length = line_length(at, end, &next);

		seen++;
		if (i < count && lines[i].line == seen && seen > 1 &&
		    length == strlen(lines[i].text) &&
		    memcmp(at, lines[i].text, length) == 0)
			i++;
		else
			g_string_append_len(out, at, next - at);
		at = next;
	}
	if (i == count)
		return g_steal_pointer(&out);
	g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_FAILED,
		    "line %u of %s has changed", lines[i].line, edit->name);
	return NULL;
}

static bool
is_one_line(const char *line, GError **error)
{
	if (!strpbrk(line, "\r\n") && strlen(line) <= BOUND_LIST_LINE)
		return true;
	g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_INVAL,
		    "this is not one line for a list");
	return false;
}

bool
listfile_edit(const char *path, const struct list_line *lines, guint count,
	      const GPtrArray *more, GError **error)
{
	struct edit edit;
	g_autoptr(GString) out = NULL;
	bool good;

	for (guint i = 0; i < more->len; i++)
		if (!is_one_line(more->pdata[i], error))
			return false;
	good = edit_start(&edit, path, more->len > 0, error);
	if (good)
		out = without(&edit, lines, count, error);
	if (out && more->len && out->len && out->str[out->len - 1] != '\n')
		g_string_append_c(out, '\n');
	for (guint i = 0; out && i < more->len; i++)
		g_string_append_printf(out, "%s\n",
				       (const char *)more->pdata[i]);
	good = out && file_replace_same(edit.folder, edit.name, edit.is_new ?
					NULL : &edit.before, out->str,
					out->len, edit.mode, error);
	edit_end(&edit);
	return good;
}

bool
listfile_append(const char *path, const char *line, GError **error)
{
	g_autoptr(GPtrArray) more = g_ptr_array_new();

	g_ptr_array_add(more, (char *)line);
	return listfile_edit(path, NULL, 0, more, error);
}

bool
listfile_take_out(const char *path, const struct list_line *lines,
		  guint count, GError **error)
{
	g_autoptr(GPtrArray) none = g_ptr_array_new();

	return listfile_edit(path, lines, count, none, error);
}
