/* What uzctl asks for. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "uzfsd.h"

static const char usage[] =
    "put DATASET NAME <data       write a file in a filesystem's root; for a volume NAME is the "
    "byte offset\n"
    "get DATASET[@SNAP] NAME      read it; for a volume NAME is OFFSET+LENGTH\n"
    "counts [reset]               ZFS calls since the last reset, in all, by name, and by process\n"
    "arm [-m] [-c CALL] N before|after caller|zrep|host|wait\n"
    "                             kill at the Nth call from now; -m counts only those that change "
    "something\n"
    "                             or move a stream\n"
    "fail [-m] N ERRNO            let the Nth call from now fail, undone\n"
    "armed                        what became of it: off, armed, or fired\n"
    "disarm\n"
    "list DATASET [all]           what is there and below, a line for each property and hold; all: "
    "native\n"
    "                             properties too, and bookmarks, when nobody else is at work any "
    "more\n"
    "txg POOL                     the last txg on disk\n"
    "die                          the power fails: every process of the host is killed, this "
    "daemon last\n"
    "off                          the same, but sshd goes on listening: to start another daemon at "
    "once\n"
    "reopen                       like off, but this daemon goes on, with what is in the place of "
    "the "
    "pools' files\n"
    "                             now: another file has to be there, or the old one gets what was "
    "not on it yet\n"
    "UZFS_UID=1000 in a process's environment makes ZFS see that uid instead of root.\n";

static int next_frame(struct source *s, char **data, size_t *len)
{
	uint32_t n;
	if (!uz_read(s->sock, &n, sizeof n) || n > UZ_FRAME ||
	    (n > 0 && !uz_read(s->sock, s->buf, n)))
		return EPIPE;
	*data = s->buf;
	*len = n;
	s->ended = n == 0;
	return 0;
}

static int put_frame(struct sink *s, const void *data, size_t len)
{
	uint32_t n = (uint32_t)len;
	if (n == 0)
		return 0;
	return uz_write(s->sock, &n, sizeof n) && uz_write(s->sock, data, n) ? 0 : EPIPE;
}

/* Whatever was not read belongs to the request and must not be taken for the next one. */
static bool drain(int sock)
{
	char *buf = malloc(UZ_FRAME);
	uint32_t n = 1;
	bool ok = buf != NULL;
	while (ok && n > 0)
		ok = uz_read(sock, &n, sizeof n) && n <= UZ_FRAME &&
		     (n == 0 || uz_read(sock, buf, n));
	free(buf);
	return ok;
}

static int put(int sock, int argc, char **argv)
{
	struct source src = {.next = next_frame, .sock = sock, .buf = malloc(UZ_FRAME)};
	if (src.buf == NULL)
		return -1;
	int error = argc == 3 ? zpl_put_dataset(argv[1], argv[2], &src) : EINVAL;
	if (error == EPIPE || (!src.ended && !drain(sock)))
		error = -1;
	free(src.buf);
	return error;
}

/* For whoever asks it is as if there were another daemon. */
static int reopen(void)
{
	account_kill_processes();
	if (!caller_is_alone(cur))
		return EBUSY;
	int error = ioctl_reopen();
	account_disarm();
	return error != 0 ? error : account_counts(1, (char *[]){"reset"}, (char[1]){0}, 1);
}

/* Returns an errno for the client, or -1 when it is gone. */
int command_run(int sock, int argc, char **argv)
{
	static const char *const verbs[] = {"counts", "arm", "fail", "disarm", "armed",  "txg",
					    "get",    "die", "off",  "list",   "reopen", NULL};
	char out[16384] = "";
	struct sink dst = {put_frame, sock};
	const char *verb = argc > 0 ? argv[0] : "help";
	int error = 0;
	if (strcmp(verb, "put") == 0)
		return put(sock, argc, argv);
	if (!drain(sock))
		return -1;
	int which = 0;
	while (verbs[which] != NULL && strcmp(verb, verbs[which]) != 0)
		which++;
	uint64_t txg;
	switch (which) {
	case 0:
		error = account_counts(argc - 1, argv + 1, out, sizeof out);
		break;
	case 1:
		error = account_arm(argc - 1, argv + 1);
		break;
	case 2:
		error = account_fail(argc - 1, argv + 1);
		break;
	case 3:
		account_disarm();
		break;
	case 4:
		account_armed(out, sizeof out);
		break;
	case 5:
		error = argc == 2 ? ioctl_last_txg(argv[1], &txg) : EINVAL;
		if (error == 0)
			snprintf(out, sizeof out, "%ju\n", (uintmax_t)txg);
		break;
	case 6:
		return argc == 3 ? zpl_get_dataset(argv[1], argv[2], &dst) : EINVAL;
	case 7:
	case 8:
		account_kill_host(which == 8);
		break;
	case 9:
		if (argc != 2 && (argc != 3 || strcmp(argv[2], "all") != 0))
			return EINVAL;
		return list_dataset(argv[1], argc == 3, &dst);
	case 10:
		error = reopen();
		break;
	default:
		snprintf(out, sizeof out, "%s", usage);
		error = strcmp(verb, "help") == 0 ? 0 : EINVAL;
	}
	return put_frame(&dst, out, strlen(out)) == 0 ? error : -1;
}
