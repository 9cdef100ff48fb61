# Every file of this folder is part of the library; what only tests need ends in _test.c.
common.o     := $(patsubst %.c,%.o,$(filter-out %_test.c,$(wildcard common/*.c)))
common.libs  += -levent_core -lbsd -lseccomp -ljansson -lpcre2-8 -lcrypto

common.tests := $(patsubst %.c,%,$(wildcard common/*_test.c))
tests        += $(common.tests)
$(foreach t,$(common.tests),$(eval $t.o := $t.o))
common/url_place_test.libs := -lidn2
common/idna_test.libs := -lidn2
common/suffixes_test.libs := -lpsl
common/lmdb_check_test.libs := -llmdb
