#!/bin/bash
# Installs what is missing, builds everything with warnings as errors, and runs all tests. Arguments go to ctest (-L unit, -R name, ...).
set -euo pipefail
cd "$(dirname "$0")/.."
source cmake/install_packages.sh
install_missing $packages_to_build $packages_to_run $packages_to_test
cmake --preset dev >/dev/null
cmake --build --preset dev -j "$(nproc)"
ctest --test-dir build/dev -j "$(nproc)" --output-on-failure --no-tests=error "$@"
