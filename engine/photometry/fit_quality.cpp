#include "engine/photometry/fit_quality.h"

#include "engine/core/missing.h"
#include "engine/core/statistics.h"
#include "engine/core/units.h"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

namespace arcproof::photometry {
namespace {

constexpr int ring_width = 3;  // pixels

// An image with its cutout in the middle and the ring around it; NaN where there is no data.
struct Surroundings {
  int side = 0, half = 0;
  std::vector<double> values;
};

Surroundings around(const Array2D<float>& image, const Cutout& cutout) {
  Surroundings result;
  result.half = cutout.size / 2;
  const int reach = result.half + ring_width;
  result.side = 2 * reach + 1;
  for (int j = -reach; j <= reach; ++j)
    for (int i = -reach; i <= reach; ++i) {
      const int x = cutout.centre_x + i, y = cutout.centre_y + j;
      result.values.push_back(image.contains(x, y) ? image(x, y) : nan);
    }
  return result;
}

struct Light {
  double sum = 0;
  int pixels = 0, ring_pixels = 0;
};

Light light_of(const Surroundings& image) {
  std::vector<double> ring;
  Light light;
  const int reach = image.side / 2;
  for (int j = -reach; j <= reach; ++j)
    for (int i = -reach; i <= reach; ++i) {
      const double value = image.values[static_cast<std::size_t>(j + reach) * image.side + i + reach];
      if (!std::isfinite(value)) continue;
      if (std::max(std::abs(i), std::abs(j)) > image.half) {
        ring.push_back(value);
        continue;
      }
      light.sum += value;
      ++light.pixels;
    }
  light.ring_pixels = static_cast<int>(ring.size());
  light.sum = ring.empty() ? nan : light.sum - light.pixels * statistics::median(ring);
  return light;
}

// The light of one component, where there is data.
double light_of(const ComponentFit& component, const Surroundings& data, const PsfTransform& psf) {
  ComponentImages images(data.side);
  images.evaluate(psf, component.x, component.y, component.shape, Derivatives::none);
  Surroundings model = data;
  for (std::size_t i = 0; i < model.values.size(); ++i)
    model.values[i] = std::isfinite(data.values[i]) ? component.flux * images.plane(0)[i] : nan;
  return light_of(model).sum;
}

double squares_about_mean(const Cutout& cutout) {
  double weights = 0, mean = 0, squares = 0;
  for (std::size_t i = 0; i < cutout.flux.size(); ++i) {
    const double w = cutout.weight[i] * cutout.weight[i];
    weights += w;
    mean += w * cutout.flux[i];
  }
  mean /= weights;
  for (std::size_t i = 0; i < cutout.flux.size(); ++i) {
    const double deviation = cutout.weight[i] * (cutout.flux[i] - mean);
    squares += deviation * deviation;
  }
  return squares;
}

bool is_poor(const ClumpFit& fit, const DataCheck& check, const QualityOptions& limits) {
  const double n = std::max(1, fit.degrees_of_freedom);
  return fit.chi2 > limits.max_chi2_reduced * n &&
         fit.chi2 - n > limits.max_unexplained * (check.chi2_flat - n);
}

}  // namespace

const std::vector<QualityBit>& quality_bits() {
  static const std::vector<QualityBit> bits = {
      {quality_no_result, "no_result", "too few pixels, or the data do not determine the fit"},
      {quality_not_converged, "not_converged", "the fit did not converge"},
      {quality_degenerate, "degenerate", "the flux trades with shape or background"},
      {quality_moved_away, "moved_away", "the centre ended on the edge of where it may be"},
      {quality_largest_size, "largest_size", "the major axis ended at the largest allowed"},
      {quality_poor_fit, "poor_fit", "chi-squared too large, and much of the data left unexplained"},
      {quality_exceeds_data, "exceeds_data", "model light > max_flux_ratio (data light + 3 errors)"},
      {quality_small_size, "small_size",
       "caution: sigma_major below 0.8 pixel at S/N < 20 (error: correlated) comes out low"},
      {quality_faint, "faint",
       "caution: S/N < 10 (error: correlated), fluxes of detected objects come out high"}};
  return bits;
}

void note_quality_bits(io::Table& table) {
  int number = 0;
  for (const QualityBit& one : quality_bits())
    table.note(fmt::format("QBIT{}", ++number), fmt::format("{}: {}: {}", +one.bit, one.name, one.meaning));
}

std::string quality_words(int quality) {
  std::string words;
  for (const QualityBit& bit : quality_bits())
    if (quality & bit.bit) words += (words.empty() ? "" : " ") + std::string(bit.name);
  return words;
}

bool QualityOptions::trusts(int quality) const {
  return (quality & quality_no_result) == 0 &&
         std::none_of(quality_bits().begin(), quality_bits().end(), [&](const QualityBit& one) {
           return (quality & one.bit) && std::find(reject.begin(), reject.end(), one.name) != reject.end();
         });
}

void QualityOptions::check_names(Keys& keys) const {
  std::string names;
  for (const QualityBit& one : quality_bits()) names += (names.empty() ? "" : ", ") + std::string(one.name);
  for (const std::string& name : reject)
    keys.check(
        std::any_of(quality_bits().begin(), quality_bits().end(),
                    [&](const QualityBit& one) { return name == one.name; }),
        "reject", [&] { return "'" + name + "'"; }, names);
  for (const std::string& name : reject)
    keys.check(
        std::count(reject.begin(), reject.end(), name) == 1, "reject", [&] { return "'" + name + "' twice"; },
        "each name once");
}

DataCheck check_against_data(const Array2D<float>& image_njy, const Cutout& cutout, const ClumpFit& fit,
                             const PsfTransform& psf, double sky_sigma_njy) {
  const Surroundings data = around(image_njy, cutout);
  const Light light = light_of(data);
  DataCheck check;
  check.data_njy = light.sum;
  for (std::size_t k = 1; k < fit.components.size(); ++k)
    check.data_njy -= light_of(fit.components[k], data, psf);
  check.model_njy = light_of(fit.components.front(), data, psf);
  // The variance of a median is pi / 2 times that of a mean.
  const double n = light.pixels, m = std::max(1, light.ring_pixels);
  check.data_error_njy = sky_sigma_njy * std::sqrt(n + n * n * units::pi / (2 * m));
  check.chi2_flat = squares_about_mean(cutout);
  return check;
}

int quality_of(const ClumpFit& fit, const ComponentStart& start, const DataCheck& check, double snr,
               const FitOptions& options, const QualityOptions& limits) {
  constexpr double position_edge = 1e-9, size_edge = 1e-6, errors = 3;
  if (fit.status == FitStatus::too_few_pixels || fit.status == FitStatus::singular || fit.components.empty())
    return quality_no_result;
  const ComponentFit& self = fit.components.front();
  int quality = 0;
  if (fit.status == FitStatus::not_converged) quality |= quality_not_converged;
  if (fit.status == FitStatus::degenerate) quality |= quality_degenerate;
  const double shift = std::max(std::abs(self.x - start.x), std::abs(self.y - start.y));
  if (options.position_free && shift > options.max_shift_pix - position_edge) quality |= quality_moved_away;
  if (options.shape_free && principal_axes(self.shape).sigma_major > options.max_sigma_pix - size_edge)
    quality |= quality_largest_size;
  if (is_poor(fit, check, limits)) quality |= quality_poor_fit;
  const double most = limits.max_flux_ratio * (std::max(check.data_njy, 0.0) + errors * check.data_error_njy);
  if (check.model_njy > most) quality |= quality_exceeds_data;
  constexpr double small_pix = 0.8, small_snr = 20, faint_snr = 10;
  if (options.shape_free && principal_axes(self.shape).sigma_major < small_pix && snr < small_snr)
    quality |= quality_small_size;
  if (snr < faint_snr) quality |= quality_faint;
  return quality;
}

}  // namespace arcproof::photometry
