/* What `install` asks of the other host, which has no agent yet: a program for each, through ssh. What comes back is text from
 * outside: it is bounded, and what becomes a path is checked. */
#ifndef ZREP_CLI_INSTALL_FAR_H
#define ZREP_CLI_INSTALL_FAR_H

#include "engine/context.h"
#include "util/buf.h"
#include "util/err.h"

struct far {
	struct ctx *c;
	const char *host;
	char *system; /* of both: "Linux x86_64" */
	char *path;   /* where the program belongs there */
	char *dir;    /* that without the program's name */
	char *
	    prefix; /* above sbin or bin; NULL: it is in neither, and nothing but the program is brought there */
	char *version;  /* of the zrep that is there; NULL: there is none */
	bool in_search; /* an ssh session there would find it under its name */
};

/* Is it a machine of this kind, and where would zrep be? Changes nothing there. */
struct err *far_look(struct far *f);

/* Refuses where one of these paths, all of them made of checked ones, belongs to a package there. */
struct err *far_check_owner(struct far *f, const struct strv *paths);

/* What is at f->path there. Refuses what is no zrep of this kind. */
struct err *far_check_version(struct far *f);

/* Brings the archive there, which has the program as "zrep", starts it there, and puts it in its place by a rename. */
struct err *far_put_program(struct far *f, const struct buf *tar);

/* Unpacks the archive below f->prefix. */
struct err *far_put_rest(struct far *f, const struct buf *tar);

/* Does an ssh session there start this version now, as ZREP_PATH has it? */
bool far_answers(struct far *f);

void far_free(struct far *f);

#endif
