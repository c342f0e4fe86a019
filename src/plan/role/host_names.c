#include "plan/role/host_names.h"

#include <stdlib.h>
#include <string.h>

#include "util/mem.h"

/* Its dest-host is how its master reached it, perhaps an alias. As a source, a host has to know that name
 * for its own. The user stays: whoever reaches it later does so as him. */
char *plan_own_host(const struct endpoint *me)
{
	const char *stored = me->d->dest_host, *at = strchr(stored, '@');

	if (me->self == NULL || strcmp(stored, "localhost") == 0 ||
	    name_names_host(stored, me->self))
		return mem_strdup(stored);
	return str_fmt("%.*s%s", at ? (int)(at - stored) + 1 : 0, stored, me->self);
}

struct err *plan_check_own_host(const struct pair *pair, enum pair_side at)
{
	const struct endpoint *me = pair_end(pair, at), *other = pair_end(pair, pair_other(at));
	struct err *e = NULL;

	if (me->d->role != ROLE_REPLICA || me->d->dest_host == NULL)
		return NULL;
	char *host = plan_own_host(me);
	bool kept = strcmp(host, me->d->dest_host) == 0;
	if (!kept && (e = name_check_host(host)) != NULL)
		e->kind = ERR_REFUSED;
	else if (!kept && (strcmp(host, "localhost") == 0 ||
			   (other->self != NULL && name_same_host(me->self, other->self)) ||
			   name_names_host(me->d->src_host, me->self)))
		e = err_refuse(REASON_MISFIT,
			       "%s on %s cannot be the master: that host calls itself %s, and "
			       "another host has that name, too",
			       me->name, me->host_name, me->self);
	free(host);
	return err_remedy(e, "give that host a name of its own, or set ZREP_SRC_HOST to %s there",
			  me->d->dest_host);
}

bool plan_names_source(const struct pair *p)
{
	const char *own = p->src.d->src_host, *named = p->dst.d->src_host;

	if (own == NULL || named == NULL)
		return false;
	bool one_host =
	    p->src.self != NULL && p->dst.self != NULL && strcmp(p->src.self, p->dst.self) == 0;
	if (one_host && (strcmp(own, "localhost") == 0 || strcmp(named, "localhost") == 0))
		return true;
	return strcmp(own, named) == 0 ||
	       name_same_host(name_host_part(own), name_host_part(named)) ||
	       (p->src.self != NULL && name_names_host(named, p->src.self));
}
