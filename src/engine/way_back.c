#include "engine/way_back.h"

#include <stdlib.h>
#include <string.h>

#include "state/picture.h"
#include "util/mem.h"

/* What one host is asked. */
struct question {
	struct host *host;
	struct strv names; /* of this one, as datasets there have them */
	nvlist_t *args;
	struct host_op op;
};

/* The name under which the replica's host would reach this one; NULL where that is no question. */
static const char *name_of_us(const struct job *j)
{
	const struct dataset *m = job_home(j)->d, *r = job_peer(j)->d;
	const struct host *there = job_peer(j)->host;

	if (j->error != NULL || j->why_away != NULL || there == NULL || host_is_local(there) ||
	    m == NULL || r == NULL || m->role != ROLE_MASTER || r->role != ROLE_REPLICA)
		return NULL;
	return r->src_host;
}

static struct question *question_to(struct question *q, size_t *n, struct host *host)
{
	for (size_t i = 0; i < *n; i++)
		if (q[i].host == host)
			return &q[i];
	q[*n] = (struct question){.host = host};
	return &q[(*n)++];
}

static void take_answer(struct session *s, const struct question *q, const nvlist_t *result)
{
	const nvlist_t *errors = nv_nv(result, "errors");

	for (size_t i = 0; i < s->n; i++) {
		struct job *j = &s->jobs[i];
		const char *name = job_peer(j)->host == q->host ? name_of_us(j) : NULL;
		if (name != NULL && nv_nv(errors, name) != NULL && j->no_way_back == NULL)
			j->no_way_back = nv_err(errors, name, NULL);
	}
}

void way_back_ask(struct session *s)
{
	struct question *q = mem_zalloc((s->n + 1) * sizeof(*q));
	size_t n = 0;

	for (size_t i = 0; i < s->n; i++) {
		const char *name = name_of_us(&s->jobs[i]);
		struct err *lacks =
		    name != NULL ? host_lacks(job_peer(&s->jobs[i])->host, OP_REACH) : NULL;
		if (name != NULL && lacks == NULL) {
			struct strv *names =
			    &question_to(q, &n, job_peer(&s->jobs[i])->host)->names;
			if (!strv_has(names, name))
				strv_add(names, name);
		}
		err_free(lacks);
	}
	for (size_t i = 0; i < n; i++) {
		q[i].args = nv_new();
		nv_add_str(q[i].args, "tag", s->c->tag);
		nv_add_strs(q[i].args, "hosts", q[i].names.items, q[i].names.n);
		host_begin(q[i].host, OP_REACH, q[i].args, &q[i].op);
	}
	for (size_t i = 0; i < n; i++) {
		nvlist_t *result = NULL;
		/* That it could not be asked says nothing about the way. */
		err_free(host_end(&q[i].op, &result));
		take_answer(s, &q[i], result);
		nv_free(result);
		nv_free(q[i].args);
		strv_free(&q[i].names);
	}
	free(q);
}

/* --- hooks --- */

/* The errors of one host; NULL: none, or it was not asked. The caller frees. */
static nvlist_t *ask_hooks(struct host *h)
{
	struct err *e = host_lacks(h, OP_HOOKS);
	nvlist_t *args = nv_new(), *result = NULL, *bad = NULL;

	if (e == NULL)
		e = host_call(h, OP_HOOKS, args, &result);
	if (e == NULL && !nv_empty(nv_nv(result, "errors")))
		bad = nv_dup(nv_nv(result, "errors"));
	err_free(e); /* whoever cannot be asked about more than that says so himself */
	nv_free(result);
	nv_free(args);
	return bad;
}

void way_back_ask_hooks(struct session *s)
{
	struct host **hosts = mem_zalloc((s->n + 1) * sizeof(struct host *));
	nvlist_t **bad = mem_zalloc((s->n + 1) * sizeof(nvlist_t *));
	size_t n = 1;

	hosts[0] = s->c->local;
	for (size_t i = 0; i < s->n; i++) {
		struct host *there = job_peer(&s->jobs[i])->host;
		size_t k = 0;
		while (k < n && hosts[k] != there)
			k++;
		if (there != NULL && k == n)
			hosts[n++] = there;
	}
	for (size_t k = 0; k < n; k++)
		bad[k] = ask_hooks(hosts[k]);
	for (size_t i = 0; i < s->n; i++) {
		struct job *j = &s->jobs[i];
		for (size_t k = 0; k < n; k++) {
			enum pair_side at = k == 0 ? j->home : pair_other(j->home);
			if (bad[k] == NULL || j->bad_hooks[at] != NULL ||
			    (k > 0 && job_peer(j)->host != hosts[k]))
				continue;
			j->bad_hooks[at] = nv_dup(bad[k]);
		}
	}
	for (size_t k = 0; k < n; k++)
		nv_free(bad[k]);
	free(bad);
	free(hosts);
}
