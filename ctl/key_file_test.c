#include "key_file.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

static struct ring_key
key(uint8_t id, uint8_t byte)
{
	struct ring_key k = { .id = id, .made_s = 100 };

	memset(k.bytes, byte, sizeof(k.bytes));
	return k;
}

static void
rings_make(struct key_ring rings[KEY_KINDS])
{
	rings[KEY_TRACKING] = (struct key_ring){ { key(2, 2), key(1, 1) }, 2 };
	rings[KEY_BOUNCE] = (struct key_ring){ { key(1, 9) }, 1 };
}

START_TEST(comes_back)
{
	struct key_ring rings[KEY_KINDS], back[KEY_KINDS];
	struct buf out;
	struct err err = { "" };

	rings_make(rings);
	buf_init(&out, KEY_FILE_BYTES);
	key_file_put(rings, &out);
	ck_assert_msg(key_file_read(back, buf_all(&out), &err) == 0, "%s", err.text);
	ck_assert(back[KEY_TRACKING].n == 2 && back[KEY_TRACKING].at[0].id == 2);
	ck_assert(back[KEY_BOUNCE].n == 1 && back[KEY_BOUNCE].at[0].bytes[31] == 9);
	buf_free(&out);
}
END_TEST

/* Every byte that is another, and every end that is missing, is seen. */
START_TEST(damage_is_seen)
{
	struct key_ring rings[KEY_KINDS], back[KEY_KINDS];
	struct buf out;

	rings_make(rings);
	buf_init(&out, KEY_FILE_BYTES);
	key_file_put(rings, &out);
	for (size_t i = 0; i + 1 < out.n; i++) {
		ck_assert_int_eq(key_file_read(back, span_first(buf_all(&out), i), NULL), -1);
		out.p[i] ^= 1;
		ck_assert_int_eq(key_file_read(back, buf_all(&out), NULL), -1);
		out.p[i] ^= 1;
	}
	buf_free(&out);
}
END_TEST

START_TEST(merges)
{
	struct key_ring ring = { { key(1, 1) }, 1 };
	struct key_ring more = { { key(2, 2), key(1, 1) }, 2 },
			other = { { key(3, 3), key(1, 7) }, 2 };
	struct err err = { "" };

	ck_assert_int_eq(key_ring_merge(&ring, &more, false, &err), 1);
	ck_assert(ring.n == 2 && ring.at[0].id == 1 && ring.at[1].id == 2);
	ck_assert_int_eq(key_ring_merge(&ring, &more, false, &err), 0);
	ck_assert_int_eq(key_ring_merge(&ring, &other, false, &err), -1);
	ck_assert(span_starts(span_str(err.text), "key 1 here is another"));
	ck_assert_int_eq(
	    key_ring_merge(&ring, &other, true, &err), 1); /* 3 came before the refusal */
	ck_assert_uint_eq(ring.at[0].bytes[0], 7);
}
END_TEST

START_TEST(turns)
{
	struct key_ring ring = { { key(1, 1), key(2, 2), key(3, 3) }, 3 };

	ck_assert_int_eq(key_ring_free_id(&ring, 15), 4);
	ck_assert_int_eq(key_ring_free_id(&ring, 3), -1);
	ck_assert(key_ring_use(&ring, 3, 500) && !key_ring_use(&ring, 9, 500));
	ck_assert(ring.at[0].id == 3 && ring.at[1].id == 1 && ring.at[2].id == 2);
	ck_assert_uint_eq(ring.at[1].until_s, 500);
	ck_assert_uint_eq(key_ring_forget(&ring, 500), 0);
	ck_assert_uint_eq(key_ring_forget(&ring, 501), 1); /* 2 was never used here: who knows */
	ck_assert(ring.n == 2 && ring.at[1].id == 2);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("key_file");
	TCase *t = tcase_create("key_file");
	SRunner *runner = srunner_create(suite);
	int failed;

	suite_add_tcase(suite, t);
	tcase_add_test(t, comes_back);
	tcase_add_test(t, damage_is_seen);
	tcase_add_test(t, merges);
	tcase_add_test(t, turns);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed != 0;
}
