#include "dsn.h"
#include "address_find.h"
#include "header.h"

/* A recipient being read. */
struct group {
	struct span final, original, remote, diagnostic, status;
	enum action action;
	bool any;
};

static enum action
action_of(struct span s)
{
	static const struct {
		const char *word;
		enum action action;
	} words[] = {
		{ "fail", ACTION_FAILED },
		{ "delay", ACTION_DELAYED },
		{ "deliver", ACTION_DELIVERED },
		{ "relay", ACTION_RELAYED },
		{ "expand", ACTION_EXPANDED },
		{ "deferred", ACTION_DELAYED },
		{ "rejected", ACTION_FAILED },
		{ "error", ACTION_FAILED },
		{ "undeliver", ACTION_FAILED },
		{ "bounce", ACTION_FAILED },
		{ "denied", ACTION_FAILED },
		{ "success", ACTION_DELIVERED },
	};

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (span_starts_nocase(s, words[i].word))
			return words[i].action;
	return ACTION_NONE;
}

/* "smtp; 550 ..." without the type. */
static struct span
without_type(struct span s)
{
	ptrdiff_t semi = span_find(s, ';');

	if (semi > 0 && semi <= 16 && span_find(span_trim(span_first(s, (size_t)semi)), ' ') < 0)
		s = span_from(s, (size_t)semi + 1);
	return span_trim(s);
}

/* "5.1.1 (no such user)": the words in it. */
static struct span
comment_of(struct span status)
{
	ptrdiff_t open = span_find(status, '('), close = span_find_last(status, ')');

	if (open < 0 || close < open)
		return span_of(NULL, 0);
	return span_trim(span_of(status.p + open + 1, (size_t)(close - open - 1)));
}

static void
finish(struct came_back *c, struct group *g, struct arena *a)
{
	struct span address = address_of_field(g->final.n > 0 ? g->final : g->original);
	struct span original = address_of_field(g->original);
	struct came_recipient *r;

	if (span_find(address, '@') < 0 && span_find(original, '@') > 0)
		address = original;
	if (g->any && address.n > 0 && (r = came_back_add(c, address, a)) != NULL) {
		r->original = original;
		r->remote_mta = without_type(g->remote);
		if (g->diagnostic.n > r->diagnostic.n)
			r->diagnostic = g->diagnostic;
		if (g->status.n > 0 && !status_at(g->status, &r->status, NULL))
			status_find(g->status, &r->status);
		if (r->diagnostic.n == 0 && r->status.subject == 0)
			r->diagnostic = comment_of(g->status); /* what x.0.0 does not say */
		if (g->action != ACTION_NONE)
			r->action = g->action;
	}
	*g = (struct group){ 0 };
}

static void
take_message_field(struct came_back *c, struct span name, struct span value)
{
	if (span_is_nocase(name, "Original-Envelope-Id"))
		c->envelope_id = span_trim(value);
	else if (span_is_nocase(name, "Reporting-MTA"))
		c->reporting_mta = without_type(value);
}

static void
take_field(struct came_back *c, struct group *g, const struct header_field *f, struct arena *a)
{
	struct span value = span_trim(header_unfolded(f->value, a));

	if (span_is_nocase(f->name, "Final-Recipient") ||
	    span_is_nocase(f->name, "X-Actual-Recipient")) {
		if (g->final.n > 0 && span_is_nocase(f->name, "Final-Recipient"))
			finish(c, g, a);
		if (g->final.n == 0)
			g->final = value;
		g->any = true;
	} else if (span_is_nocase(f->name, "Original-Recipient")) {
		if (g->original.n > 0)
			finish(c, g, a);
		g->original = value;
		g->any = true;
	} else if (span_is_nocase(f->name, "Action")) {
		g->action = action_of(value);
	} else if (span_is_nocase(f->name, "Status")) {
		g->status = value;
	} else if (span_is_nocase(f->name, "Remote-MTA")) {
		g->remote = value;
	} else if (span_is_nocase(f->name, "Diagnostic-Code") ||
		   span_is_nocase(f->name, "X-Exim-Diagnostic")) {
		if (g->diagnostic.n == 0)
			g->diagnostic = without_type(value);
	} else
		take_message_field(c, f->name, value);
}

/* The lines up to the next empty one. */
static struct span
next_group(struct span *body)
{
	struct span rest = *body, line;
	const char *start = rest.p;
	size_t n = 0;

	while (rest.n > 0) {
		line = span_cut(rest, '\n', &rest);
		if (span_trim(line).n == 0)
			break;
		n = (size_t)(line.p + line.n - start);
	}
	*body = rest;
	return span_of(start, n);
}

unsigned
dsn_parse(struct came_back *c, struct span body, struct arena *a)
{
	unsigned before = c->n_recipients;
	struct group g = { 0 };

	while (body.n > 0) {
		struct span group = next_group(&body);
		struct header_field f;

		/* an empty line too many must not tear a recipient apart: only a new name begins a new one */
		while (header_next(&group, &f))
			if (!f.bad)
				take_field(c, &g, &f, a);
		if (g.any && (g.status.n > 0 || g.diagnostic.n > 0))
			finish(c, &g, a);
	}
	finish(c, &g, a);
	return c->n_recipients - before;
}

ptrdiff_t
dsn_in_text(struct span text)
{
	static const char *const names[] = {
		"Reporting-MTA:", "Final-Recipient:", "Original-Recipient:"
	};
	ptrdiff_t first = -1;

	if (span_find_nocase(text, "Final-Recipient:") < 0 &&
	    span_find_nocase(text, "Original-Recipient:") < 0)
		return -1;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		ptrdiff_t at = span_find_nocase(text, names[i]);
		if (at >= 0 && (at == 0 || text.p[at - 1] == '\n') && (first < 0 || at < first))
			first = at;
	}
	return first;
}
