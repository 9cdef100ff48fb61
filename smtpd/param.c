#include "param.h"
#include "utf8.h"
#include "xtext.h"

enum { ENVID_BYTES = 100, ORCPT_BYTES = 500 }; /* RFC 3461 4.4, 4.2 */

typedef enum param_error param_fn(struct span value, void *ctx);

struct known {
	const char *name;
	param_fn *take;
};

static enum param_error
take_size(struct span v, void *ctx)
{
	struct mail_params *p = ctx;

	if (v.n > 20)
		return PARAM_BAD;
	if (span_u64(v, UINT64_MAX, &p->size_bytes) == -1)
		return PARAM_BAD;
	return PARAM_OK;
}

static enum param_error
take_body(struct span v, void *ctx)
{
	struct mail_params *p = ctx;

	p->body_8bit = span_is_nocase(v, "8BITMIME");
	return p->body_8bit || span_is_nocase(v, "7BIT") ? PARAM_OK : PARAM_BAD;
}

static enum param_error
take_ret(struct span v, void *ctx)
{
	struct mail_params *p = ctx;

	p->ret = span_is_nocase(v, "FULL")   ? RET_FULL
		 : span_is_nocase(v, "HDRS") ? RET_HDRS
					     : RET_UNSET;
	return p->ret == RET_UNSET ? PARAM_BAD : PARAM_OK;
}

static enum param_error
take_envid(struct span v, void *ctx)
{
	struct mail_params *p = ctx;

	p->envid = v;
	return xtext_is(v) && v.n <= ENVID_BYTES ? PARAM_OK : PARAM_BAD;
}

/* AUTH= of RFC 4954 5: nobody's word is taken for it, but it may be said. */
static enum param_error
take_auth(struct span v, void *ctx)
{
	(void)ctx;
	return xtext_is(v) ? PARAM_OK : PARAM_BAD;
}

/* RFC 6531 3.1: a word alone. */
static enum param_error
take_smtputf8(struct span v, void *ctx)
{
	struct mail_params *p = ctx;

	p->smtputf8 = true;
	return v.n == 0 ? PARAM_OK : PARAM_BAD;
}

static enum param_error
take_notify(struct span v, void *ctx)
{
	struct rcpt_params *p = ctx;
	struct span word;

	if (v.n == 0)
		return PARAM_BAD;
	while (v.n > 0) {
		word = span_cut(v, ',', &v);
		if (span_is_nocase(word, "NEVER"))
			p->notify |= NOTIFY_NEVER;
		else if (span_is_nocase(word, "SUCCESS"))
			p->notify |= NOTIFY_SUCCESS;
		else if (span_is_nocase(word, "FAILURE"))
			p->notify |= NOTIFY_FAILURE;
		else if (span_is_nocase(word, "DELAY"))
			p->notify |= NOTIFY_DELAY;
		else
			return PARAM_BAD;
	}
	return p->notify & NOTIFY_NEVER && p->notify != NOTIFY_NEVER ? PARAM_BAD : PARAM_OK;
}

static enum param_error
take_orcpt(struct span v, void *ctx)
{
	struct rcpt_params *p = ctx;
	struct span address, kind = span_cut(v, ';', &address);

	p->orcpt = v;
	p->utf8 = utf8_any_8bit(address);
	if (v.n > ORCPT_BYTES || !xtext_is(kind))
		return PARAM_BAD;
	if (span_is_nocase(kind, "utf-8") && xtext_is_utf8_address(address))
		return PARAM_OK;
	return xtext_is(address) ? PARAM_OK : PARAM_BAD;
}

static const struct known mail_known[] = { { "SIZE", take_size }, { "BODY", take_body },
	{ "RET", take_ret }, { "ENVID", take_envid }, { "AUTH", take_auth },
	{ "SMTPUTF8", take_smtputf8 }, { NULL, NULL } };
static const struct known rcpt_known[] = { { "NOTIFY", take_notify }, { "ORCPT", take_orcpt },
	{ NULL, NULL } };

static enum param_error
one_param(struct span name, struct span value, const struct known *known, unsigned *seen, void *ctx)
{
	for (unsigned i = 0; known[i].name != NULL; i++) {
		if (!span_is_nocase(name, known[i].name))
			continue;
		if (*seen & 1u << i)
			return PARAM_BAD;
		*seen |= 1u << i;
		return known[i].take(value, ctx);
	}
	return PARAM_UNKNOWN;
}

static enum param_error
params(struct span s, const struct known *known, void *ctx, struct span *which)
{
	enum param_error e = PARAM_OK;
	unsigned seen = 0;

	if (s.n > 0 && s.p[0] != ' ' && s.p[0] != '\t') {
		*which = s;
		return PARAM_BAD;
	}
	for (;;) {
		struct span value, name;

		*which = span_word(s, &s);
		if (which->n == 0)
			return PARAM_OK;
		name = span_cut(*which, '=', &value);
		e = one_param(name, value, known, &seen, ctx);
		if (e != PARAM_OK)
			return e;
	}
}

enum param_error
mail_params_read(struct span s, struct mail_params *p, struct span *which)
{
	*p = (struct mail_params){ 0 };
	return params(s, mail_known, p, which);
}

enum param_error
rcpt_params_read(struct span s, struct rcpt_params *p, struct span *which)
{
	*p = (struct rcpt_params){ 0 };
	return params(s, rcpt_known, p, which);
}
