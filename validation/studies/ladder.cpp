#include "validation/studies/ladder.h"

#include "engine/core/error.h"
#include "engine/core/missing.h"
#include "engine/core/random.h"
#include "engine/core/statistics.h"
#include "engine/io/table_builder.h"
#include "validation/bias.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <set>
#include <utility>

#include <fmt/format.h>

namespace arcproof::studies {
namespace {

constexpr std::size_t rungs = ladder_rungs.size();
constexpr std::size_t fewest_on_a_rung = 3;
constexpr int bootstraps = 300;
constexpr double ladder_rounding =
    1e-9;  // of numbers that went through logarithms: a true value put in is the truth

template <class Value>
using PerRung = std::array<Value, rungs>;

// ---- rows of one rung

const validation::Quantity& quantity_named(const std::vector<validation::Quantity>& all,
                                           const std::string& name) {
  const auto at = std::find_if(all.begin(), all.end(), [&](const auto& q) { return q.name == name; });
  require(at != all.end(), "ladder_rows_of: the quantity is measured");
  return *at;
}

// An end of the interval of a row; `side` is -1 or 1.
double end_of(const validation::Quantity& q, std::size_t i, int side) {
  const io::Reals& end = side < 0 ? q.low : q.high;
  return end.empty() ? q.measured[i] + side * q.error[i] : end[i];
}

// Whether nothing uncertain is left of a quantity: its intervals would be of no width by construction.
bool is_known(const std::string& quantity, int rung) {
  return (quantity == "mag" && rung >= rung_fluxes) ||
         (quantity == "log_radius_pc" && rung >= rung_magnification);
}

// ---- what became of one quantity

struct LadderClump {
  std::int64_t parent = 0;
  PerRung<double> offset{};  ///< measured - true
  PerRung<int> inside{};     ///< 1: the interval holds the truth, 0: it does not, -1: no interval
};

struct Coverage {
  int n = 0, inside = 0;
  double share() const { return n ? static_cast<double>(inside) / n : nan; }
};

// Numbers of a sample of clumps.
struct RungSample {
  PerRung<double> bias, coverage_change;
};

using LadderClumps = std::vector<const LadderClump*>;

std::vector<double> offsets(const LadderClumps& clumps, std::size_t rung) {
  std::vector<double> values;
  values.reserve(clumps.size());
  for (const LadderClump* clump : clumps) values.push_back(clump->offset[rung]);
  return values;
}

double coverage_change(const LadderClumps& clumps, std::size_t rung) {
  Coverage before, after;
  for (const LadderClump* clump : clumps) {
    if (clump->inside[rung] < 0 || clump->inside[rung - 1] < 0) continue;
    ++before.n;
    ++after.n;
    before.inside += clump->inside[rung - 1];
    after.inside += clump->inside[rung];
  }
  return after.share() - before.share();
}

RungSample sample_of(const LadderClumps& clumps) {
  RungSample sample;
  for (std::size_t r = 0; r < rungs; ++r) {
    sample.bias[r] = statistics::median(offsets(clumps, r));
    sample.coverage_change[r] = r ? coverage_change(clumps, r) : nan;
  }
  return sample;
}

std::vector<LadderClump> ladder_clumps_of(const io::Table& rows, const std::string& quantity) {
  const io::Integers &id = rows.integers("injection_id"), &parent = rows.integers("parent_id"),
                     &rung = rows.integers("rung");
  const io::Reals &truth = rows.reals("true_" + quantity), &value = rows.reals(quantity),
                  &low = rows.reals(quantity + "_low"), &high = rows.reals(quantity + "_high");
  std::map<std::int64_t, LadderClump> by_id;
  std::map<std::int64_t, std::size_t> finite;
  for (std::size_t i = 0; i < rows.rows(); ++i) {
    require(rung[i] >= 0 && rung[i] < std::ssize(ladder_rungs), "ladder_table: rungs are known");
    const auto r = static_cast<std::size_t>(rung[i]);
    LadderClump& clump = by_id[id[i]];
    clump.parent = parent[i];
    clump.offset[r] = std::round((value[i] - truth[i]) / ladder_rounding) * ladder_rounding;
    clump.inside[r] = !std::isfinite(low[i]) || !std::isfinite(high[i])                               ? -1
                      : truth[i] >= low[i] - ladder_rounding && truth[i] <= high[i] + ladder_rounding ? 1
                                                                                                      : 0;
    finite[id[i]] += std::isfinite(clump.offset[r]);
  }
  std::vector<LadderClump> result;
  for (const auto& [number, clump] : by_id)
    if (finite[number] == rungs) result.push_back(clump);
  return result;
}

// Samples of as many injected clumps, drawn with replacement; all images of a clump go together.
std::vector<RungSample> ladder_bootstrap(const std::vector<LadderClump>& clumps, std::uint64_t seed) {
  std::map<std::int64_t, LadderClumps> by_parent;
  for (const LadderClump& clump : clumps) by_parent[clump.parent].push_back(&clump);
  std::vector<LadderClumps> parents;
  for (auto& [number, images] : by_parent) parents.push_back(std::move(images));
  Random random({seed, "ladder"});
  std::vector<RungSample> samples;
  for (int k = 0; k < bootstraps; ++k) {
    LadderClumps drawn;
    for (std::size_t i = 0; i < parents.size(); ++i) {
      const LadderClumps& images = parents[random.index(parents.size())];
      drawn.insert(drawn.end(), images.begin(), images.end());
    }
    samples.push_back(sample_of(drawn));
  }
  return samples;
}

template <class Get>
double ladder_spread(const std::vector<RungSample>& samples, const Get& get) {
  std::vector<double> values;
  for (const RungSample& sample : samples)
    if (const double value = get(sample); std::isfinite(value)) values.push_back(value);
  return statistics::standard_deviation(values);
}

// ---- rows of LADDER

struct LadderLine {
  std::size_t rung = 0;
  const LadderQuantity* quantity = nullptr;
  std::size_t n = 0;
  Coverage coverage;
  double bias = nan, bias_err = nan, scatter = nan, coverage_err = nan;
  double bias_change = nan, bias_change_err = nan, coverage_change = nan, coverage_change_err = nan;
};

Coverage coverage_at(const std::vector<LadderClump>& clumps, std::size_t rung) {
  Coverage coverage;
  for (const LadderClump& clump : clumps) {
    coverage.n += clump.inside[rung] >= 0;
    coverage.inside += clump.inside[rung] > 0;
  }
  return coverage;
}

void fill(LadderLine& line, const std::vector<LadderClump>& clumps, const LadderClumps& all,
          const RungSample& sample, const std::vector<RungSample>& samples) {
  const std::size_t r = line.rung;
  line.bias = sample.bias[r];
  line.bias_err = ladder_spread(samples, [&](const RungSample& s) { return s.bias[r]; });
  line.scatter = statistics::mad_sigma(offsets(all, r));
  line.coverage = coverage_at(clumps, r);
  if (line.coverage.n) {
    const auto interval = statistics::binomial_interval(line.coverage.inside, line.coverage.n);
    line.coverage_err = 0.5 * (interval.high - interval.low);
  }
  if (r == 0) return;
  line.bias_change = sample.bias[r] - sample.bias[r - 1];
  line.bias_change_err =
      ladder_spread(samples, [&](const RungSample& s) { return s.bias[r] - s.bias[r - 1]; });
  line.coverage_change = sample.coverage_change[r];
  if (std::isfinite(line.coverage_change))
    line.coverage_change_err =
        ladder_spread(samples, [&](const RungSample& s) { return s.coverage_change[r]; });
}

std::vector<LadderLine> lines_of(const io::Table& rows, const LadderQuantity& quantity, std::uint64_t seed) {
  const std::vector<LadderClump> clumps = ladder_clumps_of(rows, quantity.name);
  LadderClumps all;
  for (const LadderClump& clump : clumps) all.push_back(&clump);
  const bool enough = clumps.size() >= fewest_on_a_rung;
  const RungSample sample = enough ? sample_of(all) : RungSample{};
  const std::vector<RungSample> samples = enough ? ladder_bootstrap(clumps, seed) : std::vector<RungSample>{};
  std::vector<LadderLine> lines;
  for (std::size_t r = 0; r < rungs; ++r) {
    LadderLine& line = lines.emplace_back();
    line.rung = r;
    line.quantity = &quantity;
    line.n = clumps.size();
    if (enough) fill(line, clumps, all, sample, samples);
  }
  return lines;
}

std::string metric_name(const std::string& rung, const std::string& quantity, const char* number) {
  return "ladder." + rung + "." + quantity + "." + number;
}

}  // namespace

io::Table ladder_rows_of(int rung, const io::Table& joined, const std::string& reference_band) {
  const io::Flags& recovered = joined.flags("recovered");
  std::vector<std::size_t> chosen;
  for (std::size_t i = 0; i < joined.rows(); ++i)
    if (recovered[i]) chosen.push_back(i);
  const io::Table rows = joined.select(chosen);
  io::Table table("LADDER_ROWS");
  for (const char* column : {"injection_id", "parent_id"}) table.add(rows.column(column));
  table.add("rung", "", "how many steps have true values", io::Integers(rows.rows(), rung));
  table.add("name", "", "what was put in last",
            io::Texts(rows.rows(), ladder_rungs.at(static_cast<std::size_t>(rung))));
  const std::vector<validation::Quantity> all = validation::quantities_of(rows, {}, reference_band);
  for (const LadderQuantity& quantity : ladder_quantities) {
    const std::string name = quantity.name, text = quantity.text;
    const bool magnitude = name == "mag", known = is_known(name, rung);
    const validation::Quantity& q =
        quantity_named(all, magnitude ? fmt::format("{}_{}", name, reference_band) : name);
    const auto ends = [&](int side) {
      io::Reals values;
      for (std::size_t i = 0; i < rows.rows(); ++i)
        values.push_back(!known && std::isfinite(q.measured[i]) ? end_of(q, i, side) : nan);
      return values;
    };
    table.add("true_" + name, quantity.unit, "true value of " + name, q.truth);
    table.add(name, quantity.unit, text, q.measured);
    table.add(name + "_low", quantity.unit, "lower end of the 68% interval; NaN: nothing uncertain is left",
              ends(-1));
    table.add(name + "_high", quantity.unit, "upper end of the 68% interval; NaN: nothing uncertain is left",
              ends(1));
  }
  table.add("mu", "", "magnification used", rows.reals("measured_mu"));
  return table;
}

io::Table ladder_table(const io::Table& rows, std::uint64_t seed) {
  std::vector<LadderLine> lines;
  for (const LadderQuantity& quantity : ladder_quantities)
    for (const LadderLine& line : rows.rows() ? lines_of(rows, quantity, seed) : std::vector<LadderLine>{})
      lines.push_back(line);
  std::stable_sort(lines.begin(), lines.end(),
                   [](const LadderLine& a, const LadderLine& b) { return a.rung < b.rung; });
  io::Table table("LADDER");
  io::TableBuilder add(table, lines);
  add.column("rung", "", "how many steps have true values",
             [](const LadderLine& l) { return static_cast<std::int64_t>(l.rung); });
  add.column("name", "", "what was put in last",
             [](const LadderLine& l) { return std::string(ladder_rungs[l.rung]); });
  add.column("quantity", "", "what was injected and measured",
             [](const LadderLine& l) { return std::string(l.quantity->name); });
  add.column("quantity_unit", "", "unit of biases and scatter",
             [](const LadderLine& l) { return std::string(l.quantity->unit); });
  add.column("n", "", "recovered clumps with this quantity at all rungs",
             [](const LadderLine& l) { return static_cast<std::int64_t>(l.n); });
  add.column("bias", "", "median of measured - true", &LadderLine::bias);
  add.column("bias_err", "", "1 sigma, bootstrap of injected clumps", &LadderLine::bias_err);
  add.column("scatter", "", "1.4826 median absolute deviation of measured - true", &LadderLine::scatter);
  add.column("n_interval", "", "of them with an interval",
             [](const LadderLine& l) { return std::int64_t{l.coverage.n}; });
  add.column("coverage_68", "", "share of true values inside the 68% intervals",
             [](const LadderLine& l) { return l.coverage.share(); });
  add.column("coverage_68_err", "", "half of its 68% Jeffreys interval", &LadderLine::coverage_err);
  add.column("bias_change", "", "bias - bias of the rung before", &LadderLine::bias_change);
  add.column("bias_change_err", "", "1 sigma, bootstrap, paired by clump", &LadderLine::bias_change_err);
  add.column("coverage_change", "", "change from the rung before, clumps with intervals at both",
             &LadderLine::coverage_change);
  add.column("coverage_change_err", "", "1 sigma, bootstrap, paired by clump",
             &LadderLine::coverage_change_err);
  return table;
}

void set_ladder_metrics(const io::Table& ladder, const io::Table& rows, bool has_sed,
                        validation::Metrics& metrics) {
  std::set<std::int64_t> clumps;
  if (rows.rows()) clumps.insert(rows.integers("injection_id").begin(), rows.integers("injection_id").end());
  metrics.set("ladder.clumps", static_cast<double>(clumps.size()));
  std::map<std::pair<std::string, std::string>, std::size_t> row_of;
  for (std::size_t i = 0; i < ladder.rows(); ++i)
    row_of[{ladder.texts("name")[i], ladder.texts("quantity")[i]}] = i;
  for (const char* rung : ladder_rungs)
    for (const LadderQuantity& quantity : ladder_quantities) {
      if (quantity.needs_sed && !has_sed) continue;
      const auto at = row_of.find({rung, quantity.name});
      const auto set = [&](const char* number, const char* column) {
        metrics.set(metric_name(rung, quantity.name, number),
                    at == row_of.end() ? nan : ladder.reals(column)[at->second]);
      };
      set("bias", "bias");
      if (rung != ladder_rungs.front()) set("bias_change", "bias_change");
      set("coverage", "coverage_68");
    }
}

std::vector<validation::MetricDescription> ladder_metrics(bool has_sed) {
  std::vector<validation::MetricDescription> all{
      {"ladder.clumps", "", "recovered injections in the truth-substitution ladder"}};
  for (const char* rung : ladder_rungs)
    for (const LadderQuantity& quantity : ladder_quantities) {
      if (quantity.needs_sed && !has_sed) continue;
      const std::string unit = *quantity.unit ? quantity.unit : "dex", name = quantity.name,
                        at = std::string(", rung ") + rung;
      all.push_back(
          {metric_name(rung, name, "bias"), unit, fmt::format("median of measured - true, {}{}", name, at)});
      if (rung != ladder_rungs.front())
        all.push_back({metric_name(rung, name, "bias_change"), unit,
                       fmt::format("change of that median from the rung before, {}{}", name, at)});
      all.push_back({metric_name(rung, name, "coverage"), "",
                     fmt::format("share of true values inside the 68% intervals, {}{}", name, at)});
    }
  return all;
}

}  // namespace arcproof::studies
