common.o := $(addprefix common/,span.o err.o arena.o buf.o log.o id.o loop.o msg.o envelope.o crc32c.o \
	event.o $(addprefix proto_,submit.o deliver.o auth.o resolve.o rewrite.o sign.o bounce.o parse.o master.o) \
	reply.o role.o role_table.o sandbox.o control.o house_conf.o)
common.libs += -levent_core -lbsd -lseccomp -ljansson -lpcre2-8
