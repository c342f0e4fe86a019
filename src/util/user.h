/* Who runs this. */
#ifndef ZREP_UTIL_USER_H
#define ZREP_UTIL_USER_H

/* The name of that user, `otherwise` where he has none. The caller frees. */
char *user_name(const char *otherwise);

#endif
