#include "engine/renamed.h"

#include <stdlib.h>

#include "plan/identity.h"
#include "util/name.h"
#include "util/mem.h"

/* Is d, which is not where it should be, the other end of `mine`? */
static enum identity_end other_end(const struct dataset *mine, const struct dataset *d)
{
	bool named = str_same(d->src_fs, mine->name) || str_same(d->dest_fs, mine->name);

	return named && d->switch_state.kind == SWITCH_NONE ? identity_end(mine, d) : END_OTHER;
}

/* The other end of a job, if it is to be looked for. What stands in its place belongs elsewhere by its own words. */
static struct endpoint *lost_end(const struct job *j)
{
	const struct dataset *mine = job_home(j)->d;
	struct endpoint *there = job_peer(j);

	if (mine == NULL || there->host == NULL || there->name == NULL || there->pool_away ||
	    there->preserved != NULL || j->why_away != NULL || j->is_new ||
	    (mine->role != ROLE_MASTER && mine->role != ROLE_REPLICA) ||
	    mine->switch_state.kind != SWITCH_NONE)
		return NULL;
	if (there->d == NULL)
		return there;
	if (there->d->role != ROLE_BROKEN && there->d->role != ROLE_NONE)
		return NULL;
	return other_end(mine, there->d) != END_OTHER ? NULL : there;
}

static const struct side *list_of(struct session *s, struct host *host)
{
	for (size_t i = 0; i < s->n_searched; i++)
		if (s->searched_on[i] == host)
			return &s->searched[i];
	s->searched = mem_array(s->searched, s->n_searched + 1, sizeof(*s->searched));
	s->searched_on = mem_array(s->searched_on, s->n_searched + 1, sizeof(struct host *));
	struct side *side = &s->searched[s->n_searched];
	*side = (struct side){0};
	s->searched_on[s->n_searched++] = host;
	err_free(ctx_list(s->c, host, NULL, LIST_APART | LIST_BELOW, side));
	return side;
}

/* The top of the tree that two names on a host are in; NULL without one. */
static const struct dataset *tree_of_both(const struct side *side, const char *a, const char *b)
{
	for (size_t i = 0; i < side->n; i++) { /* by name: the highest comes first */
		const struct dataset *d = &side->datasets[i];
		if (d->recursive && (d->role == ROLE_MASTER || d->role == ROLE_REPLICA) &&
		    name_within(a, d->name) && name_within(b, d->name))
			return d;
	}
	return NULL;
}

/* The other end of `mine` among them, which is not under `name`. Of several that only may be it, none is. */
static const struct dataset *find_end(const struct side *side, const struct dataset *mine,
				      const char *name)
{
	const struct dataset *found = NULL;
	enum identity_end sure = END_OTHER;
	size_t n = 0;

	for (size_t i = 0; i < side->n; i++) {
		const struct dataset *d = &side->datasets[i];
		enum identity_end is = other_end(mine, d);
		if (is == END_OTHER || is < sure || str_same(d->name, name))
			continue;
		n = is > sure ? 1 : n + 1;
		sure = is;
		found = d;
	}
	return n == 1 ? found : NULL;
}

void renamed_ask(struct session *s)
{
	renamed_free(s);
	if (s->no_search)
		return;
	for (size_t i = 0; i < s->n; i++) /* all lists first: they move as there come more */
		if (lost_end(&s->jobs[i]) != NULL)
			(void)list_of(s, lost_end(&s->jobs[i])->host);
	for (size_t i = 0; i < s->n; i++) {
		struct endpoint *there = lost_end(&s->jobs[i]);
		if (there == NULL)
			continue;
		const struct side *side = list_of(s, there->host);
		there->renamed = find_end(side, job_home(&s->jobs[i])->d, there->name);
		if (there->renamed == NULL)
			continue;
		there->renamed_on = side;
		there->renamed_in = tree_of_both(side, there->renamed->name, there->name);
	}
}

void renamed_free(struct session *s)
{
	for (size_t i = 0; i < s->n; i++) {
		struct pair *p = &s->jobs[i].pair;
		p->src.renamed = p->dst.renamed = NULL;
		p->src.renamed_on = p->dst.renamed_on = NULL;
		p->src.renamed_in = p->dst.renamed_in = NULL;
	}
	for (size_t i = 0; i < s->n_searched; i++)
		side_free(&s->searched[i]);
	free(s->searched);
	free(s->searched_on);
	s->searched = NULL;
	s->searched_on = NULL;
	s->n_searched = 0;
}
