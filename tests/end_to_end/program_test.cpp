// The program from recipe to report: the same tables however the work is split.
#include "tests/end_to_end/program.h"

#include "engine/io/files.h"
#include "engine/io/fits.h"
#include "engine/io/json.h"
#include "engine/io/table.h"
#include "engine/lens/sources/compact_cluster.h"
#include "recipes/program/campaign/products.h"
#include "tests/support/data.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <csignal>
#include <fstream>
#include <functional>
#include <iterator>
#include <numeric>
#include <set>
#include <thread>

#include <fmt/format.h>
#include <gtest/gtest.h>

namespace arcproof::tests {
namespace {

namespace fs = std::filesystem;

std::string quoted(const fs::path& path) { return "'" + path.string() + "'"; }

// One run, shared by the tests that look at its products.
const fs::path& finished_run() {
  static const fs::path output = [] {
    const fs::path folder = scratch_folder("finished-run");
    const fs::path recipe = write_small_recipe(folder / "recipe");
    const Outcome outcome = run_program("run -q -j1 -o " + quoted(folder / "out") + " " + quoted(recipe));
    if (outcome.exit_code != 0) throw std::runtime_error(outcome.output);
    return folder / "out";
  }();
  return output;
}

fs::path recipe_of_finished_run() { return finished_run().parent_path() / "recipe"; }

TEST(Program, WritesAllProducts) {
  for (const char* name :
       {"injections.fits", "science_catalog.fits", "science_catalog.ecsv", "completeness.fits", "bias.fits",
        "mass_function.fits", "chance.fits", "measured.fits", "convergence.json", "report.json",
        "manifest.json", "report.html"})
    EXPECT_TRUE(fs::exists(finished_run() / name)) << name;
}

TEST(Program, KeepsARowForEveryInjectedClump) {
  const io::Table table = io::read_fits_table(finished_run() / "injections.fits");
  std::set<std::int64_t> parents;
  for (const std::int64_t id : table.integers("parent_id")) parents.insert(id);
  EXPECT_EQ(parents.size(), 6u * 4u);
  std::set<std::int64_t> rows;
  for (const std::int64_t id : table.integers("injection_id")) rows.insert(id);
  EXPECT_EQ(rows.size(), table.rows());
  const std::set<std::string> known = {"recovered",   "wrong_flux", "not_detected", "not_selected",
                                       "not_trusted", "fit_failed", "interloper",   "outside_host",
                                       "blended",     "confused",   "not_injected"};
  for (const std::string& outcome : table.texts("outcome")) EXPECT_TRUE(known.count(outcome)) << outcome;
}

// ---- what is measured beside the host's own clumps, and what is found by chance

std::int64_t count_true(const io::Flags& flags) { return std::count(flags.begin(), flags.end(), true); }

std::size_t row_of_injection(const io::Table& injections, std::int64_t id) {
  const io::Integers& ids = injections.integers("injection_id");
  const auto at = std::find(ids.begin(), ids.end(), id);
  if (at == ids.end()) throw std::runtime_error("no such injection");
  return static_cast<std::size_t>(at - ids.begin());
}

// A row of each kind; those around injections are those of the injections' table, and no other is matched.
TEST(Program, MeasuredObjectsJoinTheInjections) {
  const fs::path file = finished_run() / "measured.fits";
  const io::Table measured = io::read_fits_table(file, "MEASURED"),
                  injections = io::read_fits_table(finished_run() / "injections.fits");
  const io::Texts &around = measured.texts("around"), &host = measured.texts("host");
  const io::Integers &realisation = measured.integers("realisation"), &id = measured.integers("injection_id");
  EXPECT_EQ(std::set<std::string>(around.begin(), around.end()),
            (std::set<std::string>{"injections", "outside_host", "negative"}));
  std::set<std::int64_t> joined;
  for (std::size_t i = 0; i < measured.rows(); ++i) {
    EXPECT_EQ(realisation[i] >= 0, around[i] == "injections");
    if (around[i] != "injections") {
      EXPECT_EQ(host[i], around[i] == "negative" ? "arc" : "");
      EXPECT_EQ(realisation[i], -1);
      EXPECT_EQ(id[i], io::missing_integer);
    }
    if (measured.flags("selected")[i]) {
      EXPECT_TRUE(measured.flags("trusted")[i] && measured.flags("enough_snr")[i]);
    }
    if (id[i] == io::missing_integer) continue;
    EXPECT_TRUE(joined.insert(id[i]).second) << id[i];
    const std::size_t row = row_of_injection(injections, id[i]);
    EXPECT_EQ(injections.integers("realisation")[row], realisation[i]);
    EXPECT_EQ(injections.integers("measured_detection_id")[row], measured.integers("detection_id")[i]);
    for (const std::string name : {"x", "y", "flux_f150w", "data_light"})
      EXPECT_EQ(injections.reals("measured_" + name)[row], measured.reals(name)[i]) << id[i] << name;
    EXPECT_EQ(injections.integers("measured_quality")[row], measured.integers("quality")[i]);
  }
  for (std::size_t i = 0; i < injections.rows(); ++i)
    EXPECT_EQ(!std::isnan(injections.reals("measured_x")[i]),
              joined.contains(injections.integers("injection_id")[i]));
  EXPECT_GT(joined.size(), 10u);
}

// Host and surroundings share the image of 5 arcsec: together no more than it, and all of it where it is
// smaller than the area that is asked for.
TEST(Program, AreasOfControlsAreThoseOfTheImage) {
  const fs::path file = finished_run() / "measured.fits";
  const io::Table areas = io::read_fits_table(file, "AREAS"),
                  measured = io::read_fits_table(file, "MEASURED");
  ASSERT_EQ(areas.texts("around"), (io::Texts{"outside_host", "negative"}));
  const io::Reals& area = areas.reals("area_arcsec2");
  EXPECT_GT(area[0], 10);
  EXPECT_GT(area[1], 1);
  EXPECT_NEAR(area[0] + area[1], 25, 1e-9);
  for (std::size_t row = 0; row < 2; ++row) {
    std::int64_t objects = 0, selected = 0;
    for (std::size_t i = 0; i < measured.rows(); ++i)
      if (measured.texts("around")[i] == areas.texts("around")[row]) {
        ++objects;
        selected += measured.flags("selected")[i];
      }
    EXPECT_EQ(areas.integers("objects")[row], objects);
    EXPECT_EQ(areas.integers("selected")[row], selected);
  }
}

TEST(Program, ChanceCountsAreThoseOfTheTables) {
  const fs::path file = finished_run() / "chance.fits";
  const io::Table chance = io::read_fits_table(file, "CHANCE"),
                  placeholders = io::read_fits_table(file, "PLACEHOLDERS"),
                  injections = io::read_fits_table(finished_run() / "injections.fits");
  const auto sum = [&](const std::string& name) {
    const io::Integers& values = chance.integers(name);
    return std::accumulate(values.begin(), values.end(), std::int64_t{0});
  };
  const auto injected = [](const io::Table& t) {
    return std::count(t.texts("injection_flag").begin(), t.texts("injection_flag").end(), "injected");
  };
  EXPECT_EQ(sum("n_injected"), injected(injections));
  EXPECT_EQ(sum("n_gross"), count_true(injections.flags("recovered_gross")));
  EXPECT_EQ(sum("n_recovered"), count_true(injections.flags("recovered")));
  EXPECT_EQ(sum("n_placeholders"), injected(placeholders));
  EXPECT_EQ(sum("n_chance"), count_true(placeholders.flags("recovered")));
  EXPECT_GT(sum("n_recovered"), 10);
  EXPECT_GE(sum("n_gross"), sum("n_recovered"));
  EXPECT_GE(count_true(injections.flags("recovered_any_quality")), sum("n_recovered"));
  // As many clumps as were injected, at other places.
  std::set<std::int64_t> parents;
  for (const std::int64_t id : placeholders.integers("injection_id")) parents.insert(id / 100);
  EXPECT_EQ(parents.size(), 6u * 4u);
  std::set<double> places(injections.reals("true_x").begin(), injections.reals("true_x").end());
  for (const double x : placeholders.reals("true_x")) EXPECT_FALSE(places.contains(x)) << x;
  for (std::size_t i = 0; i < chance.rows(); ++i)
    EXPECT_EQ(chance.reals("high_mag")[i] - chance.reals("low_mag")[i], 1);
}

// Objects found in the negative image are not those of the image itself: theirs lie elsewhere, to the last
// digit.
TEST(Program, NegativeImageHasObjectsOfItsOwn) {
  const io::Table measured = io::read_fits_table(finished_run() / "measured.fits", "MEASURED"),
                  science = io::read_fits_table(finished_run() / "science_catalog.fits");
  const std::set<double> places(science.reals("x").begin(), science.reals("x").end());
  for (std::size_t i = 0; i < measured.rows(); ++i) {
    if (measured.texts("around")[i] == "injections") continue;
    EXPECT_FALSE(places.contains(measured.reals("x")[i])) << measured.texts("around")[i];
  }
}

// Readers of any table with a column of quality find its bits in the header.
TEST(Program, HeadersTellTheBitsOfQuality) {
  for (const auto& [name, hdu] : {std::pair{"measured.fits", "MEASURED"},
                                  {"science_catalog.fits", "CATALOG"},
                                  {"injections.fits", "INJECTIONS"}}) {
    int cards = 0;
    const io::Table table = io::read_fits_table(finished_run() / name, hdu);
    for (const auto& [key, value] : table.notes()) cards += key.starts_with("QBIT");
    EXPECT_EQ(cards, 9) << name;
  }
}

TEST(Program, TwoThreadsGiveTheSameBytes) {
  const fs::path out = scratch_folder("two-threads") / "out";
  const Outcome outcome =
      run_program("run -q -j2 -o " + quoted(out) + " " + quoted(recipe_of_finished_run()));
  ASSERT_EQ(outcome.exit_code, 0) << outcome.output;
  EXPECT_EQ(product_hashes(out), product_hashes(finished_run()));
}

TEST(Program, ShardsGiveTheSameBytes) {
  const fs::path folder = scratch_folder("shards");
  std::string shards;
  for (const char* shard : {"3", "1", "2"}) {
    const fs::path out = folder / shard;
    const Outcome outcome = run_program("run -q --shard " + std::string(shard) + "/3 -o " + quoted(out) +
                                        " " + quoted(recipe_of_finished_run()));
    ASSERT_EQ(outcome.exit_code, 0) << outcome.output;
    shards += " " + quoted(out);
  }
  const Outcome merged = run_program("merge -q " + quoted(folder / "all") + shards);
  ASSERT_EQ(merged.exit_code, 0) << merged.output;
  EXPECT_EQ(product_hashes(folder / "all"), product_hashes(finished_run()));
}

TEST(Program, RefusesToMergeWhenAShardIsMissing) {
  const fs::path folder = scratch_folder("missing-shard");
  const Outcome shard =
      run_program("run -q --shard 1/3 -o " + quoted(folder / "1") + " " + quoted(recipe_of_finished_run()));
  ASSERT_EQ(shard.exit_code, 0) << shard.output;
  const Outcome merged = run_program("merge -q " + quoted(folder / "all") + " " + quoted(folder / "1"));
  EXPECT_EQ(merged.exit_code, 4) << merged.output;  // partial
  EXPECT_FALSE(fs::exists(folder / "all"));
}

// Where a run is killed: with so many parts on disk, or in the midst of writing its tables.
struct Killed {
  std::string name;
  std::function<bool(const fs::path& out)> is_ripe;
};

void PrintTo(const Killed& killed, std::ostream* stream) { *stream << killed.name; }

int count_of_parts(const fs::path& out) {
  int count = 0;
  if (fs::exists(out / "parts"))
    for (const auto& entry : fs::directory_iterator(out / "parts")) count += !io::is_temporary(entry.path());
  return count;
}

bool is_finished(const fs::path& out) { return fs::exists(out / "manifest.json"); }

// Polls the folder, and kills the program as soon as it is ripe. A realisation takes tenths of a second, a
// look at the folder less than a millisecond; where a busy machine lets the program get further than the case
// wants before the signal comes, it is tried again. Returns whether it was killed in time.
bool kill_a_run(const fs::path& out, const std::vector<std::string>& arguments, const Killed& killed,
                const std::function<bool()>& in_time) {
  for (int attempt = 0; attempt < 5; ++attempt) {
    fs::remove_all(out);
    StartedProgram program(arguments, out.parent_path() / "log");
    while (program.is_running() && !killed.is_ripe(out))
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    program.kill();
    const Ending ending = program.wait();
    if (ending.signal == SIGKILL && in_time()) return true;
  }
  return false;
}

std::map<fs::path, fs::file_time_type> times_of_parts(const fs::path& out) {
  std::map<fs::path, fs::file_time_type> times;
  for (const auto& entry : fs::directory_iterator(out / "parts"))
    if (!io::is_temporary(entry.path())) times[entry.path()] = fs::last_write_time(entry.path());
  return times;
}

class KilledRun : public testing::TestWithParam<Killed> {};

TEST_P(KilledRun, GoesOnToTheSameBytes) {
  const fs::path out = scratch_folder("killed-" + GetParam().name) / "out";
  const bool in_the_tables = GetParam().name == "InTheTables";
  const int realisations = count_of_parts(finished_run());
  const std::vector<std::string> arguments = {"run", "-q",         "-j1",
                                              "-o",  out.string(), recipe_of_finished_run().string()};
  ASSERT_TRUE(kill_a_run(out, arguments, GetParam(), [&] {
    return in_the_tables ? fs::exists(out / "injections.fits") && !is_finished(out)
                         : count_of_parts(out) < realisations;
  })) << "not killed in time";

  // What a kill in the midst of writing leaves beside the finished files.
  std::ofstream(out / "parts" / "realisation-000005.fits.part-12-0") << "SIMPLE  =";
  const auto kept = times_of_parts(out);
  EXPECT_GE(kept.size(), 1u);
  std::vector<std::string> again = arguments;
  again.push_back("--resume");
  ASSERT_EQ(StartedProgram(again, out.parent_path() / "log").wait().exit_code, 0);
  for (const auto& [path, time] : kept) EXPECT_EQ(fs::last_write_time(path), time) << path << " made anew";
  EXPECT_EQ(part_hashes(out), part_hashes(finished_run()));
  EXPECT_EQ(product_hashes(out), product_hashes(finished_run()));
  EXPECT_TRUE(is_finished(out));
  for (const auto& entry : fs::recursive_directory_iterator(out))
    EXPECT_FALSE(io::is_temporary(entry.path())) << entry.path();
}

Killed after_parts(const std::string& name, int parts) {
  return {name, [parts](const fs::path& out) { return count_of_parts(out) >= parts; }};
}

// Of six realisations.
INSTANTIATE_TEST_SUITE_P(Program, KilledRun,
                         testing::Values(after_parts("AfterTheFirst", 1), after_parts("Halfway", 3),
                                         after_parts("BeforeTheLast", 5),
                                         Killed{"InTheTables",
                                                [](const fs::path& out) {
                                                  return fs::exists(out / "injections.fits");
                                                }}),
                         [](const auto& of) { return of.param.name; });

TEST(Program, RunKilledBeforeItsFirstFileGoesOn) {
  const fs::path out = scratch_folder("killed-early") / "out";
  fs::create_directories(out);
  std::ofstream(out / "run.json.part-12-0") << "{";
  const Outcome outcome = run_program("run -q -o " + quoted(out) + " " + quoted(recipe_of_finished_run()));
  ASSERT_EQ(outcome.exit_code, 0) << outcome.output;
  EXPECT_EQ(product_hashes(out), product_hashes(finished_run()));
}

TEST(Program, FolderNeverMixesTwoRuns) {
  const fs::path out = scratch_folder("two-runs") / "out";
  const std::string recipe = quoted(recipe_of_finished_run());
  ASSERT_EQ(run_program("run -q --set injection.realisations=1 -o " + quoted(out) + " " + recipe).exit_code,
            0);
  const Outcome shard = run_program("run -q --shard 1/3 --overwrite -o " + quoted(out) + " " + recipe);
  ASSERT_EQ(shard.exit_code, 0) << shard.output;
  EXPECT_FALSE(fs::exists(out / "injections.fits"));
  EXPECT_FALSE(fs::exists(out / "report.html"));
}

// Without noise a band of 40 mas beside a reference of 20 mas gives the injected fluxes back: within 0.5%, as
// the reference band does (sources of sigma 0.6 pixel and more).
TEST(Program, InjectsAndMeasuresOnMixedPixelScales) {
  const fs::path folder = scratch_folder("mixed-scales");
  fs::create_directories(folder);
  std::ofstream(folder / "recipe.json") << R"({
    "name": "mixed", "title": "20 and 40 mas", "seed": 5,
    "bands": [ { "name": "F150W", "depth_mag_ab": 29 },
               { "name": "F277W", "depth_mag_ab": 29, "pixel_scale_arcsec": 0.04 } ],
    "reference_band": "F150W", "second_reference_band": "F277W",
    "truth_lens": { "kind": "constant", "mu_tangential": 5, "mu_radial": 1.5, "angle_deg": 20 },
    "analysis_lens": { "kind": "constant", "mu_tangential": 5, "mu_radial": 1.5, "angle_deg": 20 },
    "fields": [ { "name": "sky", "z": 1.4, "size_arcsec": 8, "host": { "kind": "everywhere" } } ],
    "scene": { "noise": false, "host": { "mass_msun": 0, "clumps": 0 } },
    "population": { "radius_pc": [60, 160], "observed_mag_ab": [23, 26], "ebv_mag": [0, 0.2] },
    "injection": { "realisations": 8, "clumps": 2 },
    "pipeline": { "run_sed": false, "detection": { "median_side_pix": 0 } },
    "mass_function": { "run": false } })";
  const Outcome outcome = run_program("run -q -o " + quoted(folder / "out") + " " + quoted(folder));
  ASSERT_EQ(outcome.exit_code, 0) << outcome.output;
  const io::Table table = io::read_fits_table(folder / "out" / "injections.fits");
  int recovered = 0;
  for (std::size_t i = 0; i < table.rows(); ++i) {
    if (!table.flags("recovered")[i]) continue;
    ++recovered;
    for (const char* band : {"f150w", "f277w"})
      EXPECT_NEAR(table.reals(std::string("measured_flux_") + band)[i] /
                      table.reals(std::string("true_flux_") + band)[i],
                  1, 0.005)
          << band;
  }
  EXPECT_GE(recovered, 14);
}

// What criteria may ask for is exactly what report.json holds.
TEST(Program, MetricsHaveTheNamesThatCriteriaMayAskFor) {
  const io::Json report = io::read_json(finished_run() / "report.json");
  std::set<std::string> set;
  for (const auto& [name, value] : report.at("metrics").as_object()) set.insert(name);
  const std::vector<std::string> names =
      validation::names_of(recipes::metrics_of(recipes::read_recipe(recipe_of_finished_run(), {})));
  const std::set<std::string> known(names.begin(), names.end());
  EXPECT_EQ(known.size(), names.size());
  for (const std::string& name : set) EXPECT_TRUE(known.contains(name)) << name;
  for (const std::string& name : names) {
    const bool may_be_absent = name.starts_with("mass_function.") || name.starts_with("convergence.");
    EXPECT_TRUE(set.contains(name) || may_be_absent) << name;
  }
}

// A box that holds every colour makes an interloper of everything that has one.
TEST(Program, InterlopersAreNotSelected) {
  const fs::path folder = scratch_folder("interlopers"), out = folder / "out";
  const fs::path recipe = write_small_recipe(
      folder / "recipe", {{R"("pipeline": {)", R"("pipeline": { "interloper_box": [
        { "blue": "F150W", "red": "F200W", "min_mag": -20, "max_mag": 20 } ],)"},
                          {R"("realisations": 6)", R"("realisations": 2)"},
                          {R"("mass_function": {)", R"("mass_function": { "run": false,)"}});
  const Outcome outcome = run_program("run -q -o " + quoted(out) + " " + quoted(recipe));
  ASSERT_EQ(outcome.exit_code, 0) << outcome.output;
  const io::Table table = io::read_fits_table(out / "injections.fits");
  const io::Texts& outcomes = table.texts("outcome");
  EXPECT_EQ(std::count(outcomes.begin(), outcomes.end(), "recovered"), 0);
  EXPECT_GT(std::count(outcomes.begin(), outcomes.end(), "interloper"), 0);
  const io::Table science = io::read_fits_table(out / "science_catalog.fits");
  for (std::size_t i = 0; i < science.rows(); ++i)
    if (science.reals("flux_f150w")[i] > 0 && science.reals("flux_f200w")[i] > 0) {
      EXPECT_TRUE(science.flags("interloper")[i]);
      EXPECT_FALSE(science.flags("selected")[i]);
    }
}

TEST(Program, AnotherSeedGivesOtherDraws) {
  const fs::path out = scratch_folder("seed") / "out";
  const Outcome outcome =
      run_program("run -q --set seed=8 -o " + quoted(out) + " " + quoted(recipe_of_finished_run()));
  ASSERT_EQ(outcome.exit_code, 0) << outcome.output;
  const io::Table a = io::read_fits_table(finished_run() / "injections.fits");
  const io::Table b = io::read_fits_table(out / "injections.fits");
  EXPECT_NE(a.reals("true_radius_pc").front(), b.reals("true_radius_pc").front());
}

// A run with inputs of its own, named from the recipe's folder: a PSF and a filter.
struct RunWithInputs {
  fs::path recipe, out;
  std::vector<fs::path> inputs;
  Ending ending;
};

const RunWithInputs& run_with_inputs() {
  static const RunWithInputs made = [] {
    const fs::path folder = scratch_folder("manifest");
    RunWithInputs run{
        write_small_recipe(folder / "recipe", {{R"("name": "F200W",)", R"("name": "F200W",
      "psf": { "file": "psf.fits" }, "filter": "filter.txt",)"},
                                               {R"("realisations": 6)", R"("realisations": 3)"}}),
        folder / "out",
        {folder / "recipe" / "psf.fits", folder / "recipe" / "filter.txt"},
        {}};
    Array2D<float> psf(61, 61);
    for (int y = 0; y < 61; ++y)
      for (int x = 0; x < 61; ++x)
        psf(x, y) = static_cast<float>(std::exp(-0.5 * (std::pow(x - 30, 2) + std::pow(y - 30, 2)) / 2.25));
    io::FitsHeader header;
    header.add("PIXSCALE", "0.02");
    io::write_fits_images(run.inputs[0], {{"PSF", psf, header}});
    std::ofstream(run.inputs[1]) << "17000 0\n17600 0.5\n22200 0.5\n22800 0\n";
    StartedProgram program({"run", "-q", "-j1", "-o", run.out.string(), run.recipe.string()}, folder / "log");
    run.ending = program.wait();
    if (run.ending.exit_code != 0) throw std::runtime_error(io::read_text(folder / "log"));
    return run;
  }();
  return made;
}

io::Json manifest_with_inputs() { return io::read_json(run_with_inputs().out / "manifest.json"); }

// Independent of the program's own SHA-256.
std::string sha256sum(const fs::path& file) {
  return run_command("sha256sum " + quoted(file)).output.substr(0, 64);
}

TEST(Program, ManifestSaysWhatIsNeededToRepeatTheRun) {
  const io::Json manifest = manifest_with_inputs();
  const fs::path folder = manifest.at("recipe_folder").as_string();
  ASSERT_TRUE(fs::equivalent(folder, run_with_inputs().recipe));
  io::write_json(folder / "again.json", manifest.at("recipe"));
  const fs::path out = run_with_inputs().out.parent_path() / "again";
  const Outcome outcome = run_program("run -q -o " + quoted(out) + " " + quoted(folder / "again.json"));
  ASSERT_EQ(outcome.exit_code, 0) << outcome.output;
  EXPECT_EQ(product_hashes(out), product_hashes(run_with_inputs().out));
  const io::Json again = io::read_json(out / "manifest.json");
  for (const char* key : {"recipe", "recipe_hash", "seed", "inputs", "build"})
    EXPECT_EQ(again.at(key), manifest.at(key)) << key;
  EXPECT_EQ(manifest.at("seed").as_integer(), 7);
  EXPECT_EQ(manifest.at("recipe").at("seed").as_integer(), 7);
}

TEST(Program, ManifestHasTheDigestsOfAllInputsAndOutputs) {
  const io::Json manifest = manifest_with_inputs();
  std::set<fs::path> inputs, outputs;
  for (const auto& [name, digest] : manifest.at("inputs").as_object()) {
    inputs.insert(fs::path(name));
    EXPECT_EQ(digest.as_string(), sha256sum(name)) << name;
  }
  EXPECT_EQ(inputs, std::set<fs::path>(run_with_inputs().inputs.begin(), run_with_inputs().inputs.end()));
  for (const auto& [name, digest] : manifest.at("outputs").as_object()) {
    outputs.insert(run_with_inputs().out / name);
    EXPECT_EQ(digest.as_string(), sha256sum(run_with_inputs().out / name)) << name;
  }
  std::set<fs::path> on_disk;
  for (const auto& entry : fs::directory_iterator(run_with_inputs().out))
    if (entry.is_regular_file() && entry.path().filename() != "manifest.json") on_disk.insert(entry.path());
  EXPECT_EQ(outputs, on_disk);
}

TEST(Program, ManifestNamesVersionsCompilerAndFlags) {
  const io::Json build = manifest_with_inputs().at("build");
  const std::string version = run_program("--version").output;
  EXPECT_FALSE(build.at("arcproof").as_string().empty());
  EXPECT_NE(version.find(build.at("arcproof").as_string()), std::string::npos) << version;
#if defined(__clang__)
  const std::string compiler =
      fmt::format("Clang {}.{}.{}", __clang_major__, __clang_minor__, __clang_patchlevel__);
#else
  const std::string compiler = fmt::format("GNU {}.{}.{}", __GNUC__, __GNUC_MINOR__, __GNUC_PATCHLEVEL__);
#endif
  EXPECT_EQ(build.at("compiler").as_string(), compiler);
  // Tables are the same on all machines only without fused multiplications.
  EXPECT_NE(build.at("flags").as_string().find("-ffp-contract=off"), std::string::npos);
  EXPECT_EQ(build.at("flags").as_string().find("-ffast-math"), std::string::npos);
  const std::string libraries = build.at("libraries").as_string();
  for (const std::string& library :
       {std::string("cfitsio "), std::string("wcslib "), std::string("fftw "), std::string("sep "),
        fmt::format("fmt {}.{}.{}", FMT_VERSION / 10000, FMT_VERSION / 100 % 100, FMT_VERSION % 100)})
    EXPECT_NE(libraries.find(library), std::string::npos) << library << " in " << libraries;
}

// Against what the kernel says of the process: the manifest's times leave out its start and its figures'
// processes.
TEST(Program, ManifestTellsTheCost) {
  const io::Json cost = manifest_with_inputs().at("cost");
  const Ending& seen = run_with_inputs().ending;
  EXPECT_GT(cost.at("wall_s").as_double(), 0.2 * seen.wall_s);
  EXPECT_LE(cost.at("wall_s").as_double(), seen.wall_s);
  EXPECT_GT(cost.at("cpu_s").as_double(), 0.2 * seen.cpu_s);
  EXPECT_LE(cost.at("cpu_s").as_double(), seen.cpu_s + 0.05);
  EXPECT_GT(cost.at("peak_memory_mib").as_double(), 0.5 * seen.peak_memory_mib);
  EXPECT_LE(cost.at("peak_memory_mib").as_double(), seen.peak_memory_mib + 1);
  EXPECT_EQ(manifest_with_inputs().at("machine").at("threads").as_integer(), 1);
}

TEST(Products, PassFitsverify) {
  for (const auto& entry : fs::directory_iterator(finished_run())) {
    if (entry.path().extension() != ".fits") continue;
    const Outcome outcome = run_command("fitsverify -q " + quoted(entry.path()));
    EXPECT_NE(outcome.output.find("OK"), std::string::npos) << outcome.output;
    EXPECT_EQ(outcome.output.find("arning"), std::string::npos) << outcome.output;
  }
}

TEST(Products, AreReadByAstropyWithUnits) {
  const fs::path script = scratch_folder("astropy") / "read.py";
  std::ofstream(script) << R"(
import sys, warnings
warnings.simplefilter('error')
from astropy.table import QTable
import astropy.units as u
out = sys.argv[1]
t = QTable.read(out + '/injections.fits')
assert t['true_flux_f150w'].unit == u.nJy and t['ra'].unit == u.deg and t['true_radius_pc'].unit == u.pc
for name in ('science_catalog.fits', 'science_catalog.ecsv'):
    s = QTable.read(out + '/' + name)
    assert s['flux_f150w'].unit == u.nJy and s['radius_pc'].unit == u.pc, name
    assert len(s) > 0
    assert any('completeness' in c or 'p_detect' in c for c in s.colnames), s.colnames
a, b = QTable.read(out + '/science_catalog.fits'), QTable.read(out + '/science_catalog.ecsv')
assert a.colnames == b.colnames
print('read')
)";
  const Outcome outcome = run_command("/usr/bin/python3 " + quoted(script) + " " + quoted(finished_run()));
  EXPECT_EQ(outcome.exit_code, 0) << outcome.output;
}

// ---------------------------------------------------------------------------------- comparison of lenses

// The small recipe, delensed with two more lenses: the truth itself, and one too strong by 5%.
fs::path write_lens_recipe(const fs::path& folder) {
  return write_small_recipe(folder, {{R"("dispersion_factor": 1.01, "posterior_rows": 5 },)",
                                      R"("dispersion_factor": 1.01, "posterior_rows": 5 },
  "alternative_lenses": [ { "name": "Same" }, { "name": "Main", "dispersion_factor": 1.01 },
                          { "name": "High", "dispersion_factor": 1.05 } ],)"}});
}

const fs::path& finished_lens_run() {
  static const fs::path output = [] {
    const fs::path folder = scratch_folder("lens-run");
    const fs::path recipe = write_lens_recipe(folder / "recipe");
    const Outcome outcome = run_program("run -q -j1 -o " + quoted(folder / "out") + " " + quoted(recipe));
    if (outcome.exit_code != 0) throw std::runtime_error(outcome.output);
    return folder / "out";
  }();
  return output;
}

std::size_t pair_row(const io::Table& pairs, const std::string& analysis) {
  for (std::size_t i = 0; i < pairs.rows(); ++i)
    if (pairs.texts("analysis_lens")[i] == analysis) return i;
  throw std::runtime_error("no row of " + analysis);
}

// Nothing else than more columns: what the run measured with the main lens stays as it was.
TEST(Lenses, AlternativesChangeNothingElse) {
  const io::Table with = io::read_fits_table(finished_lens_run() / "injections.fits"),
                  without = io::read_fits_table(finished_run() / "injections.fits");
  ASSERT_EQ(with.rows(), without.rows());
  EXPECT_EQ(with.columns().size(), without.columns().size() + 9);
  for (const char* name : {"measured_mu", "measured_radius_pc", "measured_log_mass_msun", "true_mu"})
    for (std::size_t i = 0; i < with.rows(); ++i) {
      const double a = with.reals(name)[i], b = without.reals(name)[i];
      EXPECT_TRUE(a == b || (std::isnan(a) && std::isnan(b))) << name << " " << a << " " << b;
    }
  EXPECT_FALSE(fs::exists(finished_run() / "lens_systematics.fits"));
}

TEST(Lenses, TheMainLensAsAnAlternativeGivesTheSameBits) {
  for (const auto& [file, prefix] :
       {std::pair{"injections.fits", "measured_"}, {"science_catalog.fits", ""}}) {
    const io::Table t = io::read_fits_table(finished_lens_run() / file);
    int compared = 0;
    for (const std::string name : {"mu", "radius_pc", "log_mass_msun"})
      for (std::size_t i = 0; i < t.rows(); ++i) {
        const double main = t.reals(prefix + name)[i], other = t.reals(prefix + name + "_main")[i];
        EXPECT_EQ(std::isnan(main), std::isnan(other)) << name;
        if (std::isnan(main)) continue;
        EXPECT_EQ(main, other) << name;
        ++compared;
      }
    EXPECT_GT(compared, 10) << file;
  }
}

// The oracle is the model itself, exact, at the fitted position on the sky: what the median over an
// unresolved clump's ellipse is but for the interpolation of the map (0.5% at 0.05 arcsec, away from the
// critical lines).
TEST(Lenses, MagnificationsAreThoseOfTheModels) {
  const io::Table t = io::read_fits_table(finished_lens_run() / "injections.fits");
  const sky::Cosmology cosmology;
  int compared = 0;
  for (const auto& [name, factor] : {std::pair{"measured_mu_same", 1.0}, {"measured_mu_high", 1.05}}) {
    const lens::LensModel model = lens::compact_cluster(cosmology, factor);
    for (std::size_t i = 0; i < t.rows(); ++i) {
      if (!t.flags("recovered")[i] || !(t.reals("measured_sigma_major_pix")[i] < 1)) continue;
      const lens::Vector2 theta = model.to_frame({t.reals("measured_ra")[i], t.reals("measured_dec")[i]});
      const double exact = std::abs(model.magnification(theta, 1.4).mu);
      if (exact > 30) continue;
      EXPECT_NEAR(t.reals(name)[i] / exact, 1, 0.005) << name << " " << exact;
      ++compared;
    }
  }
  EXPECT_GE(compared, 4);
}

TEST(Lenses, MassesShiftByTheMagnification) {
  const io::Table t = io::read_fits_table(finished_lens_run() / "injections.fits");
  int compared = 0;
  for (std::size_t i = 0; i < t.rows(); ++i) {
    const double shift = t.reals("measured_log_mass_msun_high")[i] - t.reals("measured_log_mass_msun")[i];
    if (std::isnan(shift)) continue;
    EXPECT_NEAR(shift, -std::log10(t.reals("measured_mu_high")[i] / t.reals("measured_mu")[i]), 1e-12);
    ++compared;
  }
  EXPECT_GT(compared, 3);
}

TEST(Lenses, TheTrueLensHasNoOffset) {
  const io::Table pairs = io::read_fits_table(finished_lens_run() / "lens_systematics.fits", "PAIRS");
  ASSERT_EQ(pairs.rows(), 4u);
  const std::size_t same = pair_row(pairs, "Same"), high = pair_row(pairs, "High");
  EXPECT_TRUE(pairs.flags("same_model")[same]);
  EXPECT_FALSE(pairs.flags("same_model")[high]);
  EXPECT_GE(pairs.integers("n_clumps")[same], 4);
  // Centres and ellipses are measured, so that mu is not quite the true one: 0.01 dex is 2%.
  EXPECT_NEAR(pairs.reals("log_mu_offset")[same], 0, 0.01);
  EXPECT_GT(std::abs(pairs.reals("log_mu_offset")[high]), 0.03);
  const io::Table science = io::read_fits_table(finished_lens_run() / "lens_systematics.fits", "SCIENCE");
  EXPECT_EQ(science.reals("log_mu_offset")[0], 0);
  EXPECT_EQ(science.reals("log_mu_offset")[pair_row(science, "Main")], 0);
}

TEST(Lenses, TwoThreadsGiveTheSameBytes) {
  const fs::path out = scratch_folder("lens-two-threads") / "out";
  const Outcome outcome = run_program("run -q -j2 -o " + quoted(out) + " " +
                                      quoted(finished_lens_run().parent_path() / "recipe"));
  ASSERT_EQ(outcome.exit_code, 0) << outcome.output;
  EXPECT_EQ(product_hashes(out), product_hashes(finished_lens_run()));
  EXPECT_TRUE(product_hashes(out).contains("lens_systematics.fits"));
}

TEST(Lenses, ReportHasTheirSection) {
  std::ifstream with(finished_lens_run() / "report.html"), without(finished_run() / "report.html");
  const std::string a((std::istreambuf_iterator<char>(with)), {}),
      b((std::istreambuf_iterator<char>(without)), {});
  EXPECT_NE(a.find("id=\"lens-mu\""), std::string::npos);
  EXPECT_NE(a.find("lens_systematics.fits"), std::string::npos);
  EXPECT_EQ(b.find("Lens models"), std::string::npos);
}

TEST(Lenses, TablesPassFitsverify) {
  const Outcome outcome =
      run_command("fitsverify -q " + quoted(finished_lens_run() / "lens_systematics.fits"));
  EXPECT_NE(outcome.output.find("OK"), std::string::npos) << outcome.output;
  EXPECT_EQ(outcome.output.find("arning"), std::string::npos) << outcome.output;
}

// ---------------------------------------------------------------------------------- stellar templates

TEST(Templates, RunLeavesTableReportAndMetrics) {
  const fs::path folder = scratch_folder("templates");
  write_small_recipe(folder / "recipe");
  const std::string keys =
      " --set injection.realisations=2 --set mass_function.run=false --set "
      "template_mismatch='{\"templates\": [{\"name\": \"burst\", \"duration_myr\": 0}, {\"name\": \"SMC\", "
      "\"attenuation\": \"gordon2003_smc\"}], \"redshifts\": [1.4, 3], \"clumps\": 30}' "
      "--set criteria='[{\"metric\": \"templates.pairs\", \"min\": 4}]' ";
  for (const char* threads : {"1", "2"}) {
    const Outcome outcome = run_program(std::string("run -q -j") + threads + " -o " +
                                        quoted(folder / threads) + keys + quoted(folder / "recipe"));
    ASSERT_EQ(outcome.exit_code, 0) << outcome.output;
  }
  EXPECT_EQ(product_hashes(folder / "1"), product_hashes(folder / "2"));
  const fs::path file = folder / "1" / "template_mismatch.fits";
  EXPECT_EQ(io::read_fits_table(file, "PAIRS").rows(), 4u);
  EXPECT_EQ(io::read_fits_table(file, "REDSHIFT").rows(), 8u);
  EXPECT_EQ(io::read_fits_table(file, "CLUMPS").rows(), 240u);
  std::ifstream report(folder / "1" / "report.html");
  const std::string page((std::istreambuf_iterator<char>(report)), {});
  EXPECT_NE(page.find("id=\"templates-mass\""), std::string::npos);
  EXPECT_NE(page.find("id=\"templates-dust-by-redshift-1\""), std::string::npos);
  EXPECT_NE(page.find("template_mismatch.fits"), std::string::npos);
  const Outcome verified = run_command("fitsverify -q " + quoted(file));
  EXPECT_NE(verified.output.find("OK"), std::string::npos) << verified.output;
}

// ------------------------------------------------------------------------------------------ more injections

// Masses from the least that is seen upwards, so that the small run has a catalogue that can be corrected.
fs::path write_adaptive_recipe(const fs::path& folder) {
  return write_small_recipe(folder, {{R"("injection": { "realisations": 6, "clumps": 4 })",
                                      R"("population": { "mass_msun": [1e5, 1e9], "age_myr": [1, 1000] },
                   "injection": { "realisations": 10, "clumps": 6 })"},
                                     {R"("host": { "clumps": 10 })", R"("host": { "clumps": 30 })"}});
}

// Rounds are found again by any number of threads and by a resumed run, stand in the manifest, and weigh by
// the density of all of them; the recipe's own realisations stay what they were.
TEST(Until, AddsInjectionsWhereTheyAreNeeded) {
  const fs::path folder = scratch_folder("until"), recipe = write_adaptive_recipe(folder / "recipe");
  const auto run_to = [&](const std::string& out, const std::string& more) {
    return run_program("run -q " + more + " -o " + quoted(folder / out) + " " + quoted(recipe));
  };
  ASSERT_EQ(run_to("plain", "-j2").exit_code, 0);
  const Outcome outcome =
      run_program("run --until neff=2 -j2 -o " + quoted(folder / "a") + " " + quoted(recipe));
  ASSERT_EQ(outcome.exit_code, 0) << outcome.output;
  EXPECT_NE(outcome.output.find("of 2 wanted: "), std::string::npos) << outcome.output;
  EXPECT_NE(outcome.output.find("times the work so far"), std::string::npos) << outcome.output;
  ASSERT_EQ(run_to("b", "--until neff=2 -j1").exit_code, 0);
  EXPECT_EQ(product_hashes(folder / "a"), product_hashes(folder / "b"));
  fs::remove(folder / "b" / "parts" / "realisation-000011.fits");
  ASSERT_EQ(run_to("b", "--until neff=2 --resume").exit_code, 0);
  EXPECT_EQ(product_hashes(folder / "a"), product_hashes(folder / "b"));

  const io::Json manifest = io::read_json(folder / "a" / "manifest.json");
  const auto& rounds = manifest.at("added_rounds").as_array();
  ASSERT_FALSE(rounds.empty());
  EXPECT_EQ(rounds.front().at("first_realisation").as_double(), 10);
  EXPECT_GT(rounds.back().at("n_eff_after").as_double(), rounds.front().at("n_eff_before").as_double());
  const io::Table plain = io::read_fits_table(folder / "plain" / "injections.fits"),
                  more = io::read_fits_table(folder / "a" / "injections.fits");
  ASSERT_GT(more.rows(), plain.rows());
  for (std::size_t i = 0; i < plain.rows(); ++i)
    ASSERT_EQ(plain.reals("true_x")[i], more.reals("true_x")[i]) << i;
  // The density integrates to 1: the mean of 1 / p_draw over all clumps is the width of the range, 4 dex. Its
  // standard error is below 0.3 dex for these hundred clumps.
  double sum = 0, clumps = 0;
  std::int64_t last = -1;
  for (std::size_t i = 0; i < more.rows(); ++i) {
    if (more.integers("parent_id")[i] == last) continue;
    last = more.integers("parent_id")[i];
    sum += std::exp(-more.reals("log_draw_density")[i]);
    clumps += 1;
  }
  EXPECT_NEAR(sum / clumps, 4, 1.2);
}

TEST(Until, RefusesWhatCannotBe) {
  const fs::path folder = scratch_folder("until-bad"), recipe = write_small_recipe(folder / "recipe");
  for (const auto& [words, what] : {std::pair{"--until neff=0", "--until"},
                                    {"--until 100", "neff=N"},
                                    {"--until neff=100 --shard 1/2", "--shard"},
                                    {"--until neff=100 --set mass_function.run=false", "--until"}}) {
    const Outcome outcome =
        run_program(std::string("run -q ") + words + " -o " + quoted(folder / "out") + " " + quoted(recipe));
    EXPECT_EQ(outcome.exit_code, 2) << words << outcome.output;
    EXPECT_NE(outcome.output.find(what), std::string::npos) << outcome.output;
    EXPECT_FALSE(fs::exists(folder / "out")) << words;
  }
}

}  // namespace
}  // namespace arcproof::tests
