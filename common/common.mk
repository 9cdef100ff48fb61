common.o := $(addprefix common/,span.o err.o arena.o buf.o log.o header.o transfer.o mime.o mime_param.o token.o)

tests += common/header_test common/transfer_test common/mime_test common/token_test
common/header_test.o   := common/header_test.o
common/transfer_test.o := common/transfer_test.o
common/mime_test.o     := common/mime_test.o
common/token_test.o    := common/token_test.o
common/token_test.libs := -lcrypto
