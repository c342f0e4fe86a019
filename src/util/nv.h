/* nvlists, looked at with suspicion: a lookup gives a default for what is missing or of another
 * type, so that a message from outside can be taken apart without an error path at every field. */
#ifndef ZREP_UTIL_NV_H
#define ZREP_UTIL_NV_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <libnvpair.h>

#include "util/err.h"

nvlist_t *nv_new(void);
nvlist_t *nv_dup(const nvlist_t *nv);
void nv_free(nvlist_t *nv); /* NULL is fine */

/* Setters end the program where memory ends. Strings and lists are copied. */
void nv_add_str(nvlist_t *nv, const char *key, const char *value);
void nv_add_u64(nvlist_t *nv, const char *key, uint64_t value);
void nv_add_i64(nvlist_t *nv, const char *key,
		int64_t value); /* as channel programs take numbers */
void nv_add_i32(nvlist_t *nv, const char *key, int32_t value); /* as libzfs_core has errnos */
void nv_add_flag(nvlist_t *nv, const char *key);               /* a boolean that is there */
void nv_add_nv(nvlist_t *nv, const char *key, const nvlist_t *value);
void nv_add_strs(nvlist_t *nv, const char *key, char *const *values, size_t n);
void nv_add_u64s(nvlist_t *nv, const char *key, const uint64_t *values, size_t n);
void nv_remove(nvlist_t *nv, const char *key);

const char *nv_str(const nvlist_t *nv, const char *key); /* NULL if missing */
uint64_t nv_u64(const nvlist_t *nv, const char *key, uint64_t otherwise);
bool nv_flag(const nvlist_t *nv, const char *key);
nvlist_t *nv_nv(const nvlist_t *nv, const char *key);              /* borrowed; NULL if missing */
char **nv_strs(const nvlist_t *nv, const char *key, size_t *n);    /* borrowed; n 0 if missing */
uint64_t *nv_u64s(const nvlist_t *nv, const char *key, size_t *n); /* borrowed; n 0 if missing */
bool nv_empty(const nvlist_t *nv);                                 /* NULL is empty */

/* Walks the pairs: start with NULL; NULL at the end. */
nvpair_t *nv_next(const nvlist_t *nv, nvpair_t *pair);
nvlist_t *
nv_value(nvpair_t *pair); /* its list, borrowed, without looking for its name; NULL if it is none */
#define nv_each(nv, p) for (nvpair_t *p = nv_next(nv, NULL); p != NULL; p = nv_next(nv, p))

/* To bytes (XDR, the same on every machine) and back. The caller frees *data with free(). Bytes from
 * outside may be anything: an error says that they are no message. */
void nv_pack(const nvlist_t *nv, char **data, size_t *len);
struct err *nv_unpack(const char *data, size_t len, nvlist_t **out);

/* Errors cross the wire whole: kind, code, what, remedy. `who`: the host that said it, where that is another one, see
 * err_quote(); NULL: this host. */
void nv_add_err(nvlist_t *nv, const char *key, const struct err *e);
struct err *nv_err(const nvlist_t *nv, const char *key,
		   const char *who); /* NULL where none; the caller's */
/* Of what failed of a batch, as its result has it (`errors`), the first; NULL where nothing did. The caller's. */
struct err *nv_first_err(const nvlist_t *result);

#endif
