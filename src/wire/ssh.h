/* The agent on another host, through the system's ssh. */
#ifndef ZREP_WIRE_SSH_H
#define ZREP_WIRE_SSH_H

#include "util/cancel.h"
#include "wire/conn.h"

struct ssh_opts {
	const char *ssh; /* program and its own options, split at blanks ("ssh -c aes128-ctr") */
	const char *zrep_path; /* the agent's program on the other side */
	const char *version;
	const char *self; /* what we call ourselves */
	const char *tag;
	unsigned timeout;
	struct cancel *cancel;
	bool (*well)(void *ctx); /* see conn_opts */
	void *well_ctx;
	bool batch; /* nobody is there to type a password */
};

struct ssh;

/* Connects to host and greets the agent there. The error says which of the many things that can be
 * wrong it is: ssh itself, the login, noise, no zrep, an old zrep, another protocol. */
struct err *ssh_open(const char *host, const struct ssh_opts *opts, struct ssh **out);

struct conn *ssh_conn(struct ssh *s);

/* Runs a program on host to its end. Its words reach it as they are: ssh hands a line to the login shell there, in which each
 * is quoted. It reads from `in` (-1: nothing), from its beginning on. `out` gets what it prints, 64 KiB at most; `said` the last
 * line of what it, or ssh, says on standard error (NULL: is not wanted; the caller frees). *status is its exit status: that of
 * ssh itself, 255, is an error that says which of the things that can be wrong it is. */
struct err *ssh_run(const char *host, const struct ssh_opts *opts, char *const words[], int in,
		    struct buf *out, char **said, int *status);

/* Hangs up, waits for the agent to end (so that its locks are free when this returns; not longer
 * than five seconds) and frees. NULL is fine. */
void ssh_close(struct ssh *s);

/* The same without the freeing, while calls may be under way: they fail. Once, and before ssh_close(). Takes why over. */
void ssh_cut(struct ssh *s, struct err *why);

#endif
