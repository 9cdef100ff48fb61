/* kind.h: which kind a mail is that carries no report for machines: by sender, header, subject and words. Pure. */
#pragma once

#include "came_back.h"

/* What a message disposition notification (RFC 8098) says. */
enum disposition {
	DISPOSITION_NONE,    /* there is none */
	DISPOSITION_UNKNOWN, /* it says nothing that we know */
	DISPOSITION_READ,    /* somebody saw it, or threw it away */
	DISPOSITION_REFUSED, /* a program did not take it: a rejection, as sieve sends it */
};

struct kind_clues {
	struct span header;  /* of the mail */
	struct span subject; /* decoded */
	struct span from;    /* address */
	struct span text;    /* readable, before the quoted original */
	bool has_original;   /* it gives one back */
	bool has_report;     /* it has a part that reports delivery, even if nobody could read it */
	enum disposition disposition;

	/* set by kind_read(): what the phrases say, as bits of enum says (phrases.h) */
	unsigned signs; /* of the header, as bits of enum sign (signs.h) */
	unsigned subject_says, text_says, own_says;
	struct span own;      /* text before the first sign of a quoted letter */
	bool has_reply;       /* a server's reply stands in the text, 4yz or 5yz */
	bool has_final_reply; /* one of 5yz does */
};

/* Looks through subject and text; before all others. */
void kind_read(struct kind_clues *, struct arena *);

/* Of the fields of such a part. */
enum disposition kind_disposition(struct span fields);
/* It answers another mail: "Re: ...". */
bool kind_is_answer(const struct kind_clues *);

enum kind kind_guess(const struct kind_clues *);
/* Words of a warning: still being tried. */
bool kind_is_warning(const struct kind_clues *);
/* What a mail of that kind is more closely. */
enum kind_sub kind_sub_guess(const struct kind_clues *, enum kind);
/* A mail to the List-Unsubscribe address (RFC 2369, 8058), as mail programs and people send it: it says that and no more. */
bool kind_is_opt_out(const struct kind_clues *);
