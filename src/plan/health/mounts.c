#include "plan/health/mounts.h"

#include <stdlib.h>
#include <string.h>

#include "plan/health/finding.h"
#include "plan/pair.h"
#include "util/mem.h"
#include "util/remedy.h"

static bool is_mount_path(const struct dataset *d)
{
	return d->mountpoint != NULL && *d->mountpoint == '/';
}

/* Would something else be at its place, or under it? */
static void find_place(const struct dataset *d, const char *host, struct health *h)
{
	const struct mount_place *p = &d->place;
	if (!is_mount_path(d))
		return;
	char *apart = str_fmt("give one of them another mountpoint on %s", host);

	if (p->over != NULL && d->mounted)
		health_add_text(
		    h, CHECK_WARNING,
		    str_fmt("%s is mounted at %s on %s, over %s: what is in that cannot be seen",
			    p->over, d->mountpoint, host, d->name),
		    mem_strdup(apart));
	else if (p->over != NULL)
		health_add_text(h, CHECK_WARNING,
				str_fmt("%s is mounted at %s on %s, where %s would be mounted%s",
					p->over, d->mountpoint, host, d->name,
					p->blocks ? ", and cannot be, as its overlay is off" : ""),
				mem_strdup(apart));
	for (size_t i = 0; i < p->hides.n; i++)
		health_add_text(
		    h, CHECK_WARNING,
		    str_fmt("what is mounted at %s on %s would be hidden by %s, which would "
			    "be mounted at %s",
			    p->hides.items[i], host, d->name, d->mountpoint),
		    mem_strdup(apart));
	if (p->over != NULL)
		; /* what is in there is what is mounted */
	else if (p->file)
		health_add_text(h, CHECK_WARNING,
				str_fmt("%s on %s could not be mounted: %s is no directory",
					d->name, host, d->mountpoint),
				str_fmt("see what it is, and move it away, on %s", host));
	else if (p->entries && p->blocks)
		health_add_text(
		    h, CHECK_WARNING,
		    str_fmt(
			"%s on %s could not be mounted: %s is not empty, and its overlay is off",
			d->name, host, d->mountpoint),
		    remedy_fmt(
			"see what is in it, and move it away; or on %s: {zfs set overlay=on %s}",
			host, d->name));
	else if (p->entries)
		health_add_text(h, CHECK_OK,
				str_fmt("%s on %s is not empty: what is in it is hidden as long as "
					"%s is mounted there",
					d->mountpoint, host, d->name),
				NULL);
	free(apart);
}

/* Would the new master be mounted, as the old one is? */
void health_mounts(const struct pair *p, const struct dataset *const *there, size_t n_there,
		   struct health *h)
{
	const struct dataset *d = p->dst.d;
	bool off = d->canmount != NULL && strcmp(d->canmount, "on") != 0;

	if (d->type == TYPE_VOLUME)
		return;
	if (p->src.d->mounted && (off || (d->mountpoint != NULL && !is_mount_path(d))))
		health_add_text(h, CHECK_WARNING,
				str_fmt("%s on %s is mounted, but as the master %s on %s would not "
					"be mounted: %s is %s there",
					p->src.d->name, p->src.host_name, d->name, p->dst.host_name,
					off ? "canmount" : "mountpoint",
					off ? d->canmount : d->mountpoint),
				str_fmt("set it on %s, or have the hook post-promote mount it",
					p->dst.host_name));
	find_place(d, p->dst.host_name, h);
	for (size_t i = 0; i < n_there && is_mount_path(d) && d->place.over == NULL; i++) {
		const struct dataset *o = there[i];
		if (o != d && o->mounted && is_mount_path(o) &&
		    strcmp(o->mountpoint, d->mountpoint) == 0 &&
		    (d->canmount == NULL || strcmp(d->canmount, "off") != 0))
			health_add_text(
			    h, CHECK_WARNING,
			    str_fmt("%s is mounted at %s on %s, where %s would be mounted", o->name,
				    o->mountpoint, p->dst.host_name, d->name),
			    str_fmt("give one of them another mountpoint on %s", p->dst.host_name));
	}
}
