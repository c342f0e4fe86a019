#!/bin/bash
# needs: root
# The other host's shell prints something at every login: what, and that it must not, is said.
. "$(dirname "$0")/lib.sh"

pair
echo "second words" | put host1 tank/a file
silence() { on host2 sh -c 'rm -f ~/.bashrc; mv ~/.bashrc.kept ~/.bashrc 2>/dev/null; true'; }
trap silence EXIT
on host2 sh -c 'cp ~/.bashrc ~/.bashrc.kept 2>/dev/null; echo "echo Welcome to host2, have a nice day" >~/.bashrc'
refuses 5 zrep sync tank/a
says 'host2 wrote text before' 'Welcome to host2, have a nice day' 'ssh host2 true'
silence
synced
