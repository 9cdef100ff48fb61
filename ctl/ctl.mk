# ctl: what people type. One program; sendmail and mailq are links to it.
programs       += posthouse
links.bin      := sendmail mailq newaliases

ctl.pure       := $(addprefix ctl/,addresses.o compose.o opts.o recipients.o selector.o story.o suppress_file.o table.o users_file.o verdict_words.o whole_file.o key_file.o)
posthouse.o     = $(addprefix ctl/,main.o ctl.o verbs.o ask.o changed.o conf_advice.o listing.o mailq.o past.o program.o drop.o drop_file.o sendmail.o submit.o \
		  verb_act.o verb_batch.o verb_bounces.o bounces_rules.o verb_check.o verb_conf.o verb_dkim.o dkim_dns.o dkim_files.o dkim_list.o dkim_turn.o key_disk.o verb_house.o verb_keys.o verb_lanes.o verb_links.o verb_log.o verb_queue.o verb_stats.o \
		  verb_status.o verb_suppress.o verb_forget.o suppress_bulk.o verb_tenants.o verb_test.o verb_trace.o verb_user.o verb_why.o) \
		  $(ctl.pure) $(ctl.check) $(ctl.tables)
# Every block there is. With = and not :=, since the folders read later add to it.
ctl.tables      = $(conf-tables)
posthouse.libs := -lunbound -lpsl -lssl -lcrypt -ljansson -lcrypto -lbsd

tests                  += ctl/table_test ctl/compose_test ctl/selector_test ctl/story_test \
			  ctl/users_file_test ctl/suppress_file_test
ctl/suppress_file_test.o    := ctl/suppress_file_test.o ctl/suppress_file.o
ctl/suppress_file_test.libs := -ljansson
ctl/table_test.o       := ctl/table_test.o ctl/table.o
tests                  += ctl/recipients_test
ctl/recipients_test.o  := ctl/recipients_test.o ctl/recipients.o ctl/addresses.o
ctl/compose_test.o     := ctl/compose_test.o ctl/compose.o ctl/addresses.o
ctl/selector_test.o    := ctl/selector_test.o ctl/selector.o ctl/opts.o
ctl/selector_test.libs := -ljansson
ctl/story_test.o       := ctl/story_test.o ctl/story.o
ctl/story_test.libs    := -ljansson
ctl/users_file_test.o  := ctl/users_file_test.o ctl/users_file.o ctl/whole_file.o
ctl/users_file_test.libs := -lcrypt
tests                  += ctl/verdict_words_test
ctl/verdict_words_test.o := ctl/verdict_words_test.o ctl/verdict_words.o

# posthouse check: what the world's DNS says of a tenant's domain (ctl/check/).
ctl.check.pure := $(addprefix ctl/check/,spf.o spf_term.o tags.o dkim_record.o dmarc.o)
ctl.check      := $(ctl.check.pure) $(addprefix ctl/check/,check.o check_mail.o check_dkim.o check_host.o check_links.o \
		  fetch.o lookup.o report.o)
tests          += ctl/check/spf_test ctl/check/dmarc_test
ctl/check/spf_test.o     := ctl/check/spf_test.o ctl/check/spf.o ctl/check/spf_term.o
ctl/check/dmarc_test.o   := ctl/check/dmarc_test.o $(ctl.check.pure)
ctl/check/dmarc_test.libs := -lpsl
fuzz.records.c    := $(ctl.check.pure:.o=.c)
tests                  += ctl/key_file_test
ctl/key_file_test.o    := ctl/key_file_test.o ctl/key_file.o
ctl/key_file_test.libs := -lcrypto
