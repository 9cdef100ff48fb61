/* Any bytes as what strangers publish: each line is the next answer to whatever SPF asks, and a DKIM and a DMARC record. */
#include "../../ctl/check/dkim_record.h"
#include "../../ctl/check/dmarc.h"
#include "../../ctl/check/spf.h"
#include "err.h"

#include <sys/socket.h>

enum { ASKED_MAX = 200, ARENA_MAX = 4 * 1024 * 1024 };

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

struct lines {
	struct span all, rest;
	unsigned asked;
};

static void
next_line(void *ctx, struct span name, enum answer_type type, struct arena *arena, struct answer *a)
{
	struct lines *l = ctx;

	(void)arena;
	must(name.n > 0 && name.n <= 253);
	must(++l->asked <= ASKED_MAX);
	if (l->rest.n == 0)
		l->rest = l->all;
	*a = (struct answer){ .status = ANSWER_OK, .n = type == ANSWER_TXT ? 1 : 2 };
	for (unsigned i = 0; i < a->n; i++)
		a->at[i].data = span_cut(l->rest, '\n', &l->rest);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct lines l = { .all = span_of(data, size), .rest = span_of(data, size) };
	struct arena *arena = arena_new(ARENA_MAX);
	struct spf_question q = { .ip.family = size % 2 ? AF_INET : AF_INET6,
		.sender = SPAN_LIT("a-b.c@first.test"),
		.helo = SPAN_LIT("relay.test"),
		.ask = next_line,
		.ctx = &l,
		.arena = arena };
	struct spf_answer answer;
	struct dmarc_record dmarc;

	spf_check(&q, SPAN_LIT("first.test"), &answer);
	must(answer.lookups <= SPF_LOOKUPS_MAX + 1);
	(void)dkim_record_compare(l.all, SPAN_LIT("v=DKIM1; k=rsa; p=QUJD"));
	must(dmarc_read(l.all, &dmarc) == -1 || dmarc.percent <= 100);
	arena_free(arena);
	return 0;
}
