#include "link.h"
#include "entity.h"
#include "url.h"

void
linker_begin(struct linker *l, const struct scan_rules *rules, const struct charset *charset,
    struct arena *arena, size_t most)
{
	*l = (struct linker){ .rules = rules, .charset = charset, .arena = arena };
	buf_init(&l->utf8, most);
	buf_init(&l->value, most);
	buf_init(&l->url, most);
}

void
linker_end(struct linker *l)
{
	buf_free(&l->utf8);
	buf_free(&l->value);
	buf_free(&l->url);
}

/* As text: UTF-8, character references resolved, trimmed as URLs are. */
static struct span
url_text(struct linker *l, struct span raw, enum link_syntax syntax)
{
	buf_reset(&l->utf8);
	buf_reset(&l->value);
	buf_reset(&l->url);
	charset_to_utf8(l->rules->charsets, l->charset, raw, &l->utf8);
	if (syntax == LINK_HTML)
		entity_decode(buf_all(&l->utf8), &l->value);
	else
		buf_span(&l->value, buf_all(&l->utf8));
	url_trim(buf_all(&l->value), &l->url);
	if (buf_over(&l->utf8) || buf_over(&l->value) || buf_over(&l->url))
		return span_of(NULL, 0);
	return buf_all(&l->url);
}

static bool
left_alone(const struct linker *l, struct span text, const struct url *url)
{
	const struct scan_rules *rules = l->rules;
	struct span name;

	if (text.n >= rules->base.n && span_eq_nocase(span_first(text, rules->base.n), rules->base))
		return true;
	name = rules->excludes > 0 ? url_host_ascii(url, l->arena) : url_host_name(url);
	return url_host_listed(name, rules->exclude, rules->excludes);
}

/* The query goes in the document's charset (WHATWG URL 4.4). */
static struct span
asked_for(struct linker *l, struct span text, const struct url *url)
{
	size_t before = url->query.n > 0 ? (size_t)(url->query.p - text.p) : text.n;
	struct span after = span_from(text, before + url->query.n), query = url->query;

	buf_reset(&l->utf8);
	buf_reset(&l->value);
	if (charset_from_utf8(l->rules->charsets, l->charset, query, &l->utf8))
		query = buf_all(&l->utf8);
	if (url->protocol_relative)
		buf_str(&l->value, "https:");
	url_put_encoded(span_first(text, before), &l->value);
	url_put_encoded(query, &l->value);
	url_put_encoded(after, &l->value);
	if (buf_over(&l->value) || l->value.n > TOKEN_URL_MAX)
		return span_of(NULL, 0);
	return arena_span(l->arena, buf_all(&l->value));
}

struct span
linker_target(struct linker *l, struct span raw, enum link_syntax syntax)
{
	struct span text = url_text(l, raw, syntax);
	struct url url;

	if (!url_is_web(text, &url) || left_alone(l, text, &url))
		return span_of(NULL, 0);
	return asked_for(l, text, &url);
}
