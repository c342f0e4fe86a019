#include "util/snap_columns.h"

#include <stddef.h>

const struct snap_column_row snap_columns[SNAP_COLUMNS] = {
    [SNAP_GUID] = {"guid", "guid"},
    [SNAP_CREATETXG] = {"createtxg", "createtxg"},
    [SNAP_CREATION] = {"creation", "creation"},
    [SNAP_WRITTEN] = {"written", "written"},
    [SNAP_HOLDS] = {"holds", "userrefs"},
    [SNAP_SENT] = {"sent", NULL},
    [SNAP_RELAYED] = {"relayed", NULL},
    [SNAP_HELD] = {"held", NULL},
};
