// The inner loop of the clump fit: the inverse transform of PSF x Gaussian at the pixels of a cutout, with
// derivatives. Internal to engine/photometry.
#pragma once

namespace arcproof::photometry::kernel {

struct Request {
  const double* psf;  ///< four planes of lanes x lanes (PsfTransform::planes)
  int lanes;          ///< 16, 24 or 32
  int cutout;         ///< odd side of the cutout
  int stride;         ///< values per output plane
  int order;          ///< 0: M; 1: and M_x, M_y; 2: and M_xx, M_xy, M_yy
  double x0, y0;      ///< position relative to the central pixel
  double cxx, cxy, cyy;
};

/// Fills 1, 3 or 6 planes of `out`. One clone per instruction set; all give the same bits.
void convolve(const Request& request, double* out);

}  // namespace arcproof::photometry::kernel
