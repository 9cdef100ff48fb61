/* smtpd_conf.h: smtpd's part of posthouse.conf(5): the listener and accept blocks, and what is read out of them. */
#pragma once

#include "conf.h"

extern const struct conf_table smtpd_table;

enum listener_tls { LISTENER_TLS_NONE, LISTENER_TLS_STARTTLS, LISTENER_TLS_IMPLICIT };
enum listener_auth { LISTENER_AUTH_NONE, LISTENER_AUTH_OPTIONAL, LISTENER_AUTH_REQUIRED };

enum listener_lines { LISTENER_LINES_STRICT, LISTENER_LINES_TENANTS, LISTENER_LINES_REPAIR };

struct listener_conf {
	const struct conf_block *block; /* its networks are looked up there */
	const char *name, *tenant;      /* tenant: "" where none */
	enum listener_tls tls;
	enum listener_auth auth;
	enum listener_lines line_ends; /* from whom bare LF and CR are taken */
	bool auth_without_tls, nul_to_space, smtputf8;
	uint64_t max_size_bytes, min_rate, timeout_command_ms, timeout_data_ms, timeout_session_ms,
	    timeout_tls_ms;
	uint32_t max_recipients, max_connections, client_connections, max_errors, max_received;
	uint32_t header_bytes, line_bytes;
	size_t memory_bytes;
	struct conf_rate client_rate; /* count 0: none */
};

void listener_conf_read(const struct conf_block *, struct listener_conf *);
