/* A message to somebody who listens at a name of a file, or (beginning with '@') at one without a file. */
#ifndef ZREP_UTIL_DATAGRAM_H
#define ZREP_UTIL_DATAGRAM_H

#include <stdbool.h>
#include <stddef.h>

/* Waits for nobody. False: nobody has taken it, or `to` is no such name. */
bool datagram_send(const char *to, const char *data, size_t len);

#endif
