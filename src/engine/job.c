#include "engine/job.h"

#include <stdlib.h>

#include "util/mem.h"

void token_answer_free(struct token_answer *a)
{
	free(a->token);
	err_free(a->why);
	*a = (struct token_answer){0};
}

struct endpoint *job_end(const struct job *j, enum pair_side side)
{
	return (struct endpoint *)(uintptr_t)pair_end(&j->pair, side);
}

struct endpoint *job_home(const struct job *j)
{
	return job_end(j, j->home);
}

struct endpoint *job_peer(const struct job *j)
{
	return job_end(j, pair_other(j->home));
}

bool job_pulls(const struct job *j)
{
	return j->home == PAIR_DST;
}

void job_set_home(struct job *j, enum pair_side home)
{
	if (home != j->home) {
		struct endpoint was = j->pair.src;
		j->pair.src = j->pair.dst;
		j->pair.dst = was;
	}
	j->home = home;
	j->pair.src.side = PAIR_SRC;
	j->pair.dst.side = PAIR_DST;
}

void job_set_peer(struct job *j, const char *at, const char *name)
{
	free(j->peer_at);
	free(j->peer_name);
	j->peer_at = mem_strdup(at);
	j->peer_name = mem_strdup(name);
	job_peer(j)->at = j->peer_at;
	job_peer(j)->name = j->peer_name;
}

void job_init(struct job *j, const char *name, enum pair_side home)
{
	*j = (struct job){.name = mem_strdup(name)};
	job_set_home(j, home);
	job_home(j)->name = j->name;
}

void job_free(struct job *j)
{
	free(j->name);
	free(j->peer_at);
	free(j->peer_name);
	free(j->origin);
	free(j->left_out);
	strv_free(&j->clone_origins);
	side_free(&j->below);
	strv_free(&j->along);
	token_answer_free(&j->token);
	err_free(j->error);
	err_free(j->why_away);
	err_free(j->no_way_back);
	err_free(j->led);
	nv_free(j->bad_hooks[PAIR_SRC]);
	nv_free(j->bad_hooks[PAIR_DST]);
}
