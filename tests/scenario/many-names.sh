#!/bin/bash
# More names than one command of zfs can take: here as many as zrep itself can be given.
. "$(dirname "$0")/lib.sh"

pair
# With a small stack Linux allows 128 KiB of arguments and environment. First long names, then short ones,
# until not one more fits; what zfs is asked about them needs some more words than zrep does.
cat >"$WORK/ask" <<'END'
#!/bin/bash
ulimit -s 512
fits() { /usr/bin/env zrep --version "$@" >/dev/null 2>&1; }
names=()
more() { # LENGTH STEP: adds names while they fit, STEP at a time
	local i fill new
	fill=$(printf "%0$1d" 0)
	while :; do
		new=()
		for ((i = 0; i < $2; i++)); do new+=("tank/x$((${#names[@]} + i))-$fill"); done
		fits "${names[@]}" "${new[@]}" || return 0
		names+=("${new[@]}")
	done
}
more 200 50
more 200 1
more 1 1
echo "${#names[@]} names"
zrep list "${names[@]:1}" tank/a
END
expect_status 1 on host1 bash -c "$(<"$WORK/ask")"
says_not 'rgument list too long'
is "$(grep -c 'on host1 does not exist$' <<<"$said")" "$(($(sed -n 's/ names$//p' <<<"$said") - 1))"
[[ $'\n'$said$'\n' == *$'\ntank/a\n'* ]] || fail 'the one that exists was not found'
