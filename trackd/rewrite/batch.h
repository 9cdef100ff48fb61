/* batch.h: the rewriter as a command, for people and tests: no daemon, no network.
 *
 *	trackd-rewrite --rewrite [options] [FILE] <message >message
 *	trackd-rewrite --rewrite [options] --batch <lines "infile<TAB>outfile"
 *	trackd-rewrite --untrack [options] [URL ...] <tracking URLs, one a line
 *
 * Options: --base URL, --tenant NAME, --key FILE (32 bytes, or 64 hex digits; without it a key that everybody knows, for
 * trying out), --no-clicks, --no-opens, --text, --exclude HOST, --keep-signed, --facts (what was changed, on standard error),
 * --explain (what would be changed, in place of the message).
 * posthouse(1) runs it as "posthouse rewrite" and "posthouse untrack". */
#pragma once

/* argv[1] is --rewrite or --untrack. Returns the exit status: 0 done, 1 could not, 2 wrong usage. */
int rewrite_batch(int argc, char **argv);
