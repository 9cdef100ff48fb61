# The tables of all blocks: data of the daemons' folders that the master and posthouse(1) read configurations with.
conf-tables   := master/tables.o bouncd/role_conf.o deliverd/deliverd_conf.o deliverd/resolve/resolve_conf.o \
	queued/queued_conf.o queued/limits.o \
	queued/route.o queued/table.o smtpd/smtpd_conf.o trackd/trackd_conf.o

programs      += posthoused
posthoused.o  := $(addprefix master/,main.o house_run.o reload.o restart_only.o ground.o child.o talk.o launch.o logs.o role_output.o seat.o handout.o event_files.o layout.o sockets.o unix_socket.o drop_watch.o preflight.o preflight_keys.o preflight_net.o preflight_files.o accepted.o notify.o \
	master_control.o) $(conf-tables)

# The tables of states, walked whole; the house with children that are no processes.
tests += master/child_test master/house_test
master/child_test.o := $(addprefix master/,child_test.o child.o)
master/house_test.o := $(addprefix master/,house_test.o house_run.o reload.o restart_only.o child.o seat.o) $(conf-tables)
