/* request.h: what a request that was read asks of us: struct http_request and its body in, struct web_request out. Pure. */
#pragma once

#include "answer.h"
#include "http.h"

/* path is decoded where it has escapes; spans look into the request or into scratch. client is left to the caller. */
void request_read(
    const struct http_request *, struct span body, struct buf *scratch, struct web_request *);
/* Is it the body of RFC 8058 3.2: List-Unsubscribe=One-Click, as a form of either encoding? */
bool request_is_one_click(struct span body);
/* The button of our page, as a browser sends it. */
bool request_is_by_page(struct span body);
