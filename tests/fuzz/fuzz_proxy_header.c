/* Any bytes as the header of the PROXY protocol, and as what a proxy writes of its client: read or refused, within them;
 * a header that is there is not there when it is cut. */
#include "err.h"

#include "../../trackd/trackd_conf.h"
#include "../../trackd/web/proxy_header.h"

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

/* Everybody is trusted, so that all of a list is gone through. */
static const struct conf_block *
all_trusted(void)
{
	static const char text[] =
	    "hostname a.example\ntracking {\n\ttrusted-proxy 0.0.0.0/0 ::/0\n}\n";
	static struct conf *conf;

	if (conf == NULL)
		conf = conf_read_text(&web_table, "fuzz", SPAN_LIT(text));
	must(conf_errors(conf) == 0);
	return conf_first(conf_top(conf), "tracking");
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
	struct span in = span_of(bytes, n);
	struct proxy_header h, cut;
	struct client_fields f = { in, in };
	struct ip peer = { .family = AF_INET }, client;
	char text[INET6_ADDRSTRLEN];

	client_find(all_trusted(), &peer, CLIENT_FORWARDED, f, &client);
	client_find(all_trusted(), &peer, CLIENT_X_FORWARDED_FOR, f, &client);
	must(client.family == AF_INET || client.family == AF_INET6);
	if (proxy_header_read(in, &h) != PROXY_READY)
		return 0;
	must(h.bytes > 0 && h.bytes <= n && h.bytes <= PROXY_HEADER_MAX);
	must(h.client.family == AF_UNSPEC || h.client.family == AF_INET ||
	     h.client.family == AF_INET6);
	ip_text(&h.client, text);
	must(proxy_header_read(span_first(in, h.bytes), &cut) == PROXY_READY);
	must(proxy_header_read(span_first(in, h.bytes - 1), &cut) == PROXY_MORE);
	return 0;
}
