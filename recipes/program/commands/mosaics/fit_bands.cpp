#include "recipes/program/commands/mosaics/fit_bands.h"

#include "engine/core/decimal.h"
#include "engine/core/error.h"
#include "engine/core/text.h"
#include "engine/sky/pixel_map.h"
#include "recipes/program/commands/shared.h"

#include <algorithm>
#include <cmath>
#include <map>

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace arcproof::commands {
namespace {

using ByBand = std::map<std::string, std::string>;

// BAND=VALUE of bands that have an image, each once.
ByBand values_by_band(const std::vector<std::string>& words, const std::string& option,
                      const std::vector<std::string>& bands) {
  ByBand result;
  for (const std::string& word : words) {
    const auto [band, value] = split_band(word, option);
    if (!bands.empty() && std::find(bands.begin(), bands.end(), band) == bands.end())
      throw InputError({"", option, "the band " + band + ", which has no --image",
                        fmt::format("{}", fmt::join(bands, ", "))});
    if (!result.emplace(band, value).second)
      throw InputError({"", option, "the band " + band + " twice", "one value a band"});
  }
  return result;
}

double positive_number(const std::string& text, const std::string& option) {
  const std::optional<double> value = decimal_number(text);
  if (!value || !(*value > 0) || !std::isfinite(*value))
    throw InputError({"", option, "'" + text + "'", "a number above 0"});
  return *value;
}

// Numbers by band; one without a band is for all.
class NumbersByBand {
 public:
  NumbersByBand(const std::vector<std::string>& words, const std::string& option,
                const std::vector<std::string>& bands) {
    std::vector<std::string> named;
    for (const std::string& word : words)
      if (word.find('=') == std::string::npos) all_ = positive_number(word, option);
      else named.push_back(word);
    for (const auto& [band, value] : values_by_band(named, option, bands))
      by_band_[band] = positive_number(value, option);
  }
  double of(const std::string& band) const {
    const auto it = by_band_.find(band);
    return it == by_band_.end() ? all_ : it->second;
  }

 private:
  double all_ = 0;
  std::map<std::string, double> by_band_;
};

std::string value_of(const ByBand& values, const std::string& band) {
  const auto it = values.find(band);
  return it == values.end() ? "" : it->second;
}

std::vector<std::string> band_names(const FitArguments& a) {
  std::vector<std::string> names;
  for (const std::string& word : a.images) names.push_back(split_band(word, "--image").first);
  if (names.empty()) throw InputError({"", "--image", "no image", "BAND=FILE[HDU], once per band"});
  for (const std::string& name : names)  // it becomes part of the columns' names
    if (!std::all_of(name.begin(), name.end(), [](unsigned char c) { return std::isalnum(c) || c == '_'; }))
      throw InputError({"", "--image", "the band name '" + name + "'", "letters, digits and underscores"});
  for (std::size_t i = 0; i < names.size(); ++i)  // columns are named in lower case
    for (std::size_t j = 0; j < i; ++j)
      if (lower_case(names[i]) == lower_case(names[j]))
        throw InputError({"", "--image", "the band " + names[i] + " twice", "one image a band"});
  return names;
}

std::size_t reference_index(const FitArguments& a, const std::vector<std::string>& names) {
  if (a.reference.empty()) return 0;
  const auto it = std::find(names.begin(), names.end(), a.reference);
  if (it == names.end())
    throw InputError({"", "--reference", a.reference + ", which has no --image",
                      fmt::format("{}", fmt::join(names, ", "))});
  return static_cast<std::size_t>(it - names.begin());
}

// FitBands on different grids can only be brought together through the sky.
void check_grids(const FitBands& bands) {
  const sky::Exposure& reference = bands.reference_exposure();
  for (const sky::Exposure& e : bands.exposures) {
    if (!sky::overlap(reference, e))
      throw InputError({"", "--image (" + e.band + ")", "no sky in common with " + reference.band,
                        "images that overlap on the sky"});
    if (e.wcs && reference.wcs) continue;
    if (!e.flux_njy.same_shape(reference.flux_njy) ||
        std::abs(e.pixel_scale_arcsec / reference.pixel_scale_arcsec - 1) > 1e-4)
      throw InputError(
          {"", "--image (" + e.band + ")",
           fmt::format("{} x {} pixels of {:g}\", without sky coordinates in both this band and {}",
                       e.flux_njy.width(), e.flux_njy.height(), e.pixel_scale_arcsec, reference.band),
           fmt::format("a WCS in both, or {} x {} pixels of {:g}\"", reference.flux_njy.width(),
                       reference.flux_njy.height(), reference.pixel_scale_arcsec)});
  }
}

}  // namespace

FitBands read_fit_bands(const FitArguments& a) {
  FitBands bands;
  bands.names = band_names(a);
  bands.reference = reference_index(a, bands.names);
  const ByBand images = values_by_band(a.images, "--image", {});
  const ByBand errors = values_by_band(a.errors, "--error", bands.names),
               weights = values_by_band(a.weights, "--weight", bands.names),
               psfs = values_by_band(a.psfs, "--psf", bands.names);
  const NumbersByBand scales(a.pixel_scales, "--pixel-scale", bands.names),
      psf_scales(a.psf_scales, "--psf-scale", bands.names), gains(a.gains, "--gain", bands.names);
  for (const std::string& band : bands.names)
    if (!psfs.contains(band))
      throw InputError(
          {"", "--psf", "no PSF for the band " + band, fmt::format("{0}=FILE[HDU], or {0}=embedded", band)});
  for (const std::string& band : bands.names) {
    bands.exposures.push_back(read_mosaic({band, value_of(images, band), value_of(errors, band),
                                           value_of(weights, band), scales.of(band), gains.of(band)}));
    bands.psfs.push_back(
        read_psf(value_of(psfs, band), band, psf_scales.of(band), bands.exposures.back().pixel_scale_arcsec));
    bands.transforms.emplace_back(bands.psfs.back());
  }
  check_grids(bands);
  return bands;
}

}  // namespace arcproof::commands
