#include "validation/studies/population.h"

#include "engine/core/missing.h"
#include "engine/core/statistics.h"
#include "engine/io/table_builder.h"
#include "engine/population/dynamics.h"
#include "engine/population/size_mass.h"

#include <algorithm>
#include <array>
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

struct QuantityRow {
  std::string quantity;
  double z_low, z_high;
  std::size_t n;
  std::ptrdiff_t limits;
  std::array<double, 3> plain, corrected;  // median, 16 and 84%
};

std::array<double, 3> summary_of(const std::vector<Weighted>& sample) {
  std::vector<std::pair<double, double>> pairs;
  for (const Weighted& one : sample) pairs.emplace_back(one.value, one.weight);
  const statistics::WeightedQuantiles quantiles(std::move(pairs));
  return {quantiles.at(0.5), quantiles.at(0.16), quantiles.at(0.84)};
}

QuantityRow row_of(const Quantity& q, const RedshiftBin& bin, const std::vector<Weighted>& sample) {
  std::vector<Weighted> plain = sample, weighted;
  for (Weighted& w : plain) w.weight = 1;
  std::copy_if(sample.begin(), sample.end(), std::back_inserter(weighted),
               [](const Weighted& w) { return std::isfinite(w.weight); });
  const auto limits =
      std::count_if(bin.clumps.begin(), bin.clumps.end(), [](const CatalogueClump& c) { return c.is_limit; });
  return {q.name,
          bin.low,
          bin.high,
          sample.size(),
          q.needs_size ? limits : 0,
          summary_of(plain),
          summary_of(weighted)};
}

struct BoundRow {
  double z_low, z_high;
  population::BoundFraction found;
  double corrected;
};

struct RelationRow {
  const char* relation;
  double z_low, z_high, pivot;
  int objects, limits;
  population::ParameterSummary parameter;
};

void add_relation(std::vector<RelationRow>& rows, const char* name, const RedshiftBin& bin, double pivot,
                  const population::SizeMassFit& fit) {
  for (const population::ParameterSummary& p : fit.parameters)
    rows.push_back({name, bin.low, bin.high, pivot, fit.objects, fit.upper_limits, p});
}

}  // namespace

io::Table population_table(const PopulationOptions& options, const io::Table& catalogue) {
  std::vector<QuantityRow> rows;
  for (const RedshiftBin& bin : bins_of(clumps_of(options, catalogue)))
    for (const Quantity& q : quantities_of(options))
      if (const std::vector<Weighted> sample = sample_of(q, bin); sample.size() >= fewest)
        rows.push_back(row_of(q, bin, sample));
  using Row = QuantityRow;
  io::Table t("POPULATION");
  io::TableBuilder(t, rows)
      .column("quantity", "", "of the clumps", &Row::quantity)
      .column("z_low", "", "bin of redshift", &Row::z_low)
      .column("z_high", "", "bin of redshift", &Row::z_high)
      .column("n", "", "clumps with this quantity", &Row::n)
      .column("n_limits", "", "unresolved clumps, left out", &Row::limits)
      .column("median", "", "as measured", [](const Row& r) { return r.plain[0]; })
      .column("q16", "", "16% quantile", [](const Row& r) { return r.plain[1]; })
      .column("q84", "", "84% quantile", [](const Row& r) { return r.plain[2]; })
      .column("corrected_median", "", "each clump counts its weight",
              [](const Row& r) { return r.corrected[0]; })
      .column("corrected_q16", "", "16% quantile", [](const Row& r) { return r.corrected[1]; })
      .column("corrected_q84", "", "84% quantile", [](const Row& r) { return r.corrected[2]; });
  return t;
}

io::Table bound_table(const PopulationOptions& options, const io::Table& catalogue) {
  std::vector<BoundRow> rows;
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
    if (!clusters.empty())
      rows.push_back(
          {bin.low, bin.high, population::bound_fraction(clusters), total > 0 ? bound / total : nan});
  }
  io::Table t("BOUND");
  io::TableBuilder(t, rows)
      .column("z_low", "", "bin of redshift", &BoundRow::z_low)
      .column("z_high", "", "bin of redshift", &BoundRow::z_high)
      .column("n", "", "clumps with mass, age and size or its limit",
              [](const BoundRow& r) { return r.found.clusters; })
      .column("fraction", "",
              "expected fraction with dynamical age above 1; a lower limit where sizes are limits",
              [](const BoundRow& r) { return r.found.fraction; })
      .column("fraction_err", "", "from the errors of measurement",
              [](const BoundRow& r) { return r.found.error; })
      .column("corrected_fraction", "", "each clump counts its weight", &BoundRow::corrected);
  return t;
}

io::Table formation_table(const PopulationOptions& options, const io::Table& catalogue) {
  std::vector<CatalogueClump> clumps = clumps_of(options, catalogue);
  std::erase_if(clumps, [](const CatalogueClump& c) { return !std::isfinite(c.log_age); });
  // Formed when the Universe had the age of z less the clump's, that many errors longer.
  const auto formed = [&](double errors) {
    return [&options, errors](const CatalogueClump& c) {
      return formation_redshift(options.cosmology, c.z, c.log_age + errors * c.log_age_error);
    };
  };
  io::Table t("FORMATION");
  io::TableBuilder(t, clumps)
      .column("catalogue_row", "", "from 0", &CatalogueClump::row)
      .column("z", "", "redshift", &CatalogueClump::z)
      .column("formation_redshift", "", "at which the Universe had the age of z less the clump's",
              [&](const CatalogueClump& c) { return formation_redshift(options.cosmology, c.z, c.log_age); })
      .column("q16", "", "the same with the 16% quantile of the age", formed(-1))
      .column("q84", "", "the same with the 84% quantile of the age; NaN: older than the Universe", formed(1))
      .column("log_mass_msun", "", "log10 stellar mass [solMass]", &CatalogueClump::log_mass)
      .column("weight", "", "how many clumps it stands for", &CatalogueClump::weight);
  return t;
}

io::Table relations_table(const PopulationOptions& options, const io::Table& catalogue) {
  population::SizeMassOptions fit;
  fit.sampler = {.walkers = 60, .steps = 800};
  fit.burn_in = 300;
  fit.ensembles = 2;
  fit.threads = options.threads;
  fit.mean_log_mass = {0, 14};
  std::vector<RelationRow> rows;
  const std::vector<RedshiftBin> bins = bins_of(clumps_of(options, catalogue));
  fit.pivot_log_mass = 6;
  if (options.has_sed)
    add_relation(rows, "size_mass", bins.front(), fit.pivot_log_mass,
                 population::fit_size_mass(sizes_against(bins.front(), true), fit, options.seed));
  fit.pivot_log_mass = 6.4;  // M_AB = -16
  for (const RedshiftBin& bin : bins)
    add_relation(rows, "luminosity_size", bin, fit.pivot_log_mass,
                 population::fit_size_mass(sizes_against(bin, false), fit, options.seed));
  using Row = RelationRow;
  io::Table t("RELATIONS");
  io::TableBuilder(t, rows)
      .column("relation", "", "size_mass: log10 R [pc] by log10 M [solMass]; luminosity_size: by -0.4 M_AB",
              &Row::relation)
      .column("z_low", "", "bin of redshift", &Row::z_low)
      .column("z_high", "", "bin of redshift", &Row::z_high)
      .column("n", "", "clumps in the fit", &Row::objects)
      .column("n_limits", "", "of them with an upper limit of the size", &Row::limits)
      .column("pivot", "", "where the intercept holds", &Row::pivot)
      .column("parameter", "",
              "of log10 R = intercept + slope (x - pivot), normal scatter; distribution of x",
              [](const Row& r) { return r.parameter.name; })
      .column("median", "", "of the posterior", [](const Row& r) { return r.parameter.median; })
      .column("q16", "", "16% quantile", [](const Row& r) { return r.parameter.low; })
      .column("q84", "", "84% quantile", [](const Row& r) { return r.parameter.high; });
  return t;
}

}  // namespace arcproof::studies
