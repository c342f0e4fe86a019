/* A hostile peer: says to an agent what no zrep would, straight on the wire.
 *
 *   hostile-peer all HOST INSIDE OUTSIDE    every operation, with names in every place, each kind of bad one
 *   hostile-peer inside HOST INSIDE ROLE    every operation on what is its own, which that role may not ask for
 *   hostile-peer stream HOST SNAP FILE      a new replica from that stream; 0: it was not taken
 *   hostile-peer change HOST DATASET        by all that a replica's key may else; 0: it was refused
 *   hostile-peer promote HOST DATASET       a clone of what is outside; 0: it was refused
 *   hostile-peer token HOST TOKEN           what it stands for, and the rest of it; 0: nothing was told or sent
 *
 * Whatever comes back is looked through for "hidden", which it never says itself. Exits with 1 at the first answer that should
 * not be. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "util/mem.h"
#include "util/nv.h"
#include "wire/call.h"
#include "wire/ssh.h"
#include "zfs/confine.h"
#include "zfs/local_ops.h"
#include "zfs/ops.h"

static struct ssh *ssh;
static unsigned asked, refused;

static void bad(const char *what, const char *op, const char *name)
{
	(void)fprintf(stderr, "hostile-peer: %s: %s %s\n", what, op, name);
	_exit(1);
}

static void connect_to(const char *host)
{
	struct ssh_opts o = {.ssh = "ssh",
			     .zrep_path = "zrep",
			     .version = "3.0.0",
			     .self = "hostile",
			     .tag = "zrep",
			     .timeout = 60,
			     .batch = true};
	struct err *e = ssh_open(host, &o, &ssh);

	if (e != NULL)
		bad(e->what, "connect", host);
}

/* Does a packed list have that text anywhere: in a name, or in a value? */
static bool has_text(const nvlist_t *nv, const char *text)
{
	char *data = NULL;
	size_t len = 0;
	bool has = false;

	if (nv == NULL)
		return false;
	nv_pack(nv, &data, &len);
	has = memmem(data, len, text, strlen(text)) != NULL;
	free(data);
	return has;
}

/* What was sent of a stream. */
static size_t drain(struct call *call)
{
	struct pump_stream in = call_reader(call);
	char buf[65536];
	size_t sum = 0;
	ssize_t n;

	while ((n = in.read(in.ctx, buf, sizeof(buf))) > 0)
		sum += (size_t)n;
	in.close(in.ctx, n == 0);
	return sum;
}

static void fill(struct call *call, const char *file)
{
	struct pump_stream out = call_writer(call);
	char buf[65536];
	int fd = file != NULL ? open(file, O_RDONLY | O_CLOEXEC) : -1;
	ssize_t n = 0;

	while (fd >= 0 && (n = read(fd, buf, sizeof(buf))) > 0)
		if (out.write(out.ctx, buf, (size_t)n) != 0)
			break;
	out.close(out.ctx, n == 0);
	if (fd >= 0)
		(void)close(fd);
}

/* One request. *result may be NULL; else the caller's. Ends the program where what is hidden is told. */
static struct err *ask(const char *op, const nvlist_t *args, const char *file, size_t *sent,
		       nvlist_t **result)
{
	struct call *call = call_start(ssh_conn(ssh), op, args);
	nvlist_t *mine = NULL;

	*sent = 0;
	if (strcmp(op, OP_SEND) == 0)
		*sent = drain(call);
	else if (strcmp(op, OP_RECEIVE) == 0)
		fill(call, file);
	struct err *e = call_wait(call, &mine);
	asked++;
	refused += e != NULL;
	if (has_text(mine, "hidden") || (e != NULL && (strstr(e->what, "hidden") != NULL ||
						       (e->remedy && strstr(e->remedy, "hidden")))))
		bad("tells what is hidden", op, "");
	if (e != NULL && e->kind == ERR_UNREACHABLE)
		bad(e->what, op, "hung up on");
	if (result != NULL)
		*result = mine;
	else
		nv_free(mine);
	return e;
}

/* --- every operation with every name --- */

/* All places that names have in arguments, of whatever operation; what it does not know it has to pass over. `other` fills
 * those that this one is not about. */
enum { PLACES = 12 };

static nvlist_t *request(const char *op, const char *name, const char *other, int place)
{
	nvlist_t *args = nv_new(), *props = nv_new(), *items = nv_new(), *item = nv_new();
	nvlist_t *expect = nv_new(), *state = nv_new(), *want = nv_new();
	char *snap = str_fmt("%s@mine", name), *mark = str_fmt("%s#mine", name);
	char *good = str_fmt("%s@mine", other), *good_mark = str_fmt("%s#mine", other);
	char *both[] = {(char *)(uintptr_t)other, (char *)(uintptr_t)name};
	char *snaps[] = {good, snap}, *marks[] = {good_mark, mark};
	bool in_snap = place == 2 || place == 3;

	nv_add_str(args, "tag", "zrep");
	nv_add_strs(args, "datasets", both, place == 0 ? 2 : 1);
	nv_add_strs(args, "trees", both, place == 1 ? 2 : 1);
	nv_add_strs(args, "snaps", snaps, place == 2 ? 2 : 1);
	nv_add_strs(args, "bookmarks", marks, place == 3 ? 2 : 1);
	nv_add_strs(args, "bookmark", snaps, place == 4 ? 2 : 1);
	nv_add_str(args, "snap", place == 5 ? snap : good);
	if (place == 6 || place == 7)
		nv_add_str(args, "from", place == 6 ? snap : mark);
	if (place == 8)
		nv_add_str(args, "origin", snap);
	char *to = str_fmt("%s/new", other), *it = str_fmt("%s/it", other);
	nv_add_str(item, "to", place == 9 ? name : to);
	nv_add_str(item, "from", place == 9 ? snap : good);
	nv_add_nv(items, place == 10 ? name : it, item);
	nv_add_str(want, "zrep:error", "hostile");
	if (strcmp(op, OP_RECEIVE) == 0)
		nv_add_str(props, "readonly", "on");
	else if (strcmp(op, OP_WRITABLE) == 0)
		nv_add_nv(props, place == 11 ? name : other, item);
	else
		nv_add_nv(props, place == 11 ? name : other, want);
	nv_add_nv(expect, place == 11 ? name : other, want);
	nv_add_nv(state, place == 11 ? name : other, want);
	nv_add_nv(args, "items", items);
	nv_add_nv(args, "props", props);
	if (place == 11)
		nv_add_nv(args, "expect", expect);
	if (place == 11 && !in_snap)
		nv_add_nv(args, "state", state);
	nv_add_str(args, "hook", "pre-snapshot");
	nv_add_flag(args, "foreign");
	nv_add_flag(args, "force");
	nv_add_flag(args, "over");
	nv_free(props);
	nv_free(items);
	nv_free(item);
	nv_free(expect);
	nv_free(state);
	nv_free(want);
	free(to);
	free(it);
	free(snap);
	free(mark);
	free(good);
	free(good_mark);
	return args;
}

/* Is it one that goes on with the others? Then the answer has nothing about what was left out. */
static bool goes_on(const char *op)
{
	return strcmp(op, OP_LIST) == 0 || strcmp(op, OP_LOCK) == 0 || strcmp(op, OP_UNLOCK) == 0 ||
	       strcmp(op, OP_WRITTEN) == 0 || strcmp(op, OP_ROSTER) == 0 ||
	       strcmp(op, OP_HOOKS) == 0;
}

/* The names that an agent has to see for what they are. */
static struct strv bad_names(const char *inside, const char *outside)
{
	struct strv names = {0};

	strv_add(&names, outside);
	strv_addf(&names, "%s/", inside);
	strv_addf(&names, "%s/../../%s", inside, outside);
	strv_addf(&names, "%s-more", inside);
	strv_addf(&names, "%s_kept_now", inside);
	strv_addf(&names, "%s@mine@%s", inside, outside);
	strv_addf(&names, "%s\n%s", inside, outside);
	strv_addf(&names, "%s %s", inside, outside);
	strv_addf(&names, "%s/%%recv", outside);
	strv_addf(&names, "-r %s", outside);
	strv_addf(&names, "%.*s", (int)strcspn(outside, "/"), outside);
	strv_add(&names, "");
	return names;
}

/* In which places the operation looks, one bit each; all of them, of one that does not stand here. */
static unsigned places_of(const char *op)
{
	static const struct {
		const char *op;
		unsigned places;
	} known[] = {{OP_SNAPSHOT, 1u << 2 | 1u << 4},
		     {OP_BOOKMARK, 1u << 2},
		     {OP_DESTROY_BOOKMARK, 1u << 3},
		     {OP_HOLD, 1u << 2},
		     {OP_RELEASE, 1u << 2},
		     {OP_DESTROY, 1u << 2 | 1u << 11},
		     {OP_SET, 1u << 11},
		     {OP_DECIDE, 1u << 11},
		     {OP_OFFER, 1u << 11},
		     {OP_ROLLBACK, 1u << 2},
		     {OP_ABORT, 1u << 0},
		     {OP_RENAME, 3u << 9},
		     {OP_CLONE, 3u << 9},
		     {OP_UNCLONE, 3u << 9},
		     {OP_PROMOTE, 1u << 0},
		     {OP_KEY_OWN, 1u << 0},
		     {OP_KEY_INHERIT, 1u << 0},
		     {OP_QUIESCE, 1u << 0},
		     {OP_WRITABLE, 1u << 11},
		     {OP_MOUNT, 1u << 0},
		     {OP_UNMOUNT, 1u << 0},
		     {OP_HOOK, 1u << 10},
		     {OP_HOOKS, 0},
		     {OP_REACH, 0},
		     {OP_ROSTER, 0},
		     {OP_WRITTEN, 3u << 0},
		     {OP_LOCK, 1u << 0},
		     {OP_UNLOCK, 1u << 0},
		     {OP_LIST, 1u << 0},
		     {OP_TOKEN, 1u << 0},
		     {OP_SEND, 1u << 0 | 7u << 5},
		     {OP_RECEIVE, 1u << 5 | 1u << 8}};

	for (size_t i = 0; i < ARRAY_LEN(known); i++)
		if (strcmp(known[i].op, op) == 0)
			return known[i].places;
	return ~0u;
}

static void try_name(const char *op, const char *name, const char *inside)
{
	for (int place = 0; place < PLACES; place++) {
		if ((places_of(op) >> place & 1) == 0)
			continue;
		nvlist_t *args = request(op, name, inside, place), *result = NULL;
		size_t sent;
		struct err *e = ask(op, args, NULL, &sent, &result);
		if (sent > 0 && place >= 5 && place <= 7)
			bad("sends", op, name);
		const nvlist_t *listed = nv_nv(nv_nv(result, "datasets"), name);
		const nvlist_t *written = nv_nv(result, "states");
		if (listed != NULL || (written != NULL && nv_u64(written, name, 0) != 0))
			bad("tells of", op, name);
		err_free(e);
		nv_free(result);
		nv_free(args);
	}
}

/* The place of a name that the operation looks at must have it refused: with nothing but that name. */
static void must_refuse(const char *op, const char *name)
{
	static const char *const arrays[] = {"datasets", "snaps", "bookmarks"};

	for (size_t k = 0; k < ARRAY_LEN(arrays); k++) {
		char *full = k == 0   ? mem_strdup(name)
			     : k == 1 ? str_fmt("%s@mine", name)
				      : str_fmt("%s#mine", name);
		char *one[] = {full};
		nvlist_t *args = nv_new(), *result = NULL;
		size_t sent;
		nv_add_str(args, "tag", "zrep");
		nv_add_strs(args, arrays[k], one, 1);
		nv_add_str(args, "snap", full);
		struct err *e = ask(op, args, NULL, &sent, &result);
		/* What does not know that argument does nothing. */
		if (e == NULL && !goes_on(op) && !nv_empty(nv_nv(result, "guids")))
			bad("made", op, name);
		if (sent > 0)
			bad("sends", op, name);
		err_free(e);
		nv_free(result);
		nv_free(args);
		free(full);
	}
}

static void everything(const char *inside, const char *outside)
{
	static const char *const more[] = {"exec", "install", "list ", "", "destroy-dataset"};
	struct strv names = bad_names(inside, outside);

	for (const char *const *op = local_operations(); *op != NULL; op++)
		for (size_t i = 0; i < names.n; i++) {
			try_name(*op, names.items[i], inside);
			if (i == 0)
				must_refuse(*op, names.items[i]);
		}
	for (size_t i = 0; i < ARRAY_LEN(more); i++) {
		nvlist_t *args = request(more[i], outside, inside, 0);
		size_t sent;
		struct err *e = ask(more[i], args, NULL, &sent, NULL);
		if (e == NULL)
			bad("does", more[i], "");
		err_free(e);
		nv_free(args);
	}
	strv_free(&names);
	/* Everything that there is, with all that can be asked. */
	static const char *const flags[] = {"beside", "seen",    "pools",  "ways",  "keys",
					    "opens",  "below",   "apart",  "trees", "asides",
					    "native", "examine", "places", "may"};
	for (int masters = 0; masters < 2; masters++) {
		nvlist_t *args = nv_new();
		size_t sent;
		nv_add_str(args, "tag", "zrep");
		for (size_t i = 0; i < ARRAY_LEN(flags); i++)
			nv_add_flag(args, flags[i]);
		if (masters)
			nv_add_flag(args, "masters");
		err_free(ask(OP_LIST, args, NULL, &sent, NULL));
		err_free(ask(OP_ROSTER, args, NULL, &sent, NULL));
		nv_add_flag(args, "pulls");
		err_free(ask(OP_ROSTER, args, NULL, &sent, NULL));
		nv_free(args);
	}
}

/* --- what a role may not --- */

static void own(const char *inside, enum confine_role role)
{
	struct confine c = {.host = "it", .role = role, .tag = "zrep"};

	for (const char *const *op = local_operations(); *op != NULL; op++) {
		nvlist_t *args = request(*op, inside, inside, 0);
		size_t sent;
		if (!confine_knows(&c, *op)) {
			struct err *e = ask(*op, args, NULL, &sent, NULL);
			if (e == NULL || sent > 0)
				bad("may", *op, inside);
			err_free(e);
		}
		nv_free(args);
	}
	if (role == CONFINE_PEER)
		return;
	static const struct {
		const char *prop, *value;
	} sets[] = {{"zrep:master", "yes"},     {"zrep:switch", "back 5 discard"},
		    {"readonly", "off"},        {"mountpoint", "/etc"},
		    {"zrep:foreign-keep", "1"}, {"other:master", "yes"},
		    {"sharenfs", "on"},         {"zrep:props", "mountpoint=/etc"}};
	for (size_t i = 0; i < ARRAY_LEN(sets); i++) {
		nvlist_t *args = nv_new(), *props = nv_new(), *one = nv_new();
		size_t sent;
		nv_add_str(one, sets[i].prop, sets[i].value);
		nv_add_nv(props, inside, one);
		nv_add_nv(args, "props", props);
		struct err *e = ask(OP_SET, args, NULL, &sent, NULL);
		if (e == NULL)
			bad("sets", sets[i].prop, inside);
		err_free(e);
		nv_free(one);
		nv_free(props);
		nv_free(args);
	}
	char *snap = str_fmt("%s@theirs", inside), *snaps[] = {snap};
	nvlist_t *args = nv_new();
	size_t sent;
	nv_add_str(args, "tag", "zrep");
	nv_add_strs(args, "snaps", snaps, 1);
	nv_add_flag(args, "foreign");
	struct err *e = ask(OP_DESTROY, args, NULL, &sent, NULL);
	if (e == NULL)
		bad("destroys", snap, "");
	err_free(e);
	nv_remove(args, "foreign");
	e = ask(OP_DESTROY, args, NULL, &sent, NULL);
	if (e == NULL)
		bad("destroys", snap, "");
	err_free(e);
	nv_free(args);
	free(snap);
}

/* --- streams --- */

static int receive(const char *snap, const char *file, bool readonly)
{
	nvlist_t *args = nv_new(), *props = nv_new();
	size_t sent;

	nv_add_str(args, "snap", snap);
	nv_add_str(props, "readonly", "on");
	if (readonly)
		nv_add_nv(args, "props", props);
	struct err *e = ask(OP_RECEIVE, args, file, &sent, NULL);
	(void)printf("%s\n", e != NULL ? e->what : "taken");
	nv_free(props);
	nv_free(args);
	return e == NULL;
}

static int resume(const char *token)
{
	char *tokens[] = {(char *)(uintptr_t)token};
	nvlist_t *args = nv_new(), *result = NULL;
	size_t sent;

	nv_add_strs(args, "tokens", tokens, 1);
	struct err *e = ask(OP_TOKEN, args, NULL, &sent, &result);
	bool told = nv_nv(nv_nv(result, "tokens"), token) != NULL;
	err_free(e);
	nv_free(result);
	nv_add_str(args, "token", token);
	nv_add_flag(args, "raw");
	e = ask(OP_SEND, args, NULL, &sent, NULL);
	(void)printf("%s\n", e != NULL ? e->what : "sent");
	nv_free(args);
	return e == NULL || sent > 0 || told;
}

/* What its former master may not any more, once it leads. */
static int change(const char *dataset)
{
	static const char *const ops[] = {
	    OP_HOLD,  OP_RELEASE, OP_SET,      OP_RECEIVE,     OP_DESTROY,
	    OP_ABORT, OP_KEY_OWN, OP_BOOKMARK, OP_KEY_INHERIT, OP_DESTROY_BOOKMARK};
	char *snap = str_fmt("%s@zrep_000000", dataset), *mark = str_fmt("%s#mine", dataset);
	char *names[] = {(char *)(uintptr_t)dataset}, *snaps[] = {snap}, *marks[] = {mark};
	int status = 0;

	for (size_t i = 0; i < ARRAY_LEN(ops); i++) {
		nvlist_t *args = nv_new(), *props = nv_new(), *one = nv_new();
		size_t sent;
		nv_add_str(args, "tag", "zrep");
		nv_add_strs(args, "snaps", snaps, 1);
		nv_add_strs(args, "bookmarks", marks, 1);
		nv_add_strs(args, "datasets", names, 1);
		nv_add_str(one, "zrep:error", "hostile");
		nv_add_nv(props, dataset, one);
		if (strcmp(ops[i], OP_SET) == 0)
			nv_add_nv(args, "props", props);
		if (strcmp(ops[i], OP_RECEIVE) == 0)
			nv_add_str(args, "snap", snap);
		struct err *e = ask(ops[i], args, NULL, &sent, NULL);
		(void)printf("%s: %s\n", ops[i], e != NULL ? e->what : "done");
		status |= e == NULL || strstr(e->what, "it is the master by now") == NULL;
		err_free(e);
		nv_free(one);
		nv_free(props);
		nv_free(args);
	}
	free(snap);
	free(mark);
	return status;
}

static int promote(const char *dataset)
{
	char *names[] = {(char *)(uintptr_t)dataset};
	nvlist_t *args = nv_new();
	size_t sent;

	nv_add_strs(args, "datasets", names, 1);
	struct err *e = ask(OP_PROMOTE, args, NULL, &sent, NULL);
	(void)printf("%s\n", e != NULL ? e->what : "promoted");
	nv_free(args);
	return e == NULL;
}

int main(int argc, char **argv)
{
	enum confine_role role;
	int status = 0;

	if (argc < 4)
		bad("too few words", "", "");
	connect_to(argv[2]);
	if (strcmp(argv[1], "all") == 0 && argc == 5)
		everything(argv[3], argv[4]);
	else if (strcmp(argv[1], "inside") == 0 && argc == 5 && confine_role_of(argv[4], &role))
		own(argv[3], role);
	else if (strcmp(argv[1], "stream") == 0 && argc == 5)
		status = receive(argv[3], argv[4], true);
	else if (strcmp(argv[1], "bare-stream") == 0 && argc == 5)
		status = receive(argv[3], argv[4], false);
	else if (strcmp(argv[1], "change") == 0)
		status = change(argv[3]);
	else if (strcmp(argv[1], "promote") == 0)
		status = promote(argv[3]);
	else if (strcmp(argv[1], "token") == 0)
		status = resume(argv[3]);
	else
		bad("what?", argv[1], "");
	(void)printf("%u asked, %u refused\n", asked, refused);
	ssh_close(ssh);
	return status;
}
