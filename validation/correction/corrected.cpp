#include "validation/correction/corrected.h"

#include "engine/core/missing.h"
#include "engine/core/statistics.h"
#include "engine/io/table_builder.h"

#include <algorithm>
#include <cmath>
#include <map>

#include <fmt/format.h>

namespace arcproof::validation {
namespace {

constexpr double least_ess = 10;
constexpr std::size_t ids_listed = 10;

struct Level {
  const char* suffix;
  double p;
};
constexpr Level levels[] = {
    {"_q2p5", 0.025}, {"_q16", 0.16}, {"_q50", 0.5}, {"_q84", 0.84}, {"_q97p5", 0.975}};

using Sample = std::vector<std::pair<double, double>>;

struct Words {
  const char *name, *unit, *meaning;
};
Words words_of(Quantity quantity) {
  switch (quantity) {
    case Quantity::mag:
      return {"mag", "mag", "true magnitude, reference band"};
    case Quantity::log_mass:
      return {"log_mass", "", "true log10 of the stellar mass formed [solMass]"};
    case Quantity::log_radius:
      return {"log_radius", "", "true log10 of the half-light radius [pc]"};
    case Quantity::log_age:
      return {"log_age", "", "true log10 of the age [yr]"};
    case Quantity::ebv:
      return {"ebv", "mag", "true E(B-V)"};
    case Quantity::log_mu:
      return {"log_mu", "", "log10 of the true magnification"};
    case Quantity::log_density:
      return {"log_density", "", "log10 of M / (2 pi R^2) [solMass / pc^2]"};
  }
  return {};
}

std::string support_of(const RowPosterior& row, double flux, double neighbour_light) {
  if (row.draws.empty()) return "none";
  if (row.outside) return "outside";
  if (row.ess < least_ess) return "low_ess";
  return neighbour_light > flux ? "blend_risk" : "ok";
}

std::string ids_of(const RowPosterior& row, const io::Integers& ids) {
  std::vector<Draw> draws = row.draws;
  const auto heavier = [](const Draw& a, const Draw& b) {
    return a.weight > b.weight || (a.weight == b.weight && a.injection < b.injection);
  };
  const std::size_t count = std::min(ids_listed, draws.size());
  std::partial_sort(draws.begin(), draws.begin() + static_cast<std::ptrdiff_t>(count), draws.end(), heavier);
  std::string text;
  for (std::size_t i = 0; i < count; ++i) text += (i ? " " : "") + std::to_string(ids[draws[i].injection]);
  return text;
}

// All quantiles of one value of all rows: five (or three) columns.
template <class Value>
void add_quantiles(io::Table& table, const Correction& correction, const Words& words,
                   std::span<const Level> wanted, const std::string& name, const Value& value) {
  std::vector<io::Reals> columns(wanted.size());
  for (std::size_t i = 0; i < correction.rows().size(); ++i) {
    Sample sample;
    for (const Draw& draw : correction.rows()[i].draws) sample.emplace_back(value(i, draw), draw.weight);
    const statistics::WeightedQuantiles quantiles(std::move(sample));
    for (std::size_t q = 0; q < wanted.size(); ++q) columns[q].push_back(quantiles.at(wanted[q].p));
  }
  for (std::size_t q = 0; q < wanted.size(); ++q)
    table.add(name + wanted[q].suffix, words.unit,
              fmt::format("{}: {:g}% of its posterior", words.meaning, 100 * wanted[q].p),
              std::move(columns[q]));
}

}  // namespace

const char* name_of(Quantity quantity) { return words_of(quantity).name; }

bool is_correction_column(const std::string& name) {
  for (const char* own :
       {"p_true", "p_detect", "p_detect_err", "ess", "support", "weight", "nearest_injections"})
    if (name == own) return true;
  for (const Level& level : levels) {
    if (!name.ends_with(level.suffix)) continue;
    const std::string head = name.substr(0, name.size() - std::string(level.suffix).size());
    if (head.starts_with("true_flux_")) return true;
    for (const Quantity quantity : all_quantities)
      if (head == name_of(quantity)) return true;
  }
  return false;
}

io::Table corrected(const CorrectionInput& input, const Correction& correction) {
  io::Table table = input.catalogue;
  const std::vector<RowPosterior>& rows = correction.rows();
  io::TableBuilder add(table, rows);
  add.column("p_true", "",
             "probability that this is a clump of the host, not a blend, an artefact or an interloper; NaN: "
             "not selected",
             &RowPosterior::p_true);
  add.column("p_detect", "", "probability to find a clump like this at this place", &RowPosterior::p_detect);
  add.column("p_detect_err", "", "its error, 1 sigma", &RowPosterior::p_detect_err);
  for (const Quantity quantity : all_quantities)
    add_quantiles(table, correction, words_of(quantity), levels, name_of(quantity),
                  [&](std::size_t i, const Draw& draw) { return correction.value(quantity, i, draw); });
  for (std::size_t b = 0; b < correction.bands().size(); ++b) {
    const std::string meaning = "true flux in " + correction.bands()[b];
    add_quantiles(table, correction, {"", "nJy", meaning.c_str()}, std::span(levels).subspan(1, 3),
                  "true_flux_" + correction.bands()[b],
                  [&](std::size_t i, const Draw& draw) { return correction.flux(b, i, draw); });
  }
  const auto flux = numbers_of(input.catalogue, "flux_" + correction.reference_band());
  const auto light = input.catalogue.has("neighbour_light") ? numbers_of(input.catalogue, "neighbour_light")
                                                            : std::vector<double>(rows.size(), nan);
  add.column("ess", "", "effective number of injections behind the posterior", &RowPosterior::ess);
  add.column("support", "",
             "ok; blend_risk: neighbours are brighter here; low_ess: fewer than 10 effective injections; "
             "outside: no "
             "recovered injection was measured so bright, faint, large or small; none",
             [&](const RowPosterior& row, std::size_t i) { return support_of(row, flux[i], light[i]); });
  add.column("weight", "",
             "how many clumps the row stands for: p_true E[1 / p_mean], p_mean being p_detect in the mean "
             "over the places of "
             "clumps in its field; NaN: not selected",
             [](const RowPosterior& row) { return row.p_true * row.inverse_p_detect; });
  const io::Integers& ids = input.injections.integers("injection_id");
  add.column("nearest_injections", "", "injection_id of the ten that weigh most in the posterior",
             [&](const RowPosterior& row) { return ids_of(row, ids); });
  return table;
}

io::Table corrected_counts(const Correction& correction) {
  constexpr double step = 0.5, least_mean = 0.1;
  struct Bin {
    double low = 0;
    std::int64_t n = 0;
    double counts = 0, squares = 0, weight = 0;
    double completeness() const { return weight / counts; }
  };
  std::map<int, Bin> bins;
  for (std::size_t i = 0; i < correction.rows().size(); ++i) {
    const RowPosterior& row = correction.rows()[i];
    if (!(row.p_true > 0) || row.draws.empty()) continue;
    std::map<int, double> own;
    Sample mags;
    for (const Draw& draw : row.draws) {
      const double m = correction.value(Quantity::mag, i, draw);
      mags.emplace_back(m, draw.weight);
      const int at = static_cast<int>(std::floor(m / step));
      const double p = correction.mean_detection(i, draw), weight = row.p_true * draw.weight;
      own[at] += weight / std::fmax(p, least_p_detect);
      bins[at].weight += weight;
    }
    for (const auto& [at, c] : own) {
      bins[at].counts += c;
      bins[at].squares += c * c;
    }
    bins[static_cast<int>(std::floor(statistics::WeightedQuantiles(mags).at(0.5) / step))].n += 1;
  }
  std::vector<Bin> list;
  for (auto& [at, bin] : bins) {
    bin.low = at * step;
    list.push_back(bin);
  }
  io::Table table("COUNTS");
  io::TableBuilder add(table, list);
  add.column("low_mag", "mag", "bin of true magnitude, reference band", &Bin::low);
  add.column("high_mag", "mag", "its end", [&](const Bin& b) { return b.low + step; });
  add.column("n_rows", "", "selected rows with their median in the bin", &Bin::n);
  add.column("counts", "", "clumps: sum of p_true P / p_detect over rows and draws", &Bin::counts);
  add.column("counts_err", "", "square root of the sum of squares by row, plus 1",
             [](const Bin& b) { return std::sqrt(b.squares + 1); });
  add.column("completeness", "", "fraction of such clumps that is found: rows over counts",
             &Bin::completeness);
  add.column("status", "", "ok; not_measured: not more than a tenth is found", [&](const Bin& b) {
    return std::string(b.completeness() > least_mean ? "ok" : "not_measured");
  });
  return table;
}

}  // namespace arcproof::validation
