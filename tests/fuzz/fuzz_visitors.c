/* Visits by strangers, a line each, to one message: agent, client and purpose are any bytes, times and kinds too. What the
 * rules and the memory of visits make of them must be one of three words, and what is revised must have been seen. */
#include "err.h"
#include "../../trackd/web/recent.h"
#include "../../trackd/web/visitors.h"

#include <string.h>

static struct visitors *visitors;
static struct recent *recent;
static struct id message; /* each input has its own, of which nothing is known */

static void
judge(struct span line, uint64_t *now_ms, uint8_t number)
{
	struct span rest, head = span_cut(line, '\t', &rest), client = span_cut(rest, '\t', &rest);
	uint8_t choice = head.n > 0 ? (uint8_t)head.p[0] : 0,
		step = head.n > 1 ? (uint8_t)head.p[1] : 0;
	struct visit v = { .kind = (enum visit_kind)(choice % VISIT_KINDS),
		.method = (enum visit_method)(choice / VISIT_KINDS % 3),
		.client = client,
		.purpose = span_from(head, 2),
		.agent = rest,
		.no_language = (choice & 0x80) != 0 };
	struct recent_key key = {
		.message = message, .client = client, .agent = rest, .link = span_first(head, 2)
	};
	struct recent_revised revised[RECENT_VISITS];
	struct id event = { .b = { number } };
	struct visit_past past;
	struct judgement j;
	unsigned n;

	*now_ms += (uint64_t)step * step;
	v.age_ms = (int64_t)*now_ms;
	recent_past(recent, &key, *now_ms, &past);
	j = visitors_judge(visitors, &v, &past);
	must(machine_name(j.machine)[0] != '\0' &&
	     (j.rule == JUDGEMENT_NO_RULE) == (j.reason == NULL));
	n = recent_note(recent, &key, *now_ms, v.kind, &j, event, revised);
	must(n <= RECENT_VISITS && (n == 0 || j.machine == MACHINE_YES));
	for (unsigned i = 0; i < n; i++)
		must(revised[i].was != MACHINE_YES && revised[i].event.b[0] < number);
}

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span text = span_of(data, size);
	static uint64_t inputs;
	uint64_t now_ms = 0;
	struct err err;

	if (visitors == NULL) {
		visitors = visitors_load("visitors.conf", visitors_shipped(), NULL, &err);
		recent = recent_new();
	}
	must(visitors != NULL);
	inputs++;
	memcpy(message.b, &inputs, sizeof(inputs));
	for (uint8_t n = 1; text.n > 0 && n < 250; n++)
		judge(span_cut(text, '\n', &text), &now_ms, n);
	return 0;
}
