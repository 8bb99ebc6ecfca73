// best.par: blocks of "keyword value" lines, each closed by `end`, the file closed by `fini` or `finish`.
#include "engine/lens/lenstool/par.h"

#include "engine/core/error.h"
#include "engine/core/units.h"
#include "engine/lens/lenstool/potfile.h"
#include "engine/lens/lenstool/text.h"

#include <cctype>
#include <cmath>
#include <map>
#include <optional>
#include <set>
#include <utility>

namespace arcproof::lens {
namespace {

namespace fs = std::filesystem;

using Block = TextBlock;

bool is(const Block& block, const std::set<std::string>& names) {
  return names.contains(block.head.words[0]);
}

[[noreturn]] void complain(const fs::path& file, std::string key, std::string found, std::string allowed) {
  throw InputError({file.string(), std::move(key), std::move(found), std::move(allowed)});
}

std::string at_line(const TextLine& line) { return "line " + std::to_string(line.number); }

// Step 1: the file in blocks.
std::vector<Block> blocks_of(const fs::path& file) {
  std::vector<Block> blocks;
  bool inside = false, finished = false;
  for (TextLine& line : lines_of(file)) {
    const std::string& word = line.words[0];
    if (finished || word.starts_with('#')) continue;
    if (inside && word == "end") inside = false;
    else if (inside) blocks.back().body.push_back(std::move(line));
    else if (word == "fini" || word == "finish") finished = true;
    else {
      blocks.push_back({std::move(line), {}});
      inside = true;
    }
  }
  if (inside)
    complain(file, at_line(blocks.back().head) + ": " + blocks.back().head.text, "end of file",
             "a block closed by 'end'");
  if (!finished) complain(file, "last line", "end of file", "'fini' or 'finish'");
  return blocks;
}

// Step 2: reference, cosmology.
sky::SkyPosition read_reference(const fs::path& file, const std::vector<Block>& blocks) {
  const std::string allowed = "reference 3 RA DEC [degrees] in the block 'runmode'";
  for (const Block& block : blocks) {
    if (!is(block, {"runmode"})) continue;
    for (const TextLine& line : block.body) {
      if (line.words[0] != "reference") continue;
      const std::string key = at_line(line) + ": runmode: reference";
      if (line.words.size() < 4 || line.words[1] != "3") complain(file, key, line.text, allowed);
      const sky::SkyPosition reference{number_of(file, key, line.words[2]),
                                       number_of(file, key, line.words[3])};
      if (std::abs(reference.dec_deg) >= 90)
        complain(file, key, line.text, "a declination between -90 and 90");
      return reference;
    }
  }
  complain(file, "runmode: reference", "nothing", allowed);
}

sky::Cosmology read_cosmology(const fs::path& file, const std::vector<Block>& blocks) {
  sky::Cosmology cosmology;
  double omega_x = 1 - cosmology.omega_m, omega_k = 0, w = -1, wa = 0;
  bool has_omega_x = false;
  const std::map<std::string, double*> keys = {{"H0", &cosmology.h0_km_s_mpc},
                                               {"omegaM", &cosmology.omega_m},
                                               {"omegaX", &omega_x},
                                               {"omega", &cosmology.omega_m},
                                               {"lambda", &omega_x},
                                               {"omegaK", &omega_k},
                                               {"wX", &w},
                                               {"wa", &wa}};
  std::string place = "cosmology";
  for (const Block& block : blocks) {
    if (!is(block, {"cosmologie", "cosmology"})) continue;
    place = at_line(block.head) + ": " + block.head.text;
    for (const TextLine& line : block.body) {
      const auto found = keys.find(line.words[0]);
      if (found == keys.end()) continue;
      const std::string key = at_line(line) + ": " + block.head.text + ": " + line.words[0];
      *found->second = number_of(file, key, line.words.size() > 1 ? line.words[1] : "");
      has_omega_x |= found->second == &omega_x;
    }
  }
  if (!has_omega_x) omega_x = 1 - cosmology.omega_m;
  if (cosmology.h0_km_s_mpc <= 0)
    complain(file, place + ": H0", text_of(cosmology.h0_km_s_mpc), "a positive number");
  if (cosmology.omega_m <= 0 || cosmology.omega_m >= 1)
    complain(file, place + ": omegaM", text_of(cosmology.omega_m), "a number between 0 and 1");
  const bool flat = std::abs(cosmology.omega_m + omega_x - 1) < 1e-6 && std::abs(omega_k) < 1e-6;
  if (!flat || w != -1 || wa != 0)
    complain(file, place,
             "omegaM " + text_of(cosmology.omega_m) + ", omegaX " + text_of(omega_x) + ", omegaK " +
                 text_of(omega_k) + ", wX " + text_of(w) + ", wa " + text_of(wa),
             "a flat universe with a cosmological constant");
  return cosmology;
}

// Step 3: the potentials. Every keyword of a potential, French or English, and what it means.
const std::map<std::string, std::string>& potential_keywords() {
  static const std::map<std::string, std::string> keywords = [] {
    std::map<std::string, std::string> all;
    for (const std::string name : {"profile",
                                   "x_centre",
                                   "y_centre",
                                   "x_centre_wcs",
                                   "y_centre_wcs",
                                   "ellipticity",
                                   "ellip_pot",
                                   "angle_pos",
                                   "core_radius",
                                   "core_radius_kpc",
                                   "cut_radius",
                                   "cut_radius_kpc",
                                   "v_disp",
                                   "z_lens",
                                   "mag",
                                   "gamma",
                                   "kappa",
                                   "mass",
                                   "concentration",
                                   "scale_radius",
                                   "scale_radius_kpc",
                                   "m200",
                                   "alpha"})
      all[name] = name;
    for (const auto& [name, meaning] :
         std::vector<std::pair<std::string, std::string>>{{"profil", "profile"},
                                                          {"x_center", "x_centre"},
                                                          {"y_center", "y_centre"},
                                                          {"ellipticite", "ellipticity"},
                                                          {"masse", "mass"},
                                                          {"rscale", "scale_radius"},
                                                          {"rscale_kpc", "scale_radius_kpc"}})
      all[name] = meaning;
    return all;
  }();
  return keywords;
}

// What every profile may have, and what each one uses beside it.
const std::set<std::string>& common_entries() {
  static const std::set<std::string> entries = {"profile",      "x_centre",  "y_centre", "x_centre_wcs",
                                                "y_centre_wcs", "angle_pos", "z_lens",   "mag"};
  return entries;
}
const std::map<int, std::set<std::string>>& profile_entries() {
  static const std::map<int, std::set<std::string>> entries = {
      {81,
       {"ellipticity", "ellip_pot", "core_radius", "core_radius_kpc", "cut_radius", "cut_radius_kpc",
        "v_disp"}},
      {1, {"ellipticity", "ellip_pot", "v_disp"}},
      {-1, {"ellipticity", "v_disp"}},
      {7, {"mass"}},
      {12, {"ellipticity", "scale_radius", "scale_radius_kpc", "v_disp", "concentration", "m200", "alpha"}},
      {14, {"gamma", "kappa"}}};
  return entries;
}
const std::string allowed_profiles =
    "81 (dual pseudo-isothermal), 1 (isothermal, elliptical potential), -1 (isothermal, elliptical mass), "
    "7 (point mass), 12 (NFW), 14 (external shear)";

std::string allowed_potential_keywords() {
  std::vector<std::string> names;
  for (const auto& [name, meaning] : potential_keywords()) names.push_back(name);
  return joined(names) + ", end";
}

/// The entries of one potential, and complaints about them.
class PotentialEntries {
 public:
  PotentialEntries(const fs::path& file, const Block& block) : file_(file), block_(block) {
    for (const TextLine& line : block.body) add(line);
  }

  std::string id() const { return block_.head.words.size() > 1 ? block_.head.words[1] : ""; }
  bool has(const std::string& key) const { return entries_.contains(key); }
  double value(const std::string& key) const {
    const auto entry = entries_.find(key);
    if (entry == entries_.end()) fail(key, "nothing", "a number: it must be given");
    return entry->second.value;
  }
  double value_or(const std::string& key, double otherwise) const {
    return has(key) ? value(key) : otherwise;
  }

  /// Entries, other than those of 0, that are not in `used` nor common to all profiles are refused.
  void check_used(const std::set<std::string>& used, const std::string& profile) const {
    for (const auto& [key, entry] : entries_)
      if (entry.value != 0 && !used.contains(key) && !common_entries().contains(key))
        fail(key, text_of(entry.value),
             "what profile " + profile + " uses: " + joined({used.begin(), used.end()}));
  }

  /// `place` is the line of the entry where it stands, else that of the block.
  [[noreturn]] void fail(const std::string& key, std::string found, std::string allowed) const {
    const auto entry = entries_.find(key);
    const TextLine& line = entry == entries_.end() ? block_.head : *entry->second.line;
    complain(file_, place(line, key), std::move(found), std::move(allowed));
  }
  void check(bool holds, const std::string& key, std::string allowed) const {
    if (!holds) fail(key, text_of(value(key)), std::move(allowed));
  }

 private:
  struct Entry {
    double value;
    const TextLine* line;
  };

  std::string place(const TextLine& line, const std::string& key) const {
    return at_line(line) + ": potential " + (id().empty() ? "without a name" : id()) + ": " + key;
  }

  void add(const TextLine& line) {
    const std::string& word = line.words[0];
    if (word.starts_with('#')) return;
    const auto meaning = potential_keywords().find(word);
    if (meaning == potential_keywords().end())
      complain(file_, place(line, word), "an unknown keyword", allowed_potential_keywords());
    if (has(meaning->second)) complain(file_, place(line, word), "a second entry", "one entry");
    const double number = number_of(file_, place(line, word), line.words.size() > 1 ? line.words[1] : "");
    entries_[meaning->second] = {number, &line};
  }

  const fs::path& file_;
  const Block& block_;
  std::map<std::string, Entry> entries_;
};

// From the kpc entry, which has more digits; the arcsec entry must agree with it.
double radius_arcsec(const PotentialEntries& entries, const std::string& key, double kpc_per_arcsec) {
  const std::string kpc_key = key + "_kpc";
  if (!entries.has(kpc_key)) return entries.value(key);
  const double radius = entries.value(kpc_key) / kpc_per_arcsec;
  const double rounded = entries.value_or(key, radius);
  if (std::abs(rounded - radius) > 0.01 * std::abs(radius) + 1e-6)
    entries.fail(key, text_of(rounded) + " arcsec beside " + text_of(entries.value(kpc_key)) + " kpc",
                 "the same radius twice, at " + text_of(kpc_per_arcsec) + " kpc/arcsec");
  return radius;
}

std::string given_radius(const PotentialEntries& entries, const std::string& key) {
  return entries.has(key + "_kpc") ? key + "_kpc" : key;
}

void check_values(const PotentialEntries& entries, const DualPie& p) {
  entries.check(p.core_radius_arcsec >= 0, given_radius(entries, "core_radius"), "a radius >= 0");
  entries.check(p.cut_radius_arcsec > p.core_radius_arcsec, given_radius(entries, "cut_radius"),
                "a radius above the core radius");
}

bool is_optimised_id(const std::string& id) {
  return id.size() > 1 && id[0] == 'O' && std::isdigit(static_cast<unsigned char>(id[1])) != 0;
}

Vector2 centre_of(const PotentialEntries& entries, sky::SkyPosition reference) {
  if (!entries.has("x_centre_wcs") && !entries.has("y_centre_wcs"))
    return {entries.value("x_centre"), entries.value("y_centre")};
  for (const std::string key : {"x_centre", "y_centre"})
    if (entries.has(key)) entries.fail(key, "a centre in arcsec beside one in degrees", "one of them");
  return to_frame(reference, {entries.value("x_centre_wcs"), entries.value("y_centre_wcs")});
}

/// The ellipticity as it stands: of the mass, or (ellip_pot) of the potential.
struct Ellipticity {
  double value = 0;
  bool of_potential = false;
};
Ellipticity ellipticity_of(const PotentialEntries& entries) {
  const double mass = entries.value_or("ellipticity", 0), potential = entries.value_or("ellip_pot", 0);
  if (mass != 0 && potential != 0)
    entries.fail("ellip_pot", text_of(potential) + " beside an ellipticity of the mass", "one of them");
  if (mass != 0) entries.check(mass > 0 && mass < 1, "ellipticity", "0 <= ellipticity < 1");
  if (potential != 0) entries.check(potential > 0 && potential < 1, "ellip_pot", "0 <= ellip_pot < 1");
  return potential != 0 ? Ellipticity{potential, true} : Ellipticity{mass, false};
}

double dispersion_of(const PotentialEntries& entries) {
  entries.check(entries.value("v_disp") >= 0, "v_disp", "a velocity dispersion >= 0 [km/s]");
  return entries.value("v_disp");
}

/// What a potential is placed by.
struct Place {
  Vector2 centre;
  double angle_rad, z_lens, kpc_per_arcsec;
};

LenstoolPotential potential_of(const PotentialEntries& entries, const Place& place) {
  LenstoolPotential potential;
  DualPie& p = potential.dual_pie;
  p.id = entries.id();
  p.centre_arcsec = place.centre;
  const Ellipticity e = ellipticity_of(entries);
  p.ellipticity = e.of_potential ? 2 * e.value / (1 + e.value * e.value) : e.value;
  p.angle_rad = place.angle_rad;
  p.core_radius_arcsec = radius_arcsec(entries, "core_radius", place.kpc_per_arcsec);
  p.cut_radius_arcsec = radius_arcsec(entries, "cut_radius", place.kpc_per_arcsec);
  p.velocity_dispersion_km_s = dispersion_of(entries);
  check_values(entries, p);
  potential.has_mag = entries.has("mag");
  potential.mag = entries.value_or("mag", 0);
  potential.optimised = is_optimised_id(p.id);
  return potential;
}

// Scale radius [arcsec] and characteristic dispersion from the pair of numbers that the file gives.
NfwHalo nfw_of(const PotentialEntries& entries, const Place& place, const sky::Cosmology& cosmology) {
  const auto positive = [&](const std::string& key) {
    entries.check(entries.value(key) > 0, key, "a number > 0");
    return entries.value(key);
  };
  if (entries.has("alpha"))
    entries.check(entries.value("alpha") == 0 || entries.value("alpha") == 1, "alpha", "0 or 1 (NFW itself)");
  NfwHalo halo{place.centre, ellipticity_of(entries).value, place.angle_rad, 0, 0};
  if (entries.value_or("m200", 0) != 0) {
    for (const std::string key : {"v_disp", "scale_radius", "scale_radius_kpc"})
      if (entries.value_or(key, 0) != 0)
        entries.fail(key, text_of(entries.value(key)), "nothing beside m200");
    halo.scale_radius_arcsec = nfw_r200_kpc(positive("m200"), place.z_lens, cosmology) /
                               positive("concentration") / place.kpc_per_arcsec;
  } else {
    halo.scale_radius_arcsec = radius_arcsec(entries, "scale_radius", place.kpc_per_arcsec);
    entries.check(halo.scale_radius_arcsec > 0, given_radius(entries, "scale_radius"), "a radius > 0");
  }
  if (entries.value_or("concentration", 0) == 0) {
    halo.velocity_dispersion_km_s = dispersion_of(entries);
    return halo;
  }
  if (entries.value_or("v_disp", 0) != 0)
    entries.fail("v_disp", text_of(entries.value("v_disp")), "nothing beside a concentration");
  halo.velocity_dispersion_km_s = nfw_velocity_dispersion_km_s(
      positive("concentration"), halo.scale_radius_arcsec * place.kpc_per_arcsec, place.z_lens, cosmology);
  return halo;
}

Profile profile_of(int profile, const PotentialEntries& entries, const Place& place,
                   const sky::Cosmology& cosmology) {
  if (profile == 12) return nfw_of(entries, place, cosmology);
  if (profile == 14)
    return ExternalShear{place.centre, entries.value("gamma"), place.angle_rad, entries.value_or("kappa", 0)};
  if (profile == 7) {
    entries.check(entries.value("mass") >= 0, "mass", "a mass >= 0 [1e12 M_sun]");
    return PointMass{place.centre, point_mass_einstein_radius_arcsec(
                                       1e12 * entries.value("mass"),
                                       cosmology.angular_diameter_distance_mpc(place.z_lens))};
  }
  const Ellipticity e = ellipticity_of(entries);
  const double dispersion = dispersion_of(entries);
  if (profile == -1) return IsothermalEllipsoid{place.centre, e.value, place.angle_rad, dispersion};
  return IsothermalPotential{place.centre, e.of_potential ? e.value : e.value / 3, place.angle_rad,
                             dispersion};
}

void add_potential(const PotentialEntries& entries, LenstoolProject& project) {
  const double number = entries.value("profile");
  const int profile = static_cast<int>(std::lround(number));
  entries.check(number == profile && profile_entries().contains(profile), "profile", allowed_profiles);
  entries.check_used(profile_entries().at(profile), std::to_string(profile));
  entries.check(entries.value("z_lens") > 0, "z_lens", "a redshift > 0");
  const double z = entries.value("z_lens");
  const Place place{centre_of(entries, project.reference), entries.value_or("angle_pos", 0) * units::degree,
                    z, project.cosmology.kpc_per_arcsec(z)};
  if (profile == 81) project.potentials.push_back(potential_of(entries, place));
  else project.further.push_back({entries.id(), profile_of(profile, entries, place, project.cosmology)});
}

void read_potentials(const std::vector<Block>& blocks, LenstoolProject& project) {
  for (const Block& block : blocks) {
    if (!is(block, {"potentiel", "potential"})) continue;
    const PotentialEntries entries(project.file, block);
    add_potential(entries, project);
    const double z = entries.value("z_lens");
    if (project.z_lens == 0) project.z_lens = z;
    if (z != project.z_lens)
      entries.fail("z_lens", text_of(z), "one redshift for all potentials, here " + text_of(project.z_lens));
  }
}

// Step 4: is everything there? `nlens` counts the potentials of the file, with or without the potfile's
// galaxies.
void check_count(const std::vector<Block>& blocks, const LenstoolProject& project, std::size_t of_file) {
  const std::size_t all = project.potentials.size() + project.further.size();
  if (all == 0)
    complain(project.file, "potential", "nothing", "at least one block 'potential' or 'potentiel'");
  for (const Block& block : blocks) {
    if (!is(block, {"grille", "grid"})) continue;
    for (const TextLine& line : block.body) {
      if (line.words[0] != "nlentille" && line.words[0] != "nlens") continue;
      const std::string key = at_line(line) + ": " + block.head.text + ": " + line.words[0];
      const double said = number_of(project.file, key, line.words.size() > 1 ? line.words[1] : "");
      if (said != static_cast<double>(of_file) && said != static_cast<double>(all))
        complain(project.file, key, line.words[1],
                 "the number of potentials in the file, " + std::to_string(of_file));
    }
  }
}

}  // namespace

LensModel LenstoolProject::best() const {
  std::vector<DualPie> dual_pies;
  dual_pies.reserve(potentials.size());
  for (const LenstoolPotential& potential : potentials) dual_pies.push_back(potential.dual_pie);
  return {reference, z_lens, cosmology, std::move(dual_pies), further_profiles()};
}

std::vector<Profile> LenstoolProject::further_profiles() const {
  std::vector<Profile> profiles;
  profiles.reserve(further.size());
  for (const LenstoolProfile& potential : further) profiles.push_back(potential.profile);
  return profiles;
}

LenstoolProject read_lenstool(const fs::path& par) {
  const std::vector<Block> blocks = blocks_of(par);
  LenstoolProject project;
  project.file = par;
  project.reference = read_reference(par, blocks);
  project.cosmology = read_cosmology(par, blocks);
  read_potentials(blocks, project);
  const std::size_t of_file = project.potentials.size() + project.further.size();
  for (const Block& block : blocks)
    if (is(block, {"potfile"})) add_potfile(block, project);
  check_count(blocks, project, of_file);
  return project;
}

}  // namespace arcproof::lens
