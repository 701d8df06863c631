#!/bin/sh
# Before an upgrade: stop what runs, because its files are about to be replaced, and note how to start it again.
# Debian calls this with "upgrade", RPM with 2.
set -eu
case "${1:-}" in upgrade | 2) ;; *) exit 0 ;; esac

program=/usr/lib/tidegate/tidegate
again=/run/tidegate-restart
rm -rf "$again"
mkdir -m 0700 "$again"
stopped=""
for process in /proc/[0-9]*; do
	[ "$(readlink "$process/exe" 2>/dev/null)" = "$program" ] || continue
	pid=${process#/proc/}
	# Its own children (the window) have the same program: they end with it.
	parent=$(sed -n 's/^PPid:[[:space:]]*//p' "$process/status" 2>/dev/null || true)
	if [ "$(readlink "/proc/${parent:-0}/exe" 2>/dev/null)" != "$program" ]; then
		{ stat -c %u "$process" >"$again/$pid.uid" && cat "$process/environ" >"$again/$pid.environ" &&
			cat "$process/cmdline" >"$again/$pid.cmdline" && cat "$process/cgroup" >"$again/$pid.cgroup"; } 2>/dev/null || true
	fi
	kill -TERM "$pid" 2>/dev/null && stopped="$stopped $pid"
done
for pid in $stopped; do
	for _ in $(seq 200); do
		[ "$(readlink "/proc/$pid/exe" 2>/dev/null)" = "$program" ] || break
		sleep 0.1
	done
done
exit 0
