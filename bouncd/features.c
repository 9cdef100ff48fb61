#include "features.h"

#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

enum { WORD_MAX = 24, STEM_MIN = 5, PREFIX = 5 };

struct word {
	char c[WORD_MAX];
	size_t n;
};

/* FNV-1a over a kind and up to two words. */
static uint32_t
hash_of(char kind, struct span a, struct span b)
{
	uint32_t h = (2166136261u ^ (uint8_t)kind) * 16777619u;

	for (size_t i = 0; i < a.n; i++)
		h = (h ^ (uint8_t)a.p[i]) * 16777619u;
	h = (h ^ 0xff) * 16777619u;
	for (size_t i = 0; i < b.n; i++)
		h = (h ^ (uint8_t)b.p[i]) * 16777619u;
	return h ^ h >> 15;
}

static void
add(struct features *f, uint32_t h)
{
	for (unsigned i = 0; i < f->n; i++)
		if (f->hash[i] == h)
			return;
	if (f->n < FEATURES_MAX)
		f->hash[f->n++] = h;
}

static void
add_text(struct features *f, char kind, const char *text)
{
	add(f, hash_of(kind, span_str(text), span_of(NULL, 0)));
}

static void
codes(struct features *f, const struct said *sd, const char *provider, bool permanent)
{
	const struct status st = sd->status;
	char text[40];

	snprintf(text, sizeof(text), "%d", sd->code);
	add_text(f, 'c', text);
	snprintf(text, sizeof(text), "%d", st.class != 0 ? st.class : sd->code / 100);
	add_text(f, 'd', text);
	snprintf(text, sizeof(text), "%u.%u", st.subject, st.detail);
	add_text(f, 'e', st.class == 0 ? "none" : text);
	snprintf(text, sizeof(text), "%u.%u.%u", st.class, st.subject, st.detail);
	add_text(f, 'E', text);
	snprintf(text, sizeof(text), "%u", st.subject);
	add_text(f, 's', st.class == 0 ? "none" : text);
	add_text(f, 'f', permanent ? "final" : "not");
	add_text(f, 'P', provider == NULL ? "none" : provider);
	f->n_codes = f->n;
}

static bool
is_letter(char c)
{
	return (c & 0x80) != 0 || isalpha((unsigned char)c);
}

/* A run of letters and digits; with dots or a slash inside it is a name of something. */
static size_t
run_of(struct span s, bool *name, bool *digit)
{
	size_t n = 0;

	*name = *digit = false;
	for (; n < s.n; n++) {
		char c = s.p[n];

		if (isdigit((unsigned char)c))
			*digit = true;
		else if (is_letter(c) || c == '_')
			continue;
		else if ((c == '.' || c == '/' || c == '=' || c == '@') && n > 0 && n + 1 < s.n &&
			 isalnum((unsigned char)s.p[n + 1]))
			*name = true;
		else if (c != '\'' || n == 0 || n + 1 == s.n || !is_letter(s.p[n + 1]))
			break;
	}
	return n;
}

/* "rejected" and "rejects" are one word. */
static size_t
stem(const char *c, size_t n)
{
	static const char *const ends[] = { "ing", "ed", "es", "s", "e", NULL };

	for (unsigned i = 0; ends[i] != NULL; i++) {
		size_t e = strlen(ends[i]);

		if (n >= STEM_MIN && n - e >= 3 && memcmp(c + n - e, ends[i], e) == 0)
			return n - e;
	}
	return n;
}

/* The next word, or false. */
static bool
next_word(struct span *s, struct word *w)
{
	while (s->n > 0) {
		bool name, digit;
		size_t n = run_of(*s, &name, &digit), keep = n < WORD_MAX ? n : WORD_MAX - 1;

		if (n == 0) {
			*s = span_from(*s, 1);
			continue;
		}
		w->n = keep;
		for (size_t i = 0; i < keep; i++)
			w->c[i] = (char)tolower((unsigned char)s->p[i]);
		*s = span_from(*s, n);
		if (digit || name || n >= WORD_MAX) {
			w->n = 1;
			w->c[0] = name ? '.' : '0';
		} else
			w->n = stem(w->c, w->n);
		return true;
	}
	return false;
}

static struct span
look(const struct word *w)
{
	return span_of(w->c, w->n);
}

void
features_of(struct features *f, const struct said *sd, const char *provider, bool permanent)
{
	struct word w[3] = { { .n = 0 }, { .n = 0 }, { .n = 0 } };
	const struct span none = { NULL, 0 };
	struct span rest = sd->text;

	f->n = 0;
	codes(f, sd, provider, permanent);
	for (unsigned i = 0; i < FEATURES_WORDS && next_word(&rest, &w[2]); i++) {
		add(f, hash_of('w', look(&w[2]), none));
		if (w[2].n > PREFIX)
			add(f, hash_of('p', span_first(look(&w[2]), PREFIX), none));
		add(f, hash_of('b', look(&w[1]), look(&w[2])));
		if (i > 1)
			add(f, hash_of('g', look(&w[0]), look(&w[2])));
		w[0] = w[1];
		w[1] = w[2];
	}
}

double
features_word_value(const struct features *f)
{
	return 4.0 / sqrt(16.0 + (f->n - f->n_codes));
}
