# shellcheck shell=bash
# posthouse.sh: how the bench starts and stops the relay that is measured.
#
# BENCH_RELAY_START names a command that is called with FOLDER PORT SINKPORT, writes a configuration and its spool
# into FOLDER, relays everything from PORT to 127.0.0.1:SINKPORT, and stays in the foreground until SIGTERM.

posthouse_here() {
	[ -n "${BENCH_RELAY_START:-}" ]
}

# posthouse_start FOLDER PORT SINKPORT: in the current cgroup; sets relay_pid.
posthouse_start() {
	# shellcheck disable=SC2086
	$BENCH_RELAY_START "$@" > "$1/out" 2>&1 &
	relay_pid=$!
}

posthouse_stop() {
	kill -TERM "$relay_pid"
	wait "$relay_pid" 2> /dev/null
	return 0
}

# How many events the relay under FOLDER has written so far.
posthouse_events() {
	find "$1" -path '*events*' -type f -exec cat {} + 2> /dev/null | wc -l
}
