#!/usr/bin/env bash
# Signs the Linux packages:  sign.sh FOLDER
#
#   GPG_KEY          the secret key, armoured
#   GPG_PASSPHRASE   its passphrase; empty for a key without one
#
# An .rpm carries its signature inside; every package gets one beside it too (FILE.asc). The key lives in a folder of its
# own and is gone afterwards.
set -euo pipefail
: "${GPG_KEY:?}"
folder=$1
GNUPGHOME=$(mktemp -d)
export GNUPGHOME
trap 'gpgconf --kill gpg-agent; rm -rf "$GNUPGHOME"' EXIT
chmod 700 "$GNUPGHOME"

printf '%s' "${GPG_PASSPHRASE:-}" >"$GNUPGHOME/passphrase"
quiet=(--batch --yes --quiet --pinentry-mode loopback --passphrase-file "$GNUPGHOME/passphrase")
printf '%s\n' "$GPG_KEY" | gpg "${quiet[@]}" --import
key=$(gpg --batch --with-colons --list-secret-keys | awk -F: '/^fpr/ { print $10; exit }')

for package in "$folder"/*.rpm; do
	[ -e "$package" ] || continue
	rpmsign --define "__gpg $(command -v gpg)" --define "_gpg_name $key" --define "_gpg_path $GNUPGHOME" \
		--define "_gpg_sign_cmd_extra_args ${quiet[*]}" --addsign "$package" >/dev/null
done
for package in "$folder"/*.rpm "$folder"/*.deb "$folder"/*.tar.gz; do
	[ -e "$package" ] || continue
	gpg "${quiet[@]}" --local-user "$key" --armor --detach-sign --output "$package.asc" "$package"
	gpg --batch --quiet --verify "$package.asc" "$package" 2>/dev/null
done
gpg --batch --armor --export "$key" >"$folder/tidegate-packages.asc"
echo "package: signed with $key"
