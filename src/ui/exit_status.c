#include "ui/exit_status.h"

#include "util/err.h"

int exit_merge(int all, int one)
{
	if (all == 0 || one == 0 || all == one)
		return all != 0 ? all : one;
	return ERR_FAILED;
}
