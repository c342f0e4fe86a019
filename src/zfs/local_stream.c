/* Sends and receives on this host. libzfs_core blocks for the whole stream, so each has a thread; a
 * pipe joins it to the pump:
 *
 *     send:     thread -> pipe -> pump        thread -> pipe -> filter -> pipe -> pump
 *     receive:  pump -> pipe -> thread        pump -> pipe -> filter -> pipe -> thread
 *
 * Each of them has nothing open but its own ends, so that whichever ends first, its neighbours see the
 * end of the file or a broken pipe, and theirs. What does not end for that is made to (filter.h). */
#include "zfs/local_stream.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <libzfs_core.h>

#include "os/errors.h"
#include "os/pipe.h"
#include "util/buf.h"
#include "util/mem.h"
#include "util/name.h"
#include "util/spawn.h"
#include "zfs/filter.h"
#include "zfs/leave.h"
#include "zfs/local.h"
#include "zfs/local_get.h"
#include "zfs/local_guid.h"
#include "zfs/lock.h"
#include "zfs/ops.h"
#include "zfs/stream_head.h"

struct local_stream {
	struct local *local;
	nvlist_t *args;
	bool sending;
	int fd; /* the thread's end of its pipe */
	struct pump_stream pipe, end;
	struct filter *filter; /* NULL without one */
	struct leave leave;
	const struct patience *patience; /* of whoever waits for the stream; NULL: all the time */
	struct patience own;             /* of the thread: as long as it is waited for */
	atomic_uint_least64_t bytes;
	struct stream_head head;
	bool other;           /* the stream is of another snapshot than it was to be */
	atomic_bool given_up; /* the thread hangs, and is not waited for any more */
	bool finished;
	bool broke;        /* the pump could not write any more */
	bool abandoned;    /* the other host's side, or a signal, ended it */
	bool cut_off;      /* what is at the other end of the thread's pipe ended first */
	struct err *error; /* the thread's until it is over */
	struct err *(*work)(struct local_stream *s);
};

static bool has_props(const nvlist_t *args)
{
	return !nv_empty(nv_nv(args, "props"));
}

/* It is up to whoever waits for the stream how long that is. */
static bool is_given_up(void *ctx, uint64_t since)
{
	(void)since;
	return atomic_load(&((struct local_stream *)ctx)->given_up);
}

/* Reads what zfs says until it says no more. */
static void listen_to(struct local_stream *s, int fd, struct buf *said)
{
	struct pollfd p = {.fd = fd, .events = POLLIN};
	char chunk[4096];

	while (!is_given_up(s, 0)) {
		int ready = poll(&p, 1, PATIENCE_MS);
		if (ready == 0 || (ready < 0 && errno == EINTR))
			continue;
		ssize_t n = read(fd, chunk, sizeof(chunk));
		if (n == 0 || (n < 0 && errno != EINTR))
			break;
		if (n > 0 && said->len < 16384)
			buf_add(said, chunk, (size_t)n);
	}
}

/* Runs zfs with one end of it at our pipe. */
static struct err *run_zfs(struct local_stream *s, struct strv *argv, bool sending,
			   const char *name)
{
	int fd[2], status;
	pid_t pid;
	struct buf said = {0};
	struct err *e = spawn_pipe(fd);

	if (e != NULL)
		return e;
	struct lock_loan loan = {s->local->locks, (char *[]){(char *)(uintptr_t)name}, 1};
	struct spawn_lend lend = locks_lend(&loan);
	struct spawn_files files = {.in = sending ? -1 : s->fd,
				    .out = sending ? s->fd : -1,
				    .err = fd[1],
				    .c_locale = true,
				    .lend = &lend};
	e = spawn_start(argv->items, &files, &pid);
	close(fd[1]);
	if (e == NULL) {
		listen_to(s, fd[0], &said);
		(void)spawn_wait_until(pid, 0, &s->own, &status);
		if (status != 0)
			e = err_new(ERR_FAILED, "cannot %s %s on %s: %.600s",
				    sending ? "send" : "receive", name, s->local->host,
				    said.len ? said.data : "zfs gave no reason");
		for (char *p = e ? e->what : NULL; p != NULL && *p != '\0'; p++)
			if (*p == '\n')
				*p = ' ';
	}
	close(fd[0]);
	buf_free(&said);
	return e;
}

bool local_send_flags(const nvlist_t *args, enum lzc_send_flags *out)
{
	static const struct {
		char letter;
		enum lzc_send_flags flag;
	} known[] = {{'L', LZC_SEND_FLAG_LARGE_BLOCK},
		     {'e', LZC_SEND_FLAG_EMBED_DATA},
		     {'c', LZC_SEND_FLAG_COMPRESS},
		     {'w', LZC_SEND_FLAG_RAW}};
	const char *letters = nv_str(args, "flags");
	int all = 0, flags = 0;

	for (size_t i = 0; i < ARRAY_LEN(known); i++) {
		all |= (int)known[i].flag;
		if (strchr(letters ? letters : "Lec", known[i].letter) != NULL)
			flags |= (int)known[i].flag;
	}
	/* As zfs send -w has it. */
	if (nv_flag(args, "raw") || (flags & LZC_SEND_FLAG_RAW) != 0)
		flags = all;
	*out = (enum lzc_send_flags)flags;
	return letters == NULL || strspn(letters, "Lecw") == strlen(letters);
}

static struct err *do_send(struct local_stream *s)
{
	const char *token = nv_str(s->args, "token"), *snap = nv_str(s->args, "snap");
	struct strv argv = {0};

	/* Without a filter the stream itself says what it is of. */
	if (token == NULL && s->filter != NULL) {
		struct err *e = guid_check_one(s->local, snap, s->head.to, "send");
		if (e != NULL)
			return e;
	}
	if (token == NULL) {
		enum lzc_send_flags flags;
		(void)local_send_flags(s->args, &flags);
		int rc = lzc_send(snap, nv_str(s->args, "from"), s->fd, flags);
		return rc ? local_error(s->local, rc, "send", snap) : NULL;
	}
	/* The token is the receiver's word. Without -w it could ask for an encrypted dataset in clear. */
	strv_split(&argv, nv_flag(s->args, "raw") ? "zfs send -w -t" : "zfs send -t");
	strv_add(&argv, token);
	struct err *e = run_zfs(s, &argv, true, "by resume token");
	strv_free(&argv);
	return e;
}

/* Who may not receive a dataset that does not exist yet has to be allowed to on its parent, with every
 * property that it gets. */
static struct err *explain_denied(struct local_stream *s, struct err *e, const char *snap)
{
	const char *slash = strrchr(snap, '/');
	struct buf more = {0};

	if (e == NULL || slash == NULL || strstr(e->what, "ermission denied") == NULL)
		return e;
	nv_each(nv_nv(s->args, "props"), p)
		if (strcmp(nvpair_name(p), "readonly") != 0)
			buf_addf(&more, ",%s", nvpair_name(p));
	local_allow(s->local, e, snap, (int)(slash - snap), buf_str(&more));
	buf_free(&more);
	return e;
}

/* zfs's own words are many, twice the same, and name no feature. */
static struct err *explain_feature(struct local_stream *s, struct err *e, const char *snap)
{
	if (e == NULL || (strstr(e->what, "pool must be upgraded") == NULL &&
			  strstr(e->what, "must be power of 2 from 512B to 128K") == NULL))
		return e;
	err_free(e);
	return local_error(s->local, ENOTSUP, "receive", snap);
}

/* A value that this ZFS does not know, as a later one does: of what is taken over, -x leaves it out. */
static struct err *explain_value(struct local_stream *s, struct err *e)
{
	if (e == NULL)
		return NULL;
	nv_each(nv_nv(s->args, "props"), p) {
		const char *prop = nvpair_name(p);
		char *value = str_fmt("'%s' must be ", prop),
		     *unknown = str_fmt("invalid property '%s'", prop);
		if (e->remedy == NULL &&
		    (strstr(e->what, value) != NULL || strstr(e->what, unknown) != NULL))
			err_remedy(e,
				   "upgrade ZFS on %s, or run the same init with -x %s: the "
				   "replica then has there what is usual on %s",
				   s->local->host, prop, s->local->host);
		free(value);
		free(unknown);
	}
	return e;
}

/* A first receive with properties goes through zfs: it knows how to spell every property for the
 * kernel. All others are a call. */
static struct err *do_receive(struct local_stream *s)
{
	const char *snap = nv_str(s->args, "snap");
	const nvlist_t *props = nv_nv(s->args, "props");
	struct strv argv = {0};

	if (!has_props(s->args)) {
		bool raw = nv_flag(s->args, "raw");
		boolean_t over = nv_flag(s->args, "over") ? B_TRUE : B_FALSE;
		int rc = nv_flag(s->args, "brief")
			     ? lzc_receive(snap, NULL, NULL, B_FALSE, raw, s->fd)
			     : lzc_receive_resumable(snap, NULL, NULL, over, raw, s->fd);
		return rc ? local_error(s->local, rc, "receive", snap) : NULL;
	}
	strv_split(&argv, "zfs receive -s -u");
	nv_each(props, p) {
		strv_add(&argv, "-o");
		strv_addf(&argv, "%s=%s", nvpair_name(p), nv_str(props, nvpair_name(p)));
	}
	if (nv_str(s->args, "origin") != NULL) {
		strv_add(&argv, "-o");
		strv_addf(&argv, "origin=%s", nv_str(s->args, "origin"));
	}
	strv_add(&argv, snap);
	struct err *e =
	    explain_feature(s, explain_denied(s, run_zfs(s, &argv, false, snap), snap), snap);
	e = explain_value(s, e);
	strv_free(&argv);
	return e;
}

/* Is there nobody at the other end any more, and nothing left to read? */
static bool is_cut_off(const struct local_stream *s)
{
	struct pollfd p = {.fd = s->fd, .events = s->sending ? POLLOUT : POLLIN};

	if (poll(&p, 1, 0) <= 0)
		return false;
	return s->sending ? (p.revents & POLLERR) != 0
			  : (p.revents & (POLLHUP | POLLIN)) == POLLHUP;
}

static void stream_free(struct local_stream *s)
{
	leave_destroy(&s->leave);
	err_free(s->error);
	nv_free(s->args);
	free(s);
}

static void *thread(void *arg)
{
	struct local_stream *s = arg;

	local_set_patience(&s->own);
	s->error = s->work(s);
	s->cut_off = is_cut_off(s);
	close(s->fd); /* tells the other end that this was all */
	if (s->error != NULL)
		filter_stop(s->filter);
	if (leave_over(&s->leave)) {
		err_free(filter_end(s->filter, true));
		stream_free(s);
	}
	return NULL;
}

/* A stream that is none of ZFS's, or no whole one, may be so because of a filter. */
static void explain_damage(struct local_stream *s, bool filtered)
{
	struct err *e = s->error;

	if (s->sending || e == NULL || e->remedy != NULL)
		return;
	if (filtered && (e->code == EINVAL || e->code == OS_ECKSUM || e->code == 0 ||
			 e->code == ZFS_ERR_STREAM_TRUNCATED))
		err_remedy(e,
			   "see that ZREP_INFILTER on %s undoes what ZREP_OUTFILTER does on the "
			   "host that sends",
			   s->local->host);
	else if (!filtered && (e->code == EINVAL || strstr(e->what, "invalid stream") != NULL))
		err_remedy(e,
			   "if the host that sends has ZREP_OUTFILTER, set its counterpart "
			   "ZREP_INFILTER on %s (in the environment or /etc/default/zrep)",
			   s->local->host);
}

/* Waits for the thread and the filter to end. Where both went wrong, whoever ended first is the cause;
 * neither is where the other side gave up before. */
static void finish(struct local_stream *s)
{
	bool filtered = s->filter != NULL;

	if (s->finished)
		return;
	s->finished = true;
	if (!leave_wait(&s->leave, s->patience)) {
		atomic_store(&s->given_up, true);
		filter_stop(s->filter);
		return;
	}
	struct err *e = filter_end(s->filter, s->error != NULL && (s->sending || s->broke));
	if (s->abandoned || (s->error != NULL && !s->cut_off)) {
		err_free(e);
	} else if (e != NULL) {
		err_free(s->error);
		s->error = e;
	}
	if (s->other) { /* whatever that led to */
		err_free(s->error);
		s->error = guid_differs(s->local, s->sending ? "send" : "receive",
					s->sending && nv_str(s->args, "snap") == NULL
					    ? "by resume token"
					    : nv_str(s->args, "snap"));
	} else if (!s->abandoned) {
		explain_damage(s, filtered);
	}
}

/* What a filter has between here and ZFS says nothing. */
static bool is_that(struct local_stream *s, const void *buf, size_t len)
{
	s->other = s->other || (s->filter == NULL && !stream_head_take(&s->head, buf, len));
	return !s->other;
}

/* The end of the pipe is the end of the send; whether it was a good one, only the send can say. */
static ssize_t read_checked(void *ctx, void *buf, size_t len)
{
	struct local_stream *s = ctx;
	ssize_t n = s->pipe.read(s->pipe.ctx, buf, len);

	if (n > 0)
		atomic_fetch_add(&s->bytes, (uint64_t)n);
	if (n > 0 && !is_that(s, buf, (size_t)n))
		return -1;
	if (n != 0)
		return n;
	filter_stop(s->filter);
	finish(s);
	return !s->given_up && s->error == NULL ? 0 : -1;
}

static int write_through(void *ctx, const void *buf, size_t len)
{
	struct local_stream *s = ctx;
	int rc = is_that(s, buf, len) ? s->pipe.write(s->pipe.ctx, buf, len) : -1;

	if (rc == 0)
		atomic_fetch_add(&s->bytes, len);
	s->broke = rc != 0;
	return rc;
}

static void close_pipe(void *ctx, bool ok)
{
	struct local_stream *s = ctx;

	s->pipe.close(s->pipe.ctx, ok);
	if (ok || s->finished)
		return;
	s->abandoned = !s->broke;
	filter_stop(s->filter);
}

static struct err *check_args(const nvlist_t *args, bool sending)
{
	const char *snap = nv_str(args, "snap"), *from = nv_str(args, "from");
	const char *token = nv_str(args, "token"), *origin = nv_str(args, "origin");
	const nvlist_t *props = nv_nv(args, "props");
	enum lzc_send_flags flags;

	if (sending && !local_send_flags(args, &flags))
		return err_new(ERR_FAILED, "\"%.40s\" are no flags to send with",
			       nv_str(args, "flags"));
	if (sending && token != NULL && snap == NULL &&
	    strspn(token, "0123456789abcdef-") == strlen(token) && *token != '-')
		return NULL;
	if (snap == NULL || !name_is_snapshot(snap) ||
	    (from != NULL && !name_is_snapshot(from) && !(sending && name_is_bookmark(from))) ||
	    (origin != NULL && (sending || !name_is_snapshot(origin))))
		return err_new(ERR_FAILED, "a stream without the name of its snapshot");
	nv_each(props, p)
		if (nv_str(props, nvpair_name(p)) == NULL || !name_is_prop(nvpair_name(p)) ||
		    strcmp(nvpair_name(p), "origin") == 0) /* that is an argument of its own */
			return err_new(ERR_FAILED, "\"%.300s\" is no property to receive with",
				       nvpair_name(p));
	return NULL;
}

/* The pipes, and the filter between them if there is one. *ours is the pump's end. */
static struct err *open_pipes(struct local_stream *s, int *ours)
{
	bool sending = s->sending;
	int near[2], far[2]; /* of the pump, of the thread */
	struct err *e = spawn_pipe(near);

	if (e != NULL)
		return e;
	*ours = near[!sending];
	s->fd = near[sending];
	if (filter_is_set(sending)) {
		if ((e = spawn_pipe(far)) != NULL) {
			close(near[0]);
			close(near[1]);
			return e;
		}
		s->fd = far[sending];
		e = filter_start(sending, sending ? far[0] : near[0], sending ? near[1] : far[1],
				 s->local->host, s->local->cancel, &s->filter);
	}
	if (e != NULL) {
		close(*ours);
		close(s->fd);
		return e;
	}
	fd_enlarge_pipe(*ours);
	fd_enlarge_pipe(s->fd);
	return NULL;
}

/* Forced, a receive destroys every snapshot of the dataset that is not in the stream, and does not ask. */
static struct err *check_over(struct local *l, const nvlist_t *args)
{
	const char *snap = nv_str(args, "snap");
	char *name = name_dataset(snap);
	char *argv[] = {"zfs",      "list", "-Hp",  "-d", "1", "-t",
			"snapshot", "-o",   "name", name, NULL};
	static const char *const origin[] = {"origin"};
	nvlist_t *found = nv_new();
	struct buf out = {0}, said = {0};
	bool failed = false;
	struct err *e = local_get(l, origin, 1, &name, 1, found);

	if (e == NULL)
		e = local_zfs(l, argv, &out, &said, &failed);
	if (e == NULL && (failed || nv_nv(found, name) == NULL))
		e = err_new(ERR_FAILED, "%s: %s", l->host,
			    failed ? buf_str(&said) : "there is nothing to receive over");
	const char *of = nv_str(nv_nv(nv_nv(found, name), "value"), "origin");
	if (e == NULL && (out.len > 0 || of == NULL || strcmp(of, "-") != 0))
		e = err_remedy(
		    err_refuse(REASON_WITHDRAWN, "%s on %s is not received over: it %s meanwhile",
			       name, l->host, out.len > 0 ? "has got a snapshot" : "is a clone"),
		    "look at it, then run the same command again");
	if (e == NULL && (has_props(args) || nv_flag(args, "brief")))
		e = err_new(ERR_FAILED, "a receive over what is there takes no properties");
	nv_free(found);
	free(name);
	buf_free(&out);
	buf_free(&said);
	return e;
}

struct err *local_stream_begin(struct local *l, const char *op, const nvlist_t *args,
			       struct local_stream **out)
{
	bool sending = strcmp(op, OP_SEND) == 0;
	struct local_stream *s;
	struct err *e;
	int ours;

	*out = NULL;
	if ((e = local_init(l)) != NULL || (e = check_args(args, sending)) != NULL ||
	    (!sending && nv_flag(args, "over") && (e = check_over(l, args)) != NULL))
		return e;
	s = mem_zalloc(sizeof(*s));
	s->local = l;
	s->sending = sending;
	if ((e = open_pipes(s, &ours)) != NULL) {
		free(s);
		return e;
	}
	s->args = nv_dup(args);
	leave_init(&s->leave);
	s->patience = local_patience();
	s->own = (struct patience){is_given_up, s};
	s->pipe = pump_fd_end(ours, l->cancel, s->patience);
	s->end = (struct pump_stream){
	    .ctx = s, .read = read_checked, .write = write_through, .close = close_pipe};
	s->work = sending ? do_send : do_receive;
	s->head.to = nv_u64(args, "guid", 0);
	s->head.from = sending ? nv_u64(args, "from_guid", 0) : 0;
	s->head.plain = !sending && l->confine != NULL;
	s->head.clone = nv_str(args, "origin") != NULL;
	int rc = leave_start(&s->leave, thread, s);
	if (rc == 0) {
		*out = s;
		return NULL;
	}
	s->pipe.close(s->pipe.ctx, false);
	close(s->fd);
	filter_stop(s->filter);
	err_free(filter_end(s->filter, true));
	stream_free(s);
	return err_sys(ERR_FAILED, rc, "%s: cannot start a thread", l->host);
}

struct pump_stream *local_stream_pump(struct local_stream *s)
{
	return &s->end;
}

const atomic_uint_least64_t *local_stream_bytes(const struct local_stream *s)
{
	return &s->bytes;
}

struct err *local_stream_end(struct local_stream *s)
{
	struct local *l = s->local;

	finish(s);
	if (s->given_up) {
		struct err *e = local_hung(l, s->sending ? OP_SEND : OP_RECEIVE);
		if (leave_behind(&s->leave)) {
			atomic_store(&l->stuck, true);
			return e;
		}
		err_free(filter_end(s->filter, true));
		stream_free(s);
		return e;
	}
	struct err *e = s->error;
	s->error = NULL;
	stream_free(s);
	return e;
}
