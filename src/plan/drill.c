#include "plan/drill.h"

#include <stdlib.h>
#include <string.h>

#include "plan/refusals.h"
#include "state/dataset.h"
#include "util/mem.h"
#include "util/name.h"

/* The root of the tree that it belongs to; itself without one. */
static const struct dataset *tree_of(const struct side *side, const struct dataset *d)
{
	const struct dataset *root = d;
	char *above = name_parent(d->name);

	while (above != NULL) {
		const struct dataset *a = side_find(side, above);
		char *next = name_parent(above);
		if (a != NULL && a->recursive && a->role == ROLE_REPLICA)
			root = a;
		free(above);
		above = next;
	}
	return root;
}

static bool belongs(const struct dataset *d, const struct dataset *root)
{
	return d == root || (root->recursive && d->role == ROLE_REPLICA && !d->excluded &&
			     name_within(d->name, root->name));
}

static bool is_mounted_then(const struct dataset *d)
{
	return d->mountpoint != NULL && d->mountpoint[0] == '/' && str_same(d->canmount, "on");
}

/* Whether the new master could be read. */
static struct err *check_one(const struct dataset *d, const char *host)
{
	struct err *e = NULL;

	if (dataset_newest(d) == NULL)
		e = err_remedy(err_refuse(REASON_NO_BASE,
					  "%s on %s has no snapshot: nothing has come there yet",
					  d->name, host),
			       "{zrep check %s} tells more", d->name);
	else if (d->encrypted && (d->key_missing || d->key_stale))
		e = err_remedy(
		    err_refuse(REASON_NO_KEY, "%s on %s could not be read as the master: %s",
			       d->name, host,
			       d->key_missing ? "its key is not loaded"
					      : "the key that is loaded does not open it"),
		    "on %s: {zfs load-key %s}, then the same again", host,
		    d->key_root != NULL ? d->key_root : d->name);
	return e;
}

static struct err *check_root(const struct side *side, const char *name, const char *tag)
{
	const struct dataset *d = side_find(side, name), *root;

	if (d == NULL)
		return plan_not_there(side, name, side->host);
	if (d->role == ROLE_MASTER)
		return err_remedy(
		    err_refuse(REASON_NOT_REPLICA,
			       "%s on %s is the master: a drill tries what its replica would be",
			       name, side->host),
		    "on %s, {zrep drill %s}", d->dest_host, d->dest_fs);
	if (d->role != ROLE_REPLICA)
		return plan_no_pair(name, side->host, tag);
	if ((root = tree_of(side, d)) != d)
		return err_remedy(err_refuse(REASON_NOT_REPLICA,
					     "%s on %s fails over with the tree that it belongs to",
					     name, side->host),
				  "{zrep drill %s}", root->name);
	if (strchr(name, '/') == NULL)
		return err_refuse(REASON_MISFIT,
				  "%s on %s is a pool: there is no place beside it for a clone",
				  name, side->host);
	return NULL;
}

struct err *plan_drill(const struct side *side, const char *name, const char *tag, uint64_t now,
		       struct drill *out)
{
	struct err *e = check_root(side, name, tag);

	*out = (struct drill){0};
	if (e != NULL)
		return e;
	const struct dataset *root = side_find(side, name);
	char *clone = name_timed(name, DRILL_INFIX, now);
	for (size_t i = 0; i < side->n && e == NULL; i++) {
		const struct dataset *d = &side->datasets[i];
		if (!belongs(d, root))
			continue;
		if ((e = check_one(d, side->host)) != NULL)
			break;
		struct drill_item item = {.d = d,
					  .snap = dataset_newest(d),
					  .clone = str_fmt("%s%s", clone, d->name + strlen(name)),
					  .mounts = is_mounted_then(d)};
		if (out->n == 0 || item.snap->creation < out->taken)
			out->taken = item.snap->creation;
		out->items = mem_array(out->items, out->n + 1, sizeof(*out->items));
		out->items[out->n++] = item;
		if (strlen(item.clone) > NAME_DATASET_MAX)
			e = err_refuse(REASON_SETTING,
				       "%s on %s: the name of its clone, %s, would "
				       "be too long",
				       d->name, side->host, item.clone);
	}
	free(clone);
	return e;
}

void drill_free(struct drill *d)
{
	for (size_t i = 0; i < d->n; i++)
		free(d->items[i].clone);
	free(d->items);
	*d = (struct drill){0};
}
