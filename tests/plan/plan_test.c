/* Every case is one file: a picture, "---", and the plan that is to be made of it. This prints the
 * plan anew and compares; with --update it writes what came out into the file instead, to be read and
 * believed (or not) in the diff. */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "picture_file.h"
#include "util/mem.h"

static char *read_file(const char *path)
{
	struct buf b = {0};
	char chunk[4096];
	size_t n;
	FILE *f = fopen(path, "r");

	if (f == NULL) {
		perror(path);
		exit(1);
	}
	buf_add(&b, "", 0);
	while ((n = fread(chunk, 1, sizeof(chunk), f)) > 0)
		buf_add(&b, chunk, n);
	fclose(f);
	return b.data;
}

static void print(struct story *s, struct plan *p, struct buf *out)
{
	struct plan_names names = {s->src_host, s->dst_host};

	plan_print(p, &names, out);
	if (p->refusal == NULL && p->base != NULL)
		buf_addf(out, "  base: @%s%s\n", p->base, p->unchanged ? ", unchanged" : "");
	plan_free(p);
}

static struct err *make_plan(struct story *s, struct buf *out)
{
	struct plan p = {0};

	if (strcmp(s->verb, "init") == 0) {
		char *parent = mem_strdup(s->dst_fs), *slash = strrchr(parent, '/');
		if (slash != NULL)
			*slash = '\0';
		struct init_opts o = {.src_host = s->src_host,
				      .dst_host = s->dst_host,
				      .src_fs = s->src_fs,
				      .dst_fs = s->dst_fs,
				      .parent = slash ? side_find(&s->dst, parent) : NULL,
				      .same_host = strcmp(s->src_host, s->dst_host) == 0};
		free(parent);
		plan_init(&s->pair, &o, &p);
		print(s, &p, out);
	} else if (strcmp(s->verb, "sync") == 0) {
		plan_sync(&s->pair, &s->sync, &p);
		print(s, &p, out);
	} else if (strcmp(s->verb, "clear") == 0) {
		plan_clear(&s->pair, &p);
		print(s, &p, out);
	} else if (strcmp(s->verb, "expire") == 0) {
		plan_expire(&s->pair, AT_SRC, &p);
		print(s, &p, out);
		if (s->pair.dst != NULL) {
			plan_expire(&s->pair, AT_DST, &p);
			print(s, &p, out);
		}
	} else {
		return err_new(ERR_FAILED, "there is no verb \"%s\"", s->verb);
	}
	return NULL;
}

/* What `text` makes: the same text, with the plan behind its "---". */
static struct err *expectation(const char *text, struct buf *out)
{
	const char *end = strncmp(text, "---", 3) == 0 ? text : strstr(text, "\n---");
	size_t len = end == NULL ? strlen(text) : (size_t)(end - text) + 1;
	struct story s;
	struct err *e = story_read(text, &s);

	buf_add(out, text, len);
	buf_addf(out, "---\n");
	if (e == NULL && s.pair.src == NULL)
		e = err_new(ERR_FAILED, "it has no source");
	if (e == NULL)
		e = make_plan(&s, out);
	story_free(&s);
	return e;
}

static bool run_case(const char *path, bool update)
{
	char *text = read_file(path);
	struct buf got = {0};
	struct err *e = expectation(text, &got);
	bool same = e == NULL && strcmp(text, got.data) == 0;

	if (e != NULL) {
		printf("not ok %s: %s\n", path, e->what);
	} else if (!same && update) {
		FILE *f = fopen(path, "w");
		if (f == NULL || fputs(got.data, f) < 0 || fclose(f) != 0) {
			perror(path);
			exit(1);
		}
		printf("updated %s\n", path);
		same = true;
	} else if (!same) {
		const char *plan = strstr(got.data, "---\n"), *old = strstr(text, "---\n");
		printf("not ok %s\nexpected:\n%sgot:\n%s", path, old ? old + 4 : "", plan + 4);
	}
	err_free(e);
	buf_free(&got);
	free(text);
	return same;
}

static int is_case(const struct dirent *d)
{
	size_t n = strlen(d->d_name);
	return n > 5 && strcmp(d->d_name + n - 5, ".case") == 0;
}

int main(int argc, char **argv)
{
	bool update = argc > 1 && strcmp(argv[1], "--update") == 0;
	const char *dir = argc > 1 + update ? argv[1 + update] : NULL;
	struct dirent **list = NULL;
	int n, failed = 0;

	if (dir == NULL || (n = scandir(dir, &list, is_case, alphasort)) <= 0) {
		fprintf(stderr, "usage: plan_test [--update] DIRECTORY-OF-CASES\n");
		return 2;
	}
	for (int i = 0; i < n; i++) {
		char *path = str_fmt("%s/%s", dir, list[i]->d_name);
		failed += !run_case(path, update);
		free(path);
		free(list[i]);
	}
	free(list);
	printf("%d cases, %d failed\n", n, failed);
	return failed > 0;
}
