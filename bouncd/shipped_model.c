#include "model.h"

/* Symbols of model_text.S. */
extern const char shipped_model_begin[], shipped_model_end[];

const struct model *
model_shipped(void)
{
	static struct model *m;
	struct err err;

	if (m == NULL)
		m = model_open(
		    span_of(shipped_model_begin, (size_t)(shipped_model_end - shipped_model_begin)),
		    &err);
	if (m == NULL)
		fatal("the weights this program was built with: %s", err.text);
	return m;
}
