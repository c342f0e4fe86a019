#include "zfs/lock_ask.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "util/clock.h"
#include "util/err.h"
#include "util/mem.h"
#include "util/patience.h"

#define POLL_MS 100u

bool lock_is_id(const char *text)
{
	return strlen(text) == LOCK_ID_MAX - 1 &&
	       strspn(text, "0123456789abcdef") == LOCK_ID_MAX - 1;
}

/* --- texts --- */

static void fill(char text[LOCK_TEXT_LEN], const char *line)
{
	size_t n = strlen(line);

	memset(text, ' ', LOCK_TEXT_LEN);
	memcpy(text, line, n < LOCK_TEXT_LEN ? n : LOCK_TEXT_LEN);
	text[LOCK_TEXT_LEN - 1] = '\n';
}

/* A copy that ends, of what may be anything. */
static void take(char line[LOCK_TEXT_LEN + 1], const char *text, size_t len)
{
	len = len < LOCK_TEXT_LEN ? len : LOCK_TEXT_LEN;
	memcpy(line, text, len);
	line[len] = '\0';
	while (len > 0 && (line[len - 1] == ' ' || line[len - 1] == '\n'))
		line[--len] = '\0';
	str_clean(line);
}

void lock_print_question(const struct lock_question *q, char text[LOCK_TEXT_LEN])
{
	char line[LOCK_TEXT_LEN];

	snprintf(line, sizeof(line), "ask %" PRIu64 " %" PRIu64 " %s", q->number, q->least, q->who);
	fill(text, line);
}

bool lock_parse_question(const char *text, size_t len, struct lock_question *q)
{
	char line[LOCK_TEXT_LEN + 1];
	int n = 0;

	take(line, text, len);
	*q = (struct lock_question){0};
	if (sscanf(line, "ask %20" SCNu64 " %20" SCNu64 " %n", &q->number, &q->least, &n) != 2 ||
	    n == 0)
		return false;
	snprintf(q->who, sizeof(q->who), "%.*s", (int)sizeof(q->who) - 1, line + n);
	return true;
}

void lock_print_answer(const struct lock_answer *a, char text[LOCK_TEXT_LEN])
{
	char line[LOCK_TEXT_LEN];

	snprintf(line, sizeof(line), "answer %" PRIu64 " %" PRIu64 " %s", a->number, a->quiet,
		 a->going ? "going" : "staying");
	fill(text, line);
}

bool lock_parse_answer(const char *text, size_t len, struct lock_answer *a)
{
	char line[LOCK_TEXT_LEN + 1], word[8] = "";

	take(line, text, len);
	*a = (struct lock_answer){0};
	if (sscanf(line, "answer %20" SCNu64 " %20" SCNu64 " %7s", &a->number, &a->quiet, word) !=
	    3)
		return false;
	a->going = strcmp(word, "going") == 0;
	return a->going || strcmp(word, "staying") == 0;
}

/* --- of the owner --- */

struct lock_keeper {
	char *path;
	struct lock_owner owner;
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t changed;
	bool stop;
};

static bool is_file(int fd)
{
	struct stat st;

	return fstat(fd, &st) == 0 && S_ISREG(st.st_mode);
}

/* Answers what is asked. True: it is to go. */
static bool answer(struct lock_keeper *k)
{
	int fd = open(k->path, O_RDWR | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	char text[LOCK_TEXT_LEN], said[LOCK_TEXT_LEN];
	struct lock_question q;
	struct lock_answer a = {0}, before;

	if (fd < 0)
		return false;
	ssize_t n = is_file(fd) ? pread(fd, text, sizeof(text), 0) : -1;
	bool asked = n > 0 && lock_parse_question(text, (size_t)n, &q);
	n = asked ? pread(fd, said, sizeof(said), LOCK_TEXT_LEN) : -1;
	if (n > 0 && lock_parse_answer(said, (size_t)n, &before) && before.number == q.number)
		asked = false;
	if (asked) {
		a = (struct lock_answer){.number = q.number, .quiet = k->owner.quiet(k->owner.ctx)};
		a.going = q.least == LOCK_IF_YOU_LIKE ? k->owner.gives_way : a.quiet >= q.least;
		lock_print_answer(&a, said);
		/* Who cannot be told waits until the lock is free. */
		(void)!pwrite(fd, said, sizeof(said), LOCK_TEXT_LEN);
	}
	close(fd);
	if (a.going)
		k->owner.go(k->owner.ctx, q.who, a.quiet);
	return a.going;
}

/* False: it was stopped before. */
static bool rest(struct lock_keeper *k, uint64_t ms)
{
	uint64_t end = clock_ms() + ms, now;

	pthread_mutex_lock(&k->lock);
	while (!k->stop && (now = clock_ms()) < end)
		(void)patience_cond_wait(&k->changed, &k->lock, end - now);
	bool stop = k->stop;
	pthread_mutex_unlock(&k->lock);
	return !stop;
}

static void *keep(void *arg)
{
	struct lock_keeper *k = arg;

	while (rest(k, LOCK_LOOK_MS))
		/* What is stuck inside ZFS ends with the process, and then the kernel drops the locks. */
		if (answer(k) && rest(k, LOCK_GO_MS))
			_exit(ERR_UNREACHABLE);
	return NULL;
}

struct lock_keeper *lock_keeper_start(const char *dir, const char *id,
				      const struct lock_owner *owner)
{
	struct lock_keeper *k = mem_zalloc(sizeof(*k));

	k->path = str_fmt("%s/ask.%s", dir, id);
	k->owner = *owner;
	pthread_mutex_init(&k->lock, NULL);
	patience_cond_init(&k->changed);
	if (pthread_create(&k->thread, NULL, keep, k) == 0)
		return k;
	pthread_mutex_destroy(&k->lock);
	pthread_cond_destroy(&k->changed);
	free(k->path);
	free(k);
	return NULL;
}

void lock_keeper_stop(struct lock_keeper *k)
{
	if (k == NULL)
		return;
	pthread_mutex_lock(&k->lock);
	k->stop = true;
	pthread_cond_broadcast(&k->changed);
	pthread_mutex_unlock(&k->lock);
	pthread_join(k->thread, NULL);
	(void)unlink(k->path); /* of one who was killed while he asked */
	pthread_mutex_destroy(&k->lock);
	pthread_cond_destroy(&k->changed);
	free(k->path);
	free(k);
}

/* --- of whoever asks --- */

/* The file, for us alone: -1 while somebody else asks, or where there is none to be had. */
static int open_question(const char *path, unsigned mode)
{
	struct stat is, named;
	int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, mode);

	if (fd < 0)
		return -1;
	/* Whoever asked before us may have removed it meanwhile. */
	if (flock(fd, LOCK_EX | LOCK_NB) == 0 && fstat(fd, &is) == 0 && S_ISREG(is.st_mode) &&
	    lstat(path, &named) == 0 && named.st_ino == is.st_ino) {
		(void)fchmod(fd, mode); /* the umask */
		return fd;
	}
	close(fd);
	return -1;
}

static void nap(void)
{
	nanosleep(&(struct timespec){.tv_nsec = POLL_MS * 1000000L}, NULL);
}

bool lock_ask(const char *dir, unsigned mode, const char *id, uint64_t least, const char *who,
	      struct lock_answer *out)
{
	uint64_t end = clock_ms() + LOCK_ANSWER_MS;
	struct lock_question q = {.number = clock_ms(), .least = least};
	char text[LOCK_TEXT_LEN], *path = str_fmt("%s/ask.%s", dir, id);
	bool answered = false;
	int fd;

	snprintf(q.who, sizeof(q.who), "%s", who);
	while ((fd = open_question(path, mode)) < 0 && clock_ms() < end)
		nap();
	lock_print_question(&q, text);
	if (fd >= 0 && ftruncate(fd, 0) == 0 &&
	    pwrite(fd, text, sizeof(text), 0) == (ssize_t)sizeof(text))
		do {
			nap();
			ssize_t n = pread(fd, text, sizeof(text), LOCK_TEXT_LEN);
			answered = n > 0 && lock_parse_answer(text, (size_t)n, out) &&
				   out->number == q.number;
		} while (!answered && clock_ms() < end);
	if (fd >= 0) {
		(void)unlink(path);
		close(fd);
	}
	free(path);
	return answered;
}
