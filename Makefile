# posthouse. One make, no recursion: each folder's fragment (NAME/NAME.mk) lists what it builds.
# Variables: B build folder, SAN=address,undefined sanitised build, PREFIX, DESTDIR.

PREFIX  ?= /usr/local
B       ?= build
CC      ?= gcc
OPT     ?= -O2 -g
WARN    := -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wformat=2
SAN     ?=
CFLAGS  += -std=gnu11 $(OPT) $(WARN) -D_GNU_SOURCE -Icommon -fno-strict-aliasing \
	   $(if $(SAN),-fsanitize=$(SAN) -fno-omit-frame-pointer,-D_FORTIFY_SOURCE=2 -fstack-protector-strong -fPIE)
LDFLAGS += $(if $(SAN),-fsanitize=$(SAN),-pie -Wl,-z,relro,-z,now)

# programs: what is installed. test-programs: what tests and benchmarks run. tests: unit tests (folder/x_test).
programs      :=
test-programs :=
tests         :=
common.libs   :=
include $(wildcard */*.mk)

all: $(programs:%=$B/bin/%) $(test-programs:%=$B/bin/%)

.SECONDARY:
.SECONDEXPANSION:
$B/%.o: %.c
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) $($(subst /,_,$*).cflags) -MMD -MP -c -o $@ $<

$B/%.o: %.S
	@mkdir -p $(@D)
	$(CC) -c -o $@ $<
$B/bouncd/rules_text.o: etc/bounces.conf

$B/common.a: $(addprefix $B/,$(common.o))
	@rm -f $@; ar rcs $@ $^

$B/bin/%: $$(addprefix $B/,$$($$*.o)) $B/common.a
	@mkdir -p $(@D)
	$(CC) $(LDFLAGS) -o $@ $^ $($*.libs) $(common.libs)

# A unit test has its objects and libraries as a program has, and libcheck.
$(tests:%=$B/test/%): $B/test/%: $$(addprefix $B/,$$($$*.o)) $B/common.a
	@mkdir -p $(@D)
	$(CC) $(LDFLAGS) -o $@ $^ $($*.libs) $(common.libs) -lcheck -lsubunit -lm -lrt -lpthread

.PHONY: all check-unit
check-unit: $(tests:%=$B/test/%)
	@for t in $^; do $$t || exit 1; done

-include $(shell find $B -type f -name '*.d' 2>/dev/null)
