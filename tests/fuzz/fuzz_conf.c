/* Any text as a configuration: it is read or refused, and what was read survives being handed over. */
#include "conf.h"
#include "err.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

static const struct conf_setting every_type[] = {
	{ .name = "string", .type = CONF_STRING, .def = "\"a b\"" },
	{ .name = "bool", .type = CONF_BOOL, .def = "no" },
	{ .name = "number", .type = CONF_NUMBER, .def = "20", .min = 1, .max = 1000 },
	{ .name = "duration", .type = CONF_DURATION, .def = "5m" },
	{ .name = "size", .type = CONF_SIZE, .def = "64K", .min = 1024 },
	{ .name = "rate", .type = CONF_RATE },
	{ .name = "network", .type = CONF_NETWORK, .list = true, .def = "127.0.0.0/8 ::1" },
	{ .name = "address", .type = CONF_ADDRESS, .list = true },
	{ .name = "domain", .type = CONF_DOMAIN, .list = true },
	{ .name = "glob", .type = CONF_GLOB, .list = true },
	{ .name = "regex", .type = CONF_REGEX },
	{ .name = "choice", .type = CONF_CHOICE, .choices = "none may must", .def = "may" },
	{ .name = "path", .type = CONF_PATH, .def = "spool" },
	{ .name = "secret", .type = CONF_SECRET },
	{ .name = NULL },
};
static const struct conf_setting few[] = {
	{ .name = "needed", .type = CONF_NUMBER, .required = true },
	{ .name = "more", .type = CONF_STRING, .list = true },
	{ .name = NULL },
};

static const struct conf_table inner = { .name = "inner", .named = true, .settings = few };
static const struct conf_table *const inners[] = { &inner, NULL };
static const struct conf_table named = {
	.name = "named", .named = true, .settings = every_type, .blocks = inners, .roles = 1
};
static const struct conf_table single = { .name = "single", .single = true, .settings = few };
static const struct conf_table many = { .name = "many", .settings = few };
static const struct conf_table *const blocks[] = { &named, &single, &many, NULL };
static const struct conf_table top = { .settings = every_type, .blocks = blocks };

static struct buf
handed_over(const struct conf *c)
{
	struct buf out;

	buf_init(&out, 64 << 20);
	conf_show(c, CONF_SHOW_HAND_OVER, 0, &out);
	return out;
}

static void
show_all(const struct conf *c)
{
	struct buf out;

	buf_init(&out, 64 << 20);
	for (int form = CONF_SHOW_SET; form <= CONF_SHOW_ORIGIN; form++)
		conf_show(c, (enum conf_show)form, 1, &out);
	buf_free(&out);
}

/* What the master keeps, to roll back to. */
static void
kept(const struct conf *c)
{
	struct conf *again;
	struct buf a, b;

	buf_init(&a, 64 << 20);
	buf_init(&b, 64 << 20);
	conf_show(c, CONF_SHOW_KEEP, 0, &a);
	again = conf_read_text(&top, "fuzz", buf_all(&a));
	must(conf_errors(again) == 0);
	conf_show(again, CONF_SHOW_KEEP, 0, &b);
	must(span_eq(buf_all(&a), buf_all(&b)));
	conf_free(again);
	buf_free(&a);
	buf_free(&b);
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	struct conf *c = conf_read_text(&top, "fuzz", span_of(p, n)), *again;
	struct buf a, b;

	must((conf_errors(c) == 0) == (conf_messages(c).n == 0));
	show_all(c);
	if (conf_errors(c) == 0) {
		a = handed_over(c);
		again = conf_read_text(&top, "fuzz", buf_all(&a));
		must(conf_errors(again) == 0);
		b = handed_over(again);
		must(span_eq(buf_all(&a), buf_all(&b)));
		conf_free(again);
		buf_free(&a);
		buf_free(&b);
		if (!span_starts(span_of(p, n), "#@")) /* a role keeps nothing */
			kept(c);
	}
	conf_free(c);
	return 0;
}
