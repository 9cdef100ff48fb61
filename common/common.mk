common.o := $(addprefix common/,span.o err.o arena.o buf.o log.o id.o loop.o msg.o envelope.o crc32c.o \
	event.o)
common.libs += -levent_core -lbsd
