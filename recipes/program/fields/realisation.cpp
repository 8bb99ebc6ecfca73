#include "recipes/program/fields/realisation.h"

#include "engine/core/missing.h"
#include "engine/core/text.h"
#include "engine/photometry/subtraction.h"
#include "engine/pipeline/catalogue.h"
#include "recipes/program/fields/controls.h"
#include "recipes/program/fields/ladder.h"
#include "recipes/program/fields/surroundings.h"

#include <algorithm>
#include <cmath>
#include <map>

namespace arcproof::recipes {
namespace {

constexpr int realisations_with_examples = 4;
constexpr int example_side = 31;

// As if somebody had marked every clump in the image, with an error.
void mark(std::vector<pipeline::Region>& regions, const mocks::InjectionPlan& plan, int realisation) {
  Random random({plan.seed, "marks", realisation});
  for (pipeline::Region& region : regions) {
    const double sigma = *plan.injection.marking_error_pix;
    const double x = region.x + sigma * random.normal();
    region.marked = sky::PixelPosition{x, region.y + sigma * random.normal()};
  }
}

// Everything that the matching may look at is in the core.
std::vector<pipeline::Region> regions_of(const FieldSetup& field, int realisation,
                                         const std::vector<mocks::InjectedClump>& clumps) {
  const mocks::TruthField truth = field.truth_field();
  std::vector<pipeline::Region> regions;
  for (const mocks::InjectedClump& clump : clumps)
    for (const mocks::InjectedImage& image : clump.images)
      if (mocks::flag_of(image, truth, field.plan.injection) == "injected") {
        const double core = validation::match_reach(image.sigma_major_pix, field.match);
        regions.push_back({image.x, image.y, std::max(12.0, 2 * core), core, std::nullopt});
      }
  if (field.plan.injection.marking_error_pix) mark(regions, field.plan, realisation);
  return regions;
}

std::vector<double> cut(const Array2D<float>& image, int cx, int cy) {
  std::vector<double> values;
  for (int y = cy - example_side / 2; y <= cy + example_side / 2; ++y)
    for (int x = cx - example_side / 2; x <= cx + example_side / 2; ++x)
      values.push_back(image.contains(x, y) ? image(x, y) : nan);
  return values;
}

// Data and residual around recovered clumps, reference band: what a reader wants to see.
io::Table example_table(const io::Table& joined, const FieldSetup& field,
                        const std::vector<sky::Exposure>& exposures,
                        const std::vector<pipeline::MeasuredClump>& measured) {
  std::vector<photometry::ClumpPhotometry> fits;
  for (const pipeline::MeasuredClump& clump : measured) fits.push_back(clump.photometry);
  const std::size_t reference = field.analysis.reference;
  const Array2D<float>& data = exposures[reference].flux_njy;
  const Array2D<float> residual =
      photometry::subtract_models(data, fits, reference, *field.analysis.bands[reference].psf);
  const io::Flags& recovered = joined.flags("recovered");
  const io::Integers& injection_id = joined.integers("injection_id");
  const io::Reals &measured_x = joined.reals("measured_x"), &measured_y = joined.reals("measured_y"),
                  &measured_snr =
                      joined.reals("measured_snr_" + lower_case(field.analysis.bands[reference].name));
  io::Integers id;
  io::Reals snr, pixels, residuals;
  for (std::size_t i = 0; i < joined.rows(); ++i) {
    if (!recovered[i]) continue;
    const int x = static_cast<int>(std::lround(measured_x[i])),
              y = static_cast<int>(std::lround(measured_y[i]));
    id.push_back(injection_id[i]);
    snr.push_back(measured_snr[i]);
    const auto d = cut(data, x, y), r = cut(residual, x, y);
    pixels.insert(pixels.end(), d.begin(), d.end());
    residuals.insert(residuals.end(), r.begin(), r.end());
  }
  io::Table table("EXAMPLES");
  table.add("injection_id", "", "row of the injection table", std::move(id));
  table.add("snr", "", "in the reference band", std::move(snr));
  table.add({"data", "nJy", "31 x 31 pixels of the reference band around the clump", std::move(pixels),
             example_side * example_side});
  table.add({"residual", "nJy", "the same after all trusted fits are subtracted", std::move(residuals),
             example_side * example_side});
  return table;
}

double changed_fraction(const FieldSetup& field, const std::vector<sky::Exposure>& injected) {
  constexpr double sigmas = 0.5;
  const sky::Exposure &before = field.exposures[field.analysis.reference],
                      &after = injected[field.analysis.reference];
  double pixels = 0, changed = 0;
  for (std::size_t i = 0; i < field.analysis.host_mask.size(); ++i) {
    if (!field.analysis.host_mask.data()[i] || !std::isfinite(before.flux_njy.data()[i])) continue;
    ++pixels;
    changed +=
        std::abs(after.flux_njy.data()[i] - before.flux_njy.data()[i]) > sigmas * before.error_njy.data()[i];
  }
  return changed / pixels;
}

// The matched injection of each measured clump.
io::Integers injections_of(const io::Table& joined, const std::vector<pipeline::MeasuredClump>& measured) {
  const io::Integers &object = joined.integers("measured_detection_id"),
                     &injection = joined.integers("injection_id");
  std::map<std::int64_t, std::int64_t> by_object;
  for (std::size_t i = 0; i < joined.rows(); ++i)
    if (object[i] != io::missing_integer) by_object[object[i]] = injection[i];
  io::Integers ids;
  for (const pipeline::MeasuredClump& clump : measured) {
    const auto at = by_object.find(clump.id);
    ids.push_back(at == by_object.end() ? io::missing_integer : at->second);
  }
  return ids;
}

// Drawn like the realisation's injections, from streams of their own, but without light: what is found at their
// places is found by chance.
io::Table placeholders_of(const FieldSetup& field, int realisation, const mocks::Range& mass_msun) {
  constexpr std::uint64_t other_streams = 0x9e3779b97f4a7c15U;
  mocks::InjectionPlan plan = field.plan;
  plan.seed ^= other_streams;
  const mocks::TruthField truth_field = field.truth_field();
  const auto clumps = mocks::inject_realisation(plan, mass_msun, truth_field, realisation, nullptr);
  const io::Table truth = mocks::truth_table(plan, truth_field, realisation, clumps);
  validation::MatchOptions options = field.match;
  options.allow_confusion = false;
  const io::Table joined = validation::match(truth, field.catalogue, field.baseline, options);
  io::Table table("PLACEHOLDERS");
  for (const char* column : {"injection_id", "realisation", "field", "injection_flag", "true_x", "true_y",
                             "mag", "true_sigma_major_pix", "outcome", "recovered", "match_distance_pix"})
    table.add(joined.column(column));
  return table;
}

}  // namespace

RealisationResult run_realisation(const FieldSetup& field, int realisation, const mocks::Range& mass_msun) {
  std::vector<sky::Exposure> exposures = field.exposures;
  const mocks::TruthField truth_field = field.truth_field();
  const std::vector<mocks::InjectedClump> clumps =
      mocks::inject_realisation(field.plan, mass_msun, truth_field, realisation, &exposures);
  const io::Table truth = mocks::truth_table(field.plan, truth_field, realisation, clumps);
  const std::vector<pipeline::Region> regions = regions_of(field, realisation, clumps);
  pipeline::FieldPhotometry found;
  if (!regions.empty())
    found = pipeline::measure_field_with_objects(field.analysis, exposures, field.sky, regions,
                                                 field.pipeline, {field.plan.seed, {}, realisation});
  std::vector<pipeline::MeasuredClump>& measured = found.clumps;
  RealisationResult result;
  const double changed = changed_fraction(field, exposures);
  result.injections =
      validation::match(truth, pipeline::catalogue(field.analysis, measured), field.baseline, field.match);
  add_surroundings(result.injections, field, "true_x", "true_y", false);
  result.injections.add(
      "changed_fraction", "",
      "of the host's pixels, how many this realisation's injections change by more than half a "
      "sigma, reference band",
      io::Reals(result.injections.rows(), changed));
  if (realisation < realisations_with_examples)
    result.examples = example_table(result.injections, field, exposures, measured);
  if (field.ladder)
    result.ladder = ladder_rows(field, realisation, exposures, found, clumps, result.injections);
  std::erase_if(measured, [](const pipeline::MeasuredClump& clump) { return !clump.redrawn; });
  result.measured = measured_rows(field, measured, around::injections, realisation,
                                  injections_of(result.injections, measured));
  result.placeholders = placeholders_of(field, realisation, mass_msun);
  return result;
}

}  // namespace arcproof::recipes
