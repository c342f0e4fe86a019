/* Pictures written down as text; README has the format. */
#ifndef ZREP_TESTS_PLAN_PICTURE_FILE_H
#define ZREP_TESTS_PLAN_PICTURE_FILE_H

#include "plan/plan.h"

struct story {
	char verb[16];
	struct sync_opts sync;
	char *src_host, *src_fs, *dst_host, *dst_fs, *tag;
	struct pair pair;     /* token and now; src and dst point into the sides */
	struct side src, dst; /* what side_read() made of the listings */
	nvlist_t *listing[2];
};

/* Reads the text up to the line "---", or its end. The error names the line. The caller frees with
 * story_free(), also after an error. */
struct err *story_read(const char *text, struct story *out);
void story_free(struct story *s);

#endif
