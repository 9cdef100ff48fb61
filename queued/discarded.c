/* What was dropped: recipients of messages that are in the queue, and messages in trash/ (store.h). */
#include "err.h"
#include "spool.h"
#include "store_inside.h"

#include <unistd.h>

static void
on_open_again(void *ctx, const struct store_end *end)
{
	(void)ctx;
	(void)end;
}

/* As operate_reopen() does for a whole message: it is journaled as an end that is open. */
bool
store_reopen(struct store *s, struct id id, uint32_t index)
{
	struct entry *e = entry_find(s, id);

	if (e == NULL || e->gone_aside || index >= e->rcpts_n || e->marks[index] != MARK_DROPPED)
		return false;
	e->marks[index] = MARK_OPEN;
	e->open++;
	store_end(s, &(struct store_end){ .id = id, .index = index, .mark = MARK_OPEN },
	    on_open_again, NULL);
	return true;
}

bool
store_trash_step(
    struct store *s, void **at, unsigned most, void (*each)(void *ctx, struct id), void *ctx)
{
	return spool_trash_step(s->spool, at, most, each, ctx);
}

void
store_trash_end(void *at)
{
	spool_trash_end(at);
}

int
store_trash_read(struct store *s, struct id id, struct envelope *e, struct facts *f,
    struct arena *a, struct err *err)
{
	int fd = spool_read_in(s->spool, id, SPOOL_TRASH), r;

	if (fd == -1)
		return err_sys(err, "open it in the trash");
	r = restore_envelope(fd, id, e, f, a, err);
	close(fd);
	return r;
}
