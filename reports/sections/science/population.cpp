#include "reports/sections/science/population.h"

#include "reports/drawing/columns.h"
#include "reports/drawing/html.h"
#include "reports/figures/population.h"

#include <utility>

#include <fmt/format.h>

namespace arcproof::reports {
namespace {

constexpr TableName medians_table{population_file, "POPULATION", Needed::with_file},
    bound_table{population_file, "BOUND", Needed::with_file};

constexpr std::pair<std::string_view, std::string_view> words[] = {
    {"radius_pc", "half-light radius [pc]"},
    {"absmag", "absolute magnitude, reference band"},
    {"log_mass_msun", "log M [M<sub>\u2609</sub>]"},
    {"log_age_yr", "log age [yr]"},
    {"formation_redshift", "formation redshift"},
    {"log_density_msun_pc2", "log &Sigma; [M<sub>\u2609</sub> pc<sup>\u22122</sup>]"},
    {"log_dynamical_age", "log &Pi;, age over crossing time"},
    {"size_mass", "log R by log M"},
    {"luminosity_size", "log R by \u22120.4 M<sub>AB</sub>"}};

std::string in_words(const std::string& name) {
  for (const auto& [key, text] : words)
    if (key == name) return std::string(text);
  return html::escape(name);
}

std::string redshifts(const io::Table& t, std::size_t i) {
  return fmt::format("{:g}\u2013{:g}", real_column(t, "z_low")[i], real_column(t, "z_high")[i]);
}

std::string interval(const io::Table& t, const std::string& median, const std::string& low,
                     const std::string& high, std::size_t i) {
  return html::with_interval(real_column(t, median)[i], real_column(t, low)[i], real_column(t, high)[i], 2);
}

std::string number(const io::Table& t, const char* column, std::size_t i) {
  return html::count(static_cast<double>(integer_column(t, column)[i]));
}

std::string medians(const io::Table& t) {
  html::Table table{
      {"quantity", "z", "clumps", "unresolved, left out", "median (68%)", "corrected (68%)"}, {0}, {}};
  for (std::size_t i = 0; i < t.rows(); ++i)
    table.rows.push_back({in_words(text_column(t, "quantity")[i]), redshifts(t, i), number(t, "n", i),
                          number(t, "n_limits", i), interval(t, "median", "q16", "q84", i),
                          interval(t, "corrected_median", "corrected_q16", "corrected_q84", i)});
  return html::table(table);
}

std::string bound(const io::Table& t) {
  html::Table table{{"z", "clumps", "bound fraction", "corrected"}, {0}, {}};
  for (std::size_t i = 0; i < t.rows(); ++i)
    table.rows.push_back(
        {redshifts(t, i), number(t, "n", i),
         html::with_error(real_column(t, "fraction")[i], real_column(t, "fraction_err")[i], 2),
         html::fixed(real_column(t, "corrected_fraction")[i], 2)});
  return html::table(table);
}

std::string relations(const io::Table& t) {
  html::Table table{
      {"relation", "z", "clumps", "with an upper limit", "parameter", "median (68%)"}, {0, 4}, {}};
  for (std::size_t i = 0; i < t.rows(); ++i) {
    const std::string parameter = text_column(t, "parameter")[i];
    if (parameter == "mean_log_mass" || parameter == "mass_spread_dex")
      continue;  // of the sample, not of the law
    table.rows.push_back({in_words(text_column(t, "relation")[i]), redshifts(t, i), number(t, "n", i),
                          number(t, "n_limits", i),
                          parameter == "scatter_dex" ? "scatter [dex]" : html::escape(parameter),
                          interval(t, "median", "q16", "q84", i)});
  }
  return html::table(table);
}

std::string population_tables(const RunFolder& run) {
  const io::Table &all = run.table(medians_table), &clusters = run.table(bound_table),
                  &fits = run.table(relations_table);
  std::string text;
  if (all.rows())
    text += html::card(
        "Medians by redshift", medians(all),
        "Corrected: each clump counts 1 / p<sub>detect</sub>. Radii and densities are of resolved clumps.");
  if (clusters.rows())
    text += html::card(
        "Bound clusters", bound(clusters),
        "Expected fraction with &Pi; &gt; 1, errors of age, size and mass included; a lower limit where "
        "sizes are upper limits.");
  if (fits.rows())
    text += html::card(
        "Size relations", relations(fits),
        "Errors in both axes, upper limits of sizes, intrinsic scatter; not corrected for completeness.");
  return text;
}

}  // namespace

std::optional<Section> population_section(const RunFolder& run) {
  const std::vector<html::Figure> figures = population_figures(run);
  return Section{"population", "", "Population",
                 "Densities, ages, sizes and boundedness of the science catalogue's clumps.",
                 (figures.empty() ? "" : html::grid(figures)) + population_tables(run)};
}

}  // namespace arcproof::reports
