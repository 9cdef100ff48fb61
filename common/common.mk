common.o := $(addprefix common/,span.o err.o arena.o buf.o log.o verdict.o siphash.o bounce_token.o)
