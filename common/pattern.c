#include "pattern.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include <string.h>

enum { MATCH_LIMIT = 20000, DEPTH_LIMIT = 500 };

struct pattern {
	struct pattern *next;
	pcre2_code *code;
	pcre2_match_context *context;
	pcre2_match_data *data;
	struct needles needles;
};

static int
complain(const char *text, int code, size_t at, struct err *err)
{
	char why[160];

	pcre2_get_error_message(code, (PCRE2_UCHAR *)why, sizeof(why));
	return err_set(err, "pattern \"%.120s\": %s at byte %zu", text, why, at);
}

/* compiled: what text becomes; needles are found in text. */
static int
add(struct pattern **list, const char *text, const char *compiled, struct arena *a, struct err *err)
{
	struct span s = span_str(compiled);
	struct pattern *p;
	int code;
	size_t at;
	pcre2_code *re =
	    pcre2_compile((PCRE2_SPTR)s.p, s.n, PCRE2_CASELESS | PCRE2_NEVER_UTF, &code, &at, NULL);

	if (re == NULL)
		return complain(text, code, at, err);
	p = arena_alloc(a, sizeof(*p));
	p->code = re;
	pcre2_jit_compile(re, PCRE2_JIT_COMPLETE); /* without JIT the interpreter serves */
	p->context = pcre2_match_context_create(NULL);
	p->data = pcre2_match_data_create(1, NULL);
	if (p->context == NULL || p->data == NULL)
		fatal("out of memory for a pattern");
	pcre2_set_match_limit(p->context, MATCH_LIMIT);
	pcre2_set_depth_limit(p->context, DEPTH_LIMIT);
	needles_of(&p->needles, span_str(text));
	p->next = *list;
	*list = p;
	return 0;
}

int
pattern_add(struct pattern **list, const char *text, struct arena *a, struct err *err)
{
	return add(list, text, text, a, err);
}

static bool
is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* Behind the class that opens at s, or the end. */
static const char *
behind_class(const char *s)
{
	s += s[1] == '^' ? 2 : 1;
	s += *s == ']' ? 1 : 0;
	for (; *s != '\0' && *s != ']'; s++) {
		if (s[0] == '[' && s[1] == ':') /* [:alpha:] */
			s += 1 + strcspn(s + 1, "]");
		else if (*s == '\\' && s[1] != '\0')
			s++;
		if (*s == '\0')
			break;
	}
	return *s == ']' ? s + 1 : s;
}

/* Each of its branches, and of the groups that a branch opens with, begins with a letter. leading: how many such groups
 * are open. */
static bool
begins_with_letters(const char *s)
{
	bool first = true; /* of a branch */
	unsigned depth = 0, leading = 0;

	for (; *s != '\0'; s++) {
		bool at_start = first && depth == leading;

		if (at_start && !is_letter(*s) && (*s != '(' || s[1] == '?'))
			return false;
		first = *s == '|' ? depth == leading : at_start && *s == '(';
		if (*s == '(') {
			leading += at_start ? 1 : 0;
			depth++;
		} else if (*s == ')') {
			leading -= leading == depth ? 1 : 0;
			depth--;
		} else if (*s == '\\' && s[1] != '\0') {
			s++;
		} else if (*s == '[') {
			s = behind_class(s) - 1;
		}
	}
	return true;
}

int
pattern_add_at_word(struct pattern **list, const char *text, struct arena *a, struct err *err)
{
	const char *at_word = text;

	if (begins_with_letters(text))
		at_word = arena_printf(a, "[[:<:]](?:%s)", text);
	return add(list, text, at_word, a, err);
}

void
pattern_free(struct pattern *list)
{
	for (struct pattern *p = list; p != NULL; p = p->next) {
		pcre2_match_data_free(p->data);
		pcre2_match_context_free(p->context);
		pcre2_code_free(p->code);
	}
}

void
pattern_words(struct pattern_words *w, struct span text)
{
	w->text = text.p == NULL ? SPAN_LIT("") : text;
	marks_of(&w->marks, text);
}

static size_t
match_one(const struct pattern *p, const struct pattern_words *w)
{
	const PCRE2_SIZE *at;

	if (!needles_among(&p->needles, &w->marks) ||
	    pcre2_match(p->code, (PCRE2_SPTR)w->text.p, w->text.n, 0, 0, p->data, p->context) < 0)
		return 0;
	at = pcre2_get_ovector_pointer(p->data);
	return at[1] > at[0] ? at[1] - at[0] : 1;
}

size_t
pattern_match(struct pattern *list, const struct pattern_words *w)
{
	size_t longest = 0;

	for (struct pattern *p = list; p != NULL; p = p->next) {
		size_t n = match_one(p, w);
		longest = n > longest ? n : longest;
	}
	return longest;
}

bool
pattern_find(const struct pattern *list, const struct pattern_words *w, size_t *from, size_t *to)
{
	for (const struct pattern *p = list; p != NULL; p = p->next) {
		const PCRE2_SIZE *at;

		if (match_one(p, w) == 0)
			continue;
		at = pcre2_get_ovector_pointer(p->data);
		if (at[1] <= at[0] || at[1] > w->text.n)
			continue;
		*from = at[0];
		*to = at[1];
		return true;
	}
	return false;
}
