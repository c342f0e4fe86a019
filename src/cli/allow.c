/* allow: the `zfs allow` lines that a user without privileges needs, to be pasted by root. No host is asked but this
 * one. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/verb.h"
#include "plan/role/revert.h"
#include "plan/setup/recv_props.h"
#include "state/dataset.h"
#include "util/mem.h"
#include "util/remedy.h"
#include "util/sorted.h"
#include "util/user.h"
#include "zfs/allow.h"

/* One side of the pair. */
struct place {
	const char *host, *name;
	bool exists;
};

struct allow {
	struct ctx *c;
	char *user;
	struct buf perms; /* on the dataset and what takes its place */
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

/* The other side, as far as it is known: said, or stored. False: it is not. */
static bool find_other(const struct ctx *c, const struct side *side, const struct dataset *d,
		       struct place *out)
{
	const char *host = NULL;

	*out = (struct place){0};
	if (d != NULL && (d->role == ROLE_MASTER || d->role == ROLE_REPLICA)) {
		host = d->role == ROLE_MASTER ? d->dest_host : d->src_host;
		out->name = d->role == ROLE_MASTER ? d->dest_fs : d->src_fs;
		out->exists = true;
	}
	if (c->args.n == 3) {
		out->exists = out->exists && strcmp(host, c->args.items[1]) == 0 &&
			      strcmp(out->name, c->args.items[2]) == 0;
		host = c->args.items[1], out->name = c->args.items[2];
	}
	if (host == NULL)
		return false;
	out->host = name_host_part(host);
	if (ctx_is_self(c, out->host)) {
		out->host = c->self;
		out->exists = side_find(side, out->name) != NULL;
	}
	return true;
}

static struct err *check_args(const struct ctx *c)
{
	struct err *e;

	if (c->args.n == 2)
		return err_remedy(err_new(ERR_USAGE, "{zrep allow}: HOST, but no DESTINATION"),
				  "`{zrep help allow}` explains it");
	if ((e = name_check_dataset(c->args.items[0])) != NULL || c->args.n < 3)
		return e;
	e = name_check_host(c->args.items[1]);
	return e != NULL ? e : name_check_dataset(c->args.items[2]);
}

/* A name that comes from a property was set by anybody. */
static struct err *check_place(const struct place *p)
{
	struct err *e = name_check_host(p->host);

	if (e == NULL)
		e = name_check_dataset(p->name);
	if (e == NULL && !p->exists && strchr(p->name, '/') == NULL)
		e = err_remedy(
		    err_refuse(REASON_POOL_AWAY, "there is no pool %s on %s", p->name, p->host),
		    "create the pool, or name a dataset in one that exists");
	return e;
}

static struct err *tell_all(struct allow *a, const struct side *side)
{
	const char *name = a->c->args.items[0];
	const struct dataset *d = side_find(side, name);
	struct place home = {a->c->self, name, d != NULL}, peer;
	bool both = find_other(a->c, side, d, &peer);
	struct err *e = check_place(&home);

	if (e == NULL && both)
		e = check_place(&peer);
	if (e != NULL)
		return e;
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
		e = find_user(&a);
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
    .options = " user ",
    .min_args = 1,
    .max_args = 3,
    .usage = "[--user NAME] DATASET [HOST DESTINATION]",
    .group = VERBS_SETUP,
    .summary = "what root has to allow another user for DATASET",
    .text = "Prints the `zfs allow` commands by which NAME (or who runs this) may do all that\n"
	    "zrep ever does with DATASET, for both hosts if the other side is known or named;\n"
	    "DATASET need not exist yet. Runs none of them.\n",
    .run = run_allow,
};
