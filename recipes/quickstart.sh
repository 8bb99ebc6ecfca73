#!/bin/bash
# Installs what is missing, builds the program, runs recipes/quickstart and says where its report is.
set -euo pipefail
cd "$(dirname "$0")/.."
source cmake/install_packages.sh
install_missing $packages_to_build $packages_to_run
preset=${ARCPROOF_PRESET:-release}  # dev, where the tests are built already: the same program
cmake --preset "$preset" >/dev/null
cmake --build --preset "$preset" --target arcproof -j "$(nproc)"
status=0
"build/$preset/arcproof" run recipes/quickstart --output out/quickstart --overwrite "$@" || status=$?
[ $status -eq 0 ] && echo "open it in a browser: file://$PWD/out/quickstart/report.html"
exit $status
