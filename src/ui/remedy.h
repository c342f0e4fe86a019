/* Commands in messages: with the tag that they need. */
#ifndef ZREP_UI_REMEDY_H
#define ZREP_UI_REMEDY_H

#include <stdbool.h>
#include <stddef.h>

/* Is that word (n bytes) a verb of zrep's, and one that has a tag? */
typedef bool (*remedy_verb_fn)(const char *word, size_t n);

/* The text with "-t TAG" behind each "zrep" that a verb follows (with "-n", "-y" and their like in between), so that
 * what is pasted is about the pair that the message is about. Not where -t stands there already, and not where "zrep"
 * is the program itself ("a zrep script"). `tag` NULL: the text as it is. The caller frees. */
char *remedy_with_tag(const char *text, const char *tag, remedy_verb_fn takes_tag);

/* The same for text that is about names rather than commands: only where a backtick, which no name has, is before it. */
char *remedy_with_tag_marked(const char *text, const char *tag, remedy_verb_fn takes_tag);

/* The text with `name` quoted for a shell wherever it stands as a word, if it needs that. The caller frees. */
char *remedy_with_quotes(const char *text, const char *name);

#endif
