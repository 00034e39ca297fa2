/*
 * fetch.c -- one HTTP request, within bounds
 *
 * The only file that knows libcurl.  A handle a request: what a thread has in
 * flight is one, and nothing of it is shared with another.
 */
#include "gatepost/analysts/fetch.h"

#include <curl/curl.h>
#include <pthread.h>
#include <string.h>

#include "gatepost/bounds.h"

static pthread_once_t once = PTHREAD_ONCE_INIT;

static void
start(void)
{
	curl_global_init(CURL_GLOBAL_DEFAULT);
}

/* Less than what came ends the transfer. */
static size_t
hear(char *data, size_t size, size_t count, void *of)
{
	GString *answer = of;

	if (answer->len + size * count > BOUND_ANSWER)
		return 0;
	g_string_append_len(answer, data, (gssize)(size * count));
	return size * count;
}

static curl_mime *
form_of(CURL *curl, const struct fetch *fetch)
{
	curl_mime *form = curl_mime_init(curl);

	for (guint i = 0; i < fetch->count; i++) {
		const struct fetch_part *one = &fetch->parts[i];
		curl_mimepart *part = curl_mime_addpart(form);

		curl_mime_name(part, one->name);
		curl_mime_data(part, one->data, one->size);
		if (one->file)
			curl_mime_filename(part, one->file);
		if (one->type)
			curl_mime_type(part, one->type);
	}
	curl_easy_setopt(curl, CURLOPT_MIMEPOST, form);
	return form;
}

static void
set_bounds(CURL *curl, const struct fetch *fetch)
{
	curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
	curl_easy_setopt(curl, CURLOPT_FOLLOWLOCATION, 0L);
	curl_easy_setopt(curl, CURLOPT_TIMEOUT, (long)fetch->seconds);
	curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT, (long)fetch->seconds);
	curl_easy_setopt(curl, CURLOPT_MAXFILESIZE, (long)BOUND_ANSWER);
	curl_easy_setopt(curl, CURLOPT_SSL_VERIFYPEER, 1L);
	curl_easy_setopt(curl, CURLOPT_SSL_VERIFYHOST, 2L);
	curl_easy_setopt(curl, CURLOPT_USERAGENT, "Gatepost/"
			 GATEPOST_VERSION);
	if (fetch->ca_file)
		curl_easy_setopt(curl, CURLOPT_CAINFO, fetch->ca_file);
	if (fetch->socket)
		curl_easy_setopt(curl, CURLOPT_UNIX_SOCKET_PATH,
				 fetch->socket);
}

static char *
fault_of(CURLcode code, const char *text, const struct fetch *fetch)
{
	if (code == CURLE_WRITE_ERROR || code == CURLE_FILESIZE_EXCEEDED)
		return g_strdup_printf("its answer has more than %d octets",
				       BOUND_ANSWER);
	if (code == CURLE_OPERATION_TIMEDOUT)
		return g_strdup_printf("no answer in %" G_GINT64_FORMAT
				       " s", fetch->seconds);
	return g_strdup(*text ? text : curl_easy_strerror(code));
}

bool
fetch_do(struct fetch *fetch, char **fault)
{
	char text[CURL_ERROR_SIZE] = "";
	struct curl_slist *headers = NULL;
	curl_mime *form = NULL;
	CURLcode code;
	CURL *curl;

	pthread_once(&once, start);
	curl = curl_easy_init();
	g_assert(curl);
	fetch->answer = g_string_new(NULL);
	for (guint i = 0; fetch->headers && fetch->headers[i]; i++)
		headers = curl_slist_append(headers, fetch->headers[i]);
	/* No "100 Continue" is waited for. */
	headers = curl_slist_append(headers, "Expect:");
	set_bounds(curl, fetch);
	curl_easy_setopt(curl, CURLOPT_URL, fetch->url);
	curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
	curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, hear);
	curl_easy_setopt(curl, CURLOPT_WRITEDATA, fetch->answer);
	curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, text);
	if (fetch->parts) {
		form = form_of(curl, fetch);
	} else if (fetch->data) {
		curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE_LARGE,
				 (curl_off_t)fetch->size);
		curl_easy_setopt(curl, CURLOPT_POSTFIELDS, fetch->data);
	}
	code = curl_easy_perform(curl);
	if (code == CURLE_OK)
		curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE,
				  &fetch->status);
	else
		*fault = fault_of(code, text, fetch);
	curl_easy_cleanup(curl);
	curl_mime_free(form);
	curl_slist_free_all(headers);
	return code == CURLE_OK;
}
