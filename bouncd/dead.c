#include "dead.h"
#include "pattern.h"

#include "buf.h"

#include <string.h>

enum {
	PATTERN_BYTES = 32 * 1024, /* composed of a block's words; PCRE2 takes 64 KB */
	GAP_WORDS = 8,             /* of no weight, between who and what is said of it */
	SENTENCES_MAX = 64,        /* of a text of 2000 bytes; what is behind joins the last */
};

/* What may stand between words that belong together: no letter, no digit, no end of a sentence. */
#define BETWEEN     "[] \"'`()<>@,:*/_[-]{1,10}"
#define WORD_BEGINS "(?<![[:alnum:]_-])"
#define WORD_ENDS   "(?![[:alnum:]_-])"

struct say {
	struct pattern *match;
	struct say *next;
};

struct doubt {
	const char *name;
	struct pattern *match, *but_not;
	int16_t status[3]; /* -1: any; [0] -2: none asked for */
	bool sentence;     /* only where it says who is dead */
	struct doubt *next;
};

struct dead {
	struct say *says;
	struct doubt *doubts, *last;
};

/* ---- the file ---- */

static const struct conf_setting dead_settings[] = {
	{ .name = "who",
	    .type = CONF_REGEX,
	    .list = true,
	    .help = "Whole words for whom mail is addressed to." },
	{ .name = "is",
	    .type = CONF_REGEX,
	    .list = true,
	    .help = "What is said behind it: whole words that mean gone for good." },
	{ .name = "no",
	    .type = CONF_REGEX,
	    .list = true,
	    .help = "What is said before it: \"no such\", \"unknown\"." },
	{ .name = "between",
	    .type = CONF_REGEX,
	    .list = true,
	    .help = "Words of no weight that may stand between the two." },
	{ .name = "match",
	    .type = CONF_REGEX,
	    .list = true,
	    .help = "Sentences that say both, where the words above do not do." },
	{ .name = "example",
	    .type = CONF_STRING,
	    .list = true,
	    .required = true,
	    .help = "A reply that says so, checked at load." },
	{ 0 },
};

static const struct conf_setting doubt_settings[] = {
	{ .name = "match",
	    .type = CONF_REGEX,
	    .list = true,
	    .help = "Words that make an answer soft." },
	{ .name = "but-not", .type = CONF_REGEX, .list = true, .help = "where none of these is." },
	{ .name = "status", .type = CONF_STRING, .help = "Only beside this enhanced status." },
	{ .name = "within",
	    .type = CONF_CHOICE,
	    .choices = "reply sentence",
	    .def = "reply",
	    .help = "Anywhere in the reply, or in the sentence that says who is dead." },
	{ .name = "example",
	    .type = CONF_STRING,
	    .list = true,
	    .required = true,
	    .help = "A reply that is doubted, checked at load." },
	{ 0 },
};

const struct conf_table dead_table = {
	.name = "dead",
	.named = true,
	.help = "Which words say that an address is dead.",
	.settings = dead_settings,
};
const struct conf_table doubt_table = {
	.name = "doubt",
	.named = true,
	.help = "Which words make a hard answer soft.",
	.settings = doubt_settings,
};

static void
add_pattern(struct conf *conf, const struct conf_block *b, const char *setting,
    struct pattern **list, const char *text, struct arena *a)
{
	struct err err;

	if (pattern_add(list, text, a, &err) < 0)
		conf_complain(conf, b, setting, "%s", err.text);
}

static struct pattern *
own_patterns(struct conf *conf, const struct conf_block *b, const char *setting, struct arena *a)
{
	struct pattern *list = NULL;

	for (size_t i = 0; i < conf_count(b, setting); i++)
		add_pattern(conf, b, setting, &list, conf_str_at(b, setting, i), a);
	return list;
}

/* (?:one|two|...) of a setting's values. */
static void
put_either(struct buf *out, const struct conf_block *b, const char *setting)
{
	buf_str(out, "(?:");
	for (size_t i = 0; i < conf_count(b, setting); i++)
		buf_printf(out, "%s(?:%s)", i > 0 ? "|" : "", conf_str_at(b, setting, i));
	buf_str(out, ")");
}

static void
put_gap(struct buf *out, const struct conf_block *b)
{
	buf_str(out, BETWEEN);
	if (conf_count(b, "between") == 0)
		return;
	buf_str(out, "(?:");
	put_either(out, b, "between");
	buf_printf(out, BETWEEN "){0,%d}", GAP_WORDS);
}

/* "User <@> is unknown": first, then words of no weight, then second. */
static void
compose(struct conf *conf, struct say *s, const struct conf_block *b, const char *first,
    const char *second, struct arena *a)
{
	struct buf text;

	if (conf_count(b, first) == 0 || conf_count(b, second) == 0)
		return;
	buf_init(&text, PATTERN_BYTES);
	buf_str(&text, WORD_BEGINS);
	put_either(&text, b, first);
	put_gap(&text, b);
	put_either(&text, b, second);
	buf_str(&text, WORD_ENDS);
	buf_byte(&text, '\0');
	if (buf_over(&text))
		conf_complain(conf, b, first, "more than %d bytes of words", PATTERN_BYTES);
	else
		add_pattern(conf, b, first, &s->match, arena_printf(a, "%s", text.p), a);
	buf_free(&text);
}

static void
read_dead(struct conf *conf, struct dead *d, const struct conf_block *b, struct arena *a)
{
	struct say *s = arena_alloc(a, sizeof(*s));

	s->match = own_patterns(conf, b, "match", a);
	compose(conf, s, b, "who", "is", a);
	compose(conf, s, b, "no", "who", a);
	if (s->match == NULL)
		conf_complain(conf, b, NULL, "needs who and is, who and no, or match");
	s->next = d->says;
	d->says = s;
}

static void
read_doubt(struct conf *conf, struct dead *d, const struct conf_block *b, struct arena *a)
{
	struct doubt *x = arena_alloc(a, sizeof(*x));

	x->name = conf_name(b);
	x->match = own_patterns(conf, b, "match", a);
	x->but_not = own_patterns(conf, b, "but-not", a);
	x->sentence = strcmp(conf_str(b, "within"), "sentence") == 0;
	x->status[0] = -2;
	if (conf_is_set(b, "status") && !status_read(span_str(conf_str(b, "status")), x->status))
		conf_complain(conf, b, "status", "not an enhanced status: 5.7.1 or *.7.*");
	if (x->match == NULL && x->status[0] == -2)
		conf_complain(conf, b, NULL, "a doubt needs a condition: match or status");
	*(d->last == NULL ? &d->doubts : &d->last->next) = x;
	d->last = x;
}

/* ---- sentences ---- */

/* What ends one: a full stop, and what brings another server's words. */
static size_t
ends_here(struct span s)
{
	if (s.p[0] == '.' || s.p[0] == '!' || s.p[0] == '?')
		return s.n == 1 || s.p[1] == ' ' || s.p[1] == '.' || s.p[1] == '<' ? 1 : 0;
	if (span_starts(s, "\xe3\x80\x82")) /* the full stop of Chinese and Japanese */
		return 3;
	if (span_starts_nocase(s, "said: ") || span_starts_nocase(s, "says: "))
		return 6;
	return span_starts(s, "-> ") || span_starts(s, "-- ") ? 3 : 0;
}

static struct span
next_sentence(struct span *rest, bool last)
{
	struct span all = *rest;

	for (size_t i = 0; !last && i < all.n; i++) {
		size_t end = ends_here(span_from(all, i));

		if (end == 0)
			continue;
		*rest = span_from(all, i + end);
		return span_first(all, i);
	}
	*rest = span_of(NULL, 0);
	return all;
}

/* ---- who is dead, and what makes one doubt ---- */

static bool
says_dead(const struct dead *d, struct pattern *also, const struct pattern_words *w)
{
	if (pattern_match(also, w) > 0)
		return true;
	for (const struct say *s = d->says; s != NULL; s = s->next)
		if (pattern_match(s->match, w) > 0)
			return true;
	return false;
}

static bool
doubts(const struct doubt *x, const struct said *sd, const struct pattern_words *w)
{
	if (x->status[0] != -2 && (sd->status.class == 0 || !status_is(sd->status, x->status[0],
								x->status[1], x->status[2])))
		return false;
	if (x->match != NULL && pattern_match(x->match, w) == 0)
		return false;
	return pattern_match(x->but_not, w) == 0;
}

static const char *
first_doubt(
    const struct dead *d, const struct said *sd, const struct pattern_words *w, bool of_sentence)
{
	for (const struct doubt *x = d->doubts; x != NULL; x = x->next)
		if (x->sentence == of_sentence && doubts(x, sd, w))
			return x->name;
	return NULL;
}

/* A sentence that says it, and that nothing in it makes doubtful. Else why not. */
static const char *
sentences_doubt(const struct dead *d, const struct said *sd, struct pattern *also)
{
	const char *why = DEAD_UNSAID;
	struct span rest = sd->text;

	for (unsigned i = 1; rest.n > 0; i++) {
		struct span one = span_trim(next_sentence(&rest, i == SENTENCES_MAX));
		struct pattern_words w;
		const char *doubt;

		pattern_words(&w, one);
		if (one.n == 0 || !says_dead(d, also, &w))
			continue;
		doubt = first_doubt(d, sd, &w, true);
		if (doubt == NULL)
			return NULL;
		why = doubt;
	}
	return why;
}

/* RFC 3463 3.2, RFC 7505: the mailbox does not exist, its system does not, it has moved, its domain takes no mail. */
static bool
status_names_it(struct status st)
{
	return status_is(st, -1, 1, 1) || status_is(st, -1, 1, 2) || status_is(st, -1, 1, 6) ||
	       status_is(st, -1, 1, 10);
}

const char *
dead_doubt(struct dead *d, const struct said *sd, struct pattern *also)
{
	struct pattern_words whole;
	const char *doubt;

	pattern_words(&whole, sd->text);
	doubt = first_doubt(d, sd, &whole, false);
	if (doubt != NULL)
		return doubt;
	doubt = sentences_doubt(d, sd, also);
	if (doubt == NULL || strcmp(doubt, DEAD_UNSAID) != 0)
		return doubt;
	if (pattern_match(also, &whole) == 0 && !status_names_it(sd->status))
		return doubt;
	return first_doubt(d, sd, &whole, true);
}

/* ---- examples ---- */

static void
check_dead(struct conf *conf, const struct dead *d, const struct conf_block *b, struct arena *a)
{
	for (size_t i = 0; i < conf_count(b, "example"); i++) {
		struct said sd;

		said_reply(&sd, span_str(conf_str_at(b, "example", i)), a);
		if (sentences_doubt(d, &sd, NULL) != NULL)
			conf_complain(conf, b, "example", "\"%.80s\" does not say it",
			    conf_str_at(b, "example", i));
	}
}

static void
check_doubt(struct conf *conf, const struct doubt *x, const struct conf_block *b, struct arena *a)
{
	for (size_t i = 0; i < conf_count(b, "example"); i++) {
		struct pattern_words w;
		struct said sd;

		said_reply(&sd, span_str(conf_str_at(b, "example", i)), a);
		pattern_words(&w, sd.text);
		if (!doubts(x, &sd, &w))
			conf_complain(conf, b, "example", "\"%.80s\" does not match its doubt",
			    conf_str_at(b, "example", i));
	}
}

static void
check_examples(struct conf *conf, const struct dead *d)
{
	const struct conf_block *b;
	const struct doubt *x = d->doubts;
	struct arena *a = arena_new(0);

	for (b = conf_first(conf_top(conf), "dead"); b != NULL; b = conf_next(b))
		check_dead(conf, d, b, a);
	for (b = conf_first(conf_top(conf), "doubt"); b != NULL; b = conf_next(b), x = x->next)
		check_doubt(conf, x, b, a);
	arena_free(a);
}

struct dead *
dead_read(struct conf *conf, struct arena *a)
{
	struct dead *d = arena_alloc(a, sizeof(*d));
	const struct conf_block *b;

	for (b = conf_first(conf_top(conf), "dead"); b != NULL; b = conf_next(b))
		read_dead(conf, d, b, a);
	for (b = conf_first(conf_top(conf), "doubt"); b != NULL; b = conf_next(b))
		read_doubt(conf, d, b, a);
	if (conf_errors(conf) == 0)
		check_examples(conf, d);
	return d;
}

void
dead_free(struct dead *d)
{
	if (d == NULL)
		return;
	for (struct say *s = d->says; s != NULL; s = s->next)
		pattern_free(s->match);
	for (struct doubt *x = d->doubts; x != NULL; x = x->next) {
		pattern_free(x->match);
		pattern_free(x->but_not);
	}
}
