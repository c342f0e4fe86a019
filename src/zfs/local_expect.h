/* What OP_SET is to find before it sets. */
#ifndef ZREP_ZFS_LOCAL_EXPECT_H
#define ZREP_ZFS_LOCAL_EXPECT_H

#include <stdbool.h>

#include "util/err.h"
#include "util/nv.h"

struct local;

/* A function of a channel program: state_differs(name, want) says what of a dataset is not as its part of state_args() has it
 * ("name", "newest" or "written"); nil: all is so. */
#define STATE_PROGRAM                                                                              \
	"function state_differs(name, want)\n"                                                     \
	"  if not zfs.exists(name) then return 'name' end\n"                                       \
	"  snap, written = name .. '@' .. want['snap'], nil\n"                                     \
	"  if want['snap'] ~= '' and zfs.exists(snap) and\n"                                       \
	"     zfs.get_prop(snap, 'guid') == want['newest'] then\n"                                 \
	"    written = zfs.get_prop(name, 'written@' .. want['snap'])\n"                           \
	"  end\n"                                                                                  \
	"  if written == nil then\n"                                                               \
	"    newest, last = 0, -1\n"                                                               \
	"    for snap in zfs.list.snapshots(name) do\n"                                            \
	"      txg, guid = zfs.get_prop(snap, 'createtxg'), zfs.get_prop(snap, 'guid')\n"          \
	"      if txg > last or (txg == last and guid == want['newest']) then\n"                   \
	"        newest, last = guid, txg\n"                                                       \
	"      end\n"                                                                              \
	"    end\n"                                                                                \
	"    if newest ~= want['newest'] then return 'newest' end\n"                               \
	"    written = zfs.get_prop(name, 'written')\n"                                            \
	"  end\n"                                                                                  \
	"  if written > want['written'] then return 'written' end\n"                               \
	"  return nil\n"                                                                           \
	"end\n"

/* Is `expect` an nvlist as ops.h has it? */
struct err *expected_check(const nvlist_t *expect);

/* Adds to the arguments of the channel program the user properties of what is in a pool: as `with` those that have a value,
 * as `without` the others. */
void props_args(const nvlist_t *props, const char *pool, const char *with, const char *without,
		nvlist_t *args);

/* Compares without a channel program (`native`: only native properties, which that does not): adds to *differs as that
 * does, which stays NULL if all is so. */
struct err *expected_look(struct local *l, const nvlist_t *expect, const char *pool, bool native,
			  nvlist_t **differs);

/* The same of `state`: is it one; its part in the program's arguments; compared without a program. */
struct err *state_check(const nvlist_t *state);
void state_args(const nvlist_t *state, const char *pool, nvlist_t *args);
struct err *state_look(struct local *l, const nvlist_t *state, const char *pool,
		       nvlist_t **differs);

/* Notes for all names of a pool that nothing is set there, because of what `differs`:
 * name -> {prop string, is string: "" where it is not set or there is no such dataset}. */
void expected_refuse(struct local *l, const nvlist_t *props, const nvlist_t *expect,
		     const nvlist_t *state, const char *pool, const nvlist_t *differs,
		     nvlist_t *result);

#endif
