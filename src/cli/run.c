/* `run`: what cron does with `sync all`, by a program that stays. The main thread looks, the lanes sync. */
#include <inttypes.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "cli/metrics.h"
#include "cli/options.h"
#include "cli/run_charge.h"
#include "cli/run_lane.h"
#include "cli/verb.h"
#include "engine/events.h"
#include "util/clock.h"
#include "util/mem.h"
#include "util/notify.h"
#include "util/num.h"

/* How often what has no rpo is looked at, where --every does not say. Seconds. */
#define EVERY 10u
#define EVERY_MOST 31536000u

/* Milliseconds. The main thread looks around so often; and for new datasets at the soonest after FIND_LEAST, and so that
 * this takes a hundredth of a processor at most, but for FIND_MOST. */
#define TICK 250u
#define FIND_LEAST 5000u
#define FIND_MOST 30000u
#define FIND_SHARE 100u

/* How long a round may take that is under way when the settings are to be read anew, before it is broken off. */
#define SETTLE_MS 10000u
/* The same where nothing of it moves any more; and for so many looks in a row, as who has just heard from one host may be about
 * to ask another. */
#define SETTLE_QUIET_MS 2000u
#define SETTLE_LOOKS 20u

/* The file of --metrics: so often, and so that what it takes is a tenth of the time at most, but for METRICS_MOST. It takes
 * longest when there is most to do, and that is when somebody wants to see it. */
#define METRICS_LEAST 15000u
#define METRICS_MOST 300000u
#define METRICS_SHARE 10u

struct stay {
	struct charges s;
	struct held lock;      /* of the whole, see OP_LOCK */
	uint64_t next_find;    /* milliseconds */
	uint64_t next_metrics; /* the same; of who writes them */
	uint64_t next_dog;     /* the same; 0: nobody watches */
	char *told[3];         /* by duty: why it could not; NULL: it could */
	bool found;            /* it is known for what it is there */
	bool ready;            /* that was said */
	unsigned last_count;   /* of datasets, as last told */
	pthread_t writer; /* of metrics, so that nothing waits for what they take; if `writes` */
	bool writes;
	atomic_bool written; /* no more of them */
	atomic_bool over;    /* all that it does is */
};

static void nap(uint64_t ms)
{
	nanosleep(&(struct timespec){.tv_sec = (time_t)(ms / 1000),
				     .tv_nsec = (long)(ms % 1000) * 1000000L},
		  NULL);
}

/* What the main thread does. */
enum duty { FIND, LOOK, METRICS, DUTIES };

/* How it went this time: a failure is told once. Takes e. */
static void tell(struct stay *t, enum duty duty, struct err *e)
{
	char **told = &t->told[duty];

	if (cancelled(t->s.c->cancel) || (e != NULL && str_same(*told, e->what))) {
		err_free(e);
		return;
	}
	if (e != NULL)
		charges_say(&t->s, NULL, (struct log_event){.event = "cannot-look", .error = e});
	else if (*told != NULL)
		charges_say(&t->s, NULL,
			    (struct log_event){.event = "looking-again",
					       .text = duty == METRICS
							   ? "the metrics can be written again"
							   : "this host's datasets can be looked "
							     "at again"});
	free(*told);
	*told = e != NULL ? mem_strdup(e->what) : NULL;
	err_free(e);
}

/* How long what took so long is put off until it is done again. */
static uint64_t share(uint64_t took, uint64_t times, uint64_t least, uint64_t most)
{
	uint64_t wait = took * times;

	return wait < least ? least : wait > most ? most : wait;
}

static void find(struct stay *t)
{
	uint64_t begun = clock_ms();
	struct err *e = charges_find(&t->s);

	if (e == NULL)
		lanes_divide(&t->s);
	t->found = t->found || e == NULL;
	t->next_find = clock_ms() + share(clock_ms() - begun, FIND_SHARE, FIND_LEAST, FIND_MOST);
	tell(t, FIND, e);
}

static void say_ready(struct stay *t)
{
	unsigned n = 0;

	pthread_mutex_lock(&t->s.lock);
	for (size_t i = 0; i < t->s.n; i++)
		n += !t->s.items[i]->paused;
	pthread_mutex_unlock(&t->s.lock);
	if (t->ready && n == t->last_count)
		return;
	char *text =
	    str_fmt("%sSTATUS=%u dataset%s", t->ready ? "" : "READY=1\n", n, n == 1 ? "" : "s");
	notify_send(text);
	free(text);
	if (t->s.c->ui.verbose || !t->ready) {
		text = str_fmt("%s %u dataset%s", t->s.pull ? "fetches" : "looks after", n,
			       n == 1 ? "" : "s");
		charges_say(&t->s, NULL, (struct log_event){.event = "ready", .text = text});
		free(text);
	}
	t->ready = true;
	t->last_count = n;
}

static void pat_dog(struct stay *t)
{
	uint64_t every = notify_watchdog(), now = clock_ms();

	if (every == 0 || now < t->next_dog)
		return;
	notify_send("WATCHDOG=1");
	t->next_dog = now + every / 2;
}

static void add_counts(struct stay *t, struct metrics *m)
{
	pthread_mutex_lock(&t->s.lock);
	for (size_t i = 0; i < m->n; i++) {
		struct charge *const *at = charges_named(t->s.items, t->s.n, m->rows[i].dataset);
		if (at != NULL)
			metrics_count(&m->rows[i], &(*at)->counts);
	}
	pthread_mutex_unlock(&t->s.lock);
}

/* How it stands, into the file that was asked for. */
static void write_metrics(struct stay *t)
{
	struct ctx *c = t->s.c;
	struct metrics m = {.tag = c->tag, .version = ZREP_VERSION};
	uint64_t begun = clock_ms();
	struct strv away = {0};
	struct side side;

	if (c->metrics == NULL || begun < t->next_metrics)
		return;
	struct err *e = ctx_list(c, c->local, NULL, LIST_POOLS | LIST_APART | LIST_SEEN, &side);
	if (e == NULL) {
		m.now = side.now;
		metrics_add_side(c, &side, &m);
		metrics_add_away(&side, &m, &away);
		strv_free(&away);
		add_counts(t, &m);
		e = metrics_write_file(&m, c->metrics);
		metrics_free(&m);
		side_free(&side);
	}
	uint64_t took = clock_ms() - begun;
	/* From when it was begun: that is how old it is. */
	t->next_metrics = begun + share(took, METRICS_SHARE, METRICS_LEAST, METRICS_MOST);
	if (t->next_metrics < clock_ms() + took)
		t->next_metrics = clock_ms() + took;
	tell(t, METRICS, e);
}

static void *keep_metrics(void *arg)
{
	struct stay *t = arg;

	while (!atomic_load(&t->written)) {
		write_metrics(t);
		nap(TICK);
	}
	return NULL;
}

/* From the first turn on, and once. Without a thread the main one does it, at each. */
static void begin_metrics(struct stay *t)
{
	if (t->s.c->metrics != NULL && !t->writes)
		t->writes = pthread_create(&t->writer, NULL, keep_metrics, t) == 0;
	if (!t->writes)
		write_metrics(t);
}

static void end_metrics(struct stay *t)
{
	if (t->writes)
		pthread_join(t->writer, NULL);
	t->writes = false;
}

static bool is_at_rest(struct stay *t)
{
	pthread_mutex_lock(&t->s.lock);
	bool rest = t->s.working == 0;
	pthread_mutex_unlock(&t->s.lock);
	return rest;
}

/* Connections that failed, once nobody can be in them any more. */
static void forget_past(struct stay *t)
{
	struct strv hosts = {0};
	size_t n = ctx_count_past(t->s.c);

	if (n == 0)
		return;
	lanes_in_use(&t->s, &hosts);
	ctx_forget_past(t->s.c, n, &hosts);
	strv_free(&hosts);
}

/* Was it asked to begin anew? Not with settings that would end it at once: it stays as it is, and says why. */
static bool is_to_begin_anew(struct stay *t)
{
	struct ctx *c = t->s.c;

	if (atomic_exchange(c->hangups, 0) == 0)
		return false;
	struct err *e = settings_try(c->environment);
	if (e == NULL)
		return true;
	err_wrap(e, "the settings stay as they were");
	if (e->remedy == NULL)
		err_remedy(e, "correct it, then on %s: {kill -HUP %d}", c->self, (int)getpid());
	charges_say(&t->s, NULL, (struct log_event){.event = "settings-kept", .error = e});
	err_free(e);
	return false;
}

/* No lane begins anything now. Waits for what they are at, but not for what hangs: the others wait for new settings. */
static void settle(struct stay *t)
{
	struct ctx *c = t->s.c;
	unsigned looks = 0;

	for (uint64_t end = clock_ms() + SETTLE_MS;
	     !cancelled(c->cancel) && clock_ms() < end && looks < SETTLE_LOOKS &&
	     !(is_at_rest(t) && events_are_told(t->s.teller));) {
		looks = !is_at_rest(t) && ctx_quiet(c) >= SETTLE_QUIET_MS ? looks + 1 : 0;
		nap(20);
	}
}

/* Looks, and leaves the rest to the lanes, until it is asked to end or to begin anew. */
static void stay(struct stay *t)
{
	struct ctx *c = t->s.c;

	while (!cancelled(c->cancel) && !(c->again = is_to_begin_anew(t))) {
		if (clock_ms() >= t->next_find)
			find(t);
		if (t->found)
			tell(t, LOOK, charges_look(&t->s));
		lanes_help(&t->s);
		if (t->found)
			say_ready(t);
		begin_metrics(t);
		pat_dog(t);
		forget_past(t);
		nap(TICK);
	}
	if (!c->again)
		notify_send("STOPPING=1");
	else
		notify_send("RELOADING=1");
	/* No lane begins anything now. */
	atomic_store(&t->written, true);
	pthread_mutex_lock(&t->s.lock);
	t->s.stop = true;
	pthread_mutex_unlock(&t->s.lock);
	if (c->again)
		settle(t);
	/* Whichever signal comes first. */
	if (c->again)
		cancel_set(c->cancel, SIGHUP);
	c->again = c->again && atomic_load(&c->cancel->signal) == SIGHUP;
	lanes_end(&t->s);
	end_metrics(t);
	events_teller_free(t->s.teller);
	t->s.teller = NULL;
}

static struct err *take_lock(struct stay *t)
{
	struct ctx *c = t->s.c;
	struct strv names = {0};
	const char *name = t->s.pull ? "./" : ".";
	nvlist_t *busy = NULL;

	strv_add(&names, name);
	struct err *e = ctx_lock(c, c->local, &names, LOCK_ALONE, &t->lock, &busy);
	strv_free(&names);
	if (e == NULL && nv_str(busy, name) != NULL)
		e = err_remedy(err_new(ERR_BUSY, "another `{zrep run}` is there on %s: %s", c->self,
				       nv_str(busy, name)),
			       "one is enough for each tag: end one of them");
	nv_free(busy);
	return e;
}

static struct err *read_options(const struct ctx *c, struct charges *s)
{
	uint64_t seconds = EVERY;
	struct err *e = options_every(c, EVERY_MOST, &seconds);

	if (e != NULL)
		return e;
	if (c->ui.format != NULL)
		return err_remedy(
		    err_new(ERR_USAGE, "{zrep run} prints as it goes: it has no --json"),
		    "--log json has it print JSON");
	if (c->log != NULL && !log_way_of(c->log, &s->log))
		return err_new(ERR_USAGE,
			       "--log wants text, journal, syslog or json, not \"%.40s\"", c->log);
	if (c->dry_run)
		return err_remedy(err_new(ERR_USAGE, "{zrep run} has no -n"),
				  "`{zrep sync -n all}` shows what it would begin with");
	s->every = seconds * 1000;
	s->pull = c->pull;
	return NULL;
}

/* --- the end --- */

/* How long it is waited for what is under way once it is to end; and for a snapshot that something stands still for, or its
 * hooks would never be run. Milliseconds. */
#define END_MS 1000u
#define END_STILL_MS 20000u
/* Seconds, for what comes then. */
#define END_REST 1u

static atomic_int end_status;

/* What was not waited for is as if the process had been killed: the next one goes on from there. */
static void end_now(int sig)
{
	(void)sig;
	_exit(atomic_load(&end_status));
}

static void end_soon(const struct ctx *c)
{
	if (atomic_load(&c->asked_to_go))
		atomic_store(&end_status, ERR_FAILED);
	signal(SIGALRM, end_now);
	alarm(END_REST);
}

/* It ends, and not everything that was begun. */
static void say_left(struct stay *t)
{
	struct buf all = {0};
	size_t n = 0;

	pthread_mutex_lock(&t->s.lock);
	for (size_t i = 0; i < t->s.n; i++)
		if (t->s.items[i]->working && n++ < 10)
			buf_addf(&all, "%s%s", n > 1 ? ", " : "", t->s.items[i]->name);
	pthread_mutex_unlock(&t->s.lock);
	if (n > 10)
		buf_addf(&all, " and %zu more", n - 10);
	char *text =
	    n > 0 ? str_fmt("ends in the midst of %s: ZFS, or another host, does not answer; the "
			    "next sync goes on from there",
			    buf_str(&all))
		  : str_fmt("ends while ZFS on %s, or another host, does not answer: nothing was "
			    "being synced",
			    t->s.c->self);
	charges_say(&t->s, NULL, (struct log_event){.event = "left", .text = text});
	free(text);
	buf_free(&all);
}

/* Asked to end, it does so, whatever any other thread waits for. */
static void *see_to_end(void *arg)
{
	struct stay *t = arg;
	struct cancel *cancel = t->s.c->cancel;
	uint64_t asked = 0;

	while (!atomic_load(&t->over)) {
		uint64_t now = clock_ms();
		/* Not to begin anew, which whoever wants it to end can still interrupt. */
		if (asked == 0 && cancelled(cancel) && atomic_load(&cancel->signal) != SIGHUP)
			asked = now;
		if (asked != 0 &&
		    now >= asked + (atomic_load(&t->s.c->still) > 0 ? END_STILL_MS : END_MS)) {
			end_soon(t->s.c);
			say_left(t);
			end_now(SIGALRM);
		}
		nap(50);
	}
	return NULL;
}

static int run_run(struct ctx *c)
{
	struct stay t = {.s = {.c = c}};
	pthread_t guard;
	struct err *e = read_options(c, &t.s);

	pthread_mutex_init(&t.s.lock, NULL);
	pthread_cond_init(&t.s.changed, NULL);
	if (e == NULL)
		e = take_lock(&t);
	c->locks_briefly = true;
	bool begins = e == NULL;
	int status = ui_error(&c->ui, e);
	if (begins) {
		t.s.teller = events_teller(c);
		bool guarded = pthread_create(&guard, NULL, see_to_end, &t) == 0;
		stay(&t);
		atomic_store(&t.over, true);
		if (guarded)
			pthread_join(guard, NULL);
		/* Connections that do not answer are not waited for either. */
		if (!c->again)
			end_soon(c);
	}
	/* Whoever started it is to start it again. */
	if (atomic_load(&c->asked_to_go))
		status = ERR_FAILED;
	ctx_unlock(c, &t.lock);
	for (size_t i = 0; i < t.s.n; i++)
		charge_free(t.s.items[i]);
	free(t.s.items);
	strv_free(&t.s.away);
	for (size_t i = 0; i < DUTIES; i++)
		free(t.told[i]);
	pthread_cond_destroy(&t.s.changed);
	pthread_mutex_destroy(&t.s.lock);
	return status;
}

const struct verb verb_run = {
    .name = "run",
    .flags = "",
    .options = " parallel limit every log metrics pull ",
    .min_args = 0,
    .max_args = 0,
    .usage = "[--pull] [--every TIME] [--log WHERE] [--metrics FILE] [-P N]",
    .group = VERBS_DAILY,
    .summary = "stay, and keep replicas within their rpo",
    .text = "Stays, and syncs every dataset that this host is master of as often as its rpo\n"
	    "(the property zrep:rpo) wants: three times in it. What was not written is left\n"
	    "alone. New, paused and cleared datasets, and changed properties, are noticed; a\n"
	    "host that is away is tried again later, and holds up no other.\n"
	    "  --every TIME  how often what has no rpo is looked at (10s)\n"
	    "  --log WHERE   say it there: text (standard error), journal, syslog, or json, an\n"
	    "                object a line on standard output\n"
	    "  --metrics FILE  how it stands, for Prometheus, every 15 seconds: see metrics\n"
	    "  --pull        fetch for the replicas of this host, as refresh does\n"
	    "  -P N          at most N transfers at a time to each host and pool (32)\n"
	    "With -v it says what it sends. SIGTERM ends it; SIGHUP has it read its settings\n"
	    "anew. Other verbs work beside it: each waits for the round that is under way.\n",
    .run = run_run,
    .gives_way = true,
};
