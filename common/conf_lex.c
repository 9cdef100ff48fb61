#include "conf_lex.h"
#include "hex.h"

#include <string.h>

static bool
blank(char c)
{
	return c == ' ' || c == '\t';
}

void
conf_lex_init(struct conf_lex *x, const char *file, struct span text, struct arena *arena)
{
	*x = (struct conf_lex){ .file = file, .rest = text, .arena = arena };
	if (span_starts(text, "\xef\xbb\xbf"))
		x->rest = span_from(text, 3);
}

void
conf_lex_hand_over(struct conf_lex *x)
{
	x->hand_over = true;
}

static struct conf_spot
spot_at(const struct conf_lex *x, size_t start, size_t n)
{
	if (x->moved.line != 0)
		return (struct conf_spot){ .place = x->moved };
	return (struct conf_spot){
		.place = { x->file, x->line_no, (uint32_t)start + 1 },
		.line = x->line,
		.width = (uint32_t)n,
	};
}

static enum conf_token_kind
token(struct conf_lex *x, struct conf_token *t, enum conf_token_kind kind, size_t n)
{
	*t = (struct conf_token){
		.kind = kind,
		.text = span_of(x->line.p + x->at, n),
		.spot = spot_at(x, x->at, n),
	};
	x->at += n;
	return kind;
}

/* Where the lexer goes on in a line that is lost: at the brace that ends it, so that the block it opens is seen. */
static size_t
past_loss(struct span line)
{
	struct span s = span_trim(line);

	if (s.n == 0 || s.p[0] == '#' || s.p[s.n - 1] != '{')
		return line.n;
	return (size_t)(s.p + s.n - 1 - line.p);
}

static enum conf_token_kind
bad(struct conf_lex *x, struct conf_token *t, size_t start, size_t n)
{
	*t = (struct conf_token){ .kind = TOKEN_BAD, .spot = spot_at(x, start, n) };
	x->at = past_loss(x->line);
	return TOKEN_BAD;
}

static enum conf_token_kind
line_too_long(struct conf_lex *x, struct conf_token *t)
{
	err_set(&x->problem.what, "line of %zu bytes, %d at most", x->line.n, CONF_LINE_BYTES);
	err_set(&x->problem.remedy, "split it: a list may stand on several lines");
	return bad(x, t, 0, 1);
}

static enum conf_token_kind
control_byte(struct conf_lex *x, struct conf_token *t, size_t at)
{
	err_set(&x->problem.what, "control byte 0x%02x", (unsigned char)x->line.p[at]);
	err_set(&x->problem.remedy, "delete it: a configuration is plain text");
	return bad(x, t, at, 1);
}

/* The first control byte of the line, or -1. */
static ptrdiff_t
find_control(struct span line)
{
	for (size_t i = 0; i < line.n; i++) {
		unsigned char c = (unsigned char)line.p[i];

		if ((c < ' ' && c != '\t') || c == 127)
			return (ptrdiff_t)i;
	}
	return -1;
}

static void
take_line(struct conf_lex *x)
{
	x->line = span_cut(x->rest, '\n', &x->rest);
	if (x->line.n > 0 && x->line.p[x->line.n - 1] == '\r')
		x->line.n--;
	x->at = 0;
	x->line_no++;
	x->in_line = true;
}

/* "#@ LINE COLUMN FILE"; anything else is a comment like any other. */
static void
place_mark(struct conf_lex *x, struct span s)
{
	uint64_t line, column;
	struct span file = { NULL, 0 };
	const char *last = x->moved.file;

	if (span_u64(span_cut(span_from(s, 3), ' ', &file), UINT32_MAX, &line) == -1 ||
	    span_u64(span_cut(file, ' ', &file), UINT32_MAX, &column) == -1 || line == 0)
		return;
	if (file.n > 0 && (last == NULL || !span_is(file, last)))
		last = arena_cstr(x->arena, file);
	x->moved =
	    (struct conf_place){ last == NULL ? x->file : last, (uint32_t)line, (uint32_t)column };
}

static enum conf_token_kind
end_of_line(struct conf_lex *x, struct conf_token *t, bool comment)
{
	struct span s = span_from(x->line, x->at);

	token(x, t, TOKEN_LINE, 0);
	x->in_line = false;
	if (comment && x->hand_over && span_starts(s, "#@ "))
		place_mark(x, s);
	else
		x->moved.line = 0;
	return TOKEN_LINE;
}

/* One escape at s.p[0] == '\\': writes a byte, returns how many bytes it took; 0: it is none. */
static size_t
escape(struct span s, bool hand_over, char *out)
{
	char c = s.n > 1 ? s.p[1] : 0;

	*out = c;
	if (c == '"' || c == '\\')
		return 2;
	if (hand_over && c == 'n') {
		*out = '\n';
		return 2;
	}
	if (hand_over && c == 'x' && s.n > 3 && hex_digit(s.p[2]) >= 0 && hex_digit(s.p[3]) >= 0) {
		*out = (char)(hex_digit(s.p[2]) << 4 | hex_digit(s.p[3]));
		return *out == 0 ? 0 : 4;
	}
	return 0;
}

static struct span
unquoted(struct conf_lex *x, struct span s)
{
	char *p;
	size_t n = 0;

	if (span_find(s, '\\') < 0)
		return s;
	p = arena_alloc(x->arena, s.n + 1);
	while (s.n > 0) {
		size_t took = s.p[0] == '\\' ? escape(s, x->hand_over, &p[n]) : 0;

		if (took == 0) {
			p[n] = s.p[0];
			took = 1;
		}
		n++;
		s = span_from(s, took);
	}
	return span_of(p, n);
}

static enum conf_token_kind
quoted_word(struct conf_lex *x, struct conf_token *t)
{
	size_t start = x->at, i = start + 1;

	while (i < x->line.n && x->line.p[i] != '"')
		i += x->line.p[i] == '\\' ? 2 : 1;
	if (i >= x->line.n) {
		err_set(&x->problem.what, "a quote is opened and not closed on its line");
		err_set(&x->problem.remedy, "end it with \" (a quote inside is \\\")");
		return bad(x, t, start, 1);
	}
	i++;
	if (i < x->line.n && !blank(x->line.p[i])) {
		err_set(&x->problem.what, "text right behind a closing quote");
		err_set(&x->problem.remedy, "put a space between (a quote inside is \\\")");
		return bad(x, t, i, 1);
	}
	token(x, t, TOKEN_WORD, i - start);
	t->quoted = true;
	t->text = unquoted(x, span_of(t->text.p + 1, t->text.n - 2));
	return TOKEN_WORD;
}

/* What habits from other configurations leave at the end of a word. */
static bool
odd_word(struct conf_lex *x, struct span w)
{
	char last = w.p[w.n - 1];

	if (last == ';') {
		err_set(&x->problem.what, "\";\" at the end of a word");
		err_set(&x->problem.remedy, "leave it out: a line ends a setting (or quote it)");
	} else if (last == '{' || (w.n > 1 && w.p[0] == '}')) {
		err_set(&x->problem.what, "a brace that does not stand alone");
		err_set(&x->problem.remedy, "put a space beside it (or quote the word)");
	} else if (span_find(w, '"') >= 0) {
		err_set(&x->problem.what, "a quote inside a word");
		err_set(&x->problem.remedy, "quote the whole word (a quote inside is \\\")");
	} else
		return false;
	return true;
}

static enum conf_token_kind
plain_word(struct conf_lex *x, struct conf_token *t)
{
	struct span s = span_from(x->line, x->at), w;
	size_t n = 0;

	while (n < s.n && !blank(s.p[n]))
		n++;
	w = span_first(s, n);
	if (span_is(w, "{"))
		return token(x, t, TOKEN_OPEN, 1);
	if (span_is(w, "}"))
		return token(x, t, TOKEN_CLOSE, 1);
	if (odd_word(x, w))
		return bad(x, t, x->at, n);
	return token(x, t, TOKEN_WORD, n);
}

enum conf_token_kind
conf_lex_next(struct conf_lex *x, struct conf_token *t)
{
	ptrdiff_t control;

	if (!x->in_line) {
		if (x->rest.n == 0) {
			x->line = span_of("", 0);
			x->at = 0;
			return token(x, t, TOKEN_END, 0);
		}
		take_line(x);
		if (x->line.n > CONF_LINE_BYTES && !x->hand_over)
			return line_too_long(x, t);
		control = find_control(x->line);
		if (control >= 0)
			return control_byte(x, t, (size_t)control);
	}
	while (x->at < x->line.n && blank(x->line.p[x->at]))
		x->at++;
	if (x->at == x->line.n || x->line.p[x->at] == '#')
		return end_of_line(x, t, x->at < x->line.n);
	if (x->line.p[x->at] == '"')
		return quoted_word(x, t);
	return plain_word(x, t);
}
