#include "check.h"
#include "buf.h"
#include "spf.h"

#include <string.h>
#include <sys/socket.h>

enum { RECORD_BYTES = 8 * 1024, SPF_MEMORY = 16 * 1024 * 1024 };

/* ---- SPF ---- */

/* The record with our addresses in front, since the first match counts; a new one where there is none. */
static struct span
spf_wanted(struct check *c, struct span record)
{
	struct buf b;
	struct span line, rest = record.n > 6 ? span_from(record, 6) : SPAN_LIT(" -all");

	buf_init(&b, RECORD_BYTES);
	buf_str(&b, "v=spf1");
	for (unsigned i = 0; i < c->sources_n; i++)
		buf_printf(&b, " %s:%s", c->sources[i].address.family == AF_INET ? "ip4" : "ip6",
		    c->sources[i].text);
	buf_span(&b, rest);
	line = check_txt_line(c, c->bounce, buf_all(&b));
	buf_free(&b);
	return line;
}

static void
spf_tell(struct check *c, const struct check_source *s, const struct spf_answer *a)
{
	if (a->result == SPF_PASS)
		report(c->report, CHECK_PASS, "spf", "%.*s permits %s (%u of %d lookups)",
		    SPAN(c->bounce), s->text, a->lookups, SPF_LOOKUPS_MAX);
	else if (a->result == SPF_TEMPERROR)
		report(c->report, CHECK_FAIL, "spf", "%.*s: DNS does not answer: %s",
		    SPAN(c->bounce), a->why);
	else if (a->result == SPF_PERMERROR)
		report(c->report, CHECK_FAIL, "spf",
		    "the record of %.*s is wrong, so nobody can follow it: %s", SPAN(c->bounce),
		    a->why);
	else if (a->result == SPF_NONE)
		report_with(c->report, CHECK_FAIL, "spf", spf_wanted(c, a->record),
		    "%.*s, the domain of MAIL FROM, has no SPF record; publish", SPAN(c->bounce));
	else
		report_with(c->report, CHECK_FAIL, "spf", spf_wanted(c, a->record),
		    "%.*s does not permit %s: %s; publish instead", SPAN(c->bounce), s->text,
		    spf_word(a->result));
}

void
check_spf(struct check *c)
{
	for (unsigned i = 0; i < c->sources_n; i++) {
		const struct check_source *s = &c->sources[i];
		struct spf_question q = { .ip = s->address,
			.sender =
			    span_str(arena_printf(c->arena, "postmaster@%.*s", SPAN(c->bounce))),
			.helo = s->ehlo,
			.ask = lookup_ask,
			.ctx = c->lookup,
			.arena = arena_new(SPF_MEMORY) };
		struct spf_answer a;

		spf_check(&q, c->bounce, &a);
		spf_tell(c, s, &a);
		arena_free(q.arena);
	}
}

/* ---- DMARC ---- */

/* How many there are at _dmarc.domain; the last in *txt. -1: no answer. */
static int
dmarc_at(struct check *c, struct span domain, struct span *txt)
{
	struct answer a;
	int n = 0;

	check_ask(c, span_str(arena_printf(c->arena, "_dmarc.%.*s", SPAN(domain))), ANSWER_TXT, &a);
	for (unsigned i = 0; i < a.n; i++)
		if (dmarc_is(a.at[i].data)) {
			*txt = a.at[i].data;
			n++;
		}
	return a.status == ANSWER_FAILED ? -1 : n;
}

static void
alignment(struct check *c, const struct dmarc_record *d)
{
	const char *how = d->strict_spf ? "strictly" : "relaxed";

	if (c->signs.n > 0 && dmarc_aligned(c->suffixes, c->domain, c->signs, d->strict_dkim))
		report(c->report, CHECK_PASS, "dmarc", "d=%.*s of our signatures aligns with From",
		    SPAN(c->signs));
	else if (c->signs.n > 0)
		report_with(c->report, CHECK_FAIL, "dmarc",
		    span_str(arena_printf(c->arena, "posthouse dkim new %s %.*s",
			conf_name(c->tenant), SPAN(c->domain))),
		    "d=%.*s of our signatures is above the domain in From, and adkim=s asks for "
		    "that itself; make a key of it with",
		    SPAN(c->signs));
	if (dmarc_aligned(c->suffixes, c->domain, c->bounce, d->strict_spf))
		report(c->report, CHECK_PASS, "dmarc", "%.*s of MAIL FROM aligns with From (%s)",
		    SPAN(c->bounce), how);
	else
		report(c->report, CHECK_WARN, "dmarc",
		    "%.*s of MAIL FROM does not align with From (%s), so SPF does not count for "
		    "DMARC: set a bounce-domain %s %.*s",
		    SPAN(c->bounce), how, d->strict_spf ? "that is" : "below", SPAN(c->domain));
}

static void
dmarc_tell(struct check *c, struct span at, struct span txt)
{
	static const char *const policies[] = { "none", "quarantine", "reject" };
	struct dmarc_record d;
	bool below = !span_eq(at, c->domain);

	if (dmarc_read(txt, &d) == -1) {
		report(c->report, CHECK_FAIL, "dmarc",
		    "the record at _dmarc.%.*s cannot be read: %.*s", SPAN(at),
		    SPAN(span_first(txt, 200)));
		return;
	}
	if (d.instead != NULL)
		report(c->report, CHECK_WARN, "dmarc",
		    "_dmarc.%.*s counts as p=none, because %s (RFC 7489 6.6.3): %.*s", SPAN(at),
		    d.instead, SPAN(span_first(txt, 200)));
	report(c->report, CHECK_PASS, "dmarc", "_dmarc.%.*s asks for %s%s", SPAN(at),
	    policies[below ? d.subdomains : d.policy],
	    d.rua.n == 0 ? " (without rua= nobody tells how it goes)" : "");
	alignment(c, &d);
}

void
check_dmarc(struct check *c)
{
	struct span at = c->domain, org = suffixes_organisation(c->suffixes, c->domain), txt;
	int n = dmarc_at(c, at, &txt);

	if (n == 0 && !span_eq(org, at)) {
		at = org;
		n = dmarc_at(c, at, &txt);
	}
	if (n == 1)
		dmarc_tell(c, at, txt);
	else if (n > 1)
		report(c->report, CHECK_FAIL, "dmarc",
		    "_dmarc.%.*s has %d records where one may be", SPAN(at), n);
	else if (n == -1)
		report(
		    c->report, CHECK_FAIL, "dmarc", "_dmarc.%.*s: DNS does not answer", SPAN(at));
	else
		report_with(c->report, CHECK_FAIL, "dmarc",
		    check_txt_line(c,
			span_str(arena_printf(c->arena, "_dmarc.%.*s", SPAN(c->domain))),
			span_str(arena_printf(c->arena,
			    "v=DMARC1; p=none; rua=mailto:postmaster@%.*s", SPAN(c->domain)))),
		    "%.*s has no DMARC record, which large providers ask of bulk senders; publish",
		    SPAN(c->domain));
}

/* ---- MX of the bounce domain ---- */

static struct span
mx_wanted(struct check *c)
{
	return span_str(
	    arena_printf(c->arena, "%.*s. IN MX 10 %.*s.", SPAN(c->bounce), SPAN(c->hostname)));
}

/* By name, or by an address mail leaves from. */
static bool
is_us(struct check *c, struct span host)
{
	if (span_eq_nocase(host, c->hostname))
		return true;
	for (unsigned i = 0; i < c->sources_n; i++)
		if (check_leads_to(c, host, &c->sources[i].address))
			return true;
	return false;
}

/* True: it leads somewhere, and here. */
static bool
mx_host(struct check *c, struct span host, bool *ours)
{
	struct answer a4, a6;

	check_ask(c, host, ANSWER_A, &a4);
	check_ask(c, host, ANSWER_AAAA, &a6);
	if (a4.alias || a6.alias)
		report(c->report, CHECK_FAIL, "mx",
		    "%.*s, an MX of %.*s, is a CNAME, which it may not be (RFC 5321 5.1)",
		    SPAN(host), SPAN(c->bounce));
	else if (a4.n + a6.n == 0)
		report(c->report, CHECK_FAIL, "mx", "%.*s, an MX of %.*s, has no address",
		    SPAN(host), SPAN(c->bounce));
	else {
		*ours = *ours || is_us(c, host);
		return true;
	}
	return false;
}

static void
mx_hosts(struct check *c, const struct answer *mx)
{
	bool ours = false, good = true;

	for (unsigned i = 0; i < mx->n; i++)
		good = mx_host(c, mx->at[i].data, &ours) && good;
	if (good && ours)
		report(c->report, CHECK_PASS, "mx", "mail for %.*s comes to this relay",
		    SPAN(c->bounce));
	else if (good)
		report_with(c->report, CHECK_WARN, "mx", mx_wanted(c),
		    "no MX of %.*s is this relay, %.*s; unless one passes bounces on, publish",
		    SPAN(c->bounce), SPAN(c->hostname));
}

void
check_mx(struct check *c)
{
	struct answer mx;

	if (!conf_is_set(c->tenant, "bounce-domain"))
		report(c->report, CHECK_WARN, "mx",
		    "tenant %s has no bounce-domain: late bounces go to the senders, and nothing "
		    "is "
		    "learned from them",
		    conf_name(c->tenant));
	check_ask(c, c->bounce, ANSWER_MX, &mx);
	if (mx.status == ANSWER_FAILED)
		report(c->report, CHECK_FAIL, "mx", "%.*s: DNS does not answer", SPAN(c->bounce));
	else if (mx.alias)
		report_with(c->report, CHECK_FAIL, "mx", mx_wanted(c),
		    "%.*s is a CNAME; a domain in mail addresses should not be; publish instead",
		    SPAN(c->bounce));
	else if (mx.n == 0)
		report_with(c->report, CHECK_FAIL, "mx", mx_wanted(c), "%.*s has no MX; publish",
		    SPAN(c->bounce));
	else if (mx.n == 1 && mx.at[0].data.n == 0)
		report_with(c->report, CHECK_FAIL, "mx", mx_wanted(c),
		    "%.*s has a null MX: it takes no mail, so many refuse its mail too; publish "
		    "instead",
		    SPAN(c->bounce));
	else
		mx_hosts(c, &mx);
}
