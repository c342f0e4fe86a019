#include "cli/key_lines.h"

#include <stdlib.h>
#include <string.h>

#include "state/dataset.h"
#include "util/authkeys.h"
#include "util/file.h"
#include "util/mem.h"
#include "util/name.h"
#include "util/remedy.h"

#define KEY_MAX 16384u

bool key_other(const struct ctx *c, const struct side *side, const char *name,
	       const struct dataset *d, const char *host, const char *there, struct place *out)
{
	const char *known = NULL;

	*out = (struct place){0};
	if (d != NULL && (d->role == ROLE_MASTER || d->role == ROLE_REPLICA)) {
		known = d->role == ROLE_MASTER ? d->dest_host : d->src_host;
		out->name = d->role == ROLE_MASTER ? d->dest_fs : d->src_fs;
		out->exists = true;
	}
	if (host != NULL) {
		const char *as = there != NULL ? there : out->name != NULL ? out->name : name;
		out->exists = out->exists && strcmp(known, host) == 0 && strcmp(out->name, as) == 0;
		known = host, out->name = as;
	}
	if (known == NULL)
		return false;
	out->host = name_host_part(known);
	if (ctx_is_self(c, out->host)) {
		out->host = c->self;
		out->exists = side_find(side, out->name) != NULL;
	}
	return true;
}

struct err *key_check_place(const struct place *p)
{
	struct err *e = name_check_host(p->host);

	if (e == NULL)
		e = name_check_dataset(p->name);
	if (e == NULL && !p->exists && strchr(p->name, '/') == NULL)
		e = err_remedy(
		    err_refuse(REASON_POOL_AWAY, "there is no pool %s on %s", p->name, p->host),
		    "create the pool, or name a dataset in one that exists");
	return e;
}

bool key_options_given(const struct ctx *c)
{
	return c->role != NULL || c->append_only || c->max_bytes != 0 || c->max_calls != 0 ||
	       c->max_seconds != 0;
}

struct err *key_role(const struct ctx *c, enum confine_role *out)
{
	*out = CONFINE_PEER;
	if (c->role == NULL || confine_role_of(c->role, out))
		return NULL;
	return err_new(ERR_USAGE, "--role is replica, source or peer, not \"%.40s\"", c->role);
}

bool key_is_wanted(enum confine_role role, bool home_leads, bool at_home)
{
	/* A replica's key is for the host that is sent to; a source's for the one that is fetched from. */
	return role == CONFINE_PEER || ((role == CONFINE_REPLICA) == home_leads) == !at_home;
}

struct confine key_confine(const struct ctx *c, const struct strv *names, enum confine_role role)
{
	return (struct confine){.under = *names,
				.role = role,
				.tag = c->tag,
				.append_only = c->append_only,
				.most = {c->max_bytes, c->max_calls, c->max_seconds}};
}

char *key_policy(const struct ctx *c, const struct strv *names, enum confine_role role)
{
	struct confine to = key_confine(c, names, role);

	return confine_text(&to);
}

char *key_line(const struct ctx *c, const struct strv *names, enum confine_role role,
	       const char *key)
{
	struct strv quoted = {0};

	for (size_t i = 0; i < names->n; i++) {
		char *word = remedy_word(names->items[i]);
		strv_add(&quoted, word);
		free(word);
	}
	struct confine to = key_confine(c, &quoted, role);
	char *words = confine_words(&to);
	char *line = str_fmt("restrict,command=\"zrep agent %s\" %s", words, key);
	free(words);
	strv_free(&quoted);
	return line;
}

static const char *const key_files[] = {".ssh/id_ed25519.pub", ".ssh/id_ecdsa.pub",
					".ssh/id_rsa.pub", NULL};

char *key_first(const struct buf *text)
{
	const char *s = buf_str(text);
	char *line = str_fmt("%.*s", (int)strcspn(s, "\r\n"), s);

	if (authkeys_is_key(line))
		return line;
	free(line);
	return NULL;
}

char *key_own(void)
{
	const char *home = getenv("HOME");
	char *key = NULL;

	for (size_t i = 0; key_files[i] != NULL && home != NULL && key == NULL; i++) {
		char *path = str_fmt("%s/%s", home, key_files[i]);
		struct buf text = {0};
		struct err *e = file_read(path, KEY_MAX, &text);
		if (e == NULL)
			key = key_first(&text);
		err_free(e);
		buf_free(&text);
		free(path);
	}
	return key;
}

struct err *key_none(const char *host)
{
	return err_remedy(err_refuse(REASON_MISFIT, "%s has no key of its own (~/%s and others)",
				     host, key_files[0]),
			  "on %s: {ssh-keygen -t ed25519}, then run the same again", host);
}
