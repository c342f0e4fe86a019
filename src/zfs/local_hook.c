/* OP_HOOK: runs what the administrator has put in the hook directory. A hook is his own program and may
 * do anything; what is looked at is that it is his, what it is told, and that it ends. */
#include "zfs/local_hook.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

#include "util/buf.h"
#include "util/mem.h"
#include "util/num.h"
#include "util/spawn.h"
#include "zfs/filter.h"
#include "zfs/local.h"
#include "zfs/ops.h"

#define HOOK_DIR "/etc/zrep/hooks.d"
#define TIMEOUT 60u
#define TIMEOUT_MAX 86400u
#define TERM_MS 5000           /* from SIGTERM to SIGKILL */
#define OUTPUT_MAX (64u << 10) /* kept for syslog; the rest is read and dropped */
#define SAID_MAX 1024u         /* of that, what the asker is told */
#define BEFORE_SNAPSHOT "pre-snapshot"
#define AFTER_SNAPSHOT "post-snapshot" /* what stands still must not do so for ever */
#define LOOK_MS 50                     /* how often whether it has ended, or is to be stopped */

static const char *const hooks[] = {"fence",        "pre-demote",   "post-demote",
				    "pre-promote",  "post-promote", BEFORE_SNAPSHOT,
				    AFTER_SNAPSHOT, "event",        "drill"};

/* What a hook is told. Any other name could lead a zrep that the hook runs astray, or the hook itself. */
static const char *const known_facts[] = {"DATASET", "PEER",  "PEER_DATASET", "EPOCH",
					  "TAG",     "ROLE",  "EVENT",        "REASON",
					  "TEXT",    "CLONE", "MOUNTPOINT",   "OTHERS"};

/* Facts are names and numbers: a control character in one is an attack on a script. */
static bool is_fact(const char *key, const char *value)
{
	if (!str_is_one_of(key, known_facts, ARRAY_LEN(known_facts)) || value == NULL)
		return false;
	for (; *value != '\0'; value++)
		if ((unsigned char)*value < ' ' || *value == 0x7f)
			return false;
	return true;
}

static struct err *check_args(struct local *l, const nvlist_t *args, const nvlist_t **items)
{
	const char *hook = nv_str(args, "hook");
	struct err *e = local_items(args, items);

	if (e != NULL)
		return e;
	if (!str_is_one_of(hook, hooks, ARRAY_LEN(hooks)))
		return err_new(ERR_FAILED, "%s: zrep knows no hook \"%.40s\"", l->host,
			       hook ? hook : "");
	nv_each(*items, p) {
		const nvlist_t *props = nv_nv(nv_nv(*items, nvpair_name(p)), "props");
		nv_each(props, q)
			if (!is_fact(nvpair_name(q), nv_str(props, nvpair_name(q))))
				return err_new(ERR_FAILED, "\"%.100s\" is no fact for a hook",
					       nvpair_name(q));
	}
	return NULL;
}

/* Whoever can change it is whoever we would run commands for. */
static struct err *check_owner(const struct stat *st, const char *path, const char *host)
{
	bool group = (st->st_mode & S_IWGRP) != 0 && st->st_gid != 0 && st->st_gid != getegid();
	struct err *e = NULL;

	if (st->st_uid != 0 && st->st_uid != geteuid())
		e = err_remedy(err_new(ERR_FAILED, "%s on %s belongs to another user", path, host),
			       "on %s: {chown root %s}", host, path);
	else if ((st->st_mode & S_IWOTH) != 0 || group)
		e = err_remedy(err_new(ERR_FAILED, "%s on %s can be changed by others", path, host),
			       "on %s: {chmod go-w %s}", host, path);
	return e;
}

/* Who only looks may be another user than who will run it. */
static bool is_executable(const struct stat *st, const char *path)
{
	return access(path, X_OK) == 0 || (geteuid() != 0 && (st->st_mode & 0111) != 0);
}

/* *path: the program to run, the caller's; NULL without an error: there is none. */
static struct err *find_hook(struct local *l, const char *hook, char **path)
{
	const char *dir = getenv("ZREP_HOOKS");
	struct err *e = NULL;
	struct stat st;

	*path = NULL;
	if (dir == NULL || *dir == '\0')
		dir = HOOK_DIR;
	if (*dir != '/')
		return err_remedy(
		    err_new(ERR_FAILED, "%s: ZREP_HOOKS is no absolute path: %s", l->host, dir),
		    "set it to one, or unset it for " HOOK_DIR);
	char *file = str_fmt("%s/%s", dir, hook);
	if (stat(file, &st) != 0) {
		if (errno != ENOENT && errno != ENOTDIR)
			e = err_sys(ERR_FAILED, errno, "%s: cannot look at the hook %s", l->host,
				    file);
	} else if (!S_ISREG(st.st_mode)) {
		e = err_new(ERR_FAILED, "the hook %s on %s is no regular file", file, l->host);
	} else if ((e = check_owner(&st, file, l->host)) == NULL && !is_executable(&st, file)) {
		e = err_remedy(
		    err_new(ERR_FAILED, "the hook %s on %s is not executable", file, l->host),
		    "on %s: {chmod +x %s}, or move it away", l->host, file);
	} else if (e == NULL && stat(dir, &st) == 0 &&
		   (e = check_owner(&st, dir, l->host)) == NULL) {
		*path = file;
		return NULL;
	}
	free(file);
	return e;
}

/* Is what its first line names there? It may have come from another system, or have a carriage return at its end. */
static struct err *check_interpreter(const char *path, const char *host)
{
	char line[256], *word = NULL;
	FILE *f = fopen(path, "re");
	struct err *e = NULL;

	if (f == NULL) /* who looks may not read it */
		return NULL;
	if (fgets(line, sizeof(line), f) != NULL && strncmp(line, "#!", 2) == 0) {
		word = line + 2 + strspn(line + 2, " \t");
		word[strcspn(word, " \t\n")] = '\0';
	}
	fclose(f);
	if (word == NULL || *word != '/' || access(word, F_OK) == 0 || errno != ENOENT)
		return NULL;
	e = err_new(ERR_FAILED, "the hook %s on %s cannot be run: %s is not there", path, host,
		    str_clean(word));
	return err_remedy(e, "on %s, correct its first line, or install that", host);
}

static uint64_t time_limit(void)
{
	const char *text = getenv("ZREP_HOOK_TIMEOUT");
	uint64_t seconds;

	if (text == NULL || !num_parse_u64(text, &seconds) || seconds == 0)
		return TIMEOUT;
	return seconds > TIMEOUT_MAX ? TIMEOUT_MAX : seconds;
}

/* --- running one --- */

struct run {
	struct local *local;
	pid_t pid;
	int fd; /* its output; -1: all of it was read */
	struct buf out;
	int64_t stop_at, kill_at; /* when it is told to end, and made to; kill_at 0: not told yet */
	bool late;                /* it was stopped for its time, not by cancel */
	bool always;              /* only for that */
};

static int64_t now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* Waits a little for output and takes what there is. */
static void take_output(struct run *r, int ms)
{
	struct pollfd p = {.fd = r->fd, .events = POLLIN};
	char chunk[4096];

	if (poll(&p, 1, ms) <= 0 || r->fd < 0)
		return;
	ssize_t n = read(r->fd, chunk, sizeof(chunk));
	if (n < 0 && (errno == EINTR || errno == EAGAIN))
		return;
	if (n <= 0) {
		close(r->fd);
		r->fd = -1;
		return;
	}
	size_t room = OUTPUT_MAX - r->out.len;
	buf_add(&r->out, chunk, (size_t)n < room ? (size_t)n : room);
}

/* It has ended. It stays a zombie, so that its process group's number cannot become another's. */
static bool has_ended(const struct run *r)
{
	siginfo_t info = {0};

	return waitid(P_PID, (id_t)r->pid, &info, WEXITED | WNOHANG | WNOWAIT) != 0 ||
	       info.si_pid == r->pid;
}

/* Until it ends. What it leaves running in the background is its own affair, and may even hold its
 * output open; but when it had to be stopped, all of its group goes. */
static void run_to_end(struct run *r)
{
	int wait = 1; /* short at first: most hooks are done at once */

	for (;;) {
		bool ended = has_ended(r);
		if (ended && (r->kill_at == 0 || r->fd < 0))
			break;
		int64_t now = now_ms();
		if (r->kill_at != 0 && now >= r->kill_at)
			break;
		if (r->kill_at == 0 &&
		    (now >= r->stop_at || (cancelled(r->local->cancel) && !r->always))) {
			r->late = now >= r->stop_at;
			r->kill_at = now + TERM_MS;
			kill(-r->pid, SIGTERM);
		}
		take_output(r, wait);
		wait = wait * 2 > LOOK_MS ? LOOK_MS : wait * 2;
	}
	if (r->kill_at != 0)
		kill(-r->pid, SIGKILL);
	/* What is in the pipe by now; bounded, for a background process may go on writing. */
	for (int i = 0; i < 64 && r->fd >= 0; i++)
		take_output(r, 0);
	if (r->fd >= 0)
		close(r->fd);
}

static void open_log(void)
{
	openlog("zrep", LOG_PID, LOG_DAEMON);
}

/* Each line to syslog; the last of them, joined, to *said (the caller's; NULL without output). */
static void report(const char *hook, const char *name, char *text, char **said, char **last)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;
	struct buf all = {0};
	char *save = NULL;

	*said = *last = NULL;
	pthread_once(&once, open_log);
	for (char *line = text ? strtok_r(text, "\n", &save) : NULL; line != NULL;
	     line = strtok_r(NULL, "\n", &save)) {
		str_clean(line);
		syslog(LOG_INFO, "hook %s, %s: %s", hook, name, line);
		buf_addf(&all, "%s%s", all.len ? "; " : "", line);
		free(*last);
		*last = str_fmt("%.300s", line);
	}
	if (all.len > 0)
		*said = mem_strdup(all.data + (all.len > SAID_MAX ? all.len - SAID_MAX : 0));
	buf_free(&all);
}

static struct err *outcome(const struct run *r, int status, uint64_t seconds, const char *hook,
			   const char *path, const char *name, const char *last)
{
	const char *host = r->local->host;
	char *how;

	if (r->late)
		how = str_fmt("did not end within %llu seconds", (unsigned long long)seconds);
	else if (r->kill_at != 0)
		how = mem_strdup("was interrupted");
	else if (status > 128 && status <= 128 + SIGRTMAX)
		how = str_fmt("was ended by signal %d", status - 128);
	else if (status != 0)
		how = str_fmt("failed with exit status %d", status);
	else
		return NULL;
	struct err *e = err_new(ERR_FAILED, "%s: the hook %s on %s %s%s%s", name, hook, host, how,
				last ? ": " : "", last ? last : "");
	free(how);
	err_because(e, r->kill_at != 0 && !r->late ? REASON_INTERRUPTED : REASON_HOOK);
	if (r->late)
		return err_remedy(e, "correct %s on %s, or set ZREP_HOOK_TIMEOUT to more than %llu",
				  path, host, (unsigned long long)seconds);
	return err_remedy(e, "see %s on %s, and the system log there", path, host);
}

static struct err *run_hook(struct local *l, const char *hook, char *path, const char *name,
			    const nvlist_t *facts, char **said)
{
	char *argv[] = {path, NULL}, *last;
	struct strv env = {0};
	uint64_t seconds = time_limit();
	int fd[2], status = 0;
	struct err *e = spawn_pipe(fd);

	*said = NULL;
	if (e != NULL)
		return e;
	nv_each(facts, p)
		if (strcmp(nvpair_name(p), "DATASET") != 0)
			strv_addf(&env, "ZREP_%s=%s", nvpair_name(p),
				  nv_str(facts, nvpair_name(p)));
	strv_addf(&env, "ZREP_DATASET=%s", name);
	strv_addf(&env, "ZREP_HOOK=%s", hook);
	struct spawn_files files = {
	    .in = -1, .out = fd[1], .err = fd[1], .group = true, .env = env.items};
	struct run r = {.local = l, .fd = fd[0], .always = strcmp(hook, AFTER_SNAPSHOT) == 0};
	e = spawn_start(argv, &files, &r.pid);
	close(fd[1]);
	strv_free(&env);
	if (e != NULL) {
		close(fd[0]);
		err_remedy(e,
			   "see that the first line of %s on %s names an interpreter (#!/bin/sh)",
			   path, l->host);
		return err_because(err_wrap(e, "%s: the hook %s on %s", name, hook, l->host),
				   REASON_HOOK);
	}
	r.stop_at = now_ms() + (int64_t)seconds * 1000;
	run_to_end(&r);
	spawn_wait(r.pid, &status);
	report(hook, name, r.out.data, said, &last);
	e = outcome(&r, status, seconds, hook, path, name, last);
	free(last);
	buf_free(&r.out);
	return e;
}

void local_add_snapshot_hooks(struct local *l, nvlist_t *result)
{
	static const char *const around[] = {BEFORE_SNAPSHOT, AFTER_SNAPSHOT};
	struct strv there = {0};

	for (size_t i = 0; i < ARRAY_LEN(around); i++) {
		char *path = NULL;
		struct err *e = find_hook(l, around[i], &path);
		if (e != NULL || path != NULL) /* one that cannot be run is told when it is to be */
			strv_add(&there, around[i]);
		err_free(e);
		free(path);
	}
	nv_add_strs(result, "hooks", there.items, there.n);
	strv_free(&there);
}

struct err *local_hook(struct local *l, const nvlist_t *args, nvlist_t *result)
{
	const char *hook = nv_str(args, "hook");
	const nvlist_t *items;
	nvlist_t *said = nv_new();
	char *path = NULL;
	struct err *e = check_args(l, args, &items);

	/* What is made to stand still has to go on. */
	if (e == NULL && strcmp(hook, BEFORE_SNAPSHOT) == 0) {
		e = err_because(find_hook(l, AFTER_SNAPSHOT, &path), REASON_HOOK);
		free(path);
		path = NULL;
	}
	if (e == NULL)
		e = err_because(find_hook(l, hook, &path), REASON_HOOK);
	if (e == NULL && path != NULL)
		nv_each(items, p) {
			const char *name = nvpair_name(p);
			char *text = NULL;
			struct err *mine =
			    cancelled(l->cancel) && strcmp(hook, AFTER_SNAPSHOT) != 0
				? err_new(ERR_FAILED,
					  "%s: the hook %s on %s was not run: interrupted", name,
					  hook, l->host)
				: run_hook(l, hook, path, name, nv_nv(nv_nv(items, name), "props"),
					   &text);
			if (text != NULL)
				nv_add_str(said, name, text);
			if (mine != NULL)
				local_add_error(result, name, mine);
			free(text);
		}
	nv_add_nv(result, "said", said);
	nv_free(said);
	free(path);
	return e;
}

struct err *local_hooks(struct local *l, const nvlist_t *args, nvlist_t *result)
{
	struct strv there = {0};

	(void)args;
	for (size_t i = 0; i < ARRAY_LEN(hooks); i++) {
		char *path;
		struct err *e = err_because(find_hook(l, hooks[i], &path), REASON_HOOK);
		if (e != NULL || path != NULL)
			strv_add(&there, hooks[i]);
		if (e == NULL && path != NULL)
			e = err_because(check_interpreter(path, l->host), REASON_HOOK);
		if (e != NULL)
			local_add_error(result, hooks[i], e);
		free(path);
	}
	for (int sending = 0; sending <= 1; sending++) {
		struct err *e = filter_check(sending, l->host);
		if (e != NULL)
			local_add_error(result, sending ? HOOKS_OUTFILTER : HOOKS_INFILTER, e);
	}
	nv_add_strs(result, "there", there.items, there.n);
	strv_free(&there);
	return NULL;
}
