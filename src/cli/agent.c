/* The other half of zrep: what ssh starts on a host that is not ours. Hidden from the usage. */
#include <unistd.h>

#include "cli/verb.h"
#include "zfs/agent.h"

int cmd_agent(struct ctx *c)
{
	struct serve_opts opts = {
	    .host = c->self, .version = ZREP_VERSION, .run_dir = c->run_dir, .cancel = c->cancel};

	if (isatty(STDIN_FILENO))
		return ui_error(&c->ui,
				err_remedy(err_new(ERR_USAGE, "`zrep agent` is not for people"),
					   "zrep on another host starts it through ssh"));
	return ui_error(&c->ui, serve(STDIN_FILENO, STDOUT_FILENO, &opts));
}
