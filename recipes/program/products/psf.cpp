#include "recipes/program/products/psf.h"

#include "engine/core/text.h"
#include "engine/io/fits.h"
#include "engine/sky/psf_profile.h"
#include "reports/sections/bands.h"
#include "reports/sections/psf.h"

namespace arcproof::recipes {
namespace {

// Azimuthal means of all PSFs, in units of the peak of the one that the analysis uses.
io::Table psf_table(const Recipe& recipe, const Inputs& inputs) {
  io::Texts band;
  io::Reals radius, analysis, injection, image;
  for (std::size_t b = 0; b < recipe.bands.size(); ++b) {
    const sky::Psf& used = *inputs.analysis_psfs[b];
    const auto peak = [](const sky::Psf& psf) { return psf.image()(psf.half_size(), psf.half_size()); };
    const auto profile_of = [&](const sky::Psf& psf) {
      sky::RadialProfiles profiles = sky::radial_profiles(psf, {});
      for (double& value : profiles.image) value *= peak(psf) / peak(used);
      return profiles;
    };
    const auto of_analysis = profile_of(used), of_injection = profile_of(*inputs.injection_psfs[b]),
               of_image = profile_of(*inputs.analysis_psf_images[b]);
    const std::size_t count =
        std::min({of_analysis.image.size(), of_injection.image.size(), of_image.image.size()});
    for (std::size_t i = 0; i < count; ++i) {
      band.push_back(lower_case(recipe.bands[b].name));
      radius.push_back(of_analysis.radius_arcsec[i]);
      analysis.push_back(of_analysis.image[i]);
      injection.push_back(of_injection.image[i]);
      image.push_back(of_image.image[i]);
    }
  }
  io::Table table("PSF");
  table.add("band", "", "name of the band", std::move(band));
  table.add("radius", "arcsec", "mean over the pixels of a ring", std::move(radius));
  table.add("analysis", "", "PSF of the fits, over its peak", std::move(analysis));
  table.add("injection", "", "PSF of injected clumps and simulated skies, in the same unit",
            std::move(injection));
  table.add("image", "", "image that the PSF of the fits comes from, in the same unit", std::move(image));
  return table;
}

void make_psf(RunData& run) {
  io::write_fits_tables(run.output / "psf.fits", {psf_table(run.recipe, run.inputs)});
}

}  // namespace

const Product psf_product = {
    {"psf.fits"}, always_asked_for, no_metrics, make_psf, {reports::psf_section, reports::bands_section}};

}  // namespace arcproof::recipes
