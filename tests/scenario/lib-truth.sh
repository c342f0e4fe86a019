# shellcheck shell=bash
# What may have happened to a pair before somebody asks check, for check-truth.sh. Each has a function i_NAME, which does
# it to the pair $d (on both hosts of that name) and may set `late` to a function that is called after the last sync; what
# a word of check's must be about, as a pattern, if check is not OK because of it; and the kinds of pairs it fits.
# A `-` for the pattern: check has nothing to say about it.

declare -A about fits
ingredient() { about[$1]=$2 fits[$1]=${3:-plain tree secret forest volume tags}; }
files='plain tree secret forest tags'

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
ingredient large-records '-' "$files"
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

ingredient large-nodes '-' "$files"
i_large-nodes() { on host1 zfs set dnodesize=auto "$d"; put_all "in a large node"; }
ingredient zstd '-'
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
i_joined-there() { on host2 zfs change-key -i "$d/child"; }
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
