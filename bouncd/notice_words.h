/* notice_words.h: what a category means to the person who sent the mail. */
#pragma once

#include "notice.h"

const char *notice_what(enum category); /* "there is no such mailbox", fits behind "because" */
const char *notice_todo(enum category); /* one sentence, or "" */
