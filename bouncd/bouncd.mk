# bouncd: what replies mean (rules), what comes back (parse), whom not to mail (suppression), what we tell senders (notice)
programs += bouncd bouncd-parse

bouncd.rules := $(addprefix bouncd/,rules.o dead.o names.o remembered.o bouncd_conf.o said.o classify.o)
bouncd.facts := $(addprefix bouncd/parse/,bounce_parse.o came_back.o dsn.o arf.o prose.o kind.o original.o readable.o \
	        address_find.o sns.o token_find.o charset.o encoded_word.o html_text.o \
	        folded.o phrases.o phrase_list.o recipient_line.o transcript.o reports.o inner_text.o returned_id.o reason.o forwarded.o signs.o)

bouncd.notice := notice.o notice_fields.o notice_text.o notice_value.o notice_words.o

# Mail that came back, on its way through bouncd.
bouncd.returned := $(addprefix bouncd/,returned.o returned_tie.o returned_tell.o parsers.o outcome.o repeats.o lookup.o)
tests += bouncd/outcome_test bouncd/repeats_test
bouncd/outcome_test.o := bouncd/outcome_test.o bouncd/outcome.o
bouncd/outcome_test.libs := -lcrypto
bouncd/repeats_test.o := bouncd/repeats_test.o bouncd/repeats.o

bouncd.list  := $(addprefix bouncd/,suppression.o suppression_open.o suppression_entry.o suppression_base.o \
	        suppression_walk.o suppression_merge.o suppression_scope.o suppression_copy.o suppression_counts.o policy.o)

bouncd.o    := $(addprefix bouncd/,main.o databases.o disk.o book.o batch.o verdict_json.o judge.o $(bouncd.notice) asked.o asked_notice.o \
	       publish.o group.o audit.o bulk.o verbs.o verbs_replies.o verbs_links.o verbs_restore.o links.o links_rebuild.o web.o owners.o unknown.o draft.o reply_book.o role_conf.o shipped_rules.o rules_text.o parse/came_back.o) $(bouncd.list) $(bouncd.rules)
bouncd.o    += $(bouncd.returned)
bouncd.libs := -llmdb -lpthread -lpcre2-8 -ljansson -lcrypto -lidn2

bouncd-parse.o    := $(addprefix bouncd/,parse/main.o parse/batch.o parse/worker.o shipped_rules.o rules_text.o judge.o verdict_json.o) $(bouncd.facts) $(bouncd.rules)
bouncd-parse.libs := -lpcre2-8 -ljansson

tests += bouncd/parse/token_find_test bouncd/parse/charset_test bouncd/parse/encoded_word_test \
	 bouncd/parse/html_text_test bouncd/parse/phrases_test bouncd/parse/forwarded_test bouncd/parse/kind_test \
	 bouncd/said_test bouncd/rules_test bouncd/suppression_test bouncd/policy_test \
	 bouncd/notice_test bouncd/parse/bounce_parse_test
bouncd/said_test.o            := bouncd/said_test.o bouncd/said.o
bouncd/rules_test.o           := bouncd/rules_test.o $(bouncd.rules)
bouncd/rules_test.libs        := -lpcre2-8
bouncd/suppression_test.o     := bouncd/suppression_test.o $(bouncd.list)
bouncd/suppression_test.libs  := -llmdb -lidn2
bouncd/policy_test.libs       := -lidn2
bouncd/policy_test.o          := bouncd/policy_test.o bouncd/policy.o bouncd/suppression_entry.o
bouncd/notice_test.libs        := -lidn2
bouncd/notice_test.o          := $(addprefix bouncd/,notice_test.o $(bouncd.notice) said.o) $(bouncd.facts)
bouncd/parse/bounce_parse_test.o    := bouncd/parse/bounce_parse_test.o bouncd/judge.o $(bouncd.facts) $(bouncd.rules)
bouncd/parse/bounce_parse_test.libs := -lpcre2-8
bouncd/parse/token_find_test.o      := $(addprefix bouncd/parse/,token_find_test.o token_find.o came_back.o)
bouncd/parse/charset_test.o         := $(addprefix bouncd/parse/,charset_test.o charset.o)
bouncd/parse/encoded_word_test.o    := $(addprefix bouncd/parse/,encoded_word_test.o encoded_word.o charset.o)
bouncd/parse/html_text_test.o       := $(addprefix bouncd/parse/,html_text_test.o html_text.o)
bouncd/parse/phrases_test.o         := $(addprefix bouncd/parse/,phrases_test.o phrases.o phrase_list.o folded.o)
bouncd/parse/forwarded_test.o       := $(addprefix bouncd/parse/,forwarded_test.o forwarded.o folded.o)
bouncd/parse/kind_test.o            := bouncd/parse/kind_test.o bouncd/said.o $(bouncd.facts)
bouncd/parse/kind_test.libs         := -ljansson

tests += bouncd/parse/address_find_test
bouncd/parse/address_find_test.o := $(addprefix bouncd/parse/,address_find_test.o address_find.o)
tests += bouncd/parse/recipient_line_test bouncd/parse/transcript_test
bouncd/parse/recipient_line_test.o := $(addprefix bouncd/parse/,recipient_line_test.o recipient_line.o address_find.o) bouncd/said.o
bouncd/parse/transcript_test.o     := $(addprefix bouncd/parse/,transcript_test.o transcript.o address_find.o)
tests += bouncd/remembered_test bouncd/names_test
bouncd/names_test.o           := bouncd/names_test.o bouncd/names.o bouncd/said.o
bouncd/remembered_test.o      := bouncd/remembered_test.o bouncd/remembered.o
tests += bouncd/unknown_test
bouncd/unknown_test.o         := $(addprefix bouncd/,unknown_test.o unknown.o draft.o) $(bouncd.rules)
bouncd/unknown_test.libs      := -lpcre2-8
tests += bouncd/reply_book_test
bouncd/reply_book_test.o      := $(addprefix bouncd/,reply_book_test.o reply_book.o unknown.o) $(bouncd.rules)
bouncd/reply_book_test.libs   := -lpcre2-8 -llmdb
tests += bouncd/links_test
bouncd/links_test.o           := bouncd/links_test.o bouncd/links.o
bouncd/links_test.libs        := -llmdb -lidn2
