#include "explain.h"
#include "layout.h"

#include <string.h>

enum { TEXT_MAX = 256 * 1024 };

struct explanation {
	FILE *out;
	const struct rewrite_plan *plan;
	struct token_sealer *sealer;
	struct token_facts who;
	struct buf text; /* scratch */
};

/* The URL in an image's tag: what stands between its first quotes. */
static struct span
address_in(struct span tag)
{
	struct span rest;

	(void)span_cut(tag, '"', &rest);
	return span_cut(rest, '"', &rest);
}

static void
print_edit(struct explanation *x, const struct edit *e)
{
	struct span text;

	buf_reset(&x->text);
	pixel_edit_text(e, x->plan->place.base, x->sealer, &x->who, &x->text);
	text = buf_all(&x->text);
	if (e->kind == TOKEN_CLICK)
		fprintf(x->out, "link   %.*s\n       %.*s\n", SPAN(e->url), SPAN(text));
	else
		fprintf(x->out, "%s  %.*s\n", e->kind == TOKEN_TRAP ? "trap " : "pixel",
		    SPAN(address_in(text)));
}

static void
print_pieces(struct explanation *x, const struct piece *p)
{
	for (; p != NULL; p = p->next) {
		if (p->kind == PIECE_EDIT)
			print_edit(x, p->edit);
		for (const struct piece *in = p->inside; in != NULL; in = in->next)
			if (in->kind == PIECE_EDIT)
				print_edit(x, in->edit);
	}
}

/* Where it stands: its line, and the byte of that. */
static void
print_oddities(FILE *out, const struct oddities *o)
{
	unsigned line = 1;
	size_t at = 0, start = 0;

	for (const struct oddity *odd = o->first; odd != NULL; odd = odd->next) {
		size_t place = oddity_place(o, odd);

		if (place < at) {
			line = 1;
			at = start = 0;
		}
		for (; at < place; at++)
			if (o->message.p[at] == '\n') {
				line++;
				start = at + 1;
			}
		fprintf(out, "%s  line %u, byte %zu: %s\n", odd->left ? "left" : "odd ", line,
		    place - start + 1, odd->what);
	}
}

static const char *
plural(unsigned n)
{
	return n == 1 ? "" : "s";
}

void
explain_print(FILE *out, const struct rewrite_plan *plan, struct token_sealer *sealer,
    const struct rewrite_recipient *to)
{
	struct explanation x = { .out = out,
		.plan = plan,
		.sealer = sealer,
		.who = { .recipient = to->recipient,
		    .issued_s = to->issued_s,
		    .campaign = plan->campaign } };

	print_oddities(out, &plan->oddities);
	if (plan->verdict != REWRITE_CHANGED) {
		fprintf(
		    out, "Nothing would be changed: %s.\n", rewrite_verdict_name(plan->verdict));
		return;
	}
	memcpy(x.who.message, to->message, sizeof(to->message));
	buf_init(&x.text, TEXT_MAX);
	print_pieces(&x, plan->pieces);
	buf_free(&x.text);
	if (plan->recoded > 0)
		fprintf(out, "%u part%s would become quoted-printable: a line would be too long.\n",
		    plan->recoded, plural(plan->recoded));
	fprintf(out, "%u link%s and %u pixel%s in %u part%s; every other byte stays.\n",
	    plan->links, plural(plan->links), plan->pixels, plural(plan->pixels), plan->parts,
	    plural(plan->parts));
}
