rewrite.o           := $(addprefix trackd/rewrite/,rewrite.o render.o layout.o scan.o pixel.o html.o entity.o \
		       entity_table.o url.o charset.o charset_view.o)

programs            += trackd-rewrite
trackd-rewrite.o    := trackd/rewrite/main.o trackd/rewrite/batch.o $(rewrite.o)
trackd-rewrite.libs := -lcrypto

trackd.conf          := trackd/trackd_conf.o

programs             += trackd-sign trackd-web trackd-stats
trackd-rewrite.o     += $(addprefix trackd/rewrite/,worker.o signer.o incoming.o outgoing.o author.o sevenbit.o) \
		        trackd/keys.o $(trackd.conf) $(sign.o)
trackd-sign.o        := trackd/sign/main.o trackd/sign/batch.o $(sign.o)
trackd-sign.libs     := -lcrypto
trackd-web.o         := $(addprefix trackd/web/,main.o answer.o listener.o) trackd/keys.o $(trackd.conf)
trackd-web.libs      := -lmicrohttpd -lcrypto
trackd-stats.o       := $(addprefix trackd/stats/,main.o follow.o counters.o verbs.o) $(trackd.conf)
trackd-stats.libs    := -llmdb
