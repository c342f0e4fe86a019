/* ui/metrics.c: what Prometheus reads. With METRICS_OUT=FILE what is made here is left there, for promtool. */
#include "ui/metrics.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "test.h"
#include "util/mem.h"

/* Two datasets, one of which somebody counts. */
static struct metrics made(void)
{
	struct metrics m = {.tag = "zrep", .version = "3.0.0", .now = 1700000000};
	struct metrics_row *r = metrics_add_name(&m, "tank/a");

	free(r->peer);
	r->peer = mem_strdup("host2:tank/\"a\\b\"\nc");
	r->has[METRIC_LAG] = true;
	r->value[METRIC_LAG] = 1700000001;
	metrics_check(r, CHECK_WARNING);
	struct metrics_counters c = {.rounds = 7, .syncs = 5, .bytes = UINT64_C(1) << 40};
	c.errors[REASON_SPLIT_BRAIN] = 2;
	c.last_seconds = 0.25;
	c.last_bytes = 4096;
	metrics_count(r, &c);
	r = metrics_add_name(&m, "tank/b");
	c = (struct metrics_counters){.last_seconds = -1};
	metrics_count(r, &c);
	return m;
}

static char *text_of(const struct metrics *m)
{
	struct buf text = {0};

	metrics_print(m, &text);
	return text.data;
}

static void labels_are_escaped(void **state)
{
	struct metrics m = made();
	char *text = text_of(&m);

	(void)state;
	assert_non_null(strstr(text,
			       "zrep_lag_seconds{dataset=\"tank/a\",tag=\"zrep\",peer=\"host2:"
			       "tank/\\\"a\\\\b\\\"\\nc\"} 1700000001\n"));
	assert_non_null(strstr(text, "zrep_check_verdict{dataset=\"tank/a\","));
	assert_non_null(strstr(text, "zrep_build_info{tag=\"zrep\",version=\"3.0.0\"} 1\n"));
	assert_string_equal(text + strlen(text) - 6, "# EOF\n");
	free(text);
	metrics_free(&m);
}

/* Samples of one name stand together behind its head, of which there is one. */
static void families_are_whole(void **state)
{
	struct metrics m = made();
	char *text = text_of(&m), *save = NULL, family[64] = "";
	nvlist_t *seen = nv_new();

	(void)state;
	for (char *line = strtok_r(text, "\n", &save); line != NULL;
	     line = strtok_r(NULL, "\n", &save)) {
		char name[64] = "";
		if (strncmp(line, "# HELP ", 7) == 0) {
			memcpy(family, line + 7, strcspn(line + 7, " "));
			family[strcspn(line + 7, " ")] = '\0';
			assert_false(nv_flag(seen, family));
			nv_add_flag(seen, family);
		}
		if (*line == '#')
			continue;
		memcpy(name, line, strcspn(line, "{"));
		assert_string_equal(name, family);
	}
	nv_free(seen);
	free(text);
	metrics_free(&m);
}

static void counters_are_named_as_the_format_has_them(void **state)
{
	struct metrics m = made();
	char *text = text_of(&m);

	(void)state;
	assert_non_null(strstr(text, "# TYPE zrep_sent_bytes_total counter\n"));
	assert_non_null(strstr(text, "zrep_errors_total{dataset=\"tank/a\","));
	assert_non_null(strstr(text, "reason=\"split-brain\"} 2\n"));
	assert_non_null(strstr(text, "} 1099511627776\n"));
	assert_non_null(strstr(text, "} 0.25\n"));
	assert_null(strstr(text, "zrep_last_sync_duration_seconds{dataset=\"tank/b\""));
	free(text);
	m.openmetrics = true;
	text = text_of(&m);
	assert_non_null(strstr(text, "# TYPE zrep_sent_bytes counter\n"));
	assert_non_null(strstr(text, "\nzrep_sent_bytes_total{"));
	free(text);
	metrics_free(&m);
}

static void a_file_is_replaced_as_a_whole(void **state)
{
	char dir[] = "/tmp/zrep-metrics.XXXXXX";
	const char *out = getenv("METRICS_OUT");
	struct metrics m = made();
	struct stat st;

	(void)state;
	assert_non_null(mkdtemp(dir));
	char *path = str_fmt("%s/zrep.prom", dir), *none = str_fmt("%s/none/zrep.prom", dir);
	assert_null(metrics_write_file(&m, path));
	assert_null(metrics_write_file(&m, path));
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0644);
	struct err *e = metrics_write_file(&m, none);
	assert_non_null(e);
	err_free(e);
	e = metrics_write_file(&m, dir); /* a directory has that name */
	assert_non_null(e);
	err_free(e);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(rmdir(dir), 0); /* and nothing is left beside it */
	if (out != NULL)
		assert_null(metrics_write_file(&m, out));
	free(path);
	free(none);
	metrics_free(&m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(labels_are_escaped),
	    cmocka_unit_test(families_are_whole),
	    cmocka_unit_test(counters_are_named_as_the_format_has_them),
	    cmocka_unit_test(a_file_is_replaced_as_a_whole),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
