#include "shipped_rules.h"

/* Symbols of rules_text.S. */
extern const char shipped_rules_begin[], shipped_rules_end[];

struct span
shipped_rules(void)
{
	return span_of(shipped_rules_begin, (size_t)(shipped_rules_end - shipped_rules_begin));
}
