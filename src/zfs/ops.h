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
 * -> host string, now uint64 (this host's clock), user string
 *    names string array; hosts, fss string arrays of TAG:dest-host and TAG:dest-fs, "" without
 *    (all three with masters)
 *    pools_away  string array: pools of `datasets` asked for that do not exist, because they are not imported
 *    pools_readonly  string array: pools of what is listed that are imported read-only (with pools)
 *    datasets nvlist: name -> nvlist (one entry for each that exists):
 *      value   nvlist: property -> string, as `zfs get -p` prints it
 *      source  nvlist: property -> "local", "received", "inherited", "default", "-"
 *      script  flag: a zrep script that still lives has TAG:lock-pid
 *      native  nvlist: property -> string (with native)
 *      others  nvlist: tag -> {value, source}, as above, of the properties that make a pair and its role (src-host,
 *              src-fs, dest-host, dest-fs, master, switch, epoch), for every other tag of which one is set
 *      others_more  flag: there are more tags than a listing names
 *      below   string array: every filesystem and volume below it (with below)
 *      tagged  string array: every property TAG:... that is set on it, known or not (with examine)
 *      kept, kept_used  arrays of string and uint64: datasets beside it that are called NAME_kept_...,
 *              and the bytes they take (with examine)
 *      snaps   nvlist of arrays, in order of creation: name (the part after @) and the columns of
 *              util/snap_columns.h */
#define OP_LIST "list"

/* token: what resume tokens stand for, asked of the sender.
 *   tokens  string array
 * -> tokens nvlist: token -> {toname string, toguid uint64, fromguid uint64 (0: full), bytes uint64; and `dead` string
 *    where what it names is gone, so that nobody can resume it any more: the others may then be missing}
 *    errors (by token): it could not be found out what it stands for. That is no word about what has arrived */
#define OP_TOKEN "token"

/* snapshot: one atomic call for each pool.   snaps string array -> errors */
#define OP_SNAPSHOT "snapshot"

/* hold, release: by tag. A hold that is there, or is gone, already is no error.
 *   tag string, snaps string array -> errors */
#define OP_HOLD "hold"
#define OP_RELEASE "release"

/* destroy: snapshots. Names that are not TAG's own need `foreign`, or where they are another tag's, `relayed`.
 *   tag string, snaps string array, foreign flag, relayed flag -> errors */
#define OP_DESTROY "destroy"

/* set: properties of datasets and snapshots, all in one transaction where that is allowed.
 *   props  nvlist: name -> nvlist: property -> string, or boolean: back to inherited
 *   expect nvlist: dataset -> nvlist: property -> string, or boolean. What must be so at that moment: a user
 *          property is set on the dataset itself (local or received) to that; or (boolean) is not local there,
 *          or empty; `readonly`, and no other native one, has that value. All of a pool is compared before anything
 *          of it is set: readonly right before the others, these in the transaction that sets user properties, where
 *          that is allowed; native properties are set right after. If one thing is not so, nothing in that pool
 *          is set, and every name in it has an error: ERR_REFUSED, with the code SET_NOT_SO for what was not
 *          so, and 0 for the others.
 *          A name may be here and not in props: nothing is set on it
 * -> errors */
#define OP_SET "set"
#define SET_NOT_SO ECANCELED

/* rollback: to the newest snapshot.   snaps string array (dataset@snapshot) -> errors */
#define OP_ROLLBACK "rollback"

/* abort-receive: forgets partial receives.   datasets string array -> errors */
#define OP_ABORT "abort-receive"

/* The next three take
 *     items   nvlist: name -> nvlist: what belongs to it
 * or names, and can be run again after a crash: what was done already is no error. None mounts. */

/* rename: items OLD -> {to string: NEW}. The parent of NEW must exist. Done already: OLD is missing
 * and NEW is there.   -> errors (by OLD) */
#define OP_RENAME "rename"

/* clone: items NEW -> {from string: ORIGIN@SNAP, props nvlist: property -> string: user properties and
 * `readonly`}. Done already: NEW is there and is a clone of that snapshot. User properties set on ORIGIN
 * that are not the tag's move to NEW.   tag string -> errors (by NEW) */
#define OP_CLONE "clone"

/* promote: a clone takes over the snapshots that it was made from. Done already: it is no clone.
 *   datasets string array -> errors */
#define OP_PROMOTE "promote"

/* quiesce: makes datasets read-only so that all that was acknowledged before is in them, and nothing
 * that comes later. First everything is looked at: where a process has a shared writable mapping
 * of a file, or a volume open, that dataset is refused (ERR_REFUSED, naming them), and then not one
 * of the batch is changed. A mapping made after that look is found by a second one, when the dataset
 * is read-only already: the same error, and it stays read-only. Read-only already is fine.
 *   datasets string array -> errors */
#define OP_QUIESCE "quiesce"

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
 *   hook   string: fence, pre-demote, post-demote, pre-promote or post-promote
 *   items  nvlist: dataset -> {props nvlist: KEY -> string: in its environment as ZREP_KEY}
 * -> errors (it could not run, failed, or was stopped at $ZREP_HOOK_TIMEOUT seconds, 60 if unset)
 *    said nvlist: dataset -> string, its last lines, joined by "; ", in printable ASCII */
#define OP_HOOK "hook"

/* lock: takes the locks of datasets, until unlock or the end of the agent or program.
 *   tag string, datasets string array ("" is the lock of a whole batch that is
 *   sent, "/" of one that is fetched)
 * -> busy nvlist: dataset -> string, who has it; the others are taken */
#define OP_LOCK "lock"
#define OP_UNLOCK "unlock"

/* send (a stream to read).
 *   snap string, from string (absent: full), raw flag; or token string (with raw, so that it cannot ask for
 *         an encrypted dataset in clear)
 *   flags string: which of L, e, c and w of zfs send; absent: Lec. Not for a token, which has its own; and
 *         raw, or w, is all of them
 *   limit uint64: bytes per second of all that this agent sends. The asker's own limit would come too late:
 *         it can only take its time to read, and credit for megabytes has been given by then
 * -> nothing */
#define OP_SEND "send"
#define SEND_FLAGS_MAX 5 /* bytes of the longest `flags`, with the NUL */

/* receive (a stream to write). Never mounts.
 *   snap string, raw flag, props nvlist: property -> string: set on the new dataset,
 *   origin string: the snapshot here that the new dataset is a clone of (with props only),
 *   brief flag: not worth resuming; without it, what came of a broken stream is kept
 *   over flag: a full stream takes the place of what is in a dataset that is there and keeps its
 *   properties (without props). ERR_REFUSED where that has a snapshot or is a clone: ZFS, forced, would destroy
 *   the snapshots unasked. One that is taken while the stream runs goes with what it was taken of. Until
 *   the end of the stream the dataset is as it was
 * -> nothing */
#define OP_RECEIVE "receive"

/* --- not for peers --- */

enum known {
	KNOWN_EVERY,    /* every dataset of this host */
	KNOWN_DATASETS, /* those that carry TAG:src-fs */
	KNOWN_HOSTS,    /* what TAG:src-host and TAG:dest-host say */
	KNOWN_TAGS,     /* for which there is a TAG:src-fs */
};

#endif
