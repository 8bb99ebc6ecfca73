#include "engine/core/error.h"
#include "engine/core/parallel.h"
#include "engine/core/statistics.h"
#include "engine/io/files.h"
#include "engine/lens/critical.h"
#include "recipes/commands/commands.h"
#include "recipes/commands/parts.h"

#include <algorithm>
#include <cmath>
#include <set>

#include <fmt/format.h>

namespace arcproof::commands {
namespace {

using lens::Grid;
using lens::Vector2;

void check(const LensMapArguments& a) {
  if (a.z.has_value() == a.dlsds.has_value())
    refuse("", "--z", a.z ? "given with --dlsds" : "neither it nor --dlsds",
           "the redshift of the source, or --dlsds, its D_LS / D_S");
  if (a.dlsds && !(*a.dlsds > 0 && *a.dlsds <= 1))
    refuse("", "--dlsds", fmt::format("{:g}", *a.dlsds), "above 0, to 1");
  const bool own_grid = !a.lens.map.empty() && !is_given(a.field);
  if (!own_grid && a.field.like.empty() && a.field.size.empty())
    refuse("", "--size", "neither it nor --like", "--size ARCSEC, or --like IMAGE[HDU]");
  if (!own_grid && a.field.like.empty() && !a.field.step) refuse("", "--step", "none", "arcsec, above 0");
  const std::pair<std::string, std::filesystem::path> outputs[] = {
      {"-o", a.output}, {"--critical", a.critical}, {"--caustics", a.caustics}};
  std::vector<std::string> inputs = input_files(a.lens);
  inputs.push_back(a.field.like);
  check_outputs(outputs, inputs);
}

/// For which source the numbers are.
lens::MapConvention convention_of(const LensMapArguments& a, const LensSource& source) {
  lens::MapConvention convention;
  convention.z_source = a.z ? source_redshift(*a.z, source, "--z") : 0;
  convention.efficiency = a.z ? source.efficiency(*a.z) : *a.dlsds;
  return convention;
}

lens::LensMap map_of(const LensMapArguments& a, const LensSource& source) {
  if (source.file && !is_given(a.field)) return source.file->map;
  return map_on(source, field_grid(a.field, source.reference, 0, 0), a.threads);
}

constexpr double quantile_levels[] = {0.16, 0.5, 0.84};
constexpr const char* quantile_names[] = {"MU_Q16", "MU_MEDIAN", "MU_Q84"};

/// Quantiles of |mu| over the posterior at every node; a row of nodes at a time, so that no map of a single
/// model is kept.
std::vector<Array2D<float>> quantile_maps(const std::vector<lens::LensModel>& posterior, const Grid& grid,
                                          double efficiency, int threads) {
  std::vector<Array2D<float>> maps(std::size(quantile_levels), Array2D<float>(grid.width, grid.height));
  parallel_for(static_cast<std::size_t>(grid.height), threads, [&](std::size_t row) {
    const int j = static_cast<int>(row);
    std::vector<Vector2> nodes;
    for (int i = 0; i < grid.width; ++i) nodes.push_back(grid.node(i, j));
    std::vector<std::vector<double>> mu(nodes.size());
    std::vector<lens::Hessian> hessians;
    for (const lens::LensModel& model : posterior) {
      model.evaluate(nodes, nullptr, &hessians);
      for (std::size_t i = 0; i < nodes.size(); ++i)
        mu[i].push_back(std::abs(lens::magnification(hessians[i], efficiency).mu));
    }
    for (int i = 0; i < grid.width; ++i) {
      const std::vector<double> q = statistics::quantiles(mu[static_cast<std::size_t>(i)], quantile_levels);
      for (std::size_t k = 0; k < maps.size(); ++k) maps[k](i, j) = static_cast<float>(q[k]);
    }
  });
  return maps;
}

// The cards of an image that is written again: without those that FITS itself sets.
io::FitsHeader own_cards(const io::FitsHeader& header) {
  static const std::set<std::string> structure{"XTENSION", "BITPIX", "NAXIS",    "NAXIS1",
                                               "NAXIS2",   "PCOUNT", "GCOUNT",   "EXTNAME",
                                               "BSCALE",   "BZERO",  "CHECKSUM", "DATASUM"};
  io::FitsHeader result;
  for (const io::FitsHeader::Card& card : header.cards())
    if (!structure.contains(card.key)) result.add(card.key, card.value, card.comment);
  return result;
}

io::NamedImage read_back(const std::filesystem::path& path, const std::string& name,
                         const LensSource& source) {
  const io::FitsImage image = io::read_fits_image(path, name);
  io::NamedImage copy{name, Array2D<float>(image.pixels.width(), image.pixels.height()),
                      own_cards(image.header)};
  std::transform(image.pixels.begin(), image.pixels.end(), copy.pixels.begin(),
                 [](double v) { return static_cast<float>(v); });
  copy.header.add("ZLENS", fmt::format("{:#.12g}", source.z_lens), "redshift of the lens");
  copy.header.add("H0", fmt::format("{:#.12g}", source.cosmology.h0_km_s_mpc), "[km/s/Mpc]");
  copy.header.add("OMEGAM", fmt::format("{:#.12g}", source.cosmology.omega_m), "flat Lambda-CDM");
  return copy;
}

/// The map's file with the lens's redshift, its cosmology and the quantiles added. It is written aside first
/// and read back: what is added stands in the same frame, under the same keywords.
void write_map(const LensMapArguments& a, const LensSource& source, const lens::LensMap& map,
               const lens::MapConvention& convention) {
  const io::AtomicFile aside(a.output);  // removed when done
  lens::write_map_file(aside.temporary(), map, source.reference, convention);
  std::vector<io::NamedImage> images;
  for (const char* name :
       {"ALPHA_X", "ALPHA_Y", "KAPPA", "GAMMA1", "GAMMA2", "PSI_XX", "PSI_XY", "PSI_YY", "MU"})
    images.push_back(read_back(aside.temporary(), name, source));
  if (!source.posterior.empty()) {
    std::vector<Array2D<float>> maps =
        quantile_maps(source.posterior, map.grid(), convention.efficiency, a.threads);
    for (std::size_t k = 0; k < maps.size(); ++k) {
      io::FitsHeader header = images.back().header;
      header.add("POSTROWS", std::to_string(source.posterior.size()), "models of the posterior");
      images.push_back({quantile_names[k], std::move(maps[k]), header});
    }
  }
  io::write_fits_images(a.output, images);
}

std::string about_lines(const std::vector<lens::CriticalLine>& lines) {
  double radius = 0;
  std::ptrdiff_t tangential = 0, open = 0;
  for (const lens::CriticalLine& line : lines) {
    open += !line.closed;
    if (line.kind != lens::CriticalKind::tangential) continue;
    ++tangential;
    if (line.closed) radius = std::max(radius, lens::effective_radius(line.image_plane));
  }
  std::string text =
      fmt::format("{} tangential and {} radial critical lines", tangential, std::ssize(lines) - tangential);
  if (open) text += fmt::format(", {} of which leave the field", open);
  if (radius > 0)
    text += fmt::format("; largest effective radius of a closed tangential one {:.3f}\"", radius);
  return text + "\n";
}

}  // namespace

std::string run_lens_map(const LensMapArguments& a) {
  check(a);
  const LensSource source = read_lens(a.lens);
  const lens::MapConvention convention = convention_of(a, source);
  const lens::LensMap map = map_of(a, source);
  const Grid& grid = map.grid();
  std::string text = fmt::format("{}: {} x {} nodes of {:g}\", D_LS / D_S {:.6f}\n", source.name, grid.width,
                                 grid.height, grid.step_arcsec, convention.efficiency);
  const std::vector<lens::CriticalLine> lines = lens::critical_lines(map, convention.efficiency);
  write_map(a, source, map, convention);
  if (!a.critical.empty()) lens::write_ds9_regions(a.critical, lines, source.reference);
  if (!a.caustics.empty()) lens::write_ds9_regions(a.caustics, lines, source.reference, true);
  return text + about_lines(lines) + a.output.string() + "\n";
}

}  // namespace arcproof::commands
