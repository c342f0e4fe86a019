#include "util/snap_columns.h"

#include <stddef.h>

const struct snap_column_row snap_columns[SNAP_COLUMNS] = {
    [SNAP_GUID] = {"guid", "guid", true},
    [SNAP_CREATETXG] = {"createtxg", "createtxg", true},
    [SNAP_CREATION] = {"creation", "creation", true},
    [SNAP_WRITTEN] = {"written", "written", false},
    [SNAP_HOLDS] = {"holds", "userrefs", false},
    [SNAP_SENT] = {"sent", NULL, false},
    [SNAP_RELAYED] = {"relayed", NULL, false},
    [SNAP_GROUND] = {"ground", NULL, false},
    [SNAP_HELD] = {"held", NULL, false},
};
