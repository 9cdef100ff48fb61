# queued/queued.mk: queued(8), the queue. Every file of this folder is part of it; what only tests need ends in _test.c.
programs    += queued
queued.o    := $(patsubst %.c,%.o,$(filter-out %_test.c,$(wildcard queued/*.c)))
queued.libs := -llmdb -lpthread

# The storage half, which tests and benches use without the rest.
queued.store.o := $(addprefix queued/,store.o entry.o writer.o flush.o commit.o journal.o files.o spool.o message_file.o index.o \
	checkpoint.o replay.o perished.o segments.o again.o retold.o unqueued.o restore.o strays.o draft.o pressure.o operate.o discarded.o note.o table.o)

tests += $(addprefix queued/,schedule_test retry_test adapt_test bucket_test parking_test draw_test route_test limits_test acks_test delivery_test health_test ban_test flush_test risk_test \
	host_set_test)
queued/risk_test.o     := queued/risk_test.o queued/risk.o
queued/flush_test.o    := queued/flush_test.o queued/flush.o
queued/schedule_test.o := queued/schedule_test.o queued/schedule.o
queued/retry_test.o    := queued/retry_test.o queued/retry.o
queued/adapt_test.o    := queued/adapt_test.o queued/adapt.o
queued/bucket_test.o   := queued/bucket_test.o queued/bucket.o
queued/parking_test.o  := queued/parking_test.o queued/parking.o queued/table.o
queued/draw_test.o     := queued/draw_test.o queued/draw.o
queued/route_test.o    := queued/route_test.o queued/route.o queued/table.o
queued/limits_test.o   := queued/limits_test.o queued/limits.o
queued/host_set_test.o := queued/host_set_test.o queued/host_set.o queued/table.o
queued/acks_test.o     := queued/acks_test.o queued/acks.o
tests += queued/rewrite_turns_test
queued/rewrite_turns_test.o := $(addprefix queued/,rewrite_turns_test.o rewrite_turns.o draw.o)
queued/health_test.o   := queued/health_test.o queued/health.o
queued/ban_test.o      := queued/ban_test.o queued/ban.o queued/table.o
queued/delivery_test.o := queued/delivery_test.o queued/delivery.o

# All of queued but its main(), with the test in the master's place.
tests += queued/course_test
queued/course_test.o    := $(addprefix queued/,course_test.o alone_test.o) $(filter-out queued/main.o,$(queued.o))
queued/course_test.libs := -llmdb -lpthread

tests += $(addprefix queued/,journal_test commit_test message_file_test index_test replay_test store_test again_test)
queued/journal_test.o      := queued/journal_test.o queued/journal.o
queued/commit_test.o       := queued/commit_test.o queued/commit.o queued/journal.o
queued/message_file_test.o := queued/message_file_test.o queued/message_file.o
queued/replay_test.o       := queued/replay_test.o $(queued.store.o)
queued/replay_test.libs    := -llmdb -lpthread
queued/store_test.o         := queued/store_test.o $(queued.store.o)
queued/store_test.libs      := -llmdb -lpthread
queued/index_test.o        := $(addprefix queued/,index_test.o index.o table.o)
queued/index_test.libs     := -llmdb -lpthread
queued/again_test.o        := queued/again_test.o $(queued.store.o)
queued/again_test.libs     := -llmdb -lpthread

tests += queued/queued_conf_test
queued/queued_conf_test.o := $(addprefix queued/,queued_conf_test.o queued_conf.o route.o limits.o retry.o table.o)

tests += queued/domain_test
queued/domain_test.o    := $(addprefix queued/,domain_test.o alone_test.o) $(filter-out queued/main.o,$(queued.o))
queued/domain_test.libs := -llmdb -lpthread -Wl,--wrap=loop_now_ms
