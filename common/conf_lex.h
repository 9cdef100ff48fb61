/* conf_lex.h: a configuration's text into tokens, each with its place. Pure.
 *
 * Words stand between spaces and tabs; "quoted" ones may hold any text, with \" and \\ for these two (any other
 * backslash stands for itself, so that patterns need no doubling). A brace is one only when it stands alone, a
 * comment begins with # where a word could. One bad thing a line is told, then the rest of that line is skipped.
 *
 * Text that begins with CONF_HAND_OVER_MARK was written by conf_show(): there "#@ LINE COLUMN FILE" says where
 * the next line first stood (FILE left out: as before), \n and \xHH are known, and lines may have any length. */
#pragma once

#include "arena.h"
#include "conf.h"
#include "err.h"

#define CONF_HAND_OVER_MARK "#@ handed over: "

enum { CONF_LINE_BYTES = 4096 };

/* What is wrong and what to do about it, either may be empty; at: how many bytes into the word. */
struct conf_problem {
	struct err what, remedy;
	size_t at;
};

/* A place together with what a caret needs. */
struct conf_spot {
	struct conf_place place;
	struct span line; /* as it stands in the file; empty: not at hand */
	uint32_t width;   /* bytes under the caret */
};

enum conf_token_kind {
	TOKEN_WORD,
	TOKEN_OPEN,  /* { */
	TOKEN_CLOSE, /* } */
	TOKEN_LINE,  /* the line ended */
	TOKEN_END,   /* the text ended */
	TOKEN_BAD, /* the problem is in the lexer; TOKEN_OPEN may follow if the line opens a block */
};

struct conf_token {
	enum conf_token_kind kind;
	bool quoted;
	struct span text; /* a word without its quotes; in the text or the arena; no NUL in it */
	struct conf_spot spot;
};

struct conf_lex {
	const char *file;
	struct span rest, line;
	size_t at; /* in line */
	uint32_t line_no;
	bool in_line, hand_over;
	struct conf_place moved; /* hand-over: where the next line first stood */
	struct arena *arena;
	struct conf_problem problem;
};

/* text and file must outlive the tokens. */
void conf_lex_init(struct conf_lex *, const char *file, struct span text, struct arena *);
/* From here on hand-over marks count. */
void conf_lex_hand_over(struct conf_lex *);
enum conf_token_kind conf_lex_next(struct conf_lex *, struct conf_token *);
