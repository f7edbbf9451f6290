#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Sets up an aarch64 Python with numpy in a folder, to be run by user-mode emulation:
#
#     apt-get install qemu-user-static
#     dev/aarch64.sh FOLDER
#     MZT_AARCH64_ROOT=FOLDER pytest -m slow tests/intnet/test_aarch64.py
#     MZT_AARCH64_ROOT=FOLDER python tests/hostile/harden.py --row 13
#
# Needs a Debian or Ubuntu system with apt, dpkg and pip; writes into FOLDER alone, and needs no root. constriction has
# no wheel for Linux on aarch64, so a coder in plain Python takes its place. onnxruntime and OpenVINO come along where
# they can be had, to encode and decode whole files.
set -eu

root=${1:?usage: dev/aarch64.sh FOLDER}
suite=${SUITE:-bookworm}
mirror=${MIRROR:-$(apt-get indextargets --format '$(SITE)' 'Origin: Debian' | grep -v security | head -1)}
: "${mirror:?name a Debian archive in MIRROR, as apt knows of none}"
python=python3.11 # the one of bookworm
mkdir -p "$root/apt/lists/partial" "$root/apt/cache/archives/partial" "$root/debs" "$root/packages"
root=$(cd "$root" && pwd)

# A package list of its own, for aarch64 alone, checked against the system's Debian keys.
echo "deb [arch=arm64] $mirror $suite main" > "$root/apt/sources.list"
: > "$root/apt/status"
apt() {
    apt-get -q -o APT::Architecture=arm64 -o APT::Architectures=arm64 -o APT::Sandbox::User= \
        -o Dir::Etc::sourcelist="$root/apt/sources.list" -o Dir::Etc::sourceparts=- -o Dir::State="$root/apt" \
        -o Dir::State::status="$root/apt/status" -o Dir::Cache="$root/apt/cache" "$@"
}
apt update
(cd "$root/debs" && apt download libc6 libgcc-s1 libstdc++6 zlib1g libexpat1 libssl3 libffi8 libbz2-1.0 liblzma5 \
    libcrypt1 $python-minimal lib$python-minimal lib$python-stdlib)
for deb in "$root"/debs/*.deb; do
    dpkg-deb -x "$deb" "$root"
done

# Runtimes for whole files; the last OpenVINO with a wheel for this, alone, as it would bring an older numpy.
wheels() {
    python3 -m pip install --quiet --target "$root/packages" --upgrade --only-binary=:all: --implementation cp \
        --python-version "${python#python}" --platform manylinux2014_aarch64 --platform manylinux_2_27_aarch64 \
        --platform manylinux_2_28_aarch64 --platform manylinux_2_31_aarch64 "$@"
}
pins=$(cd "$(dirname "$0")/.." && pwd)/constraints.txt
wheels -c "$pins" numpy
wheels -c "$pins" onnx onnxruntime || echo "without onnx and onnxruntime" >&2
wheels --no-deps openvino==2025.2.0 || echo "without OpenVINO" >&2

# onnxruntime asks this file for the processor, and ends the process where it describes another kind.
mkdir -p "$root/proc"
for number in 0 1; do
    printf '%s\t: %s\n' processor $number Features "fp asimd evtstrm aes pmull sha1 sha2 crc32 atomics asimddp" \
        "CPU implementer" 0x41 "CPU architecture" 8 "CPU variant" 0x3 "CPU part" 0xd0c "CPU revision" 1
    echo
done > "$root/proc/cpuinfo"

PYTHONPATH="$root/packages" qemu-aarch64-static -L "$root" "$root/usr/bin/$python" -c \
    'import platform, numpy; print("ready:", platform.machine(), platform.python_version(), numpy.__version__)'
