/* bind-key: the far half of `install --keys`, started over ssh with the very key that is to be bound. Hidden from the usage. Were the
 * line wrong, that key could not come back to mend it: so it stays only if whoever put it has come through with it, and says
 * so over the session that was there before. */
#include "cli/bind_key.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/key_lines.h"
#include "cli/verb.h"
#include "util/clock.h"
#include "util/file.h"
#include "util/mem.h"

#define FILE_MOST (1u << 20)
#define LINE_MOST 16384u

/* How long the line may be there without a word that it is to stay. Milliseconds. */
#define WORD_MS 60000u

/* Two who change it at one time would each undo what the other does: this one waits. Unlocked by closing it. */
static int lock_folder(const struct bound *b)
{
	char *dir = str_fmt("%.*s", (int)(strrchr(b->path, '/') - b->path), b->path);
	int fd;

	(void)mkdir(dir, 0700); /* what cannot be is told when the file is written */
	fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd >= 0)
		(void)flock(fd, LOCK_EX);
	free(dir);
	return fd;
}

static void unlock(int fd)
{
	if (fd >= 0)
		close(fd);
}

/* Without a file there is no line. */
static struct err *read_all(const struct bound *b, struct buf *text)
{
	struct err *e = file_read(b->path, FILE_MOST, text);

	if (e != NULL && e->code == ENOENT) {
		err_free(e);
		e = NULL;
	}
	if (e == NULL && memchr(buf_str(text), '\0', text->len) != NULL)
		e = err_new(ERR_FAILED, "%s is no text", b->path);
	return e;
}

static struct err *bound_elsewhere(const struct bound *b, const char *host)
{
	return err_remedy(err_refuse(REASON_EXISTS,
				     "that key has options already in %s on %s: %.200s", b->path,
				     host, buf_str(&b->former)),
			  "write there by hand what it is to be for (`{zrep allow --ssh}` prints "
			  "the line), or take another key");
}

struct err *bound_put(struct bound *b, const char *host, const char *line, bool look)
{
	const char *home = getenv("HOME");
	struct buf text = {0}, now = {0};

	*b = (struct bound){0};
	if (home == NULL || *home != '/')
		return err_new(ERR_FAILED,
			       "HOME is not set: no authorized_keys to put a line into");
	b->path = str_fmt("%s/.ssh/authorized_keys", home);
	b->line = mem_strdup(line);
	int lock = look ? -1 : lock_folder(b);
	struct err *e = read_all(b, &now);
	if (e == NULL) {
		b->was = authkeys_put(buf_str(&now), line, &text, &b->former);
		if (b->was == AUTHKEYS_BOUND) {
			e = bound_elsewhere(b, host);
		} else if (b->was != AUTHKEYS_SAME && !look) {
			e = file_replace_own(b->path, &text);
			b->put = e == NULL;
		}
	}
	unlock(lock);
	buf_free(&text);
	buf_free(&now);
	return e;
}

struct err *bound_undo(struct bound *b)
{
	struct buf text = {0}, now = {0};

	if (!b->put)
		return NULL;
	int lock = lock_folder(b);
	struct err *e = read_all(b, &now);
	if (e == NULL && authkeys_take_back(buf_str(&now), b->line, buf_str(&b->former), &text))
		e = file_replace_own(b->path, &text);
	b->put = false;
	unlock(lock);
	buf_free(&text);
	buf_free(&now);
	return e;
}

void bound_free(struct bound *b)
{
	free(b->path);
	free(b->line);
	buf_free(&b->former);
}

/* A line of standard input, without its end; NULL: there is none, or it took too long. The caller frees. */
static char *hear(const struct ctx *c, uint64_t ms)
{
	uint64_t end = clock_ms() + ms;
	struct buf line = {0};
	char *whole = NULL;
	bool more = true;

	while (more && line.len < LINE_MOST && clock_ms() < end && !cancelled(c->cancel)) {
		struct pollfd p = {.fd = STDIN_FILENO, .events = POLLIN};
		char one;
		int n = poll(&p, 1, 200);
		if (n == 0 || (n < 0 && errno == EINTR))
			continue;
		more = n > 0 && read(STDIN_FILENO, &one, 1) == 1;
		if (more && one == '\n') {
			whole = mem_strdup(buf_str(&line));
			break;
		}
		if (more)
			buf_add(&line, &one, 1);
	}
	buf_free(&line);
	return whole;
}

/* Asked for the key that this host comes with. */
static int print_own(struct ctx *c)
{
	char *key = key_own();

	if (key == NULL)
		return ui_error(&c->ui, key_none(c->self));
	ui_line(&c->ui, "%s", key);
	free(key);
	return 0;
}

static int run_bind_key(struct ctx *c)
{
	if (c->args.n > 0 && strcmp(c->args.items[0], "key") == 0)
		return print_own(c);
	struct bound b = {0};
	char *line = hear(c, WORD_MS), *word = NULL;
	struct err *e = NULL;

	if (line == NULL || !authkeys_is_line(line))
		e = err_remedy(
		    err_new(ERR_USAGE, "`{zrep bind-key}` is for `{zrep install --keys}`"),
		    "`{zrep help install}` explains that");
	if (e == NULL)
		e = bound_put(&b, c->self, line, false);
	if (e == NULL) {
		ui_line(&c->ui, "%s", BIND_PUT);
		ui_flush(&c->ui);
		word = hear(c, WORD_MS);
	}
	if (e == NULL && !str_same(word, BIND_KEEP)) {
		e = bound_undo(&b);
		if (e == NULL)
			e = err_new(ERR_FAILED, "the line is taken back from %s on %s", b.path,
				    c->self);
	}
	bound_free(&b);
	free(line);
	free(word);
	return ui_error(&c->ui, e);
}

const struct verb verb_bind_key = {
    .name = "bind-key", .flags = "", .max_args = 1, .usage = "[key]", .run = run_bind_key};
