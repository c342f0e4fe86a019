/* What -n shows of failover, takeover and yield. */
#ifndef ZREP_CLI_FAILOVER_SHOW_H
#define ZREP_CLI_FAILOVER_SHOW_H

struct switchover;

/* Prints what would be done with each job, as far as it can be known before. The exit status. */
int failover_show(struct switchover *r);

#endif
