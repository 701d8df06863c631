#!/bin/sh
# Before removal: end what runs, and what would start it again. Debian calls this with "remove", RPM with 0; an upgrade
# is preinstall.sh's affair. What people's Tidegates keep (settings, history) is theirs and stays.
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
	[ -n "$(running)" ] || break
	sleep 0.1
done
for pid in $(running); do kill -KILL "$pid" 2>/dev/null || true; done

# A person's own start at login, and their service, if they switched it on. Their own hands take it away: as root, a link
# in somebody's folder could lead anywhere.
getent passwd | while IFS=: read -r _ _ uid gid _ home _; do
	entry=$home/.config/autostart/app.tidegate.Tidegate.desktop
	service=$home/.config/systemd/user/default.target.wants/tidegate.service
	[ -e "$entry" ] || [ -L "$service" ] || continue
	# shellcheck disable=SC2016 # the inner shell's own arguments
	setpriv --reuid="$uid" --regid="$gid" --clear-groups sh -c '
		if grep -qs -e "^Exec=/usr/lib/tidegate/" -e "^Exec=/usr/bin/tidegate" "$1"; then rm -f "$1"; fi
		if [ "$(readlink "$2")" = /usr/lib/systemd/user/tidegate.service ]; then rm -f "$2"; fi
	' sh "$entry" "$service" || true
done
exit 0
