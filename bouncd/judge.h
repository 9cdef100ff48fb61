/* judge.h: what the facts of a mail that came back mean, recipient by recipient. */
#pragma once

#include "classify.h"
#include "parse/came_back.h"

/* The recipient's own diagnostic counts most; where it says too little, the report's other words are asked. A
 * delayed recipient is always soft. arena: for the time of the call. */
struct verdict
judge(struct rules *, const struct came_back *, const struct came_recipient *, struct arena *);

/* The texts it is judged by, the weightiest first, each with the codes that are known; how many. */
enum { JUDGE_TEXTS_MAX = 4 };
unsigned judge_texts(const struct came_back *, const struct came_recipient *,
    struct said out[JUDGE_TEXTS_MAX], struct arena *);
