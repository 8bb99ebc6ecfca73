#include "engine/lens/sources/lens_choice.h"

#include "engine/core/error.h"
#include "engine/lens/lenstool/project.h"
#include "engine/lens/sources/compact_cluster.h"

#include <fmt/format.h>

namespace arcproof::lens {
namespace {

namespace fs = std::filesystem;

void note(const LensReading& reading, std::string text) {
  if (reading.notes) reading.notes->push_back(std::move(text));
}

// ---------------------------------------------------------------- what is the model, without its posterior

CompactClusterLens model_alone(CompactClusterLens lens) {
  lens.posterior_rows = 0;
  lens.posterior_scatter = 0;
  return lens;
}
LenstoolLens model_alone(LenstoolLens lens) {
  lens.posterior_rows = 0;
  if (lens.row < 0) lens.bayes.clear();
  return lens;
}
MapFilesLens model_alone(MapFilesLens lens) {
  lens.posterior_maps.clear();
  lens.posterior_deflection_x.clear();
  lens.posterior_deflection_y.clear();
  return lens;
}
ConstantLens model_alone(const ConstantLens& lens) { return lens; }

// ---------------------------------------------------------------- names

std::string name(const CompactClusterLens& lens) {
  return lens.dispersion_factor == 1 ? lens.kind_name
                                     : fmt::format("{} x {:g}", lens.kind_name, lens.dispersion_factor);
}
std::string name(const LenstoolLens& lens) {
  const fs::path par(lens.par);
  const std::string folder = par.parent_path().filename().string();
  const std::string model = folder.empty() || folder.starts_with('$') ? par.stem().string() : folder;
  return lens.row < 0 ? model : fmt::format("{} row {}", model, lens.row);
}
// "map clusters.fits[1]" of the file map/clusters.fits[1].
std::string name(const MapFilesLens& lens) {
  const std::string& file = lens.map.empty() ? lens.deflection_x : lens.map;
  return "map " + fs::path(file).filename().string();
}
std::string name(const ConstantLens& lens) {
  return fmt::format("constant {:g} x {:g}", lens.mu_tangential, lens.mu_radial);
}

// ---------------------------------------------------------------- reading

void read(const CompactClusterLens& choice, const LensReading& reading, LoadedLens& lens) {
  const sky::Cosmology cosmology = reading.cosmology.value_or(sky::Cosmology{});
  lens.model = compact_cluster(cosmology, choice.dispersion_factor);
  lens.posterior =
      compact_cluster_posterior(cosmology, choice.dispersion_factor, choice.posterior_scatter,
                                reading.with_posterior ? choice.posterior_rows : 0, reading.seed);
}

void read(const LenstoolLens& choice, const LensReading& reading, LoadedLens& lens) {
  const LenstoolProject project = read_lenstool(reading.file(reading.keys.name("par"), choice.par));
  lens.model = project.best();
  if (choice.bayes.empty()) return;
  const fs::path bayes = reading.file(reading.keys.name("bayes"), choice.bayes);
  Posterior posterior = read_bayes(bayes, project);
  const int rows = reading.with_posterior ? choice.posterior_rows : 0,
            available = static_cast<int>(posterior.models.size());
  if (rows > available)
    refuse(bayes, reading.keys.name("posterior_rows"), std::to_string(rows),
           fmt::format("0 .. {}", available));
  if (choice.row >= 0) lens.model = posterior.model_of_row(choice.row, bayes, reading.keys.name("row"));
  for (const Posterior::LeftOut& out : posterior.left_out)
    note(reading, fmt::format("row {} of {} is left out: {}", out.row, bayes.filename().string(), out.why));
  posterior.models.erase(posterior.models.begin() + rows, posterior.models.end());
  lens.posterior = std::move(posterior.models);
}

io::HduPath hdu_file(const LensReading& reading, const std::string& key, const std::string& text) {
  if (text.empty()) return {};
  io::HduPath split = io::split_hdu(text, reading.keys.file, key);
  return {reading.file(key, split.path.string()), split.hdu};
}

MapSource source_of(const MapFilesLens& choice, const LensReading& reading) {
  const auto key = reading.keys.name;
  MapSource source;
  if (!choice.map.empty()) source.map = reading.file(key("map"), choice.map);
  source.deflection_x = hdu_file(reading, key("deflection_x"), choice.deflection_x);
  source.deflection_y = hdu_file(reading, key("deflection_y"), choice.deflection_y);
  source.options = choice.options;
  if (reading.cosmology)
    source.options.omega_m = reading.cosmology->omega_m;  // H0 plays no part in D_LS / D_S
  const auto each = [&](const char* list, const std::vector<std::string>& texts, const auto& add) {
    for (std::size_t k = 0; k < texts.size(); ++k) add(key(fmt::format("{}[{}]", list, k)), texts[k]);
  };
  each("posterior_maps", choice.posterior_maps, [&](const std::string& which, const std::string& text) {
    source.posterior_maps.push_back(reading.file(which, text));
  });
  each("posterior_deflection_x", choice.posterior_deflection_x,
       [&](const std::string& which, const std::string& text) {
         source.posterior_x.push_back(hdu_file(reading, which, text));
       });
  each("posterior_deflection_y", choice.posterior_deflection_y,
       [&](const std::string& which, const std::string& text) {
         source.posterior_y.push_back(hdu_file(reading, which, text));
       });
  return source;
}

void read(const MapFilesLens& choice, const LensReading& reading, LoadedLens& lens) {
  lens.map_source = source_of(choice, reading);
  auto map = std::make_shared<MapLens>(read_map(lens.map_source, reading.keys));
  if (reading.cosmology) map->cosmology = *reading.cosmology;
  const Grid& grid = map->file.map.grid();
  note(reading,
       fmt::format(
           "map {}, {} x {} nodes of {:.4g} arcsec, lens at z = {:g}; magnifications are interpolated.",
           fs::path(map->name).filename().string(), grid.width, grid.height, grid.step_arcsec, map->z_lens));
  lens.map = std::move(map);
}

void read(const ConstantLens& choice, const LensReading&, LoadedLens& lens) { lens.constant = choice; }

}  // namespace

bool same_model(const LensChoice& a, const LensChoice& b) {
  const auto alone = [](const LensChoice& lens) {
    return std::visit([](const auto& one) { return LensChoice(model_alone(one)); }, lens);
  };
  return alone(a) == alone(b);
}

int posterior_rows(const LensChoice& lens) {
  if (const auto* cluster = std::get_if<CompactClusterLens>(&lens)) return cluster->posterior_rows;
  if (const auto* lenstool = std::get_if<LenstoolLens>(&lens)) return lenstool->posterior_rows;
  return 0;
}

std::string name_of(const LensChoice& lens) {
  return std::visit([](const auto& one) { return name(one); }, lens);
}

LoadedLens read_lens(const LensChoice& choice, const LensReading& reading) {
  LoadedLens lens;
  lens.keys = reading.keys;
  std::visit([&](const auto& one) { read(one, reading, lens); }, choice);
  return lens;
}

}  // namespace arcproof::lens
