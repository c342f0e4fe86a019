#include "ui/remedy.h"

#include <dirent.h>
#include <stdio.h>
#include <string.h>

#include "cli/verb.h"
#include "test.h"
#include "util/mem.h"

static void gives(const char *text, const char *expected)
{
	char *got = remedy_with_tag(text, "off", verb_takes_tag);

	assert_string_equal(got, expected);
	free(got);
}

static void same(const char *text)
{
	gives(text, text);
}

static void test_commands(void **state)
{
	(void)state;
	gives("zrep sync tank/a", "zrep -t off sync tank/a");
	gives("see `zrep list -v tank/a`; or: zrep clear tank/a, then zrep init",
	      "see `zrep -t off list -v tank/a`; or: zrep -t off clear tank/a, then zrep -t off "
	      "init");
	gives("zrep -n rejoin tank/a", "zrep -t off -n rejoin tank/a");
	gives("zrep -y takeover -L tank/a", "zrep -t off -y takeover -L tank/a");
	gives("it is in doubt (zrep status finishes that)",
	      "it is in doubt (zrep -t off status finishes that)");
	gives("run zrep check.", "run zrep -t off check.");
	gives("zrep sync -f tank/a rolls it back\n      -> zrep doctor --fix tank/a",
	      "zrep -t off sync -f tank/a rolls it back\n      -> zrep -t off doctor --fix tank/a");
	gives("zrep init, run again on host1, goes on with it",
	      "zrep -t off init, run again on host1, goes on with it");
	gives("zrep changeconfig -d \"tank/my data\" host1 tank/a",
	      "zrep -t off changeconfig -d \"tank/my data\" host1 tank/a");
}

static void test_no_commands(void **state)
{
	(void)state;
	same("");
	same("zrep");
	same("zrep ");
	same("zrep: sync");
	same("zrep -t off sync tank/a");
	same("zrep -n -t off sync tank/a");
	same("zrep -t zrep list -v tank/a"); /* of another tag, which is called so */
	same("for a second destination: zrep -t TAG init ...");
	same("a zrep script runs there, and any zrep command finishes it");
	same("none of zrep's snapshots; zrep(8) says more");
	same("zrep:sync is no property, tank/zrep sync is no command");
	same("run zrep as root; zrep help lists them; zrep version");
	same("zrep synced it, zrep sync-all is none, zrep lists");
	same("zfs inherit zrep:switch tank/a");
	same("zrep --fix doctor"); /* nobody writes it so */
	same("tank/my zrep sync data on host1 is a replica");
	same("see 'my own zrep sync data' on host1");
	gives("on host1, zrep sync 'tank/my zrep sync data'",
	      "on host1, zrep -t off sync 'tank/my zrep sync data'");
	gives("zrep's own; zrep sync tank/a is 'its' remedy",
	      "zrep's own; zrep -t off sync tank/a is 'its' remedy");
}

static void quotes(const char *text, const char *name, const char *expected)
{
	char *got = remedy_with_quotes(text, name);

	assert_string_equal(got, expected);
	free(got);
}

static void test_marked(void **state)
{
	char *got = remedy_with_tag_marked("tank/my own zrep sync data: or `zrep doctor --fix`",
					   "off", verb_takes_tag);

	(void)state;
	assert_string_equal(got, "tank/my own zrep sync data: or `zrep -t off doctor --fix`");
	free(got);
}

static void test_quotes(void **state)
{
	(void)state;
	quotes("zrep sync -f tank/a b rolls it back", "tank/a b",
	       "zrep sync -f 'tank/a b' rolls it back");
	quotes("see `zrep list -v tank/a b`", "tank/a b", "see `zrep list -v 'tank/a b'`");
	quotes("zfs holds tank/a b@s, 'tank/a b', tank/a b/c, tank/a b2", "tank/a b",
	       "zfs holds 'tank/a b'@s, 'tank/a b', tank/a b/c, tank/a b2");
	quotes("zrep sync tank/a", "tank/a", "zrep sync tank/a");
	quotes("zrep sync tank/a", "", "zrep sync tank/a");
}

static void test_without_tag(void **state)
{
	char *got = remedy_with_tag("zrep sync tank/a", NULL, verb_takes_tag);

	(void)state;
	assert_string_equal(got, "zrep sync tank/a");
	free(got);
}

/* --- every text of the program --- */

/* The string literals of a source file, those that stand one behind the other as one, each on a line. */
static char *literals(FILE *f)
{
	struct buf out = {0};
	bool in = false, comment = false, joined = false;
	int c, last = 0;

	buf_add(&out, "", 0);
	for (; (c = getc(f)) != EOF; last = last == '\\' && in ? 0 : c) {
		char one = (char)c;
		if (comment) {
			comment = !(last == '*' && c == '/');
		} else if (!in && last == '/' && c == '*') {
			comment = true;
		} else if (!in && last == '\'' && c == '"') {
			continue; /* '"' */
		} else if (c == '"' && !(in && last == '\\')) {
			if (!in && !joined)
				buf_addf(&out, "\n");
			in = !in;
			joined = !in;
		} else if (in) {
			buf_add(&out, &one, 1);
		} else if (joined && strchr(" \t\n", c) == NULL) {
			joined = false;
		}
	}
	return out.data;
}

static bool is_word(char c)
{
	return c != '\0' && strchr("abcdefghijklmnopqrstuvwxyz-_:/.%", c) != NULL;
}

/* Texts in which a verb and an option are not meant to be pasted. */
static const char *const fine[] = {
    "-R]",         /* usage lines */
    "goes with -", /* of options */
    "[-",
};

/* Is there, in a literal, a verb with an option or a name behind it that remedy_with_tag() would leave as it is? */
static void check_text(const char *file, const char *text)
{
	char *tagged = remedy_with_tag(text, "off", verb_takes_tag);

	for (size_t i = 0; i < sizeof(fine) / sizeof(fine[0]); i++)
		if (strstr(text, fine[i]) != NULL) {
			free(tagged);
			return;
		}
	for (size_t k = 0; verbs[k] != NULL; k++) {
		const struct verb *v = verbs[k];
		if (v->summary == NULL || strcmp(v->name, "help") == 0 ||
		    strcmp(v->name, "version") == 0)
			continue;
		size_t n = strlen(v->name);
		for (const char *p = tagged; (p = strstr(p, v->name)) != NULL; p += n) {
			if ((p > tagged && is_word(p[-1])) || is_word(p[n]))
				continue;
			bool command =
			    strncmp(p + n, " %s", 3) == 0 || strncmp(p + n, " -", 2) == 0;
			bool zrep = p - tagged >= 5 && strncmp(p - 5, "zrep ", 5) == 0;
			bool zfs = (p - tagged >= 4 && strncmp(p - 4, "zfs ", 4) == 0) ||
				   (p - tagged >= 6 && strncmp(p - 6, "zpool ", 6) == 0);
			bool ours = p - tagged >= 12 && strncmp(p - 12, "zrep -t off ", 12) == 0;
			/* A program and its options, or its own -t. */
			const char *t = p;
			while (t > tagged && t[-1] != '\n' && strncmp(t, "zrep", 4) != 0)
				t--;
			bool own = strncmp(t, "zrep -t ", 8) == 0 ||
				   strncmp(t, "zrep%s%s ", 9) == 0 || strncmp(t, "zrep%s ", 7) == 0;
			if (zrep || (command && !ours && !own && !zfs))
				fail_msg("%s: `%s` would go without its tag in: %s", file, v->name,
					 text);
		}
	}
	free(tagged);
}

/* Without the structs of verbs: what is said there is about the program. */
static char *source_of(const char *path)
{
	static const char begin[] = "\nconst struct verb verb_", end[] = "\n};\n";
	struct buf all = {0};
	char chunk[4096], *from, *to;
	FILE *f = fopen(path, "r");
	size_t n;

	assert_non_null(f);
	while ((n = fread(chunk, 1, sizeof(chunk), f)) > 0)
		buf_add(&all, chunk, n);
	fclose(f);
	while ((from = strstr(all.data, begin)) != NULL) {
		to = strstr(from, end);
		assert_non_null(to);
		to += sizeof(end) - 1;
		memmove(from + 1, to, strlen(to) + 1);
	}
	return all.data;
}

static void check_file(const char *path)
{
	char *code = source_of(path), *save = NULL;
	FILE *f = fmemopen(code, strlen(code), "r");

	assert_non_null(f);
	char *all = literals(f);
	fclose(f);
	free(code);
	for (char *l = strtok_r(all, "\n", &save); l != NULL; l = strtok_r(NULL, "\n", &save))
		check_text(path, l);
	free(all);
}

static void test_source(void **state)
{
	static const char *const folders[] = {
	    "plan", "plan/setup", "plan/role", "plan/tree", "plan/retention", "plan/health",
	    "cli",  "engine",     "ui",        "zfs",       "wire",           "state"};
	const char *source = getenv("ZREP_SOURCE");
	size_t files = 0;

	(void)state;
	if (source == NULL)
		skip();
	for (size_t i = 0; i < sizeof(folders) / sizeof(folders[0]); i++) {
		char *folder = str_fmt("%s/%s", source, folders[i]);
		DIR *d = opendir(folder);
		assert_non_null(d);
		for (struct dirent *one; (one = readdir(d)) != NULL;) {
			const char *end = strrchr(one->d_name, '.');
			/* Help and command line: what is said there is about the program. */
			if (end == NULL || strcmp(end, ".c") != 0 ||
			    strcmp(one->d_name, "help.c") == 0 ||
			    strcmp(one->d_name, "options.c") == 0)
				continue;
			char *path = str_fmt("%s/%s", folder, one->d_name);
			check_file(path);
			free(path);
			files++;
		}
		closedir(d);
		free(folder);
	}
	assert_true(files > 50);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_commands),    cmocka_unit_test(test_no_commands),
	    cmocka_unit_test(test_marked),      cmocka_unit_test(test_quotes),
	    cmocka_unit_test(test_without_tag), cmocka_unit_test(test_source),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
