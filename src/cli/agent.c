/* The other half of zrep: what ssh starts on a host that is not ours. Hidden from the usage. */
#include <unistd.h>

#include "cli/verb.h"
#include "zfs/agent.h"

static int run_agent(struct ctx *c)
{
	struct ssh_opts ssh = ctx_ssh_opts(c);
	struct serve_opts opts = {.host = c->self,
				  .version = ZREP_VERSION,
				  .run_dir = c->run_dir,
				  .cancel = c->cancel,
				  .ssh = &ssh};

	if (isatty(STDIN_FILENO))
		return ui_error(
		    &c->ui,
		    err_remedy(err_new(ERR_USAGE, "`{zrep agent}` does not run on a terminal"),
			       "zrep on another host starts it through ssh"));
	return ui_error(&c->ui, serve(STDIN_FILENO, STDOUT_FILENO, &opts));
}

const struct verb verb_agent = {
    .name = "agent",
    .flags = "",
    .usage = "",
    .run = run_agent,
};
