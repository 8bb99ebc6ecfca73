#include "recipes/program/description/recipe_keys.h"

#include "engine/core/units.h"
#include "recipes/program/description/binder.h"

#include <cmath>

#include <fmt/format.h>

namespace arcproof::recipes {

// ---------------------------------------------------------------- limits

// What lies beyond is a slip of the pen, not an astronomical object.
constexpr Bounds any_age = {0, 14000, true};  // [Myr]
constexpr Bounds any_metallicity = {1e-5, 0.1};
constexpr Bounds any_mass = {0, 1e13, true};  // [Msun]
constexpr Bounds any_radius_pc = {0, 1e5, true};
constexpr Bounds any_place = {-36000, 36000};         // [arcsec]: a flat frame means nothing beyond
constexpr Bounds any_angle_on_sky = {0, 3600, true};  // [arcsec]

// ---------------------------------------------------------------- the description

static void describe(Binder& b, sky::Cosmology& c) {
  b.number("h0_km_s_mpc", c.h0_km_s_mpc, "Hubble constant [km/s/Mpc]", Bounds::between(10, 200));
  b.number("omega_m", c.omega_m, "matter density; flat universe", {0, 1, true});
}

static void describe(Binder& b, PsfSource& p) {
  b.text("file", p.file, "FITS image of the PSF; empty: the embedded PSF of the band");
  b.text("hdu", p.hdu, "EXTNAME, or a number in quotes; empty: the first image");
  b.number("pixel_scale_arcsec", p.pixel_scale_arcsec, "of the PSF image; 0: from its header",
           Bounds::between(0, 10));
  b.text("form", p.form,
         "image (as it is), or parametric: Moffat + Gaussian + fourth-degree power law fitted to it out to "
         "0.5 arcsec",
         {"image", "parametric"});
}

static void describe(Binder& b, BandRecipe& r) {
  b.require_key("name");
  b.text("name", r.name, "name of the band, such as F150W");
  b.object("psf", r.psf, "PSF of the analysis, and of the injection unless that has its own");
  b.optional_object("injection_psf", r.injection_psf,
                    "PSF of injected clumps and simulated skies, to study PSF mismatch");
  b.text("filter", r.filter, "two-column file (Angstrom, throughput); empty: the embedded curve of the band");
  b.number("depth_mag_ab", r.depth_mag_ab, "point-source depth of simulated exposures",
           Bounds::between(10, 45));
  b.number("depth_sigmas", r.depth_sigmas, "significance of that depth", {0, 100, true});
  b.number("galactic_extinction_mag", r.galactic_extinction_mag, "A of the Milky Way in this band",
           Bounds::between(0, 20));
  b.number("electrons_per_njy", r.electrons_per_njy,
           "detected electrons per nJy; 0: sources carry no shot noise", Bounds::between(0, 1e12));
  b.number(
      "pixel_scale_arcsec", r.pixel_scale_arcsec,
      "of this band's exposures: simulated ones, such as 0.04 beside 0.02 (0: that of the recipe), and real "
      "ones whose header does not say it",
      Bounds::between(0, 10));
}

// A key without a default.
static void optional_text(Binder& b, const char* key, std::optional<std::string>& value, const char* doc,
                          std::vector<std::string> choices) {
  if (b.is_dumping() && !value) return;
  std::string text = value.value_or(choices.front());
  const bool given = b.is_loading() && b.has(key);
  b.text(key, text, doc, std::move(choices));
  if (given) value = text;
}

static void describe(Binder& b, lens::MapOptions& o) {
  optional_text(b, "map_unit", o.map_unit, "map: unit of the deflection; arcsec where nothing is said",
                {"arcsec", "pixel"});
  b.optional_number("map_dlsds", o.map_dlsds,
                    "map: D_LS / D_S that deflections are normalised to; 1 for the Frontier Fields",
                    {0, 1, true});
  b.optional_number("map_z", o.map_z, "map: or the redshift that they are for", {0, 30, true});
  std::optional<double> sign = o.map_sign;
  b.optional_number("map_sign", sign, "map: beta = theta - sign alpha: 1 (where nothing is said) or -1",
                    Bounds::between(-1, 1));
  if (sign && std::abs(*sign) != 1) b.refuse("map_sign", fmt::format("{:g}", *sign), "1 or -1");
  o.map_sign = sign ? std::optional(static_cast<int>(*sign)) : std::nullopt;
  optional_text(b, "map_x", o.map_x, "map: where a positive x-deflection points; west where nothing is said",
                {"west", "east"});
  b.optional_number("map_pixel_scale_arcsec", o.map_pixel_scale_arcsec,
                    "map: must be that of the file's WCS, to 1e-3", {0, 60, true});
  b.optional_number("z_lens", o.z_lens, "map: redshift of the lens, where the header (ZLENS) does not say it",
                    {0, 20, true});
}

static void describe_map(Binder& b, LensRecipe& l) {
  b.text("map", l.map, "map: a file of arcproof lens-map");
  b.text("deflection_x", l.deflection_x, "map: or deflections of another maker, FILE or FILE[HDU]");
  b.text("deflection_y", l.deflection_y, "map: the same, y");
  b.texts("posterior_maps", l.posterior_maps, "map: draws of the posterior, as `map`, on the same nodes");
  b.texts("posterior_deflection_x", l.posterior_deflection_x, "map: draws, as deflection_x");
  b.texts("posterior_deflection_y", l.posterior_deflection_y, "map: draws, as deflection_y");
  describe(b, l.map_options);
}

static void describe(Binder& b, LensRecipe& l) {
  b.text("kind", l.kind,
         "compact_cluster (embedded), lenstool (files), map (files) or constant (one magnification "
         "everywhere)",
         {"compact_cluster", "lenstool", "map", "constant"});
  b.text("par", l.par, "lenstool: the model, best.par");
  b.text("bayes", l.bayes, "lenstool: its posterior, bayes.dat");
  b.integer("row", l.row, "lenstool: row of bayes.dat to use as the model; -1: best.par itself",
            Bounds::between(-1, 1e6));
  b.number("dispersion_factor", l.dispersion_factor, "compact_cluster: times all velocity dispersions",
           {0, 10, true});
  b.number("posterior_scatter", l.posterior_scatter,
           "compact_cluster: relative scatter of the dispersions in its posterior", Bounds::between(0, 1));
  b.number("mu_tangential", l.mu_tangential, "constant: tangential magnification",
           {0, largest_magnification, true});
  b.number("mu_radial", l.mu_radial, "constant: radial magnification", {0, largest_magnification, true});
  b.number("angle_deg", l.angle_deg,
           "constant: direction of the tangential stretch, from +x counter-clockwise",
           Bounds::between(-360, 360));
  b.integer("posterior_rows", l.posterior_rows, "models behind the magnification's error; 0: none",
            Bounds::between(0, 10000));
  // Left out of the resolved recipe of other kinds: recipes without maps keep their hash.
  if (!b.is_dumping() || l.kind == "map") describe_map(b, l);
}

static void describe(Binder& b, AlternativeLensRecipe& a) {
  b.require_key("name");
  b.text("name", a.name, "letters and digits; in lower case the suffix of its columns");
  describe(b, a.lens);
}

static void describe(Binder& b, LibraryRecipe& l) {
  b.text("kind", l.kind, "analytic (embedded), bc03 (.ised files) or file (any format of arcproof library)",
         {"analytic", "bc03", "file"});
  b.texts("files", l.files, "bc03: .ised files, one a metallicity; file: those of one library");
}

static void describe(Binder& b, LightRecipe& l) {
  b.text("attenuation", l.attenuation,
         "dust: Calzetti+2000, SMC bar of Gordon+2003, Milky Way of Cardelli+1989", sed::dust_law_names());
  b.number("stars_over_gas_ebv", l.stars_over_gas_ebv,
           "E(B-V) of stars over that of gas; 1: alike, 0.44: Calzetti+2000", {0, 1, true});
  b.text("igm", l.igm, "intergalactic absorption", sed::igm_law_names());
  b.number("log_u", l.log_u, "log10 of the ionisation parameter of the gas", Bounds::between(-4, 0));
  b.optional_number("covering_fraction", l.covering_fraction,
                    "of ionising photons that light up gas; else that of the recipe", Bounds::between(0, 1));
}

static void describe(Binder& b, TemplateRecipe& t) {
  b.require_key("name");
  b.text("name", t.name, "what tables and figures call it");
  b.object("library", t.library, "stellar library");
  b.text("history", t.history, "of star formation", {"constant", "exponential", "delayed"});
  b.number("duration_myr", t.duration_myr, "constant: its duration; 0: a burst", Bounds::between(0, 15000));
  b.number("tau_myr", t.tau_myr, "exponential and delayed: time scale", {0, 15000, true});
  std::vector<std::string> laws = sed::dust_law_names();
  laws.insert(laws.begin(), "");
  b.text("attenuation", t.attenuation, "as in sed; empty: that one", laws);
}

static void describe(Binder& b, TemplateMismatchRecipe& m) {
  b.require_key("templates");
  b.list("templates", m.templates, "each is the truth in turn, and each is fitted to all");
  b.numbers("redshifts", m.redshifts, "of the clumps", {0, 20, true});
  b.integer("clumps", m.clumps, "drawn at each redshift", Bounds::between(1, 100000));
  b.interval("snr", m.snr_low, m.snr_high, "S/N in the reference band, uniform in log", {0, 1e6, true});
  b.number("age_step_dex", m.age_step_dex, "bins of age", Bounds::between(0.05, 5));
}

static void describe(Binder& b, ExposureRecipe& e) {
  b.require_key("band");
  b.require_key("file");
  b.text("band", e.band, "one of the recipe's bands");
  b.text("file", e.file, "FITS file of the science image");
  b.text("science_hdu", e.science_hdu, "EXTNAME, or a number in quotes; empty: the first image");
  b.text("error_hdu", e.error_hdu, "HDU of the error image");
  b.text("error_file", e.error_file, "file of the error image, where it is another");
  b.text("weight_file", e.weight_file, "file of the weight image (1 / variance)");
  b.text("weight_hdu", e.weight_hdu, "HDU of the weight image");
}

static void describe(Binder& b, RegionRecipe& r) {
  b.text("kind", r.kind,
         "circle (on the sky), source_disc (in the source plane, by the analysis lens), everywhere, mask (an "
         "image) "
         "or regions (of DS9)",
         {"circle", "source_disc", "everywhere", "mask", "regions"});
  b.text("file", r.file, "mask: FITS image on the exposures' pixels, above 0 on the host; regions: DS9 file");
  b.text("hdu", r.hdu, "mask: EXTNAME, or a number in quotes; empty: the first image");
  b.number("radius_arcsec", r.radius_arcsec, "radius of the circle or disc", any_angle_on_sky);
  b.optional_number("x_arcsec", r.x_arcsec,
                    "centre on the sky, in the lens frame (+x west); absent: the field's centre", any_place);
  b.optional_number("y_arcsec", r.y_arcsec,
                    "centre on the sky, in the lens frame (+y north); absent: the field's centre", any_place);
}

static void describe(Binder& b, FieldRecipe& f) {
  b.require_key("name");
  b.require_key("z");
  b.text("name", f.name, "name of the field, and of its host galaxy");
  b.number("ra_deg", f.ra_deg, "right ascension of the centre (lens models with a place on the sky)",
           Bounds::between(0, 360));
  b.number("dec_deg", f.dec_deg, "declination of the centre", Bounds::between(-90, 90));
  b.optional_number("x_arcsec", f.x_arcsec, "instead of ra_deg: centre in the lens frame, +x west",
                    any_place);
  b.optional_number("y_arcsec", f.y_arcsec, "instead of dec_deg: centre in the lens frame, +y north",
                    any_place);
  b.number("z", f.z, "redshift of the host and of injected clumps", {0, 20, true});
  b.number("size_arcsec", f.size_arcsec, "side of simulated exposures", any_angle_on_sky);
  b.object("host", f.host, "where clumps belong to the host");
  b.list("exposures", f.exposures, "real exposures, one a band; none: a simulated sky");
  b.optional_object("truth_lens", f.truth_lens,
                    "through which clumps of this field are injected; absent: the recipe's truth_lens");
}

static void describe(Binder& b, mocks::HostOptions& h) {
  b.number("mass_msun", h.mass_msun, "diffuse stellar mass formed; 0: none", Bounds::between(0, 1e13));
  b.number("radius_kpc", h.radius_kpc, "half-light radius of the exponential disc", {0, 1000, true});
  b.number("axis_ratio", h.axis_ratio, "of the disc", {0, 1, true});
  b.number("age_myr", h.age_myr, "of the diffuse light", any_age);
  b.number("metallicity", h.metallicity, "mass fraction Z", any_metallicity);
  b.number("ebv_mag", h.ebv_mag, "colour excess", Bounds::between(0, 10));
  b.integer("clumps", h.clumps, "the host's own clumps: the science sample", Bounds::between(0, 10000));
  b.number("clump_beta", h.clump_beta, "slope of their mass function", Bounds::between(-10, 10));
  b.interval("clump_mass_msun", h.clump_mass_msun.low, h.clump_mass_msun.high, "range of their masses",
             any_mass);
  b.interval("clump_age_myr", h.clump_age_myr.low, h.clump_age_myr.high,
             "range of their ages, uniform in log", Bounds::between(0.01, 14000));
  b.interval("clump_radius_pc", h.clump_radius_pc.low, h.clump_radius_pc.high,
             "range of their radii, uniform in log", any_radius_pc);
}

static void describe(Binder& b, mocks::ClusterLightOptions& c) {
  b.number("mag_ab", c.mag_ab, "total magnitude in the reference band; 0: none", Bounds::between(0, 50));
  b.number("core_radius_arcsec", c.core_radius_arcsec, "core radius of the profile", any_angle_on_sky);
  b.number("axis_ratio", c.axis_ratio, "of the isophotes", {0, 1, true});
  b.number("angle_rad", c.angle_rad, "of the major axis from +x, counter-clockwise",
           Bounds::between(-2 * units::pi, 2 * units::pi));
  b.number("x_arcsec", c.centre_arcsec.x, "centre in the lens frame, +x west", any_place);
  b.number("y_arcsec", c.centre_arcsec.y, "centre in the lens frame, +y north", any_place);
  b.number("age_myr", c.age_myr, "of its stars", any_age);
  b.number("metallicity", c.metallicity, "mass fraction Z", any_metallicity);
}

static void describe(Binder& b, mocks::InterloperOptions& i) {
  b.integer("count", i.count, "foreground and cluster objects in a field", Bounds::between(0, 10000));
  b.interval("mag_ab", i.mag_ab.low, i.mag_ab.high, "range of magnitudes in the reference band",
             Bounds::between(5, 50));
  b.interval("sigma_arcsec", i.sigma_arcsec.low, i.sigma_arcsec.high, "range of their Gaussian sigma",
             Bounds::between(0, 60));
}

static void describe(Binder& b, mocks::SceneOptions& s) {
  b.flag("noise", s.noise, "false: errors say the depth, pixels hold no noise");
  b.number("noise_correlation", s.noise_correlation, "of neighbouring pixels (drizzling)",
           Bounds::between(0, 0.6));
  b.object("host", s.host, "the lensed galaxy");
  b.object("cluster_light", s.cluster, "smooth light of the lens");
  b.object("interlopers", s.interlopers, "objects that are not the host's");
}

static void describe(Binder& b, mocks::PopulationOptions& p) {
  b.interval("radius_pc", p.radius_pc.low, p.radius_pc.high, "half-light radius, uniform in log",
             any_radius_pc);
  b.interval("mass_msun", p.mass_msun.low, p.mass_msun.high, "stellar mass formed, uniform in log", any_mass);
  b.interval("age_myr", p.age_myr.low, p.age_myr.high, "age, uniform in log, cut at the age of the Universe",
             Bounds::between(0.01, 14000));
  b.interval("ebv_mag", p.ebv_mag.low, p.ebv_mag.high, "colour excess, uniform", Bounds::between(0, 10));
  b.interval("axis_ratio", p.axis_ratio.low, p.axis_ratio.high, "in the source plane, uniform",
             Bounds::between(0.01, 1));
  b.numbers("metallicity", p.metallicity, "mass fractions Z, equal chances", any_metallicity);
  b.number("history_myr", p.history.duration_myr, "duration of constant star formation; 0: a burst",
           Bounds::between(0, 14000));
  b.interval("observed_mag_ab", p.observed_mag_ab.low, p.observed_mag_ab.high,
             "when not [0, 0]: observed magnitude in the reference band, uniform; masses follow",
             Bounds::between(0, 50));
}

static void describe(Binder& b, PairRecipe& p) {
  b.interval("separation_pix", p.separation_pix.low, p.separation_pix.high,
             "range of separations on the sky [pixel of the reference band], uniform",
             Bounds::between(0, 50));
}

static std::vector<RoundRecipe> asked_for(const std::vector<RoundRecipe>& rounds) {
  std::vector<RoundRecipe> some;
  std::copy_if(rounds.begin(), rounds.end(), std::back_inserter(some),
               [](const RoundRecipe& r) { return !r.added; });
  return some;
}

static void describe(Binder& b, RoundRecipe& r) {
  b.require_key("mass_msun");
  b.integer("realisations", r.realisations, "of this round", Bounds::between(1, 1e7));
  b.interval("mass_msun", r.mass_msun.low, r.mass_msun.high,
             "uniform in the logarithm; within population.mass_msun", any_mass);
}

static void describe(Binder& b, InjectionRecipe& i) {
  b.integer("realisations", i.realisations, "fields with injections; the unit of parallel work",
            Bounds::between(1, 1e7));
  b.integer("clumps", i.clumps, "clumps injected in each, all their images included",
            Bounds::between(1, 1000));
  b.number("min_mu", i.min_mu, "images with |mu| below this are drawn but not counted",
           Bounds::between(0, largest_magnification));
  b.number("max_sigma_pix", i.max_sigma_pix,
           "images whose lensed sigma (major axis) is larger are arcs: drawn but not counted",
           {0, 1000, true});
  b.optional_object("pairs", i.pairs,
                    "clumps come two by two, for the study of crowding; clumps must be even");
  b.optional_number(
      "marking_error_pix", i.marking_error_pix,
      "clumps are measured where they are, give or take this error, whether detected or not: as if "
      "marked by eye",
      Bounds::between(0, 100));
  // Left out of the resolved recipe where there are none: recipes without them keep their hash.
  if (b.is_loading() || b.is_schema() || !asked_for(i.rounds).empty()) {
    std::vector<RoundRecipe> rounds = asked_for(i.rounds);
    b.list("rounds", rounds,
           "more realisations, with masses of a part of the range: where the mass function needs them");
    if (b.is_loading()) i.rounds = std::move(rounds);
  }
  if (b.is_loading() && i.pairs && i.clumps % 2)
    b.refuse("clumps", std::to_string(i.clumps), "an even number, with pairs");
}

static void describe(Binder& b, photometry::DetectionOptions& d) {
  b.number("threshold_sigma", d.threshold_sigma, "per pixel of the filtered image", {0, 1e4, true});
  b.integer("min_area_pix", d.min_area_pix, "pixels above threshold", Bounds::between(1, 1e5));
  b.integer("median_side_pix", d.median_side_pix,
            "side of the median filter that is subtracted; 0: a background mesh instead",
            Bounds::between(0, 500));
  b.integer("background_mesh_pix", d.background_mesh_pix,
            "side of the background mesh (median_side_pix 0, and limiting magnitudes)",
            Bounds::between(4, 1e5));
  b.integer("deblend_levels", d.deblend_levels, "thresholds between detection and peak",
            Bounds::between(1, 64));
  b.number("deblend_contrast", d.deblend_contrast, "least share of the flux of a branch",
           Bounds::between(0, 1));
}

static void describe(Binder& b, photometry::ShapePrior& p) {
  b.number("sigma_pix", p.sigma_pix, "median of the circularised standard deviation", {0, 100, true});
  b.number("log_sigma_width", p.log_sigma_width, "standard deviation of its natural logarithm",
           {0, 100, true});
  b.number("ellipticity_width", p.ellipticity_width,
           "standard deviation of each component of (1 - q^2) / (1 + q^2), q the axis ratio", {0, 100, true});
}

static void describe(Binder& b, photometry::ProtocolOptions& p) {
  std::string protocol = "claeyssens2023";
  b.text("protocol", protocol, "how clumps are measured", {"claeyssens2023"});
  b.integer("redraws", p.redraws, "refits with the sky's noise redrawn", Bounds::between(2, 10000));
  b.number("group_distance_pix", p.group_distance_pix, "clumps closer than this are fitted together",
           Bounds::between(0, 100));
  b.number("forced_shift_pix", p.forced_shift_pix, "freedom of the centre in the other bands; 0: none",
           Bounds::between(0, 4));
  b.flag("fix_position_in_groups", p.fix_position_in_groups, "no such freedom for clumps fitted together");
  std::string noise = p.noise == photometry::NoiseModel::white ? "white" : "correlated";
  b.text("noise", noise,
         "what redraws take the sky's noise for: independent pixels, or the correlation of the empty sky",
         {"white", "correlated"});
  p.noise = noise == "white" ? photometry::NoiseModel::white : photometry::NoiseModel::correlated;
  b.optional_object(
      "prior", p.fit.prior,
      "weak priors on the shape: the fit then maximises the posterior (absent: the papers' fit)");
  std::string background = p.fit.plane ? "plane" : "constant";
  b.text("background", background, "of the fits", {"plane", "constant"});
  p.fit.plane = background == "plane";
  b.number("max_sigma_pix", p.fit.max_sigma_pix, "largest standard deviation of a clump",
           Bounds::between(0.5, 12));
  b.number("min_axis_ratio", p.fit.min_axis_ratio, "smallest minor / major", Bounds::between(0.01, 1));
}

static void describe(Binder& b, photometry::LimitOptions& l) {
  b.number("sigmas", l.sigmas, "significance of the limiting magnitude", {0, 100, true});
  b.integer("apertures", l.apertures, "apertures on empty sky", Bounds::between(20, 100000));
  b.number("radius_fwhm", l.radius_fwhm, "their radius in units of the PSF's FWHM", {0, 100, true});
}

static void describe(Binder& b, sed::GridFitOptions& s) {
  b.integer("redraws", s.redraws, "refits with redrawn photometry", Bounds::between(2, 10000));
  b.integer("min_bands", s.min_bands, "detected bands that a fit needs", Bounds::between(1, 1000));
  b.number("min_snr", s.min_snr, "of a detected band", Bounds::between(0, 1e4));
  b.number("limit_factor", s.limit_factor,
           "models brighter than this times the limit of an undetected band are excluded", {0, 1e4, true});
  b.flag("fix_ebv_to_zero", s.fix_ebv_to_zero, "no dust");
}

static void describe(Binder& b, sed::GridAxes& g) {
  b.numbers("metallicity", g.metallicity, "mass fractions Z", any_metallicity);
  b.number("solar_dropped_above_z", g.solar_dropped_above_z, "no Z = 0.02 at higher redshift",
           Bounds::between(0, 1000));
  b.number("log_age_yr_min", g.log_age_yr_min, "youngest age", Bounds::between(5, 8));
  b.number("log_age_yr_step", g.log_age_yr_step, "of the age grid, up to the age of the Universe",
           Bounds::between(0.005, 1));
  b.number("ebv_max_mag", g.ebv_max_mag, "largest colour excess", Bounds::between(0, 10));
  b.number("ebv_step_mag", g.ebv_step_mag, "of the colour-excess grid", Bounds::between(0.005, 10));
  std::vector<double> durations;
  for (const sed::StarFormation& h : g.histories) durations.push_back(h.duration_myr);
  b.numbers("history_myr", durations, "durations of constant star formation; 0: a burst",
            Bounds::between(0, 14000));
  g.histories.clear();
  for (const double d : durations) g.histories.push_back({d});
}

static void describe(Binder& b, pipeline::ColourRange& c) {
  for (const char* key : {"blue", "red", "min_mag", "max_mag"}) b.require_key(key);
  b.text("blue", c.blue, "band of the colour blue - red");
  b.text("red", c.red, "band of the colour blue - red");
  b.number("min_mag", c.low_mag, "of the colour, AB, corrected for Galactic extinction",
           Bounds::between(-100, 100));
  b.number("max_mag", c.high_mag, "of the colour", Bounds::between(-100, 100));
  if (b.is_loading() && !(c.low_mag < c.high_mag))
    b.refuse("min_mag", fmt::format("{:g} .. {:g}", c.low_mag, c.high_mag), "min_mag below max_mag");
}

struct PipelineSection {
  pipeline::PipelineOptions& options;
  sed::GridAxes& grid;
  bool& run_sed;
};

static void describe(Binder& b, PipelineSection& p) {
  b.object("detection", p.options.detection, "libsep");
  b.flag("residual_pass", p.options.residual_pass, "detect once more on the residual image");
  b.object("photometry", p.options.photometry, "PSF-convolved fits");
  b.object("limits", p.options.limits, "limiting magnitudes");
  b.number("min_snr", p.options.min_snr, "in both reference bands", Bounds::between(0, 1e4));
  b.list("interloper_box", p.options.interloper_box, "clumps inside all of these colours are not selected");
  b.number("resolution_floor_pix", p.options.resolution_floor_pix, "smallest resolvable sigma",
           {0, 100, true});
  b.flag("run_sed", p.run_sed, "false: no ages and masses");
  b.object("sed", p.options.sed, "grid chi-squared fit");
  b.object("sed_grid", p.grid, "grid of models");
}

static void describe(Binder& b, population::MassFunctionOptions& m) {
  b.number("min_mass_msun", m.min_mass_msun, "lower limit of the sample", any_mass);
  // Without a limit nothing is written: recipes without one keep their hash.
  if (b.is_loading() || b.is_schema() || std::isfinite(m.max_mass_msun)) {
    std::optional<double> max_mass;
    if (std::isfinite(m.max_mass_msun)) max_mass = m.max_mass_msun;
    b.optional_number("max_mass_msun", max_mass, "upper limit of the sample; absent: none", any_mass);
    m.max_mass_msun = max_mass.value_or(population::no_max_mass);
    if (b.is_loading() && !(m.max_mass_msun > m.min_mass_msun))
      b.refuse("max_mass_msun", fmt::format("{:g}", m.max_mass_msun),
               fmt::format("above min_mass_msun = {:g}", m.min_mass_msun));
  }
  b.number("max_age_myr", m.max_age_myr, "upper limit on age", any_age);
  b.interval("beta", m.beta_low, m.beta_high, "flat prior on the slope", Bounds::between(-10, 10));
  b.number("log_cutoff_high", m.log_cutoff_high, "flat prior on log M_c up to here", Bounds::between(0, 15));
  b.integer("walkers", m.sampler.walkers, "of an ensemble; even", Bounds::between(8, 10000));
  b.integer("steps", m.sampler.steps, "of a walker", Bounds::between(10, 1e7));
  b.integer("burn_in", m.burn_in, "steps left out", Bounds::between(0, 1e7));
  b.integer("max_steps", m.max_steps, "chains are run on to so many steps until they have converged; 0: not",
            Bounds::between(0, 1e6));
  b.integer("ensembles", m.ensembles, "independent ensembles", Bounds::between(2, 64));
  b.integer("bootstraps", m.bootstraps, "redrawn masses and ages; 0: none", Bounds::between(0, 1e6));
}

static void describe(Binder& b, studies::RecoveryOptions& r) {
  b.integer("mocks", r.mocks, "catalogues of each population", Bounds::between(2, 100000));
  b.integer("clusters", r.clusters, "in each", Bounds::between(3, 100000));
  b.integer("injections", r.injections, "of each, drawn by the law of the run's own",
            Bounds::between(100, 10000000));
  b.numbers("slopes", r.slopes, "beta of power laws", Bounds::between(-6, -1));
  b.number("cutoff_slope", r.cutoff_slope, "beta of the truncated population", Bounds::between(-6, -1));
  b.optional_number("log_cutoff", r.log_cutoff, "its log10 M_c [Msun]; absent: no such population",
                    Bounds::between(0, 20));
  b.integer("cutoff_clusters", r.cutoff_clusters, "in each of its catalogues", Bounds::between(3, 100000));
  b.integer("prior_mocks", r.prior_mocks, "for simulation-based calibration over the prior",
            Bounds::between(0, 100000));
  b.integer("folds", r.folds, "parts of the run that are catalogues through images in turn; 0: none",
            Bounds::between(0, 1000));
}

struct MassFunctionSection {
  population::MassFunctionOptions& options;
  bool &run, &corrected;
  std::optional<studies::RecoveryOptions>& recovery;
};

static void describe(Binder& b, MassFunctionSection& m) {
  b.flag("run", m.run, "false: no mass function");
  b.flag(
      "corrected", m.corrected,
      "also with mass errors and selection in the likelihood, the selection from the injections; not where "
      "population.observed_mag_ab sets the masses");
  if (b.is_loading() && b.has("corrected") && m.corrected && !m.run)
    b.refuse("corrected", "true",
             "false, or no such key, with run false: nothing is fitted that it corrects");
  m.corrected = m.corrected && m.run;
  describe(b, m.options);
  if (b.is_loading() || b.is_schema() || m.recovery)
    b.optional_object("recovery", m.recovery,
                      "are known mass functions recovered? Product cmf_recovery.fits");
}

static void describe(Binder& b, CompletenessRecipe& c) {
  b.number("mag_step", c.mag_step, "bins of observed magnitude", Bounds::between(0.02, 10));
  b.number("log_radius_step", c.log_radius_step, "bins of log10 radius [dex]", Bounds::between(0.02, 10));
  b.number("log_mass_step", c.log_mass_step, "bins of log10 mass [dex]", Bounds::between(0.02, 10));
}

struct ValidationSection {
  validation::MatchOptions& match;
  CompletenessRecipe& completeness;
  validation::CorrectionOptions& correction;
};

static void describe(Binder& b, ValidationSection& v) {
  b.number("match_radius_pix", v.match.radius_pix, "between injected and measured positions",
           {0, 1000, true});
  b.number("match_radius_max_pix", v.match.max_radius_pix,
           "the reach grows with the clump's lensed sigma, but no further than this", {0, 1000, true});
  b.number("confusion_flux_ratio", v.match.confusion_flux_ratio,
           "an earlier object with more of the injected flux is not ours", {0, 1e4, true});
  b.object("completeness", v.completeness, "bins");
  b.integer("neighbours", v.correction.neighbours, "injections consulted for a science row",
            Bounds::between(5, 1e6));
}

static void describe(Binder& b, validation::Criterion& c) {
  b.require_key("metric");
  b.text("metric", c.metric, "name of a number in report.json");
  b.optional_number("min", c.min, "smallest value that passes");
  b.optional_number("max", c.max, "largest value that passes");
  b.text("why", c.why, "one line for the report");
  if (b.is_loading() && !c.min && !c.max) b.refuse("min", "neither min nor max", "min, max or both");
  if (c.min && c.max && *c.min > *c.max)
    b.refuse("min", fmt::format("min {} above max {}", *c.min, *c.max), "min below max");
}

void describe(Binder& b, Recipe& r) {
  b.require_key("name");
  b.require_key("bands");
  b.require_key("fields");
  b.text("name", r.name, "short name: letters, digits, - and _");
  b.text("title", r.title, "one line for the report");
  b.text("data", r.data, "folder that $data/ in paths stands for; else the environment's ARCPROOF_DATA");
  b.seed("seed", r.seed, "of all random streams; 0 is an ordinary seed");
  b.object("cosmology", r.cosmology, "flat Lambda-CDM");
  b.number("pixel_scale_arcsec", r.pixel_scale_arcsec, "of simulated exposures", {0, 10, true});
  b.list("bands", r.bands, "bands, in the order of the catalogues");
  b.text("reference_band", r.reference_band, "detection and shapes");
  b.text("second_reference_band", r.second_reference_band, "S/N is asked for in this band too");
  b.object("truth_lens", r.truth_lens, "through which clumps are injected");
  b.object("analysis_lens", r.analysis_lens, "with which they are delensed");
  // Left out of the resolved recipe where there are none: recipes without them keep their hash.
  if (b.is_loading() || b.is_schema() || !r.alternative_lenses.empty())
    b.list("alternative_lenses", r.alternative_lenses,
           "lenses that every clump is delensed with as well: columns mu_NAME, radius_pc_NAME, "
           "log_mass_msun_NAME, and the product lens_systematics.fits");
  b.number("lens_map_step_arcsec", r.lens_map_step_arcsec, "of the deflection and Hessian maps",
           Bounds::between(0.005, 1));
  b.object("truth_library", r.truth_library, "stellar library of injected clumps");
  b.object("analysis_library", r.analysis_library, "stellar library of the SED fits");
  b.number("covering_fraction", r.covering_fraction, "of ionising photons that light up gas",
           Bounds::between(0, 1));
  // Absent from the resolved recipe where not given: older recipes keep their hash.
  b.optional_object("sed", r.light, "dust and intergalactic gas of the SED fits, and of the truth");
  b.optional_object("truth_sed", r.truth_light,
                    "of injected clumps and simulated skies, where it is another");
  b.optional_object("template_mismatch", r.template_mismatch,
                    "fits of one kind of stellar population with another, on drawn photometry: the product "
                    "template_mismatch.fits");
  b.list("fields", r.fields, "fields; realisations take them in turn");
  b.object("scene", r.scene, "simulated skies");
  b.object("population", r.population, "what is injected");
  b.object("injection", r.injection, "how much is injected");
  PipelineSection pipeline{r.pipeline, r.grid, r.run_sed};
  b.object("pipeline", pipeline, "how it is measured");
  MassFunctionSection mass_function{r.mass_function, r.run_mass_function, r.correct_mass_function,
                                    r.recovery};
  b.object("mass_function", mass_function, "Claeyssens+2025 section 4.4");
  ValidationSection validation{r.match, r.completeness, r.correction};
  b.object("validation", validation, "how truth and measurement are compared");
  b.list("criteria", r.criteria, "what must come out for exit code 0");
}

}  // namespace arcproof::recipes
