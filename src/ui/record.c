#include "ui/record.h"

#include <stdlib.h>
#include <string.h>

#include "util/err.h"
#include "util/mem.h"

struct child {
	char *key;
	bool list;
	struct record **items;
	size_t n;
};

struct record {
	nvlist_t *fields;
	struct child *children;
	size_t n;
	nvlist_t *index; /* key -> which child: there may be very many datasets */
};

struct record *record_new(void)
{
	struct record *r = mem_zalloc(sizeof(*r));

	r->fields = nv_new();
	r->index = nv_new();
	return r;
}

void record_free(struct record *r)
{
	if (r == NULL)
		return;
	for (size_t i = 0; i < r->n; i++) {
		for (size_t k = 0; k < r->children[i].n; k++)
			record_free(r->children[i].items[k]);
		free(r->children[i].items);
		free(r->children[i].key);
	}
	free(r->children);
	nv_free(r->fields);
	nv_free(r->index);
	free(r);
}

void record_str(struct record *r, const char *key, const char *value)
{
	if (r == NULL || value == NULL)
		return;
	char *clean = str_clean(mem_strdup(value));
	nv_add_str(r->fields, key, clean);
	free(clean);
}

void record_u64(struct record *r, const char *key, uint64_t value)
{
	if (r != NULL)
		nv_add_u64(r->fields, key, value);
}

void record_flag(struct record *r, const char *key, bool value)
{
	if (r != NULL && nvlist_add_boolean_value(r->fields, key, value) != 0)
		mem_exhausted();
}

void record_strs(struct record *r, const char *key, char *const *values, size_t n)
{
	if (r == NULL)
		return;
	char **clean = mem_zalloc((n + 1) * sizeof(*clean));
	for (size_t i = 0; i < n; i++)
		clean[i] = str_clean(mem_strdup(values[i]));
	nv_add_strs(r->fields, key, clean, n);
	for (size_t i = 0; i < n; i++)
		free(clean[i]);
	free(clean);
}

bool record_has(const struct record *r, const char *key)
{
	return r != NULL && nvlist_exists(r->fields, key);
}

static struct child *child_of(struct record *r, const char *key, bool list)
{
	char *name = str_clean(mem_strdup(key));
	uint64_t at = nv_u64(r->index, name, r->n);

	if (at == r->n) {
		r->children = mem_array(r->children, r->n + 1, sizeof(*r->children));
		r->children[r->n++] = (struct child){.key = name, .list = list};
		nv_add_u64(r->index, name, at);
	} else {
		free(name);
	}
	return &r->children[at];
}

static struct record *add(struct child *c)
{
	c->items = mem_array(c->items, c->n + 1, sizeof(struct record *));
	c->items[c->n] = record_new();
	return c->items[c->n++];
}

struct record *record_map(struct record *r, const char *key)
{
	if (r == NULL)
		return NULL;
	struct child *c = child_of(r, key, false);
	return c->n > 0 ? c->items[0] : add(c);
}

void record_list(struct record *r, const char *key)
{
	if (r != NULL)
		(void)child_of(r, key, true);
}

struct record *record_item(struct record *r, const char *key)
{
	return r != NULL ? add(child_of(r, key, true)) : NULL;
}

struct record *record_nth(struct record *r, size_t i)
{
	return r != NULL && i < r->n && !r->children[i].list ? r->children[i].items[0] : NULL;
}

static void add_list(nvlist_t *to, const struct child *c)
{
	nvlist_t **list = mem_zalloc((c->n + 1) * sizeof(*list));

	for (size_t i = 0; i < c->n; i++)
		list[i] = record_nv(c->items[i]);
	/* void: 2.1 declares it without const, later ones with. */
	if (nvlist_add_nvlist_array(to, c->key, (void *)list, (uint_t)c->n) != 0)
		mem_exhausted();
	for (size_t i = 0; i < c->n; i++)
		nv_free(list[i]);
	free(list);
}

nvlist_t *record_nv(const struct record *r)
{
	nvlist_t *nv = nv_dup(r->fields);

	for (size_t i = 0; i < r->n; i++) {
		if (r->children[i].list) {
			add_list(nv, &r->children[i]);
			continue;
		}
		nvlist_t *one = record_nv(r->children[i].items[0]);
		nv_add_nv(nv, r->children[i].key, one);
		nv_free(one);
	}
	return nv;
}
