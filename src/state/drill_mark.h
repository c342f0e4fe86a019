/* T:drill: how the last drill of a replica went, "TIME OUTCOME MS AGE". It decides nothing. */
#ifndef ZREP_STATE_DRILL_MARK_H
#define ZREP_STATE_DRILL_MARK_H

#include <stdbool.h>
#include <stdint.h>

struct drill_mark {
	uint64_t time; /* Unix time; 0: there was none, or it cannot be read */
	bool well;
	uint64_t ms;  /* until it had ended well, or had not */
	uint64_t age; /* seconds: how old the data was */
};

/* Whoever may set properties may have written it. NULL is none. */
struct drill_mark drill_mark_parse(const char *text);
/* The caller frees. */
char *drill_mark_print(const struct drill_mark *m);

#endif
