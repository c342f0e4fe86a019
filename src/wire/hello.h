/* HELLO: what each side says of itself first, and what both go by from then on. Pure functions.
 *
 * Both sides speak the highest protocol that both speak, and a feature is on if both know it. So a program works with the
 * one before it and the one after it. A new frame, and a new argument that must not be ignored, are features; a new operation
 * is told by its name in the agent's list. What else is added may be ignored by who does not know it. */
#ifndef ZREP_WIRE_HELLO_H
#define ZREP_WIRE_HELLO_H

#include "util/buf.h"
#include "util/nv.h"
#include "wire/frame.h"

/* What there is beyond the base of WIRE_PROTOCOL_MIN, each with its name on the wire. */
#define HELLO_FEATURES(X)                                                                          \
	X(PROGRESS, "progress") /* the agent says PROGRESS while ZFS is slow */                    \
	X(NEWS, "news")         /* who asks says PROGRESS as long as it is well */                 \
	X(TOGETHER, "together") /* destroy heeds `together`, and list tells `ways` */              \
	X(LINES, "lines")       /* more connections for data, and `parts` of send and receive */

/* Digits of hexadecimal that a session goes by. */
#define SESSION_LEN 64u

enum feature {
#define X(name, word) FEATURE_##name,
	HELLO_FEATURES(X)
#undef X
	    FEATURE_COUNT
};

/* What this program speaks. In speech.c, which tests/compat replaces. */
struct speech {
	unsigned min, protocol; /* lowest and highest protocol */
	unsigned features;      /* bits, by enum feature */
};
extern const struct speech hello_speech;

/* What we say of ourselves. */
struct hello_self {
	const char *version;
	const char *host;
	const char *tag;     /* NULL: the agent's side */
	unsigned timeout;    /* 0: as the peer says */
	const char *session; /* the one that the connection is for; NULL: it is the first */
	const char *const *operations; /* of the agent, ending with NULL; NULL: none */
	const char *confined;          /* of the agent: by which policy it is; NULL: it is not */
};

/* What the peer said, and what was agreed on. */
struct hello {
	unsigned protocol; /* the highest that both speak */
	unsigned features; /* bits: both know it */
	char *version, *host;
	char *tag;        /* NULL when there is none */
	unsigned timeout; /* 0 when there is none */
	char *session;    /* NULL when there is none */
	struct strv operations;
	char *confined; /* NULL: it does not say that it is */
};

/* The caller frees. */
nvlist_t *hello_print(const struct hello_self *self);

/* Takes a HELLO of `peer` (for messages) apart. Refused, with who has to upgrade, if no protocol is common. */
struct err *hello_parse(const nvlist_t *nv, const char *peer, const struct hello_self *self,
			struct hello *out);
void hello_free(struct hello *h);
struct hello hello_copy(const struct hello *h);

/* Is that what a session goes by? */
bool hello_is_session(const char *text);

bool hello_has(const struct hello *h, enum feature feature);

/* May a frame of that type be sent, and come? */
bool hello_allows(const struct hello *h, enum frame_type type);

/* Does the peer, which is an agent, know that operation? */
bool hello_knows(const struct hello *h, const char *op);

/* The names of the features that are on, with blanks between; the caller frees. */
char *hello_features(const struct hello *h);

#endif
