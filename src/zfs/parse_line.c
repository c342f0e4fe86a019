#include "zfs/parse_line.h"

#include <string.h>

#include "util/mem.h"

char *parse_next_line(char **text)
{
	char *line = *text;

	if (*line == '\0')
		return NULL;
	char *end = strchr(line, '\n');
	if (end != NULL) {
		*end = '\0';
		*text = end + 1;
	} else {
		*text = line + strlen(line);
	}
	return line;
}

bool parse_split(char *line, char **fields, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		fields[i] = line;
		char *tab = strchr(line, '\t');
		if ((tab == NULL) != (i == n - 1))
			return false;
		if (tab != NULL) {
			*tab = '\0';
			line = tab + 1;
		}
	}
	return true;
}

struct err *parse_unexpected(const char *command, const char *line)
{
	struct err *e =
	    err_new(ERR_FAILED, "`zfs %s` printed what zrep does not understand: \"%.200s\"",
		    command, line);
	return err_remedy(e, "look for a property whose value holds a line break or tab: "
			     "`{zfs get -s local,received all}`");
}
