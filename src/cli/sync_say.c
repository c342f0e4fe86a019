#include "cli/sync_say.h"

#include <stdlib.h>

#include "plan/plan.h"
#include "util/mem.h"
#include "util/num.h"

static void record_job(const struct sync_state *r, const struct task *t, const struct job *j)
{
	struct record *one = ui_dataset(&r->c->ui, j->name);
	const char *done = r->snap_only ? "snapshot" : r->pull ? "fetched" : "sent";

	if (!r->snap_only) {
		record_str(one, "host",
			   job_peer(j)->host ? host_name(job_peer(j)->host) : j->peer_at);
		record_str(one, r->pull ? "source" : "destination", j->peer_name);
	}
	record_str(one, "status",
		   t->error && j->silent ? "busy"
		   : t->error            ? "failed"
		   : t->plan.unchanged   ? "unchanged"
					 : done);
	record_str(one, "snapshot", t->plan.base);
	record_u64(one, "bytes", atomic_load(&t->meter.bytes));
}

/* "tank/a -> host2:tank/b", "host1:tank/a -> tank/b", or the name alone. */
static char *way(const struct sync_state *r, const struct job *j)
{
	if (r->snap_only)
		return mem_strdup(j->name);
	if (r->pull)
		return str_fmt("%s:%s -> %s", host_name(job_peer(j)->host), j->peer_name, j->name);
	return str_fmt("%s -> %s:%s", j->name, host_name(job_peer(j)->host), j->peer_name);
}

void sync_say(const struct sync_state *r, const struct task *t, const struct job *j)
{
	char bytes[NUM_TEXT], seconds[NUM_TEXT];
	const struct ctx *c = r->c;

	record_job(r, t, j);
	if (t->error != NULL)
		return;
	char *text = way(r, j);
	const struct dataset *s = job_end(j, PAIR_SRC)->d;
	if (t->plan.unchanged && (!r->all || c->ui.verbose))
		ui_done(&c->ui, "%s  %s @%s", text,
			r->opts.no_snapshot && s->written > 0 ? "no snapshot since"
							      : "unchanged since",
			t->plan.base);
	else if (!t->plan.unchanged && r->snap_only)
		ui_done(&c->ui, "%s@%s", text, t->plan.base);
	else if (!t->plan.unchanged)
		ui_done(&c->ui, "%s  @%s  %s in %s", text, t->plan.base,
			num_bytes(bytes, atomic_load(&t->meter.bytes)),
			num_seconds(seconds, (uint64_t)(t->seconds + 0.5)));
	free(text);
}

void sync_count(const struct sync_state *r, const struct task *tasks, struct sync_sum *sum)
{
	sum->n += r->w.n;
	for (size_t i = 0; i < r->w.n; i++) {
		sum->failed += tasks[i].error != NULL;
		sum->unchanged += tasks[i].error == NULL && tasks[i].plan.unchanged;
		sum->bytes += atomic_load(&tasks[i].meter.bytes);
	}
}

void sync_say_sum(const struct sync_state *r, const struct sync_sum *sum)
{
	char text[NUM_TEXT];
	char *sent = r->snap_only ? mem_strdup("snapshots")
				  : str_fmt("%s (%s)", r->pull ? "fetched" : "sent",
					    num_bytes(text, sum->bytes));

	ui_done(&r->c->ui, "%zu dataset%s: %zu %s, %zu unchanged, %zu failed", sum->n,
		sum->n == 1 ? "" : "s", sum->n - sum->failed - sum->unchanged, sent, sum->unchanged,
		sum->failed);
	free(sent);
}
