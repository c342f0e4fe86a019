/* A process that asks a host's uzfsd with words, as uzctl does (proto.h, UZ_TEXT). */
#ifndef UZ_CLIENT_H
#define UZ_CLIENT_H

#include <stdbool.h>
#include <stdint.h>

/* A connection to the daemon at that socket, or -1. */
int client_connect(const char *sock);
/* Sends the words, and what `in` has to its end (-1: nothing). The answer has to be read to its end then. */
bool client_ask(int fd, int argc, char **argv, int in);
/* The next part of the answer, UZ_FRAME bytes at the most; *n is 0 at its end, after which there is client_error. */
bool client_next(int fd, char *buf, uint32_t *n);
bool client_error(int fd, int32_t *error);
/* After one of these said no: what was the matter; errno says why. */
extern const char *client_what;

#endif
