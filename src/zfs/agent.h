/* The agent: this host's operations, served on a connection. */
#ifndef ZREP_ZFS_AGENT_H
#define ZREP_ZFS_AGENT_H

#include "util/cancel.h"
#include "util/err.h"

struct confine;
struct ssh_opts;

struct serve_opts {
	const char *host; /* what we call ourselves */
	const char *version;
	const char *run_dir; /* for locks */
	struct cancel *cancel;
	const struct ssh_opts *ssh;    /* how other hosts are reached from here */
	const struct confine *confine; /* what the peer may; NULL: everything */
};

/* Speaks the protocol on rfd and wfd until the peer closes or falls silent. Everything under way is
 * then ended, and every lock dropped, before this returns. */
struct err *serve(int rfd, int wfd, const struct serve_opts *opts);

#endif
