// Stellar libraries in files: one documented FITS layout (library_formats.h reads those of others).
#pragma once

#include "engine/sed/libraries/library.h"

#include <filesystem>
#include <string>
#include <vector>

namespace arcproof::sed {

/// The layout. Primary header: CONTENT = 'arcproof stellar library', NAME, IMF, TRACKS, CITATION, NORM = 'per
/// solMass formed', LSUN [erg/s]. Table WAVELENGTH: `wavelength` [Angstrom], vacuum, increasing. Table
/// SPECTRA: a row for each metallicity and, fastest, age:
///   metallicity        mass fraction Z
///   age                [Myr]
///   luminosity         [solLum/Angstrom per solMass formed], one value a wavelength
///   log_ionising_rate  [log(1/s)] per solMass formed; NaN: no ionising photons
///   surviving_mass     stars and remnants over mass formed; NaN: not known
/// What is read back is what was written, bit by bit.
void write_library(const std::filesystem::path& path, const Library& library);

/// Throws InputError naming `path` unless wavelengths, ages and metallicities increase above 0 and
/// luminosities are finite and not negative.
void check_library(const Library& library, const std::filesystem::path& path);

/// Reads the layout. Throws InputError naming file, HDU and column: not this layout, ages or metallicities
/// that are no full grid or do not increase, negative or infinite luminosities.
Library read_library(const std::filesystem::path& path);

}  // namespace arcproof::sed
