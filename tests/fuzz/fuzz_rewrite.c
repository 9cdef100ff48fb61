/* Any message comes out as it was, but for what must change: the same parts; outside the bodies the same bytes; in these,
 * decoded, the same bytes but for the edits that scan_html() and scan_text() name, each of which is the text of its
 * token. And back: who reads the new text finds the links of the old one, each as it was or leading there. */
#include "../../trackd/rewrite/pixel.h"
#include "../../trackd/rewrite/rewrite.h"
#include "../../trackd/rewrite/scan_text.h"
#include "err.h"
#include "mime.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

#define BASE "https://t.example/"

static struct scan_rules rules = {
	.clicks = true, .opens = true, .texts = true, .base = { BASE, sizeof(BASE) - 1 }
};
static struct token_sealer *sealer;

static void
open_once(void)
{
	struct token_key key;

	if (sealer != NULL)
		return;
	rules.charsets = charsets_open();
	must(token_key_derive(
		 (const uint8_t[TOKEN_MASTER_BYTES]){ 1 }, 0, SPAN_LIT("t"), &key, NULL) == 0);
	sealer = token_sealer_new(&key);
}

/* charset: what it was taken for before; NULL: it is to be found out. (Text without a label is guessed at, and without
 * some bytes the guess may be another.) */
static void
scan_part(const struct scan_rules *r, const struct mime_part *p, const char *charset,
    struct span decoded, struct arena *arena, struct scan *scan)
{
	struct span label, delsp;

	mime_param(p->content_type, "charset", arena, &label);
	if (charset != NULL && label.n == 0)
		label = span_str(charset);
	mime_param(p->content_type, "delsp", arena, &delsp);
	if (mime_type_is(p, "text/html"))
		scan_html(r, span_trim(label), decoded, arena, scan);
	else
		scan_text(r, span_trim(label), span_is_nocase(delsp, "yes"), decoded, arena, scan);
}

/* Links of the two, with a base of nobody's: each the same, or one of ours that leads there. */
static void
check_links(const struct mime_part *p, struct span was, struct span is, struct arena *arena)
{
	struct scan_rules nobodys = rules;
	struct token_facts facts;
	enum token_kind kind;
	struct scan old, new;
	struct edit *a, *b;
	struct span token;
	struct buf text;

	nobodys.opens = false;
	nobodys.base = SPAN_LIT("https://nobody.example/");
	scan_part(&nobodys, p, NULL, was, arena, &old);
	scan_part(&nobodys, p, old.charset.name, is, arena, &new);
	must(old.links == new.links);
	buf_init(&text, 1 << 20);
	for (a = old.first, b = new.first; a != NULL; a = a->next, b = b->next) {
		if (span_eq(a->url, b->url))
			continue;
		must(pixel_token_of(b->url, rules.base, &kind, &token) && kind == TOKEN_CLICK);
		must(token_open(sealer, token, &text, &facts) == 0 && span_eq(facts.url, a->url));
	}
	buf_free(&text);
}

/* What the part must decode to after rewriting. */
static void
expected(const struct mime_part *p, struct span decoded, struct arena *arena, struct buf *out)
{
	struct token_facts who = { .recipient = 7 };
	struct scan scan;
	struct buf text;
	size_t at = 0;

	scan_part(&rules, p, NULL, decoded, arena, &scan);
	buf_init(&text, 1 << 20);
	for (const struct edit *e = scan.first; e != NULL; e = e->next) {
		must(e->start >= at && e->end >= e->start && e->end <= decoded.n);
		buf_span(out, span_of(decoded.p + at, e->start - at));
		buf_reset(&text);
		pixel_edit_text(e, rules.base, sealer, &who, &text);
		charset_put_ascii(&scan.charset, buf_all(&text), out);
		at = e->end;
	}
	buf_span(out, span_from(decoded, at));
	buf_free(&text);
}

static void
check_body(const struct mime_part *old, const struct mime_part *new, struct arena *arena)
{
	struct buf was, is, want;

	if (span_eq(old->body, new->body) && old->transfer == new->transfer)
		return;
	must(span_eq(old->type, new->type));
	must(mime_type_is(old, "text/html") || mime_type_is(old, "text/plain"));
	must(old->transfer == new->transfer || new->transfer == TRANSFER_QP);
	buf_init(&was, 1 << 26);
	buf_init(&is, 1 << 26);
	buf_init(&want, 1 << 26);
	must(transfer_decode(old->transfer, old->body, &was) || old->transfer == TRANSFER_QP);
	must(transfer_decode(new->transfer, new->body, &is) || old->transfer == TRANSFER_QP);
	expected(old, buf_all(&was), arena, &want);
	must(span_eq(buf_all(&is), buf_all(&want)));
	check_links(old, buf_all(&was), buf_all(&is), arena);
	buf_free(&was);
	buf_free(&is);
	buf_free(&want);
}

static void
check_message(struct span old, struct span new, struct arena *arena)
{
	struct mime_part *a, *b;

	must(mime_parse(old, arena, &a, NULL) == 0 && mime_parse(new, arena, &b, NULL) == 0);
	while (a != NULL && b != NULL) {
		must(span_eq(a->type, b->type) && a->depth == b->depth && a->marks == b->marks);
		if (a->transfer == b->transfer)
			must(span_eq(a->header, b->header));
		if (!mime_is_multipart(a))
			check_body(a, b, arena);
		a = mime_walk(a);
		b = mime_walk(b);
	}
	must(a == NULL && b == NULL);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct rewrite_recipient to = { .recipient = 7 };
	struct rewrite_options options;
	struct arena *arena = arena_new(0);
	struct rewrite_plan plan;
	struct buf out;

	open_once();
	options = (struct rewrite_options){ .rules = rules };
	buf_init(&out, 1 << 26);
	rewrite_plan(&options, span_of(data, n), arena, &plan);
	rewrite_render(&plan, sealer, &to, &out);
	must(out.n <= plan.size_bytes && !buf_over(&out));
	if (plan.verdict == REWRITE_CHANGED)
		check_message(plan.message, buf_all(&out), arena);
	else
		must(span_eq(plan.message, buf_all(&out)));
	buf_free(&out);
	arena_free(arena);
	return 0;
}
