#include "cli/doctor_say.h"

#include <stdlib.h>

#include "plan/health/diagnosis.h"
#include "plan/retention/give_up.h"
#include "util/mem.h"
#include "util/num.h"
#include "util/remedy.h"

static const char *const words[] = {
    [CHECK_OK] = "note",
    [CHECK_WARNING] = "warning",
    [CHECK_CRITICAL] = "serious",
};

/* Frees the text. */
static void say_remedy(const struct ui *u, char *text)
{
	char *said = ui_text(text);

	ui_line(u, "      -> %s", said);
	free(said);
	free(text);
}

static void print_finding(const struct ctx *c, const struct job *j, const struct finding *o)
{
	const struct ui *u = &c->ui;
	struct buf text = {0};

	buf_addf(&text, "%s: %s: %s", j->name, words[o->level], o->text);
	char *said = ui_text(text.data);
	ui_line(u, "%s", said);
	free(said);
	buf_free(&text);
	if (o->mend != NULL && !c->fix)
		say_remedy(u, remedy_fmt("{zrep doctor --fix %s} %s", j->name, o->mend));
	else if (o->remedy != NULL && o->quoted)
		ui_line(u, "      %s", o->remedy);
	else if (o->remedy != NULL)
		say_remedy(u, mem_strdup(o->remedy));
}

/* What this side keeps for one that cannot be asked. */
static void say_pinned(const struct ctx *c, const struct job *j)
{
	const struct dataset *d = job_home(j)->d;
	char bytes[NUM_TEXT];

	if (j->error != NULL || j->why_away == NULL || d == NULL || d->role != ROLE_MASTER ||
	    !d->pinned_known || d->pinned == 0)
		return;
	ui_line(&c->ui, "%s: while the other side is away, snapshots that are kept for it take %s",
		j->name, num_bytes(bytes, d->pinned));
	if (plan_can_give_up(d))
		say_remedy(&c->ui, remedy_fmt("to give that space back: {zrep expire --release "
					      "%s}; the next sync goes on from a bookmark",
					      j->name));
}

void doctor_say(const struct ctx *c, const struct job *j, const struct diagnosis *d,
		const struct strv *mended)
{
	const struct ui *u = &c->ui;

	for (size_t k = 0; k < mended->n; k++) {
		char *line = str_fmt("%s: mended: %s", j->name, mended->items[k]);
		char *said = ui_text(line);
		ui_line(u, "%s", said);
		free(said);
		free(line);
	}
	for (size_t k = 0; k < d->n; k++)
		print_finding(c, j, &d->findings[k]);
	if (d->n == 0 && mended->n == 0 && j->error == NULL)
		ui_done(u, "%s: no findings%s", j->name, j->why_away ? " on this side" : "");
	say_pinned(c, j);
}

void doctor_say_record(const struct ctx *c, const struct job *j, const struct diagnosis *d,
		       const struct strv *mended)
{
	const struct ui *u = &c->ui;
	struct record *one = ui_dataset(u, j->name);

	record_flag(one, "asked", j->why_away == NULL);
	record_list(one, "findings");
	for (size_t k = 0; k < d->n; k++)
		ui_add_finding(u, one, words[d->findings[k].level], &d->findings[k]);
	record_strs(one, "mended", mended->items, mended->n);
	const struct dataset *here = job_home(j)->d;
	if (here != NULL && here->role == ROLE_MASTER && here->pinned_known) {
		record_u64(one, "pinned", here->pinned);
		record_flag(one, "releasable", plan_can_give_up(here));
	}
	record_u64(one, "exit", d->n > 0 ? ERR_FAILED : j->why_away ? ERR_UNREACHABLE : 0);
}
