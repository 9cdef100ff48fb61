#include "originator.h"
#include "header.h"
#include "mailbox_list.h"

enum { FIELDS = 4, FROM = 0 };

static const struct {
	const char *name;
	bool one;       /* a single mailbox (RFC 5322 3.6.2) */
	unsigned times; /* at most; resent blocks may be several (3.6.6) */
} fields[FIELDS] = {
	[FROM] = { "From", false, 1 },
	{ "Sender", true, 1 },
	{ "Resent-From", false, 100 },
	{ "Resent-Sender", true, 100 },
};

static bool
field_ok(struct span value, unsigned i, const struct originator_rule *rule,
    struct originator_fault *fault)
{
	struct mailbox_fault m;

	if (mailbox_list_ok(value, fields[i].one, rule, &m))
		return true;
	*fault = (struct originator_fault){ fields[i].name, m.why, m.near, m.domain };
	return false;
}

/* A line that is no field by itself, but is one for programs that unfold it first: "From" CRLF " : x@y". */
static bool
hides_field(const struct header_field *f, unsigned i)
{
	struct span rest = span_from(f->whole, span_str(fields[i].name).n);

	if (!f->bad || !span_starts_nocase(f->whole, fields[i].name))
		return false;
	rest = span_trim(rest);
	return rest.n > 0 && rest.p[0] == ':';
}

bool
originator_address_ok(
    struct span address, const struct originator_rule *rule, struct originator_fault *fault)
{
	return field_ok(address, FROM, rule, fault);
}

bool
originator_fields_ok(
    struct span header, const struct originator_rule *rule, struct originator_fault *fault)
{
	unsigned seen[FIELDS] = { 0 };
	struct header_field f;

	while (header_next(&header, &f))
		for (unsigned i = 0; i < FIELDS; i++) {
			if (hides_field(&f, i)) {
				*fault = (struct originator_fault){ fields[i].name,
					"no colon stands behind the field's name", f.whole, false };
				return false;
			}
			if (f.bad || !span_is_nocase(f.name, fields[i].name))
				continue;
			if (++seen[i] > fields[i].times) {
				*fault = (struct originator_fault){ fields[i].name,
					"the field stands there more than once", f.name, false };
				return false;
			}
			if (!field_ok(f.value, i, rule, fault))
				return false;
		}
	return true;
}
