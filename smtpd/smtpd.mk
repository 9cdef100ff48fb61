# smtpd/smtpd.mk: takes mail from the network; checks logins (auth/).
programs += smtpd smtpd-auth
smtpd.pure := $(addprefix smtpd/,command.o line.o rcpt_set.o path.o param.o data.o facts.o originator.o mailbox_list.o shown.o word_charset.o received.o gate.o policy.o networks.o smtpd_conf.o sasl.o)
smtpd.o    := $(smtpd.pure) $(addprefix smtpd/,main.o worker.o listener.o clients.o session.o wire.o ehlo.o \
	mail_rcpt.o content.o login.o tls.o waiter.o submit_client.o auth_client.o)
smtpd.libs := -lssl -lcrypto -lidn2

smtpd-auth.o    := $(addprefix smtpd/auth/,main.o users.o guesses.o turns.o recent.o pool.o)
smtpd-auth.libs := -lcrypt -lpthread

smtpd.tests := $(patsubst %.c,%,$(wildcard smtpd/*_test.c smtpd/auth/*_test.c))
tests       += $(smtpd.tests)
$(foreach t,$(filter-out smtpd/auth/%,$(smtpd.tests)),$(eval $t.o := $t.o $$(smtpd.pure))$(eval $t.libs := -lidn2))
smtpd/clients_test.o += smtpd/clients.o
smtpd/auth/users_test.o  := $(addprefix smtpd/auth/,users_test.o users.o)
smtpd/auth/recent_test.o := $(addprefix smtpd/auth/,recent_test.o recent.o)
smtpd/auth/turns_test.o  := $(addprefix smtpd/auth/,turns_test.o turns.o guesses.o)

fuzz.smtp_command.c := $(smtpd.pure:.o=.c)
fuzz.originator.c   := $(smtpd.pure:.o=.c)
fuzz.smtp_data.c    := $(smtpd.pure:.o=.c)
