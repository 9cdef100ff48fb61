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

# The store under faults of the disk, tests/fault/store_fault.py store_fault fault.so; what it costs, bench-store FOLDER.
test-programs += store_fault bench-store
store_fault.o    := tests/fault/store_fault.o $(queued.store.o)
store_fault.libs := -llmdb -lpthread
bench-store.o    := tests/bench/store_bench.o $(queued.store.o)
bench-store.libs := -llmdb -lpthread

# What a suppression list of ten million costs: make bench-list.
test-programs += bench-list
bench-list.o    = tests/bench/list_bench.o $(bouncd.list) queued/suppressed.o queued/table.o
bench-list.libs := -llmdb -lidn2

all-tests: $B/fault.so
$B/fault.so: tests/fault/fault.c
	@mkdir -p $(@D)
	$(CC) -std=gnu11 -O1 -g $(WARN) -D_GNU_SOURCE -shared -fPIC -o $@ $< -ldl

fuzz.notice.c      := $(addprefix bouncd/,$(bouncd.notice:.o=.c))
bouncd.rules.c     := $(bouncd.rules:.o=.c)
fuzz.bounce.c      := $(sort $(bouncd.facts:.o=.c) $(bouncd.rules.c))
fuzz.classify.c    := $(bouncd.rules.c) bouncd/unknown.c bouncd/draft.c

# trackd-sign with a hole in its sandbox: tests/e2e/leaky.py sees it refuse to run.
test-programs += leaky-sign
leaky-sign.o     = tests/isolation/leaky_sandbox.o $(trackd-sign.o)
leaky-sign.libs := -lcrypto

# What comes back, understood: the table of README.md. `make check` runs the same as a test.
accuracy: $B/bin/bouncd $B/bin/bouncd-parse
	@B=$B python3 tests/accuracy/accuracy_test.py --misses

# Persons and machines told apart: the table of README.md. `make check` runs the same as a test.
visitors: $B/bin/trackd-web
	@B=$B python3 tests/visitors/visitors_test.py --misses
.PHONY: accuracy visitors

# What tracking costs above a bare signature: make bench-rewrite.
test-programs += bench-rewrite
bench-rewrite.o    = tests/bench/rewrite_bench.o $(rewrite.o) $(sign.o)
bench-rewrite.libs := -lcrypto -lidn2
bench-rewrite: $B/bin/bench-rewrite
	@$B/bin/bench-rewrite
.PHONY: bench-rewrite

# A role that was broken into, whichever its name says: tests/e2e/hostile_roles.py sees what it cannot do.
test-programs += hostile-role
hostile-role.o := tests/isolation/hostile_role.o

# A role that takes long to start: tests/e2e/slow_start.py.
test-programs += slow-role
slow-role.o := tests/isolation/slow_role.o

# A queue of any length, made at once: spool-fill SPOOL MESSAGES RECIPIENTS.
test-programs += spool-fill
spool-fill.o    := tests/queued/spool_fill.o $(addprefix queued/,message_file.o index.o table.o)
spool-fill.libs := -llmdb -lpthread
