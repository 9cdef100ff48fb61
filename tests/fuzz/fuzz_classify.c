/* Any bytes as a reply: the rules give a verdict for it, the same one when it is remembered; a hard one is always
 * a permanent one; whatever is unknown makes a draft that loads. */
#include "../../bouncd/classify.h"
#include "../../bouncd/draft.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

static struct rules *
rules(void)
{
	static struct rules *loaded;
	struct err err;

	if (loaded == NULL)
		loaded = rules_load("etc/bounces.conf", span_of(NULL, 0), NULL, &err);
	if (loaded == NULL)
		fatal("%s", err.text);
	return loaded;
}

/* Every hundredth is loaded: that takes a while. */
static void
drafted(const struct said *sd, const struct verdict *v)
{
	static unsigned calls;
	static struct unknowns *u;
	const struct unknown_entry *e;
	struct rules *rs = NULL;
	struct buf draft;
	struct err err;

	if (u == NULL)
		u = unknowns_new();
	e = unknown_note(u, sd, sd->text, v, calls);
	buf_init(&draft, 4096);
	draft_rule(e, &draft);
	must(!buf_over(&draft));
	if (calls++ % 100 == 0) {
		rs = rules_load("draft", buf_all(&draft), NULL, &err);
		if (rs == NULL)
			fatal("%s\n%.*s", err.text, SPAN(buf_all(&draft)));
	}
	rules_free(rs);
	buf_free(&draft);
}

static void
same(const struct verdict *a, const struct verdict *b)
{
	must(a->class == b->class && a->category == b->category && a->advice == b->advice &&
	     a->confidence == b->confidence && a->confidence <= 100);
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
	struct arena *a = arena_new(0);
	struct span whole = span_of(bytes, n), mx, reply;
	struct verdict v, again;
	struct said sd;

	mx = span_cut(whole, '\0', &reply);
	said_reply(&sd, reply.n > 0 ? reply : mx, a);
	v = classify(rules(), &sd, mx, true);
	again = classify(rules(), &sd, mx, true);
	same(&v, &again);
	again = classify_afresh(rules(), &sd, mx, true);
	same(&v, &again);
	if (unknown_is(&v))
		drafted(&sd, &v);
	if (v.class == CLASS_HARD && sd.code >= 400 && sd.code < 500)
		abort();
	said_diagnostic(&sd, whole, a);
	must(sd.text.n <= SAID_TEXT_MAX + 8);
	arena_free(a);
	return 0;
}
