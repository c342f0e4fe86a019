/* Which of two sides comes back, and what of its trees comes with it. */
#ifndef ZREP_CLI_REJOIN_LOSER_H
#define ZREP_CLI_REJOIN_LOSER_H

#include "engine/session.h"

/* All that one command names, and the trees below that. */
struct rejoin_run {
	struct ctx *c;
	struct strv names, peer_names; /* here; and their other sides */
	size_t n_named;                /* of the names: those that the command line has */
	struct strv
	    last; /* of the names, the other sides of which are among them as well: one pair, on this host */
	struct err **refused; /* of each of the first names; NULL: it may be begun */
	size_t n_refused;
	bool interrupted; /* what is left is not begun */
};

/* Is it on its way back already, as itself or as what is preserved of it? */
bool rejoin_loser_reverts(const struct dataset *d, const struct dataset *preserved);

/* Finds which of the two is to come back, and makes it the destination: the lower epoch; at equal ones the side where
 * it was said. */
void rejoin_loser_find(struct job *j);

/* Looks at what is below the loser of a job. What the run names there comes back as well. */
void rejoin_loser_look_below(const struct rejoin_run *run, struct session *w, struct job *j);

#endif
