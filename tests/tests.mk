# Programs that only tests and benches use; built to $B/bin like the others.
test-programs += bench-gen bench-sink bench-floor posthouse-sink

bench-gen.o   := $(addprefix tests/bench/,gen.o client.o load.o mail.o sum.o net.o)
bench-sink.o  := $(addprefix tests/bench/,sink.o intake.o tally.o sum.o net.o)
bench-floor.o := $(addprefix tests/bench/,floor.o intake.o net.o)

posthouse-sink.o    := $(addprefix tests/sink/,sink.o session.o provider.o store.o tls.o)
posthouse-sink.libs := -levent_core -levent_openssl -levent_extra -lssl -lcrypto

tests += tests/bench/sum_test tests/sink/provider_test
tests/bench/sum_test.o := $(addprefix tests/bench/,sum_test.o sum.o mail.o)
tests/sink/provider_test.o := $(addprefix tests/sink/,provider_test.o provider.o)

fuzz += bounce classify conf
fuzz.bounce.c      := $(sort $(bouncd.facts:.o=.c) $(bouncd.rules:.o=.c))
fuzz.classify.c    := $(bouncd.rules:.o=.c)
fuzz.conf.c        :=

# trackd-sign with a hole in its sandbox: tests/e2e/leaky.py sees it refuse to run.
test-programs += leaky-sign
leaky-sign.o     = tests/isolation/leaky_sandbox.o $(trackd-sign.o)
leaky-sign.libs := -lcrypto
