#include "validation/completeness.h"

#include "engine/core/statistics.h"
#include "engine/inference/least_squares.h"

#include <algorithm>
#include <cmath>

namespace arcproof::validation {
namespace {

std::vector<std::size_t> injected_rows(const io::Table& joined) {
  const io::Texts& flag = joined.texts("injection_flag");
  std::vector<std::size_t> rows;
  for (std::size_t i = 0; i < flag.size(); ++i)
    if (flag[i] == "injected") rows.push_back(i);
  return rows;
}

// Bin of a value, or -1. The last bin is closed on both sides.
int bin_of(double value, const std::vector<double>& edges) {
  if (!(value >= edges.front() && value <= edges.back())) return -1;
  const auto it = std::upper_bound(edges.begin(), edges.end(), value);
  return std::min(static_cast<int>(it - edges.begin()), static_cast<int>(edges.size()) - 1) - 1;
}

// Weighted counts of a bin.
struct Weighted {
  double all = 0, found = 0, squares = 0;
  void add(double weight, bool is_found) {
    all += weight;
    found += is_found ? weight : 0;
    squares += weight * weight;
  }
  double effective() const { return squares > 0 ? all * all / squares : 0; }
  double fraction() const { return all > 0 ? found / all : std::nan(""); }
  statistics::Interval interval() const {
    const double n = effective();
    return n > 0 ? statistics::binomial_interval(std::min(n, found / all * n), n)
                 : statistics::Interval{0, 1};
  }
};

struct Counts {
  std::vector<int> injected, recovered;
  std::vector<Weighted> at_clumps, uniform;
};

// A column of weights; 1 where the table has none.
io::Reals weights_of(const io::Table& joined, const std::string& name) {
  return joined.has(name) ? joined.reals(name) : io::Reals(joined.rows(), 1.0);
}

Counts count(const io::Table& joined, const std::vector<BinAxis>& axes) {
  std::size_t cells = 1;
  for (const BinAxis& axis : axes) cells *= axis.edges.size() - 1;
  std::vector<const io::Reals*> values;
  for (const BinAxis& axis : axes) values.push_back(&joined.reals(axis.column));
  const io::Flags& recovered = joined.flags("recovered");
  Counts counts{std::vector<int>(cells, 0), std::vector<int>(cells, 0), std::vector<Weighted>(cells),
                std::vector<Weighted>(cells)};
  const io::Reals at_clumps = weights_of(joined, weight_clumps), uniform = weights_of(joined, weight_uniform);
  for (const std::size_t row : injected_rows(joined)) {
    std::size_t cell = 0;
    bool inside = true;
    for (std::size_t a = 0; a < axes.size(); ++a) {
      const int bin = bin_of((*values[a])[row], axes[a].edges);
      inside = inside && bin >= 0;
      cell = cell * (axes[a].edges.size() - 1) + static_cast<std::size_t>(std::max(bin, 0));
    }
    if (!inside) continue;
    ++counts.injected[cell];
    counts.recovered[cell] += recovered[row];
    counts.at_clumps[cell].add(at_clumps[row], recovered[row]);
    counts.uniform[cell].add(uniform[row], recovered[row]);
  }
  return counts;
}

void add_axis(io::Table& table, const std::vector<BinAxis>& axes, std::size_t which, std::size_t cells) {
  std::size_t after = 1;
  for (std::size_t a = which + 1; a < axes.size(); ++a) after *= axes[a].edges.size() - 1;
  const BinAxis& axis = axes[which];
  io::Texts names(cells, axis.column);
  io::Reals low, high;
  for (std::size_t cell = 0; cell < cells; ++cell) {
    const std::size_t bin = cell / after % (axis.edges.size() - 1);
    low.push_back(axis.edges[bin]);
    high.push_back(axis.edges[bin + 1]);
  }
  const std::string number = std::to_string(which + 1);
  table.add("axis_" + number, "", "column of the injection table along which rows are binned",
            std::move(names));
  table.add("low_" + number, axis.unit, "lower edge", std::move(low));
  table.add("high_" + number, axis.unit, "upper edge", std::move(high));
}

void add_fractions(io::Table& table, const std::vector<Weighted>& bins, const std::string& name,
                   const std::string& where) {
  io::Reals fraction, low, high;
  for (const Weighted& bin : bins) {
    const statistics::Interval interval = bin.interval();
    fraction.push_back(bin.fraction());
    low.push_back(interval.low);
    high.push_back(interval.high);
  }
  table.add(name, "", "weighted fraction recovered, " + where, std::move(fraction));
  table.add(name + "_low", "", "lower end of the 68% Jeffreys interval", std::move(low));
  table.add(name + "_high", "", "upper end of the 68% Jeffreys interval", std::move(high));
}

}  // namespace

BinAxis axis_from_data(const io::Table& joined, const std::string& column, const std::string& unit,
                       double step) {
  const io::Reals& all = joined.reals(column);
  std::vector<double> values;
  for (const std::size_t row : injected_rows(joined))
    if (std::isfinite(all[row])) values.push_back(all[row]);
  BinAxis axis{column, unit, {}};
  if (values.empty()) {
    axis.edges = {0, step};
    return axis;
  }
  const double p[] = {0.005, 0.995};
  const auto q = statistics::quantiles(values, p);
  const long first = std::lround(std::floor(q[0] / step)),
             last = std::max(first + 1, std::lround(std::ceil(q[1] / step)));
  for (long k = first; k <= last; ++k) axis.edges.push_back(static_cast<double>(k) * step);
  return axis;
}

io::Table completeness_table(const io::Table& joined, const std::vector<BinAxis>& axes) {
  const Counts counts = count(joined, axes);
  const std::size_t cells = counts.injected.size();
  io::Table table("COMPLETENESS");
  for (std::size_t a = 0; a < axes.size(); ++a) add_axis(table, axes, a, cells);
  io::Integers injected(counts.injected.begin(), counts.injected.end());
  io::Integers recovered(counts.recovered.begin(), counts.recovered.end());
  table.add("n_injected", "", "clumps injected in this bin", std::move(injected));
  table.add("n_recovered", "", "of these, recovered", std::move(recovered));
  add_fractions(table, counts.at_clumps, "completeness", "at places where the host's clumps are");
  io::Reals effective;
  for (const Weighted& bin : counts.at_clumps) effective.push_back(bin.effective());
  table.add("n_effective", "", "effective number of injections of this weighted fraction",
            std::move(effective));
  add_fractions(table, counts.uniform, "completeness_uniform", "over the host's area");
  return table;
}

// Minimises the deviance as a sum of squares: its signed square roots are the residuals.
LogisticCompleteness fit_logistic(const io::Table& joined, const std::string& mag_column,
                                  const std::string& found_column, const std::string& weight_column) {
  const io::Reals& all = joined.reals(mag_column);
  const io::Reals weights = weights_of(joined, weight_column);
  const io::Flags& recovered = joined.flags(found_column);
  std::vector<double> mag, weight;
  std::vector<bool> found;
  Weighted sum;
  for (const std::size_t row : injected_rows(joined)) {
    if (!std::isfinite(all[row]) || !(weights[row] > 0)) continue;
    mag.push_back(all[row]);
    found.push_back(recovered[row]);
    weight.push_back(weights[row]);
    sum.add(weights[row], recovered[row]);
  }
  for (double& w : weight) w *= sum.effective() / sum.all;
  LogisticCompleteness result;
  const auto successes = std::count(found.begin(), found.end(), true);
  result.mag_50 = result.mag_50_error = result.width_mag = result.plateau = std::nan("");
  if (mag.size() < 20 || successes < 5 || successes + 5 > static_cast<long>(mag.size())) return result;
  const auto deviance = [&](const Eigen::VectorXd& p, Eigen::VectorXd& residual) {
    residual.resize(static_cast<Eigen::Index>(mag.size()));
    for (std::size_t i = 0; i < mag.size(); ++i) {
      const double x = std::clamp((mag[i] - p[0]) / p[1], -500.0, 500.0);
      const double probability = std::clamp(p[2] / (1 + std::exp(x)), 1e-9, 1 - 1e-9);
      residual[static_cast<Eigen::Index>(i)] =
          std::sqrt(-2 * weight[i] * std::log(found[i] ? probability : 1 - probability));
    }
  };
  const auto [low, high] = std::minmax_element(mag.begin(), mag.end());
  Eigen::VectorXd start(3), lower(3), upper(3);
  start << statistics::median(mag), 0.5, 0.9;
  lower << *low - 2, 0.02, 0.05;
  upper << *high + 2, 10.0, 1.0;
  const inference::LeastSquaresSummary fit =
      inference::minimise_least_squares(inference::with_numerical_jacobian(deviance), start, lower, upper);
  result.mag_50 = fit.x[0];
  result.width_mag = fit.x[1];
  result.plateau = fit.x[2];
  result.converged =
      fit.status == inference::FitStatus::converged || fit.status == inference::FitStatus::at_bound;
  if (fit.x[0] < *low || fit.x[0] > *high) {
    result.mag_50 = std::nan("");
    return result;
  }
  // Hessian of the log likelihood (half the deviance) by differences: the Gauss-Newton matrix is not the
  // Fisher information here. A plateau that ended at its bound is held.
  const bool plateau_free = fit.x[2] < upper[2] && fit.x[2] > lower[2];
  const int free = plateau_free ? 3 : 2;
  const Eigen::Vector3d h(0.05, 0.02,
                          std::min(0.01, 0.5 * std::min(upper[2] - fit.x[2], fit.x[2] - lower[2])));
  const auto half_deviance = [&](int i, double di, int j, double dj) {
    Eigen::VectorXd p = fit.x, residual;
    p[i] += di;
    p[j] += dj;
    deviance(p, residual);
    return 0.5 * residual.squaredNorm();
  };
  Eigen::MatrixXd hessian(free, free);
  for (int i = 0; i < free; ++i)
    for (int j = 0; j <= i; ++j) {
      const double mixed = half_deviance(i, h[i], j, h[j]) - half_deviance(i, h[i], j, -h[j]) -
                           half_deviance(i, -h[i], j, h[j]) + half_deviance(i, -h[i], j, -h[j]);
      const double twice =
          half_deviance(i, h[i], i, 0) - 2 * half_deviance(i, 0, i, 0) + half_deviance(i, -h[i], i, 0);
      hessian(i, j) = hessian(j, i) = i == j ? twice / (h[i] * h[i]) : mixed / (4 * h[i] * h[j]);
    }
  const Eigen::LDLT<Eigen::MatrixXd> solver(hessian);
  const double variance = solver.solve(Eigen::VectorXd::Unit(free, 0))[0];
  result.mag_50_error = solver.isPositive() && variance > 0 ? std::sqrt(variance) : std::nan("");
  return result;
}

}  // namespace arcproof::validation
