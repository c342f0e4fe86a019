#include "zfs/confine.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "state/native.h"
#include "state/picture.h"
#include "state/props.h"
#include "state/schema.h"
#include "state/switch_state.h"
#include "util/mem.h"
#include "util/name.h"
#include "zfs/ops.h"

/* --- which operations, with which arguments --- */

/* How an argument looks, and what of it is a name. */
enum form {
	FORM_TAG,      /* string: the tag */
	FORM_FLAG,     /* flag */
	FORM_NUMBER,   /* uint64 */
	FORM_NUMBERS,  /* uint64 array */
	FORM_TEXT,     /* string that names nothing */
	FORM_TEXTS,    /* string array, likewise */
	FORM_HOOK,     /* string: which hook */
	FORM_DATASETS, /* string array */
	FORM_SOME, /* the same; others are left out: they are many, and the rest is asked for as well */
	FORM_LISTED,    /* the same; and with `apart`, which were left out is told */
	FORM_SNAPS,     /* string array */
	FORM_BOOKMARKS, /* string array */
	FORM_SNAP,      /* string */
	FORM_BASE,      /* string: a snapshot or a bookmark */
	FORM_SET,       /* nvlist: dataset or snapshot -> properties */
	FORM_READONLY,  /* nvlist: dataset -> readonly alone */
	FORM_NEW,       /* nvlist: properties of a dataset that is made */
	FORM_KNOWN,     /* nvlist: dataset -> nvlist of what is to be so there */
	FORM_RENAMES,   /* nvlist: dataset -> {to, guid} */
	FORM_CLONES,    /* nvlist: dataset -> {from, from_guid, guid, props} */
	FORM_HOOKED,    /* nvlist: dataset -> {props: facts} */
};

#define ARGS_MAX 24u

/* Roles. */
#define R CONFINE_REPLICA
#define S CONFINE_SOURCE
#define P CONFINE_PEER

enum { READS = 1, CHANGES = 2, DESTROYS = 4 };

static const struct row {
	const char *op;
	unsigned roles; /* who may ask for it */
	unsigned does;  /* DESTROYS: not with append_only */
	struct arg {
		const char *key;
		enum form form;
	} args[ARGS_MAX];
} rows[] = {
    {OP_LIST,
     R | S | P,
     READS,
     {{"tag", FORM_TAG},        {"datasets", FORM_LISTED}, {"own", FORM_TEXTS},
      {"settings", FORM_TEXTS}, {"masters", FORM_FLAG},    {"settle", FORM_FLAG},
      {"native", FORM_FLAG},    {"below", FORM_FLAG},      {"trees", FORM_FLAG},
      {"examine", FORM_FLAG},   {"asides", FORM_FLAG},     {"pools", FORM_FLAG},
      {"space", FORM_FLAG},     {"ways", FORM_FLAG},       {"keys", FORM_FLAG},
      {"opens", FORM_FLAG},     {"places", FORM_FLAG},     {"may", FORM_FLAG},
      {"beside", FORM_FLAG},    {"seen", FORM_FLAG},       {"apart", FORM_FLAG}}},
    {OP_TOKEN, S | P, READS, {{"tokens", FORM_TEXTS}, {"datasets", FORM_DATASETS}}},
    {OP_SNAPSHOT,
     S | P,
     CHANGES,
     {{"snaps", FORM_SNAPS},
      {"tag", FORM_TAG},
      {"bookmark", FORM_SNAPS},
      {"bookmark_guids", FORM_NUMBERS},
      {"guids", FORM_NUMBERS}}},
    {OP_BOOKMARK,
     R | S | P,
     CHANGES,
     {{"tag", FORM_TAG}, {"snaps", FORM_SNAPS}, {"guids", FORM_NUMBERS}}},
    {OP_DESTROY_BOOKMARK,
     R | S | P,
     CHANGES | DESTROYS,
     {{"tag", FORM_TAG},
      {"bookmarks", FORM_BOOKMARKS},
      {"guids", FORM_NUMBERS},
      {"foreign", FORM_FLAG}}},
    {OP_HOLD,
     R | S | P,
     CHANGES,
     {{"tag", FORM_TAG}, {"snaps", FORM_SNAPS}, {"guids", FORM_NUMBERS}}},
    {OP_RELEASE,
     R | S | P,
     CHANGES,
     {{"tag", FORM_TAG}, {"snaps", FORM_SNAPS}, {"guids", FORM_NUMBERS}}},
    {OP_DESTROY,
     R | S | P,
     CHANGES | DESTROYS,
     {{"tag", FORM_TAG},
      {"snaps", FORM_SNAPS},
      {"guids", FORM_NUMBERS},
      {"foreign", FORM_FLAG},
      {"relayed", FORM_FLAG},
      {"together", FORM_FLAG},
      {"state", FORM_KNOWN}}},
    {OP_SET,
     R | S | P,
     CHANGES,
     {{"tag", FORM_TAG}, {"props", FORM_SET}, {"expect", FORM_KNOWN}, {"state", FORM_KNOWN}}},
    {OP_DECIDE,
     P,
     CHANGES,
     {{"tag", FORM_TAG}, {"props", FORM_SET}, {"expect", FORM_KNOWN}, {"state", FORM_KNOWN}}},
    {OP_OFFER,
     P,
     CHANGES,
     {{"tag", FORM_TAG}, {"props", FORM_SET}, {"expect", FORM_KNOWN}, {"state", FORM_KNOWN}}},
    {OP_ROLLBACK,
     P,
     CHANGES | DESTROYS,
     {{"tag", FORM_TAG}, {"snaps", FORM_SNAPS}, {"guids", FORM_NUMBERS}}},
    {OP_ABORT,
     R | P,
     CHANGES,
     {{"tag", FORM_TAG}, {"datasets", FORM_DATASETS}, {"guids", FORM_NUMBERS}}},
    {OP_RENAME, P, CHANGES, {{"tag", FORM_TAG}, {"items", FORM_RENAMES}}},
    {OP_CLONE, P, CHANGES, {{"tag", FORM_TAG}, {"items", FORM_CLONES}}},
    {OP_UNCLONE, P, CHANGES, {{"tag", FORM_TAG}, {"items", FORM_CLONES}}},
    {OP_PROMOTE,
     P,
     CHANGES,
     {{"tag", FORM_TAG}, {"datasets", FORM_DATASETS}, {"guids", FORM_NUMBERS}}},
    {OP_KEY_OWN,
     R | P,
     CHANGES,
     {{"tag", FORM_TAG}, {"datasets", FORM_DATASETS}, {"guids", FORM_NUMBERS}}},
    {OP_KEY_INHERIT,
     R | P,
     CHANGES,
     {{"tag", FORM_TAG}, {"datasets", FORM_DATASETS}, {"guids", FORM_NUMBERS}}},
    {OP_QUIESCE,
     P,
     CHANGES,
     {{"tag", FORM_TAG}, {"datasets", FORM_DATASETS}, {"guids", FORM_NUMBERS}}},
    {OP_WRITABLE,
     P,
     CHANGES,
     {{"tag", FORM_TAG}, {"props", FORM_READONLY}, {"expect", FORM_KNOWN}}},
    {OP_MOUNT,
     P,
     CHANGES,
     {{"tag", FORM_TAG}, {"datasets", FORM_DATASETS}, {"guids", FORM_NUMBERS}}},
    {OP_UNMOUNT,
     P,
     CHANGES,
     {{"tag", FORM_TAG}, {"datasets", FORM_DATASETS}, {"guids", FORM_NUMBERS}}},
    {OP_HOOK, S | P, CHANGES, {{"tag", FORM_TAG}, {"hook", FORM_HOOK}, {"items", FORM_HOOKED}}},
    {OP_HOOKS, R | S | P, READS, {{NULL, FORM_TAG}}},
    {OP_REACH, P, READS, {{"tag", FORM_TAG}, {"hosts", FORM_TEXTS}}},
    {OP_ROSTER, R | S | P, READS, {{"tag", FORM_TAG}, {"pulls", FORM_FLAG}}},
    {OP_WRITTEN,
     R | S | P,
     READS,
     {{"datasets", FORM_SOME}, {"trees", FORM_SOME}, {"counted", FORM_FLAG}}},
    {OP_LOCK,
     R | S | P,
     READS,
     {{"tag", FORM_TAG},
      {"datasets", FORM_SOME},
      {"brief", FORM_FLAG},
      {"mode", FORM_TEXT},
      {"ask", FORM_NUMBER},
      {"wait", FORM_FLAG},
      {"force", FORM_FLAG}}},
    {OP_UNLOCK, R | S | P, READS, {{"tag", FORM_TAG}, {"datasets", FORM_SOME}}},
    {OP_SEND,
     S | P,
     READS,
     {{"snap", FORM_SNAP},
      {"from", FORM_BASE},
      {"guid", FORM_NUMBER},
      {"from_guid", FORM_NUMBER},
      {"raw", FORM_FLAG},
      {"token", FORM_TEXT}, /* what it names is looked at by local_confine.c */
      {"datasets", FORM_DATASETS},
      {"flags", FORM_TEXT},
      {"limit", FORM_NUMBER},
      {"parts", FORM_NUMBER}}},
    {OP_RECEIVE,
     R | P,
     CHANGES,
     {{"snap", FORM_SNAP},
      {"guid", FORM_NUMBER},
      {"raw", FORM_FLAG},
      {"props", FORM_NEW},
      {"origin", FORM_SNAP},
      {"brief", FORM_FLAG},
      {"over", FORM_FLAG},
      {"parts", FORM_NUMBER}}},
    /* Of a stream that was let: by its number, which names nothing. */
    {OP_LINES, R | S | P, READS, {{NULL, FORM_TAG}}},
    {OP_PART, R | S | P, READS, {{"id", FORM_NUMBER}, {"send", FORM_FLAG}}},
};

#undef R
#undef S
#undef P

static const struct row *find(const char *op)
{
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		if (strcmp(rows[i].op, op) == 0)
			return &rows[i];
	return NULL;
}

static bool may(const struct confine *c, const struct row *r)
{
	return r != NULL && (r->roles & c->role) != 0 &&
	       !(c->append_only && (r->does & DESTROYS) != 0);
}

bool confine_knows(const struct confine *c, const char *op)
{
	return may(c, find(op));
}

bool confine_changes(const char *op)
{
	const struct row *r = find(op);

	return r == NULL || (r->does & CHANGES) != 0;
}

struct strv confine_operations(const struct confine *c, const char *const *operations)
{
	struct strv all = {0};

	for (; *operations != NULL; operations++)
		if (confine_knows(c, *operations))
			strv_add(&all, *operations);
	return all;
}

/* --- the policy in words --- */

static const struct {
	const char *word;
	enum confine_role role;
} roles[] = {{"replica", CONFINE_REPLICA}, {"source", CONFINE_SOURCE}, {"peer", CONFINE_PEER}};

bool confine_role_of(const char *word, enum confine_role *out)
{
	for (size_t i = 0; i < ARRAY_LEN(roles); i++)
		if (strcmp(roles[i].word, word) == 0) {
			*out = roles[i].role;
			return true;
		}
	return false;
}

/* No name is added to more than `most` bytes. */
static char *words(const struct confine *c, size_t most)
{
	struct buf text = {0};

	for (size_t i = 0; i < ARRAY_LEN(roles); i++)
		if (roles[i].role == c->role)
			buf_addf(&text, "--role %s", roles[i].word);
	if (c->append_only)
		buf_addf(&text, " --append-only");
	if (c->most.bytes != 0)
		buf_addf(&text, " --max-bytes %" PRIu64, c->most.bytes);
	if (c->most.calls != 0)
		buf_addf(&text, " --max-calls %" PRIu64, c->most.calls);
	if (c->most.seconds != 0)
		buf_addf(&text, " --max-time %" PRIu64, c->most.seconds);
	if (strcmp(c->tag, "zrep") != 0)
		buf_addf(&text, " --tag %s", c->tag);
	for (size_t i = 0; i < c->under.n && text.len < most; i++)
		buf_addf(&text, " --under %s", c->under.items[i]);
	char *all = mem_strdup(buf_str(&text));
	buf_free(&text);
	return all;
}

char *confine_words(const struct confine *c)
{
	return words(c, SIZE_MAX);
}

#define TEXT_MAX 600u

char *confine_text(const struct confine *c)
{
	return words(c, TEXT_MAX);
}

bool confine_is_peer(const char *text)
{
	static const char front[] = "--role peer";
	size_t n = sizeof(front) - 1;

	return strncmp(text, front, n) == 0 && (text[n] == '\0' || text[n] == ' ');
}

static struct err *refusal(const char *host, const char *policy, const char *op, const char *what,
			   const char *why)
{
	struct err *e = err_refuse(
	    REASON_CONFINED, "%s does not let this key %.40s%s%.300s%s%s (it has %.700s)", host, op,
	    *what != '\0' ? " " : "", what, *why != '\0' ? ": " : "", why, policy);

	return err_remedy(e,
			  "do it on %s itself, or have its root allow more where the key stands in "
			  "authorized_keys there; SECURITY.md says what each role may",
			  host);
}

struct err *confine_refuse(const struct confine *c, const char *op, const char *what,
			   const char *why)
{
	char *policy = confine_text(c), *clean = str_clean(str_fmt("%.300s", what)),
	     *name = str_clean(str_fmt("%.40s", op));
	struct err *e = refusal(c->host, policy, name, clean, why);

	free(policy);
	free(clean);
	free(name);
	return e;
}

/* A plan is told as a whole that it is not let: for what it needs the operation. */
static const struct {
	const char *op, *words;
} needs[] = {
    {OP_DECIDE, "move the role"},
    {OP_OFFER, "move the role"},
    {OP_HOOK, "move the role"},
    {OP_QUIESCE, "move the role"},
    {OP_WRITABLE, "move the role"},
    {OP_MOUNT, "move the role"},
    {OP_UNMOUNT, "move the role"},
    {OP_ROLLBACK, "roll back what is there"},
    {OP_RENAME, "put aside what is there"},
    {OP_CLONE, "put aside what is there"},
    {OP_UNCLONE, "put aside what is there"},
    {OP_PROMOTE, "put aside what is there"},
    {OP_SNAPSHOT, "fetch from there"},
    {OP_SEND, "fetch from there"},
    {OP_RECEIVE, "send to there"},
    {OP_DESTROY, "destroy snapshots"},
    {OP_DESTROY_BOOKMARK, "destroy bookmarks"},
};

struct err *confine_unknown(const char *host, const char *policy, const char *op)
{
	for (size_t i = 0; i < ARRAY_LEN(needs); i++)
		if (strcmp(needs[i].op, op) == 0)
			op = needs[i].words;
	return refusal(host, policy, op, "", "");
}

/* --- names --- */

/* NAME_kept_TIME, and what is below that: what `under` was put aside as. */
static bool is_aside_of(const char *name, const char *under)
{
	size_t n = strlen(under);

	if (strncmp(name, under, n) != 0 || strchr("/", name[n]) != NULL)
		return false;
	char *top = str_fmt("%.*s", (int)(n + strcspn(name + n, "/")), name);
	bool is = preserved_is_of(top, under);
	free(top);
	return is;
}

bool confine_has(const struct confine *c, const char *name)
{
	char *dataset = name_dataset(name);
	bool has = false;

	for (size_t i = 0; i < c->under.n && !has; i++)
		has = name_within(dataset, c->under.items[i]) ||
		      is_aside_of(dataset, c->under.items[i]);
	free(dataset);
	return has;
}

static bool is_above(const struct confine *c, const char *name)
{
	for (size_t i = 0; i < c->under.n; i++)
		if (name_within(c->under.items[i], name))
			return true;
	return false;
}

/* What one of them is in: what is made there inherits from it, and init looks at that. */
static bool is_parent(const struct confine *c, const char *name)
{
	bool is = false;

	for (size_t i = 0; i < c->under.n && !is; i++) {
		char *parent = name_parent(c->under.items[i]);
		is = str_same(parent, name);
		free(parent);
	}
	return is;
}

/* Among the arguments let pass: what was asked for and is not. */
#define LEFT_OUT "left-out"

/* One call under examination. */
struct check {
	const struct confine *c;
	const char *op;
	const nvlist_t *args;
	nvlist_t *clean;
};

static struct err *refuse(const struct check *k, const char *what, const char *why)
{
	return confine_refuse(k->c, k->op, what, why);
}

typedef bool (*name_fn)(const char *name);

static bool is_base(const char *name)
{
	return name_is_snapshot(name) || name_is_bookmark(name);
}

static bool is_target(const char *name)
{
	return name_is_dataset(name) || name_is_snapshot(name);
}

static struct err *check_name(const struct check *k, const char *name, name_fn is)
{
	if (name == NULL || !is(name))
		return refuse(k, name != NULL ? name : "", "that is no name");
	return confine_has(k->c, name) ? NULL
				       : refuse(k, name, "that is not below what the key is for");
}

static struct err *check_names(const struct check *k, const char *key, name_fn is)
{
	struct err *e = NULL;
	size_t n;
	char **all = nv_strs(k->args, key, &n);

	for (size_t i = 0; i < n && e == NULL; i++)
		e = check_name(k, all[i], is);
	if (e == NULL && all != NULL)
		nv_add_strs(k->clean, key, all, n);
	return e;
}

/* What is above is told of as if it were not there, but for what they are in. */
static struct err *check_some(const struct check *k, const char *key, bool listed)
{
	struct strv names = {0}, others = {0};
	struct err *e = NULL;
	size_t n;
	char **all = nv_strs(k->args, key, &n);

	for (size_t i = 0; i < n && e == NULL; i++) {
		bool ours = confine_has(k->c, all[i]);
		if (!name_is_dataset(all[i]) ||
		    (!ours && listed && !is_above(k->c, all[i]) && !nv_flag(k->args, "apart")))
			e = check_name(k, all[i], name_is_dataset);
		else if (ours || (listed && is_parent(k->c, all[i])))
			strv_add(&names, all[i]);
		else if (!is_above(k->c, all[i]))
			strv_add(&others, all[i]);
	}
	if (e == NULL && all != NULL)
		nv_add_strs(k->clean, key, names.items, names.n);
	if (e == NULL && listed && others.n > 0)
		nv_add_strs(k->clean, LEFT_OUT, others.items, others.n);
	strv_free(&names);
	strv_free(&others);
	return e;
}

/* --- properties --- */

/* Of zrep's own, a role writes only what a sync leaves behind: not who leads, where it stands in a change of that, nor what
 * this host does by itself because of it. */
static const char *const never[] = {"by", "lock-pid", "lock-time"};
static const char *const of_roles[] = {"master", "switch", "readonly", "others",      "fork",
				       "since",  "reset",  "drill",    "foreign-keep"};
/* What makes what is new in a tree a part of it: only that, which is looked at later. */
static const char *const of_pairs[] = {"src-host", "src-fs",    "dest-host", "dest-fs",
				       "master",   "savecount", "props"};
static const char *const of_source[] = {
    "error",        "history", "late", "link",   "set",     "peer-guid", "former-guid", "dest-self",
    "large-blocks", "key",     "sent", "ground", "relayed", "followed",  "dest-host"};

#define ONE_OF(s, list) str_is_one_of(s, list, ARRAY_LEN(list))

static bool is_native_allowed(const char *prop, const char *value)
{
	if (native_copies(prop, value) || native_has(prop, NATIVE_LIMIT))
		return true;
	if (strcmp(prop, "readonly") == 0)
		return strcmp(value, "on") == 0;
	if (strcmp(prop, "canmount") == 0)
		return strcmp(value, "noauto") == 0 || strcmp(value, "off") == 0;
	return strcmp(prop, "mountpoint") == 0 &&
	       (strcmp(value, "none") == 0 || strcmp(value, "legacy") == 0);
}

/* What a later init or refresh of this host gives a replica of its own. */
static bool is_wanted_allowed(const char *text)
{
	nvlist_t *props = props_parse(text);
	bool all = props != NULL;

	nv_each(props, p) {
		const char *value = nv_str(props, nvpair_name(p));
		all = all && (value == NULL || is_native_allowed(nvpair_name(p), value));
	}
	nv_free(props);
	return all;
}

/* Part behind "TAG:" of one of zrep's own; NULL: it is none. */
static const char *own_part(const struct confine *c, const char *prop)
{
	size_t n = strlen(c->tag);

	return strncmp(prop, c->tag, n) == 0 && prop[n] == ':' ? prop + n + 1 : NULL;
}

/* NULL: it may. value NULL: back to inherited. */
static const char *why_not_own(const struct confine *c, const char *part, const char *value,
			       bool snap)
{
	bool known = schema_find(snap ? BEARS_SNAPSHOT : BEARS_DATASET, part) != NULL;

	if (!known && value != NULL)
		return "it is none of zrep's properties";
	if (value != NULL && !snap && ONE_OF(part, never))
		return "this host sets it by itself";
	if (c->role == CONFINE_REPLICA && ONE_OF(part, of_roles) &&
	    !(value == NULL && strcmp(part, "switch") != 0))
		return "it is about who leads, or what is kept here";
	if (c->role == CONFINE_SOURCE && !ONE_OF(part, of_source) &&
	    !(value != NULL && !snap && ONE_OF(part, of_pairs)))
		return "it is for who has the source to say";
	if (value != NULL && strcmp(part, "props") == 0 && !is_wanted_allowed(value))
		return "of -o, a confined peer may say only how data is kept";
	return NULL;
}

static const char *why_not_native(const struct confine *c, const char *prop, const char *value)
{
	if (c->role == CONFINE_SOURCE)
		return "it is for who has the source to say";
	/* What is back to inherited may be more than what was set. */
	if (value == NULL)
		return native_has(prop, NATIVE_DATA) && !native_has(prop, NATIVE_LESSENS)
			   ? NULL
			   : "it is for this host to say";
	return is_native_allowed(prop, value) ? NULL : "it is for this host to say";
}

bool confine_wants_tree(const struct confine *c, const char *prop)
{
	const char *part = own_part(c, prop);

	return c->role == CONFINE_SOURCE && part != NULL && ONE_OF(part, of_pairs);
}

bool confine_wants_origin(const char *prop, const char *value)
{
	return !name_is_user_prop(prop) && value != NULL && !is_native_allowed(prop, value) &&
	       !native_has(prop, NATIVE_NOT_CLONED);
}

/* `made`: how the dataset is made; NULL: it is there. Of a clone, other tags' pairs get to know what took its place. */
static struct err *check_prop(const struct check *k, const char *name, const char *prop,
			      const char *value, const char *made)
{
	const char *part = own_part(k->c, prop), *other = strchr(prop, ':');
	bool snap = strchr(name, '@') != NULL;
	const char *why;

	if (!name_is_prop(prop))
		why = "that is no property";
	else if (part != NULL)
		why = why_not_own(k->c, part, value, snap);
	else if (other != NULL)
		why = str_same(made, OP_CLONE) && strcmp(other, ":former-guid") == 0
			  ? NULL
			  : "it is not zrep's, of that tag";
	else if (snap)
		why = "it is for this host to say";
	else
		why = why_not_native(k->c, prop, value);
	/* A role change that was cut off is finished by setting what OP_WRITABLE would have. */
	if (why != NULL && made == NULL && !snap && k->c->role == CONFINE_PEER &&
	    strcmp(prop, "readonly") == 0 && (value == NULL || strcmp(value, "off") == 0))
		why = NULL;
	/* The way back gives a dataset what it had: that is looked at where it was. */
	if (why != NULL && made == NULL && part == NULL && other == NULL && !snap &&
	    k->c->role == CONFINE_PEER && confine_wants_origin(prop, value))
		why = NULL;
	if (why == NULL)
		return NULL;
	char *what = value != NULL ? str_fmt("%.100s=%.100s of %.80s", prop, value, name)
				   : str_fmt("%.100s of %.180s", prop, name);
	struct err *e = refuse(k, what, why);
	free(what);
	return e;
}

/* *clean: what was looked at, made anew: a list from outside could say two things of one name. The caller frees. */
static struct err *check_props(const struct check *k, const char *name, const nvlist_t *props,
			       const char *made, nvlist_t **clean)
{
	struct err *e = NULL;

	*clean = nv_new();
	nv_each(props, p) {
		const char *value = nv_str(props, nvpair_name(p));
		if (e != NULL)
			break;
		if (value == NULL && !nv_flag(props, nvpair_name(p)))
			e = refuse(k, name, "a property that is neither set nor inherited");
		else
			e = check_prop(k, name, nvpair_name(p), value, made);
		if (e == NULL && value != NULL)
			nv_add_str(*clean, nvpair_name(p), value);
		else if (e == NULL)
			nv_add_flag(*clean, nvpair_name(p));
	}
	return e;
}

static struct err *check_readonly(const struct check *k, const char *name, const nvlist_t *props,
				  nvlist_t **clean)
{
	*clean = nv_new();
	nv_each(props, p)
		if (strcmp(nvpair_name(p), "readonly") != 0)
			return refuse(k, name, "that is not readonly");
	if (nv_str(props, "readonly") != NULL)
		nv_add_str(*clean, "readonly", nv_str(props, "readonly"));
	else if (nv_flag(props, "readonly"))
		nv_add_flag(*clean, "readonly");
	return NULL;
}

static struct err *check_set(const struct check *k, const char *key, bool readonly)
{
	const nvlist_t *all = nv_nv(k->args, key);
	nvlist_t *clean = nv_new();
	struct err *e = NULL;

	nv_each(all, d) {
		const char *name = nvpair_name(d);
		nvlist_t *one = NULL;
		e = check_name(k, name, readonly ? name_is_dataset : is_target);
		if (e == NULL && nv_value(d) == NULL)
			e = refuse(k, name, "there are no properties");
		if (e == NULL)
			e = readonly ? check_readonly(k, name, nv_value(d), &one)
				     : check_props(k, name, nv_value(d), NULL, &one);
		if (e == NULL)
			nv_add_nv(clean, name, one);
		nv_free(one);
		if (e != NULL)
			break;
	}
	if (e == NULL && all != NULL)
		nv_add_nv(k->clean, key, clean);
	nv_free(clean);
	return e;
}

/* Only compared. */
static struct err *check_known(const struct check *k, const char *key)
{
	const nvlist_t *all = nv_nv(k->args, key);
	struct err *e = NULL;

	nv_each(all, d)
		if (e == NULL)
			e = nv_value(d) != NULL
				? check_name(k, nvpair_name(d), name_is_dataset)
				: refuse(k, nvpair_name(d), "there is nothing to compare");
	if (e == NULL && all != NULL)
		nv_add_nv(k->clean, key, all);
	return e;
}

/* --- items --- */

static void keep_number(const nvlist_t *from, nvlist_t *to, const char *key)
{
	uint64_t n = nv_u64(from, key, 0);

	if (n != 0)
		nv_add_u64(to, key, n);
}

static struct err *check_item(const struct check *k, const char *name, const nvlist_t *one,
			      enum form form, nvlist_t *clean)
{
	const nvlist_t *props = nv_nv(one, "props");
	nvlist_t *checked = NULL;
	const char *to = nv_str(one, "to"), *from = nv_str(one, "from");
	struct err *e = check_name(k, name, name_is_dataset);

	if (e == NULL && form == FORM_RENAMES && (e = check_name(k, to, name_is_dataset)) == NULL)
		nv_add_str(clean, "to", to);
	if (e == NULL && form == FORM_CLONES && (e = check_name(k, from, name_is_snapshot)) == NULL)
		nv_add_str(clean, "from", from);
	if (e == NULL && form == FORM_CLONES && props != NULL)
		e = check_props(k, name, props, k->op, &checked);
	if (e == NULL && props != NULL && form != FORM_RENAMES) /* facts, the operation checks */
		nv_add_nv(clean, "props", checked != NULL ? checked : props);
	nv_free(checked);
	keep_number(one, clean, "guid");
	keep_number(one, clean, "from_guid");
	return e;
}

static struct err *check_items(const struct check *k, const char *key, enum form form)
{
	const nvlist_t *all = nv_nv(k->args, key);
	nvlist_t *items = nv_new();
	struct err *e = NULL;

	nv_each(all, d) {
		nvlist_t *one = nv_new();
		if (e == NULL)
			e = check_item(k, nvpair_name(d), nv_value(d), form, one);
		if (e == NULL)
			nv_add_nv(items, nvpair_name(d), one);
		nv_free(one);
	}
	if (e == NULL && all != NULL)
		nv_add_nv(k->clean, key, items);
	nv_free(items);
	return e;
}

/* --- one argument, and what goes together --- */

static struct err *check_tag(const struct check *k, const char *key)
{
	const char *tag = nv_str(k->args, key);

	if (tag == NULL)
		return NULL;
	if (strcmp(tag, k->c->tag) != 0)
		return refuse(k, tag, "that is not the tag that the key is for");
	nv_add_str(k->clean, key, tag);
	return NULL;
}

static struct err *check_one(const struct check *k, const char *key, name_fn is)
{
	const char *name = nv_str(k->args, key);
	struct err *e = name != NULL ? check_name(k, name, is) : NULL;

	if (e == NULL && name != NULL)
		nv_add_str(k->clean, key, name);
	return e;
}

/* What surrounds a snapshot, whoever fetches it; those of a change of the role, who may move that. */
static struct err *check_hook(const struct check *k, const char *key)
{
	static const char *const around[] = {"pre-snapshot", "post-snapshot"};
	static const char *const moves[] = {"pre-demote", "post-demote", "pre-promote",
					    "post-promote"};
	const char *hook = nv_str(k->args, key);

	if (hook == NULL ||
	    !(ONE_OF(hook, around) || (k->c->role == CONFINE_PEER && ONE_OF(hook, moves))))
		return refuse(k, hook != NULL ? hook : "", "that one is run by this host alone");
	nv_add_str(k->clean, key, hook);
	return NULL;
}

/* What has no name in it only has to be of the right type. */
static void copy(const struct check *k, const struct arg *a)
{
	const char *text = nv_str(k->args, a->key);
	size_t n;

	if (a->form == FORM_FLAG && nv_flag(k->args, a->key))
		nv_add_flag(k->clean, a->key);
	else if (a->form == FORM_NUMBER && nvlist_exists((nvlist_t *)(uintptr_t)k->args, a->key))
		nv_add_u64(k->clean, a->key, nv_u64(k->args, a->key, 0));
	else if (a->form == FORM_NUMBERS && nv_u64s(k->args, a->key, &n) != NULL)
		nv_add_u64s(k->clean, a->key, nv_u64s(k->args, a->key, &n), n);
	else if (a->form == FORM_TEXT && text != NULL)
		nv_add_str(k->clean, a->key, text);
	else if (a->form == FORM_TEXTS && nv_strs(k->args, a->key, &n) != NULL)
		nv_add_strs(k->clean, a->key, nv_strs(k->args, a->key, &n), n);
}

static struct err *check_arg(const struct check *k, const struct arg *a)
{
	switch (a->form) {
	case FORM_TAG:
		return check_tag(k, a->key);
	case FORM_HOOK:
		return check_hook(k, a->key);
	case FORM_DATASETS:
		return check_names(k, a->key, name_is_dataset);
	case FORM_SOME:
	case FORM_LISTED:
		return check_some(k, a->key, a->form == FORM_LISTED);
	case FORM_SNAPS:
		return check_names(k, a->key, name_is_snapshot);
	case FORM_BOOKMARKS:
		return check_names(k, a->key, name_is_bookmark);
	case FORM_SNAP:
		return check_one(k, a->key, name_is_snapshot);
	case FORM_BASE:
		return check_one(k, a->key, is_base);
	case FORM_SET:
	case FORM_READONLY:
		return check_set(k, a->key, a->form == FORM_READONLY);
	case FORM_KNOWN:
		return check_known(k, a->key);
	case FORM_RENAMES:
	case FORM_CLONES:
	case FORM_HOOKED:
		return check_items(k, a->key, a->form);
	case FORM_NEW:
	case FORM_FLAG:
	case FORM_NUMBER:
	case FORM_NUMBERS:
	case FORM_TEXT:
	case FORM_TEXTS:
		break;
	}
	copy(k, a);
	return NULL;
}

/* A dataset that is made with these is in nobody's use; what is there keeps its own. */
static struct err *check_receive(const struct check *k)
{
	const char *snap = nv_str(k->args, "snap");
	const nvlist_t *props = nv_nv(k->args, "props");
	bool over = nv_flag(k->args, "over");

	if (over && (k->c->role != CONFINE_PEER || k->c->append_only))
		return refuse(k, snap != NULL ? snap : "",
			      "it would take the place of what is there");
	char *dataset = name_dataset(snap != NULL ? snap : "");
	nvlist_t *clean;
	struct err *e = check_props(k, dataset, props, k->op, &clean);
	if (e == NULL && !nv_empty(props) && !str_same(nv_str(props, "readonly"), "on"))
		e = refuse(k, snap != NULL ? snap : "", "a new replica has to be read-only");
	if (e == NULL && props != NULL)
		nv_add_nv(k->clean, "props", clean);
	nv_free(clean);
	free(dataset);
	return e;
}

static struct err *check_together(const struct check *k)
{
	static const char *const marked[] = {OP_DESTROY, OP_DESTROY_BOOKMARK};

	if (ONE_OF(k->op, marked) && k->c->role != CONFINE_PEER &&
	    (nv_flag(k->args, "foreign") || nv_flag(k->args, "relayed")))
		return refuse(k, "",
			      "what is not zrep's own, of that tag, is for this host to destroy");
	if (strcmp(k->op, OP_RECEIVE) == 0)
		return check_receive(k);
	/* It would be asked for at once, however well whoever has the lock may be. */
	if (strcmp(k->op, OP_LOCK) == 0 && nv_u64(k->args, "ask", 1) % 100000 == 0)
		return refuse(k, "", "whoever has the lock is to have some time");
	return NULL;
}

struct err *confine_check(const struct confine *c, const char *op, const nvlist_t *args,
			  nvlist_t **clean)
{
	const struct row *r = find(op);
	struct check k = {.c = c, .op = op, .args = args};
	struct err *e = NULL;

	*clean = NULL;
	if (!may(c, r))
		return refuse(&k, "", "");
	k.clean = nv_new();
	for (size_t i = 0; i < ARGS_MAX && r->args[i].key != NULL && e == NULL; i++)
		e = check_arg(&k, &r->args[i]);
	if (e == NULL)
		e = check_together(&k);
	if (e == NULL)
		*clean = k.clean;
	else
		nv_free(k.clean);
	return e;
}

/* --- answers --- */

/* Of what ours are in, what they inherit: the native properties, and nothing else. */
static void filter_parent(nvlist_t *one)
{
	static const char *const kept[] = {"value", "source"};
	static const char *const never_told[] = {"guid",   "written", "receive_resume_token",
						 "origin", "keyguid", "pbkdf2salt"};
	struct strv gone = {0};

	nv_each(one, p)
		if (!ONE_OF(nvpair_name(p), kept))
			strv_add(&gone, nvpair_name(p));
	for (size_t i = 0; i < gone.n; i++)
		nv_remove(one, gone.items[i]);
	strv_free(&gone);
	for (size_t k = 0; k < ARRAY_LEN(kept); k++) {
		nvlist_t *props = nv_nv(one, kept[k]);
		nv_each(props, p)
			if (strchr(nvpair_name(p), ':') != NULL ||
			    ONE_OF(nvpair_name(p), never_told))
				strv_add(&gone, nvpair_name(p));
		for (size_t i = 0; i < gone.n; i++)
			nv_remove(props, gone.items[i]);
		strv_free(&gone);
	}
}

/* Of an nvlist by name, what is ours to tell. */
static void filter_keys(const struct confine *c, nvlist_t *nv, bool parents)
{
	struct strv gone = {0};

	nv_each(nv, p)
		if (!confine_has(c, nvpair_name(p)) && !(parents && is_parent(c, nvpair_name(p))))
			strv_add(&gone, nvpair_name(p));
	for (size_t i = 0; i < gone.n; i++)
		nv_remove(nv, gone.items[i]);
	strv_free(&gone);
}

/* Of arrays of one length, the places whose name in the first is ours to tell. */
static void filter_arrays(const struct confine *c, nvlist_t *nv, const char *const *keys)
{
	size_t n, m, left = 0;
	char **names = nv_strs(nv, keys[0], &n);
	bool *keep = mem_zalloc(n + 1);

	for (size_t i = 0; i < n; i++)
		left += keep[i] = confine_has(c, names[i]);
	for (; *keys != NULL && left < n; keys++) {
		struct strv texts = {0};
		uint64_t *numbers = mem_zalloc((left + 1) * sizeof(*numbers)), *all;
		char **words = nv_strs(nv, *keys, &m);
		size_t k = 0;
		for (size_t i = 0; words != NULL && i < m && i < n; i++)
			if (keep[i])
				strv_add(&texts, words[i]);
		if (words == NULL && (all = nv_u64s(nv, *keys, &m)) != NULL) {
			for (size_t i = 0; i < m && i < n; i++)
				if (keep[i])
					numbers[k++] = all[i];
			nv_add_u64s(nv, *keys, numbers, k);
		} else if (words != NULL) {
			nv_add_strs(nv, *keys, texts.items, texts.n);
		}
		strv_free(&texts);
		free(numbers);
	}
	free(keep);
}

#define OUT_OF_REACH "one out of reach"

/* Whose key it has, of which snapshots there are clones, and what is mounted where it is to be. */
static void filter_dataset(const struct confine *c, nvlist_t *one)
{
	static const char *const whose[] = {"root", "above"};
	static const char *const below[] = {"below", NULL};
	static const char *const kept[] = {"kept", "kept_used", NULL};
	static const char *const holds[] = {"kept_snap", "kept_holder", NULL};
	nvlist_t *key = nv_nv(one, "key"), *clones = nv_nv(nv_nv(one, "way"), "clones"),
		 *place = nv_nv(one, "place");
	const char *over = nv_str(place, "over");
	size_t n_hides;
	char *out_of_reach[] = {(char *)(uintptr_t)OUT_OF_REACH};

	filter_arrays(c, one, below);
	filter_arrays(c, one, kept);
	filter_arrays(c, one, holds);
	for (size_t i = 0; i < ARRAY_LEN(whose); i++) {
		const char *name = nv_str(nv_nv(key, whose[i]), "name");
		if (nv_nv(key, whose[i]) != NULL && (name == NULL || !confine_has(c, name)))
			nv_remove(key, whose[i]);
	}
	if (over != NULL && !confine_has(c, over))
		nv_add_str(place, "over", OUT_OF_REACH);
	if (nv_strs(place, "hides", &n_hides) != NULL)
		nv_add_strs(place, "hides", out_of_reach, 1);
	struct strv snaps = {0};
	nv_each(clones, p)
		strv_add(&snaps, nvpair_name(p));
	for (size_t i = 0; i < snaps.n; i++) {
		struct strv told = {0};
		size_t n;
		char **names = nv_strs(clones, snaps.items[i], &n);
		for (size_t k = 0; k < n; k++) /* that there is one is in the way all the same */
			strv_add(&told, confine_has(c, names[k]) ? names[k] : OUT_OF_REACH);
		nv_add_strs(clones, snaps.items[i], told.items, told.n);
		strv_free(&told);
	}
	strv_free(&snaps);
}

static void filter_listing(const struct confine *c, nvlist_t *result)
{
	static const char *const named[] = {"names",  "hosts",     "fss", "rpos",
					    "paused", "recursive", NULL};
	static const char *const seen[] = {"seen", "seen_guids", NULL}, *const replicas[] = {
									    "seen_replicas",
									    "seen_replicas_guids",
									    NULL};
	nvlist_t *datasets = nv_nv(result, "datasets");

	filter_keys(c, datasets, true);
	filter_keys(c, nv_nv(result, "beside"), false);
	filter_keys(c, nv_nv(result, "unreadable"), false);
	filter_arrays(c, result, named);
	filter_arrays(c, result, seen);
	filter_arrays(c, result, replicas);
	nv_each(datasets, p)
		if (confine_has(c, nvpair_name(p)))
			filter_dataset(c, nv_value(p));
		else
			filter_parent(nv_value(p));
}

/* As if it could not be read, so that whoever asks goes on with the others. */
static void tell_left_out(const nvlist_t *args, nvlist_t *result)
{
	size_t n;
	char **names = nv_strs(args, LEFT_OUT, &n);
	nvlist_t *none = nv_new();

	if (n > 0 && nv_nv(result, "unreadable") == NULL)
		nv_add_nv(result, "unreadable", none);
	for (size_t i = 0; i < n; i++)
		nv_add_str(nv_nv(result, "unreadable"), names[i], UNREADABLE_CONFINED);
	nv_free(none);
}

void confine_filter(const struct confine *c, const char *op, const nvlist_t *args, nvlist_t *result)
{
	if (result != NULL && (strcmp(op, OP_LIST) == 0 || strcmp(op, OP_ROSTER) == 0)) {
		filter_listing(c, result);
		tell_left_out(args, result);
	}
}
