#include "recipes/program/commands/masses/cmf_comparison.h"

#include "engine/core/missing.h"

#include <algorithm>
#include <cmath>

namespace arcproof::commands {
namespace {

using population::CorrectedFit;
using population::MassFunctionFit;
using population::MassFunctionModel;

const MassFunctionFit* fit_of(const ComparedFit& fit, MassFunctionModel model) {
  for (const MassFunctionFit& f : fit.published.fits)
    if (f.model == model) return &f;
  return nullptr;
}

const CorrectedFit* correction_of(const ComparedFit& fit, MassFunctionModel model) {
  for (const CorrectedFit& f : fit.corrected)
    if (f.model == model) return &f;
  return nullptr;
}

// A number of one parameter, from a table with columns `model` and `parameter`.
double number_of(std::span<const io::Table> tables, const char* table, MassFunctionModel model,
                 const std::string& parameter, const std::string& column) {
  for (const io::Table& t : tables) {
    if (t.name() != table) continue;
    for (std::size_t i = 0; i < t.rows(); ++i)
      if (t.texts("model")[i] == population::name_of(model) && t.texts("parameter")[i] == parameter)
        return t.reals(column)[i];
  }
  return nan;
}

bool has_converged(const ComparedFit& fit, MassFunctionModel model, const std::string& parameter) {
  return fit.published.convergence.at(population::name_of(model)).at(parameter).at("converged").as_bool();
}

bool is_at_prior_edge(const ComparedFit& fit, MassFunctionModel model, const std::string& parameter) {
  const auto& edges = fit.published.at_prior_edge.as_array();
  const std::string name = std::string(population::name_of(model)) + ", " + parameter;
  return std::any_of(edges.begin(), edges.end(),
                     [&](const io::Json& edge) { return edge.as_string() == name; });
}

// ---- tables

struct ModelOfCatalogue {
  const ComparedFit* fit;
  MassFunctionModel model;
};

std::vector<ModelOfCatalogue> rows_of(std::span<const ComparedFit> fits) {
  std::vector<ModelOfCatalogue> rows;
  for (const ComparedFit& fit : fits)
    for (const MassFunctionModel model : {MassFunctionModel::power_law, MassFunctionModel::schechter})
      rows.push_back({&fit, model});
  return rows;
}

struct NumberColumn {
  const char *name, *table, *column, *description;
};
constexpr NumberColumn numbers[] = {
    {"median", "MASSFUNC", "median", "median of the posterior"},
    {"q16", "MASSFUNC", "q16", "16% quantile of the posterior"},
    {"q84", "MASSFUNC", "q84", "84% quantile of the posterior"},
    {"mode", "MASSFUNC", "mode", "mode of the posterior, by Gaussian KDE"},
    {"mode_redrawn_median", "MASSFUNC", "mode_redrawn_median",
     "maxima of the posterior when masses and ages are redrawn within their errors: median (measurement "
     "errors alone: no interval for the parameter)"},
    {"mode_redrawn_q16", "MASSFUNC", "mode_redrawn_q16", "the same, 16% quantile"},
    {"mode_redrawn_q84", "MASSFUNC", "mode_redrawn_q84", "the same, 84% quantile"},
    {"corrected_median", "CORRECTED", "median", "corrected for mass errors and selection: median"},
    {"corrected_q16", "CORRECTED", "q16", "the same, 16% quantile, with its Monte-Carlo error"},
    {"corrected_q84", "CORRECTED", "q84", "the same, 84% quantile, with its Monte-Carlo error"},
    {"corrected_monte_carlo_error", "CORRECTED", "monte_carlo_error",
     "of the corrected value: 1 sigma from the finite number of injections"},
    {"r_hat", "CONVERGENCE", "r_hat", "of the chains: rank-normalised split R-hat"},
    {"ess_bulk", "CONVERGENCE", "ess_bulk", "of the chains: effective sample size of the bulk"},
    {"ess_tail", "CONVERGENCE", "ess_tail", "the same, of the tails"}};

struct ChainColumns {
  io::Flags converged;
  io::Texts at_prior_edge;
};
ChainColumns chains_of(std::span<const ModelOfCatalogue> rows) {
  ChainColumns columns;
  for (const ModelOfCatalogue& row : rows) {
    bool converged = true;
    std::string edges;
    for (const std::string& parameter : population::parameter_names(row.model)) {
      converged = converged && has_converged(*row.fit, row.model, parameter);
      if (is_at_prior_edge(*row.fit, row.model, parameter)) edges += (edges.empty() ? "" : ", ") + parameter;
    }
    columns.converged.push_back(converged);
    columns.at_prior_edge.push_back(edges);
  }
  return columns;
}

io::Table comparison_table(std::span<const ComparedFit> fits) {
  const std::vector<ModelOfCatalogue> rows = rows_of(fits);
  io::Texts catalogue, file, model, status;
  io::Integers clusters;
  for (const ModelOfCatalogue& row : rows) {
    catalogue.push_back(row.fit->label);
    file.push_back(row.fit->file);
    model.emplace_back(population::name_of(row.model));
    clusters.push_back(row.fit->published.clusters);
    const CorrectedFit* corrected = correction_of(*row.fit, row.model);
    status.emplace_back(corrected ? population::name_of(corrected->status) : "no_injections");
  }
  io::Table t("COMPARISON");
  t.add("catalogue", "", "label", std::move(catalogue));
  t.add("model", "", "power_law: M^beta; schechter: M^beta exp(-M / M_c); above the minimum mass",
        std::move(model));
  t.add("n_clusters", "", "clusters in the fit", std::move(clusters));
  ChainColumns chains = chains_of(rows);
  t.add("converged", "", "the chains of all parameters, as in CONVERGENCE", std::move(chains.converged));
  t.add("at_prior_edge", "", "parameters whose posterior piles up at an end of the prior",
        std::move(chains.at_prior_edge));
  for (const char* parameter : {"beta", "log_cutoff_msun"})
    for (const NumberColumn& number : numbers) {
      io::Reals values;
      for (const ModelOfCatalogue& row : rows)
        values.push_back(number_of(row.fit->tables, number.table, row.model, parameter, number.column));
      t.add(std::string(parameter) + "_" + number.name, "", number.description, std::move(values));
    }
  t.add("correction_status", "", "as in CORRECTED; no_injections: none were given", std::move(status));
  t.add("file", "", "of the catalogue", std::move(file));
  return t;
}

// The table with a first column that says whose it is.
io::Table labelled(const io::Table& table, const std::string& label) {
  io::Table out(table.name());
  out.add("catalogue", "", "as in COMPARISON", io::Texts(table.rows(), label));
  for (const io::Column& column : table.columns()) out.add(column);
  for (const auto& [key, value] : table.notes()) out.note(key, value);
  return out;
}

}  // namespace

std::vector<io::Table> compared_tables(std::span<const ComparedFit> fits) {
  std::vector<io::Table> all{comparison_table(fits)};
  for (const ComparedFit& fit : fits)
    for (const io::Table& table : fit.tables) {
      const auto same =
          std::find_if(all.begin(), all.end(), [&](const io::Table& t) { return t.name() == table.name(); });
      if (same == all.end()) all.push_back(labelled(table, fit.label));
      else same->append(labelled(table, fit.label));
    }
  return all;
}

// ---- page

namespace {

reports::CmfParameter parameter_of(const ComparedFit& fit, MassFunctionModel model, const std::string& name) {
  const auto published = [&](const char* column) {
    return number_of(fit.tables, "MASSFUNC", model, name, column);
  };
  const auto corrected = [&](const char* column) {
    return number_of(fit.tables, "CORRECTED", model, name, column);
  };
  const auto chain = [&](const char* column) {
    return number_of(fit.tables, "CONVERGENCE", model, name, column);
  };
  return {{published("q16"), published("median"), published("q84")},
          published("mode"),
          {published("mode_redrawn_q16"), published("mode_redrawn_median"), published("mode_redrawn_q84")},
          {corrected("q16"), corrected("median"), corrected("q84")},
          has_converged(fit, model, name),
          chain("r_hat"),
          std::fmin(chain("ess_bulk"), chain("ess_tail")),
          is_at_prior_edge(fit, model, name)};
}

std::vector<double> draws_of(const ComparedFit& fit, MassFunctionModel model, int parameter) {
  const MassFunctionFit* f = fit_of(fit, model);
  return f ? inference::pooled(f->chains, parameter, f->burn_in) : std::vector<double>{};
}

// "ok", or what keeps a model from being corrected.
std::string correction_in_words(const ComparedFit& fit) {
  for (const CorrectedFit& f : fit.corrected)
    if (f.status != population::CorrectedStatus::ok) return f.message;
  return fit.corrected.empty() ? "" : "ok";
}

}  // namespace

reports::CmfCatalogue page_entry(const ComparedFit& fit, const population::MassFunctionOptions& cuts) {
  reports::CmfCatalogue entry;
  entry.label = fit.label;
  for (const double mass : population::select_masses(fit.clusters, cuts))
    entry.log_mass.push_back(std::log10(mass));
  entry.power_law_beta = draws_of(fit, MassFunctionModel::power_law, 0);
  entry.schechter_beta = draws_of(fit, MassFunctionModel::schechter, 0);
  entry.schechter_log_cutoff = draws_of(fit, MassFunctionModel::schechter, 1);
  entry.power_law = parameter_of(fit, MassFunctionModel::power_law, "beta");
  entry.beta = parameter_of(fit, MassFunctionModel::schechter, "beta");
  entry.log_cutoff = parameter_of(fit, MassFunctionModel::schechter, "log_cutoff_msun");
  entry.correction = correction_in_words(fit);
  return entry;
}

}  // namespace arcproof::commands
