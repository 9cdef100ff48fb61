/* param.h: the parameters behind the path of MAIL and RCPT (RFC 5321 4.1.1.11; SIZE RFC 1870, BODY RFC 6152, RET ENVID
 * NOTIFY ORCPT RFC 3461, AUTH RFC 4954, SMTPUTF8 RFC 6531). Pure. */
#pragma once

#include "envelope.h"
#include "span.h"

struct mail_params {
	uint64_t size_bytes; /* 0: not said */
	bool body_8bit;
	bool smtputf8;
	enum ret ret;
	struct span envid; /* as given, xtext; into the line */
};

struct rcpt_params {
	uint8_t notify;    /* bits of enum notify */
	struct span orcpt; /* as given; into the line */
	bool utf8;         /* ORCPT has characters beyond ASCII as they are (RFC 6533 3) */
};

enum param_error {
	PARAM_OK,
	PARAM_UNKNOWN, /* 555: not one we offer */
	PARAM_BAD,     /* 501: a value that is none, or twice */
};

/* On error *which is the parameter that was wrong. */
enum param_error mail_params_read(struct span s, struct mail_params *, struct span *which);
enum param_error rcpt_params_read(struct span s, struct rcpt_params *, struct span *which);
