#include "recipes/program/commands/lenses/options.h"

#include "engine/core/error.h"
#include "engine/core/parallel.h"
#include "recipes/program/commands/lenses/delens.h"
#include "recipes/program/commands/lenses/images.h"
#include "recipes/program/commands/lenses/lens_map.h"
#include "recipes/program/commands/option_keys.h"

#include <memory>

namespace arcproof::commands {
namespace {

// A lens: its options, and what is left to do when the command line was parsed.
class LensOptions {
 public:
  LensOptions(CLI::App& command, LensArguments& lens)
      : lens_(lens),
        lenstool_(command, {{"posterior_rows", ""}}),
        maps_(command, {{"posterior_maps", "--posterior-map"}}) {
    lenstool_.add(lens.lenstool);
    command
        .add_option(
            "--posterior-rows", lens.posterior_rows,
            "models behind the error of mu: rows of bayes.dat, or of the embedded cluster's posterior")
        ->capture_default_str();
    maps_.add(lens.maps);
    command.add_option("--h0", lens.maps.options.h0,
                       "Hubble constant for a map [km/s/Mpc] (absent: the header's, or 70)");
    command.add_option("--omega-m", lens.maps.options.omega_m,
                       "matter density for a map, flat universe (absent: the header's, or 0.3)");
    command.add_flag("--cluster", lens.cluster, "the embedded compact cluster at RA 15, Dec -2, z 0.4");
  }
  void set() {
    lenstool_.set(lens_.lenstool);
    if (lenstool_.given("row") && lens_.lenstool.bayes.empty())
      refuse("", "--row", "without --bayes", "--bayes");
    maps_.set(lens_.maps);
  }

 private:
  LensArguments& lens_;
  OptionKeys lenstool_, maps_;
};

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
  const auto lens = std::make_shared<LensOptions>(*command, m.lens);
  add_field_options(*command, m.field, "", "; --like: the image's");
  command->add_option("--z", m.z, "redshift of the source");
  command->add_option("--dlsds", m.dlsds, "or its D_LS / D_S");
  command->add_option("-o,--output", m.output, "FITS images")->required();
  command->add_option("--critical", m.critical, "DS9 regions of the critical lines");
  command->add_option("--caustics", m.caustics, "DS9 regions of the caustics");
  command->add_option("--multiplicity", m.multiplicity,
                      "FITS image: number of images in the field, in the source plane");
  command->add_option("-j,--threads", m.threads, "threads")->check(CLI::Range(1, 4096));
  return {command, [arguments, lens] {
            lens->set();
            return run_lens_map(*arguments);
          }};
}

Command add_delens(CLI::App& app) {
  const auto arguments = std::make_shared<DelensArguments>();
  DelensArguments& d = *arguments;
  d.threads = hardware_threads();
  CLI::App* command = app.add_subcommand("delens", "magnifications and intrinsic sizes of a catalogue");
  command->add_option("catalog", d.catalog, "FITS[HDU] or ECSV: ra, dec, z, shape, photometry, id")
      ->required();
  const auto lens = std::make_shared<LensOptions>(*command, d.lens);
  command->add_option("--z", d.z, "redshift of all rows, without a column z");
  command->add_option("--pixel-scale", d.pixel_scale_arcsec, "arcsec; sizes below 0.4 pixel are limits")
      ->required();
  const auto keys = std::make_shared<OptionKeys>(*command);
  keys->add(d);
  command->add_option("--redraws", d.redraws,
                      "FILE[HDU]: REDRAWS of fit --keep-redraws (else from the errors given)");
  command->add_option("-o,--output", d.output, "FITS table")->required();
  command->add_option("-j,--threads", d.threads, "threads")->check(CLI::Range(1, 4096));
  return {command, [arguments, lens, keys] {
            lens->set();
            keys->set(*arguments);
            return run_delens(*arguments);
          }};
}

Command add_images(CLI::App& app) {
  const auto arguments = std::make_shared<ImagesArguments>();
  ImagesArguments& i = *arguments;
  i.threads = hardware_threads();
  CLI::App* command = app.add_subcommand("images", "all images of the source of an image");
  command->add_option("catalog", i.catalog, "FITS[HDU] or ECSV: ra, dec, z, id; or give one position:");
  const auto lens = std::make_shared<LensOptions>(*command, i.lens);
  add_field_options(*command, i.field, " (100)", " (0.1)");
  command->add_option("--ra", i.ra, "of an image [deg]");
  command->add_option("--dec", i.dec, "of an image [deg]");
  command->add_option("--source-x", i.source_x, "of a source, in the lens's frame [arcsec, +x west]");
  command->add_option("--source-y", i.source_y, "of a source [arcsec]");
  command->add_option("--z", i.z, "redshift of the source");
  command->add_option("-o,--output", i.output, "FITS tables")->required();
  command->add_option("--regions", i.regions, "DS9 regions of the images");
  command->add_option("-j,--threads", i.threads, "threads")->check(CLI::Range(1, 4096));
  return {command, [arguments, lens] {
            lens->set();
            return run_images(*arguments);
          }};
}

}  // namespace

std::vector<Command> add_lenses(CLI::App& app) {
  return {add_lens_map(app), add_delens(app), add_images(app)};
}

}  // namespace arcproof::commands
