/*
 * postconf.c -- a Postfix configuration, as postconf(1) reads it
 */
#include "gatepost/service/postconf.h"

#include <string.h>

/* Where it stands if the caller's PATH has no folder of root's programs. */
#define POSTCONF "/usr/sbin/postconf"

struct Postfix {
	GHashTable *values;	/* "name", "service/type/name" to value */
	GPtrArray *services;	/* of struct postfix_service * */
};

static void
service_free(gpointer data)
{
	struct postfix_service *service = data;

	g_free(service->name);
	g_free(service->type);
	g_free(service->command);
	g_free(service);
}

/* The output of postconf -c PATH with the option WORD. */
static char *
postconf(const char *path, const char *word, GError **error)
{
	g_autofree char *found = g_find_program_in_path("postconf");
	char *const argv[] = { found ? found : (char *)POSTCONF,
			       (char *)"-c", (char *)path, (char *)word,
			       NULL };
	char *out = NULL;
	g_autofree char *err = NULL;
	int status;

	if (!g_file_test(argv[0], G_FILE_TEST_IS_EXECUTABLE)) {
		g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_NOENT,
			    "postconf(1) is not in PATH and not %s; run this "
			    "on the host of Postfix", POSTCONF);
		return NULL;
	}
	if (!g_spawn_sync(NULL, (char **)argv, NULL, G_SPAWN_DEFAULT, NULL,
			  NULL, &out, &err, &status, error))
		return NULL;
	if (g_spawn_check_wait_status(status, NULL))
		return out;
	g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_INVAL,
		    "postconf -c %s: %s", path, g_strstrip(err));
	g_free(out);
	return NULL;
}

/* Lines "name = value", of main.cf or of the options of master.cf. */
static void
take_values(Postfix *postfix, const char *text)
{
	g_auto(GStrv) lines = g_strsplit(text, "\n", -1);

	for (guint i = 0; lines[i]; i++) {
		char *equals = strstr(lines[i], " =");

		if (equals)
			g_hash_table_replace(postfix->values,
			    g_strndup(lines[i], (gsize)(equals - lines[i])),
			    g_strdup(g_strstrip(equals + 2)));
	}
}

/* "-" in the column: Postfix 3 says no, but for who asks for older ways. */
static bool
is_chrooted(const Postfix *postfix, const char *column)
{
	const char *level = postfix_value(postfix, "compatibility_level");

	if (strcmp(column, "-") == 0)
		return g_ascii_strtod(level, NULL) < 1;
	return strcmp(column, "n") != 0;
}

/* service type private unprivileged chroot wakeup maxproc command */
static void
take_services(Postfix *postfix, const char *text)
{
	g_auto(GStrv) lines = g_strsplit(text, "\n", -1);

	for (guint i = 0; lines[i]; i++) {
		g_auto(GStrv) words = g_regex_split_simple("\\s+", lines[i],
							   0, 0);
		struct postfix_service *service;

		if (g_strv_length(words) < 8)
			continue;
		service = g_new0(struct postfix_service, 1);
		service->name = g_strdup(words[0]);
		service->type = g_strdup(words[1]);
		service->is_chrooted = is_chrooted(postfix, words[4]);
		service->command = g_strdup(words[7]);
		g_ptr_array_add(postfix->services, service);
	}
}

Postfix *
postfix_read(const char *path, GError **error)
{
	g_autofree char *main = postconf(path, "-x", error);
	g_autofree char *services = main ? postconf(path, "-M", error) :
	    NULL;
	g_autofree char *options = services ? postconf(path, "-Px", error) :
	    NULL;
	Postfix *postfix;

	if (!options)
		return NULL;
	postfix = g_new0(Postfix, 1);
	postfix->values = g_hash_table_new_full(g_str_hash, g_str_equal,
						g_free, g_free);
	postfix->services = g_ptr_array_new_with_free_func(service_free);
	take_values(postfix, main);
	take_values(postfix, options);
	take_services(postfix, services);
	return postfix;
}

void
postfix_free(Postfix *postfix)
{
	g_hash_table_destroy(postfix->values);
	g_ptr_array_free(postfix->services, TRUE);
	g_free(postfix);
}

const GPtrArray *
postfix_services(const Postfix *postfix)
{
	return postfix->services;
}

const char *
postfix_value(const Postfix *postfix, const char *name)
{
	const char *text = g_hash_table_lookup(postfix->values, name);

	return text ? text : "";
}

const char *
postfix_service_value(const Postfix *postfix,
		      const struct postfix_service *service, const char *name)
{
	g_autofree char *own = g_strdup_printf("%s/%s/%s", service->name,
					       service->type, name);
	const char *text = g_hash_table_lookup(postfix->values, own);

	return text ? text : postfix_value(postfix, name);
}

GPtrArray *
postfix_list(const char *value)
{
	GPtrArray *all = g_ptr_array_new_with_free_func(g_free);
	const char *at = value;

	for (;;) {
		gsize length;

		at += strspn(at, ", \t");
		if (!*at)
			return all;
		length = *at == '{' ? strcspn(at, "}") + 1 :
		    strcspn(at, ", \t");
		length = MIN(length, strlen(at));
		g_ptr_array_add(all, g_strndup(at, length));
		at += length;
	}
}
