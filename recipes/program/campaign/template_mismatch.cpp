#include "recipes/program/campaign/template_mismatch.h"

#include "engine/core/missing.h"
#include "engine/core/parallel.h"
#include "engine/core/statistics.h"
#include "engine/core/units.h"
#include "engine/sed/fits/grid.h"
#include "recipes/program/campaign/template_degeneracies.h"
#include "recipes/program/description/light.h"

#include <algorithm>
#include <array>
#include <cmath>

#include <fmt/format.h>

namespace arcproof::recipes {
namespace {

// ---------------------------------------------------------------- templates

// A template at one redshift: what it makes, and what is fitted by who believes in it.
struct Template {
  sed::StarFormation history;
  double r_v = 0;
  std::vector<sed::BandSynthesis> light;  // per redshift
  std::vector<sed::ModelGrid> grid;
};

sed::StarFormation history_of(const ConstantHistory& h) { return {h.duration_myr}; }
sed::StarFormation history_of(const ExponentialHistory& h) {
  return {0, sed::HistoryForm::exponential, h.tau_myr};
}
sed::StarFormation history_of(const DelayedHistory& h) { return {0, sed::HistoryForm::delayed, h.tau_myr}; }
sed::StarFormation history_of(const TemplateRecipe& t) {
  return std::visit([](const auto& history) { return history_of(history); }, t.history);
}

sed::SynthesisOptions light_of(const Recipe& recipe, const TemplateRecipe& t) {
  sed::SynthesisOptions options = analysis_light(recipe);
  if (!t.attenuation.empty()) options.dust = sed::dust_law(t.attenuation);
  return options;
}

std::vector<Template> make_templates(const Recipe& recipe, const Inputs& inputs, int threads) {
  const TemplateMismatchRecipe& m = *recipe.template_mismatch;
  std::vector<Template> templates;
  for (std::size_t t = 0; t < m.templates.size(); ++t) {
    const sed::SynthesisOptions options = light_of(recipe, m.templates[t]);
    Template& one =
        templates.emplace_back(Template{history_of(m.templates[t]), sed::dust_r_v(options.dust), {}, {}});
    for (const double z : m.redshifts)
      one.light.emplace_back(inputs.template_libraries[t], inputs.filters, z, recipe.cosmology, options);
    one.grid.resize(m.redshifts.size());
  }
  parallel_for(templates.size() * m.redshifts.size(), threads, [&](std::size_t k) {
    Template& one = templates[k / m.redshifts.size()];
    const std::size_t z = k % m.redshifts.size();
    sed::GridAxes axes = recipe.grid;
    axes.histories = {one.history};
    one.grid[z] = sed::build_grid(one.light[z], axes, recipe.cosmology);
  });
  return templates;
}

// ---------------------------------------------------------------- clumps

struct DrawnClump {
  std::size_t z = 0;  // number of the redshift
  sed::Population population;
  double snr = 0;
  std::vector<double> noise;  // sigmas, per band
};

DrawnClump draw(const Recipe& recipe, std::size_t number) {
  const TemplateMismatchRecipe& m = *recipe.template_mismatch;
  DrawnClump d;
  d.z = number / static_cast<std::size_t>(m.clumps);
  Random random({.seed = recipe.seed, .purpose = "templates", .clump = static_cast<std::int64_t>(number)});
  const double oldest = recipe.cosmology.age_myr(m.redshifts[d.z]);
  const mocks::PopulationOptions& p = recipe.population;
  d.population.age_myr =
      mocks::uniform_in_log({std::min(p.age_myr.low, oldest), std::min(p.age_myr.high, oldest)}, random);
  d.population.metallicity = p.metallicity[random.index(p.metallicity.size())];
  d.population.ebv_mag = random.uniform(p.ebv_mag.low, p.ebv_mag.high);
  d.snr = mocks::uniform_in_log({m.snr_low, m.snr_high}, random);
  for (std::size_t b = 0; b < recipe.bands.size(); ++b) d.noise.push_back(random.normal());
  return d;
}

double sigma_njy(const BandRecipe& band) {
  return units::njy_from_abmag(band.depth_mag_ab) / band.depth_sigmas;
}

struct Photometry {
  double mass_msun = nan;
  std::vector<sed::BandFlux> bands;  // empty: not seen
};

Photometry photometry_of(const Recipe& recipe, const Template& truth, const DrawnClump& drawn) {
  sed::Population population = drawn.population;
  population.history = truth.history;
  const std::vector<double> flux = truth.light[drawn.z].fluxes_njy_per_msun(population);
  const std::size_t reference = recipe.band_index(recipe.reference_band);
  Photometry out;
  if (!(flux[reference] > 0)) return out;
  out.mass_msun = drawn.snr * sigma_njy(recipe.bands[reference]) / flux[reference];
  for (std::size_t b = 0; b < flux.size(); ++b) {
    const double sigma = sigma_njy(recipe.bands[b]);
    out.bands.push_back(
        {out.mass_msun * flux[b] + sigma * drawn.noise[b], sigma, recipe.pipeline.limits.sigmas * sigma});
  }
  return out;
}

constexpr std::array quantities{"log_age_yr", "log_mass_weighted_age_yr", "log_mass_msun", "av_mag",
                                "log_metallicity"};
struct Names {
  const char *unit, *text;
};
constexpr std::array<Names, quantities.size()> names{{{"log(yr)", "age since star formation began"},
                                                      {"log(yr)", "age, mean by mass formed"},
                                                      {"log(solMass)", "mass formed"},
                                                      {"mag", "attenuation in V"},
                                                      {"", "log10 of the mass fraction Z"}}};
using Numbers = std::array<double, quantities.size()>;

double log_mean_age(const sed::StarFormation& history, double log_age_yr) {
  return std::log10(sed::mass_weighted_age_myr(history, std::pow(10, log_age_yr - 6))) + 6;
}

Numbers numbers_of(const Template& t, double log_age_yr, double log_mass, double ebv_mag,
                   double log_metallicity) {
  const double mean_age = std::isnan(log_age_yr) ? nan : log_mean_age(t.history, log_age_yr);
  return {log_age_yr, mean_age, log_mass, ebv_mag * t.r_v, log_metallicity};
}

struct FittedRow {
  std::size_t truth = 0, analysis = 0, clump = 0;
  DrawnClump drawn;
  std::string status;
  double chi2_reduced = nan;
  Numbers true_value{}, best{}, low{}, high{};
};

std::string word(sed::SedStatus status) {
  if (status == sed::SedStatus::fitted) return "fitted";
  return status == sed::SedStatus::too_few_bands ? "too_few_bands" : "no_allowed_model";
}

void fit(const Recipe& recipe, const Template& analysis, const Photometry& photometry, FittedRow& row) {
  row.best.fill(nan);
  row.low = row.high = row.best;
  row.status = "not_seen";
  if (photometry.bands.empty()) return;
  Random random(
      {.seed = recipe.seed, .purpose = "template redraws", .clump = static_cast<std::int64_t>(row.clump)});
  const sed::SedResult result =
      sed::fit_grid(analysis.grid[row.drawn.z], photometry.bands, recipe.pipeline.sed, random);
  row.status = word(result.status);
  row.chi2_reduced = result.chi2_reduced;
  const auto at = [&](double sed::Estimate::*which) {
    return numbers_of(analysis, result.log_age_yr.*which, result.log_mass_msun.*which, result.ebv_mag.*which,
                      result.log_metallicity.*which);
  };
  row.best = at(&sed::Estimate::best);
  row.low = at(&sed::Estimate::low);
  row.high = at(&sed::Estimate::high);
}

// By truth, then analysis, then clump.
std::vector<FittedRow> all_rows(const Recipe& recipe, const std::vector<Template>& templates, int threads) {
  const TemplateMismatchRecipe& m = *recipe.template_mismatch;
  const std::size_t clumps = m.redshifts.size() * static_cast<std::size_t>(m.clumps), n = templates.size();
  std::vector<FittedRow> rows(n * n * clumps);
  parallel_for(clumps, threads, [&](std::size_t clump) {
    const DrawnClump drawn = draw(recipe, clump);
    for (std::size_t truth = 0; truth < n; ++truth) {
      const Photometry photometry = photometry_of(recipe, templates[truth], drawn);
      for (std::size_t analysis = 0; analysis < n; ++analysis) {
        FittedRow& row = rows[(truth * n + analysis) * clumps + clump];
        row.truth = truth;
        row.analysis = analysis;
        row.clump = clump;
        row.drawn = drawn;
        row.true_value = numbers_of(templates[truth], std::log10(drawn.population.age_myr) + 6,
                                    std::log10(photometry.mass_msun), drawn.population.ebv_mag,
                                    std::log10(drawn.population.metallicity));
        fit(recipe, templates[analysis], photometry, row);
      }
    }
  });
  return rows;
}

template <class Get>
void add_reals(io::Table& table, const std::string& name, const std::string& unit, const std::string& text,
               std::size_t rows, Get get) {
  io::Reals values;
  for (std::size_t i = 0; i < rows; ++i) values.push_back(get(i));
  table.add(name, unit, text, std::move(values));
}

// ---------------------------------------------------------------- summaries

struct TemplateBin {
  std::string truth, analysis;
  bool same = false;
  double low = nan, high = nan;  // of AGE, or the redshift
  std::size_t pair = 0;          // pairs in the order of the rows
  std::vector<std::size_t> rows;
};

struct OffsetSummary {
  double offset = nan, error = nan, scatter = nan, coverage = nan;
};

OffsetSummary summary_of(const io::Table& clumps, const TemplateBin& bin, const std::string& quantity) {
  const io::Reals &truth = clumps.reals("true_" + quantity), &best = clumps.reals(quantity),
                  &low = clumps.reals(quantity + "_lo"), &high = clumps.reals(quantity + "_hi");
  std::vector<double> off;
  double held = 0, with_interval = 0;
  for (const std::size_t i : bin.rows) {
    if (!std::isfinite(best[i])) continue;
    off.push_back(best[i] - truth[i]);
    if (!std::isfinite(low[i])) continue;
    with_interval += 1;
    held += low[i] <= truth[i] && truth[i] <= high[i];
  }
  if (off.empty()) return {};
  const std::vector<double> q = statistics::quantiles(off, std::array{0.16, 0.5, 0.84});
  const double scatter = 0.5 * (q[2] - q[0]);
  constexpr double of_median = 1.2533141373155;  // sqrt(pi / 2)
  return {q[1], of_median * scatter / std::sqrt(static_cast<double>(off.size())), scatter,
          with_interval > 0 ? held / with_interval : nan};
}

double median_chi2(const io::Table& clumps, const TemplateBin& bin) {
  std::vector<double> values;
  for (const std::size_t i : bin.rows)
    if (const double v = clumps.reals("chi2_reduced")[i]; std::isfinite(v)) values.push_back(v);
  return statistics::median(values);
}

// `key` says to which bin of its pair a row belongs.
template <class Key>
std::vector<TemplateBin> bins_of(const io::Table& clumps, Key key) {
  const io::Texts &truth = clumps.texts("truth_template"), &analysis = clumps.texts("analysis_template");
  std::vector<TemplateBin> bins;
  std::size_t pair = 0;
  for (std::size_t i = 0; i < clumps.rows(); ++i) {
    if (i > 0 && (truth[i] != truth[i - 1] || analysis[i] != analysis[i - 1])) ++pair;
    const auto [low, high] = key(i);
    auto bin = std::find_if(bins.begin(), bins.end(),
                            [&, at = low](const TemplateBin& b) { return b.pair == pair && b.low == at; });
    if (bin == bins.end())
      bin = bins.insert(bin, {truth[i], analysis[i], clumps.flags("same_template")[i], low, high, pair, {}});
    bin->rows.push_back(i);
  }
  std::sort(bins.begin(), bins.end(), [](const TemplateBin& a, const TemplateBin& b) {
    return a.pair != b.pair ? a.pair < b.pair : a.low < b.low;
  });
  return bins;
}

void add_pair_columns(io::Table& table, const std::vector<TemplateBin>& bins) {
  io::Texts truth, analysis;
  io::Flags same;
  for (const TemplateBin& bin : bins) {
    truth.push_back(bin.truth);
    analysis.push_back(bin.analysis);
    same.push_back(bin.same);
  }
  table.add("truth_template", "", "template that the photometry was made with", std::move(truth));
  table.add("analysis_template", "", "template that was fitted", std::move(analysis));
  table.add("same_template", "", "both are one", std::move(same));
}

void add_counts(io::Table& table, const io::Table& clumps, const std::vector<TemplateBin>& bins) {
  io::Integers drawn, fitted;
  for (const TemplateBin& bin : bins) {
    drawn.push_back(static_cast<std::int64_t>(bin.rows.size()));
    fitted.push_back(std::count_if(bin.rows.begin(), bin.rows.end(),
                                   [&](std::size_t i) { return clumps.texts("status")[i] == "fitted"; }));
  }
  table.add("n_drawn", "", "clumps", std::move(drawn));
  table.add("n_fitted", "", "of them with a fit", std::move(fitted));
}

void add_summaries(io::Table& table, const io::Table& clumps, const std::vector<TemplateBin>& bins) {
  for (std::size_t q = 0; q < quantities.size(); ++q) {
    const std::string name = quantities[q], text = names[q].text;
    std::vector<OffsetSummary> all;
    for (const TemplateBin& bin : bins) all.push_back(summary_of(clumps, bin, name));
    const std::size_t n = bins.size();
    const std::string unit = name == "av_mag" ? "mag" : "", dex = name == "av_mag" ? "" : " [dex]";
    add_reals(table, name + "_offset", unit, fmt::format("median of fitted - true{}: {}", dex, text), n,
              [&](std::size_t i) { return all[i].offset; });
    add_reals(table, name + "_offset_err", unit, "1 sigma of that median", n,
              [&](std::size_t i) { return all[i].error; });
    add_reals(table, name + "_scatter", unit, "half of the 16% to 84% range of the same" + dex, n,
              [&](std::size_t i) { return all[i].scatter; });
    add_reals(table, name + "_coverage", "", "share of 68% intervals that hold the truth", n,
              [&](std::size_t i) { return all[i].coverage; });
  }
  add_reals(table, "chi2_reduced_median", "", "median reduced chi-squared of the best models", bins.size(),
            [&](std::size_t i) { return median_chi2(clumps, bins[i]); });
}

io::Table table_of(const std::string& name, const io::Table& clumps, const std::vector<TemplateBin>& bins) {
  io::Table table(name);
  add_pair_columns(table, bins);
  const auto ends = [&](const char* column, const char* unit, const char* text, double TemplateBin::*end) {
    add_reals(table, column, unit, text, bins.size(), [&](std::size_t i) { return bins[i].*end; });
  };
  if (name == "AGE") {
    ends("log_age_low", "log(yr)", "true age since star formation began, from", &TemplateBin::low);
    ends("log_age_high", "log(yr)", "to", &TemplateBin::high);
  }
  if (name == "REDSHIFT") ends("z", "", "redshift", &TemplateBin::low);
  add_counts(table, clumps, bins);
  add_summaries(table, clumps, bins);
  return table;
}

// ---------------------------------------------------------------- metrics

// Largest |offset| of the rows that count; NaN without any.
template <class Counts>
double largest(const io::Table& table, const char* quantity, Counts counts) {
  double most = nan;
  for (std::size_t i = 0; i < table.rows(); ++i)
    if (counts(i)) most = std::fmax(most, std::abs(table.reals(std::string(quantity) + "_offset")[i]));
  return most;
}

}  // namespace

io::Table template_clumps(const Recipe& recipe, const Inputs& inputs, int threads) {
  const TemplateMismatchRecipe& m = *recipe.template_mismatch;
  const std::vector<FittedRow> rows = all_rows(recipe, make_templates(recipe, inputs, threads), threads);
  io::Table table("CLUMPS");
  io::Texts truth, analysis, status;
  io::Flags same;
  io::Integers clump;
  for (const FittedRow& row : rows) {
    truth.push_back(m.templates[row.truth].name);
    analysis.push_back(m.templates[row.analysis].name);
    same.push_back(row.truth == row.analysis);
    clump.push_back(static_cast<std::int64_t>(row.clump));
    status.push_back(row.status);
  }
  table.add("truth_template", "", "template that the photometry was made with", std::move(truth));
  table.add("analysis_template", "", "template that was fitted", std::move(analysis));
  table.add("same_template", "", "both are one", std::move(same));
  table.add("clump", "", "the same number is the same population, S/N and noise", std::move(clump));
  const auto real = [&](const char* name, const char* unit, const char* text, auto get) {
    add_reals(table, name, unit, text, rows.size(), [&](std::size_t i) { return get(rows[i]); });
  };
  real("z", "", "redshift", [&](const FittedRow& r) { return m.redshifts[r.drawn.z]; });
  real("snr", "", "true S/N in the reference band", [](const FittedRow& r) { return r.drawn.snr; });
  real("true_metallicity", "", "mass fraction Z",
       [](const FittedRow& r) { return r.drawn.population.metallicity; });
  table.add("status", "", "fitted, too_few_bands, no_allowed_model or not_seen", std::move(status));
  real("chi2_reduced", "", "of the best model", [](const FittedRow& r) { return r.chi2_reduced; });
  for (std::size_t q = 0; q < quantities.size(); ++q) {
    const std::string name = quantities[q];
    const auto add = [&](const std::string& column, const std::string& text, Numbers FittedRow::*which) {
      add_reals(table, column, names[q].unit, text, rows.size(),
                [&](std::size_t i) { return (rows[i].*which)[q]; });
    };
    add("true_" + name, std::string(names[q].text) + "; true", &FittedRow::true_value);
    add(name, std::string(names[q].text) + "; best model", &FittedRow::best);
    add(name + "_lo", "16% of the redraws", &FittedRow::low);
    add(name + "_hi", "84% of the redraws", &FittedRow::high);
  }
  return table;
}

std::vector<io::Table> template_tables(const Recipe& recipe, const io::Table& clumps) {
  const double step = recipe.template_mismatch->age_step_dex;
  const io::Reals &age = clumps.reals("true_log_age_yr"), &z = clumps.reals("z");
  const auto whole = [](std::size_t) { return std::pair{0.0, 0.0}; };
  const auto by_age = [&](std::size_t i) {
    const double low = std::floor(age[i] / step + 1e-9) * step;
    return std::pair{low, low + step};
  };
  const auto by_redshift = [&](std::size_t i) { return std::pair{z[i], z[i]}; };
  return {table_of("PAIRS", clumps, bins_of(clumps, whole)), table_of("AGE", clumps, bins_of(clumps, by_age)),
          table_of("REDSHIFT", clumps, bins_of(clumps, by_redshift)), degeneracy_table(clumps),
          history_table(clumps)};
}

void set_template_metrics(const std::vector<io::Table>& tables, validation::Metrics& metrics) {
  const io::Table &pairs = tables[0], &ages = tables[1];
  const io::Integers& fitted = pairs.integers("n_fitted");
  metrics.set("templates.pairs", static_cast<double>(pairs.rows()));
  metrics.set("templates.min_fitted",
              fitted.empty() ? nan : static_cast<double>(*std::min_element(fitted.begin(), fitted.end())));
  constexpr std::int64_t fewest = 10;
  for (const char* q : quantities) {
    const std::string name = q;
    metrics.set("templates.worst_abs_" + name,
                largest(pairs, q, [&](std::size_t i) { return !pairs.flags("same_template")[i]; }));
    metrics.set("templates.self_abs_" + name,
                largest(pairs, q, [&](std::size_t i) { return pairs.flags("same_template")[i]; }));
    metrics.set("templates.worst_bin_abs_" + name, largest(ages, q, [&](std::size_t i) {
                  return !ages.flags("same_template")[i] && ages.integers("n_fitted")[i] >= fewest;
                }));
  }
  set_degeneracy_metrics(tables[3], tables[4], metrics);
}

std::vector<std::string> template_metric_names(const Recipe& recipe) {
  if (!recipe.template_mismatch) return {};
  std::vector<std::string> all{"templates.pairs", "templates.min_fitted"};
  for (const char* q : quantities)
    for (const char* family : {"worst_abs_", "self_abs_", "worst_bin_abs_"})
      all.push_back(std::string("templates.") + family + q);
  for (const std::string& name : degeneracy_metric_names()) all.push_back(name);
  return all;
}

}  // namespace arcproof::recipes
