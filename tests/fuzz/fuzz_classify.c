/* Any bytes as a reply: the shipped rules give a verdict for it, and a hard one is always a permanent one. */
#include "../../bouncd/classify.h"

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

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
	struct arena *a = arena_new(0);
	struct span whole = span_of(bytes, n), mx, reply;
	struct verdict v;
	struct said sd;

	mx = span_cut(whole, '\0', &reply);
	said_reply(&sd, reply.n > 0 ? reply : mx, a);
	v = classify(rules(), &sd, mx, true);
	if (v.class == CLASS_HARD && sd.code >= 400 && sd.code < 500)
		abort();
	said_diagnostic(&sd, whole, a);
	must(sd.text.n <= SAID_TEXT_MAX + 8);
	arena_free(a);
	return 0;
}
