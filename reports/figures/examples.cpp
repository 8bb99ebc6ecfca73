#include "reports/figures/examples.h"

#include "engine/core/statistics.h"
#include "reports/drawing/columns.h"
#include "reports/drawing/figure_tools.h"
#include "reports/drawing/gnuplot.h"

#include <algorithm>
#include <cmath>

namespace arcproof::reports {
namespace {

constexpr TableName examples_table{"examples.fits", "EXAMPLES"};

constexpr std::size_t most_examples = 6;
constexpr int zoom = 6;  // screen pixels a pixel

struct Cutout {
  std::int64_t injection_id;
  double snr;
  int side;
  std::vector<double> data, residual;
};

std::vector<Cutout> cutouts(const io::Table& examples) {
  std::vector<Cutout> result;
  if (!examples.has("data") || !examples.has("residual")) return result;
  const io::Reals snr = real_column(examples, "snr"), data = real_column(examples, "data"),
                  residual = real_column(examples, "residual");
  const io::Integers id = integer_column(examples, "injection_id");
  const auto pixels = static_cast<std::size_t>(examples.column("data").width);
  const int side = static_cast<int>(std::lround(std::sqrt(static_cast<double>(pixels))));
  if (static_cast<std::size_t>(side) * static_cast<std::size_t>(side) != pixels ||
      residual.size() != data.size())
    return result;
  for (std::size_t i = 0; i < examples.rows(); ++i) {
    const auto from = static_cast<std::ptrdiff_t>(i * pixels),
               to = static_cast<std::ptrdiff_t>((i + 1) * pixels);
    if (std::isfinite(snr[i]))
      result.push_back({id[i],
                        snr[i],
                        side,
                        {data.begin() + from, data.begin() + to},
                        {residual.begin() + from, residual.begin() + to}});
  }
  return result;
}

// From the faintest to the brightest, evenly over the ranks.
std::vector<Cutout> chosen(std::vector<Cutout> all) {
  std::stable_sort(all.begin(), all.end(), [](const Cutout& a, const Cutout& b) { return a.snr < b.snr; });
  std::vector<Cutout> result;
  const std::size_t count = std::min(all.size(), most_examples);
  for (std::size_t k = 0; k < count; ++k)
    result.push_back(all[count == 1 ? 0 : k * (all.size() - 1) / (count - 1)]);
  return result;
}

std::string draw_image(const std::string& id, const std::vector<double>& pixels, int side,
                       const Range& scale) {
  Plot plot(id, side * zoom, side * zoom);
  DataRows rows;
  for (int y = 0; y < side; ++y)
    for (int x = 0; x < side; ++x)
      rows.push_back(
          {static_cast<double>(x), static_cast<double>(y), pixels[static_cast<std::size_t>(y) * side + x]});
  plot.data("pixels", rows, 3);
  plot.frame(0, 0, 0, 0);
  plot.add("unset border\nunset tics\nunset grid\nunset colorbox\n{}", viridis);
  plot.range("x", -0.5, side - 0.5);
  plot.range("y", -0.5, side - 0.5);
  plot.range("cb", scale.low, scale.high);
  plot.command("plot $pixels using 1:2:3 with image");
  return plot.png();
}

// One scale for the three images of a row: from the lower end of the sky to the clump's own peak, in the
// middle; brighter neighbours saturate.
Range scale_of(const Cutout& cutout) {
  constexpr int half_core = 4;
  std::vector<double> core;
  for (int y = cutout.side / 2 - half_core; y <= cutout.side / 2 + half_core; ++y)
    for (int x = cutout.side / 2 - half_core; x <= cutout.side / 2 + half_core; ++x)
      if (x >= 0 && y >= 0 && x < cutout.side && y < cutout.side)
        core.push_back(cutout.data[static_cast<std::size_t>(y) * cutout.side + x]);
  const std::vector<double> values = finite(cutout.data);
  if (values.empty()) return {0, 1};
  const double low = statistics::quantile(values, 0.02),
               high = finite(core).empty() ? low : range_of(core, 0, 0).high;
  return {low, high > low ? high : low + 1};
}

std::string image(const Cutout& cutout, std::string_view what, const std::vector<double>& pixels) {
  const std::string png = draw_image(fmt::format("example-{}-{}", cutout.injection_id, what), pixels,
                                     cutout.side, scale_of(cutout));
  return html::png_image(png, cutout.side * zoom, cutout.side * zoom,
                         fmt::format("{} of injection {}", what, cutout.injection_id));
}

// "S/N 25, F150W 27.1 mag, 34 pc".
std::string description(const RunFolder& run, const Cutout& cutout) {
  std::string text = fmt::format("<b>S/N {}</b>", html::fixed(cutout.snr, cutout.snr < 10 ? 1 : 0));
  const io::Integers ids = integer_column(run.table(injections_table), "injection_id");
  const auto at = std::find(ids.begin(), ids.end(), cutout.injection_id);
  if (at == ids.end()) return text;
  const auto row = static_cast<std::size_t>(at - ids.begin());
  const double mag = real_column(run.table(injections_table), "mag")[row],
               radius = real_column(run.table(injections_table), "true_radius_pc")[row];
  if (std::isfinite(mag))
    text +=
        fmt::format(" \u00b7 {} {} mag", html::escape(band_label(run.reference_band())), html::fixed(mag, 2));
  if (std::isfinite(radius)) text += fmt::format(" \u00b7 {} pc", html::significant(radius, 2));
  const Range scale = scale_of(cutout);
  return text +
         fmt::format(
             " <span class=\"aside\">\u00b7 injection {} \u00b7 colours from {} to {} nJy/pixel</span>",
             cutout.injection_id, html::significant(scale.low, 2), html::significant(scale.high, 2));
}

std::string example(const RunFolder& run, const Cutout& cutout) {
  std::vector<double> model = cutout.data;
  for (std::size_t i = 0; i < model.size(); ++i) model[i] -= cutout.residual[i];
  return fmt::format(
      "<div class=\"example\"><p>{}</p>\n<div class=\"images\">{}{}{}</div>\n<div "
      "class=\"heads\"><span>data</span><span>model</span><span>residual</span></div></div>\n",
      description(run, cutout), image(cutout, "data", cutout.data), image(cutout, "model", model),
      image(cutout, "residual", cutout.residual));
}

}  // namespace

std::vector<html::Figure> example_figures(const RunFolder& run) {
  html::Figure figure{"examples-cutouts", "Data, model, residual", "", "", "", "full"};
  const std::vector<Cutout> list = chosen(cutouts(run.table(examples_table)));
  if (list.empty()) {
    figure.body = html::nothing("This run kept no cutouts of recovered clumps.");
    return {figure};
  }
  figure.body = "<div class=\"examples\">\n";
  for (const Cutout& cutout : list) figure.body += example(run, cutout);
  figure.body += "</div>\n";
  figure.shows = fmt::format(
      "Recovered clumps in the reference band, from faint to bright, {0} \u00d7 {0} pixels. The model is the "
      "sum of all fitted clumps; the three images of a "
      "row share their colours.",
      list.front().side);
  figure.well =
      "the residual shows sky and host, and no clump: no bright core (flux missed), no dark hole (flux "
      "invented), no ring (wrong size or PSF).";
  return {figure};
}

}  // namespace arcproof::reports
