#include "judge.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

enum { SURE = 80, WORDS_BYTES = 15 };

static bool
is_generic(struct status st)
{
	return st.class == 0 || (st.subject == 0 && st.detail == 0);
}

/* Of two verdicts the one that rests on more; the first if they are equal. */
static struct verdict
better(struct verdict a, struct verdict b)
{
	return b.category != CATEGORY_NONE && b.confidence > a.confidence ? b : a;
}

static void
set_status(struct verdict *v, struct status st)
{
	if (st.class != 0)
		snprintf(v->status, sizeof(v->status), "%u.%u.%u", st.class % 10u,
		    st.subject % 1000u, st.detail % 1000u);
	else
		v->status[0] = '\0';
}

/* What other words of the report say, with the codes that are known already. */
static void
other_words(struct said *words, struct span text, const struct said *own, struct arena *a)
{
	said_reply(words, text, a);
	if (own->status.class != 0)
		words->status = own->status;
	if (own->code != 0)
		words->code = own->code;
}

/* The specific one of the report's field and the reply's own; of two, the field. */
static struct status
status_told(struct status field, struct status reply)
{
	if (!is_generic(field) || is_generic(reply))
		return field.class != 0 ? field : reply;
	return reply;
}

/* The server said what it had to say: then no other words of the report count. */
static bool
spoke(const struct said *own)
{
	return own->code != 0 && own->text.n > WORDS_BYTES;
}

/* A refusal of MAIL FROM is about the sender, whatever it says does not exist. */
static void
mind_the_sender(struct verdict *v, struct span diagnostic)
{
	if (v->category != CATEGORY_BAD_MAILBOX && v->category != CATEGORY_BAD_DOMAIN)
		return;
	if (span_find_nocase(diagnostic, "after MAIL FROM") < 0 &&
	    span_find_nocase(diagnostic, "reply to MAIL FROM") < 0)
		return;
	v->category = CATEGORY_BAD_SENDER;
	v->class = CLASS_SOFT;
	v->advice = category_advice(v->category, v->class, false);
	snprintf(v->fix, sizeof(v->fix), "%s", category_fix(v->category));
}

static struct span
paragraph_of(struct span s)
{
	struct span rest = s;

	while (rest.n > 0) {
		size_t at = s.n - rest.n;

		if (span_trim(span_cut(rest, '\n', &rest)).n == 0)
			return span_first(s, at);
	}
	return s;
}

static bool
begins_with_reply(struct span line)
{
	return line.n > 4 && (line.p[0] == '4' || line.p[0] == '5') &&
	       isdigit((unsigned char)line.p[1]) && isdigit((unsigned char)line.p[2]) &&
	       (line.p[3] == ' ' || line.p[3] == '-');
}

/* Of a report's words the paragraph in which a line begins with a reply; all of them where none does. */
static struct span
replied(struct span words)
{
	struct span rest = words;

	while (rest.n > 0) {
		struct span from = rest;

		if (begins_with_reply(span_trim(span_cut(rest, '\n', &rest))))
			return paragraph_of(from);
	}
	return words;
}

unsigned
judge_texts(const struct came_back *c, const struct came_recipient *r,
    struct said out[JUDGE_TEXTS_MAX], struct arena *a)
{
	struct said *own = &out[0];
	struct status told;
	unsigned n = 1;

	said_diagnostic(own, r->diagnostic, a);
	told = status_told(r->status, own->status);
	if (told.class == 0 && !status_find(r->words, &told))
		status_find(c->reason, &told);
	own->status = told;
	other_words(&out[n++], r->diagnostic, own, a);
	if (r->words.n > 0)
		other_words(&out[n++], r->words, own, a);
	if (c->reason.n > 0 && c->n_recipients == 1 && !spoke(own))
		other_words(&out[n++], replied(c->reason), own, a);
	return n;
}

/* A warning tells of what will expire: any cause beside that says more. */
static struct verdict
of_text(struct rules *rs, const struct said *text, const struct names *names, struct span mta,
    bool permanent, struct arena *a)
{
	struct verdict v = classify_named(rs, text, names, mta, permanent, a);

	if (!permanent && v.category == CATEGORY_EXPIRED)
		v.confidence = 1;
	return v;
}

struct verdict
judge(struct rules *rs, const struct came_back *c, const struct came_recipient *r, struct arena *a)
{
	bool permanent = c->kind == KIND_BOUNCE && r->action != ACTION_DELAYED;
	struct said texts[JUDGE_TEXTS_MAX];
	unsigned n = judge_texts(c, r, texts, a);
	struct names names = {
		.recipient = r->address, .sender = c->original_mail_from, .ours = c->reporting_mta
	};
	struct verdict v = { 0 };

	for (unsigned i = 0; i < n && (v.confidence < SURE || strcmp(v.rule, "status") == 0); i++)
		v = better(v, of_text(rs, &texts[i], &names, r->remote_mta, permanent, a));
	mind_the_sender(&v, r->diagnostic.n > 8 ? r->diagnostic : r->words);
	if (c->kind == KIND_DELAYED || r->action == ACTION_DELAYED)
		v.class = CLASS_SOFT;
	if (v.class == CLASS_SOFT && v.advice == ADVICE_SUPPRESS)
		v.advice = ADVICE_RETRY;
	set_status(&v, texts[0].status);
	return v;
}
