// Text files of GALAXEV, and the names of its files. Private to engine/sed.
#pragma once

#include "engine/sed/libraries/library_readers.h"

#include <filesystem>
#include <string>

namespace arcproof::sed::formats {

/// What the name of a GALAXEV file, such as bc2003_lr_BaSeL_m42_chab_ssp.ised, tells. InputError where it
/// does not; the names that are known: bc03.h.
struct GalaxevName {
  double metallicity;
  std::string models;  ///< bc03 or cb07
  std::string atlas;   ///< in lower case
  std::string tracks;  ///< pad94 or pad00
  std::string imf;     ///< as abbreviated there
};
GalaxevName galaxev_name(const std::filesystem::path& path);
/// "bc03-basel-pad94-chab", "Chabrier (2003), ...", "Padova 1994", what to cite; of the files' common name.
void describe_galaxev(const GalaxevName& name, Library& library);

Burst read_bc03_ascii(const std::filesystem::path& path);

}  // namespace arcproof::sed::formats
