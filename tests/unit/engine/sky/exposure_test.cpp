#include "engine/sky/exposure.h"

#include "engine/core/error.h"
#include "tests/support/data.h"

#include <cmath>

#include <fmt/format.h>
#include <gtest/gtest.h>

namespace arcproof::sky {
namespace {

using Cards = std::vector<std::pair<std::string, std::string>>;

io::FitsHeader header_of(const Cards& cards) {
  io::FitsHeader header;
  for (const auto& [key, value] : cards) header.add(key, value);
  return header;
}

double unit_of(const Cards& image, const Cards& primary = {}) {
  return njy_per_image_unit(header_of(image), header_of(primary), "file", "1");
}

// astropy 5.2.1: (1 * u.MJy / u.sr * 2.11539874851881e-14 * u.sr).to_value(u.nJy).
TEST(ImageUnit, SurfaceBrightnessTimesThePixelsArea) {
  const Cards cards = {{"BUNIT", "MJy/sr"}, {"PIXAR_SR", "2.11539874851881E-14"}};
  EXPECT_NEAR(unit_of(cards) / 21.1539874852, 1, 1e-11);
  EXPECT_NEAR(unit_of({cards[0]}, {cards[1]}) / 21.1539874852, 1, 1e-11);  // the area in the primary HDU
}

// astropy 5.2.1: (7.0331885e-20 * u.erg / u.s / u.cm**2 / u.AA).to_value(u.nJy, u.spectral_density(8045.5365
// * u.AA)).
TEST(ImageUnit, CountRatesByPhotflamAndPhotplam) {
  Cards cards = {{"PHOTFLAM", "7.0331885E-20"}, {"PHOTPLAM", "8045.5365"}};
  EXPECT_NEAR(unit_of({}, cards) / 151.859362799, 1, 1e-11);
  for (const char* unit : {"ELECTRONS/S", "electrons/s", "counts/s"})
    EXPECT_NEAR(unit_of({{"BUNIT", unit}}, cards) / 151.859362799, 1, 1e-11) << unit;
}

TEST(ImageUnit, MultiplesOfJansky) {
  EXPECT_EQ(unit_of({{"BUNIT", "nJy"}}), 1);
  EXPECT_EQ(unit_of({{"BUNIT", "uJy"}}), 1e3);
  EXPECT_EQ(unit_of({{"BUNIT", "mJy"}}), 1e6);
  EXPECT_EQ(unit_of({{"BUNIT", "Jy"}}), 1e9);
  EXPECT_EQ(unit_of({{"BUNIT", "10.0*nanoJansky"}}), 10);
  EXPECT_EQ(unit_of({{"BUNIT", "10 nJy"}}), 10);
  EXPECT_EQ(unit_of({{"BUNIT", "nJy/pixel"}}), 1);
  EXPECT_EQ(unit_of({{"BUNIT", "10.0*nanoJansky / pix"}}), 10);
}

// In FITS units M is mega and m is milli.
TEST(ImageUnit, MegajanskyIsNotMillijansky) {
  EXPECT_EQ(unit_of({{"BUNIT", "MJy"}}), 1e15);
  EXPECT_THROW(unit_of({{"BUNIT", "mJy/sr"}, {"PIXAR_SR", "2.1E-14"}}), InputError);
}

TEST(ImageUnit, HeadersThatSayNothingUsableAreRefused) {
  EXPECT_THROW(unit_of({}), InputError);
  EXPECT_THROW(unit_of({{"BUNIT", "MJy/sr"}}), InputError);
  EXPECT_THROW(unit_of({{"BUNIT", "furlong"}}), InputError);
  EXPECT_THROW(unit_of({{"BUNIT", "MJy/sr"}, {"PIXAR_SR", "-1.0"}}), InputError);
  EXPECT_THROW(unit_of({{"PHOTFLAM", "7E-20"}, {"PHOTPLAM", "0.0"}}), InputError);
  EXPECT_THROW(unit_of({{"BUNIT", "-2*nJy"}}), InputError);
  EXPECT_THROW(unit_of({{"BUNIT", "electrons/s"}, {"PHOTFLAM", "7E-20"}}), InputError);
  EXPECT_THROW(unit_of({{"BUNIT", "electrons"}, {"PHOTFLAM", "7E-20"}, {"PHOTPLAM", "8000.0"}}), InputError);
}

const Cards in_10_njy = {{"BUNIT", "10.0*nanoJansky"}, {"PIXSCALE", "0.02"}};

io::NamedImage image(const std::string& name, int width, int height, float value, const Cards& cards = {}) {
  return {name, Array2D<float>(width, height, value), header_of(cards)};
}

ExposureFile written(const std::string& folder, const std::vector<io::NamedImage>& images) {
  ExposureFile file;
  file.band = "F150W";
  file.path = tests::scratch_folder("exposure-" + folder) / "image.fits";
  file.science_hdu = "SCI";
  file.error_hdu = "ERR";
  io::write_fits_images(file.path, images);
  return file;
}

TEST(ReadExposure, FluxAndErrorAreInNanojansky) {
  auto science = image("SCI", 7, 5, 2, in_10_njy);
  science.pixels(6, 1) = -3;
  science.pixels(0, 4) = std::nanf("");
  ExposureFile file = written("plain", {science, image("ERR", 7, 5, 0.5F)});
  file.electrons_per_njy = 310;
  const Exposure exposure = read_exposure(file);
  EXPECT_EQ(exposure.band, "F150W");
  EXPECT_EQ(exposure.flux_njy.width(), 7);
  EXPECT_EQ(exposure.flux_njy(0, 0), 20);
  EXPECT_EQ(exposure.flux_njy(6, 1), -30);
  EXPECT_TRUE(std::isnan(exposure.flux_njy(0, 4)));
  EXPECT_EQ(exposure.error_njy(3, 3), 5);
  EXPECT_EQ(exposure.pixel_scale_arcsec, 0.02);
  EXPECT_EQ(exposure.electrons_per_njy, 310);
  EXPECT_FALSE(exposure.wcs);
}

// A weight is 1 / variance: 16 is an error of 1/4 image unit; no weight, no error.
TEST(ReadExposure, WeightsBecomeErrors) {
  auto weight = image("WHT", 7, 5, 16);
  weight.pixels(2, 2) = 0;
  weight.pixels(3, 2) = -1;
  ExposureFile file = written("weight", {image("SCI", 7, 5, 2, in_10_njy), weight});
  file.error_hdu = "";
  file.weight_hdu = "WHT";
  const Exposure exposure = read_exposure(file);
  EXPECT_EQ(exposure.error_njy(0, 0), 2.5);
  EXPECT_TRUE(std::isnan(exposure.error_njy(2, 2)));
  EXPECT_TRUE(std::isnan(exposure.error_njy(3, 2)));
}

TEST(ReadExposure, ErrorsMayLieInAnotherFile) {
  ExposureFile file = written("science", {image("SCI", 7, 5, 2, in_10_njy)});
  file.error_path = written("error", {image("SIGMA", 7, 5, 0.25F)}).path;
  file.error_hdu = "";
  EXPECT_EQ(read_exposure(file).error_njy(6, 4), 2.5);
}

TEST(ReadExposure, ScaleComesFromTheWcs) {
  const Cards cards = {{"BUNIT", "nJy"},
                       {"CTYPE1", "RA---TAN"},
                       {"CTYPE2", "DEC--TAN"},
                       {"CRPIX1", "4.0"},
                       {"CRPIX2", "3.0"},
                       {"CRVAL1", "110.8"},
                       {"CRVAL2", "-73.4"},
                       {"CDELT1", "-1.111111111111111E-05"},
                       {"CDELT2", "1.111111111111111E-05"}};
  const Exposure exposure =
      read_exposure(written("wcs", {image("SCI", 7, 5, 2, cards), image("ERR", 7, 5, 1)}));
  EXPECT_NEAR(exposure.pixel_scale_arcsec, 0.04, 1e-9);
  ASSERT_TRUE(exposure.wcs);
  EXPECT_NEAR(exposure.wcs->to_sky({3, 2}).dec_deg, -73.4, 1e-12);
}

std::string complaint_about(const Cards& matrix) {
  Cards cards = {{"BUNIT", "nJy"},  {"CTYPE1", "RA---TAN"}, {"CTYPE2", "DEC--TAN"}, {"CRPIX1", "4.0"},
                 {"CRPIX2", "3.0"}, {"CRVAL1", "110.8"},    {"CRVAL2", "-73.4"}};
  cards.insert(cards.end(), matrix.begin(), matrix.end());
  try {
    read_exposure(written("matrix", {image("SCI", 7, 5, 2, cards), image("ERR", 7, 5, 1)}));
  } catch (const InputError& error) {
    return error.what();
  }
  return "";
}

// wcslib makes 1 degree a pixel of zeros, and of a matrix that is not there.
TEST(ReadExposure, WcsWithoutAMatrixIsRefused) {
  const Cards zeros = {{"CD1_1", "0.0"}, {"CD1_2", "0.0"}, {"CD2_1", "0.0"}, {"CD2_2", "0.0"}};
  const Cards parallel = {{"CD1_1", "1E-5"}, {"CD1_2", "1E-5"}, {"CD2_1", "1E-5"}, {"CD2_2", "1E-5"}};
  const Cards no_step = {{"CDELT1", "0.0"}, {"CDELT2", "1E-5"}};
  for (const Cards& matrix : {zeros, parallel, no_step, Cards{}}) {
    const std::string words = complaint_about(matrix);
    EXPECT_NE(words.find("HDU 1 (SCI)"), std::string::npos) << words;
    EXPECT_NE(words.find("(CD, or PC and CDELT)"), std::string::npos) << words;
  }
}

TEST(ReadExposure, PixelsThatAreNotSquareAreRefused) {
  EXPECT_EQ(complaint_about({{"CDELT1", "-1.009E-5"}, {"CDELT2", "1E-5"}}), "");
  const std::string words = complaint_about({{"CDELT1", "-1.02E-5"}, {"CDELT2", "1E-5"}});
  EXPECT_NE(words.find("pixels of 0.03672 x 0.036 arcsec"), std::string::npos) << words;
  const double c = std::sqrt(0.5);  // rotated by 45 degrees: the sides stay what they are
  const auto card = [](double v) { return fmt::format("{:.12E}", v * 1e-5); };
  const std::string rotated = complaint_about(
      {{"CD1_1", card(-1.02 * c)}, {"CD1_2", card(c)}, {"CD2_1", card(1.02 * c)}, {"CD2_2", card(c)}});
  EXPECT_NE(rotated.find("pixels of 0.03672 x 0.036 arcsec"), std::string::npos) << rotated;
}

TEST(ReadExposure, ScaleThatContradictsTheHeaderIsRefused) {
  ExposureFile file = written("scale", {image("SCI", 7, 5, 2, in_10_njy), image("ERR", 7, 5, 1)});
  file.pixel_scale_arcsec = 0.0201;
  EXPECT_EQ(read_exposure(file).pixel_scale_arcsec, 0.0201);
  file.pixel_scale_arcsec = 0.0203;
  EXPECT_THROW(read_exposure(file), InputError);
}

TEST(ReadExposure, NoScaleAnywhereIsRefused) {
  ExposureFile file = written("noscale", {image("SCI", 7, 5, 2, {{"BUNIT", "nJy"}}), image("ERR", 7, 5, 1)});
  EXPECT_THROW(read_exposure(file), InputError);
  file.pixel_scale_arcsec = 0.03;
  EXPECT_EQ(read_exposure(file).pixel_scale_arcsec, 0.03);
}

TEST(ReadExposure, ErrorsMayHaveAUnitOfTheirOwn) {
  const auto error_of = [](const std::string& unit) {
    return read_exposure(written("errorunit", {image("SCI", 7, 5, 2, in_10_njy),
                                               image("ERR", 7, 5, 1, {{"BUNIT", unit}})}))
        .error_njy(0, 0);
  };
  EXPECT_EQ(error_of("uJy"), 1000);
  EXPECT_EQ(error_of("10.0*nanoJansky"), 10);
  EXPECT_THROW(error_of("1/nJy2"), InputError);
}

TEST(ReadExposure, ScalesThatAreNoneAreRefused) {
  for (const char* scale : {"-0.02", "0.0", "1000.0"}) {
    const Cards cards = {{"BUNIT", "nJy"}, {"PIXSCALE", scale}};
    EXPECT_THROW(read_exposure(written("badscale", {image("SCI", 7, 5, 2, cards), image("ERR", 7, 5, 1)})),
                 InputError)
        << scale;
  }
}

// 0.02 arcsec are 9.4e-15 sr.
TEST(ReadExposure, AreaOfOtherPixelsIsRefused) {
  const auto factor_with = [](const std::string& area) {
    const Cards cards = {{"BUNIT", "MJy/sr"}, {"PIXSCALE", "0.02"}, {"PIXAR_SR", area}};
    return read_exposure(written("area", {image("SCI", 7, 5, 1, cards), image("ERR", 7, 5, 1)}))
        .flux_njy(0, 0);
  };
  EXPECT_NEAR(factor_with("9.4E-15"), 9.4, 1e-6);
  EXPECT_THROW(factor_with("3.76E-14"), InputError);
  EXPECT_THROW(factor_with("-9.4E-15"), InputError);
}

TEST(ReadExposure, ErrorOfAnotherShapeIsRefusedWithBothShapes) {
  try {
    read_exposure(written("shape", {image("SCI", 7, 5, 2, in_10_njy), image("ERR", 5, 7, 1)}));
    FAIL() << "accepted";
  } catch (const InputError& error) {
    EXPECT_NE(error.complaint().key.find("ERR"), std::string::npos);
    EXPECT_NE(error.complaint().found.find("5 x 7"), std::string::npos);
    EXPECT_NE(error.complaint().allowed.find("7 x 5"), std::string::npos);
  }
}

TEST(ReadExposure, ImagesWithoutDataAreRefused) {
  const float nan = std::nanf("");
  EXPECT_THROW(read_exposure(written("empty", {image("SCI", 7, 5, nan, in_10_njy), image("ERR", 7, 5, 1)})),
               InputError);
  for (const float useless : {0.0F, -1.0F})
    EXPECT_THROW(
        read_exposure(written("useless", {image("SCI", 7, 5, 1, in_10_njy), image("ERR", 7, 5, useless)})),
        InputError)
        << useless;
  EXPECT_THROW(read_exposure(written("noerror", {image("SCI", 7, 5, 1, in_10_njy), image("ERR", 7, 5, nan)})),
               InputError);
  ExposureFile file = written("neither", {image("SCI", 7, 5, 2, in_10_njy)});
  file.error_hdu = "";
  EXPECT_THROW(read_exposure(file), InputError);
}

}  // namespace
}  // namespace arcproof::sky
