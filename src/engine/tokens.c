#include "engine/tokens.h"

#include <stdlib.h>
#include <string.h>

#include "util/mem.h"
#include "zfs/ops.h"

static const char *token_of(const struct job *j)
{
	const struct dataset *d = job_end(j, PAIR_DST)->d;

	return d != NULL ? d->token : NULL;
}

/* Only the side that sends can look up what a token names. */
static struct host *sender_of(const struct session *s, const struct job *j)
{
	return job_pulls(j) ? job_peer(j)->host : s->c->local;
}

static bool is_open(const struct job *j)
{
	const struct token_answer *a = &j->token;

	return token_of(j) != NULL &&
	       (!str_same(a->token, token_of(j)) || a->state == TOKEN_UNKNOWN);
}

/* What a host said of one token; `e`: why it said nothing at all. */
static void take(struct token_answer *a, const char *token, const struct host *host,
		 const nvlist_t *result, const struct err *e)
{
	const nvlist_t *one = nv_nv(nv_nv(result, "tokens"), token);
	const char *who = host_is_local(host) ? NULL : host_name(host);

	token_answer_free(a);
	a->token = mem_strdup(token);
	a->to = nv_u64(one, "toguid", 0);
	a->from = nv_u64(one, "fromguid", 0);
	a->why = e != NULL ? err_copy(e) : nv_err(nv_nv(result, "errors"), token, who);
	if (a->why != NULL)
		a->state = TOKEN_UNKNOWN;
	else if (nv_str(one, "dead") != NULL)
		a->state = TOKEN_DEAD;
	else
		a->state = a->to != 0 ? TOKEN_KNOWN : TOKEN_UNKNOWN;
}

static void ask(struct session *s, struct host *host, bool *todo)
{
	nvlist_t *args = nv_new(), *result = NULL;
	struct strv tokens = {0}, sources = {0};

	for (size_t i = 0; i < s->n; i++)
		if (todo[i] && sender_of(s, &s->jobs[i]) == host &&
		    !strv_has(&tokens, token_of(&s->jobs[i]))) {
			strv_add(&tokens, token_of(&s->jobs[i]));
			strv_add(&sources, job_end(&s->jobs[i], PAIR_SRC)->name);
		}
	nv_add_strs(args, "tokens", tokens.items, tokens.n);
	nv_add_strs(args, "datasets", sources.items, sources.n);
	struct err *e = host_call(host, OP_TOKEN, args, &result);
	for (size_t i = 0; i < s->n; i++) {
		struct job *j = &s->jobs[i];
		if (!todo[i] || sender_of(s, j) != host)
			continue;
		take(&j->token, token_of(j), host, result, e);
		todo[i] = false;
	}
	err_free(e);
	strv_free(&tokens);
	strv_free(&sources);
	nv_free(result);
	nv_free(args);
}

void tokens_ask(struct session *s)
{
	bool *todo = mem_zalloc(s->n + 1);

	for (size_t i = 0; i < s->n; i++)
		todo[i] = is_open(&s->jobs[i]) && sender_of(s, &s->jobs[i]) != NULL;
	for (size_t i = 0; i < s->n; i++)
		if (todo[i])
			ask(s, sender_of(s, &s->jobs[i]), todo);
	free(todo);
}

void tokens_fill(struct job *j)
{
	const struct token_answer none = {0},
				  *a = str_same(j->token.token, token_of(j)) ? &j->token : &none;

	j->pair.token_state = a->state;
	j->pair.token_why = a->why;
	j->pair.token_to = a->to;
	j->pair.token_from = a->from;
}
