#include "sns.h"

#include <string.h>

#include <jansson.h>

static struct span
text_of(const json_t *object, const char *key, struct arena *a)
{
	const json_t *j = json_object_get(object, key);

	return arena_span(a, span_of(json_string_value(j), json_string_length(j)));
}

static struct span
without_type(struct span s)
{
	return span_starts_nocase(s, "smtp;") ? span_trim(span_from(s, 5)) : s;
}

static void
take_recipients(struct came_back *c, const json_t *list, enum action action, struct arena *a)
{
	struct came_recipient *r;
	json_t *j;
	size_t i;

	json_array_foreach(list, i, j)
	{
		struct span address = json_is_string(j)
					  ? span_of(json_string_value(j), json_string_length(j))
					  : text_of(j, "emailAddress", a);
		r = came_back_add(c, arena_span(a, address), a);
		if (r == NULL)
			continue;
		r->action = action;
		r->diagnostic = without_type(text_of(j, "diagnosticCode", a));
		if (!status_at(text_of(j, "status", a), &r->status, NULL))
			status_find(r->diagnostic, &r->status);
	}
}

static bool
take(struct came_back *c, const json_t *j, struct arena *a)
{
	struct span type = text_of(
	    j, json_object_get(j, "notificationType") ? "notificationType" : "eventType", a);
	const json_t *mail = json_object_get(j, "mail");

	if (span_is_nocase(type, "Bounce")) {
		c->kind = KIND_BOUNCE;
		take_recipients(c,
		    json_object_get(json_object_get(j, "bounce"), "bouncedRecipients"),
		    ACTION_FAILED, a);
	} else if (span_is_nocase(type, "Complaint")) {
		const json_t *complaint = json_object_get(j, "complaint");
		c->kind = KIND_COMPLAINT;
		c->feedback_type = text_of(complaint, "complaintFeedbackType", a);
		take_recipients(
		    c, json_object_get(complaint, "complainedRecipients"), ACTION_NONE, a);
	} else if (span_is_nocase(type, "Delivery")) {
		c->kind = KIND_DELIVERED;
		take_recipients(c, json_object_get(json_object_get(j, "delivery"), "recipients"),
		    ACTION_DELIVERED, a);
	} else
		return false;
	c->original_message_id = text_of(json_object_get(mail, "commonHeaders"), "messageId", a);
	return true;
}

/* One line: relays fold long ones, the old way with "!" before the line end and a space behind it. */
static struct span
unfolded(struct span text, struct arena *a)
{
	char *to = arena_alloc(a, text.n + 1);
	size_t n = 0;

	while (text.n > 0) {
		struct span line = span_trim(span_cut(text, '\n', &text));

		if (span_is(line, "--"))
			break;
		memcpy(to + n, line.p, line.n);
		n += line.n;
		if (n > 0 && to[n - 1] == '!' && text.n > 0)
			n--;
	}
	return span_of(to, n);
}

bool
sns_parse(struct came_back *c, struct span text, struct arena *a)
{
	json_t *j;
	bool ours;

	text = span_trim(text);
	if (text.n == 0 || text.p[0] != '{' || span_find_str(span_first(text, 400), "Type\"") < 0)
		return false;
	text = unfolded(text, a);
	j = json_loadb(text.p, text.n, JSON_DISABLE_EOF_CHECK, NULL);
	ours = json_is_object(j) && take(c, j, a);
	json_decref(j);
	return ours;
}
