#include "check.h"
#include "buf.h"

#include <netdb.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { LINE_BYTES = 16 * 1024, TXT_STRING_BYTES = 255 };

void
check_ask(struct check *c, struct span name, enum answer_type type, struct answer *a)
{
	lookup_ask(c->lookup, name, type, c->arena, a);
}

bool
check_has(const struct answer *a, const struct ip *address)
{
	struct ip there;

	for (unsigned i = 0; i < a->n; i++)
		if (ip_of_bytes(a->at[i].data, &there) == 0 && ip_same(&there, address))
			return true;
	return false;
}

bool
check_leads_to(struct check *c, struct span name, const struct ip *address)
{
	struct answer a;

	check_ask(c, name, address->family == AF_INET ? ANSWER_A : ANSWER_AAAA, &a);
	return check_has(&a, address);
}

/* Within quotes of a zone file (RFC 1035 5.1): strangers' bytes too. */
static void
put_quoted(struct span s, struct buf *b)
{
	buf_str(b, " \"");
	for (size_t i = 0; i < s.n; i++) {
		unsigned char ch = (unsigned char)s.p[i];

		if (ch < ' ' || ch > 126)
			buf_printf(b, "\\%03u", ch);
		else if (ch == '"' || ch == '\\')
			buf_printf(b, "\\%c", ch);
		else
			buf_byte(b, (char)ch);
	}
	buf_byte(b, '"');
}

struct span
check_txt_line(struct check *c, struct span name, struct span text)
{
	struct buf b;
	struct span line;

	buf_init(&b, LINE_BYTES);
	buf_printf(&b, "%.*s. IN TXT", SPAN(name));
	for (; text.n > 0; text = span_from(text, TXT_STRING_BYTES))
		put_quoted(span_first(text, TXT_STRING_BYTES), &b);
	line = arena_span(c->arena, buf_all(&b));
	buf_free(&b);
	return line;
}

/* ---- where mail leaves from ---- */

static void
source_add(struct check *c, const char *name, const struct ip *a, struct span ehlo)
{
	struct check_source *s = &c->sources[c->sources_n];

	if (c->sources_n == CHECK_SOURCES_MAX)
		return;
	*s = (struct check_source){ .name = name, .address = *a, .ehlo = ehlo };
	ip_text(a, s->text);
	c->sources_n++;
}

/* Where the kernel would send a mail to such an address from: connecting a datagram socket sends nothing. */
static bool
way_out(const char *to, struct ip *from)
{
	struct sockaddr_storage at = { 0 };
	struct ip ip;
	socklen_t n = sizeof(at);
	bool known;
	int fd;

	if (ip_read(span_str(to), &ip) == -1)
		return false;
	n = ip_socket(&ip, 25, &at);
	fd = socket(at.ss_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	known = fd != -1 && connect(fd, (struct sockaddr *)&at, n) == 0;
	n = sizeof(at);
	known = known && getsockname(fd, (struct sockaddr *)&at, &n) == 0;
	if (fd != -1)
		close(fd);
	if (known)
		ip_of((struct sockaddr *)&at, from);
	return known;
}

/* Both families: a server with an IPv6 address sees the other one. */
static void
source_of_kernel(struct check *c, const char *name, struct span ehlo)
{
	static const char *const to[] = { "198.51.100.1", "2001:db8::1" }; /* RFC 5737, RFC 3849 */
	unsigned ways = 0;

	for (unsigned i = 0; i < sizeof(to) / sizeof(to[0]); i++) {
		char text[IP_TEXT];
		struct ip a;

		if (!way_out(to[i], &a))
			continue;
		ways++;
		ip_text(&a, text);
		if (ip_is_public(&a))
			source_add(c, name, &a, ehlo);
		else
			report(c->report, CHECK_WARN, "source",
			    "source %s has no address and the kernel would choose a private one, "
			    "%s: "
			    "say with --source what the world sees",
			    name, text);
	}
	if (ways == 0)
		report(c->report, CHECK_WARN, "source",
		    "source %s has no address, and this machine no way out: say --source", name);
}

static void
source_read(struct check *c, const struct conf_block *b)
{
	struct span text = span_str(conf_str(b, "address"));
	struct span ehlo = conf_is_set(b, "ehlo") ? span_str(conf_str(b, "ehlo")) : c->hostname;
	struct ip a;

	if (text.n > 0 && ip_read(text, &a) == 0) {
		ip_unmap(&a); /* RFC 7208 5 */
		source_add(c, conf_name(b), &a, ehlo);
	} else
		source_of_kernel(c, conf_name(b), ehlo);
}

void
check_sources(struct check *c, const char *given)
{
	const struct conf_block *b = conf_first(conf_top(c->conf), "source");
	struct ip a;

	if (given != NULL && ip_read(span_str(given), &a) == 0) {
		ip_unmap(&a);
		source_add(c, "given", &a, c->hostname);
		return;
	}
	if (b == NULL)
		source_of_kernel(c, "default", c->hostname);
	for (; b != NULL; b = conf_next(b))
		source_read(c, b);
}
