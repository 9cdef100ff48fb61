#include "kind.h"
#include "address_find.h"
#include "header.h"

#define HAS(s, list) has_any(s, list, sizeof(list) / sizeof((list)[0]))

static bool
has_any(struct span s, const char *const *words, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (span_find_nocase(s, words[i]) >= 0)
			return true;
	return false;
}

static const char *const failure_subjects[] = { "undeliver", "failure notice", "returned mail",
	"delivery fail", "delivery status notification", "delivery notification", "mail delivery",
	"could not be delivered", "non-delivery", "nondeliver", "not delivered",
	"returned to sender", "delivery error", "delivery problem", "delivery report",
	"failed mail", "mail failure", "message status", "bounce", "unzustellbar", "non remis",
	"non recapit", "rejected:", "mail could not", "delivery has failed", "user unknown",
	"permanent error", "mail system error", "nicht zugestellt", "no entregado", "undelivered",
	"failure delivery", "message delivery", "error sending", "message not delivered",
	"unable to deliver", "delivery status", "delivery attempt", "error sending your mail",
	"mail system error", "returning to sender", "loop alert", "are not member", "not a member",
	"rejected mail", "mail failed", "delivery warning", "message notification" };

static const char *const failure_words[] = { "could not be delivered", "couldn't be delivered",
	"failed permanently", "permanent error", "was not delivered", "undeliverable",
	"unable to deliver", "user unknown", "permanent fatal error", "did not reach",
	"delivery failed", "has been rejected", "was rejected", "delivery error",
	"not be delivered", "returned to you", "delivery failure", "no such user",
	"could not deliver", "cannot be delivered", "can't be delivered", "been unable to deliver",
	"unknown user", "had permanent", "error occurred while trying to deliver",
	"recipient(s) could not be reached", "wasn't able to deliver", "wasn't delivered",
	"were not delivered", "delivery to the following recipient", "giving up", "unknown local",
	"does not exist", "mailbox is full", "mailbox full", "over quota", "quota exceeded",
	"mail delivery failed", "mail rejected", "undelivered", "automatically rejected",
	"no fue entregado", "no pudo ser entregado", "nicht zugestellt", "not deliverable",
	"failed delivery", "has failed", "was an error delivering", "unable to relay",
	"message rejected", "has been returned", "unzustellbar", "given up", "n'a pas pu",
	"non ha potuto", "problem delivering", "had trouble", "bouncedRecipients",
	"address(es) failed", "unknown recipient", "invalid recipient", "user not found",
	"cannot deliver", "was undeliverable", "no longer valid", "invalid user",
	"no such recipient", "failed addresses", "had trouble delivering", "no valid recipients",
	"following addresses had", "recipients returned permanent", "was not accepted",
	"no mailbox", "user doesn't", "rejected by the", "error message below", "not a member",
	"duplicated message-id", "not a valid", "not deliver", "no such user", "unknown host" };

static const char *const warning_words[] = { "has not yet been delivered", "has been delayed",
	"will be retried", "still being retried", "will keep trying", "warning message only",
	"delivery is delayed", "delivery attempts will continue", "temporarily unable to deliver",
	"still undelivered", "not been delivered yet", "will continue to be made",
	"delivery of this message has been delayed", "do not need to resend",
	"don't need to resend", "message delayed", "no action is required on your part",
	"could not yet be delivered", "will try again", "will continue trying", "no need to resend",
	"not yet been delivered", "has been postponed", "continue to try to deliver",
	"a message is delayed", "advisory-only" };

static const char *const warning_subjects[] = { "warning: could not send",
	"warning--could not send", "warning: message", "delayed", "(delay)", "delay",
	"could not send message for past", "still being", "not yet", "delivery warning" };

static const char *const autoreply_subjects[] = { "out of office", "out of the office",
	"automatic reply", "auto-reply", "autoreply", "auto reply", "auto response", "autoresponse",
	"autoresponder", "vacation", "abwesenheit", "automatische antwort", "absence",
	"respuesta autom", "resposta autom", "risposta automatica", "fuori sede", "on holiday",
	"away from", "auto:", "automatically generated reply", "please confirm", "confirm your",
	"verify your email", "message awaiting", "ticket #", "[ticket", "challenge", "spam arrest",
	"boxbe", "away notice", "on leave", "automatyczna odp", "automatiska atbilde",
	"automaattinen", "autosvar", "automatisk svar", "automatisch", "r\xc3\xa9ponse automatique",
	"annual leave", "nicht im b", "frav\xc3\xa6r", "fr\xc3\xa5nvaro", "auto-antwort" };

static const char *const away_words[] = { "out of office", "out of the office", "on vacation",
	"on annual leave", "i am away", "away from the office", "automatic reply",
	"automated response", "automatically generated reply" };

enum { AWAY_BYTES = 1500 };

static bool
field_has(struct span header, const char *name, const char *word)
{
	struct header_field f;

	return header_find(header, name, &f) && span_find_nocase(f.value, word) >= 0;
}

static bool
says_auto_replied(struct span h)
{
	struct header_field f;

	return field_has(h, "Auto-Submitted", "auto-replied") ||
	       field_has(h, "Precedence", "auto_reply") ||
	       field_has(h, "Precedence", "auto-reply") || field_has(h, "X-Autoreply", "y") ||
	       header_find(h, "X-Autoreply-From", &f) || header_find(h, "X-Autorespond", &f) ||
	       header_find(h, "X-Autoresponder", &f) || header_find(h, "X-AutoReply-From", &f) ||
	       field_has(h, "Delivered-To", "autoresponder") ||
	       field_has(h, "X-Auto-Response-Suppress", "autoreply");
}

bool
kind_is_autoreply(const struct kind_clues *k)
{
	return HAS(k->subject, autoreply_subjects) || says_auto_replied(k->header);
}

bool
kind_is_warning(const struct kind_clues *k)
{
	static const char *const final[] = { "failed permanently", "permanent fatal error",
		"permanent error", "given up", "giving up", "could not be delivered for",
		"returned to you" };

	if (HAS(k->text, warning_words))
		return !HAS(k->text, final) || HAS(k->subject, warning_subjects);
	return HAS(k->subject, warning_subjects) && !HAS(k->text, final);
}

static bool
from_machine(const struct kind_clues *k)
{
	struct header_field f;

	if (address_is_daemon(k->from) || k->from.n == 0 ||
	    field_has(k->header, "From", "Mail Delivery S"))
		return true;
	if (header_find(k->header, "Return-Path", &f) &&
	    (span_is(span_trim(f.value), "<>") || span_find_nocase(f.value, "mailer-daemon") >= 0))
		return true;
	return header_find(k->header, "X-Failed-Recipients", &f);
}

enum kind
kind_guess(const struct kind_clues *k)
{
	bool subject = HAS(k->subject, failure_subjects), words = HAS(k->text, failure_words);
	bool machine = from_machine(k);

	if ((machine || subject || k->has_original) && kind_is_warning(k))
		return KIND_DELAYED;
	if ((subject && (words || machine)) || (machine && words && !kind_is_autoreply(k)))
		return KIND_BOUNCE;
	if (kind_is_autoreply(k))
		return KIND_AUTOREPLY;
	if ((words || address_is_daemon(k->from)) && k->has_original)
		return KIND_BOUNCE;
	if (!machine && k->text.n < AWAY_BYTES && HAS(k->text, away_words))
		return KIND_AUTOREPLY;
	return KIND_OTHER;
}
