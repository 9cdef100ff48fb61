#include "kind.h"
#include "address_find.h"
#include "folded.h"
#include "header.h"
#include "phrases.h"
#include "signs.h"

enum {
	AWAY_BYTES = 3000, /* a vacation notice is a short letter */
	SHORT_BYTES = 800,
	OWN_WORDS_BYTES = 400, /* who asks out in a letter says so at its beginning */
	OWN_LOOK_BYTES = 2000,
	OPT_OUT_BYTES = 40,      /* "unsubscribe me please" */
	REPLY_LOOK_BYTES = 32768 /* a server's reply stands near the beginning */
};

/* Of what stands at i, behind no letter or digit: "550 5.1.1 ...", "(#5.1.1)", "<<< 450 4.2.0". '4', '5', or 0: nothing. */
static char
reply_at(struct span s, size_t i)
{
	struct span at = span_from(s, i);
	struct status st;

	if (at.n < 6 || (at.p[0] != '4' && at.p[0] != '5'))
		return 0;
	if (i > 0 && (s.p[i - 1] == '.' || (s.p[i - 1] >= '0' && s.p[i - 1] <= '9') ||
			 ((s.p[i - 1] | 32) >= 'a' && (s.p[i - 1] | 32) <= 'z')))
		return 0;
	if (at.p[1] == '.')
		return status_at(at, &st, NULL) ? at.p[0] : 0;
	if (at.p[1] < '0' || at.p[1] > '7' || at.p[2] < '0' || at.p[2] > '9')
		return 0;
	return (at.p[3] == ' ' || at.p[3] == '-') && at.p[4] == at.p[0] && at.p[5] == '.' ? at.p[0]
											  : 0;
}

static void
look_for_replies(struct kind_clues *k)
{
	struct span s = span_first(k->text, REPLY_LOOK_BYTES);

	for (size_t i = 0; i < s.n; i++) {
		char class = reply_at(s, i);
		k->has_reply |= class != 0;
		k->has_final_reply |= class == '5';
	}
}

/* The text before the letter that is answered. */
static struct span
own_words(struct span text)
{
	static const char *const quotes[] = { "\n>", "\n-----", "\n____", "wrote:", "schrieb",
		"a \303\251crit", "escribi\xc3\xb3:", "ha scritto:", "escreveu:" };

	text = span_first(text, OWN_LOOK_BYTES);
	for (size_t i = 0; i < sizeof(quotes) / sizeof(quotes[0]); i++) {
		ptrdiff_t at = span_find_nocase(text, quotes[i]);
		if (at >= 0)
			text = span_first(text, (size_t)at);
	}
	return text;
}

void
kind_read(struct kind_clues *k, struct arena *a)
{
	k->signs = signs_of(k->header);
	k->own = own_words(k->text);
	k->own_says = phrases_say(folded(k->own, a), IN_TEXT);
	k->subject_says = phrases_say(folded(k->subject, a), IN_SUBJECT);
	k->text_says = phrases_say(folded(k->text, a), IN_TEXT);
	look_for_replies(k);
}

static unsigned
says(const struct kind_clues *k)
{
	return k->subject_says | k->text_says;
}

static bool
from_nobody(const struct kind_clues *k)
{
	struct header_field f;

	return header_find(k->header, "Return-Path", &f) && span_is(span_trim(f.value), "<>");
}

/* What only a mail system's own reports have. */
static bool
is_reporter(const struct kind_clues *k)
{
	return address_is_daemon(k->from) || (k->signs & SIGN_REPORTER);
}

static bool
is_machine(const struct kind_clues *k)
{
	return is_reporter(k) || k->from.n == 0 || from_nobody(k);
}

bool
kind_is_answer(const struct kind_clues *k)
{
	static const char *const starts[] = { "re:", "aw:", "sv:", "vs:", "odp:", "antw:", "re :" };

	for (size_t i = 0; i < sizeof(starts) / sizeof(starts[0]); i++)
		if (span_starts_nocase(k->subject, starts[i]))
			return true;
	return false;
}

static bool
is_answer(const struct kind_clues *k)
{
	return kind_is_answer(k) || (k->signs & SIGN_ANSWER);
}

static bool
is_challenge(const struct kind_clues *k)
{
	return (k->signs & SIGN_CHALLENGE) || (says(k) & SAYS_CHALLENGE);
}

/* Words that any shop's mail has are no receipt by themselves: it answers something, or says that a program wrote it. */
static bool
is_ticket(const struct kind_clues *k)
{
	bool subject = k->subject_says & SAYS_TICKET, text = k->text_says & SAYS_TICKET;

	if ((!subject && !text) || k->text.n >= AWAY_BYTES)
		return false;
	if (subject && (text || is_answer(k)))
		return true;
	return (k->signs & SIGN_TICKET) || (k->signs & SIGN_AUTOMATIC);
}

static bool
is_autoreply(const struct kind_clues *k)
{
	/* Who is away answers a list's mail too, and some of their programs copy its List-Id; nobody unsubscribes from it. */
	if ((k->subject_says & SAYS_AWAY) && !(k->signs & SIGN_MAILING))
		return true;
	return (k->signs & SIGN_AUTO_REPLIED) ||
	       (!(k->signs & SIGN_LIST) &&
		   ((k->subject_says & (SAYS_AWAY | SAYS_AUTOMATIC | SAYS_CHALLENGE)) != 0 ||
		       (k->signs & SIGN_CHALLENGE) || is_ticket(k)));
}

/* A letter about a bounce is none, nor a newsletter about bounces. */
static bool
is_letter(const struct kind_clues *k)
{
	if ((k->signs & SIGN_MAILING) && !k->has_original && !is_machine(k))
		return true;
	return !is_machine(k) && !k->has_report && kind_is_answer(k) && (k->signs & SIGN_ANSWER);
}

bool
kind_is_warning(const struct kind_clues *k)
{
	bool subject = k->subject_says & SAYS_DELAYED;

	if (k->text_says & SAYS_DELAYED)
		return !(k->text_says & SAYS_FINAL) || subject;
	if (k->subject_says & SAYS_WARNING)
		subject |= is_machine(k) && !k->has_final_reply && !(says(k) & SAYS_FAILED);
	return subject && !(says(k) & SAYS_FINAL);
}

/* A shop is late, too: it speaks of no failure, or of no address, or to a list. */
static bool
warns_of_mail(const struct kind_clues *k)
{
	if (says(k) & SAYS_FAILED)
		return true;
	return (k->subject_says & (SAYS_DELAYED | SAYS_WARNING)) && (k->text_says & SAYS_DELAYED) &&
	       !(k->signs & SIGN_LIST) && address_find(k->text, NULL).n > 0;
}

/* A notice of success, and nothing that failed. */
static bool
is_success(const struct kind_clues *k)
{
	return (k->subject_says & SAYS_DONE) && !(k->text_says & (SAYS_FAILED | SAYS_DELAYED)) &&
	       !k->has_reply;
}

/* By more than the sender's name: words, a server's reply, an original. */
static bool
is_bounce(const struct kind_clues *k)
{
	bool subject = k->subject_says & SAYS_FAILED, words = k->text_says & SAYS_FAILED;
	bool machine = is_machine(k), proof = k->has_report || (k->has_reply && k->has_original);

	if (subject && (words || machine || k->has_reply))
		return true;
	if (k->subject_says & (SAYS_AWAY | SAYS_AUTOMATIC | SAYS_TICKET | SAYS_CHALLENGE))
		return false;
	if (machine && (words || k->has_reply))
		return proof || is_reporter(k) || !is_autoreply(k);
	return machine && proof;
}

/* In whatever words: mail systems send little else, and what they send of it names somebody. */
static bool
is_unworded_bounce(const struct kind_clues *k)
{
	return is_reporter(k) && (k->has_original || address_find(k->text, NULL).n > 0) &&
	       !(k->subject_says & (SAYS_REPORT | SAYS_READ | SAYS_MODERATED | SAYS_DONE)) &&
	       !kind_is_answer(k);
}

/* What vacation programs were before RFC 3834: precedence of bulk, or no sender, on an answer to one mail. */
static bool
is_silent_answer(const struct kind_clues *k)
{
	return is_answer(k) && ((k->signs & SIGN_BULK) || from_nobody(k)) &&
	       !(k->signs & SIGN_LIST) && !is_reporter(k) && k->text.n < AWAY_BYTES;
}

/* Nothing but words says so: a short letter, of nobody's list. */
static bool
is_worded_autoreply(const struct kind_clues *k)
{
	if (is_machine(k) || (k->signs & SIGN_LIST) || k->text.n >= AWAY_BYTES)
		return false;
	if (k->own_says & SAYS_AWAY)
		return true;
	return ((k->own_says & SAYS_CHALLENGE) || (k->text_says & SAYS_AUTOMATIC)) &&
	       (is_answer(k) || k->text.n < SHORT_BYTES);
}

/* "automatic-action/MDN-sent-automatically; deleted/error": what a program does by itself is a rejection. */
enum disposition
kind_disposition(struct span body)
{
	struct span mode, type;
	struct header_field f;

	if (header_find(body, "Failure", &f))
		return DISPOSITION_REFUSED;
	if (!header_find(body, "Disposition", &f))
		return DISPOSITION_UNKNOWN;
	mode = span_cut(f.value, ';', &type);
	type = span_trim(type);
	if (span_starts_nocase(type, "denied") || span_starts_nocase(type, "failed"))
		return DISPOSITION_REFUSED;
	if (span_starts_nocase(type, "deleted") && span_find_nocase(mode, "automatic") >= 0)
		return DISPOSITION_REFUSED;
	return type.n == 0 ? DISPOSITION_UNKNOWN : DISPOSITION_READ;
}

enum kind
kind_guess(const struct kind_clues *k)
{
	bool machine = is_machine(k);

	if (k->disposition == DISPOSITION_REFUSED && !(k->subject_says & SAYS_READ))
		return KIND_BOUNCE;
	if (k->disposition == DISPOSITION_READ || k->disposition == DISPOSITION_REFUSED)
		return KIND_OTHER;
	if (kind_is_warning(k) && !is_letter(k) && (machine || k->has_original || warns_of_mail(k)))
		return KIND_DELAYED;
	if (machine && is_success(k))
		return KIND_DELIVERED;
	if (is_bounce(k) && !is_letter(k))
		return KIND_BOUNCE;
	if (k->subject_says & SAYS_MODERATED)
		return KIND_OTHER;
	if ((k->subject_says & (SAYS_AWAY | SAYS_AUTOMATIC)) && is_autoreply(k))
		return KIND_AUTOREPLY;
	if (is_unworded_bounce(k))
		return KIND_BOUNCE;
	if (is_autoreply(k))
		return KIND_AUTOREPLY;
	if ((k->text_says & SAYS_FAILED) && k->has_original)
		return KIND_BOUNCE;
	return is_worded_autoreply(k) || is_silent_answer(k) ? KIND_AUTOREPLY : KIND_OTHER;
}

bool
kind_is_opt_out(const struct kind_clues *k)
{
	if ((k->signs & SIGN_OPT_OUT))
		return true;
	return (k->subject_says & SAYS_UNSUBSCRIBE) && k->subject.n <= OPT_OUT_BYTES &&
	       !is_answer(k) && !is_machine(k) && k->text.n < OWN_WORDS_BYTES;
}

/* The first line of text or the subject is a command as list programs take it. */
static bool
is_command(const struct kind_clues *k)
{
	static const char *const commands[] = { "subscribe", "help", "info", "who", "confirm",
		"lists", "index", "which", "end", "set" };
	struct span rest, line = span_trim(k->subject), word;

	if (line.n == 0)
		line = span_trim(span_cut(span_trim(k->text), '\n', &rest));
	word = span_word(line, &rest);
	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++)
		if (span_is_nocase(word, commands[i]))
			return line.n <= OPT_OUT_BYTES && k->text.n < OWN_WORDS_BYTES;
	return false;
}

/* In a few words of one's own. */
static bool
asks_out(const struct kind_clues *k)
{
	return (k->subject_says & SAYS_UNSUBSCRIBE) ||
	       ((k->own_says & SAYS_UNSUBSCRIBE) && k->own.n < OWN_WORDS_BYTES);
}

static enum kind_sub
sub_of_other(const struct kind_clues *k)
{
	if ((k->subject_says & SAYS_REPORT) || (k->signs & SIGN_REPORT))
		return KIND_SUB_REPORT;
	if (k->disposition != DISPOSITION_NONE ||
	    ((k->subject_says & SAYS_READ) && !kind_is_answer(k) && k->text.n < SHORT_BYTES))
		return KIND_SUB_RECEIPT;
	if ((k->signs & SIGN_MACHINE) || (k->signs & SIGN_LIST) || is_machine(k) ||
	    (says(k) & SAYS_MODERATED))
		return KIND_SUB_MACHINE;
	if (asks_out(k))
		return KIND_SUB_UNSUBSCRIBE;
	return is_command(k) ? KIND_SUB_COMMAND : KIND_SUB_HUMAN;
}

static enum kind_sub
sub_of_autoreply(const struct kind_clues *k)
{
	if (is_challenge(k) && !(k->subject_says & SAYS_AWAY))
		return KIND_SUB_CHALLENGE;
	if (says(k) & SAYS_AWAY)
		return KIND_SUB_VACATION;
	return is_ticket(k) ? KIND_SUB_TICKET : KIND_SUB_VACATION;
}

enum kind_sub
kind_sub_guess(const struct kind_clues *k, enum kind kind)
{
	if (kind == KIND_OTHER)
		return sub_of_other(k);
	return kind == KIND_AUTOREPLY ? sub_of_autoreply(k) : KIND_SUB_NONE;
}
