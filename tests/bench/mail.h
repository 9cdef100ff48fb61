/* mail.h: the messages the generator sends, made ahead so that sending costs little.
 *
 * A message is a head of its own (number, recipients, checksum) and one of a few bodies, chosen by number, so that
 * a body that travels under a wrong head shows. Bodies are dot-stuffed, with CRLF line ends, without the final dot. */
#pragma once

#include "buf.h"

enum { MAIL_RECIPIENTS_MAX = 64 };

struct mail_style {
	unsigned run;        /* names this run in every message */
	size_t size_bytes;   /* head and body together, about */
	bool html;           /* an HTML body with a link every ten lines */
	const char *from;    /* NULL: bench@bench.example */
	const char *domain;  /* of recipients; NULL: sink.example */
	unsigned domains;    /* 0: only domain; else d0.domain, d1.domain, ... */
	const char *headers; /* more header lines, each with CRLF; NULL: none */
};

struct mail_job {
	uint64_t number;
	unsigned recipients; /* 1..MAIL_RECIPIENTS_MAX */
	uint64_t done;       /* bit K: recipient K needs no more */
	uint64_t due;        /* ticks; when it was to be sent */
};

struct mail_maker;

/* Keeps the strings of style, and copies the rest. */
struct mail_maker *mail_maker_new(const struct mail_style *);
void mail_maker_free(struct mail_maker *);

const char *mail_from(const struct mail_maker *);
void mail_address(const struct mail_maker *, const struct mail_job *, unsigned k, struct buf *);
void
mail_head(const struct mail_maker *, const struct mail_job *, struct buf *); /* with empty line */
struct span mail_body(const struct mail_maker *, uint64_t number);
