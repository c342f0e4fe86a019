/* The other half of zrep: what ssh starts on a host that is not ours. Hidden from the usage. */
#include <string.h>
#include <unistd.h>

#include "cli/key_lines.h"
#include "cli/verb.h"
#include "util/name.h"
#include "zfs/agent.h"
#include "zfs/confine.h"

static struct err *wrong(const char *what, const char *word)
{
	return err_remedy(err_new(ERR_USAGE, "`{zrep agent}`: %s%.100s", what, word),
			  "correct the line of that key in authorized_keys on this host");
}

/* What the key is for, from the command line in authorized_keys. *confined: it is for less than everything. */
static struct err *read_policy(const struct ctx *c, struct confine *to, bool *confined)
{
	struct err *e = NULL;

	*confined = c->under.n > 0 || key_options_given(c);
	*to = key_confine(c, &c->under, CONFINE_PEER); /* the role is read below */
	to->host = c->self;
	if (*confined && c->under.n == 0)
		e = wrong("--under is missing", "");
	else if (*confined && c->role == NULL)
		e = wrong("--role is missing", "");
	else if (*confined && !confine_role_of(c->role, &to->role))
		e = wrong("--role is replica, source or peer, not ", c->role);
	for (size_t i = 0; i < c->under.n && e == NULL; i++)
		if (!name_is_dataset(c->under.items[i]))
			e = wrong("--under wants a dataset, not ", c->under.items[i]);
	return e;
}

static int run_agent(struct ctx *c)
{
	struct ssh_opts ssh = ctx_ssh_opts(c);
	struct confine policy;
	bool confined;
	struct err *e = read_policy(c, &policy, &confined);
	struct serve_opts opts = {.host = c->self,
				  .version = ZREP_VERSION,
				  .run_dir = c->run_dir,
				  .cancel = c->cancel,
				  .ssh = &ssh,
				  .confine = confined ? &policy : NULL};

	if (e != NULL)
		return ui_error(&c->ui, e);
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
    .options = " under role append-only max-bytes max-calls max-time ",
    .usage = "[--under DATASET... --role replica|source|peer [--append-only] [--max-...]]",
    .run = run_agent,
};
