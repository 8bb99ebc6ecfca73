#include "engine/lens/lenstool/potfile.h"

#include "engine/core/error.h"
#include "engine/core/units.h"

#include <cmath>
#include <map>
#include <utility>

namespace arcproof::lens {
namespace {

namespace fs = std::filesystem;

/// The relations, with radii in arcsec.
struct Relations {
  double mag0 = 17, core = 0, cut = 0, sigma = 0, slope = 4, dispersion_slope = 4;

  void apply(double mag, DualPie& galaxy) const {
    const double luminosity = std::pow(10.0, 0.4 * (mag0 - mag));
    galaxy.velocity_dispersion_km_s = sigma * std::pow(luminosity, 1 / dispersion_slope);
    galaxy.cut_radius_arcsec = cut * std::pow(luminosity, 2 / slope);
    galaxy.core_radius_arcsec = core * std::sqrt(luminosity);
  }
};

/// The lines of one potfile by keyword.
class Entries {
 public:
  Entries(const fs::path& file, const TextBlock& block) : file_(file), block_(block) {
    for (const TextLine& line : block.body) {
      if (line.words[0].starts_with('#')) continue;
      if (!known().contains(line.words[0])) fail(line, line.words[0], "an unknown keyword", names());
      if (!lines_.emplace(line.words[0], &line).second)
        fail(line, line.words[0], "a second entry", "one entry");
    }
  }

  bool has(const std::string& key) const { return lines_.contains(key); }
  const TextLine& line(const std::string& key) const {
    const auto found = lines_.find(key);
    if (found == lines_.end()) fail(block_.head, key, "nothing", "an entry: it must be given");
    return *found->second;
  }
  /// The word after the keyword, or further on.
  std::string word(const std::string& key, std::size_t index = 1) const {
    const TextLine& l = line(key);
    return l.words.size() > index ? l.words[index] : "";
  }
  double number(const std::string& key, std::size_t index = 1) const {
    return number_of(file_, place(line(key), key), word(key, index));
  }
  /// "0 VALUE ...": other than 0 are the priors of an optimisation.
  double fixed(const std::string& key) const {
    if (number(key) != 0)
      fail(line(key), key, line(key).text, "'" + key + " 0 VALUE': a prior does not say what the lens is");
    return number(key, 2);
  }
  void check(bool holds, const std::string& key, const std::string& allowed) const {
    if (!holds) fail(line(key), key, line(key).text, allowed);
  }

 private:
  static const std::map<std::string, int>& known() {
    static const std::map<std::string, int> keywords = {
        {"filein", 0}, {"type", 0}, {"mag0", 0},   {"zlens", 0}, {"core", 0},   {"corekpc", 0},
        {"sigma", 0},  {"cut", 0},  {"cutkpc", 0}, {"slope", 0}, {"vdslope", 0}};
    return keywords;
  }
  static std::string names() {
    std::vector<std::string> all;
    for (const auto& [name, unused] : known()) all.push_back(name);
    return joined(all) + ", end";
  }
  std::string place(const TextLine& l, const std::string& key) const {
    return "line " + std::to_string(l.number) + ": potfile: " + key;
  }
  [[noreturn]] void fail(const TextLine& l, const std::string& key, std::string found,
                         std::string allowed) const {
    throw InputError({file_.string(), place(l, key), std::move(found), std::move(allowed)});
  }

  const fs::path& file_;
  const TextBlock& block_;
  std::map<std::string, const TextLine*> lines_;
};

Relations relations_of(const Entries& entries, double kpc_per_arcsec) {
  Relations r;
  if (entries.has("mag0")) r.mag0 = entries.number("mag0");
  r.core = entries.has("core") ? entries.number("core") : entries.number("corekpc") / kpc_per_arcsec;
  r.cut = entries.has("cut") ? entries.fixed("cut") : entries.fixed("cutkpc") / kpc_per_arcsec;
  r.sigma = entries.fixed("sigma");
  if (entries.has("slope")) r.slope = entries.fixed("slope");
  if (entries.has("vdslope")) r.dispersion_slope = entries.fixed("vdslope");
  entries.check(r.core >= 0, entries.has("core") ? "core" : "corekpc", "a radius >= 0");
  entries.check(r.cut > r.core, entries.has("cut") ? "cut" : "cutkpc", "a radius above the core radius");
  entries.check(r.sigma >= 0, "sigma", "a velocity dispersion >= 0");
  if (entries.has("slope")) entries.check(r.slope > 0, "slope", "a number > 0");
  if (entries.has("vdslope")) entries.check(r.dispersion_slope > 0, "vdslope", "a number > 0");
  return r;
}

LenstoolPotential galaxy_of(const fs::path& file, const TextLine& line, bool degrees,
                            sky::SkyPosition reference, const Relations& relations) {
  const std::string key = "line " + std::to_string(line.number);
  if (line.words.size() < 7)
    throw InputError(
        {file.string(), key, std::to_string(line.words.size()) + " columns", "id x y a b theta mag lum"});
  const auto number = [&](int column, const char* name) {
    return number_of(file, key + ": " + name, line.words[column]);
  };
  const double x = number(1, "x"), y = number(2, "y"), a = number(3, "a"), b = number(4, "b");
  if (!(a > 0 && b > 0 && b <= a))
    throw InputError({file.string(), key + ": a b", line.words[3] + " " + line.words[4], "0 < b <= a"});
  LenstoolPotential galaxy;
  galaxy.dual_pie.id = line.words[0];
  galaxy.dual_pie.centre_arcsec = degrees ? to_frame(reference, {x, y}) : Vector2{x, y};
  galaxy.dual_pie.ellipticity = (a * a - b * b) / (a * a + b * b);
  galaxy.dual_pie.angle_rad = number(5, "theta") * units::degree;
  galaxy.has_mag = true;
  galaxy.mag = number(6, "mag");
  relations.apply(galaxy.mag, galaxy.dual_pie);
  if (!(galaxy.dual_pie.cut_radius_arcsec > galaxy.dual_pie.core_radius_arcsec))
    throw InputError({file.string(), key + ": mag", line.words[6],
                      "a magnitude at which the relations keep the core inside the cut radius"});
  return galaxy;
}

// "#REFERENCE 0" and "3": degrees; "1": arcsec.
bool degrees_of(const fs::path& file, const TextLine& line, bool otherwise) {
  if (line.words[0] != "#REFERENCE") return otherwise;
  const std::string mode = line.words.size() > 1 ? line.words[1] : "";
  if (mode != "0" && mode != "1" && mode != "3")
    throw InputError({file.string(), "line " + std::to_string(line.number) + ": #REFERENCE", line.text,
                      "#REFERENCE 0, 1 or 3"});
  return mode != "1";
}

}  // namespace

void add_potfile(const TextBlock& block, LenstoolProject& project) {
  const Entries entries(project.file, block);
  entries.check(entries.word("filein") == "1" || entries.word("filein") == "3", "filein",
                "filein 1 NAME (arcsec) or filein 3 NAME (degrees)");
  entries.check(!entries.word("filein", 2).empty(), "filein", "the name of a catalogue");
  if (entries.has("type")) entries.check(entries.number("type") == 81, "type", "81 (dual pseudo-isothermal)");
  const double z = entries.number("zlens");
  entries.check(z > 0 && (project.z_lens == 0 || z == project.z_lens), "zlens",
                "the redshift of the other potentials");
  project.z_lens = z;

  const Relations relations = relations_of(entries, project.cosmology.kpc_per_arcsec(z));
  const fs::path catalogue = project.file.parent_path() / entries.word("filein", 2);
  bool degrees = entries.word("filein") == "3";
  for (const TextLine& line : lines_of(catalogue)) {
    if (line.text.starts_with('#')) degrees = degrees_of(catalogue, line, degrees);
    else project.potentials.push_back(galaxy_of(catalogue, line, degrees, project.reference, relations));
  }
}

}  // namespace arcproof::lens
