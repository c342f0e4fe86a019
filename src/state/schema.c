#include "state/schema.h"

#include <string.h>

#define SET COUNTS_SET
#define LOCAL COUNTS_LOCAL
#define PROMOTED .promoted = true
#define DEMOTED .demoted = true

/* clang-format off */
const struct schema schema[SCHEMA_ROWS] = {
	{"src-host", BEARS_DATASET, SET, .meaning = "the master's host, as the replica's reaches it"},
	{"src-fs", BEARS_DATASET, SET, .meaning = "the master's dataset"},
	{"dest-host", BEARS_DATASET, SET, .meaning = "the replica's host, as the master's reaches it"},
	{"dest-fs", BEARS_DATASET, SET, .meaning = "the replica's dataset"},
	{"dest-self", BEARS_DATASET, LOCAL, .meaning = "what the replica's host calls itself"},
	{"set", BEARS_DATASET, LOCAL, .meaning = "the dataset and all its replicas, by a random number"},
	{"peer-guid", BEARS_DATASET, LOCAL, .meaning = "GUID of the dataset at the other end"},
	{"former-guid", BEARS_DATASET, LOCAL, .meaning = "GUID of the datasets whose place it has taken"},
	{"link", BEARS_DATASET, LOCAL, .meaning = "what the last sync left on both ends: number, epoch, time"},
	{"master", BEARS_DATASET, LOCAL, DEMOTED, .meaning = "yes: it is the master"},
	{"epoch", BEARS_DATASET, SET, .meaning = "how often the role has moved"},
	{"switch", BEARS_DATASET, LOCAL, DEMOTED, .meaning = "the change of roles that it is in the middle of"},
	{"fork", BEARS_DATASET, SET, DEMOTED, .meaning = "GUID of the snapshot that its epoch began from"},
	{"since", BEARS_DATASET, SET, DEMOTED, .meaning = "when its epoch began"},
	{"reset", BEARS_DATASET, LOCAL, PROMOTED, .meaning = "GUID of the snapshot that it was taken back to"},
	{"history", BEARS_DATASET, LOCAL, .meaning = "what became of its role, and of that of its other side"},
	{"drill", BEARS_DATASET, LOCAL, PROMOTED, .meaning = "when a failover to it was rehearsed last, and how that went"},
	{"by", BEARS_DATASET, LOCAL, .meaning = "the process that is at that change"},
	{"readonly", BEARS_DATASET, LOCAL, .meaning = "its readonly before a change of roles"},
	{"others", BEARS_DATASET, LOCAL, PROMOTED, .meaning = "to whom else its source sends, and from whom that receives"},
	{"paused", BEARS_DATASET, SET, DEMOTED, .meaning = "it is not synced"},
	{"error", BEARS_DATASET, SET, PROMOTED, DEMOTED, .meaning = "why the last sync failed"},
	{"late", BEARS_DATASET, LOCAL, .meaning = "since when it was told that its replica is older than it may be"},
	{"recursive", BEARS_DATASET, SET, .meaning = "what is below it belongs to it"},
	{"exclude", BEARS_DATASET, SET, .stays = true, .meaning = "it does not belong to what it is below"},
	{"savecount", BEARS_DATASET, SET, .meaning = "how many snapshots stay"},
	{"keep", BEARS_DATASET, SET, .meaning = "which stay beyond that, by their age"},
	{"foreign", BEARS_DATASET, SET, .meaning = "which snapshots of other tools are sent"},
	{"foreign-keep", BEARS_DATASET, SET, .meaning = "which of them stay on a replica"},
	{"props", BEARS_DATASET, SET, .stays = true, .meaning = "what was chosen for its replica with -o and -x"},
	{"quotas", BEARS_DATASET, SET, .meaning = "no: a new master gets its own limits, not its former master's"},
	{"limits", BEARS_DATASET, LOCAL, .meaning = "the limits that the replica gets when it is the master"},
	{"followed", BEARS_DATASET, LOCAL, .meaning = "what the last sync that had to set properties on the replica was to set"},
	{"rpo", BEARS_DATASET, SET, .meaning = "how old the replica may be"},
	{"large-blocks", BEARS_DATASET, SET, .meaning = "no: the replica has small blocks in place of large ones"},
	{"key", BEARS_DATASET, LOCAL, PROMOTED, .meaning = "how the key was wrapped that the last stream brought"},
	{"lock-pid", BEARS_DATASET, LOCAL, .meaning = "the process of a zrep script that works on it"},
	{"lock-time", BEARS_DATASET, SET, .meaning = "since when"},
	{"sent", BEARS_SNAPSHOT, SET, .meaning = "when the other side had it"},
	{"ground", BEARS_SNAPSHOT, SET, .meaning = "its own GUID: another tag's pair could go on from it"},
	{"relayed", BEARS_SNAPSHOT, SET, .meaning = "its own GUID: it was passed on, and expires with zrep's"},
};
/* clang-format on */

const struct schema *schema_find(enum bearer on, const char *name)
{
	for (size_t i = 0; i < SCHEMA_ROWS; i++)
		if (schema[i].on == on && strcmp(schema[i].name, name) == 0)
			return &schema[i];
	return NULL;
}

void schema_names(struct strv *names)
{
	for (size_t i = 0; i < SCHEMA_ROWS; i++)
		if (schema[i].on == BEARS_DATASET)
			strv_add(names, schema[i].name);
}
