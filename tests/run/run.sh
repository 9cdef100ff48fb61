#!/bin/bash
# run.sh: `make run`: the whole relay in ./run on loopback ports, with a small outside world, a first mail through it, and
# what became of it. Ctrl-C ends it. Nothing outside ./run is touched; roles run under numbers, not accounts.
# shellcheck disable=SC2317 # stop_all is called by a trap
set -u

here=$(cd "$(dirname "$0")" && pwd)
top=$(cd "$here/../.." && pwd)
B=$(realpath -m "${B:-build}")
dir=${RUN_DIR:-$top/run}
conf=$dir/posthouse.conf
by=${RUN_PORTS_BY:-0} # RUN_PORTS_BY=1000: all ports that much higher
smtp=$((2525 + by)) submission=$((2587 + by)) web=$((2580 + by)) good=$((2590 + by)) slow=$((2591 + by)) unknown=$((2592 + by))
sinks='' house=''

fail() {
	echo "make run: $*" >&2
	exit 1
}

stop_all() {
	trap '' INT TERM
	[ -z "$house" ] || { kill -TERM "$house" 2> /dev/null && wait "$house"; }
	[ -z "$sinks" ] || { kill -TERM "$sinks" 2> /dev/null && wait "$sinks"; }
}

ph() {
	"$B/bin/posthouse" -c "$conf" "$@"
}

make_folder() {
	mkdir -p "$dir/keys" "$dir/conf.d"
	chmod 755 "$dir"
	sed -e "s,@DIR@,$dir,g" -e "s/@SMTP@/$smtp/g; s/@SUBMISSION@/$submission/g; s/@WEB@/$web/g" \
	    -e "s/@GOOD@/$good/g; s/@SLOW@/$slow/g; s/@UNKNOWN@/$unknown/g" "$here/posthouse.conf.in" > "$conf.new"
	# One that was edited is the user's and stays; the one of these ports is beside it.
	if [ -e "$conf" ] && ! cmp -s "$conf" "$conf.shipped"; then
		cmp -s "$conf.new" "$conf.shipped" ||
		    echo "$conf was edited and stays as it is; $conf.new is what would stand there"
	else
		cp "$conf.new" "$conf.shipped"
		mv "$conf.new" "$conf"
	fi
	if [ ! -e "$dir/keys/relay.key" ]; then
		openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 3650 -subj /CN=relay.test \
		    -addext subjectAltName=DNS:relay.test,IP:127.0.0.1 -keyout "$dir/keys/relay.key" \
		    -out "$dir/keys/relay.crt" 2> /dev/null || fail "openssl made no certificate"
		chmod 600 "$dir/keys/relay.key"
	fi
	ph -n || fail "the configuration is refused, see above"
	if [ ! -e "$dir/keys/dkim/first/first.test/ph1.pem" ]; then
		{ ph dkim new -s ph1 first first.test && ph dkim activate -s ph1 --force --no-reload first first.test
		} > "$dir/keys/dkim.txt" 2>&1 || fail "no DKIM key: $(cat "$dir/keys/dkim.txt")"
	fi
	if [ ! -e "$dir/users" ]; then
		printf 'secret\n' | ph user add first --tenant first --no-reload --password-file - > /dev/null ||
		    fail "no login could be made"
	fi
}

listens() {
	(exec 3<> "/dev/tcp/127.0.0.1/$1") 2> /dev/null
}

ports_are_free() {
	local port
	for port in $smtp $submission $web $good $slow $unknown; do
		! listens "$port" || fail "port $port of 127.0.0.1 is in use (ss -ltnp says by whom). Another \"make run\"? RUN_PORTS_BY=1000 moves all ports"
	done
}

start_sinks() {
	# A group of its own: Ctrl-C is for this script, which ends them in order.
	set -m
	"$B/bin/posthouse-sink" -d "$dir/mail" -p "good 127.0.0.1:$good tls=offer" \
	    -p "slow 127.0.0.1:$slow mail=\"421 4.7.28 too much mail from you, come back later\"" \
	    -p "unknown 127.0.0.1:$unknown rcpt=\"550 5.1.1 no such user here\"" > "$dir/sink.log" 2>&1 &
	sinks=$!
	set +m
}

start_house() {
	local began=$SECONDS
	set -m
	"$B/bin/posthoused" -f -c "$conf" 2> "$dir/posthoused.err" &
	house=$!
	set +m
	until ph status --json 2> /dev/null | grep -q '"house":"running"' && listens $good; do
		kill -0 "$house" 2> /dev/null || { cat "$dir/posthoused.err" >&2; house=''; fail "the relay did not start"; }
		[ $((SECONDS - began)) -lt 60 ] || fail "the relay is not ready after 60 s: see $dir/posthouse.log"
		sleep 0.05
	done
}

say_how() {
	cat << END

The next one:
  swaks --server 127.0.0.1:$smtp -f you@first.test -t somebody@good.test
  swaks --server 127.0.0.1:$submission --tls --auth-user first --auth-password secret -f you@first.test -t nobody@unknown.test
  curl --crlf --url smtp://127.0.0.1:$smtp --mail-from you@first.test --mail-rcpt somebody@good.test -T README.md
What good.test received: ${dir#"$PWD"/}/mail     A link that was clicked: curl -i one of its http://127.0.0.1:$web/ links

Where to look (${B#"$PWD"/}/bin/posthouse -c ${conf#"$PWD"/} ...):
  status                what runs, and what each role was refused
  test ann@good.test    a message now: the dialogue, and what becomes of it
  queue, why ID         what waits, and what for
  trace ADDRESS         a message's whole story
  stats                 sent, delivered, deferred, bounced, opened, clicked
Log: ${dir#"$PWD"/}/posthouse.log   Events: ${dir#"$PWD"/}/events   Configuration: ${conf#"$PWD"/}

Ctrl-C ends it.
END
}

[ "$(id -u)" = 0 ] || fail "needs root, to give each role a user number and an empty root: sudo make run"
[ -x "$B/bin/posthoused" ] || fail "$B/bin/posthoused is not there: build first (make)"
ports_are_free
echo "Making what the relay needs in $dir"
make_folder
trap stop_all EXIT
trap 'echo; echo "Stopping ..."; exit 0' INT TERM
echo "Starting the relay, and a small outside world"
start_sinks
start_house
echo "The relay runs: SMTP 127.0.0.1:$smtp, submission 127.0.0.1:$submission, tracking http://127.0.0.1:$web/"
python3 "$here/first_mail.py" "$smtp" "$dir/events" "$B/bin/posthouse" "$conf"
say_how
[ -z "${RUN_ONCE:-}" ] || exit 0
wait "$house"
house=''
fail "the relay ended; see $dir/posthouse.log"
