#include "cli/verb.h"

#include <stdlib.h>
#include <string.h>

#include "util/mem.h"

const struct verb *const verbs[] = {
    &verb_init,    &verb_sync,     &verb_refresh,  &verb_snaponly,     &verb_synconly,
    &verb_run,     &verb_status,   &verb_role,     &verb_list,         &verb_history,
    &verb_metrics, &verb_report,   &verb_failover, &verb_takeover,     &verb_yield,
    &verb_rejoin,  &verb_drill,    &verb_check,    &verb_doctor,       &verb_pause,
    &verb_unpause, &verb_expire,   &verb_clear,    &verb_changeconfig, &verb_allow,
    &verb_install, &verb_uptodate, &verb_lastsent, &verb_sentsync,     &verb_version,
    &verb_help,    &verb_agent,    &verb_bind_key, &verb_complete,     NULL,
};

const struct verb *verb_find(const char *word)
{
	for (const struct verb *const *p = verbs; *p != NULL; p++)
		if (strcmp(word, (*p)->name) == 0 ||
		    ((*p)->shorthand != NULL && strcmp(word, (*p)->shorthand) == 0))
			return *p;
	return NULL;
}

bool verb_has_option(const struct verb *v, const char *name)
{
	char *word = str_fmt(" %s ", name);
	bool has = v->options != NULL && strstr(v->options, word) != NULL;

	free(word);
	return has;
}

bool verb_is_monitor(const struct verb *v, const struct ctx *c)
{
	return v->monitor && (strchr(v->flags, 'm') == NULL || ctx_flag(c, 'm'));
}
