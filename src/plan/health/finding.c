#include "plan/health/finding.h"

#include <stdlib.h>

#include "util/mem.h"

enum check_level check_worse(enum check_level a, enum check_level b)
{
	static const int weight[] = {
	    [CHECK_OK] = 0, [CHECK_WARNING] = 1, [CHECK_UNKNOWN] = 2, [CHECK_CRITICAL] = 3};

	return weight[a] >= weight[b] ? a : b;
}

enum check_level health_level(const struct health *h)
{
	enum check_level worst = CHECK_OK;

	for (size_t i = 0; i < h->n; i++)
		worst = check_worse(worst, h->findings[i].level);
	return worst;
}

void finding_clear(struct finding *f)
{
	free(f->text);
	free(f->mend);
	free(f->remedy);
}

void health_add_text(struct health *h, enum check_level level, char *text, char *remedy)
{
	h->findings = mem_array(h->findings, h->n + 1, sizeof(*h->findings));
	h->findings[h->n++] = (struct finding){.level = level, .text = text, .remedy = remedy};
}

void health_add(struct health *h, enum check_level level, const struct err *e)
{
	health_add_text(h, level, mem_strdup(e->what), e->remedy ? mem_strdup(e->remedy) : NULL);
	h->findings[h->n - 1].reason = e->reason;
	h->findings[h->n - 1].quoted = e->quoted;
}

void health_free(struct health *h)
{
	for (size_t i = 0; i < h->n; i++)
		finding_clear(&h->findings[i]);
	free(h->findings);
	*h = (struct health){0};
}
