# bouncd: what replies mean (rules), what comes back (parse), whom not to mail (suppression), what we tell senders (notice)
programs += bouncd bouncd-parse

bouncd.rules := $(addprefix bouncd/,rules.o pattern.o bouncd_conf.o said.o classify.o)
bouncd.facts := $(addprefix bouncd/parse/,bounce_parse.o came_back.o dsn.o arf.o prose.o kind.o original.o readable.o \
	        address_find.o)

bouncd.o    := $(addprefix bouncd/,main.o batch.o verdict_json.o) $(bouncd.rules)
bouncd.libs := -llmdb -lpcre2-8 -ljansson -lcrypto

bouncd-parse.o    := $(addprefix bouncd/,parse/main.o parse/batch.o judge.o verdict_json.o) $(bouncd.facts) $(bouncd.rules)
bouncd-parse.libs := -lpcre2-8 -ljansson
