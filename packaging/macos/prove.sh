#!/usr/bin/env bash
# Does what a person does with the disk image, and lets the installed program test itself:  prove.sh Tidegate.dmg
set -euo pipefail
image=$1
volume=$(hdiutil attach -readonly -nobrowse "$image" | sed -n 's|.*\(/Volumes/.*\)|\1|p' | head -n 1)
place=$(mktemp -d)
finish() {
	hdiutil detach -quiet "$volume" || true
	rm -rf "$place"
}
trap finish EXIT

[ -L "$volume/Applications" ] || { echo "the image has no arrow to Applications" >&2; exit 1; }
cp -R "$volume/Tidegate.app" "$place/"
codesign --verify --strict "$place/Tidegate.app"
plutil -lint "$place/Tidegate.app/Contents/Info.plist"
[ "$(plutil -extract LSUIElement raw "$place/Tidegate.app/Contents/Info.plist")" = true ]
"$place/Tidegate.app/Contents/MacOS/tidegate" --self-test
