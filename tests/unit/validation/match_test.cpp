#include "validation/match.h"

#include "engine/core/random.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <set>

#include <gtest/gtest.h>

namespace arcproof::validation {
namespace {

struct Truth {
  double x, y, flux = 100, sigma = 1;
  std::string flag = "injected";
};
struct Object {
  double x, y, flux = 100;
  bool selected = true;
  std::string fit = "converged", host = "arc";
};

io::Table truth_table(const std::vector<Truth>& rows) {
  io::Reals x, y, flux, sigma;
  io::Texts flag;
  for (const Truth& t : rows) {
    x.push_back(t.x);
    y.push_back(t.y);
    flux.push_back(t.flux);
    sigma.push_back(t.sigma);
    flag.push_back(t.flag);
  }
  io::Table table("TRUTH");
  table.add("true_x", "pix", "", x);
  table.add("true_y", "pix", "", y);
  table.add("true_flux_f150w", "nJy", "", flux);
  table.add("true_sigma_major_pix", "pix", "", sigma);
  table.add("injection_flag", "", "", flag);
  return table;
}

io::Table object_table(const std::vector<Object>& rows) {
  io::Reals x, y, flux;
  io::Flags selected;
  io::Texts fit, host;
  io::Integers number;
  for (const Object& o : rows) {
    x.push_back(o.x);
    y.push_back(o.y);
    flux.push_back(o.flux);
    selected.push_back(o.selected);
    fit.push_back(o.fit);
    host.push_back(o.host);
    number.push_back(static_cast<std::int64_t>(number.size()));
  }
  io::Table table("CLUMPS");
  table.add("x", "pix", "", x);
  table.add("y", "pix", "", y);
  table.add("flux_f150w", "nJy", "", flux);
  table.add("selected", "", "", selected);
  table.add("fit_status", "", "", fit);
  table.add("host", "", "", host);
  table.add("number", "", "", number);
  return table;
}

io::Table joined(const std::vector<Truth>& truth, const std::vector<Object>& measured,
                 const std::vector<Object>& baseline = {}) {
  return match(truth_table(truth), object_table(measured), object_table(baseline),
               {.reference_band = "f150w", .radius_pix = 2.5, .confusion_flux_ratio = 0.5});
}

io::Table by_default(const std::vector<Truth>& truth, const std::vector<Object>& measured,
                     const std::vector<Object>& baseline = {}, const io::Integers& parents = {}) {
  io::Table table = truth_table(truth);
  if (!parents.empty()) table.add("parent_id", "", "", parents);
  return match(table, object_table(measured), object_table(baseline), {.reference_band = "f150w"});
}

std::string outcome(const Truth& truth, const std::vector<Object>& measured,
                    const std::vector<Object>& baseline = {}) {
  const io::Table table = joined({truth}, measured, baseline);
  const std::string& text = table.texts("outcome").at(0);
  EXPECT_EQ(table.flags("recovered").at(0), text == "recovered");
  return text;
}

TEST(Match, OneObjectHasOneOutcome) {
  EXPECT_EQ(outcome({10, 10}, {{11, 11}}), "recovered");
  EXPECT_EQ(outcome({10, 10}, {{13, 10}}), "not_detected");
  EXPECT_EQ(outcome({10, 10}, {}), "not_detected");
  EXPECT_EQ(outcome({10, 10}, {{.x = 10, .y = 11, .selected = false}}), "not_selected");
  EXPECT_EQ(outcome({10, 10}, {{.x = 10, .y = 11, .fit = "singular"}}), "fit_failed");
  EXPECT_EQ(outcome({10, 10}, {{.x = 10, .y = 11, .fit = "too_few_pixels"}}), "fit_failed");
  EXPECT_EQ(outcome({10, 10}, {{.x = 10, .y = 11, .host = ""}}), "outside_host");
}

TEST(Match, RadiusIsIncludedAndGrowsWithTheClump) {
  EXPECT_EQ(outcome({10, 10}, {{12.5, 10}}), "recovered");
  EXPECT_EQ(outcome({10, 10}, {{12.5001, 10}}), "not_detected");
  EXPECT_EQ(outcome({.x = 10, .y = 10, .sigma = 4}, {{14, 10}}), "recovered");
  EXPECT_EQ(outcome({.x = 10, .y = 10, .sigma = 4}, {{14.001, 10}}), "not_detected");
}

TEST(Match, ClumpsThatWereNotInjectedTakeNoObject) {
  const io::Table table = joined({{.x = 10, .y = 10, .flag = "no_data"}, {11, 10}}, {{10, 10}});
  EXPECT_EQ(table.texts("outcome"), (io::Texts{"not_injected", "recovered"}));
}

// The confusing object must be where the measured one is, and hold more than half of the injected flux.
TEST(Match, ObjectsThatWereThereBeforeAreConfused) {
  EXPECT_EQ(outcome({10, 10}, {{11, 10}}, {{.x = 13, .y = 10, .flux = 50.001}}), "confused");
  EXPECT_EQ(outcome({10, 10}, {{11, 10}}, {{.x = 13, .y = 10, .flux = 50}}), "recovered");
  EXPECT_EQ(outcome({10, 10}, {{11, 10}}, {{.x = 14, .y = 10, .flux = 1000}}), "recovered");
  EXPECT_EQ(outcome({10, 10}, {{11, 10}}, {{.x = 8, .y = 10, .flux = 1000}}), "recovered");
}

TEST(Match, NearerClumpTakesTheObject) {
  const io::Table table = joined({{10, 10}, {12, 10}}, {{11.5, 10}});
  EXPECT_EQ(table.texts("outcome"), (io::Texts{"blended", "recovered"}));
  EXPECT_TRUE(std::isnan(table.reals("match_distance_pix")[0]));
  EXPECT_EQ(table.reals("match_distance_pix")[1], 0.5);
}

// Clump 0 is nearest to object 0, which clump 1 has; it takes what is left.
TEST(Match, LoserTakesTheNextNearest) {
  const io::Table table = joined({{10, 10}, {10.6, 10}}, {{10.5, 10}, {8, 10}});
  EXPECT_EQ(table.texts("outcome"), (io::Texts{"recovered", "recovered"}));
  EXPECT_EQ(table.integers("measured_number"), (io::Integers{1, 0}));
}

TEST(Match, ResultIsTheTruthThenTheMeasurement) {
  const io::Table table = joined({{10, 10}, {50, 50}}, {{.x = 11, .y = 10, .flux = 7, .host = "A"}});
  ASSERT_EQ(table.rows(), 2u);
  EXPECT_EQ(table.reals("true_x"), (io::Reals{10, 50}));
  EXPECT_EQ(table.reals("measured_flux_f150w")[0], 7);
  EXPECT_EQ(table.texts("measured_host"), (io::Texts{"A", ""}));
  EXPECT_TRUE(std::isnan(table.reals("measured_flux_f150w")[1]));
  EXPECT_EQ(table.integers("measured_number"), (io::Integers{0, io::missing_integer}));
  EXPECT_FALSE(table.flags("measured_selected")[1]);
}

TEST(Match, LongColumnsKeepTheirWidth) {
  io::Table measured = object_table({{30, 30}, {11, 10}});
  measured.add(io::Column{"sed", "nJy", "", io::Reals{1, 2, 3, 4}, 2});
  const io::Table table =
      match(truth_table({{10, 10}, {70, 70}}), measured, object_table({}), {.reference_band = "f150w"});
  const io::Column& column = table.column("measured_sed");
  EXPECT_EQ(column.width, 2);
  const auto& values = std::get<io::Reals>(column.values);
  ASSERT_EQ(values.size(), 4u);
  EXPECT_EQ(values[0], 3);
  EXPECT_EQ(values[1], 4);
  EXPECT_TRUE(std::isnan(values[2]) && std::isnan(values[3]));
}

// The definition, slowly: of all pairs within reach whose clump and object are free, take the nearest.
std::map<std::size_t, std::size_t> exhaustive(const std::vector<Truth>& truth,
                                              const std::vector<Object>& objects) {
  std::map<std::size_t, std::size_t> object_of;
  std::set<std::size_t> taken;
  while (true) {
    double least = HUGE_VAL;
    std::size_t clump = 0, object = 0;
    for (std::size_t i = 0; i < truth.size(); ++i)
      for (std::size_t k = 0; k < objects.size(); ++k) {
        const double d = std::hypot(truth[i].x - objects[k].x, truth[i].y - objects[k].y);
        if (truth[i].flag != "injected" || object_of.count(i) || taken.count(k)) continue;
        if (d > std::max(2.5, truth[i].sigma) || d >= least) continue;
        least = d;
        clump = i;
        object = k;
      }
    if (least == HUGE_VAL) return object_of;
    object_of[clump] = object;
    taken.insert(object);
  }
}

// 80 clumps and 80 objects on 40 x 40 pixels: about 1 object within reach of each.
TEST(Match, CrowdedFieldsEqualExhaustiveSearch) {
  for (std::int64_t field = 0; field < 5; ++field) {
    Random random({.seed = 7, .purpose = "match_test", .realisation = field});
    std::vector<Truth> truth(80);
    std::vector<Object> objects(80);
    for (Truth& t : truth)
      t = {random.uniform(0, 40), random.uniform(0, 40), 100, random.uniform(0.5, 5),
           random.uniform() < 0.1 ? "outside_image" : "injected"};
    for (Object& o : objects) o = {random.uniform(0, 40), random.uniform(0, 40)};
    const auto twin = exhaustive(truth, objects);
    const io::Table table = joined(truth, objects);
    int blended = 0;
    for (std::size_t i = 0; i < truth.size(); ++i) {
      const auto it = twin.find(i);
      const std::int64_t expected =
          it == twin.end() ? io::missing_integer : static_cast<std::int64_t>(it->second);
      ASSERT_EQ(table.integers("measured_number")[i], expected) << field << " " << i;
      blended += table.texts("outcome")[i] == "blended";
    }
    EXPECT_GT(blended, 0) << field;
  }
}

// A source with more light than was injected explains the object; one with less does not.
TEST(MatchByDefault, BrighterSourcesFromBeforeAreConfusion) {
  EXPECT_EQ(by_default({{10, 10}}, {{11, 10}}, {{.x = 12, .y = 10, .flux = 101}}).texts("outcome")[0],
            "confused");
  EXPECT_EQ(by_default({{10, 10}}, {{11, 10}}, {{.x = 12, .y = 10, .flux = 99}}).texts("outcome")[0],
            "recovered");
}

// Half a factor of two: 0.75 mag is a factor of 1.995.
TEST(MatchByDefault, FluxesFarOffAreNoRecovery) {
  const auto of_flux = [](double flux) {
    return by_default({{10, 10}}, {{.x = 10, .y = 10.5, .flux = flux}}).texts("outcome")[0];
  };
  EXPECT_EQ(of_flux(199), "recovered");
  EXPECT_EQ(of_flux(200), "wrong_flux");
  EXPECT_EQ(of_flux(50.2), "recovered");
  EXPECT_EQ(of_flux(50), "wrong_flux");
  EXPECT_EQ(of_flux(-100), "wrong_flux");
  EXPECT_EQ(of_flux(std::nan("")), "wrong_flux");
  const io::Table table = by_default({{10, 10}}, {{.x = 10, .y = 10, .flux = 1000}});
  EXPECT_FALSE(table.flags("recovered")[0]);
  EXPECT_EQ(table.reals("measured_flux_f150w")[0], 1000);  // the match itself is kept
}

// Objects as by default, with what the fit's quality said of them.
struct Judged {
  double x, y, flux = 100;
  bool enough_snr = true, trusted = true, selected = true;
  std::int64_t pass = 1;
};

io::Table of_quality(const std::vector<Truth>& truth, const std::vector<Judged>& measured,
                     const std::vector<Object>& baseline = {},
                     const MatchOptions& options = {.reference_band = "f150w"}) {
  std::vector<Object> objects;
  io::Flags trusted, enough_snr;
  io::Integers pass;
  for (const Judged& one : measured) {
    objects.push_back({.x = one.x, .y = one.y, .flux = one.flux, .selected = one.selected});
    trusted.push_back(one.trusted);
    enough_snr.push_back(one.enough_snr);
    pass.push_back(one.pass);
  }
  io::Table table = object_table(objects);
  table.add("trusted", "", "", trusted);
  table.add("enough_snr", "", "", enough_snr);
  table.add("detection_pass", "", "", pass);
  return match(truth_table(truth), table, object_table(baseline), options);
}

// outcome, recovered, recovered_gross, recovered_any_quality of the first row.
struct Judgement {
  std::string outcome;
  bool recovered, gross, any_quality;
  bool operator==(const Judgement&) const = default;
};

void PrintTo(const Judgement& v, std::ostream* stream) {
  *stream << v.outcome << " " << v.recovered << v.gross << v.any_quality;
}

Judgement judgement(const io::Table& t) {
  return {t.texts("outcome")[0], t.flags("recovered")[0], t.flags("recovered_gross")[0],
          t.flags("recovered_any_quality")[0]};
}

TEST(MatchOfQuality, FitsThatAreNotTrustedAreNoRecovery) {
  const auto of = [](const Judged& object) { return judgement(of_quality({{10, 10}}, {object})); };
  EXPECT_EQ(of({10, 11}), (Judgement{"recovered", true, true, true}));
  EXPECT_EQ(of({.x = 10, .y = 11, .trusted = false, .selected = false}),
            (Judgement{"not_trusted", false, false, true}));
  // Its flux has to be right, too.
  EXPECT_EQ(of({.x = 10, .y = 11, .flux = 300, .trusted = false, .selected = false}),
            (Judgement{"not_trusted", false, false, false}));
  // Too faint an object is not selected, whatever its fit: not_trusted is said of those of enough S/N.
  for (const bool trusted : {false, true})
    EXPECT_EQ(of({.x = 10, .y = 11, .enough_snr = false, .trusted = trusted, .selected = false}),
              (Judgement{"not_selected", false, false, false}));
  // Bright, trusted, and not selected: of a detection pass that is left out.
  EXPECT_EQ(of({.x = 10, .y = 11, .selected = false}), (Judgement{"not_selected", false, false, false}));
}

// An object of a pass that is not selected would not be found either if its fit were trusted.
TEST(MatchOfQuality, LaterPassesAreNotSelectedWhateverTheirFit) {
  const Judged second{.x = 10, .y = 11, .trusted = false, .selected = false, .pass = 2};
  EXPECT_EQ(judgement(of_quality({{10, 10}}, {second})), (Judgement{"not_trusted", false, false, true}));
  EXPECT_EQ(judgement(of_quality({{10, 10}}, {second}, {}, {.reference_band = "f150w", .max_pass = 1})),
            (Judgement{"not_selected", false, false, false}));
}

TEST(MatchOfQuality, GrossCountsWhatWasThereBefore) {
  const std::vector<Object> before = {{.x = 12, .y = 10, .flux = 101}};
  EXPECT_EQ(judgement(of_quality({{10, 10}}, {{11, 10}}, before)),
            (Judgement{"confused", false, true, false}));
  EXPECT_EQ(
      judgement(of_quality({{10, 10}}, {{.x = 11, .y = 10, .trusted = false, .selected = false}}, before)),
      (Judgement{"confused", false, false, false}));
  EXPECT_EQ(judgement(of_quality({{10, 10}}, {{.x = 11, .y = 10, .flux = 300}}, before)),
            (Judgement{"confused", false, false, false}));
  EXPECT_EQ(judgement(of_quality({{10, 10}}, {}, before)), (Judgement{"not_detected", false, false, false}));
}

// Placeholders, with which gross is compared, lie on a field without injections: what belongs to another
// injection is no chance match.
TEST(MatchOfQuality, GrossLeavesOutOtherInjections) {
  const io::Table table =
      of_quality({{.x = 10, .y = 10, .flux = 60}, {.x = 11.5, .y = 10, .flux = 100}}, {{10.5, 10}});
  EXPECT_EQ(judgement(table), (Judgement{"confused", false, false, false}));
}

TEST(MatchOfQuality, ConfusionMayBeOfNoMatter) {
  const std::vector<Object> before = {{.x = 12, .y = 10, .flux = 101}};
  const MatchOptions options{.reference_band = "f150w", .allow_confusion = false};
  EXPECT_EQ(judgement(of_quality({{10, 10}}, {{11, 10}}, before, options)),
            (Judgement{"recovered", true, true, true}));
  EXPECT_EQ(judgement(of_quality({{10, 10}}, {{.x = 11, .y = 10, .trusted = false, .selected = false}},
                                 before, options)),
            (Judgement{"not_trusted", false, false, true}));
  // That of other injections neither.
  const std::vector<Truth> two = {{.x = 10, .y = 10, .flux = 60}, {.x = 11.5, .y = 10, .flux = 100}};
  EXPECT_EQ(of_quality(two, {{10.5, 10}}).texts("outcome")[0], "confused");
  EXPECT_EQ(of_quality(two, {{10.5, 10}}, {}, options).texts("outcome")[0], "recovered");
}

// `trusted` and `enough_snr` may be missing: nothing is said then.
TEST(MatchOfQuality, TablesWithoutQualityAreTrusted) {
  EXPECT_EQ(judgement(by_default({{10, 10}}, {{10, 11}})), (Judgement{"recovered", true, true, true}));
  EXPECT_EQ(judgement(by_default({{10, 10}}, {{.x = 10, .y = 11, .selected = false}})),
            (Judgement{"not_selected", false, false, false}));
}

// A faint injection at the place of a bright one of the same realisation, whose light alone is measured
// there.
TEST(MatchByDefault, AnotherInjectionIsConfusion) {
  const Truth faint{.x = 10, .y = 10, .flux = 60}, bright{.x = 11.5, .y = 10, .flux = 100};
  EXPECT_EQ(by_default({faint, bright}, {{.x = 10.5, .y = 10, .flux = 100}}).texts("outcome"),
            (io::Texts{"confused", "blended"}));
  // Each with an object of its own: both are found.
  EXPECT_EQ(
      by_default({faint, bright}, {{.x = 10, .y = 10, .flux = 60}, {.x = 11.5, .y = 10}}).texts("outcome"),
      (io::Texts{"recovered", "recovered"}));
  // Images of one clump are not each other's confusion.
  EXPECT_EQ(by_default({faint, bright}, {{.x = 10.5, .y = 10, .flux = 100}}, {}, {7, 7}).texts("outcome"),
            (io::Texts{"recovered", "blended"}));
  // Light that was drawn but is not looked for counts as well.
  EXPECT_EQ(by_default({faint, {.x = 11.5, .y = 10, .flux = 100, .flag = "arc"}},
                       {{.x = 10.5, .y = 10, .flux = 100}})
                .texts("outcome"),
            (io::Texts{"confused", "not_injected"}));
}

}  // namespace
}  // namespace arcproof::validation
