#!/bin/bash
# Installs what is missing, builds the program, runs recipes/quickstart and says where its report is.
set -euo pipefail
cd "$(dirname "$0")/.."
source cmake/install_packages.sh
install_missing $packages_to_build $packages_to_run
cmake --preset release >/dev/null
cmake --build --preset release --target arcproof -j "$(nproc)"
status=0
build/release/arcproof run recipes/quickstart --output out/quickstart --overwrite "$@" || status=$?
[ $status -eq 0 ] && echo "open it in a browser: file://$PWD/out/quickstart/report.html"
exit $status
