// Options made from descriptions: what they take, what they refuse and in which words.
#include "recipes/program/commands/option_keys.h"

#include "engine/core/error.h"
#include "engine/photometry/detection.h"
#include "recipes/program/commands/light/library.h"
#include "recipes/program/commands/light/sed.h"
#include "recipes/program/commands/masses/cmf.h"
#include "recipes/program/commands/mosaics/fit.h"
#include "recipes/program/commands/mosaics/psf.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

namespace arcproof::commands {
namespace {

/// Every kind of key.
struct Everything {
  double number = 1;
  int integer = 2;
  std::uint64_t seed = 3;
  bool flag = false, standing = true;
  std::string word = "a";
  std::vector<double> numbers = {1, 2};
  double low = 0, high = 1;
  std::optional<double> perhaps;
  std::optional<photometry::DetectionOptions> object;
  bool number_was_given = false, flag_was_given = false;

  void describe(Keys& keys) {
    keys.number("number_arcsec", number, "arcsec", "a number", Allowed::above(0, 10));
    keys.integer("integer", integer, "", "an integer", Allowed::between(0, 10));
    keys.check(
        integer % 2 == 0, "integer", [this] { return std::to_string(integer); }, "an even number");
    keys.seed("seed", seed, "a seed");
    keys.flag("flag", flag, "a flag");
    keys.flag("standing", standing, "a flag that is set");
    keys.text("word", word, "a word", {"a", "b"});
    keys.numbers("numbers", numbers, "", "numbers", Allowed::between(-4, 10));
    keys.interval("interval", low, high, "", "an interval", Allowed::between(-4, 10));
    keys.optional_number("sign", perhaps, "", "a sign", Allowed::either(-1, 1));
    keys.optional_object("object", object, "an object");
    number_was_given = keys.given("number_arcsec");
    flag_was_given = keys.given("flag");
  }
};

/// What the words of a command line make of a struct. The complaint of a refusal, by CLI11 or the description.
template <class Options>
std::string refusal(Options& options, const std::string& line, OptionKeys::Names names = {}) {
  CLI::App app;
  OptionKeys keys(app, std::move(names));
  keys.add(options);
  try {
    app.parse(line);
    keys.set(options);
  } catch (const CLI::ParseError& error) {
    return error.what();
  } catch (const InputError& error) {
    return error.what();
  }
  return "";
}
template <class Options>
std::string refused(const std::string& line) {
  Options options;
  return refusal(options, line);
}

TEST(OptionKeys, KeepDefaults) {
  Everything e;
  EXPECT_EQ(refusal(e, ""), "");
  EXPECT_EQ(e.number, 1);
  EXPECT_EQ(e.integer, 2);
  EXPECT_EQ(e.seed, 3U);
  EXPECT_FALSE(e.flag);
  EXPECT_TRUE(e.standing);
  EXPECT_EQ(e.word, "a");
  EXPECT_EQ(e.numbers, (std::vector<double>{1, 2}));
  EXPECT_EQ(e.high, 1);
  EXPECT_FALSE(e.perhaps || e.object || e.number_was_given || e.flag_was_given);
}

TEST(OptionKeys, TakeWhatIsGiven) {
  Everything e;
  EXPECT_EQ(refusal(e,
                    "--number 2.5 --integer 4 --seed 18446744073709551615 --flag --no-standing --word b "
                    "--numbers -3,-2 --interval -1 3 --sign -1 --object"),
            "");
  EXPECT_EQ(e.number, 2.5);
  EXPECT_EQ(e.integer, 4);
  EXPECT_EQ(e.seed, UINT64_MAX);
  EXPECT_TRUE(e.flag);
  EXPECT_FALSE(e.standing);
  EXPECT_EQ(e.word, "b");
  EXPECT_EQ(e.numbers, (std::vector<double>{-3, -2}));
  EXPECT_EQ(e.low, -1);
  EXPECT_EQ(e.high, 3);
  EXPECT_EQ(e.perhaps, -1);
  EXPECT_TRUE(e.number_was_given && e.flag_was_given);
  ASSERT_TRUE(e.object.has_value());
  EXPECT_EQ(e.object->min_area_pix, photometry::DetectionOptions{}.min_area_pix);
}

TEST(OptionKeys, SayWhatIsAllowed) {
  for (const auto& [line, words] :
       {std::pair{"--number 0", "--number: found '0', allowed: a number > 0 and <= 10"},
        {"--number 1x", "found '1x'"},
        {"--number nan", "found 'nan'"},
        {"--integer 2.5", "allowed: an integer: a number >= 0 and <= 10"},
        {"--integer 3", "--integer: found 3; allowed: an even number"},
        {"--seed -1", "--seed: found '-1', allowed: an integer >= 0 and < 2^64"},
        {"--seed 1.5", "found '1.5'"},
        {"--seed 18446744073709551616", "found '18446744073709551616'"},
        {"--word c", "--word: found 'c', allowed: a, b"},
        {"--numbers 1,11", "--numbers: found '11'"},
        {"--interval 3 1", "--interval: found 3 1; allowed: LOW HIGH"},
        {"--sign 0", "--sign: found '0', allowed: -1 or 1"},
        {"--sign 0.5", "allowed: -1 or 1"}}) {
    const std::string what = refused<Everything>(line);
    EXPECT_NE(what.find(words), std::string::npos) << line << "\n" << what;
  }
}

// The ranges that checks of the commands once repeated, at their ends and just beyond them.
template <class Options>
void expect_limits(const std::vector<std::string>& good, const std::vector<std::string>& bad,
                   const OptionKeys::Names& names = {}) {
  for (const std::string& line : good) {
    Options options;
    EXPECT_EQ(refusal(options, line, names), "") << line;
  }
  for (const std::string& line : bad) {
    Options options;
    const std::string what = refusal(options, line, names);
    EXPECT_NE(what.find(": found "), std::string::npos) << line << "\n" << what;
    EXPECT_NE(what.find("allowed: "), std::string::npos) << line << "\n" << what;
  }
}

TEST(OptionRanges, OfDetection) {
  expect_limits<photometry::DetectionOptions>(
      {"--threshold-sigma 1e-3", "--threshold-sigma 1e6", "--min-area 1", "--min-area 1000000",
       "--median-side 0", "--median-side 1000"},
      {"--threshold-sigma 0", "--threshold-sigma nan", "--threshold-sigma 1.1e6", "--min-area 0",
       "--min-area 1000001", "--median-side -1", "--median-side 1001"});
}

TEST(OptionRanges, OfFit) {
  const OptionKeys::Names names = {{"prior", "--map-prior"}};
  expect_limits<FitArguments>(
      {"--redraws 0", "--redraws 2", "--redraws 10000", "--redraws 2 --keep-redraws", "--group-distance 0",
       "--group-distance 8", "--noise correlated", "--background constant", "--map-prior",
       "--model sersic --sersic-index 0.31", "--model sersic --sersic-index 9.9",
       "--model sersic --sersic-size 9", "--model sersic --sersic-size 201", "--seed 0"},
      {"--redraws -1", "--redraws 1", "--redraws 10001", "--redraws 0 --keep-redraws", "--group-distance -1",
       "--group-distance nan", "--noise pink", "--background none", "--model moffat", "--sersic-index 2",
       "--model sersic --sersic-index 0.3", "--model sersic --sersic-index 10",
       "--model sersic --sersic-size 7", "--model sersic --sersic-size 40", "--sersic-size 203", "--seed -1"},
      names);
  FitArguments fit;
  EXPECT_EQ(refusal(fit, "--map-prior --redraws 7 --background constant --noise correlated", names), "");
  EXPECT_TRUE(fit.protocol.fit.prior.has_value());
  EXPECT_FALSE(fit.protocol.fit.plane);
  EXPECT_EQ(fit.protocol.redraws, 7);
  EXPECT_EQ(fit.protocol.noise, photometry::NoiseModel::correlated);
}

TEST(OptionRanges, OfPsf) {
  expect_limits<PsfArguments>({"--size 11", "--size 2001", "--form parametric", "--min-snr 1e-3",
                               "--isolation 1e-3", "--saturation 1e-3", "--to-scale 1e-3"},
                              {"--size 9", "--size 12", "--size 2003", "--form round", "--min-snr 0",
                               "--isolation nan", "--saturation 0", "--to-scale 0", "--pixel-scale -1"});
}

TEST(OptionRanges, OfCmf) {
  expect_limits<CmfArguments>(
      {"--min-mass 1e3", "--max-mass 1e8", "--beta -3 -1.5", "--beta -3 0", "--max-mass 1e8 --beta -0.9 0",
       "--log-cutoff-high 20", "--walkers 8", "--walkers 10000", "--burn-in 0", "--steps 60 --burn-in 59",
       "--ensembles 2", "--ensembles 64", "--bootstraps 0", "--bootstraps 1000000", "--mass-error 0",
       "--lowest-mass 2e6"},
      {"--min-mass 0",         "--min-mass nan",      "--max-mass 1e6",
       "--max-mass 2e6",       "--max-age 0",         "--beta -1 -3",
       "--beta -2 -2",         "--beta -0.9 0",       "--beta -1 0",
       "--min-mass 1e9",       "--log-cutoff-high 6", "--log-cutoff-high 20.1",
       "--walkers 6",          "--walkers 9",         "--walkers 10002",
       "--burn-in -1",         "--burn-in 600",       "--steps 60 --burn-in 60",
       "--ensembles 1",        "--ensembles 65",      "--bootstraps -1",
       "--bootstraps 1000001", "--mass-error -0.1",   "--mass-error 5.1",
       "--lowest-mass -1",     "--lowest-mass 2.1e6", "--seed -1"});
}

TEST(OptionRanges, OfLibrary) {
  expect_limits<sed::LibrarySource>(
      {"--format fsps", "--metallicity 0", "--metallicity 0.2", "--mass 1e12", "--solar-metallicity 0.1",
       "--name x --imf y --tracks z --citation c"},
      {"--format fps", "--metallicity -1", "--metallicity 0.21", "--metallicity nan", "--mass 0",
       "--mass nan", "--mass 1e13", "--solar-metallicity 0", "--solar-metallicity 0.11"});
}

TEST(OptionRanges, OfSed) {
  const std::string old = "--protocol claeyssens2023 ", hosts = "--protocol continuity ";
  expect_limits<SedArguments>(
      {"--z 1", "--covering-fraction 0", "--covering-fraction 1", old + "--covering-fraction 0,0.5,1",
       old + "--log-u -4,0", "--attenuation gordon2003_smc", "--igm inoue2014", "--stars-over-gas-ebv 0.44",
       "--tau 1e-3", "--age-prior log_uniform", "--draws 1", "--draws 100000", hosts + "--draws 10",
       hosts + "--bin-ends 0.1,10", hosts + "--live-points 100", "--upper-limits", "--min-bands 1",
       "--metallicity 0.01"},
      {"--z 0",
       "--z -1",
       "--z nan",
       "--covering-fraction 1.1",
       "--covering-fraction -0.1",
       "--covering-fraction 0.5,1",
       old + "--log-u -4.1",
       old + "--log-u -3,0.5",
       "--log-u -2",
       hosts + "--log-u -2",
       "--attenuation smc",
       "--igm none",
       "--stars-over-gas-ebv 0",
       "--stars-over-gas-ebv 1.1",
       "--tau 0",
       "--tau nan",
       hosts + "--tau 1",
       old + "--tau 1",
       "--age-prior flat",
       hosts + "--age-prior uniform",
       "--draws 0",
       "--draws 100001",
       old + "--draws 10",
       "--bin-ends 10,100",
       hosts + "--bin-ends 10,10",
       hosts + "--bin-ends 10,5",
       hosts + "--bin-ends 0.01,5",
       hosts + "--bin-ends nan",
       "--live-points 400",
       hosts + "--live-points 99",
       "--min-bands 0",
       "--protocol continuous",
       "--spectra 3",
       "--colors A,B,C",
       "--seed -1"});
  std::string many = "--bin-ends 1";
  for (int i = 2; i <= 41; ++i) many += fmt::format(",{}", i);
  EXPECT_NE(refused<SedArguments>(hosts + many).find("41 ends"), std::string::npos);
  SedArguments one;
  EXPECT_EQ(
      refusal(one, hosts + "--bin-ends 10,100 --live-points 150 --draws 20 --upper-limits --igm inoue2014"),
      "");
  EXPECT_EQ(one.hosts.bin_ends_myr, (std::vector<double>{10, 100}));
  EXPECT_EQ(one.sampler.live, 150);
  EXPECT_EQ(one.posterior.draws, 20);
  EXPECT_EQ(one.posterior.non_detections, sed::NonDetections::upper_limits);
  EXPECT_EQ(one.light.igm_law, sed::IgmLaw::inoue2014);
}

}  // namespace
}  // namespace arcproof::commands
