#include "batch.h"
#include "classify.h"
#include "verdict_json.h"

#include <stdlib.h>

static struct span
member(const json_t *object, const char *key)
{
	const json_t *j = json_object_get(object, key);

	return span_of(json_string_value(j), json_string_length(j));
}

/* Where the rule stands that decided, and where its meaning is documented. */
static void
where(json_t *out, const struct rule *r)
{
	if (r == NULL)
		return;
	json_object_set_new(out, "file", json_string(r->place.file));
	json_object_set_new(out, "line", json_integer(r->place.line));
	if (r->source != NULL)
		json_object_set_new(out, "source", json_text(span_str(r->source)));
}

static json_t *
answer(struct rules *rules, struct span line, struct arena *a)
{
	json_t *in = json_loadb(line.p, line.n, JSON_ALLOW_NUL, NULL), *out = json_object();
	struct verdict v;
	struct said sd;

	if (!json_is_string(json_object_get(in, "reply"))) {
		json_object_set_new(out, "error", json_string("not an object with a reply"));
	} else {
		said_reply(&sd, member(in, "reply"), a);
		v = classify_named(rules, &sd,
		    &(struct names){ .recipient = member(in, "recipient"),
			.sender = member(in, "sender"),
			.ours = member(in, "ehlo") },
		    member(in, "mx"), true, a);
		verdict_json(out, &v);
		where(out, rules_named(rules, v.rule));
	}
	json_decref(in);
	return out;
}

int
batch_classify(struct rules *rules, FILE *in, FILE *out)
{
	struct arena *a = arena_new(0);
	char *line = NULL;
	size_t cap = 0;
	ssize_t n;

	while ((n = getline(&line, &cap, in)) > 0) {
		json_t *j = answer(rules, span_of(line, (size_t)n), a);
		json_dumpf(j, out, JSON_COMPACT);
		putc('\n', out);
		json_decref(j);
		arena_reset(a);
	}
	free(line);
	arena_free(a);
	return fflush(out) == 0 && !ferror(in) ? 0 : 1;
}
