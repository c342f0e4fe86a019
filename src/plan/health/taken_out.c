#include "plan/health/taken_out.h"

#include "plan/health/finding.h"
#include "plan/refusals.h"
#include "state/dataset.h"
#include "util/mem.h"
#include "util/remedy.h"

void health_taken_out(const struct pair *p, struct health *h)
{
	const struct dataset *top = p->src.d;

	for (size_t i = 0; top->recursive && p->src.below != NULL && i < p->src.below->n; i++) {
		const struct dataset *d = &p->src.below->datasets[i];
		if (d->role != ROLE_BROKEN || !d->master || d->src_fs == NULL ||
		    !name_within(d->name, top->name) || !name_within(d->src_fs, top->name) ||
		    !plan_can_be_renamed(d->name, d->src_fs) || !plan_is_taken_out(p->src.below, d))
			continue;
		health_add_text(
		    h, CHECK_WARNING,
		    str_fmt("a takeover of %s on %s would be refused: %s on %s is excluded, and "
			    "was %s when its pair was made",
			    p->dst.d->name, p->dst.host_name, d->name, p->src.host_name, d->src_fs),
		    remedy_fmt("to give it its name back: on %s, {zfs rename %s %s}",
			       p->src.host_name, d->name, d->src_fs));
	}
}
