#include "house_conf.h"

bool
house_alias(const struct conf_block *top, size_t i, struct span *name, struct span *address)
{
	size_t n = conf_count(top, "alias");

	*name = span_str(conf_str_at(top, "alias", i));
	*address = span_of(NULL, 0);
	if (span_find(*name, '@') >= 0)
		return false;
	while (++i < n && address->n == 0)
		if (span_find(span_str(conf_str_at(top, "alias", i)), '@') >= 0)
			*address = span_str(conf_str_at(top, "alias", i));
	return true;
}

bool
house_alias_domain(const struct conf_block *top, struct span domain)
{
	return span_is_nocase(domain, conf_str(top, "hostname")) ||
	       (domain.n > 0 && span_is_nocase(domain, conf_str(top, "origin")));
}
