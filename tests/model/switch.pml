/* The change of the master's role between two hosts, 0 and 1, that hold one pair. README says what is
 * modelled and what is not, and how to run it. Labels and inline names are those of the steps in src/plan.
 *
 * What is stored survives everything. A run of zrep (a process here for each host) may be killed at any
 * step, or lose its link. Applications write wherever they can. F_NAME plants a fault that must be found,
 * REACH_NAME claims that something good never happens, which must be found to be wrong. */

/* How much may happen. Runs of settle, sync, rejoin and expire are not counted. */
#ifndef WRITES
#define WRITES 2 /* by applications */
#endif
#ifndef FAULTS
#define FAULTS 1 /* kills, cut links, busy datasets */
#endif
#ifndef CHANGES
#define CHANGES 1 /* planned changes: failover, takeover */
#endif
#ifndef YIELDS
#define YIELDS 0 /* yield; the takeover that ends an offer or a rest is not counted */
#endif
#ifndef FORCES
#define FORCES 0 /* takeover -L, failover -L, rejoin --force */
#endif
#ifndef CHOICES
#define CHOICES 0 /* -L DATASET@SNAPSHOT */
#endif
#ifndef AHEAD
#define AHEAD 4 /* what a role that is seized counts beside its one: FORCED_AHEAD, an even number as there */
#endif
#define SNAPS 6

mtype = { none, leaving, entering, back, offered, resting };                      /* T:switch */
mtype = { settle, failover, takeover, yield, sync, expire, seize, drop, rejoin }; /* commands */
mtype = { go };

/* --- what is stored, on each host --- */

bool master[2], ro[2];
byte epoch[2];
mtype sw[2];        /* T:switch: */
byte sw_epoch[2];   /* the epoch in `leaving` and in `offered` */
byte sw_to[2];      /* the snapshot in `back` and in `offered` */
bool rests[2];      /* `leaving` says that it rests where nothing comes of it */
byte fork_at[2];    /* the snapshot that the master's epoch began from */
byte snaps[2];      /* set of snapshots; newer ones have higher numbers */
byte held[2];       /* those with a hold or a mark: the other side had them */
byte data[2];       /* set of writes that are in the dataset */
bool absent[2];     /* the dataset was renamed, and its clone is not there yet */
byte kept;          /* set of writes that are in renamed datasets */
byte content[SNAPS], next_snap = 1;

/* --- what is not --- */

bool lock[2];
chan turn[2] = [0] of { mtype };
byte faults = FAULTS, changes = CHANGES, yields = YIELDS, forces = FORCES, choices = CHOICES;
byte next_write;
bool forced, gave_up; /* the operator's doing: takeover -L, failover -L */
bool undone, finished; /* a planned change was, by settling */
bool closed[2]; /* yield has said that it has made way, and nobody since that it may lead */
hidden byte possible;
bool quiet;           /* nothing fails any more, nobody writes, and commands come one after the other: */
mtype job;

hidden byte newest[64]; /* a table: the newest snapshot of a set */

#define BIT(n) (1 << (n))
#define UP_TO(n) (BIT((n) + 1) - 1)
#define MAX(a, b) ((a) > (b) -> (a) : (b))
#define OTHER(h) (1 - (h))
#define COMMON (snaps[0] & snaps[1])
#define NEWEST(h) newest[snaps[h]]
#define LAST_SENT(h) newest[held[h]]
#define CLEAN(h) (data[h] == content[NEWEST(h)])
#define IS_AT(h, n) (NEWEST(h) == (n) && CLEAN(h))
#define WRITABLE(h) (!ro[h] && !absent[h])
#define MARKED (sw[0] != none || sw[1] != none)
#define FREE (!lock[0] && !lock[1])
#define IS_REPLICA(h) (!master[h] && (sw[h] == none || sw[h] == offered))
#define OFFERED_BY(h) (master[h] && sw[h] == leaving && sw[OTHER(h)] == offered && sw_epoch[h] == sw_epoch[OTHER(h)])
#define WAITS(h) (sw[h] == offered || sw[h] == resting) /* for somebody who wants the role */

/* --- what must be possible: each is claimed never to happen --- */

#define MOVED(h) (!MARKED && master[h] && !master[OTHER(h)] && epoch[0] == epoch[1])
#if defined(REACH_PLANNED) /* a planned change comes to its end, and the new master is written to */
#define GOOD (MOVED(1) && !forced && !gave_up && WRITABLE(1) && data[1] == 3)
#elif defined(REACH_BACK_AGAIN) /* a second one, the other way */
#define GOOD (MOVED(0) && !forced && !gave_up && epoch[0] == 2 && data[0] == 3 && data[1] == 3)
#elif defined(REACH_UNDONE) /* one is undone */
#define GOOD (undone && !MARKED && master[0] && WRITABLE(0))
#elif defined(REACH_FINISHED) /* one is finished by a later run, after a crash */
#define GOOD (finished && MOVED(1) && !forced && !gave_up)
#elif defined(REACH_SEIZED) /* takeover -L; then the loser comes back, and what only it had is kept */
#define GOOD (MOVED(1) && forced && !gave_up && kept != 0 && data[0] == data[1])
#elif defined(REACH_DROPPED) /* failover -L, then takeover; what was not sent is kept */
#define GOOD (MOVED(1) && !forced && gave_up && kept != 0)
#elif defined(REACH_IN_DOUBT) /* takeover -L --force in doubt, though the other side had decided */
#define GOOD (!MARKED && master[0] && epoch[0] == 2 + AHEAD && master[1] && epoch[1] == 1)
#elif defined(REACH_LEVEL) /* a replica was forced to lead and gave up; its master goes on */
#define GOOD (MOVED(0) && forced && gave_up && epoch[0] == 2 + AHEAD && NEWEST(0) > 0 && IS_AT(1, NEWEST(0)))
#elif defined(REACH_OFFERED) /* an offer is accepted without asking, and the new master is written to */
#define GOOD (FREE && sw[0] == leaving && master[1] && sw[1] == none && data[1] == 3 && data[0] == 1)
#elif defined(REACH_WITHDRAWN) /* one is withdrawn */
#define GOOD (undone && !MARKED && master[0] && WRITABLE(0) && data[0] == 3)
#elif defined(REACH_RESTED) /* a master that made way, and had nobody to offer the role to, is opened again */
#define GOOD (FREE && yields == 0 && !MARKED && !undone && master[0] && WRITABLE(0) && data[0] == 3)
#elif defined(REACH_REST_MOVED) /* the role of one that rests moves */
#define GOOD (noted && MOVED(1) && WRITABLE(1) && data[1] == 3)
#elif defined(REACH_RESTS_AGAIN) /* a move that begins at one that rests is broken off; it rests, and is opened by a word */
#define GOOD (noted && FREE && !MARKED && !undone && master[0] && WRITABLE(0) && data[0] == 3)
#elif defined(REACH_OFFER_VOID) /* who has offered its role gives it up; then it is taken over all the same */
#define GOOD (noted && gave_up && MOVED(1) && kept != 0)
#else
#define GOOD false
#endif
#if defined(REACH_REST_MOVED) || defined(REACH_OFFER_VOID) || defined(REACH_RESTS_AGAIN)
bool noted;
#endif
#if defined(REACH_REST_MOVED) || defined(REACH_OFFER_VOID)
#define NOTE noted = true
#else
#define NOTE skip
#endif
#ifdef REACH_RESTS_AGAIN
#define NOTE_AGAIN noted = true
#else
#define NOTE_AGAIN skip
#endif

/* --- what holds at any time --- */

inline invariants() {
	possible = GOOD;
	/* one master for an epoch, whatever the operator does */
	assert(!(master[0] && master[1] && epoch[0] == epoch[1]));
	/* without force, one writable side */
	assert(forced || !(WRITABLE(0) && WRITABLE(1)));
	/* who has made way is not opened without a word */
	assert(!(closed[0] && WRITABLE(0)) && !(closed[1] && WRITABLE(1)));
	/* every write that was ever acknowledged is somewhere */
	assert((data[0] | data[1] | kept) == BIT(next_write) - 1);
	/* a replica is changed by nothing but receives */
	assert(!IS_REPLICA(0) || (!WRITABLE(0) && CLEAN(0)));
	assert(!IS_REPLICA(1) || (!WRITABLE(1) && CLEAN(1)));
	/* an offer is of what is there */
	assert(sw[0] != offered || (!master[0] && IS_AT(0, sw_to[0])));
	assert(sw[1] != offered || (!master[1] && IS_AT(1, sw_to[1])));
	/* both sides have something to go on from */
	assert(COMMON != 0);
	assert(possible == 0)
}

/* --- a step --- */

/* One step on host x of the run on host c. Before it, others may do theirs. The run may be killed: then the
 * step is not done, or it is done later, while the other host's lock is free already, for what carries it out
 * keeps the lock of its own host. The link may be cut: a step here is done, and the cut is noticed at the next
 * one there; a step there is done or not. All locks are dropped at `over`. */
#define AT(x, step) \
	TURN; \
	if \
	:: (x) != c && !far -> goto lost \
	:: else \
	fi; \
	if \
	:: true \
	:: faults > 0 -> faults--; goto over \
	:: faults > 0 -> faults--; dying = true; drop_lock(OTHER(x)); EARLY(x); TURN \
	:: faults > 0 && far -> faults--; drop_lock(OTHER(c)); far = false \
	:: faults > 0 && far && (x) != c -> faults--; drop_lock(OTHER(c)); far = false; goto lost \
	fi; \
	step; \
	if \
	:: dying -> goto over \
	:: !dying && (x) != c && !far -> goto lost \
	:: else \
	fi

#define TURN if :: quiet :: else -> turn[c] ? go fi
#ifdef F_LATE
#define EARLY(x) drop_lock(x)
#else
#define EARLY(x) skip
#endif

/* A dataset that is in use refuses the next step. */
#define BUSY(label) if :: faults > 0 -> faults--; goto label :: true fi

inline take_lock(h) {
	lock[h] = true;
	mine[h] = true
}

inline drop_lock(h) {
	if
	:: mine[h] -> lock[h] = false; mine[h] = false
	:: else
	fi
}

inline take_both() {
	take_lock(0);
	take_lock(1);
	far = true
}

/* A snapshot to go back to; one that the other side has, or no base would be left. */
inline choose() {
	s = 0;
	do
	:: COMMON & BIT(s) -> break
	:: s < newest[COMMON] -> s++
	od
}

/* --- zrep on host c, one run after the other --- */

proctype zrep(byte c) {
	mtype cmd;
	bool far;      /* the other host can be asked, and is locked */
	bool mine[2];  /* locks */
	bool own_mark; /* there was no mark before this run set one */
	bool deciding; /* the decision, or the offer, may be on its way */
	bool rested;   /* that mark has taken the place of `resting` */
	bool again, dying;
	byte a, m, e, s, turns;

	atomic {
	skip;
idle:
	cmd = 0; far = false; own_mark = false; deciding = false; rested = false;
	again = false; dying = false; a = 0; m = 0; e = 0; s = 0; turns = 0;
end:
	turn[c] ? go;
	if /* those that would do nothing are left out */
	:: quiet -> take_both(); cmd = job; m = (job == takeover -> OTHER(c) : c)
	:: !quiet && FREE && MARKED -> take_both(); cmd = settle
	:: !quiet && !lock[c] && sw[c] != none -> take_lock(c); cmd = settle
#ifdef F_NO_LOCK
	:: !quiet && !lock[c] && MARKED -> take_lock(c); far = true; cmd = settle
#endif
	:: !quiet && FREE && changes > 0 -> changes--; take_both(); cmd = failover; m = c
	:: !quiet && FREE && changes > 0 -> changes--; take_both(); cmd = takeover; m = OTHER(c)
	:: !quiet && FREE && (WAITS(0) || WAITS(1)) -> take_both(); cmd = takeover; m = OTHER(c)
	:: !quiet && !lock[c] && WAITS(c) -> take_lock(c); cmd = takeover; m = OTHER(c)
	:: !quiet && FREE && yields > 0 && master[c] -> yields--; take_both(); cmd = yield; m = c
	:: !quiet && !lock[c] && yields > 0 && master[c] -> yields--; take_lock(c); cmd = yield; m = c
	:: !quiet && FREE && master[c] && !IS_AT(OTHER(c), NEWEST(c)) -> take_both(); cmd = sync; m = c
	:: !quiet && FREE && (master[0] == master[1] || NEWEST(0) != NEWEST(1)) -> take_both(); cmd = rejoin
#if CHOICES == 0 /* what the operator chooses may be held by nobody */
	:: !quiet && !lock[c] -> take_lock(c); cmd = expire
#endif
	:: !quiet && !lock[c] && forces > 0 -> forces--; take_lock(c); cmd = seize
	:: !quiet && !lock[c] && forces > 0 -> forces--; take_lock(c); cmd = drop
	:: else -> goto idle
	fi;
	if
	:: cmd == expire -> goto expire_own
	:: cmd == failover || cmd == takeover -> closed[OTHER(m)] = false
	:: cmd == seize -> closed[c] = false
	:: else
	fi;

	/* --- settle: what the marks on either side have become. It begins every command --- */
settle_both:
	a = 0;
	again = false;
	turns++;
	assert(turns <= 5);
settle_end:
	if
	:: a == 2 && again -> goto settle_both
	:: a == 2 && !again -> goto settled
	:: a < 2 && a != c && !far -> a++; goto settle_end
	:: else
	fi;
	if
	:: sw[a] == leaving && cmd != seize && cmd != drop -> goto settle_leaving
	:: sw[a] == entering -> goto settle_entering
	:: sw[a] == back -> goto settle_back
	:: sw[a] == offered -> goto settle_offered
	:: sw[a] == resting -> goto settle_resting
	:: else -> goto next_end
	fi;

settle_leaving:
	if
	:: !far -> goto next_end /* in doubt: it stays read-only */
	:: far && sw[OTHER(a)] == back -> again = true; goto next_end /* that is settled first */
	:: else
	fi;
#define WANTED(h) ((cmd == failover || cmd == takeover) && m != (h)) /* h is to have the role */
#define OFFER_STANDS (OFFERED_BY(a) && !WANTED(a))
	if
#ifndef F_OFFER_UNDONE
	:: OFFER_STANDS -> goto next_end
#ifndef F_OFFER_KEPT
	:: sw[OTHER(a)] == offered && !OFFER_STANDS -> goto withdraw
#endif
#endif
	:: else
	fi;
	if
#ifdef F_NO_ASK
	:: far && sw[OTHER(a)] != back -> goto undo
#else
	:: far && sw[OTHER(a)] != back && master[OTHER(a)] && epoch[OTHER(a)] >= sw_epoch[a] -> goto complete
	:: far && sw[OTHER(a)] != back && (!master[OTHER(a)] || epoch[OTHER(a)] < epoch[a]) -> goto undo
	:: else -> goto next_end
#endif
	fi;

withdraw: /* the offer, before this side is the master again */
	AT(OTHER(a), sw[OTHER(a)] = none; sw_epoch[OTHER(a)] = 0; sw_to[OTHER(a)] = 0);
	goto settle_end;

complete: /* the other side has decided: read-only, then a new look, then compared */
	e = epoch[OTHER(a)];
#define NOTHING_SINCE_FORK IS_AT(a, fork_at[OTHER(a)])
#ifdef F_COMPARE_FIRST
	if
	:: NOTHING_SINCE_FORK -> AT(a, ro[a] = true)
	:: else -> goto next_end
	fi;
#elif defined(F_NO_COMPARE)
	AT(a, ro[a] = true);
#else
	if
	:: !ro[a] && sw[OTHER(a)] == entering -> again = true; goto next_end /* that first, nothing stops it */
	:: !ro[a] && sw[OTHER(a)] != entering -> AT(a, ro[a] = true); goto settle_end
	:: else
	fi;
	if
	:: NOTHING_SINCE_FORK
	:: else -> goto next_end /* superseded: rejoin decides */
	fi;
#endif
	AT(a, master[a] = false; epoch[a] = e; sw[a] = none; sw_epoch[a] = 0; rests[a] = false; fork_at[a] = 0;
	      finished = (turns == 1));
	goto next_end;

undo: /* it stays the master. Writable first, the mark last. Or it rests: who made way is not opened without a word;
       * but by the very run that has closed it, which has said to nobody that it has */
	e = ((far && !master[OTHER(a)]) -> MAX(epoch[a], epoch[OTHER(a)]) : epoch[a]);
	if
	:: rests[a] && ro[a] && !WANTED(a) && !(own_mark && !rested) ->
		AT(a, sw[a] = resting; sw_epoch[a] = 0; rests[a] = false; epoch[a] = e; NOTE_AGAIN);
		goto next_end
	:: else
	fi;
#ifdef F_MARK_FIRST
	AT(a, sw[a] = none; sw_epoch[a] = 0; rests[a] = false; epoch[a] = e; undone = true);
	AT(a, ro[a] = false);
#else
	AT(a, ro[a] = false);
	AT(a, sw[a] = none; sw_epoch[a] = 0; rests[a] = false; epoch[a] = e; undone = true);
#endif
	goto next_end;

settle_entering: /* nobody has to be asked */
	if
	:: far && master[OTHER(a)] && epoch[OTHER(a)] >= epoch[a] -> goto next_end /* two masters */
	:: else
	fi;
	AT(a, ro[a] = false);
	AT(a, sw[a] = none);
	goto next_end;

settle_back: /* what is done already is found by looking */
	s = sw_to[a];
	if
	:: !ro[a] -> BUSY(stay); AT(a, ro[a] = true); goto settle_end
	:: else
	fi;
	if
	:: !absent[a] && !(snaps[a] & BIT(s)) -> goto next_end /* its snapshot is gone: refused */
	:: !absent[a] && (snaps[a] & BIT(s)) && !IS_AT(a, s) ->
		BUSY(stay);
#ifdef F_DISCARD
		AT(a, absent[a] = true; data[a] = 0)
#else
		AT(a, absent[a] = true; kept = kept | data[a]) /* renamed */
#endif
	:: else
	fi;
	if
	:: absent[a] -> /* cloned, promoted */
		AT(a, absent[a] = false; data[a] = content[s];
		      snaps[a] = snaps[a] & UP_TO(s); held[a] = held[a] & UP_TO(s))
	:: else
	fi;
#if defined(F_NOT_COUNTED) || defined(F_RAISED)
	e = epoch[a];
#elif defined(F_NOT_COUNTED_BEHIND)
	e = epoch[a] + (master[a] && !(far && master[OTHER(a)] && sw[OTHER(a)] != back));
#else
	e = epoch[a] + master[a]; /* whoever is offered the role may have taken it */
#endif
	if
	:: far && master[OTHER(a)] && sw[OTHER(a)] != back -> e = MAX(e, epoch[OTHER(a)])
	:: else
	fi;
	AT(a, held[a] = held[a] | BIT(s));
	AT(a, master[a] = false; epoch[a] = e; sw[a] = none; sw_to[a] = 0; fork_at[a] = 0);

settle_offered: /* void, if the other side makes way no more; it stands, if that cannot be asked */
	if
#ifdef F_OFFER_STALE
	:: false
#else
	:: far && !OFFERED_BY(OTHER(a)) ->
		AT(a, sw[a] = none; sw_epoch[a] = 0; sw_to[a] = 0; NOTE)
#endif
	:: else
	fi;
	goto next_end;

settle_resting: /* nobody was asked to take the role, so nobody has to be asked */
	if
	:: !WANTED(a) && !(cmd == seize && c == a) -> goto next_end
	:: else
	fi;
	if
	:: far && sw[OTHER(a)] == offered -> again = true; goto next_end /* that first */
	:: far && master[OTHER(a)] && epoch[OTHER(a)] >= epoch[a] -> goto next_end /* superseded */
	:: else
	fi;
	AT(a, ro[a] = false);
	AT(a, sw[a] = none);

next_end:
	a++;
	goto settle_end;

settled:
	if
	:: cmd == takeover && !far && sw[c] == offered -> goto take_offer
	:: cmd == yield && !far -> goto rest
	:: cmd == failover || (cmd == takeover && (far || sw[c] != offered)) || (cmd == yield && far) -> goto check
	:: cmd == sync -> goto sync_pair
	:: cmd == rejoin -> goto rejoin_loser
	:: cmd == seize -> goto seize_role
	:: cmd == drop -> goto drop_role
	:: else -> goto over
	fi;

	/* --- the planned change: the role goes from m to the other --- */
check:
#define CAN_SYNC (COMMON != 0 && IS_AT(OTHER(m), newest[COMMON]))
	if
	:: far && !MARKED && !master[0] && !master[1] && COMMON != 0 && cmd != yield -> goto decide /* m gave it up */
	:: far && OFFERED_BY(m) && cmd != yield -> goto decide /* m has made way already */
	:: far && OFFERED_BY(m) && cmd == yield -> closed[m] = ro[m]; goto over
	:: far && (sw[m] == none || sw[m] == resting) && sw[OTHER(m)] == none && master[m] ->
		goto sync_pair /* while m is written to; it comes back to: */
	:: else -> goto over
	fi;
leave:
	if
	:: !far -> goto lost
	:: else
	fi;
	e = MAX(epoch[0], epoch[1]) + 1;
#ifdef F_UNMARKED
	AT(m, ro[m] = true);
#endif
	if
	:: sw[m] == resting -> rested = true; NOTE
	:: else
	fi;
#if defined(F_REST_FORGOTTEN)
	AT(m, sw[m] = leaving; sw_epoch[m] = e; rests[m] = (cmd == yield && !rested));
#elif defined(F_OFFER_FORGOTTEN)
	AT(m, sw[m] = leaving; sw_epoch[m] = e; rests[m] = rested);
#else
	AT(m, sw[m] = leaving; sw_epoch[m] = e; rests[m] = (cmd == yield || rested));
#endif
	own_mark = true;
#ifdef F_OFFER_EARLY
	if
	:: cmd == yield -> s = newest[COMMON]; goto offer
	:: else
	fi;
#endif
quiesce:
	BUSY(settle_only);
	AT(m, ro[m] = true);
last_sync:
	goto sync_pair; /* it comes back to: */
decide:
	s = newest[COMMON];
	if
	:: far && master[m] && sw[m] == leaving && ro[m] && IS_AT(m, s) && IS_AT(OTHER(m), s) -> e = sw_epoch[m]
	:: far && !master[m] && !master[OTHER(m)] ->
#ifdef F_GAVE_UP
		e = MAX(epoch[0], epoch[1]) + 1
#else
		e = MAX(epoch[OTHER(m)] + 1, epoch[m]) /* giving it up counted already */
#endif
	:: !far -> goto lost
	:: else -> goto settle_only
	fi;
	if
	:: cmd == yield -> goto offer
	:: else
	fi;
#ifndef F_OWN_WORD
	deciding = true;
#endif
#ifdef F_SCRIPT
	AT(m, master[m] = false; epoch[m] = e; sw[m] = none; sw_epoch[m] = 0; rests[m] = false; fork_at[m] = 0);
#endif
	AT(OTHER(m), master[OTHER(m)] = true; epoch[OTHER(m)] = e; fork_at[OTHER(m)] = s;
		     sw[OTHER(m)] = entering; sw_epoch[OTHER(m)] = 0; sw_to[OTHER(m)] = 0);
	goto settle_only;
offer: /* in the place of the decision; the other side decides, when it is asked to */
	deciding = true;
	AT(OTHER(m), sw[OTHER(m)] = offered; sw_epoch[OTHER(m)] = e; sw_to[OTHER(m)] = s);
	closed[m] = ro[m];
	goto over;
settle_only:
	cmd = settle;
	goto settle_both;

	/* --- take_offer: the decision, by who was offered the role. Nobody has to be asked */
take_offer:
	if
	:: IS_AT(c, sw_to[c]) -> assert(!master[c] && sw_epoch[c] > epoch[c])
	:: else -> goto over
	fi;
	AT(c, master[c] = true; epoch[c] = sw_epoch[c]; fork_at[c] = sw_to[c]; sw[c] = entering;
	      sw_epoch[c] = 0; sw_to[c] = 0);
	goto settle_only;

	/* --- rest: m makes way, and there is nobody to offer the role to --- */
rest:
	a = m;
	if
	:: master[m] && sw[m] == none ->
#ifdef F_REST_UNMARKED
		AT(m, ro[m] = true);
#endif
		AT(m, sw[m] = resting);
		own_mark = true
	:: master[m] && sw[m] == resting
	:: master[m] && sw[m] == leaving && own_mark -> AT(m, sw[m] = resting; sw_epoch[m] = 0; rests[m] = false)
	:: master[m] && sw[m] == leaving && !own_mark -> /* it stays in doubt, and closed, and rests if nothing comes of it */
#ifdef F_DOUBT_OPENED
		skip
#else
		AT(m, rests[m] = true)
#endif
	:: else -> goto over
	fi;
	BUSY(stay);
	AT(m, ro[m] = true);
	closed[m] = true;
	goto over;

	/* --- sync from m; also the last one of a change, and the end of rejoin --- */
sync_pair:
	if
	:: far && master[m] && !master[OTHER(m)] && CAN_SYNC && sw[OTHER(m)] == none &&
	   (sw[m] == none || ((sw[m] == leaving || sw[m] == resting) && cmd != sync))
	:: else -> goto settle_only
	fi;
	if
	:: epoch[OTHER(m)] > epoch[m] ->
#ifdef F_STAYS_BEHIND
		goto settle_only
#else
		e = epoch[OTHER(m)];
#ifdef F_ABOVE
		e++;
#endif
		AT(m, epoch[m] = e) /* level with it, not above */
#endif
	:: else
	fi;
	if
	:: !CLEAN(m) ->
		assert(next_snap < SNAPS);
		AT(m, content[next_snap] = data[m]; snaps[m] = snaps[m] | BIT(next_snap); next_snap++)
	:: else
	fi;
	do
	:: !far -> goto lost
	:: far && NEWEST(OTHER(m)) == NEWEST(m) -> break
	:: else ->
		s = NEWEST(OTHER(m)) + 1;
		do
		:: !(snaps[m] & BIT(s)) -> s++
		:: else -> break
		od;
		AT(OTHER(m), snaps[OTHER(m)] = snaps[OTHER(m)] | BIT(s); data[OTHER(m)] = content[s])
	od;
	s = NEWEST(m);
	e = epoch[m];
	if
	:: held[m] != BIT(s) || held[OTHER(m)] != BIT(s) || epoch[OTHER(m)] != e ->
		AT(m, held[m] = held[m] | BIT(s));
#ifdef F_RELEASE_FIRST
		AT(m, held[m] = BIT(s));
#endif
		AT(OTHER(m), held[OTHER(m)] = held[OTHER(m)] | BIT(s));
		AT(OTHER(m), epoch[OTHER(m)] = e);
		AT(m, held[m] = BIT(s));
		AT(OTHER(m), held[OTHER(m)] = BIT(s))
	:: else
	fi;
	if
	:: cmd != sync && (sw[m] == none || sw[m] == resting) -> goto leave
	:: cmd != sync && sw[m] == leaving -> goto decide
	:: else -> goto over
	fi;

	/* --- expire, without the other side's word --- */
expire_own:
	s = LAST_SENT(c);
	if
	:: sw[c] == back -> goto over /* it may be the snapshot in the mark */
#ifdef F_UNSENT
	:: sw[c] != back && snaps[c] != held[c] -> AT(c, snaps[c] = held[c])
#endif
	:: else -> skip
	fi;
	if
	:: (snaps[c] & UP_TO(s) & ~held[c]) != 0 -> AT(c, snaps[c] = snaps[c] & (held[c] | ~UP_TO(s)))
	:: else
	fi;
	goto over;

	/* --- seize: takeover -L --- */
seize_role:
	if
	:: !master[c] && (sw[c] == none || sw[c] == offered) && !own_mark && choices > 0 -> /* @SNAP */
		choices--;
		choose();
		own_mark = true;
		AT(c, sw[c] = back; sw_epoch[c] = 0; sw_to[c] = s);
		goto settle_both
	:: sw[c] == offered -> goto take_offer
	:: sw[c] == offered -> /* as if the offer did not hold */
#ifdef F_OFFER_AHEAD
		e = MAX(epoch[c], sw_epoch[c]) + 1 + AHEAD
#else
		e = MAX(epoch[c] + 1, sw_epoch[c]) + AHEAD
#endif
	:: !master[c] && sw[c] == none -> e = epoch[c] + 1 + AHEAD
	:: master[c] && sw[c] == leaving -> /* --force, in doubt */
#ifdef F_SAME_EPOCH
		e = sw_epoch[c]
#else
		e = sw_epoch[c] + 1 + AHEAD
#endif
	:: else -> goto over
	fi;
	AT(c, master[c] = true; epoch[c] = e; fork_at[c] = LAST_SENT(c); sw[c] = entering; sw_epoch[c] = 0;
	      sw_to[c] = 0; rests[c] = false; forced = true);
	goto settle_only;

	/* --- drop: failover -L --- */
drop_role:
	a = c;
	if
	:: master[c] && (sw[c] == none || sw[c] == resting) ->
		rested = (sw[c] == resting);
		own_mark = true;
#ifdef F_REST_FORGOTTEN
		AT(c, sw[c] = leaving; sw_epoch[c] = epoch[c] + 1)
#else
		AT(c, sw[c] = leaving; sw_epoch[c] = epoch[c] + 1; rests[c] = rested)
#endif
	:: master[c] && sw[c] == leaving
	:: else -> goto over
	fi;
	BUSY(stay);
	AT(c, ro[c] = true);
	s = LAST_SENT(c);
	if
	:: choices > 0 -> choices--; choose()
	:: true
	fi;
#ifdef F_RAISED
	AT(c, sw[c] = back; sw_to[c] = s; sw_epoch[c] = 0; rests[c] = false; gave_up = true; epoch[c] = epoch[c] + 1);
#else
	AT(c, sw[c] = back; sw_to[c] = s; sw_epoch[c] = 0; rests[c] = false; gave_up = true);
#endif
	goto settle_only;

	/* --- rejoin: the loser is a, the winner m --- */
rejoin_loser:
	if
	:: sw[0] == offered || sw[1] == offered -> goto over
	:: else
	fi;
	if
	:: far && master[0] && (!master[1] || epoch[0] > epoch[1]) -> m = 0
	:: far && master[1] && (!master[0] || epoch[1] > epoch[0]) -> m = 1
	:: far && master[0] && master[1] && epoch[0] == epoch[1] -> m = OTHER(c)
	:: else -> goto over
	fi;
	a = OTHER(m);
	if /* --force; when all is quiet, the operator says it if it is asked for */
	:: epoch[a] < epoch[m] || quiet || (epoch[a] == epoch[m] && !master[a])
	:: epoch[a] >= epoch[m] && !quiet && forces > 0 -> forces--
	:: else -> goto over
	fi;
	s = newest[COMMON];
	cmd = sync;
	if
	:: !master[a] && sw[a] == none && IS_AT(a, s) -> goto sync_pair
#ifdef F_REPLICA_STUCK
	:: !master[a] && !(sw[a] == none && IS_AT(a, s)) -> goto over
#endif
	:: else
	fi;
	own_mark = (sw[a] == none);
	AT(a, sw[a] = back; sw_to[a] = s; sw_epoch[a] = 0; rests[a] = false);
	goto settle_both;

	/* --- lost: the link. A master that made way and knows that nothing was decided needs not ask --- */
lost:
	if
	:: cmd == failover && m == c && own_mark && !deciding -> a = c; goto stay
#ifdef F_REST_IN_DOUBT
	:: cmd == yield && own_mark -> goto rest
#else
	:: cmd == yield && own_mark && !deciding -> goto rest
#endif
	:: else -> goto over
	fi;

	/* --- stay: a change that could not begin, or go on; it is as it was, if only this run has marked it --- */
stay:
#ifndef F_STAY
	if
	:: !own_mark -> goto over
	:: else
	fi;
#endif
	if
	:: rested -> AT(a, sw[a] = resting; sw_epoch[a] = 0; sw_to[a] = 0; rests[a] = false); goto over
	:: master[a] && !rested -> AT(a, ro[a] = false)
	:: else
	fi;
	AT(a, sw[a] = none; sw_epoch[a] = 0; sw_to[a] = 0; rests[a] = false);

over:
	drop_lock(0);
	drop_lock(1);
	if
	:: quiet -> job = 0
	:: else
	fi;
	goto idle
	}
}

/* --- everybody else --- */

/* Whose step is next, and applications. */
proctype world() {
end:
	do
	:: atomic { !quiet -> invariants(); turn[0] ! go }
	:: atomic { !quiet -> turn[1] ! go }
	:: atomic { !quiet && next_write < WRITES && WRITABLE(0) ->
		data[0] = data[0] | BIT(next_write); next_write++ }
	:: atomic { !quiet && next_write < WRITES && WRITABLE(1) ->
		data[1] = data[1] | BIT(next_write); next_write++ }
	od
}

inline run_on(h, what) {
	job = what;
	turn[h] ! go;
	(job == 0);
	invariants()
}

init {
	byte i;

	atomic {
		i = 2;
		do
		:: i < 64 -> newest[i] = newest[i >> 1] + 1; i++
		:: else -> break
		od;
		i = 0;
		sw[0] = none; sw[1] = none;
		snaps[0] = BIT(0); snaps[1] = BIT(0);
		held[0] = BIT(0); held[1] = BIT(0);
		master[0] = true; ro[1] = true;
		run zrep(0); run zrep(1)
	};
	timeout -> run world(); /* once both wait for their turn, or the first turn might be over late, in the quiet */
	/* At any time the troubles may be over. Then one round of commands mends everything. */
	atomic { FREE -> quiet = true; faults = 0; changes = 0; yields = 0; forces = 0; choices = 0 };
	run_on(0, settle);
	run_on(1, settle);
	if /* only failover -L may have left nobody in the lead */
	:: !master[0] && !master[1] && gave_up -> run_on(0, takeover)
	:: !master[0] && !master[1] && gave_up -> run_on(1, takeover)
	:: else
	fi;
	if /* an offer, or a master that made way, waits for whoever wants the role */
	:: WAITS(0) || WAITS(1) -> run_on(0, takeover)
	:: WAITS(0) || WAITS(1) -> run_on(1, takeover)
	:: else
	fi;
	run_on(0, rejoin);
	run_on(1, rejoin);
	if /* one of two masters may have waited, and was no use before the other was its replica */
	:: WAITS(0) || WAITS(1) -> run_on(0, takeover)
	:: WAITS(0) || WAITS(1) -> run_on(1, takeover)
	:: else
	fi;
	i = (master[0] -> 0 : 1);
	run_on(i, sync);
	/* in the end no mark is left */
	assert(!MARKED);
	/* in the end one side is the master, and writable */
	assert(master[i] && WRITABLE(i));
	/* in the end the other side is a replica, and read-only */
	assert(!master[OTHER(i)] && !WRITABLE(OTHER(i)));
	/* in the end both sides have the same */
	assert(IS_AT(0, newest[COMMON]) && IS_AT(1, newest[COMMON]) && data[0] == data[1]);
	/* in the end the common base is held */
	assert(LAST_SENT(0) == newest[COMMON] && LAST_SENT(1) == newest[COMMON]);
	/* in the end the epochs are the same */
	assert(epoch[0] == epoch[1])
}
