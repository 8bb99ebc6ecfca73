// The chance rate: on tables made by hand, whose counts anybody can redo, and on fields strewn at random.
#include "validation/checks/chance.h"

#include "engine/core/missing.h"
#include "engine/core/random.h"

#include <algorithm>
#include <cmath>
#include <set>

#include <gtest/gtest.h>

namespace arcproof::validation {
namespace {

// How many rows of one kind.
struct Many {
  int times;
  double mag;
  bool recovered = false, gross = false;
  std::string flag = "injected", field = "a";
  double sigma = 1;
};

io::Table injected_rows_of(const std::vector<Many>& kinds) {
  io::Reals mag;
  io::Texts flag;
  io::Flags recovered, gross;
  for (const Many& kind : kinds)
    for (int i = 0; i < kind.times; ++i) {
      mag.push_back(kind.mag);
      flag.push_back(kind.flag);
      recovered.push_back(kind.recovered);
      gross.push_back(kind.gross);
    }
  io::Table table("INJECTIONS");
  table.add("mag", "mag", "", mag);
  table.add("injection_flag", "", "", flag);
  table.add("recovered", "", "", recovered);
  table.add("recovered_gross", "", "", gross);
  return table;
}

io::Table placeholder_rows_of(const std::vector<Many>& kinds) {
  io::Table table = injected_rows_of(kinds);
  io::Reals sigma;
  io::Texts field;
  for (const Many& kind : kinds) {
    sigma.insert(sigma.end(), static_cast<std::size_t>(kind.times), kind.sigma);
    field.insert(field.end(), static_cast<std::size_t>(kind.times), kind.field);
  }
  table.add("true_sigma_major_pix", "pix", "", sigma);
  table.add("field", "", "", field);
  return table;
}

struct Clumps {
  int times;
  double mag;
  bool selected = true;
  std::string field = "a";
};

io::Table catalogue_of(const std::vector<Clumps>& kinds) {
  io::Texts field;
  io::Flags selected;
  io::Reals mag;
  for (const Clumps& kind : kinds)
    for (int i = 0; i < kind.times; ++i) {
      field.push_back(kind.field);
      selected.push_back(kind.selected);
      mag.push_back(kind.mag);
    }
  io::Table table("CATALOG");
  table.add("field", "", "", field);
  table.add("selected", "", "", selected);
  table.add("mag_f150w", "mag", "", mag);
  return table;
}

const MatchOptions matching{.reference_band = "f150w"};  // 2.5 pixels, 0.75 mag

double metric(const Metrics& metrics, const std::string& name) {
  const auto value = metrics.find(name);
  EXPECT_TRUE(value) << name;
  return value.value_or(nan);
}

// ---- by hand

// Two bins. 25 to 26: 40 injections, of which 30 are found and 2 more where something had been before; 50
// placeholders, 5 of them found. 27 to 28: 10 injections, none found, and no placeholder.
TEST(Chance, CountsAndRatesOfATable) {
  const io::Table table =
      chance_table(injected_rows_of({{20, 25.0, true, true},
                                     {10, 25.99, true, true},
                                     {2, 25.5, false, true},
                                     {8, 25.5},
                                     {10, 27.2},
                                     {100, 25.5, true, true, "no_data"},
                                     {3, nan, true, true}}),
                   placeholder_rows_of(
                       {{5, 25.4, true}, {45, 25.6}, {70, 25.6, true, true, "outside_host"}, {9, nan, true}}),
                   catalogue_of({}), {{"a", 100, 0.1}}, matching);
  EXPECT_EQ(table.name(), "CHANCE");
  EXPECT_EQ(table.reals("low_mag"), (io::Reals{25, 27}));
  EXPECT_EQ(table.reals("high_mag"), (io::Reals{26, 28}));
  EXPECT_EQ(table.integers("n_injected"), (io::Integers{40, 10}));
  EXPECT_EQ(table.integers("n_gross"), (io::Integers{32, 0}));
  EXPECT_EQ(table.integers("n_recovered"), (io::Integers{30, 0}));
  EXPECT_EQ(table.integers("n_placeholders"), (io::Integers{50, 0}));
  EXPECT_EQ(table.integers("n_chance"), (io::Integers{5, 0}));
  EXPECT_DOUBLE_EQ(table.reals("gross")[0], 0.8);
  EXPECT_DOUBLE_EQ(table.reals("chance")[0], 0.1);
  EXPECT_DOUBLE_EQ(table.reals("clean")[0], 0.75);
  EXPECT_NEAR(table.reals("net")[0], 0.7 / 0.9, 1e-12);
  // Beta(k + 1/2, n - k + 1/2): variance a b / ((a + b)^2 (a + b + 1)).
  const double gross_err = std::sqrt(32.5 * 8.5 / (41.0 * 41.0 * 42.0)),
               chance_err = std::sqrt(5.5 * 45.5 / (51.0 * 51.0 * 52.0));
  EXPECT_NEAR(table.reals("gross_err")[0], gross_err, 1e-12);
  EXPECT_NEAR(table.reals("chance_err")[0], chance_err, 1e-12);
  // dp/dr = 1 / (1 - c), dp/dc = -(1 - r) / (1 - c)^2, by differences.
  const auto net = [](double r, double c) { return (r - c) / (1 - c); };
  const double by_r = (net(0.8 + 1e-6, 0.1) - net(0.8 - 1e-6, 0.1)) / 2e-6,
               by_c = (net(0.8, 0.1 + 1e-6) - net(0.8, 0.1 - 1e-6)) / 2e-6;
  EXPECT_NEAR(table.reals("net_err")[0], std::hypot(by_r * gross_err, by_c * chance_err), 1e-8);
  // None of 10 is known to an error of its own; without placeholders nothing is said.
  EXPECT_NEAR(table.reals("gross_err")[1], std::sqrt(0.5 * 10.5 / (11.0 * 11.0 * 12.0)), 1e-12);
  for (const char* name : {"chance", "chance_err", "net", "net_err", "predicted"})
    EXPECT_TRUE(std::isnan(table.reals(name)[1])) << name;
}

// Field a: 1000 arcsec^2 of pixels of 0.1 arcsec, 1e5 pixels, 40 selected objects within 0.75 mag of 26;
// field b: a quarter of the area, pixels twice as large, 1/16 of the pixels. By hand: 1 - exp(-n / pixels *
// pi r^2).
TEST(Chance, PredictedIsDensityTimesReach) {
  const std::vector<SearchedField> fields = {{"a", 1000, 0.1}, {"b", 250, 0.2}};
  const io::Table catalogue = catalogue_of({{30, 26.74},
                                            {10, 25.26},
                                            {50, 26.76},
                                            {50, 25.24},
                                            {60, 26, false},
                                            {1, nan},
                                            {20, 26, true, "b"},
                                            {90, 26, true, "c"}});
  const auto predicted = [&](const Many& kind) {
    return chance_table(injected_rows_of({}), placeholder_rows_of({kind}), catalogue, fields, matching)
        .reals("predicted")[0];
  };
  const double pi = std::acos(-1.0);
  EXPECT_NEAR(predicted({4, 26}), 1 - std::exp(-40 / 1e5 * pi * 6.25), 1e-12);
  // A large clump reaches further, up to 6 pixels.
  EXPECT_NEAR(predicted({.times = 4, .mag = 26, .sigma = 4}), 1 - std::exp(-40 / 1e5 * pi * 16), 1e-12);
  EXPECT_NEAR(predicted({.times = 4, .mag = 26, .sigma = 9}), 1 - std::exp(-40 / 1e5 * pi * 36), 1e-12);
  EXPECT_NEAR(predicted({.times = 4, .mag = 26, .field = "b"}), 1 - std::exp(-20 / 6250.0 * pi * 6.25),
              1e-12);
  EXPECT_EQ(predicted({.times = 4, .mag = 26, .field = "nowhere"}), 0);
  EXPECT_EQ(predicted({4, 22}), 0);
  // The mean over a bin's placeholders.
  const io::Table two = chance_table(
      injected_rows_of({}), placeholder_rows_of({{3, 26}, {1, 26, false, false, "injected", "nowhere"}}),
      catalogue, fields, matching);
  EXPECT_NEAR(two.reals("predicted")[0], 0.75 * (1 - std::exp(-40 / 1e5 * pi * 6.25)), 1e-12);
}

TEST(Chance, OfNothingIsATableWithoutRows) {
  const io::Table table =
      chance_table(injected_rows_of({}), io::Table("PLACEHOLDERS"), catalogue_of({}), {}, matching);
  EXPECT_EQ(table.rows(), 0u);
  Metrics m;
  set_chance_metrics(table, 28, m);
  EXPECT_TRUE(std::isnan(metric(m, "chance.rate")));
  EXPECT_TRUE(std::isnan(metric(m, "chance.predicted")));
  EXPECT_TRUE(std::isnan(metric(m, "chance.net_minus_clean")));
}

// Where every placeholder finds something, nothing is left to say of the injections.
TEST(Chance, NetOfCertainChanceIsNotKnown) {
  const io::Table table = chance_table(
      injected_rows_of({{30, 25.5, false, true}, {30, 24.5, true, true}, {30, 26.5}}),
      placeholder_rows_of({{30, 25.5, true}, {30, 24.5}, {30, 26.5, true}}), catalogue_of({}), {}, matching);
  EXPECT_TRUE(std::isnan(table.reals("net")[1]));
  EXPECT_TRUE(std::isnan(table.reals("net")[2]));
  Metrics m;
  set_chance_metrics(table, 28, m);
  EXPECT_EQ(metric(m, "chance.net_minus_clean"), 0);  // of the bin in which it is known
}

// Depth 24: bins from 27 on are far below. 25 injections there, 2 found; 40 placeholders, 4 found.
TEST(Chance, MetricsAreSumsOverBins) {
  const io::Table table = chance_table(
      injected_rows_of({{30, 24.5, true, true},
                        {10, 24.5, false, true},
                        {1, 27.5, false, true},
                        {14, 27.5},
                        {1, 28.5, false, true},
                        {9, 28.5},
                        {19, 26.5, false, true}}),  // one too few to be judged: net and clean differ by all
      placeholder_rows_of({{1, 24.5, true},
                           {19, 24.5},
                           {3, 27.5, true},
                           {22, 27.5},
                           {1, 28.5, true},
                           {14, 28.5},
                           {40, 26.5}}),
      catalogue_of({{1000, 24.5}}), {{"a", 100, 0.1}}, matching);
  Metrics m;
  set_chance_metrics(table, 24, m);
  EXPECT_DOUBLE_EQ(metric(m, "chance.rate"), 5.0 / 100);
  EXPECT_NEAR(metric(m, "chance.rate_err"), std::sqrt(5.5 * 95.5 / (101.0 * 101.0 * 102.0)), 1e-12);
  EXPECT_NEAR(metric(m, "chance.predicted"), 0.2 * (1 - std::exp(-1000 / 1e4 * std::acos(-1.0) * 6.25)),
              1e-12);
  EXPECT_NEAR(metric(m, "chance.net_faint"), (0.08 - 0.1) / 0.9, 1e-12);
  const double r = std::sqrt(2.5 * 23.5 / (26.0 * 26.0 * 27.0)),
               c = std::sqrt(4.5 * 36.5 / (41.0 * 41.0 * 42.0));
  EXPECT_NEAR(metric(m, "chance.net_faint_err"), std::hypot(r / 0.9, c * 0.92 / 0.81), 1e-12);
  // Only 24 to 25 has 20 of both: gross 1, so net 1, and clean 0.75.
  EXPECT_NEAR(metric(m, "chance.net_minus_clean"), 0.25, 1e-12);
  // A depth at which too few lie far below.
  Metrics deep;
  set_chance_metrics(table, 25, deep);
  EXPECT_TRUE(std::isnan(metric(deep, "chance.net_faint")));
  EXPECT_TRUE(std::isnan(metric(deep, "chance.net_faint_err")));
  std::set<std::string> described;
  for (const MetricDescription& one : chance_metrics()) described.insert(one.name);
  EXPECT_EQ(described.size(), m.all().size());
  for (const auto& [name, value] : m.all()) EXPECT_TRUE(described.contains(name)) << name;
}

// ---- strewn at random

struct Strewn {
  io::Table chance;
  io::Table placeholders;
};

// Objects strewn over 400 x 400 pixels, placeholders over the inner 380 x 380, in sets of five as
// realisations are.
Strewn strewn_field(int objects, int sets, Random& random) {
  constexpr int side = 400, margin = 10, together = 5;
  const auto uniform = [&](int n, double low, double high) {
    io::Reals values;
    for (int i = 0; i < n; ++i) values.push_back(random.uniform(low, high));
    return values;
  };
  io::Table catalogue("CATALOG");
  catalogue.add("x", "pix", "", uniform(objects, 0, side));
  catalogue.add("y", "pix", "", uniform(objects, 0, side));
  const io::Reals mag = uniform(objects, 24, 30);
  io::Reals flux;
  for (const double m : mag) flux.push_back(std::pow(10, 0.4 * (31.4 - m)));
  io::Flags selected;
  for (int i = 0; i < objects; ++i) selected.push_back(random.uniform() < 0.8);
  catalogue.add("mag_f150w", "mag", "", mag);
  catalogue.add("flux_f150w", "nJy", "", flux);
  catalogue.add("selected", "", "", selected);
  for (const auto& [name, text] : {std::pair{"field", "a"}, {"host", "a"}, {"fit_status", "converged"}})
    catalogue.add(name, "", "", io::Texts(static_cast<std::size_t>(objects), text));
  MatchOptions options = matching;
  options.allow_confusion = false;
  io::Table all("PLACEHOLDERS");
  for (int set = 0; set < sets; ++set) {
    io::Table truth("TRUTH");
    const io::Reals place_mag = uniform(together, 25, 29);
    io::Reals place_flux;
    for (const double m : place_mag) place_flux.push_back(std::pow(10, 0.4 * (31.4 - m)));
    truth.add("true_x", "pix", "", uniform(together, margin, side - margin));
    truth.add("true_y", "pix", "", uniform(together, margin, side - margin));
    truth.add("true_sigma_major_pix", "pix", "", uniform(together, 0.5, 5));
    truth.add("mag", "mag", "", place_mag);
    truth.add("true_flux_f150w", "nJy", "", place_flux);
    truth.add("injection_flag", "", "", io::Texts(together, "injected"));
    const io::Table joined = match(truth, catalogue, catalogue, options);
    io::Table rows("PLACEHOLDERS");
    for (const char* name : {"mag", "injection_flag", "true_sigma_major_pix", "recovered"})
      rows.add(joined.column(name));
    rows.add("field", "", "", io::Texts(together, "a"));
    all.append(rows);
  }
  constexpr double scale = 0.03;
  return {chance_table(injected_rows_of({}), all, catalogue, {{"a", side * side * scale * scale, scale}},
                       options),
          all};
}

// 10 fields of Poisson(100) objects, 10000 placeholders each; seed 51. Measured and predicted rate, 0.4%,
// agree within 3 sigma of the counting error (5%), in all (false alarm 0.3%), and within 4 in each of four
// magnitudes (0.03% together). What the prediction leaves out is a fifth of that sigma: from 1% of the
// matches a nearer object of another flux hides the one of the right flux.
TEST(Chance, OfStrewnObjectsIsAsPredicted) {
  Random random({.seed = 51, .purpose = "strewn objects"});
  double measured = 0, predicted = 0, placeholders = 0;
  std::vector<double> of_bin(4), predicted_of_bin(4);
  for (int field = 0; field < 10; ++field) {
    const Strewn strewn = strewn_field(static_cast<int>(random.poisson(100)), 2000, random);
    const io::Table& t = strewn.chance;
    ASSERT_EQ(t.reals("low_mag"), (io::Reals{25, 26, 27, 28}));
    for (std::size_t bin = 0; bin < 4; ++bin) {
      const auto n = static_cast<double>(t.integers("n_placeholders")[bin]);
      placeholders += n;
      of_bin[bin] += static_cast<double>(t.integers("n_chance")[bin]);
      predicted_of_bin[bin] += n * t.reals("predicted")[bin];
    }
  }
  for (std::size_t bin = 0; bin < 4; ++bin) {
    EXPECT_NEAR(of_bin[bin], predicted_of_bin[bin], 4 * std::sqrt(predicted_of_bin[bin])) << bin;
    measured += of_bin[bin];
    predicted += predicted_of_bin[bin];
  }
  std::printf("chance rate: measured %.5f, predicted %.5f, of %.0f\n", measured / placeholders,
              predicted / placeholders, placeholders);
  EXPECT_GT(measured, 100);
  EXPECT_NEAR(measured, predicted, 3 * std::sqrt(predicted));
}

}  // namespace
}  // namespace arcproof::validation
