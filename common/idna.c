#include "idna.h"
#include "utf8.h"

#include <idn2.h>

enum { DOMAIN_BYTES = 1024 };

/* Mapping makes of some letters what separates: U+FF20 becomes "@", U+2100 "a/c", U+FE47 "[". No domain has these. */
static bool
is_domain(struct span s)
{
	for (size_t i = 0; i < s.n; i++) {
		char c = s.p[i];

		if (!(c >= 'a' && c <= 'z') && !(c >= '0' && c <= '9') && c != '-' && c != '_' &&
		    c != '.')
			return false;
	}
	return s.n > 0 && s.p[0] != '.' && s.p[s.n - 1] != '.' && span_find_str(s, "..") < 0;
}

int
idna_ascii(struct span domain, struct arena *a, struct span *out)
{
	uint8_t *ascii = NULL;

	*out = domain;
	if (!utf8_any_8bit(domain))
		return 0;
	if (domain.n > DOMAIN_BYTES || !utf8_is(domain) || span_find(domain, '\0') >= 0)
		return -1;
	if (idn2_lookup_u8((const uint8_t *)arena_cstr(a, domain), &ascii,
		IDN2_NFC_INPUT | IDN2_NONTRANSITIONAL) != IDN2_OK)
		return -1;
	*out = arena_span(a, span_str((const char *)ascii));
	idn2_free(ascii);
	return is_domain(*out) ? 0 : -1;
}
