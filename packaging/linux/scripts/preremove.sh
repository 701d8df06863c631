#!/bin/sh
# Before removal: end what runs. Debian calls this with "remove", RPM with 0; an upgrade is preinstall.sh's affair.
# What people's Tidegates keep (settings, history) is theirs and stays.
set -eu
case "${1:-}" in remove | 0) ;; *) exit 0 ;; esac

program=/usr/lib/tidegate/tidegate
running() {
	for process in /proc/[0-9]*; do
		if [ "$(readlink "$process/exe" 2>/dev/null)" = "$program" ]; then echo "${process#/proc/}"; fi
	done
}
for pid in $(running); do kill -TERM "$pid" 2>/dev/null || true; done
for _ in $(seq 200); do
	[ -n "$(running)" ] || exit 0
	sleep 0.1
done
for pid in $(running); do kill -KILL "$pid" 2>/dev/null || true; done
exit 0
