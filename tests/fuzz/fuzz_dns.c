/* Any bytes as a name server's answer to each question: read or refused; names are those of hosts, and the list of hosts is
 * in order, with each name once. */
#include "../../deliverd/resolve/dns.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

static bool
names_a_host(struct span name)
{
	for (size_t i = 0; i < name.n; i++)
		if (strchr("abcdefghijklmnopqrstuvwxyz0123456789-_.", name.p[i]) == NULL)
			return false;
	return name.n < 1025 && span_find(name, '\0') < 0;
}

static uint32_t
first(uint32_t n)
{
	return n / 2;
}

static void
hosts(struct mx_list *l)
{
	mx_order(l, first);
	mx_tidy(l);
	for (unsigned i = 0; i < l->n; i++) {
		must(l->at[i].name.n > 0 && names_a_host(l->at[i].name));
		must(i == 0 || l->at[i - 1].preference <= l->at[i].preference);
		for (unsigned k = 0; k < i; k++)
			must(!span_eq(l->at[i].name, l->at[k].name));
	}
	if (l->n > 0) {
		struct span own = l->at[l->n / 2].name;

		must(mx_drop_own(l, &own, 1) && !mx_drop_own(l, &own, 1));
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	static const enum dns_type types[] = { DNS_A, DNS_MX, DNS_AAAA };
	static struct arena *arena;
	static struct dns_answer a;

	if (arena == NULL)
		arena = arena_new(0);
	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		memset(&a, 0, sizeof(a));
		dns_read(data, n, types[i], arena, &a);
		must(a.addresses_n <= DNS_ADDRESSES_MAX && a.mx.n <= MX_READ_MAX);
		must(a.mx.n == 0 || types[i] == DNS_MX);
		must(a.addresses_n == 0 || types[i] != DNS_MX);
		hosts(&a.mx);
		arena_reset(arena);
	}
	return 0;
}
