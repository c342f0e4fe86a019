/* OP_LIST: four zfs processes for what a sync asks, more only where the names do not fit into one. */
#include "zfs/local_list.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <libzfs_core.h>

#include "util/buf.h"
#include "util/mem.h"
#include "util/name.h"
#include "util/num.h"
#include "util/snap_columns.h"
#include "util/sorted.h"
#include "util/source.h"
#include "zfs/local.h"
#include "zfs/local_beside.h"
#include "zfs/local_by.h"
#include "zfs/local_confine.h"
#include "zfs/local_examine.h"
#include "zfs/local_get.h"
#include "zfs/local_hook.h"
#include "zfs/local_key.h"
#include "zfs/local_may.h"
#include "zfs/local_place.h"
#include "zfs/local_seen.h"
#include "zfs/local_set.h"
#include "zfs/local_tags.h"
#include "zfs/local_way.h"
#include "zfs/ops.h"
#include "zfs/parse.h"
#include "zfs/parse_snaps.h"

static const char *const native_props[] = {
    "type",       "guid",           "written",
    "available",  "referenced",     "readonly",
    "encryption", "keystatus",      "mounted",
    "canmount",   "mountpoint",     "receive_resume_token",
    "volsize",    "refreservation", "encryptionroot",
    "keyguid",    "keyformat",      "pbkdf2iters",
    "pbkdf2salt", "inconsistent", /* hidden ones, which have to be named */
    "origin", /* last: the only one here whose value nobody can set, see parse_get() */
};

/* Of zrep's own, without the tag, what is looked at here. The others only the asker has to know. */
static const char *const needed[] = {"lock-pid", "recursive", "by"};

/* More than zrep will ever store. */
#define OWN_MAX 64u
#define OWN_NAME_MAX 64u
#define SETTINGS_MAX 128u

static struct strv keys_of(const nvlist_t *nv)
{
	struct strv keys = {0};

	nv_each(nv, p)
		strv_add(&keys, nvpair_name(p));
	return keys;
}

static void argv_begin(struct strv *argv, const char *verb)
{
	strv_add(argv, "zfs");
	strv_add(argv, verb);
	strv_add(argv, "-Hp");
}

/* Every dataset on which TAG:src-fs is set. */
static struct err *discover(struct local *l, const char *tag, struct strv *names)
{
	struct strv argv = {0};
	struct buf out = {0};

	argv_begin(&argv, "get");
	strv_split(&argv, "-s local,received -o name -t filesystem,volume");
	strv_addf(&argv, "%s:src-fs", tag);
	struct err *e = local_listing(l, &argv, &out);
	char *save = NULL;
	for (char *line = out.data ? strtok_r(out.data, "\n", &save) : NULL;
	     line != NULL && e == NULL; line = strtok_r(NULL, "\n", &save))
		if (name_is_dataset(line) && local_confine_tells(l, line))
			strv_add(names, line);
	buf_free(&out);
	return e;
}

/* Adds to names those that take part in a change which began under another name. */
static struct err *discover_asides(struct local *l, const char *tag, struct strv *names)
{
	struct strv argv = {0}, asides = {0};
	struct buf out = {0};

	argv_begin(&argv, "get");
	strv_split(&argv, "-s local -o name,value -t filesystem,volume");
	strv_addf(&argv, "%s:switch", tag);
	struct err *e = local_listing(l, &argv, &out);
	if (e == NULL)
		parse_asides(buf_str(&out), names->items, names->n, &asides);
	for (size_t i = 0; i < asides.n; i++)
		if (local_confine_tells(l, asides.items[i]))
			strv_add(names, asides.items[i]);
	strv_free(&asides);
	buf_free(&out);
	return e;
}

/* Every dataset on which TAG:master is set, and where it says its other side is. All of it is only a
 * hint: the datasets are read again, and properly, once they are locked. */
static struct err *discover_masters(struct local *l, const char *tag, nvlist_t *result)
{
	struct strv argv = {0}, names = {0}, hosts = {0}, fss = {0};
	struct buf out = {0};

	argv_begin(&argv, "get");
	strv_split(&argv, "-s local,received -o name,property,value -t filesystem,volume");
	strv_addf(&argv, "%s:master,%s:dest-host,%s:dest-fs", tag, tag, tag);
	struct err *e = local_listing(l, &argv, &out);
	if (e == NULL)
		parse_masters(buf_str(&out), &names, &hosts, &fss);
	if (e == NULL)
		local_seen_all(tag, SEEN_MASTER, &names);
	nv_add_strs(result, "names", names.items, names.n);
	nv_add_strs(result, "hosts", hosts.items, hosts.n);
	nv_add_strs(result, "fss", fss.items, fss.n);
	strv_free(&names);
	strv_free(&hosts);
	strv_free(&fss);
	buf_free(&out);
	return e;
}

/* The names of zrep's own properties that are asked for, and those that are needed here: each once. */
static struct err *own_props(const nvlist_t *args, struct strv *own)
{
	size_t n;
	char **asked = nv_strs(args, "own", &n);

	if (n > OWN_MAX)
		return err_new(ERR_FAILED, "too many properties are asked for");
	for (size_t i = 0; i < n; i++) {
		if (strlen(asked[i]) > OWN_NAME_MAX || !name_is_prop(asked[i]) ||
		    strpbrk(asked[i], ":@") != NULL || strv_has(own, asked[i]))
			return err_new(ERR_FAILED, "\"%.100s\" is no property to ask for",
				       asked[i]);
		strv_add(own, asked[i]);
	}
	for (size_t i = 0; i < ARRAY_LEN(needed); i++)
		if (!strv_has(own, needed[i]))
			strv_add(own, needed[i]);
	return NULL;
}

static bool is_listed_anyway(const char *prop)
{
	for (size_t i = 0; i < ARRAY_LEN(native_props); i++)
		if (strcmp(native_props[i], prop) == 0)
			return true;
	return false;
}

static bool is_unknown(struct local *l, const char *setting)
{
	pthread_mutex_lock(&l->unknown_lock);
	bool is = strv_has(&l->unknown, setting);
	pthread_mutex_unlock(&l->unknown_lock);
	return is;
}

static void note_unknown(struct local *l, const char *setting)
{
	pthread_mutex_lock(&l->unknown_lock);
	if (!strv_has(&l->unknown, setting))
		strv_add(&l->unknown, setting);
	pthread_mutex_unlock(&l->unknown_lock);
}

/* The names of native properties that are asked for, each once; none that this system's `zfs` is known not to know. */
static struct err *setting_props(struct local *l, const nvlist_t *args, struct strv *settings)
{
	size_t n;
	char **asked = nv_strs(args, "settings", &n);

	if (n > SETTINGS_MAX)
		return err_new(ERR_FAILED, "too many properties are asked for");
	for (size_t i = 0; i < n; i++) {
		if (strlen(asked[i]) > OWN_NAME_MAX || !name_is_prop(asked[i]) ||
		    strpbrk(asked[i], ":@") != NULL || strcmp(asked[i], "all") == 0)
			return err_new(ERR_FAILED, "\"%.100s\" is no property to ask for",
				       asked[i]);
		if (!is_listed_anyway(asked[i]) && !strv_has(settings, asked[i]) &&
		    !is_unknown(l, asked[i]))
			strv_add(settings, asked[i]);
	}
	return NULL;
}

/* The place of the setting that e says this system's `zfs` does not know; n: it is about something else. */
static size_t unknown_setting(const struct err *e, const struct strv *settings)
{
	size_t at = 0;

	for (; at < settings->n; at++) {
		char *said = str_fmt("invalid property '%s'", settings->items[at]);
		bool is = strstr(e->what, said) != NULL;
		free(said);
		if (is)
			break;
	}
	return at;
}

/* Those of `settings` that this system's `zfs` does not know are taken out. */
static struct err *get_props(struct local *l, const char *tag, const struct strv *own,
			     struct strv *settings, char *const *names, size_t n,
			     nvlist_t *datasets, nvlist_t *unreadable)
{
	struct err *e;
	size_t lacks;

	do {
		struct strv props = {0};
		/* Ours first, the native ones last: see parse_get(). */
		for (size_t i = 0; i < own->n; i++)
			strv_addf(&props, "%s:%s", tag, own->items[i]);
		for (size_t i = 0; i < settings->n; i++)
			strv_add(&props, settings->items[i]);
		for (size_t i = 0; i < ARRAY_LEN(native_props); i++)
			strv_add(&props, native_props[i]);
		e = local_get_apart(l, (const char *const *)props.items, props.n, names, n,
				    datasets, unreadable);
		strv_free(&props);
		lacks = e != NULL ? unknown_setting(e, settings) : settings->n;
		if (lacks < settings->n) {
			note_unknown(l, settings->items[lacks]); /* each costs a `zfs get` more */
			free(settings->items[lacks]);
			settings->items[lacks] = settings->items[--settings->n];
			settings->items[settings->n] = NULL;
			err_free(e);
			e = NULL;
			lacks = settings->n + 1;
		}
	} while (lacks > settings->n);
	return e;
}

/* Of these, by halves where a value breaks the listing: it hides no other dataset than its own, which is moved to
 * `unreadable`. */
static struct err *list_snaps(struct local *l, const char *tag, char *const *names, size_t n,
			      nvlist_t *datasets, nvlist_t *unreadable)
{
	struct strv argv = {0};
	struct buf out = {0}, columns = {0};
	nvlist_t *some = nv_new(), *none = nv_new();
	struct err *broken = NULL;

	argv_begin(&argv, "list");
	strv_split(&argv, "-d 1 -t snapshot,bookmark -o");
	for (size_t i = 0; i < SNAP_LISTED; i++)
		if (snap_columns[i].zfs != NULL)
			buf_addf(&columns, "%s,", snap_columns[i].zfs);
		else
			buf_addf(&columns, "%s:%s,", tag, snap_columns[i].key);
	strv_addf(&argv, "name,%sname", columns.data);
	buf_free(&columns);
	struct err *e = local_listing_of(l, &argv, names, n, &out);
	/* What is in the lines counts only for those that were asked for: a value can hold whole lines about others. */
	for (size_t i = 0; i < n; i++)
		nv_add_nv(some, names[i], none);
	if (e == NULL)
		broken = parse_snaps(buf_str(&out), some);
	buf_free(&out);
	for (size_t i = 0; e == NULL && broken == NULL && i < n; i++)
		nv_each(nv_nv(some, names[i]), part)
			nv_add_nv(nv_nv(datasets, names[i]), nvpair_name(part),
				  nv_nv(nv_nv(some, names[i]), nvpair_name(part)));
	nv_free(none);
	nv_free(some);
	if (broken != NULL && n == 1) {
		nv_remove(datasets, names[0]);
		nv_add_str(unreadable, names[0], "");
	} else if (broken != NULL) {
		e = list_snaps(l, tag, names, n / 2, datasets, unreadable);
		if (e == NULL)
			e = list_snaps(l, tag, names + n / 2, n - n / 2, datasets, unreadable);
	}
	err_free(broken);
	return e;
}

static struct err *list_all_snaps(struct local *l, const char *tag, nvlist_t *datasets,
				  nvlist_t *unreadable)
{
	struct strv names = keys_of(datasets);
	struct err *e = NULL;

	if (names.n > 0)
		e = list_snaps(l, tag, names.items, names.n, datasets, unreadable);
	strv_free(&names);
	return e;
}

/* Those that are not below others of them: what is below these is below those, and zfs would go down there once
 * for each. (One that is missed costs time and nothing else.) */
static struct strv topmost_of(const nvlist_t *datasets)
{
	struct strv all = keys_of(datasets), top = {0};

	sorted_sort(all.items, all.n);
	for (size_t i = 0; i < all.n; i++)
		if (top.n == 0 || !name_within(all.items[i], top.items[top.n - 1]))
			strv_add(&top, all.items[i]);
	strv_free(&all);
	return top;
}

static struct err *list_below(struct local *l, nvlist_t *datasets)
{
	struct strv argv = {0}, names = topmost_of(datasets);
	struct buf out = {0};

	argv_begin(&argv, "list");
	strv_split(&argv, "-r -o name -t filesystem,volume");
	struct err *e = local_listing_of(l, &argv, names.items, names.n, &out);
	if (e == NULL)
		e = err_wrap(parse_below(buf_str(&out), datasets), "%s", l->host);
	strv_free(&names);
	buf_free(&out);
	return e;
}

/* The part of a listing that is recursive pairs. */
static nvlist_t *recursive_ones(const char *tag, const nvlist_t *datasets)
{
	nvlist_t *some = nv_new();
	char *key = str_fmt("%s:recursive", tag);

	nv_each(datasets, p) {
		const nvlist_t *one = nv_nv(datasets, nvpair_name(p));
		const char *value = nv_str(nv_nv(one, "value"), key);
		const char *source = nv_str(nv_nv(one, "source"), key);
		if (value != NULL && *value != '\0' && source_is_own(source))
			nv_add_nv(some, nvpair_name(p), one);
	}
	free(key);
	return some;
}

static struct err *list_trees(struct local *l, const char *tag, nvlist_t *datasets)
{
	nvlist_t *tops = recursive_ones(tag, datasets);
	struct err *e = nv_empty(tops) ? NULL : list_below(l, tops);

	nv_each(tops, p)
		nv_add_nv(datasets, nvpair_name(p), nv_nv(tops, nvpair_name(p)));
	nv_free(tops);
	return e;
}

static bool is_held(const char *dataset, const char *part, const char *tag)
{
	char *snap = str_fmt("%s@%s", dataset, part);
	nvlist_t *holds = NULL;
	bool held = lzc_get_holds(snap, &holds) == 0 && nvlist_exists(holds, tag);

	nvlist_free(holds);
	free(snap);
	return held;
}

/* userrefs says how many holds there are; whether one is ours costs a call, without a process. */
static void add_holds(const char *dataset, const char *tag, nvlist_t *one)
{
	size_t n, m;
	nvlist_t *snaps = nv_nv(one, "snaps");
	char **name = nv_strs(snaps, "name", &n);
	uint64_t *holds = nv_u64s(snaps, "holds", &m);
	uint64_t *held = mem_zalloc(n * sizeof(*held));

	for (size_t i = 0; i < n && n == m; i++)
		held[i] = holds[i] > 0 && is_held(dataset, name[i], tag);
	if (n > 0)
		nv_add_u64s(snaps, "held", held, n);
	free(held);
}

/* What would be free if the snapshots that only the other side needs were gone: from the oldest of zrep's to what is held.
 * Others of that time count as well, as ZFS cannot tell them apart. */
static void add_pinned(const char *dataset, const char *tag, nvlist_t *one)
{
	size_t n, m, first, last;
	nvlist_t *snaps = nv_nv(one, "snaps");
	char **name = nv_strs(snaps, "name", &n);
	const uint64_t *held = nv_u64s(snaps, "held", &m);
	struct name_seq seq;
	uint64_t bytes = 0;

	for (last = n == m ? n : 0; last > 0 && held[last - 1] == 0; last--)
		;
	if (last == 0)
		return;
	for (first = 0; first + 1 < last && !name_parse_seq(name[first], tag, &seq); first++)
		;
	char *from = str_fmt("%s@%s", dataset, name[first]);
	char *to = str_fmt("%s@%s", dataset, name[last - 1]);
	if (lzc_snaprange_space(from, to, &bytes) == 0)
		nv_add_u64(one, "pinned", bytes);
	free(from);
	free(to);
}

/* zrep 1.x and 2.x lock a dataset by storing their process id on it. One that came with a stream is a process
 * of the other host's, and an inherited one locks another dataset. */
static bool script_lives(const char *tag, const nvlist_t *one)
{
	char *key = str_fmt("%s:lock-pid", tag);
	const char *text = nv_str(nv_nv(one, "value"), key);
	const char *source = nv_str(nv_nv(one, "source"), key);
	uint64_t pid = 0;
	bool lives = text != NULL && source_is_local(source) && num_parse_u64(text, &pid) &&
		     pid > 1 && pid < INT32_MAX && (kill((pid_t)pid, 0) == 0 || errno == EPERM);

	free(key);
	return lives;
}

/* Of what is said of the datasets, the native properties that are really set there: a user property may hold whole lines,
 * which would pass for them. Each gets its own as "native". */
static struct err *confirm_native(struct local *l, const nvlist_t *said, char *const *names,
				  size_t n, nvlist_t *datasets, nvlist_t *unreadable)
{
	nvlist_t *got = nv_new(), *once = nv_new();
	struct strv props = {0};

	nv_each(said, d)
		nv_each(nv_nv(said, nvpair_name(d)), p)
			if (name_is_prop(nvpair_name(p)) && !name_is_user_prop(nvpair_name(p)))
				nv_add_flag(once, nvpair_name(p));
	nv_each(once, p)
		strv_add(&props, nvpair_name(p));
	strv_add(&props, "origin"); /* see parse_get() */
	/* A value of one that another one has made us ask for is no reason to do without it: it is asked by itself. */
	const char *const *asked = (const char *const *)props.items;
	struct err *e = n > 1 ? local_get(l, asked, props.n, names, n, got)
			      : local_get_apart(l, asked, props.n, names, n, got, unreadable);
	for (size_t i = 0; i < n && e == NULL; i++) {
		nvlist_t *native = nv_new(), *one = nv_nv(datasets, names[i]);
		const nvlist_t *value = nv_nv(nv_nv(got, names[i]), "value");
		const nvlist_t *source = nv_nv(nv_nv(got, names[i]), "source");
		nv_each(nv_nv(said, names[i]), p) {
			const char *prop = nvpair_name(p), *from = nv_str(source, prop);
			if (from != NULL && source_is_own(from))
				nv_add_str(native, prop, nv_str(value, prop));
		}
		nv_add_nv(one, "native", native);
		nv_free(native);
	}
	strv_free(&props);
	nv_free(once);
	nv_free(got);
	return e;
}

/* Two processes for all of them; where one of them spoils that, by halves. */
static struct err *add_native(struct local *l, char *const *names, size_t n, nvlist_t *datasets,
			      nvlist_t *unreadable)
{
	struct strv argv = {0};
	struct buf out = {0};
	nvlist_t *said = nv_new(), *none = nv_new();

	for (size_t i = 0; i < n; i++)
		nv_add_nv(said, names[i], none);
	argv_begin(&argv, "get");
	strv_split(&argv, "-s local,received -o name,property,value,source all");
	struct err *e = local_listing_of(l, &argv, names, n, &out);
	struct err *spoilt = e == NULL ? parse_native(buf_str(&out), said) : NULL;
	bool broken = spoilt != NULL;
	if (e == NULL && !broken) {
		e = confirm_native(l, said, names, n, datasets, unreadable);
		broken = n > 1 && e != NULL && e->kind == ERR_FAILED && e->reason == REASON_NONE;
	}
	err_free(spoilt);
	nv_free(none);
	nv_free(said);
	buf_free(&out);
	if (!broken)
		return e;
	err_free(e);
	if (n == 1) {
		nv_add_str(unreadable, names[0], "");
		return NULL;
	}
	e = add_native(l, names, n / 2, datasets, unreadable);
	return e != NULL ? e : add_native(l, names + n / 2, n - n / 2, datasets, unreadable);
}

/* What is written but not committed yet does not show in `written`; a sync that took that for "no
 * change" would leave the last seconds behind. */
static struct err *settle(struct local *l, char *const *names, size_t n)
{
	nvlist_t *done = nv_new(), *force = nv_new();
	struct err *e = NULL;

	if (nvlist_add_boolean_value(force, "force", B_TRUE) != 0)
		mem_exhausted();
	for (size_t i = 0; i < n && e == NULL; i++) {
		char *pool = name_pool(names[i]);
		if (!nv_flag(done, pool)) {
			nvlist_t *out = NULL;
			int rc = lzc_sync(pool, force, &out);
			nvlist_free(out);
			nv_add_flag(done, pool);
			if (rc != 0 && rc != ENOENT) /* that its dataset is missing will be told */
				e = local_error(l, rc, "commit what is written to pool", pool);
		}
		free(pool);
	}
	nv_free(force);
	nv_free(done);
	return e;
}

/* zfs says of a dataset in a pool that is not imported what it says of one that was destroyed. */
static void find_pools_away(const struct strv *names, const nvlist_t *datasets, nvlist_t *result)
{
	struct strv missing = {0}, away = {0};

	for (size_t i = 0; i < names->n; i++)
		if (nv_nv(datasets, names->items[i]) == NULL)
			strv_add(&missing, names->items[i]);
	struct strv pools = name_pools(missing.items, missing.n);
	for (size_t i = 0; i < pools.n; i++)
		if (local_pool_gone(pools.items[i]))
			strv_add(&away, pools.items[i]);
	nv_add_strs(result, "pools_away", away.items, away.n);
	strv_free(&missing);
	strv_free(&pools);
	strv_free(&away);
}

/* What was listed of a pool that was exported meanwhile may have been cut short, and looks whole all the same: snapshots would
 * seem to be gone. Nothing of it counts, see find_pools_away(). */
static void drop_pools_gone(nvlist_t *datasets)
{
	struct strv names = keys_of(datasets), pools = name_pools(names.items, names.n);

	for (size_t k = 0; k < pools.n; k++) {
		bool gone = local_pool_gone(pools.items[k]);
		for (size_t i = 0; i < names.n && gone; i++)
			if (name_same_pool(names.items[i], pools.items[k]))
				nv_remove(datasets, names.items[i]);
	}
	strv_free(&pools);
	strv_free(&names);
}

/* One process, for all of them. */
static struct err *find_pools(struct local *l, const nvlist_t *datasets, nvlist_t *result)
{
	struct strv names = keys_of(datasets), pools = name_pools(names.items, names.n), argv = {0},
		    readonly = {0};
	nvlist_t *states = nv_new();
	struct buf out = {0};

	strv_split(&argv, "zpool get -Hp -o name,property,value all");
	for (size_t i = 0; i < pools.n; i++)
		strv_add(&argv, pools.items[i]);
	struct err *e = pools.n > 0 ? local_listing(l, &argv, &out) : NULL;
	if (e == NULL && pools.n > 0)
		parse_pools(buf_str(&out), states, &readonly);
	nv_add_strs(result, "pools_readonly", readonly.items, readonly.n);
	nv_add_nv(result, "pools", states);
	nv_free(states);
	strv_free(&argv);
	strv_free(&names);
	strv_free(&pools);
	strv_free(&readonly);
	buf_free(&out);
	return e;
}

static void add_host(struct local *l, nvlist_t *result)
{
	nv_add_str(result, "host", l->host);
	nv_add_u64(result, "now", (uint64_t)time(NULL));
	local_add_snapshot_hooks(l, result);
}

/* The names to list: those asked for, or all that carry TAG:src-fs; with `masters` the answer is in
 * result and there is none. */
static struct err *names_to_list(struct local *l, const char *tag, const nvlist_t *args,
				 nvlist_t *result, struct strv *names)
{
	char **asked = NULL;
	size_t n = 0;
	struct err *e;

	if (nv_strs(args, "datasets", &n) != NULL)
		e = local_names(args, "datasets", false, &asked, &n);
	else if (nv_flag(args, "masters"))
		return discover_masters(l, tag, result);
	else if ((e = discover(l, tag, names)) == NULL && l->confine == NULL &&
		 nv_flag(args, "seen"))
		local_seen_all(tag, SEEN_REPLICA, names);
	for (size_t i = 0; e == NULL && i < n; i++)
		strv_add(names, asked[i]);
	if (e == NULL && nv_flag(args, "asides"))
		e = discover_asides(l, tag, names);
	return e;
}

/* Whoever does not know that some may be unreadable would take them for gone, and hears of none. */
static struct err *tell_unreadable(struct local *l, const nvlist_t *args,
				   const nvlist_t *unreadable, nvlist_t *result)
{
	nvpair_t *first = nv_next(unreadable, NULL);

	if (nv_flag(args, "apart"))
		nv_add_nv(result, "unreadable", unreadable);
	else if (first != NULL)
		return err_remedy(
		    err_refuse(REASON_SETTING,
			       "%s on %s cannot be listed: a value of it has a line break or a tab",
			       nvpair_name(first), l->host),
		    "on %s, {zfs get -d 1 -t all all %s} shows it", l->host, nvpair_name(first));
	return NULL;
}

/* What is asked for each by itself, and what is set on all of them. */
static struct err *add_rest(struct local *l, const char *tag, const nvlist_t *args,
			    nvlist_t *datasets, nvlist_t *unreadable)
{
	struct strv names = keys_of(datasets);
	struct err *e = NULL;

	for (size_t i = 0; i < names.n; i++) {
		nvlist_t *one = nv_nv(datasets, names.items[i]);
		add_holds(names.items[i], tag, one);
		if (nv_flag(args, "space"))
			add_pinned(names.items[i], tag, one);
		if (script_lives(tag, one))
			nv_add_flag(one, "script");
		if (by_another(l, tag, one))
			nv_add_flag(one, "at_work");
	}
	if (nv_flag(args, "native") && names.n > 0)
		e = add_native(l, names.items, names.n, datasets, unreadable);
	for (size_t i = 0; i < names.n && e == NULL; i++)
		if (nv_str(unreadable, names.items[i]) != NULL)
			nv_remove(datasets, names.items[i]);
	strv_free(&names);
	return e;
}

struct err *local_list(struct local *l, const nvlist_t *args, nvlist_t *result)
{
	const char *tag = nv_str(args, "tag");
	nvlist_t *datasets = nv_new(), *unreadable = nv_new();
	struct strv names = {0}, own = {0}, settings = {0};
	struct err *e = tag ? name_check_tag(tag) : err_new(ERR_FAILED, "list lacks its tag");

	if (e == NULL)
		e = own_props(args, &own);
	if (e == NULL)
		e = setting_props(l, args, &settings);
	if (e == NULL)
		e = names_to_list(l, tag, args, result, &names);
	if (e == NULL && names.n > 0 && nv_flag(args, "settle"))
		e = settle(l, names.items, names.n);
	if (e == NULL && names.n > 0)
		e = get_props(l, tag, &own, &settings, names.items, names.n, datasets, unreadable);
	if (e == NULL)
		e = list_all_snaps(l, tag, datasets, unreadable);
	if (e == NULL)
		e = local_tags(l, tag, datasets, unreadable);
	if (e == NULL && !nv_empty(datasets) && nv_flag(args, "below"))
		e = list_below(l, datasets);
	else if (e == NULL && nv_flag(args, "trees"))
		e = list_trees(l, tag, datasets);
	if (e == NULL && !nv_empty(datasets) && nv_flag(args, "examine"))
		e = local_list_for_doctor(l, tag, datasets);
	if (e == NULL)
		e = add_rest(l, tag, args, datasets, unreadable);
	if (e == NULL && !nv_empty(datasets) && nv_flag(args, "ways"))
		e = local_way(l, tag, datasets);
	if (e == NULL && nv_flag(args, "keys"))
		e = local_keys(l, nv_flag(args, "opens"), datasets);
	if (e == NULL && nv_flag(args, "places"))
		local_places(l, datasets);
	if (e == NULL && nv_flag(args, "may"))
		local_may(l, datasets);
	if (e == NULL)
		e = tell_unreadable(l, args, unreadable, result);
	if (e == NULL && nv_flag(args, "beside"))
		err_free(local_beside(l, tag, datasets, result)); /* it is a hint */
	if (e == NULL)
		drop_pools_gone(datasets);
	if (e == NULL)
		find_pools_away(&names, datasets, result);
	if (e == NULL && nv_flag(args, "seen"))
		local_seen_away(tag, result);
	if (e == NULL && nv_flag(args, "settle"))
		local_seen_listed(tag, SEEN_MASTER, datasets);
	/* Not every listing of them waits until all is committed: what is not yet, is seen by the next. */
	if (e == NULL && strv_has(&own, "master") && strv_has(&own, "dest-fs"))
		local_seen_listed(tag, SEEN_REPLICA, datasets);
	if (e == NULL && nv_flag(args, "pools"))
		e = find_pools(l, datasets, result);
	add_host(l, result);
	nv_add_nv(result, "datasets", datasets);
	strv_free(&names);
	strv_free(&own);
	strv_free(&settings);
	nv_free(unreadable);
	nv_free(datasets);
	return e;
}
