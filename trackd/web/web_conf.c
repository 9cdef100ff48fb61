#include "web_conf.h"

static enum client_field
field_of(struct span word)
{
	return span_is(word, "forwarded")         ? CLIENT_FORWARDED
	       : span_is(word, "x-forwarded-for") ? CLIENT_X_FORWARDED_FOR
						  : CLIENT_EITHER;
}

void
web_conf_read(struct web_conf *w, const struct conf *conf)
{
	const struct conf_block *b = conf_first(conf_top(conf), "tracking");

	*w = (struct web_conf){ .block = b };
	if (b == NULL)
		return;
	w->connections = conf_num(b, "connections");
	w->buffers_bytes = conf_num(b, "buffers");
	w->head_s = conf_num(b, "head-timeout");
	w->body_s = conf_num(b, "body-timeout");
	w->idle_s = conf_num(b, "idle-timeout");
	w->answer_s = conf_num(b, "answer-timeout");
	w->networks = (struct networks_limits){ .connections = conf_num(b, "network-connections"),
		.rate = conf_rate(b, "network-rate"),
		.burst = conf_num(b, "network-burst"),
		.bits_4 = (unsigned)conf_num(b, "network-ipv4"),
		.bits_6 = (unsigned)conf_num(b, "network-ipv6") };
	w->field = field_of(span_str(conf_str(b, "proxy-field")));
	w->proxy_protocol = conf_bool(b, "proxy-protocol");
}
