/* The text of a verb, laid out in lines. It is paragraphs, and options: lines that begin with "  -", then what stands
 * before two blanks. */
#ifndef ZREP_CLI_HELP_TEXT_H
#define ZREP_CLI_HELP_TEXT_H

#include "util/buf.h"

/* Adds the n bytes of s word by word, the first at column `at`, further lines from `indent` on. */
void help_text_words(struct buf *to, const char *s, size_t n, size_t at, size_t indent);

/* Adds all of a text, what explains the options below each other. */
void help_text_add(struct buf *to, const char *text);

/* The end of the last option in a text; of the text, if it has none. */
size_t help_text_options_end(const char *text);

#endif
