#include "recipes/program/commands/masses/cmf.h"

#include "engine/core/error.h"
#include "engine/core/missing.h"
#include "engine/core/text.h"
#include "engine/io/files.h"
#include "engine/io/fits.h"
#include "recipes/program/commands/masses/cmf_comparison.h"
#include "recipes/program/commands/shared.h"
#include "recipes/program/commands/user_table.h"
#include "validation/studies/mass_function_tables.h"

#include <algorithm>
#include <cmath>
#include <optional>
#include <set>

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace arcproof::commands {
namespace {

namespace fs = std::filesystem;

// ---- what was asked

// Each number may be sound, and their product beyond any machine.
void check_amount_of_draws(const population::MassFunctionOptions& o) {
  constexpr double most_draws = 2e8;  // 5 GB
  const double draws =
      static_cast<double>(o.sampler.walkers) * std::max(o.sampler.steps, o.max_steps) * o.ensembles;
  if (draws > most_draws)
    throw InputError({"", "--steps", fmt::format("{:g} steps of all walkers and ensembles", draws),
                      fmt::format("at most {:g}", most_draws)});
}

/// One for each catalogue; "" for a catalogue without injections.
std::vector<std::string> injections_of(const CmfArguments& a) {
  std::vector<std::string> injections = a.injections;
  if (injections.empty()) injections.resize(a.catalogs.size());
  for (std::string& file : injections)
    if (file == "none") file.clear();
  return injections;
}

/// Names of the catalogues: as given, or those of the files.
std::vector<std::string> labels_of(const CmfArguments& a) {
  if (!a.labels.empty()) return a.labels;
  std::vector<std::string> labels;
  for (const std::string& catalog : a.catalogs)
    labels.push_back(io::split_hdu(catalog, "", "").path.stem().string());
  return labels;
}

void check_labels(const CmfArguments& a) {
  if (!a.labels.empty() && a.labels.size() != a.catalogs.size())
    throw InputError({"", "--label", fmt::format("{} labels", a.labels.size()),
                      fmt::format("one for each of {} catalogs", a.catalogs.size())});
  std::set<std::string> known;
  for (const std::string& label : labels_of(a)) {
    if (label.empty()) throw InputError({"", "--label", "an empty label", "a name"});
    if (!known.insert(label).second)
      throw InputError({"", "--label", "'" + label + "' twice", "a name of its own for each catalog"});
  }
}

void check_catalogs(const CmfArguments& a) {
  if (!a.report.empty() && a.catalogs.size() > reports::most_catalogues)
    throw InputError({"", "--report", fmt::format("{} catalogs", a.catalogs.size()),
                      fmt::format("at most {}", reports::most_catalogues)});
  if (!a.injections.empty() && a.injections.size() != a.catalogs.size())
    throw InputError({"", "--injections", fmt::format("{} tables", a.injections.size()),
                      fmt::format("one for each of {} catalogs, in their order; none for a catalog without",
                                  a.catalogs.size())});
  std::set<std::pair<fs::path, std::string>> known;
  for (const std::string& catalog : a.catalogs) {
    const HduPath file = io::split_hdu(catalog, "", "");
    if (!known.emplace(fs::weakly_canonical(file.path), file.hdu).second)
      throw InputError({catalog, "catalog", "the same file twice", "each catalog once"});
  }
}

void check(const CmfArguments& a) {
  check_amount_of_draws(a.options);
  const bool range = !a.injected_masses_msun.empty();
  if (range && (a.injected_masses_msun.size() != 2 || !(a.injected_masses_msun[0] > 0) ||
                !(a.injected_masses_msun[1] > a.injected_masses_msun[0])))
    throw InputError({"", "--injected-masses", fmt::format("{}", fmt::join(a.injected_masses_msun, " ")),
                      "LOW HIGH, Msun"});
  if (a.injections.empty() && (range || a.lowest_mass_msun > 0))
    throw InputError({"", range ? "--injected-masses" : "--lowest-mass", "no --injections", "both"});
  check_catalogs(a);
  check_labels(a);
  const std::pair<std::string, fs::path> outputs[] = {{"-o", a.output}, {"--report", a.report}};
  std::vector<std::string> inputs = a.catalogs;
  for (const std::string& file : injections_of(a)) inputs.push_back(file);
  check_outputs(outputs, inputs);
}

// ---- tables

struct InputTable {
  std::string file;
  fs::path folder;
  io::Table table;

  std::string recipe() const {
    for (const auto& [key, value] : table.notes())
      if (key == studies::recipe_note) return value;
    return "";
  }
  /// Small letters of all columns that are called PREFIX and a band.
  std::set<std::string> bands(const std::string& prefix, const std::string& companion) const {
    std::set<std::string> names, found;
    for (const io::Column& column : table.columns()) names.insert(lower_case(column.name));
    for (const std::string& name : names)
      if (name.starts_with(prefix) && names.contains(name + companion))
        found.insert(name.substr(prefix.size()));
    return found;
  }
};

InputTable read_table(const std::string& text, const std::string& option) {
  const HduPath file = input_hdu(text, option);
  return {file.path.string(), file.path.parent_path(), read_user_table(file)};
}

std::string cuts_in_words(const CmfArguments& a, bool has_ages) {
  std::string text = fmt::format("above {:.3g} Msun", a.options.min_mass_msun);
  if (std::isfinite(a.options.max_mass_msun))
    text += fmt::format(" and below {:.3g} Msun", a.options.max_mass_msun);
  if (has_ages) text += fmt::format(" and younger than {:.3g} Myr", a.options.max_age_myr);
  return text;
}

studies::CatalogueClusters read_catalogue(const CmfArguments& a, const InputTable& input) {
  constexpr std::size_t fewest = 3;
  studies::CatalogueClusters clusters =
      studies::read_clusters(input.table, input.file, a.mass_error_dex.value_or(nan));
  std::size_t selected = 0;
  double heaviest = -HUGE_VAL;
  for (std::size_t i = 0; i < clusters.clusters.size(); ++i) {
    const population::ClusterMass& c = clusters.clusters[i];
    heaviest = std::fmax(heaviest, c.log_mass_msun);
    if (population::select_clusters(std::span(&c, 1), a.options).empty()) continue;
    ++selected;
    if (!(c.log_mass_error >= 0) || !std::isfinite(c.log_mass_error))
      throw InputError({input.file, fmt::format("mass error, row {}", clusters.rows[i]),
                        fmt::format("{:g} dex", c.log_mass_error), "0 or more"});
  }
  if (selected < fewest)
    throw InputError({input.file, "clusters",
                      fmt::format("{} of {} rows {} (heaviest: {:.3g} Msun)", selected, input.table.rows(),
                                  cuts_in_words(a, clusters.has_ages), std::pow(10, heaviest)),
                      fmt::format("at least {}", fewest)});
  return clusters;
}

// ---- injections

/// What a run's folder says of itself.
struct RunOrigin {
  std::string file, hash;
  io::Json recipe;
};

std::optional<RunOrigin> origin_of(const fs::path& folder) {
  for (const char* name : {"manifest.json", "run.json"}) {
    const fs::path file = folder / name;
    if (!fs::exists(file)) continue;
    const io::Json json = io::read_json(file);
    const io::Json* recipe = json.is_object() ? json.find("recipe") : nullptr;
    const io::Json* hash = json.is_object() ? json.find("recipe_hash") : nullptr;
    if (recipe && recipe->is_object())
      return RunOrigin{file.string(), hash && hash->is_string() ? hash->as_string() : "", *recipe};
  }
  return std::nullopt;
}

const io::Json* member(const io::Json* object, const char* key) {
  return object && object->is_object() ? object->find(key) : nullptr;
}

std::optional<population::InjectedMasses> interval(const io::Json* list) {
  if (!list || !list->is_array() || list->as_array().size() != 2) return std::nullopt;
  for (const io::Json& end : list->as_array())
    if (!end.is_number()) return std::nullopt;
  return population::InjectedMasses{list->as_array()[0].as_double(), list->as_array()[1].as_double()};
}

population::InjectedMasses drawn_masses(const CmfArguments& a, const InputTable& input,
                                        const std::optional<RunOrigin>& origin) {
  if (!a.injected_masses_msun.empty()) return {a.injected_masses_msun[0], a.injected_masses_msun[1]};
  const io::Json* population = origin ? member(&origin->recipe, "population") : nullptr;
  if (const auto mag = interval(member(population, "observed_mag_ab")); mag && mag->high_msun > mag->low_msun)
    throw InputError({origin->file, "population.observed_mag_ab", "masses set by an observed magnitude",
                      "injections uniform in log mass (population.mass_msun)"});
  const auto range = interval(member(population, "mass_msun"));
  if (!range || !(range->low_msun > 0 && range->high_msun > range->low_msun))
    throw InputError({input.file, "range of the injected masses", "no manifest.json or run.json beside it",
                      "the run's folder, or --injected-masses LOW HIGH"});
  return *range;
}

// Where a table does not say its recipe nobody can tell that it is the wrong one.
std::string warning_of(const InputTable& catalogue, const InputTable& injections,
                       const std::optional<RunOrigin>& origin) {
  std::vector<std::string> silent;
  if (catalogue.recipe().empty()) silent.push_back(catalogue.file);
  if (injections.recipe().empty() && (!origin || origin->hash.empty())) silent.push_back(injections.file);
  if (silent.empty()) return "";
  return fmt::format(
      "warning: no recipe hash in {}: not checked that catalogue and injections belong together\n",
      fmt::join(silent, ", "));
}

// What was left out or not read of the catalogue.
std::string lines_of(const studies::CatalogueClusters& clusters) {
  std::string lines;
  if (!clusters.unread_mass_column.empty())
    lines += fmt::format("masses from column {}; column {} is not read\n", clusters.mass_column,
                         clusters.unread_mass_column);
  if (clusters.without_mass > 0)
    lines +=
        fmt::format("warning: {} rows left out: their mass is no finite number\n", clusters.without_mass);
  return lines;
}

void check_same_run(const InputTable& catalogue, const InputTable& injections,
                    const std::optional<RunOrigin>& origin) {
  std::string hash = injections.recipe();
  if (hash.empty() && origin) hash = origin->hash;
  if (!catalogue.recipe().empty() && !hash.empty() && catalogue.recipe() != hash)
    throw InputError(
        {injections.file, studies::recipe_note, "recipe " + hash.substr(0, 12),
         fmt::format("recipe {}, that of {}", catalogue.recipe().substr(0, 12), catalogue.file)});
  const auto have = injections.bands("true_flux_", ""), want = catalogue.bands("flux_", "_err");
  if (!have.empty() && !want.empty() && have != want)
    throw InputError({injections.file, "bands", fmt::format("{}", fmt::join(have, ", ")),
                      fmt::format("{}, those of {}", fmt::join(want, ", "), catalogue.file)});
}

void check_range(const InputTable& input, std::span<const population::InjectedClumpImage> images,
                 const population::InjectedMasses& drawn) {
  constexpr double rounding_dex = 1e-6;
  for (const population::InjectedClumpImage& i : images)
    if (i.log_mass_msun < std::log10(drawn.low_msun) - rounding_dex ||
        i.log_mass_msun > std::log10(drawn.high_msun) + rounding_dex)
      throw InputError({input.file, "column true_log_mass_msun", fmt::format("{:.4f}", i.log_mass_msun),
                        fmt::format("log10 of {:g} to {:g} Msun, where the injections were drawn",
                                    drawn.low_msun, drawn.high_msun)});
}

struct Injected {
  std::string warning;  ///< a line, or nothing
  std::vector<population::InjectedClumpImage> images;
  population::InjectedMasses drawn;
};

Injected read_injections(const CmfArguments& a, const std::string& file, const InputTable& catalogue,
                         bool with_ages) {
  const InputTable input = read_table(file, "--injections");
  const std::optional<RunOrigin> origin = origin_of(input.folder.empty() ? fs::path(".") : input.folder);
  check_same_run(catalogue, input, origin);
  const io::Json* band = origin ? member(&origin->recipe, "reference_band") : nullptr;
  Injected injected;
  injected.warning = warning_of(catalogue, input, origin);
  injected.images = studies::read_injected_images(
      input.table, input.file, band && band->is_string() ? lower_case(band->as_string()) : "", with_ages);
  injected.drawn = drawn_masses(a, input, origin);
  check_range(input, injected.images, injected.drawn);
  const auto clumps = population::injections_by_clump(injected.images, injected.drawn, a.options);
  if (std::none_of(clumps.begin(), clumps.end(), [](const auto& i) { return i.found; }))
    throw InputError(
        {input.file, "column recovered",
         fmt::format("none of {} injected clumps found {}", clumps.size(), cuts_in_words(a, with_ages)),
         "at least one"});
  return injected;
}

// ---- results

constexpr const char* diagnostics[] = {
    "r_hat",    "r_hat_between_ensembles", "ess_bulk",        "ess_tail",   "mcse_median", "mcse_q16",
    "mcse_q84", "autocorrelation_time",    "length_over_tau", "acceptance", "steps"};

io::Table convergence_table(const io::Json& convergence) {
  io::Texts model, parameter;
  std::vector<io::Reals> values(std::size(diagnostics));
  io::Flags converged;
  for (const auto& [name, parameters] : convergence.as_object())
    for (const auto& [which, numbers] : parameters.as_object()) {
      model.push_back(name);
      parameter.push_back(which);
      for (std::size_t d = 0; d < values.size(); ++d)
        values[d].push_back(numbers.at(diagnostics[d]).as_double());
      converged.push_back(numbers.at("converged").as_bool());
    }
  io::Table table("CONVERGENCE");
  table.add("model", "", "as in MASSFUNC", std::move(model));
  table.add("parameter", "", "as in MASSFUNC", std::move(parameter));
  for (std::size_t d = 0; d < values.size(); ++d)
    table.add(diagnostics[d], "", "of the chains after burn-in", std::move(values[d]));
  table.add("converged", "", "r_hat < 1.01, ess > 400, length_over_tau > 50", std::move(converged));
  return table;
}

std::string lines_of(const studies::PublishedMassFunctions& published) {
  std::string lines;
  for (const population::MassFunctionFit& fit : published.fits)
    for (const population::ParameterSummary& p : fit.parameters) {
      const std::string model = population::name_of(fit.model);
      const io::Json& c = published.convergence.at(model).at(p.name);
      lines += fmt::format("{} {} = {:.3f} ({:.3f} to {:.3f}), mode {:.3f}\n", model, p.name, p.median, p.low,
                           p.high, p.mode);
      lines += fmt::format("  r_hat {:.3f}, ess {:.0f}, mcse {:.4f}, length {:.0f} tau: {}\n",
                           c.at("r_hat").as_double(), c.at("ess_bulk").as_double(),
                           c.at("mcse_median").as_double(), c.at("length_over_tau").as_double(),
                           c.at("converged").as_bool() ? "converged" : "not converged, see --max-steps");
    }
  for (const io::Json& edge : published.at_prior_edge.as_array())
    lines += edge.as_string() + ": piles up at the end of its prior, which its interval depends on\n";
  return lines;
}

std::string lines_of(std::span<const population::CorrectedFit> fits) {
  std::string lines;
  for (const population::CorrectedFit& fit : fits) {
    const char* model = population::name_of(fit.model);
    if (fit.status != population::CorrectedStatus::ok) {
      lines += fmt::format("corrected {}: {}\n", model, fit.message);
      continue;
    }
    for (const population::CorrectedParameter& p : fit.parameters)
      lines += fmt::format("corrected {} {} = {:.3f} ({:.3f} to {:.3f}), of which Monte-Carlo error {:.3f}\n",
                           model, p.name, p.median, p.low, p.high, p.monte_carlo_error);
    lines += fmt::format("  N_eff {:.0f} for {} clusters; {} of {} injected clumps found\n",
                         fit.effective_injections, fit.clusters, fit.found, fit.injections);
  }
  return lines;
}

// ---- one catalogue

struct Catalogue {
  InputTable input;
  studies::CatalogueClusters clusters;
  std::optional<Injected> injected;
};

std::vector<Catalogue> read_all(const CmfArguments& a) {
  const std::vector<std::string> injections = injections_of(a);
  std::vector<Catalogue> all;
  for (std::size_t c = 0; c < a.catalogs.size(); ++c) {
    Catalogue& one = all.emplace_back(Catalogue{read_table(a.catalogs[c], "catalog"), {}, {}});
    one.clusters = read_catalogue(a, one.input);
    if (!injections[c].empty())
      one.injected = read_injections(a, injections[c], one.input, one.clusters.has_ages);
  }
  return all;
}

struct Fitted {
  studies::PublishedMassFunctions published;  ///< without its tables
  std::vector<population::CorrectedFit> corrected;
  std::vector<io::Table> tables;
  std::string lines;
};

Fitted fit(const CmfArguments& a, const Catalogue& one) {
  Fitted out;
  out.published = studies::fit_published(one.clusters.clusters, a.options, a.seed, a.threads);
  out.lines = lines_of(one.clusters) + (one.injected ? one.injected->warning : "") +
              fmt::format("{} of {} rows {}\n", out.published.clusters, one.input.table.rows(),
                          cuts_in_words(a, one.clusters.has_ages)) +
              lines_of(out.published);
  out.tables = std::move(out.published.tables);
  out.tables.front().note("MINMASS", fmt::format("{:g}", a.options.min_mass_msun));
  if (one.clusters.has_ages) out.tables.front().note("MAXAGE", fmt::format("{:g}", a.options.max_age_myr));
  out.tables.front().note("SEED", std::to_string(a.seed));
  out.tables.push_back(convergence_table(out.published.convergence));
  if (!one.injected) return out;
  out.corrected = studies::fit_corrected(one.clusters.clusters, one.injected->images, one.injected->drawn,
                                         a.lowest_mass_msun, a.options, a.threads);
  out.lines += lines_of(out.corrected);
  out.tables.push_back(studies::corrected_table(out.corrected));
  return out;
}

void write_report(const CmfArguments& a, std::span<const ComparedFit> fits, bool has_ages) {
  reports::CmfPage page;
  page.title = fits.size() == 1 ? "Cluster mass function: " + fits.front().label
                                : fmt::format("Cluster mass functions of {} catalogues", fits.size());
  page.cuts = cuts_in_words(a, has_ages);
  page.min_mass_msun = a.options.min_mass_msun;
  page.max_mass_msun = a.options.max_mass_msun;
  for (const ComparedFit& fit : fits) page.catalogues.push_back(page_entry(fit, a.options));
  io::write_text(a.report, reports::cmf_page(page));
}

}  // namespace

std::string run_cmf(const CmfArguments& a) {
  check(a);
  const std::vector<Catalogue> catalogues = read_all(a);
  const std::vector<std::string> labels = labels_of(a);
  const bool several = catalogues.size() > 1;
  std::string lines;
  std::vector<Fitted> fitted;
  std::vector<ComparedFit> compared;
  fitted.reserve(catalogues.size());
  for (std::size_t c = 0; c < catalogues.size(); ++c) {
    fitted.push_back(fit(a, catalogues[c]));
    if (several) lines += labels[c] + ":\n";
    lines += fitted[c].lines;
    compared.push_back({labels[c], a.catalogs[c], catalogues[c].clusters.clusters, fitted[c].published,
                        fitted[c].corrected, fitted[c].tables});
  }
  const bool has_ages = std::any_of(catalogues.begin(), catalogues.end(),
                                    [](const Catalogue& c) { return c.clusters.has_ages; });
  if (!a.report.empty()) write_report(a, compared, has_ages);
  io::write_fits_tables(a.output, several ? compared_tables(compared) : fitted.front().tables);
  return lines + a.output.string() + "\n" + (a.report.empty() ? "" : a.report.string() + "\n");
}

}  // namespace arcproof::commands
