# shellcheck shell=bash
# exim.sh: the distribution's Exim as a peer, unpacked and never installed, as tests/bench/postfix.sh does with Postfix.
#
# In a mount and process namespace of its own, with a root folder under $B/peers/exim: the host's /usr read only, its own
# users, configuration and spool. All that it takes it passes on to one port.

exim_dir=$B/peers/exim
exim_root=${EXIM_ROOT:-$exim_dir/root} # tests that run at the same time have one each

exim_unpack() {
	mkdir -p "$exim_dir/debs" "$exim_dir/tree"
	(flock 9 && exim_unpack_alone) 9> "$exim_dir/lock"
}

exim_unpack_alone() {
	[ -e "$exim_dir/unpacked" ] && return
	local libraries='' package
	for package in libdb5.3 libgnutls-dane0 libgnutls30 libidn12 libnsl2 libpcre2-8-0; do
		dpkg -s "$package" > /dev/null 2>&1 || libraries="$libraries $package"
	done
	# shellcheck disable=SC2086
	(cd "$exim_dir/debs" && apt-get -q download exim4-daemon-light $libraries) > "$exim_dir/download.log" 2>&1 ||
	    return 1
	for package in "$exim_dir"/debs/*.deb; do
		dpkg-deb --fsys-tarfile "$package" | tar -x -C "$exim_dir/tree" --exclude='*.d' || return 1
	done
	touch "$exim_dir/unpacked"
}

# As Debian ships it where it can matter to a signature: 8BITMIME taken and offered, lines of 998 octets at most.
exim_conf() {
	cat <<EOF
primary_hostname = peer.example
local_interfaces = 127.0.0.1
daemon_smtp_ports = $1
disable_ipv6
never_users = root
log_file_path = /var/log/exim/%slog
message_size_limit = 64M
smtp_accept_max = 20
smtp_accept_queue_per_connection = 0
remote_max_parallel = 1
queue_run_max = 2
acl_smtp_rcpt = accept
acl_smtp_data = accept
begin routers
on:
  driver = manualroute
  route_list = * 127.0.0.1
  self = send
  transport = on
begin transports
on:
  driver = smtp
  port = $2
  allow_localhost
  hosts_try_fastopen = :
begin retry
* * F,1h,1m
EOF
}

# A root folder with users and configuration: exim_prepare PORT SINKPORT
exim_prepare() {
	local r=$exim_root link
	rm -rf "${r:?}/var"
	mkdir -p "$r"/{usr,exim,proc,dev,tmp,etc/exim4,var/log/exim,var/lib/exim4,var/spool/exim4}
	for link in bin sbin lib lib64; do
		[ -L "$r/$link" ] || ln -s "usr/$link" "$r/$link"
	done
	printf 'root:x:0:0::/root:/bin/sh\nnobody:x:65534:65534::/:/bin/false\nDebian-exim:x:64903:64903::/:/bin/false\n' > "$r/etc/passwd"
	printf 'root:x:0:\nnogroup:x:65534:\nmail:x:8:\nDebian-exim:x:64903:\n' > "$r/etc/group"
	printf 'passwd: files\ngroup: files\nhosts: files\nservices: files\n' > "$r/etc/nsswitch.conf"
	printf '127.0.0.1 localhost peer.example\n' > "$r/etc/hosts"
	printf '/exim/usr/lib/x86_64-linux-gnu\n/usr/lib/x86_64-linux-gnu\n' > "$r/etc/ld.so.conf"
	exim_conf "$@" > "$r/etc/exim4/exim4.conf"
	chmod 644 "$r/etc/exim4/exim4.conf"
	chown 64903:64903 "$r/var/log/exim" "$r/var/spool/exim4"
}

# Inside the namespaces: mounts, and Exim in the foreground. It starts itself anew for each delivery by the name /usr/sbin/exim4.
exim_inside() {
	local r=$exim_root
	mount --bind /usr "$r/usr"
	mount --bind "$exim_dir/tree" "$r/exim"
	mount -t tmpfs none "$r/usr/sbin"
	cp -a /usr/sbin/ldconfig "$r/usr/sbin/"
	cp -a "$exim_dir/tree/usr/sbin/exim4" "$r/usr/sbin/"
	mount -o remount,bind,ro "$r/usr"
	mount -t proc proc "$r/proc"
	mount --rbind /dev "$r/dev"
	chroot "$r" /sbin/ldconfig 2> /dev/null
	exec chroot "$r" /usr/sbin/exim4 -bdf -q1m
}

# exim_start PORT SINKPORT OUT: sets relay_pid.
exim_start() {
	exim_prepare "$@"
	B=$B unshare --mount --pid --fork --kill-child --propagation private \
	    bash -c ". \"${BASH_SOURCE[0]}\" && exim_inside" > "$3" 2>&1 &
	relay_pid=$!
}

# The first process of the namespace takes all others with it.
exim_stop() {
	local first
	first=$(cat "/proc/$relay_pid/task/$relay_pid/children" 2> /dev/null)
	# shellcheck disable=SC2086
	[ -z "$first" ] || kill -KILL $first
	wait "$relay_pid" 2> /dev/null
	return 0
}
