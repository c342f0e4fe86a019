/* Commands in messages: with the tag that they need. */
#ifndef ZREP_CMD_REMEDY_H
#define ZREP_CMD_REMEDY_H

/* The text with "-t TAG" behind each "zrep" that a verb follows (with "-n", "-y" and their like in between), so that
 * what is pasted is about the pair that the message is about. Not where -t stands there already, and not where "zrep"
 * is the program itself ("a zrep script"). `tag` NULL: the text as it is. The caller frees. */
char *remedy_with_tag(const char *text, const char *tag);

#endif
