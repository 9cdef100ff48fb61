#!/bin/bash
# sink.sh: the runner and the sink tested against each other, on ports of their own. Needs nothing else.
set -u
here=$(cd "$(dirname "$0")" && pwd)
B=${B:-build}
port=${SINK_PORT:-27290}
work=$(mktemp -d)
"$B/bin/posthouse-sink" -d "$work/mail" -p "plain 127.0.0.1:$port" -p "throttle 127.0.0.1:$((port + 1)) throttle-after=1" \
    -p "secure 127.0.0.1:$((port + 2)) tls=require slow=5" > "$work/log" 2>&1 &
sink=$!
for _ in $(seq 100); do
	grep -q provider=secure "$work/log" && break
	sleep 0.05
done
"$here/run.py" --log "$work/log" --port plain="$port" --port throttle=$((port + 1)) --port secure=$((port + 2)) \
    --port mx=$((port + 3)) --set WORD=taken \
    "$here/sink"
status=$?
kill "$sink"
wait "$sink" || status=1
rm -rf "$work"
exit $status
