#!/usr/bin/env bash
# What the tests need from Debian: the peers that nobody here wrote. Installs what is missing when it
# may (root), and otherwise says which package to install. Never skips.
set -euo pipefail

# command:package
NEEDED=(sipp:sip-tester xmllint:libxml2-utils sox:sox tshark:tshark rtpengine:rtpengine-daemon
  baresip:baresip-core linphonec:linphone-cli ip:iproute2)

missing=()
for entry in "${NEEDED[@]}"; do
  command -v "${entry%%:*}" >/dev/null || missing+=("${entry##*:}")
done
# Debian keeps PostgreSQL's programs off the PATH.
postgres() { compgen -G '/usr/lib/postgresql/*/bin/initdb' >/dev/null; }
postgres || missing+=(postgresql)
[ ${#missing[@]} -eq 0 ] && exit 0

if [ "$(id -u)" -ne 0 ]; then
  echo "The tests need Debian packages that are not installed: ${missing[*]}" >&2
  echo "Install them with: sudo apt-get install ${missing[*]}" >&2
  exit 1
fi
echo "Installing Debian packages for the tests: ${missing[*]}"
export DEBIAN_FRONTEND=noninteractive
if ! postgres; then
  # The tests start servers of their own; none is to run besides.
  mkdir -p /etc/postgresql-common
  echo 'create_main_cluster = false' >/etc/postgresql-common/createcluster.conf
fi
apt-get update -qq
apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
for entry in "${NEEDED[@]}"; do
  command -v "${entry%%:*}" >/dev/null || { echo "Package ${entry##*:} is installed, but ${entry%%:*} is not on the PATH" >&2; exit 1; }
done
