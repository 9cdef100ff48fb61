#include "dkim.h"
#include "header.h"
#include "transfer.h"

#include <check.h>
#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

/* RFC 6376 3.4.5 */
static const char example_header[] = "A: X\r\nB : Y\t\r\n\tZ  \r\n";
static const char example_body[] = " C \r\nD \t E\r\n\r\n\r\n";

static void
append(void *context, struct span run)
{
	buf_span(context, run);
}

static const struct {
	const char *rule;
	enum dkim_canon canon;
	const char *body, *canonical;
} bodies[] = {
	{ "RFC 6376 relaxed", DKIM_RELAXED, example_body, " C\r\nD E\r\n" },
	{ "RFC 6376 simple", DKIM_SIMPLE, example_body, " C \r\nD \t E\r\n" },
	{ "empty, relaxed", DKIM_RELAXED, "", "" },
	{ "empty, simple", DKIM_SIMPLE, "", "\r\n" },
	{ "only empty lines, relaxed", DKIM_RELAXED, "\r\n \t\r\n", "" },
	{ "only empty lines, simple", DKIM_SIMPLE, "\r\n\r\n", "\r\n" },
	{ "no last line end", DKIM_RELAXED, "a", "a\r\n" },
	{ "empty lines inside stay", DKIM_RELAXED, "a\r\n\r\n\r\nb\r\n", "a\r\n\r\n\r\nb\r\n" },
	{ "a lone CR is no line end", DKIM_RELAXED, "a \rb\r\n", "a \rb\r\n" },
	{ "white space in front becomes one", DKIM_RELAXED, "\t  a\r\n", " a\r\n" },
};

START_TEST(canonical_bodies)
{
	struct buf out;

	buf_init(&out, 1024);
	dkim_canon_body(bodies[_i].canon, span_str(bodies[_i].body), append, &out);
	ck_assert_msg(span_is(buf_all(&out), bodies[_i].canonical), "%s", bodies[_i].rule);
	buf_free(&out);
}
END_TEST

START_TEST(canonical_fields)
{
	struct span rest = SPAN_LIT(example_header);
	struct header_field f;
	struct buf relaxed, simple;

	buf_init(&relaxed, 256);
	buf_init(&simple, 256);
	while (header_next(&rest, &f)) {
		dkim_canon_field(DKIM_RELAXED, f.whole, &relaxed);
		dkim_canon_field(DKIM_SIMPLE, f.whole, &simple);
	}
	ck_assert(span_is(buf_all(&relaxed), "a:X\r\nb:Y Z\r\n"));
	ck_assert(span_is(buf_all(&simple), example_header));
	buf_free(&relaxed);
	buf_free(&simple);
}
END_TEST

/* RFC 8463 appendix A: its key, its message, and the signature that must come out. */
static const char rfc8463_key[] =
    "-----BEGIN PRIVATE KEY-----\n"
    "MC4CAQAwBQYDK2VwBCIEIJ1hsZ3v/VpguoRK9JLsLMREScVpezJpGXA7rAMcrn9g\n"
    "-----END PRIVATE KEY-----\n";
static const char rfc8463_fields[] =
    "From: Joe SixPack <joe@football.example.com>\r\n"
    "To: Suzie Q <suzie@shopping.example.net>\r\n"
    "Subject: Is dinner ready?\r\n"
    "Date: Fri, 11 Jul 2003 21:00:37 -0700 (PDT)\r\n"
    "Message-ID: <20030712040037.46341.5F8J@football.example.com>\r\n";
static const char rfc8463_body[] =
    "Hi.\r\n\r\nWe lost the game.  Are you hungry yet?\r\n\r\nJoe.\r\n";
static const char rfc8463_signature[] =
    "DKIM-Signature: v=1; a=ed25519-sha256; c=relaxed/relaxed;\r\n"
    " d=football.example.com; i=@football.example.com;\r\n"
    " q=dns/txt; s=brisbane; t=1528637909; h=from : to :\r\n"
    " subject : date : message-id : from : subject : date;\r\n"
    " bh=2jUSOH9NhtVGCQWNr9BrIAPreKQjO6Sn7XIkfJVOzv8=;\r\n"
    " b=";

START_TEST(rfc_8463)
{
	struct dkim_key *key = dkim_key_load(SPAN_LIT(rfc8463_key), NULL);
	uint8_t hash[DKIM_DIGEST_BYTES];
	struct span rest = SPAN_LIT(rfc8463_fields);
	struct header_field f;
	struct buf canon, signature, text;

	buf_init(&canon, 4096);
	buf_init(&signature, DKIM_SIGNATURE_MAX);
	buf_init(&text, 4096);
	ck_assert_ptr_nonnull(key);
	ck_assert_int_eq(dkim_body_hash(DKIM_RELAXED, SPAN_LIT(rfc8463_body), hash, NULL), 0);
	transfer_encode_base64(span_of(hash, sizeof(hash)), 0, &text);
	ck_assert(span_is(buf_all(&text), "2jUSOH9NhtVGCQWNr9BrIAPreKQjO6Sn7XIkfJVOzv8="));
	while (header_next(&rest, &f))
		dkim_canon_field(DKIM_RELAXED, f.whole, &canon);
	dkim_canon_field(DKIM_RELAXED, SPAN_LIT(rfc8463_signature), &canon);
	ck_assert_int_eq(EVP_Q_digest(NULL, "SHA256", NULL, canon.p, canon.n - 2, hash, NULL), 1);
	ck_assert_int_eq(dkim_key_sign(key, hash, &signature, NULL), 0);
	buf_reset(&text);
	transfer_encode_base64(buf_all(&signature), 0, &text);
	ck_assert(span_is(buf_all(&text), "/gCrinpcQOoIfuHNQIbq4pgh9kyIK3AQUdt9OdqQehSwhEIug4D11Bus"
					  "Fa3bT3FY5OsU7ZbnKELq+eXdp1Q1Dw=="));
	buf_reset(&text);
	ck_assert_int_eq(dkim_key_record(key, &text, NULL), 0);
	ck_assert(span_is(
	    buf_all(&text), "v=DKIM1; k=ed25519; p=11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo="));
	dkim_key_free(key);
	buf_free(&canon);
	buf_free(&signature);
	buf_free(&text);
}
END_TEST

static void
prepare(const char *message, struct dkim_options o, struct arena *arena, struct dkim_draft *draft)
{
	struct span body;
	uint8_t hash[DKIM_DIGEST_BYTES];
	struct err err = { "" };

	header_block(span_str(message), &body);
	ck_assert_int_eq(dkim_body_hash(o.body, body, hash, &err), 0);
	ck_assert_msg(
	    dkim_prepare(&o, span_str(message), hash, arena, draft, &err) == 0, "%s", err.text);
}

static const struct dkim_options plain = { .domain = { "shop.example", 12 },
	.selector = { "s1", 2 } };

START_TEST(from_and_subject_cannot_be_added)
{
	static const char message[] =
	    "From: a@shop.example\r\nReceived: x\r\nX-Y: z\r\nTo: b\r\nTo: c\r\n\r\nhi\r\n";
	struct arena *arena = arena_new(0);
	struct dkim_draft draft;
	struct span names;

	prepare(message, plain, arena, &draft);
	names = header_unfolded(
	    span_from(draft.field, (size_t)span_find_str(draft.field, "h=")), arena);
	names = span_first(names, (size_t)span_find(names, ';'));
	ck_assert(span_find_str(names, "From:From:") >= 0);
	ck_assert(span_find_str(names, "To:To:To") >= 0);
	ck_assert(span_find_str(names, "Subject") >= 0);
	ck_assert(span_find_str(names, "Received") < 0 && span_find_str(names, "X-Y") < 0);
	ck_assert(span_find_str(draft.field, " l=") < 0);
	arena_free(arena);
}
END_TEST

/* The digest follows what is signed, and nothing else. */
START_TEST(the_digest_covers_what_h_names)
{
	static const struct {
		const char *message;
		bool same;
	} others[] = {
		{ "From:  a@shop.example\r\nSubject: x\r\nX: 1\r\n\r\nhi \r\n\r\n", true },
		{ "X: 2\r\nFrom: a@shop.example\r\nSubject: x\r\n\r\nhi\r\n", true },
		{ "From: b@shop.example\r\nSubject: x\r\n\r\nhi\r\n", false },
		{ "From: a@shop.example\r\nSubject: x\r\n\r\nho\r\n", false },
		{ "From: a@shop.example\r\nSubject: x\r\nSubject: y\r\n\r\nhi\r\n", false },
	};
	struct arena *arena = arena_new(0);
	struct dkim_draft first, other;

	prepare("From: a@shop.example\r\nSubject: x\r\nX: 1\r\n\r\nhi\r\n", plain, arena, &first);
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
		prepare(others[i].message, plain, arena, &other);
		ck_assert_msg((memcmp(first.digest, other.digest, sizeof(first.digest)) == 0) ==
				  others[i].same,
		    "%s", others[i].message);
	}
	arena_free(arena);
}
END_TEST

START_TEST(refuses)
{
	static const struct {
		struct span domain, selector, identity;
		const char *message;
	} bad[] = {
		{ { "shop.example", 12 }, { "s1", 2 }, { NULL, 0 }, "To: a\r\n\r\nx" },
		{ { "shop.example; l=0", 17 }, { "s1", 2 }, { NULL, 0 }, "From: a\r\n\r\nx" },
		{ { "shop.example", 12 }, { "", 0 }, { NULL, 0 }, "From: a\r\n\r\nx" },
		{ { "shop.example", 12 }, { "s1", 2 }, { "@other.example", 14 },
		    "From: a\r\n\r\nx" },
	};
	struct arena *arena = arena_new(0);
	struct dkim_draft draft;

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct dkim_options o = { .domain = bad[i].domain,
			.selector = bad[i].selector,
			.identity = bad[i].identity };

		ck_assert_int_eq(dkim_prepare(&o, span_str(bad[i].message),
				     (uint8_t[DKIM_DIGEST_BYTES]){ 0 }, arena, &draft, NULL),
		    -1);
	}
	arena_free(arena);
}
END_TEST

START_TEST(keys_come_back)
{
	struct dkim_key *key = dkim_key_new(_i == 0 ? DKIM_RSA_SHA256 : DKIM_ED25519_SHA256, NULL),
			*again, *kept;
	struct err err = { "" };
	uint8_t digest[DKIM_DIGEST_BYTES] = { 1 };
	struct buf pem, one, two;

	buf_init(&pem, 8192);
	buf_init(&one, 8192);
	buf_init(&two, 8192);
	ck_assert_int_eq(dkim_key_pem(key, &pem, NULL), 0);
	again = dkim_key_load(buf_all(&pem), NULL);
	ck_assert_ptr_nonnull(again);
	ck_assert(dkim_key_sign(key, digest, &one, NULL) == 0 &&
		  dkim_key_sign(again, digest, &two, NULL) == 0);
	ck_assert(span_eq(buf_all(&one), buf_all(&two)));
	kept = dkim_key_keep(buf_all(&pem), NULL); /* read when it signs first, and then known */
	ck_assert(kept != NULL && dkim_key_algorithm(kept) == dkim_key_algorithm(key));
	for (unsigned i = 0; i < 2; i++) {
		buf_reset(&two);
		ck_assert_int_eq(dkim_key_sign(kept, digest, &two, NULL), 0);
		ck_assert(span_eq(buf_all(&one), buf_all(&two)));
	}
	dkim_key_free(kept);
	kept = dkim_key_keep(buf_all(&pem), NULL);
	dkim_key_free(kept);
	for (size_t n = 0; n + 40 < pem.n; n += 7)
		ck_assert_ptr_null(dkim_key_keep(span_first(buf_all(&pem), n), &err));
	ck_assert_uint_eq(one.n, _i == 0 ? 256 : 64);
	buf_reset(&one);
	ck_assert_int_eq(
	    dkim_key_zone_line(key, SPAN_LIT("s1"), SPAN_LIT("shop.example"), &one, NULL), 0);
	ck_assert(span_starts(buf_all(&one), "s1._domainkey.shop.example. IN TXT ( \"v=DKIM1; k="));
	dkim_key_free(key);
	dkim_key_free(again);
	buf_free(&pem);
	buf_free(&one);
	buf_free(&two);
}
END_TEST

START_TEST(no_key)
{
	struct err err = { "" };

	ck_assert_ptr_null(dkim_key_load(SPAN_LIT("nonsense"), &err));
	ck_assert_ptr_null(dkim_key_keep(SPAN_LIT("nonsense"), &err));
	ck_assert_ptr_null(dkim_key_keep(SPAN_LIT(""), &err));
	ck_assert(span_starts(span_str(err.text), "no private key in PEM"));
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("dkim");
	TCase *t = tcase_create("dkim");
	SRunner *runner = srunner_create(suite);
	int failed;

	suite_add_tcase(suite, t);
	tcase_add_loop_test(t, canonical_bodies, 0, sizeof(bodies) / sizeof(bodies[0]));
	tcase_add_test(t, canonical_fields);
	tcase_add_test(t, rfc_8463);
	tcase_add_test(t, from_and_subject_cannot_be_added);
	tcase_add_test(t, the_digest_covers_what_h_names);
	tcase_add_test(t, refuses);
	tcase_add_loop_test(t, keys_come_back, 0, 2);
	tcase_add_test(t, no_key);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed != 0;
}
