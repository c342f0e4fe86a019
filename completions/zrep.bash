# shellcheck shell=bash
# bash completion for zrep
_zrep_datasets() { # of zrep's, or of ZFS
	if [[ $1 == zrep ]]; then
		zrep "${tag[@]}" list 2>/dev/null
	else
		zfs list -H -o name -t filesystem,volume 2>/dev/null
	fi
}

_zrep() {
	local cur=${COMP_WORDS[COMP_CWORD]} verb='' word i operands=0
	local -a tag=() candidates=()
	local verbs='init sync status list expire clear version help'
	local global='-t -n -v -y --json --quiet --timeout --help'
	COMPREPLY=()

	for ((i = 1; i < COMP_CWORD; i++)); do
		word=${COMP_WORDS[i]}
		case $word in
		-t | --tag) tag=(-t "${COMP_WORDS[++i]}") ;;
		--timeout | -q) ((i++)) ;;
		-i | -S | -s | -l | -e)
			if [[ -z $verb ]]; then
				case $word in
				-i) verb=init ;;
				-S) verb=sync ;;
				-s) verb=status ;;
				-l) verb=list ;;
				-e) verb=expire ;;
				esac
			fi
			;;
		-*) ;;
		*)
			if [[ -z $verb ]]; then verb=$word; else ((operands++)); fi
			;;
		esac
	done
	((i == COMP_CWORD)) || return 0 # the value of an option

	if [[ $cur == -* ]]; then
		case $verb in
		'') global+=' -i -S -s -l -e --version' ;;
		init) global+=' -r' ;;
		sync) global+=' -f -q' ;;
		status) global+=' -a' ;;
		list) global+=' -L -s' ;;
		expire) global+=' -L' ;;
		clear) global+=' -f' ;;
		esac
		mapfile -t COMPREPLY < <(compgen -W "$global" -- "$cur")
		return 0
	fi
	case $verb/$operands in
	/*) mapfile -t candidates < <(printf '%s\n' $verbs) ;;
	help/0) mapfile -t candidates < <(printf '%s\n' $verbs) ;;
	init/0) mapfile -t candidates < <(_zrep_datasets zfs) ;;
	init/1) mapfile -t COMPREPLY < <(compgen -A hostname -- "$cur") ; return 0 ;;
	sync/* | expire/*) mapfile -t candidates < <(_zrep_datasets zrep; echo all) ;;
	status/* | list/* | clear/0) mapfile -t candidates < <(_zrep_datasets zrep) ;;
	esac
	local c
	for c in "${candidates[@]}"; do
		# A name may have blanks in it.
		[[ $c != "$cur"* ]] || COMPREPLY+=("$(printf '%q' "$c")")
	done
}
complete -F _zrep zrep
