#include "validation/studies/mass_function_recovery.h"

#include "engine/core/error.h"
#include "engine/core/missing.h"
#include "engine/core/parallel.h"
#include "engine/core/random.h"
#include "engine/core/statistics.h"
#include "engine/io/table_builder.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <span>

#include <fmt/format.h>

namespace arcproof::studies {
namespace {

using population::ClusterMass;
using population::CorrectedFit;
using population::CorrectedStatus;
using population::MassFunctionModel;
using population::MeasuredInjection;

constexpr double near_dex = 0.2;
constexpr int stated_mocks = 100;
constexpr int most_draws = 20'000'000;  // for one mock: a law that selects next to nothing is refused

// ---------------------------------------------------------------- the law of the catalogue

// What became of one injected clump.
struct Outcome {
  double log_mass, log_draw_density, weight, offset, error;  // offset NaN: not found
};

std::vector<Outcome> outcomes_of(const RecoveryInput& input) {
  const auto clumps = population::measured_by_clump(input.images, input.drawn, input.cuts);
  // Stated errors, of the image that gave the mass.
  std::map<std::int64_t, std::map<double, double>> error;
  std::vector<std::int64_t> order;
  for (const population::InjectedClumpImage& i : input.images) {
    if (error.try_emplace(i.clump).second) order.push_back(i.clump);
    if (std::isfinite(i.measured.log_mass_msun))
      error[i.clump][i.measured.log_mass_msun] = i.measured.log_mass_error;
  }
  std::vector<Outcome> outcomes;
  for (std::size_t k = 0; k < clumps.size(); ++k) {
    const MeasuredInjection& c = clumps[k];
    const bool found = std::isfinite(c.measured_log_mass);
    outcomes.push_back({c.log_mass_msun, c.log_draw_density, c.weight,
                        found ? c.measured_log_mass - c.log_mass_msun : nan,
                        found ? error[order[k]][c.measured_log_mass] : nan});
  }
  std::stable_sort(outcomes.begin(), outcomes.end(),
                   [](const Outcome& a, const Outcome& b) { return a.log_mass < b.log_mass; });
  return outcomes;
}

class Law {
 public:
  explicit Law(std::vector<Outcome> outcomes) : outcomes_(std::move(outcomes)) {
    for (const Outcome& o : outcomes_) {
      on_sky_.push_back((on_sky_.empty() ? 0 : on_sky_.back()) + std::exp(-o.log_draw_density));
      in_source_.push_back((in_source_.empty() ? 0 : in_source_.back()) +
                           o.weight * std::exp(-o.log_draw_density));
    }
  }
  double low() const { return outcomes_.front().log_mass; }
  double high() const { return outcomes_.back().log_mass; }

  /// How a clump of this mass fares, drawn as injections are (uniform on the sky) or as the population is.
  /// The weight is over the mean of the clumps nearby, as places do not depend on mass.
  Outcome draw(double log_mass, bool of_population, Random& random) const {
    const std::vector<double>& cumulative = of_population ? in_source_ : on_sky_;
    const auto at = [&](double l) {
      return static_cast<std::size_t>(
          std::lower_bound(outcomes_.begin(), outcomes_.end(), l,
                           [](const Outcome& o, double x) { return o.log_mass < x; }) -
          outcomes_.begin());
    };
    std::size_t first = at(log_mass - near_dex), last = at(log_mass + near_dex);
    if (first == last) {  // a gap in the injections: the nearest
      first = std::min(first, outcomes_.size() - 1);
      last = first + 1;
    }
    const double below = first ? cumulative[first - 1] : 0;
    const double value = below + random.uniform() * sum(cumulative, first, last);
    const auto found = std::upper_bound(cumulative.begin() + static_cast<std::ptrdiff_t>(first),
                                        cumulative.begin() + static_cast<std::ptrdiff_t>(last) - 1, value);
    Outcome outcome = outcomes_[static_cast<std::size_t>(found - cumulative.begin())];
    outcome.weight /= sum(in_source_, first, last) / sum(on_sky_, first, last);
    return outcome;
  }

 private:
  static double sum(const std::vector<double>& cumulative, std::size_t first, std::size_t last) {
    return cumulative[last - 1] - (first ? cumulative[first - 1] : 0);
  }
  std::vector<Outcome> outcomes_;
  std::vector<double> on_sky_, in_source_;  // cumulative weights
};

// ---------------------------------------------------------------- populations and mocks

struct Population {
  std::string name;
  MassFunctionModel model = MassFunctionModel::power_law;
  double beta = 0, log_cutoff = 0;
  int clusters = 0;
  std::vector<double> truth() const {
    return model == MassFunctionModel::power_law ? std::vector{beta} : std::vector{beta, log_cutoff};
  }
};

std::vector<Population> populations_of(const RecoveryOptions& o) {
  std::vector<Population> all;
  for (const double beta : o.slopes)
    all.push_back({fmt::format("power law {:g}", beta), MassFunctionModel::power_law, beta, 0, o.clusters});
  if (o.log_cutoff)
    all.push_back({fmt::format("Schechter {:g}, {:g}", o.cutoff_slope, *o.log_cutoff),
                   MassFunctionModel::schechter, o.cutoff_slope, *o.log_cutoff, o.cutoff_clusters});
  return all;
}

// Clusters of a catalogue. Masses beyond the injections are never found, as the fit takes them.
std::vector<ClusterMass> draw_catalogue(const Population& p, const Law& law,
                                        const population::MassFunctionOptions& cuts, Random& random) {
  constexpr int batch = 256;
  const double lowest = std::pow(10, law.low()), highest = std::pow(10, law.high());
  std::vector<ClusterMass> clusters;
  for (int drawn = 0; static_cast<int>(clusters.size()) < p.clusters; drawn += batch) {
    require(drawn < most_draws, "mass_function_recovery: the injections find some of the population");
    for (const double mass :
         population::draw_masses(p.model, p.beta, p.log_cutoff, lowest, batch, random, highest)) {
      const double l = std::log10(mass);
      const Outcome o = law.draw(l, true, random);
      const ClusterMass cluster{l + o.offset, o.error, 0, 0};
      if (static_cast<int>(clusters.size()) < p.clusters &&
          !population::select_masses(std::span(&cluster, 1), cuts).empty())
        clusters.push_back(cluster);
    }
  }
  return clusters;
}

// Three in five in the lowest third of the range, where steep mass functions have their weight; the others
// all over it. The density is that of the mixture.
std::vector<MeasuredInjection> draw_injections(const Law& law, int count, Random& random) {
  const double low = law.low(), range = law.high() - low;
  std::vector<MeasuredInjection> all;
  for (int k = 0; k < count; ++k) {
    const double l = low + range * random.uniform() * (random.uniform() < 0.6 ? 1.0 / 3 : 1.0);
    const double density = (0.4 + (l < low + range / 3 ? 1.8 : 0.0)) / range;
    const Outcome o = law.draw(l, false, random);
    all.push_back({l, std::log(density), o.weight, l + o.offset});
  }
  return all;
}

struct Mock {
  std::vector<double> published, stated;  // NaN: not fitted
  CorrectedFit fit;
};

CorrectedFit fit_stated(const Population& p, const std::vector<ClusterMass>& clusters,
                        const std::vector<MeasuredInjection>& injections, double lowest,
                        const population::MassFunctionOptions& cuts) {
  std::vector<population::Injection> counted;
  for (const MeasuredInjection& i : injections) {
    const ClusterMass measured{i.measured_log_mass, 0, 0, 0};
    counted.push_back({i.log_mass_msun, i.log_draw_density,
                       !population::select_masses(std::span(&measured, 1), cuts).empty(), i.weight});
  }
  return population::correct_mass_function(p.model, clusters, counted, lowest, cuts);
}

Mock run_mock(const Population& p, const Law& law, const RecoveryOptions& o,
              const population::MassFunctionOptions& cuts, std::uint64_t seed, const std::string& stream,
              int mock) {
  Random of_clusters({seed, "recovery clusters " + stream, mock});
  Random of_injections({seed, "recovery injections " + stream, mock});
  const std::vector<ClusterMass> clusters = draw_catalogue(p, law, cuts, of_clusters);
  const std::vector<MeasuredInjection> injections = draw_injections(law, o.injections, of_injections);
  const double lowest = std::pow(10, law.low());
  Mock result;
  result.published = population::maximum_posterior(p.model, population::select_masses(clusters, cuts), cuts);
  result.stated.assign(result.published.size(), nan);
  if (mock < stated_mocks && p.model == MassFunctionModel::power_law)
    result.stated = {fit_stated(p, clusters, injections, lowest, cuts).parameters[0].median};
  result.fit = population::correct_mass_function(p.model, clusters, injections, lowest, cuts);
  return result;
}

// Posterior probability below the truth, the Monte-Carlo error folded in. Of refused fits too: what is
// refused depends on the data, and ranks of the others alone are not uniform.
double probability_below(const CorrectedFit& fit, double truth) {
  if (!fit.posterior) return nan;
  const double error = fit.parameters[0].monte_carlo_error;
  double sum = 0;
  constexpr int steps = 40;  // of the normal error, by equal probabilities
  for (int i = 0; i < steps; ++i)
    sum += fit.posterior->cumulative(0, truth + error * statistics::normal_quantile((i + 0.5) / steps));
  return sum / steps;
}

// ---------------------------------------------------------------- tables

struct MockRows {
  io::Texts population, parameter, status;
  io::Integers mock;
  io::Reals truth, published, stated, median, low, high, error, n_eff;
  void add(const Population& p, int number, const Mock& m) {
    const std::vector<double> true_values = p.truth();
    for (std::size_t i = 0; i < true_values.size(); ++i) {
      const population::CorrectedParameter& c = m.fit.parameters[i];
      population.push_back(p.name);
      parameter.push_back(c.name);
      mock.push_back(number);
      truth.push_back(true_values[i]);
      published.push_back(m.published[i]);
      stated.push_back(m.stated[i]);
      median.push_back(c.median);
      low.push_back(c.low);
      high.push_back(c.high);
      error.push_back(c.monte_carlo_error);
      n_eff.push_back(m.fit.effective_injections);
      status.emplace_back(population::name_of(m.fit.status));
    }
  }
  io::Table table() && {
    io::Table t("MOCKS");
    t.add("population", "", "mass function of the mock", std::move(population));
    t.add("parameter", "", "beta, or log10 M_c [solMass]", std::move(parameter));
    t.add("mock", "", "number", std::move(mock));
    t.add("truth", "", "of the population", std::move(truth));
    t.add("published", "", "greatest likelihood, nothing corrected", std::move(published));
    t.add("stated", "", "median, corrected with normal errors of the stated size", std::move(stated));
    t.add("median", "", "of the corrected posterior", std::move(median));
    t.add("q16", "", "16% quantile, with monte_carlo_error", std::move(low));
    t.add("q84", "", "84% quantile, with monte_carlo_error", std::move(high));
    t.add("monte_carlo_error", "", "1 sigma from the finite number of injections", std::move(error));
    t.add("n_eff", "", "effective injections; 99% of the posterior has more", std::move(n_eff));
    t.add("status", "", "of the corrected fit", std::move(status));
    return t;
  }
};

std::vector<double> finite(const std::vector<double>& values) {
  std::vector<double> out;
  std::copy_if(values.begin(), values.end(), std::back_inserter(out),
               [](double v) { return std::isfinite(v); });
  return out;
}

struct Row {
  std::string population, parameter;
  std::vector<double> published, stated, median, half_width;
  double truth = 0;
  int clusters = 0, mocks = 0, covered = 0;
};

Row row_of(const Population& p, std::size_t i, const std::vector<Mock>& mocks) {
  Row row;
  row.population = p.name;
  row.parameter = mocks.front().fit.parameters[i].name;
  row.truth = p.truth()[i];
  row.clusters = p.clusters;
  row.mocks = static_cast<int>(mocks.size());
  for (const Mock& m : mocks) {
    row.published.push_back(m.published[i]);
    if (std::isfinite(m.stated[i])) row.stated.push_back(m.stated[i]);
    if (m.fit.status != CorrectedStatus::ok) continue;
    const population::CorrectedParameter& c = m.fit.parameters[i];
    row.median.push_back(c.median);
    row.half_width.push_back(0.5 * (c.high - c.low));
    row.covered += c.low <= row.truth && row.truth <= c.high;
  }
  return row;
}

io::Table recovery_table(const std::vector<Row>& rows) {
  io::Table t("RECOVERY");
  io::TableBuilder add(t, rows);
  add.column("population", "", "mass function of the mocks", &Row::population);
  add.column("parameter", "", "beta, or log10 M_c [solMass]", &Row::parameter);
  add.column("truth", "", "of the population", &Row::truth);
  add.column("n_mocks", "", "catalogues", &Row::mocks);
  add.column("n_fits", "", "of them with a corrected fit", [](const Row& r) { return r.median.size(); });
  add.column("n_clusters", "", "in each", &Row::clusters);
  using statistics::mean, statistics::standard_deviation;
  add.column("published_bias", "", "mean - truth, nothing corrected",
             [](const Row& r) { return mean(r.published) - r.truth; });
  add.column("published_scatter", "", "standard deviation over the mocks",
             [](const Row& r) { return standard_deviation(r.published); });
  add.column("stated_bias", "", "mean - truth, corrected with normal errors of the stated size",
             [](const Row& r) { return mean(r.stated) - r.truth; });
  add.column("bias", "", "mean of the corrected medians - truth",
             [](const Row& r) { return mean(r.median) - r.truth; });
  add.column("bias_err", "", "its standard error", [](const Row& r) {
    return standard_deviation(r.median) / std::sqrt(static_cast<double>(r.median.size()));
  });
  add.column("scatter", "", "standard deviation of the corrected medians",
             [](const Row& r) { return standard_deviation(r.median); });
  add.column("half_width", "", "mean half of the corrected 68% intervals",
             [](const Row& r) { return mean(r.half_width); });
  const auto interval = [](const Row& r) {
    return statistics::binomial_interval(r.covered, static_cast<int>(r.median.size()));
  };
  add.column("coverage", "", "fraction of the 68% intervals that hold the truth", [](const Row& r) {
    return r.median.empty() ? nan : static_cast<double>(r.covered) / static_cast<double>(r.median.size());
  });
  add.column("coverage_low", "", "its 68% interval (Jeffreys)",
             [&](const Row& r) { return interval(r).low; });
  add.column("coverage_high", "", "its 68% interval (Jeffreys)",
             [&](const Row& r) { return interval(r).high; });
  return t;
}

// ---------------------------------------------------------------- calibration over the prior

io::Table calibration(const Law& law, const RecoveryInput& input, const RecoveryOptions& o,
                      std::uint64_t seed, int threads) {
  const auto count = static_cast<std::size_t>(o.prior_mocks);
  io::Reals truth(count), median(count), below(count);
  io::Texts status(count);
  parallel_for(count, threads, [&](std::size_t i) {
    Random prior({seed, "recovery prior", static_cast<std::int64_t>(i)});
    Population p{"prior"};
    p.beta = prior.uniform(input.cuts.beta_low, input.cuts.beta_high);
    p.clusters = o.clusters;
    const Mock m = run_mock(p, law, o, input.cuts, seed, "prior", static_cast<int>(i) + stated_mocks);
    truth[i] = p.beta;
    median[i] = m.fit.parameters[0].median;
    below[i] = probability_below(m.fit, p.beta);
    status[i] = population::name_of(m.fit.status);
  });
  io::Table t("CALIBRATION");
  t.add("truth", "", "slope, drawn from the prior", std::move(truth));
  t.add("median", "", "of the corrected posterior", std::move(median));
  t.add("probability_below", "", "posterior probability below the true slope, of refused fits too",
        std::move(below));
  t.add("status", "", "of the corrected fit", std::move(status));
  return t;
}

// Distance of a sample from uniform over the limit that 95% of uniform samples keep (Stephens 1970).
double kolmogorov_ratio(std::vector<double> u) {
  if (u.empty()) return nan;
  std::sort(u.begin(), u.end());
  const auto n = static_cast<double>(u.size());
  double distance = 0;
  for (std::size_t i = 0; i < u.size(); ++i)
    distance = std::max({distance, static_cast<double>(i + 1) / n - u[i], u[i] - static_cast<double>(i) / n});
  return distance * (std::sqrt(n) + 0.12 + 0.11 / std::sqrt(n)) / 1.358;
}

// ---------------------------------------------------------------- through images

struct Fold {
  std::vector<population::InjectedClumpImage> sky, correcting;
};

Fold deal(const RecoveryInput& input, int fold, int folds) {
  Fold f;
  for (std::size_t i = 0; i < input.images.size(); ++i)
    (input.realisation[i] % folds == fold ? f.sky : f.correcting).push_back(input.images[i]);
  return f;
}

// Injections that count alike: the population's places are those of the injections, uniform on the sky.
std::vector<MeasuredInjection> on_the_sky(std::span<const population::InjectedClumpImage> images,
                                          const RecoveryInput& input) {
  auto clumps = population::measured_by_clump(images, input.drawn, input.cuts);
  for (MeasuredInjection& c : clumps) c.weight = 1;
  return clumps;
}

// Clumps of the population: kept with a chance proportional to p(l | beta) / p_draw.
std::vector<ClusterMass> thin(const std::vector<MeasuredInjection>& clumps, double beta, Random& random) {
  const auto ratio = [&](const MeasuredInjection& c) {
    return std::exp((beta + 1) * std::log(10.0) * c.log_mass_msun - c.log_draw_density);
  };
  double largest = 0;
  for (const MeasuredInjection& c : clumps) largest = std::max(largest, ratio(c));
  std::vector<ClusterMass> clusters;
  for (const MeasuredInjection& c : clumps)
    if (random.uniform() * largest < ratio(c)) clusters.push_back({c.measured_log_mass, 0, 0, 0});
  return clusters;
}

io::Table through_images(const RecoveryInput& input, const RecoveryOptions& o, std::uint64_t seed,
                         int threads) {
  const std::size_t folds = o.folds < 2 ? 0 : static_cast<std::size_t>(o.folds),
                    count = folds * o.slopes.size();
  std::vector<CorrectedFit> fits(count);
  io::Reals published(count, nan);
  parallel_for(count, threads, [&](std::size_t i) {
    const double beta = o.slopes[i / folds];
    const Fold fold = deal(input, static_cast<int>(i % folds), o.folds);
    Random random({seed, "recovery images", static_cast<std::int64_t>(i)});
    const auto clusters = thin(on_the_sky(fold.sky, input), beta, random);
    const auto injections = on_the_sky(fold.correcting, input);
    double lowest = HUGE_VAL;
    for (const auto& c : injections) lowest = std::min(lowest, std::pow(10, c.log_mass_msun));
    fits[i] = population::correct_mass_function(MassFunctionModel::power_law, clusters, injections,
                                                std::min(lowest, input.cuts.min_mass_msun), input.cuts);
    const auto masses = population::select_masses(clusters, input.cuts);
    if (!masses.empty())
      published[i] = population::maximum_posterior(MassFunctionModel::power_law, masses, input.cuts)[0];
  });
  io::Reals truth, median, low, high, n_eff;
  io::Integers fold, clusters;
  io::Texts status;
  for (std::size_t i = 0; i < count; ++i) {
    const population::CorrectedParameter& p = fits[i].parameters[0];
    truth.push_back(o.slopes[i / folds]);
    fold.push_back(static_cast<std::int64_t>(i % folds));
    clusters.push_back(fits[i].clusters);
    median.push_back(p.median);
    low.push_back(p.low);
    high.push_back(p.high);
    n_eff.push_back(fits[i].effective_injections);
    status.emplace_back(population::name_of(fits[i].status));
  }
  io::Table t("IMAGES");
  t.add("truth", "", "slope of the population", std::move(truth));
  t.add("fold", "", "realisations that are the sky", std::move(fold));
  t.add("n_clusters", "", "in the catalogue", std::move(clusters));
  t.add("published", "", "greatest likelihood, nothing corrected", std::move(published));
  t.add("median", "", "corrected with the other folds", std::move(median));
  t.add("q16", "", "16% quantile, with the Monte-Carlo error", std::move(low));
  t.add("q84", "", "84% quantile, with the Monte-Carlo error", std::move(high));
  t.add("n_eff", "", "effective injections; 99% of the posterior has more", std::move(n_eff));
  t.add("status", "", "of the corrected fit", std::move(status));
  return t;
}

// ---------------------------------------------------------------- metrics

void set_image_metrics(const io::Table& images, validation::Metrics& metrics) {
  std::map<double, std::vector<double>> pulls;
  double clusters = 0, squares = 0;
  int fits = 0;
  const io::Integers& n_clusters = images.integers("n_clusters");
  const io::Texts& status = images.texts("status");
  const io::Reals &truths = images.reals("truth"), &median = images.reals("median"),
                  &q16 = images.reals("q16"), &q84 = images.reals("q84");
  for (std::size_t i = 0; i < images.rows(); ++i) {
    clusters += static_cast<double>(n_clusters[i]);
    if (status[i] != "ok") continue;
    const double pull = (median[i] - truths[i]) / (0.5 * (q84[i] - q16[i]));
    pulls[truths[i]].push_back(pull);
    squares += pull * pull;
    ++fits;
  }
  double worst = nan;
  for (const auto& [truth, p] : pulls)
    worst = std::fmax(worst, std::sqrt(static_cast<double>(p.size())) * std::abs(statistics::mean(p)));
  metrics.set("recovery.images.catalogues", fits);
  metrics.set("recovery.images.clusters", clusters);
  metrics.set("recovery.images.worst_pull", worst);
  metrics.set("recovery.images.chi2_dof", fits ? squares / fits : nan);
}

}  // namespace

std::vector<io::Table> mass_function_recovery(const RecoveryInput& input, const RecoveryOptions& options,
                                              std::uint64_t seed, int threads) {
  std::vector<Outcome> outcomes = outcomes_of(input);
  require(
      std::any_of(outcomes.begin(), outcomes.end(), [](const Outcome& o) { return std::isfinite(o.offset); }),
      "mass_function_recovery: at least one injection was found");
  const Law law(std::move(outcomes));
  std::vector<Row> rows;
  MockRows mocks;
  for (const Population& p : populations_of(options)) {
    std::vector<Mock> all(static_cast<std::size_t>(options.mocks));
    parallel_for(all.size(), threads, [&](std::size_t i) {
      all[i] = run_mock(p, law, options, input.cuts, seed, p.name, static_cast<int>(i));
      all[i].fit.posterior.reset();
    });
    for (std::size_t i = 0; i < all.size(); ++i) mocks.add(p, static_cast<int>(i), all[i]);
    for (std::size_t i = 0; i < p.truth().size(); ++i) rows.push_back(row_of(p, i, all));
  }
  return {recovery_table(rows), std::move(mocks).table(), calibration(law, input, options, seed, threads),
          through_images(input, options, seed, threads)};
}

namespace {

bool is_truncated(const std::string& population) { return population.starts_with("Schechter"); }

// Coverage of the 68% intervals: of the power laws, or of the truncated population.
void set_coverage(const io::Table& t, bool truncated, const std::string& name, validation::Metrics& metrics) {
  const io::Texts& population = t.texts("population");
  const io::Reals& coverage = t.reals("coverage");
  double low = nan, high = nan;
  for (std::size_t i = 0; i < t.rows(); ++i) {
    if (is_truncated(population[i]) != truncated) continue;
    low = std::fmin(low, coverage[i]);
    high = std::fmax(high, coverage[i]);
  }
  metrics.set(name + "coverage_min", low);
  metrics.set(name + "coverage_max", high);
}

void set_slope_metrics(const io::Table& t, validation::Metrics& metrics) {
  const io::Texts& population = t.texts("population");
  const io::Reals &biases = t.reals("bias"), &errors = t.reals("bias_err"),
                  &published_bias = t.reals("published_bias"),
                  &published_scatter = t.reals("published_scatter");
  double published = nan, bias = nan, bias_error = nan;
  for (std::size_t i = 0; i < t.rows(); ++i) {
    if (is_truncated(population[i])) continue;
    const double b = std::abs(biases[i]);
    published = std::fmin(published, std::abs(published_bias[i]) / published_scatter[i]);
    if (!(b <= bias)) bias_error = errors[i];
    bias = std::fmax(bias, b);
  }
  metrics.set("recovery.published_bias_sigma", published);
  metrics.set("recovery.abs_bias", bias);
  metrics.set("recovery.abs_bias_err", bias_error);
  set_coverage(t, false, "recovery.", metrics);
}

void set_cutoff_metrics(const io::Table& t, validation::Metrics& metrics) {
  const io::Texts &population = t.texts("population"), &parameter = t.texts("parameter");
  const io::Reals& bias = t.reals("bias");
  bool any = false;
  for (std::size_t i = 0; i < t.rows(); ++i) {
    if (!is_truncated(population[i])) continue;
    any = true;
    metrics.set(
        parameter[i] == "beta" ? "recovery.cutoff.abs_bias_beta" : "recovery.cutoff.abs_bias_log_cutoff",
        std::abs(bias[i]));
  }
  if (any) set_coverage(t, true, "recovery.cutoff.", metrics);
}

void set_count_metrics(const io::Table& t, validation::Metrics& metrics) {
  const io::Integers &n_fits = t.integers("n_fits"), &n_mocks = t.integers("n_mocks");
  double fits = 0, all = 0, fewest = nan;
  for (std::size_t i = 0; i < t.rows(); ++i) {
    fits += static_cast<double>(n_fits[i]);
    all += static_cast<double>(n_mocks[i]);
    fewest = std::fmin(fewest, static_cast<double>(n_mocks[i]));
  }
  metrics.set("recovery.mocks", fewest);
  metrics.set("recovery.failed", all > 0 ? 1 - fits / all : nan);
}

}  // namespace

void set_recovery_metrics(const std::vector<io::Table>& tables, validation::Metrics& metrics) {
  set_count_metrics(tables[0], metrics);
  set_slope_metrics(tables[0], metrics);
  set_cutoff_metrics(tables[0], metrics);
  metrics.set("recovery.calibration", kolmogorov_ratio(finite(tables[2].reals("probability_below"))));
  set_image_metrics(tables[3], metrics);
}

std::vector<validation::MetricDescription> recovery_metrics(const RecoveryOptions& options) {
  std::vector<validation::MetricDescription> all{
      {"recovery.mocks", "", "mocks of each population"},
      {"recovery.published_bias_sigma", "", "least |bias| of a published slope, in units of its scatter"},
      {"recovery.abs_bias", "", "largest |mean of the medians - truth| of a corrected slope"},
      {"recovery.abs_bias_err", "", "its standard error"},
      {"recovery.coverage_min", "", "lowest coverage of the 68% intervals of a slope"},
      {"recovery.coverage_max", "", "highest coverage of the 68% intervals of a slope"},
      {"recovery.failed", "", "fraction of fits that were refused"},
      {"recovery.calibration", "", "largest distance of the ranks from uniform, over its 95% limit"},
      {"recovery.images.catalogues", "", "catalogues through images that were fitted"},
      {"recovery.images.clusters", "", "clusters in the catalogues through images"},
      {"recovery.images.worst_pull", "", "sqrt(n) |mean pull| of the worst slope, through images"},
      {"recovery.images.chi2_dof", "", "mean square of the pulls, through images"}};
  if (!options.log_cutoff) return all;
  all.push_back({"recovery.cutoff.abs_bias_beta", "", "truncated population: |bias| of the slope"});
  all.push_back(
      {"recovery.cutoff.abs_bias_log_cutoff", "", "truncated population: |bias| of log10 M_c [dex]"});
  all.push_back({"recovery.cutoff.coverage_min", "", "truncated population: lowest coverage"});
  all.push_back({"recovery.cutoff.coverage_max", "", "truncated population: highest coverage"});
  return all;
}

}  // namespace arcproof::studies
