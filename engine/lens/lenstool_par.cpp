// best.par: blocks of "keyword value" lines, each closed by `end`, the file closed by `fini` or `finish`.
#include "engine/core/error.h"
#include "engine/core/units.h"
#include "engine/lens/lenstool.h"
#include "engine/lens/lenstool_text.h"

#include <cctype>
#include <cmath>
#include <map>
#include <optional>
#include <set>
#include <utility>

namespace arcproof::lens {
namespace {

namespace fs = std::filesystem;

struct Block {
  TextLine head;  // "potentiel O1"
  std::vector<TextLine> body;

  bool is(const std::set<std::string>& names) const { return names.contains(head.words[0]); }
};

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
    if (!block.is({"runmode"})) continue;
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
    if (!block.is({"cosmologie", "cosmology"})) continue;
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
  static const std::map<std::string, std::string> keywords = {{"profil", "profile"},
                                                              {"profile", "profile"},
                                                              {"x_centre", "x_centre"},
                                                              {"y_centre", "y_centre"},
                                                              {"ellipticite", "ellipticity"},
                                                              {"ellipticity", "ellipticity"},
                                                              {"angle_pos", "angle_pos"},
                                                              {"core_radius", "core_radius"},
                                                              {"core_radius_kpc", "core_radius_kpc"},
                                                              {"cut_radius", "cut_radius"},
                                                              {"cut_radius_kpc", "cut_radius_kpc"},
                                                              {"v_disp", "v_disp"},
                                                              {"z_lens", "z_lens"},
                                                              {"mag", "mag"}};
  return keywords;
}

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

void check_values(const PotentialEntries& entries, const DualPie& p) {
  const auto given = [&](const std::string& key) { return entries.has(key + "_kpc") ? key + "_kpc" : key; };
  if (entries.has("ellipticity"))
    entries.check(p.ellipticity >= 0 && p.ellipticity < 1, "ellipticity", "0 <= ellipticity < 1");
  entries.check(p.core_radius_arcsec >= 0, given("core_radius"), "a radius >= 0");
  entries.check(p.cut_radius_arcsec > p.core_radius_arcsec, given("cut_radius"),
                "a radius above the core radius");
  entries.check(p.velocity_dispersion_km_s >= 0, "v_disp", "a velocity dispersion >= 0 [km/s]");
}

bool is_optimised_id(const std::string& id) {
  return id.size() > 1 && id[0] == 'O' && std::isdigit(static_cast<unsigned char>(id[1])) != 0;
}

LenstoolPotential potential_of(const PotentialEntries& entries, const sky::Cosmology& cosmology) {
  entries.check(entries.value("profile") == 81, "profile", "81 (dual pseudo-isothermal)");
  entries.check(entries.value("z_lens") > 0, "z_lens", "a redshift > 0");
  const double kpc_per_arcsec = cosmology.kpc_per_arcsec(entries.value("z_lens"));

  LenstoolPotential potential;
  DualPie& p = potential.dual_pie;
  p.id = entries.id();
  p.centre_arcsec = {entries.value("x_centre"), entries.value("y_centre")};
  p.ellipticity = entries.value_or("ellipticity", 0);
  p.angle_rad = entries.value_or("angle_pos", 0) * units::degree;
  p.core_radius_arcsec = radius_arcsec(entries, "core_radius", kpc_per_arcsec);
  p.cut_radius_arcsec = radius_arcsec(entries, "cut_radius", kpc_per_arcsec);
  p.velocity_dispersion_km_s = entries.value("v_disp");
  check_values(entries, p);
  potential.has_mag = entries.has("mag");
  potential.mag = entries.value_or("mag", 0);
  potential.optimised = is_optimised_id(p.id);
  return potential;
}

void read_potentials(const std::vector<Block>& blocks, LenstoolProject& project) {
  for (const Block& block : blocks) {
    if (!block.is({"potentiel", "potential"})) continue;
    const PotentialEntries entries(project.file, block);
    project.potentials.push_back(potential_of(entries, project.cosmology));
    const double z = entries.value("z_lens");
    if (project.potentials.size() == 1) project.z_lens = z;
    if (z != project.z_lens)
      entries.fail("z_lens", text_of(z), "one redshift for all potentials, here " + text_of(project.z_lens));
  }
}

// Step 4: is everything there?
void check_whole(const std::vector<Block>& blocks, const LenstoolProject& project) {
  const std::string count = std::to_string(project.potentials.size());
  if (project.potentials.empty())
    complain(project.file, "potential", "nothing", "at least one block 'potential' or 'potentiel'");
  for (const Block& block : blocks) {
    if (block.is({"potfile"}))
      complain(project.file, at_line(block.head) + ": potfile", "galaxies in another file",
               "every potential in this file, as Lenstool writes best.par");
    if (!block.is({"grille", "grid"})) continue;
    for (const TextLine& line : block.body) {
      if (line.words[0] != "nlentille" && line.words[0] != "nlens") continue;
      const std::string key = at_line(line) + ": " + block.head.text + ": " + line.words[0];
      const double said = number_of(project.file, key, line.words.size() > 1 ? line.words[1] : "");
      if (said != static_cast<double>(project.potentials.size()))
        complain(project.file, key, line.words[1], "the number of potentials in the file, " + count);
    }
  }
}

}  // namespace

LensModel LenstoolProject::best() const {
  std::vector<DualPie> dual_pies;
  dual_pies.reserve(potentials.size());
  for (const LenstoolPotential& potential : potentials) dual_pies.push_back(potential.dual_pie);
  return {reference, z_lens, cosmology, std::move(dual_pies)};
}

LenstoolProject read_lenstool(const fs::path& par) {
  const std::vector<Block> blocks = blocks_of(par);
  LenstoolProject project;
  project.file = par;
  project.reference = read_reference(par, blocks);
  project.cosmology = read_cosmology(par, blocks);
  read_potentials(blocks, project);
  check_whole(blocks, project);
  return project;
}

}  // namespace arcproof::lens
