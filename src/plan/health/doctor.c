/* What is odd, from one side at a time and from both together. */
#include "plan/health/doctor.h"

#include "plan/health/diagnosis.h"
#include "plan/health/doctor_one.h"
#include "plan/health/doctor_pair.h"
#include "plan/identity.h"
#include "plan/named.h"

void plan_doctor(const struct pair *pair, struct diagnosis *out)
{
	*out = (struct diagnosis){0};
	/* Nothing is mended by the words of a copy, neither there nor at what it is a copy of. */
	struct err *e = plan_check_named(pair);

	if (e == NULL)
		e = identity_check_link(pair);
	diagnosis_add_err(out, CHECK_CRITICAL, e);
	err_free(e);
	if (out->n > 0 || !doctor_pair(pair, out))
		return;
	doctor_one(pair, PAIR_SRC, out);
	doctor_one(pair, PAIR_DST, out);
}
