/* Any bytes as a mail that came back: it ends, reads nothing outside, and every span it gives can be read. */
#include "../../bouncd/parse/bounce_parse.h"

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

static unsigned
sum(struct span s)
{
	unsigned n = 0;

	for (size_t i = 0; i < s.n; i++)
		n += (unsigned char)s.p[i];
	return n;
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
	struct arena *a = arena_new(64 << 20);
	unsigned sink = 0;
	struct came_back c;

	bounce_parse(&c, span_of(bytes, n), a);
	sink += sum(c.original_message_id) + sum(c.original_to) + sum(c.envelope_id) +
		sum(c.reporting_mta) + sum(c.feedback_type) + sum(c.subject) + sum(c.reason) +
		sum(c.source_ip) + sum(c.reported_domain) + sum(c.original_mail_from) +
		sum(c.arrival_date) + sum(c.feedback_id);
	for (unsigned i = 0; i < c.n_tokens; i++)
		sink += sum(c.tokens[i]);
	for (const struct came_recipient *r = c.recipients; r != NULL; r = r->next)
		sink += sum(r->address) + sum(r->original) + sum(r->remote_mta) +
			sum(r->diagnostic) + sum(r->words);
	arena_free(a);
	return (int)(sink & 0);
}
