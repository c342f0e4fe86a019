#include "state/retention_spec.h"

#include <string.h>

static const char units[KEEP_UNITS + 1] = "hdwmy";

/* One word, `len` bytes long. */
static bool parse_word(const char *word, size_t len, struct retention *k)
{
	unsigned n = 0;

	if (len < 2 || len > 5) /* four digits and the unit */
		return false;
	for (size_t i = 0; i + 1 < len; i++) {
		if (word[i] < '0' || word[i] > '9')
			return false;
		n = 10 * n + (unsigned)(word[i] - '0');
	}
	const char *unit = memchr(units, word[len - 1], KEEP_UNITS);
	if (n == 0 || unit == NULL || k->n[unit - units] != 0)
		return false;
	k->n[unit - units] = n;
	return true;
}

bool retention_parse(const char *text, struct retention *out)
{
	struct retention k = {0};
	bool any = false;

	*out = k;
	while (*(text += strspn(text, " ")) != '\0') {
		size_t len = strcspn(text, " ");
		if (!parse_word(text, len, &k))
			return false;
		any = true;
		text += len;
	}
	*out = k;
	return any;
}

/* Months since January of the year 0. Years are counted from March here, so that the day which comes and
 * goes is the last one of its year: 400 such years have 146097 days, and 0000-03-01 is 719468 days before
 * 1970. From March on, five months have 153 days. */
static uint64_t month_of(uint64_t days_since_1970)
{
	uint64_t days = days_since_1970 + 719468, cycle = days / 146097, day = days % 146097;
	uint64_t year = (day - day / 1460 + day / 36524 - day / 146096) / 365;
	uint64_t day_of_year = day - (365 * year + year / 4 - year / 100);

	return (400 * cycle + year) * 12 + (5 * day_of_year + 2) / 153 + 2;
}

uint64_t retention_period(enum retention_unit unit, uint64_t unix_time)
{
	uint64_t days = unix_time / 86400;

	switch (unit) {
	case KEEP_HOUR:
		return unix_time / 3600;
	case KEEP_DAY:
		return days;
	case KEEP_WEEK:
		return (days + 3) / 7; /* 1970 began on a Thursday */
	case KEEP_MONTH:
		return month_of(days);
	case KEEP_YEAR:
	case KEEP_UNITS:
		break;
	}
	return month_of(days) / 12;
}
