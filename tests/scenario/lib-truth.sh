# shellcheck shell=bash
# What may have happened to a pair before somebody asks check, for check-truth.sh. Each has a function i_NAME, which does
# it to the pair $d (on both hosts of that name) and may set `late` to a function that is called after the last sync; what
# a word of check's must be about, as a pattern, if check is not OK because of it; and the kinds of pairs it fits.
# A `-` for the pattern: check has nothing to say about it.

declare -A about fits
ingredient() { about[$1]=$2 fits[$1]=${3:-plain tree secret forest volume tags old}; }
files='plain tree secret forest tags old'

# --- written, and taken ---
ingredient unsent '-'
i_unsent() { put_all "not sent yet"; }
ingredient foreign '-'
i_foreign() { on host1 zfs snapshot "$d@auto-1"; put_all "after auto-1"; on host1 zfs snapshot "$d@auto-2"; }
ingredient foreign-none '-'
i_foreign-none() { on host1 zfs set zrep:foreign=none "$d"; i_foreign; }
ingredient foreign-pruned '-'
i_foreign-pruned() { i_foreign; zrep sync "$d"; on host1 zfs destroy "$d@auto-1"; on host1 zfs destroy "$d@auto-2"; }
ingredient mirror '-'
i_mirror() { on host2 zfs set zrep:foreign-keep=mirror "$d"; i_foreign-pruned; }
ingredient taken-there '-'
i_taken-there() { on host2 zfs snapshot "$d@mine"; }
ingredient held-there '-'
i_held-there() { on host2 zfs snapshot "$d@mine"; on host2 zfs hold keep "$d@mine"; put_all "behind it"; }
about[held-there]='@mine'
ingredient cloned-there '@mine'
i_cloned-there() { on host2 zfs snapshot "$d@mine"; on host2 zfs clone "$d@mine" "tank/clone${d#tank/}"; put_all "behind it"; }
ingredient old-cloned-there '-'
i_old-cloned-there() { on host2 zfs clone "$d@zrep_000000" "tank/clone${d#tank/}"; }
ingredient base-destroyed 'bookmark|not held|not marked|in common'
i_base-destroyed() { on host1 sh -c 'for s in $(zfs list -Hd1 -t snapshot -o name "$1"); do zfs release zrep "$s"; zfs destroy "$s"; done 2>/dev/null; true' sh "$d"; }
ingredient bookmark-destroyed 'bookmark'
i_bookmark-destroyed() { on host1 sh -c 'for s in $(zfs list -Hd1 -t bookmark -o name "$1"); do zfs destroy "$s"; done' sh "$d"; }
ingredient hold-released 'not held'
i_hold-released() { on host1 sh -c 'for s in $(zfs list -Hd1 -t snapshot -o name "$1"); do zfs release zrep "$s"; done 2>/dev/null; true' sh "$d"; }
ingredient expired '-'
i_expired() { for i in 1 2 3 4 5 6; do put_all "$i"; zrep sync "$d"; done; }

# --- properties and limits of the master ---
ingredient compressed '-'
i_compressed() { on host1 zfs set compression=gzip-2 "$d"; }
ingredient compressed-above '-' "$files"
i_compressed-above() { on host1 zfs set compression=lzjb tank; }
ingredient recordsize '-' "$files"
i_recordsize() { on host1 zfs set recordsize=16k "$d"; put_all "small records"; }
ingredient large-records 'feature' "$files"
i_large-records() { on host1 zfs set recordsize=1M "$d"; fill host1 "$d" large 3; }
ingredient attributes '-' "$files"
i_attributes() { on host1 zfs set xattr=sa acltype=posix "$d"; }
ingredient synchronous '-'
i_synchronous() { on host1 zfs set sync=always "$d"; }
ingredient checksum '-'
i_checksum() { on host1 zfs set checksum=sha256 "$d"; put_all "by another sum"; }
ingredient copies '-'
i_copies() { on host1 zfs set copies=2 "$d"; put_all "twice"; }
ingredient quota '-' "$files"
i_quota() { on host1 zfs set quota=60M "$d"; on host1 zfs set refquota=50M "$d"; }
ingredient quota-raised 'quota|room|space' "$files"
i_quota-raised() { on host1 zfs set refquota=5M "$d"; zrep sync "$d"; on host1 zfs set refquota=60M "$d"; fill host1 "$d" more 8; }
ingredient quota-there 'quota|room|space'
i_quota-there() { on host2 zfs set quota=3M "$d"; [[ $kind == volume ]] || fill host1 "$d" more 8; }
ingredient reserved '-'
i_reserved() { on host1 zfs set reservation=20M "$d"; }
ingredient unknown-word '-'
i_unknown-word() { on host1 zfs set com.example:note=some "$d"; on host2 zfs set zrep:odd=1 "$d"; }
ingredient grown '-' volume
i_grown() { on host1 zfs set volsize=48M "$d"; }
ingredient sparse '-' volume
i_sparse() { on host1 zfs set refreservation=none "$d"; }

ingredient large-nodes 'feature' "$files"
i_large-nodes() { on host1 zfs set dnodesize=auto "$d"; put_all "in a large node"; }
ingredient zstd 'feature'
i_zstd() { on host1 zfs set compression=zstd-3 "$d"; put_all "by zstd"; }
ingredient readonly-here 'cannot be written to' "$files"
i_readonly-here() { on host1 zfs set readonly=on "$d"; }
ingredient no-room-to-snapshot 'reservation' volume
i_no-room-to-snapshot() {
	head -c 24M /dev/urandom | put host1 "$d" 0
	put_all "much"
	on host1 zpool sync
	on host1 zfs create -o reservation=$(($(prop host1 tank available) - (8 << 20))) "tank/full${d#tank/}"
}
ingredient no-room-to-grow 'cannot be reserved' volume
i_no-room-to-grow() {
	on host2 zfs create -o reservation=$(($(prop host2 tank available) - (8 << 20))) "tank/full${d#tank/}"
	on host1 zfs set volsize=64M "$d"
}
ingredient no-room-there 'room'
i_no-room-there() {
	on host2 zfs create -o reservation=$(($(prop host2 tank available) - (8 << 20))) "tank/full${d#tank/}"
	if [[ $kind == volume ]]; then head -c 24M /dev/urandom | put host1 "$d" 0; else fill host1 "$d" more 24; fi
	put_all "much"
}
ingredient no-room-for-all 'room' 'tree forest'
i_no-room-for-all() {
	on host2 zfs create -o reservation=$(($(prop host2 tank available) - (14 << 20))) "tank/full${d#tank/}"
	for p in $(parts host1); do fill host1 "$p" more 9; done
}

# --- properties of the replica ---
ingredient reserved-there 'reservation|-'
i_reserved-there() { on host2 zfs set reservation=20M "$d"; }
ingredient settings-there '-' "$files"
i_settings-there() { on host2 zfs set atime=off copies=2 sync=always snapdir=visible checksum=sha512 "$d"; }
ingredient writable 'can be written to'
i_writable() { on host2 zfs set readonly=off "$d"; }
ingredient written 'can be written to|was changed' "$files"
i_written() { on host2 zfs set readonly=off "$d"; echo theirs | put host2 "$d" theirs; }
ingredient other-there 'compression' "$files"
i_other-there() { on host2 zfs set compression=off "$d"; }
ingredient unmounted 'canmount|-' "$files"
i_unmounted() { on host2 zfs set canmount=noauto "$d"; }
ingredient savecount 'savecount|-'
i_savecount() { on host2 zfs set zrep:savecount=0x "$d"; }
ingredient epoch 'epoch'
i_epoch() { on host2 zfs set zrep:epoch=some "$d"; }
ingredient future 'future|ahead'
i_future() { on host1 zfs set "zrep:sent=$(($(date +%s) + 99999))" "$(on host1 zfs list -Hd1 -t snapshot -o name -s createtxg "$d" | tail -n 1)"; }
ingredient misplaced 'elsewhere|not the replica|broken|do not fit'
i_misplaced() { on host2 zfs set zrep:src-host=elsewhere "$d"; }
ingredient renamed-there 'does not exist|renamed|do not fit|destination'
i_renamed-there() { on host2 zfs rename "$d" "$d-else"; }
ingredient gone-there 'does not exist|destination'
i_gone-there() { on host2 sh -c 'for s in $(zfs list -rHt snapshot -o name "$1"); do zfs holds -H "$s" | while read -r n t _; do zfs release "$t" "$n"; done; done; zfs destroy -R "$1"' sh "$d"; }
ingredient paused 'paused'
i_paused() { zrep pause "$d"; }

# --- hosts and pools ---
ingredient one-way 'could not send|could not be asked|would not succeed|cannot reach'
i_one-way() {
	mv "$LAB_DIR/host2/bin/ssh" "$LAB_DIR/host2/ssh"
	printf '#!/bin/sh\necho "Permission denied" >&2; exit 255\n' >"$LAB_DIR/host2/bin/ssh"
	chmod +x "$LAB_DIR/host2/bin/ssh"
}
ingredient rebooted '-'
i_rebooted() { "$LAB" kill host1; "$LAB" start host1; "$LAB" kill host2; "$LAB" start host2; unlock; }
about[rebooted]='key|-'
ingredient roles-before '-'
i_roles-before() { zrep failover "$d"; on host2 zrep failover "$d"; unlock; }
about[roles-before]='key|-'

ingredient failed-before 'the last run'
i_failed-before() {
	put_all "not sent"
	on host1 env ZREP_PATH=no-zrep zrep sync "$d" || true
}
ingredient hook-there 'not executable'
i_hook-there() { hook host2 pre-promote <<<'exit 0'; on host2 sh -c 'chmod 644 "$ZREP_HOOKS/pre-promote"'; }
ingredient hook-here 'can be changed by others'
i_hook-here() { hook host1 pre-demote <<<'exit 0'; on host1 sh -c 'chmod 777 "$ZREP_HOOKS/pre-demote"'; }
ingredient hook-after 'not executable'
i_hook-after() { hook host2 post-promote <<<'exit 0'; on host2 sh -c 'chmod 644 "$ZREP_HOOKS/post-promote"'; }
ingredient hooks-well '-'
i_hooks-well() { hook host1 pre-demote <<<'exit 0'; hook host2 post-promote <<<'exit 0'; }

# --- keys ---
ingredient locked-there 'key' 'secret forest'
i_locked-there() { lock() { on host2 zfs unload-key "$d"; }; late=lock; }
ingredient new-key '-' 'secret forest'
i_new-key() { on host1 sh -c 'echo 22222222 | zfs change-key -o keyformat=passphrase "$1"' sh "$d"; word=22222222; }
about[new-key]='key'
ingredient new-key-there 'key' 'secret forest'
i_new-key-there() { on host2 sh -c 'echo 33333333 | zfs change-key -o keyformat=passphrase "$1"' sh "$d"; }
ingredient stale-key 'key' 'secret forest'
i_stale-key() { i_new-key; zrep sync "$d"; }
ingredient joined-there '-' forest
i_joined-there() { on host2 sh -c 'echo 44444444 | zfs change-key -o keyformat=passphrase "$1/child" && zfs change-key -i "$1/child"' sh "$d"; }
ingredient own-key 'key' forest
i_own-key() { on host1 sh -c 'echo 44444444 | zfs change-key -o keyformat=passphrase "$1/child"' sh "$d"; own_word=44444444; }

# --- trees ---
ingredient new-child '-' 'tree forest'
i_new-child() { on host1 zfs create "$d/fresh"; echo fresh | put host1 "$d/fresh" file; }
ingredient left-out '-' 'tree'
i_left-out() { on host1 zfs create "$d/out"; on host1 zfs set zrep:exclude=yes "$d/out"; }
ingredient child-gone '-' 'tree'
i_child-gone() { on host1 zfs create "$d/short"; zrep sync "$d"; on host1 sh -c 'for s in $(zfs list -rHt snapshot -o name "$1"); do zfs holds -H "$s" | while read -r n t _; do zfs release "$t" "$n"; done; done; zfs destroy -R "$1"' sh "$d/short"; }
about[child-gone]='short'
ingredient child-renamed '-' 'tree'
i_child-renamed() { on host1 zfs rename "$d/child" "$d/other"; }
about[child-renamed]='other|child'
ingredient child-there 'local' 'tree'
i_child-there() { on host1 zfs create "$d/local"; on host2 zfs create -o readonly=off "$d/local"; echo its | put host2 "$d/local" file; }
ingredient child-paused 'paused' 'tree'
i_child-paused() { zrep pause "$d/child"; }
ingredient child-cleared 'child' 'tree'
i_child-cleared() { zrep -y clear "$d/child"; }
ingredient child-missing 'child' 'tree'
i_child-missing() { on host2 sh -c 'for s in $(zfs list -rHt snapshot -o name "$1"); do zfs holds -H "$s" | while read -r n t _; do zfs release "$t" "$n"; done; done; zfs destroy -R "$1"' sh "$d/child"; }

# --- limits and room, on the day of the change ---
# leave HOST BYTES: so much is free there, and all else is somebody's.
leave() {
	on "$1" zfs create "tank/full${d#tank/}"
	on "$1" zpool sync
	on "$1" zfs set reservation=$(($(prop "$1" tank available) - $2)) "tank/full${d#tank/}"
}
# next: what zrep would call its next snapshot.
next() { on host1 sh -c 'printf "zrep_%06x" $((0x$(zfs list -Hd1 -t snapshot -o name -s createtxg "$1" | sed -n "s/.*@zrep_//p" | tail -n 1) + 1))' sh "$d"; }

ingredient reserved-no-room 'reserv'
i_reserved-no-room() { on host1 zfs set reservation=100M "$d"; leave host2 $((40 << 20)); }
ingredient refreserved '-' "$files"
i_refreserved() { on host1 zfs set refreservation=20M "$d"; }
ingredient refreserved-no-room 'reserv' "$files"
i_refreserved-no-room() { on host1 zfs set refreservation=60M "$d"; leave host2 $((20 << 20)); }
ingredient quota-tight-there 'quota' 'plain tree secret'
i_quota-tight-there() {
	on host1 zfs set zrep:savecount=1 "$d"
	on host2 zfs set zrep:savecount=20 "$d"
	for i in 1 2; do fill host1 "$d" more 12; zrep sync "$d"; done
	on host1 zfs set quota=30M "$d"
	zrep sync "$d"
	fill host1 "$d" more 12
}
# (Who is root is not bound by these.)
ingredient snapshot-limit '-'
i_snapshot-limit() { on host1 zfs set snapshot_limit="$(on host1 zfs list -Hrt snapshot -o name "$d" | wc -l)" "$d"; put_all "at the limit"; }
ingredient quota-tight-tree 'quota' 'tree forest'
i_quota-tight-tree() {
	on host1 zfs set zrep:savecount=1 "$d" && on host1 zfs set zrep:savecount=1 "$d/child"
	on host2 zfs set zrep:savecount=20 "$d" && on host2 zfs set zrep:savecount=20 "$d/child"
	for i in 1 2; do fill host1 "$d/child" more 12; zrep sync "$d"; done
	on host1 zfs set quota=30M "$d"
	zrep sync "$d"
	fill host1 "$d/child" more 12
}
ingredient snapshot-limit-wide '-'
i_snapshot-limit-wide() { on host1 zfs set snapshot_limit=100 "$d"; on host1 zfs set filesystem_limit=100 "$d" || true; }
ingredient snapshot-limit-above '-'
i_snapshot-limit-above() { on host2 zfs set snapshot_limit="$(on host2 zfs list -Hrt snapshot -o name tank | wc -l)" tank; put_all "at the limit"; }
ingredient filesystem-limit-above '-' 'tree forest'
i_filesystem-limit-above() { on host2 zfs set filesystem_limit="$(on host2 zfs list -Hrt filesystem -o name tank | wc -l)" tank; i_new-child; }
ingredient quota-above 'room|quota' "$files"
i_quota-above() { on host2 zfs set quota=$(($(prop host2 tank used) + (4 << 20))) tank; fill host1 "$d" more 8; }
ingredient full-here 'room|full|space'
i_full-here() { put_all "the last words"; leave host1 0; }
ingredient full-there 'room|full|space'
i_full-there() { leave host2 0; }
ingredient no-room-for-new 'room|left' 'tree forest'
i_no-room-for-new() { leave host2 $((8 << 20)); on host1 zfs create "$d/fresh"; fill host1 "$d/fresh" more 24; put_all all; }
ingredient volume-below '-' 'tree forest'
i_volume-below() { on host1 zfs create -V 16M "$d/vol"; put_all "a volume too"; }
ingredient volume-below-synced '-' 'tree forest'
i_volume-below-synced() { on host1 zfs create -V 16M "$d/vol"; put_all "a volume too"; zrep sync "$d"; unlock; }
ingredient no-room-for-volume 'room|reserv|left' 'tree forest'
i_no-room-for-volume() { leave host2 $((12 << 20)); on host1 zfs create -V 32M "$d/vol"; put_all "a volume too"; }
ingredient shrunk '-' volume
i_shrunk() { on host1 zfs set volsize=16M "$d"; }

# --- settings that a pool, or what is above, may not have ---
ingredient blake3 'checksum|feature|other properties'
i_blake3() { on host1 zfs set checksum=blake3 "$d"; put_all "by blake3"; }
ingredient edonr 'checksum|feature|other properties'
i_edonr() { on host1 zfs set checksum=edonr "$d"; put_all "by edonr"; }
ingredient blake3-synced 'checksum|feature|other properties|the last run'
i_blake3-synced() { i_blake3; zrep sync "$d"; }
ingredient sundry '-' "$files"
i_sundry() { on host1 zfs set logbias=throughput primarycache=metadata redundant_metadata=most exec=off setuid=off devices=off "$d"; }
ingredient special '-' "$files"
i_special() { on host1 zfs set special_small_blocks=16K "$d"; }
ingredient no-exec-above 'restrictions' "$files"
i_no-exec-above() { on host2 zfs set exec=off tank; }
ingredient readonly-above-there '-'
i_readonly-above-there() { on host2 zfs set readonly=on tank; }
ingredient readonly-above-here '-'
i_readonly-above-here() { on host1 zfs set readonly=on tank; }
ingredient excluded-above '-'
i_excluded-above() { on host1 zfs set zrep:exclude=yes tank; }
ingredient paused-above 'paused'
i_paused-above() { on host2 zfs set zrep:paused=yes tank; }
ingredient master-above '-'
i_master-above() { on host2 zfs set zrep:master=yes tank; }
ingredient readonly-pool-there 'read-only|readonly'
i_readonly-pool-there() { on host2 sh -c 'zpool export tank && zpool import -d "$1" -o readonly=on tank' sh "$LAB_DIR/host2"; unlock; }
about[readonly-pool-there]='read-only|readonly|key'
ingredient checkpoint '-' 'plain tree secret forest volume tags'
i_checkpoint() { on host1 zpool checkpoint tank; on host2 zpool checkpoint tank; }

# --- words of zrep's that somebody has changed ---
ingredient paused-there 'paused'
i_paused-there() { on host2 zfs set zrep:paused=yes "$d"; }
ingredient bad-words '-'
i_bad-words() { for host in host1 host2; do on "$host" zfs set zrep:keep=some zrep:foreign-keep=some "zrep:foreign=[" "$d"; done; }
about[bad-words]='foreign|keep'
ingredient bad-notes '-'
i_bad-notes() { on host2 zfs set zrep:limits=quota=junk zrep:followed=junk zrep:history=junk zrep:key=junk zrep:late=junk "$d"; }
about[bad-notes]='key|note'
ingredient bad-link 'link|do not fit|cannot be read'
i_bad-link() { on host2 zfs set zrep:link=junk "$d"; }
ingredient bad-marks '-'
i_bad-marks() { for host in host1 host2; do on "$host" sh -c 'for s in $(zfs list -Hd1 -t snapshot -o name "$1"); do zfs set zrep:sent=junk "$s"; done' sh "$d"; done; }
ingredient bad-guid 'guid|not the|another'
i_bad-guid() { on host2 zfs set zrep:peer-guid=12345 "$d"; }
ingredient master-there 'master|do not fit'
i_master-there() { on host2 zfs set zrep:master=yes "$d"; }
ingredient epoch-there '-'
i_epoch-there() { on host2 zfs set zrep:epoch=99 "$d"; }
about[epoch-there]='epoch'
ingredient last-epoch 'epoch'
i_last-epoch() { for host in host1 host2; do on "$host" zfs set zrep:epoch=18446744073709551615 "$d"; done; }
ingredient misdirected 'host3|do not fit'
i_misdirected() { on host1 zfs set zrep:dest-host=host3 "$d"; }
ingredient no-tree-any-more 'child' 'tree forest'
i_no-tree-any-more() { on host1 zfs inherit zrep:recursive "$d"; }
ingredient no-tree-there 'child' 'tree forest'
i_no-tree-there() { on host2 zfs inherit zrep:recursive "$d"; }
ingredient bad-recursive 'child' 'tree forest'
i_bad-recursive() { on host1 zfs set zrep:recursive=maybe "$d"; }

# --- snapshots, bookmarks, clones, and what is under way ---
ingredient bookmark-of-next '-'
i_bookmark-of-next() { on host1 zfs bookmark "$d@zrep_000000" "$d#$(next)"; put_all "then"; }
ingredient next-there 'was changed'
i_next-there() { on host2 zfs snapshot "$d@$(next)"; put_all "then"; }
ingredient next-here '-'
i_next-here() { on host1 zfs snapshot "$d@$(next)"; put_all "then"; }
ingredient last-number '-'
i_last-number() { on host1 zfs snapshot "$d@zrep_ffffff"; put_all "then"; }
ingredient base-renamed-there '-'
i_base-renamed-there() { on host2 sh -c 'zfs rename "$(zfs list -Hd1 -t snapshot -o name -s createtxg "$1" | tail -n 1)" "$1@other"' sh "$d"; put_all "then"; }
ingredient base-renamed-here '-'
i_base-renamed-here() { on host1 sh -c 'zfs rename "$(zfs list -Hd1 -t snapshot -o name -s createtxg "$1" | tail -n 1)" "$1@other"' sh "$d"; put_all "then"; }
ingredient promoted-there 'in common|clone|promot|elsewhere'
i_promoted-there() {
	on host2 sh -c 'zfs clone "$(zfs list -Hd1 -t snapshot -o name -s createtxg "$1" | tail -n 1)" "$2" && zfs promote "$2"' sh "$d" "tank/clone${d#tank/}"
	put_all "then"
}
# (In a process, ZFS has lost the keys of what was encrypted when its clone was promoted.)
ingredient promoted-here 'in common|clone|promot|bookmark|elsewhere' 'plain tree volume tags old'
i_promoted-here() {
	on host1 sh -c 'zfs clone "$(zfs list -Hd1 -t snapshot -o name -s createtxg "$1" | tail -n 1)" "$2" && zfs promote "$2"' sh "$d" "tank/clone${d#tank/}"
	put_all "then"
}
ingredient rolled-back-there '-'
i_rolled-back-there() {
	on host2 sh -c 'for s in $(zfs list -Hd1 -t snapshot -o name "$1"); do zfs release zrep "$s"; done 2>/dev/null; zfs rollback -r "$1@zrep_000000"' sh "$d"
}
about[rolled-back-there]='not held|in common|set back|older'
ingredient half-received '-' "$files"
i_half-received() {
	fill host1 "$d" more 8
	zrep snaponly "$d" || on host1 zfs snapshot "$d@$(next)"
	"$LAB" on host1 sh -c 'n=$(zfs list -Hd1 -t snapshot -o name -s createtxg "$1"); zfs send $2 -i "$(echo "$n" | tail -n 2 | head -n 1)" "$(echo "$n" | tail -n 1)"' sh "$d" \
		"$([[ $kind != secret && $kind != forest ]] || echo -w)" | head -c 3M | on host2 zfs receive -s "$d" || true
	[[ $(prop host2 "$d" receive_resume_token) != - ]]
}
ingredient strange-receive '-' plain
i_strange-receive() {
	on host1 zfs create "$d-else"
	fill host1 "$d-else" more 8
	on host1 zfs snapshot "$d-else@one"
	on host1 zfs send "$d-else@one" | head -c 3M | on host2 zfs receive -s "$d/out" || true
}
ingredient local-below-there '-' 'plain volume secret tags'
i_local-below-there() { [[ $kind == volume ]] || on host2 zfs create -o readonly=off "$d/out"; }
ingredient local-below-here '-' 'plain secret tags'
i_local-below-here() { on host1 zfs create "$d/out"; }
ingredient refreshed '-'
i_refreshed() { put_all "fetched"; on host2 zrep refresh "$d"; }

# --- programs and hosts ---
ingredient path-there 'could not|cannot|no-zrep'
i_path-there() { settings host2 ZREP_PATH=no-zrep; }
ingredient filter-there 'filter|FILTER'
i_filter-there() { settings host2 'ZREP_OUTFILTER=no-such-filter'; }
ingredient filter-in-here 'filter|FILTER'
i_filter-in-here() { settings host1 'ZREP_INFILTER=no-such-filter'; }
ingredient settings-there-bad 'SAVECOUNT'
i_settings-there-bad() { settings host2 'ZREP_SAVECOUNT=lots' 'ZREP_HOOK_TIMEOUT=soon'; }
# badly HOST NAME: a hook whose interpreter that host does not have.
badly() { hook "$1" "$2" <<<'exit 0'; on "$1" sh -c 'printf "#!/no/such/shell\nexit 0\n" >"$ZREP_HOOKS/$1"' sh "$2"; }
ingredient hook-interpreter-there 'interpreter|hook'
i_hook-interpreter-there() { badly host2 pre-promote; }
ingredient hook-interpreter-here 'interpreter|hook'
i_hook-interpreter-here() { badly host1 pre-demote; }
ingredient hook-snapshot-there 'interpreter|hook|not executable'
i_hook-snapshot-there() { hook host2 pre-snapshot <<<'exit 0'; on host2 sh -c 'chmod 644 "$ZREP_HOOKS/pre-snapshot"'; }
ingredient hook-snapshot-here 'interpreter|hook|not executable'
i_hook-snapshot-here() { hook host1 pre-snapshot <<<'exit 0'; on host1 sh -c 'chmod 644 "$ZREP_HOOKS/pre-snapshot"'; put_all "not taken"; }

# --- more of keys ---
ingredient locked-here '-' 'secret forest'
i_locked-here() { lock() { on host1 zfs unload-key "$d"; }; late=lock; }
ingredient key-elsewhere '-' 'secret forest'
i_key-elsewhere() { for host in host1 host2; do on "$host" zfs set keylocation=file:///nowhere/key "$d"; done; }
ingredient new-secret-child 'key' tree
i_new-secret-child() { on host1 sh -c 'echo 11111111 | zfs create -o encryption=on -o keyformat=passphrase "$1"' sh "$d/fresh"; put_all "secret"; }
ingredient new-own-key 'key' forest
i_new-own-key() { on host1 sh -c 'echo 33333333 | zfs create -o encryption=on -o keyformat=passphrase "$1"' sh "$d/fresh"; put_all "secret"; }
ingredient new-open-child 'not encrypted' forest
i_new-open-child() { on host1 zfs create -o encryption=off "$d/fresh"; put_all "open"; }
ingredient new-child-synced '-' 'tree forest'
i_new-child-synced() { i_new-child; zrep sync "$d"; }
ingredient key-hex 'key' 'secret forest'
i_key-hex() { on host1 sh -c 'printf "%064d\n" 1 | zfs change-key -o keyformat=hex "$1"' sh "$d"; }

# --- more of trees ---
ingredient child-excluded '-' 'tree forest'
i_child-excluded() { on host1 zfs set zrep:exclude=yes "$d/child"; }
about[child-excluded]='child'
ingredient child-renamed-there 'child' 'tree forest'
i_child-renamed-there() { on host2 zfs rename "$d/child" "$d/other"; }
ingredient child-moved-there 'child' 'tree'
i_child-moved-there() { on host2 zfs rename "$d/child" "tank/moved${d#tank/}"; }
ungrip='for s in $(zfs list -rHt snapshot -o name "$1"); do zfs holds -H "$s" | while read -r n t _; do zfs release "$t" "$n"; done; done; zfs destroy -R "$1"'
ingredient child-replaced 'child' 'tree forest'
i_child-replaced() { on host1 sh -c "$ungrip" sh "$d/child"; on host1 zfs create "$d/child"; put_all "another one"; }
ingredient child-rotated 'child' 'tree forest'
i_child-rotated() { on host1 zfs rename "$d/child" "$d/child.1"; on host1 zfs create "$d/child"; put_all "another one"; }
ingredient child-swapped 'child' 'tree'
i_child-swapped() {
	on host1 zfs create "$d/two"
	zrep sync "$d"
	on host1 sh -c 'zfs rename "$1/child" "$1/x" && zfs rename "$1/two" "$1/child" && zfs rename "$1/x" "$1/two"' sh "$d"
	put_all "swapped"
}
ingredient child-cloned 'copy' 'tree forest'
i_child-cloned() { on host1 sh -c 'zfs snapshot "$1/child@s" && zfs clone "$1/child@s" "$1/copy"' sh "$d"; put_all "a clone"; }
ingredient child-promoted 'child|copy' 'tree forest'
i_child-promoted() { i_child-cloned; zrep sync "$d"; on host1 zfs promote "$d/copy"; put_all "promoted"; }
ingredient child-turned-back 'child|copy' 'tree'
i_child-turned-back() {
	on host1 sh -c 'zfs snapshot "$1/child@s" && zfs clone "$1/child@s" "$1/copy" && zfs promote "$1/copy" && zfs rename "$1/child" "$1/former" && zfs rename "$1/copy" "$1/child"' sh "$d"
	put_all "turned back"
}
ingredient child-readonly 'cannot be written to' 'tree forest'
i_child-readonly() { on host1 zfs set readonly=on "$d/child"; }
ingredient child-readonly-there '-' 'tree forest'
i_child-readonly-there() { on host2 zfs set readonly=on "$d/child"; }
ingredient child-held-there 'child' 'tree'
i_child-held-there() { on host2 zfs snapshot "$d/child@mine"; on host2 zfs hold keep "$d/child@mine"; put_all "behind it"; }
ingredient child-out-of-tree 'child' 'tree'
i_child-out-of-tree() { on host1 zfs rename "$d/child" "tank/moved${d#tank/}"; put_all "without"; }
ingredient child-in-quota 'room|quota' 'tree forest'
i_child-in-quota() { on host2 zfs set quota=3M "$d/child"; fill host1 "$d/child" more 8; }

# --- of two tags ---
ingredient other-tag-gone '-' tags
i_other-tag-gone() { on host2 sh -c "$ungrip" sh "tank/c${d#tank/}"; }
ingredient other-tag-written '-' tags
i_other-tag-written() { on host2 zfs set readonly=off "tank/c${d#tank/}"; echo theirs | put host2 "tank/c${d#tank/}" theirs; }
ingredient other-tag-paused '-' tags
i_other-tag-paused() { zrep -t c pause "$d"; }
ingredient other-tag-moved 'tag c' tags
i_other-tag-moved() { zrep -t c failover "$d"; }
