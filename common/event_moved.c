#include "event_moved.h"
#include "span.h"

#include <string.h>

bool
event_is_moved(const char *name, const char *file)
{
	static const char *const packed[] = { ".gz", ".xz", ".zst", ".bz2" };
	size_t n = strlen(file);

	if (strncmp(name, file, n) != 0 || (name[n] != '.' && name[n] != '-'))
		return false;
	for (unsigned i = 0; i < sizeof(packed) / sizeof(packed[0]); i++)
		if (span_ends_nocase(span_str(name), packed[i]))
			return false;
	return true;
}
