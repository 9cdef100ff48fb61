/* Any bytes as a message's header: what passes names no domain but the tenant's, by the loosest reading of all. */
#include "err.h"
#include "header.h"

#include <ctype.h>

#include "../../smtpd/originator.h"

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

static bool
is_acme(const void *ctx, struct span domain)
{
	(void)ctx;
	return span_is_nocase(domain, "acme.example");
}

/* An address in <> is found by every program, however it reads quotes and comments. */
static void
only_acme_in_angles(struct span value)
{
	ptrdiff_t open;

	while ((open = span_find(value, '<')) >= 0) {
		struct span domain, address = span_from(value, (size_t)open + 1);
		ptrdiff_t close = span_find(address, '>'), at;
		size_t n = 0;

		value = address;
		if (close < 0)
			return;
		address = span_first(address, (size_t)close);
		at = span_find_last(address, '@');
		domain = span_from(address, (size_t)at + 1);
		while (n < domain.n && (isalnum((unsigned char)domain.p[n]) || domain.p[n] == '-' ||
					   domain.p[n] == '.'))
			n++;
		while (n > 0 && domain.p[n - 1] == '.')
			n--;
		domain = span_first(domain, n);
		must(at < 0 || is_acme(NULL, domain) || span_find(domain, '.') < 0);
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct originator_rule rule = { is_acme, NULL, false };
	struct originator_fault fault = { 0 };
	struct span header = span_of(data, n);
	struct header_field from;

	if (!originator_fields_ok(header, &rule, &fault)) {
		must(fault.why != NULL && fault.field != NULL);
		must(fault.near.n <= n);
		return 0;
	}
	must(header_count(header, "From") <= 1); /* without one the message is completed */
	if (header_find(header, "From", &from))
		only_acme_in_angles(from.value);
	return 0;
}
