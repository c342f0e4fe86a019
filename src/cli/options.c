#include "cli/options.h"

#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#include "cli/option_table.h"
#include "ui/json.h"
#include "util/clock.h"
#include "util/mem.h"
#include "util/num.h"

/* The most that -P may be: each transfer has a thread and a call on both sides. */
#define PARALLEL_MAX 64u

static void replace(char **to, const char *value)
{
	free(*to);
	*to = mem_strdup(value);
}

static struct err *number(const char *name, const char *arg, uint64_t max, unsigned *to)
{
	uint64_t n;

	if (!num_parse_u64(arg, &n) || n == 0 || n > max)
		return err_new(ERR_USAGE, "%s wants a number from 1 to %u, not \"%.40s\"", name,
			       (unsigned)max, arg);
	*to = (unsigned)n;
	return NULL;
}

/* The least that --limit may be: below it the streams' own headers take minutes. */
#define LIMIT_MIN 1024u

static struct err *bandwidth(const char *arg, struct pump_limit *to)
{
	uint64_t rate;

	if (!num_parse_bytes(arg, &rate) || rate < LIMIT_MIN)
		return err_new(ERR_USAGE,
			       "--limit wants bytes per second, at least 1K, as 500K, 50M or 1G, "
			       "not \"%.40s\"",
			       arg);
	atomic_store(&to->rate, rate);
	return NULL;
}

/* Less than that would never get anywhere: a resumed stream goes on from what was committed of it. */
#define MAX_BYTES_LEAST (1u << 20)

/* Of what a confined agent may: 0 would be no limit. */
static struct err *most(const char *name, const char *arg, const char *as,
			bool (*parse)(const char *s, uint64_t *out), uint64_t least, uint64_t *to)
{
	uint64_t n;

	if (!parse(arg, &n) || n < least)
		return err_new(ERR_USAGE, "%s wants %s, not \"%.40s\"", name, as, arg);
	*to = n;
	return NULL;
}

/* Stores an option that is not the verb's own. */
static struct err *take(struct ctx *c, int key, const char *arg)
{
	switch (key) {
	case 't':
		replace(&c->tag, arg);
		break;
	case 'n':
		c->dry_run = true;
		break;
	case 'v':
		c->ui.verbose = true;
		break;
	case 'y':
		c->ui.yes = true;
		break;
	case 'D':
		c->ui.debug = true;
		break;
	case 'R':
		c->recursive = true;
		break;
	case 'P':
		return number("-P", arg, PARALLEL_MAX, &c->parallel);
	case OPT_JSON:
		c->ui.format = &json_format;
		break;
	case OPT_QUIET:
		c->ui.quiet = true;
		break;
	case OPT_TIMEOUT:
		return number("--timeout", arg, 3600, &c->timeout);
	case OPT_WAIT: {
		unsigned seconds = 0;
		struct err *e = number("--wait", arg, 86400, &seconds);
		c->wait_end = clock_ms() + seconds * 1000ull;
		return e;
	}
	case OPT_FORCE:
		c->force = true;
		break;
	case OPT_DISCARD:
		c->discard = true;
		break;
	case OPT_FENCED:
		c->fenced = true;
		break;
	case OPT_NO_SYNC:
		c->no_sync = true;
		break;
	case OPT_END_SYNC:
		c->end_syncs = true;
		break;
	case OPT_MAX_LAG:
		replace(&c->max_lag, arg);
		break;
	case OPT_LIMIT:
		return bandwidth(arg, &c->limit);
	case OPT_FIX:
		c->fix = true;
		break;
	case OPT_RELEASE:
		c->release = true;
		break;
	case OPT_EVERY:
		replace(&c->every, arg);
		break;
	case OPT_METRICS:
		replace(&c->metrics, arg);
		break;
	case OPT_LOG:
		replace(&c->log, arg);
		break;
	case OPT_PULL:
		c->pull = true;
		break;
	case OPT_OUTPUT:
		replace(&c->output, arg);
		break;
	case OPT_USER:
		replace(&c->user, arg);
		break;
	case OPT_UNDER:
		strv_add(&c->under, arg);
		break;
	case OPT_ROLE:
		replace(&c->role, arg);
		break;
	case OPT_APPEND_ONLY:
		c->append_only = true;
		break;
	case OPT_KEYS:
		strv_add(&c->keys, arg);
		break;
	case OPT_MAX_BYTES:
		return most("--max-bytes", arg, "a size of at least 1M, as 500M or 2T",
			    num_parse_bytes, MAX_BYTES_LEAST, &c->max_bytes);
	case OPT_MAX_CALLS:
		return most("--max-calls", arg, "a number, at least 1", num_parse_u64, 1,
			    &c->max_calls);
	case OPT_MAX_TIME:
		return most("--max-time", arg, "a time, as 90s, 30m or 2h", num_parse_seconds, 1,
			    &c->max_seconds);
	case OPT_SSH:
		c->for_ssh = true;
		break;
	}
	return NULL;
}

static struct err *no_such(const char *word)
{
	return err_remedy(err_new(ERR_USAGE, "there is no verb or option \"%.40s\"", word),
			  "`{zrep help}` lists them");
}

/* A word before the verb, "--name", "--name=VALUE" or "-abt VALUE", which moves *i on to its value. *last is the option
 * that was read last. */
static struct err *take_word(struct ctx *c, int argc, char **argv, int *i, nvlist_t *given,
			     const struct option_row **last)
{
	const char *word = argv[*i], *p = word + strspn(word, "-");
	bool name = strncmp(word, "--", 2) == 0;
	struct err *e = NULL;

	if (p != word + 1 + name)
		return no_such(word);
	do {
		size_t len = name ? strcspn(p, "=") : 1;
		const struct option_row *o =
		    name ? option_find_name(p, len) : option_find_letter(*p);
		const char *value = NULL;
		if (o == NULL || (name && p[len] == '=' && o->value == NULL))
			return no_such(word);
		*last = o;
		if (o->key == OPT_HELP || o->key == OPT_VERSION)
			return NULL;
		p += len;
		if (o->value != NULL) {
			value = *p != '\0' ? p + name : ++*i < argc ? argv[*i] : NULL;
			p = "";
			if (value == NULL)
				return err_new(ERR_USAGE, "%s wants a value", word);
		}
		nv_add_flag(given, o->name);
		e = take(c, o->key, value);
	} while (e == NULL && *p != '\0');
	return e;
}

/* A verb's shorthand looks like an option, so the words before the verb are looked at one by one. */
static struct err *find_verb(struct ctx *c, int argc, char **argv, int *at,
			     const struct verb **verb, nvlist_t *given)
{
	for (int i = 1; i < argc; i++) {
		const char *w = argv[i];
		if ((*verb = verb_find(w)) != NULL) {
			*at = i;
			return NULL;
		}
		const struct option_row *o = NULL;
		struct err *e = take_word(c, argc, argv, &i, given, &o);
		if (e != NULL)
			return e;
		if (o->key == OPT_HELP || o->key == OPT_VERSION) {
			*verb = verb_find(o->key == OPT_HELP ? "help" : "version");
			*at = argc;
			return NULL;
		}
	}
	return err_remedy(err_new(ERR_USAGE, "no verb was given"), "`{zrep help}` lists them");
}

/* Options that only some verbs have. */
static struct err *check_given(struct ctx *c, const struct verb *v, const nvlist_t *given)
{
	struct err *e = NULL;

	for (size_t i = 0; option_rows[i].name != NULL && e == NULL; i++)
		if (nv_flag(given, option_rows[i].name) && !option_is_of(v, option_rows[i].key))
			e = err_remedy(
			    err_new(ERR_USAGE, "zrep %s has no --%s", v->name, option_rows[i].name),
			    "`{zrep help %s}` lists its options", v->name);
	/* What may have a limit sends. */
	if (e == NULL && c->settings.send_flags != NULL && option_is_of(v, OPT_LIMIT))
		e = settings_send_flags(c->settings.send_flags, c->send_flags);
	bool alone = ctx_flag(c, 'L') || strcmp(v->name, "rejoin") == 0;
	bool force = c->force && !alone && strcmp(v->name, "takeover") != 0;
	if (e == NULL && (force || ((c->discard || c->fenced) && !alone)))
		e = err_new(ERR_USAGE, "zrep %s: %s goes with -L", v->name,
			    force        ? "--force"
			    : c->discard ? "--discard"
					 : "--fenced");
	return e;
}

/* A letter of the verb's own. */
static void take_flag(struct ctx *c, int letter, const char *arg)
{
	size_t n = strlen(c->flags);

	if (letter == 'q')
		replace(&c->quiet_seconds, arg);
	else if (letter == 'o' && arg != NULL)
		strv_add(&c->set_props, arg);
	else if (letter == 'x' && arg != NULL)
		strv_add(&c->drop_props, arg);
	if (!ctx_flag(c, (char)letter) && n + 1 < sizeof(c->flags))
		c->flags[n] = (char)letter;
}

/* What getopt_long() did not take: ':' where it was an option without its value. */
static struct err *not_taken(const struct verb *v, int key, const char *word)
{
	const struct option_row *o = option_find(optopt);
	char *what = o != NULL && o->key >= 256 ? str_fmt("--%s", o->name)
		     : optopt != 0              ? str_fmt("-%c", optopt)
						: mem_strdup(word);
	struct err *e = err_remedy(
	    key == ':'
		? err_new(ERR_USAGE, "zrep %s: %s wants a value", v->name, what)
		: err_new(ERR_USAGE, "zrep %s: unknown option or operand \"%.40s\"", v->name, what),
	    "`{zrep help %s}` lists its options", v->name);

	free(what);
	return e;
}

/* Both as getopt_long() wants them; the caller frees. */
static struct option *option_words(const struct verb *v, struct buf *letters)
{
	size_t n = 0;

	while (option_rows[n].name != NULL)
		n++;
	struct option *longs = mem_zalloc((n + 1) * sizeof(*longs));
	buf_addf(letters, ":");
	for (size_t i = 0; i < n; i++) {
		const struct option_row *o = &option_rows[i];
		longs[i] = (struct option){o->name, o->value != NULL, NULL, o->key};
		if (o->key < 256)
			buf_addf(letters, "%c%s", o->key, o->value ? ":" : "");
	}
	buf_addf(letters, "%sh", v->flags);
	return longs;
}

struct err *options_all_not_alone(const char *verb)
{
	return err_remedy(
	    err_new(ERR_USAGE, "zrep %s: \"all\" stands for every dataset, and goes with no other",
		    verb),
	    "`{zrep help %s}` explains it", verb);
}

/* "all" stands alone; only a HOST may be behind it, where the verb has one. */
static struct err *check_all_alone(const struct verb *v, const struct strv *args)
{
	const char *all = strstr(v->usage, "| all");
	size_t most = all != NULL && strstr(all, "[HOST]") != NULL ? 2 : 1;
	size_t at = 0;

	while (at < args->n && strcmp(args->items[at], "all") != 0)
		at++;
	if (all == NULL || at == args->n || (at == 0 && args->n <= most))
		return NULL;
	return options_all_not_alone(v->name);
}

static struct err *read_verb(struct ctx *c, const struct verb *v, int argc, char **argv, bool *help,
			     nvlist_t *given)
{
	struct buf letters = {0};
	struct option *longs = option_words(v, &letters);
	struct err *e = NULL;
	int key;

	opterr = optopt = 0;
	while (e == NULL && (key = getopt_long(argc, argv, letters.data, longs, NULL)) != -1) {
		const struct option_row *o = option_find(key);
		if (key == OPT_HELP || key == 'h') {
			*help = true;
		} else if (key == '?' || key == ':' || key == OPT_VERSION) {
			e = not_taken(v, key, argv[optind - 1]);
		} else if (o != NULL) {
			nv_add_flag(given, o->name);
			e = take(c, key, optarg);
		} else {
			take_flag(c, key, optarg);
		}
	}
	for (int i = optind; e == NULL && i < argc; i++)
		strv_add(&c->args, argv[i]);
	buf_free(&letters);
	free(longs);
	int args = (int)c->args.n;
	if (e == NULL && !*help && (args < v->min_args || (v->max_args >= 0 && args > v->max_args)))
		e = err_remedy(err_new(ERR_USAGE, "usage: zrep %s%s%s", v->name,
				       *v->usage ? " " : "", v->usage),
			       "`{zrep help %s}` explains it", v->name);
	return e == NULL && !*help ? check_all_alone(v, &c->args) : e;
}

/* Was it asked for behind what is wrong with the command line, where nobody has come to read it? */
static bool wants_json(int argc, char **argv)
{
	for (int i = 1; i < argc && strcmp(argv[i], "--") != 0; i++)
		if (strcmp(argv[i], "--json") == 0)
			return true;
	return false;
}

struct err *options_every(const struct ctx *c, uint64_t most, uint64_t *seconds)
{
	if (c->every == NULL ||
	    (num_parse_seconds(c->every, seconds) && *seconds != 0 && *seconds <= most))
		return NULL;
	return err_new(ERR_USAGE, "--every wants a time such as 1s, 30s, 5m or 1h, not \"%.40s\"",
		       c->every);
}

struct err *options_max_lag(const struct ctx *c, uint64_t *seconds)
{
	*seconds = 0;
	if (c->max_lag == NULL || (num_parse_seconds(c->max_lag, seconds) && *seconds != 0))
		return NULL;
	return err_new(ERR_USAGE, "--max-lag wants a time such as 90s, 5m, 2h or 1d, not \"%.40s\"",
		       c->max_lag);
}

struct err *options_read(struct ctx *c, int argc, char **argv, const struct verb **verb, bool *help)
{
	nvlist_t *given = nv_new();
	int at = argc;
	struct err *e = find_verb(c, argc, argv, &at, verb, given);

	if (e == NULL && at < argc)
		e = read_verb(c, *verb, argc - at, argv + at, help, given);
	if (e == NULL && !*help)
		e = check_given(c, *verb, given);
	if (e == NULL)
		e = name_check_tag(c->tag);
	if (e != NULL && wants_json(argc, argv))
		c->ui.format = &json_format;
	nv_free(given);
	return e;
}
