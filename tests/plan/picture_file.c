#include "picture_file.h"
#include "plan/pair.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "state/dataset.h"
#include "state/props.h"
#include "util/mem.h"
#include "util/num.h"
#include "util/snap_columns.h"

#define NOW 1700000000u /* and every `sent` lies before it */

/* One dataset while its lines are read. */
struct draft {
	int side;   /* 0 source, 1 destination */
	char *name; /* NULL: none is open */
	nvlist_t *value, *source, *native, *others, *key, *place, *may;
	struct strv snaps, below, tagged, kept, kept_snap, kept_holder;
	uint64_t *kept_used;
	bool others_more;
	uint64_t *num[SNAP_COLUMNS];
	struct strv marks;
	uint64_t *mark_num[3];            /* guid, createtxg, creation */
	nvlist_t *way, *clones, *holders; /* what is in the way of going back */
	struct strv receiving, large;
};

/* The same word is the same number on both sides, and in every case. */
uint64_t story_guid(const char *word)
{
	uint64_t h = 0xcbf29ce484222325u;

	for (; *word != '\0'; word++)
		h = (h ^ (unsigned char)*word) * 0x100000001b3u;
	return h;
}

/* The same text with the number for every <WORD>. The caller frees. */
static char *with_guids(struct story *s, const char *text)
{
	struct buf out = {0};
	char word[128];
	int n = 0;

	buf_add(&out, "", 0);
	for (; *text != '\0'; text += n) {
		n = 0;
		if (sscanf(text, "<%127[^<>]>%n", word, &n) == 1 && n > 0) {
			strv_add(&s->words, word);
			buf_addf(&out, "%" PRIu64, story_guid(word));
		} else {
			buf_add(&out, text, 1);
			n = 1;
		}
	}
	return out.data;
}

/* all with <word> in place of the number. Takes both. */
static char *named(char *all, char *number, const char *word)
{
	char *at;

	while ((at = strstr(all, number)) != NULL) {
		char *next = str_fmt("%.*s<%s>%s", (int)(at - all), all, word, at + strlen(number));
		free(all);
		all = next;
	}
	free(number);
	return all;
}

char *story_with_words(const struct story *s, const char *text)
{
	char *all = mem_strdup(text);

	for (size_t i = 0; i < s->words.n; i++) {
		uint64_t guid = story_guid(s->words.items[i]);
		all = named(all, str_fmt("%" PRIu64, guid), s->words.items[i]);
		all = named(all, str_fmt("%016" PRIx64, guid), s->words.items[i]);
	}
	return all;
}

/* The rest of a line behind its word, if the word is there; else NULL. */
static const char *after(const char *line, const char *word)
{
	size_t n = strlen(word);

	if (strncmp(line, word, n) != 0 || (line[n] != ' ' && line[n] != '\0'))
		return NULL;
	return line + n + strspn(line + n, " ");
}

static void set(struct draft *d, const char *key, const char *value, const char *source)
{
	nv_add_str(d->value, key, value);
	nv_add_str(d->source, key, source);
}

static void set_own(struct draft *d, const char *tag, const char *prop, const char *value)
{
	char *key = str_fmt("%s:%s", tag, prop);

	set(d, key, value, "local");
	free(key);
}

static void open_draft(struct draft *d, const struct story *s, int side, const char *name,
		       const char *role)
{
	d->side = side;
	d->name = mem_strdup(name);
	d->value = nv_new();
	d->source = nv_new();
	set(d, "type", "filesystem", "-");
	set(d, "guid", side == 0 ? "11" : "22", "-");
	set(d, "written", "0", "-");
	set(d, "available", "1000000000", "-");
	set(d, "referenced", "1000000", "-");
	set(d, "readonly", side == 0 ? "off" : "on", "local");
	set(d, "encryption", "off", "default");
	set(d, "receive_resume_token", "-", "-");
	set(d, "origin", "-", "-");
	bool leads = strcmp(role, "leads") == 0, follows = strcmp(role, "follows") == 0;
	bool master = leads || strcmp(role, "master") == 0;
	if (!master && !follows && strcmp(role, "replica") != 0)
		return;
	/* The side whose text has it that the roles have been swapped. */
	bool swapped = (leads && side == 1) || (follows && side == 0);
	set_own(d, s->tag, "src-host", swapped ? s->dst_host : s->src_host);
	set_own(d, s->tag, "src-fs", swapped ? s->dst_fs : s->src_fs);
	set_own(d, s->tag, "dest-host", swapped ? s->src_host : s->dst_host);
	set_own(d, s->tag, "dest-fs", swapped ? s->src_fs : s->dst_fs);
	set_own(d, s->tag, "dest-self", swapped ? s->src_host : s->dst_host);
	set_own(d, s->tag, "savecount", "5");
	if (master)
		set_own(d, s->tag, "master", "yes");
}

/* "NAME ROLE [renamed OLD]": below the source or destination of a tree, and the pair that it is there. */
static void open_below(struct draft *d, struct story *s, int side, const char *rest)
{
	struct strv w = {0};
	struct story at = *s; /* as the names of this pair are */

	strv_split(&w, rest);
	const char *name = w.items[0], *top = side == 0 ? s->src_fs : s->dst_fs;
	const char *old = w.n > 3 ? w.items[3] : name;
	at.src_fs = str_fmt("%s%s", s->src_fs, old + strlen(top));
	at.dst_fs = str_fmt("%s%s", s->dst_fs, old + strlen(top));
	open_draft(d, &at, side, name, w.n > 1 ? w.items[1] : "");
	free(at.src_fs);
	free(at.dst_fs);
	strv_free(&w);
}

/* "ROLE": what the source or destination is in, and the pair that it is there. */
static bool open_above(struct draft *d, struct story *s, int side, const char *role)
{
	struct story at = *s;

	at.src_fs = name_parent(s->src_fs);
	at.dst_fs = name_parent(s->dst_fs);
	bool ok = at.src_fs != NULL && at.dst_fs != NULL;
	if (ok)
		open_draft(d, &at, side, side == 0 ? at.src_fs : at.dst_fs, role);
	free(at.src_fs);
	free(at.dst_fs);
	return ok;
}

/* "NAME ROLE": on its way back. */
static void open_aside(struct draft *d, const struct story *s, int side, const char *rest)
{
	size_t n = strcspn(rest, " ");
	char *name = str_fmt("%.*s", (int)n, rest);

	open_draft(d, s, side, name, rest + n + strspn(rest + n, " "));
	set(d, "readonly", "on", "local");
	free(name);
}

static void add_way(const struct draft *d, nvlist_t *one)
{
	nvlist_t *way = d->way != NULL ? fnvlist_dup(d->way) : nv_new();

	if (d->clones != NULL)
		nv_add_nv(way, "clones", d->clones);
	if (d->holders != NULL)
		nv_add_nv(way, "holders", d->holders);
	nv_add_strs(way, "receiving", d->receiving.items, d->receiving.n);
	nv_add_strs(way, "too_large", d->large.items, d->large.n);
	nv_add_nv(one, "way", way);
	nv_free(way);
}

/* One more name in a list of a snapshot. */
static void add_named(nvlist_t **all, const char *snap, const char *name)
{
	struct strv names = {0};
	size_t n;

	if (*all == NULL)
		*all = nv_new();
	char **have = nv_strs(*all, snap, &n);
	for (size_t i = 0; i < n; i++)
		strv_add(&names, have[i]);
	strv_add(&names, name);
	nv_add_strs(*all, snap, names.items, names.n);
	strv_free(&names);
}

/* "BYTES" */
static bool read_room(struct draft *d, const char *rest)
{
	uint64_t n = 0;
	bool ok = num_parse_u64(rest, &n);

	if (d->way == NULL)
		d->way = nv_new();
	nv_add_u64(d->way, "room", n);
	return ok;
}

/* Adds the finished dataset to its side's listing, in the shape of OP_LIST's result. */
static void close_draft(struct draft *d, struct story *s)
{
	nvlist_t *one = nv_new(), *snaps = nv_new(),
		 *all = fnvlist_dup(nv_nv(s->listing[d->side], "datasets"));

	if (d->name != NULL) {
		nv_add_nv(one, "value", d->value);
		nv_add_nv(one, "source", d->source);
		if (d->native != NULL)
			nv_add_nv(one, "native", d->native);
		nv_add_strs(snaps, "name", d->snaps.items, d->snaps.n);
		for (int k = 0; k < SNAP_COLUMNS; k++)
			nv_add_u64s(snaps, snap_columns[k].key, d->num[k], d->snaps.n);
		if (d->snaps.n > 0)
			nv_add_nv(one, "snaps", snaps);
		if (d->marks.n > 0) {
			nvlist_t *marks = nv_new();
			nv_add_strs(marks, "name", d->marks.items, d->marks.n);
			nv_add_u64s(marks, "guid", d->mark_num[0], d->marks.n);
			nv_add_u64s(marks, "createtxg", d->mark_num[1], d->marks.n);
			nv_add_u64s(marks, "creation", d->mark_num[2], d->marks.n);
			nv_add_nv(one, "bookmarks", marks);
			nv_free(marks);
		}
		if (d->below.n > 0)
			nv_add_strs(one, "below", d->below.items, d->below.n);
		if (d->others != NULL)
			nv_add_nv(one, "others", d->others);
		if (d->tagged.n > 0)
			nv_add_strs(one, "tagged", d->tagged.items, d->tagged.n);
		if (d->kept.n > 0) {
			nv_add_strs(one, "kept", d->kept.items, d->kept.n);
			nv_add_u64s(one, "kept_used", d->kept_used, d->kept.n);
			nv_add_strs(one, "kept_snap", d->kept_snap.items, d->kept_snap.n);
			nv_add_strs(one, "kept_holder", d->kept_holder.items, d->kept_holder.n);
		}
		if (d->others_more)
			nv_add_flag(one, "others_more");
		if (d->key != NULL)
			nv_add_nv(one, "key", d->key);
		if (d->may != NULL)
			nv_add_nv(one, "may", d->may);
		if (d->place != NULL)
			nv_add_nv(one, "place", d->place);
		add_way(d, one);
		nv_add_nv(all, d->name, one);
		nv_add_nv(s->listing[d->side], "datasets", all);
		nv_free(d->value);
		nv_free(d->source);
	}
	nv_free(one);
	nv_free(snaps);
	nv_free(all);
	nv_free(d->native);
	strv_free(&d->snaps);
	strv_free(&d->below);
	nv_free(d->others);
	nv_free(d->key);
	nv_free(d->place);
	nv_free(d->may);
	strv_free(&d->tagged);
	strv_free(&d->kept);
	strv_free(&d->kept_snap);
	strv_free(&d->kept_holder);
	free(d->kept_used);
	nv_free(d->way);
	nv_free(d->clones);
	nv_free(d->holders);
	strv_free(&d->receiving);
	strv_free(&d->large);
	for (int k = 0; k < SNAP_COLUMNS; k++)
		free(d->num[k]);
	strv_free(&d->marks);
	for (int k = 0; k < 3; k++)
		free(d->mark_num[k]);
	free(d->name);
	*d = (struct draft){0};
}

/* "2023-11-14T22:13", UTC. */
static bool read_time(const char *text, uint64_t *out)
{
	struct tm tm = {0};
	const char *end = strptime(text, "%Y-%m-%dT%H:%M", &tm);

	*out = (uint64_t)timegm(&tm);
	return end != NULL && *end == '\0';
}

/* "@name [at=TIME] [sent[=N]] [held] [holds=N] [guid=WORD] [txg=N] [written=N] [clone=NAME] [hold=TAG]
 * [receiving] [too-large]"; "~" in a name stands for
 * a blank. */
static bool read_snap(struct story *s, struct draft *d, const char *line)
{
	struct strv words = {0};
	uint64_t v[SNAP_COLUMNS] = {0}, n;
	bool ok = true, cascaded = false;

	strv_split(&words, line + 1);
	for (char *p = words.items[0]; (p = strchr(p, '~')) != NULL;)
		*p = ' ';
	const char *guid = words.items[0];
	v[SNAP_CREATETXG] = 10 * (d->snaps.n + 1);
	v[SNAP_CREATION] = NOW - 100000 + v[SNAP_CREATETXG];
	v[SNAP_WRITTEN] = 1000;
	for (size_t i = 1; i < words.n; i++) {
		const char *w = words.items[i], *eq = strchr(w, '=');
		bool number = eq != NULL && num_parse_u64(eq + 1, &n);
		if (strcmp(w, "sent") == 0)
			v[SNAP_SENT] = v[SNAP_CREATION] + 5;
		else if (strncmp(w, "at=", 3) == 0)
			ok = ok && read_time(w + 3, &v[SNAP_CREATION]);
		else if (strcmp(w, "receiving") == 0)
			strv_add(&d->receiving, words.items[0]);
		else if (strcmp(w, "too-large") == 0)
			strv_add(&d->large, words.items[0]);
		else if (strncmp(w, "clone=", 6) == 0)
			add_named(&d->clones, words.items[0], w + 6);
		else if (strncmp(w, "hold=", 5) == 0)
			add_named(&d->holders, words.items[0], w + 5), v[SNAP_HOLDS]++;
		else if (strcmp(w, "held") == 0)
			v[SNAP_HELD] = 1, v[SNAP_HOLDS]++;
		else if (strcmp(w, "relayed") == 0)
			cascaded = true;
		else if (number && strncmp(w, "relayed=", 8) == 0)
			v[SNAP_RELAYED] = n;
		else if (strncmp(w, "guid=", 5) == 0)
			guid = w + 5;
		else if (number && strncmp(w, "txg=", 4) == 0)
			v[SNAP_CREATETXG] = n;
		else if (number && strncmp(w, "sent=", 5) == 0)
			v[SNAP_SENT] = n;
		else if (number && strncmp(w, "holds=", 6) == 0)
			v[SNAP_HOLDS] = n;
		else if (number && strncmp(w, "written=", 8) == 0)
			v[SNAP_WRITTEN] = n;
		else
			ok = false;
	}
	v[SNAP_GUID] = story_guid(guid);
	if (cascaded)
		v[SNAP_RELAYED] = v[SNAP_GUID];
	strv_add(&s->words, guid);
	strv_add(&d->snaps, words.items[0]);
	for (int k = 0; k < SNAP_COLUMNS; k++) {
		d->num[k] = mem_array(d->num[k], d->snaps.n, sizeof(uint64_t));
		d->num[k][d->snaps.n - 1] = v[k];
	}
	strv_free(&words);
	return ok;
}

/* "#NAME guid=WORD txg=N": a bookmark; NAME "-" is what zrep calls it. */
static bool read_mark(struct story *s, struct draft *d, const char *line)
{
	char name[128], word[128];
	unsigned long txg;

	if (sscanf(line, "#%127s guid=%127s txg=%lu", name, word, &txg) != 3)
		return false;
	uint64_t v[3] = {story_guid(word), txg, NOW - 100000 + txg};
	char *own = name_mark(s->tag, v[0]);
	strv_add(&s->words, word);
	strv_add(&d->marks, strcmp(name, "-") == 0 ? own : name);
	for (int k = 0; k < 3; k++) {
		d->mark_num[k] = mem_array(d->mark_num[k], d->marks.n, sizeof(uint64_t));
		d->mark_num[k][d->marks.n - 1] = v[k];
	}
	free(own);
	return true;
}

/* "BYTES NAME" */
static bool read_kept(struct draft *d, const char *rest)
{
	char *bytes = str_fmt("%.*s", (int)strcspn(rest, " "), rest);
	uint64_t n;
	bool ok = num_parse_u64(bytes, &n) && rest[strlen(bytes)] == ' ';

	if (ok) {
		d->kept_used = mem_array(d->kept_used, d->kept.n + 1, sizeof(*d->kept_used));
		d->kept_used[d->kept.n] = n;
		strv_add(&d->kept, rest + strlen(bytes) + 1);
	}
	free(bytes);
	return ok;
}

/* "TAG NAME@SNAP": a hold on what is kept. */
static bool read_kept_hold(struct draft *d, const char *rest)
{
	size_t n = strcspn(rest, " ");

	if (rest[n] != ' ')
		return false;
	strv_addf(&d->kept_holder, "%.*s", (int)n, rest);
	strv_add(&d->kept_snap, rest + n + 1);
	return true;
}

/* "WRAPPING [root=NAME,GUID,WRAPPING[,opens]] [above=NAME,GUID,WRAPPING] [stale]": its key, see OP_LIST. */
static bool read_key_line(struct draft *d, const char *rest)
{
	struct strv w = {0};
	bool ok = d->key == NULL;

	strv_split(&w, rest);
	if (d->key == NULL)
		d->key = nv_new();
	for (size_t i = 0; i < w.n; i++) {
		char to[8], name[128], guid[32], wrapping[128];
		if (sscanf(w.items[i], "%7[a-z]=%127[^,],%31[^,],%127[^,]", to, name, guid,
			   wrapping) == 4) {
			nvlist_t *one = nv_new();
			nv_add_str(one, "name", name);
			nv_add_str(one, "guid", guid);
			nv_add_str(one, "wrapping", wrapping);
			if (strstr(w.items[i], ",opens") != NULL)
				nv_add_flag(one, "opens");
			nv_add_nv(d->key, to, one);
			nv_free(one);
		} else if (strcmp(w.items[i], "stale") == 0) {
			nv_add_flag(d->key, "stale");
		} else if (i == 0) {
			nv_add_str(d->key, "wrapping", w.items[i]);
		} else {
			ok = false;
		}
	}
	strv_free(&w);
	return ok;
}

/* "[over=WHAT] [hides=PATH,...] [file] [entries] [blocks]", "~" in WHAT for a blank: what stands where it would be mounted. */
static bool read_place_line(struct draft *d, const char *rest)
{
	struct strv w = {0};
	bool ok = d->place == NULL;

	strv_split(&w, rest);
	if (ok)
		d->place = nv_new();
	for (size_t i = 0; ok && i < w.n; i++) {
		char *v = strchr(w.items[i], '=');
		if (v != NULL && strncmp(w.items[i], "over", 4) == 0) {
			for (char *p = v; *p != '\0'; p++)
				*p = *p == '~' ? ' ' : *p;
			nv_add_str(d->place, "over", v + 1);
		} else if (v != NULL) {
			struct strv paths = {0};
			for (char *next, *p = v + 1; p != NULL; p = next) {
				next = strchr(p, ',');
				strv_addf(&paths, "%.*s", (int)strcspn(p, ","), p);
				next = next != NULL ? next + 1 : NULL;
			}
			nv_add_strs(d->place, "hides", paths.items, paths.n);
			strv_free(&paths);
		} else {
			nv_add_flag(d->place, w.items[i]);
		}
	}
	strv_free(&w);
	return ok;
}

/* "TAG master|replica|half [HOST:DATASET] [received] [superseded|split-brain] [switch=TEXT]", "~" in TEXT for a blank: what another tag says
 * there. HOST:DATASET is the other side of that, "far:tank/far" without it. */
static bool read_other(const struct story *s, struct draft *d, const char *rest)
{
	struct strv w = {0};

	strv_split(&w, rest);
	bool ok = w.n >= 2, master = ok && strcmp(w.items[1], "master") == 0,
	     half = ok && strcmp(w.items[1], "half") == 0,
	     none = ok && strcmp(w.items[1], "-") == 0;
	const char *from = "local", *peer = "far:tank/far", *switch_state = NULL;
	const char *led = NULL, *former = NULL;
	for (size_t i = 2; i < w.n; i++)
		if (strcmp(w.items[i], "received") == 0)
			from = "received";
		else if (strcmp(w.items[i], "superseded") == 0 ||
			 strcmp(w.items[i], "split-brain") == 0)
			led = w.items[i];
		else if (strncmp(w.items[i], "switch=", 7) == 0)
			switch_state = w.items[i] + 7;
		else if (strncmp(w.items[i], "former=", 7) == 0)
			former = w.items[i] + 7;
		else
			peer = w.items[i];
	char *host = str_fmt("%.*s", (int)strcspn(peer, ":"), peer);
	const char *fs = strchr(peer, ':') != NULL ? strchr(peer, ':') + 1 : "", *tag = w.items[0];
	const char *here = d->side == 0 ? s->src_host : s->dst_host;
	/* What is aside says what it said under its name. */
	char *before = preserved_name_before(d->name);
	const char *name = before != NULL ? before : d->name;
	nvlist_t *value = d->value, *source = d->source, *one = nv_new();
	d->value = nv_new();
	d->source = nv_new();
	const char *const pair[][2] = {{"src-host", master ? here : host},
				       {"src-fs", master ? name : fs},
				       {"dest-host", master ? host : here},
				       {"dest-fs", master ? fs : name}};
	for (size_t i = 0; ok && !none && i < (half ? 2 : 4); i++) {
		char *key = str_fmt("%s:%s", tag, pair[i][0]);
		set(d, key, pair[i][1], from);
		free(key);
	}
	if (master)
		set_own(d, tag, "master", "yes");
	if (led != NULL) {
		char *note = str_fmt("1700000000 %s somebody else leads", led);
		set_own(d, tag, "error", note);
		free(note);
	}
	const char *const spaced[][2] = {{"switch", switch_state}, {"former-guid", former}};
	for (size_t i = 0; i < ARRAY_LEN(spaced); i++) {
		char *text = spaced[i][1] != NULL ? mem_strdup(spaced[i][1]) : NULL;
		for (char *p = text; p != NULL && (p = strchr(p, '~')) != NULL;)
			*p = ' ';
		if (text != NULL)
			set_own(d, tag, spaced[i][0], text);
		free(text);
	}
	nv_add_nv(one, "value", d->value);
	nv_add_nv(one, "source", d->source);
	if (d->others == NULL)
		d->others = nv_new();
	if (ok)
		nv_add_nv(d->others, tag, one);
	nv_free(d->value);
	nv_free(d->source);
	nv_free(one);
	d->value = value;
	d->source = source;
	free(before);
	free(host);
	strv_free(&w);
	return ok;
}

/* "KEY VALUE", with a source in front where it is not the usual one; or "unset KEY", "below NAME", "self
 * NAME". */
static bool read_prop(struct story *s, struct draft *d, const char *line)
{
	static const char *const sources[] = {"local", "received", "inherited", "default"};
	const char *source = NULL, *rest;

	if ((rest = after(line, "unset")) != NULL) {
		set(d, rest, "-", "-");
		return true;
	}
	if ((rest = after(line, "tagged")) != NULL) {
		strv_add(&d->tagged, rest);
		return true;
	}
	if ((rest = after(line, "kept")) != NULL)
		return read_kept(d, rest);
	if ((rest = after(line, "kept-hold")) != NULL)
		return read_kept_hold(d, rest);
	if ((rest = after(line, "room")) != NULL)
		return read_room(d, rest);
	if ((rest = after(line, "key")) != NULL)
		return read_key_line(d, rest);
	if ((rest = after(line, "lacks")) != NULL && strchr(rest, ' ') != NULL && d->may == NULL) {
		d->may = nv_new(); /* "USER PERMISSION,..." */
		nv_add_str(d->may, "lacks", strchr(rest, ' ') + 1);
		char *user = str_fmt("%.*s", (int)strcspn(rest, " "), rest);
		nv_add_str(d->may, "user", user);
		free(user);
		return true;
	}
	if ((rest = after(line, "snapshots-full")) != NULL && d->may == NULL) {
		d->may = nv_new(); /* at "DATASET": a limit of 3, for bob */
		nv_add_str(d->may, "user", "bob");
		nv_add_str(d->may, "full", rest);
		nv_add_u64(d->may, "limit", 3);
		nv_add_u64(d->may, "count", 3);
		return true;
	}
	if ((rest = after(line, "place")) != NULL)
		return read_place_line(d, rest);
	if ((rest = after(line, "other")) != NULL)
		return read_other(s, d, rest);
	if (strcmp(line, "others-more") == 0) {
		d->others_more = true;
		return true;
	}
	if ((rest = after(line, "below")) != NULL) {
		strv_add(&d->below, rest);
		return true;
	}
	if ((rest = after(line, "self")) != NULL) {
		free(s->self[d->side]);
		s->self[d->side] = mem_strdup(rest);
		return true;
	}
	bool native = (rest = after(line, "native")) != NULL;
	if (native)
		line = rest;
	for (size_t i = 0; i < ARRAY_LEN(sources); i++)
		if ((rest = after(line, sources[i])) != NULL) {
			source = sources[i];
			line = rest;
		}
	size_t n = strcspn(line, " ");
	if (line[n] == '\0')
		return false;
	char *key = str_fmt("%.*s", (int)n, line), *value = with_guids(s, line + n + 1);
	if (native && d->native == NULL)
		d->native = nv_new();
	if (native)
		nv_add_str(d->native, key, value);
	else if (source == NULL && (strchr(key, ':') != NULL || strcmp(key, "readonly") == 0))
		set(d, key, value, "local");
	else
		set(d, key, value, source != NULL ? source : "-");
	free(value);
	free(key);
	return true;
}

static bool read_token(struct story *s, const char *rest)
{
	char to[64] = "", from[64] = "", dead[8] = "";

	if (strcmp(rest, "unknown") == 0) {
		s->pair.token_state = TOKEN_UNKNOWN;
		return true;
	}
	if (sscanf(rest, "to=%63s from=%63s %7s", to, from, dead) < 2)
		return false;
	s->pair.token_to = story_guid(to);
	s->pair.token_from = strcmp(from, "nothing") == 0 ? 0 : story_guid(from);
	s->pair.token_state = strcmp(dead, "dead") == 0 ? TOKEN_DEAD : TOKEN_KNOWN;
	return true;
}

/* "-o PROP=VALUE" or "-x PROP": blanks and all. */
static bool read_want(struct story *s, const char *rest)
{
	bool set = after(rest, "-o") != NULL;
	struct err *e = set ? props_set(s->wanted, after(rest, "-o"))
			    : props_drop(s->wanted, after(rest, "-x") ? after(rest, "-x") : "");

	bool ok = e == NULL;
	err_free(e);
	return ok;
}

static bool read_word(struct story *s, const char *word)
{
	if (strcmp(word, "force") == 0)
		s->sync.force = s->back.force = true;
	else if (strcmp(word, "own-only") == 0)
		s->sync.zrep_only = true;
	else if (strcmp(word, "all") == 0)
		s->sync.all = true;
	else if (strcmp(word, "recursive") == 0)
		s->sync.recursive = true;
	else if (strcmp(word, "child") == 0)
		s->child = true;
	else if (strcmp(word, "key-comes") == 0)
		s->key_comes = true;
	else if (strcmp(word, "no-snapshot") == 0)
		s->sync.no_snapshot = true;
	else if (strcmp(word, "no-expire") == 0)
		s->sync.no_expire = true;
	else if (strcmp(word, "light") == 0)
		s->sync.light = true;
	else if (strcmp(word, "leaving") == 0)
		s->sync.leaving = true;
	else if (strcmp(word, "said") == 0)
		s->sync.said = true;
	else if (strcmp(word, "discard") == 0)
		s->back.discard = true;
	else if (strcmp(word, "predict") == 0)
		s->predict = true;
	else if (strcmp(word, "alone") == 0)
		s->alone = true;
	else if (strcmp(word, "as-replica") == 0)
		s->as_replica = true;
	else if (strcmp(word, "source") == 0)
		s->at = PAIR_SRC;
	else if (strcmp(word, "moves") == 0)
		s->pair.moves = true;
	else if (strcmp(word, "offers") == 0)
		s->pair.offers = true;
	else if (strcmp(word, "led") == 0)
		s->pair.before = BEFORE_LEADING;
	else if (strcmp(word, "rested") == 0)
		s->pair.before = BEFORE_RESTING;
	else if (strcmp(word, "accepted") == 0)
		s->pair.accepted = true;
	else if (strcmp(word, "pull") == 0)
		s->pair.pull = true;
	else if (strncmp(word, "via=", 4) == 0)
		strv_add(&s->clone_origins, word + 4);
	else if (strncmp(word, "origin=", 7) == 0 && s->origin == NULL)
		s->origin = mem_strdup(word + 7);
	else if (strncmp(word, "seq=", 4) == 0)
		return num_parse_u64(word + 4, &s->sync.seq);
	else if (strncmp(word, "snap=", 5) == 0 && s->snap == NULL)
		s->back.snap = s->snap = mem_strdup(word + 5);
	else
		return false;
	return true;
}

/* "VERB [WORDS] HOST:DATASET -> HOST:DATASET [tag TAG]". */
static bool read_verb(struct story *s, const char *line)
{
	struct strv w = {0};
	bool ok = true;
	size_t i = 1;

	strv_split(&w, line);
	snprintf(s->verb, sizeof(s->verb), "%s", w.items[0]);
	for (; i < w.n && strchr(w.items[i], ':') == NULL; i++)
		ok = ok && read_word(s, w.items[i]);
	ok = ok && i + 3 <= w.n && strcmp(w.items[i + 1], "->") == 0;
	ok = ok && (i + 3 == w.n || (i + 5 == w.n && strcmp(w.items[i + 3], "tag") == 0));
	if (ok) {
		const char *a = w.items[i], *b = w.items[i + 2];
		s->src_host = str_fmt("%.*s", (int)strcspn(a, ":"), a);
		s->dst_host = str_fmt("%.*s", (int)strcspn(b, ":"), b);
		s->src_fs = mem_strdup(a + strcspn(a, ":") + (strchr(a, ':') != NULL));
		s->dst_fs = mem_strdup(b + strcspn(b, ":") + (strchr(b, ':') != NULL));
		s->tag = mem_strdup(i + 4 < w.n ? w.items[i + 4] : "zrep");
	}
	strv_free(&w);
	return ok;
}

/* Said of one side's pool. */
static struct pool *pool_of(struct story *s, int side)
{
	if (s->pool[side].features == NULL)
		s->pool[side].features = nv_new();
	return &s->pool[side];
}

static bool read_line(struct story *s, struct draft *d, const char *line)
{
	const char *rest;

	if (*line == '@' || *line == ' ')
		return false;
	if (strcmp(line, "bookmarks") == 0) {
		s->bookmarks = true;
		return true;
	}
	if (strcmp(line, "destination-spares all") == 0 ||
	    strcmp(line, "destination-spares foreign") == 0) {
		s->spares = strstr(line, "all") != NULL ? SPARES_ALL : SPARES_FOREIGN;
		return true;
	}
	if (s->tag == NULL)
		return read_verb(s, line);
	if ((rest = after(line, "now")) != NULL)
		return num_parse_u64(rest, &s->pair.now);
	if ((rest = after(line, "token")) != NULL)
		return read_token(s, rest);
	if ((rest = after(line, "save-count")) != NULL)
		return num_parse_u64(rest, &s->savecount);
	if ((rest = after(line, "want")) != NULL)
		return read_want(s, rest);
	if ((rest = after(line, "nonce")) != NULL) {
		s->pair.new_set = 0x5e7;
		return num_parse_hex(rest, &s->pair.nonce);
	}
	if ((rest = after(line, "words")) != NULL) {
		strv_split(&s->moved, rest);
		return true;
	}
	if ((rest = after(line, "who")) != NULL) {
		free(s->who);
		s->pair.who = s->who = mem_strdup(rest);
		return true;
	}
	if ((rest = after(line, "read-only-for")) != NULL)
		return num_parse_u64(rest, &s->pair.readonly_ms);
	if ((rest = after(line, "max-lag")) != NULL)
		return num_parse_seconds(rest, &s->max_lag);
	if ((rest = after(line, "why")) != NULL && s->why == NULL) {
		s->why = err_remedy(err_new(ERR_UNREACHABLE, "%s", rest), "see why");
		return true;
	}
	int side = strncmp(line, "source", strlen("source")) == 0 ? 0 : 1;
	bool preserved = false, below = false, above = false;
	const char *feature;
	if ((rest = after(line, "source-above")) != NULL ||
	    (rest = after(line, "destination-above")) != NULL)
		above = true;
	else if ((rest = after(line, "source-below")) != NULL ||
		 (rest = after(line, "destination-below")) != NULL)
		below = true;
	else if ((rest = after(line, "source-aside")) != NULL ||
		 (rest = after(line, "destination-aside")) != NULL)
		preserved = true;
	else if ((rest = after(line, "source")) == NULL &&
		 (rest = after(line, "destination")) == NULL &&
		 (rest = after(line, "parent")) == NULL)
		return false;
	close_draft(d, s);
	if (above)
		return open_above(d, s, side, rest);
	if (below)
		open_below(d, s, side, rest);
	else if (strcmp(rest, "older") == 0)
		s->older = true;
	else if (strcmp(rest, "away") == 0)
		s->away[side] = true;
	else if (strcmp(rest, "pool-away") == 0)
		s->pool_away[side] = true;
	else if (strcmp(rest, "pool-readonly") == 0)
		pool_of(s, side)->readonly = true;
	else if (strcmp(rest, "pool-suspended") == 0)
		pool_of(s, side)->suspended = true;
	else if ((feature = after(rest, "feature")) != NULL && strchr(feature, ' ') != NULL) {
		char *name = str_fmt("%.*s", (int)strcspn(feature, " "), feature);
		nv_add_str(pool_of(s, side)->features, name, strchr(feature, ' ') + 1);
		free(name);
	} else if ((feature = after(rest, "unknown")) != NULL)
		strv_add(&s->unknown[side], feature);
	else if (preserved)
		open_aside(d, s, side, rest);
	else if (after(line, "parent") != NULL)
		open_draft(d, s, side, rest, "");
	else
		open_draft(d, s, side, side ? s->dst_fs : s->src_fs, rest);
	return true;
}

static const struct dataset *above_of(const struct side *side, const char *name)
{
	char *parent = name_parent(name);
	const struct dataset *d = parent != NULL ? side_find(side, parent) : NULL;

	free(parent);
	return d;
}

/* As session_pair() does. */
static void fill_pair(struct story *s)
{
	struct pair *p = &s->pair;

	p->tag = s->tag;
	p->src.side = PAIR_SRC;
	p->dst.side = PAIR_DST;
	p->src.host_name = s->src_host;
	p->dst.host_name = s->dst_host;
	p->src.d = side_find(&s->src, s->src_fs);
	p->dst.d = side_find(&s->dst, s->dst_fs);
	p->src_unmanaged =
	    p->src.d != NULL ? p->src.d->below.n : 0; /* no other dataset takes part */
	if (p->src.d != NULL && p->src.d->switch_state.preserve_as != NULL)
		p->src.in_way = side_find(&s->src, p->src.d->switch_state.preserve_as);
	if (p->dst.d != NULL && p->dst.d->switch_state.preserve_as != NULL)
		p->dst.in_way = side_find(&s->dst, p->dst.d->switch_state.preserve_as);
	p->src.preserved = side_preserved(&s->src, s->src_fs);
	p->dst.preserved = side_preserved(&s->dst, s->dst_fs);
	p->src.above = above_of(&s->src, s->src_fs);
	p->dst.above = above_of(&s->dst, s->dst_fs);
	p->src.below = &s->src;
	p->dst.below = &s->dst;
	p->src.makes_writable = p->dst.makes_writable = !s->older;
	p->src.moves_keys = p->dst.moves_keys = !s->older;
	p->dst.spares = s->spares;
	p->src.makes_bookmarks = p->dst.makes_bookmarks = s->bookmarks;
	p->src.away = s->away[0];
	p->dst.away = s->away[1];
	p->src.pool_away = s->pool_away[0];
	p->dst.pool_away = s->pool_away[1];
	p->src.pool = s->pool[0].features != NULL ? &s->pool[0] : NULL;
	p->dst.pool = s->pool[1].features != NULL ? &s->pool[1] : NULL;
	p->src.unknown = s->unknown[0].n > 0 ? &s->unknown[0] : NULL;
	p->dst.unknown = s->unknown[1].n > 0 ? &s->unknown[1] : NULL;
	/* What a host calls itself is known once it was asked; with -L not even the name is. */
	p->src.self = p->src.away ? NULL : s->src.host;
	p->dst.self = p->dst.away ? NULL : s->dst.host;
	p->src.name = p->src.away && s->alone ? NULL : s->src_fs;
	p->dst.name = p->dst.away && s->alone ? NULL : s->dst_fs;
}

struct err *story_read(const char *text, struct story *s)
{
	struct draft d = {0};
	struct err *e = NULL;
	nvlist_t *none = nv_new();

	*s = (struct story){.pair = {.now = NOW}, .at = PAIR_DST};
	for (int i = 0; i < 2; i++) {
		s->listing[i] = nv_new();
		nv_add_nv(s->listing[i], "datasets", none);
	}
	nv_free(none);
	s->wanted = nv_new();
	for (unsigned n = 1; *text != '\0' && strncmp(text, "---", 3) != 0 && e == NULL; n++) {
		size_t len = strcspn(text, "\n"), blank = strspn(text, " ");
		char *line = str_fmt("%.*s", (int)(len - blank), text + blank);
		bool ok = *line == '\0' || (*line == '#' && blank == 0) ? true
			  : *line == '#' && d.name != NULL              ? read_mark(s, &d, line)
			  : blank == 0                                  ? read_line(s, &d, line)
			  : d.name == NULL                              ? false
			  : *line == '@'                                ? read_snap(s, &d, line)
									: read_prop(s, &d, line);
		if (!ok)
			e = err_new(ERR_FAILED, "line %u: what is \"%s\"?", n, line);
		free(line);
		text += len + (text[len] != '\0');
	}
	close_draft(&d, s);
	if (e == NULL && s->tag == NULL)
		e = err_new(ERR_FAILED, "it has no verb");
	if (e != NULL)
		return e;
	nv_add_str(s->listing[0], "host", s->self[0] ? s->self[0] : s->src_host);
	nv_add_str(s->listing[1], "host", s->self[1] ? s->self[1] : s->dst_host);
	if ((e = side_read(s->listing[0], s->tag, s->src_host, &s->src)) == NULL)
		e = side_read(s->listing[1], s->tag, s->dst_host, &s->dst);
	if (e == NULL)
		fill_pair(s);
	return e;
}

void story_free(struct story *s)
{
	strv_free(&s->clone_origins);
	strv_free(&s->moved);
	free(s->origin);
	free(s->who);
	side_free(&s->src);
	side_free(&s->dst);
	nv_free(s->pool[0].features);
	nv_free(s->pool[1].features);
	strv_free(&s->unknown[0]);
	strv_free(&s->unknown[1]);
	nv_free(s->listing[0]);
	nv_free(s->listing[1]);
	free(s->src_host);
	free(s->src_fs);
	free(s->dst_host);
	free(s->dst_fs);
	free(s->tag);
	free(s->snap);
	free(s->self[0]);
	free(s->self[1]);
	nv_free(s->wanted);
	err_free(s->why);
	strv_free(&s->words);
}
