/* The verbs: one table that dispatches and prints the usage. */
#include <string.h>

#include "cli/verb.h"
#include "util/mem.h"
#include "wire/frame.h"

const struct verb verbs[] = {
    {"init", "-i", "fro:x:", 3, 3,
     "[-fRr] [-o PROP=VALUE] [-x PROP] DATASET[@SNAP] HOST DESTINATION",
     "make a replica of DATASET on HOST",
     "Checks both sides, takes a first snapshot (or uses SNAP), sends it, and stores on both\n"
     "sides what belongs together. DATASET becomes the master, DESTINATION a read-only\n"
     "replica; its parent must exist. When it breaks off, run it again: the transfer is\n"
     "resumed. DESTINATION may exist if it has a snapshot of DATASET's, brought there by other\n"
     "means (then nothing is sent), or with -f if it has no snapshot at all.\n"
     "  -f             what DESTINATION has beyond the newest common snapshot, or without\n"
     "                 any, may go (says what goes)\n"
     "  -o PROP=VALUE  a property of the replica, beside those of DATASET; -n shows them\n"
     "  -x PROP        one that it does not take from DATASET\n"
     "  -r             resume (also without it, where there is something to resume)\n",
     .run = cmd_init},
    {"sync", "-S", "cfrIq:", 1, -1, "[-fIR] [-P N] [-q SECONDS] DATASET... | all | DATASET@SNAP",
     "bring replicas up to date",
     "Sends what is new in each DATASET to its replica. `all` is every dataset that this host is\n"
     "master of; one that fails does not stop the others. A dataset in which nothing was written\n"
     "since the last time is only marked as up to date.\n"
     "  -f          roll the destination back where somebody changed it (says what goes); also\n"
     "              one that is paused\n"
     "  -I          with a tag of its own: also the snapshots of others in between\n"
     "  -P N        so many transfers at a time (32)\n"
     "  -q SECONDS  say nothing about a dataset that another zrep is working on, if it was\n"
     "              synced that recently\n"
     "  -c, -r      accepted for the script's sake: both are always on\n"
     "With @SNAP the other side goes back to that snapshot instead: what is newer there is\n"
     "destroyed (told first), and DATASET is paused.\n",
     .run = cmd_sync},
    {"refresh", NULL, "cfrIq:", 1, -1, "[-fIR] [-P N] [-q SECONDS] DATASET... | all",
     "the same, asked for on the replica's host",
     "Fetches what is new from the master of each DATASET, which is a replica on this host. `all`\n"
     "is every replica on this host. The master's host is asked for everything, and needs no\n"
     "access to this one.\n"
     "Options are those of sync.\n"
     "  -c, -r  accepted for the script's sake\n",
     .run = cmd_refresh},
    {"snaponly", NULL, "", 1, -1, "[-R] DATASET... | all", "only the snapshot of a sync",
     "Takes the snapshots, of all datasets of a pool at once, and asks no other host. `zrep\n"
     "synconly` sends them later, when a database has long gone on.\n",
     .run = cmd_snaponly},
    {"synconly", NULL, "fIq:", 1, -1, "[-fIR] [-P N] [-q SECONDS] DATASET... | all",
     "only the transfer of a sync",
     "Sends what snapshots there are, and takes none. Options are those of sync.\n",
     .run = cmd_synconly},
    {"status", "-s", "am", 0, -1, "[-a] [-v | -m [--max-lag TIME]] [DATASET...]",
     "how far behind each replica is",
     "For each dataset that this host is master of: where it goes, when the other side last had\n"
     "everything, how much is not sent yet. Asks no other host and changes nothing: a change of "
     "the\n"
     "master's role that was left half done is shown as it stands; `zrep doctor --fix` ends it.\n"
     "  -a   replicas on this host as well\n"
     "  -v   more: snapshots, savecount, keep, epoch, last error\n"
     "  -m   one line, and the exit status, as monitoring plugins have them\n"
     "  --max-lag TIME  with -m: critical if the last sync is longer ago: 90s, 5m, 2h, 1d\n",
     .run = cmd_status, .monitor = true},
    {"list", "-l", "Ls", 0, -1, "[-v | -L | -s] [DATASET...]", "names of zrep's datasets",
     "Without options, the names of all datasets on this host that carry zrep's properties.\n"
     "  -L   only those that this host is master of\n"
     "  -v   with all zrep properties and the last snapshot synced\n"
     "  -s   their snapshots instead, with time of creation\n",
     .run = cmd_list},
    {"failover", NULL, "L", 1, -1, "[-L [--discard]] DATASET[@SNAP]... | all [HOST]",
     "make the other side the master (on the master)",
     "Syncs, makes DATASET read-only, sends the rest, and hands the master's role to the other "
     "side,\n"
     "all of it or nothing: when something fails before the decision, DATASET stays the master and "
     "is\n"
     "writable again. Datasets of zrep's below DATASET move with it. HOST: only those whose other\n"
     "side is there. What a crash left half done, this or a later one finishes or undoes.\n"
     "  -L           without asking the other side: back to what was sent last (or to SNAP), "
     "read-only,\n"
     "               a replica. What was written since is kept aside as DATASET_kept_TIME\n"
     "  --discard    with -L: what was written since is destroyed\n"
     "Hooks in /etc/zrep/hooks.d: see zrep(8).\n",
     .run = cmd_failover},
    {"takeover", NULL, "L", 1, -1, "[-L [--force] [--discard]] DATASET[@SNAP]... | all [HOST]",
     "become the master (on the replica)",
     "The same as failover, asked for on the replica's host.\n"
     "  -L           without asking the master, because it is gone. What it had not sent is not "
     "here; it\n"
     "               is kept there and comes back with `zrep rejoin`. With SNAP, back to that "
     "first\n"
     "  --force      with -L, on a master in doubt: take the role back whatever the other side "
     "decided\n"
     "  --discard    with -L and SNAP: what is newer than SNAP is destroyed, not kept aside\n",
     .run = cmd_takeover},
    {"rejoin", NULL, "", 1, -1, "[--discard] [--force] DATASET...",
     "bring a former master back as the replica",
     "For a master that was superseded (takeover -L). Goes back to the last snapshot that both "
     "sides\n"
     "have, becomes the replica, and syncs from the new master. What only it has is kept aside as\n"
     "DATASET_kept_TIME, without copying anything. Run it on either side; -n shows what is at "
     "stake.\n"
     "  --discard    what only it has is destroyed\n"
     "  --force      both sides are masters of one epoch: the one where this is said gives way\n",
     .run = cmd_rejoin},
    {"check", NULL, "", 0, -1, "[--max-lag TIME] [DATASET...]",
     "would a failover succeed, and what would be lost",
     "Asks both sides and changes nothing. One line, and the exit status, as monitoring plugins "
     "have\n"
     "them: 0 ok, 1 warning, 2 critical, 3 unknown.\n"
     "  -v              a line for each finding\n"
     "  --max-lag TIME  critical if the last sync is longer ago: 90s, 5m, 2h, 1d\n",
     .run = cmd_check, .monitor = true},
    {"doctor", NULL, "", 1, -1, "[--fix] DATASET...", "what is odd about DATASET, and mend it",
     "Looks at both sides for what does not belong to a pair as it should be: what the zrep "
     "script, a\n"
     "stream with properties, a crash or somebody's hand left there. Says why, and what to do.\n"
     "  --fix   mend what can be mended without anybody's decision, a change of the master's role\n"
     "          that was left half done first; with -n, only print how\n"
     "Exit status: 0 nothing odd, or all of it mended; 1 something is left.\n",
     .run = cmd_doctor},
    {"pause", "-p", "", 1, -1, "DATASET...", "leave DATASET out of `sync all`",
     "Its role can still be moved.\n", .run = cmd_pause},
    {"unpause", "-u", "", 1, -1, "DATASET...", "include it again",
     "Takes back what `zrep pause` said.\n", .run = cmd_unpause},
    {"expire", "-e", "L", 0, -1, "[-L] [DATASET... | all]",
     "destroy snapshots beyond savecount and keep",
     "Removes the oldest of zrep's own snapshots on both sides, until as many are left as the\n"
     "savecount of that side says, and those that its TAG:keep wants by their age (\"24h 14d "
     "8w\").\n"
     "Never the last one that both sides have, and never one that is held by somebody else. "
     "`sync`\n"
     "does this by itself, unless ZREP_SKIP_EXPIRE is set.\n"
     "  -L   only on this host; the other one is not asked\n",
     .run = cmd_expire},
    {"clear", NULL, "f", 1, 1, "[-f] DATASET", "forget that DATASET was ever replicated",
     "Removes zrep's own properties, holds and snapshots from DATASET on this host, and nothing\n"
     "else. The other side is not touched: run it there as well.\n"
     "  -f   do not ask\n",
     .run = cmd_clear},
    {"changeconfig", "-C", "fd", 3, 3, "[-f] [-d] DATASET HOST DATASET",
     "the other side has moved: say where it is",
     "Stores on this host that the destination of DATASET is now the other DATASET on HOST, and\n"
     "says what to run there, as each side has to be told. Nothing is sent or changed otherwise.\n"
     "  -d   DATASET is the destination, and HOST has the source\n"
     "  -f   also where DATASET has no such role yet; it does not become the master by that\n",
     .run = cmd_changeconfig},
    {"allow", NULL, "", 1, 3, "[--user NAME] DATASET [HOST DESTINATION]",
     "what root has to allow another user for DATASET",
     "Prints the `zfs allow` commands by which NAME (or who runs this) may do all that zrep ever\n"
     "does with DATASET, for both hosts where the other side is known or said; DATASET need not\n"
     "exist yet. Runs none of them.\n",
     .run = cmd_allow},
    {"uptodate", NULL, "", 1, -1, "DATASET...", "was anything written since the last sync?",
     "Exit status 0 if nothing was, 1 if something was. Asks no other host.\n",
     .run = cmd_uptodate},
    {"lastsent", "getlastsent", "", 1, -1, "DATASET...", "name of the snapshot synced last",
     "The newest one that both sides had; exit status 1 if there is none.\n", .run = cmd_lastsent},
    {"sentsync", NULL, "L", 1, 1, "[-L] DATASET@SNAP",
     "take a copy made by other means for the replica",
     "For a dataset whose other side was named with `zrep changeconfig`, and to which SNAP was\n"
     "copied by hand. The other side is asked: it must have SNAP (the very same one, whatever\n"
     "its name) and nothing newer. Then both sides are marked, the other one is read-only, and\n"
     "DATASET is the master.\n"
     "  -L   the other side is not asked, only this one is marked; says what must be true there\n",
     .run = cmd_sentsync},
    {"version", NULL, "", 0, 0, "", "print the version", NULL, .run = cmd_version},
    {"help", NULL, "", 0, 1, "[VERB]", "explain a verb", NULL, .run = cmd_help},
    {"agent", NULL, "", 0, 0, "", NULL, NULL, .run = cmd_agent},
    {"complete", NULL, "", 0, -1, "", NULL, NULL, .run = cmd_complete},
    {0},
};

bool verb_takes_tag(const char *word, size_t n)
{
	static const char *const without[] = {"help", "version", "agent", "complete"};

	for (size_t i = 0; i < ARRAY_LEN(without); i++)
		if (strlen(without[i]) == n && strncmp(without[i], word, n) == 0)
			return false;
	for (const struct verb *v = verbs; v->name != NULL; v++)
		if (strlen(v->name) == n && strncmp(v->name, word, n) == 0)
			return true;
	return false;
}

const struct verb *verb_find(const char *word)
{
	for (const struct verb *v = verbs; v->name != NULL; v++)
		if (strcmp(word, v->name) == 0 ||
		    (v->shorthand != NULL && strcmp(word, v->shorthand) == 0))
			return v;
	return NULL;
}

bool verb_is_monitor(const struct verb *v, const struct ctx *c)
{
	return v->monitor && (strchr(v->flags, 'm') == NULL || ctx_flag(c, 'm'));
}

int cmd_version(struct ctx *c)
{
	record_str(c->ui.run, "version", ZREP_VERSION);
	record_u64(c->ui.run, "protocol", WIRE_PROTOCOL);
	ui_line(&c->ui, "zrep %s (protocol %u)", ZREP_VERSION, WIRE_PROTOCOL);
	return 0;
}
