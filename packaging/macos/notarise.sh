#!/usr/bin/env bash
# Has Apple look at the disk image, and staples the answer to it:  notarise.sh Tidegate.dmg
#
#   MACOS_NOTARY_KEY      a file with the App Store Connect API key (.p8)
#   MACOS_NOTARY_KEY_ID   its id
#   MACOS_NOTARY_ISSUER   its issuer's id
set -euo pipefail
image=$1
: "${MACOS_NOTARY_KEY:?}" "${MACOS_NOTARY_KEY_ID:?}" "${MACOS_NOTARY_ISSUER:?}"

xcrun notarytool submit "$image" --key "$MACOS_NOTARY_KEY" --key-id "$MACOS_NOTARY_KEY_ID" \
	--issuer "$MACOS_NOTARY_ISSUER" --wait --timeout 45m
xcrun stapler staple "$image"
xcrun stapler validate "$image"
spctl --assess --type open --context context:primary-signature --verbose "$image"
