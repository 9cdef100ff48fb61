#include "err.h"
#include "lookup.h"
#include "loop.h"
#include "returned.h"
#include "returned_job.h"
#include "role.h"

#include <string.h>

/* One process, one set of keys; they come as a secret at the start, and with a reload. */
static struct bounce_keys keys, next_keys;

int
returned_tie_start(struct bouncd *b, struct err *err)
{
	lookup_start(b);
	return bounce_keys_read(&keys, role_secret(b->role, "bounce-key"), err);
}

int
returned_keys_prepare(struct bouncd *b, struct err *err)
{
	return bounce_keys_read(&next_keys, role_secret_fresh(b->role, "bounce-key"), err);
}

void
returned_keys_commit(void)
{
	keys = next_keys;
}

const struct bounce_keys *
returned_keys(void)
{
	return &keys;
}

static struct span
domain_of(struct span address)
{
	ptrdiff_t at = span_find_last(address, '@');

	return at < 0 ? span_of(NULL, 0) : span_from(address, (size_t)at + 1);
}

static void
tie_to(struct job *j, enum tie tie, const struct bounce_token *t, struct bounce_owner owner)
{
	j->tie = tie;
	j->token = *t;
	j->owner = owner;
	memcpy(j->about.b, t->message, BOUNCE_MESSAGE_BYTES);
	j->index = t->recipient;
}

/* queued has checked it. */
static void
token_of_address(struct job *j)
{
	struct bounce_token t = {
		.recipient = j->asked.index, .tag = j->asked.tag, .key_id = j->asked.key_id
	};
	struct bounce_owner owner = { j->asked.tenant, domain_of(j->asked.recipient) };

	memcpy(t.message, j->asked.about.b, BOUNCE_MESSAGE_BYTES);
	tie_to(j, TIE_TOKEN, &t, owner);
}

/* A stranger's words until the MAC says whose they are. The domain beside the token says whose it would be. */
static bool
token_of_header(struct job *j, struct span address)
{
	struct bounce_owner owner = { .domain = domain_of(address) };
	struct bounce_token t;

	owner.tenant = owners_tenant(j->bouncd->owners, owner.domain);
	if (owner.tenant.n == 0 || bounce_address_check(&keys, owner.tenant, address,
				       loop_wall_ms() / 1000, &t) != BOUNCE_GOOD)
		return false;
	owner.tenant = arena_span(j->arena, owner.tenant); /* a reload may come before the answer */
	tie_to(j, TIE_HEADER_TOKEN, &t, owner);
	return true;
}

static void
token_find(struct job *j)
{
	if (j->asked.has_token) {
		token_of_address(j);
		return;
	}
	for (unsigned i = 0; i < j->back.n_tokens; i++)
		if (token_of_header(j, j->back.tokens[i]))
			return;
}

/* ---- asking ---- */

static struct lookup_found
copied(const struct lookup_found *f, struct arena *a)
{
	struct lookup_found own = *f;
	struct span *spans[] = { &own.tenant, &own.campaign, &own.from, &own.recipient, &own.ended,
		&own.source, &own.site };

	for (size_t i = 0; i < sizeof(spans) / sizeof(spans[0]); i++)
		*spans[i] = arena_span(a, *spans[i]);
	return own;
}

static void
one_less(struct job *j)
{
	if (--j->open == 0)
		returned_tied(j);
}

static void
on_found(void *ctx, unsigned which, const struct lookup_found *found)
{
	struct job *j = ctx;

	j->looked[which].found = copied(found, j->arena);
	one_less(j);
}

static void
ask(struct job *j, const struct lookup_ask *a, const struct came_recipient *rcpt)
{
	unsigned which = j->looked_n;

	if (which == LOOKUPS_MAX)
		return;
	j->looked[which].rcpt = rcpt;
	j->looked_n++;
	j->open++;
	lookup_ask(a, on_found, j, which);
}

static void
ask_address(struct job *j, struct span address, const struct came_recipient *rcpt)
{
	if (address.n > 0)
		ask(j,
		    &(struct lookup_ask){ .index = UINT32_MAX,
			.message_id = j->back.original_message_id,
			.address = address },
		    rcpt);
}

/* By each address the report names; where it names none, by the one the returned mail was to. */
static void
ask_message_id(struct job *j)
{
	const struct came_recipient *r = j->back.recipients;

	j->tie = TIE_MESSAGE_ID;
	if (r == NULL)
		ask_address(j, j->back.original_to, NULL);
	for (; r != NULL; r = r->next) {
		ask_address(j, r->address, r);
		if (!span_eq_nocase(r->original, r->address))
			ask_address(j, r->original, r);
	}
}

void
returned_tie(struct job *j)
{
	j->open = 1; /* this call's own, so that answers within it do not go ahead of the rest */
	token_find(j);
	if (j->tie != TIE_NONE)
		ask(j,
		    &(struct lookup_ask){
			.has_message = true, .message = j->about, .index = j->index },
		    NULL);
	else if (outcome_wants_message_id(&j->back))
		ask_message_id(j);
	one_less(j);
}
