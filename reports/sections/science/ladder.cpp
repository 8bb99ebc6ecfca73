#include "reports/sections/science/ladder.h"

#include "reports/figures/recovery/ladder.h"

#include <cmath>

#include <fmt/format.h>

namespace arcproof::reports {
namespace {

constexpr double significant_sigmas = 3;

std::string words_of(const std::string& quantity) {
  if (quantity == "mag") return "Magnitude";
  if (quantity == "log_radius_pc") return "Radius";
  if (quantity == "log_mass_msun") return "Mass";
  if (quantity == "log_age_yr") return "Age";
  return quantity;
}

// The rung that brings the bias nearest to zero, compared with the rung before; 0: none does.
std::size_t greatest_loss(const LadderQuantityRows& q) {
  std::size_t best = 0;
  double most = 0;
  for (std::size_t i = 1; i < q.bias.size(); ++i)
    if (const double loss = std::abs(q.bias[i - 1]) - std::abs(q.bias[i]); loss > most) {
      most = loss;
      best = i;
    }
  return best;
}

std::string number(double value, double error) { return html::with_error(value, error, 3); }

std::string sentence(const LadderQuantityRows& q) {
  const std::string name = words_of(q.name);
  const std::size_t step = greatest_loss(q), last = q.bias.size() - 1;
  const bool sure = step > 0 && std::abs(q.change[step]) > significant_sigmas * q.change_err[step];
  std::string text = fmt::format("<li><b>{}</b>: {} {} as measured. ", name, number(q.bias[0], q.bias_err[0]),
                                 html::escape(q.unit));
  text +=
      sure ? fmt::format("Most of the bias goes with the <b>{}</b> (change {}). ",
                         html::escape(rung_label(q.rung[step])), number(q.change[step], q.change_err[step]))
           : fmt::format("No step lowers it by more than {:g} times the error of the change. ",
                         significant_sigmas);
  return text +
         fmt::format("With all true values {} is left.</li>\n", number(q.bias[last], q.bias_err[last]));
}

std::string sentences(const std::vector<LadderQuantityRows>& all) {
  std::string text = "<ul class=\"lead\">\n";
  for (const LadderQuantityRows& q : all) text += sentence(q);
  return text + "</ul>\n";
}

std::string ladder_card(const std::vector<LadderQuantityRows>& all) {
  html::Table table{{"put in"}, {0}, {}};
  for (const LadderQuantityRows& q : all) {
    table.head.push_back(fmt::format("{} [{}], n = {}", html::escape(words_of(q.name)), html::escape(q.unit),
                                     html::count(q.n)));
    table.head.emplace_back("change");
    table.head.emplace_back("in 68% interval");
  }
  for (std::size_t i = 0; i < all.front().rung.size(); ++i) {
    std::vector<std::string> row{(i ? "+ " : "") + html::escape(rung_label(all.front().rung[i]))};
    for (const LadderQuantityRows& q : all) {
      row.push_back(number(q.bias[i], q.bias_err[i]));
      row.push_back(number(q.change[i], q.change_err[i]));
      row.push_back(html::percent(q.coverage[i], 0));
    }
    table.rows.push_back(row);
  }
  return html::card(
      "Bias by step", html::table(table),
      "Median of measured \u2212 true and its change from the row above, with bootstrap errors (changes: "
      "paired by clump). No interval is counted where nothing uncertain is left. From the true fluxes on the "
      "intervals of mass and age still hold the errors of the fluxes: 68% is not to be expected there.");
}

}  // namespace

std::optional<Section> ladder_section(const RunFolder& run) {
  const std::vector<LadderQuantityRows> all = ladder_quantities(run);
  if (all.empty()) return std::nullopt;
  return Section{
      "ladder", "Truth ladder", "Truth-substitution ladder",
      "Which step of the analysis makes which bias? The same recovered clumps, analysed again with "
      "true values put in, one after the other.",
      sentences(all) + html::grid(ladder_figures(run)) + ladder_card(all)};
}

}  // namespace arcproof::reports
