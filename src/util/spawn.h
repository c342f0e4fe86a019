/* Child processes: an argument vector, never a shell; every exit status and signal looked at. */
#ifndef ZREP_UTIL_SPAWN_H
#define ZREP_UTIL_SPAWN_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "util/buf.h"
#include "util/err.h"
#include "util/patience.h"

/* Descriptors that a child gets from us although they are close-on-exec, under the same numbers. They
 * are asked for at the moment of starting and stay as they are until they are given back, so that
 * none of them can be closed, and its number taken by something else, in between. */
struct spawn_lend {
	void (*take)(void *ctx, const int **fds, size_t *n);
	void (*give_back)(void *ctx);
	void *ctx;
};

/* Starts argv[0], searched in PATH and then in the sbin directories, with LC_ALL=C when `c_locale`
 * (for output that is parsed). in, out, errfd become its descriptors 0, 1, 2; -1 means /dev/null
 * for 0 and 1, and ours for 2. The caller keeps all three and closes them itself. Every other
 * descriptor of ours is close-on-exec, and those of `lend` (NULL: none) are for this child alone.
 * `env` (NULL: none): "NAME=VALUE" to be in its environment, in place of what we have under that
 * name; ends in NULL. `group`: it leads a process group of its own. Signals are back to their
 * defaults in the child.
 * err->code is ENOENT where there is no such program. */
struct spawn_files {
	int in, out, err;
	bool c_locale;
	bool group;
	char *const *env;
	const struct spawn_lend *lend;
};
struct err *spawn_start(char *const argv[], const struct spawn_files *files, pid_t *pid);

/* Would that be started: is there such a program, where spawn_start() looks for it? */
bool spawn_finds(const char *program);

/* Waits for pid. *status gets the exit status, or 128 + N where signal N ended it. */
void spawn_wait(pid_t pid, int *status);

/* The same, but where patience is over since `since`, pid is killed, and no more waited for where that has no effect:
 * what is inside a kernel that hangs cannot be killed. False: so it was, and *status is 255. */
bool spawn_wait_until(pid_t pid, uint64_t since, const struct patience *patience, int *status);

/* Runs argv to its end and keeps what it writes. `lend` as above. `max` bounds `out` (more is an error: whatever
 * runs away is no listing); of standard error the first 64 KiB are kept. A non-zero exit is not an
 * error here: look at *status. Where it has written nothing until patience is over, it is killed, and err->code
 * is ETIMEDOUT. */
struct err *spawn_run(char *const argv[], const struct spawn_lend *lend, size_t max,
		      const struct patience *patience, struct buf *out, struct buf *err_out,
		      int *status);

/* The same of a program that reads from `in`, which stays the caller's. */
struct err *spawn_run_in(char *const argv[], int in, size_t max, const struct patience *patience,
			 struct buf *out, struct buf *err_out, int *status);

/* A pipe, close-on-exec on both ends. */
struct err *spawn_pipe(int fd[2]);

#endif
