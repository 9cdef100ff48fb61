/* trackd-rewrite: puts tracking links and the open pixel into messages.
 *
 * As a command: batch.h. What it does to a message: rewrite.h, and from there scan.h, layout.h. */
#include "batch.h"

int
main(int argc, char **argv)
{
	return rewrite_batch(argc, argv);
}
