# shellcheck shell=bash
# shellcheck disable=SC2154
# measure.sh: CPU, system calls and flushes of everything a contestant runs.
#
# CPU comes from a control group where one can be made (version 1 cpuacct, or version 2), else from /proc: the living
# processes below relay_pid with what they have waited for.

group=''

group_make() {
	local parent
	for parent in /sys/fs/cgroup/cpuacct /sys/fs/cgroup/cpu,cpuacct /sys/fs/cgroup; do
		[ -e "$parent/cpuacct.usage" ] || [ -e "$parent/cgroup.controllers" ] || continue
		if mkdir "$parent/posthouse-bench-$$" 2> /dev/null; then
			group=$parent/posthouse-bench-$$
			return
		fi
	done
}

group_remove() {
	[ -z "$group" ] || rmdir "$group" 2> /dev/null || true
}

# group_run FUNCTION ...: calls it with this shell inside the group, so that what it starts is born there.
group_run() {
	[ -z "$group" ] || echo $$ > "$group/cgroup.procs"
	"$@"
	[ -z "$group" ] || echo $$ > "$(dirname "$group")/cgroup.procs"
}

# All processes below a pid, it included.
tree_of() {
	local child
	echo "$1"
	cat /proc/"$1"/task/*/children 2> /dev/null | tr ' ' '\n' | while read -r child; do
		[ -z "$child" ] || tree_of "$child"
	done
}

pids() {
	if [ -n "$group" ]; then cat "$group/cgroup.procs"; else tree_of "$relay_pid"; fi
}

# Microseconds of CPU so far.
cpu_us() {
	if [ -e "$group/cpuacct.usage" ]; then
		echo $(($(cat "$group/cpuacct.usage") / 1000))
	elif [ -e "$group/cpu.stat" ]; then
		awk '$1 == "usage_usec" { print $2 }' "$group/cpu.stat"
	else
		for pid in $(pids); do sed 's/.*) //' "/proc/$pid/stat" 2> /dev/null; done |
		    awk -v hz="$(getconf CLK_TCK)" '{ t += $12 + $13 + $14 + $15 } END { printf "%d\n", t * 1000000 / hz }'
	fi
}

# watch_perf OUT, watch_strace OUT: count until the watcher is told to end; set watcher.
watch_perf() {
	perf stat -x' ' -o "$1" -p "$(pids | paste -sd,)" -e raw_syscalls:sys_enter \
	    -e syscalls:sys_enter_fsync -e syscalls:sys_enter_fdatasync 2> /dev/null &
	watcher=$!
}

watch_strace() {
	# shellcheck disable=SC2046
	strace -f -c -U name,calls -o "$1" $(pids | sed 's/^/-p /') 2> /dev/null &
	watcher=$!
}

# calls_of OUT COMMAND...: runs it while watching the contestant. Then counted_calls and counted_flushes know.
calls_of() {
	local out=$1 watcher='' status
	shift
	rm -f "$out"
	if perf stat -e raw_syscalls:sys_enter true > /dev/null 2>&1; then
		watch_perf "$out"
	elif command -v strace > /dev/null; then
		watch_strace "$out"
	fi
	sleep 1
	"$@"
	status=$?
	if [ -n "$watcher" ]; then
		kill -INT "$watcher"
		sleep 0.2
		kill -TERM "$watcher" 2> /dev/null
		wait "$watcher"
	fi
	return $status
}

# Both print "-" when nothing could watch.
counted_calls() {
	awk '/raw_syscalls/ { print $1; n = 1 } $1 == "total" { print $2; n = 1 } END { if (!n) print "-" }' \
	    "$1" 2> /dev/null || echo -
}

counted_flushes() {
	awk '/sys_enter_f/ { n += $1; seen = 1 } $1 == "fsync" || $1 == "fdatasync" { n += $2 }
	    /total/ { seen = 1 } END { print seen ? n + 0 : "-" }' "$1" 2> /dev/null || echo -
}
