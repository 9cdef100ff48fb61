# queued/queued.mk: queued(8), the queue: storage and delivery
queued.pure := $(addprefix queued/,table.o schedule.o retry.o adapt.o draw.o)

tests += $(addprefix queued/,schedule_test retry_test adapt_test draw_test)
queued/schedule_test.o := queued/schedule_test.o queued/schedule.o
queued/retry_test.o := queued/retry_test.o queued/retry.o
queued/adapt_test.o := queued/adapt_test.o queued/adapt.o
queued/draw_test.o := queued/draw_test.o queued/draw.o
