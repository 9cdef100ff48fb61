#include "dkim_record.h"
#include "buf.h"

enum { RECORD_BYTES = 16384 };

static void
key_of(struct span record, struct buf *out)
{
	while (record.n > 0) {
		struct span value,
		    name = span_trim(span_cut(span_cut(record, ';', &record), '=', &value));

		for (size_t i = 0; span_is(name, "p") && i < value.n; i++)
			if (value.p[i] != ' ' && value.p[i] != '\t')
				buf_byte(out, value.p[i]);
	}
}

bool
dkim_record_same(struct span a, struct span b)
{
	struct buf one, two;
	bool same;

	buf_init(&one, RECORD_BYTES);
	buf_init(&two, RECORD_BYTES);
	key_of(a, &one);
	key_of(b, &two);
	same = one.n > 0 && span_eq(buf_all(&one), buf_all(&two));
	buf_free(&one);
	buf_free(&two);
	return same;
}
