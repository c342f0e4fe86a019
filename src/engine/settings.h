/* Settings: the environment, and for what it does not say, /etc/default/zrep. */
#ifndef ZREP_ENGINE_SETTINGS_H
#define ZREP_ENGINE_SETTINGS_H

#include <stdbool.h>
#include <stdint.h>

#include "util/buf.h"
#include "util/err.h"
#include "zfs/ops.h"

struct settings {
	char *ssh, *zrep_path, *tag;
	char *src_host;       /* ZREP_SRC_HOST; NULL: what uname says */
	char *run_dir;        /* ZREP_RUNDIR; NULL: the usual one */
	unsigned timeout;     /* ZREP_TIMEOUT, in seconds */
	unsigned connections; /* ZREP_CONNECTIONS: to one host, at most */
	uint64_t save_count;  /* ZREP_SAVE_COUNT, what init stores; 0: not set */
	char *inc_flag;       /* ZREP_INC_FLAG: "-i" or "-I"; NULL: not set */
	char *send_flags;     /* ZREP_SEND_FLAGS, not read yet; NULL: not set */
	char *date_format;    /* ZREP_DATEFORMAT, as strftime() has it; NULL: not set */
	bool recursive;       /* ZREP_R */
	bool skip_expire;     /* ZREP_SKIP_EXPIRE */
	bool debug;           /* DEBUG */
	struct strv
	    init_set; /* PROP=VALUE of -o in ZREP_CREATE_FLAGS and ZREP_INIT_REMOTE_PROPERTIES */
};

/* Puts what the file says into the environment, where that does not say it already, so that it counts for
 * everything that runs here, a hook or an agent as well. A file that is not there is fine. Before any thread is
 * started. */
struct err *settings_load_file(void);

/* Reads the environment. The caller frees with settings_free(), also after an error. */
struct err *settings_read(struct settings *out);
void settings_free(struct settings *s);

/* What would be wrong with the settings if they were read anew from that environment, as it was before the file was; NULL:
 * nothing. Changes nothing; from any thread. */
struct err *settings_try(char *const *environment);

/* Options of `zfs send` as ZREP_SEND_FLAGS has them, as letters for OP_SEND. "": none that would change
 * anything. Pure. Refuses those that zrep does not leave to others. */
struct err *settings_send_flags(const char *text, char letters[SEND_FLAGS_MAX]);

#endif
