# shellcheck shell=bash
# bash completion for zrep, which knows best itself what may come next
_zrep() {
	local line=${COMP_LINE:0:COMP_POINT} word candidate
	local -a words
	read -ra words <<<"$line"
	words=("${words[@]:1}")
	[[ ${#words[@]} -gt 0 && $line != *[[:blank:]] ]] || words+=('')
	word=${words[-1]}
	COMPREPLY=()
	# readline takes what is behind a ':', '@' or '=' for a word of its own.
	local front=''
	[[ $word != *[:@=]* ]] || front=${word%"${word##*[:@=]}"}
	while IFS=$'\t' read -r candidate _; do
		# A name may have blanks in it.
		COMPREPLY+=("$(printf %q "${candidate#"$front"}")")
	done < <("${COMP_WORDS[0]}" complete -- "${words[@]}" 2>/dev/null)
}
complete -F _zrep zrep
