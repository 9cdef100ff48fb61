#include "forget.h"
#include "err.h"
#include "follow.h"
#include "loop.h"

#include <stdlib.h>

struct forgetting {
	struct control_call *call;
	struct timer *timer;
	uint32_t bucket;
	uint64_t n;
};

static void
end(struct forgetting *f, const struct err *err)
{
	if (err != NULL)
		control_error(f->call, 1, "%s", err->text);
	else {
		control_row(f->call);
		control_num(f->call, "entries", f->n);
		control_row_end(f->call);
		control_end(f->call);
	}
	timer_free(f->timer);
	free(f);
}

static void
on_timer(void *ctx)
{
	struct forgetting *f = ctx;
	struct err err;
	int n = deliveries_forget(
	    follow_deliveries(), control_arg(f->call, "address"), &f->bucket, &err);

	if (n == -1) {
		end(f, &err);
		return;
	}
	f->n += (unsigned)n;
	if (f->bucket == 0)
		end(f, NULL);
	else
		timer_set_ms(f->timer, 0);
}

void
forget_verb(void *ctx, struct control_call *call)
{
	struct forgetting *f;

	(void)ctx;
	if (control_arg(call, "address").n == 0) {
		control_error(call, 2, "forget needs an address");
		return;
	}
	follow_now();
	f = calloc(1, sizeof(*f));
	if (f == NULL)
		fatal("out of memory to forget");
	f->call = call;
	f->timer = timer_new(on_timer, f);
	timer_set_ms(f->timer, 0);
}
