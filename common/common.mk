common.o := $(addprefix common/,span.o err.o arena.o buf.o log.o conf.o conf_lex.o conf_amount.o conf_net.o conf_value.o \
	    conf_error.o conf_file.o conf_tree.o conf_read.o conf_parse.o conf_setting.o conf_wrong.o \
	    conf_finish.o conf_show.o conf_table.o conf_describe.o)
common.libs += -lpcre2-8

tests += common/conf_lex_test common/conf_value_test common/conf_read_test
common/conf_lex_test.o   := common/conf_lex_test.o
common/conf_value_test.o := common/conf_value_test.o
common/conf_read_test.o  := common/conf_read_test.o
common.o += $(addprefix common/,header.o transfer.o mime.o mime_param.o token.o)
common.o += $(addprefix common/,verdict.o siphash.o bounce_token.o)
