# shellcheck shell=bash
# postfix.sh: the distribution's Postfix as a peer, unpacked and never installed.
#
# It runs in a mount and process namespace of its own, with a root folder under $B/peers/postfix: the host's /usr read
# only, its own /etc (users, configuration) and /var (queue, on the same file system as everything else here).

postfix_dir=$B/peers/postfix
postfix_root=${POSTFIX_ROOT:-$postfix_dir/root} # tests that run at the same time have one each

# Without the package's *.d folders: it needs none of them, and make takes *.d below $B for its own.
postfix_unpack() {
	mkdir -p "$postfix_dir/debs" "$postfix_dir/tree"
	(flock 9 && postfix_unpack_alone) 9> "$postfix_dir/lock"
}

postfix_unpack_alone() {
	[ -e "$postfix_dir/unpacked" ] && return
	local libraries='' package
	for package in libdb5.3 libicu72 libnsl2 libsasl2-2 libssl3 libtirpc3; do
		dpkg -s "$package" > /dev/null 2>&1 || libraries="$libraries $package"
	done
	# shellcheck disable=SC2086
	(cd "$postfix_dir/debs" && apt-get -q download postfix $libraries) > "$postfix_dir/download.log" 2>&1 ||
	    return 1
	for package in "$postfix_dir"/debs/*.deb; do
		dpkg-deb --fsys-tarfile "$package" | tar -x -C "$postfix_dir/tree" --exclude='*.d' || return 1
	done
	touch "$postfix_dir/unpacked"
}

postfix_version() {
	basename "$postfix_dir"/debs/postfix_*.deb | sed 's/^postfix_\([^-+]*\).*/\1/'
}

postfix_main_cf() {
	cat <<EOF
compatibility_level = 3.6
queue_directory = /var/spool/postfix
data_directory = /var/lib/postfix
daemon_directory = /postfix/usr/lib/postfix/sbin
command_directory = /postfix/usr/sbin
shlib_directory = /postfix/usr/lib/postfix
mail_owner = postfix
setgid_group = postdrop
myhostname = peer.example
mydestination =
mynetworks = 127.0.0.0/8
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
smtp_host_lookup = native
relayhost = [127.0.0.1]:$2
disable_dns_lookups = yes
smtpd_recipient_restrictions = permit_mynetworks, reject
alias_maps =
local_recipient_maps =
default_transport = smtp
maillog_file = /var/log/postfix.log
maillog_file_prefixes = /var
${POSTFIX_MORE:-}
EOF
}

postfix_master_cf() {
	cat <<EOF
127.0.0.1:$1 inet n - n - - smtpd
pickup unix n - n 60 1 pickup
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
tlsmgr unix - - n 1000? 1 tlsmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
verify unix - - n - 1 verify
flush unix n - n 1000? 0 flush
proxymap unix - - n - - proxymap
proxywrite unix - - n - 1 proxymap
smtp unix - - n - - smtp
relay unix - - n - - smtp
showq unix n - n - - showq
error unix - - n - - error
retry unix - - n - - error
discard unix - - n - - discard
anvil unix - - n - 1 anvil
scache unix - - n - 1 scache
postlog unix-dgram n - n - 1 postlogd
EOF
}

# A root folder with users and configuration: postfix_prepare PORT SINKPORT
postfix_prepare() {
	local r=$postfix_root link
	mkdir -p "$r"/{usr,postfix,proc,dev,tmp,var/log,var/lib/postfix,var/spool/postfix,etc/postfix}
	for link in bin sbin lib lib64; do
		[ -L "$r/$link" ] || ln -s "usr/$link" "$r/$link"
	done
	printf 'root:x:0:0::/root:/bin/sh\nnobody:x:65534:65534::/:/bin/false\npostfix:x:64901:64901::/:/bin/false\n' > "$r/etc/passwd"
	printf 'root:x:0:\nnogroup:x:65534:\npostfix:x:64901:\npostdrop:x:64902:\n' > "$r/etc/group"
	printf 'passwd: files\ngroup: files\nhosts: files\nservices: files\n' > "$r/etc/nsswitch.conf"
	printf '127.0.0.1 localhost peer.example\n' > "$r/etc/hosts"
	printf 'smtp 25/tcp\n' > "$r/etc/services"
	printf '/postfix/usr/lib/postfix\n/postfix/usr/lib/x86_64-linux-gnu\n/usr/lib/x86_64-linux-gnu\n' > "$r/etc/ld.so.conf"
	postfix_main_cf "$@" > "$r/etc/postfix/main.cf"
	postfix_master_cf "$@" > "$r/etc/postfix/master.cf"
	touch "$r/etc/postfix/dynamicmaps.cf"
	cp "$postfix_dir"/tree/etc/postfix/{postfix-files,postfix-script,post-install} "$r/etc/postfix/"
	chown 64901 "$r/var/lib/postfix"
	rm -rf "$r"/var/spool/postfix/{active,incoming,deferred,defer,maildrop} "$r/var/log/postfix.log"
}

# Inside the namespaces: mounts, the queue's folders, and Postfix in the foreground.
postfix_inside() {
	local r=$postfix_root
	mount --bind /usr "$r/usr"
	mount -o remount,bind,ro "$r/usr"
	mount --bind "$postfix_dir/tree" "$r/postfix"
	mount -t proc proc "$r/proc"
	mount --rbind /dev "$r/dev"
	chroot "$r" /sbin/ldconfig 2> /dev/null
	chroot "$r" /postfix/usr/sbin/postfix -c /etc/postfix check
	exec chroot "$r" /postfix/usr/lib/postfix/sbin/master -c /etc/postfix -i
}

# postfix_start PORT SINKPORT OUT: in the current cgroup; sets relay_pid.
postfix_start() {
	postfix_prepare "$@"
	B=$B unshare --mount --pid --fork --kill-child --propagation private \
	    bash -c ". \"${BASH_SOURCE[0]}\" && postfix_inside" > "$3" 2>&1 &
	relay_pid=$!
}

# The first process of the namespace takes all others with it.
postfix_stop() {
	local first
	first=$(cat "/proc/$relay_pid/task/$relay_pid/children" 2> /dev/null)
	# shellcheck disable=SC2086
	[ -z "$first" ] || kill -KILL $first
	wait "$relay_pid" 2> /dev/null
	return 0
}
