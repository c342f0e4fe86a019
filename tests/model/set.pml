/* One dataset on three hosts, A (0), B (1) and C (2): a star (A to B, A to C), with CHAIN a chain (A to B to C), with COPY a
 * pair (A to B) and a third host that comes to have a copy of the replica. README says what is modelled and what is
 * not. An event is what one ZFS transaction, or the locks of the datasets, make one; switch.pml has the finer steps of
 * a change over one link. What is stored is stored as in the program: for each of two tags. */

#ifndef WRITES
#define WRITES 2
#endif
#ifndef FAULTS
#define FAULTS 1 /* killed runs */
#endif
#ifndef CHANGES
#define CHANGES 1 /* planned changes */
#endif
#ifndef FORCES
#define FORCES 0 /* takeover -L */
#endif
#ifndef IMAGES
#define IMAGES 0 /* images set back */
#endif
#ifndef FOREIGN
#define FOREIGN 0 /* snapshots by others */
#endif
#ifndef MOVES
#define MOVES 0 /* changeconfig, of the copy */
#endif
#ifdef F_ONE_STEP
#define AHEAD 0
#else
#define AHEAD 8 /* what a role that is seized counts beside its one: FORCED_AHEAD in src/plan/role/forced.c */
#endif
#define SNAPS 8
#define NONE 0    /* roles under a tag */
#define SENDS 1   /* TAG:master=yes: the master, or what passes on */
#define GETS 2    /* replica */
#define BY_STREAM 1 /* of a copy */
#define BY_DISK 2
#define BY_HAND 3

/* --- what is stored on each member, and under a tag at [T(h, t)] --- */

byte role[6], end[6]; /* end: the host that it names as the other one */
byte sw[6];           /* leaving: the epoch that the other end may have */
byte hold[6];         /* set of snapshots: the base and what a broken sync brought; without a role the ground */
byte sent[6];         /* set of snapshots with the mark */
byte nonce[6], led[6]; /* the link: nonces grow, as time does; the epoch it was drawn under */
byte peer[6], former[6]; /* GUIDs: of the other end, and the set of those that this one has taken the place of */
byte epoch[3], guid[3], snaps[3], data[3];
byte told[3];         /* its source's other link, as of the last sync: 1 + the host, 4 more where that is up */
byte content[SNAPS], next_snap = 1, kept;

/* --- the image of one host --- */

bool taken;
byte i_host, i_epoch, i_guid, i_snaps, i_data, i_told;
byte i_role[2], i_end[2], i_sw[2], i_hold[2], i_sent[2], i_nonce[2], i_led[2], i_peer[2], i_former[2];

/* --- what is not stored --- */

byte runs, run_m; /* planned changes that are on their way from run_m: set of tags */
byte faults = FAULTS, changes = CHANGES, forces = FORCES, images = IMAGES, foreign = FOREIGN, moves = MOVES;
byte next_write, acked, drawn, guids = 3;
bool forced, was_back[3], apart[2], missed; /* apart: an end of that tag was set back, and lacks what it had */
bool quiet, fits, follows;
#ifdef REACH_COMES_OVER
bool came_over;
#endif
#ifdef COPY
byte copied;       /* how C came to be */
bool same_name;    /* its host is called as B's */
bool bare;         /* it says what changeconfig made it say */
byte meant = 3;    /* the two that are the pair, by the operator's word */
#endif
hidden byte newest[256];
hidden byte possible;

#define BIT(n) (1 << (n))
#define UP_TO(n) (BIT((n) + 1) - 1)
#define MAX(a, b) ((a) > (b) -> (a) : (b))
#define HAS(set, n) (((set) >> (n)) & 1)
#define T(h, t) ((h) * 2 + (t))
#define NEWEST(h) newest[snaps[h]]
#define CLEAN(h) (data[h] == content[NEWEST(h)])
#define KNOWN(s, d) (HAS(snaps[s], NEWEST(d)) && CLEAN(d))
#define RECEIVES(h) (role[T(h, 0)] == GETS || role[T(h, 1)] == GETS)
#define LEADS(h) (!RECEIVES(h) && (role[T(h, 0)] == SENDS || role[T(h, 1)] == SENDS))
#define LEAVES(h) (sw[T(h, 0)] != 0 || sw[T(h, 1)] != 0)
#define WRITABLE(h) (LEADS(h) && !LEAVES(h))
#define IS_END(s, d, t) (role[T(s, t)] == SENDS && end[T(s, t)] == (d))
#define FREE(h) (runs == 0 || (h != run_m && !(HAS(runs, 0) && end[T(run_m, 0)] == h) && !(HAS(runs, 1) && end[T(run_m, 1)] == h)))
#ifdef F_SECOND_USER
#define MAY_SETTLE(h, o) true
#else
#define MAY_SETTLE(h, o) (FREE(h) && FREE(o))
#endif
#ifdef F_TWO_LOCKS
#define MAY_LEAVE(h) true
#else
#define MAY_LEAVE(h) (FREE(h) && !LEAVES(h))
#endif

#define FROM(h, s) ((role[T(h, 0)] == GETS && end[T(h, 0)] == s) || (role[T(h, 1)] == GETS && end[T(h, 1)] == s))
#define ALL_HAVE (data[0] == 3 && data[1] == 3 && data[2] == 3)
#if defined(REACH_STAR)
#define GOOD (!forced && LEADS(1) && FROM(0, 1) && FROM(2, 0) && ALL_HAVE)
#elif defined(REACH_STAR_BACK)
#define GOOD (!forced && LEADS(0) && epoch[0] == 3 && epoch[2] == 3 && FROM(1, 0) && FROM(2, 0) && ALL_HAVE)
#elif defined(REACH_CHAIN)
#define GOOD (!forced && LEADS(1) && FROM(0, 1) && FROM(2, 1) && ALL_HAVE)
#elif defined(REACH_CHAIN_END)
#define GOOD (!forced && LEADS(2) && FROM(1, 2) && FROM(0, 1) && ALL_HAVE)
#elif defined(REACH_FORCED)
#define GOOD (forced && LEADS(1) && FROM(0, 1) && FROM(2, 1) && kept != 0 && data[2] == data[1] && data[0] == data[1])
#elif defined(REACH_FOLLOWS)
#define GOOD (forced && LEADS(1) && LEADS(0) && FROM(2, 1) && data[2] == data[1] && kept == 0)
#elif defined(REACH_OUTRANKED)
#define GOOD (forced && LEADS(2) && FROM(1, 2) && FROM(0, 1) && kept != 0 && data[2] == data[1] && data[0] == data[1])
#elif defined(REACH_SPLIT)
#define GOOD ((LEADS(0) + LEADS(1) + LEADS(2) == 2) && epoch[0] == epoch[1] && epoch[1] == epoch[2])
#elif defined(REACH_COMES_OVER)
#define GOOD came_over
#elif defined(REACH_IMAGE)
#define GOOD missed
#elif defined(REACH_MOVED)
#define GOOD (meant != 3 && FROM(2, 0) && FROM(1, 0) && peer[T(0, 0)] == guid[2] && data[2] == 3)
#else
#define GOOD false
#endif

/* Not claimed once an image was set back: only bookmarks could tell what that host had. */
#define ANY_BACK (was_back[0] || was_back[1] || was_back[2])
#define GROUND(a, b) ((snaps[a] & snaps[b]) != 0 || ANY_BACK)
/* Who is a member: a copy is none, and neither is who was left. */
#ifdef COPY
#define MEANT(h) HAS(meant, h)
#define REAL(s, d) (meant == (BIT(s) | BIT(d)))
#else
#define MEANT(h) true
#define REAL(s, d) true
#endif
#define ONE_EPOCH(a, b) (LEADS(a) && LEADS(b) && epoch[a] == epoch[b])

inline invariants() {
	possible = GOOD;
	/* one master for an epoch, unless somebody took the role without asking the master */
	assert(forced || !(ONE_EPOCH(0, 1) || ONE_EPOCH(0, 2) || ONE_EPOCH(1, 2)));
	/* without force, one writable member */
	assert(forced || WRITABLE(0) + WRITABLE(1) + WRITABLE(2) <= 1);
	/* every write that was ever acknowledged is somewhere */
	assert(((data[0] | data[1] | data[2] | kept) & acked) == acked);
	/* a replica is changed by nothing but receives */
	assert((LEADS(0) || CLEAN(0)) && (LEADS(1) || CLEAN(1)) && (LEADS(2) || CLEAN(2)));
	/* who receives does so under one tag */
	assert(!(role[0] == GETS && role[1] == GETS) && !(role[2] == GETS && role[3] == GETS) && !(role[4] == GETS && role[5] == GETS));
	/* any two members have something to go on from */
	assert((!MEANT(0) || !MEANT(1) || GROUND(0, 1)) && (!MEANT(0) || !MEANT(2) || GROUND(0, 2)) && (!MEANT(1) || !MEANT(2) || GROUND(1, 2)));
	assert(possible == 0)
}

/* --- who is who: src/plan/named.c, src/plan/identity.c --- */

/* Is the dataset on `o` what `me` knows as its other end? */
#ifdef COPY
#define BROUGHT(h) (h == 2 && copied == BY_STREAM && !bare)
#define BARE(h, t) (h == 2 && bare && peer[T(h, t)] == 0 && nonce[T(h, t)] == 0)
#else
#define BROUGHT(h) false
#define BARE(h, t) false
#define IS_REFUSED(h) false
#endif
#ifdef F_NO_GUID
#define IS_KNOWN(me, o, t) true
#elif defined(F_NO_FORMER)
#define IS_KNOWN(me, o, t) (peer[T(me, t)] == 0 || guid[o] == peer[T(me, t)])
#else
#define IS_KNOWN(me, o, t) \
	(peer[T(me, t)] == 0 -> (nonce[T(me, t)] == 0 || nonce[T(o, t)] != 0 || !BROUGHT(o)) : \
	 (guid[o] == peer[T(me, t)] || HAS(former[T(o, t)], peer[T(me, t)]) || BARE(o, t)))
#endif

/* By what each says of itself and, where d comes to s, by what that says: does s name d? */
#ifdef COPY
#ifdef F_NO_OWN_WORDS
#define IS_COPY(h) false
#else
#define IS_COPY(h) (h == 2 && !bare && (copied == BY_STREAM || copied == BY_DISK))
#endif
/* Whom the source reaches by its own words is right, but for what came with a stream. */
#define IS_REFUSED(h) (IS_COPY(h) && copied == BY_STREAM)
#ifdef F_NOT_ASKED
#define NAMES(s, d) true
#else
#define NAMES(s, d) (end[T(s, 0)] == d || (same_name && d == 2 && end[T(s, 0)] == 1))
#endif
#endif

#define LAST(h, t) newest[sent[T(h, t)] & snaps[h]]
#define HAS_LAST(h, o, t) ((sent[T(o, t)] & snaps[o]) == 0 || HAS(snaps[h], LAST(o, t)))
#define FITS 0
#define DST_BACK 1
#define SRC_BACK 2

/* A replica, with a source of its own, that meets the master of a higher epoch. */
#define FOLLOWS(s, d, t) \
	(IS_END(s, d, t) && role[T(d, t)] == GETS && end[T(d, t)] != s && !LEAVES(s) && !LEAVES(d) && epoch[s] > epoch[d])

inline link_is(s, d, t) {
	follows = FOLLOWS(s, d, t);
	fits = IS_KNOWN(s, d, t) && IS_KNOWN(d, s, t) || follows || role[T(s, t)] == NONE || role[T(d, t)] == NONE;
	/* a member is never taken for a copy */
	assert(fits || ANY_BACK || !REAL(s, d) || quiet || end[T(d, t)] != s);
	is = FITS;
	if
#ifdef F_NO_LINK
#else
	:: role[T(d, t)] != SENDS && !follows && nonce[T(s, t)] != 0 && nonce[T(d, t)] != 0 && nonce[T(s, t)] != nonce[T(d, t)] ->
		if
#ifndef F_EPOCH_AGAIN
		:: role[T(s, t)] != SENDS && led[T(s, t)] > epoch[d] -> is = DST_BACK
		:: role[T(s, t)] != SENDS && led[T(d, t)] > epoch[s] -> is = SRC_BACK
#endif
		:: else ->
#ifdef F_NONCE_ONLY
			is = SRC_BACK
#else
			if
			:: HAS_LAST(s, d, t) && HAS_LAST(d, s, t)
			:: HAS_LAST(s, d, t) && !HAS_LAST(d, s, t) -> is = DST_BACK
			:: !HAS_LAST(s, d, t) && !HAS_LAST(d, s, t) && nonce[T(d, t)] < nonce[T(s, t)] -> is = DST_BACK
			:: else -> is = SRC_BACK
			fi
#endif
		fi
#endif
	:: else
	fi;
	/* what lacks what it had is never taken for what it was */
	assert(is != FITS || !apart[t] || quiet || !fits || follows || role[T(d, t)] == SENDS || (HAS_LAST(s, d, t) && HAS_LAST(d, s, t)));
#ifdef REACH_IMAGE
	missed = missed || is != FITS;
#endif
	/* where no image was set back, nothing is taken for one */
	assert(is == FITS || ANY_BACK || !REAL(s, d) || end[T(d, t)] != s);
	fits = (fits && is == FITS) || quiet
}

/* --- sync: src/plan/sync.c --- */

/* Nothing but the newest and what somebody holds stays: the most that expiry may do. */
inline expire(h, more) {
	snaps[h] = snaps[h] & (BIT(NEWEST(h)) | hold[T(h, 0)] | hold[T(h, 1)] | (more));
	hold[T(h, 0)] = hold[T(h, 0)] & snaps[h]; hold[T(h, 1)] = hold[T(h, 1)] & snaps[h];
	sent[T(h, 0)] = sent[T(h, 0)] & snaps[h]; sent[T(h, 1)] = sent[T(h, 1)] & snaps[h]
}

#ifdef F_NO_GROUND
#define GROUND_OF(s, o) 0
#else
#define GROUND_OF(s, o) (hold[T(s, o)] == 0 -> 0 : BIT(newest[hold[T(s, o)]]))
#endif
#ifdef F_NOT_TOLD_BACK
#define HELD_THERE(d, o) 0
#else
#define HELD_THERE(d, o) hold[T(d, o)]
#endif

/* A snapshot, if anything was written, and the stream; it brings what the source's other pair has as well. n: the newest. */
inline transfer(s, d, t) {
	if
	:: LEADS(s) && !CLEAN(s) ->
		assert(next_snap < SNAPS);
		content[next_snap] = data[s]; snaps[s] = snaps[s] | BIT(next_snap); next_snap++
	:: else
	fi;
	n = NEWEST(s);
	k = BIT(n) | (snaps[s] & GROUND_OF(s, 1 - t));
	snaps[d] = snaps[d] | (k & ~UP_TO(NEWEST(d)));
	data[d] = content[NEWEST(d)];
	hold[T(s, t)] = hold[T(s, t)] | BIT(n); hold[T(d, t)] = hold[T(d, t)] | BIT(n)
}

inline record(h, o, t) {
	sent[T(h, t)] = sent[T(h, t)] | BIT(n); nonce[T(h, t)] = drawn; led[T(h, t)] = k;
	peer[T(h, t)] = guid[o];
	if
	:: former[T(h, t)] != 0 && p == guid[h] -> former[T(h, t)] = 0
	:: else
	fi;
	epoch[h] = k
}

#define OTHERS(s, t) \
	(role[T(s, 1 - t)] == NONE -> 0 : 1 + end[T(s, 1 - t)] + (role[T(s, 1 - t)] == GETS -> 4 : 0))

/* What the ends store by a sync that went through, each in one transaction: both, or one of them, if it is killed. */
inline record_both(s, d, t, at) {
	drawn++;
	k = MAX(epoch[s], epoch[d]);
	r = peer[T(s, t)];
	if
	:: HAS(at, 0) -> p = peer[T(d, t)]; record(s, d, t)
	:: else
	fi;
	if
	:: HAS(at, 1) -> p = r; record(d, s, t); told[d] = OTHERS(s, t)
	:: else
	fi
}

inline finish_sync(s, d, t) {
	record_both(s, d, t, 3);
	hold[T(s, t)] = BIT(n); hold[T(d, t)] = BIT(n);
	k = GROUND_OF(s, 1 - t) & snaps[d];
	if
	:: k == 0
	:: k != 0 && role[T(d, 1 - t)] == NONE -> k = k | hold[T(d, 1 - t)]; hold[T(d, 1 - t)] = BIT(newest[k])
	:: k != 0 && role[T(d, 1 - t)] != NONE -> hold[T(d, 1 - t)] = hold[T(d, 1 - t)] | k
	fi;
	expire(s, HELD_THERE(d, 1 - t)); expire(d, 0)
}

inline forget_link(h, tg) {
	role[T(h, tg)] = NONE; end[T(h, tg)] = 0; sw[T(h, tg)] = 0; nonce[T(h, tg)] = 0; led[T(h, tg)] = 0; peer[T(h, tg)] = 0; former[T(h, tg)] = 0
}

/* A link by which what follows s sends to it is given up: who leads receives nothing. */
#define SENDS_UP(s, d, t) (role[T(d, 1 - t)] == SENDS && end[T(d, 1 - t)] == s && role[T(s, 1 - t)] != GETS)
inline follow(s, d, t) {
	end[T(d, t)] = s; nonce[T(d, t)] = 0; led[T(d, t)] = 0; peer[T(d, t)] = 0;
	if
	:: SENDS_UP(s, d, t) && LEADS(s) -> forget_link(d, 1 - t)
	:: else
	fi
}

/* May it come in, by d's other tag? */
#define MAY_RECEIVE(s, d, t) \
	(FOLLOWS(s, d, t) && LEADS(s) && SENDS_UP(s, d, t) || role[T(d, 1 - t)] == NONE || (role[T(d, 1 - t)] == SENDS && end[T(d, 1 - t)] != s) || (role[T(d, 1 - t)] == GETS && end[T(d, 1 - t)] == s))
#define MAY_SYNC(s, d, t) \
	(role[T(s, t)] == SENDS && role[T(d, t)] == GETS && !LEAVES(s) && !LEAVES(d) && \
	 (end[T(d, t)] == s || FOLLOWS(s, d, t)) && MAY_RECEIVE(s, d, t))
#define HAS_NEWS(s, d, t) \
	(NEWEST(s) != NEWEST(d) || (LEADS(s) && !CLEAN(s)) || epoch[s] != epoch[d] || nonce[T(s, t)] != nonce[T(d, t)] || \
	 nonce[T(d, t)] == 0 || told[d] != OTHERS(s, t) || end[T(d, t)] != s)

inline sync(s, d, t) {
	link_is(s, d, t);
	if
	:: fits && MAY_SYNC(s, d, t) && KNOWN(s, d) ->
		/* nothing is done with a copy, or with one that the pair has left */
		assert(REAL(s, d));
		if
		:: follows -> follow(s, d, t)
		:: else
		fi;
		if
		:: faults > 0 -> faults--; /* broken off */
			if
			:: true -> transfer(s, d, t)
			:: true -> transfer(s, d, t); record_both(s, d, t, 1)
			:: true -> transfer(s, d, t); record_both(s, d, t, 2)
			:: true
			fi
		:: true -> transfer(s, d, t); finish_sync(s, d, t)
		fi
#ifdef F_SYNC_F
	:: fits && IS_END(s, d, t) && !(MAY_SYNC(s, d, t) && KNOWN(s, d)) && !LEAVES(d) && FORCES == 0 && (snaps[s] & snaps[d]) != 0 ->
		snaps[d] = snaps[d] & UP_TO(newest[snaps[s] & snaps[d]]); data[d] = content[NEWEST(d)];
		role[T(d, t)] = GETS; end[T(d, t)] = s
#endif
	:: else
	fi
}

/* --- who comes back: src/plan/role/links.c, rejoin.c, recover.c --- */

/* d is a replica of s under t now. What s has adopted of d's other link is s's; one that came from above is turned round. */
inline come_under(d, s, t) {
	role[T(d, t)] = GETS; end[T(d, t)] = s; sw[T(d, t)] = 0;
	nonce[T(d, t)] = nonce[T(s, t)]; led[T(d, t)] = led[T(s, t)];
	epoch[d] = epoch[s]; apart[t] = false;
	if
#ifndef F_BOTH_SEND
	:: role[T(d, 1 - t)] != NONE && role[T(s, 1 - t)] == SENDS && end[T(s, 1 - t)] == end[T(d, 1 - t)] -> forget_link(d, 1 - t)
#endif
#ifndef F_SENT_UP
	:: role[T(d, 1 - t)] == SENDS && role[T(s, 1 - t)] == GETS && end[T(s, 1 - t)] == end[T(d, 1 - t)] -> forget_link(d, 1 - t)
#endif
	/* what it sent to s itself is given up, where s does not receive it */
	:: role[T(d, 1 - t)] == SENDS && end[T(d, 1 - t)] == s && role[T(s, 1 - t)] != GETS -> forget_link(d, 1 - t)
#ifndef F_NOT_TURNED
	:: role[T(d, 1 - t)] == GETS && LEADS(s) && !(role[T(s, 1 - t)] == SENDS && end[T(s, 1 - t)] == end[T(d, 1 - t)]) -> role[T(d, 1 - t)] = SENDS
#endif
	:: else
	fi
}

/* DEED_ROLE of src/plan/tags.c: d takes or gives the role over t, to or from s. */
#define OUTRANKED(d, s, t, force) \
	(role[T(d, t)] == SENDS && role[T(s, t)] == SENDS && LEADS(s) && (epoch[s] > epoch[d] || (force && epoch[s] == epoch[d])))
#ifdef F_ONE_TAG
#define MAY_GIVE(m) true
#define MAY_COME(d, s, t, force) true
#else
#define MAY_GIVE(m) LEADS(m)
#define MAY_COME(d, s, t, force) \
	(role[T(d, 1 - t)] == NONE || (role[T(d, 1 - t)] == SENDS && end[T(d, 1 - t)] != s) || \
	 (role[T(d, 1 - t)] == SENDS && role[T(s, 1 - t)] != GETS && OUTRANKED(d, s, t, force)) || \
	 (role[T(d, 1 - t)] == GETS && OUTRANKED(d, s, t, force)))
#endif
#define MAY_TURN(d, s, t) MAY_COME(d, s, t, false)

/* The loser comes back; what only it has is kept aside. */
inline rejoin(d, s, t, force) {
	link_is(s, d, t);
	if
	:: (fits || (is == SRC_BACK && IS_KNOWN(s, d, t) && IS_KNOWN(d, s, t))) && role[T(s, t)] == SENDS && !LEAVES(s) &&
	   role[T(d, t)] != NONE && end[T(d, t)] == s && sw[T(d, 1 - t)] == 0 && MAY_COME(d, s, t, force) &&
	   (epoch[d] < epoch[s] || (role[T(d, t)] == GETS && epoch[d] == epoch[s]) || (force && (role[T(d, t)] == GETS || epoch[d] == epoch[s]))) &&
	   (role[T(d, t)] == SENDS || !KNOWN(s, d)) ->
		assert(REAL(s, d));
		k = snaps[s] & snaps[d];
		/* no full copy is needed */
		assert(k != 0 || ANY_BACK);
		if
		:: !KNOWN(s, d) ->
			kept = kept | data[d];
			if
			:: k == 0 -> snaps[d] = snaps[s]; apart[1 - t] = false /* after an image only: bookmarks are not modelled */
			:: else -> snaps[d] = snaps[d] & UP_TO(newest[k])
			fi;
			data[d] = content[NEWEST(d)];
			hold[T(d, t)] = hold[T(d, t)] & snaps[d] | BIT(NEWEST(d)); hold[T(d, 1 - t)] = hold[T(d, 1 - t)] & snaps[d];
#ifndef F_STALE_GROUND
			if /* its other tag's snapshots are not expired by this one's syncs */
			:: hold[T(d, 1 - t)] == 0 && role[T(d, 1 - t)] != NONE -> hold[T(d, 1 - t)] = BIT(NEWEST(d))
			:: else
			fi;
#endif
			sent[T(d, 0)] = sent[T(d, 0)] & snaps[d]; sent[T(d, 1)] = sent[T(d, 1)] & snaps[d];
			/* a clone, which the other ends know by what it takes the place of */
			former[T(d, t)] = former[T(d, t)] | BIT(guid[d]);
			if
#ifdef F_FORMER_AGAIN
			:: role[T(d, 1 - t)] != NONE -> former[T(d, 1 - t)] = BIT(guid[d])
#else
			:: role[T(d, 1 - t)] != NONE -> former[T(d, 1 - t)] = former[T(d, 1 - t)] | BIT(guid[d])
#endif
			:: else
			fi;
			assert(guids < 7);
			guids++; guid[d] = guids
		:: else
		fi;
		come_under(d, s, t)
	:: else
	fi
}

/* d receives under the other tag, from whom s has outranked or equals, and has no link of tag t: it comes over to s, and is a
 * replica that may have what s has not. */
#define COMES_OVER(d, s, t) (IS_END(s, d, t) && LEADS(s) && !LEAVES(s) && role[T(d, t)] == NONE && role[T(d, 1 - t)] == GETS && \
	end[T(d, 1 - t)] != s && sw[T(d, 1 - t)] == 0 && epoch[d] <= epoch[s])
inline come_over(d, s, t) {
	p = epoch[d]; r = end[T(d, 1 - t)];
	if
#ifndef F_LEFT_LEVEL
	:: epoch[s] == p -> epoch[s] = p + 2 /* go_above() in src/plan/role/rejoin.c */
#endif
	:: else
	fi;
	/* who is left for another one is not of the epoch of that one */
	assert(!(LEADS(r) && epoch[r] == p && epoch[s] == p));
	come_under(d, s, t);
	epoch[d] = p; /* it counts on when it has what s has */
#ifdef F_NOT_KNOWN
	former[T(d, t)] = 0; peer[T(d, t)] = 0
#else
	former[T(d, t)] = (peer[T(s, t)] == 0 || peer[T(s, t)] == guid[d] -> 0 : BIT(peer[T(s, t)])); peer[T(d, t)] = 0
#endif
#ifdef REACH_COMES_OVER
	; came_over = true
#endif
}

/* What a mark has become: the other end stores whether it has decided, also if it is not the master any more. */
inline settle(m, t) {
	n = end[T(m, t)];
	link_is(m, n, t);
	if
	:: !fits
#ifdef F_ASKS_FOR_MASTER
	:: fits && LEADS(n) && epoch[n] >= sw[T(m, t)] ->
#else
	:: fits && role[T(n, t)] == SENDS && epoch[n] >= sw[T(m, t)] ->
#endif
		if
		:: !MAY_TURN(m, n, t)
#ifdef F_COMPARE_NEWEST
		:: MAY_TURN(m, n, t) && KNOWN(n, m) ->
#else
		:: MAY_TURN(m, n, t) && data[m] == content[newest[snaps[m] & snaps[n]]] -> /* a snapshot without data of its own goes */
			snaps[m] = snaps[m] & UP_TO(newest[snaps[m] & snaps[n]]);
#endif
			come_under(m, n, t)
		:: else /* superseded: rejoin decides */
		fi
#ifdef F_ASKS_FOR_MASTER
	:: fits && !LEADS(n) -> sw[T(m, t)] = 0
#endif
	/* one that follows another, or has given the link up, may have decided before: then m is of an older epoch, and stays
	 * shut until the operator brings it back */
	:: fits && quiet && role[T(n, t)] != SENDS -> sw[T(m, t)] = 0
	:: fits && ((role[T(n, t)] == GETS && end[T(n, t)] == m) || (role[T(n, t)] != SENDS && epoch[n] < sw[T(m, t)]) ||
	   (role[T(n, t)] == SENDS && epoch[n] < epoch[m])) -> sw[T(m, t)] = 0
	:: else
	fi
}

/* --- the planned change: src/plan/role/switchover.c --- */

inline leave(m, d, t) {
	link_is(m, d, t);
	if
#ifdef F_TWO_LOCKS
	:: fits && role[T(d, t)] == GETS && end[T(d, t)] == m && KNOWN(m, d) ->
#else
	:: fits && role[T(d, t)] == GETS && end[T(d, t)] == m && !LEAVES(d) && KNOWN(m, d) && MAY_TURN(m, d, t) && MAY_TURN(d, m, t) ->
#endif
		assert(REAL(m, d));
		changes--; sw[T(m, t)] = MAX(epoch[m], epoch[d]) + 1; runs = runs | BIT(t); run_m = m
	:: else
	fi
}

inline lead(h, o, t, number) {
	role[T(h, t)] = SENDS; end[T(h, t)] = o; epoch[h] = number
}

/* The last sync and the decision: the mark is this run's, and the newest snapshot is covered. */
inline decide(m, t) {
	b = end[T(m, t)];
	if
#if !defined(F_TWO_LOCKS) && !defined(F_SECOND_USER)
	:: sw[T(m, t)] == 0
#endif
	:: else ->
#ifndef F_UNCOVERED
		if
		:: NEWEST(m) != NEWEST(b) || !CLEAN(m) -> transfer(m, b, t); record_both(m, b, t, 3)
		:: else
		fi;
#endif
		told[b] = 0;
		n = MAX(epoch[m], epoch[b]) + 1; /* plan_next_epoch() */
		drawn++; nonce[T(b, t)] = drawn; led[T(b, t)] = n;
		lead(b, m, t, n)
	fi;
	runs = runs & ~BIT(t)
}

/* Nobody leads, which here only an image brings about: the replica that asks may, if the other has nothing more. */
inline take_up(h, o, t) {
	link_is(o, h, t);
	if
	:: fits && KNOWN(h, o) && MAY_TURN(h, o, t) && MAY_TURN(o, h, t) ->
		assert(REAL(o, h));
		if
#ifdef F_EPOCH_AGAIN
		:: epoch[h] < epoch[o] -> n = epoch[o]
#else
		:: epoch[h] < epoch[o] -> n = (nonce[T(o, t)] != 0 && led[T(o, t)] >= epoch[o] -> epoch[o] + 2 : epoch[o])
#endif
		:: epoch[h] >= epoch[o] -> n = epoch[h] + 1
		fi;
		/* an epoch that either side has seen led at is used up */
		assert(n > led[T(h, t)] && n > led[T(o, t)]);
		drawn++; nonce[T(h, t)] = drawn; led[T(h, t)] = n;
		lead(h, o, t, n)
	:: else
	fi
}

/* --- takeover -L: src/plan/role/forced.c, better.c --- */

/* The third member, if h knows of it, and it can be reached. */
#define THIRD(h, t) (3 - (h) - end[T(h, t)])
#define KNOWS_THIRD(h, t) (told[h] != 0 || role[T(h, 1 - t)] == SENDS)
#define BASE(a, b) newest[snaps[a] & snaps[b]]
#define MORE_AT(r, h) \
	((snaps[r] & snaps[h]) != 0 && ((LEADS(r) && epoch[r] >= epoch[h]) || \
	 (data[r] != content[BASE(r, h)] && (data[h] == content[BASE(r, h)] || NEWEST(r) >= NEWEST(h)))))
inline seize(h, t) {
	r = THIRD(h, t);
	if
#ifndef F_NO_LOOK
	:: reached && MORE_AT(r, h)
#endif
#ifdef COPY
	:: IS_COPY(h)
#endif
	:: else ->
#ifdef COPY
		/* a copy does not lead */
		assert(h != 2 || bare);
#endif
		/* no member that can be reached has what the new master has not */
		assert(!reached || ANY_BACK || quiet || (data[r] & ~data[h]) == 0);
		/* who is put at the head is ahead of all who led by a planned change, whether he has heard of that or not */
		assert(forced || epoch[h] + 1 + AHEAD > MAX(epoch[0], MAX(epoch[1], epoch[2])));
		forced = true;
		lead(h, end[T(h, t)], t, epoch[h] + 1 + AHEAD);
		nonce[T(h, t)] = 0; led[T(h, t)] = 0;
		apart[t] = false;
#ifndef F_NOT_ADOPTED
		if
		:: told[h] != 0 && told[h] < 4 && told[h] - 1 != h && role[T(h, 1 - t)] == NONE ->
			role[T(h, 1 - t)] = SENDS; end[T(h, 1 - t)] = told[h] - 1
		:: else
		fi;
#endif
		/* whom the former master sent to has somebody to follow, should that one never come back */
		assert(told[h] == 0 || told[h] >= 4 || told[h] - 1 == h || role[T(h, 1 - t)] != NONE);
		told[h] = 0
	fi
}

/* --- images --- */

inline take_image(h) {
	taken = true; i_host = h; i_epoch = epoch[h]; i_guid = guid[h]; i_snaps = snaps[h]; i_data = data[h]; i_told = told[h]; n = 0;
	do
	:: n < 2 -> i_role[n] = role[T(h, n)]; i_end[n] = end[T(h, n)]; i_sw[n] = sw[T(h, n)]; i_hold[n] = hold[T(h, n)];
		i_sent[n] = sent[T(h, n)]; i_nonce[n] = nonce[T(h, n)]; i_led[n] = led[T(h, n)]; i_peer[n] = peer[T(h, n)];
		i_former[n] = former[T(h, n)]; n++
	:: else -> break
	od
}

/* It is apart from the other end where it lacks what that end's mark is on, and had it. */
inline set_back(h) {
	images--; forced = true; was_back[h] = true; n = 0;
	do
	:: n < 2 ->
		k = end[T(h, n)];
		if
		:: role[T(h, n)] != NONE && role[T(k, n)] != NONE && end[T(k, n)] == h && (sent[T(k, n)] & snaps[k]) != 0 &&
		   HAS(snaps[h], LAST(k, n)) && !HAS(i_snaps, LAST(k, n)) && nonce[T(k, n)] == nonce[T(h, n)] -> apart[n] = true
		:: else
		fi;
		n++
	:: else -> break
	od;
	epoch[h] = i_epoch; guid[h] = i_guid; snaps[h] = i_snaps; data[h] = i_data; told[h] = i_told; n = 0;
	do
	:: n < 2 -> role[T(h, n)] = i_role[n]; end[T(h, n)] = i_end[n]; sw[T(h, n)] = i_sw[n]; hold[T(h, n)] = i_hold[n];
		sent[T(h, n)] = i_sent[n]; nonce[T(h, n)] = i_nonce[n]; led[T(h, n)] = i_led[n]; peer[T(h, n)] = i_peer[n];
		former[T(h, n)] = i_former[n]; n++
	:: else -> break
	od;
	acked = acked & (data[0] | data[1] | data[2] | kept);
	i_host = 0; i_epoch = 0; i_guid = 0; i_snaps = 0; i_data = 0; i_told = 0; n = 0;
	do
	:: n < 2 -> i_role[n] = 0; i_end[n] = 0; i_sw[n] = 0; i_hold[n] = 0; i_sent[n] = 0; i_nonce[n] = 0; i_led[n] = 0; i_peer[n] = 0; i_former[n] = 0; n++
	:: else -> break
	od
}

/* --- a copy of B on C, and changeconfig: src/plan/setup/relocate.c --- */

#ifdef COPY
/* By zfs send -R, which says all that counts as received only; a disk, with its GUIDs; or in the place of the replica,
 * with its properties set again. */
inline copy() {
	if
	:: copied = BY_STREAM; same_name = true
	:: copied = BY_STREAM
	:: copied = BY_DISK
	:: copied = BY_HAND; same_name = true
	fi;
	snaps[2] = snaps[1]; data[2] = data[1]; epoch[2] = epoch[1];
	role[T(2, 0)] = GETS; end[T(2, 0)] = end[T(1, 0)];
	if
	:: copied != BY_STREAM ->
		sent[T(2, 0)] = sent[T(1, 0)]; hold[T(2, 0)] = hold[T(1, 0)]; nonce[T(2, 0)] = nonce[T(1, 0)];
		led[T(2, 0)] = led[T(1, 0)]; peer[T(2, 0)] = peer[T(1, 0)]; former[T(2, 0)] = former[T(1, 0)]
	:: else
	fi;
	if
	:: copied == BY_DISK -> guid[2] = guid[1]
	:: else
	fi
}

inline forget_end(h) {
	nonce[T(h, 0)] = 0; led[T(h, 0)] = 0; peer[T(h, 0)] = 0; former[T(h, 0)] = 0
}

inline say_replica(m) {
	bare = true; role[T(2, 0)] = GETS; end[T(2, 0)] = m; forget_end(2)
}
#endif

byte a, b, t, n, p, k, r, x, y, is;
bool reached;

inline member(x) { if :: x = 0 :: x = 1 :: x = 2 fi }
inline tag(x) { if :: x = 0 :: x = 1 fi }
inline forget() { a = 0; b = 0; t = 0; n = 0; p = 0; k = 0; r = 0; is = 0; x = 0; y = 0; reached = 0; fits = 0; follows = 0 }

/* --- in the end --- */

/* What the operator does where sync refuses, and the sync. */
inline mend_one(s, d, t) {
	if
	:: COMES_OVER(d, s, t) -> come_over(d, s, t)
	:: else
	fi;
	if /* changeconfig: a master whose link somebody has adopted names another one */
	:: role[T(d, t)] == SENDS && end[T(d, t)] != s -> end[T(d, t)] = s; nonce[T(d, t)] = 0; peer[T(d, t)] = 0; former[T(d, t)] = 0
	:: else
	fi;
	if
	:: role[T(d, t)] == SENDS || (end[T(d, t)] == s && !KNOWN(s, d)) -> rejoin(d, s, t, true)
	:: else
	fi;
	link_is(s, d, t);
	if
	:: !KNOWN(s, d) && MAY_SYNC(s, d, t) -> /* one that follows is told, and rejoins */
		follow(s, d, t);
		rejoin(d, s, t, true)
	:: else
	fi;
	if
	:: MAY_SYNC(s, d, t) && KNOWN(s, d) ->
		if
		:: end[T(d, t)] != s -> follow(s, d, t)
		:: else
		fi;
		transfer(s, d, t); finish_sync(s, d, t)
	:: else
	fi
}

#define TIED(h) ((h != 0 && ONE_EPOCH(0, h)) || (h != 1 && ONE_EPOCH(1, h)) || (h != 2 && ONE_EPOCH(2, h)))
#define LOST_END(h, t) (role[T(h, t)] == SENDS && role[T(end[T(h, t)], t)] == NONE)
#ifdef LED
/* whom nobody has a link to stays alone: C is the one that can be chosen */
#define SENT_TO(h) (TIED(h) && h != 2)
#else
#define SENT_TO(h) (TIED(h) && (LOST_END(h, 0) || LOST_END(h, 1)))
#endif

/* One round of settling, rejoin and sync over all links, from the master outwards. */
inline mend() {
	quiet = true; faults = 0; runs = 0;
#ifdef COPY
	if
	:: MEANT(2) && role[T(2, 0)] == GETS && !bare && copied == BY_STREAM -> a = newest[meant & 3]; say_replica(a)
	:: else
	fi;
#endif
	a = 0;
	do
	:: a < 6 -> if :: sw[a] != 0 -> settle(a >> 1, a & 1) :: else fi; a++
	:: else -> break
	od;
	/* without force or an image, one member leads */
	assert(forced || MEANT(0) * LEADS(0) + MEANT(1) * LEADS(1) + MEANT(2) * LEADS(2) == 1);
	if
	:: !LEADS(0) && !LEADS(1) && !LEADS(2) -> /* the operator names one */
		a = (NEWEST(0) >= NEWEST(1) -> 0 : 1); a = (NEWEST(2) > NEWEST(a) -> 2 : a);
		n = MAX(epoch[0], MAX(epoch[1], epoch[2])) + 1;
		t = (role[T(a, 0)] == GETS -> 0 : 1);
		lead(a, end[T(a, t)], t, n)
	:: else -> /* the highest epoch; of two masters of one, one that is not in the way of a third */
		if
		:: MEANT(0) && LEADS(0) && !(LEADS(1) && epoch[1] > epoch[0]) && !(LEADS(2) && epoch[2] > epoch[0]) && !SENT_TO(0) -> a = 0
		:: MEANT(1) && LEADS(1) && !(LEADS(0) && epoch[0] > epoch[1]) && !(LEADS(2) && epoch[2] > epoch[1]) && !SENT_TO(1) -> a = 1
		:: MEANT(2) && LEADS(2) && !(LEADS(0) && epoch[0] > epoch[2]) && !(LEADS(1) && epoch[1] > epoch[2]) && !SENT_TO(2) -> a = 2
		fi
	fi;
	sw[T(a, 0)] = 0; sw[T(a, 1)] = 0;
	t = 0;
	do
	:: t < 2 ->
		if
		:: role[T(a, t)] == SENDS && MEANT(end[T(a, t)]) -> b = end[T(a, t)]; mend_one(a, b, t)
		:: else
		fi;
		t++
	:: else -> break
	od;
	x = 0;
	do /* what passes on */
	:: x < 4 ->
		b = (a + 1 + (x >> 1)) % 3; t = x & 1; y = end[T(b, t)];
		if
		:: role[T(b, t)] == SENDS && role[T(b, 1 - t)] == GETS && y != a && MEANT(b) -> mend_one(b, y, t)
		:: else
		fi;
		x++
	:: else -> break
	od;
	/* in the end one member is the master */
	assert(MEANT(0) * LEADS(0) + MEANT(1) * LEADS(1) + MEANT(2) * LEADS(2) == 1 && WRITABLE(a));
	/* in the end all have the same */
	assert((!MEANT(0) || data[0] == data[a]) && (!MEANT(1) || data[1] == data[a]) && (!MEANT(2) || data[2] == data[a]));
	/* in the end the epochs are the same; one that only the last of a chain knows comes back with one more round */
	assert(ANY_BACK || (!MEANT(0) || epoch[0] == epoch[a]) && (!MEANT(1) || epoch[1] == epoch[a]) && (!MEANT(2) || epoch[2] == epoch[a]));
	/* in the end every link has both its ends */
	n = 0;
	do
	:: n < 6 -> assert(role[n] != SENDS || !MEANT(n >> 1) || (role[T(end[n], n & 1)] == GETS && end[T(end[n], n & 1)] == n >> 1)); n++
	:: else -> break
	od
}

init {
	atomic {
		n = 2;
		do
		:: n < 255 -> newest[n] = newest[n >> 1] + 1; n++
		:: else -> newest[255] = 7; break
		od;
		n = 0;
		do
		:: n < 3 -> snaps[n] = 1; epoch[n] = 1; guid[n] = n + 1; n++
		:: else -> break
		od;
#ifndef OVER
		role[T(0, 0)] = SENDS; end[T(0, 0)] = 1; role[T(1, 0)] = GETS; end[T(1, 0)] = 0;
#endif
#ifdef OVER
		/* A had come back to B, and has what only B wrote; then C was chosen of the two, and B came back to it */
		role[T(0, 0)] = GETS; end[T(0, 0)] = 1; role[T(1, 0)] = GETS; end[T(1, 0)] = 2;
		role[T(2, 0)] = SENDS; end[T(2, 0)] = 1; role[T(2, 1)] = SENDS; end[T(2, 1)] = 0; told[1] = 1;
		epoch[1] = 2; epoch[2] = 2; forced = true;
#ifdef LED
		/* or B leads still, and A has heard of that */
		role[T(1, 0)] = SENDS; end[T(1, 0)] = 0; role[T(2, 0)] = NONE; end[T(2, 0)] = 0; told[1] = 0; epoch[0] = 2;
#endif
		content[1] = 1; snaps[0] = 3; data[0] = 1; acked = 1; next_write = 1; next_snap = 2
#elif defined(COPY)
		snaps[2] = 0
#elif defined(CHAIN)
		role[T(1, 1)] = SENDS; end[T(1, 1)] = 2; role[T(2, 1)] = GETS; end[T(2, 1)] = 1; told[2] = 5
#else
		role[T(0, 1)] = SENDS; end[T(0, 1)] = 2; role[T(2, 1)] = GETS; end[T(2, 1)] = 0; told[1] = 3; told[2] = 2
#endif
		;
		n = 0;
		do
		:: n < 6 ->
			if
			:: role[n] != NONE -> hold[n] = 1; sent[n] = 1; nonce[n] = 1; led[n] = 1; peer[n] = end[n] + 1
#ifndef F_NO_GROUND
			:: role[n] == NONE && told[n >> 1] != 0 -> hold[n] = 1
#endif
			:: else
			fi;
			n++
		:: else -> break
		od;
		drawn = 1;
#ifdef OVER
		hold[T(0, 0)] = 2; sent[T(0, 0)] = 2; nonce[T(2, 1)] = 0; led[T(2, 1)] = 0;
		guid[0] = 4; guids = 4; peer[T(1, 0)] = (peer[T(1, 0)] == 1 -> 4 : peer[T(1, 0)]); /* when it came back to B; C knows the one before */
		hold[T(0, 1)] = 1; hold[T(1, 1)] = 1; /* what came along for the other link */
#endif
		forget()
	};
	do
	:: atomic { member(a); member(b); tag(t);
		if
		:: a == b && t == 0 && next_write < WRITES && WRITABLE(a) ->
			data[a] = data[a] | BIT(next_write); acked = acked | BIT(next_write); next_write++
		:: a == b && t == 0 && foreign > 0 && LEADS(a) -> foreign--;
			content[next_snap] = data[a]; snaps[a] = snaps[a] | BIT(next_snap); next_snap++
		:: a != b && IS_END(a, b, t) && FREE(a) && FREE(b) && HAS_NEWS(a, b, t) && !IS_REFUSED(b) -> sync(a, b, t)
		:: a != b && changes > 0 && IS_END(a, b, t) && MAY_GIVE(a) && FREE(b) && MAY_LEAVE(a) && !IS_REFUSED(b) -> leave(a, b, t)
		:: a == b && HAS(runs, t) && a == run_m -> decide(a, t)
		:: a == b && t == 0 && runs != 0 && faults > 0 -> faults--; runs = 0 /* killed */
		:: a == b && sw[T(a, t)] != 0 && MAY_SETTLE(a, end[T(a, t)]) -> settle(a, t)
		:: a == b && forces > 0 && role[T(a, t)] == GETS && FREE(a) -> forces--;
			if
			:: reached = false
			:: KNOWS_THIRD(a, t) -> reached = true
			fi;
			seize(a, t)
		:: a != b && IS_END(b, a, t) && FREE(a) && FREE(b) && epoch[a] <= epoch[b] && role[T(a, t)] != NONE &&
		   (role[T(a, t)] == SENDS || !KNOWN(b, a)) -> rejoin(a, b, t, false)
		:: a != b && COMES_OVER(a, b, t) && FREE(a) && FREE(b) -> come_over(a, b, t)
		:: a != b && images < IMAGES && role[T(a, t)] == GETS && end[T(a, t)] == b && role[T(b, t)] == GETS && end[T(b, t)] == a &&
		   FREE(a) && FREE(b) -> take_up(a, b, t)
		:: a == b && t == 0 && images > 0 && !taken -> take_image(a)
		:: a == b && t == 0 && images > 0 && taken && a == i_host && FREE(a) -> set_back(a)
#ifdef COPY
		:: a == b && a == 2 && t == 0 && copied == 0 && role[T(1, 0)] == GETS && !LEAVES(1) -> copy()
		/* whoever takes himself for the replica comes to his master */
		:: a != b && t == 0 && role[T(b, 0)] == GETS && end[T(b, 0)] == a && end[T(a, 0)] != b && NAMES(a, b) && !IS_COPY(b) && FREE(a) && FREE(b) ->
			if
			:: role[T(a, 0)] == SENDS -> sync(a, b, 0)
			:: role[T(a, 0)] == SENDS && !LEAVES(a) -> leave(a, b, 0)
			:: role[T(a, 0)] == SENDS -> rejoin(b, a, 0, false)
			:: role[T(a, 0)] == GETS -> take_up(b, a, 0)
			:: true
			fi
		:: a == b && a == 2 && t == 0 && copied != 0 && copied != BY_HAND && !bare && role[T(2, 0)] == GETS -> seize(2, 0)
		:: a == b && t == 1 && moves > 0 && copied != 0 && WRITABLE(a) && FREE(a) && GROUND(a, 2) -> moves--;
			end[T(a, 0)] = 2; forget_end(a); meant = BIT(a) | 4
		:: a != b && t == 0 && b == 2 && copied != 0 && !bare && meant == (BIT(a) | 4) && role[T(2, 0)] == GETS -> say_replica(a)
#endif
		:: else
		fi;
		forget(); invariants() }
	:: atomic { runs == 0 -> mend(); break }
	od
}
