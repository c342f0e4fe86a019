/* What `zrep help` prints, from the tables of verbs and options. */
#ifndef ZREP_CLI_HELP_H
#define ZREP_CLI_HELP_H

struct ui;
struct verb;

/* Of one verb, which is collected as well. */
void help_verb(const struct ui *u, const struct verb *v);

#endif
