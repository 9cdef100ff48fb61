common.o := $(addprefix common/,span.o err.o arena.o buf.o log.o header.o transfer.o mime.o mime_param.o token.o)
common.o += $(addprefix common/,verdict.o siphash.o bounce_token.o)
