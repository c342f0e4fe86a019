/* A table for a terminal: columns as wide as what is in them; names give way where a line would not fit. */
#ifndef ZREP_UI_TABLE_H
#define ZREP_UI_TABLE_H

#include <stdbool.h>
#include <stdio.h>

#include "util/buf.h"

#define TABLE_COLUMNS 12

struct table {
	size_t columns;
	const char *heads[TABLE_COLUMNS];
	bool right[TABLE_COLUMNS]; /* numbers stand at the right */
	bool name[TABLE_COLUMNS];  /* its end tells enough */
	struct strv cells;         /* row by row */
};

void table_cell(struct table *t, const char *text);
/* Prints to `out`, no line longer than `width` (0: as long as needed). */
void table_print(const struct table *t, size_t width, FILE *out);
void table_free(struct table *t);

/* Columns of the terminal behind fd; 0 when it is none. */
size_t table_width(int fd);

#endif
