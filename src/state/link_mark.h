/* T:link, the mark of a link between two datasets: what both ends store alike when a sync or a change of role is done. */
#ifndef ZREP_STATE_LINK_MARK_H
#define ZREP_STATE_LINK_MARK_H

#include <stdbool.h>
#include <stdint.h>

struct link_mark {
	uint64_t nonce; /* drawn for it; 0: there is none, or it cannot be read */
	uint64_t epoch; /* of the master that it was made under */
	uint64_t time;  /* Unix time */
};

/* "NONCE EPOCH TIME", the nonce in hexadecimal. What cannot be read, or is NULL, is none. */
struct link_mark link_mark_parse(const char *text);

/* The caller frees. */
char *link_mark_print(const struct link_mark *m);

/* 16 hexadecimal digits, as T:set and the nonce have them? */
bool link_is_id(const char *text);

#endif
