#include "util/remedy.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "util/mem.h"

static const char *_Atomic the_tag;

void remedy_set_tag(const char *tag)
{
	the_tag = tag;
}

bool remedy_takes_tag(const char *word, size_t n)
{
	static const char *const without[] = {"help",  "version",  "install",
					      "agent", "bind-key", "complete"};

	for (size_t i = 0; i < ARRAY_LEN(without); i++)
		if (strlen(without[i]) == n && strncmp(without[i], word, n) == 0)
			return false;
	return true;
}

static void add_word(FILE *to, const char *text, size_t n)
{
	static const char safe[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
				   "_-+./:,=@#%";

	if (strspn(text, safe) >= n) {
		fwrite(text, 1, n, to);
		return;
	}
	fputc('\'', to);
	for (size_t i = 0; i < n; i++)
		if (text[i] == '\'')
			fputs("'\\''", to);
		else
			fputc(text[i], to);
	fputc('\'', to);
}

static FILE *text_open(char **text, size_t *n)
{
	FILE *to = open_memstream(text, n);

	if (to == NULL)
		mem_exhausted();
	return to;
}

static void text_close(FILE *to)
{
	if (fclose(to) != 0)
		mem_exhausted();
}

char *remedy_word(const char *text)
{
	char *word;
	size_t n;
	FILE *to = text_open(&word, &n);

	add_word(to, text, strlen(text));
	text_close(to);
	return word;
}

/* Of what stands behind "zrep" in a format: options that stand alone, but for -t, and then a verb. */
static bool lacks_tag(const char *rest)
{
	while (*rest == ' ') {
		const char *word = ++rest;
		size_t n = strcspn(word, " }");

		if (*word != '-')
			return n > 0 && remedy_takes_tag(word, n);
		if (n < 2 || word[1] == 't')
			return false;
		rest = word + n;
	}
	return false;
}

static void add_string(FILE *to, const char *s, int precision, bool in_command)
{
	if (s == NULL) /* as printf has it; a message is not worth a crash */
		s = "(null)";
	size_t n = precision < 0 ? strlen(s) : strnlen(s, (size_t)precision);

	if (in_command)
		add_word(to, s, n);
	else
		fwrite(s, 1, n, to);
}

/* What va_arg() has to be told: `long` and its like of the letters between '%' and the kind. */
enum { PLAIN, LONG, LONG_LONG, SIZE };

static int size_of(const char *spec)
{
	return strstr(spec, "ll") != NULL  ? LONG_LONG
	       : strchr(spec, 'l') != NULL ? LONG
	       : strchr(spec, 'z') != NULL ? SIZE
					   : PLAIN;
}

/* Room for a conversion: "%-016.300llu" is a long one. */
#define SPEC_MAX 24

/* One conversion, which begins at '%'. Returns what stands behind it. */
static const char *add_conversion(FILE *to, const char *p, bool in_command, va_list *ap)
{
	size_t n = 1 + strcspn(p + 1, "sducxf%");
	char spec[SPEC_MAX] = "";
	const char *dot;

	if (p[n] == '\0' || n + 1 >= sizeof(spec)) { /* no format of ours; as it stands */
		fputs(p, to);
		return p + strlen(p);
	}
	memcpy(spec, p, n + 1);
	dot = strchr(spec, '.');
	switch (p[n]) {
	case '%':
		fputc('%', to);
		break;
	case 's': {
		int precision = dot == NULL ? -1 : dot[1] == '*' ? va_arg(*ap, int) : atoi(dot + 1);
		add_string(to, va_arg(*ap, const char *), precision, in_command);
		break;
	}
	case 'f':
		fprintf(to, spec, va_arg(*ap, double));
		break;
	default:
		switch (size_of(spec)) {
		case LONG_LONG:
			fprintf(to, spec, va_arg(*ap, long long));
			break;
		case LONG:
			fprintf(to, spec, va_arg(*ap, long));
			break;
		case SIZE:
			fprintf(to, spec, va_arg(*ap, size_t));
			break;
		default:
			fprintf(to, spec, va_arg(*ap, int));
			break;
		}
	}
	return p + n + 1;
}

char *remedy_vfmt(const char *fmt, va_list given)
{
	bool in_command = false;
	va_list ap;
	char *text;
	size_t n;
	FILE *to = text_open(&text, &n);

	va_copy(ap, given);
	for (const char *p = fmt; *p != '\0';) {
		if (*p == '%') {
			p = add_conversion(to, p, in_command, &ap);
		} else if (*p == '{' || *p == '}') {
			in_command = *p++ == '{';
			if (in_command && strncmp(p, "zrep", 4) == 0) {
				p += 4;
				fputs("zrep", to);
				if (the_tag != NULL && lacks_tag(p))
					fprintf(to, " -t %s", the_tag);
			}
		} else {
			fputc(*p++, to);
		}
	}
	va_end(ap);
	text_close(to);
	return text;
}

char *remedy_fmt(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	char *text = remedy_vfmt(fmt, ap);
	va_end(ap);
	return text;
}
