#compdef zrep
# zsh completion for zrep, which knows best itself what may come next
_zrep() {
	local line
	local -a found shown
	for line in ${(f)"$(${(Q)words[1]} complete -- "${(@Q)words[2,CURRENT]}" 2>/dev/null)"}; do
		found+=("${line%%$'\t'*}")
		shown+=("${line/$'\t'/  -- }")
	done
	compadd -l -d shown -a found
}
_zrep "$@"
