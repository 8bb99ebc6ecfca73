// bayes.dat: '#' lines name the columns, one row for each sample of the posterior.
#include "engine/core/error.h"
#include "engine/core/statistics.h"
#include "engine/core/units.h"
#include "engine/lens/lenstool.h"
#include "engine/lens/lenstool_text.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <optional>
#include <utility>

namespace arcproof::lens {
namespace {

namespace fs = std::filesystem;

constexpr double reference_core_kpc = 0.15;  // of the scaling relation, at mag0
constexpr double follows_within = 0.01;

/// Cluster galaxies of magnitude mag0 (Limousin et al. 2007).
struct ScalingRelation {
  double mag0;
  double sigma_km_s, cut_arcsec, core_arcsec;

  void apply(double mag, DualPie& galaxy) const {
    const double d = 0.4 * (mag0 - mag);
    galaxy.velocity_dispersion_km_s = sigma_km_s * std::pow(10.0, d / 4);
    galaxy.cut_radius_arcsec = cut_arcsec * std::pow(10.0, d / 2);
    galaxy.core_radius_arcsec = core_arcsec * std::pow(10.0, d / 2);
  }
};

// The relation that the median galaxy of best.par defines; empty when there are no galaxies with magnitudes.
std::optional<ScalingRelation> relation_of(const LenstoolProject& project, double mag0) {
  std::vector<double> sigma, cut;
  for (const LenstoolPotential& potential : project.potentials) {
    if (!potential.has_mag || potential.optimised) continue;
    const double d = 0.4 * (mag0 - potential.mag);
    sigma.push_back(potential.dual_pie.velocity_dispersion_km_s / std::pow(10.0, d / 4));
    cut.push_back(potential.dual_pie.cut_radius_arcsec / std::pow(10.0, d / 2));
  }
  if (sigma.empty()) return std::nullopt;
  const double core = reference_core_kpc / project.cosmology.kpc_per_arcsec(project.z_lens);
  return ScalingRelation{mag0, statistics::median(sigma), statistics::median(cut), core};
}

bool follows(const ScalingRelation& relation, const LenstoolPotential& potential) {
  if (!potential.has_mag || potential.optimised) return false;
  const DualPie& p = potential.dual_pie;
  DualPie expected = p;
  relation.apply(potential.mag, expected);
  const auto near = [](double a, double b) { return std::abs(a - b) <= follows_within * std::abs(b); };
  return near(p.velocity_dispersion_km_s, expected.velocity_dispersion_km_s) &&
         near(p.cut_radius_arcsec, expected.cut_radius_arcsec) &&
         near(p.core_radius_arcsec, expected.core_radius_arcsec);
}

/// What a row's number does to the model of that row.
struct Sample {
  std::vector<DualPie> potentials;
  std::optional<ScalingRelation> relation;
  std::vector<double> redshifts;
  double chi2 = std::numeric_limits<double>::quiet_NaN();
};
using Setter = std::function<void(Sample&, double)>;

struct Columns {
  std::vector<Setter> setters;
  std::vector<std::string> redshift_names;
  bool scaled = false;  // there are Pot0 columns
};

using Quantity = std::pair<std::string, std::function<void(DualPie&, double)>>;
const std::vector<Quantity>& potential_quantities() {
  static const std::vector<Quantity> quantities = {
      {"x (arcsec)", [](DualPie& p, double v) { p.centre_arcsec.x = v; }},
      {"y (arcsec)", [](DualPie& p, double v) { p.centre_arcsec.y = v; }},
      {"emass", [](DualPie& p, double v) { p.ellipticity = v; }},
      {"theta (deg)", [](DualPie& p, double v) { p.angle_rad = v * units::degree; }},
      {"rc (arcsec)", [](DualPie& p, double v) { p.core_radius_arcsec = v; }},
      {"rcut (arcsec)", [](DualPie& p, double v) { p.cut_radius_arcsec = v; }},
      {"sigma (km/s)", [](DualPie& p, double v) { p.velocity_dispersion_km_s = v; }}};
  return quantities;
}

const std::string& allowed_columns() {
  static const std::string text = [] {
    std::vector<std::string> names;
    for (const Quantity& quantity : potential_quantities()) names.push_back("ID : " + quantity.first);
    return "Nsample, ln(Lhood), " + joined(names) +
           ", Redshift of ID, Pot0 rcut (arcsec), Pot0 sigma (km/s), Chi2";
  }();
  return text;
}

std::string column_key(const TextLine& line, const std::string& name) {
  return "line " + std::to_string(line.number) + ": column " + name;
}

// "O1 : x (arcsec)"
Setter potential_setter(const fs::path& file, const TextLine& line, const std::string& name,
                        const LenstoolProject& project) {
  const auto colon = name.find(" : ");
  const std::string id = name.substr(0, colon), quantity = name.substr(colon + 3);
  std::vector<std::string> known;
  std::size_t index = project.potentials.size();
  for (std::size_t i = 0; i < project.potentials.size(); ++i) {
    if (!project.potentials[i].optimised) continue;
    known.push_back(project.potentials[i].dual_pie.id);
    if (known.back() == id) index = i;
  }
  if (index == project.potentials.size())
    throw InputError({file.string(), column_key(line, name), id,
                      "an optimised potential of " + project.file.string() + ": " + joined(known)});
  for (const auto& [text, set] : potential_quantities())
    if (text == quantity)
      return [index, set = set](Sample& sample, double value) { set(sample.potentials[index], value); };
  throw InputError({file.string(), column_key(line, name), quantity, allowed_columns()});
}

void add_column(const fs::path& file, const TextLine& line, const LenstoolProject& project,
                Columns& columns) {
  std::string name = joined(line.words, " ").substr(1);
  if (name.starts_with(' ')) name.erase(0, 1);
  const std::string redshift_of = "Redshift of ";
  if (name == "Nsample" || name == "ln(Lhood)") {
    columns.setters.emplace_back([](Sample&, double) {});
  } else if (name == "Chi2") {
    columns.setters.emplace_back([](Sample& sample, double value) { sample.chi2 = value; });
  } else if (name.starts_with(redshift_of)) {
    columns.redshift_names.push_back(name.substr(redshift_of.size()));
    columns.setters.emplace_back([](Sample& sample, double value) { sample.redshifts.push_back(value); });
  } else if (name == "Pot0 rcut (arcsec)") {
    columns.scaled = true;
    columns.setters.emplace_back([](Sample& sample, double value) { sample.relation->cut_arcsec = value; });
  } else if (name == "Pot0 sigma (km/s)") {
    columns.scaled = true;
    columns.setters.emplace_back([](Sample& sample, double value) { sample.relation->sigma_km_s = value; });
  } else if (name.find(" : ") != std::string::npos) {
    columns.setters.push_back(potential_setter(file, line, name, project));
  } else {
    throw InputError({file.string(), column_key(line, name), "an unknown column", allowed_columns()});
  }
}

void check_ranges(const fs::path& file, const TextLine& line, const std::vector<DualPie>& potentials) {
  for (const DualPie& p : potentials) {
    const auto check = [&](bool holds, const std::string& what, double found, const std::string& allowed) {
      const std::string key = "line " + std::to_string(line.number) + ": potential " + p.id + ": " + what;
      if (!holds) throw InputError({file.string(), key, text_of(found), allowed});
    };
    check(p.ellipticity >= 0 && p.ellipticity < 1, "emass", p.ellipticity, "0 <= emass < 1");
    check(p.core_radius_arcsec >= 0, "rc", p.core_radius_arcsec, "a radius >= 0");
    check(p.cut_radius_arcsec > p.core_radius_arcsec, "rcut", p.cut_radius_arcsec,
          "a radius above the core radius");
    check(p.velocity_dispersion_km_s >= 0, "sigma", p.velocity_dispersion_km_s, "a velocity dispersion >= 0");
  }
}

/// What is the same for every row.
struct Start {
  Sample sample;                    // best.par
  std::vector<std::size_t> scaled;  // the galaxies that follow the relation
};

Start start_of(const LenstoolProject& project, const Columns& columns, double mag0) {
  Start start;
  for (const LenstoolPotential& potential : project.potentials)
    start.sample.potentials.push_back(potential.dual_pie);
  start.sample.relation = relation_of(project, mag0);
  if (!columns.scaled) return start;
  for (std::size_t i = 0; start.sample.relation && i < project.potentials.size(); ++i)
    if (follows(*start.sample.relation, project.potentials[i])) start.scaled.push_back(i);
  if (start.scaled.empty())
    throw InputError(
        {project.file.string(), "potential: mag", "no galaxy on a scaling relation",
         "galaxies on the relation with mag0 = " + text_of(mag0) + " that bayes.dat's Pot0 columns scale"});
  return start;
}

Sample sample_of(const fs::path& file, const TextLine& line, const LenstoolProject& project,
                 const Columns& columns, const Start& start) {
  const std::string key = "line " + std::to_string(line.number);
  if (line.words.size() != columns.setters.size())
    throw InputError({file.string(), key, std::to_string(line.words.size()) + " numbers",
                      std::to_string(columns.setters.size()) + ", one for each '#' line"});
  Sample sample = start.sample;
  for (std::size_t i = 0; i < line.words.size(); ++i)
    columns.setters[i](sample, number_of(file, key + ": number " + std::to_string(i + 1), line.words[i]));
  for (const std::size_t i : start.scaled)
    sample.relation->apply(project.potentials[i].mag, sample.potentials[i]);
  check_ranges(file, line, sample.potentials);
  return sample;
}

}  // namespace

Posterior read_bayes(const fs::path& bayes, const LenstoolProject& project, double mag0) {
  Columns columns;
  std::vector<TextLine> rows;
  for (TextLine& line : lines_of(bayes)) {
    if (line.text.starts_with('#')) add_column(bayes, line, project, columns);
    else rows.push_back(std::move(line));
  }
  if (columns.setters.empty())
    throw InputError({bayes.string(), "line 1", "no column names", "'#Name' lines"});
  if (rows.empty()) throw InputError({bayes.string(), "last line", "no rows", "at least one row of numbers"});

  const Start start = start_of(project, columns, mag0);
  Posterior posterior;
  posterior.redshift_names = columns.redshift_names;
  for (const TextLine& row : rows) {
    Sample sample = sample_of(bayes, row, project, columns, start);
    posterior.models.emplace_back(project.reference, project.z_lens, project.cosmology,
                                  std::move(sample.potentials), project.further_profiles());
    posterior.redshifts.push_back(std::move(sample.redshifts));
    posterior.chi2.push_back(sample.chi2);
  }
  return posterior;
}

}  // namespace arcproof::lens
