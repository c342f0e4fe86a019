/* What doctor says of a dataset. */
#ifndef ZREP_CLI_DOCTOR_SAY_H
#define ZREP_CLI_DOCTOR_SAY_H

#include "engine/session.h"
#include "plan/health/diagnosis.h"

/* Its findings, and what was mended ("what (how)"). */
void doctor_say(const struct ctx *c, const struct job *j, const struct diagnosis *d,
		const struct strv *mended);

/* The same, collected. */
void doctor_say_record(const struct ctx *c, const struct job *j, const struct diagnosis *d,
		       const struct strv *mended);

#endif
