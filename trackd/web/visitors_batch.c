#include "visitors_batch.h"
#include "recent.h"
#include "visitors.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

enum { START_MS = 1000000000 }; /* when the trace's mails were handed over: any time will do */

struct line {
	struct judgement first;
	enum machine machine;
	const char *reason;
};

struct batch {
	struct visitors *visitors;
	struct recent *recent;
	struct line *lines;
	size_t n, cap;
};

static struct span
text_of(const json_t *row, const char *key)
{
	const json_t *v = json_object_get(row, key);

	return span_of(json_string_value(v), json_string_length(v));
}

/* A line's number is its event's id, so that a revised one is found again. */
static struct id
id_of_line(size_t n)
{
	struct id id = { .b = { 0 } };

	memcpy(id.b, &n, sizeof(n));
	return id;
}

static size_t
line_of_id(struct id id)
{
	size_t n;

	memcpy(&n, id.b, sizeof(n));
	return n;
}

/* Mails are told apart by name: two of them would have to share 128 bits of hash. */
static struct id
id_of_mail(struct span name)
{
	uint64_t h[2] = { span_hash(name), span_hash_nocase(name) * 31 + name.n };
	struct id id;

	memcpy(id.b, h, sizeof(id.b));
	return id;
}

static int
visit_read(const json_t *row, struct visit *v, struct err *err)
{
	const json_t *at = json_object_get(row, "at");
	struct span method = text_of(row, "method");
	int kind = visit_kind_of(text_of(row, "kind"));

	if (kind == -1)
		return err_set(err, "\"kind\" is none of open, click, unsubscribe, trap");
	*v = (struct visit){ .kind = (enum visit_kind)kind,
		.method = span_is(method, "HEAD")   ? VISIT_HEAD
			  : span_is(method, "POST") ? VISIT_POST
						    : VISIT_GET,
		.client = text_of(row, "client"),
		.agent = text_of(row, "agent"),
		.purpose = text_of(row, "purpose"),
		.no_language = span_is(text_of(row, "language"), "none"),
		.age_ms =
		    at == NULL ? VISIT_AGE_UNKNOWN : (int64_t)(json_number_value(at) * 1000) };
	return 0;
}

static void
judge(struct batch *b, const json_t *row, const struct visit *v)
{
	uint64_t now_ms = START_MS + (uint64_t)(v->age_ms < 0 ? 0 : v->age_ms);
	struct recent_key key = { .message = id_of_mail(text_of(row, "mail")),
		.client = v->client,
		.agent = v->agent,
		.link = v->kind == VISIT_OPEN ? span_of(NULL, 0) : text_of(row, "link") };
	struct recent_revised revised[RECENT_VISITS];
	struct judgement j;
	struct visit_past past;
	unsigned n;

	recent_past(b->recent, &key, now_ms, &past);
	j = visitors_judge(b->visitors, v, &past);
	n = recent_note(b->recent, &key, now_ms, v->kind, &j, id_of_line(b->n), revised);
	for (unsigned i = 0; i < n; i++) {
		struct line *l = &b->lines[line_of_id(revised[i].event)];

		l->machine = MACHINE_YES;
		l->reason = j.reason;
	}
	b->lines[b->n++] = (struct line){ j, j.machine, j.reason };
}

static int
take_line(struct batch *b, const char *text, size_t n, struct err *err)
{
	json_error_t why;
	json_t *row = json_loadb(text, n, 0, &why);
	struct visit v;

	if (row == NULL)
		return err_set(err, "line %zu: %s", b->n + 1, why.text);
	if (visit_read(row, &v, err) == -1) {
		json_decref(row);
		return err_context(err, "line %zu", b->n + 1);
	}
	if (b->n == b->cap) {
		b->cap = b->cap == 0 ? 1024 : b->cap * 2;
		b->lines = realloc(b->lines, b->cap * sizeof(*b->lines));
		if (b->lines == NULL)
			fatal("out of memory for a trace");
	}
	judge(b, row, &v);
	json_decref(row);
	return 0;
}

static void
lines_print(const struct batch *b, FILE *out)
{
	for (size_t i = 0; i < b->n; i++) {
		const struct line *l = &b->lines[i];

		fprintf(out, "{\"machine\":\"%s\",\"reason\":\"%s\",\"at_first\":\"%s\"}\n",
		    machine_name(l->machine), l->reason == NULL ? "" : l->reason,
		    machine_name(l->first.machine));
	}
}

int
visitors_batch(const char *rules, FILE *in, FILE *out)
{
	struct span text = rules == NULL ? visitors_shipped() : span_of(NULL, 0);
	struct batch b = { .n = 0 };
	struct buf messages;
	struct err err;
	char *line = NULL;
	size_t cap = 0;
	ssize_t n;
	int r = 0;

	buf_init(&messages, 64 * 1024);
	b.visitors = visitors_load(rules == NULL ? "visitors.conf" : rules, text, &messages, &err);
	if (b.visitors == NULL) {
		fprintf(stderr, "%.*s", SPAN(buf_all(&messages)));
		return EX_CONFIG;
	}
	b.recent = recent_new();
	while (r == 0 && (n = getline(&line, &cap, in)) != -1)
		r = take_line(&b, line, (size_t)n, &err);
	lines_print(&b, out);
	if (r == -1)
		fprintf(stderr, "%s\n", err.text);
	free(line);
	free(b.lines);
	recent_free(b.recent);
	visitors_free(b.visitors);
	buf_free(&messages);
	return r == 0 ? 0 : 1;
}
