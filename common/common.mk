# Every file of this folder is part of the library; what only tests need ends in _test.c.
common.o    := $(patsubst %.c,%.o,$(filter-out %_test.c,$(wildcard common/*.c)))
common.libs += -levent_core -lbsd -lseccomp -ljansson -lpcre2-8 -lcrypto

tests += common/conf_lex_test common/conf_value_test common/conf_read_test
common/conf_lex_test.o   := common/conf_lex_test.o
common/conf_value_test.o := common/conf_value_test.o
common/conf_read_test.o  := common/conf_read_test.o
