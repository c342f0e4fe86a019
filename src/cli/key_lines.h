/* Lines of authorized_keys by which a key is for some pairs only: what `allow --ssh` prints, and `install --keys` puts. */
#ifndef ZREP_CLI_KEY_LINES_H
#define ZREP_CLI_KEY_LINES_H

#include <stdbool.h>

#include "engine/context.h"
#include "state/picture.h"
#include "util/buf.h"
#include "util/err.h"
#include "zfs/confine.h"

/* One side of a pair. */
struct place {
	const char *host, *name;
	bool exists;
};

/* The other side of c->args' or any other dataset `name`, d being what it is here (NULL: it is not): on `host` (NULL: not said)
 * as `there` (NULL: not said, and then as it is stored, or else called like this one). False: nobody knows it. */
bool key_other(const struct ctx *c, const struct side *side, const char *name,
	       const struct dataset *d, const char *host, const char *there, struct place *out);

/* A name that comes from a property was set by anybody. */
struct err *key_check_place(const struct place *p);

/* Was --role, --append-only or one of --max-... given? */
bool key_options_given(const struct ctx *c);
/* --role, which is peer where it was not given. */
struct err *key_role(const struct ctx *c, enum confine_role *out);

/* Does the host of `home` need a line for the key of the other one, which is `home`'s peer? With roles other than peer only one
 * of them does. home_leads: the dataset is the master on the side of home, or on none. */
bool key_is_wanted(enum confine_role role, bool home_leads, bool at_home);

/* What the options say of a key for these datasets, which stay the caller's; without a host. */
struct confine key_confine(const struct ctx *c, const struct strv *names, enum confine_role role);
/* The policy of a key for these datasets, as an agent tells it: confine_text(). The caller frees. */
char *key_policy(const struct ctx *c, const struct strv *names, enum confine_role role);
/* The line. The caller frees. */
char *key_line(const struct ctx *c, const struct strv *names, enum confine_role role,
	       const char *key);

/* The key in the first line of such a file; NULL: it is none. The caller frees. */
char *key_first(const struct buf *text);

/* This host's public key, if it is where ssh looks for one; NULL: it is not. The caller frees. */
char *key_own(void);
/* That a host has none. Never NULL. */
struct err *key_none(const char *host);

#endif
