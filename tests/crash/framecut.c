/* Stands between zrep and ssh and ends one of them at the Nth frame, counted in both directions together.
 *
 *   framecut N WHEN ACTION LOG PROGRAM ARG...
 *
 * N       0: none; the frames are only written to LOG, a line each
 * WHEN    before the frame is passed on, after it was, or mid: after its first half. mid is for every
 *         connection that uses LOG, the others for the first one: who connects again comes through
 * ACTION  cut    ssh dies, and the connection with it
 *         zrep   our parent is killed, then the connection ends as its pipes close
 *         SOCKET the power fails at the host whose uzfsd listens there; with SOCKET,SOCKET at both. The first
 *                must be the other host's: we die with our own
 *
 * To be used as SSH="framecut 17 after cut /tmp/log ssh". zrep-protocol(5) says what a frame is. */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { PREAMBLE_LEN = 8, HEAD_LEN = 12, PAYLOAD_MAX = 64 << 20 };

struct direction {
	int from, to;
	char arrow;
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static long frames, fatal_frame;
static const char *when, *action;
static int log_fd;
static pid_t ssh;

static void die(const char *what)
{
	fprintf(stderr, "framecut: %s: %s\n", what, strerror(errno));
	exit(255);
}

/* Reads len bytes; fewer only at the end of the input. */
static size_t read_all(int fd, unsigned char *to, size_t len)
{
	size_t got = 0;

	while (got < len) {
		ssize_t n = read(fd, to + got, len - got);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			break;
		got += (size_t)n;
	}
	return got;
}

static void write_all(int fd, const unsigned char *p, size_t len)
{
	while (len > 0) {
		ssize_t n = write(fd, p, len);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return; /* whoever reads is gone: the end of the other direction will say so */
		p += n;
		len -= (size_t)n;
	}
}

/* Did an earlier connection come to its fatal frame? */
static int has_fired(const char *log)
{
	char line[128];
	int found = 0;
	FILE *f = fopen(log, "r");

	while (f != NULL && !found && fgets(line, sizeof(line), f) != NULL)
		found = strcmp(line, "fired\n") == 0;
	if (f != NULL)
		fclose(f);
	return found;
}

/* At once, whether we live to see it or not: with our own host, we are killed, and so is what has not
 * become another program yet. */
static void fail_power(void)
{
	char *socks = strdup(action), *save = NULL;
	char *argv[] = {"uzctl", "die", NULL};
	pid_t pid;

	if (socks == NULL)
		die("memory");
	for (char *s = strtok_r(socks, ",", &save); s != NULL; s = strtok_r(NULL, ",", &save)) {
		setenv("UZFS_SOCK", s, 1);
		if (posix_spawnp(&pid, argv[0], NULL, NULL, argv, environ) != 0)
			die("uzctl");
	}
	while (wait(NULL) > 0 || errno == EINTR)
		;
}

/* Does what was asked for and ends. The lock is held: no other frame passes meanwhile. */
static void act(void)
{
	dprintf(log_fd, "fired\n");
	if (strcmp(action, "zrep") == 0)
		kill(getppid(), SIGKILL);
	else if (strcmp(action, "cut") != 0)
		fail_power();
	else
		kill(ssh, SIGKILL);
	_exit(255);
}

static void note_frame(const struct direction *d, const unsigned char *head, size_t len)
{
	static const char *const names[] = {"?",   "HELLO",  "REQUEST", "REPLY", "DATA",
					    "END", "CREDIT", "PING",    "CANCEL"};
	unsigned id =
	    (unsigned)head[8] << 24 | (unsigned)head[9] << 16 | (unsigned)head[10] << 8 | head[11];

	dprintf(log_fd, "%ld %c %s %u %zu\n", frames, d->arrow,
		head[4] < sizeof(names) / sizeof(*names) ? names[head[4]] : "?", id, len);
}

static void pass_frame(const struct direction *d, const unsigned char *frame, size_t len)
{
	pthread_mutex_lock(&lock);
	frames++;
	note_frame(d, frame, len);
	if (frames != fatal_frame) {
		/* Not under the lock: a full pipe in one direction must not stop the other. */
		pthread_mutex_unlock(&lock);
		write_all(d->to, frame, len);
		return;
	}
	if (strcmp(when, "before") != 0) {
		write_all(d->to, frame, strcmp(when, "mid") == 0 ? len / 2 : len);
		/* Time for it to arrive and to have consequences; without, this would be "before". */
		nanosleep(&(struct timespec){.tv_nsec = 30000000}, NULL);
	}
	act();
}

static void *pass(void *arg)
{
	const struct direction *d = arg;
	unsigned char *buf = malloc(HEAD_LEN + PAYLOAD_MAX);
	size_t len = 0;

	if (buf == NULL)
		die("memory");
	if (read_all(d->from, buf, PREAMBLE_LEN) == PREAMBLE_LEN) {
		write_all(d->to, buf, PREAMBLE_LEN);
		while (read_all(d->from, buf, HEAD_LEN) == HEAD_LEN) {
			len = (size_t)buf[0] << 24 | (size_t)buf[1] << 16 | (size_t)buf[2] << 8 |
			      buf[3];
			if (len > PAYLOAD_MAX || read_all(d->from, buf + HEAD_LEN, len) < len)
				break;
			pass_frame(d, buf, HEAD_LEN + len);
		}
	}
	free(buf);
	close(d->to);
	return NULL;
}

static void start_ssh(char **argv, struct direction *there, struct direction *here)
{
	int in[2], out[2];

	if (pipe2(in, O_CLOEXEC) != 0 || pipe2(out, O_CLOEXEC) != 0 || (ssh = fork()) < 0)
		die("cannot start ssh");
	if (ssh == 0) {
		signal(SIGPIPE, SIG_DFL);
		dup2(in[0], 0);
		dup2(out[1], 1);
		execvp(argv[0], argv);
		_exit(127);
	}
	close(in[0]);
	close(out[1]);
	*there = (struct direction){.from = 0, .to = in[1], .arrow = '>'};
	*here = (struct direction){.from = out[0], .to = 1, .arrow = '<'};
}

int main(int argc, char **argv)
{
	struct direction there, here;
	pthread_t thread;
	int status;

	if (argc < 6) {
		fprintf(stderr,
			"usage: framecut N before|mid|after cut|zrep|SOCKET[,SOCKET] LOG PROGRAM "
			"ARG...\n");
		return 2;
	}
	fatal_frame = strtol(argv[1], NULL, 10);
	when = argv[2];
	action = argv[3];
	if (strcmp(when, "mid") != 0 && has_fired(argv[4]))
		fatal_frame = 0;
	log_fd = open(argv[4], O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
	if (log_fd < 0)
		die(argv[4]);
	signal(SIGPIPE, SIG_IGN);
	start_ssh(argv + 5, &there, &here);
	if (pthread_create(&thread, NULL, pass, &there) != 0)
		die("thread");
	pass(&here);
	pthread_mutex_lock(&lock); /* the other thread may be about to act */
	while (waitpid(ssh, &status, 0) < 0 && errno == EINTR)
		;
	return WIFEXITED(status) ? WEXITSTATUS(status) : 255;
}
