/* Where the other side of a dataset is that does not say so in full. */
#ifndef ZREP_CLI_DOCTOR_FIND_H
#define ZREP_CLI_DOCTOR_FIND_H

#include "engine/session.h"

/* Sets which end of its pair a job's dataset is. Of one that names itself as the source without being the master, as a
 * broken init leaves it, or whose text is not whole, also where the other half is, if it is found. */
void doctor_find_other(struct ctx *c, struct job *j);

#endif
