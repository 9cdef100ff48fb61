#include "notice_words.h"

static const struct notice_words words[] = {
	[CATEGORY_NONE] = { "the recipient's server did not take it",
	    "What it said may tell you more." },
	[CATEGORY_BAD_MAILBOX] = { "there is no such mailbox",
	    "Please check the address for typing errors." },
	[CATEGORY_BAD_DOMAIN] = { "the domain of the address does not exist or takes no mail",
	    "Please check what stands behind the @ for typing errors." },
	[CATEGORY_INACTIVE] = { "the mailbox is closed or disabled",
	    "Please reach the recipient another way." },
	[CATEGORY_MOVED] = { "the recipient has moved",
	    "Please ask the recipient for the new address." },
	[CATEGORY_NOT_ACCEPTING] = { "the domain takes no mail at all",
	    "Please reach the recipient another way." },
	[CATEGORY_MAILBOX_FULL] = { "the recipient's mailbox is full",
	    "Please try again in some days." },
	[CATEGORY_TOO_LARGE] = { "the message is too large",
	    "Please send it again without large attachments." },
	[CATEGORY_POLICY] = { "the recipient's server refuses it by one of its rules",
	    "What it said may tell which one; the recipient's postmaster knows more." },
	[CATEGORY_SPAM_CONTENT] = { "the recipient's server takes it for spam",
	    "Please change its contents, or ask the recipient to allow your address." },
	[CATEGORY_VIRUS] = { "the recipient's server found malware in it",
	    "Please check your computer and the attachments." },
	[CATEGORY_BLOCKED_SOURCE] = { "the recipient's server takes no mail from our network now",
	    "Our administrators see this too; please try again later." },
	[CATEGORY_AUTH_FAILURE] = { "it did not pass the authentication checks of the recipient's "
				    "server",
	    "Please tell the administrator of your domain (SPF, DKIM, DMARC)." },
	[CATEGORY_BAD_SENDER] = { "the recipient's server does not accept the sender's address",
	    "Please check the address you send from." },
	[CATEGORY_RATE_LIMITED] = { "the recipient's server was given too much mail at once",
	    "Please try again later." },
	[CATEGORY_GREYLISTED] = { "the recipient's server asks unknown senders to come again later",
	    "Please send it again." },
	[CATEGORY_NETWORK] = { "the recipient's server could not be reached",
	    "Please try again later." },
	[CATEGORY_TLS] = { "no secure connection to the recipient's server could be made",
	    "Please tell the recipient's postmaster; their server's certificate or settings are "
	    "wrong." },
	[CATEGORY_RELAY_DENIED] = { "the server asked does not take mail for this address",
	    "Please check the address; its domain may be set up wrongly." },
	[CATEGORY_PROTOCOL] = { "the recipient's server finds a fault in the form of the message",
	    "Please send it again from another program, or tell your administrator." },
	[CATEGORY_SYSTEM] = { "the recipient's server has a fault of its own",
	    "Please try again later." },
	[CATEGORY_EXPIRED] = { "the recipient's server did not take it in all the time we tried",
	    "Please try again later." },
	[CATEGORY_OTHER] = { "the recipient's server did not take it",
	    "What it said may tell you more." },
};

/* The last two numbers of a status, whatever its class. */
static const struct {
	const char *status;
	struct notice_words words;
} special[] = {
	{ ".6.7", { "the recipient's server takes neither addresses nor headers with characters "
		    "beyond ASCII",
		      "Please use an address in plain letters, if the recipient has one." } },
	{ ".4.6", { "mail for this address goes round in circles",
		      "Please tell the recipient another way: their domain is set up wrongly." } },
	{ ".1.10",
	    { "the domain takes no mail at all", "Please check what stands behind the @." } },
};

const struct notice_words *
notice_words_of(enum category c, struct span status)
{
	struct span detail = span_from(status, 1);

	for (size_t i = 0; i < sizeof(special) / sizeof(special[0]); i++)
		if (span_is(detail, special[i].status))
			return &special[i].words;
	return &words[c];
}
