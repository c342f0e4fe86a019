/* ZFS tells nowhere when a key was changed. A passphrase has a salt, which is new with each; of the other formats the wrapped
 * key itself is looked at, at the head of a raw stream that is broken off behind it. In the same way a stream that is not
 * raw begins only where the key that is loaded opens the dataset: `keystatus` says "available" of any key. */
#include "zfs/local_key.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <libzfs_core.h>

#include "util/buf.h"
#include "util/mem.h"
#include "util/name.h"
#include "util/remedy.h"
#include "zfs/local.h"
#include "zfs/local_batch.h"
#include "zfs/local_get.h"
#include "zfs/local_guid.h"
#include "zfs/parse_line.h"

/* enum dcp_cmd of OpenZFS's sys/dsl_crypt.h, which no program can include: what `zfs receive` of a whole tree uses to have
 * each dataset use the key that it used on the sending side. */
#define FORCE_NEW_KEY 4u
#define FORCE_INHERIT 5u

/* --- the head of a stream --- */

/* Layout of struct dmu_replay_record: 32 bits of type, 32 bits of how much stands behind it, the rest. */
#define RECORD_LEN 312u
#define PAYLOAD_MAX (64u << 10)

struct head {
	const char *snap;
	enum lzc_send_flags flags;
	int to;
	int rc;
};

static void *send_head(void *arg)
{
	struct head *h = arg;

	h->rc = lzc_send(h->snap, NULL, h->to, h->flags);
	close(h->to);
	return NULL;
}

static size_t read_more(int fd, char *to, size_t have, size_t want)
{
	while (have < want) {
		ssize_t n = read(fd, to + have, want - have);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			break;
		have += (size_t)n;
	}
	return have;
}

/* Begins to send a snapshot and breaks off. 0: it began, and what stands behind its first record is in *payload, where that
 * is wanted; else why it did not. */
static int begin(const char *snap, bool raw, nvlist_t **payload)
{
	struct head h = {.snap = snap, .flags = raw ? LZC_SEND_FLAG_RAW : 0};
	char *data = mem_zalloc(RECORD_LEN + PAYLOAD_MAX);
	uint32_t len = 0;
	pthread_t thread;
	int ends[2];

	if (pipe2(ends, O_CLOEXEC) != 0) {
		free(data);
		return errno;
	}
	h.to = ends[1];
	if (pthread_create(&thread, NULL, send_head, &h) != 0) {
		close(ends[0]);
		close(ends[1]);
		free(data);
		return EAGAIN;
	}
	size_t have = read_more(ends[0], data, 0, RECORD_LEN);
	bool began = have == RECORD_LEN;
	memcpy(&len, data + sizeof(len), sizeof(len));
	if (began && payload != NULL && len > 0 && len <= PAYLOAD_MAX &&
	    read_more(ends[0], data, have, RECORD_LEN + len) == RECORD_LEN + len &&
	    nvlist_unpack(data + RECORD_LEN, len, payload, 0) != 0)
		*payload = NULL;
	close(ends[0]);
	pthread_join(thread, NULL);
	free(data);
	return began ? 0 : h.rc != 0 ? h.rc : EIO;
}

/* What a key is wrapped with anew each time: in hexadecimal digits; NULL: not known. The caller frees. */
static char *wrapped_with(const char *snap)
{
	nvlist_t *head = NULL;
	uint8_t *iv;
	uint_t n;
	struct buf text = {0};

	if (begin(snap, true, &head) != 0 || head == NULL)
		return NULL;
	nvlist_t *key = nv_nv(head, "crypt_keydata");
	if (key != NULL && nvlist_lookup_uint8_array(key, "DSL_CRYPTO_IV", &iv, &n) == 0)
		for (uint_t i = 0; i < n && i < 32; i++)
			buf_addf(&text, "%02x", iv[i]);
	nvlist_free(head);
	return text.data;
}

/* --- what is listed --- */

static const char *value_of(const nvlist_t *datasets, const char *name, const char *prop)
{
	const char *v = nv_str(nv_nv(nv_nv(datasets, name), "value"), prop);

	return v == NULL || strcmp(v, "-") == 0 || *v == '\0' ? NULL : v;
}

static char *newest_snap(const nvlist_t *datasets, const char *name)
{
	size_t n;
	char **snaps = nv_strs(nv_nv(nv_nv(datasets, name), "snaps"), "name", &n);

	return n > 0 ? str_fmt("%s@%s", name, snaps[n - 1]) : NULL;
}

/* The same of one that is not listed. */
static char *newest_snap_beside(struct local *l, const char *name)
{
	char *names[] = {(char *)(uintptr_t)name}, *snap = NULL;
	struct strv argv = {0};
	struct buf out = {0};

	strv_split(&argv, "zfs list -Hd 1 -t snapshot -o name -s createtxg");
	struct err *e = local_listing_of(l, &argv, names, 1, &out);
	if (e == NULL && out.len > 0 && out.data[out.len - 1] == '\n') {
		out.data[out.len - 1] = '\0';
		const char *end = strrchr(out.data, '\n');
		snap = mem_strdup(end != NULL ? end + 1 : out.data);
	}
	err_free(e);
	buf_free(&out);
	return snap;
}

/* How the key of a dataset is wrapped, as a text that is another one after each change; NULL: not known. The caller frees.
 * snap: a snapshot of it; NULL: there is none. */
static char *wrapping_of(const nvlist_t *datasets, const char *name, const char *snap)
{
	const char *format = value_of(datasets, name, "keyformat");
	const char *salt = value_of(datasets, name, "pbkdf2salt");
	const char *iters = value_of(datasets, name, "pbkdf2iters");

	if (format == NULL || strcmp(format, "none") == 0)
		return NULL;
	if (strcmp(format, "passphrase") == 0)
		return salt != NULL && iters != NULL ? str_fmt("%s:%s:%s", format, iters, salt)
						     : NULL;
	char *iv = snap != NULL ? wrapped_with(snap) : NULL;
	char *text = iv != NULL ? str_fmt("%s:%s", format, iv) : NULL;
	free(iv);
	return text;
}

static void add_wrapping(const nvlist_t *datasets, const char *name, const char *snap,
			 nvlist_t *wrappings)
{
	char *text = wrapping_of(datasets, name, snap);

	if (text != NULL)
		nv_add_str(wrappings, name, text);
	free(text);
}

static void add_value(nvlist_t *all, const nvlist_t *datasets, const char *name)
{
	nvlist_t *one = nv_new();

	nv_add_nv(one, "value", nv_nv(nv_nv(datasets, name), "value"));
	nv_add_nv(all, name, one);
	nv_free(one);
}

/* The properties of all encrypted ones that are listed, and of those beside them whose keys these use: mostly they are listed
 * as well. */
static struct err *get_all(struct local *l, const nvlist_t *datasets, nvlist_t *all,
			   nvlist_t *wrappings)
{
	static const char *const props[] = {"keyguid",    "keyformat",      "pbkdf2iters",
					    "pbkdf2salt", "encryptionroot", "origin"};
	struct strv more = {0};
	struct err *e = NULL;

	nv_each(datasets, p) {
		const char *name = nvpair_name(p),
			   *root = value_of(datasets, name, "encryptionroot");
		if (root != NULL)
			add_value(all, datasets, name);
		if (root != NULL && nv_nv(datasets, root) == NULL && !strv_has(&more, root))
			strv_add(&more, root);
	}
	if (more.n > 0)
		e = local_get(l, props, ARRAY_LEN(props), more.items, more.n, all);
	for (size_t i = 0; e == NULL && i < more.n; i++) {
		const char *format = value_of(all, more.items[i], "keyformat");
		bool salted = format != NULL && strcmp(format, "passphrase") == 0;
		char *snap = salted ? NULL : newest_snap_beside(l, more.items[i]);
		add_wrapping(all, more.items[i], snap, wrappings);
		free(snap);
	}
	strv_free(&more);
	return e;
}

/* Does the key that is loaded open it? 0: yes; EACCES: no; else it is not known. */
static int opened(const nvlist_t *datasets, const char *name)
{
	const char *status = value_of(datasets, name, "keystatus");
	char *snap = newest_snap(datasets, name);
	int rc = snap == NULL || status == NULL || strcmp(status, "available") != 0
		     ? ENOENT
		     : begin(snap, false, NULL);

	free(snap);
	return rc;
}

/* The dataset whose key it is, as `to` in `key`. */
static void add_whose(const nvlist_t *all, const char *name, const nvlist_t *wrappings,
		      const nvlist_t *open, const char *to, nvlist_t *key)
{
	nvlist_t *one = nv_new();
	const char *guid = value_of(all, name, "keyguid"), *text = nv_str(wrappings, name);

	nv_add_str(one, "name", name);
	if (guid != NULL)
		nv_add_str(one, "guid", guid);
	if (text != NULL)
		nv_add_str(one, "wrapping", text);
	if (nv_u64(open, name, EACCES) == 0)
		nv_add_flag(one, "opens");
	nv_add_nv(key, to, one);
	nv_free(one);
}

static void add_key(const nvlist_t *all, const nvlist_t *wrappings, const nvlist_t *open,
		    const char *name, nvlist_t *datasets)
{
	const char *root = value_of(all, name, "encryptionroot"), *above = NULL;
	char *parent = name_parent(name);
	nvlist_t *key = nv_new();

	if (nv_str(wrappings, name) != NULL)
		nv_add_str(key, "wrapping", nv_str(wrappings, name));
	if (strcmp(root, name) != 0)
		add_whose(all, root, wrappings, open, "root", key);
	else if (parent != NULL && (above = value_of(all, parent, "encryptionroot")) != NULL &&
		 nv_nv(all, above) != NULL)
		add_whose(all, above, wrappings, open, "above", key);
	if (nv_u64(open, name, 0) == EACCES)
		nv_add_flag(key, "stale");
	nv_add_nv(nv_nv(datasets, name), "key", key);
	nv_free(key);
	free(parent);
}

/* Where what is loaded does not open one that uses the key of another, it matters whether that is opened by it: it may not be
 * listed. */
static void open_root(struct local *l, const char *root, nvlist_t *open)
{
	char *snap = newest_snap_beside(l, root);

	if (snap != NULL)
		nv_add_u64(open, root, (uint64_t)begin(snap, false, NULL));
	free(snap);
}

struct err *local_keys(struct local *l, bool opens, nvlist_t *datasets)
{
	nvlist_t *all = nv_new(), *wrappings = nv_new(), *open = nv_new();
	struct strv names = {0};
	struct err *e = get_all(l, datasets, all, wrappings);

	nv_each(datasets, p)
		if (value_of(datasets, nvpair_name(p), "encryptionroot") != NULL)
			strv_add(&names, nvpair_name(p));
	for (size_t i = 0; e == NULL && i < names.n; i++) {
		char *snap = newest_snap(datasets, names.items[i]);
		add_wrapping(datasets, names.items[i], snap, wrappings);
		free(snap);
		if (opens)
			nv_add_u64(open, names.items[i],
				   (uint64_t)opened(datasets, names.items[i]));
	}
	for (size_t i = 0; e == NULL && i < names.n; i++) {
		const char *root = value_of(all, names.items[i], "encryptionroot");
		if (nv_u64(open, names.items[i], 0) == EACCES && nv_nv(datasets, root) == NULL &&
		    nv_u64(open, root, ENOENT) == ENOENT)
			open_root(l, root, open);
	}
	for (size_t i = 0; e == NULL && i < names.n; i++)
		add_key(all, wrappings, open, names.items[i], datasets);
	strv_free(&names);
	nv_free(open);
	nv_free(wrappings);
	nv_free(all);
	return e;
}

/* --- whose key a dataset uses --- */

static const char *const whose[] = {"encryptionroot", "keystatus", "origin"};

/* A batch, and what is said of it. */
struct rekey {
	struct local *l;
	char **names;
	size_t n;
	nvlist_t *guids, *said;
};

static bool is_asked(const struct rekey *k, const char *name)
{
	for (size_t i = 0; i < k->n; i++)
		if (strcmp(k->names[i], name) == 0)
			return true;
	return false;
}

/* A clone and its origin have one key, in one place: what is done to one is done to both. */
static struct err *clone_refused(const struct rekey *k, const char *name, const char *clone,
				 const char *origin)
{
	struct err *e =
	    err_refuse(REASON_IN_USE,
		       "%s cannot be given a key of its own on %s: %s is a clone of %s, and a "
		       "clone uses the key of its origin",
		       name, k->l->host, clone, origin);

	if (strcmp(clone, name) == 0)
		return err_remedy(e,
				  "sync %.*s first, or both in one run: what is done to its key is "
				  "done to that of its clone",
				  (int)strcspn(origin, "@"), origin);
	return err_remedy(e, "on %s: {zfs rename %s} to a name that is not below %s", k->l->host,
			  clone, name);
}

/* Every dataset below: ZFS has all of them that use the key of what it gives one of its own use that, and wraps none of
 * them anew. */
static struct err *get_below(struct local *l, const char *name, struct strv *below, nvlist_t *got)
{
	struct strv argv = {0};
	struct buf out = {0};

	strv_split(&argv, "zfs list -Hp -r -s name -o name -t filesystem,volume");
	strv_add(&argv, name);
	struct err *e = local_listing(l, &argv, &out);
	char *copy = mem_strdup(buf_str(&out)), *rest = copy, *line;
	while (e == NULL && (line = parse_next_line(&rest)) != NULL)
		if (!name_is_dataset(line))
			e = parse_unexpected("list", line);
		else if (strcmp(line, name) != 0)
			strv_add(below, line);
	if (e == NULL && below->n > 0)
		e = local_get(l, whose, ARRAY_LEN(whose), below->items, below->n, got);
	free(copy);
	buf_free(&out);
	return e;
}

/* Those below that nobody asked about go on being opened by the key that they are wrapped with: the topmost of them get one
 * of their own as well, before. After a crash in between that is as good as it was. */
static struct err *spare_below(const struct rekey *k, const char *name, const char *root)
{
	nvlist_t *got = nv_new();
	struct strv below = {0}, spared = {0};
	struct buf said = {0};
	struct err *e = get_below(k->l, name, &below, got);

	for (size_t i = 0; e == NULL && i < below.n; i++) {
		const char *one = below.items[i], *its = value_of(got, one, "encryptionroot");
		const char *origin = value_of(got, one, "origin");
		char *from = origin != NULL ? name_dataset(origin) : NULL;
		if (its == NULL || strcmp(its, root) != 0)
			;
		else if (from != NULL && !name_within(from, name))
			e = clone_refused(k, name, one, origin);
		else if (from == NULL && !is_asked(k, one) &&
			 (spared.n == 0 || !name_within(one, spared.items[spared.n - 1])))
			strv_add(&spared, one);
		free(from);
	}
	for (size_t i = 0; e == NULL && i < spared.n; i++) {
		const char *one = spared.items[i];
		int rc = lzc_change_key(one, FORCE_NEW_KEY, NULL, NULL, 0);
		if (rc != 0)
			e = local_error(k->l, rc, "give a key of its own to", one);
		if (rc == EPERM)
			local_allow(k->l, e, one, (int)strlen(one), ",change-key");
		buf_addf(&said, "%s%s", i > 0 ? ", " : "", one);
	}
	if (e == NULL && spared.n > 0) {
		char *text = remedy_fmt("shared the key of %s with what is below it: so that that "
					"key goes on opening this, a key of its own, the same, was "
					"given to %s (to be loaded by itself: {zfs load-key %s})",
					root, buf_str(&said), spared.items[0]);
		nv_add_str(k->said, name, text);
		free(text);
	}
	buf_free(&said);
	strv_free(&spared);
	strv_free(&below);
	nv_free(got);
	return e;
}

static struct err *change(const struct rekey *k, const char *name, bool inherit);

/* How it stands right before. NULL: it may be done. *root is the dataset whose key it uses; the caller frees. */
static struct err *check(const struct rekey *k, const char *name, bool inherit, bool *done,
			 char **root)
{
	char *names[] = {(char *)(uintptr_t)name};
	nvlist_t *got = nv_new();
	struct err *e = local_get(k->l, whose, ARRAY_LEN(whose), names, 1, got);
	const char *its = value_of(got, name, "encryptionroot");
	const char *status = value_of(got, name, "keystatus"),
		   *origin = value_of(got, name, "origin");

	*done = false;
	if (e == NULL && its == NULL)
		e = err_refuse(REASON_CHANGED, "%s on %s is not there, or not encrypted", name,
			       k->l->host);
	else if (e == NULL)
		*done = (strcmp(its, name) != 0) == inherit;
	if (e == NULL && !*done && origin != NULL && !inherit) {
		char *from = name_dataset(origin);
		*done = strcmp(its, from) == 0 || is_asked(k, from);
		if (!*done)
			e = clone_refused(k, name, name, origin);
		else if (strcmp(its, from) != 0)
			e = change(k, from, false);
		free(from);
	}
	/* ZFS frees a key of its own that is loaded, whoever has the dataset open. */
	if (e == NULL && !*done && inherit &&
	    (status == NULL || strcmp(status, "unavailable") != 0))
		e = err_remedy(err_refuse(REASON_IN_USE,
					  "%s on %s cannot be made to inherit its key while its "
					  "own is loaded",
					  name, k->l->host),
			       "on %s: {zfs unload-key %s} (it must not be mounted meanwhile: {zfs "
			       "unmount %s}), then run the same command again",
			       k->l->host, name, name);
	if (e == NULL && !*done)
		*root = mem_strdup(its);
	nv_free(got);
	return e;
}

static struct err *change(const struct rekey *k, const char *name, bool inherit)
{
	const char *doing = inherit ? "inherit the key of" : "give a key of its own to";
	bool done = false;
	char *root = NULL;
	struct err *e = check(k, name, inherit, &done, &root);

	if (e == NULL && !done)
		e = guid_check_one(k->l, name, nv_u64(k->guids, name, 0), doing);
	if (e == NULL && !done && !inherit)
		e = spare_below(k, name, root);
	free(root);
	if (e != NULL || done)
		return e;
	int rc = lzc_change_key(name, inherit ? FORCE_INHERIT : FORCE_NEW_KEY, NULL, NULL, 0);
	/* That it inherits is for the sake of who loads keys: nothing has to stop for it. */
	if (rc == 0 || (rc == EPERM && inherit))
		return NULL;
	e = local_error(k->l, rc, doing, name);
	if (rc == EPERM)
		local_allow(k->l, e, name, (int)strlen(name), ",change-key");
	return e;
}

static struct err *change_all(struct local *l, const nvlist_t *args, bool inherit, nvlist_t *result)
{
	struct rekey k = {.l = l, .said = nv_new()};
	struct err *e = local_names(args, "datasets", false, &k.names, &k.n);

	if (e == NULL)
		k.guids = batch_guids(args, k.names, k.n);
	for (size_t i = 0; e == NULL && i < k.n; i++) {
		struct err *one = change(&k, k.names[i], inherit);
		if (one != NULL)
			local_add_error(result, k.names[i], one);
	}
	nv_add_nv(result, "said", k.said);
	nv_free(k.said);
	nv_free(k.guids);
	return e;
}

struct err *local_key_own(struct local *l, const nvlist_t *args, nvlist_t *result)
{
	return change_all(l, args, false, result);
}

struct err *local_key_inherit(struct local *l, const nvlist_t *args, nvlist_t *result)
{
	return change_all(l, args, true, result);
}
