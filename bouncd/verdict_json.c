#include "verdict_json.h"
#include "buf.h"

static void
set(json_t *object, const char *key, const char *value)
{
	if (value[0] != '\0')
		json_object_set_new(object, key, json_string(value));
}

void
verdict_json(json_t *object, const struct verdict *v)
{
	if (v->category == CATEGORY_NONE && v->class == CLASS_NONE && v->status[0] == '\0')
		return;
	set(object, "class", class_word(v->class));
	set(object, "category", category_word(v->category));
	if (v->advice != ADVICE_NONE)
		set(object, "advice", advice_word(v->advice));
	if (v->advice == ADVICE_RETRY_LATER)
		json_object_set_new(object, "retry_s", json_integer(v->retry_s));
	if (v->advice == ADVICE_FIX)
		set(object, "fix", v->fix);
	set(object, "status", v->status);
	set(object, "rule", v->rule);
	if (v->agreed)
		json_object_set_new(object, "agreed", json_true());
	set(object, "doubt", v->doubt);
	set(object, "provider", v->provider);
	json_object_set_new(object, "confidence", json_integer(v->confidence));
}

json_t *
json_text(struct span s)
{
	json_t *j = s.n == 0 ? json_string("") : json_stringn(s.p, s.n);
	struct buf latin;

	if (j != NULL || s.n == 0)
		return j;
	buf_init(&latin, s.n * 2 + 1);
	for (size_t i = 0; i < s.n; i++) {
		unsigned char c = (unsigned char)s.p[i];
		if (c >= 0x80) {
			buf_byte(&latin, (char)(0xc0 | c >> 6));
			c = (unsigned char)(0x80 | (c & 0x3f));
		}
		buf_byte(&latin, (char)c);
	}
	j = json_stringn(latin.p, latin.n);
	buf_free(&latin);
	return j != NULL ? j : json_string("");
}
