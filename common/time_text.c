#include "time_text.h"

#include <string.h>
#include <time.h>

/* The text of the last second is kept: events come by the thousand a second. */
void
time_text(uint64_t time_ms, char out[32])
{
	static _Thread_local struct {
		time_t s;
		char text[24];
	} last = { .s = -1 };
	time_t s = (time_t)(time_ms / 1000);
	unsigned ms = (unsigned)(time_ms % 1000);
	struct tm tm;
	size_t n;

	if (s != last.s) {
		gmtime_r(&s, &tm);
		strftime(last.text, sizeof(last.text), "%Y-%m-%dT%H:%M:%S", &tm);
		last.s = s;
	}
	n = strlen(last.text);
	memcpy(out, last.text, n);
	memcpy(out + n,
	    (char[]){ '.', (char)('0' + ms / 100), (char)('0' + ms / 10 % 10),
		(char)('0' + ms % 10), 'Z', '\0' },
	    6);
}
