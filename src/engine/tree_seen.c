/* Trees whose datasets this host was seen to have a moment ago: they are locked and listed together, on both sides, where
 * otherwise the top tells what is below it, and that is looked at, locked, and looked at again. It is a guess, which saves
 * looks and decides nothing: tree_expand() says what belongs to a tree, as ever. */
#include "engine/tree_seen.h"

#include <string.h>

#include "engine/tree.h"
#include "plan/role/recover.h"
#include "plan/sync_checks.h"
#include "plan/tree/members.h"
#include "state/dataset.h"

/* Where the other side of d is, if it is one that is synced in this direction, and nothing is the matter with it. */
static bool other_side(const struct dataset *d, bool pull, const char **host, const char **fs)
{
	*host = pull ? d->src_host : d->dest_host;
	*fs = pull ? d->src_fs : d->dest_fs;
	return d->role == (pull ? ROLE_REPLICA : ROLE_MASTER) && !d->paused && !d->script &&
	       d->switch_state.kind == SWITCH_NONE && *host != NULL && *fs != NULL;
}

/* Does it belong to one of the tops, on the same host as that? */
static bool is_below_one(const struct side *seen, const struct strv *names, size_t tops, bool pull,
			 const struct dataset *d)
{
	bool is = false;

	for (size_t i = 0; i < tops; i++) {
		const struct dataset *top = side_find(seen, names->items[i]);
		const char *host, *fs, *its, *its_fs;
		if (strcmp(names->items[i], d->name) == 0)
			return false;
		is = is || (top != NULL && top->recursive && plan_is_part(top, d) &&
			    other_side(top, pull, &host, &fs) &&
			    other_side(d, pull, &its, &its_fs) && strcmp(host, its) == 0);
	}
	return is;
}

void tree_seen(const struct side *seen, bool pull, struct strv *names, struct strv *hosts,
	       struct strv *fss)
{
	size_t tops = names->n;
	const char *host, *fs;

	for (size_t i = 0; i < tops; i++) {
		const struct dataset *d = side_find(seen, names->items[i]);
		bool known = d != NULL && other_side(d, pull, &host, &fs);
		strv_add(hosts, known ? host : "");
		strv_add(fss, known ? fs : "");
	}
	for (size_t i = 0; i < seen->n; i++) {
		const struct dataset *d = &seen->datasets[i];
		if (!is_below_one(seen, names, tops, pull, d))
			continue;
		(void)other_side(d, pull, &host, &fs);
		strv_add(names, d->name);
		strv_add(hosts, host);
		strv_add(fss, fs);
	}
}

/* Is it as what was seen, and nothing else to be done about it than to sync it? */
static bool is_plain(struct session *s, struct job *j)
{
	const struct dataset *src = job_end(j, PAIR_SRC)->d, *dst = job_end(j, PAIR_DST)->d;

	if (j->error != NULL || j->why_away != NULL || job_home(j)->busy || job_peer(j)->busy ||
	    src == NULL || dst == NULL || src->role != ROLE_MASTER || dst->role != ROLE_REPLICA ||
	    src->paused)
		return false;
	const struct pair *pair = session_pair(s, j);
	return !plan_needs_recovery(pair) && !plan_may_follow(pair);
}

void tree_drop_doubtful(struct session *s)
{
	bool any = false;

	for (size_t i = 0; i < s->n; i++) {
		struct job *j = &s->jobs[i];
		j->dropped = j->dropped || (j->guessed && !is_plain(s, j));
		any = any || j->dropped;
	}
	if (any)
		tree_forget_dropped(s);
}
