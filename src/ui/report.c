#include "ui/report.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "util/mem.h"
#include "util/num.h"

/* What is looked back at. */
static const struct span {
	const char *id, *name;
	uint64_t seconds;
} spans[] = {{"day", "Day", 86400}, {"week", "Week", 7 * 86400}, {"month", "Month", 30 * 86400}};

/* Of a picture: what it is drawn in, and what the browser makes as wide as there is room. */
#define WIDTH 720.0
#define HEIGHT 90.0

/* A picture has no more corners than can be seen. */
#define CORNERS 1500u

static void add_text(struct buf *out, const char *text)
{
	for (const char *p = text != NULL ? text : ""; *p != '\0'; p++)
		switch (*p) {
		case '<':
			buf_addf(out, "&lt;");
			break;
		case '>':
			buf_addf(out, "&gt;");
			break;
		case '&':
			buf_addf(out, "&amp;");
			break;
		case '"':
			buf_addf(out, "&quot;");
			break;
		default:
			buf_addf(out, "%c", *p >= ' ' && *p < 127 ? *p : '?');
		}
}

static void add_time(struct buf *out, uint64_t at)
{
	char text[NUM_TEXT];

	buf_addf(out, "<time>%s</time>", num_time(text, at));
}

/* When the lag that grows from a mark on ends, as far as is known: with the next snapshot; at once, where others may have been
 * between; now. */
static uint64_t lag_end(const struct report_row *r, size_t i, uint64_t now)
{
	uint64_t at = r->marks[i].at, end = now;

	if (i + 1 < r->n_marks)
		end = r->marks[i + 1].lacks ? at : r->marks[i + 1].made;
	end = end < now ? end : now;
	return end > at ? end : at;
}

/* Since when nothing was written until the mark, as far as it is not told of by the mark before. */
static uint64_t still_since(const struct report_row *r, size_t i)
{
	uint64_t since = r->marks[i].made, before = i > 0 ? r->marks[i - 1].at : 0;

	since = since > before ? since : before;
	return since < r->marks[i].at ? since : r->marks[i].at;
}

/* How much of `begin` to `end` is not before `from`, nor after `now`. */
static uint64_t part(uint64_t begin, uint64_t end, uint64_t from, uint64_t now)
{
	begin = begin > from ? begin : from;
	end = end < now ? end : now;
	return end > begin ? end - begin : 0;
}

int report_within(const struct report_row *r, uint64_t from, uint64_t now)
{
	uint64_t good = 0, all = 0;

	for (size_t i = 0; i < r->n_marks && r->rpo != 0; i++) {
		uint64_t at = r->marks[i].at, end = lag_end(r, i, now),
			 late = end - at > r->rpo ? at + r->rpo : end,
			 still = part(still_since(r, i), at, from, now);
		all += still + part(at, end, from, now);
		good += still + part(at, late, from, now);
	}
	if (all > 0)
		return (int)(good * 1000 / all);
	/* The last mark is of this very second. */
	return r->rpo != 0 && r->n_marks > 0 && r->marks[r->n_marks - 1].at >= now ? 1000 : -1;
}

/* The longest lag. */
static uint64_t highest(const struct report_row *r, uint64_t from, uint64_t now)
{
	uint64_t top = 0;

	for (size_t i = 0; i < r->n_marks; i++) {
		uint64_t end = lag_end(r, i, now);
		if (end >= from && end - r->marks[i].at > top)
			top = end - r->marks[i].at;
	}
	return top;
}

static double across(uint64_t at, uint64_t from, uint64_t now)
{
	return at <= from ? 0 : (double)(at - from) * WIDTH / (double)(now - from);
}

/* Of those that share their pixels, from i on, the one with the longest lag; *next is behind them. */
static size_t tallest(const struct report_row *r, size_t i, uint64_t now, size_t *next)
{
	size_t best = i;

	*next = i + r->n_marks / CORNERS + 1;
	*next = *next < r->n_marks ? *next : r->n_marks;
	for (size_t k = i; k < *next; k++)
		if (lag_end(r, k, now) - r->marks[k].at > lag_end(r, best, now) - r->marks[best].at)
			best = k;
	return best;
}

/* The lag: it grows with time, and falls with each mark. */
static void draw_lag(const struct report_row *r, const struct span *s, uint64_t now,
		     struct buf *out)
{
	uint64_t from = now - s->seconds, most = highest(r, from, now),
		 top = r->rpo + r->rpo / 4 + 1;
	char text[NUM_TEXT], rpo[NUM_TEXT];

	top = most > top ? most : top;

	buf_addf(out,
		 "<figure><figcaption>Lag, up to %s%s%s</figcaption><svg viewBox=\"0 0 %.0f %.0f\" "
		 "preserveAspectRatio=\"none\" role=\"img\" aria-label=\"lag\">",
		 num_seconds(text, most), r->rpo != 0 ? "; the line is the rpo, " : "",
		 r->rpo != 0 ? num_seconds(rpo, r->rpo) : "", WIDTH, HEIGHT);
	buf_addf(out, "<path class=\"lag\" d=\"");
	bool any = false;
	for (size_t i = 0, next; i < r->n_marks; i = next) {
		size_t k = tallest(r, i, now, &next);
		uint64_t begin = r->marks[k].at, end = lag_end(r, k, now);
		any = any || (end >= from && still_since(r, k) < now);
		if (end < from || end <= begin)
			continue;
		uint64_t low = begin > from ? 0 : from - begin;
		buf_addf(out, "M%.1f %.0f L%.1f %.1f L%.1f %.1f L%.1f %.0f Z",
			 across(begin, from, now), HEIGHT, across(begin, from, now),
			 HEIGHT - (double)low * HEIGHT / (double)top, across(end, from, now),
			 HEIGHT - (double)(end - begin) * HEIGHT / (double)top,
			 across(end, from, now), HEIGHT);
	}
	buf_addf(out, "\"/>");
	if (r->rpo != 0)
		buf_addf(out, "<line class=\"rpo\" x1=\"0\" x2=\"%.0f\" y1=\"%.1f\" y2=\"%.1f\"/>",
			 WIDTH, HEIGHT - (double)r->rpo * HEIGHT / (double)top,
			 HEIGHT - (double)r->rpo * HEIGHT / (double)top);
	for (size_t i = 0; i < r->n_changes; i++)
		if (r->changes[i].at > from)
			buf_addf(
			    out,
			    "<line class=\"role\" x1=\"%.1f\" x2=\"%.1f\" y1=\"0\" y2=\"%.0f\"/>",
			    across(r->changes[i].at, from, now),
			    across(r->changes[i].at, from, now), HEIGHT);
	buf_addf(out, "</svg>%s</figure>\n", any ? "" : "<p>Nothing is known of that time.</p>");
}

/* What was brought over, in 60 heaps. */
static void draw_bytes(const struct report_row *r, const struct span *s, uint64_t now,
		       struct buf *out)
{
	uint64_t heaps[60] = {0}, from = now - s->seconds, top = 1, all = 0;
	char text[NUM_TEXT], sum[NUM_TEXT];

	for (size_t i = 0; i < r->n_marks; i++)
		if (r->marks[i].made >= from && r->marks[i].made <= now) {
			size_t k = (size_t)((r->marks[i].made - from) * 59 / s->seconds);
			heaps[k] += r->marks[i].bytes;
			all += r->marks[i].bytes;
			top = heaps[k] > top ? heaps[k] : top;
		}
	buf_addf(
	    out,
	    "<figure><figcaption>Written and brought over: %s; at most %s in one of 60 parts"
	    "</figcaption><svg viewBox=\"0 0 %.0f %.0f\" preserveAspectRatio=\"none\" role=\"img\" "
	    "aria-label=\"bytes\">",
	    num_bytes(sum, all), num_bytes(text, top), WIDTH, HEIGHT);
	for (size_t k = 0; k < ARRAY_LEN(heaps); k++)
		if (heaps[k] > 0) {
			double high = (double)heaps[k] * (HEIGHT - 2) / (double)top + 2;
			buf_addf(out,
				 "<rect class=\"bytes\" x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" "
				 "height=\"%.1f\"/>",
				 (double)k * WIDTH / 60 + 1, HEIGHT - high, WIDTH / 60 - 2, high);
		}
	buf_addf(out, "</svg></figure>\n");
}

static void print_span(const struct report_row *r, const struct span *s, uint64_t now,
		       struct buf *out)
{
	int within = report_within(r, now - s->seconds, now);

	buf_addf(out, "<div class=\"span %s\">", s->id);
	if (within >= 0)
		buf_addf(out, "<p><b>%d.%d %%</b> of the time within its rpo</p>\n", within / 10,
			 within % 10);
	draw_lag(r, s, now, out);
	draw_bytes(r, s, now, out);
	buf_addf(out, "</div>\n");
}

static void print_changes(const struct report_row *r, struct buf *out)
{
	if (r->n_changes == 0)
		return;
	buf_addf(out, "<h3>The role</h3><ol class=\"changes\">\n");
	for (size_t i = r->n_changes; i-- > 0;) {
		buf_addf(out, "<li>");
		add_time(out, r->changes[i].at);
		buf_addf(out, " <b>");
		add_text(out, r->changes[i].word);
		buf_addf(out, "</b> ");
		add_text(out, r->changes[i].text);
		buf_addf(out, "</li>\n");
	}
	buf_addf(out, "</ol>\n");
}

static void print_row(const struct report_row *r, uint64_t now, struct buf *out)
{
	static const char *const levels[] = {"well", "warning", "critical"};
	char text[NUM_TEXT];

	buf_addf(out, "<section class=\"%s\"><h2>",
		 levels[r->level < 0 || r->level > 2 ? 2 : r->level]);
	add_text(out, r->dataset);
	buf_addf(out, "</h2><p>%s; other side: ", r->role);
	add_text(out, r->peer);
	buf_addf(out, "; <span class=\"state\">");
	add_text(out, r->state);
	buf_addf(out, "</span>; ");
	if (r->n_marks > 0) {
		buf_addf(out, "last synced ");
		add_time(out, r->marks[r->n_marks - 1].at);
	} else {
		buf_addf(out, "never synced, as far as is known");
	}
	if (r->unsent > 0)
		buf_addf(out, "; %s not sent", num_bytes(text, r->unsent));
	buf_addf(out, "</p>\n");
	for (size_t i = 0; i < ARRAY_LEN(spans); i++)
		print_span(r, &spans[i], now, out);
	print_changes(r, out);
	buf_addf(out, "</section>\n");
}

static const char head[] =
    "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">"
    "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">"
    "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src "
    "'unsafe-inline'\">"
    "<style>\n"
    ":root{color-scheme:light "
    "dark;--fg:#1c2128;--bg:#fff;--dim:#57606a;--card:#f6f8fa;--line:#d0d7de;"
    "--lag:#2f6feb;--bytes:#2da44e;--rpo:#bf3989;--role:#9a6700;--warning:#9a6700;--critical:#"
    "cf222e}\n"
    "@media(prefers-color-scheme:dark){:root{--fg:#e6edf3;--bg:#0d1117;--dim:#9198a1;--card:#"
    "161b22;"
    "--line:#30363d;--lag:#4493f8;--bytes:#3fb950;--rpo:#db61a2;--role:#d29922;--warning:#d29922;--"
    "critical:#f85149}}\n"
    "*{box-sizing:border-box}body{margin:0 auto;max-width:60rem;padding:1rem;font:16px/1.5 "
    "system-ui,sans-serif;"
    "color:var(--fg);background:var(--bg)}h1{font-size:1.5rem;margin:.2rem "
    "0}h2{font-size:1.15rem;margin:0;"
    "overflow-wrap:anywhere}h3{font-size:1rem;margin:.8rem 0 .2rem}p{margin:.3rem "
    "0;overflow-wrap:anywhere}"
    "time{font-variant-numeric:tabular-nums;white-space:nowrap}\n"
    "section{background:var(--card);border:1px solid "
    "var(--line);border-left-width:5px;border-radius:8px;"
    "padding:.8rem 1rem;margin:1rem 0}section.well{border-left-color:var(--bytes)}"
    "section.warning{border-left-color:var(--warning)}section.critical{border-left-color:var(--"
    "critical)}\n"
    "figure{margin:.6rem "
    "0}figcaption{color:var(--dim);font-size:.85rem}svg{display:block;width:100%;height:90px;"
    "background:var(--bg);border:1px solid var(--line);border-radius:4px}"
    ".lag{fill:var(--lag);fill-opacity:.35;stroke:var(--lag);stroke-width:1;vector-effect:non-"
    "scaling-stroke}"
    ".bytes{fill:var(--bytes)}.rpo{stroke:var(--rpo);stroke-dasharray:6 "
    "4;vector-effect:non-scaling-stroke}"
    ".role{stroke:var(--role);stroke-width:2;vector-effect:non-scaling-stroke}.changes{margin:0;"
    "padding-left:1.2rem}\n"
    ".span{display:none}#day:checked~main .day,#week:checked~main .week,#month:checked~main "
    ".month{display:block}"
    "input[name=span]{position:absolute;opacity:0}label{display:inline-block;padding:.25rem "
    ".9rem;margin:.4rem .3rem .2rem 0;"
    "border:1px solid var(--line);border-radius:999px;cursor:pointer}"
    "#day:checked~label[for=day],#week:checked~label[for=week],#month:checked~label[for=month]"
    "{background:var(--lag);color:var(--bg);border-color:var(--lag)}"
    "input[name=span]:focus-visible~main{outline:2px solid "
    "var(--lag);outline-offset:4px}footer{color:var(--dim);font-size:.85rem}\n"
    "</style>\n";

void report_print(const struct report *r, struct buf *out)
{
	buf_addf(out, "%s<title>Replication on ", head);
	add_text(out, r->host);
	buf_addf(out, "</title></head><body>\n<h1>Replication on ");
	add_text(out, r->host);
	buf_addf(out, "</h1><p>tag ");
	add_text(out, r->tag);
	buf_addf(out, ", %zu dataset%s, as of ", r->n, r->n == 1 ? "" : "s");
	add_time(out, r->now);
	buf_addf(out, "</p>\n");
	for (size_t i = 0; i < ARRAY_LEN(spans); i++)
		buf_addf(
		    out,
		    "<input type=\"radio\" name=\"span\" id=\"%s\"%s><label for=\"%s\">%s</label>",
		    spans[i].id, i == 0 ? " checked" : "", spans[i].id, spans[i].name);
	buf_addf(out, "\n<main>\n");
	for (size_t i = 0; i < r->n; i++)
		print_row(&r->rows[i], r->now, out);
	buf_addf(out,
		 "</main><footer>zrep %s. From the marks on the snapshots that are still there: of "
		 "what has "
		 "expired nothing is known; a longer savecount, or keep, has the pictures go back "
		 "further.</footer></body></html>\n",
		 r->version);
}

void report_free(struct report *r)
{
	for (size_t i = 0; i < r->n; i++) {
		struct report_row *w = &r->rows[i];
		for (size_t k = 0; k < w->n_changes; k++) {
			free(w->changes[k].word);
			free(w->changes[k].text);
		}
		free(w->changes);
		free(w->marks);
		free(w->dataset);
		free(w->peer);
	}
	free(r->rows);
	*r = (struct report){0};
}
