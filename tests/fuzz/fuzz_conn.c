/* A whole connection, of either side, that hears the input from its peer. The first byte says which
 * side, and whether an honest greeting stands before the rest. */
#include <fcntl.h>
#include <unistd.h>

#include "fuzz.h"
#include "wire/call.h"
#include "wire/conn.h"
#include "wire/conn_send.h"
#include "wire/frame.h"

static void drain(struct pump_stream *end)
{
	static const size_t enough = 1u << 20;
	char buf[4096];

	for (size_t sum = 0; sum < enough;) {
		ssize_t n = end->read(end->ctx, buf, sizeof(buf));
		if (n <= 0)
			break;
		sum += (size_t)n;
	}
	end->close(end->ctx, true);
}

static void serve(void *ctx, struct call *call, const char *op, nvlist_t *args)
{
	if (strcmp(op, "receive") == 0) {
		struct pump_stream in = call_reader(call);
		drain(&in);
	} else if (strcmp(op, "send") == 0) {
		struct pump_stream out = call_writer(call);
		out.close(out.ctx, out.write(out.ctx, "0123456789", 10) == 0);
	}
	call_reply(call, args, NULL);
}

static void say_hello(int fd)
{
	static const char *const operations[] = {"list", "send", NULL};
	unsigned char h[WIRE_HEAD_LEN];
	struct hello_self self = {.version = "3", .host = "fuzz", .operations = operations};
	nvlist_t *nv = hello_print(&self);
	char *data;
	size_t len;

	nv_pack(nv, &data, &len);
	nv_free(nv);
	frame_write(&(struct frame){.type = FRAME_HELLO, .length = (uint32_t)len}, h);
	PROMISE(write(fd, WIRE_PREAMBLE, WIRE_PREAMBLE_LEN) == WIRE_PREAMBLE_LEN);
	PROMISE(write(fd, h, sizeof(h)) == sizeof(h));
	PROMISE(write(fd, data, len) == (ssize_t)len);
	free(data);
}

static void use(struct conn *c, bool agent)
{
	if (!agent) {
		nvlist_t *args = nv_new(), *result = NULL;
		struct call *plain = call_start(c, "list", args),
			    *stream = call_start(c, "send", args);
		struct pump_stream in = call_reader(stream);
		drain(&in);
		err_free(call_wait(stream, NULL));
		err_free(call_wait(plain, &result));
		nv_free(result);
		nv_free(args);
	}
	PROMISE(conn_wait(c, 10));
	conn_free(c);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static int sink = -1;
	struct conn *c;
	struct buf noise = {0};
	int fd[2];

	if (size == 0 || size > 32768)
		return 0;
	if (sink < 0)
		sink = open("/dev/null", O_WRONLY | O_CLOEXEC);
	bool agent = data[0] & 1;
	PROMISE(pipe2(fd, O_CLOEXEC) == 0);
	if (data[0] & 2)
		say_hello(fd[1]);
	PROMISE(write(fd[1], data + 1, size - 1) == (ssize_t)size - 1);
	close(fd[1]);
	struct conn_opts opts = {.peer = "fuzz",
				 .version = "3",
				 .host = "here",
				 .tag = agent ? NULL : "zrep",
				 .timeout = agent ? 0 : 5,
				 .serve = agent ? serve : NULL};
	struct err *e = conn_open(fd[0], sink, &opts, &c, &noise);
	if (e == NULL)
		use(c, agent);
	err_free(e);
	buf_free(&noise);
	close(fd[0]);
	return 0;
}
