#include "wire/hello.h"

#include <stdlib.h>
#include <string.h>

#include "util/mem.h"
#include "util/name.h"

/* Of features and of operations. */
#define NAMES_MAX 256u
#define NAME_LEN_MAX 32u

#define VERSION_MAX 64u
#define HOST_MAX 255u
#define TIMEOUT_MAX 3600u
#define CONFINED_MAX 1024u

static const char *const feature_words[FEATURE_COUNT] = {
#define X(name, word) [FEATURE_##name] = (word),
    HELLO_FEATURES(X)
#undef X
};

static void add_features(nvlist_t *nv)
{
	struct strv names = {0};

	for (unsigned i = 0; i < FEATURE_COUNT; i++)
		if ((hello_speech.features >> i & 1) != 0)
			strv_add(&names, feature_words[i]);
	if (names.n > 0)
		nv_add_strs(nv, "features", names.items, names.n);
	strv_free(&names);
}

static void add_operations(nvlist_t *nv, const char *const *operations)
{
	struct strv names = {0};

	for (; *operations != NULL; operations++)
		strv_add(&names, *operations);
	if (names.n > 0)
		nv_add_strs(nv, "operations", names.items, names.n);
	strv_free(&names);
}

nvlist_t *hello_print(const struct hello_self *self)
{
	nvlist_t *nv = nv_new();

	nv_add_u64(nv, "protocol", hello_speech.protocol);
	nv_add_u64(nv, "min", hello_speech.min);
	add_features(nv);
	nv_add_str(nv, "version", self->version);
	nv_add_str(nv, "host", self->host);
	if (self->tag != NULL)
		nv_add_str(nv, "tag", self->tag);
	if (self->timeout != 0)
		nv_add_u64(nv, "timeout", self->timeout);
	if (self->session != NULL)
		nv_add_str(nv, "session", self->session);
	if (self->operations != NULL)
		add_operations(nv, self->operations);
	if (self->confined != NULL)
		nv_add_str(nv, "confined", self->confined);
	return nv;
}

void hello_free(struct hello *h)
{
	free(h->version);
	free(h->host);
	free(h->tag);
	free(h->session);
	free(h->confined);
	strv_free(&h->operations);
	*h = (struct hello){0};
}

struct hello hello_copy(const struct hello *h)
{
	struct hello to = *h;

	to.version = mem_strdup(h->version);
	to.host = mem_strdup(h->host);
	to.tag = h->tag != NULL ? mem_strdup(h->tag) : NULL;
	to.session = h->session != NULL ? mem_strdup(h->session) : NULL;
	to.confined = h->confined != NULL ? mem_strdup(h->confined) : NULL;
	to.operations = (struct strv){0};
	for (size_t i = 0; i < h->operations.n; i++)
		strv_add(&to.operations, h->operations.items[i]);
	return to;
}

bool hello_is_session(const char *text)
{
	return strlen(text) == SESSION_LEN && strspn(text, "0123456789abcdef") == SESSION_LEN;
}

static struct err *no_greeting(const char *peer)
{
	return err_because(
	    err_new(ERR_FAILED, "%s answered with a greeting that is not zrep's", peer),
	    REASON_PROTOCOL);
}

/* As many names as we take, each of such a form? */
static bool are_names(char *const *names, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		size_t len = strspn(names[i], "abcdefghijklmnopqrstuvwxyz0123456789-");
		if (len == 0 || len > NAME_LEN_MAX || names[i][len] != '\0')
			return false;
	}
	return n <= NAMES_MAX;
}

static unsigned features_of(char *const *names, size_t n)
{
	unsigned bits = 0;

	for (size_t i = 0; i < n; i++)
		for (unsigned k = 0; k < FEATURE_COUNT; k++)
			if (strcmp(names[i], feature_words[k]) == 0)
				bits |= 1u << k;
	return bits;
}

static char *protocols(uint64_t min, uint64_t max)
{
	return min == max ? str_fmt("protocol %llu", (unsigned long long)max)
			  : str_fmt("protocols %llu to %llu", (unsigned long long)min,
				    (unsigned long long)max);
}

/* The two have no protocol in common: who is the older one? */
static struct err *too_old(const char *peer, const char *version, uint64_t min, uint64_t max,
			   const struct hello_self *self)
{
	char *clean = str_clean(mem_strdup(version));
	char *theirs = protocols(min, max),
	     *ours = protocols(hello_speech.min, hello_speech.protocol);
	const char *older = max < hello_speech.min ? peer : self->host;
	struct err *e = err_refuse(
	    REASON_UPGRADE, "%s runs zrep %s, which speaks %s; this one (%s, on %s) speaks %s",
	    peer, clean, theirs, self->version, self->host, ours);

	free(clean);
	free(theirs);
	free(ours);
	return err_because(err_remedy(e, "upgrade zrep on %s, whose zrep is the older one", older),
			   REASON_UPGRADE);
}

struct err *hello_parse(const nvlist_t *nv, const char *peer, const struct hello_self *self,
			struct hello *out)
{
	uint64_t protocol = nv_u64(nv, "protocol", 0), min = nv_u64(nv, "min", protocol);
	uint64_t timeout = nv_u64(nv, "timeout", 0);
	const char *version = nv_str(nv, "version"), *host = nv_str(nv, "host");
	const char *tag = nv_str(nv, "tag"), *session = nv_str(nv, "session"),
		   *confined = nv_str(nv, "confined");
	size_t n_features, n_operations;

	*out = (struct hello){0};
	if (version == NULL || host == NULL || strlen(version) > VERSION_MAX ||
	    strlen(host) > HOST_MAX || min > protocol || min == 0)
		return no_greeting(peer);
	/* Before anything else is looked at, which another protocol may say otherwise. */
	if (protocol < hello_speech.min || min > hello_speech.protocol)
		return too_old(peer, version, min, protocol, self);
	char **features = nv_strs(nv, "features", &n_features),
	     **operations = nv_strs(nv, "operations", &n_operations);
	struct err *e = tag != NULL ? name_check_tag(tag) : NULL;
	if (e != NULL)
		return err_because(e, REASON_PROTOCOL);
	if (!are_names(features, n_features) || !are_names(operations, n_operations) ||
	    (session != NULL && !hello_is_session(session)))
		return no_greeting(peer);
	out->protocol =
	    protocol < hello_speech.protocol ? (unsigned)protocol : hello_speech.protocol;
	out->features = features_of(features, n_features) & hello_speech.features;
	for (size_t i = 0; i < n_operations; i++)
		strv_add(&out->operations, operations[i]);
	out->tag = tag != NULL ? mem_strdup(tag) : NULL;
	out->session = session != NULL ? mem_strdup(session) : NULL;
	out->version = str_clean(mem_strdup(version));
	out->host = str_clean(mem_strdup(host));
	if (confined != NULL)
		out->confined = str_clean(str_fmt("%.*s", (int)CONFINED_MAX, confined));
	out->timeout = timeout > TIMEOUT_MAX ? TIMEOUT_MAX : (unsigned)timeout;
	return NULL;
}

bool hello_has(const struct hello *h, enum feature feature)
{
	return (h->features >> feature & 1) != 0;
}

bool hello_allows(const struct hello *h, enum frame_type type)
{
	return type != FRAME_PROGRESS || hello_has(h, FEATURE_PROGRESS) ||
	       hello_has(h, FEATURE_NEWS);
}

bool hello_knows(const struct hello *h, const char *op)
{
	return strv_has(&h->operations, op);
}

char *hello_features(const struct hello *h)
{
	struct buf names = {0};

	for (unsigned i = 0; i < FEATURE_COUNT; i++)
		if (hello_has(h, (enum feature)i)) {
			if (names.len > 0)
				buf_add(&names, " ", 1);
			buf_add(&names, feature_words[i], strlen(feature_words[i]));
		}
	char *all = mem_strdup(buf_str(&names));
	buf_free(&names);
	return all;
}
