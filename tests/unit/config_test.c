/* /etc/default/zrep: what is read, and what only a shell could. */
#include "test.h"
#include "util/buf.h"
#include "util/config.h"

static void note(void *ctx, const char *key, const char *value)
{
	buf_addf(ctx, "%s=[%s]\n", key, value);
}

static void reads(const char *text, const char *wanted)
{
	struct buf got = {0};
	struct err *e = config_parse(text, note, &got);

	assert_null(e);
	assert_string_equal(buf_str(&got), wanted);
	buf_free(&got);
}

static void refuses(const char *text, const char *says)
{
	struct buf got = {0};
	struct err *e = config_parse(text, note, &got);

	assert_non_null(e);
	assert_int_equal(e->kind, ERR_USAGE);
	assert_non_null(strstr(e->what, says));
	assert_string_equal(buf_str(&got), "");
	err_free(e);
	buf_free(&got);
}

static void lines_are_settings(void **state)
{
	reads("", "");
	reads("# a comment\n\n  \t\nSSH=ssh\n", "SSH=[ssh]\n");
	reads("SSH='ssh -p 22'\nexport ZREPTAG=\"second\" # why\n",
	      "SSH=[ssh -p 22]\nZREPTAG=[second]\n");
	reads("A=\r\nB=\"\"\nC=''", "A=[]\nB=[]\nC=[]\n");
	reads("A='$HOME `x` \\ \"'\n", "A=[$HOME `x` \\ \"]\n");
	reads("A=1\nA=2\n", "A=[1]\nA=[2]\n");
}

static void nothing_is_executed(void **state)
{
	refuses("A=$HOME", "line 1");
	refuses("B=1\nA=\"$(rm -rf /)\"", "line 2");
	refuses("A=`x`", "not by a shell");
	refuses("A=x y", "single quotes");
	refuses("A=x;y", "single quotes");
	refuses("A='x'y", "single quotes");
	refuses("A='x", "single quotes");
	refuses("A=\\x", "single quotes");
	refuses("if true; then", "KEY=VALUE");
	refuses("=x", "KEY=VALUE");
	refuses("1A=x", "KEY=VALUE");
	refuses("A =x", "KEY=VALUE");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(lines_are_settings),
	    cmocka_unit_test(nothing_is_executed),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
