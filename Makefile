# posthouse. One make, no recursion: each folder's fragment (NAME/NAME.mk) lists what it builds.
#
#	make            build/bin                 sudo make run    a relay to try, in ./run
#	sudo make check all tests                 sudo make install   DESTDIR, PREFIX, SYSCONFDIR
#	make bench, bench-bounces, bench-cuts, bench-list, bench-web, bench-rewrite, soak, fuzz, lint, accuracy, visitors    SECONDS_EACH, SOAK_ROUNDS (tests/e2e/soak.py says more)
#
# Variables: B build folder, V=1 shows what is run, SAN=address,undefined sanitised build, in which a buffer moves at every append (common/buf.h).

PREFIX     ?= /usr/local
SYSCONFDIR ?= /etc
SYSTEMD    ?= $(PREFIX)/lib/systemd/system
B       ?= build
CC      ?= gcc
OPT     ?= -O2 -g
WARN    := -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wformat=2
SAN     ?=
CFLAGS  += -std=gnu11 $(OPT) $(WARN) -D_GNU_SOURCE -Icommon -fno-strict-aliasing \
	   $(if $(SAN),-fsanitize=$(SAN) -fno-omit-frame-pointer -DBUF_MOVES,-D_FORTIFY_SOURCE=2 -fstack-protector-strong -fPIE)
LDFLAGS += $(if $(SAN),-fsanitize=$(SAN),-pie -Wl,-z,relro,-z,now)

# programs: what is installed. test-programs: what tests and benchmarks run. tests: unit tests (folder/x_test).
programs      :=
test-programs :=
# links.bin: other names of posthouse.
tests         :=
links.bin     :=
common.libs   :=
include $(wildcard */*.mk)

.DEFAULT_GOAL := all
all: $(programs:%=$B/bin/%) $(test-programs:%=$B/bin/%) $(links.bin:%=$B/bin/%)

.SECONDARY:
.SECONDEXPANSION:
$B/%.o: %.c
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) $($(subst /,_,$*).cflags) -MMD -MP -c -o $@ $<

# Programs know where their configuration is: another SYSCONFDIR makes these anew, in make install too.
sysconfdir_o            := master/main.o ctl/ctl.o
$(sysconfdir_o:%=$B/%): $B/sysconfdir
$(sysconfdir_o:%=$B/%): CFLAGS += -DSYSCONFDIR='"$(SYSCONFDIR)/posthouse"'
$B/sysconfdir: FORCE
	@mkdir -p $(@D); echo '$(SYSCONFDIR)' | cmp -s - $@ || echo '$(SYSCONFDIR)' > $@
FORCE:

$B/%.o: %.S
	@mkdir -p $(@D)
	$(CC) -c -o $@ $<
$B/bouncd/rules_text.o: etc/bounces.conf
$B/trackd/web/visitors_text.o: etc/visitors.conf

$B/common.a: $(addprefix $B/,$(common.o))
	@rm -f $@; ar rcs $@ $^

$B/bin/%: $$(addprefix $B/,$$($$*.o)) $B/common.a
	@mkdir -p $(@D)
	$(CC) $(LDFLAGS) -o $@ $^ $($*.libs) $(common.libs)

# A unit test has its objects and libraries as a program has, and libcheck.
$(tests:%=$B/test/%): $B/test/%: $$(addprefix $B/,$$($$*.o)) $B/common.a
	@mkdir -p $(@D)
	$(CC) $(LDFLAGS) -o $@ $^ $($*.libs) $(common.libs) -lcheck -lsubunit -lm -lrt -lpthread

$(links.bin:%=$B/bin/%): $B/bin/posthouse
	@ln -sf posthouse $@

all-tests: $(tests:%=$B/test/%)
check-unit: all-tests
	@for t in $(tests:%=$B/test/%); do $$t || exit 1; done

# ---- what people type; each takes care of the packages it needs ----

JOBS := $(shell nproc 2>/dev/null || echo 1)
again = @$(MAKE) --no-print-directory -j$(JOBS)
# One line a step; what a compiler has to say is said all the same.
quietly = @echo "$1 (V=1 shows how)" && $(MAKE) --no-print-directory -j$(JOBS) $(if $(V),,-s)

run:
	@tests/deps.sh build run
	$(call quietly,Building what is not built yet into $B) all
	@bash -c 'set -m; B=$B tests/run/run.sh; exit $$?'    # a job of its own: Ctrl-C is for it, not for make

check:
	@tests/deps.sh build run check fuzz
	$(again) all all-tests
	$(again) B=$B-asan SAN=address,undefined all-tests
	$(again) $(fuzz:%=$B/fuzz/%)
	@B=$B ASAN=$B-asan tests/check $(addprefix --unit ,$(tests)) $(addprefix --fuzz ,$(fuzz))

bench: all
	@B=$B BENCH_RELAY_START="$(CURDIR)/tests/bench/relay" tests/bench/bench.sh
	@echo; echo "With links and pixel rewritten, and one rsa-2048 signature:"
	@B=$B BENCH_RELAY_START="$(CURDIR)/tests/bench/relay" BENCH_ONLY=posthouse BENCH_TENANT="track clicks opens" \
	    BENCH_DKIM=1 BENCH_GEN=--html BENCH_CHECK=--ignore-changes tests/bench/bench.sh

bench-bounces: $B/bin/bouncd
	@B=$B python3 tests/bench/bounces.py
# What a power cut would send twice.
bench-cuts: all all-tests
	@B=$B python3 tests/bench/cuts.py $(BENCH_CUTS)

# Clicks a second, with wrk; BENCH_WEB: seconds, connections.
bench-web: all
	@B=$B python3 tests/bench/web.py $(BENCH_WEB)

SOAK_ROUNDS ?= 100
bench-list: all
	@f=$$(mktemp -d) && $B/bin/bench-list $$f $(BENCH_LIST); r=$$?; rm -rf $$f; exit $$r

soak: all
	@B=$B python3 tests/e2e/soak.py --rounds $(SOAK_ROUNDS)

lint:
	@tests/deps.sh build lint
	@tests/lint.sh
	$(if $(manuals),$(again) lint-manuals)

# ---- fuzz targets: tests/fuzz/fuzz_NAME.c each; fuzz.NAME.c lists the sources beside common/ ----

SECONDS_EACH ?= 60
FUZZ_CC      ?= clang
FUZZ_CFLAGS  := -std=gnu11 -O2 -g -D_GNU_SOURCE -DSYSCONFDIR='"$(SYSCONFDIR)/posthouse"' -DBUF_MOVES=8 -DFATAL_ABORTS -Icommon \
		-fno-strict-aliasing -fsanitize=address,undefined -fno-sanitize-recover=all
fuzz         := $(patsubst tests/fuzz/fuzz_%.c,%,$(wildcard tests/fuzz/fuzz_*.c))
fuzz.plain   := common/arena.o common/buf.o common/needle.o common/pattern.o common/siphash.o common/span.o bouncd/parse/phrases.o
fuzz-objects  = $(patsubst %.c,$B/fuzz/%.o,$(patsubst %.S,$B/fuzz/%.o,$(sort $1)))

$B/fuzz/%.o: %.c
	@mkdir -p $(@D)
	$(FUZZ_CC) -fsanitize=fuzzer-no-link $(FUZZ_CFLAGS) -MMD -MP -c -o $@ $<

# What looks for many words at every byte: each of those comparisons told to the fuzzer, it would do nothing else.
$(addprefix $B/fuzz/,$(fuzz.plain)): FUZZ_CFLAGS += -fno-sanitize-coverage=trace-cmp

$B/fuzz/%.o: %.S
	@mkdir -p $(@D)
	$(FUZZ_CC) -c -o $@ $<
$B/fuzz/bouncd/rules_text.o: etc/bounces.conf
$B/fuzz/trackd/web/visitors_text.o: etc/visitors.conf

$B/fuzz/common.a: $(addprefix $B/fuzz/,$(common.o))
	@rm -f $@; ar rcs $@ $^

$(fuzz:%=$B/fuzz/%): $B/fuzz/%: $$(call fuzz-objects,$$(fuzz.%.c) tests/fuzz/fuzz_%.c) $B/fuzz/common.a
	$(FUZZ_CC) $(FUZZ_CFLAGS) -fsanitize=fuzzer -o $@ $^ $(fuzz.$*.libs) -lidn2 -lpsl $(common.libs)

fuzz-build:
	@tests/deps.sh build fuzz
	$(again) $(fuzz:%=$B/fuzz/%)
fuzz: fuzz-build
	@for f in $(fuzz); do echo "== $$f" && B=$B tests/fuzz/run.sh $$f $(SECONDS_EACH) || exit 1; done

clean:
	rm -rf $B $B-asan

.PHONY: FORCE all all-tests check-unit run check bench bench-bounces bench-cuts bench-list bench-web soak lint fuzz fuzz-build install uninstall clean

-include $(shell find $B -type f -name '*.d' 2>/dev/null)
