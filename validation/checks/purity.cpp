#include "validation/checks/purity.h"

#include "engine/core/missing.h"
#include "validation/neighbours.h"

#include <algorithm>
#include <cmath>
#include <map>

namespace arcproof::validation {
namespace {

constexpr double smallest_reach_pix = 1.5, largest_reach_pix = 6, blend_radius_pix = 2.5,
                 right_flux_mag = 0.75;

bool is_right(double flux, double truth) {
  return flux > 0 && truth > 0 && std::abs(2.5 * std::log10(flux / truth)) < right_flux_mag;
}

// The images of one field's truth.
class FieldTruth {
 public:
  FieldTruth(const io::Table& truth, const std::vector<std::size_t>& rows, const std::string& band)
      : images_(truth.reals("true_x"), truth.reals("true_y"), rows),
        flux_(truth.reals("true_flux_" + band)),
        sigma_(truth.reals("true_sigma_major_pix")) {}

  RowTruth match(double x, double y, double flux) const {
    double together = 0, brightest = 0, best = HUGE_VAL;
    bool any = false;
    RowTruth result;
    for (const Neighbour& near : images_.within(x, y, largest_reach_pix)) {
      const double truth = flux_[near.point];
      const auto image = static_cast<std::ptrdiff_t>(near.point);
      if (!(truth > 0)) continue;
      if (near.distance < blend_radius_pix) together += truth;
      if (near.distance < smallest_reach_pix && truth > brightest) {
        brightest = truth;
        result.nearest = image;
      }
      if (near.distance >= std::max(smallest_reach_pix, std::min(largest_reach_pix, sigma_[near.point])))
        continue;
      any = true;
      if (const double off = std::abs(std::log(flux / truth)); is_right(flux, truth) && off < best) {
        best = off;
        result.image = image;
      }
    }
    result.label = result.image >= 0 ? "true" : is_right(flux, together) ? "blend" : any ? "excess" : "none";
    return result;
  }

 private:
  Neighbours images_;
  const io::Reals &flux_, &sigma_;
};

double sum_of(const io::Table& areas, const std::string& where, const std::string& column) {
  if (!areas.rows()) return nan;
  const io::Texts& around = areas.texts("around");
  double sum = 0;
  for (std::size_t i = 0; i < areas.rows(); ++i)
    if (around[i] == where)
      sum += column == "selected" ? static_cast<double>(areas.integers(column)[i]) : areas.reals(column)[i];
  return sum;
}

}  // namespace

std::vector<RowTruth> match_truth(const io::Table& catalogue, const io::Table& host_truth,
                                  const std::string& band) {
  std::map<std::string, std::vector<std::size_t>> rows;
  const io::Texts& truth_field = host_truth.texts("field");
  const io::Texts& truth_flag = host_truth.texts("injection_flag");
  for (std::size_t i = 0; i < host_truth.rows(); ++i)
    if (truth_flag[i] != "no_image" && truth_flag[i] != "outside_image") rows[truth_field[i]].push_back(i);
  std::map<std::string, FieldTruth> fields;
  for (const auto& [name, of_field] : rows) fields.try_emplace(name, host_truth, of_field, band);
  const io::Texts& field = catalogue.texts("field");
  const io::Reals &x = catalogue.reals("x"), &y = catalogue.reals("y"),
                  &flux = catalogue.reals("flux_" + band);
  std::vector<RowTruth> rows_truth;
  for (std::size_t i = 0; i < catalogue.rows(); ++i) {
    const auto at = fields.find(field[i]);
    rows_truth.push_back(at == fields.end() ? RowTruth{"none"} : at->second.match(x[i], y[i], flux[i]));
  }
  return rows_truth;
}

io::Texts label_rows(const io::Table& catalogue, const io::Table& host_truth, const std::string& band) {
  io::Texts labels;
  for (const RowTruth& row : match_truth(catalogue, host_truth, band)) labels.push_back(row.label);
  return labels;
}

void set_purity_metrics(const io::Table& catalogue, const io::Table& host_truth, const io::Table& areas,
                        double host_area_arcsec2, const std::string& band, Metrics& metrics) {
  const io::Flags& selected = catalogue.flags("selected");
  const auto n = static_cast<double>(std::count(selected.begin(), selected.end(), true));
  double is_true = 0, is_blend = 0;
  if (host_truth.rows()) {
    const io::Texts labels = label_rows(catalogue, host_truth, band);
    for (std::size_t i = 0; i < labels.size(); ++i) {
      is_true += selected[i] && labels[i] == "true";
      is_blend += selected[i] && labels[i] == "blend";
    }
  }
  const bool known = host_truth.rows() > 0 && n > 0;
  const double a = is_true + 0.5, b = n - is_true + 0.5, sum = a + b;
  metrics.set("purity.truth", known ? is_true / n : nan);
  metrics.set("purity.truth_err", known ? std::sqrt(a * b / (sum * sum * (sum + 1))) : nan);
  metrics.set("purity.blend", known ? is_blend / n : nan);
  const double outside_area = sum_of(areas, "outside_host", "area_arcsec2");
  metrics.set("purity.negative", n > 0 ? sum_of(areas, "negative", "selected") / n : nan);
  metrics.set("purity.outside", n > 0 && outside_area > 0 ? sum_of(areas, "outside_host", "selected") *
                                                                host_area_arcsec2 / outside_area / n
                                                          : nan);
}

std::vector<MetricDescription> purity_metrics() {
  return {{"purity.truth", "",
           "selected rows that are a clump of the simulated host with the right flux, fraction"},
          {"purity.truth_err", "", "its standard error"},
          {"purity.blend", "", "selected rows that are the light of several clumps together, fraction"},
          {"purity.negative", "", "objects selected in the negative image, over selected rows"},
          {"purity.outside", "",
           "objects selected outside the host, in as much area as the host's, over selected rows"}};
}

}  // namespace arcproof::validation
