#include "tables.h"
#include "err.h"
#include "house_conf.h"
#include "role_kind.h"

#include <string.h>

#include "../bouncd/bouncd_conf.h"
#include "../deliverd/deliverd_conf.h"
#include "../deliverd/resolve/resolve_conf.h"
#include "../queued/queued_conf.h"
#include "../smtpd/smtpd_conf.h"
#include "../trackd/trackd_conf.h"

enum { BLOCKS_MAX = 32 };

/* The tables are data: a role's own list of blocks says what it is handed. */
static const struct {
	enum role_kind role;
	const struct conf_table *table;
} parts[] = {
	{ ROLE_SMTPD, &smtpd_table },
	{ ROLE_QUEUED, &queued_table },
	{ ROLE_DELIVERD, &deliverd_table },
	{ ROLE_RESOLVE, &resolve_table },
	{ ROLE_BOUNCD, &bouncd_table },
	{ ROLE_REWRITE, &rewrite_table },
	{ ROLE_WEB, &web_table },
	{ ROLE_STATS, &stats_table },
};

static struct {
	struct conf_table block[BLOCKS_MAX];
	const struct conf_table *list[BLOCKS_MAX + 1];
	unsigned n;
	struct conf_table top;
} all;

static void
block_add(const struct conf_table *block, enum role_kind role)
{
	for (unsigned i = 0; i < all.n; i++)
		if (strcmp(all.block[i].name, block->name) == 0) {
			all.block[i].roles |= ROLE_BIT(role);
			return;
		}
	must(all.n < BLOCKS_MAX);
	all.block[all.n] = *block;
	all.block[all.n].roles = ROLE_BIT(role);
	all.list[all.n] = &all.block[all.n];
	all.n++;
}

const struct conf_table *
house_table(void)
{
	if (all.n > 0)
		return &all.top;
	for (unsigned i = 0; i < sizeof(parts) / sizeof(parts[0]); i++)
		for (const struct conf_table *const *b = parts[i].table->blocks;
		     b != NULL && *b != NULL; b++)
			block_add(*b, parts[i].role);
	all.top = (struct conf_table){
		.settings = house_settings, .blocks = all.list, .check = house_check
	};
	return &all.top;
}
