#include "util/num.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "util/err.h"

bool num_parse_u64(const char *s, uint64_t *out)
{
	uint64_t v = 0;

	if (*s == '\0')
		return false;
	for (; *s != '\0'; s++) {
		if (*s < '0' || *s > '9')
			return false;
		uint64_t digit = (uint64_t)(*s - '0');
		if (v > (UINT64_MAX - digit) / 10)
			return false;
		v = v * 10 + digit;
	}
	*out = v;
	return true;
}

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

bool num_parse_hex(const char *s, uint64_t *out)
{
	uint64_t v = 0;

	if (*s == '\0')
		return false;
	for (; *s != '\0'; s++) {
		int digit = hex_digit(*s);
		if (digit < 0 || v > UINT64_MAX >> 4)
			return false;
		v = v << 4 | (uint64_t)digit;
	}
	*out = v;
	return true;
}

bool num_parse_seconds(const char *s, uint64_t *out)
{
	static const struct {
		char letter;
		uint64_t seconds;
	} units[] = {{'s', 1}, {'m', 60}, {'h', 3600}, {'d', 86400}};
	char digits[24];
	size_t n = strlen(s);
	uint64_t unit = 1, v;

	for (size_t i = 0; n > 0 && i < sizeof(units) / sizeof(units[0]); i++)
		if (s[n - 1] == units[i].letter) {
			unit = units[i].seconds;
			n--;
			break;
		}
	if (n >= sizeof(digits))
		return false;
	snprintf(digits, sizeof(digits), "%.*s", (int)n, s);
	if (!num_parse_u64(digits, &v) || v > UINT64_MAX / unit)
		return false;
	*out = v * unit;
	return true;
}

bool num_parse_bytes(const char *s, uint64_t *out)
{
	static const char units[] = "KMGT";
	size_t n = strspn(s, "0123456789");
	const char *unit = s + n, *end = unit;
	unsigned shift = 0;
	char digits[24];
	uint64_t v;

	if (n >= sizeof(digits))
		return false;
	if (*end != '\0' && strchr(units, *end) != NULL)
		shift = (unsigned)(strchr(units, *end++) - units + 1) * 10;
	if (*end != '\0' && strcmp(end, "B") != 0 && (shift == 0 || strcmp(end, "iB") != 0))
		return false;
	snprintf(digits, sizeof(digits), "%.*s", (int)n, s);
	if (!num_parse_u64(digits, &v) || v > UINT64_MAX >> shift)
		return false;
	*out = v << shift;
	return true;
}

char *num_bytes(char to[NUM_TEXT], uint64_t bytes)
{
	static const char *const units[] = {"KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
	double v = (double)bytes;
	int unit = -1;

	while (v >= 1024 && unit < 5) {
		v /= 1024;
		unit++;
	}
	if (unit < 0)
		snprintf(to, NUM_TEXT, "%" PRIu64 " B", bytes);
	else
		snprintf(to, NUM_TEXT, "%.1f %s", v, units[unit]);
	return to;
}

char *num_seconds(char to[NUM_TEXT], uint64_t s)
{
	if (s < 60)
		snprintf(to, NUM_TEXT, "%" PRIu64 "s", s);
	else if (s < 3600)
		snprintf(to, NUM_TEXT, "%" PRIu64 "m %" PRIu64 "s", s / 60, s % 60);
	else if (s < 86400)
		snprintf(to, NUM_TEXT, "%" PRIu64 "h %" PRIu64 "m", s / 3600, s / 60 % 60);
	else
		snprintf(to, NUM_TEXT, "%" PRIu64 "d %" PRIu64 "h", s / 86400, s / 3600 % 24);
	return to;
}

#define USUAL_TIME "%Y-%m-%d %H:%M:%S"

/* False: it cannot be told so. */
static bool tell_time(char *to, size_t size, const char *format, uint64_t unix_time)
{
	time_t t = (time_t)unix_time;
	struct tm tm;

	return unix_time <= INT64_MAX && localtime_r(&t, &tm) != NULL &&
	       strftime(to, size, format, &tm) != 0;
}

char *num_time(char to[NUM_TEXT], uint64_t unix_time)
{
	if (unix_time == 0)
		snprintf(to, NUM_TEXT, "never");
	else if (!tell_time(to, NUM_TEXT, USUAL_TIME, unix_time))
		snprintf(to, NUM_TEXT, "%" PRIu64, unix_time);
	return to;
}

char *num_time_as(char to[NUM_TIME], const char *format, uint64_t unix_time)
{
	if (format == NULL || unix_time == 0 || !tell_time(to, NUM_TIME, format, unix_time))
		return num_time(to, unix_time);
	return str_clean(to);
}
