#include "recipes/program/products/studies/template_campaign.h"

#include "engine/core/missing.h"
#include "engine/core/parallel.h"
#include "engine/core/units.h"
#include "engine/io/table_builder.h"
#include "engine/sed/fits/grids/grid.h"
#include "recipes/program/description/light.h"
#include "validation/studies/templates.h"

#include <algorithm>
#include <array>
#include <cmath>

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

constexpr std::size_t quantity_count = studies::template_quantities.size();
using Numbers = std::array<double, quantity_count>;

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

}  // namespace

io::Table template_clumps(const Recipe& recipe, const Inputs& inputs, int threads) {
  const TemplateMismatchRecipe& m = *recipe.template_mismatch;
  const std::vector<FittedRow> rows = all_rows(recipe, make_templates(recipe, inputs, threads), threads);
  io::Table table("CLUMPS");
  io::TableBuilder add(table, rows);
  add.column("truth_template", "", "template that the photometry was made with",
             [&](const FittedRow& r) { return m.templates[r.truth].name; });
  add.column("analysis_template", "", "template that was fitted",
             [&](const FittedRow& r) { return m.templates[r.analysis].name; });
  add.column("same_template", "", "both are one", [](const FittedRow& r) { return r.truth == r.analysis; });
  add.column("clump", "", "the same number is the same population, S/N and noise", &FittedRow::clump);
  add.column("z", "", "redshift", [&](const FittedRow& r) { return m.redshifts[r.drawn.z]; });
  add.column("snr", "", "true S/N in the reference band", [](const FittedRow& r) { return r.drawn.snr; });
  add.column("true_metallicity", "", "mass fraction Z",
             [](const FittedRow& r) { return r.drawn.population.metallicity; });
  add.column("status", "", "fitted, too_few_bands, no_allowed_model or not_seen", &FittedRow::status);
  add.column("chi2_reduced", "", "of the best model", &FittedRow::chi2_reduced);
  for (std::size_t q = 0; q < quantity_count; ++q) {
    const std::string name = studies::template_quantities[q].name,
                      unit = studies::template_quantities[q].unit,
                      text = studies::template_quantities[q].text;
    const auto number = [q](Numbers FittedRow::*which) {
      return [q, which](const FittedRow& r) { return (r.*which)[q]; };
    };
    add.column("true_" + name, unit, text + "; true", number(&FittedRow::true_value));
    add.column(name, unit, text + "; best model", number(&FittedRow::best));
    add.column(name + "_lo", unit, "16% of the redraws", number(&FittedRow::low));
    add.column(name + "_hi", unit, "84% of the redraws", number(&FittedRow::high));
  }
  return table;
}

}  // namespace arcproof::recipes
