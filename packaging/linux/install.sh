#!/bin/sh
# Installs Tidegate for you alone, without administrator's rights; again for an upgrade. What you set and what Tidegate
# remembers is kept elsewhere (~/.local/share/Tidegate) and never touched.
#
#   ./install.sh               into ~/.local
#   ./install.sh --uninstall   takes away what the above put there
set -eu

home=${XDG_DATA_HOME:-$HOME/.local/share}
place=$HOME/.local/lib/tidegate
starter=$HOME/.local/bin/tidegate
entry=$home/applications/app.tidegate.Tidegate.desktop
unit=$home/systemd/user/tidegate.service
config=${XDG_CONFIG_HOME:-$HOME/.config}
autostart=$config/autostart
here=$(cd "$(dirname "$0")" && pwd)

main() {
	case "${1:-}" in
	--uninstall) uninstall ;;
	"") install ;;
	*)
		echo "Usage: $0 [--uninstall]" >&2
		exit 2
		;;
	esac
}

install() {
	for library in libgirepository-1.0.so.1 libgtk-3.so.0; do
		has "$library" || echo "Note: this system has no $library, so there will be no icon in the tray."
	done
	was_running=$(running)
	stop
	mkdir -p "$(dirname "$place")" "$(dirname "$starter")" "$(dirname "$entry")" "$(dirname "$unit")"
	rm -rf "$place.new" "$place.old"
	cp -R "$here/tidegate" "$place.new"
	cp "$here/install.sh" "$place.new/install.sh"
	[ ! -d "$place" ] || mv "$place" "$place.old"
	mv "$place.new" "$place"
	rm -rf "$place.old"
	ln -sf "$place/tidegate" "$starter"
	(cd "$here/share/icons" && find . -type f) | while read -r icon; do
		mkdir -p "$home/icons/$(dirname "$icon")"
		cp "$here/share/icons/$icon" "$home/icons/$icon"
	done
	sed "s|^\(Try\)\?Exec=tidegate|\1Exec=$starter|" "$here/share/app.tidegate.Tidegate.desktop" >"$entry"
	sed "s|^ExecStart=/usr/bin/tidegate|ExecStart=$starter|" "$here/share/tidegate.service" >"$unit"
	[ -z "$was_running" ] || echo "The older version was running and has been ended."
	echo "Tidegate is installed. Start it from the menu, or with: $starter"
	echo "To take it away again: $place/install.sh --uninstall"
}

uninstall() {
	stop
	if command -v systemctl >/dev/null 2>&1; then
		systemctl --user disable --now tidegate >/dev/null 2>&1 || true
	fi
	find "$home/icons/hicolor" -path '*/apps/tidegate.*' -delete 2>/dev/null || true
	# An entry that starts Tidegate at login would start nothing any more.
	[ ! -d "$autostart" ] || grep -ls "$place\|$starter" "$autostart"/*.desktop 2>/dev/null | while read -r file; do
		rm -f "$file"
	done
	rm -f "$starter" "$entry" "$unit" "$config/systemd/user/default.target.wants/tidegate.service"
	rm -rf "$place"
	echo "Tidegate is gone. Its settings and history are still in $home/Tidegate; delete that folder if you like."
}

stop() {
	running | while read -r pid; do kill -TERM "$pid" 2>/dev/null || true; done
	tries=200
	while [ -n "$(running)" ] && [ $tries -gt 0 ]; do
		sleep 0.1
		tries=$((tries - 1))
	done
}

running() {
	for process in /proc/[0-9]*; do
		if [ "$(readlink "$process/exe" 2>/dev/null)" = "$place/tidegate" ]; then echo "${process#/proc/}"; fi
	done
}

has() {
	[ -n "$(find /usr/lib /usr/lib64 /lib -name "$1" 2>/dev/null | head -n 1)" ]
}

main "$@"
