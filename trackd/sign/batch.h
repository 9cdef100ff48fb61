/* batch.h: signing as a command, for people and tests.
 *
 *	--sign --domain NAME --selector NAME --key FILE [--key FILE] [--simple] <message >message
 *	--sign ... --batch <lines "infile<TAB>outfile"
 *	--new rsa|ed25519 >PEM
 *	--record --domain NAME --selector NAME --key FILE >zone line
 *
 * With two keys the message gets two signatures, the second with the selector's name and "-2" behind it. */
#pragma once

/* argv[1] is --sign, --new or --record. Returns the exit status: 0 done, 1 could not, 2 wrong usage. */
int sign_batch(int argc, char **argv);
