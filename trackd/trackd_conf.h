/* trackd_conf.h: what trackd's roles read of posthouse.conf(5): tenants and the tracking block. */
#pragma once

#include "conf.h"

extern const struct conf_table rewrite_table, web_table, stats_table;

uint64_t stats_index_bytes(const struct conf *);
uint64_t stats_index_age_s(const struct conf *);
/* Processor time for the tracking of one message. */
uint64_t rewrite_time_ms(const struct conf *);

/* The address tracking links of that tenant begin with, ending in "/"; "" where neither tenant nor tracking names one. */
const char *tracking_base(const struct conf *, const struct conf_block *tenant);
