/* How far behind each replica is, from what this host stores. No other host is asked, unless a change of
 * roles was left half done. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cmd/work.h"
#include "out/table.h"
#include "util/mem.h"
#include "util/num.h"

struct state {
	const struct snap *last; /* newest marked or held snapshot; NULL: never synced */
	uint64_t sent, lag;      /* of last */
	uint64_t snaps, bytes;   /* not sent yet */
	const char *error;       /* NULL where there is none */
	uint64_t error_time;
};

static struct state state_of(const struct dataset *d, uint64_t now)
{
	struct state s = {0};
	size_t i = d->n_snaps;

	while (i > 0 && s.last == NULL)
		if (d->snaps[--i].sent != 0)
			s.last = &d->snaps[i];
	if (s.last != NULL) {
		s.sent = s.last->sent;
		s.lag = now > s.sent ? now - s.sent : 0; /* a clock that was put back: no lag */
	}
	if (d->role == ROLE_MASTER) {
		s.bytes = d->written;
		for (size_t k = s.last ? (size_t)(s.last - d->snaps) + 1 : 0; k < d->n_snaps; k++) {
			s.snaps++;
			s.bytes += d->snaps[k].written;
		}
	}
	if (d->error != NULL) {
		char *end;
		s.error_time = strtoull(d->error, &end, 10);
		s.error = *end == ' ' ? end + 1 : d->error;
	}
	return s;
}

static const char *role_word(const struct dataset *d)
{
	switch (d->role) {
	case ROLE_MASTER:
		return "master";
	case ROLE_REPLICA:
		return "replica";
	case ROLE_BROKEN:
		return "broken";
	case ROLE_NONE:
		break;
	}
	return "none";
}

static char *peer_of(const struct dataset *d)
{
	bool replica = d->role == ROLE_REPLICA;
	const char *host = replica ? d->src_host : d->dest_host;
	const char *fs = replica ? d->src_fs : d->dest_fs;

	return str_clean(str_fmt("%s:%s", host ? host : "?", fs ? fs : "?"));
}

static const char *change_word(const struct dataset *d)
{
	switch (d->change.kind) {
	case CHANGE_LEAVING:
		return "in doubt"; /* it would have been finished or undone, had the other side been asked */
	case CHANGE_ENTERING:
		return "entering";
	case CHANGE_BACK:
		return "going back";
	case CHANGE_NONE:
	case CHANGE_UNKNOWN:
		break;
	}
	return "switching";
}

static const char *state_word(const struct dataset *d, const struct state *s)
{
	/* What its last sync found out: the other side was not asked now. */
	if (d->role == ROLE_MASTER && s->error != NULL &&
	    strstr(s->error, " was superseded: ") != NULL)
		return "superseded";
	if (d->role == ROLE_MASTER && s->error != NULL &&
	    strncmp(s->error, "split brain: ", 13) == 0)
		return "split brain";
	if (d->change.kind != CHANGE_NONE)
		return change_word(d);
	if (d->role == ROLE_BROKEN)
		return "broken";
	if (s->error != NULL)
		return "failed";
	if (d->paused)
		return "paused";
	if (d->role == ROLE_REPLICA)
		return "replica";
	return s->last == NULL ? "never" : "ok";
}

static void add_json(nvlist_t *all, const struct dataset *d, const struct state *s)
{
	nvlist_t *one = nv_new();
	char *peer = peer_of(d);

	nv_add_str(one, "role", role_word(d));
	nv_add_str(one, "state", state_word(d, s));
	nv_add_str(one, "peer", peer);
	nv_add_str(one, "type", d->type == TYPE_VOLUME ? "volume" : "filesystem");
	if (s->last != NULL) {
		nv_add_str(one, "snapshot", s->last->name);
		nv_add_u64(one, "synced", s->sent);
		nv_add_u64(one, "lag", s->lag);
	}
	nv_add_u64(one, "unsent_snapshots", s->snaps);
	nv_add_u64(one, "unsent_bytes", s->bytes);
	nv_add_u64(one, "savecount", d->savecount ? d->savecount : SAVECOUNT_DEFAULT);
	if (d->keep_text != NULL) {
		nv_add_str(one, "keep", d->keep_text);
		nv_add_u64(one, "keep_bad", d->keep_bad);
	}
	nv_add_u64(one, "epoch", d->epoch);
	if (d->since != 0)
		nv_add_u64(one, "since", d->since);
	if (d->switching != NULL)
		nv_add_str(one, "switch", d->switching);
	nv_add_u64(one, "paused", d->paused);
	if (s->error != NULL) {
		nv_add_str(one, "error", s->error);
		nv_add_u64(one, "error_time", s->error_time);
	}
	nv_add_nv(all, d->name, one);
	nv_free(one);
	free(peer);
}

static void add_row(struct table *t, const struct dataset *d, const struct state *s)
{
	char text[NUM_TEXT];
	char *peer = peer_of(d), *unsent;

	table_cell(t, d->name);
	table_cell(t, peer);
	table_cell(t, num_time(text, s->sent));
	table_cell(t, s->last ? num_seconds(text, s->lag) : "-");
	unsent = d->role == ROLE_MASTER ? mem_strdup(num_bytes(text, s->bytes)) : mem_strdup("-");
	table_cell(t, unsent);
	table_cell(t, state_word(d, s));
	free(unsent);
	free(peer);
}

static void print_long(const struct dataset *d, const struct state *s)
{
	char a[NUM_TEXT], b[NUM_TEXT];
	char *peer = peer_of(d);

	printf("%s\n", d->name);
	printf("  %-12s %s%s\n", "role", role_word(d), d->paused ? ", paused" : "");
	printf("  %-12s %s\n", d->role == ROLE_REPLICA ? "source" : "destination", peer);
	printf("  %-12s %s\n", "synced", s->last ? num_time(a, s->sent) : "never");
	if (s->last != NULL)
		printf("  %-12s @%s, %s ago\n", "", s->last->name, num_seconds(a, s->lag));
	if (d->role == ROLE_MASTER)
		printf("  %-12s %s, %" PRIu64 " snapshots\n", "unsent", num_bytes(b, s->bytes),
		       s->snaps);
	if (d->savecount_bad)
		printf("  %-12s not a number above 0: nothing is expired\n", "savecount");
	else
		printf("  %-12s %" PRIu64 "\n", "savecount",
		       d->savecount ? d->savecount : SAVECOUNT_DEFAULT);
	if (d->keep_text != NULL)
		printf("  %-12s %s%s\n", "keep", d->keep_text,
		       d->keep_bad ? " (cannot be read: nothing is expired)" : "");
	printf("  %-12s %" PRIu64 "%s%s\n", "epoch", d->epoch, d->since ? ", since " : "",
	       d->since ? num_time(a, d->since) : "");
	printf("  %-12s %s\n", "state", state_word(d, s));
	if (d->switching != NULL)
		printf("  %-12s %s\n", "change", d->switching);
	if (s->error != NULL)
		printf("  %-12s %s: %s\n", "last error", num_time(a, s->error_time), s->error);
	free(peer);
}

static void print_all(struct ctx *c, const struct side *side, bool replicas)
{
	struct table t = {.columns = 6,
			  .heads = {"DATASET", "PEER", "SYNCED", "LAG", "UNSENT", "STATE"},
			  .right = {false, false, false, true, true, false}};
	nvlist_t *json = nv_new();

	for (size_t i = 0; i < side->n; i++) {
		const struct dataset *d = &side->datasets[i];
		struct state s = state_of(d, side->now);
		if (d->role == ROLE_NONE || (!replicas && d->role == ROLE_REPLICA))
			continue;
		if (c->json)
			add_json(json, d, &s);
		else if (c->verbose)
			print_long(d, &s);
		else
			add_row(&t, d, &s);
	}
	if (c->json)
		print_json(json);
	else if (t.cells.n > 0)
		table_print(&t, table_width(1), stdout);
	else if (!c->verbose && c->args.n == 0)
		note(c, "no dataset on %s is %s (tag %s)", c->self,
		     replicas ? "zrep's" : "mastered here", c->tag);
	table_free(&t);
	nv_free(json);
}

/* Finishes or undoes what is half done here. What cannot be is shown as it is. True: something was. */
static bool settle(struct ctx *c, const struct side *side)
{
	struct strv names = {0};
	struct work w = {0};
	bool any = false;

	for (size_t i = 0; i < side->n; i++) {
		const struct dataset *d = &side->datasets[i];
		if (d->change.kind == CHANGE_NONE || d->change.kind == CHANGE_UNKNOWN)
			continue;
		char *name = dataset_name_before(d);
		for (size_t k = 0; k < names.n && name != NULL; k++)
			if (strcmp(names.items[k], name) == 0) {
				free(name);
				name = NULL;
			}
		if (name != NULL)
			strv_add(&names, name);
		free(name);
	}
	if (names.n > 0 && !c->dry_run) {
		struct err *e = work_open(c, &names, NULL, NULL, LIST_WAY | LIST_HALF, &w);
		w.patient = true;
		w.far_flags = LIST_WAY;
		if (e == NULL) {
			work_reach(&w, true);
			work_settle(&w, LIST_WAY);
		}
		for (size_t i = 0; i < w.n && e == NULL; i++)
			if (w.jobs[i].error != NULL && w.jobs[i].error->kind != ERR_BUSY)
				note(c, "%s%s%s", w.jobs[i].error->what,
				     w.jobs[i].error->remedy ? "; " : "",
				     w.jobs[i].error->remedy ? w.jobs[i].error->remedy : "");
		any = e == NULL;
		err_free(e);
		work_free(&w);
	}
	strv_free(&names);
	return any;
}

static struct err *look(struct ctx *c, struct side *side)
{
	const struct strv *names = c->args.n > 0 ? &c->args : NULL;
	struct err *e = ctx_list(c, c->local, names, 0, side);
	bool missing = false;

	for (size_t i = 0; i < c->args.n && e == NULL; i++)
		missing = missing || side_find(side, c->args.items[i]) == NULL;
	if (e == NULL && missing) {
		side_free(side);
		e = ctx_list(c, c->local, names, LIST_ASIDES, side);
	}
	if (e == NULL && settle(c, side)) {
		side_free(side);
		e = ctx_list(c, c->local, names, 0, side);
	}
	return e;
}

int cmd_status(struct ctx *c)
{
	bool named = c->args.n > 0, all = ctx_flag(c, 'a');
	struct side side;
	struct err *e = NULL;
	int status = 0;

	for (size_t i = 0; i < c->args.n && e == NULL; i++)
		e = name_check_dataset(c->args.items[i]);
	if (e == NULL)
		e = look(c, &side);
	if (e != NULL)
		return report(c, e);
	for (size_t i = 0; i < c->args.n; i++) {
		const struct dataset *d = side_find(&side, c->args.items[i]);
		if (d == NULL)
			e = err_new(ERR_FAILED, "%s on %s does not exist", c->args.items[i],
				    c->self);
		else if (d->role == ROLE_NONE)
			e = err_new(ERR_FAILED, "%s on %s is not replicated by zrep (tag %s)",
				    d->name, c->self, c->tag);
		if (e != NULL)
			status = report(c, e);
		e = NULL;
	}
	print_all(c, &side, all || named);
	side_free(&side);
	return status;
}
