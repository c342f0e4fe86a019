/* The picture: what both hosts hold, read once, never changed. Plans are made from nothing else. */
#ifndef ZREP_STATE_PICTURE_H
#define ZREP_STATE_PICTURE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "state/drill_mark.h"
#include "state/foreign.h"
#include "state/link_mark.h"
#include "state/links.h"
#include "state/switch_state.h"
#include "state/retention_spec.h"
#include "util/buf.h"
#include "util/err.h"
#include "util/name.h"
#include "util/nv.h"

struct snap {
	char *name; /* the part after '@' */
	uint64_t guid, createtxg, creation, written;
	uint64_t sent;   /* Unix time of TAG:sent, 0: not marked */
	uint64_t holds;  /* how many holds, ours included */
	bool held;       /* one of them is ours */
	bool zrep_named; /* named TAG_xxxxxx, perhaps _unsent */
	bool cascaded;   /* T:relayed: it came here under this tag, and is another tag's */
	bool ground;     /* T:ground: the same, only for another member of the set to go on from */
	bool other;      /* named so after another tag that is in use on the dataset */
	bool bookmark;   /* not a snapshot: what a bookmark has kept of one that may be gone */
	struct name_seq seq; /* if own */
	/* What is asked for only where it may go (see plan/obstacles.h). */
	struct strv clones,
	    holders; /* datasets; tags of holds that are not ours. Some of them, where there are many */
	bool receiving; /* what is being received begins from it */
	bool too_large; /* for the refquota that its dataset has now */
};

/* So many ways back are remembered that the other end of a link has not heard of. */
#define FORMER_MAX 4u

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
	char *switch_text;                             /* TAG:switch, if local */
	struct switch_state switch_state;
	uint64_t epoch;
	char *set_id;                /* TAG:set, if local */
	uint64_t former[FORMER_MAX]; /* TAG:former-guid, if local */
	size_t n_former;
	enum err_reason
	    led; /* by TAG:error its last sync found another master: REASON_SUPERSEDED or _SPLIT_BRAIN; else _NONE */
};

/* Another dataset, whose key one uses or could use. */
struct key_owner {
	char *name;     /* NULL: there is none, or none is known */
	uint64_t guid;  /* of its key; 0: not known */
	char *wrapping; /* of that; NULL: not known */
	bool opens;     /* a key is loaded for it, and opens it, if that was asked for */
};

/* What stands where a dataset would be mounted, if that was asked for; see `place` of OP_LIST. */
#define PLACE_HIDES 8u
struct mount_place {
	char *over;
	struct strv hides;
	bool file, entries, blocks;
};

struct dataset {
	char *name;
	enum dataset_type type;
	uint64_t guid, written, available, referenced;
	uint64_t used; /* 0: not asked for, as `settings` */
	uint64_t refreservation;
	uint64_t volsize;  /* 0 for a filesystem */
	uint64_t key_guid; /* of what encrypts it; a raw copy has the same. 0: none, or not known */
	bool inconsistent; /* the first part of a copy that has not come to its end */
	bool readonly;
	bool readonly_local; /* and set on the dataset itself */
	bool readonly_own;   /* or received with it: it does not come from what is above */
	bool encrypted;
	bool key_missing; /* encrypted, and its key is not loaded */
	bool key_stale;   /* a key is loaded that does not open it, if that was asked for */
	char *key_root;   /* the dataset whose key that is; NULL: not encrypted */
	/* If that was asked for: how its key is wrapped (see OP_LIST), the dataset whose key it uses if not its own, and if it is
	 * its own, the one whose key it would inherit. */
	char *key_wrapping; /* NULL: not known */
	struct key_owner key_from, key_above;
	char *
	    key_sent; /* T:key: how the key was wrapped that came with the last stream; NULL: not known */
	bool mounted;
	char *mountpoint; /* as zfs prints it: a path, "none", "legacy"; NULL for a volume */
	char *canmount;   /* NULL for a volume */
	struct mount_place place;
	char *user,
	    *lacks, /* who asked there, and the permissions that he lacks, "hold,send"; NULL: none, or not asked for */
	    *full; /* it, or what it is in, whose snapshot_limit leaves him no room for the snapshots of a sync; NULL: none */
	uint64_t full_limit, full_count;
	char *token;  /* receive_resume_token, NULL without one */
	char *origin; /* NULL without one */

	char *foreign;                    /* T:foreign, also inherited; NULL: all */
	struct foreign_keep foreign_keep; /* T:foreign-keep, also inherited */
	char *foreign_bad; /* which of the two cannot be read, "PROP VALUE"; NULL: none */

	/* Stored under the tag, on this dataset itself (local or received); NULL where not. */
	char *src_host, *src_fs, *dest_host, *dest_fs;
	bool master; /* T:master=yes, local */
	char *
	    dest_self; /* T:dest-self, local: what dest-host called itself when it was last synced to */
	bool
	    copy; /* a replica by its words, and by the same words that of another host: it came here
		    * with a stream, or on a disk */
	/* Who the two ends are, each local or it does not count: plan/identity.h. */
	char *set_id; /* T:set: of the dataset and all its replicas; NULL: none yet */
	uint64_t
	    peer_guid; /* T:peer-guid: GUID of the dataset at the other end; 0: not known yet */
	uint64_t former
	    [FORMER_MAX]; /* T:former-guid: of those whose place it has taken, the last one last */
	size_t n_former;
	struct link_mark link; /* T:link */
	bool
	    words_local; /* some of what makes it an end was set here, and not brought by a stream */
	bool split;      /* T:large-blocks=no: the other side's large blocks are small ones */
	bool savecount_bad; /* set to something that is no number above 0 */
	uint64_t savecount; /* 0: not set */
	char *savecount_text;
	struct retention keep;            /* all 0: not set */
	bool keep_bad;                    /* set to something that cannot be read */
	char *keep_text;                  /* NULL: not set */
	uint64_t epoch;                   /* the highest of T:epoch and those of other tags */
	char *switch_text;                /* T:switch, if local */
	struct switch_state switch_state; /* the same, understood */
	uint64_t fork;  /* T:fork: GUID of the snapshot that its epoch began from; 0 without one */
	uint64_t since; /* T:since: Unix time of that; 0 without one */
	uint64_t reset; /* T:reset: GUID of the snapshot that zrep took it back to; 0 without one */
	char *
	    readonly_was; /* T:readonly: "on", "off" or "inherited", before zrep set it; NULL without one */
	uint64_t
	    late; /* T:late: Unix time at which it was told that the rpo was missed; 0: it was not */
	struct drill_mark drilled; /* T:drill, if local */
	char *history;             /* T:history, if local, as it is stored: state/history.h */
	char *links_text;          /* T:others, if local: what its source told it */
	struct links links;        /* the same, understood */
	bool paused;
	bool recursive; /* T:recursive: what is below it belongs to it */
	bool excluded;  /* T:exclude: it and what is below it does not */
	char *error;
	struct other_tag *others; /* every other tag of which anything of that is set on it */
	size_t n_others;
	bool others_more; /* there are more than the listing names */
	bool
	    cascade; /* a replica under another tag: what it has is passed on, nothing added to it */
	nvlist_t *props; /* T:props: what its replica gets, see state/props.h; NULL without it */
	bool props_bad;  /* it is set and cannot be read */
	nvlist_t *
	    limits; /* T:limits: what it gets as the master; NULL without it, or if it cannot be read */
	nvlist_t *followed; /* T:followed: what a sync was to set on it, last; NULL without it */
	bool quotas_own;    /* T:quotas=no */
	bool quotas_bad;    /* set to something that cannot be read: as if it were not set */
	char *quotas_text;  /* NULL: not set, here or above */
	uint64_t rpo;       /* T:rpo in seconds: how old the replica may be; 0: not set */
	bool rpo_bad;       /* set to something that cannot be read */
	char *rpo_text;     /* NULL: not set, here or above */
	bool at_work;       /* a zrep whose locks are others is changing its role */
	bool script;        /* a running zrep script has it locked */
	nvlist_t *own;      /* all of T:*, as set: for list -v */
	nvlist_t
	    *inherited; /* those that would be, were they not inherited: they count for nothing */
	struct strv unknown; /* each T:* that is set and none of zrep's, if that was asked for */
	struct strv preserved_names; /* what keeps newer data of its, if that was asked for ... */
	uint64_t *preserved_used;    /* ... and the bytes that each takes */
	struct strv preserved_snaps,
	    preserved_holders; /* holds on snapshots of these: of what, and whose */
	nvlist_t *native;      /* property -> value, if it was asked for */
	/* The settings that a replica may have from its source, limits included, as they count on the dataset, wherever they
	 * come from; see dataset_setting(). NULL: not asked for, or its host's zrep does not list them. */
	nvlist_t *settings, *settings_from;

	struct snap *snaps; /* by createtxg */
	size_t n_snaps;
	const struct snap **by_guid,
	    **by_name; /* the same, to search; of equals the newest first */
	/* By createtxg; `name` is the part after '#', and zrep_named is true of zrep's own. Beside these and the numbers,
	 * nothing is known of them. Empty where the host's zrep does not list them. */
	struct snap *bookmarks;
	size_t n_bookmarks;
	const struct snap **marks_by_guid,
	    **marks_by_name; /* the same, to search; of equal GUIDs zrep's own first */
	uint64_t
	    pinned; /* bytes that snapshots from the oldest of zrep's to the newest held one keep,
			  * if that was asked for */
	bool pinned_known;
	uint64_t room; /* what is left to the dataset that it is in; UINT64_MAX: not known */
	enum role role;
	bool
	    named_source; /* src-host and src-fs name this very dataset, whether it is the master or not */
	struct strv below; /* datasets below it by name, if they were asked for */
};

/* How a pool stands, if that was asked for. */
struct pool {
	char *name;
	bool readonly;  /* imported so */
	bool suspended; /* it waits for its devices, and with it whoever touches it */
	/* Its features, "enabled", "active" or "disabled"; one that is not there its ZFS does not know. NULL: not known. */
	nvlist_t *features;
};

/* What is none of zrep's, and stands beside something that is. */
struct beside {
	char *name;
	bool volume, readonly, unmounted, clone, excluded, tagged, swap; /* see OP_LIST */
};

/* One host's datasets. */
struct side {
	char *host; /* what it calls itself */
	uint64_t now;
	struct dataset *datasets; /* by name */
	size_t n;
	const struct dataset *
	    *aside; /* by name: those that keep what another name had, see side_preserved() */
	size_t n_aside;
	/* Those that are there and cannot be listed, because a value has a line break or a tab, and for each the property
	 * whose it is, "" where that is not known. They are none of `datasets`, and not missing. */
	struct strv unreadable, unreadable_props;
	struct strv pools_away; /* not imported, of datasets that were asked for */
	bool snapshot_hooks; /* a program there is to be run before a snapshot is taken, or after */
	struct pool *pools;  /* those of the datasets, if they were asked for */
	size_t n_pools;
	/* If they were asked for: what else is in the pools of `datasets`, by name; and what this host was master of, in
	 * pools that are not imported. */
	struct beside *beside;
	size_t n_beside;
	struct strv seen;
	uint64_t *seen_guids; /* 0: not known */
	char *seen_dir;       /* where that is remembered, a file for each pool */
	/* The same of replicas on it. */
	struct strv seen_replicas;
	uint64_t *seen_replicas_guids;
	char *seen_replicas_dir;
};

/* Decodes what OP_LIST gave. Everything in it is checked. `host` decides which dataset's properties
 * name it as the master. The caller frees with side_free(). */
struct err *side_read(const nvlist_t *listing, const char *tag, const char *host, struct side *out);
void side_free(struct side *s);

/* In place of a property: the agent there is confined to other datasets. */
#define UNREADABLE_CONFINED "confined"

/* Is it there and cannot be listed? Then the property because of which, "" if that is not known; else NULL. */
const char *side_unreadable(const struct side *s, const char *dataset);

/* Is there no dataset of that name because its pool is not imported? */
bool side_pool_away(const struct side *s, const char *dataset);
/* pool NULL: not as far as is known. */
bool pool_is_readonly(const struct pool *pool);
/* Its pool; NULL if nothing is known of that. Stays side's. */
const struct pool *side_pool(const struct side *s, const char *dataset);

/* A clone or a rollback of a snapshot with an intent log in it has so much "written" from birth. */
#define RESET_NOISE (12u << 10)

#define SAVECOUNT_DEFAULT 5u

#endif
