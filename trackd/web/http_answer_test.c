#include "http_answer.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

static const struct http_manner kept = { .date = "D", .keep = true };
static struct buf out;

static void
setup(void)
{
	buf_init(&out, 1 << 20);
}

static void
teardown(void)
{
	buf_free(&out);
}

static bool
has(const char *s)
{
	return span_find_str(buf_all(&out), s) >= 0;
}

START_TEST(redirect)
{
	http_answer_put(&out, ANSWER_REDIRECT, SPAN_LIT("https://shop.example/a?b=1&c#d"), &kept);
	ck_assert(span_starts(buf_all(&out), "HTTP/1.1 302 Found\r\nDate: D\r\n"));
	ck_assert(has("\r\nLocation: https://shop.example/a?b=1&c#d\r\n"));
	ck_assert(has("\r\nContent-Length: 0\r\n"));
	ck_assert(has("\r\nCache-Control: no-store"));
	ck_assert(!has("Connection:") && !has("ETag") && !has("Last-Modified"));
}
END_TEST

START_TEST(no_header_is_split)
{
	http_answer_put(&out, ANSWER_REDIRECT, SPAN_LIT("https://a/\r\nSet-Cookie: x"), &kept);
	ck_assert(span_starts(buf_all(&out), "HTTP/1.1 404 "));
	ck_assert(!has("Set-Cookie"));
}
END_TEST

START_TEST(head_has_no_body)
{
	struct http_manner m = { .date = "D", .head = true, .keep = true, .old = true };

	http_answer_put(&out, ANSWER_PIXEL, span_of(NULL, 0), &m);
	ck_assert(has("\r\nContent-Type: image/gif\r\nContent-Length: 43\r\n"));
	ck_assert(has("\r\nConnection: keep-alive\r\n"));
	ck_assert(span_ends_nocase(buf_all(&out), "\r\n\r\n"));
	ck_assert(!has("GIF89a"));
}
END_TEST

START_TEST(refusals_close)
{
	struct http_manner m = { .date = "D" };

	http_refusal_put(&out, 405, &m);
	ck_assert(
	    has("HTTP/1.1 405 Method Not Allowed\r\n") && has("\r\nAllow: GET, HEAD, POST\r\n"));
	ck_assert(has("\r\nConnection: close\r\n"));
	buf_reset(&out);
	http_refusal_put(&out, 503, &m);
	ck_assert(has("\r\nRetry-After: 60\r\n"));
	buf_reset(&out);
	http_refusal_put(&out, 429, &kept);
	ck_assert(has("\r\nRetry-After: 10\r\n") && !has("Connection: close"));
}
END_TEST

START_TEST(date)
{
	char text[32];

	http_date(784111777000, text);
	ck_assert_str_eq(text, "Sun, 06 Nov 1994 08:49:37 GMT");
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("http_answer");
	TCase *t = tcase_create("http_answer");
	SRunner *r;
	int failed;

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, redirect);
	tcase_add_test(t, no_header_is_split);
	tcase_add_test(t, head_has_no_body);
	tcase_add_test(t, refusals_close);
	tcase_add_test(t, date);
	suite_add_tcase(s, t);
	r = srunner_create(s);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
