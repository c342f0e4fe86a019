/* allow: the `zfs allow` lines that a user without privileges needs, or the lines of authorized_keys by which a key is for one
 * pair only, to be pasted by root. No host is asked but this one. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/key_lines.h"
#include "cli/verb.h"
#include "plan/role/revert.h"
#include "plan/setup/recv_props.h"
#include "state/dataset.h"
#include "util/mem.h"
#include "util/remedy.h"
#include "util/sorted.h"
#include "util/user.h"
#include "zfs/allow.h"
#include "zfs/confine.h"

struct allow {
	struct ctx *c;
	char *user;
	enum confine_role role; /* with --ssh */
	struct buf perms;       /* on the dataset and what takes its place */
};

/* It becomes a word of a command that root pastes. */
static bool is_user(const char *s)
{
	size_t n = strlen(s);

	return n > 0 && n <= 64 && *s != '-' &&
	       strspn(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._@-") == n;
}

static struct err *find_user(struct allow *a)
{
	const char *said = a->c->user;

	if (said == NULL && geteuid() == 0)
		return err_remedy(err_new(ERR_USAGE, "root needs no permissions"),
				  "say who does: {zrep allow --user NAME} ...");
	if (said != NULL && !is_user(said))
		return err_new(ERR_USAGE, "\"%.64s\" is no name of a user", said);
	if (said != NULL) {
		a->user = mem_strdup(said);
	} else {
		char *uid = str_fmt("%lu", (unsigned long)geteuid());
		a->user = user_name(uid);
		free(uid);
	}
	return NULL;
}

/* Native properties go along to a replica, and to a clone. */
static void add_perms(struct allow *a, const struct dataset *d)
{
	struct strv props = {0};

	nv_each(d != NULL ? d->native : NULL, p) {
		const char *prop = nvpair_name(p);
		if (strcmp(prop, "canmount") != 0 && strcmp(prop, "readonly") != 0 &&
		    (plan_init_copies(prop) || plan_clone_takes(prop)))
			strv_add(&props, prop);
	}
	sorted_sort(props.items, props.n);
	buf_addf(&a->perms, "%s", ALLOW_DATASET);
	for (size_t i = 0; i < props.n; i++)
		buf_addf(&a->perms, ",%s", props.items[i]);
	strv_free(&props);
}

/* Is a directory for locks of its own set up for all that runs here? */
static bool own_rundir(void)
{
	return getenv("ZREP_RUNDIR") != NULL;
}

/* The commands for one side. Allowed on the dataset itself, it would be lost when that is put aside: what takes its
 * place has only what comes from above. */
static void add_commands(const struct allow *a, const struct place *p, struct strv *to)
{
	char *parent = name_parent(p->name);
	char *name = remedy_word(parent != NULL ? parent : p->name);

	if (parent != NULL) {
		strv_addf(to, "zfs allow -l -u %s %s %s", a->user,
			  p->exists ? ALLOW_ABOVE : ALLOW_ABOVE_NEW, name);
		strv_addf(to, "zfs allow -d -u %s %s %s", a->user, buf_str(&a->perms), name);
	} else {
		strv_addf(to, "zfs allow -u %s %s %s", a->user, buf_str(&a->perms), name);
	}
	/* Where the locks of all users are; his group is called after him, as on most systems. */
	if (!own_rundir())
		strv_addf(to, "install -d -m 3770 -g %s " ZREP_ROOT_RUNDIR, a->user);
	free(name);
	free(parent);
}

static void tell(struct allow *a, const struct place *p)
{
	struct strv commands = {0};

	add_commands(a, p, &commands);
	const struct ui *u = &a->c->ui;
	struct record *one = record_item(ui_dataset(u, a->c->args.items[0]), "sides");
	record_str(one, "host", p->host);
	record_str(one, "dataset", p->name);
	record_flag(one, "exists", p->exists);
	record_strs(one, "commands", commands.items, commands.n);
	ui_line(u, "# on %s, as root, for %s%s", p->host, p->name,
		p->exists ? "" : ", which does not exist yet");
	for (size_t i = 0; i < commands.n; i++)
		ui_line(u, "%s", commands.items[i]);
	ui_line(u, "%s", "");
	strv_free(&commands);
}

static void tell_limits(const struct allow *a)
{
	const struct ui *u = &a->c->ui;

	ui_line(u,
		"# -d allows this for every dataset below that one, too. If that is too much,\n# "
		"create a dataset that holds only what %s replicates.\n#",
		a->user);
	if (!own_rundir())
		ui_line(
		    u,
		    "# The last line makes the directory for locks %s's as well, by a group: two\n"
		    "# users who do not see each other's locks would act on one dataset at once.\n"
		    "# It is gone after a reboot, unless /etc/tmpfiles.d/zrep.conf has:\n"
		    "#   d " ZREP_ROOT_RUNDIR " 3770 root %s\n"
		    "#",
		    a->user, a->user);
	ui_line(
	    u, "%s",
	    "# No user can be allowed, on Linux:\n"
	    "# - to mount and unmount. A new master is not mounted: zrep says so, and root does\n"
	    "#   it (canmount=noauto, and it is not tried). What is preserved or reverted to a\n"
	    "#   snapshot must not be mounted: root unmounts it before.\n"
	    "# - channel programs. zrep sets properties one dataset after the other instead, and\n"
	    "#   what other programs have set stays with what is preserved.\n"
	    "# - to load a key. Root does that on the side that is to be the master.");
}

static struct err *check_args(const struct ctx *c)
{
	struct err *e;

	if (c->args.n == 2 && !c->for_ssh)
		return err_remedy(err_new(ERR_USAGE, "{zrep allow}: HOST, but no DESTINATION"),
				  "`{zrep help allow}` explains it");
	if (!c->for_ssh && key_options_given(c))
		return err_new(ERR_USAGE,
			       "{zrep allow}: --role, --append-only and --max-... go with --ssh");
	if (c->for_ssh && c->user != NULL)
		return err_new(ERR_USAGE, "{zrep allow}: --user and --ssh do not go together");
	if ((e = name_check_dataset(c->args.items[0])) != NULL || c->args.n < 2)
		return e;
	e = name_check_host(c->args.items[1]);
	return e != NULL || c->args.n < 3 ? e : name_check_dataset(c->args.items[2]);
}

/* --- keys --- */

/* The line for the key of `from` on the host of `p`. */
static void tell_key(struct allow *a, const struct place *p, const char *from, const char *key,
		     enum confine_role role)
{
	const struct ctx *c = a->c;
	const struct ui *u = &c->ui;
	struct strv name = {0};

	strv_add(&name, p->name);
	char *line = key_line(c, &name, role, key);
	struct record *one = record_item(ui_dataset(u, c->args.items[0]), "sides");

	record_str(one, "host", p->host);
	record_str(one, "dataset", p->name);
	record_flag(one, "exists", p->exists);
	record_str(one, "key_of", from);
	record_str(one, "line", line);
	ui_line(u, "# on %s, in authorized_keys of its root, in place of the line of %s's key",
		p->host, from);
	ui_line(u, "%s", line);
	ui_line(u, "%s", "");
	free(line);
	strv_free(&name);
}

/* Who sends to whom decides which of them an unequal role is for. */
static void tell_keys(struct allow *a, const struct place *home, const struct place *peer,
		      bool home_leads)
{
	const struct ctx *c = a->c;
	enum confine_role role = a->role;
	char *own = key_own(), *other = str_fmt("PUBLIC-KEY-OF-%s", peer->host);

	if (own == NULL)
		own = str_fmt("PUBLIC-KEY-OF-%s", c->self);
	if (key_is_wanted(role, home_leads, false))
		tell_key(a, peer, c->self, own, role);
	if (key_is_wanted(role, home_leads, true))
		tell_key(a, home, peer->host, other, role);
	if (role == CONFINE_PEER)
		ui_line(&c->ui, "%s",
			"# Where the role is never to move, one line is enough: --role replica on "
			"the host\n"
			"# that is sent to, or --role source on the one that is fetched from.\n#");
	ui_line(
	    &c->ui, "%s",
	    "# The key can do no more then than SECURITY.md says of that role, for that dataset\n"
	    "# and what is below it. Other pairs of the key need another --under in that line.\n"
	    "# PUBLIC-KEY-OF-... stands for what `cat ~/.ssh/id_*.pub` says on that host. A quota\n"
	    "# on the dataset above is out of its reach.");
	free(own);
	free(other);
}

static struct err *tell_all(struct allow *a, const struct side *side)
{
	const char *name = a->c->args.items[0];
	const struct dataset *d = side_find(side, name);
	struct place home = {a->c->self, name, d != NULL}, peer;
	const struct strv *args = &a->c->args;
	bool both = key_other(a->c, side, name, d, args->n >= 2 ? args->items[1] : NULL,
			      args->n == 3 ? args->items[2] : NULL, &peer);
	struct err *e = key_check_place(&home);

	if (e == NULL && both)
		e = key_check_place(&peer);
	if (e == NULL && a->c->for_ssh && !both)
		e = err_remedy(err_new(ERR_USAGE, "%s has no other side yet", name),
			       "name its host: {zrep allow --ssh %s} HOST", name);
	if (e != NULL)
		return e;
	if (a->c->for_ssh) {
		tell_keys(a, &home, &peer, d == NULL || d->role != ROLE_REPLICA);
		return NULL;
	}
	add_perms(a, d);
	tell(a, &home);
	if (both)
		tell(a, &peer);
	tell_limits(a);
	return NULL;
}

static int run_allow(struct ctx *c)
{
	struct allow a = {.c = c};
	struct strv names = {0};
	struct side side = {0};
	struct err *e = check_args(c);

	if (e == NULL)
		e = c->for_ssh ? key_role(c, &a.role) : find_user(&a);
	if (e == NULL) {
		strv_add(&names, c->args.items[0]);
		if (c->args.n == 3 && strcmp(c->args.items[2], c->args.items[0]) != 0)
			strv_add(&names, c->args.items[2]);
		e = ctx_list(c, c->local, &names, LIST_NATIVE, &side);
	}
	if (e == NULL)
		e = tell_all(&a, &side);
	side_free(&side);
	strv_free(&names);
	buf_free(&a.perms);
	free(a.user);
	return ui_error(&c->ui, e);
}

const struct verb verb_allow = {
    .name = "allow",
    .flags = "",
    .options = " user ssh role append-only max-bytes max-calls max-time ",
    .min_args = 1,
    .max_args = 3,
    .usage = "[--user NAME | --ssh] DATASET [HOST [DESTINATION]]",
    .group = VERBS_SETUP,
    .summary = "what root has to allow a user or a key for DATASET",
    .text =
	"Prints the `zfs allow` commands by which NAME (or who runs this) may do all that\n"
	"zrep ever does with DATASET, for both hosts if the other side is known or named;\n"
	"DATASET need not exist yet. Runs none of them.\n"
	"  --ssh  prints the lines of authorized_keys instead by which the key of each host\n"
	"       is for that pair only; HOST alone, where the replica has the same name\n"
	"  --role ROLE  of these: peer, which is usual; replica, for the host that is sent\n"
	"       to; or source, for the one that is fetched from\n"
	"  --append-only  it may destroy nothing there: what expires is for that host to say\n"
	"  --max-bytes SIZE, --max-calls N, --max-time TIME  one connection of the key may move\n"
	"       so much, ask so often and last so long: then it is refused, and ends\n",
    .run = run_allow,
};
