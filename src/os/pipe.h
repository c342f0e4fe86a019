#ifndef ZREP_OS_PIPE_H
#define ZREP_OS_PIPE_H

/* Lets the pipe hold a MiB where that can be asked for: there are fewer switches between its ends then. Refused
 * quietly. */
void fd_enlarge_pipe(int fd);

#endif
