#include "engine/settings.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "util/config.h"
#include "util/mem.h"
#include "util/name.h"
#include "util/num.h"
#include "util/nv.h"

#define DEFAULTS "/etc/default/zrep"
#define FILE_MAX (64u << 10)

/* What the file may say. Others in it are somebody else's, but for ZREP_ ones: those are mistakes. */
static const char *const known[] = {
    "SSH",
    "ZREP_PATH",
    "ZREPTAG",
    "ZREP_R",
    "ZREP_SEND_FLAGS",
    "ZREP_RESUME",
    "ZREP_RESUME_FLAGS",
    "ZREP_INC_FLAG",
    "ZREP_CREATE_FLAGS",
    "ZREP_INIT_REMOTE_PROPERTIES",
    "ZREP_SKIP_EXPIRE",
    "ZREP_SRC_HOST",
    "ZREP_CHANGEDONLY",
    "ZREP_SAVE_COUNT",
    "ZREP_DATEFORMAT",
    "ZREP_RUNDIR",
    "ZREP_STATEDIR",
    "ZREP_RENAME_UNSENT",
    "ZREP_OUTFILTER",
    "ZREP_INFILTER",
    "ZREP_TIMEOUT",
    "ZREP_CONNECTIONS",
    "ZREP_HOOKS",
    "ZREP_HOOK_TIMEOUT",
    "DEBUG",
};

struct file {
	const char *path;
	struct err *error;
};

/* Of settings_try(), in its thread only: what stands in for the environment, which others may be reading. */
static _Thread_local nvlist_t *trial;

static const char *look_up(const char *name)
{
	return trial != NULL ? nv_str(trial, name) : getenv(name);
}

static void put(const char *name, const char *value)
{
	if (trial != NULL && nv_str(trial, name) == NULL)
		nv_add_str(trial, name, value);
	else if (trial == NULL && setenv(name, value, 0) != 0)
		mem_exhausted();
}

static void found(void *ctx, const char *key, const char *value)
{
	struct file *f = ctx;

	for (size_t i = 0; i < ARRAY_LEN(known); i++)
		if (strcmp(key, known[i]) == 0) {
			put(key, value);
			return;
		}
	if (strncmp(key, "ZREP", 4) == 0 && f->error == NULL)
		f->error =
		    err_remedy(err_new(ERR_USAGE, "%s: there is no setting %.64s", f->path, key),
			       "zrep(8) lists them under ENVIRONMENT");
}

/* Whoever can change it is whoever we would run commands for. */
static struct err *check_owner(const char *path, const struct stat *st)
{
	bool others = (st->st_mode & S_IWOTH) != 0 ||
		      ((st->st_mode & S_IWGRP) != 0 && st->st_gid != 0 && st->st_gid != getegid());

	if (!S_ISREG(st->st_mode)) /* and nobody is told to change /dev/null */
		return err_remedy(err_new(ERR_USAGE, "%s is no file", path),
				  "for no settings at all, name one that does not exist");
	if (st->st_uid != 0 && st->st_uid != geteuid())
		return err_remedy(err_new(ERR_USAGE, "%s belongs to another user", path),
				  "{chown root %s}", path);
	if (others)
		return err_remedy(err_new(ERR_USAGE, "%s can be changed by others", path),
				  "{chmod go-w %s}", path);
	return NULL;
}

static struct err *read_all(const char *path, int fd, char **text)
{
	struct buf all = {0};
	char chunk[4096];
	ssize_t n;

	while ((n = read(fd, chunk, sizeof(chunk))) > 0 && all.len <= FILE_MAX)
		buf_add(&all, chunk, (size_t)n);
	struct err *e = NULL;
	if (n < 0)
		e = err_sys(ERR_USAGE, errno, "cannot read %s", path);
	else if (all.len > FILE_MAX || memchr(buf_str(&all), '\0', all.len) != NULL)
		e = err_new(ERR_USAGE, "%s is no file of settings", path);
	*text = mem_strdup(buf_str(&all));
	buf_free(&all);
	return e;
}

static const char *file_path(void)
{
	const char *set = look_up("ZREP_DEFAULTS");

	return set != NULL && *set == '/' ? set : DEFAULTS;
}

struct err *settings_load_file(void)
{
	struct file f = {.path = file_path()};
	struct stat st;
	char *text = NULL;
	int fd = open(f.path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);

	if (fd < 0)
		return errno == ENOENT || errno == ENOTDIR
			   ? NULL
			   : err_sys(ERR_USAGE, errno, "cannot read %s", f.path);
	struct err *e = fstat(fd, &st) != 0 ? err_sys(ERR_USAGE, errno, "cannot look at %s", f.path)
					    : check_owner(f.path, &st);
	if (e == NULL && (e = read_all(f.path, fd, &text)) == NULL)
		e = err_wrap(config_parse(text, found, &f), "%s", f.path);
	close(fd);
	free(text);
	return err_first(e, f.error);
}

static const char *env(const char *name)
{
	const char *v = look_up(name);

	return v != NULL && *v != '\0' ? v : NULL;
}

static char *text(const char *name, const char *otherwise)
{
	const char *v = env(name) != NULL ? env(name) : otherwise;

	return v != NULL ? mem_strdup(v) : NULL;
}

/* Set to anything that does not say no. */
static bool is_on(const char *name)
{
	const char *v = env(name);

	return v != NULL && strcmp(v, "0") != 0 && strcmp(v, "no") != 0 && strcmp(v, "off") != 0;
}

/* "-o PROP=VALUE -o PROP=VALUE", as the script handed it to zfs; or "PROP=VALUE ...". */
static struct err *read_props(const char *name, struct strv *props)
{
	struct strv words = {0};
	struct err *e = NULL;

	strv_split(&words, env(name) != NULL ? env(name) : "");
	for (size_t i = 0; i < words.n && e == NULL; i++) {
		const char *w = words.items[i];
		if (strcmp(w, "-o") == 0)
			continue;
		if (strncmp(w, "-o", 2) == 0)
			w += 2;
		if (*w != '-' && strchr(w, '=') != NULL)
			strv_add(props, w);
		else
			e = err_remedy(err_new(ERR_USAGE,
					       "%s: \"%.100s\" is no property of the replica", name,
					       words.items[i]),
				       "say it as -o PROPERTY=VALUE");
	}
	strv_free(&words);
	return e;
}

/* --- ZREP_SEND_FLAGS --- */

static const struct send_flag {
	char letter;
	const char *name;
	enum { TAKEN, IDLE, PROPERTIES } what;
} send_flags[] = {
    {'L', "large-block", TAKEN}, {'e', "embed", TAKEN},      {'c', "compressed", TAKEN},
    {'w', "raw", TAKEN},         {'v', "verbose", IDLE},     {'P', "parsable", IDLE},
    {'D', "dedup", IDLE},        {'p', "props", PROPERTIES}, {'R', "replicate", PROPERTIES},
    {'b', "backup", PROPERTIES}, {'h', "holds", PROPERTIES},
};

static struct err *take_send_flag(const struct send_flag *f, const char *word, bool *taken)
{
	if (f == NULL)
		return err_remedy(
		    err_new(ERR_USAGE,
			    "ZREP_SEND_FLAGS: \"%.100s\": zrep itself decides what is sent", word),
		    "of the options of {zfs send}, say -L, -e, -c or -w only");
	if (f->what == PROPERTIES)
		return err_remedy(
		    err_new(ERR_USAGE,
			    "ZREP_SEND_FLAGS: \"%.100s\": zrep sends no properties and no holds in "
			    "a stream: a replica could take itself for the master",
			    word),
		    "leave -%c out; {zrep init -o} sets properties of the replica", f->letter);
	if (f->what == TAKEN)
		taken[f - send_flags] = true;
	return NULL;
}

static const struct send_flag *find_send_flag(char letter, const char *name)
{
	for (size_t i = 0; i < ARRAY_LEN(send_flags); i++)
		if (name != NULL ? strcmp(send_flags[i].name, name) == 0
				 : send_flags[i].letter == letter)
			return &send_flags[i];
	return NULL;
}

struct err *settings_send_flags(const char *text, char letters[SEND_FLAGS_MAX])
{
	bool taken[ARRAY_LEN(send_flags)] = {false};
	struct strv words = {0};
	struct err *e = NULL;
	size_t n = 0;

	strv_split(&words, text);
	for (size_t i = 0; i < words.n && e == NULL; i++) {
		const char *w = words.items[i];
		if (strncmp(w, "--", 2) == 0)
			e = take_send_flag(find_send_flag('\0', w + 2), w, taken);
		else if (*w != '-' || w[1] == '\0')
			e = take_send_flag(NULL, w, taken);
		else
			for (const char *l = w + 1; *l != '\0' && e == NULL; l++)
				e = take_send_flag(find_send_flag(*l, NULL), w, taken);
	}
	for (size_t i = 0; i < ARRAY_LEN(taken) && e == NULL; i++)
		if (taken[i])
			letters[n++] = send_flags[i].letter;
	letters[n] = '\0';
	strv_free(&words);
	return e;
}

/* To one host, at most. sshd takes ten sessions in a connection, and lets ten log in at a time, where it is not told
 * otherwise. */
#define CONNECTIONS 9u

/* Not set: it stays as it is. */
static struct err *read_number(const char *name, uint64_t max, uint64_t *to)
{
	uint64_t n;

	if (env(name) == NULL)
		return NULL;
	if (!num_parse_u64(env(name), &n) || n == 0 || n > max)
		return err_new(ERR_USAGE, "%s is a number from 1 to %" PRIu64 ", not \"%.40s\"",
			       name, max, env(name));
	*to = n;
	return NULL;
}

struct err *settings_read(struct settings *s)
{
	const char *inc = env("ZREP_INC_FLAG");
	struct err *e = NULL;
	uint64_t timeout = 60, connections = CONNECTIONS;

	*s = (struct settings){
	    .ssh = text("SSH", "ssh"),
	    .zrep_path = text("ZREP_PATH", "zrep"),
	    .tag = text("ZREPTAG", "zrep"),
	    .src_host = text("ZREP_SRC_HOST", NULL),
	    .run_dir = look_up("ZREP_RUNDIR") != NULL ? mem_strdup(look_up("ZREP_RUNDIR")) : NULL,
	    .inc_flag = text("ZREP_INC_FLAG", NULL),
	    .send_flags = text("ZREP_SEND_FLAGS", NULL),
	    .date_format = text("ZREP_DATEFORMAT", NULL),
	    .recursive = is_on("ZREP_R"),
	    .skip_expire = is_on("ZREP_SKIP_EXPIRE"),
	    .debug = is_on("DEBUG"),
	};
	if (s->src_host != NULL)
		e = err_wrap(name_check_host(s->src_host), "ZREP_SRC_HOST");
	if (e == NULL && (e = read_number("ZREP_TIMEOUT", 3600, &timeout)) == NULL)
		s->timeout = (unsigned)timeout;
	if (e == NULL && (e = read_number("ZREP_CONNECTIONS", CONNECTIONS, &connections)) == NULL)
		s->connections = (unsigned)connections;
	if (e == NULL && inc != NULL && strcmp(inc, "-i") != 0 && strcmp(inc, "-I") != 0)
		e = err_new(ERR_USAGE, "ZREP_INC_FLAG is -i or -I, not \"%.40s\"", inc);
	if (e == NULL)
		e = read_number("ZREP_SAVE_COUNT", UINT32_MAX, &s->save_count);
	if (e == NULL && (e = read_props("ZREP_CREATE_FLAGS", &s->init_set)) == NULL)
		e = read_props("ZREP_INIT_REMOTE_PROPERTIES", &s->init_set);
	return e;
}

struct err *settings_try(char *const *environment)
{
	char letters[SEND_FLAGS_MAX];
	struct settings s;

	trial = nv_new();
	for (; *environment != NULL; environment++) {
		char *name = mem_strdup(*environment), *value = strchr(name, '=');
		if (value != NULL) {
			*value++ = '\0';
			nv_add_str(trial, name, value);
		}
		free(name);
	}
	struct err *file = settings_load_file(), *e = settings_read(&s);
	if (e == NULL)
		e = name_check_tag(s.tag);
	if (e == NULL && s.send_flags != NULL)
		e = settings_send_flags(s.send_flags, letters);
	/* The environment has not changed since the program was begun with it: it is the file's. */
	e = err_first(file, err_wrap(e, "%s", file_path()));
	settings_free(&s);
	nv_free(trial);
	trial = NULL;
	return e;
}

void settings_free(struct settings *s)
{
	free(s->ssh);
	free(s->zrep_path);
	free(s->tag);
	free(s->src_host);
	free(s->run_dir);
	free(s->inc_flag);
	free(s->send_flags);
	free(s->date_format);
	strv_free(&s->init_set);
}
