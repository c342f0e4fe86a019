/* Written from documentation; not tried on FreeBSD. */
#include "os/pipe.h"

/* No call asks for it. */
void fd_enlarge_pipe(int fd)
{
	(void)fd;
}
