// One band of one field: flux and error images on a pixel grid, in nJy per pixel.
#pragma once

#include "engine/core/array2d.h"
#include "engine/core/error.h"
#include "engine/io/fits.h"
#include "engine/sky/wcs.h"

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace arcproof::sky {

struct Exposure {
  std::string band;          ///< "F150W", ...
  Array2D<float> flux_njy;   ///< NaN where there is no data
  Array2D<float> error_njy;  ///< 1 sigma of the sky per pixel, same shape; NaN or <= 0 where there is no data
  double pixel_scale_arcsec = 0;
  std::optional<Wcs> wcs;          ///< absent: the image has no sky coordinates
  double electrons_per_njy = 0;    ///< detected electrons per nJy; 0: shot noise of sources is not modelled
  std::vector<std::string> notes;  ///< what was done to the file's numbers
};

/// How a file says what its numbers mean.
struct ExposureFile {
  std::string band;
  std::filesystem::path path;  ///< of the science image
  std::string science_hdu;     ///< EXTNAME or number; "" the first image
  std::string error_hdu;  ///< in `path` or `error_path`; may be empty when weight_hdu or error_path is given
  std::filesystem::path error_path;   ///< a separate file of errors
  std::filesystem::path weight_path;  ///< a separate file of weights (1 / variance)
  std::string weight_hdu;
  double pixel_scale_arcsec = 0;  ///< 0: from the WCS, or from the header's PIXSCALE
  double electrons_per_njy = 0;
  FieldNames names = {};      ///< for messages
  bool square_pixels = true;  ///< false: pixels that are not square to 1% get a note and are not refused
};

/// Factor that takes the image's numbers to nJy per pixel, from what the header says: BUNIT MJy/sr with
/// PIXAR_SR; a multiple of Jy (nJy, uJy, "10.0*nanoJansky"); electrons/s or counts/s with PHOTFLAM and
/// PHOTPLAM. Throws InputError when the header says nothing usable.
double njy_per_image_unit(const io::FitsHeader& image, const io::FitsHeader& primary, const std::string& file,
                          const std::string& hdu);

/// Reads science and error images. Throws InputError naming file and HDU: unknown units, no pixel scale or one
/// above 60 arcsec, pixels that are not square (a PSF is brought to one scale), an
/// error image of another shape, an image without a single finite pixel, no error nor weight.
Exposure read_exposure(const ExposureFile& file);

}  // namespace arcproof::sky
