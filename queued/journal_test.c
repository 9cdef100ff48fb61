#include "journal.h"
#include "crc32c.h"

#include <check.h>
#include <string.h>

static struct buf segment;

static void
put(enum journal_type type, struct span head, struct span bytes)
{
	size_t begin = journal_begin(&segment);

	buf_span(&segment, head);
	journal_end(&segment, begin,
	    &(struct journal_record){ .type = type,
		.id = { { 7 } },
		.index = 5,
		.mark = 'd',
		.bytes = bytes,
		.bytes_crc = crc32c(0, bytes) });
}

/* OPEN, a message, an end: sealed as generation 3. */
static void
segment_make(void)
{
	uint64_t sequence = 0;

	buf_init(&segment, 1 << 20);
	journal_put(&segment,
	    &(struct journal_record){ .type = JOURNAL_OPEN, .oldest = 2, .previous_end = 9 });
	put(JOURNAL_MESSAGE, SPAN_LIT("head\n"), SPAN_LIT("bytes of it\r\n"));
	put(JOURNAL_END, SPAN_LIT("{\"event\":\"delivered\"}\n"), span_of(NULL, 0));
	journal_seal(segment.p, segment.n, 3, 33, &sequence);
	ck_assert_uint_eq(sequence, 3);
}

static unsigned
records(struct span s)
{
	struct journal_reader r;
	struct journal_record rec;
	unsigned n = 0;

	journal_reader_init(&r, s);
	while (journal_next(&r, &rec))
		n++;
	return n;
}

START_TEST(what_is_put_is_read)
{
	struct journal_reader r;
	struct journal_record rec;

	segment_make();
	journal_reader_init(&r, buf_all(&segment));
	ck_assert(journal_next(&r, &rec));
	ck_assert_int_eq(rec.type, JOURNAL_OPEN);
	ck_assert_uint_eq(rec.generation, 3);
	ck_assert_uint_eq(rec.oldest, 2);
	ck_assert_uint_eq(rec.previous_end, 9);
	ck_assert(journal_next(&r, &rec));
	ck_assert(span_is(rec.head, "head\n"));
	ck_assert(span_is(rec.bytes, "bytes of it\r\n"));
	ck_assert_uint_eq(rec.n, journal_bytes(5, 13));
	ck_assert(journal_next(&r, &rec));
	ck_assert_int_eq(rec.type, JOURNAL_END);
	ck_assert_uint_eq(rec.index, 5);
	ck_assert_int_eq(rec.mark, 'd');
	ck_assert_uint_eq(rec.id.b[0], 7);
	ck_assert(!journal_next(&r, &rec));
	buf_free(&segment);
}
END_TEST

START_TEST(any_damaged_byte_of_a_record_stops_the_reading)
{
	size_t last;

	segment_make();
	last = segment.n - journal_bytes(strlen("{\"event\":\"delivered\"}\n"), 0);
	for (size_t i = last; i < segment.n; i++) {
		bool padding = i >= last + JOURNAL_HEADER + strlen("{\"event\":\"delivered\"}\n");

		segment.p[i] ^= 0x10;
		ck_assert_msg(
		    records(buf_all(&segment)) == (padding ? 3 : 2), "byte %zu", i - last);
		segment.p[i] ^= 0x10;
	}
	for (size_t i = 0; i < segment.n; i++)
		ck_assert_uint_le(records(span_of(segment.p, i)), 2);
	buf_free(&segment);
}
END_TEST

START_TEST(what_an_earlier_use_left_behind_is_not_read)
{
	uint64_t sequence = 0;
	size_t open = journal_bytes(32, 0);

	segment_make();
	journal_seal(
	    segment.p, open, 4, 44, &sequence); /* the next use overwrote the first record alone */
	ck_assert_uint_eq(records(buf_all(&segment)), 1);
	buf_free(&segment);
}
END_TEST

START_TEST(records_out_of_order_are_not_read)
{
	uint64_t sequence = 7;
	size_t open = journal_bytes(32, 0);

	segment_make();
	journal_seal(segment.p + open, segment.n - open, 3, 33, &sequence);
	ck_assert_uint_eq(records(buf_all(&segment)), 1);
	ck_assert_uint_eq(records(span_from(buf_all(&segment), open)), 0);
	buf_free(&segment);
}
END_TEST

/* A message's bytes that look like records of the segment it is in: whoever sent it does not know the salt. */
START_TEST(bytes_of_a_message_do_not_pass_for_records)
{
	struct buf forged;
	struct journal_reader r;
	struct journal_record rec;
	struct journal_gap gap;
	uint64_t sequence = 2;
	size_t at;

	buf_init(&forged, 1 << 16);
	journal_put(&forged, &(struct journal_record){ .type = JOURNAL_END });
	journal_seal(forged.p, forged.n, 3, 0, &sequence);
	sequence = 0;
	buf_init(&segment, 1 << 20);
	journal_put(&segment, &(struct journal_record){ .type = JOURNAL_OPEN });
	at = segment.n;
	put(JOURNAL_MESSAGE, SPAN_LIT("12345678"), buf_all(&forged));
	put(JOURNAL_END, SPAN_LIT("{}"), span_of(NULL, 0));
	journal_seal(segment.p, segment.n, 3, 33, &sequence);
	segment.p[at] ^= 1; /* the header of the message is damaged, so its length is not known */
	journal_reader_init(&r, buf_all(&segment));
	ck_assert(journal_next(&r, &rec) && !journal_next(&r, &rec));
	ck_assert(journal_skip(&r, &gap) && journal_next(&r, &rec));
	ck_assert(span_is(rec.head, "{}"));
	ck_assert_uint_eq(gap.records, 1);
	buf_free(&forged);
	buf_free(&segment);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("journal");
	TCase *t = tcase_create("records");
	SRunner *r = srunner_create(s);
	int failed;

	tcase_add_test(t, what_is_put_is_read);
	tcase_add_test(t, any_damaged_byte_of_a_record_stops_the_reading);
	tcase_add_test(t, what_an_earlier_use_left_behind_is_not_read);
	tcase_add_test(t, records_out_of_order_are_not_read);
	tcase_add_test(t, bytes_of_a_message_do_not_pass_for_records);
	suite_add_tcase(s, t);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed != 0;
}
