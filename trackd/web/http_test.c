#include "http.h"
#include "http_body.h"
#include "request.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

#define LINE "GET /x HTTP/1.1\r\n"
#define HOST "Host: t.example\r\n"

static const struct {
	const char *name, *head;
	enum http_step step;
	unsigned status;
} heads[] = {
	{ "plain", LINE HOST "\r\n", HTTP_READY, 0 },
	{ "not all there", LINE HOST, HTTP_MORE, 0 },
	{ "nothing", "", HTTP_MORE, 0 },
	{ "1.0 needs no host", "GET / HTTP/1.0\r\n\r\n", HTTP_READY, 0 },
	{ "1.1 needs one", LINE "\r\n", HTTP_REFUSED, 400 },
	{ "two hosts", LINE HOST HOST "\r\n", HTTP_REFUSED, 400 },
	{ "a host with a path", LINE "Host: a/b\r\n\r\n", HTTP_REFUSED, 400 },
	{ "a host of colons", LINE "Host: a:b:c\r\n\r\n", HTTP_REFUSED, 400 },
	{ "a port of letters", LINE "Host: a:http\r\n\r\n", HTTP_REFUSED, 400 },
	{ "half a literal", LINE "Host: [::1\r\n\r\n", HTTP_REFUSED, 400 },
	{ "the other half", LINE "Host: ::1]\r\n\r\n", HTTP_REFUSED, 400 },
	{ "a literal with more", LINE "Host: [::1]x\r\n\r\n", HTTP_REFUSED, 400 },
	{ "a literal", LINE "Host: [::1]:8080\r\n\r\n", HTTP_READY, 0 },
	{ "an empty host", LINE "Host:\r\n\r\n", HTTP_READY, 0 },
	{ "an empty port", LINE "Host: a:\r\n\r\n", HTTP_READY, 0 },
	{ "a host with a user", LINE "Host: a@b\r\n\r\n", HTTP_REFUSED, 400 },
	{ "absolute target", "GET http://other.example:80/x?y HTTP/1.1\r\n" HOST "\r\n", HTTP_READY,
	    0 },
	{ "absolute target with a user", "GET http://u@o.example/x HTTP/1.1\r\n" HOST "\r\n",
	    HTTP_REFUSED, 400 },
	{ "another scheme", "GET ftp://other.example/x HTTP/1.1\r\n" HOST "\r\n", HTTP_REFUSED,
	    400 },
	{ "target without slash", "GET x HTTP/1.1\r\n" HOST "\r\n", HTTP_REFUSED, 400 },
	{ "0.9", "GET /\r\n\r\n", HTTP_REFUSED, 400 },
	{ "2.0", "GET / HTTP/2.0\r\n\r\n", HTTP_REFUSED, 505 },
	{ "two spaces", "GET  / HTTP/1.1\r\n" HOST "\r\n", HTTP_REFUSED, 400 },
	{ "space behind", "GET / HTTP/1.1 \r\n" HOST "\r\n", HTTP_REFUSED, 400 },
	{ "tab", "GET\t/ HTTP/1.1\r\n" HOST "\r\n", HTTP_REFUSED, 400 },
	{ "no method", " / HTTP/1.1\r\n" HOST "\r\n", HTTP_REFUSED, 400 },
	{ "PUT", "PUT / HTTP/1.1\r\n" HOST "\r\n", HTTP_REFUSED, 405 },
	{ "TRACE", "TRACE / HTTP/1.1\r\n" HOST "\r\n", HTTP_REFUSED, 405 },
	{ "CONNECT", "CONNECT a.example:443 HTTP/1.1\r\n" HOST "\r\n", HTTP_REFUSED, 405 },
	{ "OPTIONS *", "OPTIONS * HTTP/1.1\r\n" HOST "\r\n", HTTP_REFUSED, 405 },
	{ "get is not GET", "get / HTTP/1.1\r\n" HOST "\r\n", HTTP_REFUSED, 405 },
	{ "bare LF", "GET / HTTP/1.1\nHost: a\n\n", HTTP_REFUSED, 400 },
	{ "bare LF in the fields", LINE "Host: a\nX: y\r\n\r\n", HTTP_REFUSED, 400 },
	{ "bare LF at the end", LINE "Host: a\r\n\n", HTTP_REFUSED, 400 },
	{ "bare CR", LINE "Host: a\rX: y\r\n\r\n", HTTP_REFUSED, 400 },
	{ "folded", LINE HOST "X: a\r\n b\r\n\r\n", HTTP_REFUSED, 400 },
	{ "folded at once", LINE " X: a\r\n" HOST "\r\n", HTTP_REFUSED, 400 },
	{ "space before the colon", LINE "Host : a\r\n\r\n", HTTP_REFUSED, 400 },
	{ "no colon", LINE HOST "X\r\n\r\n", HTTP_REFUSED, 400 },
	{ "no name", LINE HOST ": x\r\n\r\n", HTTP_REFUSED, 400 },
	{ "control byte", LINE HOST "X: a\x01\r\n\r\n", HTTP_REFUSED, 400 },
	{ "letters above 127", LINE HOST "X: \xc3\xa4\r\n\r\n", HTTP_READY, 0 },
	{ "length", "POST / HTTP/1.1\r\n" HOST "Content-Length: 5\r\n\r\n", HTTP_READY, 0 },
	{ "two lengths",
	    "POST / HTTP/1.1\r\n" HOST "Content-Length: 5\r\nContent-Length: 5\r\n\r\n",
	    HTTP_REFUSED, 400 },
	{ "a list of lengths", "POST / HTTP/1.1\r\n" HOST "Content-Length: 5, 5\r\n\r\n",
	    HTTP_REFUSED, 400 },
	{ "signed length", "POST / HTTP/1.1\r\n" HOST "Content-Length: +5\r\n\r\n", HTTP_REFUSED,
	    400 },
	{ "empty length", "POST / HTTP/1.1\r\n" HOST "Content-Length:\r\n\r\n", HTTP_REFUSED, 400 },
	{ "hexadecimal length", "POST / HTTP/1.1\r\n" HOST "Content-Length: 0x5\r\n\r\n",
	    HTTP_REFUSED, 400 },
	{ "too long a body", "POST / HTTP/1.1\r\n" HOST "Content-Length: 8193\r\n\r\n",
	    HTTP_REFUSED, 413 },
	{ "length of 30 digits",
	    "POST / HTTP/1.1\r\n" HOST "Content-Length: 000000000000000000000000000009\r\n\r\n",
	    HTTP_READY, 0 },
	{ "length beyond 64 bits",
	    "POST / HTTP/1.1\r\n" HOST "Content-Length: 18446744073709551621\r\n\r\n", HTTP_REFUSED,
	    413 },
	{ "length and coding",
	    "POST / HTTP/1.1\r\n" HOST "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n",
	    HTTP_REFUSED, 400 },
	{ "two codings",
	    "POST / HTTP/1.1\r\n" HOST
	    "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n",
	    HTTP_REFUSED, 400 },
	{ "another coding", "POST / HTTP/1.1\r\n" HOST "Transfer-Encoding: gzip, chunked\r\n\r\n",
	    HTTP_REFUSED, 400 },
	{ "a coding that looks like it",
	    "POST / HTTP/1.1\r\n" HOST "Transfer-Encoding: xchunked\r\n\r\n", HTTP_REFUSED, 400 },
	{ "a coding behind a vertical tab",
	    "POST / HTTP/1.1\r\n" HOST "Transfer-Encoding: \x0b"
	    "chunked\r\n\r\n",
	    HTTP_REFUSED, 400 },
	{ "chunked", "POST / HTTP/1.1\r\n" HOST "Transfer-Encoding: Chunked\r\n\r\n", HTTP_READY,
	    0 },
	{ "chunked in 1.0", "POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n", HTTP_REFUSED,
	    400 },
	{ "expects", "POST / HTTP/1.1\r\n" HOST "Expect: 100-Continue\r\n\r\n", HTTP_READY, 0 },
	{ "expects what nobody knows", "POST / HTTP/1.1\r\n" HOST "Expect: tea\r\n\r\n",
	    HTTP_REFUSED, 417 },
};

START_TEST(head_whole)
{
	struct http_scan scan = { 0, 0 };
	struct span in = span_str(heads[_i].head);
	enum http_step step = HTTP_MORE;
	struct http_request r;

	step = http_head(in, &scan, &r);
	ck_assert_msg(step == heads[_i].step, "%s: %d", heads[_i].name, step);
	ck_assert_msg(r.status == heads[_i].status, "%s: %u", heads[_i].name, r.status);
	if (step == HTTP_READY)
		ck_assert_uint_eq(r.head_bytes, in.n);
}
END_TEST

/* The same, a byte at a time. */
START_TEST(head_in_drops)
{
	struct http_scan scan = { 0, 0 };
	struct span in = span_str(heads[_i].head);
	enum http_step step = HTTP_MORE;
	struct http_request r = { .status = 0 };

	for (size_t n = 1; n <= in.n && step == HTTP_MORE; n++)
		step = http_head(span_first(in, n), &scan, &r);
	ck_assert_msg(step == heads[_i].step, "%s: %d", heads[_i].name, step);
	ck_assert_msg(r.status == heads[_i].status, "%s: %u", heads[_i].name, r.status);
}
END_TEST

START_TEST(nul_bytes)
{
	static const char in_value[] = LINE "Host: a\0b\r\n\r\n";
	static const char in_target[] = "GET /\0 HTTP/1.1\r\nHost: a\r\n\r\n";
	static const char in_name[] = LINE "Ho\0st: a\r\n\r\n";
	struct http_scan scan = { 0, 0 };
	struct http_request r;

	ck_assert(http_head(SPAN_LIT(in_value), &scan, &r) == HTTP_REFUSED && r.status == 400);
	scan = (struct http_scan){ 0, 0 };
	ck_assert(http_head(SPAN_LIT(in_target), &scan, &r) == HTTP_REFUSED && r.status == 400);
	scan = (struct http_scan){ 0, 0 };
	ck_assert(http_head(SPAN_LIT(in_name), &scan, &r) == HTTP_REFUSED && r.status == 400);
}
END_TEST

static enum http_step
head_with(size_t line, size_t field, unsigned fields, struct http_request *r)
{
	struct http_scan scan = { 0, 0 };
	struct buf b;
	enum http_step step;

	buf_init(&b, 1 << 20);
	buf_str(&b, "GET /");
	for (size_t i = 0; i < line; i++)
		buf_byte(&b, 'a');
	buf_str(&b, " HTTP/1.1\r\nHost: a\r\n");
	for (unsigned k = 0; k < fields; k++) {
		buf_str(&b, "X: ");
		for (size_t i = 0; i < field; i++)
			buf_byte(&b, 'a');
		buf_str(&b, "\r\n");
	}
	buf_str(&b, "\r\n");
	step = http_head(buf_all(&b), &scan, r);
	buf_free(&b);
	return step;
}

START_TEST(limits)
{
	struct http_request r;

	ck_assert(head_with(90000, 1, 1, &r) == HTTP_READY);
	ck_assert(head_with(HTTP_LINE_MAX, 1, 1, &r) == HTTP_REFUSED && r.status == 414);
	ck_assert(head_with(1, 32000, 1, &r) == HTTP_READY);
	ck_assert(head_with(1, HTTP_FIELDS_BYTES, 1, &r) == HTTP_REFUSED && r.status == 431);
	ck_assert(head_with(1, 1, HTTP_FIELDS_MAX - 1, &r) == HTTP_READY);
	ck_assert(head_with(1, 1, HTTP_FIELDS_MAX, &r) == HTTP_REFUSED && r.status == 431);
}
END_TEST

/* A head that never ends is refused as soon as it is too long. */
START_TEST(endless)
{
	struct http_scan line = { 0, 0 }, fields = { 0, 0 };
	struct http_request r;
	struct buf b;

	buf_init(&b, 1 << 20);
	while (b.n < HTTP_LINE_MAX + 1)
		buf_byte(&b, 'a');
	ck_assert(http_head(buf_all(&b), &line, &r) == HTTP_REFUSED && r.status == 414);
	buf_reset(&b);
	buf_str(&b, LINE);
	ck_assert(http_head(buf_all(&b), &fields, &r) == HTTP_MORE);
	while (b.n < HTTP_FIELDS_BYTES + 100)
		buf_byte(&b, 'a');
	ck_assert(http_head(buf_all(&b), &fields, &r) == HTTP_REFUSED && r.status == 431);
	buf_free(&b);
}
END_TEST

static const struct {
	const char *head, *host, *path;
	bool keep;
} meanings[] = {
	{ "GET /a/b?c#d HTTP/1.1\r\nHost: t.example:8080\r\n\r\n", "t.example", "/a/b", true },
	{ "GET http://O.example:80/x?y HTTP/1.1\r\n" HOST "\r\n", "O.example", "/x", true },
	{ "GET HTTPS://o.example HTTP/1.1\r\n" HOST "\r\n", "o.example", "/", true },
	{ "GET / HTTP/1.1\r\nHost: [::1]:80\r\n\r\n", "[::1]", "/", true },
	{ "GET / HTTP/1.1\r\nHost: t.example.:80\r\n\r\n", "t.example", "/", true },
	{ "GET / HTTP/1.1\r\nHost: a\r\nConnection: x, Close\r\n\r\n", "a", "/", false },
	{ "GET / HTTP/1.0\r\n\r\n", "", "/", false },
	{ "GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n", "", "/", true },
	{ "GET / HTTP/1.0\r\nConnection: keep-alive, close\r\n\r\n", "", "/", false },
	{ "GET / HTTP/1.9\r\nHost: a\r\n\r\n", "a", "/", true },
};

START_TEST(meaning)
{
	struct http_scan scan = { 0, 0 };
	struct http_request r;

	ck_assert_int_eq(http_head(span_str(meanings[_i].head), &scan, &r), HTTP_READY);
	ck_assert(span_is(r.host, meanings[_i].host));
	ck_assert(span_is(r.path, meanings[_i].path));
	ck_assert_int_eq(r.keep, meanings[_i].keep);
}
END_TEST

START_TEST(field_lists)
{
	static const char head[] = "GET / HTTP/1.0\r\nx: a, b\r\nY: 1\r\nX: \tc \r\n\r\n";
	struct http_scan scan = { 0, 0 };
	struct http_request r;
	char room[8];

	ck_assert_int_eq(http_head(SPAN_LIT(head), &scan, &r), HTTP_READY);
	ck_assert(span_is(http_field(&r, "X"), "a, b"));
	ck_assert(span_is(http_field_list(&r, "X", room, sizeof(room)), "a, b,c"));
	ck_assert(span_is(http_field_list(&r, "Y", room, sizeof(room)), "1"));
	ck_assert(span_is(http_field_list(&r, "X", room, 4), " b,c"));
	ck_assert(span_is(http_field_list(&r, "X", room, 2), "c"));
	ck_assert(http_field(&r, "Z").n == 0);
}
END_TEST

START_TEST(http2_preface)
{
	struct http_scan scan = { 0, 0 };
	struct http_request r;

	ck_assert_int_eq(
	    http_head(SPAN_LIT("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"), &scan, &r), HTTP_REFUSED);
	ck_assert(r.http2);
}
END_TEST

/* ---- bodies ---- */

static const struct {
	const char *name, *in, *body;
	enum http_step step;
	unsigned status;
	size_t left;
} bodies[] = {
	{ "one chunk", "5\r\nhello\r\n0\r\n\r\n", "hello", HTTP_READY, 0, 0 },
	{ "two", "5\r\nhello\r\nA\r\n0123456789\r\n0\r\n\r\nGET", "hello0123456789", HTTP_READY, 0,
	    3 },
	{ "none", "0\r\n\r\n", "", HTTP_READY, 0, 0 },
	{ "an extension", "5;a=\"b\"\r\nhello\r\n000\r\n\r\n", "hello", HTTP_READY, 0, 0 },
	{ "a trailer", "0\r\nX: y\r\nZ: a\r\n\r\n", "", HTTP_READY, 0, 0 },
	{ "not all there", "5\r\nhel", "hel", HTTP_MORE, 0, 0 },
	{ "no size", "\r\nhello", "", HTTP_REFUSED, 400, 0 },
	{ "no hexadecimal", "g\r\n", "", HTTP_REFUSED, 400, 0 },
	{ "a sign", "+5\r\nhello", "", HTTP_REFUSED, 400, 0 },
	{ "0x", "0x5\r\nhello", "", HTTP_REFUSED, 400, 0 },
	{ "a space", "5 \r\nhello", "", HTTP_REFUSED, 400, 0 },
	{ "bare LF", "5\nhello\r\n", "", HTTP_REFUSED, 400, 0 },
	{ "bare LF in an extension", "5;a\nhello\r\n", "", HTTP_REFUSED, 400, 0 },
	{ "longer than it says", "4\r\nhello\r\n", "", HTTP_REFUSED, 400, 0 },
	{ "bare CR in a trailer", "0\r\nX\ry\r\n\r\n", "", HTTP_REFUSED, 400, 0 },
	{ "too large", "2001\r\n", "", HTTP_REFUSED, 413, 0 },
	{ "beyond 64 bits", "fffffffffffffffff\r\n", "", HTTP_REFUSED, 413, 0 },
	{ "together too large", "1fff\r\n", "", HTTP_MORE, 0, 0 },
};

START_TEST(chunked)
{
	struct http_request r = { .chunked = true };
	struct span in = span_str(bodies[_i].in);
	enum http_step whole, drops = HTTP_MORE;
	struct http_body b;
	struct buf out;

	buf_init(&out, HTTP_BODY_MAX);
	http_body_start(&b, &r);
	whole = http_body_take(&b, &in, &out);
	ck_assert_msg(whole == bodies[_i].step && b.status == bodies[_i].status, "%s: %d %u",
	    bodies[_i].name, whole, b.status);
	if (whole != HTTP_REFUSED) {
		ck_assert(span_is(buf_all(&out), bodies[_i].body));
		ck_assert_uint_eq(in.n, bodies[_i].left);
	}
	http_body_start(&b, &r);
	buf_reset(&out);
	for (const char *p = bodies[_i].in; *p != '\0' && drops == HTTP_MORE; p++) {
		struct span one = span_of(p, 1);

		drops = http_body_take(&b, &one, &out);
	}
	ck_assert_msg(drops == bodies[_i].step, "%s in drops: %d", bodies[_i].name, drops);
	buf_free(&out);
}
END_TEST

START_TEST(by_length)
{
	struct http_request r = { .body_bytes = 5 };
	struct span in = SPAN_LIT("helloGET");
	struct http_body b;
	struct buf out;

	buf_init(&out, HTTP_BODY_MAX);
	http_body_start(&b, &r);
	ck_assert_int_eq(http_body_take(&b, &in, &out), HTTP_READY);
	ck_assert(span_is(in, "GET"));
	ck_assert(span_is(buf_all(&out), "hello"));
	buf_free(&out);
}
END_TEST

/* Small chunks never add up to more than the limit, extensions neither. */
START_TEST(many_chunks)
{
	struct http_request r = { .chunked = true };
	struct http_body b;
	struct buf out, in;
	struct span left;

	buf_init(&out, HTTP_BODY_MAX);
	buf_init(&in, 1 << 20);
	for (unsigned i = 0; i < 10000; i++)
		buf_str(&in, "1\r\nx\r\n");
	http_body_start(&b, &r);
	left = buf_all(&in);
	ck_assert(http_body_take(&b, &left, &out) == HTTP_REFUSED && b.status == 413);
	buf_reset(&in);
	for (unsigned i = 0; i < 3000; i++)
		buf_str(&in, "1;e\r\nx\r\n");
	http_body_start(&b, &r);
	left = buf_all(&in);
	buf_reset(&out);
	ck_assert(http_body_take(&b, &left, &out) == HTTP_REFUSED && b.status == 431);
	buf_free(&in);
	buf_free(&out);
}
END_TEST

/* ---- what is asked ---- */

static const struct {
	const char *sent, *path;
} paths[] = {
	{ "/abc_-", "/abc_-" },
	{ "/a%5Fb%2d", "/a_b-" },
	{ "/a%5", "/a%5" },
	{ "/a%zz%41", "/a%zzA" },
	{ "/%", "/%" },
};

START_TEST(path)
{
	struct http_request h = { .method = SPAN_LIT("GET"), .path = span_str(paths[_i].sent) };
	struct web_request r;
	struct buf scratch;

	buf_init(&scratch, 1024);
	request_read(&h, span_of(NULL, 0), &scratch, &r);
	ck_assert(span_is(r.path, paths[_i].path));
	buf_free(&scratch);
}
END_TEST

#define PART "--x\r\nContent-Disposition: form-data; "
#define END  "\r\n--x--\r\n"

static const struct {
	bool is_it;
	const char *body;
} wishes[] = {
	{ true, "List-Unsubscribe=One-Click" },
	{ true, "list-unsubscribe=one-click\r\n" },
	{ true, "a=b&List%2DUnsubscribe=One%2dClick&c" },
	{ true, PART "name=\"List-Unsubscribe\"\r\n\r\nOne-Click" END },
	{ true, PART "name=List-Unsubscribe\r\nContent-Type: text/plain\r\n\r\nOne-Click" END },
	{ true,
	    PART "name=\"a\"\r\n\r\nb\r\n" PART "name=\"List-Unsubscribe\"\r\n\r\nOne-Click" END },
	{ true,
	    "--x\nContent-Disposition: form-data; name=\"List-Unsubscribe\"\n\nOne-Click\n--x--" },
	{ false, "" },
	{ false, "List-Unsubscribe" },
	{ false, "List-Unsubscribe=" },
	{ false, "List-Unsubscribe=Two" },
	{ false, "List-Unsubscribe=One-Clic" },
	{ false, "List-Unsubscribe=One-Clicker" },
	{ false, "X-List-Unsubscribe=One-Click" },
	{ false, "a=List-Unsubscribe%3DOne-Click" },
	{ false, "unsubscribe=page" },
	{ false, "%" },
	{ false, PART "name=\"List-Unsubscribe\"\r\n\r\nTwo" END },
	{ false,
	    PART "name=\"List-Unsubscribe\"\r\n\r\n\r\n" PART "name=\"a\"\r\n\r\nOne-Click" END },
};

START_TEST(one_click)
{
	ck_assert_msg(request_is_one_click(span_str(wishes[_i].body)) == wishes[_i].is_it, "%s",
	    wishes[_i].body);
	ck_assert(!request_is_by_page(span_str(wishes[_i].body)) ||
		  strcmp(wishes[_i].body, "unsubscribe=page") == 0);
}
END_TEST

#define COUNT(a) (int)(sizeof(a) / sizeof((a)[0]))

int
main(void)
{
	Suite *s = suite_create("http");
	TCase *t = tcase_create("http");
	SRunner *r;
	int failed;

	tcase_add_loop_test(t, head_whole, 0, COUNT(heads));
	tcase_add_loop_test(t, head_in_drops, 0, COUNT(heads));
	tcase_add_test(t, nul_bytes);
	tcase_add_test(t, limits);
	tcase_add_test(t, endless);
	tcase_add_loop_test(t, meaning, 0, COUNT(meanings));
	tcase_add_test(t, field_lists);
	tcase_add_test(t, http2_preface);
	tcase_add_loop_test(t, chunked, 0, COUNT(bodies));
	tcase_add_test(t, by_length);
	tcase_add_test(t, many_chunks);
	tcase_add_loop_test(t, path, 0, COUNT(paths));
	tcase_add_loop_test(t, one_click, 0, COUNT(wishes));
	suite_add_tcase(s, t);
	r = srunner_create(s);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
