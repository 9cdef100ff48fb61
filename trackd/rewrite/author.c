#include "author.h"
#include "header.h"
#include "idna.h"

static struct span
domain_of(struct span value)
{
	ptrdiff_t open = span_find_last(value, '<'), at;
	size_t n = 0;

	if (open >= 0)
		value = span_from(value, (size_t)open + 1);
	at = span_find_last(value, '@');
	if (at < 0)
		return span_of(NULL, 0);
	value = span_from(value, (size_t)at + 1);
	while (n < value.n && value.p[n] != '>' && value.p[n] != ',' && value.p[n] != ' ' &&
	       value.p[n] != '\t')
		n++;
	return span_first(value, n);
}

/* In the form that keys and tenants are kept in: a From field may have U-labels (RFC 6532), and so may d= (RFC 8616 4). One that
 * IDNA does not know stays what it is: it is nobody's. */
static struct span
in_a_labels(struct span domain, struct arena *arena)
{
	struct span ascii;

	return arena_lower(arena, idna_ascii(domain, arena, &ascii) == 0 ? ascii : domain);
}

struct span
from_domain(struct span message, struct arena *arena)
{
	struct header_field from;
	struct span body, block = header_block(message, &body);
	struct span domain;

	if (header_count(block, "From") != 1 || !header_find(block, "From", &from))
		return span_of(NULL, 0);
	domain = domain_of(header_bare(from.value, arena));
	return in_a_labels(domain, arena);
}

static struct span
tag_of(struct span value, const char *name, struct arena *arena)
{
	value = header_unfolded(value, arena);
	while (value.n > 0) {
		struct span is, tag = span_trim(span_cut(span_cut(value, ';', &value), '=', &is));

		if (span_is(tag, name))
			return span_trim(is);
	}
	return span_of(NULL, 0);
}

struct span
signature_domain(struct span value, struct arena *arena)
{
	return in_a_labels(tag_of(value, "d", arena), arena);
}

bool
signature_names(struct span value, struct span field, struct arena *arena)
{
	struct span names = tag_of(value, "h", arena);

	while (names.n > 0)
		if (span_eq_nocase(span_trim(span_cut(names, ':', &names)), field))
			return true;
	return false;
}

bool
domain_is_within(struct span domain, struct span of)
{
	size_t more = domain.n - of.n;

	return of.n > 0 && domain.n >= of.n && span_eq_nocase(span_from(domain, more), of) &&
	       (more == 0 || domain.p[more - 1] == '.');
}
