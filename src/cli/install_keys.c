#include "cli/install_keys.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "cli/bind_key.h"
#include "cli/key_lines.h"
#include "cli/verb.h"
#include "state/dataset.h"
#include "util/clock.h"
#include "util/mem.h"
#include "util/remedy.h"
#include "wire/conn.h"
#include "wire/ssh.h"

/* How long it takes at most until the line is there and ssh comes through with it. Milliseconds. */
#define THROUGH_MS 20000u

/* sshd reads lines of 8 KiB. */
#define LINE_MOST 8000u

/* One of the two lines. */
struct half {
	const char *host, *key_of;
	struct strv names; /* there */
	char *line;        /* NULL: none is wanted */
};

struct keys {
	struct ctx *c;
	const char *host; /* the other one */
	enum confine_role role;
	struct half far, here;
};

/* --- which --- */

static struct err *add(struct keys *k, const struct side *side, const char *name, bool *home_leads)
{
	const struct dataset *d = side_find(side, name);
	struct place home = {k->c->self, name, d != NULL}, other;
	bool leads = d == NULL || d->role != ROLE_REPLICA;
	struct err *e = key_check_place(&home);

	/* One that has its other side elsewhere is no pair of this host's. */
	if (e == NULL && d != NULL && key_other(k->c, side, name, d, NULL, NULL, &other) &&
	    !name_same_host(other.host, name_host_part(k->host)))
		e = err_remedy(err_new(ERR_USAGE, "the other side of %s is %s on %s, not on %s",
				       name, other.name, other.host, k->host),
			       "name that host, or the pair's tag with -t");
	if (e == NULL) {
		(void)key_other(k->c, side, name, d, k->host, NULL, &other);
		e = key_check_place(&other);
	}
	if (e == NULL && k->role != CONFINE_PEER && k->here.names.n > 0 && leads != *home_leads)
		e = err_remedy(err_new(ERR_USAGE,
				       "%s is the master of %s and not of %s: --role %s is for "
				       "either",
				       leads ? k->c->self : k->host, name, k->here.names.items[0],
				       k->c->role),
			       "name them one by one");
	if (e != NULL)
		return e;
	/* It may be to come, by init; or the name is wrong. */
	if (d == NULL)
		ui_note(&k->c->ui, "there is no %s on %s yet", name, k->c->self);
	*home_leads = leads;
	strv_add(&k->here.names, name);
	strv_add(&k->far.names, other.name);
	return NULL;
}

/* Is it bound already? Then this host can put nothing there, and not ask for that host's key. */
static struct err *check_free(const struct keys *k)
{
	struct ssh_opts o = ctx_ssh_opts(k->c);
	struct ssh *ssh = NULL;
	struct err *e = ssh_open(k->host, &o, &ssh);
	const char *policy = e == NULL ? conn_hello(ssh_conn(ssh))->confined : NULL;

	if (policy != NULL)
		e = err_remedy(err_refuse(REASON_CONFINED,
					  "%s lets the key of %s do no more than zrep for some "
					  "datasets already: %.300s",
					  k->host, k->c->self, policy),
			       "`{zrep allow --ssh}` prints what root there can write into "
			       "authorized_keys instead");
	ssh_close(ssh);
	return e;
}

/* HOST's public key, as its zrep finds it. */
static struct err *far_key(struct keys *k, char **out)
{
	struct ssh_opts o = ctx_ssh_opts(k->c);
	char *const words[] = {k->c->settings.zrep_path, "bind-key", "key", NULL};
	struct buf text = {0};
	int status = 0;
	struct err *e = ssh_run(k->host, &o, words, -1, &text, NULL, &status);

	*out = e == NULL && status == 0 ? key_first(&text) : NULL;
	buf_free(&text);
	return e != NULL || *out != NULL ? e : key_none(k->host);
}

static struct err *make_lines(struct keys *k, bool home_leads)
{
	char *own = NULL, *other = NULL;
	struct err *e = NULL;

	if (key_is_wanted(k->role, home_leads, false)) {
		own = key_own();
		if (own == NULL)
			e = key_none(k->c->self);
		else
			k->far.line = key_line(k->c, &k->far.names, k->role, own);
	}
	if (e == NULL && key_is_wanted(k->role, home_leads, true)) {
		e = far_key(k, &other);
		if (e == NULL)
			k->here.line = key_line(k->c, &k->here.names, k->role, other);
	}
	if (e == NULL && ((k->far.line != NULL && strlen(k->far.line) > LINE_MOST) ||
			  (k->here.line != NULL && strlen(k->here.line) > LINE_MOST)))
		e = err_remedy(err_new(ERR_USAGE,
				       "%zu datasets are too many for one line of "
				       "authorized_keys",
				       k->far.names.n),
			       "name one above them");
	free(own);
	free(other);
	return e;
}

/* --- there --- */

/* The session in which the line is put on the other host, in a thread of its own. */
struct session {
	struct keys *k;
	int in;
	atomic_bool over;
	int status;
	char *said;
	struct err *error;
};

static void *keep_session(void *arg)
{
	struct session *s = arg;
	struct ctx *c = s->k->c;
	struct ssh_opts o = ctx_ssh_opts(c);
	char *const words[] = {c->settings.zrep_path, "bind-key", NULL};
	struct buf out = {0};

	s->error = ssh_run(s->k->host, &o, words, s->in, &out, &s->said, &s->status);
	buf_free(&out);
	atomic_store(&s->over, true);
	return NULL;
}

/* Does an ssh session of its own come to an agent that has just this policy? *e: the last thing that went wrong. */
static bool comes_through(const struct keys *k, const char *policy, struct err **e)
{
	struct ssh_opts o = ctx_ssh_opts(k->c);
	struct ssh *ssh = NULL;

	err_free(*e);
	*e = ssh_open(k->host, &o, &ssh);
	bool is = *e == NULL && str_same(conn_hello(ssh_conn(ssh))->confined, policy);
	ssh_close(ssh);
	return is;
}

static struct err *not_through(const struct keys *k, struct session *s, struct err *why)
{
	struct err *e = s->error;

	s->error = NULL;
	if (e == NULL && why != NULL)
		e = err_wrap(err_copy(why), "the line on %s would not work, and was taken back",
			     k->host);
	else if (e == NULL)
		e = err_remedy(
		    err_new(ERR_FAILED, "%s does not take the line for %s's key: %s", k->host,
			    k->c->self,
			    s->said != NULL && *s->said != '\0'
				? s->said
				: "ssh still comes through without it, and it was taken back"),
		    "see that ssh there takes this host's own key, the first of ~/.ssh/id_*, and "
		    "reads ~/.ssh/authorized_keys, and that no connection is shared "
		    "(ControlMaster)");
	return e;
}

static struct err *put_far(struct keys *k)
{
	char *policy = key_policy(k->c, &k->far.names, k->role);
	struct session s = {.k = k};
	struct err *why = NULL, *e = NULL;
	pthread_t thread;
	int fds[2];

	if (pipe2(fds, O_CLOEXEC) != 0) {
		free(policy);
		return err_sys(ERR_FAILED, errno, "no pipe");
	}
	s.in = fds[0];
	/* It fits into the pipe: nobody has to read yet. */
	char *line = str_fmt("%s\n", k->far.line);
	bool ok = write(fds[1], line, strlen(line)) == (ssize_t)strlen(line);
	int rc = ok ? pthread_create(&thread, NULL, keep_session, &s) : EIO;
	free(line);
	if (rc != 0)
		e = err_sys(ERR_FAILED, rc, "cannot speak to %s", k->host);
	bool through = false;
	for (uint64_t end = clock_ms() + THROUGH_MS; e == NULL && !through &&
						     !atomic_load(&s.over) && clock_ms() < end &&
						     !cancelled(k->c->cancel);) {
		through = comes_through(k, policy, &why);
		if (!through)
			nanosleep(&(struct timespec){.tv_nsec = 300000000L}, NULL);
	}
	if (through && write(fds[1], BIND_KEEP "\n", sizeof(BIND_KEEP)) != sizeof(BIND_KEEP))
		through = false;
	close(fds[1]);
	if (rc == 0) {
		pthread_join(thread, NULL);
		if (!through || s.error != NULL || s.status != 0)
			e = not_through(k, &s, through ? NULL : why);
	}
	close(fds[0]);
	err_free(s.error);
	free(s.said);
	err_free(why);
	free(policy);
	return e;
}

/* --- what is said --- */

static void say(const struct keys *k, const struct half *h, const char *status)
{
	const struct ui *u = &k->c->ui;
	struct record *one = record_item(u->run, "sides");

	record_str(one, "host", h->host);
	record_str(one, "key_of", h->key_of);
	record_str(one, "line", h->line);
	record_str(one, "status", status);
	if (k->c->dry_run)
		ui_line(u,
			"# on %s, in ~/.ssh/authorized_keys, in place of the line of %s's key\n%s",
			h->host, h->key_of, h->line);
	else
		ui_done(u, "%s: the key of %s is only for %s now: %.*s", h->host, h->key_of,
			h->names.n == 1 ? h->names.items[0] : "these datasets",
			(int)strcspn(strchr(h->line, '"') + 1, "\""), strchr(h->line, '"') + 1);
}

/* Does that host come through with the line that is here now? Only it can tell, and it tells it only of who is the other side of
 * a pair that it has: else there is nobody to be asked, and no error. */
static struct err *check_return(struct keys *k)
{
	nvlist_t *args = nv_new(), *result = NULL;
	char *names[] = {k->c->self, k->c->full_name};
	struct host *h;
	struct err *e = ctx_host(k->c, k->host, &h);

	nv_add_str(args, "tag", k->c->tag);
	nv_add_strs(args, "hosts", names, strcmp(names[0], names[1]) != 0 ? 2 : 1);
	if (e == NULL)
		e = host_lacks(h, OP_REACH);
	if (e == NULL)
		e = host_call(h, OP_REACH, args, &result);
	for (size_t i = 0; i < ARRAY_LEN(names) && e == NULL; i++)
		e = nv_nv(nv_nv(result, "errors"), names[i]) != NULL
			? nv_err(nv_nv(result, "errors"), names[i], NULL)
			: NULL;
	nv_free(args);
	nv_free(result);
	ctx_hang_up(k->c, k->host);
	return err_wrap(e, "%s does not come through with the line on %s, which was taken back",
			k->host, k->c->self);
}

/* This host's first: after the other one that host's key can not be asked for again. What cannot be is undone. */
static struct err *put_both(struct keys *k)
{
	struct bound b = {0};
	struct err *e = NULL;

	if (k->here.line != NULL) {
		e = bound_put(&b, k->c->self, k->here.line, false);
		if (e == NULL)
			e = check_return(k);
	}
	if (e == NULL && k->far.line != NULL)
		e = put_far(k);
	if (e != NULL)
		e = err_first(e, bound_undo(&b));
	if (e == NULL && k->here.line != NULL)
		say(k, &k->here, b.was == AUTHKEYS_SAME ? "there" : "put");
	if (e == NULL && k->far.line != NULL)
		say(k, &k->far, "put");
	bound_free(&b);
	return e;
}

static struct err *act(struct keys *k)
{
	struct bound b;
	struct err *e = NULL;

	/* What is in the way here is told before anything is done there. */
	if (k->here.line != NULL) {
		e = bound_put(&b, k->c->self, k->here.line, true);
		bound_free(&b);
	}
	if (e == NULL && k->c->dry_run) {
		if (k->far.line != NULL)
			say(k, &k->far, "would-put");
		if (k->here.line != NULL)
			say(k, &k->here, "would-put");
		return NULL;
	}
	if (e == NULL) {
		char *question =
		    str_fmt("Nothing but zrep for these datasets can be done over ssh with %s "
			    "then. Go on?",
			    k->role == CONFINE_PEER ? "these two keys" : "this key");
		e = ui_confirm(&k->c->ui, question);
		free(question);
	}
	if (e == NULL)
		e = put_both(k);
	return e;
}

struct err *install_keys(struct ctx *c, const char *host)
{
	struct keys k = {.c = c,
			 .host = host,
			 .far = {.host = host, .key_of = c->self},
			 .here = {.host = c->self, .key_of = host}};
	struct side side = {0};
	bool home_leads = true;
	struct err *e = key_role(c, &k.role);

	for (size_t i = 0; i < c->keys.n && e == NULL; i++)
		e = name_check_dataset(c->keys.items[i]);
	if (e == NULL)
		e = ctx_list(c, c->local, &c->keys, 0, &side);
	for (size_t i = 0; i < c->keys.n && e == NULL; i++)
		e = add(&k, &side, c->keys.items[i], &home_leads);
	if (e == NULL)
		e = check_free(&k);
	if (e == NULL)
		e = make_lines(&k, home_leads);
	if (e == NULL)
		e = act(&k);
	side_free(&side);
	strv_free(&k.far.names);
	strv_free(&k.here.names);
	free(k.far.line);
	free(k.here.line);
	return e;
}
