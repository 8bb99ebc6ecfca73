#include "recipes/program/commands/mosaics/fit.h"

#include "engine/core/error.h"
#include "engine/core/missing.h"
#include "engine/core/parallel.h"
#include "engine/photometry/protocol.h"
#include "engine/photometry/sersic.h"
#include "engine/photometry/sky_noise.h"
#include "engine/pipeline/grids.h"
#include "recipes/program/commands/mosaics/fit_products.h"
#include "recipes/program/commands/shared.h"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

namespace arcproof::commands {
namespace {

using photometry::BandFluxes;
using photometry::ClumpPhotometry;

constexpr double off_image_pix = 10;  // beyond it no cutout reaches the image

void check_files(const FitArguments& a) {
  const std::pair<std::string, std::filesystem::path> outputs[] = {
      {"-o", a.output}, {"--regions", a.regions}, {"--residual", a.residual}};
  std::vector<std::string> inputs = {a.catalog};
  for (const auto* words : {&a.images, &a.errors, &a.weights, &a.psfs})
    for (const std::string& word : *words) inputs.push_back(split_band(word, "--image").second);
  check_outputs(outputs, inputs);
}

// ---------------------------------------------------------------- the fits

SourceList listed(const std::vector<photometry::Detection>& objects) {
  SourceList list;
  io::Integers numbers;
  for (const photometry::Detection& d : objects) {
    numbers.push_back(std::ssize(numbers));
    list.x.push_back(d.x);
    list.y.push_back(d.y);
  }
  list.id = {"id", "", "number of the detection, from 0", std::move(numbers), 1};
  return list;
}

bool reaches(const Array2D<float>& image, double x, double y) {
  return x > -off_image_pix && y > -off_image_pix && x < image.width() + off_image_pix &&
         y < image.height() + off_image_pix;  // false for NaN
}

ClumpPhotometry without_data(const FitBands& bands, double x, double y) {
  ClumpPhotometry clump;
  clump.x = x;
  clump.y = y;
  for (const std::string& name : bands.names) {
    BandFluxes& f = clump.bands.emplace_back();
    f.band = name;
    f.flux_njy = f.error_njy = f.scatter_njy = f.poisson_njy = f.analytic_njy = f.correlated_njy =
        f.sky_sigma_njy = nan;
  }
  return clump;
}

std::vector<ClumpPhotometry> fit_sources(const SourceList& sources, const FitBands& bands,
                                         const FitArguments& a) {
  std::vector<photometry::Detection> within;  // companions of one another
  std::vector<std::size_t> row_of;
  std::vector<ClumpPhotometry> fits;
  for (std::size_t i = 0; i < sources.x.size(); ++i) {
    fits.push_back(without_data(bands, sources.x[i], sources.y[i]));
    if (!reaches(bands.reference_exposure().flux_njy, sources.x[i], sources.y[i])) continue;
    photometry::Detection& d = within.emplace_back();
    d.x = sources.x[i];
    d.y = sources.y[i];
    row_of.push_back(i);
  }
  const std::vector<photometry::BandData> data = bands.data();
  parallel_for(within.size(), a.threads, [&](std::size_t k) {
    Random random({a.seed, "redraws", -1, static_cast<std::int64_t>(row_of[k])});
    fits[row_of[k]] = photometry::measure_clump(within, k, data, bands.reference, a.protocol, random);
  });
  return fits;
}

// Positions of a clump, first, and of its companions: as the Gaussians are grouped.
std::vector<std::pair<double, double>> group_at(const std::vector<ClumpPhotometry>& clumps, std::size_t index,
                                                const photometry::ProtocolOptions& protocol) {
  const ClumpPhotometry& self = clumps[index];
  std::vector<std::pair<double, std::size_t>> near;
  for (std::size_t i = 0; i < clumps.size(); ++i)
    if (const double d = std::hypot(clumps[i].x - self.x, clumps[i].y - self.y);
        i != index && d < protocol.group_distance_pix)
      near.emplace_back(d, i);
  std::sort(near.begin(), near.end());
  near.resize(std::min<std::size_t>(near.size(), static_cast<std::size_t>(protocol.max_group) - 1));
  std::vector<std::pair<double, double>> group = {{self.x, self.y}};
  for (const auto& [distance, i] : near) group.emplace_back(clumps[i].x, clumps[i].y);
  return group;
}

photometry::SersicFit fit_profile_at(const std::vector<std::pair<double, double>>& group,
                                     const FitBands& bands, const FitArguments& a) {
  const auto [x, y] = group.front();
  const sky::Exposure& e = bands.reference_exposure();
  if (!reaches(e.flux_njy, x, y)) return {};
  double sigma = photometry::local_sky_sigma(e.flux_njy, bands.segmentations[bands.reference], x, y);
  const int i = static_cast<int>(std::lround(x)), j = static_cast<int>(std::lround(y));
  if (!(sigma > 0) && e.error_njy.contains(i, j)) sigma = e.error_njy(i, j);
  if (!(sigma > 0)) return {};
  const photometry::Cutout cutout = photometry::cut_uniform(e.flux_njy, x, y, a.sersic_size_pix, sigma);
  photometry::SersicFitOptions options;
  options.max_radius_pix = std::max(options.max_radius_pix, 0.5 * a.sersic_size_pix);
  options.plane = a.protocol.fit.plane;
  if (a.sersic_index) {
    options.index_free = false;
    options.index = options.min_index = options.max_index = *a.sersic_index;
  }
  std::vector<photometry::SersicStart> start;
  for (const auto& [px, py] : group) start.push_back({px - cutout.centre_x, py - cutout.centre_y});
  const photometry::SersicGroupFit all =
      photometry::fit_sersic_group(cutout, bands.psfs[bands.reference], start, options);
  photometry::SersicFit fit{all.components.front(), all};
  fit.x += cutout.centre_x;  // of the image from here on
  fit.y += cutout.centre_y;
  return fit;
}

std::vector<photometry::SersicFit> fit_profiles(const std::vector<ClumpPhotometry>& clumps,
                                                const FitBands& bands, const FitArguments& a) {
  std::vector<photometry::SersicFit> fits(clumps.size());
  parallel_for(fits.size(), a.threads,
               [&](std::size_t i) { fits[i] = fit_profile_at(group_at(clumps, i, a.protocol), bands, a); });
  return fits;
}

// ---------------------------------------------------------------- the command

void add_notes(io::Table& table, const FitBands& bands, const FitArguments& a) {
  table.note("REFBAND", bands.names[bands.reference]);
  table.note("PIXSCALE", fmt::format("{:.8f}", bands.reference_exposure().pixel_scale_arcsec));
  table.note("NOISE", a.protocol.noise == photometry::NoiseModel::white ? "white" : "correlated");
  table.note("REDRAWS", std::to_string(a.protocol.redraws));
  table.note("GROUPPIX", fmt::format("{:g}", a.protocol.group_distance_pix));
  table.note("SEED", std::to_string(a.seed));
  table.note("MAPPRIOR", a.protocol.fit.prior ? "yes" : "no");
  table.note("MODEL", a.model);
}

}  // namespace

void FitArguments::describe(Keys& keys) {
  detection.describe(keys);
  protocol.describe(keys, 0);
  keys.flag("keep_redraws", keep_redraws, "a table REDRAWS beside CATALOG: what delens --redraws takes");
  keys.check(
      !keep_redraws || protocol.redraws > 0, "keep_redraws", [] { return std::string("no redraws"); },
      "2 redraws and more");
  keys.text("model", model, "gaussian, or sersic: Sersic fits in the reference band as well",
            {"gaussian", "sersic"});
  keys.optional_number("sersic_index", sersic_index, "", "fixes the Sersic index",
                       Allowed::between(0.31, 9.9));
  keys.check(
      !sersic_index || model == "sersic", "sersic_index", [this] { return "a fit of the model " + model; },
      "--model sersic");
  keys.integer("sersic_size_pix", sersic_size_pix, "pixel", "side of the Sersic fits' cutouts, odd",
               Allowed::between(9, 201));
  keys.check(
      sersic_size_pix % 2 == 1, "sersic_size_pix", [this] { return std::to_string(sersic_size_pix); },
      "an odd number");
  keys.check(
      !keys.given("sersic_size_pix") || model == "sersic", "sersic_size_pix",
      [this] { return "a fit of the model " + model; }, "--model sersic");
  keys.check(
      !keys.given("background_mesh_pix") || detection.median_side_pix == 0, "background_mesh_pix",
      [] {
        return std::string("a background mesh beside a median filter, which is subtracted in its place");
      },
      "--median 0 with it");
  keys.seed("seed", seed, "of the redraws");
}

std::string run_fit(const FitArguments& a) {
  check_files(a);
  FitBands bands = read_fit_bands(a);
  const sky::Exposure& reference = bands.reference_exposure();
  std::optional<SourceList> given;
  if (!a.catalog.empty()) given = read_sources(a.catalog, "--catalog", reference.wcs, "the reference image");
  if (given && given->x.empty()) refuse(a.catalog, "--catalog", "no sources", "at least one row or region");

  // Sources are also what is not sky, in every band.
  const photometry::DetectionResult found =
      photometry::detect(reference.flux_njy, reference.error_njy, a.detection);
  bands.segmentations = pipeline::segmentations(found.segmentation, bands.reference, bands.exposures);
  for (std::size_t b = 0; b < bands.names.size(); ++b)
    bands.correlations.push_back(photometry::measure_noise_correlation(
        bands.exposures[b].flux_njy, bands.exposures[b].error_njy, bands.segmentations[b], {}));
  const SourceList sources = given ? *given : listed(found.objects);

  const std::vector<ClumpPhotometry> clumps = fit_sources(sources, bands, a);
  std::vector<photometry::SersicFit> profiles;
  if (a.model == "sersic") profiles = fit_profiles(clumps, bands, a);

  io::Table table = fit_table(sources.id, bands, clumps);
  if (a.model == "sersic") add_sersic_columns(table, profiles, bands, !a.sersic_index);
  add_notes(table, bands, a);
  std::vector<io::Table> tables = {table};
  if (a.keep_redraws) {
    tables.push_back(redraw_table(sources.id, bands, clumps));
    tables.back().note("PIXSCALE", fmt::format("{:.8f}", bands.reference_exposure().pixel_scale_arcsec));
  }
  io::write_fits_tables(a.output, tables);
  if (!a.regions.empty())
    io::write_ds9(a.regions, frame_of(reference.wcs), fit_regions(bands, clumps, table));
  if (!a.residual.empty()) write_residual(a, bands, clumps, profiles);

  std::string lines = fit_summary(clumps, a.protocol.group_distance_pix);
  for (std::size_t b = 0; b < bands.names.size(); ++b) {
    for (const std::string& note : bands.exposures[b].notes) lines += bands.names[b] + ": " + note + "\n";
    for (const std::string& note : bands.psfs[b].notes()) lines += bands.names[b] + ": PSF: " + note + "\n";
    lines += fmt::format("{}: noise of large areas is {:.2f} times that of white pixels\n", bands.names[b],
                         bands.correlations[b].large_scale_factor());
  }
  return lines + a.output.string() + "\n";
}

}  // namespace arcproof::commands
