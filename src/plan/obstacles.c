#include "plan/obstacles.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "state/dataset.h"
#include "state/picture.h"
#include "util/buf.h"
#include "util/mem.h"
#include "util/name.h"
#include "util/num.h"

/* So many things are named. */
#define NAMED 20u

/* What a clone takes where there is none yet, and a promotion: a few blocks. ZFS keeps more than that back in every pool,
 * but how much it asks for is its own affair. */
#define CLONE_ROOM (1u << 20)

struct found {
	const struct dataset *d;
	const char *host;
	struct buf what, clones, releases, remedy;
	size_t n;
};

static void begin(struct found *f)
{
	if (f->n++ > 0)
		buf_addf(&f->what, ", ");
}

static void remedy(struct found *f, const char *text)
{
	buf_addf(&f->remedy, "%s%s", f->remedy.len > 0 ? "; " : "", text);
}

/* Can somebody's tag be a word of a command? '?': str_clean() was here. */
static bool is_word(const char *tag)
{
	return *tag != '\0' && *tag != '-' && strpbrk(tag, "'?") == NULL;
}

static void find_holds(struct found *f, const struct snap *s)
{
	uint64_t foreign = snap_foreign_holds(s);

	begin(f);
	buf_addf(&f->what, "%s@%s on %s is held, and not by zrep", f->d->name, s->name, f->host);
	for (size_t i = 0; i < s->holders.n; i++)
		buf_addf(&f->what, "%s%s", i == 0 ? " (" : ", ", s->holders.items[i]);
	if (s->holders.n > 0 && s->holders.n < foreign)
		buf_addf(&f->what, " and %" PRIu64 " more", foreign - s->holders.n);
	if (s->holders.n > 0)
		buf_addf(&f->what, ")");
	for (size_t i = 0; i < s->holders.n; i++) {
		if (is_word(s->holders.items[i]))
			buf_tell(&f->releases, "%s{zfs release %s %s@%s}",
				 f->releases.len > 0 ? "; " : "", s->holders.items[i], f->d->name,
				 s->name);
	}
	if (s->holders.n < foreign)
		buf_tell(&f->remedy, "%son %s, {zfs holds %s@%s} tells by whom",
			 f->remedy.len > 0 ? "; " : "", f->host, f->d->name, s->name);
}

/* It is not offered to promote one: that would take along what both sides have in common. */
static void find_clones(struct found *f, const struct snap *s)
{
	begin(f);
	buf_addf(&f->what, "%s@%s on %s has the clone%s ", f->d->name, s->name, f->host,
		 s->clones.n > 1 ? "s" : "");
	for (size_t i = 0; i < s->clones.n; i++) {
		buf_addf(&f->what, "%s%s", i > 0 ? " and " : "", s->clones.items[i]);
		buf_tell(&f->clones, "{ %s}", s->clones.items[i]);
	}
}

/* zrep forgets one that it can resume; another one runs. */
static void find_receive(struct found *f, const struct snap *s)
{
	if (f->d->token != NULL)
		return;
	begin(f);
	buf_addf(&f->what, "something is being received into %s on %s, on top of @%s", f->d->name,
		 f->host, s->name);
	remedy(f, "wait until that has ended");
}

/* ZFS refuses to roll back to what would not fit any more. */
static void find_too_large(struct found *f, const struct snap *to)
{

	begin(f);
	buf_addf(&f->what, "%s@%s on %s is larger than the refquota of %s", f->d->name, to->name,
		 f->host, f->d->name);
	buf_tell(&f->remedy, "%son %s, see {zfs get refquota %s}, and raise it",
		 f->remedy.len > 0 ? "; " : "", f->host, f->d->name);
}

/* Nor to where, for a moment, all of a reservation would have to be free. */
static void find_reservation(struct found *f, const struct snap *to)
{
	const struct dataset *d = f->d;
	uint64_t newer = dataset_written_after(d, to);
	uint64_t need = newer < d->refreservation ? newer : d->refreservation;
	uint64_t unused = d->refreservation > d->written ? d->refreservation - d->written : 0;
	uint64_t left = d->available > unused ? d->available - unused : 0;
	char bytes[NUM_TEXT], have[NUM_TEXT];

	if (need <= left)
		return;
	begin(f);
	buf_addf(&f->what,
		 "the reservation of %s on %s takes %s while it goes back, and %s are left",
		 d->name, f->host, num_bytes(bytes, need), num_bytes(have, left));
	buf_addf(&f->remedy, "%sfree space on %s", f->remedy.len > 0 ? "; " : "", f->host);
}

/* All of a kind in one clause. */
static void say_remedies(struct found *f)
{
	if (f->clones.len > 0)
		buf_tell(&f->remedy,
			 "%sa clone is in the way for as long as it is there: on %s, {zfs list -o "
			 "name,used,origin}%s shows what it has",
			 f->remedy.len > 0 ? "; " : "", f->host, f->clones.data);
	if (f->releases.len > 0)
		buf_addf(&f->remedy, "%swhen who set a hold needs it no more, on %s: %s",
			 f->remedy.len > 0 ? "; " : "", f->host, f->releases.data);
}

struct err *plan_obstacles(const struct dataset *d, const struct snap *to, const char *host,
			   const char *otherwise)
{
	struct found f = {.d = d, .host = host};
	size_t more = 0;

	if (otherwise != NULL)
		remedy(&f, otherwise);
	for (size_t i = 0; i < d->n_snaps; i++) {
		const struct snap *s = &d->snaps[i];
		bool held = snap_foreign_holds(s) > 0;
		if (s->createtxg <= to->createtxg)
			continue;
		if (f.n >= NAMED) {
			more += held || s->clones.n > 0;
			continue;
		}
		if (held)
			find_holds(&f, s);
		if (s->clones.n > 0)
			find_clones(&f, s);
		if (s->receiving)
			find_receive(&f, s);
	}
	if (to->too_large)
		find_too_large(&f, to);
	find_reservation(&f, to);
	say_remedies(&f);
	if (more > 0)
		buf_addf(&f.what, ", and %zu snapshots more", more);
	struct err *e = f.n == 0
			    ? NULL
			    : err_remedy(err_refuse(REASON_HELD,
						    "%s on %s cannot go back to @%s, and nothing "
						    "of it was destroyed: %s",
						    d->name, host, to->name, f.what.data),
					 "%s", buf_str(&f.remedy));
	buf_free(&f.what);
	buf_free(&f.clones);
	buf_free(&f.releases);
	buf_free(&f.remedy);
	return e;
}

struct err *plan_no_room(const struct dataset *d, const char *host)
{
	char *in = name_parent(d->name), left[NUM_TEXT];
	struct err *e = NULL;

	if (in != NULL && d->room < CLONE_ROOM)
		e = err_remedy(
		    err_refuse(REASON_NO_SPACE,
			       "%s on %s cannot be reverted with its data preserved: that takes a "
			       "clone beside it, and %s has %s left",
			       d->name, host, in, num_bytes(left, d->room)),
		    "free space in pool %.*s on %s, or raise the quota of what %s is in; if what "
		    "only "
		    "it has may go, --discard takes no room",
		    (int)name_pool_len(d->name), d->name, host, d->name);
	free(in);
	return e;
}
