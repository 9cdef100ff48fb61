/* dkim_record.h: the text of a DKIM key's TXT record (RFC 6376 3.6.1). Pure. */
#pragma once

#include "span.h"

/* Do two records have the same key? White space in p= does not count; no key is like no other. */
bool dkim_record_same(struct span, struct span);
