#include "selector.h"
#include "id.h"

#include <stdio.h>

static const struct part {
	const char *key, *words;
	size_t at;
} parts[] = {
	{ "id", "message", offsetof(struct selector, id) },
	{ "tenant", "tenant", offsetof(struct selector, tenant) },
	{ "to", "to", offsetof(struct selector, to) },
	{ "from", "from", offsetof(struct selector, from) },
	{ "site", "site", offsetof(struct selector, site) },
	{ "campaign", "campaign", offsetof(struct selector, campaign) },
	{ "state", "state", offsetof(struct selector, state) },
};

enum { PARTS = sizeof(parts) / sizeof(parts[0]) };

static const char *
part(const struct selector *s, unsigned i)
{
	return *(const char *const *)(const void *)((const char *)s + parts[i].at);
}

/* A state alone selects nothing: it is half of the queue. */
bool
selector_is_empty(const struct selector *s)
{
	return !s->all && s->id == NULL && s->tenant == NULL && s->to == NULL && s->from == NULL &&
	       s->site == NULL && s->campaign == NULL;
}

int
selector_check(const struct selector *s, struct err *err)
{
	struct id lo, hi;

	if (s->id != NULL && id_prefix(span_str(s->id), &lo, &hi) == -1)
		return err_set(err, "\"%.60s\" is no message id, nor the beginning of one", s->id);
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
	return 0;
}

void
selector_put(const struct selector *s, json_t *request)
{
	if (s->all)
		json_object_set_new(request, "all", json_true());
	for (unsigned i = 0; i < PARTS; i++)
		if (part(s, i) != NULL)
			json_object_set_new(request, parts[i].key, json_string(part(s, i)));
}

void
selector_text(const struct selector *s, char *text, size_t size)
{
	size_t n = 0;

	snprintf(text, size, "%s", s->all ? "all that waits" : "");
	for (unsigned i = 0; i < PARTS; i++)
		if (part(s, i) != NULL && n < size)
			n += (size_t)snprintf(text + n, size - n, "%s%s %s", n > 0 ? ", " : "",
			    parts[i].words, part(s, i));
}
