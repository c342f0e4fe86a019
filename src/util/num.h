/* Numbers in and out of text. Parsers take the whole string or nothing. */
#ifndef ZREP_UTIL_NUM_H
#define ZREP_UTIL_NUM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Digits only: no sign, no blanks, no overflow. */
bool num_parse_u64(const char *s, uint64_t *out);
/* Hexadecimal digits only, either case, without a prefix. */
bool num_parse_hex(const char *s, uint64_t *out);
/* A time: "90" or "90s", "5m", "2h", "1d", in seconds. */
bool num_parse_seconds(const char *s, uint64_t *out);
/* A size: digits, and then perhaps K, M, G or T (of 1024), and B or iB behind that: "50M", "50MiB". */
bool num_parse_bytes(const char *s, uint64_t *out);

/* Texts are at most NUM_TEXT bytes with the NUL; the result is `to`. */
#define NUM_TEXT 32
/* "0 B", "999 B", "1.2 KiB", "34.5 GiB" */
char *num_bytes(char to[NUM_TEXT], uint64_t bytes);
/* "0s", "59s", "4m 10s", "3h 2m", "5d 7h" */
char *num_seconds(char to[NUM_TEXT], uint64_t seconds);
/* Local time as "2026-11-22 16:03:48"; "never" for 0. */
char *num_time(char to[NUM_TEXT], uint64_t unix_time);

/* The same in a strftime() format of somebody's own, in printable ASCII; as num_time() for NULL, and where nothing
 * comes of it, or too much. The result, at most NUM_TIME bytes with the NUL, is `to`. */
#define NUM_TIME 128
char *num_time_as(char to[NUM_TIME], const char *format, uint64_t unix_time);

#endif
