#include "dkim_dns.h"
#include "dkim_record.h"
#include "buf.h"

#include <arpa/inet.h>
#include <arpa/nameser.h>
#include <netdb.h>
#include <netinet/in.h>
#include <resolv.h>
#include <string.h>

enum { ANSWER_BYTES = 65536, RECORD_BYTES = 16384, WAIT_S = 2 };

const char *
dkim_published_word(enum dkim_published p)
{
	static const char *const words[] = { "yes", "no", "another key", "no answer" };

	return words[p];
}

/* ---- records ---- */

/* The strings of a TXT record, joined (RFC 6376 3.6.2.2). */
static void
txt_join(const uint8_t *p, size_t n, struct buf *out)
{
	while (n > 0) {
		size_t length = p[0] < n ? p[0] : n - 1;

		buf_add(out, p + 1, length);
		p += 1 + length;
		n -= 1 + length;
	}
}

static enum dkim_published
answer_read(const uint8_t *answer, int n, struct span record)
{
	enum dkim_published found = DKIM_MISSING;
	ns_msg msg;
	ns_rr rr;

	if (ns_initparse(answer, n, &msg) == -1)
		return DKIM_NO_ANSWER;
	for (int i = 0; i < ns_msg_count(msg, ns_s_an); i++) {
		struct buf text;

		if (ns_parserr(&msg, ns_s_an, i, &rr) == -1 || ns_rr_type(rr) != ns_t_txt)
			continue;
		buf_init(&text, RECORD_BYTES);
		txt_join(ns_rr_rdata(rr), ns_rr_rdlen(rr), &text);
		if (dkim_record_same(buf_all(&text), record))
			found = DKIM_PUBLISHED;
		else if (found == DKIM_MISSING && span_find_str(buf_all(&text), "p=") >= 0)
			found = DKIM_OTHER;
		buf_free(&text);
	}
	return found;
}

/* ---- asking ---- */

/* "192.0.2.53" or "192.0.2.53@5353". */
static bool
server_read(struct arena *arena, const char *text, struct sockaddr_in *to)
{
	struct span port, host = span_cut(span_str(text), '@', &port);
	uint64_t number = NAMESERVER_PORT;

	*to = (struct sockaddr_in){ .sin_family = AF_INET };
	if (port.n > 0 && span_u64(port, 65535, &number) == -1)
		return false;
	to->sin_port = htons((uint16_t)number);
	return inet_pton(AF_INET, arena_cstr(arena, host), &to->sin_addr) == 1;
}

static void
server_choose(struct ctl *c, res_state resolver)
{
	const struct conf_block *b = conf_first(conf_top(ctl_conf(c)), "resolver");
	struct sockaddr_in to;

	for (size_t i = 0; b != NULL && i < conf_count(b, "server"); i++)
		if (server_read(c->arena, conf_str_at(b, "server", i), &to)) {
			resolver->nsaddr_list[0] = to;
			resolver->nscount = 1;
			return;
		}
}

enum dkim_published
dkim_dns_look(struct ctl *c, const char *selector, const char *domain, struct span record)
{
	const char *name = arena_printf(c->arena, "%s._domainkey.%s", selector, domain);
	uint8_t *answer = arena_alloc(c->arena, ANSWER_BYTES);
	enum dkim_published found = DKIM_NO_ANSWER;
	struct __res_state resolver = { 0 };
	int n;

	if (res_ninit(&resolver) == -1)
		return DKIM_NO_ANSWER;
	server_choose(c, &resolver);
	resolver.retrans = WAIT_S;
	resolver.retry = 1;
	n = res_nquery(&resolver, name, ns_c_in, ns_t_txt, answer, ANSWER_BYTES);
	if (n >= 0)
		found = answer_read(answer, n, record);
	else if (resolver.res_h_errno == HOST_NOT_FOUND || resolver.res_h_errno == NO_DATA)
		found = DKIM_MISSING;
	res_nclose(&resolver);
	return found;
}
