/* A run of failover, takeover or yield. */
#ifndef ZREP_CLI_FAILOVER_RUN_H
#define ZREP_CLI_FAILOVER_RUN_H

struct ctx;

enum move {
	MOVE_AWAY,  /* failover: to the other side */
	MOVE_HERE,  /* takeover: to this host */
	MOVE_OFFER, /* yield: to the other side, when that wants it */
};

/* The exit status. */
int failover_run(struct ctx *c, enum move move);

#endif
