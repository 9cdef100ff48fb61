#include "conf_amount.h"

struct unit {
	const char *name;
	uint64_t factor;
};

static const struct unit durations[] = {
	{ "w", 604800 },
	{ "d", 86400 },
	{ "h", 3600 },
	{ "m", 60 },
	{ "s", 1 },
	{ NULL, 0 },
};
static const struct unit sizes[] = {
	{ "T", 1ull << 40 },
	{ "G", 1ull << 30 },
	{ "M", 1ull << 20 },
	{ "K", 1ull << 10 },
	{ NULL, 0 },
};
static const struct unit rates[] = {
	{ "s", 1 },
	{ "min", 60 },
	{ "h", 3600 },
	{ "day", 86400 },
	{ NULL, 0 },
};

bool
conf_type_ranged(enum conf_type type)
{
	return type == CONF_NUMBER || type == CONF_DURATION || type == CONF_SIZE ||
	       type == CONF_RATE;
}

/* Digits at the front; how many there were, 0 if they make no number up to max. */
static size_t
digits(struct span s, uint64_t max, uint64_t *out)
{
	size_t n = 0;

	while (n < s.n && s.p[n] >= '0' && s.p[n] <= '9')
		n++;
	return span_u64(span_first(s, n), max, out) == -1 ? 0 : n;
}

static int
parse_duration(struct span text, uint64_t *total)
{
	const struct unit *u = durations;
	uint64_t n;

	*total = 0;
	if (span_is(text, "0"))
		return 0;
	do {
		size_t took = digits(text, UINT32_MAX, &n);

		text = span_from(text, took);
		while (text.n > 0 && u->name != NULL && u->name[0] != text.p[0])
			u++;
		if (took == 0 || text.n == 0 || u->name == NULL)
			return -1;
		*total += n * u->factor;
		u++;
		text = span_from(text, 1);
	} while (text.n > 0);
	return 0;
}

static int
parse_size(struct span text, uint64_t *bytes)
{
	uint64_t n, factor = 1;
	size_t took = digits(text, UINT64_MAX >> 1, &n);
	struct span unit = span_from(text, took);

	for (const struct unit *u = sizes; u->name != NULL; u++)
		if (span_is_nocase(unit, u->name))
			factor = u->factor;
	if (took == 0 || (unit.n > 0 && factor == 1) || n > (UINT64_MAX >> 1) / factor)
		return -1;
	*bytes = n * factor;
	return 0;
}

static int
parse_rate(struct span text, uint64_t *n, uint64_t *per_s)
{
	struct span unit, count = span_cut(text, '/', &unit);

	if (span_u64(count, UINT32_MAX, n) == -1)
		return -1;
	for (const struct unit *u = rates; u->name != NULL; u++)
		if (span_is(unit, u->name)) {
			*per_s = u->factor;
			return 0;
		}
	return -1;
}

int
conf_amount_parse(enum conf_type type, struct span text, uint64_t *n, uint64_t *per_s)
{
	switch (type) {
	case CONF_DURATION:
		return parse_duration(text, n);
	case CONF_SIZE:
		return parse_size(text, n);
	case CONF_RATE:
		return parse_rate(text, n, per_s);
	default:
		return span_u64(text, UINT64_MAX >> 1, n);
	}
}

static void
print_duration(struct buf *out, uint64_t seconds)
{
	if (seconds == 0)
		buf_str(out, "0s");
	for (const struct unit *u = durations; u->name != NULL; u++) {
		if (seconds >= u->factor)
			buf_printf(
			    out, "%llu%s", (unsigned long long)(seconds / u->factor), u->name);
		seconds %= u->factor;
	}
}

static void
print_size(struct buf *out, uint64_t bytes)
{
	const struct unit *u = sizes;

	while (u->name != NULL && (bytes == 0 || bytes % u->factor != 0))
		u++;
	if (u->name == NULL)
		buf_printf(out, "%llu", (unsigned long long)bytes);
	else
		buf_printf(out, "%llu%s", (unsigned long long)(bytes / u->factor), u->name);
}

static void
print_rate(struct buf *out, uint64_t n, uint64_t per_s)
{
	const struct unit *u = rates;

	while (u[1].name != NULL && u->factor != per_s)
		u++;
	buf_printf(out, "%llu/%s", (unsigned long long)n, u->name);
}

void
conf_print_amount(struct buf *out, enum conf_type type, uint64_t n, uint64_t per_s)
{
	if (type == CONF_DURATION)
		print_duration(out, n);
	else if (type == CONF_SIZE)
		print_size(out, n);
	else if (type == CONF_RATE && per_s != 0)
		print_rate(out, n, per_s);
	else
		buf_printf(out, "%llu", (unsigned long long)n);
}

void
conf_print_range(struct buf *out, const struct conf_setting *s)
{
	if (!conf_type_ranged(s->type) || (s->min == 0 && s->max == 0))
		return;
	if (s->max == 0)
		buf_str(out, "at least ");
	else if (s->min == 0)
		buf_str(out, "at most ");
	if (s->min != 0)
		conf_print_amount(out, s->type, s->min, 0);
	if (s->min != 0 && s->max != 0)
		buf_str(out, " to ");
	if (s->max != 0)
		conf_print_amount(out, s->type, s->max, 0);
}
