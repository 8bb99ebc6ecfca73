// Band passes and photon-counting AB synthetic photometry.
#pragma once

#include <filesystem>
#include <span>
#include <string>
#include <vector>

namespace arcproof::sed {

/// Photon-counting system response on a wavelength grid (observed frame, vacuum Angstrom, increasing).
struct Filter {
  std::string band;
  std::vector<double> wavelength_angstrom;
  std::vector<double> throughput;

  /// sqrt( int T l dl / int T dl/l ), the wavelength that converts f_lambda to f_nu exactly.
  double pivot_angstrom() const;
  /// Wavelengths of half the maximum throughput, by linear interpolation.
  double half_power_low_angstrom() const;
  double half_power_high_angstrom() const;
};

/// Two columns, wavelength [Angstrom] and throughput; '#' starts a comment. Throws InputError naming file and
/// line: not two numbers, wavelengths not increasing, negative throughput, fewer than three rows, zero
/// everywhere.
Filter read_filter(const std::filesystem::path& path, const std::string& band);

/// Weights w such that sum_i w_i f_lambda(l_i) is the band's mean f_nu [in units of f_lambda * Angstrom^2 /
/// c]:
///   <f_nu> = int f_lambda T l dl / ( c int T dl / l ),
/// exactly for a throughput and a spectrum that are straight lines between their samples.
/// `wavelength_angstrom` is the observed-frame grid of the spectrum; outside the filter the weights are 0.
/// `covered` is the fraction of int T dl that the grid spans.
struct BandWeights {
  std::size_t first = 0;       ///< index of the first non-zero weight
  std::vector<double> weight;  ///< for wavelengths first, first + 1, ...
  double covered = 1;
};
BandWeights band_weights(const Filter& filter, std::span<const double> wavelength_angstrom);

}  // namespace arcproof::sed
