/* story.h: an event as a sentence: "deferred b@b.example at google by mx1.google.example: 421 4.7.28 ..., again in 480 s". */
#pragma once

#include "buf.h"

#include <jansson.h>

/* The words of each kind stand in a table; an unknown kind is its name and its own keys. Without time and line end. */
void story_line(const json_t *event, struct buf *out);
/* Its kind ends a delivery: delivered, bounced, expired, suppressed, dropped. */
bool story_is_final(const json_t *event);
/* How bad the news is: for colours. */
enum story_mood { STORY_PLAIN, STORY_GOOD, STORY_WAITING, STORY_BAD };
enum story_mood story_mood(const json_t *event);
