/* Any bytes as a server's dialogue: replies are read line by line, and each whole one as an answer to EHLO. */
#include "../../deliverd/ehlo.h"
#include "err.h"
#include "reply.h"

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span rest = span_of(data, size);
	struct reply r;
	struct err err;
	enum reply_step step = REPLY_MORE;

	reply_init(&r);
	while (rest.n > 0 && step != REPLY_BAD) {
		step = reply_line(&r, span_cut(rest, '\n', &rest), &err);
		if (step == REPLY_BAD)
			break;
		must(r.code >= 200 && r.code <= 599 && r.text.n <= REPLY_TEXT_MAX);
		must(span_find(buf_all(&r.text), '\0') < 0);
		if (step == REPLY_DONE) {
			struct ehlo e = ehlo_read(buf_all(&r.text));

			must(e.server.n <= r.text.n);
		}
	}
	reply_free(&r);
	return 0;
}
