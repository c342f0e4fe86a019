/* What `zfs allow` has to grant to a user without privileges. */
#ifndef ZREP_ZFS_ALLOW_H
#define ZREP_ZFS_ALLOW_H

/* On a dataset, in either role, as each may become the other: all that zrep ever does with it. To these come the
 * native properties that are set on it, which a replica and a clone get as well. */
#define ALLOW_DATASET                                                                              \
	"bookmark,canmount,clone,create,destroy,hold,mount,promote,readonly,receive,release,"      \
	"rename,"                                                                                  \
	"rollback,send,snapshot,userprop"

/* Of these, what a sync or a change of the role is refused without. */
#define ALLOW_ROLE "create,hold,mount,readonly,receive,send,snapshot,userprop"

/* On the dataset above it, besides: what is put aside gets a name there, and what comes in its place is made there. */
#define ALLOW_ABOVE "create,mount"
/* The same where it does not exist yet. */
#define ALLOW_ABOVE_NEW "create,mount,receive"

#endif
