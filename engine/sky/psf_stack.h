// A PSF from the stars of a mosaic: cutouts of single stars, brought to one centre and flux, and averaged.
#pragma once

#include "engine/sky/psf.h"

#include <string>
#include <utility>
#include <vector>

namespace arcproof::sky {

/// One star's pixels, any size of at least 11 x 11, the star the brightest pixel of the middle half.
struct StarCutout {
  std::string name;       ///< what the log calls it (a file, or its place in the mosaic)
  Array2D<double> image;  ///< any linear unit; NaN: no data
};

struct StackOptions {
  double background_inner_arcsec = 0.6;  ///< inner radius of the ring, out to the cutout's edge, whose
                                         ///< median is the star's background
  double core_radius_arcsec = 0.1;       ///< of the aperture in which the stars are brought to the same flux
  double clip_sigma = 4;                 ///< of the pixelwise clipping about the median of the stars
  double max_core_residual = 0.1;        ///< a star whose core differs by more (of the peak, rms) is left out
};

/// What became of a star.
struct StackedStar {
  std::string name;
  double x = 0, y = 0;       ///< centroid [pixel of its cutout]
  double background = 0;     ///< median of the ring [unit of the image per pixel]
  double core_flux = 0;      ///< within core_radius, background subtracted
  double fwhm_arcsec = 0;    ///< of this star alone
  double core_residual = 0;  ///< rms of star - stack within core_radius over the peak of the stack
  int clipped_pixels = 0;    ///< pixels that the clipping took out
  bool used = false;
  std::string reason;  ///< why it was left out; empty when used
};

struct PsfStack {
  Psf psf;
  std::vector<StackedStar> stars;  ///< in the order given
};

/// Background (median of the ring), Gaussian-windowed centroid, shift by trigonometric interpolation, equal
/// core flux, clipped mean weighted by the core's S/N^2, then Psf::from_image's normalisation on the largest
/// square common to all stars. NaN and clipped pixels have no weight, and are replaced by the stack's value
/// before the shift, which would spread them; of one or two stars nothing is clipped. A star with NaN in its
/// core, with a core S/N below 5, within 3 pixels of an edge or smaller than 11 x 11 is left out. The light
/// of the PSF in the ring counts as background. The shift is exact for a band-limited PSF only; below two
/// pixels per FWHM it rings by a few per cent of the peak. Throws InputError (file: `what`) when no star is
/// usable. Reference for the idea: Claeyssens+2023 section 3 (stack of isolated, unsaturated stars).
PsfStack stack_stars(const std::vector<StarCutout>& stars, double scale_arcsec, const StackOptions& options,
                     const std::string& what);

/// Cutouts of size x size pixels (odd, at least 11) around positions [pixel, 0 the centre of the first] of a
/// mosaic, NaN beyond its edge.
std::vector<StarCutout> cut_stars(const Array2D<float>& mosaic,
                                  const std::vector<std::pair<double, double>>& positions, int size);

}  // namespace arcproof::sky
