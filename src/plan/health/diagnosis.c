#include "plan/health/diagnosis.h"

#include <stdarg.h>
#include <stdlib.h>

#include "util/mem.h"
#include "util/remedy.h"

struct finding *diagnosis_add(struct diagnosis *out, enum check_level level, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	out->findings = mem_array(out->findings, out->n + 1, sizeof(*out->findings));
	struct finding *f = &out->findings[out->n++];
	*f = (struct finding){.level = level, .text = remedy_vfmt(fmt, ap)};
	va_end(ap);
	return f;
}

void diagnosis_add_err(struct diagnosis *out, enum check_level level, const struct err *e)
{
	if (e == NULL)
		return;
	struct finding *f = diagnosis_add(out, level, "%s", e->what);
	f->reason = e->reason;
	f->quoted = e->quoted;
	if (e->remedy != NULL)
		f->remedy = mem_strdup(e->remedy);
}

void diagnosis_take(struct diagnosis *out, struct health *h)
{
	for (size_t i = 0; i < h->n; i++) {
		struct finding *from = &h->findings[i];
		struct finding *f = diagnosis_add(out, from->level, "%s", from->text);
		f->reason = from->reason;
		f->quoted = from->quoted;
		f->remedy = from->remedy != NULL ? mem_strdup(from->remedy) : NULL;
	}
	health_free(h);
}

void diagnosis_free(struct diagnosis *d)
{
	for (size_t i = 0; i < d->n; i++)
		finding_clear(&d->findings[i]);
	free(d->findings);
	plan_free(&d->plan);
	*d = (struct diagnosis){0};
}

void diagnosis_set(struct diagnosis *out, const struct pair *pair, const struct endpoint *me,
		   const char *prop, const char *value)
{
	nvlist_t *props = nv_new();

	plan_prop(props, pair->tag, prop, value);
	plan_add(&out->plan, STEP_SET, PHASE_RECORD, me->side, me->d->name)->props = props;
}
