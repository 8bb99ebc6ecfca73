// A field made ready: sky, lens maps, light of sources, and what the pipeline is told of it.
#pragma once

#include "engine/lens/images.h"
#include "engine/pipeline/measure.h"
#include "mocks/scene.h"
#include "mocks/truth.h"
#include "recipes/program/fields/inputs.h"

#include <memory>
#include <optional>
#include <vector>

namespace arcproof::recipes {

/// What is measured where no clump of the host can be (controls.h).
struct Controls {
  io::Table objects{"MEASURED"};
  io::Table areas{"AREAS"};  ///< field, around, area_arcsec2 (searched, with data), objects, selected
};

/// Grids of models of the truth-substitution ladder (ladder.h).
struct LadderGrids {
  /// At the true redshift; null: the analysis has that.
  std::shared_ptr<const sed::ModelGrid> at_true_z;
  /// There, with the dust law of the injected clumps; null: the analysis has that.
  std::shared_ptr<const sed::ModelGrid> with_true_dust;

  const sed::ModelGrid& true_z(const sed::ModelGrid& analysis) const {
    return at_true_z ? *at_true_z : analysis;
  }
  const sed::ModelGrid& true_dust(const sed::ModelGrid& analysis) const {
    return with_true_dust ? *with_true_dust : true_z(analysis);
  }
};

struct FieldSetup {
  int number = 0;
  std::string name;
  double z = 0;  ///< of the host and of injected clumps
  lens::ImageFrame frame;
  std::shared_ptr<const lens::LensMap> truth_map;
  std::unique_ptr<lens::ImageFinder> finder;  ///< through the truth lens, for sources at the field's z
  std::shared_ptr<const mocks::Convolver> convolver;
  std::shared_ptr<const sed::BandSynthesis> truth_light;  ///< fluxes of injected clumps
  double arcsec_per_pc = 0;
  double age_of_universe_myr = 0;
  int width = 0, height = 0;                  ///< of the reference band [pixel]
  std::vector<sky::Exposure> exposures;       ///< without injections
  std::vector<mocks::HostClump> host_clumps;  ///< of a simulated sky
  pipeline::AnalysisField analysis;
  std::vector<pipeline::BandSky> sky;
  mocks::Placement placement;  ///< where clumps are injected
  io::Table baseline;          ///< what is found without injections: x, y, flux_<reference>
  Array2D<int> objects;        ///< their segmentation: 0 is empty sky
  io::Table catalogue;         ///< clumps of the host measured without injections (science_catalogue.h)
  io::Table host_truth;        ///< what was drawn for a simulated host
  Controls controls;
  double band_noise_correlation = 0;  ///< largest of all pairs of bands on one grid; NaN: no pair
  double host_area_arcsec2 = 0;       ///< where clumps are injected

  mocks::InjectionPlan plan;           ///< what is drawn in its realisations
  std::optional<LadderGrids> ladder;   ///< where the recipe asks for one
  pipeline::PipelineOptions pipeline;  ///< how they are measured ...
  validation::MatchOptions match;      ///< ... and matched

  mocks::InjectionField injection_field() const {
    return {truth_map.get(), finder.get(), &frame, convolver.get(), arcsec_per_pc, width, height, {}};
  }
  mocks::TruthField truth_field() const {
    return {name,
            z,
            age_of_universe_myr,
            injection_field(),
            truth_light.get(),
            &placement,
            &analysis.host_mask,
            &objects};
  }
};

/// Throws InputError when the recipe's bands and redshifts do not fit the stellar libraries: what can be told
/// without work.
void check_light(const Recipe& recipe, const Inputs& inputs);

/// Throws InputError where a map (or a draw of its posterior, all of which are read) cannot be the lens of a
/// field: it does not cover the field's image, or what read_draw refuses.
void check_maps(const Recipe& recipe, const Inputs& inputs);

/// Makes a field ready. Deterministic; `threads` only speeds up the maps.
FieldSetup set_up_field(const Recipe& recipe, const Inputs& inputs, int number, int threads);

}  // namespace arcproof::recipes
