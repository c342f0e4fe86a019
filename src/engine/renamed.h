/* What has another name by now than its other end knows it by: found by its GUID, so that what is said of it names it. */
#ifndef ZREP_ENGINE_RENAMED_H
#define ZREP_ENGINE_RENAMED_H

#include "engine/peers.h"

/* Sets `renamed` of the other end of every job whose dataset is not under its name there, or is another one's. Lists what is
 * zrep's on such a host, once; who cannot be asked tells nothing. Several that only may be it (END_PERHAPS)
 * are none. What was found before is forgotten. With no_search of the session nothing is looked for. */
void renamed_ask(struct session *s);

/* Frees what they point to. */
void renamed_free(struct session *s);

#endif
