#include "util/nv.h"

#include <stdlib.h>
#include <string.h>

#include "util/code.h"
#include "util/crowd.h"
#include "util/mem.h"

/* Everything but ENOMEM from a setter would be a mistake of ours in the arguments. */
static void must(int rc)
{
	if (rc != 0)
		mem_exhausted();
}

nvlist_t *nv_new(void)
{
	nvlist_t *nv;

	must(nvlist_alloc(&nv, NV_UNIQUE_NAME, 0));
	return nv;
}

nvlist_t *nv_dup(const nvlist_t *nv)
{
	nvlist_t *copy;

	must(nvlist_dup((nvlist_t *)(uintptr_t)nv, &copy, 0));
	return copy;
}

void nv_free(nvlist_t *nv)
{
	nvlist_free(nv);
}

void nv_add_str(nvlist_t *nv, const char *key, const char *value)
{
	must(nvlist_add_string(nv, key, value));
}

void nv_add_u64(nvlist_t *nv, const char *key, uint64_t value)
{
	must(nvlist_add_uint64(nv, key, value));
}

void nv_add_i32(nvlist_t *nv, const char *key, int32_t value)
{
	must(nvlist_add_int32(nv, key, value));
}

void nv_add_i64(nvlist_t *nv, const char *key, int64_t value)
{
	must(nvlist_add_int64(nv, key, value));
}

void nv_add_flag(nvlist_t *nv, const char *key)
{
	must(nvlist_add_boolean(nv, key));
}

void nv_add_nv(nvlist_t *nv, const char *key, const nvlist_t *value)
{
	/* 2.1 declares it without const; it only copies. */
	must(nvlist_add_nvlist(nv, key, (nvlist_t *)(uintptr_t)value));
}

void nv_add_strs(nvlist_t *nv, const char *key, char *const *values, size_t n)
{
	must(nvlist_add_string_array(nv, key, (void *)(uintptr_t)values, (uint_t)n));
}

void nv_add_u64s(nvlist_t *nv, const char *key, const uint64_t *values, size_t n)
{
	must(nvlist_add_uint64_array(nv, key, (uint64_t *)(uintptr_t)values, (uint_t)n));
}

void nv_remove(nvlist_t *nv, const char *key)
{
	(void)nvlist_remove_all(nv, key);
}

const char *nv_str(const nvlist_t *nv, const char *key)
{
	/* 2.3 gives const char *, 2.1 char *. */
	__typeof__(fnvpair_value_string((nvpair_t *)NULL)) s;

	if (nv == NULL || nvlist_lookup_string((nvlist_t *)(uintptr_t)nv, key, (void *)&s) != 0)
		return NULL;
	return s;
}

uint64_t nv_u64(const nvlist_t *nv, const char *key, uint64_t otherwise)
{
	uint64_t v;

	if (nv == NULL || nvlist_lookup_uint64((nvlist_t *)(uintptr_t)nv, key, &v) != 0)
		return otherwise;
	return v;
}

bool nv_flag(const nvlist_t *nv, const char *key)
{
	return nv != NULL && nvlist_lookup_boolean((nvlist_t *)(uintptr_t)nv, key) == 0;
}

nvlist_t *nv_nv(const nvlist_t *nv, const char *key)
{
	nvlist_t *v;

	if (nv == NULL || nvlist_lookup_nvlist((nvlist_t *)(uintptr_t)nv, key, &v) != 0)
		return NULL;
	return v;
}

char **nv_strs(const nvlist_t *nv, const char *key, size_t *n)
{
	char **v;
	uint_t k;

	*n = 0;
	if (nv == NULL || nvlist_lookup_string_array((nvlist_t *)(uintptr_t)nv, key, &v, &k) != 0)
		return NULL;
	*n = k;
	return v;
}

uint64_t *nv_u64s(const nvlist_t *nv, const char *key, size_t *n)
{
	uint64_t *v;
	uint_t k;

	*n = 0;
	if (nv == NULL || nvlist_lookup_uint64_array((nvlist_t *)(uintptr_t)nv, key, &v, &k) != 0)
		return NULL;
	*n = k;
	return v;
}

nvpair_t *nv_next(const nvlist_t *nv, nvpair_t *pair)
{
	return nv == NULL ? NULL : nvlist_next_nvpair((nvlist_t *)(uintptr_t)nv, pair);
}

nvlist_t *nv_value(nvpair_t *pair)
{
	nvlist_t *v;

	return nvpair_value_nvlist(pair, &v) != 0 ? NULL : v;
}

bool nv_empty(const nvlist_t *nv)
{
	return nv_next(nv, NULL) == NULL;
}

void nv_pack(const nvlist_t *nv, char **data, size_t *len)
{
	*data = NULL;
	must(nvlist_pack((nvlist_t *)(uintptr_t)nv, data, len, NV_ENCODE_XDR, 0));
}

/* --- bytes from outside ---
 *
 * libnvpair's decoder knows 27 types, any depth up to 100 and sizes that the bytes claim for
 * themselves; it runs in a program of root's, fed by a peer. zrep's messages need a small part of
 * that, so the bytes are walked first, and only that part gets there:
 *
 *     bytes = encoding, endian, 0, 0, list
 *     list  = u32 version, u32 flags, pair ..., u32 0, u32 0
 *     pair  = u32 size of all this, u32 size in memory, string name, u32 type, u32 count, values
 *     string = u32 length, its bytes, zeroes up to a multiple of 4
 *
 * libnvpair counts 4 bytes for an empty array of numbers and does not write them, so a size may be
 * larger than what is there, and bytes may be left over at the end. Names are unique, and do not crowd the
 * table that libnvpair keeps of them (crowd.h). */
#define DEPTH_MAX 16u

struct xdr {
	const unsigned char *p;
	size_t left;
	struct crowd names;
	bool crowded;
};

static bool take_u32(struct xdr *x, uint32_t *v)
{
	if (x->left < 4)
		return false;
	*v = (uint32_t)x->p[0] << 24 | (uint32_t)x->p[1] << 16 | (uint32_t)x->p[2] << 8 | x->p[3];
	x->p += 4;
	x->left -= 4;
	return true;
}

static bool skip(struct xdr *x, uint64_t n)
{
	if (n > x->left)
		return false;
	x->p += n;
	x->left -= (size_t)n;
	return true;
}

static bool check_string(struct xdr *x)
{
	uint32_t len;

	if (!take_u32(x, &len) || len > x->left || memchr(x->p, '\0', len) != NULL)
		return false;
	return skip(x, ((uint64_t)len + 3) & ~(uint64_t)3);
}

static bool check_name(struct xdr *x)
{
	struct xdr before = *x;
	uint32_t len;

	if (!check_string(x) || !take_u32(&before, &len))
		return false;
	crowd_add(&x->names, before.p, len);
	return true;
}

static bool check_list(struct xdr *x, unsigned depth);

static bool check_values(struct xdr *x, uint32_t type, uint32_t count, unsigned depth)
{
	uint32_t again;

	switch (type) {
	case DATA_TYPE_BOOLEAN:
		return count == 0;
	case DATA_TYPE_UINT64:
		return count == 1 && skip(x, 8);
	case DATA_TYPE_STRING:
		return count == 1 && check_string(x);
	case DATA_TYPE_NVLIST:
		return count == 1 && depth < DEPTH_MAX && check_list(x, depth + 1);
	case DATA_TYPE_UINT64_ARRAY:
		return count == 0 ||
		       (take_u32(x, &again) && again == count && skip(x, (uint64_t)count * 8));
	case DATA_TYPE_STRING_ARRAY:
		for (uint32_t i = 0; i < count; i++)
			if (!check_string(x))
				return false;
		return true;
	default:
		return false;
	}
}

static bool check_list(struct xdr *x, unsigned depth)
{
	uint32_t version, flags, size, in_memory, type, count;
	size_t first = x->names.n;

	if (!take_u32(x, &version) || !take_u32(x, &flags) || version != 0 ||
	    flags != NV_UNIQUE_NAME)
		return false;
	for (;;) {
		size_t before = x->left;
		if (!take_u32(x, &size) || !take_u32(x, &in_memory))
			return false;
		if (size == 0 && in_memory == 0) {
			x->crowded = !crowd_end_list(&x->names, first);
			return !x->crowded;
		}
		/* The worst honest case is an array of empty strings, 4 bytes here and 9 there. */
		if (size > before || in_memory > (uint64_t)size * 4)
			return false;
		if (!check_name(x) || !take_u32(x, &type) || !take_u32(x, &count) ||
		    !check_values(x, type, count, depth) || before - x->left > size)
			return false;
	}
}

struct err *nv_unpack(const char *data, size_t len, nvlist_t **out)
{
	struct xdr x = {.p = (const unsigned char *)data, .left = len};

	*out = NULL;
	if (len < 4 || data[0] != NV_ENCODE_XDR)
		return err_new(ERR_FAILED, "a message is not an XDR nvlist");
	bool ok = skip(&x, 4) && check_list(&x, 0);
	crowd_free(&x.names);
	if (x.crowded)
		return err_new(ERR_FAILED,
			       "a message of %zu bytes has a name twice, or names that were made "
			       "to cost time",
			       len);
	if (!ok || nvlist_unpack((char *)(uintptr_t)data, len, out, 0) != 0)
		return err_new(ERR_FAILED, "a message of %zu bytes is damaged", len);
	return NULL;
}

/* Of an error's text, and of its remedy; the longest has a name or two and a dozen properties. */
#define SAID_MAX 2048

void nv_add_err(nvlist_t *nv, const char *key, const struct err *e)
{
	if (e == NULL)
		return;
	nvlist_t *v = nv_new();
	nv_add_u64(v, "kind", e->kind);
	nv_add_u64(v, "code", code_to_wire(e->code));
	nv_add_str(v, "what", e->what);
	if (e->reason != REASON_NONE)
		nv_add_str(v, "reason", err_reason_word(e->reason));
	if (e->remedy != NULL)
		nv_add_str(v, "remedy", e->remedy);
	nv_add_nv(nv, key, v);
	nv_free(v);
}

struct err *nv_err(const nvlist_t *nv, const char *key, const char *who)
{
	const nvlist_t *v = nv_nv(nv, key);

	if (v == NULL)
		return NULL;
	uint64_t kind = nv_u64(v, "kind", ERR_FAILED);
	if (kind < ERR_FAILED || kind > ERR_UNREACHABLE)
		kind = ERR_FAILED;
	const char *what = nv_str(v, "what"), *remedy = nv_str(v, "remedy");
	const char *reason = nv_str(v, "reason");
	struct err *e =
	    err_new((enum err_kind)kind, "%.*s", SAID_MAX, what ? what : "unnamed failure");
	e->code = code_from_wire(nv_u64(v, "code", 0));
	if (reason != NULL) /* a newer peer may have one that we do not know */
		e->reason = err_reason_of(reason, strlen(reason));
	if (remedy != NULL)
		err_remedy(e, "%.*s", SAID_MAX, remedy);
	return who != NULL ? err_quote(e, who) : e;
}

struct err *nv_first_err(const nvlist_t *result)
{
	const nvlist_t *errors = nv_nv(result, "errors");

	nv_each(errors, p)
		return nv_err(errors, nvpair_name(p), NULL);
	return NULL;
}
