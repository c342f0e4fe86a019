/* install: this program, its manual and its units, on a host that has none, or an older one; or lines for keys. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "cli/install_far.h"
#include "cli/install_keys.h"
#include "cli/key_lines.h"
#include "cli/verb.h"
#include "os/process.h"
#include "util/file.h"
#include "util/mem.h"
#include "util/tar.h"

#define FILE_MAX (64u << 20)

/* What goes along: `to` below the prefix there; here below our own, in one of these places. */
static const struct part {
	const char *name, *to;
	bool unit;
} parts[] = {
    {"zrep.8", "share/man/man8", false},
    {"zrep-design.7", "share/man/man7", false},
    {"zrep-json.5", "share/man/man5", false},
    {"zrep-protocol.5", "share/man/man5", false},
    {"zrep.service", "lib/systemd/system", true},
    {"zrep@.service", "lib/systemd/system", true},
    {"zrep-sync.service", "lib/systemd/system", true},
    {"zrep.timer", "lib/systemd/system", true},
};

struct install {
	struct far far;
	char *program, *prefix; /* ours */
	struct buf program_tar, rest_tar;
	struct strv paths; /* there, of all that is brought */
	size_t size;       /* of the program */
};

/* Where it is on this host: installed, from a package, or in the tree it was built from. NULL: nowhere. The suffix of one
 * that is compressed is kept. */
static char *find_part(const char *prefix, const struct part *p, const char **suffix)
{
	static const char *const at[] = {"%s/%s/%s", "%s/%s/%s.gz"};
	static const char *const suffixes[] = {"", ".gz"};
	char *path = NULL;

	for (size_t i = 0; i < ARRAY_LEN(at); i++) {
		path = str_fmt("%s/%s/%s%s", prefix, p->to, p->name, suffixes[i]);
		*suffix = suffixes[i];
		if (access(path, R_OK) == 0)
			return path;
		free(path);
	}
	static const char *const others[] = {"share/doc/zrep/examples/systemd", "examples/systemd",
					     "man"};
	*suffix = "";
	for (size_t i = 0; i < ARRAY_LEN(others); i++) {
		path = str_fmt("%s/%s/%s", prefix, others[i], p->name);
		if (access(path, R_OK) == 0)
			return path;
		free(path);
	}
	return NULL;
}

/* A unit starts the program where it is there. */
static void turn_unit(struct buf *unit, const char *path)
{
	struct buf out = {0};
	const char *text = buf_str(unit), *at;

	while ((at = strstr(text, "\nExecStart=/")) != NULL) {
		at += strlen("\nExecStart=");
		buf_add(&out, text, (size_t)(at - text));
		buf_addf(&out, "%s", path);
		text = at + strcspn(at, " \n");
	}
	buf_add(&out, text, strlen(text));
	buf_free(unit);
	*unit = out;
}

static struct err *add_part(struct install *w, const struct part *p)
{
	const char *suffix;
	char *from = find_part(w->prefix, p, &suffix);
	struct buf data = {0};

	if (from == NULL)
		return NULL;
	struct err *e = file_read(from, FILE_MAX, &data);
	if (e == NULL && p->unit)
		turn_unit(&data, w->far.path);
	if (e == NULL) {
		char *to = str_fmt("%s/%s%s", p->to, p->name, suffix);
		tar_add(&w->rest_tar, to, 0644, (long long)time(NULL), &data);
		strv_addf(&w->paths, "%s/%s", w->far.prefix, to);
		free(to);
	}
	buf_free(&data);
	free(from);
	return e;
}

static struct err *gather(struct install *w)
{
	struct buf data = {0};

	w->program = process_program();
	if (w->program == NULL)
		return err_new(ERR_FAILED, "cannot tell where this program is");
	w->prefix = mem_strdup(w->program);
	for (int up = 0; up < 2; up++) {
		char *slash = strrchr(w->prefix, '/');
		if (slash != NULL)
			*slash = '\0';
	}
	struct err *e = file_read(w->program, FILE_MAX, &data);
	w->size = data.len;
	tar_add(&w->program_tar, "zrep", 0755, (long long)time(NULL), &data);
	tar_end(&w->program_tar);
	buf_free(&data);
	strv_add(&w->paths, w->far.path);
	bool systemd = strncmp(w->far.system, "Linux ", 6) == 0;
	for (size_t i = 0; i < ARRAY_LEN(parts) && e == NULL && w->far.prefix != NULL; i++)
		if (systemd || !parts[i].unit)
			e = add_part(w, &parts[i]);
	tar_end(&w->rest_tar);
	return e;
}

/* --- what is said --- */

static void say_plan(const struct install *w)
{
	const struct far *f = &w->far;
	const struct ui *u = &f->c->ui;

	ui_line(u, "%s (%s): zrep %s, %zu bytes%s%s", f->host, f->system, ZREP_VERSION, w->size,
		f->version != NULL ? ", in place of " : "", f->version != NULL ? f->version : "");
	for (size_t i = 0; i < w->paths.n; i++)
		ui_line(u, "  %s", w->paths.items[i]);
}

static void say_done(struct install *w)
{
	struct far *f = &w->far;
	const struct ui *u = &f->c->ui;
	size_t more = w->paths.n - 1;
	bool there = far_answers(f);

	ui_done(u, "%s: %s is now zrep %s%s%s; with it %zu file%s of its manual and units", f->host,
		f->path, ZREP_VERSION, f->version != NULL ? ", and was " : "",
		f->version != NULL ? f->version : "", more, more == 1 ? "" : "s");
	if (!there) {
		ui_note(u,
			"an ssh session on %s does not find it as \"%s\": set ZREP_PATH here to %s",
			f->host, f->c->settings.zrep_path, f->path);
	}
	if (f->version != NULL && !u->quiet)
		ui_note(u,
			"if its service runs on %s, it goes on as it was until: systemctl reload "
			"zrep",
			f->host);
	record_flag(u->run, "found", there);
}

static void record(const struct install *w, const char *status)
{
	const struct far *f = &w->far;
	struct record *run = f->c->ui.run;

	record_str(run, "status", status);
	record_str(run, "to", f->host);
	record_str(run, "machine", f->system);
	record_str(run, "version", ZREP_VERSION);
	record_str(run, "former", f->version);
	record_strs(run, "paths", w->paths.items, w->paths.n);
}

static struct err *act(struct install *w)
{
	struct far *f = &w->far;
	struct err *e = far_look(f);

	if (e == NULL)
		e = gather(w);
	if (e == NULL)
		e = far_check_owner(f, &w->paths);
	if (e == NULL)
		e = far_check_version(f);
	if (e != NULL)
		return e;
	if (f->c->dry_run) {
		record(w, "would-install");
		say_plan(w);
		return NULL;
	}
	e = far_put_program(f, &w->program_tar);
	if (e == NULL && w->paths.n > 1)
		e = far_put_rest(f, &w->rest_tar);
	if (e != NULL)
		return e;
	record(w, "installed");
	say_done(w);
	return NULL;
}

static int run_install(struct ctx *c)
{
	struct install w = {.far = {.c = c, .host = c->args.items[0]}};
	struct err *e = name_check_host(w.far.host);

	if (e == NULL && ctx_is_self(c, w.far.host))
		e = err_remedy(err_new(ERR_USAGE, "%s is this host", w.far.host),
			       "name the other one");
	if (e == NULL && c->keys.n == 0 && key_options_given(c))
		e = err_new(ERR_USAGE,
			    "{zrep install}: --role, --append-only and --max-... go with --keys");
	if (e == NULL)
		e = c->keys.n > 0 ? install_keys(c, w.far.host) : act(&w);
	far_free(&w.far);
	free(w.program);
	free(w.prefix);
	buf_free(&w.program_tar);
	buf_free(&w.rest_tar);
	strv_free(&w.paths);
	return ui_error(&c->ui, e);
}

const struct verb verb_install = {
    .name = "install",
    .flags = "",
    .options = " keys role append-only max-bytes max-calls max-time ",
    .min_args = 1,
    .max_args = 1,
    .usage = "[--keys DATASET ...] HOST",
    .group = VERBS_SETUP,
    .summary = "put this zrep, or lines for keys, on HOST",
    .text =
	"Brings this program, its manual and its units to HOST, where ZREP_PATH says, or\n"
	"where an ssh session finds a zrep, or else to /usr/local. It is started there before\n"
	"it takes its place: HOST has to be a machine of this kind, with OpenZFS's libraries\n"
	"of its own. What a package put there, and the shell script, is left alone. Nothing is\n"
	"started or enabled. With -n it looks, and says what it would do.\n"
	"  --keys DATASET  brings no program: puts into authorized_keys, on HOST and here, the\n"
	"       lines that `zrep allow --ssh DATASET HOST` prints, in place of those by which\n"
	"       these two keys may do everything; once for each DATASET. Asks before (-y: not).\n"
	"       The line on HOST stays only if this zrep comes through with it\n"
	"  --role ROLE, --append-only, --max-bytes SIZE, --max-calls N, --max-time TIME  as of\n"
	"       allow\n",
    .run = run_install,
};
