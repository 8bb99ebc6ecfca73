#include "recipes/program/campaign/outputs.h"

#include "engine/io/files.h"
#include "recipes/program/campaign/manifest.h"
#include "recipes/program/campaign/parts.h"
#include "recipes/program/campaign/products.h"
#include "recipes/program/campaign/report_data.h"
#include "recipes/program/fields/science_catalogue.h"
#include "reports/report.h"
#include "validation/correction/corrected.h"
#include "validation/studies/mass_function_tables.h"

namespace arcproof::recipes {
namespace fs = std::filesystem;

bool is_product(const std::string& file_name) {
  return is_file_of_a_product(file_name) || file_name == "report.json" || file_name == "report.html" ||
         file_name == "manifest.json";
}

validation::Judgement write_outputs(const Recipe& recipe, const Inputs& inputs,
                                    const std::vector<FieldSetup>& fields, const PartStore& store,
                                    const fs::path& output, int threads, const RunClock& clock,
                                    const std::vector<RoundRecord>& rounds) {
  const std::string hash = recipe_hash(recipe);
  RunData run{recipe, inputs, fields, output, threads};
  RealisationResult parts = joined_parts(recipe, store);
  run.injections = std::move(parts.injections);
  run.injections.note(studies::recipe_note, hash);
  if (recipe.injection.placement.kind == mocks::PlacementKind::catalogue)
    run.injections.note(validation::placing_note, validation::placed_by_catalogue);
  run.examples = std::move(parts.examples);
  run.placeholders = std::move(parts.placeholders);
  run.measured = std::move(parts.measured);
  run.ladder = std::move(parts.ladder);
  for (const FieldSetup& field : fields) {
    run.measured.append(field.controls.objects);
    run.areas.append(field.controls.areas);
  }
  const io::Table measured = science_catalogue(fields);
  const validation::CorrectionInput input{measured, run.injections, &run.measured};
  run.correction = std::make_shared<const validation::Correction>(input, recipe.correction, threads);
  run.catalogue = validation::corrected(input, *run.correction);
  run.catalogue.note(studies::recipe_note, hash);
  run.host_truth = host_truth(fields);
  run.described = metrics_of(recipe);
  for (const Product* product : all_products())
    if (product->is_asked_for(recipe)) product->make(run);

  io::write_json(output / "report.json", report_json(run));
  reports::write_report(output, report_sections());
  write_manifest(recipe, inputs, output, threads, clock, rounds);
  return run.judgement;
}

}  // namespace arcproof::recipes
