/* Who runs this. */
#ifndef ZREP_UTIL_USER_H
#define ZREP_UTIL_USER_H

/* The name of that user, `otherwise` where he has none. The caller frees. */
char *user_name(const char *otherwise);

/* Who asked for this run: "USER@HOST", and "root(USER)@HOST" of one who became root by sudo or doas and says so. For a record: it
 * proves nothing. The caller frees. */
char *user_who(const char *host);

#endif
