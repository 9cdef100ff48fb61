#include "story.h"

#include <stdio.h>
#include <string.h>

/* words: text, and {before|key|behind} which is left out where the event has no such key, or an empty one. */
static const struct telling {
	const char *kind;
	bool final;
	enum story_mood mood;
	const char *words;
} tellings[] = {
	{ "received", false, STORY_PLAIN,
	    "received{ from <|from|>}{ for |recipients| recipient(s)}{, |size| bytes}{, tenant "
	    "|tenant|}{, campaign |campaign|}"
	    "{, login |login|}{, client |client|}" },
	{ "untracked", false, STORY_PLAIN,
	    "not tracked for <{|recipient|}>, though that was asked for{: |reason|}" },
	{ "delivered", true, STORY_GOOD,
	    "delivered to <{|recipient|}>{ at |site|}{ by |server|}{ [|address|]}{ from "
	    "|source|}{, TLS |tls|}{, attempt |attempts|}"
	    "{, after |delay_ms| ms}{: |reply|}" },
	{ "deferred", false, STORY_WAITING,
	    "deferred <{|recipient|}>{ at |site|}{ by |server|}{ from |source|}{, |category|}{ at "
	    "stage |stage|}{: |reply|}"
	    "{; again in |retry_s| s}" },
	{ "bounced", true, STORY_BAD,
	    "bounced <{|recipient|}>{, |class|}{, |category|}{, |status|}{ at |site|}{ by "
	    "|server|}{ at stage |stage|}{: |reply|}" },
	{ "bounced late", false, STORY_BAD,
	    "bounced after it was delivered: <{|recipient|}>{, reported as <|reported|>}{, "
	    "|class|}{, |category|}{, |status|}{ (tied by |tie|)}{: |reply|}" },
	{ "expired", true, STORY_BAD,
	    "expired: gave up <{|recipient|}>{ at |site|}{ after |attempts| attempt(s)}{, "
	    "|category|}{; last answer: |reply|}" },
	{ "suppressed", true, STORY_BAD,
	    "suppressed: <{|recipient|}> is not mailed{ (|reason|)}{, scope |scope|}" },
	{ "dropped", true, STORY_BAD,
	    "dropped <{|recipient|}> by an operator{ (uid |actor|)}{: |reason|}" },
	{ "complaint", false, STORY_BAD,
	    "complaint of <{|recipient|}>{ through |provider|}{, |feedback_type|}{ (tied by "
	    "|tie|)}" },
	{ "unsubscribed", false, STORY_PLAIN,
	    "unsubscribed <{|recipient|}>{ through |via|}{ at |client|}{ (tied by |tie|)}" },
	{ "opened", false, STORY_GOOD,
	    "opened by {<|recipient|>}{ at |client|}{ with |agent|} (machine{: |machine|}{, "
	    "|reason|})" },
	{ "clicked", false, STORY_GOOD,
	    "clicked by {<|recipient|>}{ at |client|}{ with |agent|} (machine{: |machine|}{, "
	    "|reason|}){: |url|}" },
	{ "trapped", false, STORY_PLAIN,
	    "the link no person sees was followed for {<|recipient|>}{ at |client|}{ with "
	    "|agent|}" },
	{ "revised", false, STORY_PLAIN,
	    "an earlier visit{, |kind|,} for {<|recipient|>} was a machine's after all{: "
	    "|reason|}" },
	{ "autoreply", false, STORY_PLAIN, "auto-reply from <{|recipient|}>{: |sub|}" },
	{ "reply", false, STORY_PLAIN,
	    "a person answered for <{|recipient|}>{, forwarded to <|forwarded|>}" },
	{ "returned", false, STORY_PLAIN,
	    "mail came back that changes nothing: {|kind|}{ (|sub|)}{ about <|recipient|>}{, "
	    "reported as "
	    "<|reported|>}{, tied by |tie|}" },
	{ "admin", false, STORY_PLAIN,
	    "{|verb|} by an operator{ (uid |actor|)}{ for <|recipient|>}{: |reason|}" },
	{ "tenant", false, STORY_WAITING, "tenant{ |tenant|}{ |what|}{: |reason|}" },
	{ "lane", false, STORY_WAITING,
	    "lane{ |what|}{ of |site|}{ from |source|}{, |state|}{: |reply|}" },
};

static const char *
kind_of(const json_t *event)
{
	const char *kind = json_string_value(json_object_get(event, "event"));

	if (kind == NULL)
		return "";
	if (strcmp(kind, "bounced") == 0 && json_is_true(json_object_get(event, "late")))
		return "bounced late";
	return kind;
}

static const struct telling *
telling(const json_t *event)
{
	for (size_t i = 0; i < sizeof(tellings) / sizeof(tellings[0]); i++)
		if (strcmp(tellings[i].kind, kind_of(event)) == 0)
			return &tellings[i];
	return NULL;
}

/* False: there is nothing to say. */
static bool
value_add(const json_t *v, struct span before, struct buf *out)
{
	if (json_is_string(v) && json_string_length(v) > 0) {
		buf_span(out, before);
		buf_add(out, json_string_value(v), json_string_length(v));
	} else if (json_is_integer(v)) {
		buf_span(out, before);
		buf_printf(out, "%" JSON_INTEGER_FORMAT, json_integer_value(v));
	} else if (json_is_boolean(v)) {
		buf_span(out, before);
		buf_str(out, json_is_true(v) ? "yes" : "no");
	} else
		return false;
	return true;
}

/* What stood between the braces: before|key|behind. */
static void
piece(const json_t *event, struct span s, struct buf *out)
{
	struct span before = span_cut(s, '|', &s), key = span_cut(s, '|', &s);

	if (value_add(json_object_getn(event, key.p, key.n), before, out))
		buf_span(out, s);
}

static void
told(const struct telling *t, const json_t *event, struct buf *out)
{
	struct span rest = span_str(t->words);

	while (rest.n > 0) {
		buf_span(out, span_cut(rest, '{', &rest));
		if (rest.n > 0)
			piece(event, span_cut(rest, '}', &rest), out);
	}
}

static bool
is_frame(const char *key)
{
	static const char *const frame[] = { "v", "id", "time", "event", "message" };

	for (unsigned i = 0; i < sizeof(frame) / sizeof(frame[0]); i++)
		if (strcmp(key, frame[i]) == 0)
			return true;
	return false;
}

static void
untold(const json_t *event, struct buf *out)
{
	const char *key;
	json_t *v;

	buf_str(out, kind_of(event));
	json_object_foreach((json_t *)(uintptr_t)event, key, v)
	{
		char before[80];
		int n = snprintf(before, sizeof(before), " %.70s=", key);

		if (!is_frame(key))
			value_add(v, span_of(before, (size_t)n), out);
	}
}

void
story_line(const json_t *event, struct buf *out)
{
	const struct telling *t = telling(event);

	if (t != NULL)
		told(t, event, out);
	else
		untold(event, out);
}

bool
story_is_final(const json_t *event)
{
	const struct telling *t = telling(event);

	return t != NULL && t->final;
}

enum story_mood
story_mood(const json_t *event)
{
	const struct telling *t = telling(event);

	return t == NULL ? STORY_PLAIN : t->mood;
}
