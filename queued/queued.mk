# queued/queued.mk: queued(8), the queue: storage and delivery
programs    += queued
queued.store :=
queued.o    := $(addprefix queued/,main.o queued_conf.o reload.o intake.o storage.o \
	course.o settle.o notice.o final.o events.o content.o sender.o suppressed.o \
	message.o delivery.o schedule.o retry.o route.o site.o lane.o draw.o limits.o adapt.o pool.o session.o acks.o table.o \
	peer_smtpd.o peer_deliverd.o peer_resolve.o peer_rewrite.o peer_bouncd.o control_verbs.o explain.o) $(queued.store)
queued.libs := -llmdb -lpthread

tests += $(addprefix queued/,schedule_test retry_test adapt_test draw_test route_test limits_test acks_test delivery_test)
queued/schedule_test.o := queued/schedule_test.o queued/schedule.o
queued/retry_test.o    := queued/retry_test.o queued/retry.o
queued/adapt_test.o    := queued/adapt_test.o queued/adapt.o
queued/draw_test.o     := queued/draw_test.o queued/draw.o
queued/route_test.o    := queued/route_test.o queued/route.o queued/table.o
queued/limits_test.o   := queued/limits_test.o queued/limits.o
queued/acks_test.o     := queued/acks_test.o queued/acks.o
queued/delivery_test.o := queued/delivery_test.o queued/delivery.o
