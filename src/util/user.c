#include "util/user.h"

#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "util/err.h"
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

/* The environment is anybody's. */
static const char *who_became_root(void)
{
	static const char *const names[] = {"SUDO_USER", "DOAS_USER"};

	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		const char *name = getenv(names[i]);
		size_t n = name != NULL ? strspn(name, "abcdefghijklmnopqrstuvwxyz"
						       "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-")
					: 0;
		if (n > 0 && n <= 32 && name[n] == '\0')
			return name;
	}
	return NULL;
}

char *user_who(const char *host)
{
	const char *before = who_became_root();
	char *user = user_name("?");
	bool other = before != NULL && strcmp(before, user) != 0;
	char *who = str_fmt("%s%s%s%s@%s", user, other ? "(" : "", other ? before : "",
			    other ? ")" : "", host);

	free(user);
	return who;
}
