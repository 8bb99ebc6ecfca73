#include "validation/studies/population.h"

#include "engine/core/missing.h"
#include "engine/population/dynamics.h"
#include "engine/population/size_mass.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <iterator>

namespace arcproof::studies {
namespace {

constexpr std::size_t fewest = 3;

// One clump of the catalogue; NaN where it has no number.
struct CatalogueClump {
  std::int64_t row;
  double z, weight, log_mass, log_mass_error, log_age, log_age_error, radius, log_radius_error, absmag,
      absmag_error;
  bool is_limit;
};

double half_width(double low, double high) { return 0.5 * (high - low); }

std::vector<CatalogueClump> clumps_of(const PopulationOptions& options, const io::Table& t) {
  const auto column = [&](const std::string& name) {
    return t.has(name) ? t.reals(name) : io::Reals(t.rows(), nan);
  };
  const std::string absmag = "absmag_" + options.reference_band;
  const io::Reals z = column("z"), weight = column("weight"), mass = column("log_mass_msun"),
                  mass_low = column("log_mass_msun_q16"), mass_high = column("log_mass_msun_q84"),
                  mu = column("log_mass_mu_err"), age = column("log_age_yr"),
                  age_low = column("log_age_yr_q16"), age_high = column("log_age_yr_q84"),
                  radius = column("radius_pc"), minus = column("radius_pc_err_minus"),
                  plus = column("radius_pc_err_plus"), mag = column(absmag),
                  mag_error = column(absmag + "_err");
  const io::Flags &selected = t.flags("selected"), &is_limit = t.flags("radius_is_upper_limit");
  const io::Texts& host = t.texts("host");
  const io::Integers& counter_image_of = t.integers("counter_image_of");
  const io::Texts status = t.has("sed_status") ? t.texts("sed_status") : io::Texts(t.rows());
  std::vector<CatalogueClump> clumps;
  for (std::size_t i = 0; i < t.rows(); ++i) {
    if (!selected[i] || host[i].empty() || counter_image_of[i] != io::missing_integer) continue;
    const bool fitted = status[i] == "fitted", limit = is_limit[i];
    clumps.push_back({static_cast<std::int64_t>(i), z[i], weight[i], fitted ? mass[i] : nan,
                      std::hypot(half_width(mass_low[i], mass_high[i]), std::isfinite(mu[i]) ? mu[i] : 0),
                      fitted ? age[i] : nan, half_width(age_low[i], age_high[i]), radius[i],
                      limit ? 0.0 : 0.5 * (minus[i] + plus[i]) / (radius[i] * std::log(10.0)), mag[i],
                      mag_error[i], limit});
  }
  return clumps;
}

struct RedshiftBin {
  double low, high;
  std::vector<CatalogueClump> clumps;
};

// All redshifts, then each bin that holds clumps enough.
std::vector<RedshiftBin> bins_of(const std::vector<CatalogueClump>& clumps) {
  const auto between = [&](double low, double high) {
    RedshiftBin bin{low, high, {}};
    std::copy_if(clumps.begin(), clumps.end(), std::back_inserter(bin.clumps),
                 [&](const CatalogueClump& c) { return c.z >= low && c.z < high; });
    return bin;
  };
  constexpr auto edges = std::size(population_redshifts);
  std::vector<RedshiftBin> bins{between(population_redshifts[0], population_redshifts[edges - 1])};
  for (std::size_t e = 0; e + 1 < edges; ++e)
    if (RedshiftBin bin = between(population_redshifts[e], population_redshifts[e + 1]);
        bin.clumps.size() >= fewest)
      bins.push_back(std::move(bin));
  // One bin that holds all clumps says nothing new.
  if (bins.size() == 2 && bins[1].clumps.size() == bins[0].clumps.size()) bins.pop_back();
  return bins;
}

struct Weighted {
  double value, weight;
};

// Where the sum of the weights passes p of all: midpoints of the steps, linear between them.
double weighted_quantile(std::vector<Weighted> sample, double p) {
  std::stable_sort(sample.begin(), sample.end(),
                   [](const Weighted& a, const Weighted& b) { return a.value < b.value; });
  double total = 0, below = 0, last_position = 0, last_value = nan;
  for (const Weighted& w : sample) total += w.weight;
  for (const Weighted& w : sample) {
    const double position = (below + 0.5 * w.weight) / total;
    if (position >= p) {
      if (std::isnan(last_value)) return w.value;
      return last_value + (w.value - last_value) * (p - last_position) / (position - last_position);
    }
    below += w.weight;
    last_position = position;
    last_value = w.value;
  }
  return last_value;
}

struct Quantity {
  const char* name;
  bool needs_size;
  std::function<double(const CatalogueClump&)> of;
};

double log_density(const CatalogueClump& c) {
  return c.log_mass - std::log10(2 * 3.14159265358979323846 * c.radius * c.radius);
}

double log_dynamical_age(const CatalogueClump& c) {
  return std::log10(
      population::dynamical_age(std::pow(10, c.log_age - 6), {std::pow(10, c.log_mass), c.radius}));
}

// At which the Universe had the age of today's z less the clump's; NaN before the first million years.
double formation_redshift(const sky::Cosmology& cosmology, double z, double log_age_yr) {
  const double age = cosmology.age_myr(z) - std::pow(10, log_age_yr - 6);
  return age > 1 ? cosmology.redshift_at_age(age) : nan;
}

std::vector<Quantity> quantities_of(const PopulationOptions& options) {
  std::vector<Quantity> all = {{"radius_pc", true, [](const CatalogueClump& c) { return c.radius; }},
                               {"absmag", false, [](const CatalogueClump& c) { return c.absmag; }}};
  if (!options.has_sed) return all;
  const sky::Cosmology cosmology = options.cosmology;
  all.push_back({"log_mass_msun", false, [](const CatalogueClump& c) { return c.log_mass; }});
  all.push_back({"log_age_yr", false, [](const CatalogueClump& c) { return c.log_age; }});
  all.push_back({"formation_redshift", false, [cosmology](const CatalogueClump& c) {
                   return formation_redshift(cosmology, c.z, c.log_age);
                 }});
  all.push_back({"log_density_msun_pc2", true, log_density});
  all.push_back({"log_dynamical_age", true, log_dynamical_age});
  return all;
}

std::vector<Weighted> sample_of(const Quantity& q, const RedshiftBin& bin) {
  std::vector<Weighted> sample;
  for (const CatalogueClump& c : bin.clumps) {
    if (q.needs_size && c.is_limit) continue;
    if (const double value = q.of(c); std::isfinite(value)) sample.push_back({value, c.weight});
  }
  return sample;
}

std::vector<population::SizeAndMass> sizes_against(const RedshiftBin& bin, bool against_mass) {
  std::vector<population::SizeAndMass> sample;
  for (const CatalogueClump& c : bin.clumps) {
    const double x = against_mass ? c.log_mass : -0.4 * c.absmag,
                 error = against_mass ? c.log_mass_error : 0.4 * c.absmag_error;
    const population::SizeAndMass one{x, error, std::log10(c.radius), c.log_radius_error, c.is_limit};
    if (std::isfinite(x) && std::isfinite(error) && std::isfinite(one.log_radius_pc) &&
        std::isfinite(one.log_radius_error))
      sample.push_back(one);
  }
  return sample;
}

struct RelationRows {
  io::Texts relation, parameter;
  io::Reals z_low, z_high, pivot, median, low, high;
  io::Integers n, limits;
  void add(const char* name, const RedshiftBin& bin, double at, const population::SizeMassFit& fit) {
    for (const population::ParameterSummary& p : fit.parameters) {
      relation.emplace_back(name);
      parameter.push_back(p.name);
      z_low.push_back(bin.low);
      z_high.push_back(bin.high);
      pivot.push_back(at);
      median.push_back(p.median);
      low.push_back(p.low);
      high.push_back(p.high);
      n.push_back(fit.objects);
      limits.push_back(fit.upper_limits);
    }
  }
};

}  // namespace

io::Table population_table(const PopulationOptions& options, const io::Table& catalogue) {
  io::Texts quantity;
  io::Reals z_low, z_high, values[6];
  io::Integers n, limits;
  for (const RedshiftBin& bin : bins_of(clumps_of(options, catalogue)))
    for (const Quantity& q : quantities_of(options)) {
      const std::vector<Weighted> sample = sample_of(q, bin);
      if (sample.size() < fewest) continue;
      std::vector<Weighted> plain = sample, weighted;
      for (Weighted& w : plain) w.weight = 1;
      std::copy_if(sample.begin(), sample.end(), std::back_inserter(weighted),
                   [](const Weighted& w) { return std::isfinite(w.weight); });
      quantity.emplace_back(q.name);
      z_low.push_back(bin.low);
      z_high.push_back(bin.high);
      n.push_back(static_cast<std::int64_t>(sample.size()));
      limits.push_back(q.needs_size ? std::count_if(bin.clumps.begin(), bin.clumps.end(),
                                                    [](const CatalogueClump& c) { return c.is_limit; })
                                    : 0);
      constexpr double points[] = {0.5, 0.16, 0.84};
      for (std::size_t i = 0; i < 3; ++i) {
        values[i].push_back(weighted_quantile(plain, points[i]));
        values[3 + i].push_back(weighted_quantile(weighted, points[i]));
      }
    }
  io::Table t("POPULATION");
  t.add("quantity", "", "of the clumps", std::move(quantity));
  t.add("z_low", "", "bin of redshift", std::move(z_low));
  t.add("z_high", "", "bin of redshift", std::move(z_high));
  t.add("n", "", "clumps with this quantity", std::move(n));
  t.add("n_limits", "", "unresolved clumps, left out", std::move(limits));
  t.add("median", "", "as measured", std::move(values[0]));
  t.add("q16", "", "16% quantile", std::move(values[1]));
  t.add("q84", "", "84% quantile", std::move(values[2]));
  t.add("corrected_median", "", "each clump counts 1 / p_detect", std::move(values[3]));
  t.add("corrected_q16", "", "16% quantile", std::move(values[4]));
  t.add("corrected_q84", "", "84% quantile", std::move(values[5]));
  return t;
}

io::Table bound_table(const PopulationOptions& options, const io::Table& catalogue) {
  io::Reals z_low, z_high, fraction, error, corrected;
  io::Integers n;
  for (const RedshiftBin& bin : bins_of(clumps_of(options, catalogue))) {
    std::vector<population::BoundCluster> clusters;
    double bound = 0, total = 0;
    for (const CatalogueClump& c : bin.clumps) {
      const population::BoundCluster one{
          {c.log_mass, c.log_mass_error, std::log10(c.radius), c.log_radius_error, c.is_limit},
          c.log_age,
          c.log_age_error};
      const double p = population::bound_probability(one);
      if (!std::isfinite(p)) continue;
      clusters.push_back(one);
      if (!std::isfinite(c.weight)) continue;
      bound += c.weight * p;
      total += c.weight;
    }
    if (clusters.empty()) continue;
    const population::BoundFraction f = population::bound_fraction(clusters);
    z_low.push_back(bin.low);
    z_high.push_back(bin.high);
    n.push_back(f.clusters);
    fraction.push_back(f.fraction);
    error.push_back(f.error);
    corrected.push_back(total > 0 ? bound / total : nan);
  }
  io::Table t("BOUND");
  t.add("z_low", "", "bin of redshift", std::move(z_low));
  t.add("z_high", "", "bin of redshift", std::move(z_high));
  t.add("n", "", "clumps with mass, age and size or its limit", std::move(n));
  t.add("fraction", "", "expected fraction with dynamical age above 1; a lower limit where sizes are limits",
        std::move(fraction));
  t.add("fraction_err", "", "from the errors of measurement", std::move(error));
  t.add("corrected_fraction", "", "each clump counts 1 / p_detect", std::move(corrected));
  return t;
}

io::Table formation_table(const PopulationOptions& options, const io::Table& catalogue) {
  io::Integers row;
  io::Reals z, formed, low, high, mass, weight;
  for (const CatalogueClump& c : clumps_of(options, catalogue)) {
    if (!std::isfinite(c.log_age)) continue;
    const auto at = [&](double log_age) { return formation_redshift(options.cosmology, c.z, log_age); };
    row.push_back(c.row);
    z.push_back(c.z);
    formed.push_back(at(c.log_age));
    low.push_back(at(c.log_age - c.log_age_error));
    high.push_back(at(c.log_age + c.log_age_error));
    mass.push_back(c.log_mass);
    weight.push_back(c.weight);
  }
  io::Table t("FORMATION");
  t.add("catalogue_row", "", "from 0", std::move(row));
  t.add("z", "", "redshift", std::move(z));
  t.add("formation_redshift", "", "at which the Universe had the age of z less the clump's",
        std::move(formed));
  t.add("q16", "", "the same with the 16% quantile of the age", std::move(low));
  t.add("q84", "", "the same with the 84% quantile of the age; NaN: older than the Universe",
        std::move(high));
  t.add("log_mass_msun", "", "log10 stellar mass [solMass]", std::move(mass));
  t.add("weight", "", "1 / p_detect", std::move(weight));
  return t;
}

io::Table relations_table(const PopulationOptions& options, const io::Table& catalogue) {
  population::SizeMassOptions fit;
  fit.sampler = {.walkers = 60, .steps = 800};
  fit.burn_in = 300;
  fit.ensembles = 2;
  fit.threads = options.threads;
  fit.mean_log_mass = {0, 14};
  RelationRows rows;
  const std::vector<RedshiftBin> bins = bins_of(clumps_of(options, catalogue));
  fit.pivot_log_mass = 6;
  if (options.has_sed)
    rows.add("size_mass", bins.front(), fit.pivot_log_mass,
             population::fit_size_mass(sizes_against(bins.front(), true), fit, options.seed));
  fit.pivot_log_mass = 6.4;  // M_AB = -16
  for (const RedshiftBin& bin : bins)
    rows.add("luminosity_size", bin, fit.pivot_log_mass,
             population::fit_size_mass(sizes_against(bin, false), fit, options.seed));
  io::Table t("RELATIONS");
  t.add("relation", "", "size_mass: log10 R [pc] by log10 M [solMass]; luminosity_size: by -0.4 M_AB",
        std::move(rows.relation));
  t.add("z_low", "", "bin of redshift", std::move(rows.z_low));
  t.add("z_high", "", "bin of redshift", std::move(rows.z_high));
  t.add("n", "", "clumps in the fit", std::move(rows.n));
  t.add("n_limits", "", "of them with an upper limit of the size", std::move(rows.limits));
  t.add("pivot", "", "where the intercept holds", std::move(rows.pivot));
  t.add("parameter", "", "of log10 R = intercept + slope (x - pivot), normal scatter; distribution of x",
        std::move(rows.parameter));
  t.add("median", "", "of the posterior", std::move(rows.median));
  t.add("q16", "", "16% quantile", std::move(rows.low));
  t.add("q84", "", "84% quantile", std::move(rows.high));
  return t;
}

}  // namespace arcproof::studies
