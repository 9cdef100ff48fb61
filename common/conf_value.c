#include "conf_value.h"
#include "conf_amount.h"
#include "conf_file.h"
#include "conf_net.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>
#include <string.h>

enum { DOMAIN_BYTES = 253, LABEL_BYTES = 63, GLOB_BYTES = 255, PATH_BYTES = 4000 };

typedef int parse_fn(const struct conf_setting *, struct span, const struct conf_from *,
    struct conf_value *, struct conf_problem *);

static parse_fn parse_string, parse_bool, parse_amount, parse_network, parse_address, parse_domain,
    parse_glob, parse_regex, parse_choice, parse_path, parse_secret;

static const struct {
	const char *word, *example;
	parse_fn *parse;
} types[] = {
	[CONF_STRING] = { "string", "one word, or text in quotes", parse_string },
	[CONF_BOOL] = { "yes|no", "yes or no", parse_bool },
	[CONF_NUMBER] = { "number", "a number such as 20", parse_amount },
	[CONF_DURATION] = { "duration", "a duration such as 90s, 5m, 1h30m or 3d", parse_amount },
	[CONF_SIZE] = { "size", "bytes, or a size such as 64K, 25M or 2G", parse_amount },
	[CONF_RATE] = { "rate", "a rate such as 10/s, 100/min, 500/h or 9000/day", parse_amount },
	[CONF_NETWORK] = { "network", "a network such as 10.0.0.0/8, 2001:db8::/32 or one address",
	    parse_network },
	[CONF_ADDRESS] = { "address",
	    "an address such as 127.0.0.1:25, [::1]:25, *:25 or unix:/path", parse_address },
	[CONF_DOMAIN] = { "domain", "a name such as mail.example.com", parse_domain },
	[CONF_GLOB] = { "glob", "a name in which * and ? stand for any bytes, any byte",
	    parse_glob },
	[CONF_REGEX] = { "regex", "a regular expression (PCRE2)", parse_regex },
	[CONF_CHOICE] = { "choice", "one of its choices", parse_choice },
	[CONF_PATH] = { "path", "a path", parse_path },
	[CONF_SECRET] = { "secret", "file:PATH, or the secret itself", parse_secret },
};

const char *
conf_type_word(enum conf_type type)
{
	return types[type].word;
}

const char *
conf_type_example(enum conf_type type)
{
	return types[type].example;
}

/* The remedy every type has: what its values look like. */
static int
no_such(const struct conf_setting *s, struct span text, struct conf_problem *p)
{
	err_set(&p->remedy, "%s takes %s", s->name, types[s->type].example);
	return err_set(&p->what, "\"%.*s\" is no %s", (int)(text.n > 80 ? 80 : text.n), text.p,
	    types[s->type].word);
}

/* A word that reads as itself without quotes. A lone "=" behind a name does not: it is what other configurations have there. */
static bool
plain(struct span s)
{
	static const char safe[] = "-_./:*?@+%,=[]~!^&<>|$()";

	for (size_t i = 0; i < s.n; i++) {
		char c = s.p[i];
		bool letter =
		    (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');

		if (!letter && memchr(safe, c, sizeof(safe) - 1) == NULL)
			return false;
	}
	return s.n > 0 && !span_is(s, "=");
}

void
conf_print_word(struct buf *out, struct span s, bool hand_over)
{
	if (plain(s)) {
		buf_span(out, s);
		return;
	}
	buf_byte(out, '"');
	for (size_t i = 0; i < s.n; i++) {
		unsigned char c = (unsigned char)s.p[i];

		if (hand_over && c == '\n')
			buf_str(out, "\\n");
		else if (hand_over && (c < ' ' || c == 127))
			buf_printf(out, "\\x%02x", c);
		else {
			if (c == '"' || c == '\\')
				buf_byte(out, '\\');
			buf_byte(out, (char)c);
		}
	}
	buf_byte(out, '"');
}

/* The canonical text of what buf holds, into the arena. */
static const char *
settled(struct buf *b, struct arena *arena)
{
	const char *text = arena_cstr(arena, buf_all(b));

	buf_free(b);
	return text;
}

static int
in_range(
    const struct conf_setting *s, uint64_t n, const struct conf_from *from, struct conf_problem *p)
{
	struct buf range;

	if (n >= s->min && (s->max == 0 || n <= s->max))
		return 0;
	buf_init(&range, 128);
	conf_print_range(&range, s);
	err_set(&p->remedy, "%s takes a %s, %s%s", s->name, types[s->type].word,
	    settled(&range, from->arena), s->type == CONF_SIZE ? " bytes" : "");
	return err_set(&p->what, "%s is out of range", s->name);
}

static int
parse_string(const struct conf_setting *s, struct span text, const struct conf_from *from,
    struct conf_value *v, struct conf_problem *p)
{
	(void)s;
	(void)p;
	v->text = arena_cstr(from->arena, text);
	return 0;
}

static int
parse_bool(const struct conf_setting *s, struct span text, const struct conf_from *from,
    struct conf_value *v, struct conf_problem *p)
{
	(void)from;
	if (!span_is(text, "yes") && !span_is(text, "no"))
		return no_such(s, text, p);
	v->num = span_is(text, "yes");
	v->text = v->num ? "yes" : "no";
	return 0;
}

static int
parse_amount(const struct conf_setting *s, struct span text, const struct conf_from *from,
    struct conf_value *v, struct conf_problem *p)
{
	struct buf canonical;

	if (conf_amount_parse(s->type, text, &v->num, &v->per_s) == -1)
		return no_such(s, text, p);
	if (in_range(s, v->num, from, p) == -1)
		return -1;
	buf_init(&canonical, 128);
	conf_print_amount(&canonical, s->type, v->num, v->per_s);
	v->text = settled(&canonical, from->arena);
	return 0;
}

static int
parse_network(const struct conf_setting *s, struct span text, const struct conf_from *from,
    struct conf_value *v, struct conf_problem *p)
{
	v->network = arena_alloc(from->arena, sizeof(*v->network));
	switch (conf_network_parse(text, v->network)) {
	case CONF_NET_OK:
		v->text = conf_network_text(v->network, from->arena);
		return 0;
	case CONF_NET_HOST_BITS:
		err_set(
		    &p->remedy, "the network is %s", conf_network_text(v->network, from->arena));
		return err_set(&p->what, "\"%.*s\" has bits set behind its length", SPAN(text));
	default:
		return no_such(s, text, p);
	}
}

static int
parse_address(const struct conf_setting *s, struct span text, const struct conf_from *from,
    struct conf_value *v, struct conf_problem *p)
{
	struct span path = span_from(text, 5);

	v->address = arena_alloc(from->arena, sizeof(*v->address));
	if (span_starts(text, "unix:")) {
		const char *whole = conf_path_in(from->folder, path, from->arena);

		v->text = arena_printf(from->arena, "unix:%s", whole);
		if (path.n > 0 && conf_address_unix(whole, v->address) == 0)
			return 0;
		err_set(&p->remedy, "choose one of 1 to 107 bytes");
		return err_set(&p->what, "the path of a Unix socket may not be this %s",
		    path.n == 0 ? "short" : "long");
	}
	if (conf_address_parse(text, v->address) == -1)
		return no_such(s, text, p);
	v->text = conf_address_text(v->address, from->arena);
	return 0;
}

static bool
name_byte(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || c == '-' || c == '_';
}

/* RFC 1035 2.3.1 and 2.3.4, with the underscore that DNS names of today carry. */
static bool
domain_ok(struct span s)
{
	if (s.n == 0 || s.n > DOMAIN_BYTES || s.p[s.n - 1] == '.')
		return false;
	while (s.n > 0) {
		struct span label = span_cut(s, '.', &s);

		if (label.n == 0 || label.n > LABEL_BYTES || label.p[0] == '-' ||
		    label.p[label.n - 1] == '-')
			return false;
		for (size_t i = 0; i < label.n; i++)
			if (!name_byte(label.p[i]))
				return false;
	}
	return true;
}

static int
parse_domain(const struct conf_setting *s, struct span text, const struct conf_from *from,
    struct conf_value *v, struct conf_problem *p)
{
	size_t n = text.n > 1 && text.p[text.n - 1] == '.' ? text.n - 1 : text.n;
	char *low = arena_cstr(from->arena, span_first(text, n));

	for (char *c = low; *c != '\0'; c++) {
		*c = span_low(*c);
		if ((unsigned char)*c < 0x80)
			continue;
		err_set(&p->remedy, "write it in its ASCII form (xn--...)");
		return err_set(&p->what, "\"%.*s\" is not ASCII", SPAN(span_first(text, 80)));
	}
	v->text = low;
	return domain_ok(span_str(low)) ? 0 : no_such(s, text, p);
}

static int
parse_glob(const struct conf_setting *s, struct span text, const struct conf_from *from,
    struct conf_value *v, struct conf_problem *p)
{
	if (text.n == 0 || text.n > GLOB_BYTES)
		return no_such(s, text, p);
	v->text = arena_cstr(from->arena, text);
	return 0;
}

static int
parse_regex(const struct conf_setting *s, struct span text, const struct conf_from *from,
    struct conf_value *v, struct conf_problem *p)
{
	PCRE2_UCHAR why[128];
	PCRE2_SIZE at;
	pcre2_code *code;
	int error;

	v->text = arena_cstr(from->arena, text);
	code = pcre2_compile((PCRE2_SPTR)v->text, text.n, 0, &error, &at, NULL);
	if (code == NULL) {
		pcre2_get_error_message(error, why, sizeof(why));
		p->at = at;
		err_set(&p->remedy, "%s", (const char *)why);
		return err_set(&p->what, "the regular expression of %s is broken", s->name);
	}
	pcre2_code_free(code);
	return 0;
}

static int
parse_choice(const struct conf_setting *s, struct span text, const struct conf_from *from,
    struct conf_value *v, struct conf_problem *p)
{
	struct span rest = span_str(s->choices), word;

	while ((word = span_word(rest, &rest)).n > 0)
		if (span_eq(word, text)) {
			v->text = arena_cstr(from->arena, text);
			return 0;
		}
	err_set(&p->remedy, "%s takes one of: %s", s->name, s->choices);
	return err_set(
	    &p->what, "\"%.*s\" is no choice of %s", SPAN(span_first(text, 80)), s->name);
}

static int
parse_path(const struct conf_setting *s, struct span text, const struct conf_from *from,
    struct conf_value *v, struct conf_problem *p)
{
	if (text.n == 0 || text.n > PATH_BYTES)
		return no_such(s, text, p);
	v->text = conf_path_in(from->folder, text, from->arena);
	return 0;
}

static int
parse_secret(const struct conf_setting *s, struct span text, const struct conf_from *from,
    struct conf_value *v, struct conf_problem *p)
{
	(void)s;
	if (from->hand_over || !span_starts(text, "file:")) {
		v->text = arena_cstr(from->arena, text);
		return 0;
	}
	v->file = conf_path_in(from->folder, span_from(text, 5), from->arena);
	v->text = "";
	switch (conf_secret_read(v->file, from->arena, &v->text, p)) {
	case CONF_SECRET_READ:
		return 0;
	case CONF_SECRET_WITHHELD:
		v->unread = true;
		return 0;
	default:
		return -1;
	}
}

int
conf_value_parse(const struct conf_setting *s, struct span text, const struct conf_from *from,
    struct conf_value *v, struct conf_problem *p)
{
	*v = (struct conf_value){ .text = "" };
	*p = (struct conf_problem){ .at = 0 };
	return types[s->type].parse(s, text, from, v, p);
}
