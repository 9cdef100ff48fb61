#include "book.h"
#include "disk.h"
#include "loop.h"
#include "log.h"

#include <stdlib.h>

struct writing {
	void (*written)(struct bouncd *, void *ctx, const struct err *);
	void *ctx;
};

static void
told(struct bouncd *b, struct writing *w, const struct err *err)
{
	if (err != NULL)
		log_error("replies-not-written", "why=\"%s\"", err->text);
	w->written(b, w->ctx, err);
	free(w);
}

static void
run(struct bouncd *b, void *unused)
{
	(void)unused;
	reply_book_run(b->book);
}

static void
done(struct bouncd *b, void *w)
{
	struct err err = { "" };

	told(b, w, reply_book_end(b->book, &err) == -1 ? &err : NULL);
}

static void
turn(struct bouncd *b, void *w)
{
	struct err err = { "" };
	int r = reply_book_hand(b->book, &err);

	if (r == 1)
		disk_begin(b, run, done, w);
	else
		told(b, w, r == -1 ? &err : NULL);
}

void
book_write(
    struct bouncd *b, void (*written)(struct bouncd *, void *, const struct err *), void *ctx)
{
	struct writing *w = malloc(sizeof(*w));

	if (w == NULL)
		fatal("out of memory for the book of replies");
	*w = (struct writing){ written, ctx };
	disk_when_free(b, turn, w);
}

static void
again(struct bouncd *b, void *unused, const struct err *err)
{
	(void)unused;
	(void)err;
	timer_set_ms(b->book_due, BOOK_WRITE_S * 1000);
}

static void
on_due(void *bouncd)
{
	book_write(bouncd, again, NULL);
}

void
book_start(struct bouncd *b)
{
	reply_book_rules(b->book, b->rules);
	b->book_due = timer_new(on_due, b);
	timer_set_ms(b->book_due, BOOK_WRITE_S * 1000);
}
