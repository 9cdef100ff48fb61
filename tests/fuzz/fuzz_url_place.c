/* Any bytes as a URL: its place is read or there is none; what was read is a host that reads as itself, and the path is within
 * the URL. */
#include "err.h"
#include "url_place.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
	struct span in = span_of(bytes, n);
	struct url_place place, again;

	if (url_place(in, &place) == -1)
		return 0;
	must(place.host[0] != '\0' && strlen(place.host) <= URL_HOST_MAX);
	must(place.path.n <= n && (place.path.n == 0 || place.path.p + place.path.n == in.p + n));
	for (const char *p = place.host; *p != '\0'; p++)
		must((unsigned char)*p < 128 && !(*p >= 'A' && *p <= 'Z'));
	must(url_place(span_str(place.host), &again) == 0);
	must(strcmp(again.host, place.host) == 0);
	return 0;
}
