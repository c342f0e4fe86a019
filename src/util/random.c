#include "util/random.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

uint64_t random_u64(void)
{
	uint64_t n = 0;

	while (n == 0)
		if (getentropy(&n, sizeof(n)) != 0) {
			perror("zrep: getentropy");
			abort();
		}
	return n;
}
