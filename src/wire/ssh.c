#include "wire/ssh.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "util/clock.h"
#include "util/mem.h"
#include "util/name.h"
#include "util/remedy.h"
#include "util/spawn.h"
#include "wire/conn_send.h"

#define STDERR_KEPT (16u << 10)

struct ssh {
	char *host;
	pid_t pid;
	int in, out, err; /* our ends of its stdin, stdout, stderr */
	struct conn *conn;
	pthread_t err_reader;
	pthread_mutex_t lock;
	struct buf said; /* what came on stderr; under lock */
	bool reaped;
	int status;
	struct cancel *cancel; /* may be NULL */
};

static bool is_reaped(struct ssh *s)
{
	pthread_mutex_lock(&s->lock);
	bool yes = s->reaped;
	pthread_mutex_unlock(&s->lock);
	return yes;
}

/* Keeps the first of what ssh and the agent say on standard error, and never lets them block. What
 * ssh started (a ProxyCommand, a shared connection) may outlive it with that end open: once ssh is
 * gone, what is there is read and no more waited for. */
static void *read_stderr(void *arg)
{
	struct ssh *s = arg;
	struct pollfd p = {.fd = s->err, .events = POLLIN};
	char chunk[4096];

	for (;;) {
		bool last = is_reaped(s);
		int ready = poll(&p, 1, 200);
		if (ready == 0 && last)
			break;
		if (ready <= 0)
			continue;
		ssize_t n = read(s->err, chunk, sizeof(chunk));
		if (n == 0 || (n < 0 && errno != EINTR && errno != EAGAIN))
			break;
		pthread_mutex_lock(&s->lock);
		if (n > 0 && s->said.len + (size_t)n <= STDERR_KEPT)
			buf_add(&s->said, chunk, (size_t)n);
		pthread_mutex_unlock(&s->lock);
	}
	return NULL;
}

/* A stuck write to ssh ends when ssh does. */
static void on_failed(void *ctx)
{
	struct ssh *s = ctx;

	pthread_mutex_lock(&s->lock);
	if (!s->reaped) /* a pid that was waited for may be somebody else's by now */
		kill(s->pid, SIGTERM);
	pthread_mutex_unlock(&s->lock);
}

/* Waits for ssh to end, up to `seconds`, and then ends it with `sig`. */
static void reap(struct ssh *s, int seconds, int sig)
{
	int st = 0;
	uint64_t end = clock_ms() + (uint64_t)seconds * 1000;

	while (!s->reaped) {
		pthread_mutex_lock(&s->lock);
		if (clock_ms() >= end)
			kill(s->pid, sig);
		pid_t r = waitpid(s->pid, &st, WNOHANG);
		if (r == s->pid || (r < 0 && errno != EINTR))
			s->reaped = true;
		pthread_mutex_unlock(&s->lock);
		if (!s->reaped)
			nanosleep(&(struct timespec){.tv_nsec = 4000000}, NULL);
	}
	s->status = WIFEXITED(st) ? WEXITSTATUS(st) : 128 + WTERMSIG(st);
}

/* The program, its options, and the host; the command is to follow. */
static void build_argv(struct strv *argv, const char *host, const struct ssh_opts *o)
{
	strv_split(argv, o->ssh);
	/* No terminal, no escape character, nothing forwarded; a dead network is noticed by our own
	 * keep-alive, a dead login by ConnectTimeout. */
	static const char *const fixed[] = {"-T",
					    "-x",
					    "-a",
					    "-e",
					    "none",
					    "-o",
					    "ClearAllForwardings=yes",
					    "-o",
					    "ConnectTimeout=15"};
	for (size_t i = 0; i < ARRAY_LEN(fixed); i++)
		strv_add(argv, fixed[i]);
	if (o->batch) {
		strv_add(argv, "-o");
		strv_add(argv, "BatchMode=yes");
	}
	strv_add(argv, "--");
	strv_add(argv, host);
}

static struct err *no_ssh(struct err *e)
{
	e->kind = ERR_UNREACHABLE;
	err_because(e, REASON_UNREACHABLE);
	return err_remedy(e, "install OpenSSH's client, or set SSH to the program to use");
}

static struct err *start(struct ssh *s, const struct ssh_opts *o)
{
	int pin[2], pout[2], perr[2];
	struct strv argv = {0};
	struct err *e;

	if ((e = spawn_pipe(pin)) != NULL)
		return e;
	if ((e = spawn_pipe(pout)) != NULL)
		goto err1;
	if ((e = spawn_pipe(perr)) != NULL)
		goto err2;
	build_argv(&argv, s->host, o);
	strv_add(&argv, o->zrep_path);
	strv_add(&argv, "agent");
	struct spawn_files files = {.in = pin[0], .out = pout[1], .err = perr[1]};
	e = spawn_start(argv.items, &files, &s->pid);
	strv_free(&argv);
	if (e != NULL)
		goto err3;
	close(pin[0]);
	close(pout[1]);
	close(perr[1]);
	s->in = pin[1];
	s->out = pout[0];
	s->err = perr[0];
	return NULL;
err3:
	close(perr[0]);
	close(perr[1]);
err2:
	close(pout[0]);
	close(pout[1]);
err1:
	close(pin[0]);
	close(pin[1]);
	return no_ssh(e);
}

/* A remedy, as zrep prints it behind what is wrong. */
static bool is_remedy(const char *line)
{
	return strncmp(line + strspn(line, " "), "-> ", 3) == 0;
}

/* The last line of a text that says what is wrong, at most 300 bytes, without control characters. */
static char *last_line(const char *text)
{
	const char *end = text + strlen(text), *begin;

	for (;;) {
		while (end > text && strchr("\r\n \t", end[-1]) != NULL)
			end--;
		for (begin = end; begin > text && begin[-1] != '\n'; begin--)
			;
		if (begin == text || !is_remedy(begin))
			break;
		end = begin;
	}
	char *line = str_fmt("%.*s", (int)(end - begin > 300 ? 300 : end - begin), begin);
	for (char *p = line; *p != '\0'; p++)
		if ((unsigned char)*p < ' ' || *p == 0x7f)
			*p = ' ';
	return line;
}

static struct err *noise_error(const char *host, const char *noise, int status)
{
	char *line = last_line(noise);
	struct err *e;

	/* The script knows no verb "agent" and prints its usage on standard output. */
	if (strstr(noise, "zrep") != NULL && status != 0 && status < 128) {
		e = err_remedy(err_new(ERR_UNREACHABLE,
				       "%s has an older zrep, without an agent: \"%s\"", host,
				       line),
			       "install this zrep on %s, or set ZREP_PATH to where it is", host);
		err_because(e, REASON_UPGRADE);
	} else {
		e = err_remedy(
		    err_new(ERR_UNREACHABLE, "%s wrote text before zrep's agent answered: \"%s\"",
			    host, line),
		    "let the shell's start-up files on %s print nothing when there is no terminal "
		    "(`{ssh %s true}` must be silent)",
		    host, host);
		err_because(e, REASON_PROTOCOL);
	}
	free(line);
	return e;
}

static struct err *no_login(const char *host, const char *line)
{
	struct err *e =
	    err_remedy(err_new(ERR_UNREACHABLE, "ssh cannot reach %s: %s", host,
			       *line ? line : "it gave no reason"),
		       "make `{ssh %s true}` work, without a question, as this user", host);

	err_because(e, REASON_UNREACHABLE);
	return e;
}

/* Why the greeting did not come, from how ssh ended and what it said. Takes e over. */
static struct err *explain(struct ssh *s, struct err *e, const struct ssh_opts *o,
			   const struct buf *noise)
{
	const char *host = s->host;

	if (err_is(e, REASON_UPGRADE)) /* another protocol: said already */
		return e;
	if (o->cancel != NULL && cancelled(o->cancel)) /* ssh was ended by us */
		return e;
	if (noise->len > 0) {
		err_free(e);
		return noise_error(host, noise->data, s->status);
	}
	char *line = last_line(buf_str(&s->said));
	if (s->status == 127 || strstr(line, "not found") != NULL) {
		err_free(e);
		e = err_remedy(err_new(ERR_UNREACHABLE,
				       "there is no zrep on %s in the PATH of an ssh session "
				       "(\"%s\": %s)",
				       host, o->zrep_path, *line ? line : "exit 127"),
			       "install zrep on %s; if it is there, set ZREP_PATH here to where "
			       "`command -v zrep` on %s says it is",
			       host, host);
		err_because(e, REASON_UNREACHABLE);
	} else if (s->status == 255) {
		err_free(e);
		e = no_login(host, line);
	} else if (*line != '\0') {
		char *what = str_fmt("zrep's agent on %s did not start: %s", host, line);
		free(e->what);
		e->what = what;
		err_remedy(e, "see to that on %s", host);
	}
	free(line);
	return e;
}

static void ssh_free(struct ssh *s)
{
	close(s->out);
	close(s->err);
	pthread_mutex_destroy(&s->lock);
	buf_free(&s->said);
	free(s->host);
	free(s);
}

struct err *ssh_open(const char *host, const struct ssh_opts *o, struct ssh **out)
{
	struct ssh *s = mem_zalloc(sizeof(*s));
	struct buf noise = {0};
	struct err *e;

	*out = NULL;
	s->host = mem_strdup(host);
	s->cancel = o->cancel;
	pthread_mutex_init(&s->lock, NULL);
	if ((e = start(s, o)) != NULL)
		goto err1;
	int rc = pthread_create(&s->err_reader, NULL, read_stderr, s);
	if (rc != 0) {
		e = err_sys(ERR_FAILED, rc, "cannot start a thread for %s", host);
		close(s->in);
		reap(s, 0, SIGKILL);
		ssh_free(s);
		return e;
	}
	struct conn_opts copts = {.peer = s->host,
				  .version = o->version,
				  .host = o->self,
				  .tag = o->tag,
				  .timeout = o->timeout,
				  .session = o->session,
				  .cancel = o->cancel,
				  .well = o->well,
				  .well_ctx = o->well_ctx,
				  .failed = on_failed,
				  .ctx = s};
	e = conn_open(s->out, s->in, &copts, &s->conn, &noise);
	if (e != NULL)
		goto err2;
	buf_free(&noise);
	*out = s;
	return NULL;
err2:
	close(s->in);
	/* It may be about to say why. */
	reap(s, o->cancel != NULL && cancelled(o->cancel) ? 0 : 2, SIGTERM);
	pthread_join(s->err_reader, NULL);
	e = explain(s, e, o, &noise);
	buf_free(&noise);
	ssh_free(s);
	return e;
err1:
	pthread_mutex_destroy(&s->lock);
	free(s->host);
	free(s);
	return e;
}

struct conn *ssh_conn(struct ssh *s)
{
	return s->conn;
}

/* How long its end is waited for, which comes when the agent has ended. What hangs there is not waited for by a program that is
 * to begin anew (SIGHUP), and has other hosts. Seconds. */
static int grace(const struct ssh *s)
{
	return s->cancel != NULL && atomic_load(&s->cancel->signal) == SIGHUP ? 1 : 5;
}

/* How long a frame that is being written is waited for. Milliseconds. */
#define WRITTEN_MS 1000u

/* No number that the connection still writes to is closed: it may be somebody else's at once. */
static void close_in(struct ssh *s, unsigned ms)
{
	int fd = conn_take_wfd(s->conn, ms);

	if (fd >= 0)
		close(fd);
}

void ssh_cut(struct ssh *s, struct err *why)
{
	if (s == NULL) {
		err_free(why);
		return;
	}
	close_in(s, WRITTEN_MS);
	reap(s, grace(s), SIGKILL);
	conn_fail(s->conn, why);
	close_in(s, WRITTEN_MS); /* a write that was stuck has ended with ssh */
}

void ssh_end(struct ssh *s)
{
	close_in(s, WRITTEN_MS);
}

void ssh_close(struct ssh *s)
{
	if (s == NULL)
		return;
	close_in(s, WRITTEN_MS);
	reap(s, grace(s), SIGKILL);
	close_in(s, WRITTEN_MS); /* a write that was stuck has ended with ssh */
	conn_free(s->conn);
	pthread_join(s->err_reader, NULL);
	ssh_free(s);
}

/* --- a program there, without an agent --- */

#define RUN_MAX (64u << 10)

static bool run_is_over(void *ctx, uint64_t since)
{
	const struct ssh_opts *o = ctx;

	return (o->cancel != NULL && cancelled(o->cancel)) ||
	       clock_ms() - since > (uint64_t)o->timeout * 1000;
}

struct err *ssh_run(const char *host, const struct ssh_opts *o, char *const words[], int in,
		    struct buf *out, char **said, int *status)
{
	struct ssh_opts most = *o;
	struct patience patience = {.is_over = run_is_over, .ctx = &most};
	struct buf heard = {0};
	struct strv argv = {0};

	build_argv(&argv, host, o);
	for (; *words != NULL; words++) {
		char *word = remedy_word(*words);
		strv_add(&argv, word);
		free(word);
	}
	if (in >= 0) {
		(void)lseek(in, 0, SEEK_SET);
		most.timeout *= 10; /* what is brought over is silent */
	}
	struct err *e = spawn_run_in(argv.items, in, RUN_MAX, &patience, out, &heard, status);
	strv_free(&argv);
	char *line = last_line(buf_str(&heard));
	buf_free(&heard);
	bool stopped = o->cancel != NULL && cancelled(o->cancel);
	if (stopped || (e == NULL && *status == 128 + SIGKILL)) {
		err_free(e);
		e = err_new(ERR_UNREACHABLE, stopped ? "interrupted, on %s" : "%s does not answer",
			    host);
		err_because(e, stopped ? REASON_INTERRUPTED : REASON_UNREACHABLE);
	} else if (e != NULL && e->code == ENOENT) {
		e = no_ssh(e);
	} else if (e == NULL && *status == 255) {
		e = no_login(host, line);
	}
	if (said != NULL)
		*said = line;
	else
		free(line);
	return e;
}
