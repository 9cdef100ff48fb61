#include "worker.h"
#include "author.h"
#include "err.h"
#include "fields.h"
#include "header.h"
#include "house_conf.h"
#include "incoming.h"
#include "log.h"
#include "loop.h"
#include "outgoing.h"
#include "proto_rewrite.h"
#include "rewrite.h"
#include "sevenbit.h"
#include "signer.h"
#include "signing.h"
#include "url.h"

#include "../keys.h"
#include "../sign/dkim.h"
#include "../sign/sound.h"
#include "../trackd_conf.h"

#include <bsd/sys/queue.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

enum {
	QUEUE_BYTES = 8 * 1024 * 1024,
	MESSAGE_MAX = 256 * 1024 * 1024,
	ARENA_MAX = 512 * 1024 * 1024
};

/* A message between its arrival and its last signature. */
struct job {
	TAILQ_ENTRY(job) link;
	struct chan *from; /* NULL: queued went away meanwhile */
	uint64_t number;   /* queued's */
	uint64_t ticket;   /* ours, towards the signer */
	struct arena *arena;
	struct rewrite_ask ask; /* spans copied */
	struct buf in, out;     /* without and with tracking */
	struct buf fields;      /* finished DKIM-Signature fields */
	struct buf signed_by;
	unsigned links;
	bool pixel;
	const char *untracked; /* why what was asked for is not tracked, in a word; NULL: it is */
	bool kept_signed;      /* another signed it and we cannot, so it stays as it is */
	const struct signer_key *keys[SIGNER_KEYS_A_MESSAGE];
	unsigned keys_n, keys_done;
	struct dkim_draft draft;
	uint8_t body_hash[DKIM_DIGEST_BYTES];
	bool hashed;
};

struct worker {
	const struct conf *conf;
	struct role *role;
	struct budget budget;
	struct chan *queued; /* NULL: away */
	bool leaving;        /* stopped, and nothing new comes */
	struct arena *arena;
	struct tenant_keys keys;
	struct span *excludes;
	size_t excludes_n;
	struct charsets *charsets;
	struct signer *signer;
	uint64_t tickets;
	TAILQ_HEAD(, job) signing;
	TAILQ_HEAD(, job) waiting; /* for the signer to be ready */
};

/* ---- life of a job ---- */

static struct job *
job_new(struct worker *w, struct chan *c, const struct rewrite_ask *ask)
{
	struct job *j = calloc(1, sizeof(*j));

	if (j == NULL)
		fatal("out of memory for a message");
	j->from = c;
	j->number = ask->job;
	j->ticket = ++w->tickets;
	j->arena = arena_new(ARENA_MAX);
	j->ask = *ask;
	j->ask.tenant = arena_span(j->arena, ask->tenant);
	j->ask.campaign = arena_span(j->arena, ask->campaign);
	j->ask.recipient = arena_span(j->arena, ask->recipient);
	j->ask.from = arena_span(j->arena, ask->from);
	j->ask.returns = arena_span(j->arena, ask->returns);
	j->ask.drops = arena_span(j->arena, ask->drops);
	buf_init(&j->in, MESSAGE_MAX);
	buf_init(&j->out, MESSAGE_MAX);
	buf_init(&j->fields, 16 * 1024);
	buf_init(&j->signed_by, 1024);
	return j;
}

static void
job_free(struct job *j)
{
	buf_free(&j->in);
	buf_free(&j->out);
	buf_free(&j->fields);
	buf_free(&j->signed_by);
	arena_free(j->arena);
	free(j);
}

static void
answer(struct job *j, enum rewrite_status status, const char *why)
{
	struct rewrite_done done = { .job = j->number,
		.status = status,
		.text = span_str(why[0] == '\0' ? j->untracked : why),
		.links = j->links,
		.pixel = j->pixel,
		.signed_by = buf_all(&j->signed_by),
		.fd = -1 };

	if (j->from != NULL && status == REWRITE_OK)
		outgoing_put(
		    j->from, &done, j->ask.need_7bit, buf_all(&j->fields), buf_all(&j->out));
	else if (j->from != NULL)
		rewrite_done_put(j->from, &done);
	job_free(j);
}

/* ---- the steps ---- */

static int
take_in(struct job *j, const struct rewrite_ask *ask, struct err *err)
{
	return incoming_read(
	    &j->in, ask->bytes, ask->fd, ask->start, ask->size_bytes, j->ask.drops, err);
}

static void
swap(struct buf *a, struct buf *b)
{
	struct buf was = *a;

	*a = *b;
	*b = was;
}

static struct token_facts
who(const struct job *j)
{
	struct token_facts f = { .recipient = j->ask.index,
		.issued_s = (uint32_t)(loop_wall_ms() / 1000) };

	memcpy(f.message, j->ask.message.b, ID_BYTES);
	return f;
}

/* Tracking links and the pixel: from in to out, which stays empty where nothing is changed. */
static void
track(struct worker *w, struct job *j, const struct conf_block *tenant, struct tenant_key *key)
{
	struct rewrite_options options = { .rules = { .clicks = j->ask.track_clicks,
					       .opens = j->ask.track_opens,
					       .trap = conf_bool(tenant, "link-trap"),
					       .texts = j->ask.track_text,
					       .base = span_str(tracking_base(w->conf, tenant)),
					       .exclude = w->excludes,
					       .excludes = w->excludes_n,
					       .charsets = w->charsets,
					       .budget = &w->budget },
		.campaign = j->ask.campaign,
		.keep_signed = j->keys_n == 0 };
	struct rewrite_recipient to = { .recipient = j->ask.index };
	struct rewrite_plan plan;

	if (key == NULL || options.rules.base.n == 0) {
		j->untracked = "no-key";
		return;
	}
	to.issued_s = who(j).issued_s;
	memcpy(to.message, j->ask.message.b, ID_BYTES);
	rewrite_plan(&options, buf_all(&j->in), j->arena, &plan);
	j->kept_signed = plan.verdict == REWRITE_SIGNED;
	j->untracked = rewrite_verdict_reason(plan.verdict);
	if (plan.verdict != REWRITE_CHANGED)
		return;
	plan.verdict = !rewrite_render(&plan, key->sealer, &to, &j->out) ? REWRITE_COSTLY
		       : buf_over(&j->out)                               ? REWRITE_TOO_LARGE
									 : REWRITE_CHANGED;
	if (plan.verdict != REWRITE_CHANGED) { /* it goes out as it is */
		buf_reset(&j->out);
		j->untracked = rewrite_verdict_reason(plan.verdict);
		return;
	}
	j->links = plan.links;
	j->pixel = plan.pixels > 0;
}

static size_t
rules_of(const struct conf_block *tenant, const char *name, struct span out[FIELDS_RULES_MAX])
{
	size_t n = conf_count(tenant, name);

	for (size_t i = 0; i < n && i < FIELDS_RULES_MAX; i++)
		out[i] = span_str(conf_str_at(tenant, name, i));
	return n < FIELDS_RULES_MAX ? n : FIELDS_RULES_MAX;
}

/* Fields that come and go: within out. True: something was. */
static bool
field(struct worker *w, struct job *j, const struct conf_block *tenant, struct tenant_key *key,
    struct span author, bool body_changed)
{
	struct span add[FIELDS_RULES_MAX], drop[FIELDS_RULES_MAX];
	struct fields_rules r = { .unsubscribe = unsubscribe_is_wanted(
				      unsubscribe_links(tenant), j->ask.campaign),
		.base = span_str(tracking_base(w->conf, tenant)),
		.address = j->ask.recipient,
		.returns = j->ask.returns,
		.campaign = j->ask.campaign,
		.tenant = j->ask.tenant,
		.sender_id = span_str(conf_str(tenant, "feedback-id")),
		.add = add,
		.drop = drop,
		.adds = rules_of(tenant, "header-add", add),
		.drops = rules_of(tenant, "header-drop", drop),
		.resigned = body_changed && j->keys_n > 0 ? author : span_of(NULL, 0) };
	struct token_facts facts = who(j);

	buf_reset(&j->in);
	if (!fields_write(
		&r, key == NULL ? NULL : key->sealer, &facts, buf_all(&j->out), j->arena, &j->in))
		return false;
	if (buf_over(&j->in))
		return false;
	swap(&j->in, &j->out);
	return true;
}

/* What this tenant's mail gets before it is signed. True: the message is not as it came. */
static bool
dress(struct worker *w, struct job *j, struct span author)
{
	const struct conf_block *tenant = conf_find(conf_top(w->conf), "tenant", j->ask.tenant);
	struct tenant_key *key = tenant_keys_for(&w->keys, j->ask.tenant);
	bool changed;

	if (tenant != NULL && (j->ask.track_clicks || j->ask.track_opens || j->ask.track_text))
		track(w, j, tenant, key);
	changed = j->out.n > 0;
	if (!changed) /* nothing to track: the bytes as they came */
		swap(&j->in, &j->out);
	if (tenant != NULL && !j->kept_signed &&
	    field(w, j, tenant, key, author, changed || j->ask.need_7bit))
		changed = true;
	return changed || j->ask.need_7bit;
}

/* The bytes as they came, and nothing of them is read but what a signature needs. */
static bool
undressed(struct job *j)
{
	swap(&j->in, &j->out);
	j->untracked = "crashed";
	return j->ask.need_7bit;
}

/* One hash of the body serves all its signatures. */
static int
body_hash(struct job *j, enum dkim_canon canon, struct err *err)
{
	struct span body;

	if (j->hashed)
		return 0;
	(void)header_block(buf_all(&j->out), &body);
	if (dkim_body_hash(canon, body, j->body_hash, err) == -1)
		return -1;
	j->hashed = true;
	return 0;
}

static int
draft(struct worker *w, struct job *j, const struct signer_key *key, struct err *err)
{
	struct dkim_options options = signing_options(
	    conf_find(conf_top(w->conf), "tenant", j->ask.tenant), loop_wall_ms() / 1000, j->arena);

	options.algorithm =
	    key->algorithm == SIGN_RSA_SHA256 ? DKIM_RSA_SHA256 : DKIM_ED25519_SHA256;
	options.domain = key->domain;
	options.selector = key->selector;
	if (body_hash(j, options.body, err) == -1)
		return -1;
	return dkim_prepare(&options, buf_all(&j->out), j->body_hash, j->arena, &j->draft, err);
}

/* One signature after the other; each stands in front of the one before. */
static void
sign_next(struct worker *w, struct job *j)
{
	struct err err;

	while (j->keys_done < j->keys_n) {
		if (draft(w, j, j->keys[j->keys_done], &err) == 0) {
			TAILQ_INSERT_TAIL(&w->signing, j, link);
			signer_ask(w->signer, j->ticket, j->keys[j->keys_done],
			    span_of(j->draft.digest, sizeof(j->draft.digest)));
			return;
		}
		log_begin(LOG_LEVEL_WARN, "not-signed");
		log_kvs("id", id_text(j->ask.message).c);
		log_kvs("why", err.text);
		log_end();
		j->keys_done++;
	}
	answer(j, REWRITE_OK, "");
}

static void
signature(struct worker *w, struct job *j, bool ok, struct span bytes)
{
	const struct signer_key *key = j->keys[j->keys_done];

	if (!ok)
		return answer(j, REWRITE_LATER, "4.7.5 the signer refused");
	dkim_finish(&j->draft, bytes, &j->fields);
	buf_printf(&j->signed_by, "%sd=%.*s s=%.*s", j->signed_by.n > 0 ? ", " : "",
	    SPAN(key->domain), SPAN(key->selector));
	j->keys_done++;
	sign_next(w, j);
}

/* It was stopped, and nothing new comes: it ends with its last job. */
static void
end_if_left(struct worker *w)
{
	if (w->leaving && TAILQ_EMPTY(&w->signing) && TAILQ_EMPTY(&w->waiting))
		role_done(w->role);
}

static void
on_signature(void *ctx, uint64_t ticket, bool ok, struct span bytes)
{
	struct worker *w = ctx;
	struct job *j, *next;

	TAILQ_FOREACH_SAFE (j, &w->signing, link, next) {
		if (ticket != 0 && j->ticket != ticket)
			continue;
		TAILQ_REMOVE(&w->signing, j, link);
		signature(w, j, ok, bytes);
		if (ticket != 0)
			break;
	}
	end_if_left(w);
}

/* With the whole message in hand. */
static void
make(struct worker *w, struct job *j)
{
	struct err err = { "" };
	struct span author;

	budget_begin(&w->budget, rewrite_time_ms(w->conf));
	(void)budget_left(&w->budget, 0); /* many short jobs take long too */
	if (j->ask.need_7bit && sevenbit_make(&j->in, j->arena, &err) == -1)
		return answer(j, REWRITE_REFUSED, err.text);
	if (j->ask.sign && !signer_ready(w->signer))
		return answer(j, REWRITE_LATER, "4.7.5 the signer is away");
	author = from_domain(buf_all(&j->in), j->arena);
	if (j->ask.sign)
		j->keys_n = signer_keys_for(w->signer, j->ask.tenant, author, j->keys);
	if (!(j->ask.plain ? undressed(j) : dress(w, j, author)) && j->keys_n == 0)
		return answer(j, REWRITE_UNCHANGED, "");
	if (j->keys_n > 0)
		sound_make(&j->out, j->arena);
	sign_next(w, j);
}

static void
work(struct worker *w, struct chan *c, const struct rewrite_ask *ask)
{
	struct job *j = job_new(w, c, ask);
	struct err err = { "" };

	if (take_in(j, ask, &err) == -1)
		answer(j, REWRITE_LATER, err.text);
	else if (ask->sign && signer_awaited(w->signer))
		TAILQ_INSERT_TAIL(&w->waiting, j, link);
	else
		make(w, j);
}

static void
on_signer_settled(void *ctx)
{
	struct worker *w = ctx;
	struct job *j;

	while ((j = TAILQ_FIRST(&w->waiting)) != NULL) {
		TAILQ_REMOVE(&w->waiting, j, link);
		make(w, j);
	}
	end_if_left(w);
}

/* ---- peers ---- */

static void
leave(struct worker *w)
{
	w->leaving = true;
	end_if_left(w);
}

/* Ends when queued has heard of it and has its answers: what it had in hand would be asked of another anew. */
static void
stop(void *ctx, unsigned deadline_s)
{
	struct worker *w = ctx;

	(void)deadline_s;
	if (w->queued == NULL)
		role_done(w->role);
	else
		rewrite_leaving_put(w->queued);
}

static void
on_queued(void *ctx, struct chan *c, struct msg *m)
{
	struct rewrite_ask ask = { .fd = -1 };

	if (m->type == REWRITE_LEAVE)
		leave(ctx);
	else if (m->type != REWRITE_ASK || rewrite_ask_get(m, &ask) == -1)
		chan_bad(c, "a record that is no ASK");
	else
		work(ctx, c, &ask);
	if (ask.fd != -1)
		close(ask.fd);
}

static void
on_queued_gone(void *ctx, struct chan *c, const char *why)
{
	struct worker *w = ctx;
	struct job *j;

	(void)why;
	TAILQ_FOREACH (j, &w->signing, link)
		if (j->from == c)
			j->from = NULL;
	TAILQ_FOREACH (j, &w->waiting, link)
		if (j->from == c)
			j->from = NULL;
	if (w->queued == c)
		w->queued = NULL;
}

static void
queued_connected(void *ctx, unsigned instance, int fd)
{
	struct worker *w = ctx;

	(void)instance;
	w->queued = chan_new(fd, "queued", QUEUE_BYTES, on_queued, on_queued_gone, w);
	chan_answers(w->queued);
}

static void
excludes_load(struct worker *w)
{
	const struct conf_block *b = conf_first(conf_top(w->conf), "tracking");

	size_t n = b == NULL ? 0 : conf_count(b, "exclude");

	w->excludes = arena_alloc(w->arena, (n + 1) * sizeof(*w->excludes));
	for (size_t i = 0; i < n; i++)
		w->excludes[i] = arena_lower(w->arena, span_str(conf_str_at(b, "exclude", i)));
	w->excludes_n = n;
	url_hosts_sort(w->excludes, n);
}

static void
alive(void *ctx)
{
	role_alive(ctx);
}

void
worker_start(struct role *role, const struct conf *conf)
{
	struct worker *w = calloc(1, sizeof(*w));
	struct err err;

	if (w == NULL)
		fatal("out of memory for the worker");
	w->conf = conf;
	w->role = role;
	budget_init(&w->budget, alive, role);
	role_on_stop(role, stop, w);
	w->arena = arena_new(0);
	TAILQ_INIT(&w->signing);
	TAILQ_INIT(&w->waiting);
	if (tenant_keys_make(&w->keys, conf, role_secret(role, "tracking-key"), w->arena, &err) ==
	    -1)
		role_fail(role, EX_CONFIG, "%s", err.text);
	excludes_load(w);
	w->charsets = charsets_open();
	w->signer = signer_new(role, on_signature, on_signer_settled, w);
	role_on_peer(role, ROLE_QUEUED, queued_connected, w);
}
