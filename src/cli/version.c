/* The verb version. */
#include "cli/verb.h"
#include "wire/frame.h"

static int run_version(struct ctx *c)
{
	record_str(c->ui.run, "version", ZREP_VERSION);
	record_u64(c->ui.run, "protocol", WIRE_PROTOCOL);
	ui_line(&c->ui, "zrep %s (protocol %u)", ZREP_VERSION, WIRE_PROTOCOL);
	return 0;
}

const struct verb verb_version = {
    .name = "version",
    .flags = "",
    .usage = "",
    .summary = "print the version",
    .run = run_version,
};
