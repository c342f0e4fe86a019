/* One frame's head, and one message: all that is decided before a connection believes anything. */
#include "fuzz.h"
#include "wire/conn.h"
#include "wire/frame.h"

static void head(const uint8_t *data)
{
	unsigned char again[WIRE_HEAD_LEN];
	struct frame f;
	struct err *e = frame_read(data, &f);

	if (e == NULL) {
		PROMISE(f.length <= (f.type == FRAME_DATA ? WIRE_DATA_MAX : WIRE_MESSAGE_MAX));
		frame_write(&f, again);
		PROMISE(memcmp(again, data, WIRE_HEAD_LEN) == 0);
	}
	err_free(e);
}

static void message(const uint8_t *data, size_t size)
{
	static const struct hello_self self = {.version = "3", .host = "here"};
	struct hello hello;
	nvlist_t *nv;
	char *packed;
	size_t len;
	struct err *e = nv_unpack((const char *)data, size, &nv);

	if (e != NULL) {
		err_free(e);
		return;
	}
	err_free(hello_parse(nv, "peer", &self, &hello));
	PROMISE(hello.version == NULL || hello.protocol <= hello_speech.protocol);
	hello_free(&hello);
	err_free(nv_err(nv, "error", NULL));
	struct err *said = nv_err(nv, "error", "peer");
	for (const char *p = said ? said->what : ""; *p != 0; p++)
		PROMISE(*p >= 32 && *p < 127);
	for (const char *p = said && said->remedy ? said->remedy : ""; *p != 0; p++)
		PROMISE(*p >= 32 && *p < 127);
	PROMISE(said == NULL || said->quoted == (said->remedy != NULL));
	err_free(said);
	nv_pack(nv, &packed, &len); /* what was read can be said */
	free(packed);
	nv_free(nv);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size >= WIRE_HEAD_LEN)
		head(data);
	message(data, size);
	return 0;
}
