/* The verbs, each in the file of its name. */
#ifndef ZREP_CLI_VERB_H
#define ZREP_CLI_VERB_H

#include "engine/context.h"

/* A verb. */
struct verb {
	const char *name, *shorthand; /* shorthand as in "-S", NULL without one */
	const char *flags;            /* getopt letters of its own */
	int min_args, max_args;       /* -1: any number */
	const char *usage;            /* what stands after the name */
	const char *summary;          /* one line; NULL: hidden */
	const char *text;             /* more, for `help VERB` */
	int (*run)(struct ctx *c);    /* the exit status */
	bool monitor; /* its exit statuses are those of monitoring plugins; see verb_is_monitor() */
};
extern const struct verb verbs[];
const struct verb *verb_find(const char *word);
/* Is that word (n bytes) a verb that has a tag? */
bool verb_takes_tag(const char *word, size_t n);
/* Are its exit statuses, as it was called, those of monitoring plugins? Of a verb that has a -m, only with that. */
bool verb_is_monitor(const struct verb *v, const struct ctx *c);

int cmd_agent(struct ctx *c);
int cmd_allow(struct ctx *c);
int cmd_changeconfig(struct ctx *c);
int cmd_check(struct ctx *c);
int cmd_clear(struct ctx *c);
int cmd_doctor(struct ctx *c);
int cmd_complete(struct ctx *c);
int cmd_expire(struct ctx *c);
int cmd_failover(struct ctx *c);
int cmd_help(struct ctx *c);
int cmd_init(struct ctx *c);
int cmd_lastsent(struct ctx *c);
int cmd_list(struct ctx *c);
int cmd_pause(struct ctx *c);
int cmd_refresh(struct ctx *c);
int cmd_rejoin(struct ctx *c);
int cmd_sentsync(struct ctx *c);
int cmd_snaponly(struct ctx *c);
int cmd_status(struct ctx *c);
int cmd_sync(struct ctx *c);
int cmd_rewind(struct ctx *c); /* sync DATASET@SNAP */
int cmd_synconly(struct ctx *c);
int cmd_takeover(struct ctx *c);
int cmd_unpause(struct ctx *c);
int cmd_uptodate(struct ctx *c);
int cmd_version(struct ctx *c);

/* What `zrep help VERB` prints. */
void help_verb(const struct ui *u, const struct verb *v);

#endif
