/* What a confined peer may ask for: every operation that there is, by each role; no name from outside, in any place; and
 * nothing that nobody thought of. */
#include "test.h"

#include <stdio.h>

#include "util/mem.h"
#include "util/nv.h"
#include "zfs/confine.h"
#include "zfs/local_ops.h"
#include "zfs/ops.h"

enum { R = CONFINE_REPLICA, S = CONFINE_SOURCE, P = CONFINE_PEER };

/* Every operation of zfs/ops.h: who may ask for it, and whether also where nothing may be destroyed. A new one has to be
 * thought about, and then stands here. */
static const struct {
	const char *op;
	unsigned roles;
	bool append_only;
} table[] = {
    {OP_LIST, R | S | P, true},
    {OP_TOKEN, S | P, true},
    {OP_SNAPSHOT, S | P, true},
    {OP_BOOKMARK, R | S | P, true},
    {OP_DESTROY_BOOKMARK, R | S | P, false},
    {OP_HOLD, R | S | P, true},
    {OP_RELEASE, R | S | P, true},
    {OP_DESTROY, R | S | P, false},
    {OP_SET, R | S | P, true},
    {OP_DECIDE, P, true},
    {OP_OFFER, P, true},
    {OP_ROLLBACK, P, false},
    {OP_ABORT, R | P, true},
    {OP_RENAME, P, true},
    {OP_CLONE, P, true},
    {OP_UNCLONE, P, true},
    {OP_PROMOTE, P, true},
    {OP_KEY_OWN, R | P, true},
    {OP_KEY_INHERIT, R | P, true},
    {OP_QUIESCE, P, true},
    {OP_WRITABLE, P, true},
    {OP_MOUNT, P, true},
    {OP_UNMOUNT, P, true},
    {OP_HOOK, S | P, true},
    {OP_HOOKS, R | S | P, true},
    {OP_REACH, P, true},
    {OP_DRILL, 0, true}, /* this host tries its replica by itself */
    {OP_DRILL_END, 0, true},
    {OP_ROSTER, R | S | P, true},
    {OP_WRITTEN, R | S | P, true},
    {OP_LOCK, R | S | P, true},
    {OP_UNLOCK, R | S | P, true},
    {OP_SEND, S | P, true},
    {OP_RECEIVE, R | P, true},
    {OP_LINES, R | S | P, true}, /* of streams that are let */
    {OP_PART, R | S | P, true},
};

static const unsigned each_role[] = {R, S, P};

static struct confine policy(unsigned role)
{
	static char *under[] = {"tank/a", "pool/b c", NULL};

	return (struct confine){.host = "host2",
				.under = {.items = under, .n = 2},
				.role = (enum confine_role)role,
				.tag = "zrep"};
}

/* The answer to a request; what was let pass is freed. Takes args over. */
static struct err *ask(const struct confine *c, const char *op, nvlist_t *args)
{
	nvlist_t *clean = NULL;
	struct err *e = confine_check(c, op, args, &clean);

	assert_int_equal(e == NULL, clean != NULL);
	nv_free(clean);
	nv_free(args);
	return e;
}

static bool stands_in_table(const char *op)
{
	for (size_t i = 0; i < ARRAY_LEN(table); i++)
		if (strcmp(table[i].op, op) == 0)
			return true;
	return false;
}

/* Of the header, as nothing else has all of them. */
static void every_operation_has_a_row(void **state)
{
	char *path = str_fmt("%s/zfs/ops.h", getenv("ZREP_SOURCE")), line[512], op[64];
	FILE *f = fopen(path, "r");
	size_t n = 0;

	assert_non_null(f);
	while (fgets(line, sizeof(line), f) != NULL) {
		if (sscanf(line, "#define OP_%*[A-Z_] \"%63[^\"]\"", op) != 1)
			continue;
		n++;
		if (!stands_in_table(op))
			fail_msg("%s: who may ask for that?", op);
	}
	(void)fclose(f);
	free(path);
	assert_int_equal(n, ARRAY_LEN(table));
	for (const char *const *o = local_operations(); *o != NULL; o++)
		assert_true(stands_in_table(*o));
}

static void roles_may_what_the_table_says(void **state)
{
	for (size_t i = 0; i < ARRAY_LEN(table); i++)
		for (size_t k = 0; k < ARRAY_LEN(each_role); k++)
			for (int append = 0; append < 2; append++) {
				struct confine c = policy(each_role[k]);
				nvlist_t *args = nv_new();
				c.append_only = append != 0;
				bool may = (table[i].roles & each_role[k]) != 0 &&
					   (!append || table[i].append_only);
				if (strcmp(table[i].op, OP_HOOK) == 0)
					nv_add_str(args, "hook", "pre-snapshot");
				if (confine_knows(&c, table[i].op) != may)
					fail_msg("%s", table[i].op);
				struct err *e = ask(&c, table[i].op, args);
				if ((e == NULL) != may)
					fail_msg("%s: %s", table[i].op, e ? e->what : "let pass");
				assert_true(e == NULL || e->reason == REASON_CONFINED);
				err_free(e);
			}
}

static void what_nobody_knows_is_refused(void **state)
{
	for (size_t k = 0; k < ARRAY_LEN(each_role); k++) {
		struct confine c = policy(each_role[k]);
		fails(ask(&c, "exec", nv_new()), "does not let this key exec");
		fails(ask(&c, "", nv_new()), "does not let this key");
		assert_true(confine_changes("exec"));
	}
}

/* --- names --- */

static const char *const inside[] = {"tank/a", "tank/a/b", "pool/b c/d",
				     "tank/a_kept_20261125T130509Z",
				     "tank/a_kept_20261125T130509Z/b"};
static const char *const outside[] = {
    "tank",
    "tank/ab",
    "tank/b",
    "pool",
    "pool/b",
    "pool/b cd",
    "tank/a_kept_",
    "tank/a_kept_x",
    "tank/ab_kept_20261125T130509Z",
    "tank/a_kept_20261125T130509Z_more",
    "rpool",
    "tank/a/../b",
    "tank//a",
    "/tank/a",
    "tank/a/",
    "",
    "tank/a\n",
    "-tank/a",
    "tank/a;b",
};

#define NAMES_OUTSIDE 11 /* the rest are no names */

static void names_below_are_told_from_others(void **state)
{
	struct confine c = policy(P);

	for (size_t i = 0; i < ARRAY_LEN(inside); i++) {
		char *snap = str_fmt("%s@s", inside[i]), *mark = str_fmt("%s#b", inside[i]);
		assert_true(confine_has(&c, inside[i]));
		assert_true(confine_has(&c, snap));
		assert_true(confine_has(&c, mark));
		free(snap);
		free(mark);
	}
	for (size_t i = 0; i < NAMES_OUTSIDE; i++)
		assert_false(confine_has(&c, outside[i]));
}

/* One request of each kind that has a name in that place. `with`: "%s" for a dataset, "%s@s", "%s#b". */
struct place {
	const char *op, *key, *with;
	enum { ONE, MANY, KEYS, PROPS, TO, FROM } how;
};

static const struct place places[] = {
    {OP_LIST, "datasets", "%s", MANY},    {OP_TOKEN, "datasets", "%s", MANY},
    {OP_SNAPSHOT, "snaps", "%s@s", MANY}, {OP_SNAPSHOT, "bookmark", "%s@s", MANY},
    {OP_BOOKMARK, "snaps", "%s@s", MANY}, {OP_DESTROY_BOOKMARK, "bookmarks", "%s#b", MANY},
    {OP_HOLD, "snaps", "%s@s", MANY},     {OP_RELEASE, "snaps", "%s@s", MANY},
    {OP_DESTROY, "snaps", "%s@s", MANY},  {OP_DESTROY, "state", "%s", KEYS},
    {OP_SET, "props", "%s", PROPS},       {OP_SET, "expect", "%s", KEYS},
    {OP_SET, "state", "%s", KEYS},        {OP_DECIDE, "props", "%s", PROPS},
    {OP_DECIDE, "expect", "%s", KEYS},    {OP_DECIDE, "state", "%s", KEYS},
    {OP_ROLLBACK, "snaps", "%s@s", MANY}, {OP_ABORT, "datasets", "%s", MANY},
    {OP_RENAME, "items", "%s", TO},       {OP_CLONE, "items", "%s", FROM},
    {OP_UNCLONE, "items", "%s", FROM},    {OP_PROMOTE, "datasets", "%s", MANY},
    {OP_KEY_OWN, "datasets", "%s", MANY}, {OP_KEY_INHERIT, "datasets", "%s", MANY},
    {OP_QUIESCE, "datasets", "%s", MANY}, {OP_WRITABLE, "props", "%s", KEYS},
    {OP_WRITABLE, "expect", "%s", KEYS},  {OP_MOUNT, "datasets", "%s", MANY},
    {OP_UNMOUNT, "datasets", "%s", MANY}, {OP_HOOK, "items", "%s", KEYS},
    {OP_WRITTEN, "datasets", "%s", MANY}, {OP_WRITTEN, "trees", "%s", MANY},
    {OP_LOCK, "datasets", "%s", MANY},    {OP_UNLOCK, "datasets", "%s", MANY},
    {OP_SEND, "snap", "%s@s", ONE},       {OP_SEND, "from", "%s@s", ONE},
    {OP_SEND, "from", "%s#b", ONE},       {OP_SEND, "datasets", "%s", MANY},
    {OP_RECEIVE, "snap", "%s@s", ONE},    {OP_RECEIVE, "origin", "%s@s", ONE},
};

static nvlist_t *request(const struct place *p, const char *dataset)
{
	nvlist_t *args = nv_new(), *items = nv_new(), *item = nv_new();
	char *name = strchr(p->with, '@') != NULL   ? str_fmt("%s@s", dataset)
		     : strchr(p->with, '#') != NULL ? str_fmt("%s#b", dataset)
						    : mem_strdup(dataset);
	char *from = str_fmt("%s@s", dataset), *two[] = {"tank/a", name};

	nv_add_str(args, "tag", "zrep");
	if (strcmp(p->op, OP_HOOK) == 0)
		nv_add_str(args, "hook", "post-snapshot");
	if (strcmp(p->op, OP_RECEIVE) == 0)
		nv_add_str(args, "snap", "tank/a@s");
	switch (p->how) {
	case ONE:
		nv_add_str(args, p->key, name);
		break;
	case MANY:
		two[0] = strchr(p->with, '@') != NULL   ? "tank/a@s"
			 : strchr(p->with, '#') != NULL ? "tank/a#b"
							: "tank/a";
		nv_add_strs(args, p->key, two, 2);
		break;
	case PROPS:
		nv_add_str(item, "zrep:link", "x");
		nv_add_nv(items, name, item);
		break;
	case TO:
		nv_add_str(item, "to", name);
		nv_add_nv(items, "tank/a/old", item);
		break;
	case FROM:
		nv_add_str(item, "from", from);
		nv_add_nv(items, "tank/a/new", item);
		break;
	case KEYS:
		nv_add_nv(items, name, item);
		break;
	}
	if (p->how >= KEYS)
		nv_add_nv(args, p->key, items);
	free(name);
	free(from);
	nv_free(item);
	nv_free(items);
	return args;
}

static void no_name_from_outside_passes(void **state)
{
	static const struct place items[] = {{OP_RENAME, "items", "%s", KEYS},
					     {OP_CLONE, "items", "%s", KEYS},
					     {OP_UNCLONE, "items", "%s", KEYS}};
	struct confine c = policy(P);

	for (size_t i = 0; i < ARRAY_LEN(places); i++) {
		for (size_t k = 0; k < ARRAY_LEN(inside); k++)
			works(ask(&c, places[i].op, request(&places[i], inside[k])));
		for (size_t k = 0; k < ARRAY_LEN(outside); k++) {
			/* Of those that are many, the others are gone on with. */
			bool some = strcmp(places[i].op, OP_LOCK) == 0 ||
				    strcmp(places[i].op, OP_UNLOCK) == 0 ||
				    strcmp(places[i].op, OP_WRITTEN) == 0;
			/* What they are in is told of, in part. */
			bool above = (strcmp(places[i].op, OP_LIST) == 0 &&
				      (strcmp(outside[k], "tank") == 0 ||
				       strcmp(outside[k], "pool") == 0)) ||
				     (some && k < NAMES_OUTSIDE);
			nvlist_t *args = request(&places[i], outside[k]), *clean = NULL;
			struct err *e = confine_check(&c, places[i].op, args, &clean);
			size_t n;
			if (above) {
				works(e);
				assert_string_equal(nv_strs(clean, places[i].key, &n)[0], "tank/a");
				assert_int_equal(n, some ? 1 : 2);
			} else if (e == NULL) {
				fail_msg("%s %s: %s", places[i].op, places[i].key, outside[k]);
			}
			err_free(e);
			nv_free(clean);
			nv_free(args);
		}
	}
	for (size_t i = 0; i < ARRAY_LEN(items); i++)
		for (size_t k = 0; k < ARRAY_LEN(outside); k++) {
			struct err *e = ask(&c, items[i].op, request(&items[i], outside[k]));
			assert_non_null(e);
			err_free(e);
		}
}

/* An argument of another type than it has to be is none; one that nobody knows is left out. */
static void only_what_is_known_passes(void **state)
{
	struct confine c = policy(P);
	nvlist_t *args = nv_new(), *clean = NULL;
	char *names[] = {"tank/a"};

	nv_add_str(args, "tag", "zrep");
	nv_add_strs(args, "snaps", names, 1);
	nv_add_str(args, "datasets", "rpool");
	nv_add_strs(args, "more", names, 1);
	nv_add_str(args, "foreign", "yes");
	nv_remove(args, "snaps");
	works(confine_check(&c, OP_DESTROY, args, &clean));
	assert_non_null(nv_str(clean, "tag"));
	nv_remove(clean, "tag");
	assert_true(nv_empty(clean));
	nv_free(clean);
	nv_free(args);
	args = nv_new();
	nv_add_str(args, "tag", "other");
	fails(ask(&c, OP_HOLD, args), "not the tag that the key is for");
}

/* --- properties --- */

static struct err *set(unsigned role, const char *op, const char *prop, const char *value)
{
	struct confine c = policy(role);
	nvlist_t *args = nv_new(), *props = nv_new(), *one = nv_new();

	if (value != NULL)
		nv_add_str(one, prop, value);
	else
		nv_add_flag(one, prop);
	if (strcmp(op, OP_RECEIVE) == 0) {
		if (strcmp(prop, "readonly") != 0)
			nv_add_str(one, "readonly", "on");
		nv_add_str(args, "snap", "tank/a@s");
		nv_add_nv(args, "props", one);
	} else {
		nv_add_nv(props, "tank/a", one);
		nv_add_nv(args, "props", props);
	}
	nv_free(one);
	nv_free(props);
	return ask(&c, op, args);
}

static void properties_by_a_list(void **state)
{
	static const struct {
		const char *prop, *value;
		unsigned set, receive; /* roles */
	} cases[] = {
	    {"zrep:link", "x", R | S | P, R | P},
	    {"zrep:epoch", "3", R | P, R | P},
	    {"zrep:master", "yes", S | P, P} /* S: on what is new in a tree */,
	    {"zrep:master", NULL, R | P, R | P},
	    {"zrep:switch", "back 5 discard", P, P},
	    {"zrep:switch", NULL, P, P},
	    {"zrep:savecount", "1", R | S | P, R | P},
	    {"zrep:foreign-keep", "mirror", P, P},
	    {"zrep:by", "1", 0, 0},
	    {"zrep:lock-pid", "1", 0, 0},
	    {"zrep:lock-pid", NULL, R | P, R | P},
	    {"zrep:unheard", "1", 0, 0},
	    {"zrep:props", "compression=zstd,-atime,readonly=on", R | S | P, R | P},
	    {"zrep:props", "mountpoint=/etc", 0, 0},
	    {"zrep:props", "setuid=on", 0, 0},
	    {"zrep:props", "no list", 0, 0},
	    {"other:master", "yes", 0, 0},
	    {"com.example:note", "x", 0, 0},
	    {"compression", "zstd", R | P, R | P},
	    {"quota", "none", R | P, R | P},
	    {"readonly", "on", R | P, R | P},
	    {"readonly", "off", P,
	     0}, /* a peer may make writable anyway: a change that was cut off is finished so */
	    {"readonly", NULL, P, 0},
	    {"setuid", "off", R | P, R | P},
	    {"canmount", "noauto", R | P, R | P},
	    {"mountpoint", "none", R | P, R | P},
	    {"mountpoint", NULL, 0, 0},
	    /* What was put aside may have it: that is looked at later. */
	    {"setuid", "on", P, 0},
	    {"canmount", "on", P, 0},
	    {"mountpoint", "/etc", P, 0},
	    {"sharenfs", "rw=@0.0.0.0/0", P, 0},
	    {"keylocation", "https://host/key", 0, 0},
	    {"origin", "rpool@s", P, 0},
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++)
		for (size_t k = 0; k < ARRAY_LEN(each_role); k++) {
			unsigned role = each_role[k];
			struct err *e = set(role, OP_SET, cases[i].prop, cases[i].value);
			if ((e == NULL) != ((cases[i].set & role) != 0))
				fail_msg("%u set %s: %s", role, cases[i].prop,
					 e ? e->what : "passes");
			err_free(e);
			if (role == S)
				continue;
			e = set(role, OP_RECEIVE, cases[i].prop, cases[i].value);
			if ((e == NULL) != ((cases[i].receive & role) != 0))
				fail_msg("%u receive %s: %s", role, cases[i].prop,
					 e ? e->what : "passes");
			err_free(e);
		}
	assert_true(confine_wants_origin("mountpoint", "/etc"));
	assert_true(confine_wants_origin("setuid", "on"));
	assert_false(confine_wants_origin("mountpoint", "none"));
	assert_false(confine_wants_origin("zrep:link", "x"));
	struct confine c = policy(S);
	assert_true(confine_wants_tree(&c, "zrep:dest-host"));
	assert_false(confine_wants_tree(&c, "zrep:link"));
	c = policy(P);
	assert_false(confine_wants_tree(&c, "zrep:dest-host"));
}

static void a_new_replica_is_read_only(void **state)
{
	struct confine c = policy(R);
	nvlist_t *args = nv_new(), *props = nv_new();

	nv_add_str(args, "snap", "tank/a@s");
	nv_add_str(props, "compression", "on");
	nv_add_nv(args, "props", props);
	nv_free(props);
	fails(ask(&c, OP_RECEIVE, args), "has to be read-only");
}

/* What is not zrep's own is for this host to destroy, and nothing takes the place of what is there. */
static void destroying_by_role(void **state)
{
	static const char *const flags[] = {"foreign", "relayed"};

	for (size_t k = 0; k < ARRAY_LEN(each_role); k++) {
		struct confine c = policy(each_role[k]);
		for (size_t i = 0; i < ARRAY_LEN(flags); i++) {
			nvlist_t *args = nv_new();
			nv_add_flag(args, flags[i]);
			struct err *e = ask(&c, OP_DESTROY, args);
			assert_int_equal(e == NULL, each_role[k] == P);
			err_free(e);
		}
		for (int append = 0; append < 2 && each_role[k] != S; append++) {
			nvlist_t *args = nv_new();
			c.append_only = append != 0;
			nv_add_str(args, "snap", "tank/a@s");
			nv_add_flag(args, "over");
			struct err *e = ask(&c, OP_RECEIVE, args);
			assert_int_equal(e == NULL, each_role[k] == P && !append);
			err_free(e);
		}
	}
}

static void hooks_by_role(void **state)
{
	static const struct {
		const char *hook;
		unsigned roles;
	} cases[] = {{"fence", 0},
		     {"event", 0},
		     {"pre-demote", P},
		     {"post-demote", P},
		     {"pre-promote", P},
		     {"post-promote", P},
		     {"pre-snapshot", S | P},
		     {"post-snapshot", S | P}};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++)
		for (size_t k = 0; k < ARRAY_LEN(each_role); k++) {
			struct confine c = policy(each_role[k]);
			nvlist_t *args = nv_new();
			nv_add_str(args, "hook", cases[i].hook);
			struct err *e = ask(&c, OP_HOOK, args);
			assert_int_equal(e == NULL, (cases[i].roles & each_role[k]) != 0);
			err_free(e);
		}
}

/* --- answers --- */

static void answers_are_filtered(void **state)
{
	struct confine c = policy(S);
	nvlist_t *result = nv_new(), *datasets = nv_new(), *in = nv_new(), *out = nv_new();
	nvlist_t *key = nv_new(), *root = nv_new(), *way = nv_new(), *clones = nv_new();
	char *names[] = {"tank/a", "tank/secret", "tank/a/b"}, *hosts[] = {"h1", "h2", "h3"};
	uint64_t paused[] = {1, 2, 3};
	size_t n;

	nv_add_strs(clones, "s", names, 3);
	nv_add_nv(way, "clones", clones);
	nv_add_nv(in, "way", way);
	nv_add_str(root, "name", "tank/secret");
	nv_add_nv(key, "root", root);
	nv_add_nv(in, "key", key);
	nvlist_t *place = nv_new();
	char *hidden[] = {"/srv/secret", "/srv/other"};
	nv_add_str(place, "over", "tank/secret");
	nv_add_strs(place, "hides", hidden, 2);
	nv_add_nv(in, "place", place);
	nv_free(place);
	nv_add_nv(datasets, "tank/a", in);
	nv_add_nv(datasets, "tank/secret", out);
	nv_add_nv(result, "datasets", datasets);
	nv_add_nv(result, "beside", datasets);
	nv_add_strs(result, "names", names, 3);
	nv_add_strs(result, "hosts", hosts, 3);
	nv_add_u64s(result, "paused", paused, 3);
	nvlist_t *asked = nv_new(), *clean = NULL;
	nv_add_str(asked, "tag", "zrep");
	nv_add_strs(asked, "datasets", names, 3);
	fails(confine_check(&c, OP_LIST, asked, &clean), "tank/secret");
	nv_add_flag(asked, "apart");
	works(confine_check(&c, OP_LIST, asked, &clean));
	confine_filter(&c, OP_LIST, clean, result);
	nv_free(asked);
	nv_free(clean);
	assert_non_null(nv_str(nv_nv(result, "unreadable"), "tank/secret"));
	assert_non_null(nv_nv(nv_nv(result, "datasets"), "tank/a"));
	assert_null(nv_nv(nv_nv(result, "datasets"), "tank/secret"));
	assert_null(nv_nv(nv_nv(result, "beside"), "tank/secret"));
	assert_string_equal(nv_strs(result, "names", &n)[1], "tank/a/b");
	assert_int_equal(n, 2);
	assert_string_equal(nv_strs(result, "hosts", &n)[1], "h3");
	assert_int_equal(nv_u64s(result, "paused", &n)[1], 3);
	assert_int_equal(n, 2);
	const nvlist_t *one = nv_nv(nv_nv(result, "datasets"), "tank/a");
	assert_null(nv_nv(nv_nv(one, "key"), "root"));
	char **told = nv_strs(nv_nv(nv_nv(one, "way"), "clones"), "s", &n);
	assert_int_equal(n, 3);
	assert_string_equal(told[1], "one out of reach");
	assert_string_equal(nv_str(nv_nv(one, "place"), "over"), "one out of reach");
	told = nv_strs(nv_nv(one, "place"), "hides", &n);
	assert_int_equal(n, 1);
	assert_string_equal(told[0], "one out of reach");
	nv_free(in);
	nv_free(out);
	nv_free(key);
	nv_free(root);
	nv_free(way);
	nv_free(clones);
	nv_free(datasets);
	nv_free(result);
}

/* What ours are in is told of as far as they inherit it. */
static void of_the_parent_what_is_inherited(void **state)
{
	struct confine c = policy(R);
	nvlist_t *result = nv_new(), *datasets = nv_new(), *one = nv_new(), *value = nv_new();
	char *names[] = {"tank/secret"};

	nv_add_str(value, "compression", "lz4");
	nv_add_str(value, "zrep:dest-host", "secret");
	nv_add_str(value, "origin", "tank/secret@s");
	nv_add_nv(one, "value", value);
	nv_add_nv(one, "source", value);
	nv_add_nv(one, "snaps", value);
	nv_add_strs(one, "below", names, 1);
	nv_add_nv(datasets, "tank", one);
	nv_add_nv(result, "datasets", datasets);
	confine_filter(&c, OP_LIST, result, result);
	const nvlist_t *told = nv_nv(nv_nv(result, "datasets"), "tank");
	assert_string_equal(nv_str(nv_nv(told, "value"), "compression"), "lz4");
	assert_null(nv_str(nv_nv(told, "value"), "zrep:dest-host"));
	assert_null(nv_str(nv_nv(told, "source"), "origin"));
	assert_null(nv_nv(told, "snaps"));
	assert_false(nvlist_exists((nvlist_t *)(uintptr_t)told, "below"));
	nv_free(value);
	nv_free(one);
	nv_free(datasets);
	nv_free(result);
}

static void the_policy_in_words(void **state)
{
	struct confine c = policy(R);
	enum confine_role role;

	c.append_only = true;
	char *text = confine_text(&c);
	assert_string_equal(text, "--role replica --append-only --under tank/a --under pool/b c");
	free(text);
	c.most.bytes = UINT64_MAX;
	c.most.calls = 5;
	c.most.seconds = 60;
	text = confine_text(&c);
	assert_string_equal(text, "--role replica --append-only --max-bytes 18446744073709551615 "
				  "--max-calls 5 --max-time 60 --under tank/a --under pool/b c");
	free(text);
	assert_true(confine_role_of("source", &role) && role == CONFINE_SOURCE);
	assert_false(confine_role_of("", &role));
	struct strv some = confine_operations(&c, local_operations());
	assert_true(strv_has(&some, OP_RECEIVE));
	assert_false(strv_has(&some, OP_DESTROY));
	strv_free(&some);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(every_operation_has_a_row),
	    cmocka_unit_test(roles_may_what_the_table_says),
	    cmocka_unit_test(what_nobody_knows_is_refused),
	    cmocka_unit_test(names_below_are_told_from_others),
	    cmocka_unit_test(no_name_from_outside_passes),
	    cmocka_unit_test(only_what_is_known_passes),
	    cmocka_unit_test(properties_by_a_list),
	    cmocka_unit_test(a_new_replica_is_read_only),
	    cmocka_unit_test(destroying_by_role),
	    cmocka_unit_test(hooks_by_role),
	    cmocka_unit_test(answers_are_filtered),
	    cmocka_unit_test(of_the_parent_what_is_inherited),
	    cmocka_unit_test(the_policy_in_words),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
