// arcs.dat: one multiple image a line, "id ra dec a b theta z mag".
#include "engine/lens/lenstool/arcs.h"

#include "engine/core/error.h"
#include "engine/lens/lenstool/text.h"

#include <cmath>

namespace arcproof::lens {
namespace {

namespace fs = std::filesystem;

// "#REFERENCE 0": absolute degrees, as is a file without that line. Other lines with '#' are comments.
void check_reference(const fs::path& file, const TextLine& line) {
  if (line.words[0] != "#REFERENCE") return;
  if (line.words.size() < 2 || line.words[1] != "0")
    throw InputError({file.string(), "line " + std::to_string(line.number) + ": #REFERENCE", line.text,
                      "#REFERENCE 0 (absolute degrees)"});
}

Arc arc_of(const fs::path& file, const TextLine& line) {
  const std::string key = "line " + std::to_string(line.number);
  if (line.words.size() < 8)
    throw InputError(
        {file.string(), key, std::to_string(line.words.size()) + " columns", "id ra dec a b theta z mag"});
  const auto number = [&](int i, const char* name) {
    return number_of(file, key + ": " + name, line.words[i]);
  };
  Arc arc{line.words[0],      {number(1, "ra"), number(2, "dec")},
          number(3, "a"),     number(4, "b"),
          number(5, "theta"), number(6, "z"),
          number(7, "mag")};
  if (std::abs(arc.position.dec_deg) > 90)
    throw InputError({file.string(), key + ": dec", line.words[2], "a declination between -90 and 90"});
  if (arc.redshift < 0) throw InputError({file.string(), key + ": z", line.words[6], "a redshift >= 0"});
  return arc;
}

}  // namespace

std::string Arc::system() const { return id.substr(0, id.find('.')); }

std::vector<Arc> read_arcs(const fs::path& file) {
  std::vector<Arc> arcs;
  for (const TextLine& line : lines_of(file)) {
    if (line.text.starts_with('#')) check_reference(file, line);
    else arcs.push_back(arc_of(file, line));
  }
  if (arcs.empty())
    throw InputError({file.string(), "last line", "no arcs", "at least one line: id ra dec a b theta z mag"});
  return arcs;
}

}  // namespace arcproof::lens
