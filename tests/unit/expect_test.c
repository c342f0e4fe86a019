/* What OP_SET is told to expect comes from another host: what is none of its forms is refused. And what is said when it
 * is not so. */
#include <string.h>

#include "test.h"
#include "util/mem.h"
#include "zfs/local.h"
#include "zfs/local_expect.h"

/* expect = {name = {prop = value}}, value NULL: a flag. */
static nvlist_t *expect(const char *name, const char *prop, const char *value)
{
	nvlist_t *all = nv_new(), *one = nv_new();

	if (value != NULL)
		nv_add_str(one, prop, value);
	else
		nv_add_flag(one, prop);
	nv_add_nv(all, name, one);
	nv_free(one);
	return all;
}

static void check(bool fit, nvlist_t *all)
{
	struct err *e = expected_check(all);

	if (fit)
		assert_null(e);
	else
		assert_non_null(e);
	err_free(e);
	nv_free(all);
}

static void its_forms_are_taken(void **state)
{
	(void)state;
	assert_null(expected_check(NULL));
	check(true, expect("tank/a", "zrep:switch", "leaving 1"));
	check(true, expect("tank/a", "zrep:switch", NULL));
	check(true, expect("tank/a", "readonly", "on"));
}

static void all_else_is_refused(void **state)
{
	char *longest = mem_zalloc(9000);
	nvlist_t *all = nv_new(), *one = nv_new();

	(void)state;
	memset(longest, 'x', 8999);
	check(false, expect("tank/a@snap", "zrep:switch", "leaving 1"));
	check(false, expect("-r", "zrep:switch", "leaving 1"));
	check(false, expect("tank/a;id", "zrep:switch", "leaving 1"));
	check(false, expect("tank/a", "zrep:switch,all", "leaving 1"));
	check(false, expect("tank/a", "-o", "leaving 1"));
	check(false, expect("tank/a", "zrep:switch", ""));
	check(false, expect("tank/a", "zrep:switch", longest));
	check(false, expect("tank/a", "readonly", NULL));
	check(false, expect("tank/a", "mountpoint", "/"));
	nv_add_u64(one, "zrep:epoch", 1);
	nv_add_nv(all, "tank/a", one);
	check(false, all);
	all = nv_new();
	nv_add_str(all, "tank/a", "zrep:switch");
	check(false, all);
	nv_free(one);
	one = nv_new();
	for (int i = 0; i < 65; i++) {
		char *prop = str_fmt("zrep:x%d", i);
		nv_add_str(one, prop, "1");
		free(prop);
	}
	all = nv_new();
	nv_add_nv(all, "tank/a", one);
	check(false, all);
	nv_free(one);
	free(longest);
}

static void what_is_not_so_is_said(void **state)
{
	struct local l = {.host = "host1"};
	nvlist_t *all = expect("tank/a", "zrep:switch", "leaving 1"), *differs = nv_new(),
		 *what = nv_new(), *result = nv_new(), *b = expect("tank/b", "zrep:master", NULL),
		 *other = expect("pool/c", "zrep:master", NULL), *holds = nv_new();

	(void)state;
	nv_add_str(what, "prop", "zrep:switch");
	nv_add_str(what, "is", "");
	nv_add_nv(differs, "tank/a", what);
	nv_add_nv(all, "tank/b", nv_nv(b, "tank/b"));
	nv_add_nv(all, "pool/c", nv_nv(other, "pool/c"));
	nv_add_nv(holds, "tank/d", nv_nv(b, "tank/b"));
	expected_refuse(&l, NULL, all, holds, "tank", differs, result);
	const nvlist_t *errors = nv_nv(result, "errors");
	struct err *e = nv_err(errors, "tank/a", NULL);
	assert_int_equal(e->kind, ERR_REFUSED);
	assert_int_equal(e->code, SET_NOT_SO);
	assert_non_null(strstr(e->what, "zrep:switch is not set any more, and was \"leaving 1\""));
	err_free(e);
	e = nv_err(errors, "tank/b", NULL); /* of the same transaction */
	assert_int_equal(e->kind, ERR_REFUSED);
	assert_int_equal(e->code, 0);
	assert_non_null(strstr(e->what, "because tank/a was changed"));
	err_free(e);
	assert_null(nv_nv(errors, "pool/c"));
	assert_non_null(nv_nv(errors, "tank/d")); /* of which only what it holds is expected */
	nv_free(holds);
	nv_free(all);
	nv_free(differs);
	nv_free(what);
	nv_free(result);
	nv_free(b);
	nv_free(other);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(its_forms_are_taken),
	    cmocka_unit_test(all_else_is_refused),
	    cmocka_unit_test(what_is_not_so_is_said),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
