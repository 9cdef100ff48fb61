#include "drop_file.h"
#include "recipients.h"

#include <string.h>

#define FIRST_LINE "posthouse-drop 1"

static void
word_put(struct buf *out, const char *name, const char *value)
{
	if (value[0] != '\0')
		buf_printf(out, "%s %s\n", name, value);
}

void
drop_head(const struct submit *s, size_t first, struct buf *out)
{
	buf_printf(out, FIRST_LINE "\nfrom %.*s\n", SPAN(s->from));
	for (size_t i = first; i < s->to_n; i++)
		buf_printf(out, "to %.*s\n", SPAN(s->to[i]));
	word_put(out, "notify", s->notify);
	word_put(out, "ret", s->ret);
	word_put(out, "envid", s->envid);
	buf_byte(out, '\n');
}

static bool
line_take(struct span *rest, struct span *name, struct span *value)
{
	struct span line = span_cut(*rest, '\n', rest);

	*name = span_cut(line, ' ', value);
	return line.n > 0;
}

/* How many recipients the head has, so that their list is made once. */
static size_t
recipients_count(struct span rest)
{
	struct span name, value;
	size_t n = 0;

	while (line_take(&rest, &name, &value))
		n += span_is(name, "to");
	return n;
}

static int
field_take(struct submit *job, struct span name, struct span value, struct arena *arena)
{
	if (span_is(name, "from"))
		job->from = value;
	else if (span_is(name, "to"))
		job->to[job->to_n++] = value;
	else if (span_is(name, "notify"))
		job->notify = arena_cstr(arena, value);
	else if (span_is(name, "ret"))
		job->ret = arena_cstr(arena, value);
	else if (span_is(name, "envid"))
		job->envid = arena_cstr(arena, value);
	else
		return -1;
	return recipient_fits(value) ? 0 : -1;
}

int
drop_parse(struct span text, struct arena *arena, struct submit *job, struct err *err)
{
	struct span rest, name, value;

	if (!span_is(span_cut(text, '\n', &rest), FIRST_LINE))
		return err_set(err, "it is not a message that waits");
	job->notify = job->ret = job->envid = "";
	job->to_n = 0;
	job->to = arena_alloc(arena, sizeof(*job->to) * (recipients_count(rest) + 1));
	while (line_take(&rest, &name, &value))
		if (field_take(job, name, value, arena) == -1)
			return err_set(
			    err, "\"%.*s\" is not a line of it", SPAN(span_first(name, 40)));
	job->message = rest;
	return job->to_n > 0 ? 0 : err_set(err, "it has no recipients");
}
