// bayes.dat: '#' lines name the columns, one row for each sample of the posterior.
#include "engine/lens/lenstool/bayes.h"

#include "engine/core/error.h"
#include "engine/core/statistics.h"
#include "engine/core/text.h"
#include "engine/core/units.h"
#include "engine/lens/lenstool/text.h"

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

/// A halo whose mass a row gives otherwise than by its dispersion.
struct NfwMass {
  std::optional<double> concentration, m200_msun;
};

/// What a row's number does to the model of that row.
struct Sample {
  std::vector<DualPie> potentials;
  std::vector<Profile> further;
  std::vector<NfwMass> masses;  // one for each of `further`
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

// Other profiles, by the names that Lenstool's getParName gives them (bayesapp.c). There sigma of profiles 1
// and -1 is that of 4 pi (sigma / c)^2, of all others that of 6 pi (sigma / c)^2, as in isothermal.h and
// nfw.h; "emass" of profile 1 is three times eps, of profile 12 eps itself.
using ProfileSetter = std::function<void(Profile&, NfwMass&, double)>;
using ProfileQuantity = std::pair<std::string, ProfileSetter>;

template <class P>
ProfileSetter setter(std::function<void(P&, double)> set) {
  return [set](Profile& profile, NfwMass&, double value) { set(std::get<P>(profile), value); };
}

// Centre and angle, where the profile has one.
template <class P>
std::vector<ProfileQuantity> placed_quantities() {
  std::vector<ProfileQuantity> q = {{"x (arcsec)", setter<P>([](P& p, double v) { p.centre_arcsec.x = v; })},
                                    {"y (arcsec)", setter<P>([](P& p, double v) { p.centre_arcsec.y = v; })}};
  if constexpr (requires(P p) { p.angle_rad; })
    q.emplace_back("theta (deg)", setter<P>([](P& p, double v) { p.angle_rad = v * units::degree; }));
  if constexpr (requires(P p) { p.velocity_dispersion_km_s; })
    q.emplace_back("sigma (km/s)", setter<P>([](P& p, double v) { p.velocity_dispersion_km_s = v; }));
  return q;
}

std::vector<ProfileQuantity> quantities_of(const IsothermalPotential&) {
  using P = IsothermalPotential;
  auto q = placed_quantities<P>();
  q.emplace_back("emass", setter<P>([](P& p, double v) { p.epsilon = v / 3; }));
  q.emplace_back("epot", setter<P>([](P& p, double v) { p.epsilon = v; }));
  return q;
}
std::vector<ProfileQuantity> quantities_of(const IsothermalEllipsoid&) {
  using P = IsothermalEllipsoid;
  auto q = placed_quantities<P>();
  q.emplace_back("emass", setter<P>([](P& p, double v) { p.ellipticity = v; }));
  return q;
}
std::vector<ProfileQuantity> quantities_of(const NfwHalo&) {
  using P = NfwHalo;
  auto q = placed_quantities<P>();
  q.emplace_back("emass", setter<P>([](P& p, double v) { p.epsilon = v; }));
  q.emplace_back("epot", setter<P>([](P& p, double v) { p.epsilon = v; }));
  q.emplace_back("rs (arcsec)", setter<P>([](P& p, double v) { p.scale_radius_arcsec = v; }));
  q.emplace_back("c", [](Profile&, NfwMass& m, double v) { m.concentration = v; });
  q.emplace_back("M200 (Msol)", [](Profile&, NfwMass& m, double v) { m.m200_msun = v; });
  return q;
}
std::vector<ProfileQuantity> quantities_of(const ExternalShear&) {
  using P = ExternalShear;
  auto q = placed_quantities<P>();
  q.emplace_back("gamma", setter<P>([](P& p, double v) { p.gamma = v; }));
  q.emplace_back("kappa", setter<P>([](P& p, double v) { p.kappa = v; }));
  return q;
}
// Its mass has no name of its own in bayes.dat ("M200 (Msol)"), and no unit that could be relied upon.
std::vector<ProfileQuantity> quantities_of(const PointMass&) { return placed_quantities<PointMass>(); }

std::vector<ProfileQuantity> profile_quantities(const Profile& profile) {
  return std::visit([](const auto& p) { return quantities_of(p); }, profile);
}

std::string name_of(const Profile& profile) {
  constexpr const char* names[] = {"profile 1 (isothermal)", "profile -1 (SIE)", "profile 12 (NFW)",
                                   "profile 14 (external shear)", "profile 7 (point mass)"};
  return names[profile.index()];
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

Setter further_setter(const fs::path& file, const TextLine& line, const std::string& name,
                      const LenstoolProject& project, std::size_t index) {
  const std::string quantity = name.substr(name.find(" : ") + 3);
  std::vector<std::string> known;
  for (const auto& [text, set] : profile_quantities(project.further[index].profile)) {
    if (text == quantity)
      return [index, set = set](Sample& sample, double value) {
        set(sample.further[index], sample.masses[index], value);
      };
    known.push_back(text);
  }
  throw InputError({file.string(), column_key(line, name), quantity,
                    "what is read of " + name_of(project.further[index].profile) + ": " + joined(known)});
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
  for (std::size_t i = 0; i < project.further.size(); ++i) {
    if (project.further[i].id.empty()) continue;
    known.push_back(project.further[i].id);
    if (known.back() == id && index == project.potentials.size())
      return further_setter(file, line, name, project, i);
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

/// What is wrong with a row: what may not be, and what a sampler may draw but no profile can be.
class RowCheck {
 public:
  RowCheck(const fs::path& file, const TextLine& line) : file_(file), line_(line) {}

  void check(const std::string& id, bool holds, const std::string& what, double found,
             const std::string& allowed) const {
    if (!holds) throw InputError(complaint(id, what, found, allowed));
  }
  Complaint complaint(const std::string& id, const std::string& what, double found,
                      const std::string& allowed) const {
    return {file_.string(), "line " + std::to_string(line_.number) + ": potential " + id + ": " + what,
            text_of(found), allowed};
  }

 private:
  const fs::path& file_;
  const TextLine& line_;
};

/// Throws what may not be; returns why the row is left out, empty where it is not.
std::optional<Complaint> check_ranges(const RowCheck& row, const std::vector<DualPie>& potentials) {
  std::optional<Complaint> left_out;
  for (const DualPie& p : potentials) {
    row.check(p.id, p.ellipticity >= 0 && p.ellipticity < 1, "emass", p.ellipticity, "0 <= emass < 1");
    row.check(p.id, p.core_radius_arcsec >= 0, "rc", p.core_radius_arcsec, "a radius >= 0");
    row.check(p.id, p.velocity_dispersion_km_s >= 0, "sigma", p.velocity_dispersion_km_s,
              "a velocity dispersion >= 0");
    row.check(p.id, p.cut_radius_arcsec > 0, "rcut", p.cut_radius_arcsec, "a radius above the core radius");
    if (!left_out && !(p.cut_radius_arcsec > p.core_radius_arcsec))
      left_out = row.complaint(p.id, "rcut", p.cut_radius_arcsec,
                               "a radius above the core radius, " + text_of(p.core_radius_arcsec));
  }
  return left_out;
}

// The dispersion of a halo that is given by its concentration.
void set_mass(const RowCheck& row, const std::string& id, const NfwMass& mass, const LenstoolProject& project,
              NfwHalo& halo) {
  const double kpc = project.cosmology.kpc_per_arcsec(project.z_lens);
  if (mass.concentration) row.check(id, *mass.concentration > 0, "c", *mass.concentration, "a number > 0");
  if (mass.m200_msun) {
    row.check(id, *mass.m200_msun > 0, "M200", *mass.m200_msun, "a mass > 0");
    halo.scale_radius_arcsec =
        nfw_r200_kpc(*mass.m200_msun, project.z_lens, project.cosmology) / *mass.concentration / kpc;
  }
  row.check(id, halo.scale_radius_arcsec > 0, "rs", halo.scale_radius_arcsec, "a radius > 0");
  if (mass.concentration)
    halo.velocity_dispersion_km_s = nfw_velocity_dispersion_km_s(
        *mass.concentration, halo.scale_radius_arcsec * kpc, project.z_lens, project.cosmology);
}

void finish_further(const RowCheck& row, const LenstoolProject& project, Sample& sample) {
  for (std::size_t i = 0; i < sample.further.size(); ++i) {
    const std::string& id = project.further[i].id;
    if (auto* halo = std::get_if<NfwHalo>(&sample.further[i]))
      set_mass(row, id, sample.masses[i], project, *halo);
    std::visit(
        [&](const auto& p) {
          if constexpr (requires { p.epsilon; })
            row.check(id, p.epsilon >= 0 && p.epsilon < 1, "emass or epot", p.epsilon,
                      "0 <= eps of the potential < 1");
          if constexpr (requires { p.ellipticity; })
            row.check(id, p.ellipticity >= 0 && p.ellipticity < 1, "emass", p.ellipticity, "0 <= emass < 1");
          if constexpr (requires { p.velocity_dispersion_km_s; })
            row.check(id, p.velocity_dispersion_km_s >= 0, "sigma", p.velocity_dispersion_km_s,
                      "a velocity dispersion >= 0");
        },
        sample.further[i]);
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
  start.sample.further = project.further_profiles();
  start.sample.masses.resize(start.sample.further.size());
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
  finish_further({file, line}, project, sample);
  return sample;
}

// Numbers that only together are a mass.
void check_companions(const fs::path& file, const std::vector<TextLine>& names) {
  const auto has = [&](const std::string& text) {
    return std::any_of(names.begin(), names.end(), [&](const TextLine& line) {
      const std::string name = joined(line.words, " ").substr(1);
      return trimmed(name) == text;
    });
  };
  for (const TextLine& line : names) {
    const std::string name = trimmed(joined(line.words, " ").substr(1));
    const std::string id = name.substr(0, std::min(name.find(" : "), name.size()));
    if (name.ends_with(" : M200 (Msol)") && !has(id + " : c"))
      throw InputError({file.string(), column_key(line, name), "a mass without a concentration",
                        "a column " + id + " : c beside it"});
    for (const std::string other : {" : sigma (km/s)", " : rs (arcsec)"})
      if (name.ends_with(" : M200 (Msol)") && has(id + other))
        throw InputError(
            {file.string(), column_key(line, name), "a mass beside" + other.substr(2), "one of the two"});
    if (name.ends_with(" : c") && has(id + " : sigma (km/s)"))
      throw InputError(
          {file.string(), column_key(line, name), "a concentration beside a dispersion", "one of the two"});
  }
}

// A few draws beyond what a profile can be are the sampler's; many are another file's columns.
void check_left_out(const std::vector<Complaint>& complaints, std::size_t rows) {
  constexpr double most = 0.05;
  const std::size_t n = complaints.size();
  if (static_cast<double>(n) <= most * static_cast<double>(rows)) return;
  Complaint c = complaints.front();
  c.allowed += " (in 95% of the rows: " + std::to_string(n) + " of " + std::to_string(rows) + " have it not)";
  throw InputError(c);
}

}  // namespace

const LensModel& Posterior::model_of_row(int row, const fs::path& file, const std::string& key) const {
  const auto at = std::find(rows.begin(), rows.end(), row);
  if (at != rows.end()) return models[static_cast<std::size_t>(at - rows.begin())];
  for (const LeftOut& out : left_out)
    if (out.row == row)
      refuse(file, key, std::to_string(row) + ", which is no lens: " + out.why, "another row");
  refuse(file, key, std::to_string(row), "0 .. " + std::to_string(rows.size() + left_out.size() - 1));
}

Posterior read_bayes(const fs::path& bayes, const LenstoolProject& project, double mag0) {
  Columns columns;
  std::vector<TextLine> rows, names;
  for (TextLine& line : lines_of(bayes)) {
    if (line.text.starts_with('#')) add_column(bayes, line, project, columns);
    (line.text.starts_with('#') ? names : rows).push_back(std::move(line));
  }
  check_companions(bayes, names);
  if (columns.setters.empty())
    throw InputError({bayes.string(), "line 1", "no column names", "'#Name' lines"});
  if (rows.empty()) throw InputError({bayes.string(), "last line", "no rows", "at least one row of numbers"});

  const Start start = start_of(project, columns, mag0);
  Posterior posterior;
  posterior.redshift_names = columns.redshift_names;
  std::vector<Complaint> complaints;
  for (std::size_t k = 0; k < rows.size(); ++k) {
    Sample sample = sample_of(bayes, rows[k], project, columns, start);
    if (auto complaint = check_ranges({bayes, rows[k]}, sample.potentials)) {
      posterior.left_out.push_back({static_cast<int>(k), complaint->key + " = " + complaint->found});
      complaints.push_back(std::move(*complaint));
      continue;
    }
    posterior.rows.push_back(static_cast<int>(k));
    posterior.models.emplace_back(project.reference, project.z_lens, project.cosmology,
                                  std::move(sample.potentials), std::move(sample.further));
    posterior.redshifts.push_back(std::move(sample.redshifts));
    posterior.chi2.push_back(sample.chi2);
  }
  check_left_out(complaints, rows.size());
  return posterior;
}

}  // namespace arcproof::lens
