# shellcheck shell=bash
# What the stories have in common, beside what scenarios have. OTHER and PRESENT are programs.
. "$(dirname "${BASH_SOURCE[0]}")/../scenario/lib.sh"

# use HOST PROGRAM: it is that host's zrep from now on.
use() { ln -sfn "$2" "$LAB_DIR/$1/bin/zrep"; }
