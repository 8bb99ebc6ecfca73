#include "recipes/program/fields/science_catalogue.h"

#include "engine/pipeline/catalogue.h"
#include "engine/pipeline/counter_images.h"
#include "recipes/program/fields/surroundings.h"

namespace arcproof::recipes {
namespace {

io::Table only_host_rows(const io::Table& table) {
  const io::Texts& host = table.texts("host");
  std::vector<std::size_t> rows;
  for (std::size_t i = 0; i < host.size(); ++i)
    if (!host[i].empty()) rows.push_back(i);
  return table.select(rows);
}

}  // namespace

io::Table clumps_of_host(const FieldSetup& field, int threads) {
  // Realisation -1 - number: streams of their own, apart from all injections.
  const StreamName stream{field.plan.seed, {}, -1 - field.number};
  const auto clumps = pipeline::measure_field(field.analysis, field.exposures, field.sky, {}, field.pipeline,
                                              stream, threads);
  io::Table table = pipeline::catalogue(field.analysis, clumps);
  io::Integers counter;
  for (const std::int64_t brightest : pipeline::counter_images(field.analysis, clumps))
    counter.push_back(brightest < 0 ? io::missing_integer : clumps[static_cast<std::size_t>(brightest)].id);
  table.add("counter_image_of", "", "detection_id of the image of the same clump with the highest S/N",
            std::move(counter));
  table = only_host_rows(table);
  add_surroundings(table, field, "x", "y", true);
  return table;
}

io::Table science_catalogue(const std::vector<FieldSetup>& fields) {
  io::Table all("CATALOG");
  for (const FieldSetup& field : fields) all.append(field.catalogue);
  return all;
}

io::Table truth_of_host(const FieldSetup& field) {
  std::vector<mocks::InjectedClump> clumps;
  for (std::size_t k = 0; k < field.host_clumps.size(); ++k)
    clumps.push_back({static_cast<std::int64_t>(k), field.host_clumps[k].clump, field.host_clumps[k].images});
  if (clumps.empty()) return io::Table("HOST_TRUTH");
  return mocks::truth_table(field.plan, field.truth_field(), -1 - field.number, clumps);
}

io::Table host_truth(const std::vector<FieldSetup>& fields) {
  io::Table all("HOST_TRUTH");
  for (const FieldSetup& field : fields)
    if (field.host_truth.rows()) all.append(field.host_truth);
  return all;
}

}  // namespace arcproof::recipes
