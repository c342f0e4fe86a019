/* What a verb is, and which there are. Each is in the file of its name, with its options and its text. */
#ifndef ZREP_CLI_VERB_H
#define ZREP_CLI_VERB_H

#include "engine/context.h"

/* Under which heading of the help. */
enum verb_group { VERBS_ODD, VERBS_DAILY, VERBS_LOOKING, VERBS_ROLES, VERBS_SETUP };

struct verb {
	const char *name, *shorthand; /* shorthand as in "-S", NULL without one */
	const char *flags;            /* getopt letters of its own */
	const char *options;          /* long ones that not all verbs have, " a b "; NULL: none */
	int min_args, max_args;       /* -1: any number */
	const char *usage;            /* what stands after the name */
	enum verb_group group;
	const char *summary;       /* one line; NULL: hidden */
	const char *text;          /* more, for `help VERB`; NULL: nothing */
	int (*run)(struct ctx *c); /* the exit status */
	bool
	    gives_way; /* a change of the role may end it (--end-sync): what it does, the next run goes on with */
	bool monitor; /* its exit statuses are those of monitoring plugins; see verb_is_monitor() */
};

extern const struct verb verb_init;
extern const struct verb verb_sync;
extern const struct verb verb_refresh;
extern const struct verb verb_snaponly;
extern const struct verb verb_synconly;
extern const struct verb verb_run;
extern const struct verb verb_report;
extern const struct verb verb_status;
extern const struct verb verb_role;
extern const struct verb verb_list;
extern const struct verb verb_history;
extern const struct verb verb_metrics;
extern const struct verb verb_failover;
extern const struct verb verb_takeover;
extern const struct verb verb_yield;
extern const struct verb verb_rejoin;
extern const struct verb verb_drill;
extern const struct verb verb_check;
extern const struct verb verb_doctor;
extern const struct verb verb_pause;
extern const struct verb verb_unpause;
extern const struct verb verb_expire;
extern const struct verb verb_clear;
extern const struct verb verb_changeconfig;
extern const struct verb verb_allow;
extern const struct verb verb_install;
extern const struct verb verb_uptodate;
extern const struct verb verb_lastsent;
extern const struct verb verb_sentsync;
extern const struct verb verb_version;
extern const struct verb verb_help;
extern const struct verb verb_agent;
extern const struct verb verb_bind_key;
extern const struct verb verb_complete;

/* All of them, in the order of the help; ends with NULL. */
extern const struct verb *const verbs[];
const struct verb *verb_find(const char *word);
/* Has it that long option, of those that not all verbs have? */
bool verb_has_option(const struct verb *v, const char *name);
/* Are its exit statuses, as it was called, those of monitoring plugins? Of a verb that has a -m, only with that. */
bool verb_is_monitor(const struct verb *v, const struct ctx *c);

#endif
