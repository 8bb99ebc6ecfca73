#include "engine/sed/libraries/library.h"

#include "engine/core/error.h"
#include "engine/core/units.h"

#include <cmath>

namespace arcproof::sed {
namespace {

constexpr double planck_h_c_erg_angstrom = 6.62607015e-27 * 2.99792458e18;

}  // namespace

double log_ionising_rate(std::span<const double> wavelength_angstrom, std::span<const float> spectrum) {
  require(wavelength_angstrom.size() == spectrum.size(), "log_ionising_rate: one value per wavelength");
  // Photons are int L l dl / (h c); the last step is cut where it passes the limit.
  double sum = 0;
  for (std::size_t i = 1; i < spectrum.size() && wavelength_angstrom[i - 1] < units::lyman_limit_angstrom;
       ++i) {
    const double x0 = wavelength_angstrom[i - 1], y0 = x0 * spectrum[i - 1];
    double x1 = wavelength_angstrom[i], y1 = x1 * spectrum[i];
    if (x1 > units::lyman_limit_angstrom) {
      y1 = y0 + (units::lyman_limit_angstrom - x0) / (x1 - x0) * (y1 - y0);
      x1 = units::lyman_limit_angstrom;
    }
    sum += 0.5 * (x1 - x0) * (y0 + y1);
  }
  return std::log10(sum * units::solar_luminosity_erg_s / planck_h_c_erg_angstrom);
}

void append_spectra(Library& library, std::span<const float> luminosity,
                    std::span<const double> surviving_mass) {
  const std::size_t count = library.wavelength_angstrom.size();
  for (std::size_t age = 0; age < library.age_myr.size(); ++age)
    library.log_ionising_rate.push_back(
        log_ionising_rate(library.wavelength_angstrom, luminosity.subspan(age * count, count)));
  library.luminosity.insert(library.luminosity.end(), luminosity.begin(), luminosity.end());
  library.surviving_mass.insert(library.surviving_mass.end(), surviving_mass.begin(), surviving_mass.end());
}

}  // namespace arcproof::sed
