rewrite.o           := $(addprefix trackd/rewrite/,rewrite.o render.o layout.o scan.o pixel.o html.o entity.o \
		       entity_table.o url.o charset.o charset_view.o)

programs            += trackd-rewrite
trackd-rewrite.o    := trackd/rewrite/main.o trackd/rewrite/batch.o $(rewrite.o)
trackd-rewrite.libs := -lcrypto
