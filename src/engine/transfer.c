#include "engine/transfer.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <libzfs_core.h>

#include "plan/plan.h"
#include "plan/refusals.h"
#include "util/mem.h"
#include "util/name.h"
#include "zfs/filter.h"
#include "zfs/ops.h"

/* The letters of OP_SEND that a step is sent with. */
static const char *letters_of(const struct run *r)
{
	return r->send_flags != NULL && *r->send_flags != '\0' ? r->send_flags : "Lec";
}

static void add_flags(const struct run *r, const struct step *s, nvlist_t *args)
{
	const char *letters = letters_of(r);
	char fewer[SEND_FLAGS_MAX];
	size_t n = 0;

	if (!s->split || strchr(letters, 'w') != NULL) {
		if (letters == r->send_flags)
			nv_add_str(args, "flags", letters);
		return;
	}
	for (; *letters != '\0' && n + 1 < sizeof(fewer); letters++)
		if (*letters != 'L')
			fewer[n++] = *letters;
	fewer[n] = '\0';
	nv_add_str(args, "flags", fewer);
}

static nvlist_t *send_args(const struct run *r, const struct step *s)
{
	nvlist_t *args = nv_new();
	uint64_t rate = r->limit != NULL ? atomic_load(&r->limit->rate) : 0;

	if (rate != 0)
		nv_add_u64(args, "limit", rate);

	add_flags(r, s, args);
	if (s->raw)
		nv_add_flag(args, "raw");
	nv_add_u64(args, "guid", s->guid);
	if (s->token != NULL) {
		/* A token does not say whose it is, and which pool it waits for. */
		char *of = name_dataset(s->name), *names[] = {of};
		nv_add_str(args, "token", s->token);
		nv_add_strs(args, "datasets", names, 1);
		free(of);
		return args;
	}
	nv_add_str(args, "snap", s->name);
	if (s->from != NULL)
		nv_add_str(args, "from", s->from);
	nv_add_u64(args, "from_guid", s->from_guid);
	return args;
}

/* Below this a broken transfer is sooner sent again than its state is kept: storing it would cost
 * the receiving pool more than the data does. */
#define WORTH_RESUMING (4u << 20)

static nvlist_t *receive_args(const struct step *s)
{
	nvlist_t *args = nv_new();

	nv_add_str(args, "snap", s->to);
	nv_add_u64(args, "guid", s->guid);
	if (s->props != NULL)
		nv_add_nv(args, "props", s->props);
	if (s->raw)
		nv_add_flag(args, "raw");
	if (s->over)
		nv_add_flag(args, "over");
	if (s->origin != NULL)
		nv_add_str(args, "origin", s->origin);
	else if (s->from != NULL && s->token == NULL && s->bytes < WORTH_RESUMING)
		nv_add_flag(args, "brief");
	return args;
}

/* Both ends report; which of the two is the cause? A lost connection always is. A sender whose pipe
 * broke was cut off by the receiver. Otherwise a receiver that saw the stream break off only says
 * what the sender did. Takes both over. */
static struct err *cause(struct err *src, struct err *dst)
{
	if (dst != NULL && dst->kind == ERR_UNREACHABLE)
		return err_first(dst, src);
	if (src != NULL && src->kind != ERR_UNREACHABLE && dst != NULL &&
	    !err_is(src, REASON_FILTER) &&
	    (src->code == EPIPE || src->code == EINTR || src->code == 0))
		return err_first(dst, src);
	return err_first(src, dst);
}

/* --- one stream --- */

static void begin_stream(const struct run *r, struct task *t, const struct step *s,
			 struct stream_ends *a)
{
	a->sargs = send_args(r, s);
	a->rargs = receive_args(s);
	a->er = host_stream_begin(t->dst, OP_RECEIVE, a->rargs, s->bytes, &a->out);
	if (a->er == NULL)
		a->es = host_stream_begin(t->src, OP_SEND, a->sargs, s->bytes, &a->in);
}

static void abandon(struct host_stream *s)
{
	if (s == NULL)
		return;
	struct pump_stream *end = host_stream_pump(s);
	end->close(end->ctx, false);
	err_free(host_stream_end(s));
}

static void end_args(struct stream_ends *a)
{
	nv_free(a->sargs);
	nv_free(a->rargs);
	*a = (struct stream_ends){0};
}

void transfer_drop(struct stream_ends *a)
{
	abandon(a->in);
	abandon(a->out);
	err_free(a->es);
	err_free(a->er);
	end_args(a);
}

/* *code: with which the receiver refused it, 0 if it did not. Takes what was begun over. */
static struct err *run_stream(const struct run *r, struct task *t, const struct step *s,
			      struct stream_ends *a, int *code)
{
	struct err *es = a->es, *er = a->er;

	if (a->in != NULL && a->out != NULL) {
		bool ok = pump_run(host_stream_pump(a->in), host_stream_pump(a->out), &t->meter,
				   r->limit, r->cancel);
		es = host_stream_end(a->in);
		er = host_stream_end(a->out);
		if (!ok && es == NULL && er == NULL)
			es = err_new(ERR_FAILED, "the stream of %s broke off", s->name);
	} else {
		abandon(a->out);
	}
	end_args(a);
	*code = er != NULL ? er->code : 0;
	struct err *e = cause(es, er);
	/* Neither of these knows what it was about. */
	return e != NULL && (e->kind == ERR_UNREACHABLE || err_is(e, REASON_FILTER))
		   ? err_wrap(e, "%s", t->label)
		   : e;
}

static struct err *stream(const struct run *r, struct task *t, const struct step *s, int *code)
{
	struct stream_ends a = {0};

	begin_stream(r, t, s, &a);
	return run_stream(r, t, s, &a, code);
}

/* --- one behind the other --- */

/* Of many small ones in a row, each takes longer to begin than to carry: the next one is begun while this one is received.
 * Its receive reads nothing until then, so that ZFS on that side has not seen it if this one fails. What is large is not
 * begun: it would hold what it reads. More than that at a time a connection does not have. */
#define AHEAD_BYTES WORTH_RESUMING
#define AHEAD_PARALLEL 64u

static bool may_be_ahead(const struct run *r, const struct step *s)
{
	return r->parallel <= AHEAD_PARALLEL && s->from != NULL && s->token == NULL &&
	       s->origin == NULL && s->props == NULL && !s->over && s->bytes < AHEAD_BYTES &&
	       !filter_is_set(true) && !filter_is_set(false);
}

/* --- large blocks --- */

/* May a step have large blocks in it? Raw, it has to have them. */
static bool is_large(const struct run *r, const struct step *s)
{
	const char *letters = letters_of(r);

	return !s->raw && !s->split && strchr(letters, 'L') != NULL && strchr(letters, 'w') == NULL;
}

static void forget_partial(struct task *t, const struct step *s)
{
	struct strv names = {0};
	nvlist_t *args = nv_new();

	strv_addf(&names, "%.*s", (int)strcspn(s->to, "@"), s->to);
	nv_add_strs(args, "datasets", names.items, names.n);
	err_free(host_call(t->dst, OP_ABORT, args, NULL)); /* what needs it gone says so itself */
	nv_free(args);
	strv_free(&names);
}

/* From now on, and for whoever syncs the pair the next time, on either side. */
static void remember(const struct run *r, struct task *t, bool split)
{
	char *key = str_fmt("%s:large-blocks", r->tag);
	const char *ends[2] = {NULL, NULL};

	for (size_t i = 0; i < t->plan.n; i++) {
		struct step *s = &t->plan.steps[i];
		if (!step_is_transfer(s))
			continue;
		s->split = split && !s->raw;
		ends[PAIR_SRC] = s->name;
		ends[PAIR_DST] = s->to;
	}
	for (int at = PAIR_SRC; at <= PAIR_DST; at++) {
		char *name = name_dataset(ends[at]);
		nvlist_t *props = nv_new();
		if (split)
			nv_add_str(props, key, "no");
		else
			nv_add_flag(props, key);
		plan_add(&t->plan, STEP_SET, PHASE_RECORD, at, name)->props = props;
		if (at == PAIR_DST && split)
			strv_addf(&t->notes,
				  "%s on %s did not accept large blocks: they are sent as small "
				  "ones from now on",
				  name, host_name(t->dst));
		free(name);
	}
	free(key);
}

/* No stream fits any more, and `why`. */
static void say_anew(const struct task *t, const struct step *s, struct err *e, const char *why)
{
	char *src = name_dataset(s->name), *dst = name_dataset(s->to);
	char *anew = plan_anew(src, host_name(t->src), dst, host_name(t->dst));

	err_remedy(e, "%s; %s", why, anew);
	free(anew);
	free(dst);
	free(src);
}

static struct err *unreachable_hint(const struct run *r, const struct task *t, struct err *e,
				    const struct step *s)
{
	if (e != NULL && e->code == ZFS_ERR_STREAM_LARGE_BLOCK_MISMATCH && is_large(r, s))
		say_anew(
		    t, s, e,
		    "its source has no large blocks, perhaps because it was a replica that got "
		    "small ones in their place, and ZFS takes no stream back");
	return e;
}

/* The same with or without large blocks, after `first` failed for these. Takes it over. */
static struct err *again(const struct run *r, struct task *t, size_t i, struct err *first)
{
	struct step *s = &t->plan.steps[i], other = *s;
	int code;

	other.split = !s->split;
	other.token = NULL;
	forget_partial(t, s);
	struct err *e = unreachable_hint(r, t, stream(r, t, &other, &code), &other);
	if (e == NULL) {
		err_free(first);
		remember(r, t, other.split);
		return NULL;
	}
	if (e->kind == ERR_UNREACHABLE || (r->cancel != NULL && cancelled(r->cancel))) {
		err_free(first);
		return e;
	}
	char *what = str_fmt("%s; sent again %s large blocks: %s", first->what,
			     other.split ? "without" : "with", e->what);
	free(first->what);
	first->what = what;
	if (code == ZFS_ERR_STREAM_LARGE_BLOCK_MISMATCH) {
		free(first->remedy);
		first->remedy = e->remedy;
		first->quoted = e->quoted;
		e->remedy = NULL;
	}
	if (code == ZFS_ERR_STREAM_LARGE_BLOCK_MISMATCH && other.split)
		say_anew(
		    t, s, first,
		    "it has both small blocks in place of large ones and large ones, so that no "
		    "stream fits any more");
	err_free(e);
	return first;
}

struct err *transfer_step(const struct run *r, struct task *t, size_t i, size_t next,
			  struct stream_ends *ahead)
{
	const struct step *s = &t->plan.steps[i];
	struct stream_ends mine = *ahead;
	int code = 0;
	bool increment = s->from != NULL && s->origin == NULL;

	*ahead = (struct stream_ends){0};
	if (mine.sargs == NULL)
		begin_stream(r, t, s, &mine);
	if (next < t->plan.n && may_be_ahead(r, s) && may_be_ahead(r, &t->plan.steps[next]))
		begin_stream(r, t, &t->plan.steps[next], ahead);
	struct err *e = run_stream(r, t, s, &mine, &code);
	if (e != NULL)
		transfer_drop(ahead);
	if (e == NULL || e->kind == ERR_UNREACHABLE || (r->cancel != NULL && cancelled(r->cancel)))
		return e;
	if (increment && ((code == EINVAL && is_large(r, s)) ||
			  (code == ZFS_ERR_STREAM_LARGE_BLOCK_MISMATCH && s->split)))
		return again(r, t, i, e);
	return unreachable_hint(r, t, e, s);
}
