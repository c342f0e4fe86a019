/* OP_TOKEN: one zfs process for each token, as it takes no more at a time. */
#include "zfs/local_tokens.h"

#include <string.h>

#include "util/buf.h"
#include "util/mem.h"
#include "zfs/local.h"
#include "zfs/parse.h"

static bool is_token(const char *s)
{
	return *s != '\0' && *s != '-' && strspn(s, "0123456789abcdef-") == strlen(s);
}

/* What it stands for. Only where zfs says of what it names that it is gone, the token is dead: whatever else goes wrong
 * may be right the next time. */
struct err *tokens_explain(struct local *l, const char *token, nvlist_t *one)
{
	if (!is_token(token))
		return err_new(ERR_FAILED, "%s: that is no resume token", l->host);
	char *argv[] = {"zfs", "send", "-nvP", "-t", (char *)(uintptr_t)token, NULL};
	struct buf out = {0}, said = {0};
	bool failed = false;
	struct err *e = local_zfs(l, argv, &out, &said, &failed);

	if (e == NULL && failed && parse_token_is_dead(buf_str(&said))) {
		/* It prints what the token holds even where the snapshot is gone. */
		err_free(parse_token(buf_str(&out), one));
		nv_add_str(one, "dead", buf_str(&said));
	} else if (e == NULL && failed) {
		e = err_new(ERR_FAILED, "%s: %s", l->host, buf_str(&said));
	} else if (e == NULL) {
		e = err_wrap(parse_token(buf_str(&out), one), "%s", l->host);
	}
	buf_free(&out);
	buf_free(&said);
	return e;
}

struct err *local_tokens(struct local *l, const nvlist_t *args, nvlist_t *result)
{
	nvlist_t *all = nv_new();
	size_t n;
	char **tokens = nv_strs(args, "tokens", &n);

	for (size_t i = 0; i < n; i++) {
		nvlist_t *one = nv_new();
		struct err *e = tokens_explain(l, tokens[i], one);
		if (e == NULL)
			nv_add_nv(all, tokens[i], one);
		else
			local_add_error(result, tokens[i], e);
		nv_free(one);
	}
	nv_add_nv(result, "tokens", all);
	nv_free(all);
	return tokens != NULL ? NULL
			      : err_new(ERR_FAILED, "an operation lacks its argument \"tokens\"");
}
