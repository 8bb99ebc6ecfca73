// Everything that a recipe reads, read once. A bad input is found here, before any work and before anything
// is written.
#pragma once

#include "engine/lens/delens.h"
#include "engine/lens/sources/lens_choice.h"
#include "engine/sed/libraries/library.h"
#include "engine/sky/exposure.h"
#include "recipes/program/description/recipe.h"

#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace arcproof::recipes {

struct Inputs {
  std::vector<std::shared_ptr<const sky::Psf>> analysis_psfs;  ///< per band, at the pixel scale of the data
  std::vector<std::shared_ptr<const sky::Psf>>
      injection_psfs;  ///< the same objects where the recipe gives no other
  std::vector<std::shared_ptr<const sky::Psf>>
      analysis_psf_images;  ///< what the analysis PSFs were before an analytic form took their place
  std::vector<sed::Filter> filters;
  std::shared_ptr<const sed::Library> truth_library, analysis_library;
  std::vector<std::shared_ptr<const sed::Library>>
      template_libraries;  ///< of template_mismatch, in the recipe's order
  lens::LoadedLens truth_lens, analysis_lens;
  std::vector<lens::LoadedLens> alternative_lenses;           ///< in the recipe's order; without posteriors
  std::vector<std::optional<lens::LoadedLens>> field_lenses;  ///< truth lens of each field that has its own
  bool same_lens = false;  ///< truth and analysis ask for the same model, in all fields
  std::vector<std::vector<sky::Exposure>> exposures;  ///< per field, per band; empty for simulated fields
  std::vector<Array2D<unsigned char>> host_masks;  ///< per field; empty unless the host is a mask or regions
  std::vector<std::filesystem::path> files;        ///< all files read, sorted, each once
  std::vector<std::string> notes;                  ///< what was done to them

  /// The lens that clumps of a field are injected through.
  const lens::LoadedLens& truth_lens_of(std::size_t field) const {
    return field_lenses[field] ? *field_lenses[field] : truth_lens;
  }
};

/// Throws InputError. The draws of maps are only looked for (check_maps of
/// recipes/program/fields/field_setup.h reads them).
Inputs read_inputs(const Recipe& recipe);

}  // namespace arcproof::recipes
