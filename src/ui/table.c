#include "ui/table.h"

#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

/* The least that is left of a name as long as something else can give way, and of anything. */
#define NAME_LEAST 12
#define LEAST 8

void table_cell(struct table *t, const char *text)
{
	strv_add(&t->cells, text);
}

void table_free(struct table *t)
{
	strv_free(&t->cells);
}

size_t table_width(int fd)
{
	struct winsize ws;

	if (!isatty(fd))
		return 0;
	return ioctl(fd, TIOCGWINSZ, &ws) == 0 && ws.ws_col > 20 ? ws.ws_col : 80;
}

/* A cell in its column. What does not fit loses its beginning: the end of a dataset's name tells more. */
static void print_cell(const char *s, size_t w, bool right, bool last, FILE *out)
{
	size_t n = strlen(s);

	if (n > w)
		fprintf(out, "..%s", s + n - w + 2);
	else if (last && !right)
		fputs(s, out);
	else
		fprintf(out, right ? "%*s" : "%-*s", (int)w, s);
}

/* Takes a column from the widest name or, where those tell no more, from whatever is the widest. False: there is
 * nothing left to take. */
static bool shrink(const struct table *t, size_t *w)
{
	static const size_t least[] = {NAME_LEAST, LEAST};

	for (int any = 0; any <= 1; any++) {
		size_t widest = t->columns;
		for (size_t c = 0; c < t->columns; c++)
			if ((any || t->name[c]) && w[c] > least[any] &&
			    (widest == t->columns || w[c] > w[widest]))
				widest = c;
		if (widest == t->columns)
			continue;
		w[widest]--;
		return true;
	}
	return false;
}

void table_print(const struct table *t, size_t width, FILE *out)
{
	size_t w[TABLE_COLUMNS], sum = 2 * (t->columns - 1);
	size_t rows = t->cells.n / t->columns;

	for (size_t c = 0; c < t->columns; c++) {
		w[c] = strlen(t->heads[c]);
		for (size_t r = 0; r < rows; r++) {
			size_t n = strlen(t->cells.items[r * t->columns + c]);
			if (n > w[c])
				w[c] = n;
		}
		sum += w[c];
	}
	while (width > 0 && sum > width && shrink(t, w))
		sum--;
	for (size_t r = 0; r <= rows; r++) {
		for (size_t c = 0; c < t->columns; c++) {
			const char *s =
			    r == 0 ? t->heads[c] : t->cells.items[(r - 1) * t->columns + c];
			if (c > 0)
				fputs("  ", out);
			print_cell(s, w[c], t->right[c], c == t->columns - 1, out);
		}
		fputc('\n', out);
	}
}
