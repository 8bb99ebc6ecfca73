#include "recipes/program/products/metrics.h"

#include "engine/io/fits.h"
#include "reports/sections/metrics.h"

#include <map>

namespace arcproof::recipes {
namespace {

void make_metrics(RunData& run) {
  std::map<std::string, validation::MetricDescription> described;
  for (const validation::MetricDescription& metric : run.described) described[metric.name] = metric;
  io::Texts names, units, meanings;
  io::Reals values;
  for (const auto& [name, value] : run.metrics.all()) {
    names.push_back(name);
    values.push_back(value);
    units.push_back(described[name].unit);
    meanings.push_back(described[name].meaning);
  }
  io::Table table("METRICS");
  table.add("name", "", "what criteria call it", std::move(names));
  table.add("value", "", "NaN where the run could not compute it", std::move(values));
  table.add("unit", "", "of the value; empty: a pure number", std::move(units));
  table.add("meaning", "", "what the number is", std::move(meanings));
  io::write_fits_tables(run.output / "metrics.fits", {table});
}

}  // namespace

const Product metrics_product = {
    {"metrics.fits"}, always_asked_for, no_metrics, make_metrics, {reports::metrics_section}};

}  // namespace arcproof::recipes
