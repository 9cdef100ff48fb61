/* page_text.h: what the pages say, in the languages we know. {from}, {to} and {list} stand for whose mail, to whom, of which
 * campaign; text is HTML without markup. Pure. */
#pragma once

#include "span.h"

enum page_language {
	PAGE_EN, /* where nothing else fits */
	PAGE_DE,
	PAGE_FR,
	PAGE_ES,
	PAGE_IT,
	PAGE_NL,
	PAGE_PT,
	PAGE_JA,
	PAGE_LANGUAGES
};

struct page_words {
	const char *code; /* RFC 5646 */
	const char *not_found, *not_found_words;
	const char *gone, *gone_words;
	const char *off, *off_words;
	const char *later, *later_words;
	const char *ask, *ask_all, *ask_list, *ask_hint, *button;
	const char *done, *done_all, *done_list, *done_hint;
};

const struct page_words *page_words(enum page_language);

/* The one that an Accept-Language field wants most (RFC 9110 12.5.4). */
enum page_language page_language(struct span accept);
