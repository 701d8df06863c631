#!/bin/sh
# What `test_in_root.py` does inside the throw-away Debian. Each step says what it proves; the first that fails ends it.
set -eu
PORT=4567
KEY=tg-test-in-root
HOME_OF_TESTER=/home/tester
STATE=$HOME_OF_TESTER/.local/share/Tidegate

step() { echo "  - $*"; }
fail() {
	echo "  ! $*" >&2
	tail -n 20 /tmp/tidegate.log 2>/dev/null >&2 || true
	exit 1
}

# A desktop session of a few parts: a screen, a bus, and the menu entry's command, as the desktop would start it.
as_tester() {
	setpriv --reuid=tester --regid=tester --init-groups env -i HOME=$HOME_OF_TESTER USER=tester LANG=C.UTF-8 \
		PATH=/usr/local/bin:/usr/bin:/bin XDG_RUNTIME_DIR=/run/user/tester XDG_CURRENT_DESKTOP=XFCE DISPLAY=:7 \
		TIDEGATE_API_KEY=$KEY "$@"
}
answers() { # the demo, which needs no account; the number of tries is the limit in tenths of a second
	for _ in $(seq 200); do
		if curl -sf -m 5 http://127.0.0.1:$PORT/health >/dev/null 2>&1; then
			curl -sf -m 20 http://127.0.0.1:$PORT/v1/chat/completions -H "Authorization: Bearer $KEY" \
				-H 'Content-Type: application/json' \
				-d '{"model":"tidegate-demo","messages":[{"role":"user","content":"Hello from the root!"}]}' |
				grep -q 'Hello from the root!' || fail "it runs, but does not answer"
			return 0
		fi
		sleep 0.1
	done
	fail "it does not answer on port $PORT"
}
running() { pgrep -f '^/usr/(lib/tidegate|bin)/tidegate' | wc -l; }
gone() {
	for _ in $(seq 200); do
		[ "$(running)" = 0 ] && return 0
		sleep 0.1
	done
	fail "it still runs: $(pgrep -af tidegate)"
}

useradd --create-home tester
install -d -o tester -m 0700 /run/user/tester
apt-get -qq update >/dev/null

# What is there before: other apps' settings, which have to be the same at the end.
install -d -o tester $HOME_OF_TESTER/.config $HOME_OF_TESTER/.continue $HOME_OF_TESTER/.config/zed
printf 'models: []\n' >$HOME_OF_TESTER/.continue/config.yaml
printf '{"language_models": {}}\n' >$HOME_OF_TESTER/.config/zed/settings.json
find $HOME_OF_TESTER -type f -exec sha256sum {} + >/tmp/before.sums

step "the older version installs with all it asks for"
apt-get -qq install --yes --no-install-recommends /packages/older.deb >/tmp/apt.log 2>&1 || {
	tail -n 20 /tmp/apt.log
	fail "apt refused it"
}

step "no library is missing"
missing=$(find /usr/lib/tidegate -name '*.so*' -exec sh -c \
	'LD_LIBRARY_PATH=/usr/lib/tidegate/_internal ldd "$1" 2>/dev/null | sed -n "s|.*\(lib.*\) => not found|$1: \1|p"' _ {} \;)
[ -z "$missing" ] || fail "$missing"

step "the self-test of the installed program passes"
Xvfb :7 -screen 0 1280x800x24 >/dev/null 2>&1 &
as_tester tidegate --self-test || fail "the self-test failed"

step "the doctor of the installed program can examine everything"
as_tester tidegate doctor >/tmp/doctor.log 2>&1 || true
grep -q '^ok    clock' /tmp/doctor.log || fail "$(cat /tmp/doctor.log)"
! grep -q 'could not be examined' /tmp/doctor.log || fail "$(cat /tmp/doctor.log)"

step "a desktop session starts it from its menu entry, and it answers"
install -d -o tester $HOME_OF_TESTER/.local $HOME_OF_TESTER/.local/share $STATE
printf '[server]\nport = %s\n' $PORT >$STATE/config.toml
chown tester $STATE/config.toml
menu=$(sed -n 's/^Exec=//p' /usr/share/applications/app.tidegate.Tidegate.desktop)
as_tester dbus-run-session -- sh -c "$menu" >/tmp/tidegate.log 2>&1 &
answers

step "a second start ends by itself and disturbs nothing"
as_tester timeout 30 sh -c "$menu" >/tmp/second.log 2>&1 || [ $? != 124 ] || fail "the second start stayed"
answers

step "an upgrade replaces the running program, and what was set and remembered stays"
before=$(cd $STATE && find . -type f -name '*.db' -o -name config.toml | sort)
[ -n "$before" ] || fail "no state was kept"
dpkg --install /packages/newer.deb >/tmp/dpkg.log 2>&1 || fail "$(cat /tmp/dpkg.log)"
[ "$(dpkg-query --show --showformat='${Version}' tidegate)" = "$(dpkg-deb --field /packages/newer.deb Version)" ] ||
	fail "the newer version is not there"
answers
[ "$(cd $STATE && find . -type f -name '*.db' -o -name config.toml | sort)" = "$before" ] || fail "state was lost"
grep -q "port = $PORT" $STATE/config.toml || fail "the settings were lost"

step "the service for people without a screen is there, and off"
[ -f /usr/lib/systemd/user/tidegate.service ] || fail "no unit"
[ -z "$(find /etc/systemd /usr/lib/systemd -name 'tidegate.service' -type l)" ] || fail "it is on"

step "removal ends what runs, and the start at login and the service that a person switched on"
as_tester tidegate autostart on >/dev/null
grep -q tidegate $HOME_OF_TESTER/.config/autostart/*.desktop || fail "it can't be started at login"
wanted=$HOME_OF_TESTER/.config/systemd/user/default.target.wants
as_tester mkdir -p $wanted
as_tester ln -s /usr/lib/systemd/user/tidegate.service $wanted/tidegate.service
apt-get -qq remove --yes tidegate >/tmp/remove.log 2>&1 || fail "$(cat /tmp/remove.log)"
gone

step "purge leaves nothing but what belongs to people"
dpkg --purge tidegate >/tmp/purge.log 2>&1 || fail "$(cat /tmp/purge.log)"
left=$(find / -xdev \( -path /proc -o -path /home -o -path /packages -o -path /tmp -o -path /var/log -o -path /var/cache/apt \) \
	-prune -o -iname '*tidegate*' -print)
[ -z "$left" ] || fail "left behind: $left"
[ -f $STATE/config.toml ] || fail "it took what belongs to people"
left=$(find $HOME_OF_TESTER -path $STATE -prune -o -iname '*tidegate*' -print)
[ -z "$left" ] || fail "left behind: $left"
sha256sum --check --quiet /tmp/before.sums || fail "it changed what belongs to other apps"
echo "  all steps passed"
