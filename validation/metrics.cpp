#include "validation/metrics.h"

#include "engine/core/statistics.h"
#include "validation/bias.h"
#include "validation/completeness.h"

#include <algorithm>
#include <cmath>
#include <iterator>

#include <fmt/format.h>

namespace arcproof::validation {
namespace {

constexpr const char* bias_columns[] = {"bias",        "bias_err",   "scatter",
                                        "pull_median", "pull_sigma", "pull_sd"};

void set_counts(const io::Table& joined, Metrics& metrics) {
  double injected = 0, recovered = 0;
  std::int64_t last = -1;
  double parents = 0;
  for (std::size_t i = 0; i < joined.rows(); ++i) {
    injected += joined.texts("injection_flag")[i] == "injected";
    recovered += joined.flags("recovered")[i];
    parents += joined.integers("parent_id")[i] != last;
    last = joined.integers("parent_id")[i];
  }
  metrics.set("counts.clumps", parents);
  metrics.set("counts.rows", static_cast<double>(joined.rows()));
  metrics.set("counts.injected", injected);
  metrics.set("counts.recovered", recovered);
  metrics.set("completeness.overall", injected > 0 ? recovered / injected : std::nan(""));
}

void set_completeness_metrics(const io::Table& joined, Metrics& metrics) {
  const LogisticCompleteness fit = fit_logistic(joined, "mag");
  metrics.set("completeness.mag_50", fit.mag_50);
  metrics.set("completeness.mag_50_err", fit.mag_50_error);
  metrics.set("completeness.width_mag", fit.width_mag);
  metrics.set("completeness.plateau", fit.plateau);
}

void set_bias_metrics(const io::Table& bias, Metrics& metrics) {
  for (std::size_t i = 0; i < bias.rows(); ++i) {
    if (bias.texts("axis")[i] != "all") continue;
    for (const char* column : bias_columns)
      metrics.set(fmt::format("bias.{}.{}", bias.texts("quantity")[i], column), bias.reals(column)[i]);
    metrics.set(fmt::format("bias.{}.n", bias.texts("quantity")[i]),
                static_cast<double>(bias.integers("n")[i]));
  }
}

void set_coverage_metrics(const io::Table& coverage, Metrics& metrics) {
  for (std::size_t i = 0; i < coverage.rows(); ++i)
    metrics.set("coverage." + coverage.texts("quantity")[i], coverage.reals("coverage")[i]);
}

constexpr double alone_for_a_fit_pix = 10;  // no light of another injection in a cutout of 9 x 9

// Pulls of clumps well above the noise, where the errors should be normal.
void set_bright_metrics(const io::Table& joined, const std::string& band, Metrics& metrics) {
  std::vector<double> pull, offset;
  for (std::size_t i = 0; i < joined.rows(); ++i) {
    if (!joined.flags("recovered")[i] || !(joined.reals("measured_snr_" + band)[i] > 10)) continue;
    const double truth = joined.reals("true_flux_" + band)[i];
    pull.push_back((joined.reals("measured_flux_" + band)[i] - truth) /
                   joined.reals("measured_flux_" + band + "_err")[i]);
    offset.push_back(joined.reals("measured_flux_" + band)[i] / truth - 1);
  }
  metrics.set("bright.n", static_cast<double>(pull.size()));
  metrics.set("bright.flux_bias", statistics::median(offset));
  metrics.set("bright.flux_pull_median", statistics::median(pull));
  metrics.set("bright.flux_pull_sigma", statistics::mad_sigma(pull));
}

// Pulls at S/N 5 - 50, of all recovered clumps and of those alone on empty sky, with each model of the
// errors: redraws as the recipe says, analytic for white and for correlated noise. The S/N that selects is
// that of the truth, so that the selection does not bend the pulls.
void set_pull_metrics(const io::Table& joined, const std::string& band, Metrics& metrics) {
  const std::string flux = "flux_" + band;
  for (const bool only_sky : {false, true})
    for (const auto& [error, column] :
         {std::pair{"redraws", "_err"}, {"white", "_err_analytic"}, {"correlated", "_err_correlated"}}) {
      const std::string name = std::string(only_sky ? "sky." : "all.") + error;
      std::vector<double> pull;
      for (std::size_t i = 0; i < joined.rows(); ++i) {
        const double truth = joined.reals("true_" + flux)[i];
        const double snr = truth / joined.reals("measured_" + flux + "_err_correlated")[i];
        if (!joined.flags("recovered")[i] || !(snr > 5 && snr < 50)) continue;
        const bool alone = !(joined.reals("neighbour_pix")[i] < alone_for_a_fit_pix);
        if (only_sky && !(joined.flags("on_empty_sky")[i] && alone)) continue;
        pull.push_back((joined.reals("measured_" + flux)[i] - truth) /
                       joined.reals("measured_" + flux + column)[i]);
      }
      metrics.set(fmt::format("pulls.{}.n", name), static_cast<double>(pull.size()));
      metrics.set(fmt::format("pulls.{}.median", name), statistics::median(pull));
      metrics.set(fmt::format("pulls.{}.sd", name), statistics::standard_deviation(pull));
      metrics.set(fmt::format("pulls.{}.sigma", name), statistics::mad_sigma(pull));
    }
}

struct SeparationRange {
  const char* name;
  double low, high;  // [pixel]
};
constexpr SeparationRange pair_ranges[] = {{"touching", 1.5, 2.5}, {"close", 2.5, 4}, {"wide", 4, 6}};
constexpr const char* pair_numbers[] = {"n",           "recovered",     "flux_bias", "flux_scatter",
                                        "radius_bias", "radius_scatter"};

// Crowding: flux (relative) and circularised sigma (natural logarithm) of recovered clumps by separation.
void set_pair_metrics(const io::Table& joined, const std::string& band, Metrics& metrics) {
  for (const SeparationRange& range : pair_ranges) {
    std::vector<double> flux, radius;
    double n = 0;
    for (std::size_t i = 0; i < joined.rows(); ++i) {
      const double separation = joined.reals("neighbour_pix")[i];
      if (joined.texts("injection_flag")[i] != "injected" ||
          !(separation >= range.low && separation < range.high))
        continue;
      n += 1;
      if (!joined.flags("recovered")[i]) continue;
      flux.push_back(joined.reals("measured_flux_" + band)[i] / joined.reals("true_flux_" + band)[i] - 1);
      const double sigma =
          std::sqrt(joined.reals("true_sigma_major_pix")[i] * joined.reals("true_sigma_minor_pix")[i]);
      radius.push_back(std::log(joined.reals("measured_sigma_circular_pix")[i] / sigma));
    }
    const double values[] = {n,
                             n > 0 ? static_cast<double>(flux.size()) / n : std::nan(""),
                             statistics::median(flux),
                             statistics::mad_sigma(flux),
                             statistics::median(radius),
                             statistics::mad_sigma(radius)};
    for (std::size_t k = 0; k < std::size(values); ++k)
      metrics.set(fmt::format("pairs.{}.{}", range.name, pair_numbers[k]), values[k]);
  }
}

double nearest_neighbour(const io::Table& joined, std::size_t row) {
  double nearest = HUGE_VAL;
  for (std::size_t j = 0; j < joined.rows(); ++j)
    if (j != row && joined.integers("realisation")[j] == joined.integers("realisation")[row] &&
        std::isfinite(joined.reals("true_x")[j]))
      nearest = std::min(nearest, std::hypot(joined.reals("true_x")[j] - joined.reals("true_x")[row],
                                             joined.reals("true_y")[j] - joined.reals("true_y")[row]));
  return nearest;
}

// Closure: clumps that are alone, resolved (sigma >= 0.6 pixel on both axes) and not cut by a critical line.
void set_closure_metrics(const io::Table& joined, const std::string& band, Metrics& metrics) {
  constexpr double alone_pix = 40, resolved_pix = 0.6;
  std::vector<double> flux, radius;
  for (std::size_t i = 0; i < joined.rows(); ++i) {
    if (!joined.flags("recovered")[i] || joined.integers("merged_images")[i] != 1 ||
        joined.integers("measured_group_size")[i] != 1)
      continue;
    if (!(joined.reals("true_sigma_minor_pix")[i] >= resolved_pix) ||
        nearest_neighbour(joined, i) < alone_pix)
      continue;
    flux.push_back(
        std::abs(joined.reals("measured_flux_" + band)[i] / joined.reals("true_flux_" + band)[i] - 1));
    radius.push_back(std::abs(joined.reals("measured_radius_pc")[i] / joined.reals("true_radius_pc")[i] - 1));
  }
  metrics.set("isolated.n", static_cast<double>(flux.size()));
  metrics.set("isolated.flux_deviation_median", statistics::median(flux));
  metrics.set("isolated.radius_deviation_median", statistics::median(radius));
  metrics.set("isolated.flux_deviation_max",
              flux.empty() ? std::nan("") : *std::max_element(flux.begin(), flux.end()));
  metrics.set("isolated.radius_deviation_max",
              radius.empty() ? std::nan("") : *std::max_element(radius.begin(), radius.end()));
}

void set_depth_metrics(const MetricOptions& options, const std::vector<FieldDepth>& depths,
                       Metrics& metrics) {
  for (std::size_t b = 0; b < options.bands.size(); ++b) {
    std::vector<double> of_band;
    for (const FieldDepth& field : depths) of_band.push_back(field.mag_ab[b]);
    metrics.set("depth." + options.bands[b], statistics::median(of_band));
  }
}

// Row of the brightest true image within a fit's reach of each row; -1: there is none.
io::Integers true_images(const io::Table& catalogue, const io::Table& truth, const std::string& band) {
  constexpr double reach_pix = 3;
  io::Integers images;
  for (std::size_t i = 0; i < catalogue.rows(); ++i) {
    std::int64_t image = -1;
    double brightest = 0;
    for (std::size_t k = 0; k < truth.rows(); ++k) {
      const double flux = truth.reals("true_flux_" + band)[k];
      const bool near = std::hypot(truth.reals("true_x")[k] - catalogue.reals("x")[i],
                                   truth.reals("true_y")[k] - catalogue.reals("y")[i]) < reach_pix;
      if (!near || truth.texts("field")[k] != catalogue.texts("field")[i] || !(flux > brightest)) continue;
      brightest = flux;
      image = static_cast<std::int64_t>(k);
    }
    images.push_back(image);
  }
  return images;
}

// Counter-images of simulated hosts: how many rows were joined to a brighter image, how many of them rightly,
// and how many of those that have a brighter image in the catalogue were joined to an image of their clump.
void set_link_metrics(const io::Table& catalogue, const io::Table& truth, const std::string& band,
                      Metrics& metrics) {
  const io::Integers image = true_images(catalogue, truth, band);
  const auto parent = [&](std::size_t row) {
    return truth.integers("parent_id")[static_cast<std::size_t>(image[row])];
  };
  const io::Integers &id = catalogue.integers("detection_id"),
                     &other = catalogue.integers("counter_image_of");
  const io::Texts& field = catalogue.texts("field");
  const io::Reals& snr = catalogue.reals("snr_" + band);
  const io::Flags& selected = catalogue.flags("selected");
  int made = 0, judged = 0, right = 0, possible = 0, found = 0;
  for (std::size_t i = 0; i < catalogue.rows(); ++i) {
    const bool linked = other[i] != io::missing_integer;
    made += linked;
    if (image[i] < 0 || !selected[i]) continue;
    bool has_brighter = false, rightly = false, known = false;
    for (std::size_t j = 0; j < catalogue.rows(); ++j) {
      if (j == i || field[j] != field[i]) continue;
      const bool same = image[j] >= 0 && parent(j) == parent(i);
      has_brighter |= same && image[j] != image[i] && selected[j] && snr[j] > snr[i];
      if (linked && id[j] == other[i]) {
        known = image[j] >= 0;
        rightly = same;
      }
    }
    judged += known;
    right += rightly;
    possible += has_brighter;
    found += has_brighter && rightly;
  }
  metrics.set("links.made", made);
  metrics.set("links.right", judged ? static_cast<double>(right) / judged : std::nan(""));
  metrics.set("links.possible", possible);
  metrics.set("links.found", possible ? static_cast<double>(found) / possible : std::nan(""));
}

}  // namespace

void set_metrics(const MetricOptions& options, const RunTables& tables, Metrics& metrics) {
  set_counts(tables.injections, metrics);
  set_completeness_metrics(tables.injections, metrics);
  set_bright_metrics(tables.injections, options.reference_band, metrics);
  set_pull_metrics(tables.injections, options.reference_band, metrics);
  set_closure_metrics(tables.injections, options.reference_band, metrics);
  if (options.has_pairs) set_pair_metrics(tables.injections, options.reference_band, metrics);
  set_bias_metrics(tables.bias, metrics);
  set_coverage_metrics(tables.coverage, metrics);
  set_depth_metrics(options, tables.depths, metrics);
  if (tables.host_truth.rows())
    set_link_metrics(tables.catalogue, tables.host_truth, options.reference_band, metrics);
  metrics.set("science.rows", static_cast<double>(tables.catalogue.rows()));
  const io::Flags& selected = tables.catalogue.flags("selected");
  metrics.set("science.selected", static_cast<double>(std::count(selected.begin(), selected.end(), true)));
}

std::vector<std::string> metric_names(const MetricOptions& options) {
  std::vector<std::string> names;
  const auto add = [&](const std::string& family, const std::vector<std::string>& members) {
    for (const std::string& member : members) names.push_back(fmt::format("{}.{}", family, member));
  };
  add("counts", {"clumps", "rows", "injected", "recovered"});
  add("completeness", {"overall", "mag_50", "mag_50_err", "width_mag", "plateau"});
  add("bright", {"n", "flux_bias", "flux_pull_median", "flux_pull_sigma"});
  for (const char* where : {"all", "sky"})
    for (const char* error : {"redraws", "white", "correlated"})
      add(fmt::format("pulls.{}.{}", where, error), {"n", "median", "sd", "sigma"});
  add("isolated", {"n", "flux_deviation_median", "radius_deviation_median", "flux_deviation_max",
                   "radius_deviation_max"});
  if (options.has_pairs)
    for (const SeparationRange& range : pair_ranges)
      add(std::string("pairs.") + range.name, {std::begin(pair_numbers), std::end(pair_numbers)});
  std::vector<std::string> quantities = quantity_names(options.bands, options.reference_band);
  if (!options.has_sed)
    std::erase_if(quantities, [](const std::string& q) {
      return q == "log_mass_msun" || q == "log_age_yr" || q == "ebv_mag";
    });
  for (const std::string& quantity : quantities) {
    add("bias." + quantity, {std::begin(bias_columns), std::end(bias_columns)});
    add("bias." + quantity, {"n"});
  }
  add("coverage", quantities);
  add("depth", options.bands);
  add("science", {"rows", "selected"});
  add("links", {"made", "right", "possible", "found"});
  return names;
}

}  // namespace arcproof::validation
