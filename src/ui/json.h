/* JSON of what libnvpair has in an nvlist. */
#ifndef ZREP_UI_JSON_H
#define ZREP_UI_JSON_H

#include "ui/ui.h"
#include "util/nv.h"

/* Adds text of somebody's, such as a message or what a property says, in printable ASCII: libnvpair's JSON would end at a
 * byte that is no character. */
void json_add_text(nvlist_t *to, const char *key, const char *text);

/* The same of what ui_text() makes of it. */
void json_add_remedy(const struct ui *u, nvlist_t *to, const char *key, const char *text);

/* Prints an nvlist and a line break to standard output. */
void json_print(const nvlist_t *nv);

#endif
