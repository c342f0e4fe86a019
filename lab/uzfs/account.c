/*
 * Counts the host's ZFS calls, and makes the Nth of them the last thing that somebody did.
 */
#define _GNU_SOURCE
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "uzfsd.h"

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

/* ---- counting ---- */

static struct {
	uint64_t total, changing, per[256], txgs[256];
} calls;

/* The processes that called, each once. A new pid with an old number is told apart by its comm only,
   which is enough for counts taken over seconds. */
static struct client {
	pid_t pid;
	char comm[17];
} * clients;
static size_t nclients, maxclients;

static void count_client(const struct caller *c)
{
	for (size_t i = nclients; i-- > 0;)
		if (clients[i].pid == c->pid && strcmp(clients[i].comm, c->comm) == 0)
			return;
	if (nclients == maxclients) {
		size_t max = maxclients == 0 ? 64 : 2 * maxclients;
		struct client *p = realloc(clients, max * sizeof *p);
		if (p == NULL)
			return;
		clients = p;
		maxclients = max;
	}
	clients[nclients].pid = c->pid;
	memcpy(clients[nclients++].comm, c->comm, sizeof c->comm);
}

static int by_comm(const void *a, const void *b)
{
	return strcmp(((const struct client *)a)->comm, ((const struct client *)b)->comm);
}

int account_counts(int argc, char **argv, char *out, size_t size)
{
	FILE *f = fmemopen(out, size, "w");
	if (f == NULL)
		return ENOMEM;
	bool reset = argc == 1 && strcmp(argv[0], "reset") == 0;
	pthread_mutex_lock(&lock);
	if (reset) {
		memset(&calls, 0, sizeof calls);
		nclients = 0;
	} else if (argc == 0) {
		fprintf(f, "total %ju\nchanging %ju\n", (uintmax_t)calls.total,
			(uintmax_t)calls.changing);
		for (unsigned i = 0; i < 256; i++)
			if (calls.per[i] != 0)
				fprintf(f, "ioctl %s %ju\n", ioctl_name(0x5a00 + i),
					(uintmax_t)calls.per[i]);
		for (unsigned i = 0; i < 256; i++)
			if (calls.txgs[i] != 0)
				fprintf(f, "txgs %s %ju\n", ioctl_name(0x5a00 + i),
					(uintmax_t)calls.txgs[i]);
		if (nclients > 0)
			qsort(clients, nclients, sizeof *clients, by_comm);
		for (size_t i = 0, j; i < nclients; i = j) {
			for (j = i + 1;
			     j < nclients && strcmp(clients[i].comm, clients[j].comm) == 0; j++)
				;
			fprintf(f, "process %s %zu\n", clients[i].comm, j - i);
		}
	}
	pthread_mutex_unlock(&lock);
	fclose(f);
	return reset || argc == 0 ? 0 : EINVAL;
}

/* What other calls committed meanwhile counts as well: exact only for calls that were alone. */
void account_txgs(unsigned cmd, uint64_t n)
{
	pthread_mutex_lock(&lock);
	calls.txgs[cmd & 0xff] += n;
	pthread_mutex_unlock(&lock);
}

/* ---- the switch ---- */

static pthread_cond_t disarmed = PTHREAD_COND_INITIALIZER;

static struct {
	enum { OFF, ARMED, FIRED } state;
	enum { BEFORE, AFTER, INSTEAD } when;
	enum {
		CALLER,
		ZREP,
		HOST,
		WAIT
	} whom; /* WAIT: nobody dies, the call waits for account_disarm() */
	bool changing_only;
	char only[40]; /* calls of that name; "": all */
	uint64_t left;
	int error;
	char what[96];
} sw;

/* Survives the daemon, whose death it may record. */
static void fired_path(char *buf, size_t size)
{
	snprintf(buf, size, "%s/fired", uz_dir);
}

static int arm(int argc, char **argv, int want)
{
	char path[4200];
	bool changing = argc > 0 && strcmp(argv[0], "-m") == 0;
	argc -= changing;
	argv += changing;
	bool named = argc > 1 && strcmp(argv[0], "-c") == 0;
	const char *only = named ? argv[1] : "";
	argc -= 2 * named;
	argv += 2 * named;
	char *end;
	if (argc != want || !isdigit((unsigned char)argv[0][0]))
		return EINVAL;
	uint64_t n = strtoull(argv[0], &end, 10);
	if (n == 0 || *end != '\0')
		return EINVAL;
	fired_path(path, sizeof path);
	(void)unlink(path);
	sw.state = ARMED;
	sw.changing_only = changing;
	snprintf(sw.only, sizeof sw.only, "%s", only);
	sw.left = n;
	return 0;
}

static int one_of(const char *word, const char *const *words)
{
	for (int i = 0; words[i] != NULL; i++)
		if (strcmp(word, words[i]) == 0)
			return i;
	return -1;
}

/* [-m] [-c CALL] N before|after caller|zrep|host|wait */
int account_arm(int argc, char **argv)
{
	if (argc < 3)
		return EINVAL;
	int when = one_of(argv[argc - 2], (const char *const[]){"before", "after", NULL});
	int whom =
	    one_of(argv[argc - 1], (const char *const[]){"caller", "zrep", "host", "wait", NULL});
	if (when < 0 || whom < 0)
		return EINVAL;
	pthread_mutex_lock(&lock);
	int error = arm(argc, argv, 3);
	if (error == 0) {
		sw.when = when;
		sw.whom = whom;
	}
	pthread_mutex_unlock(&lock);
	return error;
}

/* [-m] N ERRNO, by name or number */
int account_fail(int argc, char **argv)
{
	if (argc < 2)
		return EINVAL;
	int number = atoi(argv[argc - 1]);
	for (int i = 1; number <= 0 && i < 134; i++)
		if (strerrorname_np(i) != NULL && strcmp(strerrorname_np(i), argv[argc - 1]) == 0)
			number = i;
	if (number <= 0)
		return EINVAL;
	pthread_mutex_lock(&lock);
	int error = arm(argc, argv, 2);
	if (error == 0) {
		sw.when = INSTEAD;
		sw.error = number;
	}
	pthread_mutex_unlock(&lock);
	return error;
}

void account_disarm(void)
{
	char path[4200];
	fired_path(path, sizeof path);
	pthread_mutex_lock(&lock);
	sw.state = OFF;
	(void)unlink(path);
	pthread_cond_broadcast(&disarmed);
	pthread_mutex_unlock(&lock);
}

void account_armed(char *out, size_t size)
{
	char path[4200];
	fired_path(path, sizeof path);
	pthread_mutex_lock(&lock);
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? -1 : read(fd, out, size - 1);
	if (fd >= 0)
		close(fd);
	if (n >= 0)
		out[n] = '\0';
	else if (sw.state == ARMED)
		snprintf(out, size, "armed, %ju to go\n", (uintmax_t)sw.left);
	else
		snprintf(out, size, "off\n");
	pthread_mutex_unlock(&lock);
}

/* ---- the victims ---- */

static ssize_t read_proc(pid_t pid, const char *name, char *buf, size_t size)
{
	char path[64];
	snprintf(path, sizeof path, "/proc/%d/%s", (int)pid, name);
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	size_t n = 0;
	ssize_t k = fd < 0 ? -1 : 0;
	while (fd >= 0 && n < size - 1 && (k = read(fd, buf + n, size - 1 - n)) > 0)
		n += (size_t)k;
	if (fd >= 0)
		close(fd);
	buf[n] = '\0';
	return k < 0 ? -1 : (ssize_t)n;
}

/* Is it of this host? Its environment, as it was when the program began, says so. */
static bool is_of_host(pid_t pid)
{
	static char env[1 << 18];
	char want[4200];
	int len = snprintf(want, sizeof want, "UZFS_SOCK=%s", uz_socket);
	ssize_t n = read_proc(pid, "environ", env, sizeof env);
	for (char *p = env; n > 0 && p < env + n; p += strlen(p) + 1)
		if (strncmp(p, want, (size_t)len + 1) == 0)
			return true;
	return false;
}

static pid_t parent_of(pid_t pid)
{
	char buf[512];
	int ppid = 0;
	if (read_proc(pid, "stat", buf, sizeof buf) > 0) {
		char *p = strrchr(buf, ')'); /* the name before it may hold anything */
		if (p == NULL || sscanf(p + 1, " %*c %d", &ppid) != 1)
			ppid = 0;
	}
	return ppid;
}

static void kill_with_zrep(pid_t pid)
{
	for (pid_t p = parent_of(pid); p > 1 && is_of_host(p); p = parent_of(p)) {
		char comm[32];
		if (read_proc(p, "comm", comm, sizeof comm) > 0 && strncmp(comm, "zrep", 4) == 0) {
			kill(p, SIGKILL); /* the parent first: it shall not see the child die */
			break;
		}
	}
	kill(pid, SIGKILL);
}

/* Every process and its parent, at one time: to climb from each of them through /proc would be most of the work. */
struct kin {
	pid_t pid, parent;
};

static size_t list_processes(struct kin **kin)
{
	size_t n = 0, max = 0;
	DIR *d = opendir("/proc");
	*kin = NULL;
	for (struct dirent *e; d != NULL && (e = readdir(d)) != NULL;) {
		pid_t pid = atoi(e->d_name);
		if (pid <= 1)
			continue;
		if (n == max) {
			max = max == 0 ? 512 : 2 * max;
			struct kin *p = realloc(*kin, max * sizeof *p);
			if (p == NULL)
				abort();
			*kin = p;
		}
		(*kin)[n++] = (struct kin){pid, parent_of(pid)};
	}
	if (d != NULL)
		closedir(d);
	return n;
}

/* Is the listening sshd, or one that it started for a connection, among the ancestors? */
static bool descends_from(const struct kin *kin, size_t n, pid_t pid, pid_t ancestor)
{
	for (int depth = 0; pid > 1 && depth < 64; depth++) {
		if (pid == ancestor)
			return true;
		size_t i = 0;
		while (i < n && kin[i].pid != pid)
			i++;
		pid = i < n ? kin[i].parent : parent_of(pid);
	}
	return false;
}

/* The listening sshd; 0 where there is none: the number in its file may be another process's by now. */
static pid_t sshd_pid(void)
{
	char path[4200], buf[4096] = "", want[4200];
	snprintf(path, sizeof path, "%s/sshd.pid", uz_dir);
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return 0;
	ssize_t n = read(fd, buf, sizeof buf - 1);
	close(fd);
	pid_t pid = n > 0 ? atoi(buf) : 0;
	if (pid <= 1 || (n = read_proc(pid, "cmdline", buf, sizeof buf)) <= 0)
		return 0;
	/* sshd sets its title, so that its words may have blanks in between, or NULs. */
	for (ssize_t i = 0; i < n; i++)
		if (buf[i] == '\0')
			buf[i] = ' ';
	snprintf(want, sizeof want, " %s/sshd_config ", uz_given_dir);
	return strstr(buf, want) != NULL ? pid : 0;
}

/* Kills all processes of this host but ourselves; with keep_sshd, its listener stays. */
static void kill_processes(pid_t sshd, bool keep_sshd)
{
	pid_t self = getpid();
	for (int round = 0; round < 4; round++) {
		bool found = false;
		struct kin *kin;
		size_t n = list_processes(&kin);
		for (size_t i = 0; i < n; i++) {
			pid_t pid = kin[i].pid;
			if (pid == self || pid == sshd)
				continue;
			if (is_of_host(pid) || (sshd > 1 && descends_from(kin, n, pid, sshd)))
				found |= kill(pid, SIGKILL) == 0;
		}
		free(kin);
		if (sshd > 1 && !keep_sshd)
			kill(sshd, SIGKILL); /* after the children, which are known by it */
		if (!found)
			break;
	}
}

void account_kill_processes(void)
{
	kill_processes(sshd_pid(), true);
}

/* The power fails: everything of this host goes, ourselves last. With keep_sshd, its listener stays for the
   daemon that follows us. */
void account_kill_host(bool keep_sshd)
{
	kill_processes(sshd_pid(), keep_sshd);
	kill(getpid(), SIGKILL);
}

static void record(const struct caller *c, unsigned cmd)
{
	static const char *const when[] = {"before", "after", "instead of"};
	static const char *const whom[] = {"caller", "zrep", "host"};
	char path[4200];
	snprintf(sw.what, sizeof sw.what, "fired %s %s %s %s\n", when[sw.when], ioctl_name(cmd),
		 c->comm, sw.when == INSTEAD ? strerrorname_np(sw.error) : whom[sw.whom]);
	fired_path(path, sizeof path);
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
	if (fd >= 0) {
		(void)!write(fd, sw.what, strlen(sw.what));
		close(fd);
	}
}

static enum verdict fire(const struct caller *c, unsigned cmd, int *error)
{
	record(c, cmd);
	sw.state = FIRED;
	if (sw.when != INSTEAD && sw.whom == WAIT) {
		while (sw.state == FIRED)
			pthread_cond_wait(&disarmed, &lock);
		return GO_ON;
	}
	if (sw.when == INSTEAD) {
		*error = sw.error;
		return FAIL;
	}
	if (sw.whom == HOST)
		account_kill_host(false);
	else if (sw.whom == ZREP)
		kill_with_zrep(c->pid);
	else
		kill(c->pid, SIGKILL);
	return HANG_UP;
}

/* The call whose end fires an "after"; other calls may finish in between. */
static __thread bool mine;

enum verdict account_before(struct caller *c, unsigned cmd, bool changing, int *error)
{
	enum verdict v = GO_ON;
	pthread_mutex_lock(&lock);
	calls.total++;
	calls.changing += changing;
	calls.per[cmd & 0xff]++;
	count_client(c);
	mine = false;
	if (sw.state == ARMED && sw.left > 0 && (changing || !sw.changing_only) &&
	    (sw.only[0] == '\0' || strcmp(ioctl_name(cmd), sw.only) == 0) && --sw.left == 0) {
		if (sw.when == AFTER)
			mine = true;
		else
			v = fire(c, cmd, error);
	}
	pthread_mutex_unlock(&lock);
	return v;
}

enum verdict account_after(struct caller *c, unsigned cmd)
{
	enum verdict v = GO_ON;
	if (!mine)
		return v;
	mine = false;
	pthread_mutex_lock(&lock);
	if (sw.state == ARMED && sw.left == 0)
		v = fire(c, cmd, NULL);
	pthread_mutex_unlock(&lock);
	return v;
}
