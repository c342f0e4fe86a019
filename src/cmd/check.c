/* Being written. */
#include "cmd/cmd.h"

int cmd_check(struct ctx *c)
{
	return report(c, err_new(ERR_FAILED, "check is not there yet"));
}
