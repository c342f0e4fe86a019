/*
 * uzctl: asks the host's uzfsd for what /dev/zfs does not offer. The words of the command line travel as
 * they are; `uzctl help` prints the daemon's own list. Only this is done here, with many questions:
 *
 *   uzctl same FILE DATASET[@SNAP] NAME ...    a line for each three: `same`, `other` or, where there is no
 *                                              such file there or here, `none`
 */
#define _GNU_SOURCE
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "client.h"
#include "proto.h"

static void die(const char *what)
{
	fprintf(stderr, "uzctl: %s: %s\n", what, strerror(errno));
	exit(1);
}

static char buf[UZ_FRAME];

/* The next part of the answer, in buf; 0 at its end. */
static uint32_t next(int fd)
{
	uint32_t n;
	if (!client_next(fd, buf, &n))
		die(client_what);
	return n;
}

static int ask(int argc, char **argv)
{
	int fd = client_connect(getenv("UZFS_SOCK"));
	if (fd < 0 || !client_ask(fd, argc, argv, strcmp(argv[0], "put") == 0 ? 0 : -1))
		die(client_what);
	return fd;
}

static int32_t error_of(int fd)
{
	int32_t error;
	if (!client_error(fd, &error))
		die(client_what);
	return error;
}

/* Is the answer what the file has? It is read to its end in any case. */
static bool equals_file(int fd, FILE *f)
{
	static char there[UZ_FRAME];
	bool same = true;
	for (uint32_t n; (n = next(fd)) > 0;)
		same = same && fread(there, 1, n, f) == n && memcmp(there, buf, n) == 0;
	return same && fgetc(f) == EOF && !ferror(f);
}

static int compare(int argc, char **argv)
{
	if (argc % 3 != 0)
		return 2;
	for (; argc > 0; argc -= 3, argv += 3) {
		FILE *f = fopen(argv[0], "re");
		bool is_here = f != NULL;
		if (!is_here && (f = fopen("/dev/null", "re")) == NULL)
			die("/dev/null");
		int fd = ask(3, (char *[]){"get", argv[1], argv[2]});
		bool same = equals_file(fd, f);
		int32_t error = error_of(fd);
		puts(error != 0 || !is_here ? "none" : same ? "same" : "other");
		fclose(f);
		close(fd);
	}
	return fflush(stdout) == 0 ? 0 : 1;
}

int main(int argc, char **argv)
{
	const char *sock = getenv("UZFS_SOCK");
	if (argc < 2 || sock == NULL) {
		fprintf(
		    stderr,
		    "usage: UZFS_SOCK=<host's socket> uzctl COMMAND [ARG...]  (see uzctl help)\n");
		return 2;
	}
	if (strcmp(argv[1], "same") == 0)
		return compare(argc - 2, argv + 2);
	int fd = ask(argc - 1, argv + 1);
	for (uint32_t n; (n = next(fd)) > 0;)
		if (fwrite(buf, 1, n, stdout) != n)
			die("standard output");
	int32_t error = error_of(fd);
	if (fflush(stdout) != 0)
		die("standard output");
	if (error != 0) {
		errno = error;
		fprintf(stderr, "uzctl: %s%s%s: %s\n", argv[1], argc > 2 ? " " : "",
			argc > 2 ? argv[2] : "", strerror(error));
		return 1;
	}
	return 0;
}
