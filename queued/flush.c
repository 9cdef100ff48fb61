#include "flush.h"

enum {
	SLOW_US = 20 * 1000, /* a flush from which on gathering pays */
	/* And from here on if there are few: a message's acceptance sets off its delivery, whose end would come just when the
	 * next group has left, and wait for two flushes. */
	HALF_SLOW_US = 1500,
	FEW = 16,
	GATHER_PART = 4, /* of a flush */
	GATHER_MOST_MS = 25,
	END_MOST_MS =
	    5, /* that an end waits for its group; it is late so long after that, or after some usual flushes */
	LATE_FLUSHES = 4,
	SMOOTH = 8,
};

void
flush_took(struct flush *f, uint64_t us, uint64_t records, uint64_t gathered)
{
	f->usual_us = f->usual_us == 0 ? us : f->usual_us - f->usual_us / SMOOTH + us / SMOOTH;
	f->expected = records + gathered;
	f->end_written_ms = 0;
}

void
flush_end_came(struct flush *f, uint64_t now_ms)
{
	if (f->end_gathers_ms == 0)
		f->end_gathers_ms = now_ms;
}

void
flush_began(struct flush *f)
{
	f->end_written_ms = f->end_gathers_ms;
	f->end_gathers_ms = 0;
	f->since_ms = 0;
}

static bool
pays(const struct flush *f, uint64_t gathered)
{
	return f->usual_us >= SLOW_US || (f->usual_us >= HALF_SLOW_US && gathered < FEW);
}

uint64_t
flush_wait_ms(struct flush *f, uint64_t now_ms, uint64_t gathered)
{
	uint64_t most = (f->usual_us / GATHER_PART + 999) / 1000, at;

	if (!pays(f, gathered) || gathered >= f->expected)
		return 0;
	if (f->since_ms == 0)
		f->since_ms = now_ms;
	at = f->since_ms + (most < GATHER_MOST_MS ? most : GATHER_MOST_MS);
	if (f->end_gathers_ms > 0 && f->end_gathers_ms + END_MOST_MS < at)
		at = f->end_gathers_ms + END_MOST_MS;
	return at > now_ms ? at - now_ms : 0;
}

bool
flush_is_late(const struct flush *f, uint64_t now_ms)
{
	uint64_t first = f->end_written_ms > 0 ? f->end_written_ms : f->end_gathers_ms;

	return first > 0 && first + END_MOST_MS + f->usual_us * LATE_FLUSHES / 1000 < now_ms;
}
