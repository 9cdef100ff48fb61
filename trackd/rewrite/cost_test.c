#include "rewrite.h"

#include <check.h>
#include <time.h>

/* What a hostile tenant writes: a head, and then one of these as often as there is room for. */
static const struct {
	const char *rule, *head, *again, *tail;
} shapes[] = {
	{ "no character reference", "<a href=\"http://a.example/", "&notit", "\">x</a>" },
	{ "nearly the longest name", "<a href=\"http://a.example/",
	    "&CounterClockwiseContourIntegra\r\n", "\">x</a>" },
	{ "a long number", "<a href=\"http://a.example/&#", "1", "\">x</a>" },
	{ "ampersands", "<a href=\"http://a.example/", "&", "\">x</a>" },
	{ "a path that is not ASCII", "<a href=\"http://a.example/", "\xc3\xa4", "\">x</a>" },
	{ "a host that is not ASCII", "<a href=\"http://", "\xc3\xa4", "/\">x</a>" },
	{ "links", "", "<a href=http://a.example/>x</a>\r\n", "" },
	{ "links on one line", "", "<a href=http://a.example/>x</a>", "" },
	{ "attributes", "<a ", "a=b ", "href=http://a.example/>x</a>" },
	{ "unclosed tags", "", "<a href='", "" },
	{ "unclosed comments", "", "<!--", "" },
	{ "dashes of a comment", "<!--", "-", "" },
	{ "conditional comments", "", "<!--[if x]><a href=http://a.example/></a><![endif]-->", "" },
	{ "titles of svg", "<svg>", "<title><a></title>", "" },
	{ "svg in svg", "", "<svg><desc>", "" },
	{ "scripts in a script", "<script>", "<!--<script>", "" },
	{ "an end that does not come", "<textarea>", "</textare", "" },
	{ "selects", "", "<select><table>", "" },
};

static const struct {
	const char *rule, *head, *again, *tail;
} texts[] = {
	{ "closing brackets behind a link", "http://a.example/", ")", "" },
	{ "brackets of all kinds", "http://a.example/", "()[}{])", "" },
	{ "links of a text", "", "http://a.example/x ", "" },
	{ "no link of a text", "", "http", "" },
	{ "marks of other scripts", "", "http://a.example/\xc2\xbb", "" },
};

enum {
	BYTES = 64 * 1024,
	GROWTH =
	    8, /* eight times the size: 64 times the time where it is quadratic, and so much where it is not: */
	GROWTH_MOST = 24,
	SMALL_US = 4000, /* below it the clock and the first steps say more than the text */
	RUNS = 3
};

static struct charsets *charsets;
static struct token_sealer *sealer;

static uint64_t
cpu_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (uint64_t)t.tv_sec * 1000000u + (uint64_t)t.tv_nsec / 1000;
}

static struct rewrite_options
options(struct budget *budget)
{
	return (struct rewrite_options){ .rules = { .clicks = true,
					     .opens = true,
					     .texts = true,
					     .base = SPAN_LIT("https://t.example/"),
					     .charsets = charsets,
					     .budget = budget } };
}

static enum rewrite_verdict
rewrite(struct span message, struct budget *budget)
{
	struct rewrite_options o = options(budget);
	struct arena *arena = arena_new(0);
	struct rewrite_recipient to = { .recipient = 7 };
	struct rewrite_plan plan;
	struct buf out;

	buf_init(&out, 64 << 20);
	rewrite_plan(&o, message, arena, &plan);
	if (!rewrite_render(&plan, sealer, &to, &out))
		plan.verdict = REWRITE_COSTLY;
	buf_free(&out);
	arena_free(arena);
	return plan.verdict;
}

static void
make(struct buf *b, const char *type, const char *head, const char *again, const char *tail,
    size_t bytes)
{
	buf_reset(b);
	buf_printf(b, "Content-Type: text/%s; charset=utf-8\r\n\r\n%s", type, head);
	while (b->n < bytes)
		buf_str(b, again);
	buf_str(b, tail);
}

/* The least of some runs: what else the machine does only adds. */
static uint64_t
cost(struct span message)
{
	uint64_t least = UINT64_MAX;

	for (unsigned i = 0; i < RUNS; i++) {
		uint64_t before = cpu_us(), took;

		rewrite(message, NULL);
		took = cpu_us() - before;
		least = took < least ? took : least;
	}
	return least;
}

static void
grows(const char *rule, const char *type, const char *head, const char *again, const char *tail)
{
	struct buf b;
	uint64_t small, large;

	buf_init(&b, 4 << 20);
	make(&b, type, head, again, tail, BYTES);
	small = cost(buf_all(&b));
	make(&b, type, head, again, tail, (size_t)BYTES * GROWTH);
	large = cost(buf_all(&b));
	ck_assert_msg(large < GROWTH_MOST * (small > SMALL_US ? small : SMALL_US),
	    "%s: %llu us, and %d times as much %llu us", rule, (unsigned long long)small, GROWTH,
	    (unsigned long long)large);
	buf_free(&b);
}

START_TEST(html_costs_what_it_is_long)
{
	grows(shapes[_i].rule, "html", shapes[_i].head, shapes[_i].again, shapes[_i].tail);
}
END_TEST

START_TEST(text_costs_what_it_is_long)
{
	grows(texts[_i].rule, "plain", texts[_i].head, texts[_i].again, texts[_i].tail);
}
END_TEST

/* A name is found among two thousand as fast as a byte is copied, more or less. */
START_TEST(no_table_is_walked_for_a_character_reference)
{
	uint64_t plain, references;
	struct buf b;

	buf_init(&b, 4 << 20);
	make(&b, "html", "<a href=\"http://a.example/", "nnotit", "\">x</a>", 1 << 20);
	plain = cost(buf_all(&b));
	make(&b, "html", "<a href=\"http://a.example/", "&notit", "\">x</a>", 1 << 20);
	references = cost(buf_all(&b));
	ck_assert_msg(references < 40 * (plain > SMALL_US ? plain : SMALL_US), "%llu us, %llu us",
	    (unsigned long long)plain, (unsigned long long)references);
	buf_free(&b);
}
END_TEST

static void
said(void *ctx)
{
	++*(unsigned *)ctx;
}

/* Its time is over in the plan, or in the rendering: it is left alone, and says why. */
START_TEST(beyond_its_time_it_is_left_alone)
{
	struct budget budget;
	unsigned times = 0;
	struct buf b;

	buf_init(&b, 4 << 20);
	budget_init(&budget, said, &times);
	make(&b, "html", "", "<a href=http://a.example/>x</a>\r\n", "", 1 << 20);
	budget_begin(&budget, 60 * 1000);
	ck_assert_int_eq(rewrite(buf_all(&b), &budget), REWRITE_CHANGED);
	budget_begin(&budget, 0);
	ck_assert_int_eq(rewrite(buf_all(&b), &budget), REWRITE_COSTLY);
	ck_assert_str_eq(rewrite_verdict_reason(REWRITE_COSTLY), "costly");
	make(&b, "plain", "", "http://a.example/\r\n", "", 1 << 20);
	budget_begin(&budget, 0);
	ck_assert_int_eq(rewrite(buf_all(&b), &budget), REWRITE_COSTLY);
	buf_free(&b);
}
END_TEST

static void
open_all(void)
{
	struct token_key key;

	charsets = charsets_open();
	token_key_derive((const uint8_t[TOKEN_MASTER_BYTES]){ 5 }, 0, SPAN_LIT("shop"), &key, NULL);
	sealer = token_sealer_new(&key);
}

static void
close_all(void)
{
	charsets_free(charsets);
	token_sealer_free(sealer);
}

int
main(void)
{
	Suite *suite = suite_create("cost");
	TCase *t = tcase_create("cost");
	SRunner *runner = srunner_create(suite);
	int failed;

	suite_add_tcase(suite, t);
	tcase_set_timeout(t, 120);
	tcase_add_checked_fixture(t, open_all, close_all);
#ifndef BUF_MOVES /* where every append copies all, nothing is linear */
	tcase_add_loop_test(t, html_costs_what_it_is_long, 0, sizeof(shapes) / sizeof(shapes[0]));
	tcase_add_loop_test(t, text_costs_what_it_is_long, 0, sizeof(texts) / sizeof(texts[0]));
	tcase_add_test(t, no_table_is_walked_for_a_character_reference);
#else
	(void)html_costs_what_it_is_long;
	(void)text_costs_what_it_is_long;
	(void)no_table_is_walked_for_a_character_reference;
#endif
	tcase_add_test(t, beyond_its_time_it_is_left_alone);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed != 0;
}
