#include "reports/figures/recovery/outcomes.h"

#include "reports/drawing/columns.h"
#include "reports/drawing/figure_tools.h"
#include "reports/drawing/gnuplot.h"
#include "reports/figures/recovery/axes.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <map>

namespace arcproof::reports {
namespace {

struct Outcome {
  std::string_view name, label, meaning, colour;
};

constexpr std::array<Outcome, 11> outcomes = {{
    {"recovered", "recovered", "found, fitted, selected, inside the host: counts as found", colour::blue},
    {"wrong_flux", "wrong flux", "found and selected, but with a flux that is off by more than 0.75 mag",
     "#b5179e"},
    {"not_selected", "not selected", "found, but S/N too low in a reference band", colour::sky},
    {"not_trusted", "not trusted", "found with enough S/N, but the fit is not trusted (column quality)",
     "#8d6e63"},
    {"interloper", "interloper", "found, but with the colours of the recipe's interlopers", colour::ink},
    {"not_detected", "not detected", "nothing measured within the match radius", "#d5dbe1"},
    {"blended", "blended", "the object within reach belongs to another injection that is nearer",
     colour::orange},
    {"confused", "confused",
     "the object within reach was there before the injection, or is another injection's", colour::vermilion},
    {"outside_host", "outside the host", "found, but measured outside of the host's mask", colour::purple},
    {"fit_failed", "fit failed", "found, but the fit has no result", colour::green},
    {"other", "other", "an outcome that this report does not know", colour::grey},
}};

constexpr std::size_t always_shown = 6;  // of the table: down to not_detected

std::size_t index_of(const std::string& name) {
  const auto at =
      std::find_if(outcomes.begin(), outcomes.end(), [&](const Outcome& o) { return o.name == name; });
  return at == outcomes.end() ? outcomes.size() - 1 : static_cast<std::size_t>(at - outcomes.begin());
}

struct Bin {
  double low, high;
  std::array<double, outcomes.size()> counts{};
  double total() const {
    double sum = 0;
    for (const double c : counts) sum += c;
    return sum;
  }
};

// Bins of the completeness table inside the range of interest; all injected rows whose magnitude lies in
// them.
std::vector<Bin> binned(const RunFolder& run) {
  const Range range = magnitude_range(run);
  const io::Reals low = real_column(run.table(completeness_mag_table), "low_1"),
                  high = real_column(run.table(completeness_mag_table), "high_1");
  std::vector<Bin> bins;
  for (std::size_t b = 0; b < low.size(); ++b)
    if (low[b] >= range.low - 1e-9 && 0.5 * (low[b] + high[b]) < range.high)
      bins.push_back({low[b], high[b], {}});
  const io::Reals mag = real_column(run.table(injections_table), "mag");
  const io::Texts outcome = text_column(run.table(injections_table), "outcome");
  for (const std::size_t i : rows_where(run.table(injections_table), "injection_flag", "injected"))
    for (Bin& bin : bins)
      if (mag[i] >= bin.low && mag[i] < bin.high) ++bin.counts[index_of(outcome[i])];
  return bins;
}

std::string draw_outcomes(const RunFolder& run, const std::vector<Bin>& bins,
                          const std::array<double, outcomes.size()>& totals) {
  Plot plot("outcomes-bars", full_px, 380);
  DataRows boxes, numbers;
  for (const Bin& bin : bins) {
    const double total = bin.total(), middle = 0.5 * (bin.low + bin.high);
    if (total == 0) continue;
    numbers.push_back({middle, total});
    double below = 0;
    for (std::size_t k = 0; k < outcomes.size(); ++k) {
      if (bin.counts[k] > 0)
        boxes.push_back({middle, 0, bin.low + 0.04 * (bin.high - bin.low),
                         bin.high - 0.04 * (bin.high - bin.low), below / total,
                         (below + bin.counts[k]) / total, static_cast<double>(k)});
      below += bin.counts[k];
    }
  }
  plot.data("boxes", boxes, 7);
  plot.data("numbers", numbers, 2);
  plot.frame(62, 16, 50, 40);
  const Range range = magnitude_range(run);
  plot.range("x", range.low, range.high);
  plot.range("y", 0, 1.08);
  plot.command("set ytics 0.2");
  plot.x_label(
      gnuplot_text(fmt::format("true observed magnitude {} [AB]", band_label(run.reference_band()))));
  plot.y_label("'fraction of injections'");
  plot.command(
      "set key at graph 0, screen 0.99 left top Left reverse horizontal maxrows 1 samplen 1 width 1");
  std::string parts;
  for (std::size_t k = 0; k < outcomes.size(); ++k)
    if (totals[k] > 0)
      parts += fmt::format(
          "$boxes using ($7 == {0} ? $1 : NaN):2:3:4:5:6 with boxxyerror fillcolor rgb '{1}' title {2}, ", k,
          outcomes[k].colour, gnuplot_text(outcomes[k].label));
  plot.add(
      "plot {}$numbers using 1:(1.045):(sprintf('%d', $2)) with labels font ',10' textcolor rgb '{}' notitle",
      parts, colour::soft);
  return plot.svg("outcomes of the injections against magnitude");
}

std::string outcome_table(const std::array<double, outcomes.size()>& totals, double all) {
  html::Table table{{"outcome", "injections", "fraction", "meaning"}, {0, 3}, {}};
  for (std::size_t k = 0; k < outcomes.size(); ++k)
    if (totals[k] > 0 || k < always_shown)
      table.rows.push_back({html::escape(outcomes[k].label), html::count(totals[k]),
                            html::percent(totals[k] / all), html::escape(outcomes[k].meaning)});
  return html::table(table);
}

std::string not_injected(const RunFolder& run) {
  std::map<std::string, std::size_t> flags;
  for (const std::string& flag : text_column(run.table(injections_table), "injection_flag"))
    if (flag != "injected") ++flags[flag];
  std::string list;
  for (const auto& [flag, n] : flags)
    list += fmt::format("{}{} {}", list.empty() ? "" : ", ", html::count(static_cast<double>(n)),
                        html::escape(flag));
  return list.empty() ? "" : " Drawn but not counted: " + list + ".";
}

}  // namespace

std::vector<html::Figure> outcome_figures(const RunFolder& run) {
  html::Figure bars{"outcomes-bars", "Outcome by magnitude", "", "", "", "full"};
  html::Figure list{"outcomes-table", "All injections", "", "", "", "full"};
  std::array<double, outcomes.size()> totals{};
  double all = 0;
  const io::Texts outcome = text_column(run.table(injections_table), "outcome");
  for (const std::size_t i : rows_where(run.table(injections_table), "injection_flag", "injected"))
    ++totals[index_of(outcome[i])], ++all;
  if (all == 0) {
    bars.body = html::nothing("Nothing was injected.");
    return {bars};
  }
  bars.body = draw_outcomes(run, binned(run), totals);
  bars.shows =
      "Shares of the outcomes of all injected images in bins of magnitude; the number of images stands on "
      "top of each bar.";
  bars.well =
      "blue until the completeness falls, then grey (too faint) takes over. The warm colours at the bright "
      "side say that crowding, not depth, is the limit.";
  list.body = outcome_table(totals, all);
  list.shows = not_injected(run);
  return {bars, list};
}

}  // namespace arcproof::reports
