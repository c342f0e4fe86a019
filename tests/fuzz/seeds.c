/* Where the fuzzers begin: honest inputs, written into DIR/FUZZER/ for each. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "util/mem.h"
#include "util/buf.h"
#include "util/nv.h"
#include "wire/frame.h"
#include "util/snap_columns.h"

static const char *dir;

static void seed(const char *fuzzer, const char *name, const void *data, size_t len)
{
	char *sub = str_fmt("%s/%s", dir, fuzzer), *path = str_fmt("%s/%s", sub, name);

	(void)mkdir(dir, 0777);
	(void)mkdir(sub, 0777);
	FILE *f = fopen(path, "w");
	if (f == NULL || fwrite(data, 1, len, f) != len || fclose(f) != 0) {
		perror(path);
		exit(1);
	}
	free(sub);
	free(path);
}

static void names(void)
{
	static const char *const seeds[] = {
	    "tank",
	    "tank/a b/c:d.e-f_g",
	    "tank/a@zrep_00001f",
	    "tank/a#mark",
	    "zrep_ffffff",
	    "zrep_1000000_unsent",
	    "user@host1.example.org",
	    "-oProxyCommand=x",
	    "[fe80::1%eth0]",
	    "1 planned from=h:a to=h:b%20c epoch=3 by=root(joe)@h;2 x",
	    "zrep",
	    "18446744073709551615",
	    "# x\nexport SSH='ssh -p 22' # y\nA=\"\"\nZREPTAG=b\n",
	    "-atime,com.example:note=a%2C b,compression=zstd",
	    "24h 14d 8w 12m 3y"};

	for (size_t i = 0; i < ARRAY_LEN(seeds); i++) {
		char name[8];
		snprintf(name, sizeof(name), "%zu", i);
		seed("fuzz_name", name, seeds[i], strlen(seeds[i]));
	}
}

/* A request of each shape, for every role and operation. */
static void confined(void)
{
	nvlist_t *args = nv_new(), *all = nv_new(), *one = nv_new();
	char *names[] = {"t/a", "p/b"}, *snaps[] = {"t/a@s"}, *data;
	size_t len;

	nv_add_str(one, "z:link", "x");
	nv_add_str(one, "to", "p/c");
	nv_add_str(one, "from", "t/a@s");
	nv_add_str(one, "readonly", "on");
	nv_add_nv(all, "t/a/b", one);
	nv_add_str(args, "tag", "z");
	nv_add_strs(args, "datasets", names, 2);
	nv_add_strs(args, "snaps", snaps, 1);
	nv_add_str(args, "snap", "t/a@s");
	nv_add_nv(args, "items", all);
	nv_add_nv(args, "expect", all);
	nv_add_nv(args, "datasets-of", all);
	nv_pack(args, &data, &len);
	char *bytes = mem_alloc(len + 2);
	memcpy(bytes + 2, data, len);
	for (int i = 0; i < 3 * 31; i++) {
		char name[8];
		bytes[0] = (char)(i % 3);
		bytes[1] = (char)(i / 3);
		snprintf(name, sizeof(name), "%d", i);
		seed("fuzz_confine", name, bytes, len + 2);
	}
	free(bytes);
	free(data);
	nv_free(one);
	nv_free(all);
	nv_free(args);
}

static void zfs(void)
{
	static const char *const seeds[] = {
	    "0tank/a\tzrep:src-host\thost1\tlocal\ntank/a\tzrep:master\t-\t-\ntank/"
	    "a\ttype\tfilesystem\t-\n"
	    "tank/a\tguid\t123\t-\ntank/b c\tzrep:src-host\thost1\tinherited from tank\n"
	    "tank/b c\tzrep:master\tyes\treceived\ntank/b c\ttype\tvolume\t-\ntank/b "
	    "c\tguid\t5\tdefault\n",
	    "1tank/a\tcompression\tlz4\tlocal\ntank/a\tuser:x\ty\tlocal\ntank/"
	    "a\tquota\t0\treceived\ntank/a\toff:master\tyes\tlocal\n",
	    "2tank/a@zrep_000000\t77\t10\t1700000000\t4096\t1\t1700000001\t1\ttank/a@zrep_000000\n"
	    "tank/a@x y\t78\t11\t1700000002\t0\t0\t-\t-\ttank/a@x y\n"
	    "tank/b c@z\t79\t12\t1700000002\t0\t0\t-\t-\ttank/b c@z\n"
	    "tank/a#zrep_000000000000004d\t77\t10\t1700000000\t-\t-\t-\t-\t-\t"
	    "tank/a#zrep_000000000000004d\n"
	    "tank/a#saved\t77\t10\t1700000000\t-\t-\t-\t-\t-\ttank/a#saved\n",
	    "3resume token contents:\nnvlist version: 0\n\tobject = 0x2\n\toffset = "
	    "0x1e0000\n\tbytes = "
	    "0x1e2a58\n\ttoguid = 0x9ff0\n\ttoname = tank/a@zrep_000001\n\tfromguid = "
	    "0x12\nfull\t12\n",
	    "4tank/a\tback 12 keep tank/a_kept\ntank/c\tback 9 keep tank/c\ntank/b c\tentering 3\n",
	    "5tank/a\ntank/a/b\ntank/b c\ntank/b c/d\n",
	    "622 1 8:1 / / rw shared:1 - ext4 /dev/sda1 rw\n"
	    "30 22 0:40 / /tank\\040a rw,noatime master:3 - zfs tank/a ro,xattr\n"
	    "31 30 0:41 / /tank/b rw - zfs tank/b\\040c rw\n",
	    "7tank/a\tzrep:odd\ntank/a\tcompression\ntank/b c\tzrep:master\n",
	    "7tank/a_kept_X\t5\ntank/b c\t0\n",
	    ";---- Permissions on tank/b c ---\nPermission sets:\n\t@a @a,hold\nLocal "
	    "permissions:\n\tuser bob @a\n"
	    "---- Permissions on tank ---\nLocal+Descendent permissions:\n\tgroup users "
	    "send\n\teveryone diff\n",
	};

	for (size_t i = 0; i < ARRAY_LEN(seeds); i++) {
		char name[8];
		snprintf(name, sizeof(name), "%zu", i);
		seed("fuzz_zfs", name, seeds[i], strlen(seeds[i]));
	}
}

static void property(nvlist_t *value, nvlist_t *source, const char *k, const char *v,
		     const char *from)
{
	nv_add_str(value, k, v);
	nv_add_str(source, k, from);
}

static nvlist_t *dataset(const char *name, bool master)
{
	nvlist_t *one = nv_new(), *value = nv_new(), *source = nv_new(), *snaps = nv_new();
	char *parts[] = {"zrep_000000", "daily", "zrep_000001_unsent"};
	uint64_t numbers[] = {1, 2, 3};

	property(value, source, "type", "filesystem", "-");
	property(value, source, "written", master ? "4096" : "0", "-");
	property(value, source, "readonly", "on", "local");
	property(value, source, "zrep:src-host", "here", "local");
	property(value, source, "zrep:src-fs", "tank/a", "local");
	property(value, source, "zrep:dest-host", "there", "received");
	property(value, source, "zrep:dest-fs", "tank/b", "local");
	property(value, source, "zrep:savecount", "1", "local");
	property(value, source, "zrep:keep", master ? "1h 2d" : "1y", "local");
	property(value, source, "zrep:foreign", "auto-* daily", "inherited");
	property(value, source, "zrep:foreign-keep", master ? "2" : "mirror", "local");
	if (master)
		property(value, source, "zrep:master", "yes", "local");
	else
		property(value, source, "receive_resume_token", "1-abc", "-");
	nv_add_strs(snaps, "name", parts, master ? 3 : 1);
	for (size_t i = 0; i < SNAP_COLUMNS; i++)
		nv_add_u64s(snaps, snap_columns[i].key, numbers, master ? 3 : 1);
	nv_add_nv(one, "value", value);
	nv_add_nv(one, "source", source);
	nv_add_nv(one, "snaps", snaps);
	char *marks[] = {"zrep_0000000000000001", "zrep_0000000000000002", "saved"};
	nvlist_t *bookmarks = nv_new();
	nv_add_strs(bookmarks, "name", marks, 3);
	nv_add_u64s(bookmarks, "guid", numbers, 3);
	nv_add_u64s(bookmarks, "createtxg", numbers, 3);
	nv_add_u64s(bookmarks, "creation", numbers, 3);
	nv_add_nv(one, "bookmarks", bookmarks);
	nv_free(bookmarks);
	nv_add_nv(one, "native", value);
	nv_free(value);
	nv_free(source);
	nv_free(snaps);
	return one;
}

static void side(void)
{
	nvlist_t *listing = nv_new(), *all = nv_new();
	char *data;
	size_t len;

	for (int i = 0; i < 2; i++) {
		nvlist_t *one = dataset(i ? "tank/b" : "tank/a", i == 0);
		nv_add_nv(all, i ? "tank/b" : "tank/a", one);
		nv_free(one);
	}
	nv_add_str(listing, "host", "here");
	nv_add_u64(listing, "now", 1700000000);
	nv_add_nv(listing, "datasets", all);
	nv_pack(listing, &data, &len);
	seed("fuzz_side", "pair", data, len);
	seed("fuzz_wire", "listing", data, len);
	free(data);
	nv_free(all);
	nv_free(listing);
}

/* Puts a frame with nv (or with raw bytes, where nv is NULL) behind what is in b. */
static void frame(struct buf *b, enum frame_type type, uint32_t id, nvlist_t *nv, const char *raw,
		  size_t raw_len)
{
	unsigned char head[WIRE_HEAD_LEN];
	char *data = NULL;
	size_t len = raw_len;

	if (nv != NULL)
		nv_pack(nv, &data, &len);
	frame_write(&(struct frame){.type = type, .id = id, .length = (uint32_t)len}, head);
	buf_add(b, head, sizeof(head));
	buf_add(b, nv ? data : raw, len);
	free(data);
}

static nvlist_t *request(const char *op)
{
	nvlist_t *nv = nv_new(), *args = nv_new();

	nv_add_str(nv, "op", op);
	nv_add_str(args, "tag", "zrep");
	nv_add_nv(nv, "args", args);
	nv_free(args);
	return nv;
}

/* Names of one hash: a letter more is worth as much as 16 in the next one. */
static void crowd(void)
{
	nvlist_t *nv = nv_new();
	char *data, name[15] = "";
	size_t len;

	for (unsigned i = 0; i < 100; i++) {
		for (int bit = 0; bit < 7; bit++)
			memcpy(name + 2 * bit, i >> bit & 1 ? "a1" : "b!", 2);
		nv_add_flag(nv, name);
	}
	nv_pack(nv, &data, &len);
	seed("fuzz_wire", "crowd", data, len);
	free(data);
	nv_free(nv);
}

static void conn(void)
{
	static const char credit[8] = {0, 0, 0, 0, 0, 1, 0, 0};
	nvlist_t *hello = nv_new(), *list = request("list"), *recv = request("receive"),
		 *send = request("send");
	nvlist_t *end = nv_new(), *reply = nv_new(), *failure = nv_new();
	struct buf agent = {0}, here = {0}, greeting = {0};
	struct err *e = err_remedy(err_new(ERR_REFUSED, "no"), "ask again");

	static char *const features[] = {(char *)"progress", (char *)"not-yet"},
			   *const operations[] = {(char *)"list", (char *)"send"};
	nv_add_u64(hello, "protocol", WIRE_PROTOCOL + 1);
	nv_add_u64(hello, "min", WIRE_PROTOCOL);
	nv_add_strs(hello, "features", features, 2);
	nv_add_strs(hello, "operations", operations, 2);
	nv_add_str(hello, "version", "3.0.0");
	nv_add_str(hello, "host", "host2");
	nv_add_str(hello, "tag", "zrep");
	nv_add_u64(hello, "timeout", 1);
	nv_add_flag(end, "ok");
	nv_add_nv(reply, "result", hello);
	nv_add_err(failure, "error", e);
	err_free(e);
	buf_add(&greeting, "\1", 1);
	buf_add(&greeting, WIRE_PREAMBLE, WIRE_PREAMBLE_LEN);
	frame(&greeting, FRAME_HELLO, 0, hello, NULL, 0);
	frame(&greeting, FRAME_PING, 0, NULL, "", 0);
	buf_add(&agent, "\3", 1);
	frame(&agent, FRAME_REQUEST, 1, list, NULL, 0);
	frame(&agent, FRAME_REQUEST, 2, recv, NULL, 0);
	frame(&agent, FRAME_DATA, 2, NULL, "hello", 5);
	frame(&agent, FRAME_END, 2, end, NULL, 0);
	frame(&agent, FRAME_REQUEST, 3, send, NULL, 0);
	frame(&agent, FRAME_CREDIT, 3, NULL, credit, 8);
	frame(&agent, FRAME_CANCEL, 3, NULL, "", 0);
	buf_add(&here, "\2", 1);
	frame(&here, FRAME_DATA, 2, NULL, "hello", 5);
	frame(&here, FRAME_END, 2, end, NULL, 0);
	frame(&here, FRAME_PROGRESS, 2, NULL, "", 0);
	frame(&here, FRAME_REPLY, 2, reply, NULL, 0);
	frame(&here, FRAME_REPLY, 1, failure, NULL, 0);
	seed("fuzz_conn", "greeting", greeting.data, greeting.len);
	seed("fuzz_conn", "agent", agent.data, agent.len);
	seed("fuzz_conn", "here", here.data, here.len);
	seed("fuzz_wire", "head", agent.data + 1, agent.len - 1);
	char *data;
	size_t len;
	nv_pack(failure, &data, &len);
	seed("fuzz_wire", "failure", data, len);
	free(data);
	nv_pack(hello, &data, &len);
	seed("fuzz_wire", "hello", data, len);
	free(data);
	buf_free(&greeting);
	buf_free(&agent);
	buf_free(&here);
	nvlist_t *lists[] = {hello, list, recv, send, end, reply, failure};
	for (size_t i = 0; i < ARRAY_LEN(lists); i++)
		nv_free(lists[i]);
}

int main(int argc, char **argv)
{
	if (argc != 2) {
		fprintf(stderr, "usage: seeds DIR\n");
		return 2;
	}
	dir = argv[1];
	names();
	confined();
	zfs();
	side();
	crowd();
	conn();
	return 0;
}
