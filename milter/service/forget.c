/*
 * forget.c -- erase a person, and prove it
 *
 *	step        a crash there leaves       the next run
 *	marked      state_dir/forget.due       writes all of the ledger anew
 *	held        some copies gone           goes on
 *	spool       some items gone            goes on
 *	ledger      some days changed          goes on
 *	state       all or nothing             changes it, writes it anew
 *	done        no forget.due              nothing to do
 *
 * Each step looks for the address by itself, so it may be done again.
 */
#include "gatepost/service/forget.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "gatepost/model/address.h"
#include "gatepost/store/forget.h"
#include "gatepost/util/fields.h"
#include "gatepost/util/file.h"

#define DUE "forget.due"
/* Folders in each other below state_dir. */
#define DEPTH_MOST 8

struct forgetting {
	Site *site;
	const Config *config;
	Mention *who;
	bool is_dry, is_again;
	struct forgotten *done;
	GHashTable *contacts;	/* of gint64: keys that name him */
};

/* ---- spool and outbox ---- */

/* Does what is known of an item, or do its octets, name him? */
static bool
item_names(const Mention *who, Box *box, const char *state, const char *id)
{
	g_autofree char *text = box_json(box, state, id, NULL);
	bool is_named = mention_is_in(who, text);
	gsize size = 0, at, count;
	int fd = is_named ? -1 : box_octets(box, state, id, &size, NULL);
	void *data = fd < 0 || size == 0 ? MAP_FAILED :
	    mmap(NULL, size, PROT_READ, MAP_PRIVATE, fd, 0);

	if (data != MAP_FAILED) {
		is_named = mention_find(who, data, size, &at, &count);
		munmap(data, size);
	}
	if (fd >= 0)
		close(fd);
	return is_named;
}

/* Copies that were made to be looked at go when they name him. */
static bool
forget_box(struct forgetting *work, Box *box, GError **error)
{
	g_autoptr(GPtrArray) states = box_states(box);

	for (guint i = 0; i < states->len; i++) {
		const char *state = states->pdata[i];
		g_autoptr(GPtrArray) ids = box_list(box, state);

		for (guint j = 0; j < ids->len; j++) {
			if (!item_names(work->who, box, state,
					ids->pdata[j]))
				continue;
			work->done->spool++;
			if (!work->is_dry &&
			    !box_remove(box, state, ids->pdata[j], error))
				return false;
		}
	}
	return true;
}

/* His copies leave the item; what others are to get stays. */
static bool
forget_outgoing(struct forgetting *work, const char *id, GError **error)
{
	Outbox *outbox = work->site->outbox;
	Outgoing *item = NULL;
	int fd = outbox_claim(outbox, id, &item, error);
	bool good = fd >= 0 || !(error && *error);
	guint kept = 0, gone;

	for (guint i = 0; item && i < item->rcpts->len; i++) {
		OutgoingRcpt *rcpt = item->rcpts->pdata[i];

		if (mention_is_in(work->who, rcpt->rcpt))
			fields_free(&outgoing_rcpt_fields, rcpt);
		else
			item->rcpts->pdata[kept++] = rcpt;
	}
	gone = item ? item->rcpts->len - kept : 0;
	work->done->outgoing += gone;
	if (item)
		g_ptr_array_set_size(item->rcpts, (int)kept);
	if (gone && !work->is_dry)
		good = kept ? outbox_update(outbox, item, error) :
		    outbox_remove(outbox, id, error);
	fields_free(&outgoing_fields, item);
	if (fd >= 0)
		close(fd);
	return good;
}

static bool
forget_copies(struct forgetting *work, GError **error)
{
	g_autoptr(GPtrArray) ids = outbox_ids(work->site->outbox);
	struct held_forgotten held = { 0 };

	if (!quarantine_forget(work->site->quarantine, work->who,
			       work->is_dry, &held, error) ||
	    !forget_box(work, work->site->candidates, error) ||
	    !forget_box(work, work->site->submissions, error) ||
	    !forget_box(work, work->site->actions, error) ||
	    !forget_box(work, work->site->reports_box, error) ||
	    !evidence_forget(work->site->evidence, work->who, work->is_dry,
			     &work->done->evidence, error))
		return false;
	work->done->copies = held.copies;
	work->done->items = held.items;
	for (guint i = 0; i < ids->len; i++)
		if (!forget_outgoing(work, ids->pdata[i], error))
			return false;
	return true;
}

/* ---- the ledger ---- */

/* Where the JSON string that starts at AT, behind its quote, ends. */
static const char *
string_end(const char *at)
{
	for (; *at && *at != '"'; at++)
		if (*at == '\\' && at[1])
			at++;
	return at;
}

/* The string behind the next `KEY"` from AT on gives way to "". */
static void
drop_string(GString *body, gsize at, const char *key)
{
	const char *found = strstr(body->str + at, key);
	const char *from, *end;

	if (!found)
		return;
	from = found + strlen(key);
	end = string_end(from);
	g_string_erase(body, from - body->str, end - from);
}

/* What he is called stands before his address as an author, and behind it as
 * From: names go with the address, and so does the login of who sent it. */
static void
drop_names(const Mention *who, GString *body, const GPtrArray *seen)
{
	for (guint i = 0; i < seen->len; i++) {
		g_autofree char *other = mention_stand_in(who,
		    seen->pdata[i], strlen(seen->pdata[i]));
		g_autofree char *author = g_strdup_printf(
		    ",\"address\":\"%s\"", other);
		g_autofree char *from = g_strdup_printf(
		    "\"from\":\"%s\",\"from_name\":\"", other);
		g_autofree char *sender = g_strdup_printf(
		    "\"sender\":\"%s\"", other);
		gsize at = 0;
		char *found, *name;

		drop_string(body, 0, from);
		if (strstr(body->str, sender))
			drop_string(body, 0, "\"login\":\"");
		while ((found = strstr(body->str + at, author))) {
			at = (gsize)(found - body->str) + strlen(author);
			name = g_strrstr_len(body->str, found - body->str,
					     "{\"name\":\"");
			if (!name || string_end(name + 9) + 1 != found)
				continue;
			at -= (gsize)(found - 1 - (name + 9));
			g_string_erase(body, name + 9 - body->str,
				       found - 1 - (name + 9));
		}
	}
}

static void
add_contact(struct forgetting *work, const char *tenant, const char *mailbox,
	    const char *other)
{
	gint64 *key = g_new(gint64, 1);

	*key = contacts_key(&work->site->key.ledger, tenant, mailbox, other);
	g_hash_table_add(work->contacts, key);
}

/* The pairs that one decision of a message of FROM may have left. */
static void
add_pairs(struct forgetting *work, const char *from, const char *rcpt)
{
	bool is_from = mention_is_in(work->who, from);

	if (!is_from && !mention_is_in(work->who, rcpt))
		return;
	for (guint i = 0; i < work->config->tenants->len; i++) {
		const Tenant *tenant = work->config->tenants->pdata[i];

		add_contact(work, tenant->name, rcpt, from);
		add_contact(work, tenant->name, from, rcpt);
		add_contact(work, tenant->name, NULL, is_from ? from : rcpt);
	}
}

static char *
change_body(const char *body, GPtrArray *seen, void *data)
{
	struct forgetting *work = data;
	char *other = mention_replace(work->who, body, seen);
	g_autoptr(Json) json = NULL;
	const Json *decisions;
	const char *from;
	GString *out;

	if (!other)
		return NULL;
	json = json_parse(body, strlen(body), NULL);
	from = json_text(json_member(json_member(json, "facts"), "from"));
	decisions = json_member(json, "decisions");
	for (gsize i = 0; from && i < json_count(decisions); i++) {
		const char *rcpt = json_text(json_member(
		    json_element(decisions, i), "rcpt"));

		if (rcpt)
			add_pairs(work, from, rcpt);
	}
	out = g_string_new(other);
	g_free(other);
	drop_names(work->who, out, seen);
	return g_string_free(out, FALSE);
}

/* ---- all of it ---- */

static bool
forget_contacts(struct forgetting *work, GError **error)
{
	g_autoptr(GArray) keys = g_array_new(FALSE, FALSE, sizeof(gint64));
	GHashTableIter at;
	gpointer key;

	g_hash_table_iter_init(&at, work->contacts);
	while (g_hash_table_iter_next(&at, &key, NULL))
		g_array_append_vals(keys, key, 1);
	work->done->contacts = keys->len;
	return work->is_dry || contacts_forget(work->site->contacts, keys,
					       error);
}

/* That he was forgotten, by whom, and how much it was: not who he was. */
static bool
note(const struct forgetting *work, const char *address,
     const struct doer *by, GError **error)
{
	g_autofree char *other = mention_stand_in(work->who, address,
						  strlen(address));
	g_autofree char *detail = g_strdup_printf("%u held copies, %u "
	    "entries, %u records", work->done->copies, work->done->entries,
	    work->done->records);
	const struct deed deed = {
		.who = by->who, .via = by->via, .what = "forgotten",
		.object = other, .rcpt = other, .detail = detail,
	};

	return trail_add(work->site->trail, &deed, error);
}

static bool
forget_all(struct forgetting *work, GError **error)
{
	struct forgotten *done = work->done;
	struct forget_rows rows = { 0 };

	if (!forget_copies(work, error) ||
	    !ledger_forget(work->site->ledger, work->who, change_body, work,
			   work->is_dry, work->is_again, &done->records,
			   &done->events, error) ||
	    !forget_contacts(work, error) ||
	    !forget_rows(work->site->path, work->who, work->is_dry, &rows,
			 error))
		return false;
	done->entries = rows.entries;
	done->deeds = rows.deeds;
	done->others = rows.others;
	return true;
}

bool
forget_person(Site *site, const Config *config, const char *address,
	      bool is_dry, const struct doer *by, struct forgotten *done,
	      GError **error)
{
	g_autoptr(Mention) who = mention_new(address, &site->key.ledger);
	struct forgetting work = {
		site, config, who, is_dry,
		faccessat(site->folder, DUE, F_OK, 0) == 0, done,
		g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free,
				      NULL),
	};
	bool good = (is_dry || file_replace(site->folder, DUE, "", 0, 0640,
					    error)) &&
	    forget_all(&work, error) &&
	    (is_dry || note(&work, address, by, error));

	if (good && !is_dry && unlinkat(site->folder, DUE, 0) < 0 &&
	    errno != ENOENT)
		good = file_fail(error, "remove", DUE);
	g_hash_table_destroy(work.contacts);
	return good;
}

/* ---- the proof ---- */

/* What may be done about a trace in a file whose path starts so. */
static const struct {
	const char *path, *advice;
} advices[] = {
	{ "quarantine/", "it is held for others, and names him: it goes "
	  "when their copies do" },
	{ "spool/", "left by a crash: gatepost sweep removes it after an "
	  "hour" },
	{ "state.db", "what is held for others names him" },
	{ "lists/", "an entry of a list names him: gatepost list find" },
	{ "lists.", "an entry of a list names him: gatepost list find" },
	{ "outbox/", "it waits to be sent to others: see gatepost outbox" },
	{ "", "run it again" },
};

struct searching {
	const Mention *who;
	guint files;
	GPtrArray *traces;
};

static void
add_trace(struct searching *search, const char *path)
{
	guint i = 0;

	while (!g_str_has_prefix(path, advices[i].path))
		i++;
	g_ptr_array_add(search->traces, g_strdup_printf("%s: %s", path,
							advices[i].advice));
}

static bool
search_file(struct searching *search, int folder, const char *name,
	    const char *path, GError **error)
{
	int fd = openat(folder, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC |
			O_NONBLOCK);
	struct stat st;
	gsize at, count;
	void *data;

	/* What went meanwhile names nobody. */
	if (fd < 0)
		return errno == ENOENT || file_fail(error, "open", path);
	if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode) || st.st_size == 0) {
		search->files += S_ISREG(st.st_mode);
		close(fd);
		return true;
	}
	search->files++;
	data = mmap(NULL, (gsize)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
	close(fd);
	if (data == MAP_FAILED)
		return file_fail(error, "read", path);
	if (mention_find(search->who, data, (gsize)st.st_size, &at, &count))
		add_trace(search, path);
	munmap(data, (gsize)st.st_size);
	return true;
}

static bool search_folder(struct searching *search, int folder,
			  const char *path, guint depth, GError **error);

static bool
search_name(struct searching *search, int folder, const char *name,
	    const char *above, guint depth, GError **error)
{
	g_autofree char *path = g_strconcat(above, *above ? "/" : "", name,
					    NULL);
	struct stat st;
	bool good;
	int inner;

	if (fstatat(folder, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return errno == ENOENT || file_fail(error, "look at", path);
	if (S_ISREG(st.st_mode))
		return search_file(search, folder, name, path, error);
	if (!S_ISDIR(st.st_mode) || depth == 0)
		return true;
	inner = openat(folder, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW |
		       O_CLOEXEC);
	if (inner < 0)
		return errno == ENOENT || file_fail(error, "open", path);
	good = search_folder(search, inner, path, depth - 1, error);
	close(inner);
	return good;
}

static bool
search_folder(struct searching *search, int folder, const char *path,
	      guint depth, GError **error)
{
	int again = openat(folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *dir = again < 0 ? NULL : fdopendir(again);
	const struct dirent *found;
	bool good = true;

	if (!dir) {
		if (again >= 0)
			close(again);
		return file_fail(error, "read", path);
	}
	while (good && (found = readdir(dir)))
		if (strcmp(found->d_name, ".") != 0 &&
		    strcmp(found->d_name, "..") != 0)
			good = search_name(search, folder, found->d_name,
					   path, depth, error);
	closedir(dir);
	return good;
}

static bool
search_record(const Record *record, void *data)
{
	struct searching *search = data;
	g_autofree char *path = NULL;

	if (!mention_is_in(search->who, record->body))
		return true;
	path = g_strdup_printf("ledger, record %s", record->id);
	add_trace(search, path);
	return true;
}

bool
forget_search(Site *site, const char *address, guint *files,
	      GPtrArray *traces, GError **error)
{
	g_autoptr(Mention) who = mention_new(address, &site->key.ledger);
	struct searching search = { who, 0, traces };
	bool good = search_folder(&search, site->folder, "", DEPTH_MOST,
				  error) &&
	    ledger_search(site->ledger, NULL, 0, 0, search_record, &search,
			  error);

	*files = search.files;
	return good;
}
