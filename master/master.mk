programs      += posthoused
posthoused.o  := $(addprefix master/,main.o house_run.o seat.o handout.o layout.o sockets.o accepted.o notify.o \
	master_control.o tables.o) $(conf-tables)
