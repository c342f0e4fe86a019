# What both hosts hold, in words that are the same whenever the state is: see same.sh. Its input are the lines of
# `uzctl list tank all` for each host, behind a line "host HOST", and others, which begin with "suite".
#
# What chance has a part in is put so that it has none:
#   transaction groups, times, times in names   which comes first, and which are the same
#   when a snapshot was sent, a master made     that it was: only messages say when, and warnings of a clock that is wrong
#   guids, ids of sets and links                others, in the order in which they come; a bookmark called after a guid
#                                               is still called after that one
#   who was at a change (zrep:by)               whether it was the same one: they are dead
# What is inherited stands in its parent's lines. The pool itself and the bystander are looked at elsewhere.
BEGIN { FS = OFS = "\t" }

function word(w) {
	if (!(w in number)) number[w] = "#" ++numbers
	return number[w]
}

# What 16 digits of hex are in decimal: there is no room for it in a double.
function decimal(hex,   a, b, c, i) {
	a = b = c = 0
	for (i = 1; i <= 16; i++) {
		c = c * 16 + index("0123456789abcdef", substr(hex, i, 1)) - 1
		b = b * 16 + int(c / 10000000)
		a = a * 16 + int(b / 10000000)
		c %= 10000000
		b %= 10000000
	}
	a = sprintf("%d%07d%07d", a, b, c)
	sub(/^0+/, "", a)
	return a
}

function is_time(w) { return length(w) == 10 && w ~ /^1[789][0-9]+$/ }
function is_day(w) { return length(w) == 16 && w ~ /^[0-9]+T[0-9]+Z$/ }
function is_hex(w) { return length(w) == 16 && w ~ /^[0-9a-f]+$/ }
function is_number(w) { return length(w) > 11 && w ~ /^[0-9]+$/ }

function put(w) {
	if (is_time(w)) return "time" rank[w]
	if (is_day(w)) return "day" rank[w]
	if (w in number) return number[w]
	if (is_hex(w) && (decimal(w) in number)) return "hex" number[decimal(w)]
	return is_hex(w) || is_number(w) ? word(w) : w
}

# Of the words of letters and digits in s, with `find` only the times are noted.
function words(s, find,   out, w) {
	out = ""
	while (match(s, /[0-9A-Za-z]+/)) {
		w = substr(s, RSTART, RLENGTH)
		out = out substr(s, 1, RSTART - 1)
		s = substr(s, RSTART + RLENGTH)
		if (!find) out = out put(w)
		else if (is_time(w)) times[w] = 1
		else if (is_day(w)) days[w] = 1
	}
	return out s
}

# rank[w]: how many of the set come before it.
function order(set,   w, v) {
	for (w in set) {
		rank[w] = 0
		for (v in set) if ("" v < "" w) rank[w]++
	}
}

# By host, dataset, age, a bookmark behind its snapshot, name, property.
function sort_key(i,   f, dataset) {
	split(line[i], f, "\t")
	if (f[1] == "suite") return line[i]
	dataset = f[2]
	sub(/[@#].*/, "", dataset)
	return sprintf("%s\t%s\t%012d\t%d\t%s", f[1], dataset, txg[f[1] "\t" f[2]], f[2] ~ /#/, line[i])
}

# Shell's: some hundreds of lines.
function sort_lines(   gap, i, j, k, l) {
	for (i = 1; i <= n; i++) key[i] = sort_key(i)
	for (gap = int(n / 2); gap > 0; gap = int(gap / 2))
		for (i = gap + 1; i <= n; i++) {
			k = key[i]
			l = line[i]
			for (j = i; j > gap && key[j - gap] > k; j -= gap) {
				key[j] = key[j - gap]
				line[j] = line[j - gap]
			}
			key[j] = k
			line[j] = l
		}
}

$1 == "host" { host = $2; next }
$1 != "suite" { $0 = host "\t" $0 }
$1 != "suite" && ($2 == "tank" || $2 ~ /^tank\/other/ || $5 == "inherited") { next }
{ line[++n] = $0 }
$1 != "suite" && $3 == "createtxg" { txg[$1 "\t" $2] = $4; txgs[$1 "\t" sprintf("%012d", $4)] = 1 }

END {
	sort_lines()
	order(txgs)
	for (i = 1; i <= n; i++) {
		split(line[i], f, "\t")
		if (f[1] != "suite" && f[3] == "guid") word(f[4])
		if (f[1] != "suite" && f[3] ~ /:(sent|since)$/ && is_time(f[4])) sub(/\t1[789][0-9]+\t/, "\tthen\t", line[i])
		words(line[i], 1)
	}
	order(times)
	order(days)
	for (i = 1; i <= n; i++) {
		m = split(line[i], f, "\t")
		if (f[1] != "suite" && f[3] == "createtxg") f[4] = "txg" rank[f[1] "\t" sprintf("%012d", f[4])]
		if (f[1] != "suite" && f[3] ~ /:by$/) {
			if (!(f[4] in by)) by[f[4]] = ++dead
			f[4] = "dead" by[f[4]]
		}
		out = f[1]
		for (k = 2; k <= m; k++) out = out "\t" f[k]
		print words(out, 0)
	}
}
