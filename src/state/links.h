/* The links of a dataset beside the one that it is looked at by: to whom else its source sends, and from whom that
 * receives. The source tells its replica at each sync (T:others), so that the replica knows them when the source is gone. */
#ifndef ZREP_STATE_LINKS_H
#define ZREP_STATE_LINKS_H

#include <stdbool.h>
#include <stddef.h>

/* More tags than any listing names. */
#define LINKS_MAX 32u
/* Of the text: what ZFS takes as the value of a property. */
#define LINKS_TEXT_MAX 8191u

struct link {
	char *tag, *host, *fs; /* of the other end, as the source reaches it */
	bool up;               /* the source receives from there; else it sends */
};

struct links {
	struct link *items;
	size_t n;
};

/* "TAG > HOST DATASET" (< where it receives), with a comma between them, which no name has. Text that is anything else
 * says nothing: no links. The caller frees with links_free(). */
struct links links_parse(const char *text);
/* The same as text; what would be too long is left out. NULL: no links. The caller frees. */
char *links_print(const struct links *l);
/* Takes nothing over: copies. */
void links_add(struct links *l, const char *tag, bool up, const char *host, const char *fs);
void links_free(struct links *l);

#endif
