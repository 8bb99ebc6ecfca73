#!/bin/bash
# Times arcproof and the tools people use today on the same units of work, one after the other, and prints both.
# $ARCPROOF_PEERS: folder of the peers' programs (fit_clumps.py, ...); $BENCH_WORK: their mock files.
set -euo pipefail
cd "$(dirname "$0")/../.."
bench=build/dev/tests
peers=${ARCPROOF_PEERS:?folder of the peers}
mocks=${BENCH_WORK:-/tmp/arcproof-bench}/mocks
python=/usr/bin/python3
ours() { echo "--- arcproof: $2"; "$bench/$1" --benchmark_filter="$2" --benchmark_min_time=1 2>/dev/null | grep -E "^[a-z_/0-9:]+ " || true; }
peer() { echo "--- peer: $*"; (cd "$peers" && OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 $python "$@" 2>/dev/null | tail -1); }

ours photometry_bench clump_fit
"$bench/clump_accuracy" "$mocks/psf_f150w_101.fits" "$mocks/clump_sn20_s1.fits"
peer fit_clumps.py lmfit_fft33 "$mocks/clump_sn20_s1.fits"
ours photometry_bench forced_fit_13_bands
peer forced_photometry.py fft33
ours photometry_bench whole_protocol
"$bench/detection_speed" "$mocks/field2k.fits" "$mocks/field2k_cat.fits"
peer detect.py sep
ours sed_bench fit_grid
peer sed_chi2.py gemm32
ours population_bench published_fit
peer mass_function.py tpl vec
peer mass_function.py sch vec
ours lens_bench evaluate/deflection_and_hessian
peer lens_map.py --block 16
ours mocks_bench inject_unlensed
peer inject.py np_stamp101 --n 500
