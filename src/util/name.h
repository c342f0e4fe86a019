/* Names: datasets, snapshots, hosts, tags. Pure functions over text from outside; each is fuzzed.
 *
 * What passes here may stand in an argument vector: a dataset name begins with a letter and a host
 * name never begins with '-', so neither can be taken for an option. */
#ifndef ZREP_UTIL_NAME_H
#define ZREP_UTIL_NAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "util/buf.h"
#include "util/err.h"

/* ZFS_MAX_DATASET_NAME_LEN without the NUL: the longest name, "@snapshot" included. */
#define NAME_DATASET_MAX 255

/* A filesystem or volume as ZFS accepts it: letters, digits, "-_.: " in components between '/', the
 * first beginning with a letter. On failure the error (ERR_USAGE) says what is wrong with it. */
struct err *name_check_dataset(const char *name);
bool name_is_dataset(const char *name);

/* "dataset@snapshot", both halves well formed. */
bool name_is_snapshot(const char *name);

/* "dataset#bookmark", likewise. */
bool name_is_bookmark(const char *name);

/* A host as ssh takes it: [user@]name, address or alias. Letters, digits and "._:%@[]-" only. */
struct err *name_check_host(const char *host);
/* The same, where nothing is said about it. */
bool name_is_host(const char *host);

/* A tag is the front of property and snapshot names: lower case letters, digits, "_-.", beginning
 * with a letter or digit, at most 32 bytes. */
struct err *name_check_tag(const char *tag);

/* A property, native or of a user, as it may stand in an argument of `zfs`: lower case letters, digits, ":+._-@",
 * not beginning with '-'. */
bool name_is_prop(const char *prop);
/* The same as `zfs` may print it: it may begin with '-'. */
bool name_is_prop_printed(const char *prop);
/* Is it one of a user's own, "MODULE:NAME"? */
bool name_is_user_prop(const char *prop);

/* Do two host names mean the same host? The script stored the name up to the first dot, so
 * "host1" and "host1.example.org" are one. Case does not count. */
bool name_same_host(const char *a, const char *b);

/* The host of user@host. */
const char *name_host_part(const char *stored);

/* Does `stored`, perhaps of the form user@name, name the host `host`? */
bool name_names_host(const char *stored, const char *host);

/* Is dataset b of its host to a of that one what a dataset is to another that it lies in, with `rest` ("/x/y") behind its name? */
bool name_is_rest(const char *a_host, const char *a, const char *b_host, const char *b,
		  const char *rest);

/* Is `inner` equal to `outer` or below it? */
bool name_within(const char *inner, const char *outer);

/* "zfs rename A B", such a command: whatever has the name A keeps all that it has, under another one. The caller frees. */
char *name_make_room(const char *dataset);
/* The name that zrep gives to what is to have the name `dataset` as soon as another one has left that. The caller frees. */
char *name_between(const char *dataset);

/* "tank/a_kept_20261125T130509Z": a name beside another one, for what was made at that time. The caller frees. */
char *name_timed(const char *dataset, const char *infix, uint64_t time);
/* The infix of a clone that is made to be tried and thrown away. */
#define DRILL_INFIX "_drill_"

/* Length of the pool part. */
size_t name_pool_len(const char *dataset);

/* The pool part. The caller frees. */
char *name_pool(const char *name);
/* The pools of n names, each once. The caller frees what is in it. */
struct strv name_pools(char *const *names, size_t n);

/* Are both of one pool? The name of a pool is of that pool. */
bool name_same_pool(const char *a, const char *b);

/* The part before '@' or '#', all of it without one. The caller frees. */
char *name_dataset(const char *name);

/* The dataset that one is in; NULL: it is a pool, and in none. The caller frees. */
char *name_parent(const char *dataset);

/* The part after '@', NULL without one. */
const char *name_snap_part(const char *name);

/* A snapshot of zrep's own: TAG_xxxxxx with at least six hex digits, perhaps followed by "_unsent"
 * (older zrep). `part` is what stands after '@'. */
struct name_seq {
	uint64_t number;
	bool unsent;
};
bool name_parse_seq(const char *part, const char *tag, struct name_seq *out);

/* The tag of a snapshot whose name could be zrep's for some tag: "second" of "second_00001f". */
#define NAME_TAG_MAX 32
bool name_seq_tag(const char *part, char tag[NAME_TAG_MAX + 1]);

/* "TAG_00001f". The caller frees. */
char *name_seq(const char *tag, uint64_t number);

/* What zrep calls its bookmark of a snapshot with that GUID, the part after '#': "TAG_1a2b3c4d5e6f7081", always sixteen
 * digits. A bookmark has the GUID of its snapshot, so the name proves whose it is: what somebody else calls after one of
 * zrep's snapshots is not taken for zrep's. The caller frees. */
char *name_mark(const char *tag, uint64_t guid);
bool name_is_mark(const char *part, const char *tag, uint64_t guid);

#endif
