#include "util/tar.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#define BLOCK 512u

/* As in <tar.h>: numbers in octal, in text. */
struct header {
	char name[100], mode[8], uid[8], gid[8], size[12], mtime[12], sum[8], type;
	char link[100], magic[8], user[32], group[32], major[8], minor[8], prefix[155], pad[12];
};

void tar_add(struct buf *tar, const char *name, unsigned mode, long long when,
	     const struct buf *data)
{
	static const char nothing[BLOCK];
	struct header h = {.type = '0', .magic = {'u', 's', 't', 'a', 'r', '\0', '0', '0'}};
	unsigned sum = 0;

	assert(sizeof(h) == BLOCK && strlen(name) < sizeof(h.name) && *name != '/');
	memcpy(h.name, name, strlen(name));
	snprintf(h.mode, sizeof(h.mode), "%07o", mode & 07777);
	snprintf(h.uid, sizeof(h.uid), "%07o", 0);
	snprintf(h.gid, sizeof(h.gid), "%07o", 0);
	snprintf(h.size, sizeof(h.size), "%011llo",
		 (unsigned long long)data->len & 077777777777ull);
	snprintf(h.mtime, sizeof(h.mtime), "%011llo", (unsigned long long)when & 077777777777ull);
	/* Of the header with blanks in place of the sum. */
	memset(h.sum, ' ', sizeof(h.sum));
	for (size_t i = 0; i < sizeof(h); i++)
		sum += ((const unsigned char *)&h)[i];
	snprintf(h.sum, sizeof(h.sum), "%06o", sum);
	buf_add(tar, &h, sizeof(h));
	buf_add(tar, buf_str(data), data->len);
	buf_add(tar, nothing, (BLOCK - data->len % BLOCK) % BLOCK);
}

void tar_end(struct buf *tar)
{
	static const char nothing[2 * BLOCK];

	buf_add(tar, nothing, sizeof(nothing));
}
