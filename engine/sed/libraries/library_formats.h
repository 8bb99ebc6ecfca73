// The formats that stellar libraries come in.
#pragma once

#include "engine/core/error.h"
#include "engine/core/keys.h"
#include "engine/sed/libraries/library.h"

#include <filesystem>
#include <string>
#include <vector>

namespace arcproof::sed {

/// Names of the formats below.
std::vector<std::string> library_formats();

/// Formats, their files, and what of them is not in the files. docs/libraries.md says which were tested on
/// originals; of those "from a description" none was at hand, and tests write small files of the published
/// form. All text may be gzipped.
///
///   layout   this layout, one file
///   cubes    FITS with images WAVE [Angstrom], AGE [yr], Z (mass fraction) and STELLAR [Lsun/Angstrom/Msun]
///            (Z, age, wavelength; without Z one metallicity, to be given), MSTAR where there; LSUN in the
///            primary header
///   bc03     .ised, .ised.gz of Bruzual & Charlot 2003 and their models of 2007 (library.h)
///   bc03_ascii  .ised_ASCII of GALAXEV, one a metallicity, names as .ised: number of ages, ages [yr], text,
///            number of wavelengths, wavelengths [Angstrom], then per age a number, fluxes [Lsun/Angstrom], a
///            number and spectral indices, which are passed over. From a description
///   bpass    spectra-bin-imf*.z*.dat of BPASS v2.2 (Stanway & Eldridge 2018) and v2.3 (Byrne et al. 2022):
///            wavelength [Angstrom] and 51 columns [Lsun/Angstrom] of a burst of 10^6 Msun at ages
///            10^(6 + 0.1 n) yr; Z from the name (zem5 = 1e-5, z014 = 0.014). From a description
///   starburst99  .spectrum1 of a burst: time [yr], wavelength [Angstrom], log of total, stellar and nebular
///            luminosity [erg/s/Angstrom]; the stellar column is taken; metallicity and mass to be given.
///            From a description
///   maraston2005  sed.krz002.rhb and alike: age [Gyr], [Z/H], wavelength [Angstrom], luminosity
///            [erg/s/Angstrom] of 1 Msun; Z from the name (0001 = 0.001, 001 = 0.01, 002, 004, 007, 10m4).
///            From a description
///   yggdrasil  *_fcov_*_SFR_inst_Spectra: mass of the burst [Msun] in the first line, then per age lines of
///            text with the age [Myr] and rows of wavelength [Angstrom] and luminosity [erg/s/Angstrom]; Z
///            from the name (Z=0.004), to be given for Population III. With fcov above 0 gas is in the
///            spectra: the library then has no ionising photons, so that none is added again. From a
///            description
///   fsps     .spec of a burst: log(Z/Zsol) in the head, log age, surviving mass and spectrum [Lsun/Hz] of
///            1 Msun per age. From a description
///   auto     by the name and the HDUs
struct LibrarySource {
  std::vector<std::filesystem::path> files;
  std::string format = "auto";
  double metallicity = 0;             ///< mass fraction, of files that do not say it; 0: not given
  double mass_msun = 1e6;             ///< of the burst of starburst99
  double solar_metallicity = 0.0142;  ///< what Log(Z/Zsol) of fsps counts from: 0.0142 with MIST tracks
  std::string name = {}, imf = {}, tracks = {},
              citation = {};  ///< replace what the format says; needed where it says nothing
  FieldNames names = {};      ///< for messages

  /// All but the files.
  void describe(Keys& keys) {
    keys.text("format", format, "of the library's files", library_formats());
    keys.number("metallicity", metallicity, "", "mass fraction Z of files that do not say it; 0: not given",
                Allowed::between(0, 0.2));
    keys.number("mass_msun", mass_msun, "Msun", "starburst99: mass of the burst", Allowed::above(0, 1e12));
    keys.number("solar_metallicity", solar_metallicity, "", "fsps: mass fraction Z of Log(Z/Zsol) = 0",
                Allowed::above(0, 0.1));
    keys.text("name", name, "replaces what the format says; so do the next");
    keys.text("imf", imf, "initial mass function");
    keys.text("tracks", tracks, "tracks of stellar evolution");
    keys.text("citation", citation, "what to cite");
  }
};

/// Reads any of them. Ionising rates are computed from the spectra, except of `layout`. Ages of 0 are left
/// out. Throws InputError naming the file and what was found; ContractError for values that the description
/// does not allow.
Library convert_library(const LibrarySource& source);

}  // namespace arcproof::sed
