#!/bin/sh
# run.sh NAME SECONDS [libFuzzer's options]: runs the fuzz target NAME that long, from its seeds and from what its former runs
# found, which stays in the build folder ($B). What breaks it is kept there as NAME-crash-*.
set -eu

cd "$(dirname "$0")/../.."
fuzz=${B:-build}/fuzz
name=$1 seconds=$2
shift 2
# Little is kept of memory that was freed, and short stacks: the sanitiser would do more than what it watches.
export ASAN_OPTIONS="quarantine_size_mb=16:malloc_context_size=4${ASAN_OPTIONS:+:$ASAN_OPTIONS}"
mkdir -p "$fuzz/$name.found"
set -- -max_total_time="$seconds" -timeout=120 -error_exitcode=1 -timeout_exitcode=1 -rss_limit_mb=2048 -print_final_stats=1 \
    -artifact_prefix="$fuzz/$name-" "$@" "$fuzz/$name.found"
[ ! -d "tests/fuzz/seeds/$name" ] || set -- "$@" "tests/fuzz/seeds/$name"
exec "$fuzz/$name" "$@"
