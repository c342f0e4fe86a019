/* What a program that stays asks `zfs`, taken apart. As parse.h: pure functions over text from outside. */
#ifndef ZREP_ZFS_PARSE_ROSTER_H
#define ZREP_ZFS_PARSE_ROSTER_H

#include <stdbool.h>
#include <stdint.h>

#include "util/nv.h"

/* `zfs get -Hp -s local,received,inherited -o name,property,value,source PROPS`, of which PROPS begin with "TAG:": adds to
 * `datasets` name -> nvlist: property without the tag -> value, of those that are set on the dataset itself, and of `rpo`
 * also from above. What makes no sense is passed over: it is a hint, and read properly before anything is done. */
void parse_roster(const char *text, const char *tag, nvlist_t *datasets);

/* `zfs list -Hp -o name,written,...`: every line goes into the number of its dataset, or with `trees` of each of the `n`
 * names (sorted) that it is, or is below. Adds to `states` name -> number, and to `written` name -> bytes, summed up. */
void parse_written(const char *text, char *const *names, size_t n, bool trees, nvlist_t *states,
		   nvlist_t *written);

#endif
