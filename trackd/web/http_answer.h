/* http_answer.h: the bytes of an answer: of a page, or of a refusal. Pure.
 *
 * Nothing may be kept by anybody (no-store), so no validator is sent, conditions are passed over, and each open is asked
 * for anew; ranges are not served, the whole is. */
#pragma once

#include "answer.h"
#include "page_text.h"

struct http_manner {
	const char *date; /* as in the Date field */
	bool head;        /* the request was a HEAD: no body */
	bool keep;        /* the connection goes on */
	bool old;         /* HTTP/1.0, where going on must be said */
	enum page_language language;
};

/* text: as of page_write(); of a redirect where it leads: with a control byte in it there is nothing there (404). */
void
http_answer_put(struct buf *out, enum answer_kind, struct span text, const struct http_manner *);
/* A status of 4xx or 5xx in a line of text. */
void http_refusal_put(struct buf *out, unsigned status, const struct http_manner *);
/* To who began with HTTP/2's preface: settings, and a farewell that says HTTP_1_1_REQUIRED (RFC 9113 7). */
void http_farewell_2_put(struct buf *out);

/* Sun, 06 Nov 1994 08:49:37 GMT (RFC 9110 5.6.7) */
void http_date(uint64_t time_ms, char out[32]);
