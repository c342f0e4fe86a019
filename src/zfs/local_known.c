/* Names for a command line to be completed with. Cheap: one `zfs`, and no snapshot is looked at. */
#include "zfs/local_known.h"

#include <string.h>

#include "util/buf.h"
#include "util/name.h"
#include "zfs/local.h"
#include "zfs/confine.h"
#include "zfs/local.h"
#include "zfs/local_get.h"
#include "zfs/ops.h"
#include "zfs/parse.h"

struct err *local_complete_names(struct local *l, enum known what, const char *tag,
				 struct strv *names)
{
	static bool (*const fits[])(const char *) = {
	    [KNOWN_EVERY] = name_is_dataset,
	    [KNOWN_DATASETS] = name_is_dataset,
	    [KNOWN_HOSTS] = name_is_host,
	    [KNOWN_TAGS] = parse_is_src_fs,
	};
	struct strv argv = {0};
	struct buf out = {0};
	struct err *e = local_init(l);

	strv_split(&argv, what == KNOWN_EVERY
			      ? "zfs list -Hp -o name -t filesystem,volume"
			      : "zfs get -Hp -s local,received -t filesystem,volume -o");
	if (what == KNOWN_DATASETS) {
		strv_add(&argv, "name");
		strv_addf(&argv, "%s:src-fs", tag);
	} else if (what == KNOWN_HOSTS) {
		strv_add(&argv, "value");
		strv_addf(&argv, "%s:src-host,%s:dest-host", tag, tag);
		if (l->confine != NULL)
			strv_add(&argv, "-r");
		for (size_t i = 0; l->confine != NULL && i < l->confine->under.n; i++)
			strv_add(&argv, l->confine->under.items[i]);
	} else if (what == KNOWN_TAGS) {
		strv_split(&argv, "property all");
	}
	if (e == NULL)
		e = local_listing(l, &argv, &out);
	if (e == NULL)
		parse_column(buf_str(&out), fits[what], names);
	for (size_t i = 0; i < names->n && what == KNOWN_TAGS; i++)
		*strchr(names->items[i], ':') = '\0';
	strv_free(&argv);
	buf_free(&out);
	return e;
}
