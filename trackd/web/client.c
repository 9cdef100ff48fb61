#include "client.h"

#include <arpa/inet.h>
#include <string.h>

enum { PROXIES_MAX = 16 };

union address {
	struct sockaddr any;
	struct sockaddr_in v4;
	struct sockaddr_in6 v6;
};

static void
text_of(const union address *a, char out[INET6_ADDRSTRLEN])
{
	out[0] = '\0';
	if (a->any.sa_family == AF_INET)
		inet_ntop(AF_INET, &a->v4.sin_addr, out, INET6_ADDRSTRLEN);
	else if (a->any.sa_family == AF_INET6)
		inet_ntop(AF_INET6, &a->v6.sin6_addr, out, INET6_ADDRSTRLEN);
}

/* ::ffff:192.0.2.1 is 192.0.2.1. */
static void
unmap(union address *a)
{
	struct in_addr inner;

	if (a->any.sa_family != AF_INET6 || !IN6_IS_ADDR_V4MAPPED(&a->v6.sin6_addr))
		return;
	memcpy(&inner, a->v6.sin6_addr.s6_addr + 12, sizeof(inner));
	*a = (union address){ .v4 = { .sin_family = AF_INET, .sin_addr = inner } };
}

static bool
is_trusted(const struct conf_block *b, const union address *a)
{
	for (size_t i = 0; b != NULL && i < conf_count(b, "trusted-proxy"); i++)
		if (conf_network_has(conf_network_at(b, "trusted-proxy", i), &a->any))
			return true;
	return false;
}

/* 192.0.2.1, 192.0.2.1:80, 2001:db8::1, [2001:db8::1]:80, in quotes or not. */
static bool
address_read(struct span s, union address *a)
{
	char text[INET6_ADDRSTRLEN];
	ptrdiff_t end;

	s = span_trim(s);
	if (s.n >= 2 && s.p[0] == '"' && s.p[s.n - 1] == '"')
		s = span_of(s.p + 1, s.n - 2);
	if (s.n > 0 && s.p[0] == '[') {
		end = span_find(s, ']');
		s = end < 0 ? span_of(NULL, 0) : span_of(s.p + 1, (size_t)end - 1);
	} else if ((end = span_find(s, ':')) >= 0 && span_find_last(s, ':') == end)
		s = span_first(s, (size_t)end);
	if (s.n == 0 || s.n >= sizeof(text))
		return false;
	memcpy(text, s.p, s.n);
	text[s.n] = '\0';
	*a = (union address){ .v4 = { .sin_family = AF_INET } };
	if (inet_pton(AF_INET, text, &a->v4.sin_addr) == 1)
		return true;
	*a = (union address){ .v6 = { .sin6_family = AF_INET6 } };
	return inet_pton(AF_INET6, text, &a->v6.sin6_addr) == 1;
}

/* The last element of a list between commas; *list loses it. */
static struct span
last_of(struct span *list)
{
	ptrdiff_t comma = span_find_last(*list, ',');
	struct span last = span_from(*list, (size_t)(comma + 1));

	*list = span_first(*list, comma < 0 ? 0 : (size_t)comma);
	return span_trim(last);
}

/* for=ADDRESS of one element of Forwarded. */
static struct span
forwarded_for(struct span element)
{
	while (element.n > 0) {
		struct span value,
		    name = span_trim(span_cut(span_cut(element, ';', &element), '=', &value));

		if (span_is_nocase(name, "for"))
			return span_trim(value);
	}
	return span_of(NULL, 0);
}

void
client_find(const struct conf_block *b, const struct sockaddr *peer, struct client_fields f,
    char out[INET6_ADDRSTRLEN])
{
	bool standard = f.forwarded.n > 0;
	struct span list = standard ? f.forwarded : f.x_forwarded_for;
	union address a = { .any = { .sa_family = AF_UNSPEC } }, next;

	if (peer != NULL && peer->sa_family == AF_INET)
		memcpy(&a.v4, peer, sizeof(a.v4));
	else if (peer != NULL && peer->sa_family == AF_INET6)
		memcpy(&a.v6, peer, sizeof(a.v6));
	unmap(&a);
	for (unsigned i = 0; i < PROXIES_MAX && list.n > 0 && is_trusted(b, &a); i++) {
		struct span last = last_of(&list);

		if (!address_read(standard ? forwarded_for(last) : last, &next))
			break;
		a = next;
		unmap(&a);
	}
	text_of(&a, out);
}
