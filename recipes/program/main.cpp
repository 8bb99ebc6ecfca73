// The program `arcproof`.
//
// Exit codes: 0 done and criteria met; 1 error; 2 bad usage or bad input, nothing written; 3 ran,
// criteria not met; 4 partial, resumable. Results go to stdout, progress and messages to stderr.
#include "engine/core/error.h"
#include "engine/core/parallel.h"
#include "engine/sed/attenuation.h"
#include "recipes/campaign.h"
#include "recipes/commands/commands.h"
#include "recipes/manifest.h"
#include "reports/report.h"

#include <cmath>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <optional>
#include <tuple>
#include <utility>

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <malloc.h>

namespace arcproof::recipes {
namespace {

constexpr int exit_done = 0, exit_internal = 1, exit_input = 2, exit_criteria = 3, exit_partial = 4;

int exit_code(RunStatus status) {
  return status == RunStatus::passed            ? exit_done
         : status == RunStatus::criteria_failed ? exit_criteria
                                                : exit_partial;
}

std::vector<Override> overrides_from(const std::vector<std::string>& words) {
  std::vector<Override> overrides;
  for (const std::string& word : words) {
    const auto equals = word.find('=');
    if (equals == std::string::npos || equals == 0)
      throw InputError({"--set", word, "no '='", "key.sub=value"});
    overrides.push_back({word.substr(0, equals), word.substr(equals + 1)});
  }
  return overrides;
}

Shard shard_from(const std::optional<std::string>& given) {
  Shard shard;
  if (!given) return shard;
  const std::string& text = *given;
  int used = 0;
  if (std::sscanf(text.c_str(), "%d/%d%n", &shard.index, &shard.count, &used) != 2 ||
      used != static_cast<int>(text.size()) || shard.count < 1 || shard.index < 1 ||
      shard.index > shard.count)
    throw InputError({"--shard", text, "no shard", "i/n with 1 <= i <= n"});
  return shard;
}

double neff_from(const std::optional<std::string>& given) {
  if (!given) return 0;
  double value = 0;
  int used = 0;
  if (std::sscanf(given->c_str(), "neff=%lf%n", &value, &used) != 1 ||
      used != static_cast<int>(given->size()) || !(value > 0) || !std::isfinite(value))
    throw InputError({"--until", *given, "no aim", "neff=N, N above 0"});
  return value;
}

void on_signal(int) { request_stop(); }

struct Arguments {
  std::string recipe, output;
  std::optional<std::string> shard, until;
  std::vector<std::string> set, shards;
  int threads = hardware_threads();
  bool resume = false, overwrite = false, quiet = false;

  RunOptions options(const std::string& default_output) const {
    return {output.empty() ? std::filesystem::path("out") / default_output : std::filesystem::path(output),
            threads,
            resume,
            overwrite,
            quiet,
            shard_from(shard),
            neff_from(until)};
  }
};

int run(const Arguments& a) {
  const Recipe recipe = read_recipe(a.recipe, overrides_from(a.set));
  const RunOptions options = a.options(recipe.name);
  const Inputs inputs = check_recipe(recipe);
  check_output(recipe, options);
  const RunStatus status = run_campaign(recipe, inputs, options);
  if (options.shard.whole() && status != RunStatus::partial) {
    fmt::print("{}\n", (options.output / "report.html").string());
    if (status == RunStatus::criteria_failed)
      fmt::print(stderr, "criteria not met: see the top of the report\n");
  }
  return exit_code(status);
}

int check(const Arguments& a) {
  const Recipe recipe = read_recipe(a.recipe, overrides_from(a.set));
  check_recipe(recipe);
  fmt::print("{}: good; {} realisations of {} clumps in {} field(s), {} bands\n", recipe.name,
             realisations_of(recipe), recipe.injection.clumps, recipe.fields.size(), recipe.bands.size());
  return exit_done;
}

int merge(const Arguments& a) {
  const RunStatus status = merge_shards({a.shards.begin(), a.shards.end()}, a.options(""));
  if (status != RunStatus::partial)
    fmt::print("{}\n", (std::filesystem::path(a.output) / "report.html").string());
  return exit_code(status);
}

int report(const Arguments& a) {
  reports::write_report(a.output);
  fmt::print("{}\n", (std::filesystem::path(a.output) / "report.html").string());
  return exit_done;
}

void add_run_options(CLI::App& command, Arguments& a) {
  command.add_option("-j,--threads", a.threads, "threads")->check(CLI::Range(1, 4096));
  command.add_flag("-q,--quiet", a.quiet, "no progress");
}

// ---------------------------------------------------------------- commands that work without a recipe

// CLI11's own takes NaN for a positive number.
const CLI::Validator above_zero(
    [](const std::string& text) {
      char* end = nullptr;
      const double value = std::strtod(text.c_str(), &end);
      return *end == '\0' && value > 0 && std::isfinite(value)
                 ? std::string()
                 : "found " + text + ", allowed: a number above 0";
    },
    "POSITIVE");

void add_detection_options(CLI::App& command, photometry::DetectionOptions& detection) {
  command.add_option("--threshold", detection.threshold_sigma, "sigma of the error image, per pixel (1.5)");
  command.add_option("--min-area", detection.min_area_pix, "pixels above the threshold (5)");
  command.add_option("--median", detection.median_side_pix,
                     "side of the median filter that is subtracted [pixel] (30); 0: a background mesh only");
}

CLI::App* add_detect(CLI::App& app, commands::DetectArguments& d) {
  CLI::App* command = app.add_subcommand("detect", "find the sources of a mosaic");
  command->add_option("--image", d.image, "FILE[HDU]")->required();
  command->add_option("--error", d.error, "FILE[HDU], 1 sigma; with neither this nor --weight: measured");
  command->add_option("--weight", d.weight, "FILE[HDU], 1 / variance");
  command->add_option("--pixel-scale", d.pixel_scale_arcsec, "arcsec, where the header does not say it")
      ->check(above_zero);
  command->add_option("--psf", d.psf, "FILE[HDU], or a band with an embedded PSF: adds point-source fluxes");
  command->add_option("--psf-scale", d.psf_scale_arcsec, "arcsec, where the PSF's header does not say it")
      ->check(above_zero);
  add_detection_options(*command, d.detection);
  command->add_option("-o,--output", d.output, "FITS table")->required();
  command->add_option("--regions", d.regions, "DS9 regions");
  command->add_option("-j,--threads", d.threads, "threads")->check(CLI::Range(1, 4096));
  return command;
}

CLI::App* add_fit(CLI::App& app, commands::FitArguments& f) {
  CLI::App* command =
      app.add_subcommand("fit", "measure sizes and fluxes of sources in the mosaics of several bands");
  const auto by_band = [&](const char* name, std::vector<std::string>& values, const char* text) {
    return command->add_option(name, values, text)->allow_extra_args(false);
  };
  by_band("--image", f.images, "BAND=FILE[HDU], once per band")->required();
  by_band("--error", f.errors, "BAND=FILE[HDU], 1 sigma; with neither this nor --weight: measured");
  by_band("--weight", f.weights, "BAND=FILE[HDU], 1 / variance");
  by_band("--psf", f.psfs, "BAND=FILE[HDU], or BAND=embedded")->required();
  by_band("--gain", f.gains, "BAND=electrons per nJy: adds the sources' shot noise");
  by_band("--pixel-scale", f.pixel_scales, "[BAND=]arcsec, where the header does not say it");
  by_band("--psf-scale", f.psf_scales, "[BAND=]arcsec, where the PSF's header does not say it");
  command->add_option("--reference", f.reference, "band of the shapes (the first)");
  command->add_option(
      "--catalog", f.catalog,
      "FITS, ECSV or DS9 regions: x, y (pixel of the reference, from 0) or ra, dec; without it: detect");
  add_detection_options(*command, f.detection);
  command->add_option("--noise", f.noise, "of the redraws: white (default) or correlated");
  command->add_option("--redraws", f.redraws, "refits with the sky's noise redrawn (100); 0: none")
      ->check(CLI::Range(0, 10000));
  command->add_flag("--keep-redraws", f.keep_redraws,
                    "a table REDRAWS beside CATALOG: what delens --redraws takes");
  command
      ->add_option("--group-distance", f.group_distance_pix,
                   "sources closer than this are fitted together [pixel of the reference] (4)")
      ->check(CLI::Range(0.0, 8.0));
  command->add_option("--background", f.background, "of the fits: plane (default) or constant");
  command->add_flag("--map-prior", f.map_prior, "weak priors on the shape");
  command->add_option("--model", f.model,
                      "gaussian (default); sersic: Sersic fits in the reference band as well");
  command->add_option("--sersic-index", f.sersic_index, "fixes the Sersic index");
  command->add_option("--sersic-size", f.sersic_size_pix,
                      "side of the Sersic fits' cutouts [pixel], odd (41)");
  command->add_option("--seed", f.seed, "of the redraws (1)");
  command->add_option("-o,--output", f.output, "FITS table")->required();
  command->add_option("--regions", f.regions, "DS9 regions, coloured by the fits' status");
  command->add_option("--residual", f.residual, "FITS image: the reference less the models");
  command->add_option("-j,--threads", f.threads, "threads")->check(CLI::Range(1, 4096));
  return command;
}

CLI::App* add_psf(CLI::App& app, commands::PsfArguments& p) {
  CLI::App* command = app.add_subcommand("psf", "make a PSF from stars, or from an image of a PSF");
  command->add_option("--image", p.image, "mosaic, FILE[HDU], any linear unit");
  command->add_option("--stars", p.stars, "stars in it: FITS, ECSV, DS9 regions, or auto");
  command->add_option("--cutout", p.cutouts, "FILE[HDU] of one star, once or more per star");
  command->add_option("--psf", p.psf, "image of a PSF, FILE[HDU]");
  command->add_option("--pixel-scale", p.pixel_scale_arcsec, "arcsec, where the header does not say it")
      ->check(above_zero);
  command->add_option("--to-scale", p.to_scale_arcsec, "pixel scale of the result [arcsec]")
      ->check(above_zero);
  command->add_option("--size", p.size_pix, "side of the stars' cutouts [pixel], odd (101)");
  command->add_option("--min-snr", p.min_snr, "auto: S/N of a star (100)")->check(above_zero);
  command->add_option("--isolation", p.isolation_arcsec, "auto: radius without neighbours [arcsec] (1)")
      ->check(above_zero);
  command
      ->add_option("--saturation", p.saturation,
                   "stars with a pixel at or above it are left out [image unit]")
      ->check(above_zero);
  command->add_option("--form", p.form, "image (default), or parametric: Moffat + Gaussian + power law");
  command->add_option("-o,--output", p.output, "FITS image and tables")->required();
  command->add_option("--regions", p.regions, "DS9 regions of the stars");
  return command;
}

void add_library_options(CLI::App& command, sed::LibrarySource& source) {
  command.add_option("--format", source.format,
                     fmt::format("{} (auto)", fmt::join(sed::library_formats(), ", ")));
  command.add_option("--metallicity", source.metallicity, "Z of files that do not say it");
  command.add_option("--mass", source.mass_msun, "starburst99: mass of the burst [Msun] (1e6)");
  command.add_option("--solar-metallicity", source.solar_metallicity, "fsps: Z of Log(Z/Zsol) = 0 (0.0142)");
}

CLI::App* add_library(CLI::App& app, commands::LibraryArguments& l) {
  CLI::App* command = app.add_subcommand("library", "convert stellar libraries to one FITS file");
  command->add_option("files", l.source.files, "files of one library")->required();
  add_library_options(*command, l.source);
  command->add_option("--name", l.source.name, "replaces what the format says; so do the next");
  command->add_option("--imf", l.source.imf, "initial mass function");
  command->add_option("--tracks", l.source.tracks, "tracks of stellar evolution");
  command->add_option("--citation", l.source.citation, "what to cite");
  command->add_option("-o,--output", l.output, "FITS file")->required();
  return command;
}

CLI::App* add_sed(CLI::App& app, commands::SedArguments& s) {
  CLI::App* command = app.add_subcommand("sed", "fit stellar populations to a table of photometry");
  command->add_option("catalog", s.catalog, "FITS[HDU] or ECSV: flux_BAND, flux_BAND_err, z, mu, id")
      ->required();
  command->add_option("--protocol", s.protocol,
                      "claeyssens2025 (posterior, default), claeyssens2023, or continuity (hosts)");
  command->add_option("--z", s.z, "redshift of all rows, without a column z");
  command->add_option("--unit", s.unit, "nJy, uJy, mJy, Jy or mag, where the table does not say it");
  command->add_option("--filter", s.filters, "BAND=FILE; else embedded")->allow_extra_args(false);
  command->add_option("--library", s.library.files, "files of a stellar library; else the embedded one");
  add_library_options(*command, s.library);
  command
      ->add_option("--covering-fraction", s.covering_fraction,
                   "of ionising photons (2025: 1, 2023: 0.5; 0,0.5,1: an axis of the grid)")
      ->delimiter(',')
      ->allow_extra_args(false);
  command->add_option("--attenuation", s.attenuation,
                      fmt::format("{} (calzetti2000)", fmt::join(sed::dust_law_names(), ", ")));
  command->add_option("--stars-over-gas", s.stars_over_gas_ebv,
                      "E(B-V) of stars over that of gas (1; Calzetti+2000: 0.44)");
  command->add_option("--igm", s.igm, fmt::format("{} (madau1995)", fmt::join(sed::igm_law_names(), ", ")));
  command
      ->add_option("--log-u", s.log_u,
                   "2023: ionisation parameter of the gas (-2.5; -3,-2: an axis of the grid)")
      ->delimiter(',')
      ->allow_extra_args(false);
  command->add_option("--tau", s.tau_myr, "2025: of the exponential history [Myr] (1)");
  command->add_option("--age-prior", s.age_prior, "2025: uniform (default) or log_uniform");
  command
      ->add_option("--bins", s.bin_ends_myr,
                   "continuity: ends of the bins [Myr before the observation] (10,30,50,100,200,...)")
      ->delimiter(',')
      ->allow_extra_args(false);
  command->add_option("--live-points", s.live_points, "continuity: of the nested sampling (400)");
  command->add_flag("--upper-limits", s.upper_limits,
                    "2025, continuity: undetected bands as limits, not signed fluxes");
  command->add_option("--draws", s.draws, "2025, continuity: of the posterior, each row (1000)");
  command->add_option("--min-bands", s.min_bands, "detected bands that a fit needs (4)");
  command->add_option("--seed", s.seed, "of the draws (1)");
  command->add_option("-o,--output", s.output, "FITS tables SED, POSTERIOR and, of continuity, HISTORY")
      ->required();
  command->add_option("--report", s.report, "HTML page: colours with tracks, spectra with photometry");
  command->add_option("--colors", s.colors, "BLUE,MIDDLE,RED: bands of the report's colours (chosen)");
  command->add_option("--spectra", s.spectra, "rows whose spectra the report shows (24)")
      ->check(CLI::Range(0, 1000));
  command->add_option("-j,--threads", s.threads, "threads")->check(CLI::Range(1, 4096));
  return command;
}

CLI::App* add_cmf(CLI::App& app, commands::CmfArguments& c) {
  CLI::App* command = app.add_subcommand("cmf", "fit the cluster mass functions of one or more catalogues");
  command
      ->add_option(
          "catalog", c.catalogs,
          "FITS[HDU] or ECSV: log_mass_msun or mass_msun, its error, log_age_yr; several (lens models, "
          "say) are set side by side")
      ->required();
  command->add_option("--label", c.labels, "names of the catalogues: M1,M2,M3 (those of the files)")
      ->delimiter(',')
      ->allow_extra_args(false);
  command
      ->add_option(
          "--injections", c.injections,
          "injections.fits of a run: corrects for mass errors and selection; with several catalogues "
          "once for each, in their order: the file, or none")
      ->allow_extra_args(false);
  command->add_option("--report", c.report, "HTML page: table, mass functions, posteriors");
  command
      ->add_option("--injected-masses", c.injected_masses_msun,
                   "LOW HIGH [Msun], uniform in log; without a manifest.json beside the injections")
      ->expected(2);
  command->add_option("--lowest-mass", c.lowest_mass_msun,
                      "of the corrected population [Msun] (the least injected)");
  command->add_option("--mass-error", c.mass_error_dex, "of all rows [dex], over the table's");
  population::MassFunctionOptions& o = c.options;
  command->add_option("--min-mass", o.min_mass_msun, "Msun (2e6)");
  command->add_option("--max-mass", o.max_mass_msun, "Msun (none)");
  command->add_option("--max-age", o.max_age_myr, "Myr (100)");
  command->add_option_function<std::pair<double, double>>(
      "--beta", [&o](const std::pair<double, double>& range) { std::tie(o.beta_low, o.beta_high) = range; },
      "LOW HIGH: flat prior on the slope (-3 -1)");
  command->add_option("--log-cutoff-high", o.log_cutoff_high, "flat prior on log10 M_c up to here (9)");
  command->add_option("--walkers", o.sampler.walkers, "of an ensemble, even (100)");
  command->add_option("--steps", o.sampler.steps, "of a walker (600)");
  command->add_option("--burn-in", o.burn_in, "steps left out (100)");
  command
      ->add_option("--max-steps", o.max_steps,
                   "run on until converged, doubling --steps, to at most so many (0: not)")
      ->check(CLI::Range(0, 1000000));
  command->add_option("--ensembles", o.ensembles, "independent ones (4)");
  command->add_option("--bootstraps", o.bootstraps, "redrawn masses and ages (500)");
  command->add_option("--seed", c.seed, "of chains and bootstraps (1)");
  command->add_option("-o,--output", c.output, "FITS tables")->required();
  command->add_option("-j,--threads", c.threads, "threads")->check(CLI::Range(1, 4096));
  return command;
}

void add_lens_options(CLI::App& command, commands::LensArguments& l) {
  command.add_option("--par", l.par, "Lenstool's best.par");
  command.add_option("--bayes", l.bayes, "its bayes.dat");
  command.add_option("--row", l.row, "the model is this row of bayes.dat, from 0; else best.par");
  command.add_option("--posterior-rows", l.posterior_rows, "rows behind the errors of mu (0)");
  command.add_option("--map", l.map, "a map of arcproof lens-map");
  command.add_option("--deflection-x", l.deflection_x, "deflection map of another maker, FILE[HDU]");
  command.add_option("--deflection-y", l.deflection_y, "the same, y");
  const auto each = [&](const char* name, std::vector<std::string>& files, const char* text) {
    command.add_option(name, files, text)->allow_extra_args(false);
  };
  each("--posterior-map", l.posterior_maps, "a draw of the posterior, map as --map; once for each");
  each("--posterior-deflection-x", l.posterior_deflection_x, "the same as deflection, FILE[HDU]");
  each("--posterior-deflection-y", l.posterior_deflection_y, "the same, y");
  command.add_option("--map-unit", l.map_unit, "of the deflection: arcsec (default) or pixel");
  command.add_option("--map-dlsds", l.map_dlsds, "its D_LS / D_S (1: Frontier Fields)");
  command.add_option("--map-z", l.map_z, "or the redshift that it is for");
  command.add_option("--map-sign", l.map_sign, "beta = theta - sign alpha: 1 (default) or -1");
  command.add_option("--map-x", l.map_x, "where a positive x-deflection points: west (default) or east");
  command.add_option("--map-pixel-scale", l.map_pixel_scale_arcsec, "arcsec: the map's must be the same");
  command.add_option("--z-lens", l.z_lens, "redshift of the lens, where the map does not say it");
  command.add_option("--h0", l.h0, "of a map [km/s/Mpc] (70)");
  command.add_option("--omega-m", l.omega_m, "of a map, flat (0.3)");
  command.add_flag("--cluster", l.cluster, "the embedded compact cluster at RA 15, Dec -2, z 0.4");
}

void add_field_options(CLI::App& command, commands::FieldArguments& f, const std::string& default_size,
                       const std::string& default_step) {
  command.add_option("--centre", f.centre, "RA,DEC [deg] (the lens's reference)");
  command.add_option("--size", f.size, "ARCSEC, or WIDTH,HEIGHT" + default_size);
  command.add_option("--like", f.like, "IMAGE[HDU]: covers this image");
  command.add_option("--step", f.step, "of the grid [arcsec]" + default_step);
}

CLI::App* add_lens_map(CLI::App& app, commands::LensMapArguments& m) {
  CLI::App* command = app.add_subcommand("lens-map", "maps and critical lines of a lens");
  add_lens_options(*command, m.lens);
  add_field_options(*command, m.field, "", "; --like: the image's");
  command->add_option("--z", m.z, "redshift of the source");
  command->add_option("--dlsds", m.dlsds, "or its D_LS / D_S");
  command->add_option("-o,--output", m.output, "FITS images")->required();
  command->add_option("--critical", m.critical, "DS9 regions of the critical lines");
  command->add_option("--caustics", m.caustics, "DS9 regions of the caustics");
  command->add_option("--multiplicity", m.multiplicity,
                      "FITS image: number of images in the field, in the source plane");
  command->add_option("-j,--threads", m.threads, "threads")->check(CLI::Range(1, 4096));
  return command;
}

CLI::App* add_delens(CLI::App& app, commands::DelensArguments& d) {
  CLI::App* command = app.add_subcommand("delens", "magnifications and intrinsic sizes of a catalogue");
  command->add_option("catalog", d.catalog, "FITS[HDU] or ECSV: ra, dec, z, shape, photometry, id")
      ->required();
  add_lens_options(*command, d.lens);
  command->add_option("--z", d.z, "redshift of all rows, without a column z");
  command->add_option("--pixel-scale", d.pixel_scale_arcsec, "arcsec; sizes below 0.4 pixel are limits")
      ->required();
  command
      ->add_option("--draws", d.draws,
                   "joint draws of flux and size of each clump: table DRAWS, columns joint_*")
      ->check(CLI::Range(2, 100000));
  command->add_option("--redraws", d.redraws,
                      "FILE[HDU]: REDRAWS of fit --keep-redraws (else from the errors given)");
  command->add_option("--seed", d.seed, "of the draws (1)");
  command->add_option("-o,--output", d.output, "FITS table")->required();
  command->add_option("-j,--threads", d.threads, "threads")->check(CLI::Range(1, 4096));
  return command;
}

CLI::App* add_images(CLI::App& app, commands::ImagesArguments& i) {
  CLI::App* command = app.add_subcommand("images", "all images of the source of an image");
  command->add_option("catalog", i.catalog, "FITS[HDU] or ECSV: ra, dec, z, id; or give one position:");
  add_lens_options(*command, i.lens);
  add_field_options(*command, i.field, " (100)", " (0.1)");
  command->add_option("--ra", i.ra, "of an image [deg]");
  command->add_option("--dec", i.dec, "of an image [deg]");
  command->add_option("--source-x", i.source_x, "of a source, in the lens's frame [arcsec, +x west]");
  command->add_option("--source-y", i.source_y, "of a source [arcsec]");
  command->add_option("--z", i.z, "redshift of the source");
  command->add_option("-o,--output", i.output, "FITS tables")->required();
  command->add_option("--regions", i.regions, "DS9 regions of the images");
  command->add_option("-j,--threads", i.threads, "threads")->check(CLI::Range(1, 4096));
  return command;
}

int print(const std::string& lines) {
  fmt::print("{}", lines);
  return exit_done;
}

int dispatch(int argc, char** argv) {
  CLI::App app{
      "Injects synthetic star clumps through lens models into images, recovers them, and says how much of a "
      "catalogue is true."};
  app.require_subcommand(1);
  app.set_version_flag("--version", build_information().dump(false));
  Arguments a;

  CLI::App* run_command = app.add_subcommand("run", "run a recipe");
  run_command->add_option("recipe", a.recipe, "recipe folder")->required();
  run_command->add_option("-o,--output", a.output, "output folder (default: out/NAME)");
  run_command->add_option("--set", a.set, "key.sub=value, over the recipe's")->allow_extra_args(false);
  run_command->add_flag("--resume", a.resume, "keep the realisations that are done");
  run_command
      ->add_flag("--overwrite", a.overwrite,
                 "let a changed recipe of the same name take the place of an earlier run")
      ->excludes("--resume");
  run_command->add_option("--shard", a.shard, "i/n: every n-th realisation, parts only");
  run_command->add_option("--until", a.until,
                          "neff=N: more injections where the mass function needs them, until it has N "
                          "effective ones");
  add_run_options(*run_command, a);

  CLI::App* check_command =
      app.add_subcommand("check", "read a recipe and all its inputs, and find what is wrong before any work");
  check_command->add_option("recipe", a.recipe, "recipe folder")->required();
  check_command->add_option("--set", a.set, "key.sub=value, over the recipe's")->allow_extra_args(false);

  CLI::App* merge_command = app.add_subcommand("merge", "join shards, in any order");
  merge_command->add_option("output", a.output, "output folder")->required();
  merge_command->add_option("shards", a.shards, "output folders of the shards")->required();
  add_run_options(*merge_command, a);

  CLI::App* report_command =
      app.add_subcommand("report", "render the report of an output folder again, from its tables");
  report_command->add_option("output", a.output, "output folder")->required();

  commands::DetectArguments detect_arguments;
  commands::FitArguments fit_arguments;
  commands::PsfArguments psf_arguments;
  detect_arguments.threads = fit_arguments.threads = hardware_threads();
  CLI::App* detect_command = add_detect(app, detect_arguments);
  CLI::App* fit_command = add_fit(app, fit_arguments);
  CLI::App* psf_command = add_psf(app, psf_arguments);
  commands::LibraryArguments library_arguments;
  commands::SedArguments sed_arguments;
  commands::CmfArguments cmf_arguments;
  sed_arguments.threads = cmf_arguments.threads = hardware_threads();
  CLI::App* library_command = add_library(app, library_arguments);
  CLI::App* sed_command = add_sed(app, sed_arguments);
  CLI::App* cmf_command = add_cmf(app, cmf_arguments);

  commands::LensMapArguments lens_map_arguments;
  commands::DelensArguments delens_arguments;
  commands::ImagesArguments images_arguments;
  lens_map_arguments.threads = delens_arguments.threads = images_arguments.threads = hardware_threads();
  CLI::App* lens_map_command = add_lens_map(app, lens_map_arguments);
  CLI::App* delens_command = add_delens(app, delens_arguments);
  CLI::App* images_command = add_images(app, images_arguments);

  CLI::App* schema_command = app.add_subcommand("schema", "JSON Schema of a recipe");

  try {
    app.parse(argc, argv);
  } catch (const CLI::Success& request) {  // --help, --version
    return app.exit(request);
  } catch (const CLI::ParseError& error) {
    const bool unknown_command = argc > 1 && argv[1][0] != '-' && app.get_subcommands().empty();
    throw InputError({"command line", unknown_command ? argv[1] : "arguments",
                      unknown_command ? "no command of arcproof" : error.what(), "see arcproof --help"});
  }
  if (*run_command || *merge_command) {  // these leave a folder that --resume takes up; the others just end
    std::signal(SIGINT, on_signal);
    std::signal(SIGTERM, on_signal);
  }
  std::signal(SIGXFSZ, SIG_IGN);  // a file that may not grow is an error of writing, with a message
  if (*run_command) return run(a);
  if (*check_command) return check(a);
  if (*merge_command) return merge(a);
  if (*report_command) return report(a);
  if (*detect_command) return print(commands::run_detect(detect_arguments));
  if (*fit_command) return print(commands::run_fit(fit_arguments));
  if (*psf_command) return print(commands::run_psf(psf_arguments));
  if (*library_command) return print(commands::run_library(library_arguments));
  if (*sed_command) return print(commands::run_sed(sed_arguments));
  if (*cmf_command) return print(commands::run_cmf(cmf_arguments));
  if (*lens_map_command) return print(commands::run_lens_map(lens_map_arguments));
  if (*delens_command) return print(commands::run_delens(delens_arguments));
  if (*images_command) return print(commands::run_images(images_arguments));
  if (*schema_command) fmt::print("{}", recipe_schema().dump());
  return exit_done;
}

}  // namespace
}  // namespace arcproof::recipes

int main(int argc, char** argv) {
  // Images come and go by the hundred: keep their memory instead of handing each back to the kernel.
  mallopt(M_MMAP_THRESHOLD, 1 << 28);
  mallopt(M_TRIM_THRESHOLD, 1 << 30);
  using namespace arcproof;
  try {
    return recipes::dispatch(argc, argv);
  } catch (const InputError& error) {
    fmt::print(stderr, "arcproof: {}\n", error.what());
    return recipes::exit_input;
  } catch (const std::exception& error) {
    fmt::print(stderr, "arcproof: error: {}\n", error.what());
    return recipes::exit_internal;
  }
}
