/* The picture: what both hosts hold, read once, never changed. Plans are made from nothing else. */
#ifndef ZREP_STATE_PICTURE_H
#define ZREP_STATE_PICTURE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

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

struct dataset {
	char *name;
	enum dataset_type type;
	uint64_t guid, written, available, referenced;
	bool readonly;
	bool encrypted;
	char *token;  /* receive_resume_token, NULL without one */
	char *origin; /* NULL without one */

	/* Stored under the tag, on this dataset itself (local or received); NULL where not. */
	char *src_host, *src_fs, *dest_host, *dest_fs;
	bool master;        /* T:master=yes, local */
	bool savecount_bad; /* set to something that is no number above 0 */
	uint64_t savecount; /* 0: not set */
	char *savecount_text;
	uint64_t epoch;
	char *switching; /* T:switch */
	uint64_t fork;   /* T:fork, 0 without one */
	bool paused;
	char *error;
	bool script;      /* a running zrep script has it locked */
	nvlist_t *own;    /* all of T:*, as set: for list -v */
	nvlist_t *native; /* property -> value, if it was asked for */

	struct snap *snaps; /* by createtxg */
	size_t n_snaps;
	enum role role;
};

/* One host's datasets. */
struct side {
	char *host; /* what it calls itself */
	char *user;
	uint64_t now;
	struct dataset *datasets; /* by name */
	size_t n;
};

/* Decodes what OP_LIST gave. Everything in it is checked. `host` decides which dataset's properties
 * name it as the master. The caller frees with side_free(). */
struct err *side_read(const nvlist_t *listing, const char *tag, const char *host, struct side *out);
void side_free(struct side *s);

/* NULL if there is none of that name. */
const struct dataset *side_find(const struct side *s, const char *dataset);

const struct snap *dataset_snap_by_guid(const struct dataset *d, uint64_t guid);
const struct snap *dataset_snap_by_name(const struct dataset *d, const char *name);
/* NULL without any. */
const struct snap *dataset_newest(const struct dataset *d);
/* The newest snapshot of a that b has as well, by GUID: a's. NULL where there is none. */
const struct snap *dataset_base(const struct dataset *a, const struct dataset *b);

#define SAVECOUNT_DEFAULT 5u

#endif
