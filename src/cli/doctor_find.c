#include "cli/doctor_find.h"

#include "util/mem.h"

static bool agree(const char *mine, const char *theirs)
{
	return mine == NULL || str_same(mine, theirs);
}

static bool is_whole(const struct dataset *o)
{
	return o->src_host && o->src_fs && o->dest_host && o->dest_fs;
}

/* The one dataset of a side that d can be the other half of; NULL if there are more, or none. */
static const struct dataset *only_match(const struct side *side, bool here, const struct dataset *d)
{
	const struct dataset *found = NULL;

	for (size_t i = 0; i < side->n; i++) {
		const struct dataset *o = &side->datasets[i];
		if ((here && str_same(o->name, d->name)) || !is_whole(o) ||
		    o->role == ROLE_BROKEN ||
		    !str_same(o->master ? o->dest_fs : o->src_fs, d->name) ||
		    !agree(d->src_host, o->src_host) || !agree(d->src_fs, o->src_fs) ||
		    !agree(d->dest_host, o->dest_host) || !agree(d->dest_fs, o->dest_fs))
			continue;
		if (found != NULL)
			return NULL;
		found = o;
	}
	return found;
}

/* Of a pair whose text is not whole, the other half is looked for on the hosts that it does name. */
static void search(struct ctx *c, struct job *j)
{
	const char *hosts[] = {job_home(j)->d->dest_host, job_home(j)->d->src_host};

	for (size_t i = 0; i < ARRAY_LEN(hosts) && j->peer_at == NULL; i++) {
		struct host *h = NULL;
		struct side side = {0};
		if (hosts[i] == NULL)
			continue;
		struct err *e = name_check_host(hosts[i]);
		if (e == NULL && (e = ctx_host(c, hosts[i], &h)) == NULL)
			e = ctx_list(c, h, NULL, 0, &side);
		const struct dataset *o =
		    e == NULL ? only_match(&side, host_is_local(h), job_home(j)->d) : NULL;
		if (o != NULL) {
			j->peer_at = mem_strdup(hosts[i]);
			j->peer_name = mem_strdup(o->name);
			job_set_home(j, o->master ? PAIR_DST : PAIR_SRC);
		}
		side_free(&side);
		j->why_away = err_first(j->why_away, e);
	}
	if (j->peer_at != NULL) {
		err_free(j->why_away);
		j->why_away = NULL;
	}
}

void doctor_find_other(struct ctx *c, struct job *j)
{
	const struct dataset *d = job_home(j)->d;

	if (d == NULL || j->error != NULL)
		return;
	job_set_home(j, d->role == ROLE_REPLICA ? PAIR_DST : PAIR_SRC);
	if (d->role != ROLE_BROKEN)
		return;
	if (!is_whole(d)) {
		search(c, j);
	} else if (str_same(d->src_fs, d->name) && name_is_dataset(d->dest_fs)) {
		j->peer_at = mem_strdup(d->dest_host);
		j->peer_name = mem_strdup(d->dest_fs);
	}
}
