#!/bin/bash
# -n of a change of the role shows all of it: where the verb itself says what has become of a dataset, -n has said so before,
# of the one side and of the other; and what stops the verb, or has to be known, is said by both.
. "$(dirname "$0")/lib.sh"

# ends HOST ARG...: the same is said to come of it as then comes, whatever time it is by then.
ends() {
	local host=$1
	shift
	unchanged expect_status 0 on "$host" zrep -n "$@"
	grep '^  then: ' <<<"$said" | sed 's/^  then: //; s/_kept_[0-9TZ]*/_kept/' | sort >"$WORK/foreseen"
	foreseen=$said
	expect_status 0 on "$host" zrep -y "$@"
	grep -E '^zrep: .* (now|is preserved)' <<<"$said" | sed 's/^zrep: //; s/_kept_[0-9TZ]*/_kept/' | sort >"$WORK/came"
	[[ -s $WORK/came ]] || fail 'it says nothing of what came'
	diff "$WORK/foreseen" "$WORK/came" || fail "what -n says will come is not what came: $*"
}
shows() { local text; for text; do [[ $foreseen == *"$text"* ]] || fail "-n does not show \"$text\""; done; }

pair tank/a
# With something that is not sent.
echo two | put host1 tank/a file
ends host1 failover tank/a
shows 'send tank/a@zrep_000000..@zrep_000001' 'until it is read-only is synced then' 'host1: run hook post-demote' 'host2: run hook post-promote'
# From the other side.
echo three | put host2 tank/a file
ends host1 takeover tank/a
# An offer that stands.
expect_status 0 zrep yield tank/a
ends host2 takeover tank/a

# A tree, with what is new below it.
on host1 zfs create tank/t
on host1 zfs create tank/t/x
expect_status 0 zrep init -R tank/t host2 tank/t
on host1 zfs create tank/t/new
unchanged expect_status 0 zrep -n failover tank/t
says 'what that takes in moves along: on host1, zrep -n sync tank/t' 'then: tank/t/x on host2 is the master now'
expect_status 0 zrep -n sync tank/t
says 'send tank/t/new@'
expect_status 0 zrep sync tank/t
ends host1 failover tank/t
ends host1 takeover tank/t
# One of them cannot, so none does.
on host2 zfs set readonly=off tank/t/x
echo mine | put host2 tank/t/x mine
on host2 zfs snapshot tank/t/x@mine
unchanged expect_status 3 zrep -n failover tank/t
says 'tank/t does not move, because tank/t/x of the same tree cannot' 'it has newer snapshots (@mine)'
says_not 'decide tank'
expect_status 3 zrep failover tank/t
says 'it has newer snapshots (@mine)'

# Without the other side.
echo four | put host2 tank/a file
ends host1 takeover -L tank/a
shows 'becomes the master without host2 being asked' 'host1: make writable tank/a' 'host1: run hook post-promote'
expect_status 0 on host2 zrep rejoin tank/a
echo five | put host1 tank/a file
expect_status 0 zrep -n failover -L --discard tank/a
says 'newer snapshots and' 'are destroyed'
says_not 'nothing to do'
ends host1 failover -L tank/a
shows 'are preserved'

# A change that is half done comes first.
pair tank/u
on host1 zfs set readonly=on zrep:readonly=inherited zrep:switch='leaving 1' tank/u
unchanged expect_status 3 zrep -n failover tank/u
says 'host1: set tank/u' '-zrep:switch' 'is in the middle of a role change' 'what comes then depends on how that ends'
is "$({ zrep -n --json failover tank/u 2>/dev/null || true; } | jq -c '.datasets."tank/u" | [.exit, .error.reason, (.plan | length > 0)]')" '[3,"switching",true]'
expect_status 0 zrep failover tank/u
