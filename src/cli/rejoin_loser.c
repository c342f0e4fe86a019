#include "cli/rejoin_loser.h"

#include "engine/session.h"

bool rejoin_loser_reverts(const struct dataset *d, const struct dataset *preserved)
{
	return preserved != NULL || (d != NULL && d->switch_state.kind == SWITCH_REVERTING);
}

/* Is it the dataset at home that comes back? */
static bool home_lost(const struct job *j)
{
	const struct dataset *home = job_home(j)->d, *peer = job_peer(j)->d;

	if (rejoin_loser_reverts(home, job_home(j)->preserved) || home == NULL)
		return true;
	if (rejoin_loser_reverts(peer, job_peer(j)->preserved) || peer == NULL)
		return false;
	if (home->master && peer->master)
		return home->epoch <= peer->epoch;
	return !home->master;
}

void rejoin_loser_find(struct job *j)
{
	job_set_home(j, home_lost(j) ? PAIR_DST : PAIR_SRC);
}

void rejoin_loser_look_below(const struct rejoin_run *run, struct session *w, struct job *j)
{
	session_look_below(w, j, PAIR_DST, job_pulls(j) ? &run->names : &run->peer_names);
}
