// Point-spread functions as images at the pixel scale of the data.
//
// A Psf is the effective PSF: what a point source of unit flux leaves in the pixels, with the pixel's own
// response in it. It is therefore sampled at pixel centres and never averaged over pixels again (averaging
// biases sizes by tens of per cent).
//
// It is held in the form that every user needs: odd square, centre on the central pixel, sum 1.
#pragma once

#include "engine/core/array2d.h"

#include <filesystem>
#include <string>
#include <vector>

namespace arcproof::sky {

class Psf {
 public:
  /// From an image of any size, centre and normalisation, at `image_scale_arcsec`, brought to `scale_arcsec`:
  /// recentred on its Gaussian-windowed centroid and resampled by trigonometric interpolation (exact for a
  /// band-limited PSF), cut to the largest centred square, renormalised. notes() says what was done. Throws
  /// InputError with `file` when the image holds NaN, its sum is not positive, or fewer than 5 x 5 pixels
  /// remain.
  static Psf from_image(const Array2D<double>& image, double image_scale_arcsec, double scale_arcsec,
                        const std::string& file);

  /// Reads an image and its scale: the header's PIXSCL, PIXSCALE, CDELT/CD, or `image_scale_arcsec` when > 0.
  /// Refuses a file that says nothing about its scale when none is given, and one that contradicts the scale
  /// given by more than 1%. `scale_name`: how messages call the scale given.
  static Psf read(const std::filesystem::path& path, const std::string& hdu, double image_scale_arcsec,
                  double scale_arcsec, const std::string& scale_name = "pixel_scale_arcsec");

  /// The embedded default of a band (see parametric_psf), sampled at pixel centres out to `radius_arcsec`.
  static Psf parametric(const std::string& band, double scale_arcsec, double radius_arcsec = 2.0);

  const Array2D<double>& image() const { return image_; }
  int half_size() const { return image_.width() / 2; }  ///< the centre is pixel (half_size, half_size)
  double scale_arcsec() const { return scale_arcsec_; }
  const std::vector<std::string>& notes() const { return notes_; }

  /// Diameter of the circle with the area of the pixels above half maximum (sub-sampled 8 x 8, bilinear).
  double fwhm_arcsec() const;
  /// Fraction of the light within a radius about the centre (pixels split 5 x 5).
  double encircled_energy(double radius_arcsec) const;

 private:
  Psf(Array2D<double> image, double scale_arcsec, std::vector<std::string> notes);
  Array2D<double> image_;
  double scale_arcsec_;
  std::vector<std::string> notes_;
};

/// Gaussian core plus Moffat wing: P(r) = w G(sigma) + (1 - w) M(alpha, beta), each of unit flux over the
/// plane.
struct ParametricPsf {
  double core_fraction;      ///< w
  double core_sigma_arcsec;  ///< sigma
  double wing_alpha_arcsec;  ///< alpha
  double wing_beta;          ///< beta > 1
};

/// Embedded default of a band such as "F150W". Core and wing scale with the FWHM measured on drizzled mosaics
/// (Claeyssens+2023 Table 1; for NIRCam bands not listed there, the JWST documentation's diffraction FWHM,
/// broadened by 0.02" in quadrature), with one shape per camera. Against model PSFs drizzled to 20 and 40 mas
/// its encircled energy errs by less than 0.05 at any radius from 0.03" to 1.3" (0.07 for F090W). Throws
/// InputError for an unknown band.
ParametricPsf parametric_psf(const std::string& band);

/// Bands with an embedded PSF.
std::vector<std::string> parametric_psf_bands();

}  // namespace arcproof::sky
