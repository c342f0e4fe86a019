/* What `zfs` prints: honest, cut short, and forged by somebody who may set user properties. */
#include "test.h"
#include "util/name.h"
#include "util/buf.h"
#include "zfs/parse.h"
#include "zfs/parse_allow.h"
#include "zfs/parse_roster.h"
#include "zfs/parse_snaps.h"
#include "zfs/parse_way.h"

static char *names[] = {"tank/a", "tank/b c", "tank/gone"};
static const char *const props[] = {"zrep:src-fs", "zrep:error", "type"};

static struct err *get(const char *text, nvlist_t **out)
{
	*out = nv_new();
	return parse_get(text, names, ARRAY_LEN(names), props, ARRAY_LEN(props), *out);
}

static const char *value(const nvlist_t *all, const char *name, const char *prop)
{
	return nv_str(nv_nv(nv_nv(all, name), "value"), prop);
}

static const char *source(const nvlist_t *all, const char *name, const char *prop)
{
	return nv_str(nv_nv(nv_nv(all, name), "source"), prop);
}

#define A_GET                                                                                      \
	"tank/a\tzrep:src-fs\ttank/a\tlocal\n"                                                     \
	"tank/a\tzrep:error\t-\t-\n"                                                               \
	"tank/a\ttype\tfilesystem\t-\n"

/* Which property is to blame for a listing that breaks. */
static void blames(const char *text, const char *prop)
{
	const char *found = parse_get_culprit(text, props, ARRAY_LEN(props));

	assert_true(prop == NULL ? found == NULL : str_same(found, prop));
}

static void a_value_that_breaks_its_listing_is_found(void **state)
{
	blames("tank/a\tzrep:src-fs\tx\ny\tlocal\ntank/a\tzrep:error\t-\t-\ntank/a\ttype\tf\t-\n",
	       "zrep:src-fs");
	blames("tank/a\tzrep:src-fs\t-\t-\ntank/a\tzrep:error\tx\ty\tlocal\ntank/a\ttype\tf\t-\n",
	       "zrep:error");
	/* It makes its own line whole. */
	blames("tank/a\tzrep:src-fs\tx\tlocal\ny\tlocal\ntank/a\tzrep:error\t-\t-\n",
	       "zrep:src-fs");
	blames(A_GET, NULL);
	blames("", NULL);
	blames("\n\n\n", NULL);
}

static void properties_of_several_datasets(void **state)
{
	nvlist_t *all;

	works(get(A_GET "tank/b c\tzrep:src-fs\tx y\tinherited from tank\n"
			"tank/b c\tzrep:error\t\treceived\n"
			"tank/b c\ttype\tvolume\t-\n",
		  &all));
	assert_string_equal(value(all, "tank/a", "zrep:src-fs"), "tank/a");
	assert_string_equal(source(all, "tank/a", "zrep:src-fs"), "local");
	assert_string_equal(source(all, "tank/a", "zrep:error"), "-");
	assert_string_equal(source(all, "tank/b c", "zrep:src-fs"), "inherited");
	assert_string_equal(source(all, "tank/b c", "zrep:error"), "received");
	assert_string_equal(value(all, "tank/b c", "type"), "volume");
	assert_null(nv_nv(all, "tank/gone"));
	nv_free(all);
}

static void nothing_is_no_datasets(void **state)
{
	nvlist_t *all;

	works(get("", &all));
	assert_true(nv_empty(all));
	nv_free(all);
}

static void output_that_breaks_off_is_an_error(void **state)
{
	static const char text[] = A_GET;

	for (size_t n = 1; n < sizeof(text) - 1; n++) {
		nvlist_t *all;
		char *part = str_fmt("%.*s", (int)n, text);
		struct err *e = get(part, &all);
		/* Only the last line break may be missing, or the "-" in front of it. */
		assert_true(e != NULL || n >= sizeof(text) - 2);
		err_free(e);
		nv_free(all);
		free(part);
	}
}

static void lines_of_another_question_are_an_error(void **state)
{
	static const char *const bad[] = {
	    "tank/other\tzrep:src-fs\t-\t-\ntank/other\tzrep:error\t-\t-\ntank/"
	    "other\ttype\tvolume\t-\n",
	    "tank/a\ttype\tfilesystem\t-\n",
	    "tank/a\tzrep:src-fs\t-\tsomewhere\ntank/a\tzrep:error\t-\t-\ntank/"
	    "a\ttype\tvolume\t-\n",
	    "tank/a\tzrep:src-fs\t-\ntank/a\tzrep:error\t-\t-\ntank/a\ttype\tvolume\t-\n",
	    A_GET A_GET,
	    "\n",
	    "tank/a\tzrep:src-fs\t-\t-\ntank/gone\tzrep:error\t-\t-\ntank/a\ttype\tvolume\t-\n",
	};

	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		nvlist_t *all;
		fails(get(bad[i], &all), "does not understand");
		nv_free(all);
	}
}

/* Whoever may set zrep:error on tank/a may put anything into it, also lines like zfs's own. The
 * value stands between "tank/a\tzrep:error\t" and "\tlocal\n". */
static void a_value_never_becomes_a_line(void **state)
{
	static const char *const values[] = {
	    "x\ny",
	    "x\ty",
	    "\n",
	    /* finish this dataset, and say the same again in front of the true rest */
	    "x\tlocal\ntank/a\ttype\tvolume\t-\ntank/a\tzrep:src-fs\tevil\tlocal\ntank/"
	    "a\tzrep:error\tx",
	    /* finish this one, and invent another that does not exist */
	    "x\tlocal\ntank/a\ttype\tvolume\t-\ntank/gone\tzrep:src-fs\tevil\tlocal\ntank/"
	    "gone\tzrep:error\tx",
	    ("x\tlocal\ntank/a\ttype\tvolume\t-\ntank/gone\tzrep:src-fs\tevil\tlocal\n"
	     "tank/gone\tzrep:error\tx\tlocal\ntank/gone\ttype\tvolume\t-\ntank/a\tzrep:src-fs\tx"),
	};

	for (size_t i = 0; i < ARRAY_LEN(values); i++) {
		char *text =
		    str_fmt("tank/a\tzrep:src-fs\ttank/a\tlocal\ntank/a\tzrep:error\t%s\tlocal\n"
			    "tank/a\ttype\tfilesystem\t-\n",
			    values[i]);
		nvlist_t *all;
		fails(get(text, &all), "does not understand");
		nv_free(all);
		free(text);
	}
}

static void native_properties(void **state)
{
	nvlist_t *all = nv_new(), *none = nv_new();

	nv_add_nv(all, "tank/a", none);
	nv_add_nv(all, "tank/b", none);
	works(parse_native("tank/a\tcompression\tlz4\tlocal\ntank/a\tuser:x\tline\nbreak\tlocal\n"
			   "tank/a\tzrep:a\tx\ty\tlocal\ntank/a\tquota\t0\treceived\n"
			   "tank/b\tquota\t7\tlocal\ntank/c\tquota\t8\tlocal\n",
			   all));
	assert_string_equal(nv_str(nv_nv(all, "tank/a"), "compression"), "lz4");
	assert_string_equal(nv_str(nv_nv(all, "tank/a"), "quota"), "0");
	assert_null(nv_str(nv_nv(all, "tank/a"), "user:x"));
	assert_string_equal(nv_str(nv_nv(all, "tank/b"), "quota"), "7");
	assert_null(nv_str(nv_nv(all, "tank/b"), "compression"));
	assert_null(nv_nv(all, "tank/c"));
	nv_free(none);
	nv_free(all);
}

/* --- snapshots --- */

static nvlist_t *two_datasets(void)
{
	nvlist_t *all = nv_new(), *one = nv_new();

	nv_add_str(one, "kept", "yes");
	nv_add_nv(all, "tank/a", one);
	nv_add_nv(all, "tank/b c", one);
	nv_free(one);
	return all;
}

#define SNAP(name, guid, sent)                                                                     \
	name "\t" guid "\t10\t1700000000\t4096\t0\t" sent "\t-\t-\t" name "\n"

static void snapshots_go_to_their_datasets(void **state)
{
	nvlist_t *all = two_datasets();
	size_t n;

	works(parse_snaps(SNAP("tank/a@zrep_000000", "77", "1700000001")
			      SNAP("tank/a@x y", "78", "-")
				  SNAP("tank/b c@z", "18446744073709551615", "soon"),
			  all));
	nvlist_t *a = nv_nv(nv_nv(all, "tank/a"), "snaps"),
		 *b = nv_nv(nv_nv(all, "tank/b c"), "snaps");
	assert_string_equal(nv_strs(a, "name", &n)[1], "x y");
	assert_int_equal(n, 2);
	assert_int_equal(nv_u64s(a, "sent", &n)[0], 1700000001);
	assert_int_equal(nv_u64s(a, "sent", &n)[1], 0);
	assert_int_equal(nv_u64s(a, "written", &n)[1], 4096);
	assert_true(nv_u64s(b, "guid", &n)[0] == UINT64_MAX);
	assert_int_equal(nv_u64s(b, "sent", &n)[0], 0); /* no number counts as none */
	assert_string_equal(nv_str(nv_nv(all, "tank/a"), "kept"), "yes");
	nv_free(all);
}

static void ten_thousand_snapshots(void **state)
{
	nvlist_t *all = two_datasets();
	struct buf text = {0};
	size_t n;

	for (int i = 0; i < 10000; i++)
		buf_addf(&text,
			 "tank/a@zrep_%06x\t%d\t%d\t1700000000\t0\t1\t-\t-\t-\ttank/a@zrep_%06x\n",
			 i, i + 1, i, i);
	works(parse_snaps(text.data, all));
	nv_u64s(nv_nv(nv_nv(all, "tank/a"), "snaps"), "guid", &n);
	assert_int_equal(n, 10000);
	buf_free(&text);
	nv_free(all);
}

#define MARK(name, guid) name "\t" guid "\t10\t1700000000\t-\t-\t-\t-\t-\t" name "\n"

/* `zfs` puts those of "tank/a" behind the snapshots of "tank/a b", whose blank comes before the '#'. */
static void bookmarks_go_to_their_datasets(void **state)
{
	nvlist_t *all = two_datasets();
	size_t n;

	works(parse_snaps(SNAP("tank/a@x", "77", "-") SNAP("tank/b c@y", "78", "-")
			      MARK("tank/b c#m n", "78") MARK("tank/a#k", "77")
				  MARK("tank/a#l", "18446744073709551615"),
			  all));
	nvlist_t *a = nv_nv(nv_nv(all, "tank/a"), "bookmarks"),
		 *b = nv_nv(nv_nv(all, "tank/b c"), "bookmarks");
	assert_string_equal(nv_strs(a, "name", &n)[1], "l");
	assert_int_equal(n, 2);
	assert_true(nv_u64s(a, "guid", &n)[1] == UINT64_MAX);
	assert_int_equal(nv_u64s(a, "createtxg", &n)[0], 10);
	assert_int_equal(nv_u64s(a, "creation", &n)[0], 1700000000);
	assert_string_equal(nv_strs(b, "name", &n)[0], "m n");
	nv_strs(nv_nv(nv_nv(all, "tank/a"), "snaps"), "name", &n);
	assert_int_equal(n, 1);
	assert_string_equal(nv_str(nv_nv(all, "tank/a"), "kept"), "yes");
	nv_free(all);
	all = two_datasets(); /* and nothing else */
	works(parse_snaps(MARK("tank/a#k", "77"), all));
	assert_non_null(nv_nv(nv_nv(all, "tank/a"), "bookmarks"));
	nv_free(all);
}

static void bookmarks_that_make_no_sense(void **state)
{
	static const char *const bad[] = {
	    MARK("tank/other#a", "1"),
	    MARK("tank/a#", "1"),
	    MARK("tank/a#b@c", "1"),
	    MARK("tank/a@b#c", "1"),
	    MARK("tank/a#b", "-"),
	    MARK("tank/a#b", "18446744073709551616"),
	    "tank/a#b\t1\t-\t3\t-\t-\t-\t-\t-\ttank/a#b\n",
	    "tank/a#b\t1\t2\t3\t-\t-\t-\t-\t-\ttank/a#c\n",
	    MARK("tank/a#b", "1") MARK("tank/b c#b", "2") MARK("tank/a#c", "3"),
	    MARK("tank/a#b", "1") MARK("tank/a#b", "2"),
	    MARK("tank/a@b", "1"),
	};

	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		nvlist_t *all = two_datasets();
		fails(parse_snaps(bad[i], all), "does not understand");
		nv_free(all);
	}
}

static void snapshots_that_make_no_sense(void **state)
{
	static const char *const bad[] = {
	    SNAP("tank/other@a", "1", "-"),
	    SNAP("tank/a@", "1", "-"),
	    SNAP("tank/a", "1", "-"),
	    SNAP("tank/a@b", "-1", "-"),
	    SNAP("tank/a@b", "18446744073709551616", "-"),
	    "tank/a@b\t1\t2\t3\t4\t5\t-\t1\n",
	    "tank/a@b\t1\t2\t3\t4\t5\t-\t-\ttank/a@c\n",
	    "tank/a@b\t1\t2\t3\n",
	    SNAP("tank/a@b", "1", "-") SNAP("tank/b c@b", "2", "-") SNAP("tank/a@c", "3", "-"),
	    SNAP("tank/a@b", "1", "-") SNAP("tank/a@b", "2", "-"),
	};

	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		nvlist_t *all = two_datasets();
		fails(parse_snaps(bad[i], all), "does not understand");
		nv_free(all);
	}
}

/* The value of zrep:sent on one snapshot, as forged as it can be: a whole snapshot more. */
static void a_mark_never_becomes_a_snapshot(void **state)
{
	static const char *const bad[] = {
	    SNAP("tank/a@real", "1", "5\t-\ttank/a@real\ntank/a@forged\t9\t9\t9\t0\t0\t6"),
	    SNAP("tank/a@real", "1",
		 "5\t-\ttank/a@real\ntank/a@forged\t9\t9\t9\t0\t0\t6\t-\ttank/a@forged\n"
		 "tank/a@real\t1\t1\t1\t0\t0\t6"),
	    SNAP("tank/a@real", "1", "5\n"),
	    SNAP("tank/a@real", "1", "5\t6"),
	};

	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		nvlist_t *all = two_datasets();
		fails(parse_snaps(bad[i], all), "does not understand");
		nv_free(all);
	}
}

static void a_token_is_explained(void **state)
{
	nvlist_t *nv = nv_new();

	works(parse_token(
	    "resume token contents:\nnvlist version: 0\n\tobject = 0x2\n\tbytes = 0x1e2a58\n"
	    "\ttoguid = 0x9ff0\n\ttoname = tank/a b@zrep_000001\n\tfromguid = 18\n"
	    "incremental\tzrep_000000\ttank/a b@zrep_000001\t1234\nsize\t1234\n",
	    nv));
	assert_string_equal(nv_str(nv, "toname"), "tank/a b@zrep_000001");
	assert_int_equal(nv_u64(nv, "toguid", 0), 0x9ff0);
	assert_int_equal(nv_u64(nv, "fromguid", 0), 18);
	assert_int_equal(nv_u64(nv, "bytes", 0), 0x1e2a58);
	nv_free(nv);
}

static void a_token_that_says_nothing_is_an_error(void **state)
{
	static const char *const bad[] = {"", "cannot resume send: gone\n", "\ttoguid = 0x1\n",
					  "\ttoguid = 0x1\n\ttoname = -x\n",
					  "\ttoname = tank/a@b\n\ttoguid = yes\n"};

	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		nvlist_t *nv = nv_new();
		fails(parse_token(bad[i], nv), "what the token stands for");
		nv_free(nv);
	}
}

static void a_dead_token_is_told_from_any_other_failure(void **state)
{
	static const char *const dead[] = {
	    "cannot resume send: 'tank/a@b' used in the initial send no longer exists",
	    "'a@b' is no longer the same snapshot used in the initial send\n",
	    "cannot resume send: incremental source 0x9ff0 no longer exists",
	    "cannot resume send: dataset to be sent no longer exists\n",
	};
	static const char *const other[] = {
	    "",
	    "internal error: out of memory",
	    "cannot resume send: resume token is corrupt (invalid version 2)",
	    "cannot resume send: permission denied",
	    "cannot open 'tank/a used in the initial send no longer exists': permission denied",
	    "incremental source 0x12, of which no longer exists",
	};

	for (size_t i = 0; i < ARRAY_LEN(dead); i++)
		assert_true(parse_token_is_dead(dead[i]));
	for (size_t i = 0; i < ARRAY_LEN(other); i++)
		assert_false(parse_token_is_dead(other[i]));
}

static void what_stands_beside_is_told(void **state)
{
	nvlist_t *mine = nv_new(), *none = nv_new(), *beside = nv_new();

	nv_add_nv(mine, "tank/a", none);
	parse_beside("tank\tfilesystem\toff\ton\t-\n"
		     "tank/a\tfilesystem\toff\ton\t-\n"
		     "tank/b\tvolume\ton\t-\ttank/a@x\n"
		     "tank/c\tfilesystem\toff\toff\t-\n"
		     "tank/c\tfilesystem\toff\n"
		     "-r\tfilesystem\toff\ton\t-\n",
		     "tank\tzrep:exclude\n"
		     "tank/a\tzrep:exclude\n"
		     "tank/b\tother:src-fs\n"
		     "tank/c\tzrep:exclude\n"
		     "tank/d\tzrep:exclude\n"
		     "tank/b\tzrep:exclude\tno\n",
		     "zrep", mine, beside);
	assert_null(nv_nv(beside, "tank/a"));
	assert_null(nv_nv(beside, "tank/d"));
	assert_null(nv_nv(beside, "-r"));
	const nvlist_t *b = nv_nv(beside, "tank/b"), *c = nv_nv(beside, "tank/c");
	assert_true(nv_flag(b, "volume") && nv_flag(b, "readonly") && nv_flag(b, "clone") &&
		    nv_flag(b, "tagged") && !nv_flag(b, "unmounted") && !nv_flag(b, "excluded"));
	assert_true(nv_flag(c, "unmounted") && nv_flag(c, "excluded") && !nv_flag(c, "clone"));
	parse_beside_included("tank/c\tno\ntank\tyes\ntank/x\tno\ntank/c\tno\tno\n", beside);
	assert_false(nv_flag(nv_nv(beside, "tank/c"), "excluded"));
	assert_true(nv_flag(nv_nv(beside, "tank"), "excluded"));
	nv_free(beside);
	nv_free(none);
	nv_free(mine);
}

static void datasets_on_their_way_back_are_found(void **state)
{
	static char *asked[] = {"tank/a", "tank/b"};
	struct strv v = {0};

	parse_asides("tank/a\tback 12 keep tank/a_kept\n"     /* of one that is listed */
		     "tank/c\tback 12 keep tank/c_kept\n"     /* of one that is not */
		     "tank/d_kept\tback 9 keep tank/d_kept\n" /* by its own word */
		     "tank/b\tback 9 keep tank/b\n"           /* listed anyway */
		     "tank/b\tback 9 discard\n"
		     "tank/b\tback keep tank/x1\n"
		     "tank/b\tback 9x keep tank/x2\n"
		     "tank/b\tback 9 keep -r\n"
		     "tank/b\tback 9 keep tank/x3\tlocal\n"
		     "tank/b\tleaving 3\n"
		     "tank/a\tback 13 keep tank/a_kept\n\n",
		     asked, 2, &v);
	assert_int_equal(v.n, 2);
	assert_string_equal(v.items[0], "tank/a_kept");
	assert_string_equal(v.items[1], "tank/d_kept");
	strv_free(&v);
}

static void what_is_below_is_sorted_to_its_parents(void **state)
{
	nvlist_t *all = nv_new(), *none = nv_new();
	size_t n;

	nv_add_nv(all, "tank/a", none);
	nv_add_nv(all, "tank/a/b", none);
	nv_add_nv(all, "tank/ab", none);
	works(parse_below("tank/a\ntank/a/b\ntank/a/b/c\ntank/a/x y\ntank/ab\ntank/a/b\n", all));
	char **below = nv_strs(nv_nv(all, "tank/a"), "below", &n);
	assert_int_equal(n, 3);
	assert_string_equal(below[0], "tank/a/b");
	assert_string_equal(below[2], "tank/a/x y");
	nv_strs(nv_nv(all, "tank/a/b"), "below", &n);
	assert_int_equal(n, 1);
	nv_strs(nv_nv(all, "tank/ab"), "below", &n);
	assert_int_equal(n, 0);
	fails(parse_below("tank/a\n-r\n", all), "does not understand");
	nv_free(none);
	nv_free(all);
}

static void properties_with_the_tag_are_named(void **state)
{
	nvlist_t *all = nv_new(), *none = nv_new();
	size_t n;

	nv_add_nv(all, "tank/a", none);
	nv_add_nv(all, "tank/b", none);
	works(parse_tagged(
	    "tank/a\tcompression\ntank/a\tzrep:master\ntank/a\tzrep:x\ntank/a\tzrep2:x\n"
	    "tank/b\tother:zrep:x\ntank/c\tzrep:x\ntank/a\tzrep:x\n",
	    "zrep", all));
	char **tagged = nv_strs(nv_nv(all, "tank/a"), "tagged", &n);
	assert_int_equal(n, 2);
	assert_string_equal(tagged[0], "zrep:master");
	assert_string_equal(tagged[1], "zrep:x");
	nv_strs(nv_nv(all, "tank/b"), "tagged", &n);
	assert_int_equal(n, 0);
	fails(parse_tagged("tank/a\tzrep:x y\n", "zrep", all), "does not understand");
	fails(parse_tagged("tank/a\n", "zrep", all), "does not understand");
	fails(parse_tagged("tank/a\tzrep:x\tlocal\n", "zrep", all), "does not understand");
	nv_free(none);
	nv_free(all);
}

static void what_was_kept_is_found_beside_its_dataset(void **state)
{
	nvlist_t *all = nv_new(), *none = nv_new();
	size_t n;

	nv_add_nv(all, "tank/a", none);
	nv_add_nv(all, "tank/a/b", none);
	works(parse_preserved(
	    "tank\t5\ntank/a\t1\ntank/a_kept_X\t2\ntank/ab_kept_X\t3\ntank/a\t1\ntank/a/b\t1\n"
	    "tank/a/b_kept_Y\t4\n",
	    all));
	char **kept = nv_strs(nv_nv(all, "tank/a"), "kept", &n);
	assert_int_equal(n, 1);
	assert_string_equal(kept[0], "tank/a_kept_X");
	assert_int_equal(nv_u64s(nv_nv(all, "tank/a"), "kept_used", &n)[0], 2);
	kept = nv_strs(nv_nv(all, "tank/a/b"), "kept", &n);
	assert_int_equal(n, 1);
	assert_int_equal(nv_u64s(nv_nv(all, "tank/a/b"), "kept_used", &n)[0], 4);
	fails(parse_preserved("tank/a_kept_X\tmuch\n", all), "does not understand");
	fails(parse_preserved("-r\t1\n", all), "does not understand");
	nv_free(none);
	nv_free(all);
}

static void other_tags_are_found_by_the_names_of_properties(void **state)
{
	nvlist_t *datasets = nv_new(), *none = nv_new();
	size_t n;

	nv_add_nv(datasets, "tank/a", none);
	nv_add_nv(datasets, "tank/b c", none);
	assert_null(parse_tags("tank/a\tcompression\n"
			       "tank/a\tzrep:master\n"
			       "tank/a\toff:master\n"
			       "tank/a\toff:switch\n"
			       "tank/b c\tany.where_1:dest-fs\n"
			       "tank/b c\toff:savecount\n"
			       "tank/a\ta:b:master\n"
			       "tank/a\t:master\n"
			       "tank/a\tcom.sun:auto-snapshot\n"
			       "tank/other\toff:master\n",
			       "zrep", 2, datasets));
	char **tags = nv_strs(nv_nv(datasets, "tank/a"), "tags", &n);
	assert_int_equal(n, 1);
	assert_string_equal(tags[0], "off");
	tags = nv_strs(nv_nv(datasets, "tank/b c"), "tags", &n);
	assert_int_equal(n, 1);
	assert_string_equal(tags[0], "any.where_1");
	assert_false(nv_flag(nv_nv(datasets, "tank/a"), "others_more"));
	/* One too many is told. */
	assert_null(parse_tags("tank/a\tb:src-fs\ntank/a\tc:src-fs\n", "zrep", 2, datasets));
	assert_true(nv_flag(nv_nv(datasets, "tank/a"), "others_more"));
	nv_strs(nv_nv(datasets, "tank/a"), "tags", &n);
	assert_int_equal(n, 2);
	struct err *e = parse_tags("tank/a\toff:master\tyes\n", "zrep", 2, datasets);
	assert_non_null(e);
	err_free(e);
	nv_free(none);
	nv_free(datasets);
}

static void a_column_is_sorted_and_has_nothing_twice(void **state)
{
	struct strv v = {0}, tags = {0};

	parse_column("tank/b\ntank/a\n-x\n\ntank/b\ntank/a@s\ntank/c", name_is_dataset, &v);
	assert_int_equal(v.n, 3);
	assert_string_equal(v.items[0], "tank/a");
	assert_string_equal(v.items[1], "tank/b");
	assert_string_equal(v.items[2], "tank/c");
	parse_column(
	    "zrep:src-fs\nx:y\ncompression\nZ:src-fs\n:src-fs\na:src-fs:src-fs\n2nd:src-fs\n",
	    parse_is_src_fs, &tags);
	assert_int_equal(tags.n, 2);
	assert_string_equal(tags.items[0], "2nd:src-fs");
	assert_string_equal(tags.items[1], "zrep:src-fs");
	strv_free(&v);
	strv_free(&tags);
}

/* --- what is in the way of going back --- */

static void clones_and_bookmarks(void **state)
{
	nvlist_t *all = nv_new(), *one = nv_new(), *refquotas = nv_new();
	size_t n;

	nv_add_nv(all, "tank/a", one);
	nv_add_nv(all, "tank/b c", one);
	nv_add_u64(refquotas, "tank/a", 100);
	works(parse_way("tank/a@s1\t100\t-\n"
			"tank/a@s 2\t101\ttank/y z,tank/a/%recv,tank/x\n"
			"tank/b c@s1\t5000\t-\n",
			refquotas, all));
	const nvlist_t *way = nv_nv(nv_nv(all, "tank/a"), "way");
	char **clones = nv_strs(nv_nv(way, "clones"), "s 2", &n);
	assert_int_equal(n, 2);
	assert_string_equal(clones[0], "tank/x");
	assert_string_equal(clones[1], "tank/y z");
	assert_null(nv_strs(nv_nv(way, "clones"), "s1", &n));
	assert_string_equal(nv_strs(way, "receiving", &n)[0], "s 2");
	assert_string_equal(nv_strs(way, "too_large", &n)[0], "s 2");
	assert_int_equal(n, 1);
	way = nv_nv(nv_nv(all, "tank/b c"), "way");
	(void)nv_strs(way, "too_large", &n);
	assert_int_equal(n, 0);
	nv_free(refquotas);
	nv_free(one);
	nv_free(all);
}

static void a_way_that_nobody_printed(void **state)
{
	static const char *const bad[] = {
	    "tank/a@s1\t5\t10\t100\n",
	    "tank/a\t5\t10\t100\t-\n",
	    "tank/a@s1\tx\t10\t100\t-\n",
	    "tank/a@s1\t5\t10\t-\t-\n",
	    "tank/other@s1\t5\t10\t100\t-\n",
	    "tank/a@a@b\t5\t10\t100\t-\n",
	    "tank/a@s\t5\t1\t1\t-\ntank/b c@s\t5\t1\t1\t-\ntank/a@t\t5\t1\t1\t-\n"};

	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		nvlist_t *all = nv_new(), *one = nv_new();
		nv_add_nv(all, "tank/a", one);
		nv_add_nv(all, "tank/b c", one);
		fails(parse_way(bad[i], NULL, all), "does not understand");
		nv_free(one);
		nv_free(all);
	}
}

/* What it is there for, as the properties say. */
static void a_roster_has_what_is_set_on_the_dataset(void **state)
{
	nvlist_t *all = nv_new();

	(void)state;
	parse_roster("tank/a\tzrep:master\tyes\tlocal\n"
		     "tank/a\tzrep:dest-host\thost2\treceived\n"
		     "tank/a\tzrep:rpo\t5m\tinherited from tank\n"
		     "tank/a/b\tzrep:master\tyes\tinherited from tank/a\n" /* no master */
		     "tank/a/b\tzrep:rpo\t5m\tinherited from tank\n"
		     "tank/c\tother:master\tyes\tlocal\n"
		     "tank/d\tzrep:note\ttwo\n" /* a value with a line break */
		     "lines\tlocal\n",
		     "zrep", all);
	assert_string_equal(nv_str(nv_nv(all, "tank/a"), "master"), "yes");
	assert_string_equal(nv_str(nv_nv(all, "tank/a"), "dest-host"), "host2");
	assert_string_equal(nv_str(nv_nv(all, "tank/a"), "rpo"), "5m");
	assert_null(nv_str(nv_nv(all, "tank/a/b"), "master"));
	assert_null(nv_nv(all, "tank/c"));
	assert_null(nv_nv(all, "tank/d"));
	nv_free(all);
}

/* One number for each, which is another one when any of its lines is; and for a tree, of all that is in it. */
static void what_was_written_changes_a_number(void **state)
{
	static const char *const before = "tank/a\t0\t100\t100\t7\ntank/a/b\t5\t200\t200\t8\n"
					  "tank/ab\t1\t1\t1\t9\n",
				 *const after = "tank/a\t0\t100\t100\t7\ntank/a/b\t6\t200\t200\t8\n"
						"tank/ab\t9\t1\t1\t9\n";
	char *roots[] = {(char[]){"tank/a"}};
	nvlist_t *one = nv_new(), *two = nv_new(), *written = nv_new();

	(void)state;
	parse_written(before, roots, 1, false, one, written);
	parse_written(after, roots, 1, false, two, written);
	assert_int_equal(nv_u64(one, "tank/a", 0), nv_u64(two, "tank/a", 1));
	nv_free(one);
	nv_free(two);
	nv_free(written);
	one = nv_new();
	two = nv_new();
	written = nv_new();
	parse_written(before, roots, 1, true, one, written);
	assert_int_equal(nv_u64(written, "tank/a", 0), 5);
	parse_written(after, roots, 1, true, two, written);
	assert_int_not_equal(nv_u64(one, "tank/a", 0), nv_u64(two, "tank/a", 0));
	assert_int_equal(nv_u64(one, "tank/ab", 0), 0);
	nv_free(one);
	nv_free(two);
	nv_free(written);
}

static void limits_are_read(void **state)
{
	nvlist_t *all = nv_new();

	(void)state;
	works(parse_limits(
	    "t/a b\tsnapshot_limit\t3\nt/a b\tsnapshot_count\t2\nt\tsnapshot_limit\tnone\n"
	    "t\tsnapshot_count\t9\nu\tsnapshot_limit\t0\nu\tsnapshot_count\tnone\n"
	    "v\tsnapshot_limit\t18446744073709551615\n",
	    all));
	assert_int_equal(nv_u64(nv_nv(all, "t/a b"), "limit", 99), 3);
	assert_int_equal(nv_u64(nv_nv(all, "t/a b"), "count", 99), 2);
	assert_int_equal(nv_u64(nv_nv(all, "u"), "limit", 99), 0);
	assert_int_equal(nv_u64(nv_nv(all, "u"), "count", 99), 0);
	assert_null(nv_nv(all, "t"));
	assert_null(nv_nv(all, "v"));
	static const char *const odd[] = {"t\tsnapshot_limit\n", "t\tx\t1\t2\n",
					  "\tsnapshot_limit\t1\n"};
	for (size_t i = 0; i < ARRAY_LEN(odd); i++) {
		struct err *e = parse_limits(odd[i], all);
		assert_non_null(e);
		err_free(e);
	}
	nv_free(all);
}

static char *lacks_of(const char *text, const char *name, const char *user, const char *group)
{
	struct strv groups = {0};
	struct allow_who who = {user, &groups};
	char *lacks;

	strv_add(&groups, group);
	works(parse_allow(text, name, &who, "hold,mount,send", &lacks));
	strv_free(&groups);
	return lacks;
}

static void lacks_is(const char *text, const char *name, const char *user, const char *group,
		     const char *want)
{
	char *lacks = lacks_of(text, name, user, group);

	if (want == NULL)
		assert_null(lacks);
	else
		assert_string_equal(lacks, want);
	free(lacks);
}

static void what_is_allowed_is_read(void **state)
{
	static const char text[] =
	    "---- Permissions on tank/a b/c ---------------------------------------\n"
	    "Local permissions:\n"
	    "\tuser bob mount\n"
	    "---- Permissions on tank/a b -----------------------------------------\n"
	    "Permission sets:\n"
	    "\t@both @half,hold\n"
	    "\t@half send\n"
	    "Create time permissions:\n"
	    "\thold,mount,send\n"
	    "Local permissions:\n"
	    "\tuser eve hold,mount,send\n"
	    "Descendent permissions:\n"
	    "\tgroup two words @both\n"
	    "\tuser (unknown: 77) send:raw\n"
	    "---- Permissions on tank ---------------------------------------------\n"
	    "Local+Descendent permissions:\n"
	    "\tuser bob hold\n"
	    "\teveryone diff\n";

	(void)state;
	lacks_is(text, "tank/a b/c", "bob", "x", "send");
	lacks_is(text, "tank/a b/c", "bob", "two words", NULL);
	lacks_is(text, "tank/a b", "bob", "two words", "mount,send"); /* only what is below */
	lacks_is(text, "tank/a b", "eve", "x", NULL);
	lacks_is(text, "tank/a b/c", "eve", "x", "hold,mount,send"); /* only that itself */
	lacks_is(text, "tank/a b/c", "(unknown: 77)", "x", "hold,mount");
	lacks_is("", "tank", "bob", "x", "hold,mount,send");
	/* Of all there is, and no end. */
	lacks_is("---- Permissions on t ---\nPermission sets:\n\t@a @b,@a\n\t@b @a,hold\n"
		 "Local permissions:\n\teveryone @a\n",
		 "t", "bob", "x", "mount,send");
	char *lacks;
	struct strv none = {0};
	struct allow_who who = {"bob", &none};
	struct err *e = parse_allow("Local permissions:\n", "t", &who, "send", &lacks);
	assert_non_null(e);
	err_free(e);
	e = parse_allow("---- Permissions on t ---\nWhat else:\n", "t", &who, "send", &lacks);
	assert_non_null(e);
	err_free(e);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_value_that_breaks_its_listing_is_found),
	    cmocka_unit_test(properties_of_several_datasets),
	    cmocka_unit_test(nothing_is_no_datasets),
	    cmocka_unit_test(clones_and_bookmarks),
	    cmocka_unit_test(a_way_that_nobody_printed),
	    cmocka_unit_test(output_that_breaks_off_is_an_error),
	    cmocka_unit_test(lines_of_another_question_are_an_error),
	    cmocka_unit_test(a_value_never_becomes_a_line),
	    cmocka_unit_test(native_properties),
	    cmocka_unit_test(snapshots_go_to_their_datasets),
	    cmocka_unit_test(ten_thousand_snapshots),
	    cmocka_unit_test(bookmarks_go_to_their_datasets),
	    cmocka_unit_test(bookmarks_that_make_no_sense),
	    cmocka_unit_test(snapshots_that_make_no_sense),
	    cmocka_unit_test(a_mark_never_becomes_a_snapshot),
	    cmocka_unit_test(a_token_is_explained),
	    cmocka_unit_test(a_token_that_says_nothing_is_an_error),
	    cmocka_unit_test(a_dead_token_is_told_from_any_other_failure),
	    cmocka_unit_test(what_stands_beside_is_told),
	    cmocka_unit_test(datasets_on_their_way_back_are_found),
	    cmocka_unit_test(what_is_below_is_sorted_to_its_parents),
	    cmocka_unit_test(properties_with_the_tag_are_named),
	    cmocka_unit_test(a_column_is_sorted_and_has_nothing_twice),
	    cmocka_unit_test(what_was_kept_is_found_beside_its_dataset),
	    cmocka_unit_test(other_tags_are_found_by_the_names_of_properties),
	    cmocka_unit_test(a_roster_has_what_is_set_on_the_dataset),
	    cmocka_unit_test(what_was_written_changes_a_number),
	    cmocka_unit_test(what_is_allowed_is_read),
	    cmocka_unit_test(limits_are_read),
	};
	return cmocka_run_group_tests_name("parse", tests, NULL, NULL);
}
