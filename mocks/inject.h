// Carries a clump through the lens and adds it to exposures.
#pragma once

#include "engine/lens/images.h"
#include "engine/sky/exposure.h"
#include "mocks/clump.h"
#include "mocks/convolve.h"

#include <string_view>
#include <vector>

namespace arcproof::mocks {

/// What became of one image of an injected clump before anything was measured.
enum class InjectionFlag : int {
  injected = 0,
  no_image = 1,       ///< the lens map shows no image of this source position
  outside_image = 2,  ///< the image's centre falls off the exposures
  no_data = 3         ///< the image's centre falls on pixels without data in the reference band
};
std::string_view to_string(InjectionFlag flag);

/// One image of one clump: a row of the truth table.
struct InjectedImage {
  InjectionFlag flag = InjectionFlag::injected;
  double x = 0, y = 0;  ///< centre [pixel of the reference band]
  lens::Vector2 theta_arcsec;
  double mu = 1;             ///< signed, at the centre
  double mu_tangential = 1;  ///< |mu_t| at the centre
  /// Averaged over the source's profile: what multiplies the flux. Images drawn together share the
  /// magnification of their common light in proportion to their |mu|, so that the fluxes add up to what is
  /// drawn.
  double mu_profile = 1;
  int merged_images = 1;  ///< images drawn together because they overlap
  double sigma_major_pix = 0, sigma_minor_pix = 0,
         angle_rad = 0;          ///< lensed shape, local linear map; angle from +x
  std::vector<double> flux_njy;  ///< observed, per band: intrinsic flux * |mu_profile|
};

/// All that injection needs to know of a field, beside the exposures. Frame and size are those of the
/// reference band; exposures on other grids have a WCS, as the reference band then has.
struct InjectionField {
  const lens::LensMap* lens = nullptr;
  const lens::ImageFinder* finder = nullptr;  ///< for the sources' redshift
  const lens::ImageFrame* frame = nullptr;
  const Convolver* convolver = nullptr;
  double arcsec_per_pc = 0;   ///< at the sources' redshift
  int width = 0, height = 0;  ///< of the reference band [pixel]
  ShootOptions shoot;
};

/// Maps from the pixels of the reference band to those of each exposure, near pixel (x, y).
std::vector<sky::PixelMap> maps_to_bands(const std::vector<sky::Exposure>& exposures,
                                         std::size_t reference_band, double x, double y);

SourceProfile profile_of(const Clump& clump, double arcsec_per_pc);

/// Finds all images of the clump and, where `exposures` is not null, adds them with their shot noise
/// (Poisson, by electrons_per_njy) to every band. At least one row comes back. Image k of the clump takes the
/// stream (seed, "shot noise", realisation, clump id, band).
std::vector<InjectedImage> inject_clump(const Clump& clump, const InjectionField& field,
                                        std::vector<sky::Exposure>* exposures, std::size_t reference_band,
                                        StreamName stream);

}  // namespace arcproof::mocks
