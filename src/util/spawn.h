/* Child processes: an argument vector, never a shell; every exit status and signal looked at. */
#ifndef ZREP_UTIL_SPAWN_H
#define ZREP_UTIL_SPAWN_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "util/buf.h"
#include "util/err.h"

/* Starts argv[0], searched in PATH and then in the sbin directories, with LC_ALL=C when `c_locale`
 * (for output that is parsed). in, out, errfd become its descriptors 0, 1, 2; -1 means /dev/null
 * for 0 and 1, and ours for 2. The caller keeps all three and closes them itself. Every other
 * descriptor of ours is close-on-exec. Signals are back to their defaults in the child.
 * err->code is ENOENT where there is no such program. */
struct spawn_files {
	int in, out, err;
	bool c_locale;
};
struct err *spawn_start(char *const argv[], const struct spawn_files *files, pid_t *pid);

/* Waits for pid. *status gets the exit status, or 128 + N where signal N ended it. */
void spawn_wait(pid_t pid, int *status);

/* Runs argv to its end and keeps what it writes. `max` bounds `out` (more is an error: whatever
 * runs away is no listing); of standard error the first 64 KiB are kept. A non-zero exit is not an
 * error here: look at *status. */
struct err *spawn_run(char *const argv[], size_t max, struct buf *out, struct buf *err_out,
		      int *status);

/* A pipe, close-on-exec on both ends. */
struct err *spawn_pipe(int fd[2]);

#endif
