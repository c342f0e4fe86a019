#include "cli/install_far.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "util/mem.h"
#include "wire/ssh.h"

#define PATH_MOST 80u /* so that tar's names, and messages, have room */

/* --- a program there --- */

/* What it prints is in out, without the last line break; NULL: nobody wants it. */
static struct err *ask(const struct far *f, char *const words[], int in, struct buf *out,
		       char **said, int *status)
{
	struct ssh_opts o = ctx_ssh_opts(f->c);
	struct buf own = {0}, *to = out != NULL ? out : &own;

	struct err *e = ssh_run(f->host, &o, words, in, to, said, status);
	while (to->len > 0 && (to->data[to->len - 1] == '\n' || to->data[to->len - 1] == '\r'))
		to->data[--to->len] = '\0';
	buf_free(&own);
	return e;
}

#define WORDS(...)                                                                                 \
	(char *const[])                                                                            \
	{                                                                                          \
		__VA_ARGS__, NULL                                                                  \
	}

/* The same of one that has to succeed. */
static struct err *run(const struct far *f, char *const words[], int in, struct buf *out)
{
	char *said = NULL;
	int status;
	struct err *e = ask(f, words, in, out, &said, &status);

	if (e == NULL && status != 0) {
		bool denied = strstr(said, "denied") != NULL;
		e = err_new(ERR_FAILED, "cannot put zrep into %s on %s: %s", f->dir, f->host,
			    *said != '\0' ? said : words[0]);
		if (denied) {
			err_because(e, REASON_PERMISSION);
			e = err_remedy(
			    e,
			    "name a user who may write there, as root@%s, or set ZREP_PATH to a "
			    "path where this one may",
			    name_host_part(f->host));
		} else {
			e = err_remedy(e, "see that there is room, and that it can be written to");
		}
	}
	free(said);
	return e;
}

/* Text from there that becomes a path, here in a message and there in a command. */
static bool is_path(const char *s)
{
	size_t n = strlen(s);

	return *s == '/' && n > 1 && n <= PATH_MOST && s[n - 1] != '/' &&
	       strspn(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
			 "/._+-") == n &&
	       strstr(s, "/.") == NULL && strstr(s, "//") == NULL;
}

/* --- looking --- */

static struct err *check_machine(struct far *f)
{
	struct utsname u;
	struct buf out = {0};
	char *said = NULL;
	int status = 0;

	if (uname(&u) != 0)
		return err_sys(ERR_FAILED, errno, "cannot tell what machine %s is", f->c->self);
	f->system = str_fmt("%s %s", u.sysname, u.machine);
	struct err *e = ask(f, WORDS("uname", "-sm"), -1, &out, &said, &status);
	const char *theirs = buf_str(&out);
	if (e == NULL && status != 0)
		e = err_remedy(err_new(ERR_FAILED, "cannot tell what machine %s is: %s", f->host,
				       *said != '\0' ? said : "no answer"),
			       "make `{ssh %s uname -sm}` work, as this user", f->host);
	else if (e == NULL && strchr(theirs, '\n') != NULL)
		e = err_remedy(
		    err_new(ERR_UNREACHABLE, "%s prints more than what it is asked for", f->host),
		    "let the shell's start-up files on %s print nothing when there is no terminal "
		    "(`{ssh %s true}` must be silent)",
		    f->host, f->host);
	else if (e == NULL && strcmp(theirs, f->system) != 0)
		e = err_remedy(err_refuse(REASON_MISFIT, "%s is %.60s, and this program is for %s",
					  f->host, theirs, f->system),
			       "install zrep's package there, or build it there from its source");
	free(said);
	buf_free(&out);
	return e;
}

/* Where it is to be: ZREP_PATH says it, or where an ssh session finds one, or else where `make install` puts it. */
static struct err *find_path(struct far *f)
{
	const char *set = f->c->settings.zrep_path;
	struct buf out = {0};
	int status = 0;
	struct err *e = NULL;

	if (strcmp(set, "zrep") != 0) {
		f->path = mem_strdup(set);
	} else {
		/* A word of the shell's own, and so the one question that needs one. */
		e = ask(f, WORDS("sh", "-c", "command -v zrep"), -1, &out, NULL, &status);
		f->in_search = status == 0 && out.len > 0;
		f->path = mem_strdup(f->in_search ? out.data : "/usr/local/sbin/zrep");
	}
	buf_free(&out);
	if (e == NULL && !is_path(f->path))
		e = err_remedy(
		    err_new(ERR_USAGE, "\"%.80s\" is no path that zrep could be put at", f->path),
		    "set ZREP_PATH to one, such as /usr/local/sbin/zrep");
	if (e != NULL)
		return e;
	size_t n = (size_t)(strrchr(f->path, '/') - f->path);
	f->dir = n > 0 ? str_fmt("%.*s", (int)n, f->path) : mem_strdup("/");
	static const char *const ends[] = {"/sbin", "/bin"};
	for (size_t i = 0; i < ARRAY_LEN(ends) && f->prefix == NULL; i++) {
		size_t end = strlen(ends[i]);
		if (n > end && strcmp(f->dir + n - end, ends[i]) == 0)
			f->prefix = str_fmt("%.*s", (int)(n - end), f->dir);
	}
	return NULL;
}

struct err *far_look(struct far *f)
{
	struct err *e = check_machine(f);

	return e != NULL ? e : find_path(f);
}

/* --- what belongs to a package --- */

/* The package that a line of such a program names; NULL: none. dpkg prints "PACKAGE: PATH", the others the name alone. */
static char *owner_in(const char *line, bool dpkg)
{
	const char *end = dpkg ? strstr(line, ": /") : line + strlen(line);
	size_t n = end != NULL ? (size_t)(end - line) : 0;

	return n > 0 && strcspn(line, dpkg ? "\n" : " \n") >= n ? str_fmt("%.*s", (int)n, line)
								: NULL;
}

static struct err *check_by(struct far *f, const char *const front[3], const struct strv *paths)
{
	struct strv words = {0};
	struct buf out = {0};
	char *save = NULL, *owner = NULL;
	int status = 0;

	for (size_t i = 0; i < 3 && front[i] != NULL; i++)
		strv_add(&words, front[i]);
	for (size_t i = 0; i < paths->n; i++)
		strv_add(&words, paths->items[i]);
	struct err *e = ask(f, words.items, -1, &out, NULL, &status);
	bool dpkg = strcmp(front[0], "dpkg") == 0;
	for (char *l = out.len > 0 ? strtok_r(out.data, "\n", &save) : NULL;
	     e == NULL && owner == NULL && l != NULL; l = strtok_r(NULL, "\n", &save))
		owner = owner_in(l, dpkg);
	if (owner != NULL) {
		e = err_remedy(err_refuse(REASON_EXISTS,
					  "zrep on %s belongs to the package %.60s (%s asked about "
					  "%s)",
					  f->host, owner, front[0], f->path),
			       "upgrade that package there; or set ZREP_PATH to another path, to "
			       "have this program beside it");
		free(owner);
	}
	buf_free(&out);
	strv_free(&words);
	return e;
}

struct err *far_check_owner(struct far *f, const struct strv *paths)
{
	/* Which of them are there is not known: what is not, prints nothing. */
	static const char *const by[][3] = {{"dpkg", "-S"}, {"rpm", "-qf"}, {"pkg", "which", "-q"}};
	struct strv all = {0};
	struct buf real = {0};
	int status = 0;

	for (size_t i = 0; i < paths->n; i++)
		strv_add(&all, paths->items[i]);
	/* A package knows its files by the names that it gave them, not by what links make of them. */
	struct err *e = ask(f, WORDS("readlink", "-f", f->path), -1, &real, NULL, &status);
	if (status == 0 && real.len > 0 && is_path(real.data) && !strv_has(&all, real.data))
		strv_add(&all, real.data);
	for (size_t i = 0; i < ARRAY_LEN(by) && e == NULL; i++)
		e = check_by(f, by[i], &all);
	strv_free(&all);
	buf_free(&real);
	return e;
}

/* "zrep VERSION (protocol N)": the version; NULL: it is none of ours. */
static char *version_in(const char *text)
{
	const char *begin = text + 5,
		   *end = strncmp(text, "zrep ", 5) == 0 ? strstr(text, " (protocol ") : NULL;

	return end != NULL && end > begin && end - begin <= 60 && strchr(text, '\n') == NULL
		   ? str_fmt("%.*s", (int)(end - begin), begin)
		   : NULL;
}

struct err *far_check_version(struct far *f)
{
	struct buf out = {0};
	char *said = NULL;
	int status = 0;
	struct err *e = ask(f, WORDS(f->path, "version"), -1, &out, &said, &status);

	f->version = e == NULL ? version_in(buf_str(&out)) : NULL;
	/* One that is there and does not start may be a zrep that lacks its libraries: that is mended by another. */
	if (e == NULL && f->version == NULL && status != 127 && out.len > 0)
		e = err_remedy(err_refuse(REASON_EXISTS,
					  "what is at %s on %s is no zrep of this kind: \"%.60s\"",
					  f->path, f->host, buf_str(&out)),
			       "if it is the shell script, MIGRATING.md has the way; to have this "
			       "program beside it, set ZREP_PATH to another path");
	free(said);
	buf_free(&out);
	return e;
}

/* --- bringing --- */

/* What ssh reads: a file without a name, for a pipe would have to be filled meanwhile. -1, and errno: there is none. */
static int archive_open(const struct buf *tar)
{
	int fd = memfd_create("zrep", MFD_CLOEXEC);

	for (size_t done = 0; fd >= 0 && done < tar->len;) {
		ssize_t n = write(fd, tar->data + done, tar->len - done);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0) {
			close(fd);
			return -1;
		}
		done += (size_t)n;
	}
	return fd;
}

static struct err *unpack(struct far *f, const struct buf *tar, const char *dir)
{
	int fd = archive_open(tar);

	if (fd < 0)
		return err_sys(ERR_FAILED, errno, "cannot keep what is to be brought to %s",
			       f->host);
	struct err *e = run(f, WORDS("tar", "-x", "-p", "-f", "-", "-C", (char *)dir), fd, NULL);
	close(fd);
	return e;
}

/* Does it start there? It is the libraries, and the loader, of that host that say so. */
static struct err *try_it(struct far *f, const char *program)
{
	struct buf out = {0};
	char *said = NULL;
	int status = 0;
	struct err *e = ask(f, WORDS((char *)program, "version"), -1, &out, &said, &status);
	char *version = version_in(buf_str(&out));

	if (e == NULL && !str_same(version, ZREP_VERSION))
		e = err_remedy(
		    err_refuse(REASON_MISFIT, "this zrep does not start on %s: %s", f->host,
			       *said != '\0' ? said : "it prints no version"),
		    "that host has to have OpenZFS's libraries (libzfs_core and libnvpair) and a C "
		    "library no older than here: install its ZFS packages, or zrep's own");
	free(version);
	free(said);
	buf_free(&out);
	return e;
}

struct err *far_put_program(struct far *f, const struct buf *tar)
{
	char *pattern = str_fmt("%s/.zrep-XXXXXXXX", strcmp(f->dir, "/") != 0 ? f->dir : "");
	char *program = NULL;
	struct buf stage = {0};
	struct err *e = run(f, WORDS("mkdir", "-p", f->dir), -1, NULL);

	/* Beside its place, so that a rename brings it there. */
	if (e == NULL)
		e = run(f, WORDS("mktemp", "-d", pattern), -1, &stage);
	size_t front = strlen(pattern) - 8;
	bool made = e == NULL && strncmp(buf_str(&stage), pattern, front) == 0 &&
		    strlen(stage.data) == front + 8 && strpbrk(stage.data + front, "/. ") == NULL;
	if (e == NULL && !made)
		e = err_new(ERR_FAILED, "mktemp on %s answers \"%.80s\"", f->host, buf_str(&stage));
	if (e == NULL)
		e = unpack(f, tar, stage.data);
	if (e == NULL) {
		program = str_fmt("%s/zrep", stage.data);
		e = try_it(f, program);
	}
	if (e == NULL)
		e = run(f, WORDS("mv", "-f", program, f->path), -1, NULL);
	if (made) {
		int status;
		err_free(ask(f, WORDS("rm", "-rf", stage.data), -1, NULL, NULL, &status));
	}
	free(program);
	free(pattern);
	buf_free(&stage);
	return e;
}

struct err *far_put_rest(struct far *f, const struct buf *tar)
{
	return unpack(f, tar, f->prefix);
}

bool far_answers(struct far *f)
{
	struct buf out = {0};
	int status = 0;

	err_free(ask(f, WORDS(f->c->settings.zrep_path, "version"), -1, &out, NULL, &status));
	char *version = version_in(buf_str(&out));
	bool same = str_same(version, ZREP_VERSION);
	free(version);
	buf_free(&out);
	return same;
}

void far_free(struct far *f)
{
	free(f->system);
	free(f->path);
	free(f->dir);
	free(f->prefix);
	free(f->version);
}
