#include "reports/sections/completeness.h"

#include "reports/drawing/columns.h"
#include "reports/drawing/html.h"
#include "reports/figures/recovery/completeness.h"

#include <cmath>

#include <fmt/format.h>

namespace arcproof::reports {

namespace {

std::string with_error(double value, double error) {
  return html::fixed(value, 3) +
         (std::isfinite(error) ? " &plusmn; " + html::fixed(error, 3) : std::string());
}

// Completeness with and without what is found by chance, and with and without fits that are not trusted.
std::string chance_by_magnitude(const RunFolder& run) {
  const io::Table& t = run.table(chance_table);
  if (t.rows() == 0) return "";
  const auto reals = [&](const char* name) { return real_column(t, name); };
  const auto counts = [&](const char* name) { return integer_column(t, name); };
  const io::Reals low = reals("low_mag"), high = reals("high_mag"), clean = reals("clean"),
                  chance = reals("chance"), chance_err = reals("chance_err"), net = reals("net"),
                  net_err = reals("net_err"), predicted = reals("predicted");
  const io::Integers injected = counts("n_injected"), recovered = counts("n_recovered"),
                     placeholders = counts("n_placeholders");
  html::Table table{{"magnitude", "injected", "recovered", "completeness", "without chance", "placeholders",
                     "found by chance", "expected by chance"},
                    {0},
                    {}};
  for (std::size_t i = 0; i < t.rows(); ++i)
    table.rows.push_back({html::fixed(low[i], 0) + " to " + html::fixed(high[i], 0),
                          std::to_string(injected[i]), std::to_string(recovered[i]), html::fixed(clean[i], 3),
                          with_error(net[i], net_err[i]), std::to_string(placeholders[i]),
                          with_error(chance[i], chance_err[i]), html::fixed(predicted[i], 4)});
  return html::card(
      "Found by chance", html::table(table),
      fmt::format(
          "Placeholders are clumps drawn like the injected ones, but without light: an object that matches "
          "one is "
          "there by chance. Completeness leaves out injections on objects that were there before; <i>without "
          "chance</i> is another way to the same number: (r &minus; c) / (1 &minus; c), r the fraction that "
          "would be found if what was there before did not matter, c the placeholders'. Expected: density of "
          "the "
          "catalogue times the area of reach. Were every fit trusted, the plateau were {} in place of {}, "
          "and "
          "half of it were found at {} mag in place of {}.",
          html::fixed(run.metric("completeness.any_quality.plateau"), 2),
          html::fixed(run.metric("completeness.plateau"), 2),
          html::fixed(run.metric("completeness.any_quality.mag_50"), 2),
          html::fixed(run.metric("completeness.mag_50"), 2)));
}

}  // namespace

std::optional<Section> completeness_section(const RunFolder& run) {
  return Section{"completeness", "Completeness", "Completeness",
                 "How likely is a clump to be found, given what it truly is?",
                 html::grid(completeness_figures(run)) + chance_by_magnitude(run)};
}

}  // namespace arcproof::reports
