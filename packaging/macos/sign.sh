#!/usr/bin/env bash
# Signs Tidegate.app with the hardened runtime:  sign.sh Tidegate.app
#
#   MACOS_IDENTITY   the name of a "Developer ID Application" certificate in an unlocked keychain. Without it the
#                    signature is an ad-hoc one: good for this computer, and for a warning on every other. It goes without
#                    the hardened runtime, which loads no library that isn't signed by the same known team.
#
# Inside out, because a signature covers what lies deeper. The CLI is left as its makers signed it: signing it anew would
# change its bytes.
set -euo pipefail
app=$1
here=$(cd "$(dirname "$0")" && pwd)
identity=${MACOS_IDENTITY:--}
options=(--force --sign "$identity")
[ "$identity" = - ] || options+=(--timestamp --options runtime --entitlements "$here/entitlements.plist")

find "$app/Contents" -type f \( -name '*.dylib' -o -name '*.so' -o -perm -u+x \) ! -path '*/_bundled/*' -print0 |
	while IFS= read -r -d '' file; do
		if file -b "$file" | grep -q 'Mach-O'; then codesign "${options[@]}" "$file"; fi
	done
codesign "${options[@]}" "$app"
codesign --verify --strict --verbose=2 "$app"
echo "package: signed by ${MACOS_IDENTITY:-nobody (ad hoc)}"
