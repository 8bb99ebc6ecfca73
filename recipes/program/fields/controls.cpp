#include "recipes/program/fields/controls.h"

#include "engine/core/missing.h"
#include "engine/pipeline/catalogue.h"

#include <algorithm>
#include <cmath>

namespace arcproof::recipes {
namespace {

using Mask = Array2D<unsigned char>;

struct Box {
  int x0, y0, x1, y1;  // inclusive
};

Box box_of(const Mask& mask) {
  Box box{mask.width(), mask.height(), -1, -1};
  for (int y = 0; y < mask.height(); ++y)
    for (int x = 0; x < mask.width(); ++x)
      if (mask(x, y))
        box = {std::min(box.x0, x), std::min(box.y0, y), std::max(box.x1, x), std::max(box.y1, y)};
  return box;
}

// Pixels with data outside the host within a square that grows until it holds enough of them.
Mask outside_mask(const FieldSetup& field, double wanted_pixels) {
  constexpr int growth = 16;
  const Mask& host = field.analysis.host_mask;
  const sky::Exposure& reference = field.exposures[field.analysis.reference];
  const Box inner = box_of(host);
  for (int margin = growth;; margin += growth) {
    const Box box{std::max(0, inner.x0 - margin), std::max(0, inner.y0 - margin),
                  std::min(host.width() - 1, inner.x1 + margin),
                  std::min(host.height() - 1, inner.y1 + margin)};
    Mask mask(host.width(), host.height(), 0);
    double pixels = 0;
    for (int y = box.y0; y <= box.y1; ++y)
      for (int x = box.x0; x <= box.x1; ++x)
        if (!host(x, y) && std::isfinite(reference.flux_njy(x, y)) && reference.error_njy(x, y) > 0) {
          mask(x, y) = 1;
          ++pixels;
        }
    const bool whole =
        box.x0 == 0 && box.y0 == 0 && box.x1 == host.width() - 1 && box.y1 == host.height() - 1;
    if (whole || pixels >= wanted_pixels) return mask;
  }
}

double pixels_with_data(const Mask& mask, const sky::Exposure& exposure) {
  double count = 0;
  for (int y = 0; y < mask.height(); ++y)
    for (int x = 0; x < mask.width(); ++x)
      count += mask(x, y) && std::isfinite(exposure.flux_njy(x, y)) && exposure.error_njy(x, y) > 0;
  return count;
}

std::vector<sky::Exposure> negative(std::vector<sky::Exposure> exposures) {
  for (sky::Exposure& exposure : exposures)
    for (float& value : exposure.flux_njy) value = -value;
  return exposures;
}

class ControlMaker {
 public:
  ControlMaker(const FieldSetup& field, int threads) : field_(field), threads_(threads) {}

  void search(const std::string& where, const Mask& mask, const std::vector<sky::Exposure>& exposures) {
    pipeline::AnalysisField analysis = field_.analysis;
    analysis.host_mask = mask;
    const StreamName stream{field_.plan.seed, where, -1 - field_.number};
    const auto clumps =
        pipeline::measure_field(analysis, exposures, field_.sky, {}, field_.pipeline, stream, threads_);
    std::vector<pipeline::MeasuredClump> inside;
    std::copy_if(clumps.begin(), clumps.end(), std::back_inserter(inside),
                 [](const pipeline::MeasuredClump& clump) { return clump.in_host; });
    result_.objects.append(measured_rows(field_, inside, where, -1 - field_.number));
    const sky::Exposure& reference = field_.exposures[field_.analysis.reference];
    const double scale = reference.pixel_scale_arcsec;
    fields_.push_back(field_.name);
    where_.push_back(where);
    areas_.push_back(pixels_with_data(mask, reference) * scale * scale);
    objects_.push_back(std::ssize(inside));
    selected_.push_back(std::count_if(inside.begin(), inside.end(),
                                      [](const pipeline::MeasuredClump& clump) { return clump.selected; }));
  }

  Controls result() {
    io::Table& areas = result_.areas;
    areas.add("field", "", "name of the field", fields_);
    areas.add("around", "", "outside_host, or negative: the host in the negative image", where_);
    areas.add("area_arcsec2", "arcsec**2", "area that was searched, with data in the reference band", areas_);
    areas.add("objects", "", "objects measured there", objects_);
    areas.add("selected", "", "of them selected like clumps of the host", selected_);
    return std::move(result_);
  }

 private:
  const FieldSetup& field_;
  int threads_;
  Controls result_;
  io::Texts fields_, where_;
  io::Reals areas_;
  io::Integers objects_, selected_;
};

}  // namespace

io::Table measured_rows(const FieldSetup& field, const std::vector<pipeline::MeasuredClump>& clumps,
                        const std::string& where, int realisation, const io::Integers& ids) {
  io::Table table = pipeline::catalogue(field.analysis, clumps);
  table.rename("MEASURED");
  if (where == around::outside) {
    table.texts("host").assign(table.rows(), "");
    table.reals("z").assign(table.rows(), nan);
  }
  const std::size_t rows = table.rows();
  table.add("around", "",
            "where it was looked for: injections, outside_host or negative (the negative image)",
            io::Texts(rows, where));
  table.add("realisation", "", "-1 - number of the field: without injections",
            io::Integers(rows, realisation));
  table.add("injection_id", "", "injection that was matched to it",
            ids.empty() ? io::Integers(rows, io::missing_integer) : ids);
  return table;
}

Controls controls_of(const FieldSetup& field, double outside_area_arcsec2, int threads) {
  const sky::Exposure& reference = field.exposures[field.analysis.reference];
  const double pixel = reference.pixel_scale_arcsec * reference.pixel_scale_arcsec;
  ControlMaker maker(field, threads);
  if (outside_area_arcsec2 > 0)
    maker.search(around::outside, outside_mask(field, outside_area_arcsec2 / pixel), field.exposures);
  maker.search(around::negative, field.analysis.host_mask, negative(field.exposures));
  return maker.result();
}

}  // namespace arcproof::recipes
