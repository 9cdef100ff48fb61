# deliverd/deliverd.mk: hands mail to servers; finds out which (resolve/).
programs += deliverd
deliverd.session := $(addprefix deliverd/,session.o greet.o dialogue.o wire.o tls.o connect.o \
	command.o ehlo.o body.o transaction.o result.o deliverd_conf.o)
deliverd.o    := deliverd/main.o deliverd/worker.o $(deliverd.session)
deliverd.libs := -lssl
