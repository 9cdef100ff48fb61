# Programs that only tests and benches use; built to $B/bin like the others.
test-programs += bench-gen bench-sink bench-floor

bench-gen.o   := $(addprefix tests/bench/,gen.o client.o load.o mail.o sum.o net.o)
bench-sink.o  := $(addprefix tests/bench/,sink.o intake.o tally.o sum.o net.o)
bench-floor.o := $(addprefix tests/bench/,floor.o intake.o net.o)

tests += tests/bench/sum_test
tests/bench/sum_test.o := $(addprefix tests/bench/,sum_test.o sum.o mail.o)
