#include "util/user.h"

#include <pwd.h>
#include <unistd.h>

#include "util/mem.h"

char *user_name(const char *otherwise)
{
	struct passwd pw, *found = NULL;
	char text[4096];

	/* getpwuid()'s memory would be shared with every other thread. */
	if (getpwuid_r(geteuid(), &pw, text, sizeof(text), &found) != 0 || found == NULL)
		return mem_strdup(otherwise);
	return mem_strdup(pw.pw_name);
}
