#include "selector.h"
#include "conf_amount.h"
#include "delivery_state.h"
#include "id.h"

#include <stdio.h>

static const struct part {
	const char *key, *words;
	size_t at;
} parts[] = {
	{ "id", "message", offsetof(struct selector, id) },
	{ "tenant", "tenant", offsetof(struct selector, tenant) },
	{ "campaign", "campaign", offsetof(struct selector, campaign) },
	{ "site", "site", offsetof(struct selector, site) },
	{ "source", "source", offsetof(struct selector, source) },
	{ "from", "from", offsetof(struct selector, from) },
	{ "to", "to", offsetof(struct selector, to) },
	{ "older", "older than", offsetof(struct selector, older) },
	{ "reply", "last reply", offsetof(struct selector, reply) },
	{ "state", "state", offsetof(struct selector, state) },
};

enum { PARTS = sizeof(parts) / sizeof(parts[0]) };

static const char *
part(const struct selector *s, unsigned i)
{
	return *(const char *const *)(const void *)((const char *)s + parts[i].at);
}

bool
selector_is_empty(const struct selector *s)
{
	bool any = s->all;

	for (unsigned i = 0; i < PARTS; i++)
		any |= part(s, i) != NULL;
	return !any;
}

static int
state_check(const char *state, struct err *err)
{
	int is = delivery_state_of(span_str(state));
	struct buf words;

	if (is != -1 && is != DELIVERY_ENDED)
		return 0;
	buf_init(&words, 1024);
	delivery_state_words(&words);
	err_set(
	    err, "there is no state \"%.60s\"; it is one of: %.*s", state, SPAN(buf_all(&words)));
	buf_free(&words);
	return -1;
}

/* -1: it is not a duration. */
static int
age_s(const char *older, uint64_t *s)
{
	uint64_t per_s;

	return conf_amount_parse(CONF_DURATION, span_str(older), s, &per_s);
}

static int
values_check(const struct selector *s, struct err *err)
{
	struct id lo, hi;
	uint64_t age;

	if (s->id != NULL && id_prefix(span_str(s->id), &lo, &hi) == -1)
		return err_set(
		    err, "\"%.60s\" is not a message id, and not the beginning of one", s->id);
	if (s->older != NULL && (age_s(s->older, &age) == -1 || age == 0))
		return err_set(
		    err, "--older needs a time such as 30m, 12h or 2d, not \"%.60s\"", s->older);
	return s->state == NULL ? 0 : state_check(s->state, err);
}

int
selector_check(const struct selector *s, struct err *err)
{
	for (unsigned i = 0; i < PARTS; i++)
		if (s->all && part(s, i) != NULL)
			return err_set(err, "--all selects everything, %s \"%s\" does not",
			    parts[i].words, part(s, i));
	for (unsigned i = 1; i < PARTS; i++) {
		struct span value = span_str(part(s, i));

		if (part(s, i) != NULL && (value.n == 0 || span_is(value, "*")))
			return err_set(err, "--%s \"%s\" would select everything: say --all",
			    parts[i].key, part(s, i));
	}
	return values_check(s, err);
}

void
selector_put(const struct selector *s, json_t *request)
{
	uint64_t age;

	if (s->all)
		json_object_set_new(request, "all", json_true());
	for (unsigned i = 0; i < PARTS; i++)
		if (part(s, i) != NULL && part(s, i) != s->older)
			json_object_set_new(request, parts[i].key, json_string(part(s, i)));
	if (s->older != NULL && age_s(s->older, &age) == 0)
		json_object_set_new(request, "older", json_integer((json_int_t)age));
}

void
selector_text(const struct selector *s, char *text, size_t size)
{
	size_t n = 0;

	snprintf(text, size, "%s", s->all ? "all there are" : "");
	for (unsigned i = 0; i < PARTS; i++)
		if (part(s, i) != NULL && n < size)
			n += (size_t)snprintf(text + n, size - n, "%s%s %s", n > 0 ? ", " : "",
			    parts[i].words, part(s, i));
}
