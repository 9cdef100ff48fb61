#include "client.h"

#include <string.h>

enum { PROXIES_MAX = 16 };

/* ---- addresses ---- */

void
client_peer(const struct sockaddr *sa, struct ip *peer)
{
	ip_of_peer(sa, peer);
}

bool
client_in(const struct conf_block *b, const char *setting, const struct ip *ip)
{
	size_t n = b == NULL ? 0 : conf_count(b, setting);

	if (ip->family == AF_UNIX)
		return b != NULL;
	for (size_t i = 0; i < n; i++)
		if (conf_network_has(conf_network_at(b, setting, i), ip))
			return true;
	return false;
}

/* ---- the names a proxy wrote ---- */

/* 192.0.2.1, 192.0.2.1:80, 2001:db8::1, [2001:db8::1]:80 */
static bool
node_read(struct span s, struct ip *a)
{
	ptrdiff_t end;

	if (s.n > 0 && s.p[0] == '[') {
		end = span_find(s, ']');
		s = end < 0 ? span_of(NULL, 0) : span_of(s.p + 1, (size_t)end - 1);
		return ip_read(s, a) == 0 && a->family == AF_INET6;
	}
	end = span_find(s, ':');
	if (end >= 0 && span_find_last(s, ':') == end)
		s = span_first(s, (size_t)end);
	return ip_read(s, a) == 0;
}

/* The last names of a list, newest first in a ring: those before them were written further away than we believe. */
struct nodes {
	struct span at[PROXIES_MAX];
	size_t n;
};

static void
nodes_add(struct nodes *n, struct span node)
{
	n->at[n->n++ % PROXIES_MAX] = node;
}

/* Bytes up to the next sep or end outside quotes; n + 1: a quote is not closed. */
static size_t
piece_end(struct span s, const char *ends)
{
	bool quoted = false;

	for (size_t i = 0; i < s.n; i++)
		if (quoted && s.p[i] == '\\')
			i++;
		else if (s.p[i] == '"')
			quoted = !quoted;
		else if (!quoted && s.p[i] != '\0' && strchr(ends, s.p[i]) != NULL)
			return i;
	return quoted ? s.n + 1 : s.n;
}

/* A node has no character that would need a backslash, so a quoted one that has one is none. */
static struct span
unquoted(struct span s)
{
	s = span_trim(s);
	if (s.n >= 2 && s.p[0] == '"' && s.p[s.n - 1] == '"')
		return span_of(s.p + 1, s.n - 2);
	return s;
}

/* for=NODE of the elements of Forwarded (RFC 7239 4); an element without one counts, as a name nobody can read. A quote that
 * is not closed takes in what proxies appended behind it; then the last element alone counts, which one of them wrote. */
static void
forwarded_read(struct span list, struct nodes *nodes)
{
	struct span node = { NULL, 0 };

	while (list.n > 0) {
		size_t n = piece_end(list, ",;");
		struct span value, name = span_cut(span_first(list, n), '=', &value);

		if (n > list.n) {
			nodes->n = 0;
			list = span_from(list, (size_t)(span_find_last(list, ',') + 1));
			n = piece_end(list, ",;");
			if (n > list.n)
				return;
			value = span_of(NULL, 0);
			name = span_cut(span_first(list, n), '=', &value);
		}
		if (span_is_nocase(span_trim(name), "for"))
			node = unquoted(value);
		if (n == list.n || list.p[n] == ',') {
			nodes_add(nodes, node);
			node = span_of(NULL, 0);
		}
		list = span_from(list, n + 1);
	}
}

static void
x_forwarded_read(struct span list, struct nodes *nodes)
{
	while (list.n > 0)
		nodes_add(nodes, unquoted(span_cut(list, ',', &list)));
}

void
client_find(const struct conf_block *b, const struct ip *peer, enum client_field field,
    struct client_fields f, struct ip *client)
{
	struct nodes nodes = { .n = 0 };
	struct ip next;

	*client = *peer;
	if (!client_in(b, "trusted-proxy", peer))
		return;
	if (field == CLIENT_X_FORWARDED_FOR || (field == CLIENT_EITHER && f.x_forwarded_for.n > 0))
		x_forwarded_read(f.x_forwarded_for, &nodes);
	else
		forwarded_read(f.forwarded, &nodes);
	for (size_t i = 0; i < PROXIES_MAX && nodes.n > 0; i++) {
		if (!node_read(nodes.at[--nodes.n % PROXIES_MAX], &next))
			return;
		ip_unmap(&next);
		*client = next;
		if (!client_in(b, "trusted-proxy", client))
			return;
	}
}
