# fish completion for zrep
set -l verbs init sync status list expire clear version help

complete -c zrep -f
complete -c zrep -n "not __fish_seen_subcommand_from $verbs" -a init -d 'Make a replica of a dataset on another host'
complete -c zrep -n "not __fish_seen_subcommand_from $verbs" -a sync -d 'Bring replicas up to date'
complete -c zrep -n "not __fish_seen_subcommand_from $verbs" -a status -d 'How far behind each replica is'
complete -c zrep -n "not __fish_seen_subcommand_from $verbs" -a list -d 'Names of zrep\'s datasets'
complete -c zrep -n "not __fish_seen_subcommand_from $verbs" -a expire -d 'Destroy snapshots beyond the savecount'
complete -c zrep -n "not __fish_seen_subcommand_from $verbs" -a clear -d 'Forget that a dataset was ever replicated'
complete -c zrep -n "not __fish_seen_subcommand_from $verbs" -a version -d 'Print the version'
complete -c zrep -n "not __fish_seen_subcommand_from $verbs" -a help -d 'Explain a verb'

complete -c zrep -s t -l tag -x -d 'Tag of the pair'
complete -c zrep -s n -l dry-run -d 'Print the plan, do nothing'
complete -c zrep -s v -l verbose -d 'Say more'
complete -c zrep -s y -l yes -d 'Do not ask'
complete -c zrep -l json -d 'Print JSON'
complete -c zrep -l quiet -d 'Say only what went wrong'
complete -c zrep -l timeout -x -d 'Seconds of silence before giving up'

complete -c zrep -n '__fish_seen_subcommand_from init' -s r -d 'Resume'
complete -c zrep -n '__fish_seen_subcommand_from init' -a '(zfs list -H -o name -t filesystem,volume 2>/dev/null; __fish_print_hostnames)'
complete -c zrep -n '__fish_seen_subcommand_from sync' -s f -d 'Roll a changed replica back'
complete -c zrep -n '__fish_seen_subcommand_from sync' -s q -x -d 'Be quiet about a busy dataset synced this recently'
complete -c zrep -n '__fish_seen_subcommand_from sync expire' -a '(zrep list 2>/dev/null) all'
complete -c zrep -n '__fish_seen_subcommand_from status' -s a -d 'Replicas as well'
complete -c zrep -n '__fish_seen_subcommand_from list' -s L -d 'Masters only'
complete -c zrep -n '__fish_seen_subcommand_from list' -s s -d 'Snapshots'
complete -c zrep -n '__fish_seen_subcommand_from expire' -s L -d 'Only on this host'
complete -c zrep -n '__fish_seen_subcommand_from clear' -s f -d 'Do not ask'
complete -c zrep -n '__fish_seen_subcommand_from status list clear' -a '(zrep list 2>/dev/null)'
complete -c zrep -n '__fish_seen_subcommand_from help' -a "$verbs"
