#include "recipes/program/products/correction.h"

#include "engine/core/text.h"
#include "engine/io/fits.h"
#include "reports/sections/science/correction.h"
#include "validation/correction/quality.h"

namespace arcproof::recipes {
namespace {

std::vector<validation::MetricDescription> metrics(const Recipe&) { return validation::correction_metrics(); }

void make_correction(RunData& run) {
  const auto cases = validation::detection_cases(run.injections);
  const io::Table counts = validation::corrected_counts(*run.correction);
  io::write_fits_tables(run.output / "correction.fits",
                        {validation::detection_quality(cases, run.correction->detection_model(), run.metrics),
                         validation::detection_limits(cases, run.correction->detection_model()), counts});
  validation::set_correction_metrics(*run.correction, run.metrics);
  validation::set_corrected_metrics(run.catalogue, counts, run.host_truth,
                                    lower_case(run.recipe.reference_band), run.metrics);
}

}  // namespace

const Product correction_product = {
    {"correction.fits"}, always_asked_for, metrics, make_correction, {reports::correction_section}};

}  // namespace arcproof::recipes
