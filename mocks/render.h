// Pixels of lensed sources: ray-shooting on a fine grid, convolution with the full PSF image.
//
// Surface brightness is conserved by lensing: the image plane shows at theta what the source shows at beta(theta). A source is
// sampled on a grid of the image plane that is fine enough for its lensed shape and wide enough for its wings, whatever the size:
// a point a hundredth of a pixel wide and an arc of hundreds of pixels go the same way. The samples' Fourier transform at the
// frequencies of the pixel grid is exact (a separable sum, no interpolation onto pixels); times the PSF's and transformed back it
// gives the pixels.
//
// Shares no code with the fit's model.
#pragma once

#include <complex>
#include <map>
#include <memory>
#include <mutex>
#include <vector>

#include "engine/core/array2d.h"
#include "engine/lens/image_frame.h"
#include "engine/lens/images.h"
#include "engine/lens/map.h"
#include "engine/sky/psf.h"

namespace arcproof::mocks {

/// A Gaussian source of unit flux in the source plane.
struct SourceProfile {
  lens::Vector2 centre_arcsec;
  double sigma_major_arcsec = 0;
  double sigma_minor_arcsec = 0;
  double angle_rad = 0;            ///< of the major axis, counter-clockwise from +x
  /// Surface brightness [1 / arcsec^2] at a position of the source plane.
  double brightness(lens::Vector2 beta_arcsec) const;
};

/// Samples of a lensed source on a rectangular grid of an image, in units of flux.
struct LensedSamples {
  double x0 = 0, y0 = 0;      ///< pixel position of the first sample
  double step = 1;            ///< [pixel]
  Array2D<double> flux;       ///< intrinsic flux is 1: the sum is the magnification
  double total() const;
};

struct RenderOptions {
  double samples_per_sigma = 1.4;   ///< of the narrowest lensed width: a Gaussian sampled so has a sum exact to 1e-8
  double reach_sigma = 5.5;         ///< half-width of the grid in units of the widest lensed sigma
  double largest_step_pix = 0.5;
  int max_side = 600;               ///< samples; larger arcs are sampled more coarsely, down to largest_step_pix
};

/// A rectangle of an image [pixel] that holds one image of a source, or several that overlap.
struct Box {
  double x_low = 0, x_high = 0, y_low = 0, y_high = 0;
  std::vector<std::size_t> images;   ///< positions in the list of images
  double step = 0.5;
};

/// The boxes of all images of a source, overlapping ones merged, so that no light is drawn twice.
std::vector<Box> boxes_of_images(const SourceProfile& source, const std::vector<lens::Image>& images,
                                 const lens::LensMap& map, double efficiency, const lens::ImageFrame& frame,
                                 const RenderOptions& options);

/// Ray-shoots one box. Light that falls outside the lens map is lost.
LensedSamples shoot(const SourceProfile& source, const Box& box, const lens::LensMap& map, double efficiency,
                    const lens::ImageFrame& frame);

/// A rectangle of pixels to add to an image: (0, 0) of `flux` is pixel (x0, y0).
struct Patch {
  int x0 = 0, y0 = 0;
  Array2D<double> flux;
};

/// Convolves samples with the PSFs of several bands on one grid. PSF transforms are kept. Thread-safe.
class Convolver {
 public:
  explicit Convolver(std::vector<std::shared_ptr<const sky::Psf>> psfs);
  /// One patch a band, of unit intrinsic flux. The patch holds the samples and the PSF's whole image around them.
  std::vector<Patch> convolve(const LensedSamples& samples) const;
  /// Convolves an image with the PSF of one band; light beyond the edges is lost.
  Array2D<double> convolve_image(const Array2D<double>& image, std::size_t band) const;
  std::size_t bands() const { return psfs_.size(); }

 private:
  using Spectrum = Array2D<std::complex<double>>;
  const Spectrum& psf_spectrum(std::size_t band, int width, int height) const;
  std::vector<std::shared_ptr<const sky::Psf>> psfs_;
  mutable std::mutex mutex_;
  mutable std::map<std::tuple<std::size_t, int, int>, std::unique_ptr<Spectrum>> spectra_;
};

/// Adds a patch times a factor, where it overlaps the image. Returns the flux that fell inside.
double add_patch(Array2D<float>& image, const Patch& patch, double factor);

}  // namespace arcproof::mocks
