programs += bouncd bouncd-parse
rules.o := $(addprefix bouncd/,rules.o pattern.o bouncd_conf.o said.o classify.o)
bouncd.o := bouncd/main.o bouncd/batch.o bouncd/verdict_json.o $(rules.o)
bouncd.libs := -llmdb -lpcre2-8 -ljansson -lcrypto
