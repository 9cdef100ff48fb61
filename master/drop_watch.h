/* drop_watch.h: mail that sendmail(1) left while the relay was away is handed in once it runs. */
#pragma once

#include "house.h"

/* The house runs: looks at once, and then every minute. */
void drop_watch(struct house *);
