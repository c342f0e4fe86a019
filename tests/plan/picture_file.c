#include "picture_file.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "util/mem.h"
#include "util/num.h"

#define NOW 1700000000u /* and every `sent` lies before it */

enum { GUID, TXG, CREATION, WRITTEN, SENT, HOLDS, HELD, NUMBERS };
static const char *const number_keys[NUMBERS] = {"guid", "createtxg", "creation", "written",
						 "sent", "holds",     "held"};

/* One dataset while its lines are read. */
struct draft {
	int side;   /* 0 source, 1 destination */
	char *name; /* NULL: none is open */
	nvlist_t *value, *source, *native;
	struct strv snaps;
	uint64_t *num[NUMBERS];
};

/* The same word is the same number on both sides, and in every case. */
static uint64_t guid_of(const char *word)
{
	uint64_t h = 0xcbf29ce484222325u;

	for (; *word != '\0'; word++)
		h = (h ^ (unsigned char)*word) * 0x100000001b3u;
	return h;
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
	if (strcmp(role, "master") != 0 && strcmp(role, "replica") != 0)
		return;
	set_own(d, s->tag, "src-host", s->src_host);
	set_own(d, s->tag, "src-fs", s->src_fs);
	set_own(d, s->tag, "dest-host", s->dst_host);
	set_own(d, s->tag, "dest-fs", s->dst_fs);
	set_own(d, s->tag, "savecount", "5");
	if (strcmp(role, "master") == 0)
		set_own(d, s->tag, "master", "yes");
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
		for (int k = 0; k < NUMBERS; k++)
			nv_add_u64s(snaps, number_keys[k], d->num[k], d->snaps.n);
		if (d->snaps.n > 0)
			nv_add_nv(one, "snaps", snaps);
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
	for (int k = 0; k < NUMBERS; k++)
		free(d->num[k]);
	free(d->name);
	*d = (struct draft){0};
}

/* "@name [sent[=N]] [held] [holds=N] [guid=WORD] [txg=N] [written=N]"; "~" in a name stands for a blank. */
static bool read_snap(struct draft *d, const char *line)
{
	struct strv words = {0};
	uint64_t v[NUMBERS] = {0}, n;
	bool ok = true;

	strv_split(&words, line + 1);
	for (char *p = words.items[0]; (p = strchr(p, '~')) != NULL;)
		*p = ' ';
	v[GUID] = guid_of(words.items[0]);
	v[TXG] = 10 * (d->snaps.n + 1);
	v[CREATION] = NOW - 100000 + v[TXG];
	v[WRITTEN] = 1000;
	for (size_t i = 1; i < words.n; i++) {
		const char *w = words.items[i], *eq = strchr(w, '=');
		bool number = eq != NULL && num_parse_u64(eq + 1, &n);
		if (strcmp(w, "sent") == 0)
			v[SENT] = v[CREATION] + 5;
		else if (strcmp(w, "held") == 0)
			v[HELD] = 1, v[HOLDS]++;
		else if (strncmp(w, "guid=", 5) == 0)
			v[GUID] = guid_of(w + 5);
		else if (number && strncmp(w, "txg=", 4) == 0)
			v[TXG] = n;
		else if (number && strncmp(w, "sent=", 5) == 0)
			v[SENT] = n;
		else if (number && strncmp(w, "holds=", 6) == 0)
			v[HOLDS] = n;
		else if (number && strncmp(w, "written=", 8) == 0)
			v[WRITTEN] = n;
		else
			ok = false;
	}
	strv_add(&d->snaps, words.items[0]);
	for (int k = 0; k < NUMBERS; k++) {
		d->num[k] = mem_array(d->num[k], d->snaps.n, sizeof(uint64_t));
		d->num[k][d->snaps.n - 1] = v[k];
	}
	strv_free(&words);
	return ok;
}

/* "KEY VALUE", with a source in front where it is not the usual one; or "unset KEY". */
static bool read_prop(struct draft *d, const char *line)
{
	static const char *const sources[] = {"local", "received", "inherited", "default"};
	const char *source = NULL, *rest;

	if ((rest = after(line, "unset")) != NULL) {
		set(d, rest, "-", "-");
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
	char *key = str_fmt("%.*s", (int)n, line);
	if (native && d->native == NULL)
		d->native = nv_new();
	if (native)
		nv_add_str(d->native, key, line + n + 1);
	else
		set(d, key, line + n + 1, source ? source : strchr(key, ':') ? "local" : "-");
	free(key);
	return true;
}

static bool read_token(struct story *s, const char *rest)
{
	char to[64] = "", from[64] = "", dead[8] = "";

	if (sscanf(rest, "to=%63s from=%63s %7s", to, from, dead) < 2)
		return false;
	s->pair.token_to = guid_of(to);
	s->pair.token_from = strcmp(from, "nothing") == 0 ? 0 : guid_of(from);
	s->pair.token_dead = strcmp(dead, "dead") == 0;
	return true;
}

/* "sync [force] [own-only] HOST:DATASET -> HOST:DATASET [tag TAG]"; expire, clear and init likewise. */
static bool read_verb(struct story *s, const char *line)
{
	struct strv w = {0};
	size_t i = 1;

	strv_split(&w, line);
	snprintf(s->verb, sizeof(s->verb), "%s", w.items[0]);
	for (; i < w.n && strchr(w.items[i], ':') == NULL; i++) {
		s->sync.force = s->sync.force || strcmp(w.items[i], "force") == 0;
		s->sync.own_only = s->sync.own_only || strcmp(w.items[i], "own-only") == 0;
	}
	bool ok = i + 3 <= w.n && strcmp(w.items[i + 1], "->") == 0;
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

static bool read_line(struct story *s, struct draft *d, const char *line)
{
	const char *rest;

	if (*line == '@' || *line == ' ')
		return false;
	if (s->tag == NULL)
		return read_verb(s, line);
	if ((rest = after(line, "now")) != NULL)
		return num_parse_u64(rest, &s->pair.now);
	if ((rest = after(line, "token")) != NULL)
		return read_token(s, rest);
	int side = after(line, "source") ? 0 : 1;
	if ((rest = after(line, "source")) == NULL && (rest = after(line, "destination")) == NULL &&
	    (rest = after(line, "parent")) == NULL)
		return false;
	close_draft(d, s);
	if (after(line, "parent") != NULL)
		open_draft(d, s, side, rest, "");
	else
		open_draft(d, s, side, side ? s->dst_fs : s->src_fs, rest);
	return true;
}

struct err *story_read(const char *text, struct story *s)
{
	struct draft d = {0};
	struct err *e = NULL;
	nvlist_t *none = nv_new();

	*s = (struct story){.pair = {.now = NOW}};
	for (int i = 0; i < 2; i++) {
		s->listing[i] = nv_new();
		nv_add_nv(s->listing[i], "datasets", none);
	}
	nv_free(none);
	for (unsigned n = 1; *text != '\0' && strncmp(text, "---", 3) != 0 && e == NULL; n++) {
		size_t len = strcspn(text, "\n"), blank = strspn(text, " ");
		char *line = str_fmt("%.*s", (int)(len - blank), text + blank);
		bool ok = *line == '\0' || *line == '#' ? true
			  : blank == 0                  ? read_line(s, &d, line)
			  : d.name == NULL              ? false
			  : *line == '@'                ? read_snap(&d, line)
							: read_prop(&d, line);
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
	nv_add_str(s->listing[0], "host", s->src_host);
	nv_add_str(s->listing[1], "host", s->dst_host);
	if ((e = side_read(s->listing[0], s->tag, s->src_host, &s->src)) == NULL)
		e = side_read(s->listing[1], s->tag, s->dst_host, &s->dst);
	s->pair.tag = s->tag;
	s->pair.src_host = s->src_host;
	s->pair.dst_host = s->dst_host;
	s->pair.src = side_find(&s->src, s->src_fs);
	s->pair.dst = side_find(&s->dst, s->dst_fs);
	return e;
}

void story_free(struct story *s)
{
	side_free(&s->src);
	side_free(&s->dst);
	nv_free(s->listing[0]);
	nv_free(s->listing[1]);
	free(s->src_host);
	free(s->src_fs);
	free(s->dst_host);
	free(s->dst_fs);
	free(s->tag);
}
