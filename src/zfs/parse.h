/* What `zfs` prints, taken apart. Pure functions over text from outside, each with a fuzzer: they
 * accept what zfs would print for the question that was asked, and nothing else. */
#ifndef ZREP_ZFS_PARSE_H
#define ZREP_ZFS_PARSE_H

#include <stddef.h>

#include <stdbool.h>

#include "util/err.h"
#include "util/nv.h"

struct strv;

/* `zfs get -Hp -o name,property,value,source PROPS NAMES`: every dataset gives one line for each
 * property, in the order asked. A value with a line break or tab in it (a user property may hold
 * one) breaks that order and is an error, never another line; for that the last of `props` must be a
 * native one, whose line nobody can write. Adds name -> {value, source} to
 * `datasets`, for those of `names` that appear. */
struct err *parse_get(const char *text, char *const *names, size_t n_names,
		      const char *const *props, size_t n_props, nvlist_t *datasets);

/* Of such a text about one dataset that parse_get() does not take: the property whose value breaks it, to tell where to
 * look. (Whoever breaks it on purpose can put the blame on one that stands behind it.) NULL: none can be told. */
const char *parse_get_culprit(const char *text, const char *const *props, size_t n_props);

/* `zfs get -Hp -o name,property,value,source -s local,received all NAMES`: adds property -> value to each of `datasets` for
 * native properties (no ':' in the name). It may be more than is set, see there. */
struct err *parse_native(const char *text, nvlist_t *datasets);

/* `zfs get -Hp -s local,received -o name,property all NAMES`: adds `tags` to each of `datasets`, the tags other than
 * `tag` of which a property is set that makes a pair or a role; no more than `max`, and the flag `others_more` where
 * there are more. A line that is no name and property is an error. */
struct err *parse_tags(const char *text, const char *tag, size_t max, nvlist_t *datasets);

/* The same for one property that is set on the dataset `one`. */
void parse_tag_prop(const char *prop, const char *tag, size_t max, nvlist_t *one);

/* `zfs get -Hp -s local,received -o name,property,value TAG:master,TAG:dest-host,TAG:dest-fs`: the
 * datasets with a master property, and for each the other two, "" where they are not set. What makes
 * no sense is passed over. */
void parse_masters(const char *text, struct strv *names, struct strv *hosts, struct strv *fss);

/* `zfs get -Hp -s local -o name,value TAG:switch`: adds the datasets that take part in a going back
 * ("back GUID keep NAME"): one that keeps what is newer under its own name, and the NAME of each of
 * `names`. No name twice, none of `names`. Only a hint, as above. */
void parse_asides(const char *text, char *const *names, size_t n, struct strv *asides);

/* `zfs list -Hp -o name,type,readonly,canmount,origin`, and `zfs get -Hp -s local,received -o name,property all` of the
 * same: adds name -> flags {volume, readonly, unmounted, clone, excluded, tagged} to `beside`, for those that are not among
 * `datasets`. What is no such line is passed over. */
void parse_beside(const char *listed, const char *set, const char *tag, const nvlist_t *datasets,
		  nvlist_t *beside);

/* `zfs get -Hp -o name,value TAG:exclude`: takes `excluded` from those that have "no" there. */
void parse_beside_included(const char *text, nvlist_t *beside);

/* `zpool get -Hp -o name,property,value all POOLS`: adds name -> {features {feature -> state}, suspended flag} to `pools`,
 * and the names of those that are imported read-only to `readonly`. What is no such line, as the rest of somebody's property that has
 * a line break in it, is passed over. */
void parse_pools(const char *text, nvlist_t *pools, struct strv *readonly);

/* `zfs list -Hp -o name -r -t filesystem,volume NAMES`: adds `below` to each of `datasets`. A line that
 * is no dataset's name is an error. */
struct err *parse_below(const char *text, nvlist_t *datasets);

/* `zfs get -H -s local,received -o name,property all NAMES`: adds `tagged` to each of `datasets`, the names of
 * its properties that begin with "TAG:". A line that is no name and property is an error. */
struct err *parse_tagged(const char *text, const char *tag, nvlist_t *datasets);

/* `zfs list -Hp -o name,used -d 1 -t filesystem,volume PARENTS`: adds `kept` and `kept_used` to each of
 * `datasets`, of what is called NAME_kept_... A line that is no name and number is an error. */
struct err *parse_preserved(const char *text, nvlist_t *datasets);

/* What `zfs` prints in one column: the lines that fit, sorted, each once. */
void parse_column(const char *text, bool (*fits)(const char *line), struct strv *out);
/* Is it "TAG:src-fs", of a tag that may be one? */
bool parse_is_src_fs(const char *prop);

/* `zfs send -nvP -t TOKEN`: adds toname, toguid, fromguid, bytes to `out`. The receiver made the token,
 * and a name in it may hold line breaks: what is said twice is an error. */
struct err *parse_token(const char *text, nvlist_t *out);
/* Does that, when it failed, say that a snapshot is gone which the token names? A name in it may say anything: only the
 * ends of lines count. */
bool parse_token_is_dead(const char *said);

#endif
