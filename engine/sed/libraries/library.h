// Simple stellar populations: spectra per solar mass formed, on a grid of age and metallicity.
#pragma once

#include <span>
#include <string>
#include <vector>

namespace arcproof::sed {

struct Library {
  std::string name;  ///< "bc03-basel-pad94-chab", "analytic", ...
  std::string imf;
  std::string citation;
  std::string tracks;                       ///< of stellar evolution; empty where not known
  std::vector<double> wavelength_angstrom;  ///< rest frame, vacuum, increasing
  std::vector<double> age_myr;              ///< increasing, > 0
  std::vector<double> metallicity;          ///< mass fraction Z, increasing
  /// [Lsun / Angstrom per Msun formed], index (iz * ages + ia) * wavelengths + iw. Lsun = 3.828e33 erg/s.
  std::vector<float> luminosity;
  /// log10 of hydrogen-ionising photons per second per Msun formed, index iz * ages + ia.
  std::vector<double> log_ionising_rate;
  /// Living stars and remnants, as a fraction of the mass formed, index iz * ages + ia; empty when unknown.
  std::vector<double> surviving_mass;

  const float* spectrum(std::size_t iz, std::size_t ia) const {
    return luminosity.data() + (iz * age_myr.size() + ia) * wavelength_angstrom.size();
  }
};

/// log10 of the photons/s below 912 Angstrom of a spectrum [Lsun / Angstrom] that is a straight line between
/// its wavelengths; -infinity when there are none.
double log_ionising_rate(std::span<const double> wavelength_angstrom, std::span<const float> spectrum);

/// Appends the spectra of one metallicity, all ages [age * wavelengths + wavelength], with the surviving mass
/// per age (may be empty) and the ionising rates that follow from the spectra.
void append_spectra(Library& library, std::span<const float> luminosity,
                    std::span<const double> surviving_mass);

}  // namespace arcproof::sed
