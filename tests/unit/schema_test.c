/* state/schema.c and state/native.c: what the tables promise. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "state/native.h"
#include "state/schema.h"
#include "test.h"
#include "util/mem.h"
#include "util/name.h"
#include "zfs/local.h"
#include "zfs/local_list.h"

/* The caller frees. */
static char *manual(void)
{
	char *path = str_fmt("%s/../man/zrep.8", getenv("ZREP_SOURCE"));
	struct buf text = {0};
	char line[4096];
	FILE *f = fopen(path, "r");

	assert_non_null(f);
	while (fgets(line, sizeof(line), f) != NULL)
		buf_add(&text, line, strlen(line));
	fclose(f);
	free(path);
	return text.data;
}

/* Is it one of the words of an item in the manual's list of properties? */
static bool is_item(const char *text, const char *name)
{
	char *word = str_fmt(" zrep:%s", name), *copy = mem_strdup(text), *save = NULL;
	bool found = false;

	for (char *line = strtok_r(copy, "\n", &save); line != NULL && !found;
	     line = strtok_r(NULL, "\n", &save)) {
		const char *at = strstr(line, word);
		found = strncmp(line, ".It Sy zrep:", 12) == 0 && at != NULL &&
			(at[strlen(word)] == '\0' || at[strlen(word)] == ' ');
	}
	free(copy);
	free(word);
	return found;
}

static void every_property_is_in_the_manual(void **state)
{
	char *text = manual();

	for (size_t i = 0; i < SCHEMA_ROWS; i++)
		if (!is_item(text, schema[i].name))
			fail_msg("man/zrep.8 has no item for zrep:%s", schema[i].name);
	assert_false(is_item(text, "colour"));
	free(text);
}

static void every_row_is_whole_and_there_once(void **state)
{
	for (size_t i = 0; i < SCHEMA_ROWS; i++) {
		assert_non_null(schema[i].name);
		assert_non_null(schema[i].meaning);
		assert_true(name_is_prop(schema[i].name));
		assert_ptr_equal(schema_find(schema[i].on, schema[i].name), &schema[i]);
	}
	assert_null(schema_find(BEARS_DATASET, "sent"));
	assert_null(schema_find(BEARS_SNAPSHOT, "master"));
}

static void what_is_asked_for_is_what_datasets_bear(void **state)
{
	struct strv names = {0};

	schema_names(&names);
	assert_true(strv_has(&names, "src-fs") && strv_has(&names, "lock-pid"));
	assert_false(strv_has(&names, "sent"));
	strv_free(&names);
}

/* Whoever could choose one of them when a replica is made could make it with another content. */
static void what_is_born_with_the_data_is_never_copied(void **state)
{
	static const char *const born[] = {"volsize",   "volblocksize",    "normalization",
					   "utf8only",  "casesensitivity", "version",
					   "encryption"};

	for (size_t i = 0; i < ARRAY_LEN(born); i++) {
		assert_true(native_has(born[i], NATIVE_BORN) || native_has(born[i], NATIVE_CIPHER));
		assert_false(native_has(born[i], NATIVE_DATA));
		assert_true(native_has(born[i], NATIVE_NOT_CLONED));
	}
	assert_true(native_copies("compression", "zstd"));
	assert_true(native_copies("exec", "off"));
	assert_false(native_copies("exec", "on"));
	assert_false(native_copies("mountpoint", "/"));
	assert_false(native_copies("of a ZFS to come", "on"));
	assert_true(native_has("quota", NATIVE_ALONE));
}

/* The names come from a peer, and become an argument of `zfs`. */
static void an_agent_asks_for_no_odd_names(void **state)
{
	static char long_one[] =
	    "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx",
		    *bad[][2] = {{"", "a"},      {"-s", "a"},   {"a", "a"}, {"b:a", "a"},
				 {"a,all", "b"}, {"a\nb", "a"}, {"A", "a"}, {long_one, "a"}};
	char *many[65];
	struct local l = {.host = "here"};

	for (size_t i = 0; i < ARRAY_LEN(bad) + 1; i++) {
		nvlist_t *args = nv_new(), *result = nv_new();
		nv_add_str(args, "tag", "zrep");
		if (i < ARRAY_LEN(bad)) {
			nv_add_strs(args, "own", bad[i], 2);
		} else {
			for (size_t k = 0; k < ARRAY_LEN(many); k++)
				many[k] = str_fmt("p%zu", k);
			nv_add_strs(args, "own", many, ARRAY_LEN(many));
		}
		fails(local_list(&l, args, result),
		      i < ARRAY_LEN(bad) ? "is no property to ask for" : "too many properties");
		nv_free(args);
		nv_free(result);
	}
	for (size_t k = 0; k < ARRAY_LEN(many); k++)
		free(many[k]);
}

static void an_agent_asks_for_no_odd_settings(void **state)
{
	static char *odd[] = {"", "-s", "zrep:master", "a,all", "all", "a\nb", "A"};
	struct local l = {.host = "here"};

	for (size_t i = 0; i < ARRAY_LEN(odd); i++) {
		nvlist_t *args = nv_new(), *result = nv_new();
		nv_add_str(args, "tag", "zrep");
		nv_add_strs(args, "settings", &odd[i], 1);
		fails(local_list(&l, args, result), "is no property to ask for");
		nv_free(args);
		nv_free(result);
	}
}

static void what_a_replica_may_have(void **state)
{
	struct strv names = {0};

	native_names(&names);
	assert_true(strv_has(&names, "compression") && strv_has(&names, "quota"));
	assert_false(strv_has(&names, "dedup") || strv_has(&names, "mountpoint") ||
		     strv_has(&names, "readonly"));
	strv_free(&names);
	assert_false(native_copies("dedup", "on"));
	assert_true(native_is_limit("refreservation", false));
	assert_false(native_is_limit("refreservation", true));
	assert_false(native_is_limit("compression", false));
	assert_true(native_is_no_limit("0") && native_is_no_limit("none") &&
		    native_is_no_limit("18446744073709551615") && native_is_no_limit(NULL));
	assert_false(native_is_no_limit("1"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(every_property_is_in_the_manual),
	    cmocka_unit_test(every_row_is_whole_and_there_once),
	    cmocka_unit_test(what_is_asked_for_is_what_datasets_bear),
	    cmocka_unit_test(an_agent_asks_for_no_odd_names),
	    cmocka_unit_test(an_agent_asks_for_no_odd_settings),
	    cmocka_unit_test(what_a_replica_may_have),
	    cmocka_unit_test(what_is_born_with_the_data_is_never_copied),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
