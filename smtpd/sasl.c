#include "sasl.h"
#include "transfer.h"

int
sasl_decode(struct span line, struct buf *out)
{
	buf_reset(out);
	if (span_is(line, "="))
		return 0;
	if (line.n % 4 != 0 || !transfer_decode_base64(line, out) || buf_over(out))
		return -1;
	return 0;
}

bool
sasl_fits(struct span login, struct span password)
{
	return login.n > 0 && login.n <= SASL_LOGIN_MAX && password.n > 0 &&
	       password.n <= SASL_PASSWORD_MAX && span_find(login, '\0') < 0 &&
	       span_find(password, '\0') < 0;
}

int
sasl_plain(struct span message, struct span *login, struct span *password)
{
	struct span as;

	if (span_find(message, '\0') < 0)
		return -1;
	as = span_cut(message, '\0', &message);
	if (span_find(message, '\0') < 0)
		return -1;
	*login = span_cut(message, '\0', password);
	return as.n == 0 || span_eq(as, *login) ? 0 : -1;
}
