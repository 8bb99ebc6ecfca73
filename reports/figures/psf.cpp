#include "reports/figures/psf.h"

#include "reports/drawing/columns.h"
#include "reports/drawing/figure_tools.h"
#include "reports/drawing/gnuplot.h"

#include <algorithm>
#include <cmath>
#include <set>

namespace arcproof::reports {
namespace {

constexpr TableName psf_table{"psf.fits", "PSF"};

struct PsfRow {
  std::string band;
  double radius, analysis, injection, image;
};

std::vector<PsfRow> psf_rows(const io::Table& table) {
  std::vector<PsfRow> rows;
  const io::Texts band = text_column(table, "band");
  const io::Reals radius = real_column(table, "radius"), analysis = real_column(table, "analysis"),
                  injection = real_column(table, "injection"), image = real_column(table, "image");
  for (std::size_t i = 0; i < band.size(); ++i)
    rows.push_back({band[i], radius[i], analysis[i], injection[i], image[i]});
  return rows;
}

bool differs(const std::vector<PsfRow>& rows, double PsfRow::*member) {
  return std::any_of(rows.begin(), rows.end(),
                     [&](const PsfRow& r) { return std::abs(r.*member - r.analysis) > 1e-9; });
}

html::Figure profile_figure(const RunFolder& run, const std::vector<PsfRow>& rows) {
  DataRows data;
  double lowest = 1;
  for (const PsfRow& r : rows)
    if (r.band == run.reference_band()) {
      data.push_back({r.radius, r.analysis, r.injection, r.image});
      if (r.analysis > 0) lowest = std::min(lowest, r.analysis);
    }
  Plot plot("psf-profile", half_px, 350);
  plot.data("profiles", data, 4);
  plot.frame(86, 16, 50, 32);
  plot.command("set logscale y\nset format y '10^{%T}'");
  plot.range("x", 0, 0.5);
  plot.range("y", std::max(1e-5, 0.7 * lowest), 1.4);
  plot.x_label("'radius [arcsec]'");
  plot.y_label("'mean over a ring / peak'");
  plot.key_above(1);
  std::string line =
      fmt::format("plot $profiles using 1:2 with lines lw 2 lc rgb '{}' title 'analysis'", colour::blue);
  if (differs(rows, &PsfRow::injection))
    line +=
        fmt::format(", '' using 1:3 with lines lw 2 dt 2 lc rgb '{}' title 'injection'", colour::vermilion);
  if (differs(rows, &PsfRow::image))
    line += fmt::format(", '' using 1:4 with points pt 7 ps 0.4 lc rgb '{}' title 'its image'", colour::grey);
  plot.command(line);
  html::Figure figure;
  figure.id = "psf-profile";
  figure.span = "half";
  figure.title = "Radial profile in " + band_label(run.reference_band());
  figure.body = plot.svg("Radial profile of the PSF in the reference band.");
  figure.shows =
      "Azimuthal mean of the PSF that the fits use" +
      std::string(differs(rows, &PsfRow::injection) ? ", and of the one that clumps are injected with."
                                                    : "; clumps are injected with the same.");
  return figure;
}

// One line a band; nothing to show where all is the same.
html::Figure residual_figure(const std::vector<PsfRow>& rows, double PsfRow::*member, const std::string& id,
                             const std::string& title, const std::string& shows) {
  std::vector<std::string> bands;
  for (const PsfRow& r : rows)
    if (std::find(bands.begin(), bands.end(), r.band) == bands.end()) bands.push_back(r.band);
  Plot plot(id, half_px, 350);
  double reach = 0.005;
  std::string line = "plot 0 with lines lw 1 lc rgb 'black' notitle";
  constexpr std::string_view colours[] = {colour::blue,   colour::orange, colour::green, colour::vermilion,
                                          colour::purple, colour::sky,    colour::grey};
  for (std::size_t b = 0; b < bands.size(); ++b) {
    DataRows data;
    for (const PsfRow& r : rows)
      if (r.band == bands[b]) {
        data.push_back({r.radius, r.*member - r.analysis});
        reach = std::max(reach, std::abs(data.back()[1]));
      }
    plot.data(fmt::format("band{}", b), data, 2);
    line += fmt::format(", $band{} using 1:2 with lines lw 2 lc rgb '{}' title {}", b,
                        colours[b % std::size(colours)], gnuplot_text(band_label(bands[b])));
  }
  plot.frame(86, 16, 50, bands.size() > 4 ? 50 : 32);
  plot.range("x", 0, 0.5);
  plot.range("y", -1.1 * reach, 1.1 * reach);
  plot.x_label("'radius [arcsec]'");
  plot.y_label("'difference / peak'");
  plot.key_above(bands.size() > 4 ? 2 : 1);
  plot.command(line);
  html::Figure figure;
  figure.id = id;
  figure.span = "half";
  figure.title = title;
  figure.body = plot.svg(title);
  figure.shows = shows;
  figure.well = "lines near zero: what differs here goes into sizes and fluxes, as the figures of bias show.";
  return figure;
}

}  // namespace

std::vector<html::Figure> psf_figures(const RunFolder& run) {
  const std::vector<PsfRow> rows = psf_rows(run.table(psf_table));
  if (rows.empty()) return {};
  std::vector<html::Figure> figures{profile_figure(run, rows)};
  if (differs(rows, &PsfRow::injection))
    figures.push_back(residual_figure(rows, &PsfRow::injection, "psf-mismatch", "Injection minus analysis",
                                      "How far the PSF of injected clumps is from the one of the fits."));
  if (differs(rows, &PsfRow::image))
    figures.push_back(
        residual_figure(rows, &PsfRow::image, "psf-residual", "Image minus analytic form",
                        "What the fitted Moffat + Gaussian + power law leaves of the PSF's image."));
  return figures;
}

}  // namespace arcproof::reports
