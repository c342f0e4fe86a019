# fish completion for zrep, which knows best itself what may come next
function __zrep_complete
    set -l words (commandline -opc)
    command $words[1] complete -- $words[2..-1] (commandline -ct) 2>/dev/null
end
complete -c zrep -f -a '(__zrep_complete)'
