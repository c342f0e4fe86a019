/* The picture: what both hosts hold, read once, never changed. Plans are made from nothing else. */
#ifndef ZREP_STATE_PICTURE_H
#define ZREP_STATE_PICTURE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "state/switch_state.h"
#include "state/retention_spec.h"
#include "util/buf.h"
#include "util/err.h"
#include "util/name.h"
#include "util/nv.h"

struct snap {
	char *name; /* the part after '@' */
	uint64_t guid, createtxg, creation, written;
	uint64_t sent;       /* Unix time of TAG:sent, 0: not marked */
	uint64_t holds;      /* how many holds, ours included */
	bool held;           /* one of them is ours */
	bool own;            /* named TAG_xxxxxx, perhaps _unsent */
	bool relayed;        /* T:relayed: it came here under this tag, and is another tag's */
	bool other;          /* named so after another tag that is in use on the dataset */
	struct name_seq seq; /* if own */
};

enum dataset_type { TYPE_FILESYSTEM, TYPE_VOLUME };

/* The roles a dataset can have for a tag. */
enum role {
	ROLE_NONE, /* carries nothing of zrep's */
	ROLE_MASTER,
	ROLE_REPLICA,
	ROLE_BROKEN, /* carries properties that make no sense together */
};

/* What another tag says on a dataset, read as one's own is. */
struct other_tag {
	char *tag;
	enum role role;
	bool master;   /* TAG:master=yes, local */
	bool received; /* all that makes its role came with a stream */
	char *src_host, *src_fs, *dest_host, *dest_fs; /* NULL where not set */
	char *switching;                               /* TAG:switch, if local */
	struct change change;
	uint64_t epoch;
};

struct dataset {
	char *name;
	enum dataset_type type;
	uint64_t guid, written, available, referenced;
	uint64_t refreservation;
	uint64_t volsize;  /* 0 for a filesystem */
	uint64_t key_guid; /* of what encrypts it; a raw copy has the same. 0: none, or not known */
	bool inconsistent; /* the first part of a copy that has not come to its end */
	bool readonly;
	bool readonly_local; /* and set on the dataset itself */
	bool readonly_own;   /* or received with it: it does not come from what is above */
	bool encrypted;
	bool key_missing; /* encrypted, and its key is not loaded */
	char *key_root;   /* the dataset whose key that is; NULL: not encrypted */
	bool mounted;
	char *mountpoint; /* as zfs prints it: a path, "none", "legacy"; NULL for a volume */
	char *canmount;   /* NULL for a volume */
	char *token;      /* receive_resume_token, NULL without one */
	char *origin;     /* NULL without one */

	/* Stored under the tag, on this dataset itself (local or received); NULL where not. */
	char *src_host, *src_fs, *dest_host, *dest_fs;
	bool master; /* T:master=yes, local */
	char *
	    dest_self; /* T:dest-self, local: what dest-host called itself when it was last synced to */
	bool
	    copy; /* a replica by its words, and by the same words that of another host: it came here
		    * with a stream, or on a disk */
	bool split;         /* T:large-blocks=no: the other side's large blocks are small ones */
	bool savecount_bad; /* set to something that is no number above 0 */
	uint64_t savecount; /* 0: not set */
	char *savecount_text;
	struct keep keep; /* all 0: not set */
	bool keep_bad;    /* set to something that cannot be read */
	char *keep_text;  /* NULL: not set */
	uint64_t epoch;
	char *switching;      /* T:switch, if local */
	struct change change; /* the same, understood */
	uint64_t fork;  /* T:fork: GUID of the snapshot that its epoch began from; 0 without one */
	uint64_t since; /* T:since: Unix time of that; 0 without one */
	uint64_t reset; /* T:reset: GUID of the snapshot that zrep took it back to; 0 without one */
	char *
	    readonly_was; /* T:readonly: "on", "off" or "inherited", before zrep set it; NULL without one */
	bool paused;
	bool recursive; /* T:recursive: what is below it belongs to it */
	bool excluded;  /* T:exclude: it and what is below it does not */
	char *error;
	struct other_tag *others; /* every other tag of which anything of that is set on it */
	size_t n_others;
	bool others_more; /* there are more than the listing names */
	bool relay; /* a replica under another tag: what it has is passed on, nothing added to it */
	nvlist_t *props; /* T:props: what its replica gets, see state/props.h; NULL without it */
	bool props_bad;  /* it is set and cannot be read */
	bool script;     /* a running zrep script has it locked */
	nvlist_t *own;   /* all of T:*, as set: for list -v */
	nvlist_t
	    *inherited; /* those that would be, were they not inherited: they count for nothing */
	struct strv unknown; /* each T:* that is set and none of zrep's, if that was asked for */
	struct strv kept;    /* what keeps newer data of its, if that was asked for ... */
	uint64_t *kept_used; /* ... and the bytes that each takes */
	nvlist_t *native;    /* property -> value, if it was asked for */

	struct snap *snaps; /* by createtxg */
	size_t n_snaps;
	const struct snap **by_guid,
	    **by_name; /* the same, to search; of equals the newest first */
	enum role role;
	bool
	    named_source; /* src-host and src-fs name this very dataset, whether it is the master or not */
	struct strv below; /* datasets below it by name, if they were asked for */
};

/* One host's datasets. */
struct side {
	char *host; /* what it calls itself */
	uint64_t now;
	struct dataset *datasets; /* by name */
	size_t n;
	struct strv pools_away;     /* not imported, of datasets that were asked for */
	struct strv pools_readonly; /* imported read-only, if that was asked for */
};

/* Decodes what OP_LIST gave. Everything in it is checked. `host` decides which dataset's properties
 * name it as the master. The caller frees with side_free(). */
struct err *side_read(const nvlist_t *listing, const char *tag, const char *host, struct side *out);
void side_free(struct side *s);

/* NULL if there is none of that name. */
const struct dataset *side_find(const struct side *s, const char *dataset);

/* Is there no dataset of that name because its pool is not imported? */
bool side_pool_away(const struct side *s, const char *dataset);
/* Is its pool imported read-only? */
bool side_pool_readonly(const struct side *s, const char *dataset);

const struct snap *dataset_snap_by_guid(const struct dataset *d, uint64_t guid);
const struct snap *dataset_snap_by_name(const struct dataset *d, const char *name);
/* NULL without any. */
const struct snap *dataset_newest(const struct dataset *d);
/* The newest snapshot of a that b has as well, by GUID: a's. NULL where there is none. */
const struct snap *dataset_base(const struct dataset *a, const struct dataset *b);
/* The newest that the other side is known to have had: marked or held by zrep. NULL without any. */
const struct snap *dataset_last_sent(const struct dataset *d);

/* It carries the words of a master and is none, on host `self`: a copy, as a backup makes them with its properties. Not
 * in the very place of that master, where somebody must be told: it would be a pity to leave out what was restored. */
bool dataset_is_stray(const struct dataset *d, const char *self);

/* Bytes written after `s` (one of d's), in newer snapshots and since. What a dataset has "written" from
 * birth, because zrep cloned it or rolled it back, is nothing. */
uint64_t dataset_written_after(const struct dataset *d, const struct snap *s);
/* Nothing was written since its newest snapshot. */
bool dataset_unchanged(const struct dataset *d);

/* A clone or a rollback of a snapshot with an intent log in it has so much "written" from birth. */
#define RESET_NOISE (12u << 10)

/* The dataset that keeps what `name` had, while it is on its way back to an older snapshot: its own
 * T:switch says so. NULL without one. */
const struct dataset *side_aside(const struct side *s, const char *name);

/* The name that it had before it was put aside, or its own. The caller frees. */
char *dataset_name_before(const struct dataset *d);

#define SAVECOUNT_DEFAULT 5u

#endif
