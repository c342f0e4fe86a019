/* cmocka, and what every unit test does with an error. */
#ifndef ZREP_TESTS_UNIT_TEST_H
#define ZREP_TESTS_UNIT_TEST_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "util/err.h"
#include "util/mem.h"

/* Nothing went wrong. */
#define works(e)                                                                                   \
	do {                                                                                       \
		struct err *e_ = (e);                                                              \
		if (e_ != NULL)                                                                    \
			fail_msg("unexpected: %s", e_->what);                                      \
	} while (0)

/* It went wrong, and the message says so. */
#define fails(e, words)                                                                            \
	do {                                                                                       \
		struct err *e_ = (e);                                                              \
		assert_non_null(e_);                                                               \
		if (strstr(e_->what, (words)) == NULL)                                             \
			fail_msg("\"%s\" does not speak of \"%s\"", e_->what, (words));            \
		err_free(e_);                                                                      \
	} while (0)

#endif
