# deliverd/deliverd.mk: hands mail to servers; finds out which (resolve/).
programs += deliverd
deliverd.session := $(addprefix deliverd/,session.o greet.o dialogue.o wire.o tls.o connect.o \
	command.o ehlo.o body.o transaction.o refusal.o plain_hosts.o result.o deliverd_conf.o)
deliverd.o    := deliverd/main.o deliverd/worker.o $(deliverd.session)
deliverd.libs := -lssl

programs += deliverd-resolve
deliverd-resolve.asks := $(addprefix deliverd/resolve/,asks.o places.o resolve_conf.o dns.o dns_read.o mx.o site.o)
deliverd-resolve.o    := deliverd/resolve/main.o $(deliverd-resolve.asks)
deliverd-resolve.libs := -lunbound -levent -lpsl -lresolv

tests += deliverd/plain_hosts_test
deliverd/plain_hosts_test.o := deliverd/plain_hosts_test.o deliverd/plain_hosts.o
fuzz.reply.c  := deliverd/ehlo.c
fuzz.dns.c    := $(addprefix deliverd/resolve/,dns_read.c mx.c)
fuzz.dns.libs := -lresolv

tests += deliverd/ehlo_test deliverd/refusal_test deliverd/body_test deliverd/command_test deliverd/resolve/mx_test deliverd/resolve/places_test
deliverd/ehlo_test.o       := deliverd/ehlo_test.o deliverd/ehlo.o
deliverd/refusal_test.o    := deliverd/refusal_test.o deliverd/refusal.o
deliverd/body_test.o       := deliverd/body_test.o deliverd/body.o
deliverd/command_test.o    := deliverd/command_test.o deliverd/command.o
deliverd/resolve/mx_test.o := $(addprefix deliverd/resolve/,mx_test.o mx.o site.o)
deliverd/resolve/places_test.o := $(addprefix deliverd/resolve/,places_test.o places.o)
deliverd/resolve/mx_test.libs := -lpsl
