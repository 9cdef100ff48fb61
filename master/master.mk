# The tables of all blocks: data of the daemons' folders that the master and posthouse(1) read configurations with.
conf-tables   := master/tables.o bouncd/role_conf.o deliverd/deliverd_conf.o deliverd/resolve/resolve_conf.o \
	queued/queued_conf.o queued/limits.o \
	queued/route.o queued/table.o smtpd/smtpd_conf.o trackd/trackd_conf.o

programs      += posthoused
posthoused.o  := $(addprefix master/,main.o house_run.o seat.o handout.o layout.o sockets.o accepted.o notify.o \
	master_control.o) $(conf-tables)
