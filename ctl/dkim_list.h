/* dkim_list.h: posthouse dkim list: all keys, what they do, and whether their records are in the DNS. */
#pragma once

#include "ctl.h"

/* The exit code: 1 if there is none. */
int dkim_list(struct ctl *, bool ask_dns);
