#include "visitors_inside.h"

#include <string.h>

/* "5s" "2m" "3h": what an example needs of durations. */
static int
duration_ms(struct span s, uint64_t *ms)
{
	uint64_t unit = s.n == 0              ? 0
			: s.p[s.n - 1] == 's' ? 1000
			: s.p[s.n - 1] == 'm' ? 60000
			: s.p[s.n - 1] == 'h' ? 3600000
			: s.p[s.n - 1] == 'd' ? 86400000
					      : 0;

	if (unit == 0 || span_u64(span_first(s, s.n - 1), 100000, ms) == -1)
		return -1;
	*ms *= unit;
	return 0;
}

static int
take_links(struct span value, struct visit_past *past)
{
	struct span span, number = span_cut(value, '/', &span);
	uint64_t n, ms;

	if (span_u64(number, VISIT_LINKS_MAX + 1, &n) == -1 || n < 2 ||
	    duration_ms(span, &ms) == -1)
		return -1;
	past->links_n = (unsigned)n - 1;
	for (unsigned i = 0; i < past->links_n; i++)
		past->links_ms[i] = (uint32_t)ms;
	return 0;
}

static int
take_follows(const struct visitors *v, struct span value, struct visit_past *past)
{
	for (size_t i = 0; i < v->rules_n; i++)
		if (span_is(value, v->rules[i].name)) {
			past->rules[0].rule = v->rules[i].number;
			past->rules[0].ago_ms = 1000;
			past->rules_n = 1;
			return 0;
		}
	return -1;
}

static int
take_named(const struct visitors *v, struct span name, struct span value, struct visit *visit,
    struct visit_past *past)
{
	uint64_t ms;

	if (span_is(name, "after") && duration_ms(value, &ms) == 0)
		visit->age_ms = (int64_t)ms;
	else if (span_is(name, "from"))
		visit->client = value;
	else if (span_is(name, "purpose"))
		visit->purpose = value;
	else if (span_is(name, "language") && span_is(value, "none"))
		visit->no_language = true;
	else if (span_is(name, "links"))
		return take_links(value, past);
	else if (span_is(name, "follows"))
		return take_follows(v, value, past);
	else
		return -1;
	return 0;
}

/* A word without "=": the kind or the method. */
static int
take_word(struct span word, struct visit *visit)
{
	int kind = visit_kind_of(word);

	if (kind != -1)
		visit->kind = (enum visit_kind)kind;
	else if (span_is(word, "HEAD"))
		visit->method = VISIT_HEAD;
	else if (span_is(word, "POST"))
		visit->method = VISIT_POST;
	else if (!span_is(word, "GET"))
		return -1;
	return 0;
}

int
visitors_example(const struct visitors *v, struct span text, struct visit *visit,
    struct visit_past *past, struct err *err)
{
	*visit = (struct visit){ .kind = VISIT_CLICK, .age_ms = VISIT_AGE_UNKNOWN };
	*past = (struct visit_past){ .links_n = 0 };
	for (struct span word, value, rest = text; rest.n > 0;) {
		struct span before = span_trim(rest);

		if (span_starts(before, "agent=")) {
			visit->agent = span_from(before, strlen("agent="));
			return 0;
		}
		word = span_word(rest, &rest);
		if (span_find(word, '=') < 0) {
			if (word.n > 0 && take_word(word, visit) == -1)
				return err_set(
				    err, "\"%.*s\" is no kind and no method", SPAN(word));
			continue;
		}
		before = span_cut(word, '=', &value);
		if (take_named(v, before, value, visit, past) == -1)
			return err_set(err, "\"%.*s\" cannot be read", SPAN(word));
	}
	return 0;
}
