#include "engine/batches.h"

#include <stdlib.h>
#include <string.h>

#include "engine/observe.h"
#include "state/dataset.h"
#include "util/mem.h"
#include "util/sorted.h"

/* "" of one that goes nowhere, or that is not known. */
static const char *host_of(const struct side *side, const char *name)
{
	const struct dataset *d = side_find(side, name);
	const char *host = d == NULL ? NULL : d->role == ROLE_REPLICA ? d->src_host : d->dest_host;

	return host != NULL ? host : "";
}

static struct strv hosts_of(const struct side *side, const struct strv *names)
{
	struct strv all = {0}, each = {0};

	for (size_t i = 0; i < names->n; i++)
		strv_add(&all, host_of(side, names->items[i]));
	sorted_sort(all.items, all.n);
	for (size_t i = 0; i < all.n; i++)
		if (i == 0 || strcmp(all.items[i - 1], all.items[i]) != 0)
			strv_add(&each, all.items[i]);
	strv_free(&all);
	return each;
}

void batches_make(struct ctx *c, const struct strv *names, struct batches *out)
{
	struct side side = {0};
	struct strv hosts = {0};

	if (names->n > BATCH_HOSTS) {
		err_free(ctx_list(c, c->local, names, LIST_APART, &side));
		hosts = hosts_of(&side, names);
	}
	out->n = hosts.n > 0 ? (hosts.n + BATCH_HOSTS - 1) / BATCH_HOSTS : 1;
	out->items = mem_zalloc(out->n * sizeof(*out->items));
	for (size_t i = 0; i < names->n; i++) {
		const char *host = host_of(&side, names->items[i]);
		size_t at = sorted_from(hosts.items, hosts.n, host) / BATCH_HOSTS;
		strv_add(&out->items[at], names->items[i]);
	}
	strv_free(&hosts);
	side_free(&side);
}

void batches_free(struct batches *b)
{
	for (size_t i = 0; i < b->n; i++)
		strv_free(&b->items[i]);
	free(b->items);
	*b = (struct batches){0};
}

void batches_end_session(const struct batches *b, struct session *s)
{
	struct strv hosts = {0};

	for (size_t i = 1; i < s->n_peers && b->n > 1; i++)
		strv_add(&hosts, s->peers[i].name);
	if (b->n > 1)
		observe_release(s);
	struct ctx *c = s->c;
	session_free(s);
	for (size_t i = 0; i < hosts.n; i++)
		ctx_hang_up(c, hosts.items[i]);
	strv_free(&hosts);
}
