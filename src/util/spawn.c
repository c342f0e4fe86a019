#include "util/spawn.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "util/clock.h"
#include "util/mem.h"

extern char **environ;

#define STDERR_MAX (64u << 10)

struct err *spawn_pipe(int fd[2])
{
	if (pipe2(fd, O_CLOEXEC) != 0)
		return err_sys(ERR_FAILED, errno, "cannot make a pipe");
	return NULL;
}

/* Do two "NAME=VALUE" have the same name? */
static bool same_name(const char *a, const char *b)
{
	size_t n = strcspn(a, "=");

	return strncmp(a, b, n) == 0 && b[n] == '=';
}

static bool is_replaced(const char *var, bool c_locale, char *const *more)
{
	if (c_locale && same_name("LC_ALL=", var))
		return true;
	for (; more != NULL && *more != NULL; more++)
		if (same_name(*more, var))
			return true;
	return false;
}

/* Our environment, with LC_ALL=C if asked and `more` (may be NULL) in front of it. The array is the
 * caller's, not the strings. */
static char **make_env(bool c_locale, char *const *more)
{
	static char lc[] = "LC_ALL=C";
	size_t n = 0, m = 0, k = 0;

	while (environ[n] != NULL)
		n++;
	while (more != NULL && more[m] != NULL)
		m++;
	char **env = mem_array(NULL, n + m + 2, sizeof(char *));
	if (c_locale)
		env[k++] = lc;
	for (size_t i = 0; i < m; i++)
		env[k++] = more[i];
	for (size_t i = 0; i < n; i++)
		if (!is_replaced(environ[i], c_locale, more))
			env[k++] = environ[i];
	env[k] = NULL;
	return env;
}

/* zfs lives in /sbin, which is not in every user's PATH. The caller frees; NULL if not found. */
static char *find_program(const char *name)
{
	const char *path = getenv("PATH");
	char *dirs = str_fmt("%s:/usr/local/sbin:/usr/sbin:/sbin", path ? path : "/usr/bin:/bin");
	char *found = NULL, *save = NULL;

	if (strchr(name, '/') != NULL) {
		free(dirs);
		return mem_strdup(name);
	}
	for (char *d = strtok_r(dirs, ":", &save); d != NULL; d = strtok_r(NULL, ":", &save)) {
		found = str_fmt("%s/%s", d, name);
		if (access(found, X_OK) == 0)
			break;
		free(found);
		found = NULL;
	}
	free(dirs);
	return found;
}

bool spawn_finds(const char *program)
{
	char *path = find_program(program);
	bool found = path != NULL && access(path, X_OK) == 0;

	free(path);
	return found;
}

static void add_fd(posix_spawn_file_actions_t *fa, int fd, int to)
{
	if (fd >= 0)
		posix_spawn_file_actions_adddup2(fa, fd, to);
	else if (to != STDERR_FILENO)
		posix_spawn_file_actions_addopen(fa, to, "/dev/null",
						 to == STDIN_FILENO ? O_RDONLY : O_WRONLY, 0);
}

/* Onto itself: that alone takes close-on-exec off, and only in the child. */
static void add_lent(posix_spawn_file_actions_t *fa, const struct spawn_lend *lend)
{
	const int *fds = NULL;
	size_t n = 0;

	if (lend == NULL)
		return;
	lend->take(lend->ctx, &fds, &n);
	for (size_t i = 0; i < n; i++)
		posix_spawn_file_actions_adddup2(fa, fds[i], fds[i]);
}

static void init_attr(posix_spawnattr_t *attr, bool group)
{
	sigset_t none, defaults;

	posix_spawnattr_init(attr);
	sigemptyset(&none);
	sigfillset(&defaults);
	sigdelset(&defaults, SIGKILL);
	sigdelset(&defaults, SIGSTOP);
	posix_spawnattr_setsigmask(attr, &none);
	posix_spawnattr_setsigdefault(attr, &defaults);
	posix_spawnattr_setpgroup(attr, 0);
	posix_spawnattr_setflags(attr, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF |
					   (group ? POSIX_SPAWN_SETPGROUP : 0));
}

struct err *spawn_start(char *const argv[], const struct spawn_files *files, pid_t *pid)
{
	posix_spawn_file_actions_t fa;
	posix_spawnattr_t attr;
	struct err *e = NULL;

	char *path = find_program(argv[0]);
	if (path == NULL)
		return err_sys(ERR_FAILED, ENOENT, "cannot run %s", argv[0]);
	posix_spawn_file_actions_init(&fa);
	add_fd(&fa, files->in, STDIN_FILENO);
	add_fd(&fa, files->out, STDOUT_FILENO);
	add_fd(&fa, files->err, STDERR_FILENO);
	init_attr(&attr, files->group);
	char **env = make_env(files->c_locale, files->env);
	add_lent(&fa, files->lend);
	int rc = posix_spawn(pid, path, &fa, &attr, argv, env);
	if (files->lend != NULL)
		files->lend->give_back(files->lend->ctx);
	if (rc != 0)
		e = err_sys(ERR_FAILED, rc, "cannot run %s", path);
	free(env);
	free(path);
	posix_spawnattr_destroy(&attr);
	posix_spawn_file_actions_destroy(&fa);
	return e;
}

void spawn_wait(pid_t pid, int *status)
{
	int st;

	while (waitpid(pid, &st, 0) < 0)
		if (errno != EINTR) {
			*status = 255;
			return;
		}
	*status = WIFEXITED(st) ? WEXITSTATUS(st) : 128 + WTERMSIG(st);
}

/* How long what was killed is waited for. */
#define KILLED_MS 1000

bool spawn_wait_until(pid_t pid, uint64_t since, const struct patience *patience, int *status)
{
	uint64_t killed = 0;
	long nap = 50000; /* what has closed its output is about to end */
	int st;

	if (patience == NULL) {
		spawn_wait(pid, status);
		return true;
	}
	for (;;) {
		pid_t r = waitpid(pid, &st, WNOHANG);
		if (r == pid || (r < 0 && errno != EINTR)) {
			*status = r < 0           ? 255
				  : WIFEXITED(st) ? WEXITSTATUS(st)
						  : 128 + WTERMSIG(st);
			return killed == 0;
		}
		uint64_t now = clock_ms();
		if (killed != 0 && now > killed + KILLED_MS) {
			*status = 255;
			return false;
		}
		if (killed == 0 && patience_is_over(patience, since)) {
			kill(pid, SIGKILL);
			killed = now;
			nap = 50000;
		}
		nanosleep(&(struct timespec){.tv_nsec = nap}, NULL);
		nap = nap < PATIENCE_MS * 500000l ? nap * 2 : nap;
	}
}

/* One read from *fd into b; closes it at the end of file. False, and nothing is added, when max is
 * passed. */
static bool drain(int *fd, struct buf *b, size_t max)
{
	char chunk[65536];
	ssize_t n = read(*fd, chunk, sizeof(chunk));

	if (n < 0 && (errno == EINTR || errno == EAGAIN))
		return true;
	if (n <= 0) {
		close(*fd);
		*fd = -1;
		return true;
	}
	if (b->len + (size_t)n > max)
		return false;
	buf_add(b, chunk, (size_t)n);
	return true;
}

/* *since becomes the time of the last byte. */
static struct err *collect(char *const argv[], int out_fd, int err_fd, size_t max,
			   const struct patience *patience, struct buf *out, struct buf *err_out,
			   pid_t pid, uint64_t *since)
{
	struct err *e = NULL;

	while (out_fd >= 0 || err_fd >= 0) {
		struct pollfd p[2] = {{.fd = out_fd, .events = POLLIN},
				      {.fd = err_fd, .events = POLLIN}};
		int n = poll(p, 2, patience != NULL ? PATIENCE_MS : -1);
		if (n < 0 && errno != EINTR)
			break;
		if (n > 0)
			*since = clock_ms();
		else if (patience_is_over(patience, *since))
			break; /* then the wait for its end is over as well */
		if (p[0].revents != 0 && !drain(&out_fd, out, max)) {
			e = err_new(ERR_FAILED, "%s wrote more than %zu MiB; that is no listing",
				    argv[0], max >> 20);
			kill(pid, SIGTERM);
			break;
		}
		/* What is beyond the maximum is read and dropped: a talkative child must not block. */
		if (p[1].revents != 0)
			(void)drain(&err_fd, err_out, STDERR_MAX);
	}
	if (out_fd >= 0)
		close(out_fd);
	if (err_fd >= 0)
		close(err_fd);
	return e;
}

static struct err *run(char *const argv[], int in, const struct spawn_lend *lend, size_t max,
		       const struct patience *patience, struct buf *out, struct buf *err_out,
		       int *status)
{
	uint64_t since = clock_ms();
	int po[2], pe[2];
	pid_t pid;
	struct err *e;

	if ((e = spawn_pipe(po)) != NULL)
		return e;
	if ((e = spawn_pipe(pe)) != NULL)
		goto err1;
	struct spawn_files files = {
	    .in = in, .out = po[1], .err = pe[1], .c_locale = true, .lend = lend};
	e = spawn_start(argv, &files, &pid);
	close(po[1]);
	close(pe[1]);
	if (e != NULL)
		goto err2;
	e = collect(argv, po[0], pe[0], max, patience, out, err_out, pid, &since);
	if (!spawn_wait_until(pid, since, patience, status) && e == NULL) {
		e = err_new(ERR_UNREACHABLE, "%s does not end", argv[0]);
		e->code = ETIMEDOUT;
	}
	return e;
err2:
	close(pe[0]);
	close(po[0]);
	return e;
err1:
	close(po[1]);
	close(po[0]);
	return e;
}

struct err *spawn_run(char *const argv[], const struct spawn_lend *lend, size_t max,
		      const struct patience *patience, struct buf *out, struct buf *err_out,
		      int *status)
{
	return run(argv, -1, lend, max, patience, out, err_out, status);
}

struct err *spawn_run_in(char *const argv[], int in, size_t max, const struct patience *patience,
			 struct buf *out, struct buf *err_out, int *status)
{
	return run(argv, in, NULL, max, patience, out, err_out, status);
}
