#!/usr/bin/env bash
# Makes the disk image of the program:  make.sh Tidegate.app TARGET-FOLDER
# Called by packaging/build.py. Signs what is inside (see sign.sh); notarise.sh comes after.
set -euo pipefail
app=$1 target=$2
here=$(cd "$(dirname "$0")" && pwd)
version=$(sed -n 's/^__version__ = "\(.*\)"/\1/p' "$here/../../app/__init__.py")
image=$target/Tidegate-$version-macos-$(uname -m).dmg

bash "$here/sign.sh" "$app"

# What people see: the program, and an arrow to where it belongs.
stage=$(mktemp -d)
mounted=
finish() {
	[ -z "$mounted" ] || hdiutil detach -quiet "$mounted" || true
	rm -rf "$stage"
}
trap finish EXIT
mkdir -p "$stage/image/.background"
cp -R "$app" "$stage/image/Tidegate.app"
ln -s /Applications "$stage/image/Applications"
cp "$here/background.png" "$stage/image/.background/background.png"

hdiutil create -quiet -srcfolder "$stage/image" -volname Tidegate -fs HFS+ -format UDRW "$stage/draft.dmg"
mounted=$(hdiutil attach -readwrite -noautoopen "$stage/draft.dmg" | sed -n 's|.*\(/Volumes/.*\)|\1|p' | head -n 1)
# Only looks: where no Finder can be asked (a build machine may forbid it), the image is plain and works all the same.
osascript "$here/arrange.applescript" "$(basename "$mounted")" || echo "package: the image keeps Finder's own arrangement"
sync
hdiutil detach -quiet "$mounted"
mounted=
hdiutil convert -quiet "$stage/draft.dmg" -format UDZO -imagekey zlib-level=9 -o "$image"
[ -z "${MACOS_IDENTITY:-}" ] || codesign --timestamp --sign "$MACOS_IDENTITY" "$image"
