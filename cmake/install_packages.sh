# Debian packages by name. Sourced by recipes/quickstart.sh, tests/run.sh and the CI script.

packages_to_build="g++ cmake ninja-build ccache pkg-config libeigen3-dev libfmt-dev libtbb-dev libboost-dev nlohmann-json3-dev libcli11-dev
  libssl-dev zlib1g-dev libcfitsio-dev wcslib-dev libfftw3-dev libsep-dev libpcg-cpp-dev"
packages_to_run="gnuplot-nox"
packages_to_test="libgtest-dev libbenchmark-dev librapidcheck-dev fitsverify python3 python3-numpy python3-scipy python3-astropy"
packages_to_check="clang-format clang-tidy"

# install_missing PACKAGE...: installs what is not there yet; touches neither network nor sudo when nothing is missing.
install_missing() {
  local missing=() package
  for package in "$@"; do
    dpkg-query -W -f='${Status}' "$package" 2>/dev/null | grep -q 'ok installed' || missing+=("$package")
  done
  [ ${#missing[@]} -eq 0 ] && return 0
  echo "installing: ${missing[*]}"
  local as_root=()
  [ "$(id -u)" -eq 0 ] || as_root=(sudo)
  "${as_root[@]}" apt-get update -q || true
  "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends "${missing[@]}"
}
