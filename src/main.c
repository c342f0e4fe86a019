/* zrep: ZFS replication between two hosts.
 *
 * The way of the data, which is also the way to read the source:
 *
 *   main.c      the command line, the environment, signals
 *   cmd/        one file for each verb: look, plan, act, report. The only code that prints
 *   state/      the picture: both hosts' datasets, read once, never changed
 *   plan/       picture -> steps, or a refusal with its remedy. Pure: no I/O, no clock
 *   exec/       the steps, carried out kind by kind for all datasets together
 *   zfs/        what a host can do (ops.h); here through libzfs_core and zfs (local_*.c), or there
 *               through the agent (host.c, serve.c); locks; parsers for what zfs prints
 *   wire/       frames, calls and streams on one ssh connection. INTERFACES has the bytes
 *   pump/       bytes from a send to a receive
 *   out/        tables and progress
 *   util/       errors, names, numbers, nvlists, child processes
 *
 * Includes go downwards only. */
#include <fcntl.h>
#include <getopt.h>
#include <locale.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "cmd/cmd.h"
#include "util/mem.h"
#include "util/num.h"

static struct cancel cancel; /* here because a signal handler can reach nothing else */

static void on_signal(int sig)
{
	if (cancelled(&cancel)) { /* asked twice: at once, whatever it leaves behind */
		signal(sig, SIG_DFL);
		raise(sig);
	}
	cancel_set(&cancel, sig);
}

static void set_signals(bool agent)
{
	struct sigaction sa = {.sa_handler = on_signal};

	signal(SIGPIPE, SIG_IGN);
	if (agent) /* its life is its connection's */
		return;
	sigaction(SIGINT, &sa, NULL);
	sigaction(SIGTERM, &sa, NULL);
	sigaction(SIGHUP, &sa, NULL);
}

/* Every dataset of a run has a lock file open. */
static void raise_limits(void)
{
	struct rlimit files;

	if (getrlimit(RLIMIT_NOFILE, &files) == 0) {
		files.rlim_cur = files.rlim_max;
		(void)setrlimit(RLIMIT_NOFILE, &files); /* a small limit is told when it is met */
	}
}

/* With a standard descriptor closed, a lock file or pipe would take its number. */
static void open_standard(void)
{
	int fd;

	do
		fd = open("/dev/null", O_RDWR);
	while (fd >= 0 && fd <= STDERR_FILENO);
	if (fd >= 0)
		close(fd);
}

static const char *env(const char *name, const char *otherwise)
{
	const char *v = getenv(name);
	return v != NULL && *v != '\0' ? v : otherwise;
}

static char *run_dir(void)
{
	if (getenv("ZREP_RUNDIR") != NULL)
		return mem_strdup(getenv("ZREP_RUNDIR"));
	if (geteuid() == 0)
		return mem_strdup(ZREP_ROOT_RUNDIR);
	if (getenv("XDG_RUNTIME_DIR") != NULL)
		return str_fmt("%s/zrep", getenv("XDG_RUNTIME_DIR"));
	return str_fmt("/tmp/zrep-%lu", (unsigned long)geteuid());
}

/* The name up to the first dot, as the script stored it. */
static char *own_name(bool full)
{
	struct utsname u;
	const char *set = getenv("ZREP_SRC_HOST");

	if (set != NULL && *set != '\0')
		return mem_strdup(set);
	if (uname(&u) != 0 || *u.nodename == '\0')
		return mem_strdup("localhost");
	return str_fmt("%.*s", (int)(full ? strlen(u.nodename) : strcspn(u.nodename, ".")),
		       u.nodename);
}

static void ctx_init(struct ctx *c)
{
	uint64_t n;

	*c = (struct ctx){.cancel = &cancel, .timeout = 60};
	pthread_mutex_init(&c->lock, NULL);
	if (num_parse_u64(env("ZREP_TIMEOUT", "60"), &n) && n > 0 && n <= 3600)
		c->timeout = (unsigned)n;
	c->tag = mem_strdup(env("ZREPTAG", "zrep"));
	c->ssh = mem_strdup(env("SSH", "ssh"));
	c->zrep_path = mem_strdup(env("ZREP_PATH", "zrep"));
	c->self = own_name(false);
	c->full_name = own_name(true);
	c->run_dir = run_dir();
	c->local = host_local(c->self, c->run_dir, c->cancel);
}

static void ctx_free(struct ctx *c)
{
	for (size_t i = 0; i < c->n_remotes; i++)
		host_close(c->remotes[i]);
	free(c->remotes);
	pthread_mutex_destroy(&c->lock);
	host_close(c->local);
	strv_free(&c->args);
	free(c->tag);
	free(c->ssh);
	free(c->zrep_path);
	free(c->self);
	free(c->full_name);
	free(c->run_dir);
	free(c->quiet_seconds);
	free(c->max_lag);
}

enum {
	OPT_JSON = 256,
	OPT_QUIET,
	OPT_TIMEOUT,
	OPT_HELP,
	OPT_VERSION,
	OPT_FORCE,
	OPT_DISCARD,
	OPT_MAX_LAG
};

static const struct option long_options[] = {
    {"json", no_argument, NULL, OPT_JSON},
    {"quiet", no_argument, NULL, OPT_QUIET},
    {"timeout", required_argument, NULL, OPT_TIMEOUT},
    {"help", no_argument, NULL, OPT_HELP},
    {"version", no_argument, NULL, OPT_VERSION},
    {"force", no_argument, NULL, OPT_FORCE},
    {"discard", no_argument, NULL, OPT_DISCARD},
    {"max-lag", required_argument, NULL, OPT_MAX_LAG},
    {"dry-run", no_argument, NULL, 'n'},
    {"tag", required_argument, NULL, 't'},
    {"yes", no_argument, NULL, 'y'},
    {"verbose", no_argument, NULL, 'v'},
    {0},
};

#define GLOBAL_FLAGS "t:nvy"

/* One option. False: it is the verb's own, or none at all. */
static bool global_option(struct ctx *c, int opt, const char *arg, struct err **e)
{
	uint64_t n;

	switch (opt) {
	case 't':
		free(c->tag);
		c->tag = mem_strdup(arg);
		return true;
	case 'n':
		c->dry_run = true;
		return true;
	case 'v':
		c->verbose = true;
		return true;
	case 'y':
		c->yes = true;
		return true;
	case OPT_JSON:
		c->json = true;
		return true;
	case OPT_QUIET:
		c->quiet = true;
		return true;
	case OPT_FORCE:
		c->force = true;
		return true;
	case OPT_DISCARD:
		c->discard = true;
		return true;
	case OPT_MAX_LAG:
		free(c->max_lag);
		c->max_lag = mem_strdup(arg);
		return true;
	case OPT_TIMEOUT:
		if (num_parse_u64(arg, &n) && n > 0 && n <= 3600)
			c->timeout = (unsigned)n;
		else
			*e = err_new(ERR_USAGE,
				     "--timeout wants seconds from 1 to 3600, not \"%.40s\"", arg);
		return true;
	default:
		return false;
	}
}

/* Options stand before or after the verb. A verb's shorthand looks like an option, so the words
 * before the verb are looked at one by one. */
static struct err *find_verb(struct ctx *c, int argc, char **argv, int *at,
			     const struct verb **verb)
{
	struct err *e = NULL;

	for (int i = 1; i < argc && e == NULL; i++) {
		const char *w = argv[i];
		if ((*verb = verb_find(w)) != NULL) {
			*at = i;
			return NULL;
		}
		if (strcmp(w, "--help") == 0 || strcmp(w, "-h") == 0 || strcmp(w, "-?") == 0)
			*verb = verb_find("help");
		else if (strcmp(w, "--version") == 0 || strcmp(w, "-V") == 0)
			*verb = verb_find("version");
		if (*verb != NULL) {
			*at = argc;
			return NULL;
		}
		bool wants_value = strcmp(w, "-t") == 0 || strcmp(w, "--tag") == 0 ||
				   strcmp(w, "--timeout") == 0 || strcmp(w, "--max-lag") == 0;
		int opt = 0;
		for (const struct option *o = long_options; o->name != NULL; o++)
			if (strncmp(w, "--", 2) == 0 && strcmp(w + 2, o->name) == 0)
				opt = o->val;
		if (opt == 0 && w[0] == '-' && w[1] != '\0' && w[2] == '\0' && w[1] != ':' &&
		    strchr(GLOBAL_FLAGS, w[1]) != NULL)
			opt = w[1];
		if (opt == 0)
			return err_remedy(
			    err_new(ERR_USAGE, "there is no verb or option \"%.40s\"", w),
			    "`zrep help` lists them");
		if (wants_value && i + 1 >= argc)
			return err_new(ERR_USAGE, "%s wants a value", w);
		(void)global_option(c, opt, wants_value ? argv[++i] : NULL, &e);
	}
	if (e != NULL)
		return e;
	return err_remedy(err_new(ERR_USAGE, "no verb was given"), "`zrep help` lists them");
}

/* Long options that only some verbs have. */
static struct err *check_long(const struct ctx *c, const struct verb *v)
{
	bool forces = v->run == cmd_takeover || v->run == cmd_rejoin;
	const char *wrong = c->force && !forces                               ? "--force"
			    : c->discard && !forces && v->run != cmd_failover ? "--discard"
			    : c->max_lag != NULL && v->run != cmd_check       ? "--max-lag"
									      : NULL;

	bool local = ctx_flag(c, 'L');
	if (wrong == NULL && !local && v->run != cmd_rejoin && (c->force || c->discard))
		return err_new(ERR_USAGE, "zrep %s: %s goes with -L", v->name,
			       c->force ? "--force" : "--discard");
	if (wrong == NULL)
		return NULL;
	return err_remedy(err_new(ERR_USAGE, "zrep %s has no %s", v->name, wrong),
			  "`zrep help %s` lists its options", v->name);
}

static struct err *parse_verb(struct ctx *c, const struct verb *v, int argc, char **argv,
			      bool *help)
{
	char *letters = str_fmt("%s%sh", GLOBAL_FLAGS, v->flags);
	struct err *e = NULL;
	int opt;

	opterr = 0;
	while (e == NULL && (opt = getopt_long(argc, argv, letters, long_options, NULL)) != -1) {
		size_t n = strlen(c->flags);
		if (global_option(c, opt, optarg, &e))
			continue;
		if (opt == OPT_HELP || opt == 'h') {
			*help = true;
		} else if (opt == '?' || opt == OPT_VERSION) {
			e = err_remedy(err_new(ERR_USAGE, "zrep %s: what is \"%.40s\"?", v->name,
					       argv[optind - 1]),
				       "`zrep help %s` lists its options", v->name);
		} else {
			if (opt == 'q') {
				free(c->quiet_seconds);
				c->quiet_seconds = mem_strdup(optarg);
			}
			if (!ctx_flag(c, (char)opt) && n + 1 < sizeof(c->flags))
				c->flags[n] = (char)opt;
		}
	}
	for (int i = optind; e == NULL && i < argc; i++)
		strv_add(&c->args, argv[i]);
	if (e == NULL)
		e = check_long(c, v);
	int args = (int)c->args.n;
	if (e == NULL && !*help && (args < v->min_args || (v->max_args >= 0 && args > v->max_args)))
		e = err_remedy(err_new(ERR_USAGE, "zrep %s %s", v->name, v->usage),
			       "`zrep help %s` explains it", v->name);
	free(letters);
	return e;
}

int main(int argc, char **argv)
{
	const struct verb *verb = NULL;
	struct ctx c;
	bool help = false;
	int at = 0, status;

	open_standard();
	setlocale(LC_CTYPE,
		  "C.UTF-8"); /* else libnvpair's JSON ends at the first byte beyond ASCII */
	ctx_init(&c);
	struct err *e = find_verb(&c, argc, argv, &at, &verb);
	if (e == NULL && at < argc)
		e = parse_verb(&c, verb, argc - at, argv + at, &help);
	if (e == NULL)
		e = name_check_tag(c.tag);
	if (e != NULL) {
		status = report(&c, e);
		if (verb != NULL && verb->run == cmd_check)
			status = 3; /* to what calls it, 2 is "critical" */
	} else if (help) {
		usage_verb(verb, true);
		status = 0;
	} else {
		raise_limits();
		set_signals(verb->run == cmd_agent);
		status = verb->run(&c);
	}
	ctx_free(&c);
	if (fflush(stdout) != 0 && status == 0)
		status = 1;
	return status;
}
