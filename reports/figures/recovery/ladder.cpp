#include "reports/figures/recovery/ladder.h"

#include "reports/drawing/columns.h"
#include "reports/drawing/figure_tools.h"
#include "reports/drawing/gnuplot.h"

#include <algorithm>
#include <cmath>

namespace arcproof::reports {
namespace {

std::string symbol_of(const std::string& quantity) {
  if (quantity == "mag") return "magnitude";
  if (quantity == "log_radius_pc") return "log_{10} radius";
  if (quantity == "log_mass_msun") return "log_{10} mass";
  if (quantity == "log_age_yr") return "log_{10} age";
  return quantity;
}

std::string rung_tics(const std::vector<std::string>& rungs, bool named) {
  std::string tics;
  for (std::size_t i = 0; i < rungs.size(); ++i)
    tics += fmt::format("{}{} -{}", i ? ", " : "",
                        named ? gnuplot_text((i ? "+ " : "") + rung_label(rungs[i])) : "''", i);
  return "set ytics (" + tics + ")";
}

double reach_of(const LadderQuantityRows& quantity) {
  double reach = 0.02;
  for (std::size_t i = 0; i < quantity.bias.size(); ++i) {
    const double error = std::isfinite(quantity.bias_err[i]) ? quantity.bias_err[i] : 0;
    if (std::isfinite(quantity.bias[i])) reach = std::max(reach, std::abs(quantity.bias[i]) + error);
  }
  return 1.15 * reach;
}

void draw_panel(Plot& plot, const LadderQuantityRows& quantity, std::size_t number) {
  DataRows rows;
  for (std::size_t i = 0; i < quantity.bias.size(); ++i)
    if (std::isfinite(quantity.bias[i]))
      rows.push_back({-static_cast<double>(i), quantity.bias[i], quantity.bias_err[i]});
  const std::string block = fmt::format("panel{}", number);
  plot.data(block, rows, 3);
  const double reach = reach_of(quantity);
  plot.range("x", -reach, reach);
  plot.add("set xtics {:.7g}", tick_step(2 * reach, 4));
  plot.x_label(fmt::format("'{} [{}]'", symbol_of(quantity.name), quantity.unit));
  plot.add(
      "unset arrow\nset arrow from 0, graph 0 to 0, graph 1 nohead linewidth 1.6 dashtype (8,4) linecolor "
      "rgb "
      "'{}' back",
      colour::vermilion);
  plot.add(
      "plot ${0} using 2:1 with lines linewidth 1 linecolor rgb '{1}', ${0} using 2:1:3 with xerrorbars "
      "pointtype 7 pointsize 0.7 linewidth 1.4 linecolor rgb '{2}'",
      block, colour::grey, colour::blue);
}

std::string draw(const std::vector<LadderQuantityRows>& all) {
  const int left = 190, gap = 24, right = 20, count = static_cast<int>(all.size());
  const int width = (full_px - left - right - (count - 1) * gap) / count;
  const std::vector<std::string>& rungs = all.front().rung;
  Plot plot("ladder", full_px, 90 + 30 * static_cast<int>(rungs.size()));
  plot.command("set multiplot");
  plot.range("y", -static_cast<double>(rungs.size()) + 0.4, 0.6);
  for (int k = 0; k < count; ++k) {
    const int from = left + k * (width + gap);
    plot.command(rung_tics(rungs, k == 0));
    plot.frame(from, full_px - from - width, 52, 14);
    draw_panel(plot, all[static_cast<std::size_t>(k)], static_cast<std::size_t>(k));
  }
  plot.command("unset multiplot");
  return plot.svg("bias of each quantity as true values are put in, step by step");
}

}  // namespace

std::string rung_label(const std::string& rung) {
  if (rung == "as_measured") return "as measured";
  if (rung == "metallicity_dust") return "true metallicity, dust";
  return "true " + rung;
}

std::vector<LadderQuantityRows> ladder_quantities(const RunFolder& run) {
  const io::Table& table = run.table(ladder_table);
  const io::Texts names = text_column(table, "quantity"), rung = text_column(table, "name"),
                  unit = text_column(table, "quantity_unit");
  const io::Integers n = integer_column(table, "n");
  const io::Reals bias = real_column(table, "bias"), bias_err = real_column(table, "bias_err"),
                  change = real_column(table, "bias_change"),
                  change_err = real_column(table, "bias_change_err"),
                  coverage = real_column(table, "coverage_68"),
                  coverage_err = real_column(table, "coverage_68_err");
  std::vector<LadderQuantityRows> all;
  for (std::size_t i = 0; i < table.rows(); ++i) {
    auto at = std::find_if(all.begin(), all.end(), [&](const auto& q) { return q.name == names[i]; });
    if (at == all.end()) {
      all.push_back({names[i],
                     unit[i].empty() ? "dex" : unit[i],
                     static_cast<double>(n[i]),
                     {},
                     {},
                     {},
                     {},
                     {},
                     {},
                     {}});
      at = std::prev(all.end());
    }
    at->rung.push_back(rung[i]);
    at->bias.push_back(bias[i]);
    at->bias_err.push_back(bias_err[i]);
    at->change.push_back(change[i]);
    at->change_err.push_back(change_err[i]);
    at->coverage.push_back(coverage[i]);
    at->coverage_err.push_back(coverage_err[i]);
  }
  std::erase_if(all, [](const LadderQuantityRows& q) { return finite(q.bias).empty(); });
  return all;
}

std::vector<html::Figure> ladder_figures(const RunFolder& run) {
  const std::vector<LadderQuantityRows> all = ladder_quantities(run);
  if (all.empty()) return {};
  html::Figure figure{"ladder", "Bias as true values are put in", "", "", "", "full"};
  figure.body = draw(all);
  figure.shows =
      "Median of measured \u2212 true of the same recovered clumps at every step, with 1&sigma; errors; from "
      "top to bottom true values are put in, one after the other.";
  figure.well = "all points are on the dashed line, from the first row on.";
  return {figure};
}

}  // namespace arcproof::reports
