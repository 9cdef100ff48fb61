/* Any bytes as what senders and servers said of a message: the report stays one. Up to the original each line ends in CRLF
 * and has 998 octets at most, and no field begins that we did not write. */
#include "err.h"

#include "../../bouncd/notice_inside.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

enum { BYTES = 1 << 20 };

static struct span
next(struct span *rest)
{
	return span_cut(*rest, '\xff', rest);
}

static unsigned
lines_that_begin(struct span s, const char *start)
{
	unsigned n = 0;

	while (s.n > 0) {
		struct span line = span_cut(s, '\n', &s);

		n += span_starts(line, start);
	}
	return n;
}

static void
check_lines(struct span s)
{
	size_t start = 0;

	for (size_t i = 0; i < s.n; i++) {
		must(s.p[i] != '\r' || (i + 1 < s.n && s.p[i + 1] == '\n') || i + 1 == s.n);
		if (s.p[i] != '\n')
			continue;
		must(i > 0 && s.p[i - 1] == '\r' && i - 1 - start <= 998);
		start = i + 1;
	}
}

static void
check_fields(struct span s)
{
	check_lines(s);
	must(lines_that_begin(s, "--") == 0);
	must(lines_that_begin(s, "Reporting-MTA: ") == 1);
	must(lines_that_begin(s, "Action: ") == 1);
	must(lines_that_begin(s, "Status: ") == 1);
	must(lines_that_begin(s, "Final-Recipient: ") == 1);
	must(lines_that_begin(s, "Original-Recipient: ") <= 1);
	must(lines_that_begin(s, "\r") == 1);
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
	struct span rest = span_of(bytes, n);
	struct notice_original original = { next(&rest) };
	struct notice_recipient r = { .address = next(&rest),
		.orcpt = next(&rest),
		.status = next(&rest),
		.remote_mta = next(&rest),
		.remote_ip = next(&rest),
		.log_id = SPAN_LIT("01"),
		.category = CATEGORY_POLICY,
		.action = n % 5,
		.expired = n % 2,
		.said_by_server = n % 3 == 0,
		.diagnostic = next(&rest) };
	struct notice notice = { .id = SPAN_LIT("01abc"),
		.reporting_mta = SPAN_LIT("relay.example"),
		.sender = next(&rest),
		.envid = next(&rest),
		.received_from = rest,
		.utf8 = n % 7 > 3,
		.whole = true,
		.originals = &original,
		.n_originals = 1,
		.recipients = &r,
		.n_recipients = 1 };
	struct buf out;
	size_t hole;

	buf_init(&out, BYTES);
	notice_write(&notice, &out, &hole);
	if (!buf_over(&out)) {
		check_lines(buf_all(&out));
		must(hole > 0 && hole < out.n);
	}
	buf_reset(&out);
	notice_fields(&notice, notice.utf8, &out);
	check_fields(buf_all(&out));
	buf_free(&out);
	return 0;
}
