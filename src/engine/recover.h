/* What a crash has left of a change of role is finished or undone. */
#ifndef ZREP_ENGINE_RECOVER_H
#define ZREP_ENGINE_RECOVER_H

#include "engine/session.h"

/* Finishes or undoes the changes of roles that either side is in the middle of, and says so; then both sides have been
 * listed again. What cannot be recovered is an error of the job. */
void recover_switches(struct session *s, unsigned list_flags);

/* Whoever says now that what is newer is to be kept does not finish what was to destroy it: before recover_switches(), the
 * datasets at home that were to go back so, and of which nothing is gone, are marked to keep it, and say so. */
void recover_keep(struct session *s, unsigned list_flags);

#endif
