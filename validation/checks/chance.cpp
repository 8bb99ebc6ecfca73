#include "validation/checks/chance.h"

#include "engine/core/missing.h"
#include "engine/core/units.h"
#include "engine/io/table_builder.h"

#include <algorithm>
#include <cmath>
#include <map>

namespace arcproof::validation {
namespace {

struct Bin {
  double low = 0;
  std::int64_t injected = 0, gross_found = 0, recovered = 0, placeholders = 0, chance_found = 0;
  double predicted_sum = 0;
};

struct Rate {
  double value, error;
};

// Mean and standard deviation of the Beta distribution that Jeffreys' prior leads to; the value itself is k / n.
Rate rate_of(std::int64_t k, std::int64_t n) {
  if (n == 0) return {nan, nan};
  const double a = static_cast<double>(k) + 0.5, b = static_cast<double>(n - k) + 0.5, sum = a + b;
  return {static_cast<double>(k) / static_cast<double>(n), std::sqrt(a * b / (sum * sum * (sum + 1)))};
}

// Not known where every placeholder finds something.
Rate net_of(const Bin& bin) {
  const Rate r = rate_of(bin.gross_found, bin.injected), c = rate_of(bin.chance_found, bin.placeholders);
  const double rest = 1 - c.value;
  if (!(rest > 0)) return {nan, nan};
  return {(r.value - c.value) / rest, std::hypot(r.error / rest, c.error * (1 - r.value) / (rest * rest))};
}

double clean_of(const Bin& bin) { return rate_of(bin.recovered, bin.injected).value; }

Bin& bin_at(std::map<int, Bin>& bins, double mag) {
  const int low = static_cast<int>(std::floor(mag));
  Bin& bin = bins[low];
  bin.low = low;
  return bin;
}

// The surface density of selected objects with a magnitude near a given one [1/pixel^2].
class Densities {
 public:
  Densities(const io::Table& catalogue, const std::vector<SearchedField>& fields, const MatchOptions& options)
      : options_(options) {
    const io::Texts& field = catalogue.texts("field");
    const io::Flags& selected = catalogue.flags("selected");
    const io::Reals& mag = catalogue.reals("mag_" + options.reference_band);
    for (const SearchedField& one : fields)
      pixels_[one.name] = one.area_arcsec2 / (one.pixel_scale_arcsec * one.pixel_scale_arcsec);
    for (std::size_t i = 0; i < catalogue.rows(); ++i)
      if (selected[i]) mags_[field[i]].push_back(mag[i]);
  }
  double predicted(const std::string& field, double mag, double sigma_major_pix) const {
    const auto mags = mags_.find(field);
    const auto pixels = pixels_.find(field);
    if (mags == mags_.end() || pixels == pixels_.end()) return 0;
    const auto near = std::count_if(mags->second.begin(), mags->second.end(), [&](double m) {
      return std::abs(m - mag) <= options_.max_flux_error_mag;
    });
    const double reach = match_reach(sigma_major_pix, options_);
    return -std::expm1(-static_cast<double>(near) / pixels->second * units::pi * reach * reach);
  }

 private:
  const MatchOptions& options_;
  std::map<std::string, double> pixels_;
  std::map<std::string, std::vector<double>> mags_;
};

}  // namespace

io::Table chance_table(const io::Table& joined, const io::Table& placeholders, const io::Table& catalogue,
                       const std::vector<SearchedField>& fields, const MatchOptions& options) {
  std::map<int, Bin> by_mag;
  const io::Reals& injected_mag = joined.reals("mag");
  const io::Texts& injected_flag = joined.texts("injection_flag");
  const io::Flags &gross = joined.flags("recovered_gross"), &recovered = joined.flags("recovered");
  for (std::size_t i = 0; i < joined.rows(); ++i) {
    if (injected_flag[i] != "injected" || !std::isfinite(injected_mag[i])) continue;
    Bin& bin = bin_at(by_mag, injected_mag[i]);
    ++bin.injected;
    bin.gross_found += gross[i];
    bin.recovered += recovered[i];
  }
  if (placeholders.rows()) {
    const Densities densities(catalogue, fields, options);
    const io::Reals &mag = placeholders.reals("mag"), &sigma = placeholders.reals("true_sigma_major_pix");
    const io::Texts &flag = placeholders.texts("injection_flag"), &field = placeholders.texts("field");
    const io::Flags& found = placeholders.flags("recovered");
    for (std::size_t i = 0; i < placeholders.rows(); ++i) {
      if (flag[i] != "injected" || !std::isfinite(mag[i])) continue;
      Bin& bin = bin_at(by_mag, mag[i]);
      ++bin.placeholders;
      bin.chance_found += found[i];
      bin.predicted_sum += densities.predicted(field[i], mag[i], sigma[i]);
    }
  }
  std::vector<Bin> bins;
  for (const auto& [low, bin] : by_mag) bins.push_back(bin);
  io::Table table("CHANCE");
  io::TableBuilder add(table, bins);
  add.column("low_mag", "mag", "lower edge, true magnitude in the reference band", &Bin::low);
  add.column("high_mag", "mag", "upper edge", [](const Bin& b) { return b.low + 1; });
  add.column("n_injected", "", "images that can be found", &Bin::injected);
  add.column("n_gross", "", "of them recovered if what was there before did not matter", &Bin::gross_found);
  add.column("n_recovered", "", "of them recovered", &Bin::recovered);
  add.column("n_placeholders", "", "images of placeholders that could be found", &Bin::placeholders);
  add.column("n_chance", "", "of them with a matching object, by chance", &Bin::chance_found);
  add.column("gross", "", "n_gross / n_injected",
             [](const Bin& b) { return rate_of(b.gross_found, b.injected).value; });
  add.column("gross_err", "", "1 sigma",
             [](const Bin& b) { return rate_of(b.gross_found, b.injected).error; });
  add.column("chance", "", "n_chance / n_placeholders",
             [](const Bin& b) { return rate_of(b.chance_found, b.placeholders).value; });
  add.column("chance_err", "", "1 sigma",
             [](const Bin& b) { return rate_of(b.chance_found, b.placeholders).error; });
  add.column("net", "", "(gross - chance) / (1 - chance): completeness without chance",
             [](const Bin& b) { return net_of(b).value; });
  add.column("net_err", "", "1 sigma, propagated", [](const Bin& b) { return net_of(b).error; });
  add.column("clean", "", "n_recovered / n_injected: completeness, confusion left out", clean_of);
  add.column("predicted", "", "chance by density of the catalogue times the area of reach", [](const Bin& b) {
    return b.placeholders ? b.predicted_sum / static_cast<double>(b.placeholders) : nan;
  });
  return table;
}

void set_chance_metrics(const io::Table& chance, double depth_mag, Metrics& metrics) {
  constexpr double far_below_mag = 3;
  constexpr std::int64_t enough = 20;
  const io::Integers &injected = chance.integers("n_injected"),
                     &placeholders = chance.integers("n_placeholders"),
                     &by_chance = chance.integers("n_chance"), &gross = chance.integers("n_gross");
  const io::Reals &low = chance.reals("low_mag"), &predicted = chance.reals("predicted"),
                  &net = chance.reals("net"), &clean = chance.reals("clean");
  Bin all, faint;
  double largest = nan;
  for (std::size_t i = 0; i < chance.rows(); ++i) {
    all.placeholders += placeholders[i];
    all.chance_found += by_chance[i];
    if (placeholders[i]) all.predicted_sum += predicted[i] * static_cast<double>(placeholders[i]);
    if (low[i] >= depth_mag + far_below_mag) {
      faint.injected += injected[i];
      faint.gross_found += gross[i];
      faint.placeholders += placeholders[i];
      faint.chance_found += by_chance[i];
    }
    if (injected[i] >= enough && placeholders[i] >= enough)
      largest = std::fmax(largest, std::abs(net[i] - clean[i]));  // of the known ones
  }
  const bool judged = faint.injected >= enough && faint.placeholders >= enough;
  const Rate faint_net = judged ? net_of(faint) : Rate{nan, nan};
  metrics.set("chance.rate", rate_of(all.chance_found, all.placeholders).value);
  metrics.set("chance.rate_err", rate_of(all.chance_found, all.placeholders).error);
  metrics.set("chance.predicted",
              all.placeholders ? all.predicted_sum / static_cast<double>(all.placeholders) : nan);
  metrics.set("chance.net_faint", faint_net.value);
  metrics.set("chance.net_faint_err", faint_net.error);
  metrics.set("chance.net_minus_clean", largest);
}

std::vector<MetricDescription> chance_metrics() {
  return {
      {"chance.rate", "", "placeholders without light that an object matches by chance, fraction"},
      {"chance.rate_err", "", "its 1 sigma error"},
      {"chance.predicted", "", "the same, by density of the catalogue times the area of reach"},
      {"chance.net_faint", "",
       "completeness without chance, 3 mag and more below the depth: 0 where all is well"},
      {"chance.net_faint_err", "", "its 1 sigma error"},
      {"chance.net_minus_clean", "",
       "largest difference, over bins of magnitude, of the completeness without chance and the one without "
       "confusion"}};
}

}  // namespace arcproof::validation
