#include "zfs/lock.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "util/clock.h"
#include "util/mem.h"
#include "util/num.h"
#include "util/sorted.h"
#include "zfs/lock_table.h"

struct locks {
	char *dir;
	pthread_mutex_t mutex;
	struct lock_table held;
	/* Who can be asked about them; "": nobody. */
	char id[LOCK_ID_MAX];
	char *what;
	struct lock_owner owner;
	struct lock_keeper *keeper; /* from the first lock on */
	int *lent; /* between lend_take() and lend_back(), while the mutex is held */
};

struct locks *locks_new(const char *run_dir)
{
	struct locks *l = mem_zalloc(sizeof(*l));

	l->dir = mem_strdup(run_dir);
	pthread_mutex_init(&l->mutex, NULL);
	return l;
}

uint64_t locks_place(const struct locks *l)
{
	struct stat st;

	if (l == NULL || stat(l->dir, &st) != 0)
		return 0;
	return (uint64_t)st.st_dev * 1000003 ^ (uint64_t)st.st_ino;
}

void locks_answer(struct locks *l, const char *what, const struct lock_owner *owner)
{
	unsigned char bytes[(LOCK_ID_MAX - 1) / 2];

	pthread_mutex_lock(&l->mutex);
	if (l->what == NULL) {
		l->what = mem_strdup(what);
		l->owner = *owner;
		/* Without a number nobody can ask; the lock is one all the same. */
		if (getrandom(bytes, sizeof(bytes), 0) == (ssize_t)sizeof(bytes))
			for (size_t i = 0; i < sizeof(bytes); i++)
				snprintf(l->id + 2 * i, 3, "%02x", bytes[i]);
	}
	pthread_mutex_unlock(&l->mutex);
}

void locks_be_silent(struct locks *l)
{
	pthread_mutex_lock(&l->mutex);
	struct lock_keeper *k = l->keeper;
	l->keeper = NULL;
	*l->id = '\0';
	pthread_mutex_unlock(&l->mutex);
	lock_keeper_stop(k);
}

void locks_free(struct locks *l)
{
	if (l == NULL)
		return;
	locks_be_silent(l);
	lock_table_free(&l->held);
	pthread_mutex_destroy(&l->mutex);
	free(l->what);
	free(l->dir);
	free(l);
}

/* What each lock of a dataset is called after: the tag's own; the dataset's, for all tags; of that, whoever receives or
 * wants to be alone on it. No tag can hold a '%'. */
#define WHOLE "%all"
#define RECEIVER "%receive"

/* A dataset name may be as long as a file name may be, so the file's name is its readable beginning
 * and a hash (FNV-1a) of the whole. Two datasets with one hash would exclude each other: no harm. */
static char *lock_path(struct locks *l, const char *what, const char *dataset)
{
	uint64_t h = 0xcbf29ce484222325u;
	char readable[81];
	size_t n = 0;

	for (const char *p = dataset; *p != '\0'; p++) {
		h = (h ^ (unsigned char)*p) * 0x100000001b3u;
		if (n < sizeof(readable) - 1)
			readable[n++] = *p == '/' || *p == ' ' ? '_' : *p;
	}
	readable[n] = '\0';
	return str_fmt("%s/%s.%s.%016" PRIx64 ".lock", l->dir, what, n ? readable : "batch", h);
}

static const char *const mode_words[] = {
    [LOCK_ALONE] = "alone", [LOCK_RECEIVE] = "receive", [LOCK_SEND] = "send"};

const char *lock_mode_word(enum lock_mode mode)
{
	return mode_words[mode];
}

bool lock_mode_of(const char *word, enum lock_mode *out)
{
	for (size_t i = 0; i < ARRAY_LEN(mode_words); i++)
		if (strcmp(word, mode_words[i]) == 0) {
			*out = (enum lock_mode)i;
			return true;
		}
	return false;
}

/* What root does so that this user's zrep sees the locks of others, and they see his. */
static struct err *prepare(struct err *e, const char *dir)
{
	struct group entry, *g = NULL;
	char buf[4096];

	if (getgrgid_r(getegid(), &entry, buf, sizeof(buf), &g) != 0)
		g = NULL;
	return err_remedy(e, "as root: {install -d -m 3770 -g %s %s}",
			  g != NULL ? g->gr_name : "GROUP", dir);
}

static struct err *bad_dir(const char *dir, const char *why)
{
	return prepare(err_new(ERR_FAILED, "the run directory %s %s", dir, why), dir);
}

struct run_dir {
	bool shared; /* root has prepared it for a group */
	gid_t group;
};

/* A directory that anybody may write to, or of another user's, could hold links that lead our locks astray, and locks of
 * whoever wants to stop replication. */
static struct err *make_dir(const char *dir, struct run_dir *out)
{
	struct stat st;

	if ((mkdir(dir, 0755) != 0 && errno != EEXIST) || lstat(dir, &st) != 0)
		return prepare(err_sys(ERR_FAILED, errno, "cannot make the run directory %s", dir),
			       dir);
	if (!S_ISDIR(st.st_mode))
		return bad_dir(dir, "is no directory");
	if (st.st_uid != geteuid() && st.st_uid != 0)
		return bad_dir(dir, "is somebody else's");
	if ((st.st_mode & S_IWOTH) != 0)
		return bad_dir(dir, "can be written to by everybody");
	*out = (struct run_dir){.shared = (st.st_mode & S_IWGRP) != 0, .group = st.st_gid};
	return NULL;
}

/* What a lock file says: a line for people, which is the caller's, and the number by which its owner can be asked. */
struct holder {
	char *text;
	char id[LOCK_ID_MAX]; /* "": he cannot */
	bool brief;           /* he has it for a moment, and will have it again */
};

#define OWNER_LINE "owner "
#define BRIEF_LINE "brief"

/* How a lock is taken. */
enum { TAKE_WITHOUT = 1, TAKE_BRIEFLY = 2 };

static struct holder read_owner(int fd)
{
	char text[300] = "";
	struct holder h = {0};
	ssize_t n = pread(fd, text, sizeof(text) - 1, 0);

	text[n > 0 ? n : 0] = '\0';
	size_t line = strcspn(text, "\n");
	char *next = text + line + (text[line] != '\0');
	text[line] = '\0';
	line = strcspn(next, "\n");
	char *last = next + line + (next[line] != '\0');
	next[line] = '\0';
	last[strcspn(last, "\n")] = '\0';
	h.brief = strcmp(last, BRIEF_LINE) == 0;
	if (strncmp(next, OWNER_LINE, strlen(OWNER_LINE)) == 0 &&
	    lock_is_id(next + strlen(OWNER_LINE)))
		memcpy(h.id, next + strlen(OWNER_LINE), LOCK_ID_MAX);
	h.text = str_clean(mem_strdup(*text ? text : "another zrep"));
	return h;
}

static void write_owner(const struct locks *l, int fd, const char *tag, bool brief)
{
	char when[NUM_TEXT];
	char *text = str_fmt("zrep -t %s, pid %ld, since %s%s%s\n%s%s\n%s", tag, (long)getpid(),
			     num_time(when, (uint64_t)time(NULL)), l->what != NULL ? ", " : "",
			     l->what != NULL ? l->what : "", *l->id ? OWNER_LINE : "", l->id,
			     brief ? BRIEF_LINE "\n" : "");

	/* Only for people; a lock without its text is still a lock. */
	if (ftruncate(fd, 0) == 0 && pwrite(fd, text, strlen(text), 0) < 0)
		(void)ftruncate(fd, 0);
	free(text);
}

/* Three for each dataset at most, see take(). */
static struct err *too_many(struct err *e)
{
	struct rlimit files;

	if (getrlimit(RLIMIT_NOFILE, &files) != 0)
		files.rlim_max = 0;
	return err_remedy(
	    e,
	    "each dataset of a run takes up to three open files, and this user's limit "
	    "is %llu: raise it (ulimit -Hn, or LimitNOFILE= of the service), or name "
	    "fewer datasets at a time",
	    (unsigned long long)files.rlim_max);
}

/* Who can open it can lock it, and so stop replication: only we, or the group that root has chosen. */
static struct err *open_file(const char *dir, const struct run_dir *is, const char *path, int *fd)
{
	struct stat st;
	mode_t mode = is->shared ? 0660 : 0600;

	*fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, mode);
	if (*fd < 0 && (errno == EMFILE || errno == ENFILE))
		return too_many(err_sys(ERR_FAILED, errno, "cannot open the lock file %s", path));
	if (*fd < 0) {
		struct err *e =
		    err_because(err_sys(ERR_FAILED, errno, "cannot open the lock file %s", path),
				REASON_PERMISSION);
		return is->shared ? err_remedy(e, "as root: {chmod -R g+rw %s}", dir)
				  : prepare(e, dir);
	}
	if (fstat(*fd, &st) != 0 || !S_ISREG(st.st_mode)) {
		close(*fd);
		return err_remedy(err_new(ERR_FAILED, "%s is no file", path), "see who made it");
	}
	/* Made before the directory was prepared, or with another umask. Where that fails it stays ours. */
	if (st.st_uid == geteuid() && is->shared &&
	    ((st.st_mode & 0777) != mode || st.st_gid != is->group) &&
	    fchown(*fd, (uid_t)-1, is->group) == 0)
		(void)fchmod(*fd, mode);
	return NULL;
}

/* Who has the tag's lock that is the file `name`; without a text: nobody. */
static struct holder holder_of(int dir, const char *name)
{
	int fd = openat(dir, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	struct holder who = {0};

	if (fd >= 0 && flock(fd, LOCK_SH | LOCK_NB) != 0)
		who = read_owner(fd);
	if (fd >= 0)
		close(fd);
	return who;
}

/* Of a lock that several may have, the text says who took it last, who may have gone: whoever has a tag's lock of the
 * same dataset is there. `path`: of the lock that all tags share. */
static struct holder find_holder(struct locks *l, const char *path, int fd)
{
	const char *rest = strstr(path + strlen(l->dir), WHOLE "."), *own = strrchr(path, '/') + 1;
	DIR *dir = rest != NULL ? opendir(l->dir) : NULL;
	struct holder who = {0};

	if (rest != NULL)
		rest += strlen(WHOLE);
	for (struct dirent *d; dir != NULL && who.text == NULL && (d = readdir(dir)) != NULL;) {
		size_t n = strlen(d->d_name), m = strlen(rest);
		char *full = str_fmt("%s/%s", l->dir, d->d_name);
		if (n > m && strcmp(d->d_name + n - m, rest) == 0 && strcmp(d->d_name, own) != 0 &&
		    lock_table_find(&l->held, full) == NULL)
			who = holder_of(dirfd(dir), d->d_name);
		free(full);
	}
	if (dir != NULL)
		closedir(dir);
	return who.text != NULL ? who : read_owner(fd);
}

/* What is shared becomes ours alone. flock() lets go of the one lock before it takes the other, and where it cannot have
 * that, what we had is taken again. Nobody else can be alone on it by then: for that he would need RECEIVER, which is
 * ours. Only an older zrep, or what was done without by force, has none; what such a one takes meanwhile is lost. */
static struct err *upgrade(struct locks *l, struct lock *k, struct holder *busy)
{
	int rc = lock_table_flock(k, LOCK_EX | LOCK_NB);

	if (rc == 0) {
		k->shared = false;
		return NULL;
	}
	if (rc != EWOULDBLOCK)
		return err_sys(ERR_FAILED, rc, "cannot lock %s", k->path);
	int fd = open(k->path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	*busy = find_holder(l, k->path, fd);
	if (fd >= 0)
		close(fd);
	if (lock_table_flock(k, LOCK_SH | LOCK_NB) != 0)
		lock_table_remove(&l->held, k->path);
	return NULL;
}

/* One of the files of a dataset. *fresh: it was not held before. With `without`, what somebody else has is done without. */
static struct err *take_file(struct locks *l, const struct run_dir *dir, const char *tag,
			     const char *dataset, const char *path, bool shared, unsigned how,
			     bool *fresh, struct holder *busy)
{
	bool without = (how & TAKE_WITHOUT) != 0;
	struct lock *k = lock_table_find(&l->held, path);
	int fd;

	*fresh = k == NULL;
	if (k != NULL)
		return k->fd >= 0 && k->shared && !shared && !without ? upgrade(l, k, busy) : NULL;
	struct err *e = open_file(l->dir, dir, path, &fd);
	if (e != NULL)
		return e;
	bool taken = flock(fd, (shared ? LOCK_SH : LOCK_EX) | LOCK_NB) == 0;
	if (!taken) {
		if (errno != EWOULDBLOCK)
			e = err_sys(ERR_FAILED, errno, "cannot lock %s", path);
		else if (!without)
			*busy = find_holder(l, path, fd);
		close(fd);
		if (e != NULL || !without)
			return e;
		fd = -1;
	}
	if (taken)
		write_owner(l, fd, tag, (how & TAKE_BRIEFLY) != 0);
	lock_table_add(&l->held, path, dataset, fd, shared);
	return NULL;
}

bool lock_is_batch(const char *name)
{
	return *name == '\0' || strcmp(name, "/") == 0 || strcmp(name, ".") == 0 ||
	       strcmp(name, "./") == 0;
}

/* Whoever finds the first lock can ask. Mutex held. */
static struct err *start_keeper(struct locks *l)
{
	if (*l->id == '\0' || l->keeper != NULL)
		return NULL;
	l->keeper = lock_keeper_start(l->dir, l->id, &l->owner);
	return l->keeper != NULL ? NULL : err_sys(ERR_FAILED, EAGAIN, "cannot start a thread");
}

/* All files of a dataset, or none. busy->text is NULL where they were taken. */
static struct err *take(struct locks *l, const char *tag, const char *dataset, enum lock_mode mode,
			unsigned how, struct holder *busy)
{
	struct {
		const char *what;
		bool shared;
	} files[3] = {{tag, false}};
	size_t n = 1, k;

	if (!lock_is_batch(dataset) && mode != LOCK_SEND)
		files[n++].what = RECEIVER;
	if (!lock_is_batch(dataset)) {
		files[n].what = WHOLE;
		files[n++].shared = mode != LOCK_ALONE;
	}
	bool fresh[ARRAY_LEN(files)] = {0};
	char *paths[ARRAY_LEN(files)];
	struct run_dir dir = {0};
	struct err *e = make_dir(l->dir, &dir);

	*busy = (struct holder){0};
	pthread_mutex_lock(&l->mutex);
	if (e == NULL)
		e = start_keeper(l);
	for (k = 0; k < n; k++)
		paths[k] = lock_path(l, files[k].what, dataset);
	for (k = 0; k < n && e == NULL && busy->text == NULL; k++)
		e = take_file(l, &dir, tag, dataset, paths[k], files[k].shared, how, &fresh[k],
			      busy);
	for (k = 0; k < n; k++) {
		if ((e != NULL || busy->text != NULL) && fresh[k])
			lock_table_remove(&l->held, paths[k]);
		else if (e == NULL && busy->text == NULL)
			lock_table_find(&l->held, paths[k])->uses++;
		free(paths[k]);
	}
	pthread_mutex_unlock(&l->mutex);
	return e;
}

struct err *locks_take(struct locks *l, const char *tag, const char *dataset, enum lock_mode mode,
		       char **busy)
{
	struct holder who;
	struct err *e = take(l, tag, dataset, mode, 0, &who);

	*busy = who.text;
	return e;
}

/* --- wishes --- */

/* What is between two looks at an owner that is waited for, and at one that is to go. */
#define LOOK_AGAIN_MS 500u
#define GONE_AGAIN_MS 100u

/* One lock that is wished for, and its owner as far as is known. */
struct wooing {
	struct locks *locks;
	struct lock_wish *wish;
	char *who;       /* asks */
	uint64_t begun;  /* all this */
	struct holder h; /* has it */
	char id[LOCK_ID_MAX];
	/* Of that id: */
	uint64_t quiet; /* by its last answer */
	uint64_t gone;  /* by when it has to be, as it said it would; 0: it did not */
	bool begged;    /* it was asked whether it gives way */
	bool silent;    /* it did not answer once */
	char *state;    /* for people */
};

enum verdict { AGAIN, STAYS, STUCK };

static void say(struct wooing *w, const char *fmt, ...) ERR_PRINTF(2, 3);
static void say(struct wooing *w, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	free(w->state);
	w->state = str_vfmt(fmt, ap);
	va_end(ap);
}

static void nap(uint64_t ms)
{
	nanosleep(&(struct timespec){.tv_nsec = (long)ms * 1000000L}, NULL);
}

/* What was found out of it is kept for the other datasets that it has: ID, the verdict and its words. */
static enum verdict cast(struct wooing *w, enum verdict v)
{
	strv_addf(&w->wish->cast, "%s%c%s", w->h.id, v == STUCK ? '!' : ' ', w->state);
	return v;
}

static const char *cast_of(const struct wooing *w)
{
	for (size_t i = 0; i < w->wish->cast.n; i++)
		if (strncmp(w->wish->cast.items[i], w->h.id, LOCK_ID_MAX - 1) == 0)
			return w->wish->cast.items[i] + LOCK_ID_MAX - 1;
	return NULL;
}

/* It lives and has not been quiet for too long. */
static enum verdict consider(struct wooing *w, uint64_t quiet, uint64_t least)
{
	uint64_t now = clock_ms();
	char text[NUM_TEXT];

	w->quiet = quiet;
	say(w, "the last progress was %s ago", num_seconds(text, quiet / 1000));
	if (!w->wish->waits || quiet + LOCK_WAIT_MS < least ||
	    now > w->begun + least + LOCK_LONGER_MS)
		return cast(w, STAYS);
	nap(LOOK_AGAIN_MS);
	return AGAIN;
}

/* Is it an agent for the host that we are one for? Who asks from there has got past that host's own lock; so its zrep has ended,
 * perhaps just now, and the agent will. */
static bool is_left_over(const struct wooing *w)
{
	const char *what = w->locks->what, *text = w->h.text;
	size_t n = what != NULL ? strlen(what) : 0, len = strlen(text);

	return n > 0 && strncmp(what, LOCK_FOR, strlen(LOCK_FOR)) == 0 && len > n &&
	       strcmp(text + len - n, what) == 0 && text[len - n - 1] == ' ';
}

/* It is had for a moment: that is waited for. */
static enum verdict await(const struct wooing *w, enum verdict v)
{
	struct lock_wish *wish = w->wish;
	bool brief = w->h.brief && !wish->brief;

	if (v != STAYS || (!brief && !is_left_over(w)))
		return v;
	if (wish->brief_end == 0)
		wish->brief_end = clock_ms() + (brief ? LOCK_BRIEF_MS : LOCK_LEFT_MS);
	if (clock_ms() > wish->brief_end)
		return v;
	nap(LOCK_BRIEF_LOOK_MS);
	return AGAIN;
}

/* w->h has it. What now? */
static enum verdict woo(struct wooing *w, unsigned mode)
{
	uint64_t least = w->wish->patience > LOCK_QUIET_MIN ? w->wish->patience : LOCK_QUIET_MIN;
	const char *known = cast_of(w);
	struct lock_answer a;
	char text[NUM_TEXT];

	if (*w->h.id == '\0') {
		say(w, "an older zrep, which cannot be asked how it is");
		return STAYS;
	}
	if (strcmp(w->id, w->h.id) != 0) {
		memcpy(w->id, w->h.id, sizeof(w->id));
		w->gone = 0;
		w->silent = w->begged = false;
	}
	if (known != NULL) {
		say(w, "%s", known + 1);
		return *known == '!' ? STUCK : STAYS;
	}
	if (w->gone != 0 && clock_ms() < w->gone) {
		nap(GONE_AGAIN_MS);
		return AGAIN;
	}
	if (w->gone != 0 && w->wish->ends) {
		say(w, "it was asked to make way, and has not");
		return cast(w, STUCK);
	}
	if (w->gone != 0) {
		say(w, "it was asked to end after %s without progress, and has not",
		    num_seconds(text, w->quiet / 1000));
		return cast(w, STUCK);
	}
	if (w->silent) {
		say(w, "it does not answer");
		return cast(w, STUCK);
	}
	/* First whether it would go for us; where not, how it is. */
	if (w->wish->ends && !w->begged) {
		w->begged = true;
		if (lock_ask(w->locks->dir, mode, w->h.id, LOCK_IF_YOU_LIKE, w->who, &a) &&
		    a.going) {
			w->gone = clock_ms() + LOCK_GONE_MS;
			say(w, "it was asked to make way");
			return AGAIN;
		}
	}
	if (!lock_ask(w->locks->dir, mode, w->h.id, least, w->who, &a)) {
		w->silent = true; /* or has it just ended? */
		return AGAIN;
	}
	if (!a.going)
		return consider(w, a.quiet, least);
	w->quiet = a.quiet;
	w->gone = clock_ms() + LOCK_GONE_MS;
	say(w, "it had made no progress for %s", num_seconds(text, a.quiet / 1000));
	return AGAIN;
}

void lock_outcome_free(struct lock_outcome *o)
{
	free(o->busy);
	free(o->gone);
	free(o->without);
	*o = (struct lock_outcome){0};
}

struct err *locks_wish(struct locks *l, const char *tag, const char *dataset, enum lock_mode mode,
		       struct lock_wish *wish, struct lock_outcome *out)
{
	struct wooing w = {.locks = l,
			   .wish = wish,
			   .who =
			       str_fmt("zrep %s -t %s, pid %ld",
				       l->what != NULL ? l->what : "takeover", tag, (long)getpid()),
			   .begun = clock_ms()};
	struct run_dir dir = {0};
	struct err *e = make_dir(l->dir, &dir);
	enum verdict v = AGAIN;

	*out = (struct lock_outcome){0};
	while (e == NULL && v == AGAIN) {
		char *before = w.h.text;
		e = take(l, tag, dataset, mode, wish->brief ? TAKE_BRIEFLY : 0, &w.h);
		if (e == NULL && w.h.text == NULL) {
			/* Whoever had it a moment before may have gone by itself. */
			if (w.gone != 0 && before != NULL)
				out->gone = str_fmt("%s: %s", before, w.state);
			free(before);
			break;
		}
		free(before);
		if (e == NULL)
			v = await(&w, wish->asks ? woo(&w, dir.shared ? 0660 : 0600) : STAYS);
	}
	if (e == NULL && v == STUCK && wish->force) {
		struct holder none;
		out->without = str_fmt("%s: %s", w.h.text, w.state);
		e = take(l, tag, dataset, mode, TAKE_WITHOUT, &none);
	} else if (e == NULL && v != AGAIN) {
		out->busy =
		    w.state != NULL ? str_fmt("%s: %s", w.h.text, w.state) : mem_strdup(w.h.text);
	}
	free(w.h.text);
	free(w.state);
	free(w.who);
	return e;
}

/* --- lent --- */

void lock_about(struct strv *names, const char *name)
{
	strv_addf(names, "%.*s", (int)strcspn(name, "@#"), name);
}

void lock_about_done(struct strv *names)
{
	sorted_sort(names->items, names->n);
}

bool lock_is_about(const struct strv *names, const char *dataset)
{
	size_t len = strlen(dataset), i = sorted_from(names->items, names->n, dataset);

	if (lock_is_batch(dataset) || names->n == 0)
		return false;
	/* Itself, what is below it, and NAME_kept_...; what else begins so costs nothing. */
	if (i < names->n && strncmp(names->items[i], dataset, len) == 0)
		return true;
	/* What it is below. */
	char *above = mem_strdup(dataset);
	bool found = false;
	for (char *slash; !found && (slash = strrchr(above, '/')) != NULL;) {
		*slash = '\0';
		found = sorted_has(names->items, names->n, above);
	}
	free(above);
	return found;
}

static void lend_take(void *ctx, const int **fds, size_t *n)
{
	struct lock_loan *loan = ctx;
	struct locks *l = loan->locks;

	pthread_mutex_lock(&l->mutex);
	l->lent = mem_array(NULL, l->held.n + l->held.n_places + 1, sizeof(int));
	*n = lock_table_about(&l->held, loan->names, loan->n, l->lent);
	*fds = l->lent;
}

static void lend_back(void *ctx)
{
	struct locks *l = ((struct lock_loan *)ctx)->locks;

	free(l->lent);
	l->lent = NULL;
	pthread_mutex_unlock(&l->mutex);
}

struct spawn_lend locks_lend(struct lock_loan *loan)
{
	return (struct spawn_lend){.take = lend_take, .give_back = lend_back, .ctx = loan};
}

/* One use less. True: that was the last one. Closed, never unlocked: a child that it was lent to goes on holding it. */
static bool give_back(struct locks *l, const char *path)
{
	struct lock *k = lock_table_find(&l->held, path);

	if (k == NULL || --k->uses > 0)
		return false;
	lock_table_remove(&l->held, path);
	return true;
}

void locks_drop(struct locks *l, const char *tag, const char *dataset)
{
	char *own = lock_path(l, tag, dataset), *whole = lock_path(l, WHOLE, dataset),
	     *receiver = lock_path(l, RECEIVER, dataset);

	pthread_mutex_lock(&l->mutex);
	bool ours = lock_table_find(&l->held, own) != NULL;
	if (ours)
		(void)give_back(l, own);
	/* Whoever else has it here may be the one that receives. */
	if (ours && !lock_is_batch(dataset) &&
	    (give_back(l, whole) || lock_table_find(&l->held, whole) == NULL))
		lock_table_remove(&l->held, receiver);
	pthread_mutex_unlock(&l->mutex);
	free(own);
	free(whole);
	free(receiver);
}
