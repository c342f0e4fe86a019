/* Texts of messages, and the commands in them: the one place where those are put into words.
 *
 * In a format, a command stands in braces: "on %s: {zrep sync -f %s} rolls it back". The braces go. What a conversion
 * gives between them is quoted for a shell where it needs that, and "{zrep", where a verb with a tag follows, gets the
 * "-t TAG" of the run: so what is pasted is about the pair that the message is about. Where it is to be typed is said
 * in front of it. Braces may begin within a command ("{zrep init}%s{ %s}"), so that several words come from one value.
 *
 * tests/layers/check holds the source to that: no command without braces, no braces but for these functions. */
#ifndef ZREP_UTIL_REMEDY_H
#define ZREP_UTIL_REMEDY_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>

/* The tag that commands have to name from now on; NULL: none, which is how it begins. Kept, not copied. */
void remedy_set_tag(const char *tag);

/* Is that word (n bytes), behind "zrep", a verb that a tag goes with? True of what is none. */
bool remedy_takes_tag(const char *word, size_t n);

/* The text. Of printf's conversions it knows %s, %d, %u, %x, %c and %%, with z, l and ll, a width, a 0 and a precision.
 * The caller frees. */
char *remedy_vfmt(const char *fmt, va_list ap);
char *remedy_fmt(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* A word as it is typed: as it stands, or in single quotes where a shell would make something else of it. The caller
 * frees. */
char *remedy_word(const char *text);

#endif
