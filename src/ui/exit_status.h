/* The exit status of what has several parts. */
#ifndef ZREP_UI_EXIT_STATUS_H
#define ZREP_UI_EXIT_STATUS_H

/* That of all so far (0: nothing failed yet) and one more: what all failures have, else 1. */
int exit_merge(int all, int one);

#endif
