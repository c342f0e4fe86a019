/* What the fuzzers share. A broken promise ends the program, which libFuzzer takes for a finding. */
#ifndef ZREP_TESTS_FUZZ_H
#define ZREP_TESTS_FUZZ_H

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "util/mem.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define PROMISE(x)                                                                                 \
	do {                                                                                       \
		if (!(x))                                                                          \
			abort();                                                                   \
	} while (0)

/* The input as text; it ends at the first NUL. The caller frees. */
static inline char *fuzz_text(const uint8_t *data, size_t size)
{
	char *s = mem_alloc(size + 1);

	memcpy(s, data, size);
	s[size] = '\0';
	return s;
}

#endif
