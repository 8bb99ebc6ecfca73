#include "validation/metrics/metrics.h"

#include "engine/core/statistics.h"

#include <algorithm>

namespace arcproof::validation {

void set_depth_metrics(const std::vector<FieldDepth>& depths, const std::vector<std::string>& bands,
                       Metrics& metrics) {
  for (std::size_t b = 0; b < bands.size(); ++b) {
    std::vector<double> of_band;
    for (const FieldDepth& field : depths) of_band.push_back(field.mag_ab[b]);
    metrics.set("depth." + bands[b], statistics::median(of_band));
  }
}

std::vector<MetricDescription> depth_metrics(const std::vector<std::string>& bands) {
  std::vector<MetricDescription> all;
  for (const std::string& band : bands)
    all.push_back({"depth." + band, "mag", "depth of the images, median over the fields [AB]"});
  return all;
}

void set_science_metrics(const io::Table& catalogue, Metrics& metrics) {
  const io::Flags& selected = catalogue.flags("selected");
  metrics.set("science.rows", static_cast<double>(catalogue.rows()));
  metrics.set("science.selected", static_cast<double>(std::count(selected.begin(), selected.end(), true)));
  const io::Flags &trusted = catalogue.flags("trusted"), &enough_snr = catalogue.flags("enough_snr");
  double untrusted = 0;
  for (std::size_t i = 0; i < catalogue.rows(); ++i) untrusted += enough_snr[i] && !trusted[i];
  metrics.set("science.not_trusted", untrusted);
}

std::vector<MetricDescription> science_metrics() {
  return {{"science.rows", "", "rows of the catalogue of the un-injected fields"},
          {"science.selected", "", "of them selected: S/N, a trusted fit, no interloper"},
          {"science.not_trusted", "", "rows of enough S/N whose fit is not trusted"}};
}

void set_metrics(const MetricOptions& options, const RunTables& tables, Metrics& metrics) {
  const std::string& band = options.reference_band;
  set_count_metrics(tables.injections, metrics);
  set_completeness_metrics(tables.injections, metrics);
  set_bright_metrics(tables.injections, band, metrics);
  set_pull_metrics(tables.injections, band, metrics);
  set_isolated_metrics(tables.injections, band, metrics);
  if (options.has_pairs) set_pair_metrics(tables.injections, band, metrics);
  set_bias_metrics(tables.bias, metrics);
  set_coverage_metrics(tables.coverage, metrics);
  set_depth_metrics(tables.depths, options.bands, metrics);
  if (tables.host_truth.rows()) set_link_metrics(tables.catalogue, tables.host_truth, band, metrics);
  set_science_metrics(tables.catalogue, metrics);
}

std::vector<MetricDescription> run_metrics(const MetricOptions& options) {
  std::vector<MetricDescription> all = count_metrics();
  add_to(all, completeness_metrics());
  add_to(all, bright_metrics());
  add_to(all, pull_metrics());
  add_to(all, isolated_metrics());
  if (options.has_pairs) add_to(all, pair_metrics());
  add_to(all, bias_metrics(options));
  add_to(all, coverage_metrics(options));
  add_to(all, depth_metrics(options.bands));
  add_to(all, science_metrics());
  add_to(all, link_metrics());
  return all;
}

}  // namespace arcproof::validation
