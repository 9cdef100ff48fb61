/* ask.h: asks a role over its control socket (common/control.h has the other side), row by row.
 *
 * The socket is RUN/ROLE/view.sock or ops.sock, RUN from the configuration. A role that is silent for ASK_SILENCE_S is
 * given up. Rows are flat JSON objects of at most ASK_ROW_BYTES; how many there are is not bounded. */
#pragma once

#include "ctl.h"

#include <jansson.h>

enum { ASK_SILENCE_S = 120, ASK_ROW_BYTES = 1 << 20 };
enum ask_right { ASK_VIEW, ASK_OPS };

struct ask;

/* Sends the request, which is taken over: json_pack("{ss}", "verb", "queue"). Never NULL. */
struct ask *ask(struct ctl *, const char *role, enum ask_right, json_t *request);
/* The same with a descriptor, which stays the caller's. */
struct ask *ask_with(struct ctl *, const char *role, enum ask_right, json_t *request, int fd);
/* The next row, valid until the one after; NULL at the end, or when something was wrong. */
const json_t *ask_row(struct ask *);
struct span ask_line(const struct ask *); /* that row as it came, without its LF */

/* What was wrong, or NULL. */
const char *ask_error(const struct ask *);
/* Nobody answers at that socket, or who did went away. */
bool ask_is_gone(const struct ask *);
/* Reads what is left of the answer, says on standard error what was wrong, and frees it. The exit code. */
int ask_end(struct ask *);
void ask_free(struct ask *); /* at once, without a word */

/* A row's value as text: strings as they are, numbers in decimal, yes and no; absent: empty. Keys ending in _ms that are
 * times come out as "2026-11-23 10:04:07Z". Of keys
 * "a|b" the first that is there; of "a+b" both, a space between; 0 and empty ones left out. In the arena, or the row. */
struct span row_text(const json_t *row, const char *key, struct arena *);
uint64_t row_num(const json_t *row, const char *key);    /* absent: 0 */
const char *row_str(const json_t *row, const char *key); /* absent or no string: "" */
