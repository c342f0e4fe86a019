#include "util/nv.h"

#include <stdlib.h>
#include <string.h>

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

bool nv_empty(const nvlist_t *nv)
{
	return nv_next(nv, NULL) == NULL;
}

void nv_pack(const nvlist_t *nv, char **data, size_t *len)
{
	*data = NULL;
	must(nvlist_pack((nvlist_t *)(uintptr_t)nv, data, len, NV_ENCODE_XDR, 0));
}

/* nvlist_unpack() follows whatever encoding the first byte names; only XDR is the wire's. */
struct err *nv_unpack(const char *data, size_t len, nvlist_t **out)
{
	if (len < 4 || data[0] != NV_ENCODE_XDR)
		return err_new(ERR_FAILED, "a message is not an XDR nvlist");
	if (nvlist_unpack((char *)(uintptr_t)data, len, out, 0) != 0)
		return err_new(ERR_FAILED, "a message of %zu bytes is damaged", len);
	return NULL;
}

void nv_add_err(nvlist_t *nv, const char *key, const struct err *e)
{
	if (e == NULL)
		return;
	nvlist_t *v = nv_new();
	nv_add_u64(v, "kind", e->kind);
	nv_add_u64(v, "code", (uint64_t)(unsigned)e->code);
	nv_add_str(v, "what", e->what);
	if (e->remedy != NULL)
		nv_add_str(v, "remedy", e->remedy);
	nv_add_nv(nv, key, v);
	nv_free(v);
}

struct err *nv_err(const nvlist_t *nv, const char *key)
{
	const nvlist_t *v = nv_nv(nv, key);

	if (v == NULL)
		return NULL;
	uint64_t kind = nv_u64(v, "kind", ERR_FAILED);
	if (kind < ERR_FAILED || kind > ERR_UNREACHABLE)
		kind = ERR_FAILED;
	const char *what = nv_str(v, "what"), *remedy = nv_str(v, "remedy");
	struct err *e = err_new((enum err_kind)kind, "%.4096s", what ? what : "unnamed failure");
	e->code = (int)(nv_u64(v, "code", 0) & 0x7fffffff);
	if (remedy != NULL)
		err_remedy(e, "%.4096s", remedy);
	return e;
}
