#include "zfs/local_many.h"

#include <pthread.h>

#include "util/mem.h"
#include "zfs/local.h"

/* Processes at a time: of 51 datasets they take 7 txgs. And names for which one is worth starting. */
#define AT_ONCE 8u
#define WORTH 4u

struct share {
	struct local *local;
	const struct patience *patience; /* of who asked */
	const struct strv *argv;
	char *const *names;
	size_t n;
	struct buf said;
	bool failed, running;
	struct err *error;
	pthread_t thread;
};

static void *run(void *arg)
{
	struct share *s = arg;

	local_set_patience(s->patience);
	for (size_t next = 0; next < s->n && s->error == NULL;) {
		struct strv argv = {0};
		struct buf out = {0}, said = {0};
		bool failed = false;
		for (size_t i = 0; i < s->argv->n; i++)
			strv_add(&argv, s->argv->items[i]);
		local_add_names(&argv, s->names, s->n, &next);
		s->error = local_zfs(s->local, argv.items, &out, &said, &failed);
		s->failed = s->failed || failed;
		buf_add(&s->said, buf_str(&said), said.len);
		strv_free(&argv);
		buf_free(&out);
		buf_free(&said);
	}
	return NULL;
}

struct err *local_many(struct local *l, const struct strv *argv, char *const *names, size_t n,
		       bool in_order, struct buf *said, bool *failed)
{
	struct share shares[AT_ONCE] = {0};
	size_t k = in_order || n < WORTH * 2 ? 1 : n < WORTH * AT_ONCE ? n / WORTH : AT_ONCE;
	struct err *e = NULL;

	for (size_t i = 0; i < k; i++) {
		size_t from = n * i / k;
		shares[i] = (struct share){.local = l,
					   .patience = local_patience(),
					   .argv = argv,
					   .names = names + from,
					   .n = n * (i + 1) / k - from};
	}
	for (size_t i = 1; i < k; i++)
		shares[i].running = pthread_create(&shares[i].thread, NULL, run, &shares[i]) == 0;
	for (size_t i = 0; i < k; i++)
		if (!shares[i].running)
			run(&shares[i]);
	for (size_t i = 0; i < k; i++) {
		if (shares[i].running)
			pthread_join(shares[i].thread, NULL);
		*failed = *failed || shares[i].failed;
		buf_add(said, buf_str(&shares[i].said), shares[i].said.len);
		buf_free(&shares[i].said);
		e = err_first(e, shares[i].error);
	}
	return e;
}
