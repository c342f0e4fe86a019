/* What a peer may ask of an agent that is confined: `zrep agent --under DATASET --role ROLE`. Pure: an operation, its
 * arguments and the policy; nothing is asked of ZFS. Everything that the peer says goes through here before anything else
 * looks at it, and by default the answer is no: an operation without a row is refused, an argument without one is left out.
 * What can only be told by looking at datasets is in local_confine.h. */
#ifndef ZREP_ZFS_CONFINE_H
#define ZREP_ZFS_CONFINE_H

#include <stdbool.h>
#include <stdint.h>

#include "util/buf.h"
#include "util/err.h"
#include "util/nv.h"

enum confine_role {
	CONFINE_REPLICA = 1 << 0, /* it sends to this host */
	CONFINE_SOURCE = 1 << 1,  /* it fetches from this host */
	CONFINE_PEER = 1 << 2,    /* both, and the role may move */
};

struct confine {
	const char *host; /* ours, for messages */
	struct strv under;
	enum confine_role role;
	const char *tag;  /* whose pairs alone it is about */
	bool append_only; /* it destroys nothing */
	struct {
		uint64_t bytes, calls, seconds; /* 0: no limit */
	} most;                                 /* of one connection, see spend.h */
};

/* False: there is no such role. */
bool confine_role_of(const char *word, enum confine_role *out);

/* The options of the command line; they begin with the role. The caller frees. */
char *confine_words(const struct confine *c);
/* The same, as far as they stand in messages and in HELLO: not every one of many names. */
char *confine_text(const struct confine *c);

/* Is it the text of a peer's? */
bool confine_is_peer(const char *text);

/* Is that dataset, or the one of that snapshot or bookmark, one of those below, or what one of them was put aside as? */
bool confine_has(const struct confine *c, const char *name);

/* May that role ask for that operation at all? */
bool confine_knows(const struct confine *c, const char *op);
/* Of `operations`, which ends with NULL, those that it may ask for. The caller frees what is in it. */
struct strv confine_operations(const struct confine *c, const char *const *operations);

/* Does the operation change what it names? */
bool confine_changes(const char *op);

/* May it? *clean is then all of the arguments that this program knows, each of the type that it has to be, but for what is in
 * `expect` and `state`, which is only compared, and in the facts of a hook: whoever uses these checks them. The caller frees. NULL, or a refusal that says what it is about and where that is written. */
struct err *confine_check(const struct confine *c, const char *op, const nvlist_t *args,
			  nvlist_t **clean);

/* Takes out of an answer what is about other datasets, and tells which were asked for. `args`: as they were let pass. */
void confine_filter(const struct confine *c, const char *op, const nvlist_t *args,
		    nvlist_t *result);

/* May that native property be set only to what another end of the same way back has? (confine_check() lets it pass then.) */
bool confine_wants_origin(const char *prop, const char *value);

/* May that property be set only on what is new in a tree, to what makes it a part of that? (As above.) */
bool confine_wants_tree(const struct confine *c, const char *prop);

/* That something is refused: `what` it is about, `why`. Never NULL. */
struct err *confine_refuse(const struct confine *c, const char *op, const char *what,
			   const char *why);

/* The same, told by who asks: `policy` is confine_text() of host's agent. Never NULL. */
struct err *confine_unknown(const char *host, const char *policy, const char *op);

#endif
