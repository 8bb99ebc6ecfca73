#include "recipes/program/commands/lenses/lens_map.h"

#include "engine/core/error.h"
#include "engine/core/parallel.h"
#include "engine/core/statistics.h"
#include "engine/lens/critical.h"
#include "recipes/program/commands/shared.h"

#include <algorithm>
#include <cmath>

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
  const bool own_grid = !a.lens.maps.map.empty() && !is_given(a.field);
  if (!own_grid && a.field.like.empty() && a.field.size.empty())
    refuse("", "--size", "neither it nor --like", "--size ARCSEC, or --like IMAGE[HDU]");
  if (!own_grid && a.field.like.empty() && !a.field.step) refuse("", "--step", "none", "arcsec, above 0");
  const std::pair<std::string, std::filesystem::path> outputs[] = {{"-o", a.output},
                                                                   {"--critical", a.critical},
                                                                   {"--caustics", a.caustics},
                                                                   {"--multiplicity", a.multiplicity}};
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

// A field that was asked for, and in which the lens does nothing: its centre is a slip of the pen.
void check_lens_is_there(const lens::LensMap& map, double efficiency, const LensSource& source,
                         const std::string& option) {
  constexpr double least = 1e-4;  // of convergence or shear: 0.02% of the magnification
  const auto acts = [&](const lens::Hessian& h) {
    const lens::Magnification m = lens::magnification(h, efficiency);
    return m.kappa > least || m.gamma() > least;
  };
  const Array2D<lens::Hessian>& nodes = map.hessian_nodes();
  if (std::any_of(nodes.begin(), nodes.end(), acts)) return;
  const Grid& grid = map.grid();
  const Vector2 middle = grid.node(grid.width / 2, grid.height / 2);
  refuse(
      "", option,
      fmt::format(
          "a field {:.4g}\" from the lens's reference, all of it with convergence and shear below {:g}",
          std::hypot(middle.x, middle.y), least),
      fmt::format("a field near RA {:.6f}, Dec {:.6f}", source.reference.ra_deg, source.reference.dec_deg));
}

lens::LensMap map_of(const LensMapArguments& a, const LensSource& source, double efficiency) {
  if (source.file && !is_given(a.field)) return source.file->map;
  lens::LensMap map = map_on(source, field_grid(a.field, source.reference, 0, 0), a.threads);
  if (!a.field.centre.empty() || !a.field.like.empty())
    check_lens_is_there(map, efficiency, source, a.field.like.empty() ? "--centre" : "--like");
  return map;
}

constexpr double quantile_levels[] = {0.16, 0.5, 0.84};
constexpr const char* quantile_names[] = {"MU_Q16", "MU_MEDIAN", "MU_Q84"};

/// Quantiles of |mu| over the posterior at every node; a row of nodes at a time, so that no map of a single
/// model is kept.
std::vector<Array2D<float>> quantile_maps(const LensSource& source, const Grid& grid, double efficiency,
                                          int threads) {
  std::vector<Array2D<float>> maps(std::size(quantile_levels), Array2D<float>(grid.width, grid.height));
  parallel_for(static_cast<std::size_t>(grid.height), threads, [&](std::size_t row) {
    const int j = static_cast<int>(row);
    std::vector<Vector2> nodes;
    for (int i = 0; i < grid.width; ++i) {
      const Vector2 node = grid.node(i, j);
      nodes.push_back(source.file ? lens::in_map_frame(*source.file, source.reference, node) : node);
    }
    std::vector<std::vector<double>> mu(nodes.size());
    std::vector<lens::Hessian> hessians;
    for (std::size_t draw = 0; draw < source.posterior.size(); ++draw) {
      source.posterior.evaluate(draw, nodes, nullptr, &hessians);
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

void write_map(const LensMapArguments& a, const LensSource& source, const lens::LensMap& map,
               const lens::MapConvention& convention) {
  std::vector<io::NamedImage> images =
      lens::map_images(map, source.reference, convention,
                       {source.z_lens, source.cosmology.h0_km_s_mpc, source.cosmology.omega_m});
  if (!source.posterior.empty()) {
    std::vector<Array2D<float>> maps = quantile_maps(source, map.grid(), convention.efficiency, a.threads);
    for (std::size_t k = 0; k < maps.size(); ++k) {
      io::FitsHeader header = images.back().header;
      header.add("POSTROWS", std::to_string(source.posterior.size()), "draws of the posterior");
      images.push_back({quantile_names[k], std::move(maps[k]), header});
    }
  }
  io::write_fits_images(a.output, images);
}

/// In the source plane, around all caustics, with a tenth of their extent on each side; the map's own grid
/// if it has no caustic.
Grid around_caustics(const std::vector<lens::CriticalLine>& lines, const Grid& grid) {
  constexpr double nodes = 400, margin = 0.1;
  Vector2 low{HUGE_VAL, HUGE_VAL}, high{-HUGE_VAL, -HUGE_VAL};
  for (const lens::CriticalLine& line : lines)
    for (const Vector2 p : line.source_plane) {
      low = {std::min(low.x, p.x), std::min(low.y, p.y)};
      high = {std::max(high.x, p.x), std::max(high.y, p.y)};
    }
  const double width = high.x - low.x, height = high.y - low.y;
  if (!(std::max(width, height) > 0)) return grid;
  const double room = margin * std::max(width, height), step = (std::max(width, height) + 2 * room) / nodes;
  return {{low.x - room, low.y - room},
          step,
          static_cast<int>(std::lround((width + 2 * room) / step)) + 1,
          static_cast<int>(std::lround((height + 2 * room) / step)) + 1};
}

// Places in the source plane, in the same frame as those on the sky.
void write_multiplicity(const std::filesystem::path& path, const lens::LensMap& map,
                        const std::vector<lens::CriticalLine>& lines, const LensSource& source,
                        const lens::MapConvention& convention) {
  const Grid grid = around_caustics(lines, map.grid());
  const Array2D<std::uint16_t> counts = lens::multiplicity_map(map, convention.efficiency, grid);
  Array2D<float> pixels(counts.width(), counts.height());
  std::copy(counts.begin(), counts.end(), pixels.begin());
  io::FitsHeader header = lens::grid_header(grid, source.reference);
  header.add("PLANE", "SOURCE", "positions are those of sources");
  header.add("FIELD", "MAPPED", "counts images within the mapped field alone");
  header.add("DLSDS", fmt::format("{:.10g}", convention.efficiency), "D_LS / D_S of the sources");
  io::write_fits_images(path, {{"N_IMAGES", std::move(pixels), header}});
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
  const lens::LensMap map = map_of(a, source, convention.efficiency);
  const Grid& grid = map.grid();
  std::string text = fmt::format("{}: {} x {} nodes of {:g}\", D_LS / D_S {:.6f}\n", source.name, grid.width,
                                 grid.height, grid.step_arcsec, convention.efficiency);
  const std::vector<lens::CriticalLine> lines = lens::critical_lines(map, convention.efficiency);
  write_map(a, source, map, convention);
  if (!a.critical.empty()) lens::write_ds9_regions(a.critical, lines, source.reference);
  if (!a.caustics.empty()) lens::write_ds9_regions(a.caustics, lines, source.reference, true);
  if (!a.multiplicity.empty()) write_multiplicity(a.multiplicity, map, lines, source, convention);
  return text + about_lines(lines) + a.output.string() + "\n";
}

}  // namespace arcproof::commands
