/* Reads what hosts have listed: what of it counts, and who has which role by it. */
#include "state/picture.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "state/error_note.h"
#include "state/native.h"
#include "state/props.h"
#include "state/schema.h"
#include "util/mem.h"
#include "util/num.h"
#include "util/snap_columns.h"
#include "util/sorted.h"
#include "util/source.h"

struct reader {
	const char *tag;
	const nvlist_t *value, *source;
};

/* What is set under the tag on this dataset itself. NULL otherwise. */
static const char *set_here(const struct reader *r, const char *prop)
{
	char key[128];

	snprintf(key, sizeof(key), "%s:%s", r->tag, prop);
	const char *source = nv_str(r->source, key), *value = nv_str(r->value, key);
	/* Without root they are emptied before they go: that is one step for all of them. A savecount that is
	 * empty is a mistake, by which nothing must be destroyed. */
	bool emptied = value != NULL && *value == '\0' && strcmp(prop, "savecount") != 0;
	return value == NULL || emptied || !source_is_own(source) ? NULL : value;
}

static bool is_local(const struct reader *r, const char *prop)
{
	char key[128];

	snprintf(key, sizeof(key), "%s:%s", r->tag, prop);
	return source_is_local(nv_str(r->source, key));
}

/* Was any of what makes a pair set here? */
static bool any_local(const struct reader *r)
{
	static const char *const parts[] = {"src-host", "src-fs", "dest-host", "dest-fs"};

	for (size_t i = 0; i < ARRAY_LEN(parts); i++)
		if (is_local(r, parts[i]) && set_here(r, parts[i]) != NULL)
			return true;
	return false;
}

/* A property of zrep's, where it counts. */
static const char *own(const struct reader *r, const char *prop)
{
	const struct schema *row = schema_find(BEARS_DATASET, prop);

	if (row == NULL || (row->counts == COUNTS_LOCAL && !is_local(r, prop)))
		return NULL;
	return set_here(r, prop);
}

static char *own_copy(const struct reader *r, const char *prop)
{
	const char *v = own(r, prop);
	return v == NULL ? NULL : mem_strdup(v);
}

static uint64_t own_u64(const struct reader *r, const char *prop)
{
	const char *v = own(r, prop);
	uint64_t n;
	return v != NULL && num_parse_u64(v, &n) ? n : 0;
}

static uint64_t native_u64(const struct reader *r, const char *prop)
{
	const char *v = nv_str(r->value, prop);
	uint64_t n;
	return v != NULL && num_parse_u64(v, &n) ? n : 0;
}

/* "-" is how zfs says that there is none. */
static char *native_copy(const struct reader *r, const char *prop)
{
	const char *v = nv_str(r->value, prop);
	return v == NULL || strcmp(v, "-") == 0 || *v == '\0' ? NULL : mem_strdup(v);
}

static bool native_is(const struct reader *r, const char *prop, const char *value)
{
	const char *v = nv_str(r->value, prop);
	return v != NULL && strcmp(v, value) == 0;
}

/* A host goes by the name it is called and the name it calls itself. */
static bool names_host(const char *stored, const char *host, const char *self)
{
	return name_names_host(stored, host) || name_names_host(stored, self) ||
	       strcmp(stored, "localhost") == 0;
}

static bool names_itself(const struct dataset *d, const char *host, const char *self)
{
	/* "$(x)@host1" would be a word of a command in some remedy */
	return d->src_host != NULL && d->src_fs != NULL && strcmp(d->src_fs, d->name) == 0 &&
	       name_is_host(d->src_host) && names_host(d->src_host, host, self);
}

static enum role role_of(const struct dataset *d)
{
	bool any = d->src_host || d->src_fs || d->dest_host || d->dest_fs;

	if (!any)
		return d->master ? ROLE_BROKEN : ROLE_NONE;
	if (!d->src_host || !d->src_fs || !d->dest_host || !d->dest_fs)
		return ROLE_BROKEN;
	if (!name_is_dataset(d->src_fs) || !name_is_dataset(d->dest_fs))
		return ROLE_BROKEN;
	if (d->master)
		return d->named_source ? ROLE_MASTER : ROLE_BROKEN;
	/* The source without its mark is not its own replica, though both may go by one name. */
	return strcmp(d->dest_fs, d->name) == 0 && !d->named_source ? ROLE_REPLICA : ROLE_BROKEN;
}

/* Does the destination's host, as stored, mean the host that this dataset was listed on? */
static bool is_destination(const struct dataset *d, const char *host, const char *self)
{
	if (strcmp(d->dest_host, "localhost") == 0) /* that of its source, and that is told */
		return names_host(d->src_host, host, self);
	return names_host(d->dest_host, host, self);
}

/* A host may go by an alias that only its master knows, and then has noted what it calls itself. Nothing that came
 * with a stream says where it came to. */
static bool is_copy(const struct dataset *d, const struct reader *r, const char *host,
		    const char *self)
{
	if (d->role != ROLE_REPLICA)
		return false;
	if (is_destination(
		d, host,
		self)) /* or one of the same name: what a stream has brought is another one's */
		return !d->words_local && d->link.nonce == 0 && set_here(r, "link") != NULL;
	if (d->dest_self != NULL)
		return !name_names_host(d->dest_self, self);
	return !is_local(r, "dest-host");
}

static void read_switch(struct dataset *d, const struct reader *r)
{
	d->switch_text = own_copy(r, "switch");
	d->switch_state = switch_parse(d->switch_text);
	/* Whoever may set a property must not have another dataset renamed by it. */
	if (d->switch_state.kind == SWITCH_REVERTING && d->switch_state.preserve_as != NULL &&
	    strcmp(d->switch_state.preserve_as, d->name) != 0 &&
	    !preserved_is_of(d->switch_state.preserve_as, d->name))
		d->switch_state.kind = SWITCH_UNKNOWN;
	if (d->switch_text != NULL)
		str_clean(d->switch_text);
}

/* What has to do with a change of roles. */
static void read_role_state(struct dataset *d, const struct reader *r)
{
	const char *was = own(r, "readonly");

	read_switch(d, r);
	d->fork = own_u64(r, "fork");
	d->since = own_u64(r, "since");
	d->reset = own_u64(r, "reset");
	if (was != NULL &&
	    (strcmp(was, "on") == 0 || strcmp(was, "off") == 0 || strcmp(was, "inherited") == 0))
		d->readonly_was = mem_strdup(was);
}

/* All that has the tag, as text to show. */
static void read_tagged(struct dataset *d, const struct reader *r)
{
	size_t n = strlen(r->tag);

	d->own = nv_new();
	d->inherited = nv_new();
	nv_each(r->value, p) {
		const char *key = nvpair_name(p), *source = nv_str(r->source, key);
		if (strncmp(key, r->tag, n) != 0 || key[n] != ':' || nv_str(r->value, key) == NULL)
			continue;
		char *shown = str_clean(mem_strdup(nv_str(r->value, key)));
		if (set_here(r, key + n + 1) != NULL)
			nv_add_str(d->own, key, shown);
		else if (source != NULL && strcmp(source, "inherited") == 0)
			nv_add_str(d->inherited, key, shown);
		free(shown);
	}
}

/* Set on it, or on something above. */
static const char *own_or_above(const struct dataset *d, const struct reader *r, const char *name)
{
	char *key = str_fmt("%s:%s", r->tag, name);
	const char *value = nv_str(d->own, key);

	if (value == NULL)
		value = nv_str(d->inherited, key);
	free(key);
	return value != NULL && *value == '\0' ? NULL : value;
}

static void read_foreign(struct dataset *d, const struct reader *r)
{
	const char *which = own_or_above(d, r, "foreign"),
		   *keep = own_or_above(d, r, "foreign-keep");

	if (which != NULL && foreign_check(which))
		d->foreign = mem_strdup(which);
	else if (which != NULL)
		d->foreign_bad = str_fmt("foreign \"%s\"", which);
	if (!foreign_keep_parse(keep, &d->foreign_keep) && d->foreign_bad == NULL)
		d->foreign_bad = str_fmt("foreign-keep \"%s\"", keep);
}

/* Whose pair it is. */
static void read_pair(struct dataset *d, const struct reader *r)
{
	d->src_host = own_copy(r, "src-host");
	d->src_fs = own_copy(r, "src-fs");
	d->dest_host = own_copy(r, "dest-host");
	d->dest_fs = own_copy(r, "dest-fs");
	const char *master = own(r, "master");
	d->master = master != NULL && strcmp(master, "yes") == 0;
	d->epoch = own_u64(r, "epoch");
}

/* Several with a blank between; of more than there may be the last ones. */
static size_t read_former(uint64_t former[FORMER_MAX], const char *text)
{
	struct strv words = {0};
	uint64_t guid;
	size_t n = 0;

	if (text != NULL)
		strv_split(&words, text);
	for (size_t i = words.n > FORMER_MAX ? words.n - FORMER_MAX : 0; i < words.n; i++)
		if (num_parse_u64(words.items[i], &guid) && guid != 0)
			former[n++] = guid;
	strv_free(&words);
	return n;
}

/* Who the two ends of its link are. */
static void read_identity(struct dataset *d, const struct reader *r)
{
	const char *id = own(r, "set");

	d->set_id = link_is_id(id) ? mem_strdup(id) : NULL;
	d->peer_guid = own_u64(r, "peer-guid");
	d->n_former = read_former(d->former, own(r, "former-guid"));
	d->link = link_mark_parse(own(r, "link"));
	d->words_local = any_local(r);
}

/* What is wished for a dataset and all that is below it. */
static void read_wishes(struct dataset *d, const struct reader *r)
{
	const char *quotas = own_or_above(d, r, "quotas"), *rpo = own_or_above(d, r, "rpo");

	d->quotas_own = quotas != NULL && (strcmp(quotas, "no") == 0 || strcmp(quotas, "off") == 0);
	d->quotas_bad = quotas != NULL && !d->quotas_own && strcmp(quotas, "yes") != 0 &&
			strcmp(quotas, "on") != 0;
	d->rpo_bad = rpo != NULL && (!num_parse_seconds(rpo, &d->rpo) || d->rpo == 0);
	if (d->rpo_bad)
		d->rpo = 0;
	d->quotas_text = quotas != NULL ? str_clean(mem_strdup(quotas)) : NULL;
	d->rpo_text = rpo != NULL ? str_clean(mem_strdup(rpo)) : NULL;
}

/* What a replica may have from its source. */
static void read_settings(struct dataset *d, const struct reader *r)
{
	if (nv_str(r->value, "compression") == NULL)
		return;
	d->settings = nv_new();
	d->settings_from = nv_new();
	nv_each(r->value, p) {
		const char *prop = nvpair_name(p), *value = nv_str(r->value, prop),
			   *from = nv_str(r->source, prop);
		if (value == NULL || from == NULL || strcmp(value, "-") == 0 ||
		    !native_has(prop, NATIVE_DATA))
			continue;
		nv_add_str(d->settings, prop, value);
		nv_add_str(d->settings_from, prop, from);
	}
}

static void read_props(struct dataset *d, const struct reader *r)
{
	d->type = native_is(r, "type", "volume") ? TYPE_VOLUME : TYPE_FILESYSTEM;
	d->guid = native_u64(r, "guid");
	d->written = native_u64(r, "written");
	d->available = native_u64(r, "available");
	d->referenced = native_u64(r, "referenced");
	d->used = native_u64(r, "used");
	d->refreservation = native_u64(r, "refreservation");
	d->volsize = native_u64(r, "volsize");
	d->readonly = native_is(r, "readonly", "on");
	const char *source = nv_str(r->source, "readonly");
	d->readonly_local = source_is_local(source);
	d->readonly_own = source_is_own(source);
	d->key_missing = native_is(r, "keystatus", "unavailable");
	d->key_root = native_copy(r, "encryptionroot");
	d->mounted = native_is(r, "mounted", "yes");
	d->mountpoint = native_copy(r, "mountpoint");
	d->canmount = native_copy(r, "canmount");
	char *encryption = native_copy(r, "encryption");
	d->encrypted = encryption != NULL && strcmp(encryption, "off") != 0;
	free(encryption);
	d->key_guid = native_u64(r, "keyguid");
	d->inconsistent = native_is(r, "inconsistent", "1");
	d->token = native_copy(r, "receive_resume_token");
	d->origin = native_copy(r, "origin");
	read_pair(d, r);
	d->dest_self = own_copy(r, "dest-self");
	read_identity(d, r);
	const char *large = own(r, "large-blocks");
	d->split = large != NULL && strcmp(large, "no") == 0;
	d->savecount_text = own_copy(r, "savecount");
	d->savecount = own_u64(r, "savecount");
	d->savecount_bad = d->savecount_text != NULL && d->savecount == 0;
	d->keep_text = own_copy(r, "keep");
	d->keep_bad = d->keep_text != NULL && !retention_parse(d->keep_text, &d->keep);
	if (d->keep_text != NULL)
		str_clean(d->keep_text);
	read_role_state(d, r);
	d->history = own_copy(r, "history");
	d->late = own_u64(r, "late");
	char *drilled = own_copy(r, "drill");
	d->drilled = drill_mark_parse(drilled);
	free(drilled);
	d->links_text = is_local(r, "others") ? own_copy(r, "others") : NULL;
	d->links = links_parse(d->links_text);
	d->key_sent = own_copy(r, "key");
	if (d->key_sent != NULL)
		str_clean(d->key_sent);
	d->paused = own(r, "paused") != NULL && strcmp(own(r, "paused"), "no") != 0;
	d->recursive = own(r, "recursive") != NULL && strcmp(own(r, "recursive"), "no") != 0;
	d->excluded = own(r, "exclude") != NULL && strcmp(own(r, "exclude"), "no") != 0;
	d->error = own_copy(r, "error");
	if (d->error != NULL)
		str_clean(d->error);
	read_tagged(d, r);
	read_foreign(d, r);
	const char *props = own(r, "props");
	d->props = props != NULL ? props_parse(props) : NULL;
	d->props_bad = props != NULL && d->props == NULL;
	const char *limits = own(r, "limits");
	d->limits = limits != NULL ? props_parse(limits) : NULL;
	const char *followed = own(r, "followed");
	d->followed = followed != NULL ? props_parse(followed) : NULL;
	read_wishes(d, r);
	read_settings(d, r);
}

static int by_txg(const void *a, const void *b)
{
	const struct snap *x = a, *y = b;
	return x->createtxg < y->createtxg ? -1 : x->createtxg > y->createtxg;
}

/* In a row the newer one has the higher address. */
static int newest_first(const struct snap *x, const struct snap *y)
{
	return x > y ? -1 : x < y;
}

static int by_snap_guid(const void *a, const void *b)
{
	const struct snap *x = *(const struct snap *const *)a, *y = *(const struct snap *const *)b;

	if (x->guid != y->guid)
		return x->guid < y->guid ? -1 : 1;
	return newest_first(x, y);
}

static int by_snap_name(const void *a, const void *b)
{
	const struct snap *x = *(const struct snap *const *)a, *y = *(const struct snap *const *)b;
	int c = strcmp(x->name, y->name);

	return c != 0 ? c : newest_first(x, y);
}

static int by_mark_guid(const void *a, const void *b)
{
	const struct snap *x = *(const struct snap *const *)a, *y = *(const struct snap *const *)b;

	if (x->guid != y->guid || x->zrep_named == y->zrep_named)
		return by_snap_guid(a, b);
	return x->zrep_named ? -1 : 1;
}

static const struct snap **sorted(const struct snap *rows, size_t n,
				  int (*by)(const void *, const void *))
{
	const struct snap **all = mem_array(NULL, n, sizeof(*all));

	for (size_t i = 0; i < n; i++)
		all[i] = &rows[i];
	if (n > 0)
		qsort(all, n, sizeof(*all), by);
	return all;
}

static struct err *read_snaps(struct dataset *d, const nvlist_t *snaps, const char *tag)
{
	uint64_t *num[SNAP_COLUMNS];
	size_t n, m;
	char **name = nv_strs(snaps, "name", &n), other[NAME_TAG_MAX + 1];

	for (size_t i = 0; i < SNAP_COLUMNS; i++) {
		num[i] = nv_u64s(snaps, snap_columns[i].key, &m);
		if (num[i] == NULL && i == SNAP_GROUND) /* an older zrep: there is none */
			continue;
		if (m != n)
			return err_new(ERR_FAILED, "the snapshot list of %s is damaged", d->name);
	}
	d->snaps = mem_zalloc(n * sizeof(struct snap));
	for (size_t i = 0; i < n; i++) {
		struct snap *s = &d->snaps[i];
		char *full = str_fmt("%s@%s", d->name, name[i]);
		bool ok = name_is_snapshot(full);
		free(full);
		if (!ok)
			return err_new(ERR_FAILED, "the snapshot list of %s is damaged", d->name);
		*s = (struct snap){.name = mem_strdup(name[i]),
				   .guid = num[SNAP_GUID][i],
				   .createtxg = num[SNAP_CREATETXG][i],
				   .creation = num[SNAP_CREATION][i],
				   .written = num[SNAP_WRITTEN][i],
				   .sent = num[SNAP_SENT][i],
				   .holds = num[SNAP_HOLDS][i],
				   .held = num[SNAP_HELD][i] != 0};
		s->zrep_named = name_parse_seq(s->name, tag, &s->seq);
		/* It says which one it means: set on the dataset, it would be inherited by all of them, also by
		 * those that others have made. */
		bool passed_on = s->guid != 0 && !s->zrep_named && name_seq_tag(s->name, other);
		s->cascaded = passed_on && num[SNAP_RELAYED][i] == s->guid;
		s->ground = passed_on && !s->cascaded && num[SNAP_GROUND] != NULL &&
			    num[SNAP_GROUND][i] == s->guid;
		d->n_snaps++;
	}
	if (n > 0)
		qsort(d->snaps, n, sizeof(struct snap), by_txg);
	d->by_guid = sorted(d->snaps, d->n_snaps, by_snap_guid);
	d->by_name = sorted(d->snaps, d->n_snaps, by_snap_name);
	return NULL;
}

/* Of a list of names, those of snapshots of d. */
static struct snap *snap_named(struct dataset *d, const char *name)
{
	size_t lo = 0, hi = d->n_snaps;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;
		int c = strcmp(name, d->by_name[mid]->name);
		if (c == 0)
			return &d->snaps[d->by_name[mid] - d->snaps];
		if (c < 0)
			hi = mid;
		else
			lo = mid + 1;
	}
	return NULL;
}

static void read_clones(struct dataset *d, const nvlist_t *clones)
{
	nv_each(clones, p) {
		struct snap *s = snap_named(d, nvpair_name(p));
		size_t n;
		char **names = nv_strs(clones, nvpair_name(p), &n);
		for (size_t i = 0; s != NULL && i < n; i++)
			if (name_is_dataset(names[i]))
				strv_add(&s->clones, names[i]);
	}
}

static void read_holders(struct dataset *d, const nvlist_t *holders)
{
	nv_each(holders, p) {
		struct snap *s = snap_named(d, nvpair_name(p));
		size_t n;
		char **tags = nv_strs(holders, nvpair_name(p), &n);
		for (size_t i = 0; s != NULL && i < n; i++) {
			char *clean = str_clean(mem_strdup(tags[i]));
			strv_add(&s->holders, clean);
			free(clean);
		}
	}
}

/* What would be in the way of going back. */
static void read_way(struct dataset *d, const nvlist_t *way)
{
	size_t n;
	char **names = nv_strs(way, "receiving", &n);
	struct snap *s;

	d->room = nv_u64(way, "room", UINT64_MAX);
	read_clones(d, nv_nv(way, "clones"));
	read_holders(d, nv_nv(way, "holders"));
	for (size_t i = 0; i < n; i++)
		if ((s = snap_named(d, names[i])) != NULL)
			s->receiving = true;
	names = nv_strs(way, "too_large", &n);
	for (size_t i = 0; i < n; i++)
		if ((s = snap_named(d, names[i])) != NULL)
			s->too_large = true;
}

static struct err *read_bookmarks(struct dataset *d, const nvlist_t *marks, const char *tag)
{
	static const enum snap_column columns[] = {SNAP_GUID, SNAP_CREATETXG, SNAP_CREATION};
	uint64_t *num[ARRAY_LEN(columns)];
	size_t n, m;
	char **name = nv_strs(marks, "name", &n);

	for (size_t i = 0; i < ARRAY_LEN(columns); i++) {
		num[i] = nv_u64s(marks, snap_columns[columns[i]].key, &m);
		if (m != n)
			return err_new(ERR_FAILED, "the bookmark list of %s is damaged", d->name);
	}
	d->bookmarks = mem_zalloc((n + 1) * sizeof(struct snap));
	for (size_t i = 0; i < n; i++) {
		char *full = str_fmt("%s#%s", d->name, name[i]);
		bool ok = name_is_bookmark(full);
		free(full);
		if (!ok)
			return err_new(ERR_FAILED, "the bookmark list of %s is damaged", d->name);
		d->bookmarks[d->n_bookmarks++] =
		    (struct snap){.name = mem_strdup(name[i]),
				  .bookmark = true,
				  .zrep_named = name_is_mark(name[i], tag, num[0][i]),
				  .guid = num[0][i],
				  .createtxg = num[1][i],
				  .creation = num[2][i]};
	}
	if (n > 0)
		qsort(d->bookmarks, n, sizeof(struct snap), by_txg);
	d->marks_by_guid = sorted(d->bookmarks, d->n_bookmarks, by_mark_guid);
	d->marks_by_name = sorted(d->bookmarks, d->n_bookmarks, by_snap_name);
	return NULL;
}

/* Read as if it were the tag of this run. */
static struct other_tag read_other(const struct dataset *d, const struct reader *r,
				   const char *host, const char *self)
{
	/* Aside, on its way back, it has another name for a moment: what the others say is of the one that it had. */
	char *before =
	    switch_is_aside(&d->switch_state, d->name) ? preserved_name_before(d->name) : NULL;
	struct dataset as = {.name = before != NULL ? before : d->name};

	read_pair(&as, r);
	read_switch(&as, r);
	as.named_source = names_itself(&as, host, self);
	struct other_tag o = {.tag = mem_strdup(r->tag),
			      .role = role_of(&as),
			      .master = as.master,
			      .received = !as.master && !any_local(r),
			      .src_host = as.src_host,
			      .src_fs = as.src_fs,
			      .dest_host = as.dest_host,
			      .dest_fs = as.dest_fs,
			      .switch_text = as.switch_text,
			      .switch_state = as.switch_state,
			      .epoch = as.epoch,
			      .set_id = link_is_id(own(r, "set")) ? own_copy(r, "set") : NULL,
			      .led = as.master && is_local(r, "error")
					 ? error_note_led(own(r, "error"))
					 : REASON_NONE};
	o.n_former = read_former(o.former, own(r, "former-guid"));
	free(before);
	return o;
}

static int by_tag(const void *a, const void *b)
{
	return strcmp(((const struct other_tag *)a)->tag, ((const struct other_tag *)b)->tag);
}

/* What all other tags say. One that cannot be read must not be taken for none. */
static struct err *read_others(struct dataset *d, const nvlist_t *one, const char *tag,
			       const char *host, const char *self)
{
	const nvlist_t *others = nv_nv(one, "others");
	size_t n = 0;

	nv_each(others, p)
		n++;
	d->others = mem_zalloc((n + 1) * sizeof(*d->others));
	d->others_more = nv_flag(one, "others_more");
	nv_each(others, p) {
		const nvlist_t *its = nv_value(p);
		struct reader r = {nvpair_name(p), nv_nv(its, "value"), nv_nv(its, "source")};
		struct err *e = name_check_tag(r.tag);
		bool ok =
		    e == NULL && r.value != NULL && r.source != NULL && strcmp(r.tag, tag) != 0;
		err_free(e);
		if (!ok)
			return err_new(ERR_FAILED, "what other tags say on %s is damaged", d->name);
		d->others[d->n_others++] = read_other(d, &r, host, self);
	}
	if (d->n_others > 0)
		qsort(d->others, d->n_others, sizeof(*d->others), by_tag);
	for (size_t i = 0; i < d->n_others; i++) {
		const struct other_tag *o = &d->others[i];
		d->cascade = d->cascade || o->role == ROLE_REPLICA;
		/* The role is of the dataset: whichever of its tags it moved under last, that is its epoch. */
		if (o->role != ROLE_NONE && !o->received && o->epoch > d->epoch)
			d->epoch = o->epoch;
	}
	return NULL;
}

/* Which snapshots are another tag's. */
static void read_tags(struct dataset *d)
{
	char tag[NAME_TAG_MAX + 1];

	for (size_t i = 0; i < d->n_snaps && d->n_others > 0; i++) {
		struct snap *s = &d->snaps[i];
		if (s->zrep_named || !name_seq_tag(s->name, tag))
			continue;
		for (size_t k = 0; k < d->n_others && !s->other; k++)
			s->other =
			    d->others[k].src_fs != NULL && strcmp(d->others[k].tag, tag) == 0;
	}
}

/* They are what a new replica is made with here, or a clone: from another host nothing else is taken for them, above all
 * no role. */
static nvlist_t *read_native(const nvlist_t *said)
{
	nvlist_t *native = nv_new();

	nv_each(said, p) {
		const char *prop = nvpair_name(p), *value = nv_str(said, prop);
		if (value != NULL && name_is_prop(prop) && strchr(prop, ':') == NULL)
			nv_add_str(native, prop, value);
	}
	return native;
}

static char *read_text(const nvlist_t *nv, const char *key)
{
	const char *v = nv_str(nv, key);

	return v != NULL && *v != '\0' && strlen(v) < 200 ? str_clean(mem_strdup(v)) : NULL;
}

static void read_owner(struct key_owner *o, const nvlist_t *nv)
{
	const char *name = nv_str(nv, "name"), *guid = nv_str(nv, "guid");

	if (name == NULL || !name_is_dataset(name))
		return;
	o->name = mem_strdup(name);
	if (guid == NULL || !num_parse_u64(guid, &o->guid))
		o->guid = 0;
	o->wrapping = read_text(nv, "wrapping");
	o->opens = nv_flag(nv, "opens");
}

static void read_key(struct dataset *d, const nvlist_t *key)
{
	if (key == NULL)
		return;
	d->key_wrapping = read_text(key, "wrapping");
	d->key_stale = nv_flag(key, "stale") && !d->key_missing;
	read_owner(&d->key_from, nv_nv(key, "root"));
	read_owner(&d->key_above, nv_nv(key, "above"));
}

static void read_place(struct mount_place *p, const nvlist_t *nv)
{
	size_t n;
	char **hides = nv_strs(nv, "hides", &n);

	const char *over = nv_str(nv, "over");
	p->over = over != NULL ? str_clean(str_fmt("%.255s", over)) : NULL;
	for (size_t i = 0; i < n && i < PLACE_HIDES; i++)
		strv_addf(&p->hides, "%.200s", hides[i]);
	for (size_t i = 0; i < p->hides.n; i++)
		(void)str_clean(p->hides.items[i]);
	p->file = nv_flag(nv, "file");
	p->entries = nv_flag(nv, "entries");
	p->blocks = nv_flag(nv, "blocks");
}

static void owner_clear(struct key_owner *o)
{
	free(o->name);
	free(o->wrapping);
}

static void other_clear(struct other_tag *o)
{
	free(o->tag);
	free(o->src_host);
	free(o->src_fs);
	free(o->dest_host);
	free(o->dest_fs);
	free(o->switch_text);
	free(o->set_id);
	switch_clear(&o->switch_state);
}

static void dataset_clear(struct dataset *d)
{
	for (size_t i = 0; i < d->n_snaps; i++) {
		free(d->snaps[i].name);
		strv_free(&d->snaps[i].clones);
		strv_free(&d->snaps[i].holders);
	}
	free(d->snaps);
	free(d->by_guid);
	free(d->by_name);
	for (size_t i = 0; i < d->n_bookmarks; i++)
		free(d->bookmarks[i].name);
	free(d->bookmarks);
	free(d->marks_by_guid);
	free(d->marks_by_name);
	free(d->name);
	free(d->token);
	free(d->origin);
	free(d->src_host);
	free(d->src_fs);
	free(d->dest_host);
	free(d->dest_fs);
	free(d->dest_self);
	free(d->set_id);
	free(d->savecount_text);
	free(d->keep_text);
	free(d->foreign);
	free(d->foreign_bad);
	free(d->switch_text);
	switch_clear(&d->switch_state);
	free(d->readonly_was);
	free(d->history);
	free(d->links_text);
	links_free(&d->links);
	free(d->mountpoint);
	free(d->key_root);
	free(d->key_wrapping);
	free(d->key_sent);
	owner_clear(&d->key_from);
	owner_clear(&d->key_above);
	free(d->canmount);
	free(d->user);
	free(d->lacks);
	free(d->full);
	free(d->place.over);
	strv_free(&d->place.hides);
	strv_free(&d->below);
	free(d->error);
	for (size_t i = 0; i < d->n_others; i++)
		other_clear(&d->others[i]);
	free(d->others);
	nv_free(d->props);
	nv_free(d->own);
	nv_free(d->inherited);
	strv_free(&d->unknown);
	strv_free(&d->preserved_names);
	strv_free(&d->preserved_snaps);
	strv_free(&d->preserved_holders);
	free(d->preserved_used);
	nv_free(d->native);
	nv_free(d->settings);
	nv_free(d->settings_from);
	nv_free(d->limits);
	nv_free(d->followed);
	free(d->quotas_text);
	free(d->rpo_text);
}

void side_free(struct side *s)
{
	for (size_t i = 0; i < s->n; i++)
		dataset_clear(&s->datasets[i]);
	free(s->datasets);
	free(s->aside);
	free(s->host);
	strv_free(&s->unreadable);
	strv_free(&s->unreadable_props);
	strv_free(&s->pools_away);
	for (size_t i = 0; i < s->n_pools; i++) {
		free(s->pools[i].name);
		nv_free(s->pools[i].features);
	}
	free(s->pools);
	for (size_t i = 0; i < s->n_beside; i++)
		free(s->beside[i].name);
	free(s->beside);
	strv_free(&s->seen);
	free(s->seen_guids);
	free(s->seen_dir);
	strv_free(&s->seen_replicas);
	free(s->seen_replicas_guids);
	free(s->seen_replicas_dir);
	*s = (struct side){0};
}

static int by_name(const void *a, const void *b)
{
	return strcmp(((const struct dataset *)a)->name, ((const struct dataset *)b)->name);
}

static struct err *read_below(struct dataset *d, const nvlist_t *one)
{
	size_t n;
	char **names = nv_strs(one, "below", &n);

	for (size_t i = 0; i < n; i++) {
		if (!name_is_dataset(names[i]) || !name_within(names[i], d->name))
			return err_new(ERR_FAILED, "the listing of what is below %s is damaged",
				       d->name);
		strv_add(&d->below, names[i]);
	}
	sorted_sort(d->below.items, d->below.n);
	return NULL;
}

/* What only doctor asks for. What makes no sense is passed over: nothing is done because of it. */
static void read_examined(struct dataset *d, const nvlist_t *one, const struct reader *r)
{
	size_t n, m, len = strlen(r->tag);
	char **tagged = nv_strs(one, "tagged", &n);

	for (size_t i = 0; i < n; i++)
		if (strncmp(tagged[i], r->tag, len) == 0 && tagged[i][len] == ':' &&
		    schema_find(BEARS_DATASET, tagged[i] + len + 1) == NULL) {
			char *clean = str_clean(mem_strdup(tagged[i]));
			strv_add(&d->unknown, clean);
			free(clean);
		}
	sorted_sort(d->unknown.items, d->unknown.n); /* zfs lists them in no order */
	char **kept = nv_strs(one, "kept", &n);
	uint64_t *used = nv_u64s(one, "kept_used", &m);
	d->preserved_used = mem_zalloc((n + 1) * sizeof(*d->preserved_used));
	for (size_t i = 0; i < n && n == m; i++)
		if (name_is_dataset(kept[i]) && preserved_is_of(kept[i], d->name)) {
			d->preserved_used[d->preserved_names.n] = used[i];
			strv_add(&d->preserved_names, kept[i]);
		}
	char **snaps = nv_strs(one, "kept_snap", &n), **by = nv_strs(one, "kept_holder", &m);
	for (size_t i = 0; i < n && n == m; i++) {
		if (!name_is_snapshot(snaps[i]))
			continue;
		char *clean = str_clean(mem_strdup(by[i]));
		strv_add(&d->preserved_snaps, snaps[i]);
		strv_add(&d->preserved_holders, clean);
		free(clean);
	}
}

static void read_pools(const nvlist_t *listing, const char *key, struct strv *to)
{
	size_t n;
	char **pools = nv_strs(listing, key, &n);

	for (size_t i = 0; i < n; i++)
		if (name_is_dataset(pools[i]) && strchr(pools[i], '/') == NULL)
			strv_add(to, pools[i]);
}

static void read_unreadable(const nvlist_t *listing, struct side *to)
{
	nv_each(nv_nv(listing, "unreadable"), p) {
		const char *prop = nv_str(nv_nv(listing, "unreadable"), nvpair_name(p));
		if (!name_is_dataset(nvpair_name(p)))
			continue;
		strv_add(&to->unreadable, nvpair_name(p));
		strv_add(&to->unreadable_props, prop != NULL && name_is_prop(prop) ? prop : "");
	}
}

const char *side_unreadable(const struct side *s, const char *dataset)
{
	for (size_t i = 0; dataset != NULL && i < s->unreadable.n; i++)
		if (strcmp(s->unreadable.items[i], dataset) == 0)
			return s->unreadable_props.items[i];
	return NULL;
}

static bool has_pool(const struct strv *pools, const char *dataset)
{
	for (size_t i = 0; dataset != NULL && i < pools->n; i++)
		if (name_same_pool(pools->items[i], dataset))
			return true;
	return false;
}

bool side_pool_away(const struct side *s, const char *dataset)
{
	return has_pool(&s->pools_away, dataset);
}

bool pool_is_readonly(const struct pool *pool)
{
	return pool != NULL && pool->readonly;
}

const struct pool *side_pool(const struct side *s, const char *dataset)
{
	for (size_t i = 0; dataset != NULL && i < s->n_pools; i++)
		if (name_same_pool(s->pools[i].name, dataset))
			return &s->pools[i];
	return NULL;
}

/* Few as a rule, and each dataset of a run has to know whether one of them is its own. */
static void find_aside(struct side *s)
{
	s->aside = mem_zalloc((s->n + 1) * sizeof(*s->aside));
	for (size_t i = 0; i < s->n; i++)
		if (switch_is_aside(&s->datasets[i].switch_state, s->datasets[i].name))
			s->aside[s->n_aside++] = &s->datasets[i];
}

/* More than were asked for, or than ZFS has. */
#define VALUES_MAX 1000u

static bool has_more(const nvlist_t *nv, size_t max)
{
	size_t n = 0;

	for (nvpair_t *p = nv_next(nv, NULL); p != NULL && n <= max; p = nv_next(nv, p))
		n++;
	return n > max;
}

/* Of a zrep that does not tell more it is known which pools are read-only. */
static bool read_pool_states(const nvlist_t *listing, struct side *out)
{
	struct strv readonly = {0};
	const nvlist_t *states = nv_nv(listing, "pools");
	bool ok = !has_more(states, VALUES_MAX);

	read_pools(listing, "pools_readonly", &readonly);
	size_t n = readonly.n;
	if (ok && states != NULL)
		nv_each(states, p)
			n++;
	out->pools = mem_zalloc(n * sizeof(struct pool));
	if (ok && states != NULL)
		nv_each(states, p) {
			const nvlist_t *one = nv_value(p), *features = nv_nv(one, "features");
			const char *name = nvpair_name(p);
			if (!name_is_dataset(name) || strchr(name, '/') != NULL ||
			    has_more(features, VALUES_MAX)) {
				ok = false;
				break;
			}
			struct pool *to = &out->pools[out->n_pools++];
			to->name = mem_strdup(name);
			to->suspended = nv_flag(one, "suspended");
			to->readonly = has_pool(&readonly, name);
			to->features = features != NULL ? nv_dup(features) : NULL;
		}
	for (size_t i = 0; ok && i < readonly.n; i++)
		if (side_pool(out, readonly.items[i]) == NULL)
			out->pools[out->n_pools++] =
			    (struct pool){.name = mem_strdup(readonly.items[i]), .readonly = true};
	strv_free(&readonly);
	return ok;
}

static struct err *damaged(const char *host)
{
	return err_new(ERR_FAILED, "the listing of %s is damaged", host);
}

/* One dataset of a listing, into the next place of `out`. */
static struct err *read_dataset(const nvlist_t *one, const char *name, const char *tag,
				const char *host, struct side *out)
{
	struct reader r = {tag, nv_nv(one, "value"), nv_nv(one, "source")};
	struct err *e;

	if (!name_is_dataset(name) || r.value == NULL || r.source == NULL ||
	    has_more(r.value, VALUES_MAX) || has_more(nv_nv(one, "native"), VALUES_MAX))
		return damaged(host);
	struct dataset *d = &out->datasets[out->n++];
	d->name = mem_strdup(name);
	read_props(d, &r);
	d->named_source = names_itself(d, host, out->host);
	d->role = role_of(d);
	d->copy = is_copy(d, &r, host, out->host);
	if ((e = read_below(d, one)) != NULL)
		return e;
	read_examined(d, one, &r);
	d->script = nv_flag(one, "script");
	d->at_work = nv_flag(one, "at_work");
	if (nv_nv(one, "native") != NULL)
		d->native = read_native(nv_nv(one, "native"));
	if (nv_nv(one, "snaps") != NULL && (e = read_snaps(d, nv_nv(one, "snaps"), tag)) != NULL)
		return e;
	if (nv_nv(one, "bookmarks") != NULL &&
	    (e = read_bookmarks(d, nv_nv(one, "bookmarks"), tag)) != NULL)
		return e;
	d->pinned = nv_u64(one, "pinned", UINT64_MAX);
	d->pinned_known = d->pinned != UINT64_MAX;
	read_way(d, nv_nv(one, "way"));
	read_key(d, nv_nv(one, "key"));
	d->user = read_text(nv_nv(one, "may"), "user");
	d->lacks = read_text(nv_nv(one, "may"), "lacks");
	d->full = read_text(nv_nv(one, "may"), "full");
	d->full_limit = nv_u64(nv_nv(one, "may"), "limit", 0);
	d->full_count = nv_u64(nv_nv(one, "may"), "count", 0);
	if (nv_nv(one, "place") != NULL)
		read_place(&d->place, nv_nv(one, "place"));
	if ((e = read_others(d, one, tag, host, out->host)) == NULL)
		read_tags(d);
	return e;
}

static bool has_snapshot_hooks(const nvlist_t *listing)
{
	bool any = false;
	size_t n;
	char **hooks = nv_strs(listing, "hooks", &n);

	for (size_t i = 0; i < n; i++)
		any = any || strcmp(hooks[i], "pre-snapshot") == 0 ||
		      strcmp(hooks[i], "post-snapshot") == 0;
	return any;
}

static int beside_by_name(const void *a, const void *b)
{
	return strcmp(((const struct beside *)a)->name, ((const struct beside *)b)->name);
}

/* What is away, and where that is remembered; returns the GUIDs. */
static uint64_t *read_seen(const nvlist_t *listing, const char *key, struct strv *names, char **dir)
{
	char *of_guids = str_fmt("%s_guids", key), *of_dir = str_fmt("%s_in", key);
	size_t n, m;
	char **seen = nv_strs(listing, key, &n);
	const uint64_t *guids = nv_u64s(listing, of_guids, &m);
	const char *in = nv_str(listing, of_dir);
	uint64_t *out = mem_zalloc((n + 1) * sizeof(*out));

	*dir = str_clean(mem_strdup(in != NULL ? in : ""));
	for (size_t i = 0; i < n && n == m; i++)
		if (name_is_dataset(seen[i])) {
			out[names->n] = guids[i];
			strv_add(names, seen[i]);
		}
	free(of_guids);
	free(of_dir);
	return out;
}

/* What makes no sense is passed over: nothing is done because of it. */
static void read_beside(const nvlist_t *listing, struct side *out)
{
	const nvlist_t *all = nv_nv(listing, "beside");
	size_t n = 0;

	nv_each(all, p)
		n++;
	out->beside = mem_zalloc((n + 1) * sizeof(*out->beside));
	nv_each(all, p) {
		const nvlist_t *one = nv_nv(all, nvpair_name(p));
		if (one == NULL || !name_is_dataset(nvpair_name(p)))
			continue;
		out->beside[out->n_beside++] =
		    (struct beside){.name = mem_strdup(nvpair_name(p)),
				    .volume = nv_flag(one, "volume"),
				    .readonly = nv_flag(one, "readonly"),
				    .unmounted = nv_flag(one, "unmounted"),
				    .clone = nv_flag(one, "clone"),
				    .excluded = nv_flag(one, "excluded"),
				    .tagged = nv_flag(one, "tagged"),
				    .swap = nv_flag(one, "swap")};
	}
	if (out->n_beside > 1)
		qsort(out->beside, out->n_beside, sizeof(*out->beside), beside_by_name);
	out->seen_guids = read_seen(listing, "seen", &out->seen, &out->seen_dir);
	out->seen_replicas_guids =
	    read_seen(listing, "seen_replicas", &out->seen_replicas, &out->seen_replicas_dir);
}

struct err *side_read(const nvlist_t *listing, const char *tag, const char *host, struct side *out)
{
	const nvlist_t *datasets = nv_nv(listing, "datasets");
	const char *name = nv_str(listing, "host");
	struct err *e = NULL;
	size_t n = 0;

	*out = (struct side){0};
	if (datasets == NULL || name == NULL)
		return damaged(host);
	nv_each(datasets, p)
		n++;
	out->host = mem_strdup(name);
	out->now = nv_u64(listing, "now", 0);
	out->snapshot_hooks = has_snapshot_hooks(listing);
	read_unreadable(listing, out);
	read_pools(listing, "pools_away", &out->pools_away);
	read_beside(listing, out);
	if (!read_pool_states(listing, out)) {
		side_free(out);
		return damaged(host);
	}
	out->datasets = mem_zalloc(n * sizeof(struct dataset));
	nv_each(datasets, p)
		if (e == NULL)
			e = read_dataset(nv_value(p), nvpair_name(p), tag, host, out);
	if (e == NULL && out->n > 0)
		qsort(out->datasets, out->n, sizeof(struct dataset), by_name);
	find_aside(out);
	if (e != NULL)
		side_free(out);
	return e;
}
