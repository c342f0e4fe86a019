# shellcheck shell=bash
# bash completion for zrep
_zrep_datasets() { # of zrep's, those it is the master of here, or of ZFS
	case $1 in
	zrep) zrep "${tag[@]}" list 2>/dev/null ;;
	masters) zrep "${tag[@]}" list -L 2>/dev/null ;;
	*) zfs list -H -o name -t filesystem,volume 2>/dev/null ;;
	esac
}

_zrep() {
	local cur=${COMP_WORDS[COMP_CWORD]} verb='' word i operands=0
	local -a tag=() candidates=()
	local verbs='init sync status list failover takeover rejoin check pause unpause expire clear version help'
	local global='-t -n -v -y -D --json --quiet --timeout --help'
	COMPREPLY=()

	for ((i = 1; i < COMP_CWORD; i++)); do
		word=${COMP_WORDS[i]}
		case $word in
		-t | --tag) tag=(-t "${COMP_WORDS[++i]}") ;;
		--timeout | --max-lag | --limit | -P | --parallel | -q) ((i++)) ;;
		-i | -S | -s | -l | -p | -u | -e)
			if [[ -z $verb ]]; then
				case $word in
				-i) verb=init ;;
				-S) verb=sync ;;
				-s) verb=status ;;
				-l) verb=list ;;
				-p) verb=pause ;;
				-u) verb=unpause ;;
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
		init | sync | refresh | synconly | failover | takeover | rejoin) global+=' --limit' ;;&
		sync | refresh | synconly) global+=' -P' ;;&
		'') global+=' -i -S -s -l -p -u -e --version' ;;
		init) global+=' -r' ;;
		sync) global+=' -f -q' ;;
		status) global+=' -a' ;;
		list) global+=' -L -s' ;;
		failover) global+=' -L --discard' ;;
		takeover) global+=' -L --force --discard' ;;
		rejoin) global+=' --discard --force' ;;
		check) global+=' --max-lag' ;;
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
	failover/0) mapfile -t candidates < <(_zrep_datasets masters; echo all) ;;
	takeover/0) mapfile -t candidates < <(_zrep_datasets zrep; echo all) ;;
	failover/* | takeover/*) mapfile -t candidates < <(_zrep_datasets zrep; compgen -A hostname -- "$cur") ;;
	status/* | list/* | rejoin/* | check/* | pause/* | unpause/* | clear/0) mapfile -t candidates < <(_zrep_datasets zrep) ;;
	esac
	local c
	for c in "${candidates[@]}"; do
		# A name may have blanks in it.
		[[ $c != "$cur"* ]] || COMPREPLY+=("$(printf '%q' "$c")")
	done
}
complete -F _zrep zrep
