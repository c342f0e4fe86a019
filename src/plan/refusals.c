/* What several plans refuse for the same reason, in the same words. */
#include "plan/refusals.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "util/mem.h"

char *plan_settler(const char *tag, const struct dataset *d)
{
	char *before = dataset_name_before(d), *name = name_for_shell(before);
	bool usual = strcmp(tag, "zrep") == 0;
	char *command =
	    str_fmt("zrep%s%s doctor --fix %s", usual ? "" : " -t ", usual ? "" : tag, name);

	free(name);
	free(before);
	return command;
}

struct err *plan_switching(const char *tag, const struct dataset *d, const char *host)
{
	struct err *e = err_new(ERR_REFUSED, "%s on %s is in the middle of a role change (%s)",
				d->name, host, d->switching);
	char *name = name_for_shell(d->name), *command = plan_settler(tag, d);

	if (d->change.kind == CHANGE_UNKNOWN)
		err_remedy(e,
			   "no command of this zrep writes that: look at both sides with `zrep "
			   "status -v`; to forget it: on %s, zfs inherit %s:switch %s",
			   host, tag, name);
	else
		err_remedy(e, "if nobody is at it: on %s, %s", host, command);
	free(command);
	free(name);
	return e;
}

struct err *plan_no_pair(const char *name, const char *host, const char *tag)
{
	return err_remedy(
	    err_new(ERR_REFUSED, "%s on %s is not replicated by zrep (tag %s)", name, host, tag),
	    "`zrep list` shows the datasets that zrep knows");
}

struct err *plan_pool_away(const char *dataset, const char *host)
{
	int n = (int)name_pool_len(dataset);

	return err_remedy(err_new(ERR_REFUSED, "pool %.*s is not imported on %s: %s cannot be seen",
				  n, dataset, host, dataset),
			  "on %s: zpool import %.*s, then run the same again", host, n, dataset);
}

struct err *plan_pool_readonly(const char *dataset, const char *host)
{
	int n = (int)name_pool_len(dataset);

	return err_remedy(err_new(ERR_REFUSED,
				  "pool %.*s is imported read-only on %s: %s cannot be changed", n,
				  dataset, host, dataset),
			  "on %s: zpool export %.*s, zpool import %.*s, then run the same again",
			  host, n, dataset, n, dataset);
}

struct err *plan_check_epoch(const struct dataset *d, const char *host, const char *tag)
{
	if (d->epoch < UINT64_MAX - 16)
		return NULL;
	return err_remedy(
	    err_new(ERR_REFUSED, "%s on %s: epoch %" PRIu64 " cannot grow any more", d->name, host,
		    d->epoch),
	    "somebody has set it; look at both sides with `zrep list -v`, then zfs set "
	    "%s:epoch on them",
	    tag);
}
