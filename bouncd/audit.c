#include "audit.h"
#include "event.h"
#include "log.h"
#include "loop.h"

#include <errno.h>
#include <string.h>

enum { LINE_BYTES = 4096 };

/* A house that stores hashes writes no address here either. */
static const char *
named(
    const struct bouncd *b, const struct suppression_entry *e, char out[SUPPRESSION_HASH_CHARS + 1])
{
	struct suppression_entry nameless = { .hash = e->hash };

	return suppression_shown(b->policy.hashed ? &nameless : e, out);
}

static void
event(struct bouncd *b, const struct audit *a, struct buf *line)
{
	char shown[SUPPRESSION_HASH_CHARS + 1];

	event_open(line, "admin", id_new(), loop_wall_ms());
	event_str(line, "verb", a->verb);
	event_num(line, "actor", a->actor);
	if (a->entry != NULL) {
		event_str(line, "recipient", named(b, a->entry, shown));
		event_str(line, "scope", a->entry->scope);
		event_str(line, "entry", suppression_reason_word(a->entry->reason));
	}
	if (a->count > 0)
		event_num(line, "count", a->count);
	event_str(line, "kind", a->kind);
	event_span(line, "value", a->value);
	event_span(line, "reason", a->reason);
	event_close(line);
}

static void
log_it(struct bouncd *b, const struct audit *a)
{
	char shown[SUPPRESSION_HASH_CHARS + 1];

	log_begin(LOG_LEVEL_INFO, a->verb);
	log_num("actor", a->actor);
	if (a->entry != NULL) {
		log_kvs("address", named(b, a->entry, shown));
		log_kvs("scope", a->entry->scope);
		log_kvs("entry", suppression_reason_word(a->entry->reason));
	}
	if (a->count > 0)
		log_num("count", a->count);
	if (a->kind != NULL) {
		log_kvs("kind", a->kind);
		log_kv("value", a->value);
	}
	log_kv("reason", a->reason);
	log_end();
}

int
audit(struct bouncd *b, const struct audit *a)
{
	struct buf line;
	int r = 0;

	buf_init(&line, LINE_BYTES);
	event(b, a, &line);
	log_it(b, a);
	if (buf_over(&line) || event_file_append(&b->events, buf_all(&line)) == -1) {
		log_error("events-not-written", "why=\"%s\"", strerror(errno));
		r = -1;
	}
	buf_free(&line);
	return r;
}
