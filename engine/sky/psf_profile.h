// The analytic form of a PSF in the papers: Moffat + Gaussian + fourth-degree power law, fitted to a PSF
// image out to 0.5 arcsec. Claeyssens+2023 section 5.2; Messa et al. 2022.
#pragma once

#include "engine/sky/psf.h"

#include <vector>

namespace arcproof::sky {

/// P(r) = moffat (1 + (r/alpha)^2)^-beta + gaussian exp(-r^2 / 2 sigma^2) + power (1 + (r/scale)^4)^-1, where
/// r^2 is elliptical for the Gaussian and the Moffat: r^2 = q x'^2 + y'^2 / q, x' along the angle.
struct PsfProfile {
  double moffat = 0, alpha_arcsec = 0, beta = 0;  ///< amplitudes per arcsec^2
  double gaussian = 0, sigma_arcsec = 0;
  double power = 0, scale_arcsec = 0;
  double axis_ratio = 1, angle_rad = 0;  ///< of the two cores; 1, 0 for a round PSF

  double value(double x_arcsec, double y_arcsec) const;  ///< surface brightness [1 / arcsec^2]
};

struct PsfProfileFit {
  PsfProfile profile;
  double radius_arcsec = 0;
  double rms_residual = 0;       ///< over the pixels within the radius, in units of the PSF's peak
  double max_residual = 0;       ///< the same, largest
  double flux_inside = 0;        ///< of the image within the radius
  double model_flux_inside = 0;  ///< of the profile within the radius
  bool converged = false;
};

/// Unweighted least squares on the pixels within the radius; several starting points, the best is kept.
PsfProfileFit fit_profile(const Psf& psf, double radius_arcsec = 0.5);

/// The profile sampled at pixel centres out to a radius, normalised: a PSF for the fit or for the injection.
Psf psf_of_profile(const PsfProfile& profile, double scale_arcsec, double radius_arcsec = 0.5);

/// Azimuthal means for the residual figure: radius, image, profile [1 / pixel^2, relative to the image's
/// peak].
struct RadialProfiles {
  std::vector<double> radius_arcsec, image, model;
};
RadialProfiles radial_profiles(const Psf& psf, const PsfProfile& profile, double radius_arcsec = 0.5);

}  // namespace arcproof::sky
