/* items.h: what the model is trained and judged with: replies and reports of which the truth is known.
 *
 * Three sources: a truth.jsonl of replies ({"reply","class","category","class_also","category_also"}), one of mails that
 * came back (with its folder of mails, taken apart by the parser of bouncd-parse), and what this project says itself:
 * bouncd/model/phrases and the examples of the rules. Items live as long as the process. */
#pragma once

#include "../judge.h"

enum item_source { ITEM_REPLY, ITEM_MAIL, ITEM_OWN }; /* the last is trained with, never judged */
enum { ITEM_ALSO_MAX = 4, ITEM_FOLDS = 10 };

struct item {
	enum item_source source;
	struct said texts[JUDGE_TEXTS_MAX];
	unsigned n_texts;
	bool permanent;
	const struct came_back *mail; /* ITEM_MAIL: the whole of it, and the recipient meant */
	const struct came_recipient *recipient;
	enum category category, also[ITEM_ALSO_MAX];
	unsigned n_also;
	enum verdict_class class, class_also;
	unsigned group; /* items with (nearly) one text have one group */
	unsigned fold;  /* by group */
	struct span shown;
};

struct items {
	struct item *list;
	size_t n, room;
	struct arena *arena;
};

void items_init(struct items *);
int items_replies(struct items *, const char *path, struct err *);
int items_mails(struct items *, const char *truth_path, const char *folder, struct err *);
/* Lines of "category reply" ("none": words that give no reason); # comments. */
int items_phrases(struct items *, const char *path, struct err *);
void items_examples(struct items *, const struct rules *);
/* Finds groups and deals them out to folds; when all is read. */
void items_group(struct items *);

/* The text the model learns from: the first that says something. */
const struct said *item_text(const struct item *);
bool item_category_right(const struct item *, const struct verdict *);
bool item_class_right(const struct item *, const struct verdict *);
