// The truth of a realisation: clumps drawn, put behind a field's lens, and written down, a row an image.
#pragma once

#include "engine/core/array2d.h"
#include "engine/io/table.h"
#include "mocks/inject.h"
#include "mocks/plan.h"

#include <cstdint>
#include <string>
#include <vector>

namespace arcproof::mocks {

/// A field as drawing needs it. What is pointed to must outlive it.
struct TruthField {
  std::string name;
  double z = 0;  ///< of the clumps
  double age_of_universe_myr = 0;
  InjectionField injection;                           ///< lens, finder, frame, PSFs
  const sed::BandSynthesis* light = nullptr;          ///< fluxes of clumps
  const Placement* placement = nullptr;               ///< where clumps are drawn
  const Array2D<unsigned char>* host_mask = nullptr;  ///< reference band; 0: outside the host
  const Array2D<int>* objects = nullptr;              ///< segmentation of the un-injected image; 0: empty sky
};

struct InjectedClump {
  std::int64_t parent_id = 0;
  Clump clump;
  std::vector<InjectedImage> images;
};

/// Number of image `k` of a clump: column injection_id.
inline std::int64_t injection_id(const InjectedClump& clump, std::size_t k) {
  return clump.parent_id * 100 + static_cast<std::int64_t>(k);
}

/// The clumps of a realisation as drawn, with masses from `mass_msun` [Msun], and their images, added to
/// `exposures` (may be null: truth only). Streams: (seed, "population" or "pairs", realisation, clump).
std::vector<InjectedClump> inject_realisation(const InjectionPlan& plan, const Range& mass_msun,
                                              const TruthField& field, int realisation,
                                              std::vector<sky::Exposure>* exposures);

/// What is to be found of an image: "injected"; "demagnified", "arc" or "outside_host" where it is not looked
/// for; or what to_string says of its flag.
std::string flag_of(const InjectedImage& image, const TruthField& field, const InjectionOptions& options);

/// Table TRUTH, a row for each image of each clump: columns of injections.fits before the join.
io::Table truth_table(const InjectionPlan& plan, const TruthField& field, int realisation,
                      const std::vector<InjectedClump>& clumps);

}  // namespace arcproof::mocks
