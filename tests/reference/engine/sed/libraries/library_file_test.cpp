// The same models of Bruzual & Charlot (2003) by two ways: GALAXEV's own file, and a cube that another
// program made of it. Both through the layout and back.
#include "engine/sed/libraries/library_file.h"

#include "engine/sed/libraries/library_formats.h"
#include "tests/support/data.h"

#include <cmath>

#include <gtest/gtest.h>

namespace arcproof::sed {
namespace {

TEST(LibraryFile, CubeAndGalaxevAreTheSame) {
  ARCPROOF_NEEDS_DATA(cube, "ssp/bc03_basel31_pad94_chab_stellar.fits");
  ARCPROOF_NEEDS_DATA(galaxev, "ssp/raw/bc2003_lr_BaSeL_m52_chab_ssp.ised.gz");
  LibrarySource from_cube, from_galaxev;
  from_cube.files = {cube};
  from_galaxev.files = {galaxev};
  const std::filesystem::path folder = tests::scratch_folder("library_file");
  write_library(folder / "a.fits", convert_library(from_cube));
  write_library(folder / "b.fits", convert_library(from_galaxev));
  const Library a = read_library(folder / "a.fits"), b = read_library(folder / "b.fits");
  constexpr std::size_t z = 2;  // 0.008 of the cube's five
  ASSERT_EQ(a.metallicity[z], 0.008);
  // The cube holds a part of the wavelengths and ages of the other, as float32. Both count in suns
  // of 3.826e33 erg/s.
  for (std::size_t ia = 0; ia < a.age_myr.size(); ++ia) {
    const auto ib = static_cast<std::size_t>(
        std::lower_bound(b.age_myr.begin(), b.age_myr.end(), a.age_myr[ia] * (1 - 1e-6)) - b.age_myr.begin());
    ASSERT_NEAR(b.age_myr[ib] / a.age_myr[ia], 1, 1e-6);
    for (std::size_t w = 300; w < a.wavelength_angstrom.size(); w += 50) {
      const auto x = static_cast<std::size_t>(std::lower_bound(b.wavelength_angstrom.begin(),
                                                               b.wavelength_angstrom.end(),
                                                               a.wavelength_angstrom[w] * (1 - 1e-7)) -
                                              b.wavelength_angstrom.begin());
      ASSERT_NEAR(b.wavelength_angstrom[x] / a.wavelength_angstrom[w], 1, 1e-6);
      EXPECT_NEAR(a.spectrum(z, ia)[w] / b.spectrum(0, ib)[x], 1, 1e-6);
    }
    const std::size_t k = z * a.age_myr.size() + ia;
    EXPECT_NEAR(a.surviving_mass[k], b.surviving_mass[ib], 5.1e-6);  // the cube has five decimals
  }
}

}  // namespace
}  // namespace arcproof::sed
