#include "zfs/filter.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "util/buf.h"
#include "util/mem.h"
#include "util/spawn.h"

#define STOP_MS 5000   /* from filter_stop() to SIGTERM: a buffer may have something to write out */
#define KILL_MS 3000   /* from there to SIGKILL */
#define LOOK_MS 100    /* how often whether it has ended, or is to be stopped */
#define SAID_MAX 4096u /* kept of what it writes to standard error: the end */

struct filter {
	char *what; /* "the filter "gzip -1" (ZREP_OUTFILTER) on host1" */
	bool sending;
	const char *setting, *host;
	struct cancel *cancel;
	pid_t pid;
	int fd; /* its standard error; -1: it was closed */
	pthread_t watcher;
	atomic_int_least64_t stop_at; /* 0: not asked to end */
	/* Written by the watcher, read after it was joined. */
	struct buf said;
	bool stopped;
	int status;
};

static const char *setting_of(bool sending)
{
	return sending ? "ZREP_OUTFILTER" : "ZREP_INFILTER";
}

bool filter_is_set(bool sending)
{
	const char *text = getenv(setting_of(sending));

	return text != NULL && strspn(text, " \t\n") != strlen(text);
}

struct err *filter_check(bool sending, const char *host)
{
	const char *setting = setting_of(sending);
	struct strv argv = {0};
	struct err *e = NULL;

	if (!filter_is_set(sending))
		return NULL;
	strv_split(&argv, getenv(setting));
	if (!spawn_finds(argv.items[0]))
		e = err_remedy(
		    err_because(err_new(ERR_FAILED, "the filter \"%.100s\" (%s) on %s is not there",
					getenv(setting), setting, host),
				REASON_FILTER),
		    "install it on %s, or correct %s there (in the environment or "
		    "/etc/default/zrep)",
		    host, setting);
	strv_free(&argv);
	return e;
}

static int64_t now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* Waits a little, and takes what it says. */
static void listen_to(struct filter *f, int ms)
{
	struct pollfd p = {.fd = f->fd, .events = POLLIN};
	char chunk[4096];

	if (poll(&p, 1, ms) <= 0 || f->fd < 0)
		return;
	ssize_t n = read(f->fd, chunk, sizeof(chunk));
	if (n < 0 && (errno == EINTR || errno == EAGAIN))
		return;
	if (n <= 0) {
		close(f->fd);
		f->fd = -1;
		return;
	}
	buf_add(&f->said, chunk, (size_t)n);
	size_t over = f->said.len > SAID_MAX ? f->said.len - SAID_MAX : 0;
	memmove(f->said.data, f->said.data + over, f->said.len - over + 1); /* with the NUL */
	f->said.len -= over;
}

/* It has ended. It stays a zombie, so that its process group's number cannot become another's. */
static bool has_ended(const struct filter *f)
{
	siginfo_t info = {0};

	return waitid(P_PID, (id_t)f->pid, &info, WEXITED | WNOHANG | WNOWAIT) != 0 ||
	       info.si_pid == f->pid;
}

static void *watch(void *arg)
{
	struct filter *f = arg;
	int64_t kill_at = 0;
	int wait = 1;

	while (!has_ended(f)) {
		int64_t now = now_ms(), stop_at = atomic_load(&f->stop_at);
		if (stop_at == 0 && cancelled(f->cancel))
			filter_stop(f);
		if (kill_at != 0 && now >= kill_at) {
			kill(-f->pid, SIGKILL);
		} else if (kill_at == 0 && stop_at != 0 && now >= stop_at) {
			f->stopped = true;
			kill(-f->pid, SIGTERM);
			kill_at = now + KILL_MS;
		}
		listen_to(f, wait);
		/* With its standard error closed nothing wakes us, and it is probably about to end. */
		wait = f->fd >= 0 ? LOOK_MS : wait * 2 > LOOK_MS ? LOOK_MS : wait * 2;
	}
	kill(-f->pid, SIGKILL); /* what it started */
	for (int i = 0; i < 64 && f->fd >= 0; i++)
		listen_to(f, 0);
	if (f->fd >= 0)
		close(f->fd);
	spawn_wait(f->pid, &f->status);
	return NULL;
}

static struct err *with_remedy(const struct filter *f, struct err *e, const char *what)
{
	err_because(e, REASON_FILTER);
	return err_remedy(e,
			  "%s, or correct %s there (in the environment or /etc/default/zrep); then "
			  "run the same command again: it goes on where this one stopped",
			  what, f->setting);
}

static void filter_free(struct filter *f)
{
	buf_free(&f->said);
	free(f->what);
	free(f);
}

struct err *filter_start(bool sending, int in, int out, const char *host, struct cancel *cancel,
			 struct filter **to)
{
	struct filter *f = mem_zalloc(sizeof(*f));
	struct strv argv = {0};
	int fd[2] = {-1, -1};

	*to = NULL;
	f->sending = sending;
	f->setting = setting_of(sending);
	f->host = host;
	f->cancel = cancel;
	strv_split(&argv, getenv(f->setting));
	f->what = str_fmt("the filter \"%.100s\" (%s) on %s", getenv(f->setting), f->setting, host);
	struct err *e = spawn_pipe(fd);
	struct spawn_files files = {.in = in, .out = out, .err = fd[1], .group = true};
	if (e == NULL)
		e = spawn_start(argv.items, &files, &f->pid);
	close(in);
	close(out);
	if (fd[1] >= 0)
		close(fd[1]);
	f->fd = fd[0];
	int rc = e == NULL ? pthread_create(&f->watcher, NULL, watch, f) : 0;
	if (e == NULL && rc == 0) {
		*to = f;
	} else if (e == NULL) {
		kill(-f->pid, SIGKILL);
		spawn_wait(f->pid, &f->status);
		close(f->fd);
		e = err_sys(ERR_FAILED, rc, "cannot start a thread for %s", f->what);
		filter_free(f);
	} else {
		if (fd[0] >= 0)
			close(fd[0]);
		char *what = str_fmt("install it on %s", host);
		e = with_remedy(f, err_wrap(e, "%s", f->what), what);
		free(what);
		filter_free(f);
	}
	strv_free(&argv);
	return e;
}

void filter_stop(struct filter *f)
{
	int_least64_t never = 0;

	if (f != NULL)
		atomic_compare_exchange_strong(&f->stop_at, &never, now_ms() + STOP_MS);
}

/* The last line that says something, at most 300 bytes of it. The caller frees. */
static char *last_line(const char *text)
{
	const char *end = text + strlen(text), *begin;

	while (end > text && strchr("\r\n \t", end[-1]) != NULL)
		end--;
	for (begin = end; begin > text && begin[-1] != '\n' && begin[-1] != '\r'; begin--)
		;
	return str_clean(str_fmt("%.*s", (int)(end - begin > 300 ? 300 : end - begin), begin));
}

static struct err *outcome(const struct filter *f, bool early)
{
	char *line = last_line(buf_str(&f->said)), *how = NULL;

	if (f->stopped)
		how = mem_strdup("did not end when its stream did");
	else if (f->status > 128 && f->status <= 128 + SIGRTMAX)
		how = str_fmt("was ended by signal %d", f->status - 128);
	else if (f->status != 0)
		how = str_fmt("failed with exit status %d", f->status);
	else if (early)
		how = mem_strdup("ended before its stream did");
	struct err *e =
	    how == NULL ? NULL
			: err_new(ERR_FAILED, "%s %s%s%s", f->what, how, *line ? ": " : "", line);
	char *what = str_fmt("see that it works on %s%s", f->host,
			     f->sending ? "" : " and undoes the sending host's ZREP_OUTFILTER");
	if (e != NULL)
		with_remedy(f, e, what);
	free(what);
	free(line);
	free(how);
	return e;
}

struct err *filter_end(struct filter *f, bool early)
{
	if (f == NULL)
		return NULL;
	filter_stop(f);
	pthread_join(f->watcher, NULL);
	struct err *e = outcome(f, early);
	filter_free(f);
	return e;
}
