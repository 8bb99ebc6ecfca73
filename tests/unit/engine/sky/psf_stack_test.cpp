// Stacks of synthetic stars whose PSF is known in closed form: Moffat of beta 3 and FWHM 2.5 pixel.
//
// Seed 71 for all noise; 91 x 91 pixels of 20 mas. The bounds hold for each of the seeds 71 to 80.
#include "engine/sky/psf_stack.h"

#include "engine/core/error.h"
#include "engine/core/missing.h"
#include "engine/core/random.h"

#include <cmath>
#include <limits>

#include <gtest/gtest.h>

namespace arcproof::sky {
namespace {

constexpr double scale = 0.02;
constexpr int side = 91;
constexpr double fwhm = 2.5, beta = 3;
const double alpha = fwhm / 2 / std::sqrt(std::pow(2.0, 1 / beta) - 1);

double moffat(double dx, double dy) { return std::pow(1 + (dx * dx + dy * dy) / (alpha * alpha), -beta); }

struct Recipe {
  double x = 45, y = 45;
  double peak = 1000;
  double background = 0;
  double noise = 0.3;
};

StarCutout star(const Recipe& r, int number) {
  Random random({.seed = 71, .purpose = "psf_stack_test", .clump = number});
  StarCutout cutout{"star " + std::to_string(number), Array2D<double>(side, side)};
  for (int y = 0; y < side; ++y)
    for (int x = 0; x < side; ++x)
      cutout.image(x, y) = r.background + r.peak * moffat(x - r.x, y - r.y) + random.normal(0, r.noise);
  return cutout;
}

std::vector<Recipe> recipes(int count) {
  Random random({.seed = 71, .purpose = "psf_stack_test recipes"});
  std::vector<Recipe> list;
  for (int i = 0; i < count; ++i)
    list.push_back({random.uniform(44, 46), random.uniform(44, 46), random.uniform(500, 3000),
                    random.uniform(-5, 20), 0.3});
  return list;
}

std::vector<StarCutout> make(const std::vector<Recipe>& list) {
  std::vector<StarCutout> stars;
  for (std::size_t i = 0; i < list.size(); ++i) stars.push_back(star(list[i], static_cast<int>(i)));
  return stars;
}

// The true PSF, free of noise, on the square of the stack.
Psf truth_like(const Psf& psf) {
  const int half = psf.half_size();
  Array2D<double> image(2 * half + 1, 2 * half + 1);
  for (int y = -half; y <= half; ++y)
    for (int x = -half; x <= half; ++x) image(x + half, y + half) = moffat(x, y);
  return Psf::from_image(image, scale, scale, "truth");
}

double peak_of(const Psf& psf) { return psf.image()(psf.half_size(), psf.half_size()); }

// Largest difference of two PSFs in units of the peak, over the smaller of their squares.
double largest_difference(const Psf& a, const Psf& b) {
  const int half = std::min(a.half_size(), b.half_size());
  double largest = 0;
  for (int y = -half; y <= half; ++y)
    for (int x = -half; x <= half; ++x)
      largest = std::max(largest, std::abs(a.image()(x + a.half_size(), y + a.half_size()) -
                                           b.image()(x + b.half_size(), y + b.half_size())));
  return largest / peak_of(b);
}

TEST(PsfStack, RecoversTheWidthAndTheEncircledEnergyOfTwentyStars) {
  const std::vector<Recipe> list = recipes(20);
  const PsfStack stack = stack_stars(make(list), scale, {}, "twenty");
  const Psf truth = truth_like(stack.psf);
  EXPECT_GE(stack.psf.half_size(), 43);
  // Psf::fwhm_arcsec itself, bilinear, reads 1.3% low at 2.5 pixels.
  EXPECT_NEAR(stack.psf.fwhm_arcsec(), truth.fwhm_arcsec(), 0.01 * fwhm * scale);
  EXPECT_NEAR(stack.psf.fwhm_arcsec(), fwhm * scale, 0.02 * fwhm * scale);
  for (const double pixels : {2.0, 4.0, 8.0}) {
    const double measured = stack.psf.encircled_energy(pixels * scale);
    EXPECT_NEAR(measured / truth.encircled_energy(pixels * scale), 1, 0.005) << pixels;
    // The integral of the Moffat. The pixels' split into 5 x 5 of equal value costs some of the first.
    const double integral = 1 - std::pow(1 + pixels * pixels / (alpha * alpha), 1 - beta);
    EXPECT_NEAR(measured / integral, 1, pixels < 3 ? 0.03 : 0.005) << pixels;
  }
  // A Moffat is not quite band-limited at 2.5 pixels per FWHM: the shift errs by 1% of the peak.
  EXPECT_LT(largest_difference(stack.psf, truth), 0.02);

  ASSERT_EQ(stack.stars.size(), 20u);
  for (std::size_t i = 0; i < 20; ++i) {
    const StackedStar& row = stack.stars[i];
    EXPECT_EQ(row.name, "star " + std::to_string(i));
    EXPECT_TRUE(row.used && row.reason.empty()) << row.name;
    EXPECT_NEAR(row.x, list[i].x, 5e-3) << row.name;
    EXPECT_NEAR(row.y, list[i].y, 5e-3) << row.name;
    // Noise of a median of 5000 pixels, and the star's own light in the ring.
    EXPECT_NEAR(row.background, list[i].background, 0.025 + 3e-7 * list[i].peak) << row.name;
    EXPECT_NEAR(row.fwhm_arcsec, fwhm * scale, 0.02 * fwhm * scale) << row.name;
    // Within 5 pixels: the Moffat's integral times the peak.
    const double flux = M_PI * alpha * alpha / (beta - 1) * list[i].peak;
    EXPECT_NEAR(row.core_flux / flux, 1 - std::pow(1 + 25 / (alpha * alpha), 1 - beta), 0.01) << row.name;
    EXPECT_LT(row.core_residual, 5e-3) << row.name;
  }
}

TEST(PsfStack, LeavesOutAStarWithACloseCompanion) {
  std::vector<StarCutout> stars = make(recipes(6));
  const Recipe host = recipes(6)[2];
  for (int y = 0; y < side; ++y)
    for (int x = 0; x < side; ++x)
      stars[2].image(x, y) += 0.7 * host.peak * moffat(x - host.x - 3.2, y - host.y + 1);
  const PsfStack stack = stack_stars(stars, scale, {}, "companion");
  EXPECT_FALSE(stack.stars[2].used);
  EXPECT_NE(stack.stars[2].reason.find("core differs"), std::string::npos) << stack.stars[2].reason;
  EXPECT_GT(stack.stars[2].core_residual, 0.1);
  for (const int i : {0, 1, 3, 4, 5}) EXPECT_TRUE(stack.stars[i].used) << stack.stars[i].reason;
  stars.erase(stars.begin() + 2);
  EXPECT_LT(largest_difference(stack.psf, stack_stars(stars, scale, {}, "without").psf), 1e-3);
}

TEST(PsfStack, ClipsCosmicRaysAndNeighbours) {
  std::vector<StarCutout> stars = make(recipes(6));
  const Psf without = stack_stars(stars, scale, {}, "clean").psf;
  const std::vector<Recipe> list = recipes(6);
  // A ray in the wing of one star, of half its peak; a neighbour of another, at 20 pixels.
  stars[1].image(57, 45) += 0.5 * list[1].peak;
  for (int y = 0; y < side; ++y)
    for (int x = 0; x < side; ++x)
      stars[4].image(x, y) += 0.5 * list[4].peak * moffat(x - list[4].x, y - list[4].y - 20);
  const PsfStack stack = stack_stars(stars, scale, {}, "ray");
  for (const StackedStar& row : stack.stars) EXPECT_TRUE(row.used) << row.reason;
  EXPECT_GE(stack.stars[1].clipped_pixels, 1);
  EXPECT_LT(stack.stars[1].clipped_pixels, 30);
  EXPECT_GT(stack.stars[4].clipped_pixels, 50);
  EXPECT_LT(stack.stars[0].clipped_pixels, 30);  // of 8281
  EXPECT_LT(largest_difference(stack.psf, without), 5e-3);

  // Without clipping the ray and the neighbour stay.
  StackOptions all;
  all.clip_sigma = 1e9;
  EXPECT_GT(largest_difference(stack_stars(stars, scale, all, "not clipped").psf, without), 0.03);

  // A ray brighter than the star is taken for it, and the cutout left out.
  stars[1].image(57, 45) += 3 * list[1].peak;
  const PsfStack fewer = stack_stars(stars, scale, {}, "bright ray");
  EXPECT_FALSE(fewer.stars[1].used);
  EXPECT_NE(fewer.stars[1].reason.find("core differs"), std::string::npos) << fewer.stars[1].reason;
}

TEST(PsfStack, PixelsWithoutDataHaveNoWeight) {
  std::vector<StarCutout> stars = make(recipes(6));
  const Psf without = stack_stars(stars, scale, {}, "clean").psf;
  // A dead column beside one core, a dead quarter, and an isolated pixel; one of them infinite.
  for (int y = 0; y < side; ++y) stars[0].image(54, y) = nan;
  for (int y = 0; y < 35; ++y)
    for (int x = 0; x < 35; ++x) stars[3].image(x, y) = nan;
  stars[5].image(38, 47) = std::numeric_limits<double>::infinity();
  const PsfStack stack = stack_stars(stars, scale, {}, "dead pixels");
  for (const StackedStar& row : stack.stars) EXPECT_TRUE(row.used) << row.reason;
  EXPECT_LT(largest_difference(stack.psf, without), 5e-3);

  // In the core there is nothing to put in their place.
  stars[0].image(45, 46) = nan;
  const PsfStack fewer = stack_stars(stars, scale, {}, "saturated");
  EXPECT_FALSE(fewer.stars[0].used);
  EXPECT_EQ(fewer.stars[0].reason, "pixels without data in the core");
  stars.erase(stars.begin());
  EXPECT_LT(largest_difference(fewer.psf, stack_stars(stars, scale, {}, "five").psf), 1e-9);
}

// Columns dead in five of six stars, on both sides of the centre: the sixth star alone says what is there.
TEST(PsfStack, OneStarIsEnoughWhereTheOthersHaveNoData) {
  std::vector<Recipe> list = recipes(6);
  for (Recipe& recipe : list) recipe.noise = 0.01;
  std::vector<StarCutout> stars = make(list);
  for (int i = 0; i < 5; ++i)
    for (int y = 0; y < side; ++y)
      for (const int x : {35, 36, 37, 53, 54, 55}) stars[i].image(x, y) = nan;
  // Light in the middle of the columns (3e-4 of the peak) over that of the core, which all stars share.
  const auto in_columns = [](const Psf& psf) {
    const int c = psf.half_size();
    double sum = 0;
    for (int y = -3; y <= 3; ++y) sum += psf.image()(c - 9, c + y) + psf.image()(c + 9, c + y);
    return sum / psf.encircled_energy(0.1);
  };
  const double expected = in_columns(stack_stars({stars[5]}, scale, {}, "the sixth").psf);
  EXPECT_NEAR(in_columns(stack_stars(stars, scale, {}, "dead columns").psf) / expected, 1, 0.3);
}

// A single star with a dead column: the stack must not invent a dip.
TEST(PsfStack, OneStarIsItsOwnStack) {
  std::vector<StarCutout> stars = {star({45.3, 44.8, 3000, 7, 0.01}, 0)};
  const Psf without = stack_stars(stars, scale, {}, "complete").psf;
  EXPECT_LT(largest_difference(without, truth_like(without)), 0.02);
  for (int y = 0; y < side; ++y) stars[0].image(60, y) = nan;
  const PsfStack stack = stack_stars(stars, scale, {}, "one");
  EXPECT_TRUE(stack.stars[0].used);
  EXPECT_LT(largest_difference(stack.psf, without), 1e-3);
}

TEST(PsfStack, WeighsByTheSignalToNoise) {
  const Recipe bright{45.2, 44.9, 3000, 0, 0.3}, faint{44.7, 45.4, 60, 0, 0.6};
  const auto rms_in_wing = [](const Psf& psf) {
    double sum = 0;
    int count = 0;
    for (int y = 0; y < 20; ++y, ++count) sum += std::pow(psf.image()(5, y) / peak_of(psf), 2);
    return std::sqrt(sum / count);
  };
  const Psf alone = stack_stars({star(bright, 0)}, scale, {}, "bright").psf;
  const PsfStack both = stack_stars({star(bright, 0), star(faint, 1)}, scale, {}, "both");
  ASSERT_TRUE(both.stars[1].used) << both.stars[1].reason;
  // Equal weights would make it 50 times larger.
  EXPECT_LT(rms_in_wing(both.psf), 1.2 * rms_in_wing(alone));
}

TEST(PsfStack, ThrowsWhenNoStarIsUsable) {
  std::vector<StarCutout> stars = make(recipes(2));
  stars[0].image(45, 45) = nan;
  stars[1].name = "small";
  stars[1].image = Array2D<double>(9, 30, 1.0);
  stars.push_back(star({.peak = 0.1}, 2));                          // noise
  stars.push_back({"empty", Array2D<double>(side, side, nan)});     // off the mosaic
  stars.push_back({"constant", Array2D<double>(side, side, 5.0)});  // no light
  stars.push_back(star({.x = 1.2}, 5));                             // on the edge
  try {
    stack_stars(stars, scale, {}, "field.fits");
    FAIL() << "no exception";
  } catch (const InputError& error) {
    EXPECT_EQ(error.complaint().file, "field.fits");
    const std::string found = error.complaint().found;
    for (const char* part : {"star 0: pixels without data in the core", "small: 9 x 30 pixels",
                             "star 2: no star", "empty: no data", "constant: no star", "star 5: "})
      EXPECT_NE(found.find(part), std::string::npos) << part << " not in: " << found;
  }
  EXPECT_THROW(stack_stars({}, scale, {}, "none"), InputError);
}

TEST(PsfStack, CutsStarsOutOfAMosaic) {
  Array2D<float> mosaic(200, 120);
  for (int y = 0; y < 120; ++y)
    for (int x = 0; x < 200; ++x) mosaic(x, y) = static_cast<float>(x + 1000 * y);
  const std::vector<StarCutout> stars = cut_stars(mosaic, {{50.3, 60.6}, {2, 118.4}, {-100, 5}}, 21);
  ASSERT_EQ(stars.size(), 3u);
  EXPECT_EQ(stars[0].name, "star at (50.3, 60.6)");
  ASSERT_EQ(stars[0].image.width(), 21);
  ASSERT_EQ(stars[0].image.height(), 21);
  EXPECT_EQ(stars[0].image(10, 10), 50 + 61000);  // the nearest pixel in the middle
  EXPECT_EQ(stars[0].image(0, 20), 40 + 71000);
  EXPECT_EQ(stars[1].image(10, 10), 2 + 118000);
  EXPECT_EQ(stars[1].image(8, 11), 0 + 119000);
  EXPECT_TRUE(std::isnan(stars[1].image(7, 11)));
  EXPECT_TRUE(std::isnan(stars[1].image(10, 12)));
  for (const double v : stars[2].image) EXPECT_TRUE(std::isnan(v));
  EXPECT_THROW(cut_stars(mosaic, {}, 20), ContractError);
}

}  // namespace
}  // namespace arcproof::sky
