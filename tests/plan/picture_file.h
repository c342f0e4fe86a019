/* Pictures written down as text; README has the format. */
#ifndef ZREP_TESTS_PLAN_PICTURE_FILE_H
#define ZREP_TESTS_PLAN_PICTURE_FILE_H

#include "plan/role/revert.h"
#include "plan/sync.h"

struct story {
	char verb[16];
	struct sync_opts sync;
	struct revert_opts back;
	bool as_replica;     /* changeconfig -d */
	struct strv moved;   /* changeconfig -R: its words */
	bool predict, alone; /* alone: the other side is not asked (-L) */
	enum pair_side at;   /* which side the verb is about, where it may be either */
	char *src_host, *src_fs, *dst_host, *dst_fs, *tag, *snap;
	char *self[2];      /* what the hosts call themselves; NULL: as everybody does */
	bool away[2];       /* could not be asked */
	bool bookmarks;     /* the zreps there make bookmarks */
	enum spares spares; /* of the destination's host */
	bool older;         /* the zreps there know nothing newer than protocol 4 had at first */
	bool pool_away[2];  /* could, and the pool is not imported */
	struct strv unknown[2]; /* settings that the ZFS of a side does not know */
	struct pool pool[2];    /* without a name: not looked at */
	uint64_t max_lag;       /* check */
	uint64_t savecount;     /* init, sentsync: ZREP_SAVE_COUNT */
	nvlist_t *wanted;       /* init: -o and -x */
	char *who;              /* asked for it; NULL: nothing is put on record */
	bool child;             /* init: it comes with a tree, whose root those are for */
	bool key_comes;         /* init: so does whose key it uses */
	struct err *why;        /* why a side could not be asked; check */
	struct pair pair;       /* src, dst and asides point into the sides */
	struct side src, dst;   /* what side_read() made of the listings */
	nvlist_t *listing[2];
	struct strv clone_origins; /* init: clones of these come with it */
	char
	    *origin; /* init: of a clone, at the destination; its GUID is that of its name's word */
	struct strv words; /* that stand for GUIDs */
};

/* Reads the text up to the line "---", or its end. The error names the line. The caller frees with
 * story_free(), also after an error. */
struct err *story_read(const char *text, struct story *out);
void story_free(struct story *s);

/* The GUID that a word stands for: the same number on both sides, and in every case. */
uint64_t story_guid(const char *word);

/* The text with <WORD> in place of every GUID that the story has a word for. The caller frees. */
char *story_with_words(const struct story *s, const char *text);

#endif
