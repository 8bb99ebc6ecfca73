#include "recipes/program/commands/lenses/options.h"

#include "engine/core/parallel.h"
#include "recipes/program/commands/lenses/delens.h"
#include "recipes/program/commands/lenses/images.h"
#include "recipes/program/commands/lenses/lens_map.h"

#include <memory>
#include <tuple>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace arcproof::commands {
namespace {

void add_lens_options(CLI::App& command, LensArguments& l) {
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

void add_field_options(CLI::App& command, FieldArguments& f, const std::string& default_size,
                       const std::string& default_step) {
  command.add_option("--centre", f.centre, "RA,DEC [deg] (the lens's reference)");
  command.add_option("--size", f.size, "ARCSEC, or WIDTH,HEIGHT" + default_size);
  command.add_option("--like", f.like, "IMAGE[HDU]: covers this image");
  command.add_option("--step", f.step, "of the grid [arcsec]" + default_step);
}

Command add_lens_map(CLI::App& app) {
  const auto arguments = std::make_shared<LensMapArguments>();
  LensMapArguments& m = *arguments;
  m.threads = hardware_threads();
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
  return {command, [arguments] { return run_lens_map(*arguments); }};
}

Command add_delens(CLI::App& app) {
  const auto arguments = std::make_shared<DelensArguments>();
  DelensArguments& d = *arguments;
  d.threads = hardware_threads();
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
  return {command, [arguments] { return run_delens(*arguments); }};
}

Command add_images(CLI::App& app) {
  const auto arguments = std::make_shared<ImagesArguments>();
  ImagesArguments& i = *arguments;
  i.threads = hardware_threads();
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
  return {command, [arguments] { return run_images(*arguments); }};
}

}  // namespace

std::vector<Command> add_lenses(CLI::App& app) {
  return {add_lens_map(app), add_delens(app), add_images(app)};
}

}  // namespace arcproof::commands
