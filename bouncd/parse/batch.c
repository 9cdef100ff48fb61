#include "batch.h"
#include "bounce_parse.h"
#include "../judge.h"
#include "../verdict_json.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { MAIL_MAX = 128 * 1024 * 1024, ARENA_MAX = 48 * 1024 * 1024, SHOWN_MAX = 500 };

static void
set(json_t *object, const char *key, struct span value)
{
	if (value.n > 0)
		json_object_set_new(object, key, json_text(span_first(value, SHOWN_MAX)));
}

static json_t *
recipients(struct rules *rules, const struct came_back *c, struct arena *a)
{
	json_t *list = json_array();

	for (const struct came_recipient *r = c->recipients; r != NULL; r = r->next) {
		json_t *j = json_object();
		struct verdict v = judge(rules, c, r, a);

		set(j, "address", r->address);
		set(j, "original_recipient", r->original);
		if (c->kind == KIND_BOUNCE || c->kind == KIND_DELAYED)
			verdict_json(j, &v);
		else if (c->kind == KIND_DELIVERED)
			set(j, "status", span_str(v.status));
		set(j, "remote_mta", r->remote_mta);
		set(j, "diagnostic", r->diagnostic);
		json_array_append_new(list, j);
	}
	return list;
}

static json_t *
tokens(const struct came_back *c)
{
	json_t *list = json_array();

	for (unsigned i = 0; i < c->n_tokens; i++)
		json_array_append_new(list, json_text(c->tokens[i]));
	return list;
}

static json_t *
facts(struct rules *rules, struct span message)
{
	struct arena *a = arena_new(ARENA_MAX);
	json_t *j = json_object();
	struct came_back c;

	bounce_parse(&c, message, a);
	json_object_set_new(j, "kind", json_string(kind_word(c.kind)));
	json_object_set_new(j, "recipients", recipients(rules, &c, a));
	set(j, "original_message_id", c.original_message_id);
	set(j, "inner_message_id", c.inner_message_id);
	set(j, "envelope_id", c.envelope_id);
	set(j, "feedback_type", c.feedback_type);
	set(j, "sub", span_str(kind_sub_word(c.sub)));
	set(j, "source_ip", c.source_ip);
	set(j, "reported_domain", c.reported_domain);
	set(j, "original_mail_from", c.original_mail_from);
	set(j, "arrival_date", c.arrival_date);
	set(j, "feedback_id", c.feedback_id);
	if (c.n_tokens > 0)
		json_object_set_new(j, "tokens", tokens(&c));
	arena_free(a);
	return j;
}

static int
print(json_t *j, FILE *out)
{
	json_dumpf(j, out, JSON_COMPACT);
	putc('\n', out);
	json_decref(j);
	return fflush(out);
}

static json_t *
read_and_parse(struct rules *rules, FILE *f)
{
	struct buf b;
	size_t n;
	char *room;
	json_t *j;

	buf_init(&b, MAIL_MAX);
	while ((room = buf_room(&b, 65536)) != NULL && (n = fread(room, 1, 65536, f)) > 0)
		buf_grew(&b, n);
	if (ferror(f) || room == NULL) {
		j = json_object();
		json_object_set_new(
		    j, "error", json_string(room == NULL ? "too large" : "cannot be read"));
	} else
		j = facts(rules, buf_all(&b));
	buf_free(&b);
	return j;
}

int
batch_mail(struct rules *rules, FILE *in, FILE *out)
{
	json_t *j = read_and_parse(rules, in);
	bool failed = json_object_get(j, "error") != NULL;

	return print(j, out) == 0 && !failed ? 0 : 1;
}

static json_t *
one_file(struct rules *rules, const char *path)
{
	FILE *f = fopen(path, "re");
	json_t *j;

	if (f == NULL) {
		j = json_object();
		json_object_set_new(j, "error", json_string(strerror(errno)));
		return j;
	}
	j = read_and_parse(rules, f);
	fclose(f);
	return j;
}

int
batch_files(struct rules *rules, FILE *in, FILE *out)
{
	char *line = NULL;
	size_t cap = 0;
	ssize_t n;
	int status = 0;

	while (status == 0 && (n = getline(&line, &cap, in)) > 0) {
		if (line[n - 1] == '\n')
			line[n - 1] = '\0';
		if (print(one_file(rules, line), out) != 0)
			status = 1;
	}
	free(line);
	return status;
}
