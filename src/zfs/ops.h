/* What a host can do, by name. An operation takes an nvlist of arguments and gives one of results;
 * every one takes a batch. The same table serves this host directly and another through the agent,
 * so it is also the list of what a peer may ask for: each checks what it is given.
 *
 * Where an operation works on many things, the result holds
 *     errors   nvlist: name -> error (see nv_add_err)
 * for those that failed; the others are done. */
#ifndef ZREP_ZFS_OPS_H
#define ZREP_ZFS_OPS_H

#include <errno.h>

/* list: the state of datasets.
 *   tag       string
 *   datasets  string array; absent: every dataset that carries TAG:src-fs
 *   own       string array: which of zrep's own properties are told, without the tag
 *   settings  string array: native properties that are told as well, as far as the `zfs` there knows them
 *   masters   flag: only `names`, of every dataset on which TAG:master is set
 *   settle    flag: commit what is dirty first, so that `written` speaks of now
 *   native    flag: all properties set on the datasets themselves as well
 *   below     flag: what is below each dataset as well
 *   trees     flag: the same of those that are recursive pairs (TAG:recursive)
 *   examine   flag: what only `doctor` wants to know as well (tagged, kept)
 *   asides    flag: every dataset that is part of going back (TAG:switch "back GUID keep NAME") is
 *             listed as if it had been asked for: one whose own local TAG:switch keeps what is newer
 *             under its own name, and the NAME of each listed dataset
 *   pools     flag: how the pools of what is listed stand (pools_readonly)
 *   space     flag: what the snapshots that zrep needs keep of space (pinned)
 *   ways      flag: what would stand in the way of going back, of each dataset
 *   keys      flag: how the keys of encrypted datasets are wrapped (key)
 *   opens     flag: with keys, whether the key that is loaded opens the dataset
 *   places    flag: what stands where datasets would be mounted (place)
 *   may       flag: what whoever runs this there is not allowed (may)
 *   beside    flag: what else is in the pools of what is listed
 *   seen      flag: what this host was master of, in pools that are not imported
 * -> host string, now uint64 (this host's clock)
 *    hooks string array: of pre-snapshot and post-snapshot, see OP_HOOK, those that there are
 *    names string array; hosts, fss string arrays of TAG:dest-host and TAG:dest-fs, "" without
 *    (all three with masters)
 *    pools_away  string array: pools of `datasets` asked for that do not exist, because they are not imported
 *    pools_readonly  string array: pools of what is listed that are imported read-only (with pools)
 *    beside   nvlist (with beside): every other filesystem and volume -> nvlist of flags: volume; readonly; unmounted
 *             (canmount=off); clone; excluded (TAG:exclude); tagged (TAG:src-fs is set on it, of any tag); swap
 *    seen     string array, seen_guids uint64 array (with seen): names of datasets, their GUIDs, 0 where not known;
 *    seen_in  string: the directory with a file for each pool that remembers it (with seen)
 *    datasets nvlist: name -> nvlist (one entry for each that exists):
 *      value   nvlist: property -> string, as `zfs get -p` prints it
 *      source  nvlist: property -> "local", "received", "inherited", "default", "-"
 *      script  flag: a zrep script that still lives has TAG:lock-pid
 *      at_work flag: the process that TAG:by names lives, and its locks are others
 *      native  nvlist: property -> string (with native)
 *      others  nvlist: tag -> {value, source}, as above, of the properties that make a pair and its role (src-host,
 *              src-fs, dest-host, dest-fs, master, switch, epoch, set), for every other tag of which one is set
 *      others_more  flag: there are more tags than a listing names
 *      below   string array: every filesystem and volume below it (with below)
 *      tagged  string array: every property TAG:... that is set on it, known or not (with examine)
 *      kept, kept_used  arrays of string and uint64: datasets beside it that are called NAME_kept_...,
 *              and the bytes they take (with examine)
 *      kept_snap, kept_holder  string arrays of one length: holds on their snapshots, up to 32 (with examine)
 *      snaps   nvlist of arrays, in order of creation: name (the part after @) and the columns of
 *              util/snap_columns.h
 *      bookmarks  the same, of those columns that bookmarks have: name (the part after #), guid, createtxg, creation
 *      pinned  uint64: bytes that nothing but the snapshots from the oldest of TAG's own to the newest one that TAG holds
 *              refers to (with space; absent: TAG holds none)
 *      key     nvlist, of an encrypted dataset (with keys; what could not be found out is missing):
 *        wrapping string: how its key is wrapped: another text after each change of the key, and the same on both sides
 *                 of a raw stream. Passphrases: "passphrase:ITERATIONS:SALT", which is the same of all that use one key;
 *                 else "FORMAT:IV", in hexadecimal digits, which is not
 *        root     nvlist, where it uses the key of another dataset, of that: name string, guid string (of its key),
 *                 wrapping string, opens flag (with opens: the key that is loaded opens that; of one that is not
 *                 listed as well known only where this dataset is not opened)
 *        above    nvlist, where it has a key of its own: the same of the dataset whose key it would inherit, if what is
 *                 above it is listed as well
 *        stale    flag: the key that is loaded does not open it (with opens)
 *      place   nvlist (with places; absent: nothing is in the way of its being mounted):
 *        over     string: the dataset, or "DEVICE (TYPE)", that is mounted at its mountpoint now, over it if it is mounted
 *        hides    string array: some of the paths in there where others are mounted, which it would hide
 *        file     flag: what is at its mountpoint is no directory
 *        entries  flag: the directory is not empty
 *        blocks   flag: and therefore ZFS would not mount it (overlay=off)
 *      may     nvlist (with may; absent: root, or nothing is missing): user string; full string, limit and count uint64: it or what
 *              it is in, whose snapshot_limit leaves no room for a snapshot of each that was listed; lacks string: permissions that a sync or a
 *              change of the role is refused without, "hold,send"
 *      way     nvlist (with ways):
 *        room     uint64: what is available to the dataset that it is in
 *        clones, holders  nvlist: snapshot (the part after @) -> string array: its clones; the tags of the holds on it
 *                 that are not TAG. WAY_NAMED of each at most
 *        receiving  string array: snapshots that a receive builds on
 *        too_large  string array: snapshots that refer to more than the dataset's refquota */
#define OP_LIST "list"

/* token: what resume tokens stand for, asked of the sender.
 *   tokens  string array
 *   datasets  string array: those that they are of, so that no other pool is waited for
 * -> tokens nvlist: token -> {toname string, toguid uint64, fromguid uint64 (0: full), bytes uint64; and `dead` string
 *    where what it names is gone, so that nobody can resume it any more: the others may then be missing}
 *    errors (by token): it could not be found out what it stands for. That is no word about what has arrived */
#define OP_TOKEN "token"

/* `guids`, in the operations below: uint64 array, as long as that of the names. What has such a name and another GUID by
 * now is left as it is, and an error (ERR_REFUSED, with the code SET_NOT_SO). 0: anything may have it. destroy compares in
 * the transaction that destroys, for who may run channel programs; hold compares again when it holds; all others, right
 * before. */

/* snapshot: one atomic call for each pool.
 *   snaps string array
 *   tag string, bookmark string array, bookmark_guids uint64 array: snapshots that are to have a bookmark, as for
 *         OP_BOOKMARK; 0: it is one of `snaps`. Done in the same transaction, of a pool of `snaps` and for who may run
 *         channel programs; else not at all
 * -> errors, guids nvlist: name -> uint64 of what was made
 *    bookmarked string array: which of those have their bookmark now */
#define OP_SNAPSHOT "snapshot"

/* bookmark: DATASET#TAG_guid, in sixteen hexadecimal digits, of snapshots. That it is there is no error, nor that it cannot
 * be because the pool has not the feature, or the user not the permission: it is a precaution.
 *   tag string, snaps string array, guids (0: that one is passed over) -> errors */
#define OP_BOOKMARK "bookmark"

/* destroy-bookmark: what is not called after its own GUID as above needs `foreign`. Gone already is no error.
 *   tag string, bookmarks string array (dataset#bookmark), guids (of each), foreign flag -> errors */
#define OP_DESTROY_BOOKMARK "destroy-bookmark"

/* hold, release: by tag. A hold that is there, or is gone, already is no error.
 *   tag string, snaps string array, of hold: guids -> errors */
#define OP_HOLD "hold"
#define OP_RELEASE "release"

/* destroy: snapshots. Names that are not TAG's own need `foreign`, or where they are another tag's, `relayed`.
 *   tag string, snaps string array, guids, foreign flag, relayed flag
 *   together  flag: all that is to go of a dataset goes, or nothing of it, and then every name of that has the error
 *   state  as for set: nothing of a dataset is destroyed that is not so. For snapshots that are of no use to anybody: one
 *          that is held, cloned or bookmarked stays, and is an error that says by whom
 * -> errors */
#define OP_DESTROY "destroy"

/* set: properties of datasets and snapshots, hundreds in one transaction where that is allowed; with `expect` or `state`
 * all of a pool in one.
 *   props  nvlist: name -> nvlist: property -> string, or boolean: back to inherited
 *   expect nvlist: dataset -> nvlist: property -> string, or boolean. What must be so at that moment: a user
 *          property is set on the dataset itself (local or received) to that; or (boolean) is not local there,
 *          or empty; `readonly`, and no other native one, has that value. All of a pool is compared before anything
 *          of it is set: readonly right before the others, these in the transaction that sets user properties, where
 *          that is allowed; native properties are set right after. If one thing is not so, nothing in that pool
 *          is set, and every name in it has an error: ERR_REFUSED, with the code SET_NOT_SO for what was not
 *          so, and 0 for the others. More than 20,000 properties, which ZFS cannot set in one transaction: all is
 *          compared, and then 500 datasets at a time compared again and set, up to the first that cannot be; what is not
 *          set has an error.
 *          A name may be here and not in props: nothing is set on it
 *   state  nvlist: dataset -> {newest uint64, written uint64, snap string}: the GUID of its newest snapshot (0: it has
 *          none), and the most that may be written since. With `snap`, the name of that one behind the '@', there may be
 *          newer ones, if no more than that is in them and after them together. Compared with `expect`, in the same
 *          transaction
 *   Where TAG:switch is set to "leaving ...", TAG:by is set with it, to the process that does so; with any other value, or
 *   none, it goes
 * -> errors */
#define OP_SET "set"
#define SET_NOT_SO ECANCELED

/* decide: set, where the role depends on it. Every dataset in `props` has to be in `expect`, or nothing is done.
 *   as for set -> errors */
#define OP_DECIDE "decide"

/* offer: decide, where the role may then be decided on that host alone: "offered EPOCH GUID" as TAG:switch. Who does not know
 * this operation would not know what was offered to it either.
 *   as for set -> errors */
#define OP_OFFER "offer"

/* rollback: to the newest snapshot.   snaps string array (dataset@snapshot), guids -> errors */
#define OP_ROLLBACK "rollback"

/* abort-receive: forgets partial receives.   datasets string array -> errors */
#define OP_ABORT "abort-receive"

/* The next three take
 *     items   nvlist: name -> nvlist: what belongs to it; with `guid` uint64 (rename), or `from_guid` (clone), as above
 * or names, and can be run again after a crash: what was done already is no error. None mounts. */

/* rename: items OLD -> {to string: NEW}. The parent of NEW must exist. Done already: OLD is missing
 * and NEW is there.   -> errors (by OLD) */
#define OP_RENAME "rename"

/* clone: items NEW -> {from string: ORIGIN@SNAP, props nvlist: property -> string: user properties and
 * `readonly`}. Done already: NEW is there and is a clone of that snapshot. User properties set on ORIGIN
 * that are not the tag's move to NEW.   tag string -> errors (by NEW) */
#define OP_CLONE "clone"

/* unclone: items NAME -> {from string: ORIGIN@SNAP, guid uint64}. Destroys a clone of that snapshot in which nothing is:
 * read-only, without a snapshot, with nothing written to it and nothing below it. Else it stays, and is an error. Done
 * already: NAME is missing.   -> errors (by NAME) */
#define OP_UNCLONE "unclone"

/* promote: a clone takes over the snapshots that it was made from. Done already: it is no clone.
 *   datasets string array -> errors */
#define OP_PROMOTE "promote"

/* key-own, key-inherit: a dataset is to have a key of its own, or to use the key of the dataset above it, as it did where
 * it was sent from. What is stored of its key stays as it is: right is what fits that. So already is no error; one whose own
 * key is loaded is never made to inherit (ERR_REFUSED). That the user may not have it inherit is no error. key-own: what is
 * below it, uses the same key and is not in the batch gets its own as well, the one it had. A clone has the key of its
 * origin, which has to be in the batch; one below that has its origin elsewhere is in the way (ERR_REFUSED).
 *   datasets string array, guids
 * -> errors
 *    said nvlist: dataset -> string, where others got one */
#define OP_KEY_OWN "key-own"
#define OP_KEY_INHERIT "key-inherit"

/* quiesce: makes datasets read-only so that all that was acknowledged before is in them, and nothing
 * that comes later. First everything is looked at: where a process has a shared writable mapping
 * of a file, or a volume open, that dataset is refused (ERR_REFUSED, naming them), and then not one
 * of the batch is changed. A mapping made after that look is found by a second one, when the dataset
 * is read-only already: the same error, and it stays read-only. Read-only already is fine.
 *   datasets string array -> errors */
#define OP_QUIESCE "quiesce"

/* writable: sets readonly as `props` says, and then to off where it would still come from above (parents first: what is
 * below one of the batch gets it from that).
 *   props nvlist: dataset -> {readonly: "off", or boolean: inherited}; expect as for set
 * -> errors
 *    said nvlist: dataset -> string, where it was set to off for what is above */
#define OP_WRITABLE "writable"

/* mount: every filesystem that its properties want mounted and that can be (canmount=on, a path as
 * mountpoint, its key there) and is not, parents first. All others are passed over.
 *   datasets string array -> errors */
#define OP_MOUNT "mount"

/* unmount: each, after everything that is mounted from datasets below it. Not mounted is fine. Where one
 * is in use the error says by whom, and what was unmounted of that dataset is mounted again.
 *   datasets string array -> errors */
#define OP_UNMOUNT "unmount"

/* hook: the administrator's program for a moment in a change of role, $ZREP_HOOKS/HOOK or
 * /etc/zrep/hooks.d/HOOK, once for each dataset, one after the other. No such file: nothing to do.
 *   hook   string: fence, pre-demote, post-demote, pre-promote, post-promote, pre-snapshot, post-snapshot, event: something has
 *          happened, or drill: a clone that may be tried
 *   items  nvlist: dataset -> {props nvlist: KEY -> string: in its environment as ZREP_KEY}
 * -> errors (it could not run, failed, or was stopped at $ZREP_HOOK_TIMEOUT seconds, 60 if unset)
 *    said nvlist: dataset -> string, its last lines, joined by "; ", in printable ASCII */
#define OP_HOOK "hook"

/* hooks: would each hook that is there be run, and the filters? Nothing is run.
 * -> errors, by hook, or one of these two; there string array: the hooks that there are */
#define OP_HOOKS "hooks"
#define HOOKS_OUTFILTER "ZREP_OUTFILTER"
#define HOOKS_INFILTER "ZREP_INFILTER"

/* reach: can this host log in on others, and is there a zrep to talk to? Only those that a dataset here names as its other
 * side are tried.
 *   tag string, hosts string array, by the names that datasets have for them -> errors, by host */
#define OP_REACH "reach"

/* drill: clones to be tried, and thrown away again.
 *   tag    string
 *   items  nvlist: NAME -> {from string: DATASET@SNAP, from_guid uint64; mountpoint string: where it is to be mounted, absent:
 *          where that of the clone above it says; flags: volume; mounts (else canmount=noauto); of string: the dataset that it
 *          is a drill of, stored on it as TAG:drill-of}, parents first. After the first that fails nothing is made
 * -> errors (by NAME). None mounts */
#define OP_DRILL "drill"
/* drill-end: destroys what was made so beside these datasets, whatever is in it.
 *   tag string, datasets string array
 * -> errors
 *    ended string array: the clones that are gone now */
#define OP_DRILL_END "drill-end"
#define DRILL_PROP "drill-of"

/* roster: the datasets of this host that a tag has pairs for, as their properties say without being looked at further.
 *   tag string, pulls flag: replicas, and where their masters are; absent: masters, and where their replicas are
 * -> names, hosts, fss string arrays, as with `masters` of list
 *    rpos string array: TAG:rpo, "" without
 *    paused, recursive uint64 arrays: 1 where TAG:paused is "yes", or TAG:recursive is
 *    and of what is in pools that are not imported, as list with `seen` has it */
#define OP_ROSTER "roster"

/* written: has something changed? A number for each dataset that is another one after anything was written to it, or
 * a snapshot of it was made or destroyed, once that is committed.
 *   datasets  string array
 *   trees     string array: of these, and all that is below each, one number; also another one when a dataset below is made,
 *             renamed or destroyed
 *   counted   flag: only what this host's kernel counts by itself, if it does
 * -> states nvlist: name -> uint64; what does not exist is missing
 *    counts nvlist: name -> uint64: changes at each write, committed or not; missing where nothing is counted
 *    written nvlist: name -> uint64: bytes written since the newest snapshot (not with counted) */
#define OP_WRITTEN "written"

/* lock: takes the locks of datasets, until unlock or the end of the agent or program.
 *   tag string, datasets string array ("" is the lock of a whole batch that is
 *   sent, "/" of one that is fetched; "." and "./" are those of programs that stay and do so)
 *   brief flag: it will be let go of soon, and taken again: whoever finds it taken waits for ten seconds, but
 *         not another one that says brief
 *   mode string: "send", "receive" or "alone" (see lock.h); absent: alone
 *   ask   uint64, seconds: an owner that has made no progress for so long is asked to go, and the lock is then taken
 *   wait  flag: where ten seconds are missing from that at most, it is waited for, and nine seconds more
 *   ends  flag, with ask, on this host alone: an owner that only sends or fetches is asked to go however well it is
 *   force flag: what the owner does not let go of then, or where it does not answer, this one does without
 * -> busy nvlist: dataset -> string, who has it; the others are taken
 *    gone nvlist: dataset -> string, who has gone because he was asked
 *    without nvlist: dataset -> string, who has it still though it is taken for ours
 * Taken twice, it is let go of by the second unlock. After an error nothing of that call is taken */
#define OP_LOCK "lock"
/* unlock: but what a call still changes, or one that was given up, stays locked to the end.
 *   tag string, datasets string array */
#define OP_UNLOCK "unlock"

/* send (a stream to read).
 *   snap string, from string (absent: full; a snapshot or a bookmark), guid, from_guid uint64 (0: any), raw flag; or token string (with raw, so that it cannot ask for
 *         an encrypted dataset in clear)
 *   flags string: which of L, e, c and w of zfs send; absent: Lec. Not for a token, which has its own; and
 *         raw, or w, is all of them
 *   limit uint64: bytes per second of all that this agent sends. The asker's own limit would come too late:
 *         it can only take its time to read, and credit for megabytes has been given by then
 * -> nothing. A stream of another snapshot than `guid` and `from_guid` say breaks off before it has begun */
#define OP_SEND "send"
#define SEND_FLAGS_MAX 5 /* bytes of the longest `flags`, with the NUL */

/* receive (a stream to write). Never mounts.
 *   snap string, guid uint64 (0: any) of what has to come, raw flag, props nvlist: property -> string: set on the new
 *   dataset,
 *   origin string: the snapshot here that the new dataset is a clone of (with props only),
 *   brief flag: not worth resuming; without it, what came of a broken stream is kept
 *   over flag: a full stream takes the place of what is in a dataset that is there and keeps its
 *   properties (without props). ERR_REFUSED where that has a snapshot or is a clone: ZFS, forced, would destroy
 *   the snapshots unasked. One that is taken while the stream runs goes with what it was taken of. Until
 *   the end of the stream the dataset is as it was
 * -> nothing */
#define OP_RECEIVE "receive"

/* Of an agent only, and of its connections, see zfs/meet.h and zfs/agent_lines.h. send and receive may be asked for on each;
 *   parts uint64 (of these two, and where the feature is on): the number of a stream that is divided, see pump/parts.h. The
 *         call is its first line
 *
 * lines: nothing -> session string: what further connections have to name, to join this one. Asked on one of these:
 * nothing. It has joined. */
#define OP_LINES "lines"
/* part (a stream to write, or to read): a further line of a stream that is divided. On a connection that has joined only.
 *   id uint64: its number, send flag: it is that of a send
 * -> nothing */
#define OP_PART "part"

/* --- not for peers --- */

enum known {
	KNOWN_EVERY,    /* every dataset of this host */
	KNOWN_DATASETS, /* those that carry TAG:src-fs */
	KNOWN_HOSTS,    /* what TAG:src-host and TAG:dest-host say */
	KNOWN_TAGS,     /* for which there is a TAG:src-fs */
};

#endif
