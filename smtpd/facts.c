#include "facts.h"
#include "header.h"

static int
drop(struct facts *f, uint32_t start, uint32_t length)
{
	struct facts_drop *last = f->drops_n > 0 ? &f->drops[f->drops_n - 1] : NULL;

	if (last != NULL && last->start + last->length == start) {
		last->length += length;
		return 0;
	}
	if (f->drops_n == FACTS_DROPS_MAX)
		return -1;
	f->drops[f->drops_n++] = (struct facts_drop){ start, length };
	return 0;
}

static void
track_read(struct span words, struct header_facts *h)
{
	h->has_track = true;
	h->track_clicks = h->track_opens = h->track_text = false;
	for (struct span w = span_word(words, &words); w.n > 0; w = span_word(words, &words)) {
		if (w.p[w.n - 1] == ',')
			w.n--;
		if (span_is_nocase(w, "clicks"))
			h->track_clicks = true;
		else if (span_is_nocase(w, "opens"))
			h->track_opens = true;
		else if (span_is_nocase(w, "text"))
			h->track_text = true;
		else if (w.n > 0 && !span_is_nocase(w, "none"))
			h->track_unknown = w;
	}
}

static void
ours(struct span what, struct span value, struct arena *a, struct header_facts *h)
{
	struct span line = header_unfolded(value, a);

	if (span_is_nocase(what, "campaign"))
		h->campaign = span_first(line, FACTS_CAMPAIGN_MAX);
	else if (span_is_nocase(what, "tags"))
		h->tags = span_first(line, FACTS_TAGS_MAX);
	else if (span_is_nocase(what, "track"))
		track_read(line, h);
}

/* The first one, as most readers take it. */
static void
message_id(struct span value, struct arena *a, struct header_facts *h)
{
	struct span id = span_trim(header_unfolded(value, a));

	if (h->has_message_id)
		return;
	h->has_message_id = true;
	if (id.n >= 2 && id.p[0] == '<' && id.p[id.n - 1] == '>')
		id = span_of(id.p + 1, id.n - 2);
	if (id.n <= FACTS_MESSAGE_ID_MAX)
		h->message_id = id;
}

static bool
any_https(struct span line)
{
	while (line.n > 0) {
		struct span address;

		(void)span_cut(line, '<', &line);
		address = span_cut(line, '>', &line);
		if (span_starts_nocase(span_trim(address), "https://"))
			return true;
	}
	return false;
}

static void
list(const struct header_field *f, struct arena *a, struct header_facts *h)
{
	struct span line = header_unfolded(f->value, a);

	if (span_is_nocase(f->name, "list-unsubscribe")) {
		h->unsubscribe_n++;
		h->unsubscribe_https = any_https(line);
	} else if (span_is_nocase(f->name, "list-unsubscribe-post")) {
		h->unsubscribe_post_n++;
		h->unsubscribe_one_click = span_is_nocase(line, "List-Unsubscribe=One-Click");
	} else if (span_is_nocase(f->name, "list-id"))
		h->is_list = true;
	else if (span_is_nocase(f->name, "precedence"))
		h->is_list =
		    h->is_list || span_is_nocase(line, "bulk") || span_is_nocase(line, "list");
}

static void
common(const struct header_field *f, struct arena *a, struct header_facts *h)
{
	if (span_is_nocase(f->name, "received"))
		h->received++;
	else if (span_is_nocase(f->name, "date"))
		h->has_date = true;
	else if (span_is_nocase(f->name, "message-id"))
		message_id(f->value, a, h);
	else if (span_is_nocase(f->name, "from") && h->from_n++ == 0)
		h->from = arena_span(a, f->value);
	else if (span_starts_nocase(f->name, "list-") || span_is_nocase(f->name, "precedence"))
		list(f, a, h);
}

int
header_facts_read(struct span header, struct arena *a, struct header_facts *h, struct facts *facts)
{
	static const char prefix[] = "x-posthouse-";
	struct span rest = header;
	struct header_field f;

	*h = (struct header_facts){ 0 };
	while (header_next(&rest, &f)) {
		if (f.whole.p == header.p && header_is_mbox_line(f.whole)) {
			(void)drop(facts, 0, (uint32_t)f.whole.n); /* the first: there is room */
			continue;
		}
		if (!span_starts_nocase(f.name, prefix)) {
			common(&f, a, h);
			continue;
		}
		ours(span_from(f.name, sizeof(prefix) - 1), f.value, a, h);
		if (drop(facts, (uint32_t)(f.whole.p - header.p), (uint32_t)f.whole.n) == -1)
			return -1;
	}
	return 0;
}
