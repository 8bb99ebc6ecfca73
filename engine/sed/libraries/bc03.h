// The binary files of Bruzual & Charlot.
#pragma once

#include "engine/sed/libraries/library.h"

#include <filesystem>
#include <vector>

namespace arcproof::sed {

/// Bruzual & Charlot (2003) models, and those of 2007, in their own binary format (.ised or .ised.gz, Fortran
/// unformatted with lengths of 4 or 8 bytes, either byte order), one file a metallicity. Throws InputError
/// naming the file and what was found: not such a file, truncated, files on different grids, a metallicity
/// that the name does not tell (Padova 1994: m22, m32, m42, m52, m62, m72, m82 -> Z = 0.0001, 0.0004, 0.004,
/// 0.008, 0.02, 0.05, 0.1; Padova 2000: m122, m132, m142, m152, m162, m172 -> Z = 0.0004, 0.001, 0.004,
/// 0.008, 0.019, 0.03).
Library read_bc03(const std::vector<std::filesystem::path>& files);

}  // namespace arcproof::sed
