#include "plan/pair.h"

#include <assert.h>

struct pair pair_of_one(const char *tag, const char *host_name, const struct dataset *d)
{
	return (struct pair){.tag = tag,
			     .src = {.side = PAIR_SRC,
				     .host_name = host_name,
				     .self = host_name,
				     .name = d->name,
				     .d = d},
			     .dst = {.side = PAIR_DST}};
}

const struct endpoint *pair_end(const struct pair *pair, enum pair_side side)
{
	assert(side == PAIR_SRC || side == PAIR_DST);
	return side == PAIR_SRC ? &pair->src : &pair->dst;
}

enum pair_side pair_other(enum pair_side side)
{
	return side == PAIR_SRC ? PAIR_DST : PAIR_SRC;
}
