#include "past.h"
#include "err.h"
#include "id.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { RECIPIENTS_MAX = 100000 };

static void
keep(struct past *p, const json_t *event)
{
	if (p->n == p->max) {
		p->max = p->max == 0 ? 64 : p->max * 2;
		p->at = reallocarray(p->at, p->max, sizeof(*p->at));
		if (p->at == NULL)
			fatal("out of memory for events");
	}
	p->at[p->n++] = json_incref((json_t *)(uintptr_t)event);
}

void
past_free(struct past *p)
{
	for (size_t i = 0; i < p->n; i++)
		json_decref(p->at[i]);
	free(p->at);
	free(p->messages);
	*p = (struct past){ 0 };
}

/* The event's own id sorts by time too. */
static int
by_time(const void *a, const void *b)
{
	static const char *const keys[] = { "message", "time", "id" };
	const json_t *const *x = a, *const *y = b;
	int order = 0;

	for (unsigned i = 0; i < sizeof(keys) / sizeof(keys[0]) && order == 0; i++)
		order = strcmp(row_str(*x, keys[i]), row_str(*y, keys[i]));
	return order;
}

static struct ask *
search(struct ctl *c, const char *text, bool id)
{
	return ask(c, "trackd-stats", ASK_VIEW,
	    json_pack("{sssssbsI}", "verb", "trace", "text", text, "id", id, "limit",
		(json_int_t)PAST_EVENTS_MAX));
}

static void
take(struct past *p, struct ask *a)
{
	const json_t *event;

	while (p->n < PAST_EVENTS_MAX && (event = ask_row(a)) != NULL)
		keep(p, event);
	if (p->n > 0)
		qsort(p->at, p->n, sizeof(*p->at), by_time);
}

int
past_of(struct ctl *c, const char *id, struct past *p)
{
	struct ask *a = search(c, id, true);
	int answered;

	take(p, a);
	answered = ask_error(a) == NULL ? 0 : -1;
	ask_free(a);
	return answered;
}

/* A search by text finds it anywhere in a line; it counts as the whole of a value, with or without <>. */
static bool
has_value(const json_t *event, struct span want)
{
	const char *key;
	json_t *v;

	json_object_foreach((json_t *)(uintptr_t)event, key, v)
	{
		struct span s = span_of(json_string_value(v), json_string_length(v));

		if (s.n > 1 && s.p[0] == '<' && s.p[s.n - 1] == '>')
			s = span_of(s.p + 1, s.n - 2);
		if (s.n > 0 && span_eq_nocase(s, want))
			return true;
	}
	return false;
}

/* -1: the event is about no recipient, or about one beyond all that a message may have. */
static json_int_t
number_of(const json_t *event)
{
	const json_t *n = json_object_get(event, "rcpt");

	return json_is_integer(n) && json_integer_value(n) < RECIPIENTS_MAX ? json_integer_value(n)
									    : -1;
}

/* The events from one to before end are of one message. */
static void
name_in(struct past *p, size_t from, size_t end, json_t **names)
{
	for (size_t i = from; i < end; i++) {
		json_t *name = json_object_get(p->at[i], "recipient");
		json_int_t n = number_of(p->at[i]);

		if (n >= 0 && json_is_string(name))
			names[n] = name;
	}
	for (size_t i = from; i < end; i++) {
		json_int_t n = number_of(p->at[i]);

		if (n >= 0 && names[n] != NULL && json_object_get(p->at[i], "recipient") == NULL)
			(void)json_object_set(p->at[i], "recipient", names[n]);
	}
	for (size_t i = from; i < end; i++)
		if (number_of(p->at[i]) >= 0)
			names[number_of(p->at[i])] = NULL;
}

void
past_name(struct past *p)
{
	json_t **names = calloc(RECIPIENTS_MAX, sizeof(json_t *));
	size_t from = 0;

	if (names == NULL)
		fatal("out of memory for recipients");
	for (size_t i = 1; i <= p->n; i++)
		if (i == p->n ||
		    strcmp(row_str(p->at[i], "message"), row_str(p->at[from], "message")) != 0) {
			name_in(p, from, i, names);
			from = i;
		}
	free(names);
}

/* ---- which messages ---- */

static void
message_add(struct past *p, struct span id)
{
	if (id.n != ID_CHARS)
		return;
	if (p->messages_n == p->messages_max) {
		p->messages_max = p->messages_max == 0 ? 64 : p->messages_max * 2;
		p->messages = reallocarray(p->messages, p->messages_max, sizeof(*p->messages));
		if (p->messages == NULL)
			fatal("out of memory for messages");
	}
	memcpy(p->messages[p->messages_n], id.p, ID_CHARS);
	p->messages[p->messages_n++][ID_CHARS] = '\0';
}

static int
by_id(const void *a, const void *b)
{
	return strcmp(a, b);
}

/* Each once, in order; of more than most the youngest, which an id's order says. */
static void
messages_sort(struct past *p, size_t most)
{
	size_t n = 0;

	if (p->messages_n > 1)
		qsort(p->messages, p->messages_n, sizeof(*p->messages), by_id);
	for (size_t i = 0; i < p->messages_n; i++)
		if (n == 0 || strcmp(p->messages[n - 1], p->messages[i]) != 0)
			memmove(p->messages[n++], p->messages[i], sizeof(*p->messages));
	p->messages_found = n;
	if (most > 0 && n > most) {
		memmove(p->messages, p->messages[n - most], most * sizeof(*p->messages));
		n = most;
	}
	p->messages_n = n;
}

/* What waits and has told nothing of its recipient yet. */
static void
waiting_add(struct ctl *c, const char *key, const char *address, struct past *p)
{
	struct ask *a = ask(c, "queued", ASK_VIEW,
	    json_pack(
		"{sssssI}", "verb", "queue", key, address, "limit", (json_int_t)PAST_EVENTS_MAX));
	const json_t *row;

	while ((row = ask_row(a)) != NULL)
		message_add(p, row_text(row, "message", c->arena));
	ask_free(a);
}

static int
find_by_text(struct ctl *c, struct span want, size_t most, struct past *p)
{
	const char *text = arena_cstr(c->arena, want);
	struct ask *a = search(c, text, false);
	const json_t *event;
	int exit_code;

	while ((event = ask_row(a)) != NULL)
		if (has_value(event, want))
			message_add(p, row_text(event, "message", c->arena));
	exit_code = ask_end(a);
	waiting_add(c, "to", text, p);
	waiting_add(c, "from", text, p);
	messages_sort(p, most);
	for (size_t i = 0; i < p->messages_n; i++)
		past_of(c, p->messages[i], p);
	return exit_code;
}

/* The files have ids in capitals. */
static int
find_by_id(struct ctl *c, const char *which, struct past *p)
{
	char *id = arena_strdup(c->arena, which);
	struct ask *a;
	int exit_code;

	for (char *s = id; *s != '\0'; s++)
		*s = (char)toupper((unsigned char)*s);
	a = search(c, id, true);
	take(p, a);
	exit_code = ask_end(a);
	for (size_t i = 0; i < p->n; i++)
		message_add(p, span_str(row_str(p->at[i], "message")));
	if (strlen(id) == ID_CHARS)
		message_add(p, span_str(id));
	messages_sort(p, 0);
	if (exit_code == 0 && p->messages_n > 1)
		return ctl_fail(2,
		    "%zu messages begin with \"%s\", as %s and %s: give more of the id",
		    p->messages_n, which, p->messages[0], p->messages[1]);
	return exit_code;
}

int
past_find(struct ctl *c, const char *which, size_t most, struct past *p)
{
	struct span want = span_str(which);
	struct id lo, hi;

	if (id_prefix(want, &lo, &hi) == 0)
		return find_by_id(c, which, p);
	if (want.n > 1 && want.p[0] == '<' && want.p[want.n - 1] == '>')
		want = span_of(want.p + 1, want.n - 2);
	return find_by_text(c, want, most, p);
}

/* ---- what is shown of them ---- */

static bool
is_value(const json_t *event, const char *key, const char *value)
{
	return strcasecmp(row_str(event, key), value) == 0;
}

bool
past_has(const struct past *p, const char *message, const char *key, const char *value)
{
	for (size_t i = 0; i < p->n; i++)
		if (strcmp(row_str(p->at[i], "message"), message) == 0 &&
		    is_value(p->at[i], key, value))
			return true;
	return false;
}

/* Events from one to before end are of one message; those kept move to the front, at n. */
static size_t
only_in(struct past *p, size_t from, size_t end, const char *address, size_t n)
{
	bool whole = false;

	for (size_t i = from; i < end; i++)
		whole |= is_value(p->at[i], "from", address);
	for (size_t i = from; i < end; i++)
		if (whole || row_str(p->at[i], "recipient")[0] == '\0' ||
		    is_value(p->at[i], "recipient", address))
			p->at[n++] = p->at[i];
		else
			json_decref(p->at[i]);
	return n;
}

void
past_only(struct past *p, const char *address)
{
	size_t from = 0, n = 0;

	for (size_t i = 1; i <= p->n; i++)
		if (i == p->n ||
		    strcmp(row_str(p->at[i], "message"), row_str(p->at[from], "message")) != 0) {
			n = only_in(p, from, i, address, n);
			from = i;
		}
	p->n = n;
}
