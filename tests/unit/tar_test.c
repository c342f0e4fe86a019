#include <stdlib.h>
#include <string.h>

#include "util/tar.h"
#include "test.h"

static unsigned sum_of(const unsigned char *h)
{
	unsigned sum = 0;

	for (size_t i = 0; i < 512; i++)
		sum += i >= 148 && i < 156 ? ' ' : h[i];
	return sum;
}

static void an_archive_of_two(void **state)
{
	struct buf tar = {0}, a = {0}, b = {0};
	(void)state;

	buf_addf(&a, "%s", "first words\n");
	for (size_t i = 0; i < 512; i++)
		buf_add(&b, "x", 1);
	tar_add(&tar, "share/a", 0644, 1764468000, &a);
	tar_add(&tar, "zrep", 0755, 0, &b);
	tar_end(&tar);
	assert_int_equal(tar.len, 512 + 512 + 512 + 512 + 1024);

	const char *h = tar.data;
	assert_string_equal(h, "share/a");
	assert_string_equal(h + 100, "0000644");
	assert_string_equal(h + 124, "00000000014");
	assert_string_equal(h + 136, "15112722440");
	assert_int_equal(h[156], '0');
	assert_memory_equal(h + 257, "ustar\00000", 8);
	assert_int_equal(strtoul(h + 148, NULL, 8), sum_of((const unsigned char *)h));
	assert_string_equal(h + 512, "first words\n");
	assert_string_equal(h + 1024, "zrep");
	assert_string_equal(h + 1024 + 124, "00000001000");
	assert_int_equal(h[1536 + 511], 'x');
	for (size_t i = 2048; i < tar.len; i++)
		assert_int_equal(h[i], 0);
	buf_free(&tar);
	buf_free(&a);
	buf_free(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(an_archive_of_two)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
