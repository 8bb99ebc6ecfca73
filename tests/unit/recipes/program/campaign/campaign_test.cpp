// The loop itself: which realisations a shard makes, what an output folder may be, what a stop leaves, and
// that shards join to the same bytes in any order.
#include "recipes/program/campaign/campaign.h"

#include "engine/core/error.h"
#include "engine/core/hash.h"
#include "engine/io/files.h"
#include "engine/io/fits.h"
#include "recipes/program/campaign/parts.h"
#include "tests/support/data.h"

#include <chrono>
#include <cstdlib>
#include <map>
#include <set>
#include <thread>

#include <fmt/format.h>
#include <gtest/gtest.h>

namespace arcproof::recipes {
namespace {

namespace fs = std::filesystem;

constexpr int realisations = 7;

// Two bands, a constant lens, no stellar populations: a few hundredths of a second a realisation.
Recipe recipe_of(const std::string& name, int seed, int count = realisations) {
  const fs::path folder = tests::scratch_folder("campaign-recipe");
  io::write_text(folder / "recipe.json", fmt::format(R"({{
    "name": "{}", "seed": {},
    "bands": [{{"name": "F150W", "depth_mag_ab": 29}}, {{"name": "F200W", "depth_mag_ab": 29}}],
    "truth_lens": {{"kind": "constant", "mu_tangential": 4, "mu_radial": 1.5}},
    "analysis_lens": {{"kind": "constant", "mu_tangential": 4, "mu_radial": 1.5}},
    "fields": [{{"name": "sky", "z": 1.4, "size_arcsec": 4, "host": {{"kind": "everywhere"}}}}],
    "scene": {{"host": {{"mass_msun": 0, "clumps": 3}}}},
    "population": {{"observed_mag_ab": [24, 27]}},
    "injection": {{"realisations": {}, "clumps": 1}},
    "pipeline": {{"run_sed": false, "photometry": {{"redraws": 20}}, "limits": {{"apertures": 50}}}},
    "mass_function": {{"run": false}}}})",
                                                     name, seed, count));
  return read_recipe(folder, {});
}

const Recipe& recipe() {
  static const Recipe made = recipe_of("shards", 3);
  return made;
}

RunOptions options_of(const fs::path& output, Shard shard = {}) {
  RunOptions options;
  options.output = output;
  options.quiet = true;
  options.shard = shard;
  return options;
}

RunStatus run(const Recipe& of, const RunOptions& options) {
  check_output(of, options);
  return run_campaign(of, check_recipe(of), options);
}

std::set<int> parts_of(const Recipe& of, const fs::path& output) {
  std::set<int> parts;
  const PartStore store(output, recipe_hash(of));
  for (int r = 0; r < of.injection.realisations; ++r)
    if (store.read(r)) parts.insert(r);
  return parts;
}

std::map<std::string, std::string> tables_of(const fs::path& output) {
  std::map<std::string, std::string> hashes;
  for (const auto& entry : fs::directory_iterator(output))
    if (entry.path().extension() == ".fits" || entry.path().filename() == "report.json")
      hashes[entry.path().filename().string()] = sha256_of_file(entry.path());
  return hashes;
}

std::string refusal(const auto& call) {
  try {
    call();
  } catch (const InputError& error) {
    return error.what();
  }
  return "";
}

// Three shards of the recipe, and the whole of it.
struct Runs {
  fs::path whole;
  std::vector<fs::path> shards;
};

const Runs& runs() {
  static const Runs made = [] {
    const fs::path folder = tests::scratch_folder("campaign-runs");
    Runs r{folder / "whole", {folder / "1", folder / "2", folder / "3"}};
    run(recipe(), options_of(r.whole));
    for (int s = 0; s < 3; ++s) run(recipe(), options_of(r.shards[static_cast<std::size_t>(s)], {s + 1, 3}));
    return r;
  }();
  return made;
}

// ---- shards

TEST(Campaign, ShardsShareTheRealisations) {
  EXPECT_EQ(parts_of(recipe(), runs().whole), (std::set<int>{0, 1, 2, 3, 4, 5, 6}));
  EXPECT_EQ(parts_of(recipe(), runs().shards[0]), (std::set<int>{0, 3, 6}));
  EXPECT_EQ(parts_of(recipe(), runs().shards[1]), (std::set<int>{1, 4}));
  EXPECT_EQ(parts_of(recipe(), runs().shards[2]), (std::set<int>{2, 5}));
  for (const fs::path& shard : runs().shards) EXPECT_FALSE(fs::exists(shard / "injections.fits"));
}

TEST(Campaign, PartsOfShardsAreThoseOfTheWholeRun) {
  const PartStore whole(runs().whole, recipe_hash(recipe()));
  for (const fs::path& shard : runs().shards)
    for (const int r : parts_of(recipe(), shard))
      EXPECT_EQ(sha256_of_file(PartStore(shard, recipe_hash(recipe())).path(r)),
                sha256_of_file(whole.path(r)))
          << r;
}

TEST(Campaign, ShardsMergeInAnyOrder) {
  const auto& s = runs().shards;
  const fs::path folder = tests::scratch_folder("campaign-merged");
  int number = 0;
  for (const std::vector<fs::path>& order :
       {std::vector<fs::path>{s[0], s[1], s[2]}, {s[2], s[0], s[1]}, {s[1], s[2], s[1], s[0]}}) {
    const fs::path out = folder / std::to_string(number++);
    EXPECT_EQ(merge_shards(order, options_of(out)), RunStatus::passed);
    EXPECT_EQ(tables_of(out), tables_of(runs().whole));
    EXPECT_EQ(parts_of(recipe(), out).size(), 7u);
  }
  const io::Table injections = io::read_fits_table(runs().whole / "injections.fits");
  EXPECT_GE(injections.rows(), 7u);
}

TEST(Campaign, MergeRefusesWhatDoesNotBelongTogether) {
  const fs::path folder = tests::scratch_folder("campaign-merge-bad");
  const fs::path out = folder / "out", other = folder / "other";
  EXPECT_EQ(merge_shards({runs().shards[0], runs().shards[2]}, options_of(out)), RunStatus::partial);
  EXPECT_FALSE(fs::exists(out));
  EXPECT_NE(refusal([&] {
              merge_shards({runs().shards[0], folder}, options_of(out));
            }).find("run.json"),
            std::string::npos);
  run(recipe_of("shards", 4), options_of(other, {2, 3}));
  EXPECT_NE(refusal([&] {
              merge_shards({runs().shards[0], other, runs().shards[2]}, options_of(out));
            }).find("the recipe of the other shards"),
            std::string::npos);
  EXPECT_FALSE(fs::exists(out));
}

// A part that another recipe made is refused by name, wherever it was copied to.
TEST(Campaign, PartsOfAnotherRecipeAreRefused) {
  const PartStore foreign(runs().whole, recipe_hash(recipe_of("shards", 4)));
  EXPECT_NE(refusal([&] { foreign.read(0); }).find("realisation-000000.fits"), std::string::npos);
  EXPECT_NE(refusal([&] { foreign.is_whole(0); }).find("RECIPE"), std::string::npos);
  EXPECT_FALSE(foreign.read(realisations).has_value());
}

// ---- folders

TEST(Campaign, RefusesFoldersOfOthers) {
  const fs::path folder = tests::scratch_folder("campaign-foreign");
  io::write_text(folder / "file", "x");
  io::write_text(folder / "thesis.tex", "x");
  const auto refused = [](const fs::path& out, const Recipe& of, bool resume, bool overwrite) {
    RunOptions options = options_of(out);
    options.resume = resume;
    options.overwrite = overwrite;
    return refusal([&] { check_output(of, options); });
  };
  for (const bool overwrite : {false, true}) {
    EXPECT_NE(refused(folder / "file", recipe(), false, overwrite).find("a file"), std::string::npos);
    EXPECT_NE(refused(folder, recipe(), false, overwrite).find("other things in it"), std::string::npos);
    EXPECT_NE(refused(folder, recipe(), true, overwrite), "");
  }
  EXPECT_EQ(refused(folder / "new", recipe(), false, false), "");
  EXPECT_FALSE(fs::exists(folder / "new"));
  EXPECT_EQ(io::read_text(folder / "thesis.tex"), "x");
  // A run's own folder; a changed recipe of the same name; a recipe of another name.
  const fs::path& own = runs().whole;
  const Recipe changed = recipe_of("shards", 4), other = recipe_of("other", 3);
  EXPECT_EQ(refused(own, recipe(), false, false), "");
  EXPECT_EQ(refused(own, recipe(), true, false), "");
  EXPECT_NE(refused(own, changed, false, false).find("--overwrite"), std::string::npos);
  EXPECT_EQ(refused(own, changed, false, true), "");
  EXPECT_NE(refused(own, changed, true, true), "");
  for (const bool overwrite : {false, true})
    EXPECT_NE(refused(own, other, false, overwrite).find("'shards'"), std::string::npos);
}

TEST(Campaign, ResumeMakesOnlyWhatIsMissingOrDamaged) {
  const fs::path out = tests::scratch_folder("campaign-resume") / "out";
  fs::copy(runs().whole, out, fs::copy_options::recursive);
  const PartStore store(out, recipe_hash(recipe()));
  fs::remove(store.path(2));
  fs::resize_file(store.path(5), fs::file_size(store.path(5)) / 2);
  std::map<int, fs::file_time_type> times;
  for (const int r : {0, 1, 3, 4, 6}) times[r] = fs::last_write_time(store.path(r));
  RunOptions options = options_of(out);
  options.resume = true;
  EXPECT_EQ(run(recipe(), options), RunStatus::passed);
  for (const auto& [r, time] : times) EXPECT_EQ(fs::last_write_time(store.path(r)), time) << r;
  EXPECT_EQ(tables_of(out), tables_of(runs().whole));
}

// ---- stop

// A stop cannot be taken back: it is asked for in a process of its own, which leaves its parts in a folder
// whose name it inherits.
fs::path folder_of_the_stopped() {
  constexpr const char* name = "ARCPROOF_TEST_STOPPED";
  if (const char* inherited = std::getenv(name)) return inherited;
  const fs::path folder = tests::scratch_folder("campaign-stopped");
  ::setenv(name, folder.c_str(), 1);
  return folder;
}

constexpr int many = 12;

[[noreturn]] void stop_after_two_parts(const Recipe& of, const fs::path& out) {
  std::thread watch([&] {
    while (parts_of(of, out).size() < 2) std::this_thread::sleep_for(std::chrono::milliseconds(1));
    request_stop();
  });
  const RunStatus status = run(of, options_of(out));
  watch.join();
  std::exit(status == RunStatus::partial ? 4 : 1);
}

TEST(CampaignStop, LeavesAPartialRunThatGoesOn) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  const fs::path folder = folder_of_the_stopped();
  const Recipe of = recipe_of("stopped", 3, many);
  EXPECT_EXIT(stop_after_two_parts(of, folder / "out"), testing::ExitedWithCode(4), "");
  const std::size_t made = parts_of(of, folder / "out").size();
  EXPECT_GE(made, 2u);
  EXPECT_LT(made, static_cast<std::size_t>(many));
  EXPECT_FALSE(fs::exists(folder / "out" / "injections.fits"));
  EXPECT_FALSE(fs::exists(folder / "out" / "manifest.json"));
  RunOptions options = options_of(folder / "out");
  options.resume = true;
  EXPECT_EQ(run(of, options), RunStatus::passed);
  EXPECT_EQ(run(of, options_of(folder / "at-once")), RunStatus::passed);
  EXPECT_EQ(tables_of(folder / "out"), tables_of(folder / "at-once"));
}

}  // namespace
}  // namespace arcproof::recipes
