#include "recipes/program/commands/light/library.h"

#include "recipes/program/commands/shared.h"

#include <fmt/format.h>

namespace arcproof::commands {

std::string run_library(const LibraryArguments& a) {
  const std::pair<std::string, std::filesystem::path> outputs[] = {{"-o", a.output}};
  std::vector<std::string> inputs;
  for (const std::filesystem::path& file : a.source.files) inputs.push_back(file.string());
  check_outputs(outputs, inputs);
  const sed::Library library = sed::convert_library(a.source);
  sed::write_library(a.output, library);
  return fmt::format(
      "{}: {} metallicities (Z = {:g} ... {:g}), {} ages ({:g} ... {:g} Myr), {} wavelengths ({:g} ... {:g} "
      "Angstrom)\nIMF: {}; tracks: {}; cite: {}\n{}\n",
      library.name, library.metallicity.size(), library.metallicity.front(), library.metallicity.back(),
      library.age_myr.size(), library.age_myr.front(), library.age_myr.back(),
      library.wavelength_angstrom.size(), library.wavelength_angstrom.front(),
      library.wavelength_angstrom.back(), library.imf.empty() ? "not known" : library.imf,
      library.tracks.empty() ? "not known" : library.tracks,
      library.citation.empty() ? "not known" : library.citation, a.output.string());
}

}  // namespace arcproof::commands
