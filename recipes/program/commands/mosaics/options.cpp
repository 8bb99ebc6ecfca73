#include "recipes/program/commands/mosaics/options.h"

#include "engine/core/parallel.h"
#include "recipes/program/commands/mosaics/detect.h"
#include "recipes/program/commands/mosaics/fit.h"
#include "recipes/program/commands/mosaics/psf.h"
#include "recipes/program/commands/option_keys.h"

#include <memory>

namespace arcproof::commands {
namespace {

// As they have been called on the command line.
const OptionKeys::Names detection_names = {{"threshold_sigma", "--threshold"},
                                           {"median_side_pix", "--median"}};

// The protocol's as well; what no user of the command sets has no name.
OptionKeys::Names fit_names() {
  OptionKeys::Names names = detection_names;
  names["prior"] = "--map-prior";
  for (const char* key :
       {"protocol", "forced_shift_pix", "fix_position_in_groups", "max_sigma_pix", "min_axis_ratio"})
    names[key] = "";
  return names;
}

Command add_detect(CLI::App& app) {
  const auto arguments = std::make_shared<DetectArguments>();
  DetectArguments& d = *arguments;
  d.threads = hardware_threads();
  CLI::App* command = app.add_subcommand("detect", "find the sources of a mosaic");
  command->add_option("--image", d.image, "FILE[HDU]")->required();
  command->add_option("--error", d.error, "FILE[HDU], 1 sigma; with neither this nor --weight: measured");
  command->add_option("--weight", d.weight, "FILE[HDU], 1 / variance");
  command->add_option("--psf", d.psf, "FILE[HDU], or a band with an embedded PSF: adds point-source fluxes");
  const auto keys = std::make_shared<OptionKeys>(*command, detection_names);
  keys->add(d);
  command->add_option("-o,--output", d.output, "FITS table")->required();
  command->add_option("--regions", d.regions, "DS9 regions");
  command->add_option("-j,--threads", d.threads, "threads")->check(CLI::Range(1, 4096));
  return {command, [arguments, keys] {
            keys->set(*arguments);
            return run_detect(*arguments);
          }};
}

Command add_fit(CLI::App& app) {
  const auto arguments = std::make_shared<FitArguments>();
  FitArguments& f = *arguments;
  f.threads = hardware_threads();
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
  const auto keys = std::make_shared<OptionKeys>(*command, fit_names());
  keys->add(f);
  command->add_option("-o,--output", f.output, "FITS table")->required();
  command->add_option("--regions", f.regions, "DS9 regions, coloured by the fits' status");
  command->add_option("--residual", f.residual, "FITS image: the reference less the models");
  command->add_option("-j,--threads", f.threads, "threads")->check(CLI::Range(1, 4096));
  return {command, [arguments, keys] {
            keys->set(*arguments);
            return run_fit(*arguments);
          }};
}

Command add_psf(CLI::App& app) {
  const auto arguments = std::make_shared<PsfArguments>();
  PsfArguments& p = *arguments;
  CLI::App* command = app.add_subcommand("psf", "make a PSF from stars, or from an image of a PSF");
  command->add_option("--image", p.image, "mosaic, FILE[HDU], any linear unit");
  command->add_option("--stars", p.stars, "stars in it: FITS, ECSV, DS9 regions, or auto");
  command->add_option("--cutout", p.cutouts, "FILE[HDU] of one star, once or more per star");
  command->add_option("--psf", p.psf, "image of a PSF, FILE[HDU]");
  const auto keys = std::make_shared<OptionKeys>(*command);
  keys->add(p);
  command->add_option("-o,--output", p.output, "FITS image and tables")->required();
  command->add_option("--regions", p.regions, "DS9 regions of the stars");
  return {command, [arguments, keys] {
            keys->set(*arguments);
            return run_psf(*arguments);
          }};
}

}  // namespace

std::vector<Command> add_mosaics(CLI::App& app) { return {add_detect(app), add_fit(app), add_psf(app)}; }

}  // namespace arcproof::commands
