// What the commands detect, fit and psf share: names of files, mosaics, lists of sources, places on the sky.
#pragma once

#include "engine/io/ds9.h"
#include "engine/io/fits.h"
#include "engine/io/hdu_path.h"
#include "engine/photometry/clump_fit.h"
#include "engine/sky/exposure.h"
#include "engine/sky/psf.h"

#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace arcproof::commands {

using io::HduPath;
/// Throws InputError naming `option` when there is no file name or a bracket is not closed, or the file is
/// missing.
HduPath input_hdu(const std::string& text, const std::string& option);

/// BAND=VALUE; throws InputError naming `option` without band, '=' or value.
std::pair<std::string, std::string> split_band(const std::string& text, const std::string& option);

/// Files of one mosaic, as the user typed them.
struct MosaicFiles {
  std::string band;
  std::string image, error, weight;
  double pixel_scale_arcsec = 0;
  double electrons_per_njy = 0;
  bool square_pixels = true;  ///< as in sky::ExposureFile
};
/// Reads a mosaic through sky::read_exposure. Without error and weight the error image holds one sigma, that
/// of the image less its background mesh, clipped; NaN where the image is NaN. InputError for an image in which
/// no noise can be measured.
sky::Exposure read_mosaic(const MosaicFiles& files);

/// A PSF at the scale of the data: a file, or an embedded one ("embedded" for that of `band`, or a band's
/// name).
sky::Psf read_psf(const std::string& text, const std::string& band, double psf_scale_arcsec,
                  double scale_arcsec);

/// One sigma for an image without an error image.
Array2D<float> uniform_error(const Array2D<float>& image);

/// A list of sources in an image. Rows are never dropped: a position that is missing or off the image's sky
/// is NaN.
struct SourceList {
  io::Column id;  ///< the list's own ("id", integers or text), else the row's number from 0
  std::vector<double> x, y;
};
/// FITS (FILE[HDU]) or ECSV with columns x, y (pixel, 0 the centre of the first) or ra, dec (degree), in any
/// case; or DS9 regions (.reg). `wcs` is that of `image`, which messages name.
SourceList read_sources(const std::string& text, const std::string& option,
                        const std::optional<sky::Wcs>& wcs, const std::string& image);

/// Right ascension and declination of pixels; NaN where there is no WCS or no finite position.
sky::SkyPosition place_on_sky(const std::optional<sky::Wcs>& wcs, double x, double y);
/// Position angle [degree, North through East, 0 to 180) of a direction in the image, counter-clockwise from
/// +x; NaN without WCS.
double position_angle_deg(const std::optional<sky::Wcs>& wcs, double x, double y, double angle_rad);

/// An ellipse for DS9 at a pixel, on the sky where there is a WCS.
io::Ds9Region region_at(const sky::Exposure& exposure, double x, double y, double radius_x_pix,
                        double radius_y_pix, double angle_rad, std::string color, std::string text);
/// The frame of such regions: that of the WCS.
io::Ds9Frame frame_of(const std::optional<sky::Wcs>& wcs);
/// Colour of a fit's mark.
std::string color_of(photometry::FitStatus status);

/// The cards of a WCS, for an image that is written.
io::FitsHeader wcs_header(const std::optional<sky::Wcs>& wcs);

/// Refuses outputs that could not be written or would replace an input or each other. Empty paths mean no
/// file.
void check_outputs(std::span<const std::pair<std::string, std::filesystem::path>> outputs,
                   std::span<const std::string> inputs);

/// Adds a column of reals from one function of a row's number.
template <class Get>
void add_reals(io::Table& table, std::string name, std::string unit, std::string description,
               std::size_t rows, Get get) {
  io::Reals values;
  for (std::size_t i = 0; i < rows; ++i) values.push_back(get(i));
  table.add(std::move(name), std::move(unit), std::move(description), std::move(values));
}
template <class Get>
void add_texts(io::Table& table, std::string name, std::string description, std::size_t rows, Get get) {
  io::Texts values;
  for (std::size_t i = 0; i < rows; ++i) values.push_back(get(i));
  table.add(std::move(name), "", std::move(description), std::move(values));
}
template <class Get>
void add_integers(io::Table& table, std::string name, std::string description, std::size_t rows, Get get) {
  io::Integers values;
  for (std::size_t i = 0; i < rows; ++i) values.push_back(get(i));
  table.add(std::move(name), "", std::move(description), std::move(values));
}
/// The columns ra and dec of pixels.
void add_sky_columns(io::Table& table, const std::optional<sky::Wcs>& wcs, std::span<const double> x,
                     std::span<const double> y);

/// These rows of a column, in this order.
io::Column rows_of(const io::Column& column, std::span<const std::size_t> rows);

}  // namespace arcproof::commands
