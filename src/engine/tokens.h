/* What the resume tokens of a session's destinations stand for. */
#ifndef ZREP_ENGINE_TOKENS_H
#define ZREP_ENGINE_TOKENS_H

#include "engine/peers.h"

/* Asks every sending host about the tokens of its jobs, in one call for all of them. An answer stays with its job until
 * the destination has another token; who could not be asked, or was not understood, is asked again the next time. Part
 * of observing: session_pair() asks nobody. */
void tokens_ask(struct session *s);

/* Puts the answer into the job's pair. */
void tokens_fill(struct job *j);

#endif
