/* OP_REACH: can this host do what a change of the role would ask of it, log in where it has to send to then? Only hosts are
 * tried that datasets here name, so that nobody has this one knock at doors of his choice. */
#include "zfs/local_reach.h"

#include "util/name.h"
#include "wire/ssh.h"
#include "zfs/local.h"
#include "zfs/local_known.h"
#include "zfs/ops.h"

/* A dataset has one other end under a tag; more of them in one question are somebody else's idea. */
#define HOSTS_MAX 64u

static struct err *try(struct local *l, const char *host, const struct strv *named)
{
	struct ssh *ssh;
	struct err *e = name_check_host(host);

	if (e == NULL && !strv_has(named, host))
		e = err_new(ERR_FAILED, "no dataset on %s names %s as its other side", l->host,
			    host);
	if (e == NULL && (e = ssh_open(host, l->ssh, &ssh)) == NULL)
		ssh_close(ssh);
	return e;
}

struct err *local_reach(struct local *l, const nvlist_t *args, nvlist_t *result)
{
	const char *tag = nv_str(args, "tag");
	struct strv named = {0};
	size_t n;
	char **hosts = nv_strs(args, "hosts", &n);

	struct err *e = tag != NULL ? name_check_tag(tag) : NULL;

	if (e == NULL && (tag == NULL || hosts == NULL || n > HOSTS_MAX))
		e = err_new(ERR_FAILED, "an operation lacks its arguments, or has too many");
	if (e == NULL && l->ssh == NULL)
		e = err_new(ERR_FAILED, "this is asked of another host only");
	if (e == NULL)
		e = local_complete_names(l, KNOWN_HOSTS, tag, &named);
	for (size_t i = 0; i < n && e == NULL && !local_is_given_up(); i++) {
		struct err *why = try(l, hosts[i], &named);
		if (why != NULL)
			local_add_error(result, hosts[i], why);
	}
	strv_free(&named);
	return e;
}
