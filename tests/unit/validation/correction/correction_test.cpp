// Corrections on a universe of tables: clumps behind no lens, measured with errors that grow as they get faint, found with
// a probability that falls, in a host where some rows are no clumps.
#include "engine/core/missing.h"
#include "engine/core/random.h"
#include "engine/core/statistics.h"
#include "engine/core/units.h"
#include "validation/correction/corrected.h"
#include "validation/correction/quality.h"

#include <cmath>
#include <map>

#include <gtest/gtest.h>

namespace arcproof::validation {
namespace {

struct Object {
  double mag, log_mass, log_radius, log_age;                            // true
  double seen_mag, seen_mass, seen_radius, seen_sigma, seen_snr, chi2;  // measured
  bool found, is_clump;
};

struct Law {
  double slope = -1, low_mass = 5, high_mass = 9, low_radius = 0.5, high_radius = 2;
};

double draw_mass(const Law& law, Random& random) {
  while (true) {
    const double mass = random.uniform(law.low_mass, law.high_mass);
    if (random.uniform() <= std::pow(10, law.slope * (mass - (law.slope > 0 ? law.high_mass : law.low_mass))))
      return mass;
  }
}

// Fluxes are measured 10% low, radii 0.1 dex large; errors of 0.05 mag at mag 24, ten times the flux error at 29.
Object measured(const Law& law, Random& random) {
  Object o{};
  o.is_clump = true;
  o.log_mass = draw_mass(law, random);
  o.log_radius = random.uniform(law.low_radius, law.high_radius);
  o.log_age = random.uniform(6, 8);
  o.mag = 26 - 2.5 * (o.log_mass - 7) + 0.5 * (o.log_age - 7);
  const double error = 0.05 * std::pow(10, 0.2 * (o.mag - 24)), offset = error * random.normal();
  o.seen_mag = o.mag + 0.1 + offset;
  o.seen_mass = o.log_mass - 0.4 * (o.seen_mag - o.mag) + 0.1 * random.normal();
  o.seen_radius = o.log_radius + 0.1 + 0.1 * random.normal();
  o.seen_sigma = std::pow(10, o.seen_radius - 1);
  o.seen_snr = 1 / error;
  o.chi2 = std::exp(0.2 * random.normal());
  o.found = random.uniform() < inference::logistic((27 - o.log_radius + 1 - o.mag) / 0.4);
  return o;
}

// Diffuse light: large, of low S/N for its magnitude, badly fitted.
Object artefact(Random& random) {
  Object o{};
  o.mag = nan;
  o.seen_mag = random.uniform(25, 27);
  o.seen_mass = 7 + 0.3 * random.normal();
  o.seen_radius = 1.9 + 0.15 * random.normal();
  o.seen_sigma = std::pow(10, o.seen_radius - 1);
  o.seen_snr = 5 + random.uniform();
  o.chi2 = 2 * std::exp(0.2 * random.normal());
  o.found = true;
  return o;
}

void add_measured(io::Table& t, const std::string& prefix, const std::vector<Object>& objects) {
  const auto reals = [&](const std::string& name, const auto& of) {
    io::Reals values;
    for (const Object& o : objects) values.push_back(o.found ? of(o) : nan);
    t.add(prefix + name, "", "", values);
  };
  const auto flux = [](const Object& o) { return units::njy_from_abmag(o.seen_mag); };
  reals("mag_b", [](const Object& o) { return o.seen_mag; });
  reals("flux_b", flux);
  reals("flux_b_err", [&](const Object& o) { return flux(o) / o.seen_snr; });
  reals("snr_b", [](const Object& o) { return o.seen_snr; });
  reals("sigma_circular_pix", [](const Object& o) { return o.seen_sigma; });
  reals("sigma_major_pix", [](const Object& o) { return 1.1 * o.seen_sigma; });
  reals("fit_chi2_reduced", [](const Object& o) { return o.chi2; });
  reals("log_mass_msun", [](const Object& o) { return o.seen_mass; });
  reals("radius_pc", [](const Object& o) { return std::pow(10, o.seen_radius); });
  reals("log_age_yr", [](const Object& o) { return o.is_clump ? o.log_age : 7; });
  reals("mu", [](const Object&) { return 1.0; });
  io::Flags selected;
  for (const Object& o : objects) selected.push_back(o.found);
  t.add(prefix + "selected", "", "", selected);
}

io::Table injections(const std::vector<Object>& objects) {
  io::Table t("INJECTIONS");
  const std::size_t n = objects.size();
  io::Integers id, realisation;
  io::Reals mag, mass, radius, age, major, flux;
  io::Flags recovered;
  io::Texts outcome;
  for (std::size_t i = 0; i < n; ++i) {
    const Object& o = objects[i];
    id.push_back(static_cast<std::int64_t>(1000 + i));
    realisation.push_back(static_cast<std::int64_t>(i / 4));
    mag.push_back(o.is_clump ? o.mag : 29);
    mass.push_back(o.is_clump ? o.log_mass : 6);
    radius.push_back(o.is_clump ? o.log_radius : 1);
    age.push_back(o.is_clump ? o.log_age : 7);
    major.push_back(std::pow(10, radius.back() - 1));
    flux.push_back(units::njy_from_abmag(mag.back()));
    recovered.push_back(o.found && o.is_clump);
    outcome.push_back(!o.is_clump ? "wrong_flux" : o.found ? "recovered" : "not_detected");
  }
  t.add("injection_id", "", "", id);
  t.add("realisation", "", "", realisation);
  t.add("field", "", "", io::Texts(n, "a"));
  t.add("injection_flag", "", "", io::Texts(n, "injected"));
  t.add("mag", "", "", mag);
  t.add("true_mu", "", "", io::Reals(n, 1.0));
  t.add("true_sigma_major_pix", "", "", major);
  t.add("true_sigma_minor_pix", "", "", major);
  t.add("true_flux_b", "", "", flux);
  t.add("true_log_mass_msun", "", "", mass);
  t.add("true_log_radius_pc", "", "", radius);
  t.add("true_log_age_yr", "", "", age);
  t.add("true_ebv_mag", "", "", io::Reals(n, 0.1));
  t.add("outcome", "", "", outcome);
  t.add("recovered", "", "", recovered);
  add_measured(t, "measured_", objects);
  return t;
}

struct Universe {
  std::vector<Object> injected, rows;
  io::Table table, catalogue{"CATALOG"};
  int drawn = 0;  ///< clumps of the host, found or not

  // `prior`: of the injections. The host's clumps are the same whatever that is.
  Universe(int injections_count, const Law& prior, int rows_count = 300,
           std::string_view injections_of = "injections") {
    Random random({61, injections_of});
    for (int i = 0; i < injections_count; ++i) {
      injected.push_back(i % 40 == 39 ? artefact(random) : measured(prior, random));
    }
    const Law host{-1, 5.5, 8.5, 0.7, 1.6};
    Random of_host({62, "host"});
    while (static_cast<int>(rows.size()) < rows_count) {
      const Object o = rows.size() % 6 == 5 ? artefact(of_host) : measured(host, of_host);
      drawn += o.is_clump;
      if (o.found) rows.push_back(o);
    }
    table = injections(injected);
    catalogue.add("field", "", "", io::Texts(rows.size(), "a"));
    add_measured(catalogue, "", rows);
  }
  CorrectionInput input() const { return {catalogue, table}; }
};

CorrectionOptions options() {
  CorrectionOptions o;
  o.reference_band = "b";
  return o;
}

struct Judged {
  double bias = 0, in_68 = 0, n = 0;
};
Judged judge(const Universe& u, const io::Table& t, const std::string& name, double Object::*truth) {
  Judged j;
  for (std::size_t i = 0; i < u.rows.size(); ++i) {
    if (!u.rows[i].is_clump) continue;
    j.n += 1;
    j.bias += t.reals(name + "_q50")[i] - u.rows[i].*truth;
    j.in_68 += u.rows[i].*truth >= t.reals(name + "_q16")[i] && u.rows[i].*truth <= t.reals(name + "_q84")[i];
  }
  j.bias /= j.n;
  j.in_68 /= j.n;
  return j;
}

const Universe& universe() {
  static const Universe u(8000, {-0.0001, 5, 9, 0.5, 2});
  return u;
}
const Correction& correction() {
  static const Correction c(universe().input(), options(), 2);
  return c;
}
const io::Table& table() {
  static const io::Table t = corrected(universe().input(), correction());
  return t;
}

// 250 clumps among 300 rows, seeds 61 and 62. Raw biases are 0.1 mag, -0.04 dex in mass and 0.1 dex in radius.
TEST(Correction, TruthLiesWhereThePosteriorSays) {
  const Judged mag = judge(universe(), table(), "mag", &Object::mag),
               mass = judge(universe(), table(), "log_mass", &Object::log_mass),
               radius = judge(universe(), table(), "log_radius", &Object::log_radius);
  EXPECT_NEAR(mag.bias, 0, 0.03);
  EXPECT_NEAR(mass.bias, 0, 0.03);
  EXPECT_NEAR(radius.bias, 0, 0.03);
  for (const Judged& one : {mag, mass, radius}) {  // 0.68 +- 0.03 (binomial), and interpolation
    EXPECT_GT(one.in_68, 0.58);
    EXPECT_LT(one.in_68, 0.82);
  }
}

TEST(Correction, ClumpsAreToldFromWhatIsNone) {
  const io::Reals& p = table().reals("p_true");
  double clumps = 0, others = 0, n_clumps = 0, n_others = 0;
  for (std::size_t i = 0; i < p.size(); ++i) {
    (universe().rows[i].is_clump ? clumps : others) += p[i];
    (universe().rows[i].is_clump ? n_clumps : n_others) += 1;
  }
  EXPECT_GT(clumps / n_clumps, 0.9);
  EXPECT_LT(others / n_others, 0.3);
  EXPECT_NEAR(correction().share_of_clumps(), n_clumps / (n_clumps + n_others), 0.08);
}

// Rows stand for all clumps that were drawn, found or not: those brighter than where a tenth is found.
TEST(Correction, WeightsCountTheClumpsThatWereDrawn) {
  const io::Table counts = corrected_counts(correction());
  std::map<double, double> drawn;
  Random of_host({62, "host"});
  const Law host{-1, 5.5, 8.5, 0.7, 1.6};
  int rows = 0;
  while (rows < 300) {
    const Object o = rows % 6 == 5 ? artefact(of_host) : measured(host, of_host);
    rows += o.found;
    if (o.is_clump) drawn[0.5 * std::floor(2 * o.mag)] += 1;
  }
  int judged = 0;
  for (std::size_t b = 0; b < counts.rows(); ++b) {
    const double n = drawn[counts.reals("low_mag")[b]];
    if (counts.texts("status")[b] != "ok" || n < 10) continue;
    ++judged;
    EXPECT_NEAR(counts.reals("counts")[b], n, 4 * counts.reals("counts_err")[b])
        << counts.reals("low_mag")[b];
  }
  EXPECT_GE(judged, 4);
}

io::Table corrected_by(const Law& prior, std::string_view injections_of) {
  const Universe u(10000, prior, 300, injections_of);
  io::Table with_density = u.table;
  // The density with which masses were drawn, as a run writes it.
  io::Reals density;
  const double a = prior.slope * std::log(10.0);
  for (const double mass : u.table.reals("true_log_mass_msun"))
    density.push_back(std::log(std::exp(a * (mass - 5)) * a / (std::exp(a * 4) - 1)));
  with_density.add("log_draw_density", "", "", density);
  const CorrectionInput input{u.catalogue, with_density};
  return corrected(input, Correction(input, options(), 2));
}

struct Move {
  double mean = 0, median_of_half_widths = 0;
};
Move move_between(const io::Table& a, const io::Table& b, const std::string& q) {
  Move move;
  std::vector<double> moves;
  for (std::size_t i = 0; i < universe().rows.size(); ++i) {
    if (!universe().rows[i].is_clump) continue;
    const double step = b.reals(q + "_q50")[i] - a.reals(q + "_q50")[i];
    move.mean += step;
    moves.push_back(std::abs(step) / (0.5 * (a.reals(q + "_q84")[i] - a.reals(q + "_q16")[i])));
  }
  move.mean /= static_cast<double>(moves.size());
  move.median_of_half_widths = statistics::median(moves);
  return move;
}

// Two priors of the injections, one sky. The mean of all rows moves by at most 0.02 dex, and single rows by no more than
// they move from one set of injections to another of the same prior, to a third: what moves them is that there are only
// so many injections.
TEST(Correction, InjectedPriorDoesNotLeak) {
  const Law flat{-0.0001, 5, 9, 0.5, 2}, rising{0.3, 5, 9, 0.5, 2};
  const io::Table a = corrected_by(flat, "one"), b = corrected_by(flat, "two"),
                  c = corrected_by(rising, "one"), d = corrected_by(rising, "two");
  for (const std::string q : {"log_mass", "log_radius"}) {
    const Move chance = move_between(a, b, q), first = move_between(a, c, q), second = move_between(b, d, q);
    EXPECT_NEAR(0.5 * (first.mean + second.mean), 0, 0.02) << q;
    EXPECT_LT(0.5 * (first.median_of_half_widths + second.median_of_half_widths),
              4.0 / 3 * chance.median_of_half_widths)
        << q;
    EXPECT_LT(chance.median_of_half_widths, 0.45) << q;
  }
}

TEST(Correction, EveryCorrectionNamesItsInjections) {
  for (std::size_t i = 0; i < table().rows(); ++i) {
    const RowPosterior& row = correction().rows()[i];
    double sum = 0, squares = 0;
    for (const Draw& draw : row.draws) {
      sum += draw.weight;
      squares += draw.weight * draw.weight;
      ASSERT_TRUE(universe().table.flags("recovered")[draw.injection]);
    }
    ASSERT_NEAR(sum, 1, 1e-9);
    ASSERT_NEAR(table().reals("ess")[i], 1 / squares, 1e-6 / squares);
    ASSERT_NEAR(table().reals("weight")[i], row.p_true * row.inverse_p_detect, 1e-12);
    const auto best = std::max_element(row.draws.begin(), row.draws.end(),
                                       [](const Draw& a, const Draw& b) { return a.weight < b.weight; });
    EXPECT_EQ(table().texts("nearest_injections")[i].substr(0, 4),
              std::to_string(universe().table.integers("injection_id")[best->injection]).substr(0, 4));
  }
}

TEST(Correction, WithoutRecoveredInjectionsNothingIsSaid) {
  Universe u(10, {});
  for (Object& o : u.injected) o.found = false;
  u.table = injections(u.injected);
  const Correction c(u.input(), options(), 1);
  const io::Table t = corrected(u.input(), c);
  EXPECT_TRUE(std::isnan(t.reals("p_true")[0]));
  EXPECT_TRUE(std::isnan(t.reals("mag_q50")[0]));
  EXPECT_TRUE(std::isnan(t.reals("weight")[0]));
  EXPECT_EQ(t.texts("support")[0], "none");
  EXPECT_EQ(t.texts("nearest_injections")[0], "");
}

TEST(Correction, RowsThatAreNotSelectedCountForNothing) {
  Universe u(1000, {-0.0001, 5, 9, 0.5, 2}, 60);
  io::Table catalogue("CATALOG");
  for (const io::Column& column : u.catalogue.columns())
    if (column.name != "selected") catalogue.add(column);
  io::Flags selected(60, true);
  selected[3] = false;
  catalogue.add("selected", "", "", selected);
  const CorrectionInput input{catalogue, u.table};
  const io::Table t = corrected(input, Correction(input, options(), 1));
  EXPECT_TRUE(std::isnan(t.reals("p_true")[3]));
  EXPECT_TRUE(std::isnan(t.reals("weight")[3]));
  EXPECT_TRUE(std::isfinite(t.reals("mag_q50")[3]));
  EXPECT_TRUE(std::isfinite(t.reals("weight")[4]));
}

TEST(Correction, ColumnsAreKnownByName) {
  for (const io::Column& column : table().columns())
    EXPECT_EQ(is_correction_column(column.name), !universe().catalogue.has(column.name)) << column.name;
}

// Of a standard normal, at 0: (sqrt 2 - 1) / sqrt pi, and far away the distance less 1 / sqrt pi.
TEST(CrpsOfQuantiles, IsThatOfTheNormal) {
  const std::array<double, 5> normal = {-1.959964, -0.994458, 0, 0.994458, 1.959964};
  EXPECT_NEAR(crps_of_quantiles(normal, 0), (std::sqrt(2.0) - 1) / std::sqrt(units::pi), 0.003);
  EXPECT_NEAR(crps_of_quantiles(normal, 10), 10 - 1 / std::sqrt(units::pi), 0.01);
}

}  // namespace
}  // namespace arcproof::validation
