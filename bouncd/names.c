#include "names.h"

#include <ctype.h>
#include <string.h>

enum { NAME_MIN = 3 }; /* "a" and "in" are words of every reply */

/* What a reply says of any mailbox. A recipient of that name changes no meaning: "user unknown" is that for user@ too. */
static const char *const said_of_all[] = { "user", "users", "mailbox", "account", "recipient",
	"address", "unknown", "name", "not", "the", "mail", "email", "found", "such", NULL };

static bool
is_said_of_all(struct span name)
{
	for (unsigned i = 0; said_of_all[i] != NULL; i++)
		if (span_is_nocase(name, said_of_all[i]))
			return true;
	return false;
}

static bool
is_of_name(char c)
{
	return isalnum((unsigned char)c) || (c & 0x80) != 0 || c == '_' || c == '-' || c == '+';
}

/* A dot ends a sentence as well; within a name it is followed by more. */
static bool
stands_alone(struct span text, size_t at, size_t n)
{
	size_t end = at + n;

	if (at > 0 && (is_of_name(text.p[at - 1]) || text.p[at - 1] == '.'))
		return false;
	if (end < text.n && is_of_name(text.p[end]))
		return false;
	return end + 1 >= text.n || text.p[end] != '.' || !is_of_name(text.p[end + 1]);
}

/* Each place where name stands as a word of its own becomes mask. */
static struct span
masked(struct span text, struct span name, struct span mask, struct arena *a)
{
	char *out;
	size_t n = 0;

	if (name.n < NAME_MIN || is_said_of_all(name))
		return text;
	out = arena_alloc(a, SAID_TEXT_MAX + 64);
	for (size_t i = 0; i < text.n && n < SAID_TEXT_MAX;) {
		if (i + name.n <= text.n && span_eq_nocase(span_of(text.p + i, name.n), name) &&
		    stands_alone(text, i, name.n)) {
			memcpy(out + n, mask.p, mask.n);
			n += mask.n;
			i += name.n;
		} else
			out[n++] = text.p[i++];
	}
	return span_of(out, n);
}

/* Its domain first: a local part may be a word of it. */
static struct span
without_address(struct span text, struct span address, struct arena *a)
{
	ptrdiff_t at = span_find_last(address, '@');

	if (at < 0)
		return text;
	text = masked(text, span_from(address, (size_t)at + 1), SPAN_LIT("host.example"), a);
	return masked(text, span_first(address, (size_t)at), SPAN_LIT("<@>"), a);
}

void
names_mask(struct said *out, const struct said *in, const struct names *n, struct arena *a)
{
	*out = *in;
	out->text = masked(out->text, n->ours, SPAN_LIT("host.example"), a);
	out->text = without_address(out->text, n->recipient, a);
	out->text = without_address(out->text, n->sender, a);
}

bool
names_any(const struct names *n)
{
	return n->recipient.n > 0 || n->sender.n > 0 || n->ours.n > 0;
}
