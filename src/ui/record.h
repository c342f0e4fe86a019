/* What a run has to tell, as values: fields, and records in records. All formats but text are printed from it. */
#ifndef ZREP_UI_RECORD_H
#define ZREP_UI_RECORD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "util/nv.h"

/* Every function takes NULL for a record and then does nothing, so that who fills it in need not ask whether anybody
 * wants it. Text becomes printable ASCII: libnvpair's JSON would end at a byte that is no character. A key that is there
 * already is replaced. */
struct record;

struct record *record_new(void);
void record_free(struct record *r);

void record_str(struct record *r, const char *key, const char *value); /* NULL: nothing is added */
void record_u64(struct record *r, const char *key, uint64_t value);
void record_flag(struct record *r, const char *key, bool value);
void record_strs(struct record *r, const char *key, char *const *values, size_t n);
bool record_has(const struct record *r, const char *key);

/* The record of that name in r, made where there is none; r's. */
struct record *record_map(struct record *r, const char *key);
/* A list of records in r, empty as long as nothing is added to it. */
void record_list(struct record *r, const char *key);
/* One more at the end of such a list, which is made where there is none; r's. */
struct record *record_item(struct record *r, const char *key);

/* The record of that name if there is one, for whoever completes them; NULL at the end. */
struct record *record_nth(struct record *r, size_t i);

/* All of it, fields before records, each in the order in which it was added. The caller frees. */
nvlist_t *record_nv(const struct record *r);

#endif
