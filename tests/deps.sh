#!/bin/sh
# deps.sh SET ...: installs what is missing of the distribution's packages for build, run, check, fuzz, lint.
# Needs root only if something is missing. Elsewhere than on Debian: says what it would need.
set -eu

packages() {
	case $1 in
	build) echo gcc make libc6-dev libevent-dev libbsd-dev libseccomp-dev libjansson-dev libpcre2-dev libssl-dev \
	    liblmdb-dev libpsl-dev libunbound-dev libidn2-dev libcrypt-dev ;;
	run) echo python3 openssl swaks curl libnet-ssleay-perl ca-certificates ;;
	check) echo check python3-dkim python3-nacl opendkim-tools util-linux mount ;;
	fuzz) echo clang libclang-rt-14-dev ;;
	lint) echo clang-format clang-tidy cppcheck mandoc shellcheck ;;
	*) echo "deps.sh: no set of packages is called $1" >&2; exit 64 ;;
	esac
}

is_there() {
	dpkg-query -W -f '${db:Status-Status}\n' "$1" 2> /dev/null | grep -qx installed
}

missing=
for set in "$@"; do
	for p in $(packages "$set"); do
		command -v dpkg-query > /dev/null || { missing="$missing $p"; continue; }
		is_there "$p" || missing="$missing $p"
	done
done
[ -n "$missing" ] || exit 0

if ! command -v apt-get > /dev/null; then
	echo "No apt-get here. If what follows fails, install what your distribution calls:$missing" >&2
	exit 0
fi
if [ "$(id -u)" != 0 ]; then
	echo "These packages are missing:$missing" >&2
	echo "Run this again with sudo, or: apt-get install --no-install-recommends$missing" >&2
	exit 69
fi
echo "Installing:$missing"
export DEBIAN_FRONTEND=noninteractive
# shellcheck disable=SC2086 # a list
apt-get install -y -qq --no-install-recommends $missing > /dev/null 2>&1 || {
	apt-get update -qq
	apt-get install -y -qq --no-install-recommends $missing > /dev/null
}
