#!/usr/bin/env bash
# Usage: .ci/system-packages.sh PACKAGE...
# Installs those of the Debian packages that are missing. Where this account may
# not install, it prints the line to type. Exit status 1: some are still missing.
set -euo pipefail

say() { printf 'occviewer set-up: %s\n' "$*" >&2; }

if ! command -v dpkg-query apt-get >/dev/null; then
    # macOS brings all that is needed; other systems name their packages otherwise.
    [ "$(uname)" = Darwin ] && exit 0
    say "this system has no apt-get; please install its own packages for: $*"
    exit 1
fi

missing_of() {
    local package
    for package in "$@"; do
        if [ "$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null)" != installed ]; then
            printf '%s\n' "$package"
        fi
    done
}

mapfile -t missing < <(missing_of "$@")
[ ${#missing[@]} -eq 0 ] && exit 0

as_root=()
if [ "$(id -u)" -ne 0 ]; then
    as_root=(sudo -n)
fi
if "${as_root[@]}" true 2>/dev/null; then
    say "installing system packages: ${missing[*]}"
    # A mirror that does not answer is no reason to stop: the lists on disk may do.
    "${as_root[@]}" apt-get update -qq || true
    "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive \
        apt-get install -y -qq --no-install-recommends "${missing[@]}" >&2 || true
    mapfile -t missing < <(missing_of "${missing[@]}")
    [ ${#missing[@]} -eq 0 ] && exit 0
fi

say "system packages are missing; please type:"
say "    sudo apt-get update && sudo apt-get install -y ${missing[*]}"
exit 1
