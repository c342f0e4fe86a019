/* --json: all that was collected of a run, as one object; zrep-json(5) describes it. */
#ifndef ZREP_UI_JSON_H
#define ZREP_UI_JSON_H

#include "ui/ui.h"

extern const struct ui_format json_format;

#endif
