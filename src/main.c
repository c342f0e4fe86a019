/* zrep: ZFS replication between hosts.
 *
 * In the order in which a command is carried out, which is also the way to read the source:
 *
 *   main.c      what lives as long as the program: the context, signals
 *   cli/        the command line (options.c, verb.c), then one file for each verb, with its options and its help: which
 *               datasets, which plan, what is said of it. A long one has more files that begin with its name: sync_run.c
 *               is the run of the four verbs that transfer, failover_run.c that of the two that move the role
 *   engine/     what drives a run. context: settings, this host, connections. session: the jobs of a verb, one for each
 *               dataset, and the hosts on either side (observe: connected to, locked and listed all at the same time; this
 *               host is one of them). recover: what a crash left of a change of role. tree*: what is below a recursive
 *               pair. switchover: the stages of failover and takeover. apply, execute, schedule, transfer: plans carried
 *               out, kind by kind, for all datasets together; lane: which of them wait for each other. outcome: what
 *               failed, and the exit status
 *   state/      the picture: what hosts hold, parsed once, never changed
 *   plan/       picture -> steps, or a refusal with its remedy. Pure: no I/O, no clock. sync, snapshot and what they
 *               check (sync_checks, named, tags); setup/ how a pair begins and ends; role/ who is the master; tree/;
 *               retention/ what expires; health/ check, status, doctor
 *   ui/         the only code that prints
 *   zfs/        what a host can do (ops.h): here through libzfs_core and zfs (local_*.c), there through the agent
 *               (host.c, agent.c); locks; parsers for what zfs prints
 *   wire/       frames, calls and streams on one ssh connection; man/zrep-protocol.5 has the bytes
 *   pump/       bytes from a send to a receive
 *   os/         what systems do differently: mounts, who has them open, devices of volumes. linux/; freebsd/, untried
 *   util/       errors, names, numbers, nvlists, child processes
 *
 * tests/layers/allowed says which folder may include which. */
#include <errno.h>
#include <fcntl.h>
#include <locale.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "cli/help.h"
#include "cli/options.h"
#include "cli/verb.h"
#include "ui/plugin.h"
#include "util/mem.h"
#include "util/remedy.h"
#include "util/user.h"

/* Here because a signal handler can reach nothing else. */
static struct cancel cancel;
static atomic_int hangups;

static void on_signal(int sig)
{
	if (cancelled(&cancel)) { /* asked twice: at once, whatever it leaves behind */
		signal(sig, SIG_DFL);
		raise(sig);
	}
	cancel_set(&cancel, sig);
}

static void on_hangup(int sig)
{
	(void)sig;
	atomic_fetch_add(&hangups, 1);
}

static void set_signals(const struct verb *verb)
{
	struct sigaction sa = {.sa_handler = on_signal}, again = {.sa_handler = on_hangup};

	signal(SIGPIPE, SIG_IGN);
	if (verb == &verb_agent) /* its life is its connection's */
		return;
	sigaction(SIGINT, &sa, NULL);
	sigaction(SIGTERM, &sa, NULL);
	sigaction(SIGHUP, verb == &verb_run ? &again : &sa, NULL);
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

/* One for all users of a host, or they would not see each other's locks. */
static char *run_dir(const struct settings *s)
{
	return mem_strdup(s->run_dir != NULL ? s->run_dir : ZREP_ROOT_RUNDIR);
}

/* The name up to the first dot, as the script stored it. */
static char *own_name(const struct settings *s, bool full)
{
	struct utsname u;

	if (s->src_host != NULL)
		return mem_strdup(s->src_host);
	if (uname(&u) != 0 || *u.nodename == '\0')
		return mem_strdup("localhost");
	return str_fmt("%.*s", (int)(full ? strlen(u.nodename) : strcspn(u.nodename, ".")),
		       u.nodename);
}

static struct err *ctx_init(struct ctx *c)
{
	struct settings *s = &c->settings;

	*c = (struct ctx){.cancel = &cancel, .hangups = &hangups};
	pthread_mutex_init(&c->lock, NULL);
	pthread_cond_init(&c->joined, NULL);
	struct err *file = settings_load_file(), *e = settings_read(s);
	c->timeout = s->timeout;
	c->recursive = s->recursive;
	c->ui.debug = s->debug;
	c->ui.cancel = c->cancel;
	c->tag = mem_strdup(s->tag);
	c->self = own_name(s, false);
	c->full_name = own_name(s, true);
	c->who = user_who(c->self);
	c->run_dir = run_dir(s);
	c->local = host_local(c->self, c->run_dir, c->cancel);
	return err_first(file, e);
}

/* False: what it is about hangs, see host_close(). */
static bool ctx_free(struct ctx *c)
{
	ctx_be_silent(c);
	ctx_close_all(c);
	ctx_free_joins(c);
	pthread_cond_destroy(&c->joined);
	pthread_mutex_destroy(&c->lock);
	bool ended = host_close(c->local);
	strv_free(&c->args);
	strv_free(&c->set_props);
	strv_free(&c->drop_props);
	strv_free(&c->under);
	strv_free(&c->keys);
	strv_free(&c->spared);
	free(c->role);
	settings_free(&c->settings);
	free(c->tag);
	free(c->self);
	free(c->full_name);
	free(c->who);
	free(c->run_dir);
	free(c->quiet_seconds);
	free(c->max_lag);
	free(c->every);
	free(c->metrics);
	free(c->log);
	free(c->user);
	free(c->output);
	return ended;
}

/* The tag that commands in messages have to name; NULL: the usual one. Also where it came from the environment: another
 * shell has another one. */
static const char *tag_to_name(const struct ctx *c)
{
	bool usual = str_same(c->tag, "zrep") && str_same(c->settings.tag, "zrep");
	struct err *bad = c->tag != NULL ? name_check_tag(c->tag) : NULL;
	const char *tag = usual || bad != NULL ? NULL : c->tag;

	err_free(bad);
	return tag;
}

/* The environment as it was before the settings' file was read into it. */
static char **environment(void)
{
	size_t n = 0;

	while (environ[n] != NULL)
		n++;
	char **copy = mem_zalloc((n + 1) * sizeof(*copy));
	for (size_t i = 0; i < n; i++)
		copy[i] = mem_strdup(environ[i]);
	return copy;
}

static void free_environment(char **env)
{
	for (char **e = env; *e != NULL; e++)
		free(*e);
	free(env);
}

/* The same program, in the same process, with what the settings are now. Comes back only if it cannot be had. */
static int begin_anew(char **argv, char **env)
{
	char **now = environ;

	environ = env;
	signal(SIGHUP, SIG_IGN); /* until it can take another one */
	execvp(argv[0], argv);
	environ = now;
	return ui_error(&(struct ui){0},
			err_sys(ERR_FAILED, errno, "cannot begin anew as %s", argv[0]));
}

int main(int argc, char **argv)
{
	const struct verb *verb = NULL;
	struct ctx c;
	bool help = false;
	int status;

	open_standard();
	char **before = environment();
	setlocale(LC_CTYPE,
		  "C.UTF-8"); /* else libnvpair's JSON ends at the first byte beyond ASCII */
	struct err *settings = ctx_init(&c), *e = options_read(&c, argc, argv, &verb, &help);
	c.environment = before;
	remedy_set_tag(tag_to_name(&c));
	/* Who asks for help may need it because of them. */
	if (e == NULL && !help && verb != &verb_help && verb != &verb_version)
		e = settings;
	else
		err_free(settings);
	if (verb != NULL && verb->summary == NULL)
		c.ui.format = NULL; /* what it prints is for another program already */
	ui_begin(&c.ui, verb != NULL ? verb->name : "", c.self);
	if (e != NULL) {
		status = ui_error(&c.ui, e);
		if (verb != NULL && verb_is_monitor(verb, &c))
			status = PLUGIN_UNKNOWN;
	} else if (help) {
		help_verb(&c.ui, verb);
		status = 0;
	} else {
		raise_limits();
		set_signals(verb);
		host_set_timeout(c.local, c.timeout);
		ctx_answer(&c, verb->name, verb->gives_way);
		status = verb->run(&c);
	}
	status = ui_end(&c.ui, status,
			verb != NULL && verb_is_monitor(verb, &c) ? PLUGIN_UNKNOWN : ERR_FAILED);
	bool again = c.again, ended = ctx_free(&c);
	if (again)
		status = begin_anew(argv, before);
	free_environment(before);
	if (!ended)
		_exit(status);
	return status;
}
