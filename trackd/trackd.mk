rewrite.o           := $(addprefix trackd/rewrite/,rewrite.o oddity.o render.o layout.o scan.o scan_text.o link.o pixel.o html.o html_foreign.o entity.o \
		       entity_table.o url.o charset.o charset_view.o charset_iso2022.o charset_table.o author.o)

sign.o              := $(addprefix trackd/sign/,dkim.o dkim_canon.o sound.o) trackd/recode.o

stats.o              := $(addprefix trackd/stats/,counters.o counters_total.o counters_share.o deliveries.o deliveries_find.o tally.o)

trackd.conf          := trackd/trackd_conf.o

programs             += trackd-rewrite trackd-sign trackd-web trackd-stats
trackd-rewrite.o     := $(addprefix trackd/rewrite/,main.o batch.o explain.o untrack.o worker.o signer.o signing.o incoming.o outgoing.o fields.o sevenbit.o) \
		        trackd/keys.o $(trackd.conf) $(rewrite.o) $(sign.o)
trackd-rewrite.libs  := -lcrypto -lidn2
trackd-sign.o        := trackd/sign/main.o trackd/sign/batch.o $(sign.o)
trackd-sign.libs     := -lcrypto
# Person or machine: the rules of etc/visitors.conf over the facts of a visit.
visitors.o            := $(addprefix trackd/web/,visitors.o visitors_judge.o visitors_example.o visitors_conf.o visitors_text.o \
		        visitor_nets.o recent.o)
tests += trackd/web/visitors_test trackd/web/recent_test
trackd/web/visitors_test.o := trackd/web/visitors_test.o $(visitors.o)
trackd/web/recent_test.o   := trackd/web/recent_test.o $(visitors.o)
http.o               := $(addprefix trackd/web/,http.o http_body.o)
trackd-web.o         := $(visitors.o) $(addprefix trackd/web/,main.o answer.o own_hosts.o visits.o visitors_batch.o listener.o server.o connection.o exchange.o request.o http_answer.o \
		        client.o proxy_header.o networks.o refusals.o web_conf.o unsubscribe.o blocks.o page.o page_text.o) \
		        $(http.o) trackd/keys.o trackd/rewrite/pixel.o $(trackd.conf)
trackd-web.libs      := -lcrypto -lidn2
trackd-stats.o       := $(addprefix trackd/stats/,main.o follow.o lately.o databases.o observe.o lookup.o forget.o bounces.o trace.o verbs.o) $(stats.o) $(trackd.conf)
trackd-stats.libs    := -llmdb -lpthread

tests += trackd/stats/deliveries_test trackd/stats/counters_test trackd/stats/lately_test
trackd/stats/lately_test.o        := $(addprefix trackd/stats/,lately_test.o lately.o)
trackd/stats/deliveries_test.o    := trackd/stats/deliveries_test.o $(stats.o)
trackd/stats/deliveries_test.libs := -llmdb
trackd/stats/counters_test.o      := trackd/stats/counters_test.o trackd/stats/observe.o $(stats.o)
trackd/stats/counters_test.libs   := -llmdb

tests += trackd/rewrite/cost_test
trackd/rewrite/cost_test.o    := trackd/rewrite/cost_test.o $(rewrite.o)
trackd/rewrite/cost_test.libs := -lcrypto -lidn2
tests += trackd/rewrite/charset_test trackd/rewrite/html_test trackd/rewrite/url_test trackd/rewrite/rewrite_test trackd/rewrite/scan_text_test trackd/sign/dkim_test
trackd/rewrite/charset_test.o    := $(addprefix trackd/rewrite/,charset_test.o charset.o charset_view.o charset_iso2022.o charset_table.o)
trackd/rewrite/html_test.o       := trackd/rewrite/html_test.o trackd/rewrite/html.o trackd/rewrite/html_foreign.o
trackd/rewrite/url_test.o        := $(addprefix trackd/rewrite/,url_test.o url.o entity.o entity_table.o)
trackd/rewrite/url_test.libs     := -lidn2
trackd/rewrite/rewrite_test.o    := trackd/rewrite/rewrite_test.o $(rewrite.o)
trackd/rewrite/rewrite_test.libs := -lcrypto -lidn2
trackd/rewrite/scan_text_test.o    := trackd/rewrite/scan_text_test.o $(rewrite.o)
trackd/rewrite/scan_text_test.libs := -lcrypto -lidn2
trackd/sign/dkim_test.o          := trackd/sign/dkim_test.o $(sign.o)
trackd/sign/dkim_test.libs       := -lcrypto
tests += trackd/sign/sound_test
trackd/sign/sound_test.o         := $(addprefix trackd/sign/,sound_test.o sound.o) trackd/recode.o

tests += $(addprefix trackd/web/,client_test http_test http_answer_test networks_test proxy_header_test)
trackd/web/client_test.o       := $(addprefix trackd/web/,client_test.o client.o) $(trackd.conf)
trackd/web/http_test.o         := $(addprefix trackd/web/,http_test.o request.o) $(http.o)
trackd/web/http_answer_test.o  := $(addprefix trackd/web/,http_answer_test.o http_answer.o page.o page_text.o)
trackd/web/networks_test.o     := $(addprefix trackd/web/,networks_test.o networks.o client.o)
trackd/web/proxy_header_test.o := $(addprefix trackd/web/,proxy_header_test.o proxy_header.o client.o)

# Fuzz targets, built with clang by `make fuzz`.
fuzz.sound.c      := trackd/sign/sound.c trackd/recode.c
fuzz.rewrite.c := $(rewrite.o:.o=.c)
fuzz.html.c    := $(addprefix trackd/rewrite/,html.c html_foreign.c entity.c entity_table.c)
fuzz.visitors.c      := $(filter-out %_text.c,$(visitors.o:.o=.c)) trackd/web/visitors_text.S
fuzz.http.c         := $(http.o:.o=.c) trackd/web/request.c
fuzz.proxy_header.c := $(addprefix trackd/web/,proxy_header.c client.c) $(trackd.conf:.o=.c)

tests += $(addprefix trackd/web/,blocks_test page_test) trackd/rewrite/fields_test
trackd/web/blocks_test.o       := $(addprefix trackd/web/,blocks_test.o blocks.o)
trackd/web/blocks_test.libs    := -lidn2
trackd/web/page_test.o         := $(addprefix trackd/web/,page_test.o page.o page_text.o)
trackd/web/page_test.libs      := -lcrypto
trackd/rewrite/fields_test.o   := $(addprefix trackd/rewrite/,fields_test.o fields.o author.o)
trackd/rewrite/fields_test.libs := -lcrypto -lidn2

tests += trackd/rewrite/author_test
trackd/rewrite/author_test.o    := $(addprefix trackd/rewrite/,author_test.o author.o)
trackd/rewrite/author_test.libs := -lidn2

tests += trackd/rewrite/sevenbit_test
trackd/rewrite/sevenbit_test.o := $(addprefix trackd/rewrite/,sevenbit_test.o sevenbit.o) trackd/recode.o
tests += trackd/keys_test trackd/web/own_hosts_test
trackd/keys_test.o         := trackd/keys_test.o trackd/keys.o $(trackd.conf)
trackd/keys_test.libs      := -lcrypto
trackd/web/own_hosts_test.o := $(addprefix trackd/web/,own_hosts_test.o own_hosts.o) $(http.o) $(trackd.conf)
