/*
 * asker FILE: asks hosts for the crash suite, which would otherwise start processes for each question, more of them than
 * the stories themselves. A line on standard input is a question, words with tabs in between; the answer replaces what
 * is in FILE, and then a line on standard output says 0, or 1 where FILE says what was wrong.
 *
 *   ctl SOCKET WORD...                        what uzctl says
 *   put FILE BYTES SOCKET DATASET NAME        FILE is put there; BYTES: it is made before, of so many random ones
 *   same SOCKET [FILE DATASET NAME]...        the numbers, from 0, of those that are not the same there
 *   rows SOCKET FIELD,... DATASET...          a line for each of these datasets and their snapshots: its name, the fields
 *                                             as zfs would say them, who holds it, a blank around each
 *   roles SOCKET HOST                         assignments, in bash's words, to what role_look() is about
 *   busy DIR                                  command lines of zrep and zfs on hosts of the lab in DIR, but those that
 *                                             are dead
 */
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#include "client.h"
#include "proto.h"

enum { MOST_WORDS = 1024 };

static FILE *out; /* the answer */

static bool say(const char *what, const char *why)
{
	fprintf(out, "%s: %s\n", what, why);
	return false;
}
static bool say_client(void)
{
	return say(client_what, strerror(errno));
}

/* The answer to these words, as one string; NULL with `out` saying why. */
static char *ask(const char *sock, int n, char **words, int in, size_t *len)
{
	static char buf[UZ_FRAME];
	char *text = NULL;
	uint32_t got = 1;
	int32_t error = 0;
	int fd = client_connect(sock);
	FILE *f = open_memstream(&text, len);
	bool ok = f != NULL && fd >= 0 && client_ask(fd, n, words, in);
	while (ok && got > 0) {
		ok = client_next(fd, buf, &got);
		if (ok)
			fwrite(buf, 1, got, f);
	}
	ok = ok && client_error(fd, &error);
	if (!ok)
		say_client();
	else if (error != 0)
		ok = say(words[0], strerror(error));
	if (fd >= 0)
		close(fd);
	if (f != NULL)
		fclose(f);
	if (!ok) {
		free(text);
		return NULL;
	}
	return text;
}

static bool ctl(int n, char **w)
{
	size_t len;
	char *text = n > 2 ? ask(w[1], n - 2, w + 2, -1, &len) : NULL;
	if (text != NULL)
		fwrite(text, 1, len, out);
	free(text);
	return text != NULL;
}

static bool make_random(const char *file, size_t bytes)
{
	char *buf = malloc(bytes);
	FILE *f = fopen(file, "we");
	bool ok = buf != NULL && f != NULL;
	for (size_t done = 0; ok && done < bytes;) {
		ssize_t k = getrandom(buf + done, bytes - done, 0);
		ok = k > 0 || errno == EINTR;
		done += k > 0 ? (size_t)k : 0;
	}
	ok = ok && fwrite(buf, 1, bytes, f) == bytes;
	free(buf);
	if (f != NULL && fclose(f) != 0)
		ok = false;
	return ok || say(file, strerror(errno));
}

static bool put(int n, char **w)
{
	if (n != 6)
		return say("put", "what, and where?");
	if (*w[2] != '\0' && !make_random(w[1], strtoul(w[2], NULL, 10)))
		return false;
	int in = open(w[1], O_RDONLY | O_CLOEXEC);
	if (in < 0)
		return say(w[1], strerror(errno));
	size_t len;
	char *text = ask(w[3], 3, (char *[]){"put", w[4], w[5]}, in, &len);
	close(in);
	free(text);
	return text != NULL;
}

/* What cannot be read here or there is not the same. */
static bool is_same(const char *sock, const char *file, char *dataset, char *name)
{
	char *none = NULL;
	size_t none_len, len;
	FILE *saved = out, *f = fopen(file, "re");
	out = open_memstream(&none, &none_len);
	char *text = ask(sock, 3, (char *[]){"get", dataset, name}, -1, &len);
	fclose(out);
	free(none);
	out = saved;
	bool same = text != NULL && f != NULL;
	for (size_t i = 0; same && i < len; i++)
		same = getc_unlocked(f) == (unsigned char)text[i];
	same = same && getc_unlocked(f) == EOF;
	free(text);
	if (f != NULL)
		fclose(f);
	return same;
}

static bool same(int n, char **w)
{
	for (int i = 0; 4 + 3 * i < n; i++)
		if (!is_same(w[1], w[2 + 3 * i], w[3 + 3 * i], w[4 + 3 * i]))
			fprintf(out, "%d ", i);
	return true;
}

/* ---- listings ---- */

struct line {
	char *name, *prop, *value, *source;
};

/* The next line of a listing (uzctl list), taken apart in place. */
static bool next_line(char **text, struct line *l)
{
	char *line = *text, **part[] = {&l->name, &l->prop, &l->value, &l->source};
	if (line == NULL || *line == '\0')
		return false;
	*text = strchr(line, '\n');
	if (*text != NULL)
		*(*text)++ = '\0';
	for (size_t i = 0; i < 4; i++) {
		char *tab = strchr(line, '\t');
		*part[i] = line;
		if (tab != NULL)
			*tab++ = '\0';
		line = tab != NULL ? tab : strchr(line, '\0');
	}
	return true;
}

static char *list(const char *sock)
{
	size_t len;
	return ask(sock, 2, (char *[]){"list", "tank"}, -1, &len);
}

/* Is it one of the datasets, or a snapshot of one? */
static bool is_asked(const char *name, int n, char **datasets)
{
	size_t len = strcspn(name, "@");
	for (int i = 0; i < n; i++)
		if (strncmp(name, datasets[i], len) == 0 && datasets[i][len] == '\0')
			return true;
	return false;
}

struct row {
	const char *name;
	const char *value[64];
	char held[1024];
};

static void put_row(const struct row *r, char *const *fields, int nfields)
{
	if (r->name == NULL)
		return;
	fputs(r->name, out);
	for (int i = 0; i < nfields; i++) {
		const char *v = r->value[i];
		if (strcmp(fields[i], "readonly") == 0)
			v = strchr(r->name, '@') != NULL       ? NULL
			    : v != NULL && strcmp(v, "1") == 0 ? "on"
							       : "off";
		fprintf(out, "\t%s", v == NULL || *v == '\0' ? "-" : v);
	}
	fprintf(out, "\t%s\n", r->held);
}

static bool rows(int n, char **w)
{
	char *fields[64], *save = NULL;
	int nfields = 0;
	struct row row = {0};
	struct line l;
	char *text = n < 3 ? NULL : list(w[1]), *at = text;
	if (text == NULL)
		return false;
	for (char *f = strtok_r(w[2], ",", &save); f != NULL && nfields < 64;
	     f = strtok_r(NULL, ",", &save))
		fields[nfields++] = f;
	while (next_line(&at, &l)) {
		if (!is_asked(l.name, n - 3, w + 3))
			continue;
		if (row.name == NULL || strcmp(row.name, l.name) != 0) {
			put_row(&row, fields, nfields);
			row = (struct row){.name = l.name};
		}
		size_t len = strlen(row.held);
		if (strcmp(l.prop, "hold") == 0) {
			snprintf(row.held + len, sizeof row.held - len, " %s ", l.value);
			continue;
		}
		for (int i = 0; i < nfields; i++)
			if (strcmp(fields[i], l.prop) == 0)
				row.value[i] = l.value;
	}
	put_row(&row, fields, nfields);
	free(text);
	return true;
}

static void quote(FILE *f, const char *s)
{
	putc('\'', f);
	for (; *s != '\0'; s++)
		if (*s == '\'')
			fputs("'\\''", f);
		else
			putc(*s, f);
	putc('\'', f);
}

/* An element of `is`. */
static void is(const char *host, const char *name, const char *prop, const char *value)
{
	char key[1024];
	snprintf(key, sizeof key, "%s %s %s", host, name, prop);
	putc('[', out);
	quote(out, key);
	fputs("]=", out);
	quote(out, value);
	putc('\n', out);
}

/* What was seen of a listing: the filesystems, the snapshots of each, and what is not said of the present one. */
struct seen {
	const char *host;
	FILE *sets, *parts;
	const char *fs; /* the present filesystem */
	bool has_readonly, has_token;
};

/* The snapshots of one dataset are not beside each other: `parts` adds each to what is there. */
static void note_guid(struct seen *s, char *name)
{
	char *at = strchr(name, '@'), key[1024];
	if (at == NULL) {
		fprintf(s->sets, "%s ", name);
		s->fs = name;
		return;
	}
	*at = '\0';
	snprintf(key, sizeof key, "%s %s", s->host, name);
	*at = '@';
	fputs("parts[", s->parts);
	quote(s->parts, key);
	fputs("]+=", s->parts);
	quote(s->parts, at + 1);
	fputs("\\ \n", s->parts);
}

/* A filesystem has them in any case. */
static void end_of(struct seen *s)
{
	if (s->fs != NULL && !s->has_readonly) {
		is(s->host, s->fs, "readonly", "off");
		is(s->host, s->fs, "from", "default");
	}
	if (s->fs != NULL && !s->has_token)
		is(s->host, s->fs, "receive_resume_token", "-");
	s->fs = NULL;
	s->has_readonly = s->has_token = false;
}

static void note(struct seen *s, struct line *l)
{
	if (strchr(l->prop, ':') != NULL && strcmp(l->source, "local") != 0 &&
	    strcmp(l->source, "received") != 0)
		return;
	if (strcmp(l->prop, "readonly") == 0) {
		s->has_readonly = true;
		is(s->host, l->name, "from", l->source);
		is(s->host, l->name, l->prop, strcmp(l->value, "0") == 0 ? "off" : "on");
		return;
	}
	is(s->host, l->name, l->prop, l->value);
	s->has_token = s->has_token || strcmp(l->prop, "receive_resume_token") == 0;
	if (strcmp(l->prop, "guid") == 0)
		note_guid(s, l->name);
}

/* Nobody's business here: the pool itself, the bystander, and who holds what. */
static bool is_left_out(const struct line *l)
{
	return strcmp(l->name, "tank") == 0 || strncmp(l->name, "tank/other", 10) == 0 ||
	       strcmp(l->prop, "hold") == 0;
}

static bool roles(int n, char **w)
{
	char *sets = NULL, *parts = NULL, *text = n == 3 ? list(w[1]) : NULL, *at = text;
	size_t sets_len, parts_len;
	const char *present = "";
	struct line l;
	if (text == NULL)
		return false;
	struct seen s = {
	    w[2], open_memstream(&sets, &sets_len), open_memstream(&parts, &parts_len), NULL, false,
	    false};
	if (s.sets == NULL || s.parts == NULL)
		abort();
	fputs("is+=(\n", out);
	while (next_line(&at, &l)) {
		if (is_left_out(&l))
			continue;
		if (strcmp(present, l.name) != 0)
			end_of(&s);
		present = l.name;
		note(&s, &l);
	}
	end_of(&s);
	fclose(s.sets);
	fclose(s.parts);
	fprintf(out, ")\nsets[%s]=", w[2]);
	quote(out, sets);
	fprintf(out, "\n%s", parts);
	free(sets);
	free(parts);
	free(text);
	return true;
}

/* ---- processes ---- */

static size_t read_proc(const char *pid, const char *name, char *buf, size_t size)
{
	char path[64];
	snprintf(path, sizeof path, "/proc/%s/%s", pid, name);
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	size_t n = 0;
	ssize_t k = 0;
	while (fd >= 0 && n < size - 1 && (k = read(fd, buf + n, size - 1 - n)) > 0)
		n += (size_t)k;
	if (fd >= 0)
		close(fd);
	buf[n] = '\0';
	return n;
}

static bool is_in_lab(const char *pid, const char *want)
{
	static char env[1 << 18];
	size_t n = read_proc(pid, "environ", env, sizeof env);
	for (char *p = env; p < env + n; p += strlen(p) + 1)
		if (strncmp(p, want, strlen(want)) == 0)
			return true;
	return false;
}

static bool busy(int n, char **w)
{
	char want[4200], buf[4096];
	if (n != 2)
		return false;
	snprintf(want, sizeof want, "UZFS_SOCK=%s/", w[1]);
	DIR *d = opendir("/proc");
	for (struct dirent *e; d != NULL && (e = readdir(d)) != NULL;) {
		if (!isdigit((unsigned char)e->d_name[0]))
			continue;
		read_proc(e->d_name, "comm", buf, sizeof buf);
		if ((strcmp(buf, "zrep\n") != 0 && strcmp(buf, "zfs\n") != 0) ||
		    !is_in_lab(e->d_name, want))
			continue;
		size_t len = read_proc(e->d_name, "cmdline", buf, sizeof buf);
		for (size_t i = 0; i < len; i++)
			putc(buf[i] == '\0' ? ' ' : buf[i], out);
		putc('\n', out);
	}
	if (d != NULL)
		closedir(d);
	return d != NULL;
}

/* ---- questions ---- */

static bool answer(char *line)
{
	static const struct {
		const char *name;
		bool (*run)(int n, char **w);
	} verbs[] = {{"ctl", ctl},   {"put", put},     {"same", same},
		     {"rows", rows}, {"roles", roles}, {"busy", busy}};
	char *w[MOST_WORDS];
	int n = 0;
	for (char *word; n < MOST_WORDS && (word = strsep(&line, "\t")) != NULL;)
		w[n++] = word;
	for (size_t i = 0; n > 0 && i < sizeof verbs / sizeof *verbs; i++)
		if (strcmp(w[0], verbs[i].name) == 0)
			return verbs[i].run(n, w);
	return say(n > 0 ? w[0] : "", "no such question");
}

int main(int argc, char **argv)
{
	char *line = NULL;
	size_t size = 0;
	ssize_t len;
	while (argc == 2 && (len = getline(&line, &size, stdin)) > 0) {
		if (line[len - 1] == '\n')
			line[len - 1] = '\0';
		out = fopen(argv[1], "we");
		if (out == NULL)
			break;
		bool ok = answer(line);
		if (fclose(out) != 0)
			break;
		printf("%d\n", ok ? 0 : 1);
		fflush(stdout);
	}
	free(line);
	return 0;
}
