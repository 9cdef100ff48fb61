#!/bin/bash
# bench.sh: messages a second and CPU a message of this relay, beside the distribution's Postfix and beside what
# bounds both. Called by `make bench`; needs root (namespaces, control group). Settings come from the environment:
#
#	B               build folder (build)
#	BENCH_MESSAGES  a run (20000); Postfix gets a fifth
#	BENCH_RUNS      of each contestant, alternating; medians are shown (3)
#	BENCH_CONNECTIONS (20), BENCH_SIZE (10240), BENCH_PORT (first of three loopback ports, 27250)
#	BENCH_ONLY      only these contestants: straight floor postfix posthouse
#	BENCH_GEN       more options for bench-gen, for instance "--html -f bench@tracked.example"
#	BENCH_RELAY_START  how this relay is started (posthouse.sh)
#	POSTFIX_MORE    more lines of Postfix's main.cf
#	BENCH_CHECK     more options for check, for instance "--ignore-changes"
#
# Generator, relays and sink share one machine and one file system; everything syncs before its 250.
# shellcheck disable=SC2317 # functions are called through traps and group_run
# shellcheck source-path=SCRIPTDIR
set -u -o pipefail

here=$(cd "$(dirname "$0")" && pwd)
B=$(realpath -m "${B:-build}")
messages=${BENCH_MESSAGES:-20000}
runs=${BENCH_RUNS:-3}
connections=${BENCH_CONNECTIONS:-20}
size=${BENCH_SIZE:-10240}
port=${BENCH_PORT:-27250}
sink_port=$((port + 1))
only=${BENCH_ONLY:-straight floor postfix posthouse}
work=$B/bench
relay='' relay_pid='' sink_pid=''

. "$here/measure.sh"
. "$here/postfix.sh"
. "$here/posthouse.sh"

say() {
	echo "bench: $*" >&2
}

clean_up() {
	[ -z "$relay_pid" ] || relay_stop "$relay"
	[ -z "$sink_pid" ] || kill -KILL "$sink_pid" 2> /dev/null
	wait
	group_remove
}

wait_for_port() {
	local try
	for try in $(seq 300); do
		if (exec 3<> "/dev/tcp/127.0.0.1/$1") 2> /dev/null; then return 0; fi
		kill -0 "$2" 2> /dev/null || break
		sleep 0.1
	done
	say "nothing listens on port $1 (try $try)"
	return 1
}

# wait_for_word WORD FILE SECONDS
wait_for_word() {
	local try
	for try in $(seq $(($3 * 20))); do
		grep -q "^$1 " "$2" && return 0
		sleep 0.05
	done
	say "no \"$1\" in $2 after $try looks"
	return 1
}

sink_start() { # PORT EXPECTED
	"$B/bin/bench-sink" -l "127.0.0.1:$1" -o "$work/list" -e "$2" > "$work/sink.out" &
	sink_pid=$!
	wait_for_port "$1" "$sink_pid"
}

sink_stop() {
	kill -TERM "$sink_pid"
	wait "$sink_pid"
	sink_pid=''
}

floor_start() { # FOLDER PORT
	"$B/bin/bench-floor" "127.0.0.1:$2" "$1/file" > "$work/floor.out" &
	relay_pid=$!
}

# relay_start NAME: the contestant in the group; generator and sink stay outside.
relay_start() {
	local folder=$work/$1
	relay=$1
	rm -rf "$folder"
	mkdir -p "$folder"
	case $1 in
	straight) return 0 ;;
	floor) group_run floor_start "$folder" "$port" ;;
	postfix) group_run postfix_start "$port" "$sink_port" "$work/postfix.out" ;;
	posthouse) group_run posthouse_start "$folder" "$port" "$sink_port" ;;
	esac
	wait_for_port "$port" "$relay_pid"
}

relay_stop() {
	case $1 in
	straight) return 0 ;;
	floor) kill -TERM "$relay_pid"; wait "$relay_pid" ;;
	postfix) postfix_stop ;;
	posthouse) posthouse_stop ;;
	esac
	relay_pid=''
}

load_once() { # PORT COUNT RUN
	# shellcheck disable=SC2086
	"$B/bin/bench-gen" -c "$connections" -s "$size" -n "$2" -u "$3" -o "$work/record" \
	    ${BENCH_GEN:-} "127.0.0.1:$1" > "$work/gen.out"
}

# One load with a sink of its own: load_and_check NAME COUNT RUN. Fails unless every recipient came exactly once.
load_and_check() {
	local into=$port
	if [ "$1" = floor ]; then
		load_once "$port" "$2" "$3"
		return
	fi
	[ "$1" != straight ] || into=$sink_port
	if [ "$1" = straight ]; then
		group_run sink_start "$sink_port" "$2"
	else
		sink_start "$sink_port" "$2"
	fi
	load_once "$into" "$2" "$3" || say "$1: the generator was refused: $(head -n 1 "$work/gen.out")"
	wait_for_word complete "$work/sink.out" 60
	cpu_after=$(cpu_us)
	sleep 0.3
	sink_stop
	# shellcheck disable=SC2086
	"$here/check" ${BENCH_CHECK:-} "$work/record" "$work/list" > "$work/check.out" ||
	    { say "$1: run does not count: $(cat "$work/check.out")"; return 1; }
}

value() { # KEY FILE
	grep -o "\b$1=[0-9.]*" "$2" | tail -n 1 | cut -d= -f2
}

# Messages a second from the first byte to the last arrival.
rate_of() { # NAME COUNT
	local end
	end=$(value last "$work/sink.out" 2> /dev/null)
	[ "$1" != floor ] || end=$(value end "$work/gen.out")
	awk -v n="$2" -v a="$(value start "$work/gen.out")" -v b="$end" 'BEGIN { printf "%.0f", n / (b - a) }'
}

count_for() {
	if [ "$1" = postfix ]; then echo $((messages / 5)); else echo "$messages"; fi
}

warm_up() { # NAME: the first messages pay for pages, processes and caches
	[ "$1" = straight ] || load_and_check "$1" 500 9
}

measure() { # NAME RUN: one line "NAME RATE CPU_MS P50 P99"
	local name=$1 n before
	n=$(count_for "$name")
	relay_start "$name" && warm_up "$name" || return 1
	before=$(cpu_us) cpu_after=''
	load_and_check "$name" "$n" "$2" || return 1
	cpu_after=${cpu_after:-$(cpu_us)}
	echo "$name $(rate_of "$name" "$n") $(awk -v us=$((cpu_after - before)) -v n="$n" \
	    'BEGIN { printf "%.4f", us / 1000 / n }') $(value p50 "$work/gen.out") $(value p99 "$work/gen.out")" >> "$work/results"
	tail -n 1 "$work/results" >&2
	relay_stop "$name"
}

# System calls, flushes and events come from a shorter run: watching costs.
measure_calls() { # NAME: one line "calls NAME CALLS FLUSHES EVENTS", a message
	local name=$1 n=$((messages / 10)) before=0 events=-
	relay_start "$name" && warm_up "$name" || return 1
	[ "$name" != posthouse ] || before=$(posthouse_events "$work/posthouse")
	calls_of "$work/calls" load_and_check "$name" "$n" 8 || return 1
	[ "$name" != posthouse ] || events=$(($(posthouse_events "$work/posthouse") - before))
	echo "calls $name $n $(counted_calls "$work/calls") $(counted_flushes "$work/calls") $events" >> "$work/results"
	relay_stop "$name"
}

contestants() {
	local name
	for name in $only; do
		if [ "$name" = postfix ] && ! postfix_unpack; then
			say "postfix left out: its package cannot be had ($postfix_dir/download.log)"
		elif [ "$name" = posthouse ] && ! posthouse_here; then
			say "posthouse left out: BENCH_RELAY_START is not set"
		else
			echo "$name"
		fi
	done
}

main() {
	local run name list failed=0
	[ "$(id -u)" = 0 ] || { say "needs root: namespaces and a control group"; exit 77; }
	mkdir -p "$work"
	rm -f "$work/results"
	trap clean_up EXIT
	trap 'exit 130' INT TERM
	group_make
	[ -n "$group" ] || say "no control group can be made: CPU is read from /proc"
	list=$(contestants)
	for run in $(seq "$runs"); do
		for name in $list; do
			measure "$name" "$run" || { failed=1; [ -z "$relay_pid" ] || relay_stop "$name"; }
		done
	done
	for name in $list; do
		[ "$name" = straight ] || measure_calls "$name" || { failed=1; [ -z "$relay_pid" ] || relay_stop "$name"; }
	done
	"$here/table" "$work/results" "postfix=Postfix $(postfix_version 2> /dev/null)"
	echo "$(nproc) processors, $(uname -r), $(stat -f -c %T "$work"), $size bytes, $connections connections, medians of $runs runs"
	exit $failed
}

main
