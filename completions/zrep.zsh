#compdef zrep
# zsh completion for zrep

_zrep_known() {
	local -a names
	names=(${(f)"$(zrep ${opt_args[-t]:+-t} ${opt_args[-t]:-} list 2>/dev/null)"})
	[[ $argv[-1] != all ]] || names+=(all)
	compadd -a names
}

_zrep_known_or_host() {
	_zrep_known
	_hosts
}

_zrep_any() {
	local -a names
	names=(${(f)"$(zfs list -H -o name -t filesystem,volume 2>/dev/null)"})
	compadd -a names
}

_zrep() {
	local curcontext=$curcontext state line
	local -A opt_args
	local -a verbs global limit
	verbs=(
		'init:make a replica of a dataset on another host'
		'sync:bring replicas up to date'
		'status:how far behind each replica is'
		"list:names of zrep's datasets"
		'failover:make the other side the master'
		'takeover:become the master'
		'rejoin:bring a former master back as the replica'
		'check:would a failover succeed, and what would be lost'
		'pause:leave a dataset out of sync all'
		'unpause:include it again'
		'expire:destroy snapshots beyond savecount and keep'
		'clear:forget that a dataset was ever replicated'
		'version:print the version'
		'help:explain a verb'
	)
	global=(
		'(-t --tag)'{-t,--tag}'[tag of the pair]:tag:'
		'(-n --dry-run)'{-n,--dry-run}'[print the plan, do nothing]'
		'(-v --verbose)'{-v,--verbose}'[say more]'
		'(-y --yes)'{-y,--yes}'[do not ask]'
		'--json[print JSON]'
		'--quiet[say only what went wrong]'
		'(-D --debug)'{-D,--debug}'[say what is asked of which host]'
		'--timeout[seconds of silence before giving up]:seconds:'
	)
	limit=('--limit[bytes per second, as 50M]:rate:')
	_arguments -C $global '1:verb:->verb' '*::operand:->operands' && return
	case $state in
	verb) _describe verb verbs ;;
	operands)
		case $line[1] in
		init) _arguments $global $limit '-r[resume]' '1:dataset:_zrep_any' '2:host:_hosts' '3:destination:' ;;
		sync) _arguments $global $limit '(-P --parallel)'{-P,--parallel}'[transfers at a time]:number:' '-f[roll a changed replica back]' '-q[be quiet about a busy dataset]:seconds:' '*:dataset:_zrep_known all' ;;
		status) _arguments $global '-a[replicas as well]' '*:dataset:_zrep_known' ;;
		list) _arguments $global '-L[masters only]' '-s[snapshots]' '*:dataset:_zrep_known' ;;
		failover) _arguments $global $limit '-L[do not ask the other side]' '--discard[with -L, destroy what is newer]' '1:dataset:_zrep_known all' '*:dataset or host:_zrep_known_or_host' ;;
		takeover) _arguments $global $limit '-L[do not ask the master]' '--force[with -L, on a master in doubt]' '--discard[with -L, destroy what is newer]' '1:dataset:_zrep_known all' '*:dataset or host:_zrep_known_or_host' ;;
		rejoin) _arguments $global $limit '--discard[destroy what only it has]' '--force[give way to a master of the same epoch]' '*:dataset:_zrep_known' ;;
		check) _arguments $global '--max-lag[critical if the last sync is longer ago]:time:' '*:dataset:_zrep_known' ;;
		pause | unpause) _arguments $global '*:dataset:_zrep_known' ;;
		expire) _arguments $global '-L[only on this host]' '*:dataset:_zrep_known all' ;;
		clear) _arguments $global '-f[do not ask]' '1:dataset:_zrep_known' ;;
		help) _describe verb verbs ;;
		esac
		;;
	esac
}

_zrep "$@"
