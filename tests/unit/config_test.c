/* /etc/default/zrep: what is read, and what only a shell could. */
#include "test.h"
#include "util/buf.h"
#include "engine/settings.h"
#include "util/config.h"
#include "zfs/local.h"
#include "zfs/local_stream.h"

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

static void sending_flags(const char *text, const char *want)
{
	char letters[SEND_FLAGS_MAX];

	works(settings_send_flags(text, letters));
	assert_string_equal(letters, want);
}

static void flags_for_sending_are_letters_or_words(void **state)
{
	sending_flags("-L -e -c", "Lec");
	sending_flags("-ceL", "Lec");
	sending_flags(" --raw\t-Lv ", "Lw");
	sending_flags("--large-block --embed --compressed --raw -Lecw", "Lecw");
	sending_flags("-c", "c");
	/* What would not change the stream leaves the usual. */
	sending_flags("-v -P -D --dedup --verbose --parsable", "");
	sending_flags("", "");
	sending_flags("  ", "");
}

static void flags_that_would_change_what_is_sent_are_refused(void **state)
{
	static const char *const bad[] = {
	    "-n",   "-Ls",     "-d", "-i",        "-I@x",           "-t", "-",    "--",
	    "L",    "--saved", "-S", "-L tank/a", "--large-blocks", "-V", "---L", "-L=1",
	    "-\xc3"};
	static const char *const props[] = {"-p",       "-LR", "--props", "--replicate", "-b",
					    "--backup", "-h",  "--holds", "-Lp"};
	char letters[SEND_FLAGS_MAX];

	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		fails(settings_send_flags(bad[i], letters), "zrep itself decides");
	for (size_t i = 0; i < ARRAY_LEN(props); i++)
		fails(settings_send_flags(props[i], letters), "no properties and no holds");
}

/* What a peer asks for. */
static void the_sender_checks_its_flags(void **state)
{
	static const struct {
		const char *flags;
		bool raw, known;
		int want;
	} cases[] = {
	    {NULL, false, true,
	     LZC_SEND_FLAG_LARGE_BLOCK | LZC_SEND_FLAG_EMBED_DATA | LZC_SEND_FLAG_COMPRESS},
	    {"L", false, true, LZC_SEND_FLAG_LARGE_BLOCK},
	    {"", false, true, 0},
	    {"ce", false, true, LZC_SEND_FLAG_EMBED_DATA | LZC_SEND_FLAG_COMPRESS},
	    {"w", false, true,
	     LZC_SEND_FLAG_LARGE_BLOCK | LZC_SEND_FLAG_EMBED_DATA | LZC_SEND_FLAG_COMPRESS |
		 LZC_SEND_FLAG_RAW},
	    {"L", true, true,
	     LZC_SEND_FLAG_LARGE_BLOCK | LZC_SEND_FLAG_EMBED_DATA | LZC_SEND_FLAG_COMPRESS |
		 LZC_SEND_FLAG_RAW},
	    {"Lp", false, false, LZC_SEND_FLAG_LARGE_BLOCK},
	    {"-L", false, false, LZC_SEND_FLAG_LARGE_BLOCK},
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		nvlist_t *args = nv_new();
		enum lzc_send_flags flags;
		if (cases[i].flags != NULL)
			nv_add_str(args, "flags", cases[i].flags);
		if (cases[i].raw)
			nv_add_flag(args, "raw");
		assert_int_equal(local_send_flags(args, &flags), cases[i].known);
		assert_int_equal(flags, cases[i].want);
		nv_free(args);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(lines_are_settings),
	    cmocka_unit_test(flags_for_sending_are_letters_or_words),
	    cmocka_unit_test(flags_that_would_change_what_is_sent_are_refused),
	    cmocka_unit_test(the_sender_checks_its_flags),
	    cmocka_unit_test(nothing_is_executed),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
