#include "house_conf.h"

#include <string.h>

enum { HEADER_RULES_MOST = 32 }; /* FIELDS_RULES_MAX of trackd-rewrite */

const struct conf_setting house_settings[] = {
	{ .name = "hostname",
	    .type = CONF_DOMAIN,
	    .def = "localhost.localdomain",
	    .restart = false,
	    .help = "The name this relay greets with and signs its Received lines with." },
	{ .name = "node",
	    .type = CONF_NUMBER,
	    .def = "0",
	    .max = 65535,
	    .restart = true,
	    .help = "Number of this machine among several; part of every message id." },
	{ .name = "uid-base",
	    .type = CONF_NUMBER,
	    .def = "0",
	    .max = 4000000000,
	    .restart = true,
	    .help = "Run the roles under the uids from this number on, without accounts; 0 uses "
		    "the users "
		    "that posthouse setup makes." },
	{ .name = "workers",
	    .type = CONF_NUMBER,
	    .def = "0",
	    .max = 64,
	    .restart = true,
	    .help = "Workers of each role that has one a core; 0 takes the number of cores." },
	{ .name = "spool",
	    .type = CONF_PATH,
	    .def = "/var/spool/posthouse",
	    .restart = true,
	    .help = "Folder of the queue." },
	{ .name = "state",
	    .type = CONF_PATH,
	    .def = "/var/lib/posthouse",
	    .restart = true,
	    .help = "Folder of the suppression list, the counters and accepted configurations." },
	{ .name = "run",
	    .type = CONF_PATH,
	    .def = "/run/posthouse",
	    .restart = true,
	    .help =
		"Folder of the pid file, the control sockets and the empty root of the roles." },
	{ .name = "events",
	    .type = CONF_PATH,
	    .def = "/var/log/posthouse/events",
	    .restart = true,
	    .help = "Folder of the event files." },
	{ .name = "keys",
	    .type = CONF_PATH,
	    .def = "keys",
	    .help =
		"Folder of keys: dkim/TENANT/DOMAIN/SELECTOR.pem, tracking.key and bounce.key." },
	{ .name = "users",
	    .type = CONF_PATH,
	    .def = "users",
	    .help = "File of logins, written by posthouse user; read again at a reload." },
	{ .name = "log",
	    .type = CONF_STRING,
	    .def = "/var/log/posthouse/posthouse.log",
	    .restart = true,
	    .help = "File of the log, or stderr." },
	{ .name = "log-level",
	    .type = CONF_CHOICE,
	    .def = "info",
	    .choices = "debug info warn error",
	    .help = "Least level that is logged." },
	{ .name = "feedback-address",
	    .type = CONF_STRING,
	    .list = true,
	    .help =
		"Addresses for complaint reports of providers and bounces without a token; taken "
		"from anybody and read by bouncd." },
	{ .name = "postmaster",
	    .type = CONF_STRING,
	    .help =
		"Address that mail to postmaster and abuse at the relay's own names goes to; where "
		"unset, postmaster at the first accept domain, and without one it is refused." },
	{ .name = "origin",
	    .type = CONF_DOMAIN,
	    .help =
		"Domain that sendmail(1) completes addresses with that have none, such as root; "
		"hostname where unset. A tenant that sends so must have it among its domains." },
	{ .name = "alias",
	    .type = CONF_STRING,
	    .list = true,
	    .help = "Names, then the address at which people read their mail, as in \"alias root "
		    "postmaster abuse ops@example.com\". It is for these names at hostname and "
		    "origin, in mail of a tenant; strangers reach postmaster and abuse alone." },
	{ .name = "stop-deadline",
	    .type = CONF_DURATION,
	    .def = "30s",
	    .min = 1,
	    .max = 3600,
	    .help = "Time that running transactions have to end at a stop or a reload." },
	{ .name = "silence",
	    .type = CONF_DURATION,
	    .def = "60s",
	    .min = 5,
	    .max = 3600,
	    .restart = true,
	    .help = "A role that does not answer the master for this long is killed and started "
		    "anew." },
	{ .name = NULL },
};

static const struct conf_setting tenant_settings[] = {
	{ .name = "domain",
	    .type = CONF_DOMAIN,
	    .list = true,
	    .help = "Domains the tenant may send as, in MAIL FROM and in From; subdomains need "
		    "their own line." },
	{ .name = "allow",
	    .type = CONF_NETWORK,
	    .list = true,
	    .help = "Client networks that are this tenant without a login." },
	{ .name = "bounce-domain",
	    .type = CONF_DOMAIN,
	    .help = "Bounces of this tenant's mail come back to signed addresses at this domain; "
		    "it then gets events "
		    "instead of bounce messages." },
	{ .name = "track",
	    .type = CONF_STRING,
	    .list = true,
	    .help = "What is rewritten: clicks (the links of HTML), opens (a pixel in HTML), text "
		    "(the links of plain text)." },
	{ .name = "link-trap",
	    .type = CONF_BOOL,
	    .def = "no",
	    .help = "Beside the pixel put a link that no person sees: whoever follows it is a "
		    "machine, with all that it visits." },
	{ .name = "tracking-url",
	    .type = CONF_STRING,
	    .help = "Address the rewritten links begin with; the one of the tracking block where "
		    "unset." },
	{ .name = "sign",
	    .type = CONF_BOOL,
	    .def = "yes",
	    .help = "Sign with DKIM where a key of the From domain is there." },
	{ .name = "dkim-canonical",
	    .type = CONF_CHOICE,
	    .def = "relaxed/relaxed",
	    .choices = "relaxed/relaxed relaxed/simple simple/relaxed simple/simple",
	    .help = "What a signature overlooks in header and body: relaxed, changes of white "
		    "space; simple, nothing." },
	{ .name = "dkim-field",
	    .type = CONF_STRING,
	    .list = true,
	    .help =
		"Names of further fields that signatures cover, beside those trackd(8) lists." },
	{ .name = "dkim-oversign",
	    .type = CONF_CHOICE,
	    .def = "usual",
	    .choices = "none usual all",
	    .help = "Of which fields a signature forbids that one more is added: those trackd(8) "
		    "lists, all it covers, or none." },
	{ .name = "dkim-expire",
	    .type = CONF_DURATION,
	    .def = "0",
	    .max = 31536000,
	    .help = "Age beyond which a signature counts no more (x=), against mail that is sent "
		    "again and again by others; 0: it does not expire." },
	{ .name = "unsubscribe",
	    .type = CONF_CHOICE,
	    .def = "campaigns",
	    .choices = "never campaigns always",
	    .help = "Which mail gets List-Unsubscribe and List-Unsubscribe-Post (RFC 8058) where "
		    "its sender "
		    "wrote none: mail that names a campaign, all, or none. Needs a tracking-url, "
		    "for the second of https." },
	{ .name = "brand",
	    .type = CONF_STRING,
	    .help = "Name by which people know the tenant, on the page where they unsubscribe; its "
		    "first domain where unset." },
	{ .name = "feedback-id",
	    .type = CONF_STRING,
	    .help = "Last part of the Feedback-ID field, by which Gmail counts complaints: 5 to 15 "
		    "letters; none is added where unset." },
	{ .name = "header-add",
	    .type = CONF_STRING,
	    .list = true,
	    .help = "Fields, each \"Name: value\", that stand in front of every mail sent that has "
		    "none of that name." },
	{ .name = "header-drop",
	    .type = CONF_STRING,
	    .list = true,
	    .help = "Names of fields that are left out of every mail sent; header-add may put "
		    "others in their place." },
	{ .name = "stream",
	    .type = CONF_STRING,
	    .help = "Stream block that says how long and how often to retry." },
	{ .name = "notify-sender",
	    .type = CONF_BOOL,
	    .def = "yes",
	    .help = "Send the sender a bounce message when a recipient is given up, and what "
		    "NOTIFY asks "
		    "for; no: never, whatever NOTIFY says." },
	{ .name = "notify-digest",
	    .type = CONF_DURATION,
	    .def = "0",
	    .max = 86400,
	    .help =
		"Gather the failures of one sender for so long into one bounce message; 0: one for "
		"each message." },
	{ .name = "suppress-at-rcpt",
	    .type = CONF_BOOL,
	    .def = "no",
	    .help = "Refuse suppressed recipients at RCPT instead of taking and dropping them with "
		    "an event." },
	{ .name = "feedback-address",
	    .type = CONF_STRING,
	    .list = true,
	    .help =
		"Addresses for complaint reports of providers about this tenant's mail, as at the "
		"top of the file." },
	{ .name = "replies",
	    .type = CONF_STRING,
	    .help = "Where mail goes that people write to a bounce address; without it there is an "
		    "event and no more." },
	{ .name = "unsubscribe-scope",
	    .type = CONF_CHOICE,
	    .def = "tenant",
	    .choices = "tenant campaign",
	    .help = "What an unsubscribe ends, on the web or by mail: all mail of this tenant, or "
		    "that of the campaign it came with." },
	{ .name = "gate",
	    .type = CONF_CHOICE,
	    .def = "off",
	    .choices = "off warn refuse",
	    .help =
		"What bulk mail meets that has no DKIM key of the domain in From, or no "
		"one-click unsubscribe (RFC 8058) that the signature covers: nothing, a line in "
		"the "
		"log, or 550 5.7.1 after its content, naming what it lacks. With refuse, "
		"suppressed "
		"recipients are refused at RCPT too, as with suppress-at-rcpt. Bulk is mail with "
		"X-Posthouse-Campaign, List-Unsubscribe, List-Id or Precedence bulk or list, or of "
		"gate-recipients." },
	{ .name = "gate-recipients",
	    .type = CONF_NUMBER,
	    .def = "20",
	    .min = 2,
	    .max = 1000000,
	    .help = "Recipients of one message from which on it counts as bulk at the gate." },
	{ .name = "weight",
	    .type = CONF_NUMBER,
	    .def = "1",
	    .min = 1,
	    .max = 1000,
	    .help = "Share of a lane compared with other tenants'." },
	/* Where providers pause a sender themselves: Amazon SES reviews at 5 % hard bounces and pauses at 10 %
	 * (docs.aws.amazon.com/ses, "Sending review process FAQs"). */
	{ .name = "pause-bounces",
	    .type = CONF_STRING,
	    .def = "10%",
	    .help = "Share of hard bounces, at once or late, of the last 24 hours above which the "
		    "tenant "
		    "is paused until an operator releases it; 0: never." },
	/* Google's and Yahoo's rules for bulk senders: stay below 0.1 %, never reach 0.3 %
	 * (support.google.com/mail/answer/81126); Amazon SES pauses at 0.5 %. */
	{ .name = "pause-complaints",
	    .type = CONF_STRING,
	    .def = "0.3%",
	    .help = "Share of complaints of what was delivered in the last 24 hours above which "
		    "the tenant is "
		    "paused; 0: never." },
	{ .name = "pause-least",
	    .type = CONF_NUMBER,
	    .def = "500",
	    .min = 1,
	    .max = 1000000000,
	    .help = "Deliveries that must have ended in the last 24 hours before a share counts." },
	{ .name = "pause-least-complaints",
	    .type = CONF_NUMBER,
	    .def = "5",
	    .min = 1,
	    .max = 1000000000,
	    .help = "Complaints that must have come before their share counts." },
	{ .name = "when-paused",
	    .type = CONF_CHOICE,
	    .def = "wait",
	    .choices = "wait refuse",
	    .help = "What new mail of a paused tenant meets: it is taken and waits, or MAIL is "
		    "answered 450." },
	{ .name = NULL },
};

enum unsubscribe_links
unsubscribe_links(const struct conf_block *tenant)
{
	struct span word = span_str(conf_str(tenant, "unsubscribe"));

	return span_is(word, "always")      ? UNSUBSCRIBE_ALWAYS
	       : span_is(word, "campaigns") ? UNSUBSCRIBE_CAMPAIGNS
					    : UNSUBSCRIBE_NEVER;
}

bool
unsubscribe_is_wanted(enum unsubscribe_links links, struct span campaign)
{
	return links == UNSUBSCRIBE_ALWAYS || (links == UNSUBSCRIBE_CAMPAIGNS && campaign.n > 0);
}

bool
unsubscribe_ends_campaign(const struct conf_block *tenant, struct span campaign)
{
	return tenant != NULL && campaign.n > 0 &&
	       strcmp(conf_str(tenant, "unsubscribe-scope"), "campaign") == 0;
}

int
house_share(struct span s, uint32_t *out)
{
	struct span fraction, whole;
	uint64_t n, thousandths = 0;

	if (s.n > 0 && s.p[s.n - 1] == '%')
		s.n--;
	whole = span_cut(s, '.', &fraction);
	if (whole.n == 0 || fraction.n > 3 || span_u64(whole, 100, &n) == -1 ||
	    (fraction.n > 0 && span_u64(fraction, 999, &thousandths) == -1))
		return -1;
	for (size_t i = fraction.n; i < 3; i++)
		thousandths *= 10;
	*out = (uint32_t)(n * 1000 + thousandths);
	return *out > 100 * 1000 ? -1 : 0;
}

static void
share_check(struct conf *conf, const struct conf_block *tenant, const char *setting)
{
	const char *text = conf_str(tenant, setting);
	struct span s = span_str(text);
	uint32_t share;

	if (house_share(s, &share) == -1)
		conf_complain(conf, tenant, setting,
		    "\"%s\" is not a share\nwrite one such as 10%% or 0.3%%, or 0 for never", text);
	else if (share > 0 && s.p[s.n - 1] != '%')
		conf_complain(conf, tenant, setting,
		    "\"%s\" is a share without %%\nwrite %s%%, or 0 for never", text, text);
}

/* Fields that mail cannot do without, or that say where it came from, stay. */
static bool
may_drop(struct span name)
{
	static const char *const kept[] = { "From", "Date", "Message-ID", "Received",
		"DKIM-Signature", "MIME-Version", "Content-Type", "Content-Transfer-Encoding" };

	for (size_t i = 0; i < sizeof(kept) / sizeof(kept[0]); i++)
		if (span_is_nocase(name, kept[i]))
			return false;
	return name.n > 0 && span_find(name, ':') < 0 && span_find(name, ' ') < 0;
}

static bool
is_field(struct span s)
{
	ptrdiff_t colon = span_find(s, ':');

	for (size_t i = 0; i < s.n; i++)
		if ((unsigned char)s.p[i] < ' ' || (unsigned char)s.p[i] > 126 ||
		    ((ptrdiff_t)i < colon && s.p[i] == ' '))
			return false;
	return colon > 0 && s.n < 900;
}

static void
headers_check(struct conf *conf, const struct conf_block *tenant)
{
	static const char *const rules[] = { "header-add", "header-drop" };
	struct span s;

	for (size_t i = 0; i < conf_count(tenant, "header-add"); i++)
		if (!is_field(s = span_str(conf_str_at(tenant, "header-add", i))))
			conf_complain(conf, tenant, "header-add",
			    "\"%.*s\" is no field: write \"Name: value\", ASCII, on one line",
			    SPAN(s));
	for (size_t i = 0; i < conf_count(tenant, "header-drop"); i++)
		if (!may_drop(s = span_str(conf_str_at(tenant, "header-drop", i))))
			conf_complain(conf, tenant, "header-drop",
			    "\"%.*s\" is no name of a field that can be left out", SPAN(s));
	for (size_t i = 0; i < 2; i++)
		if (conf_count(tenant, rules[i]) > HEADER_RULES_MOST)
			conf_complain(conf, tenant, rules[i],
			    "more than %d of them\neach is looked for in every message: leave some "
			    "out",
			    HEADER_RULES_MOST);
	s = span_str(conf_str(tenant, "feedback-id"));
	if (s.n > 0 && (s.n < 5 || s.n > 15 || span_find(s, ':') >= 0 || span_find(s, ' ') >= 0))
		conf_complain(conf, tenant, "feedback-id",
		    "\"%.*s\" has not 5 to 15 letters, or a colon or space", SPAN(s));
}

/* RFC 6376 5.4.1: relays change these, or put more of them in front. */
static bool
may_sign(struct span name)
{
	static const char *const never[] = { "Return-Path", "Received", "Comments", "Keywords",
		"DKIM-Signature", "Authentication-Results", "Bcc" };

	for (size_t i = 0; i < sizeof(never) / sizeof(never[0]); i++)
		if (span_is_nocase(name, never[i]))
			return false;
	for (size_t i = 0; i < name.n; i++)
		if (name.p[i] <= ' ' || name.p[i] > 126 || name.p[i] == ':' || name.p[i] == ';')
			return false;
	return name.n > 0 && name.n < 70;
}

static void
dkim_check(struct conf *conf, const struct conf_block *tenant)
{
	for (size_t i = 0; i < conf_count(tenant, "dkim-field"); i++)
		if (!may_sign(span_str(conf_str_at(tenant, "dkim-field", i))))
			conf_complain(conf, tenant, "dkim-field",
			    "\"%s\" is no name of a field that can be signed",
			    conf_str_at(tenant, "dkim-field", i));
	if (conf_count(tenant, "dkim-field") > 32)
		conf_complain(conf, tenant, "dkim-field", "more than 32 fields");
}

static void
track_check(struct conf *conf, const struct conf_block *tenant)
{
	for (size_t i = 0; i < conf_count(tenant, "track"); i++) {
		struct span word = span_str(conf_str_at(tenant, "track", i));

		if (!span_is(word, "clicks") && !span_is(word, "opens") && !span_is(word, "text"))
			conf_complain(conf, tenant, "track",
			    "\"%.*s\" is none of clicks, opens and text", SPAN(word));
	}
}

bool
conf_is_mailbox(struct span address)
{
	ptrdiff_t at = span_find_last(address, '@');

	return at > 0 && (size_t)at + 1 < address.n && span_find(address, ' ') < 0;
}

static void
replies_check(struct conf *conf, const struct conf_block *tenant)
{
	struct span to = span_str(conf_str(tenant, "replies"));

	if (to.n > 0 && !conf_is_mailbox(to))
		conf_complain(conf, tenant, "replies", "\"%.*s\" is no address", SPAN(to));
}

static void
tenant_check(struct conf *conf, const struct conf_block *tenant)
{
	track_check(conf, tenant);
	headers_check(conf, tenant);
	dkim_check(conf, tenant);
	house_feedback_check(conf, tenant);
	replies_check(conf, tenant);
	share_check(conf, tenant, "pause-bounces");
	share_check(conf, tenant, "pause-complaints");
	house_allow_check(conf, tenant);
}

const struct conf_table tenant_table = {
	.name = "tenant",
	.named = true,
	.help = "A business that sends through this relay.",
	.settings = tenant_settings,
	.check = tenant_check,
};
