#include "os/pipe.h"

#include <fcntl.h>

void fd_enlarge_pipe(int fd)
{
	(void)fcntl(fd, F_SETPIPE_SZ, 1 << 20);
}
