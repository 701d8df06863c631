#!/usr/bin/env bash
# Puts the signing certificate into a keychain of its own, for a build machine that is thrown away afterwards.
#
#   MACOS_CERTIFICATE            the .p12, in base64
#   MACOS_CERTIFICATE_PASSWORD   its password
set -euo pipefail
: "${MACOS_CERTIFICATE:?}" "${MACOS_CERTIFICATE_PASSWORD:?}"
keychain=$RUNNER_TEMP/tidegate.keychain-db
password=$(openssl rand -hex 16)

security create-keychain -p "$password" "$keychain"
security set-keychain-settings -t 7200 "$keychain"
security unlock-keychain -p "$password" "$keychain"
printf '%s' "$MACOS_CERTIFICATE" | base64 --decode >"$RUNNER_TEMP/certificate.p12"
security import "$RUNNER_TEMP/certificate.p12" -k "$keychain" -P "$MACOS_CERTIFICATE_PASSWORD" -T /usr/bin/codesign
rm "$RUNNER_TEMP/certificate.p12"
security set-key-partition-list -S apple-tool:,apple: -s -k "$password" "$keychain" >/dev/null
security list-keychains -d user -s "$keychain" login.keychain-db
