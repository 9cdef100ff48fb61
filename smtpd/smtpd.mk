# smtpd: receives mail. Every file of this folder is part of it; what only tests need ends in _test.c.
programs        += smtpd smtpd-auth
smtpd.o         := $(patsubst %.c,%.o,$(filter-out %_test.c,$(wildcard smtpd/*.c)))
smtpd.libs      := -lssl -lcrypto
smtpd-auth.o    := $(patsubst %.c,%.o,$(filter-out %_test.c,$(wildcard smtpd/auth/*.c)))
smtpd-auth.libs := -lcrypt -lpthread
