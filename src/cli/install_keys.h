/* `install --keys`: the lines of authorized_keys by which two hosts' keys are for some pairs only, put where they belong. */
#ifndef ZREP_CLI_INSTALL_KEYS_H
#define ZREP_CLI_INSTALL_KEYS_H

#include "engine/context.h"
#include "util/err.h"

/* For the datasets of c->keys and their other side on `host`, with c->role and what else key_lines.h says. What it does is
 * told; with c->dry_run what it would do. After an error each file is as it was, or has its line. */
struct err *install_keys(struct ctx *c, const char *host);

#endif
