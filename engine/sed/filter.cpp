#include "engine/sed/filter.h"

#include "engine/core/error.h"
#include "engine/core/interpolate.h"
#include "engine/io/files.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <optional>
#include <string_view>

#include <fmt/format.h>

namespace arcproof::sed {
namespace {

constexpr const char* two_numbers = "a wavelength [Angstrom] and a throughput";

/// Splits the first number off `text`.
std::optional<double> take_number(std::string_view& text) {
  const std::size_t start = text.find_first_not_of(" \t");
  if (start == std::string_view::npos) return std::nullopt;
  text.remove_prefix(start);
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || !std::isfinite(value)) return std::nullopt;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  return value;
}

bool only_spaces(std::string_view text) { return text.find_first_not_of(" \t") == std::string_view::npos; }

/// The line without its comment and line end.
std::string_view significant(std::string_view line) {
  line = line.substr(0, line.find('#'));
  while (!line.empty() && (line.back() == '\r' || line.back() == ' ' || line.back() == '\t'))
    line.remove_suffix(1);
  return line;
}

struct Row {
  double wavelength, throughput;
};

Row parse_row(std::string_view line, const std::string& file, int number) {
  const std::string key = fmt::format("line {}", number);
  std::string_view rest = line;
  const std::optional<double> wavelength = take_number(rest);
  const bool separated = !rest.empty() && (rest.front() == ' ' || rest.front() == '\t');
  const std::optional<double> throughput = separated ? take_number(rest) : std::nullopt;
  if (!wavelength || !throughput || !only_spaces(rest))
    throw InputError({file, key, std::string(line), two_numbers});
  if (*wavelength <= 0)
    throw InputError({file, key, fmt::format("wavelength {}", *wavelength), "a wavelength above 0"});
  if (*throughput < 0)
    throw InputError({file, key, fmt::format("throughput {}", *throughput), "a throughput of 0 or more"});
  return {*wavelength, *throughput};
}

void append(Filter& filter, const Row& row, const std::string& file, int number) {
  if (!filter.wavelength_angstrom.empty() && row.wavelength <= filter.wavelength_angstrom.back())
    throw InputError(
        {file, fmt::format("line {}", number),
         fmt::format("wavelength {} after {}", row.wavelength, filter.wavelength_angstrom.back()),
         "wavelengths that increase from row to row"});
  filter.wavelength_angstrom.push_back(row.wavelength);
  filter.throughput.push_back(row.throughput);
}

void check_whole(const Filter& filter, const std::string& file) {
  if (filter.throughput.size() < 3)
    throw InputError({file, "", fmt::format("{} rows", filter.throughput.size()), "three rows or more"});
  if (*std::max_element(filter.throughput.begin(), filter.throughput.end()) <= 0)
    throw InputError({file, "", "a throughput that is zero everywhere", "a throughput above 0 somewhere"});
}

/// Wavelength where the straight line between samples i and j passes `level`.
double crossing(const Filter& filter, std::size_t i, std::size_t j, double level) {
  const double part = (level - filter.throughput[i]) / (filter.throughput[j] - filter.throughput[i]);
  return filter.wavelength_angstrom[i] +
         part * (filter.wavelength_angstrom[j] - filter.wavelength_angstrom[i]);
}

double half_of_maximum(const Filter& filter) {
  return 0.5 * *std::max_element(filter.throughput.begin(), filter.throughput.end());
}

double throughput_at(const Filter& filter, double wavelength_angstrom) {
  const Bracket at = bracket(filter.wavelength_angstrom, wavelength_angstrom);
  return filter.throughput[at.left] * (1 - at.part) + filter.throughput[at.right] * at.part;
}

/// Wavelengths of both grids inside [low, high], with both ends, in increasing order and each once.
std::vector<double> union_grid(std::span<const double> a, std::span<const double> b, double low,
                               double high) {
  std::vector<double> all{low, high};
  for (const std::span<const double> grid : {a, b})
    for (const double x : grid)
      if (x > low && x < high) all.push_back(x);
  std::sort(all.begin(), all.end());
  all.erase(std::unique(all.begin(), all.end()), all.end());
  return all;
}

/// Simpson's rule on every interval of a grid: exact for the cubic T l f where T and f are straight lines.
struct Node {
  double x, weight;
};
std::vector<Node> simpson_nodes(const std::vector<double>& x) {
  std::vector<Node> nodes;
  nodes.reserve(3 * x.size());
  for (std::size_t i = 1; i < x.size(); ++i) {
    const double sixth = (x[i] - x[i - 1]) / 6;
    nodes.push_back({x[i - 1], sixth});
    nodes.push_back({0.5 * (x[i - 1] + x[i]), 4 * sixth});
    nodes.push_back({x[i], sixth});
  }
  return nodes;
}

/// int T l dl and int T dl over the whole filter.
struct Moments {
  double photons = 0, response = 0;
};
Moments moments(const Filter& filter) {
  Moments sum;
  for (const Node& node : simpson_nodes(filter.wavelength_angstrom)) {
    const double share = node.weight * throughput_at(filter, node.x);
    sum.photons += share * node.x;
    sum.response += share;
  }
  return sum;
}

/// int T dl / l; between two samples T = (T1 - T0) (l - l0) / (l1 - l0) + T0, whose integral has a logarithm.
double normalisation(const Filter& filter) {
  const std::vector<double>&x = filter.wavelength_angstrom, &t = filter.throughput;
  double sum = 0;
  for (std::size_t i = 1; i < x.size(); ++i)
    sum +=
        (t[i - 1] * x[i] - t[i] * x[i - 1]) / (x[i] - x[i - 1]) * std::log(x[i] / x[i - 1]) + t[i] - t[i - 1];
  return sum;
}

}  // namespace

double Filter::pivot_angstrom() const { return std::sqrt(moments(*this).photons / normalisation(*this)); }

double Filter::half_power_low_angstrom() const {
  const double half = half_of_maximum(*this);
  std::size_t i = 0;
  while (throughput[i] < half) ++i;
  return i == 0 ? wavelength_angstrom.front() : crossing(*this, i - 1, i, half);
}

double Filter::half_power_high_angstrom() const {
  const double half = half_of_maximum(*this);
  std::size_t i = throughput.size() - 1;
  while (throughput[i] < half) --i;
  return i + 1 == throughput.size() ? wavelength_angstrom.back() : crossing(*this, i + 1, i, half);
}

Filter read_filter(const std::filesystem::path& path, const std::string& band) {
  const std::string text = io::read_text(path), file = path.string();
  Filter filter{band, {}, {}};
  int number = 0;
  for (std::string_view rest = text; !rest.empty();) {
    const std::size_t end = std::min(rest.find('\n'), rest.size());
    const std::string_view line = significant(rest.substr(0, end));
    rest.remove_prefix(std::min(end + 1, rest.size()));
    ++number;
    if (!only_spaces(line)) append(filter, parse_row(line, file, number), file, number);
  }
  check_whole(filter, file);
  return filter;
}

BandWeights band_weights(const Filter& filter, std::span<const double> wavelength_angstrom) {
  require(
      filter.wavelength_angstrom.size() >= 3 && filter.throughput.size() == filter.wavelength_angstrom.size(),
      "band_weights: a filter has three samples or more");
  require(wavelength_angstrom.size() >= 2, "band_weights: a spectrum has two wavelengths or more");
  const std::span<const double> grid = wavelength_angstrom;
  const double low = std::max(filter.wavelength_angstrom.front(), grid.front());
  const double high = std::min(filter.wavelength_angstrom.back(), grid.back());
  if (low >= high) return {.first = 0, .weight = {}, .covered = 0};

  // Each node's share of int T l f dl goes to the two wavelengths that f is interpolated from there.
  std::vector<double> share(grid.size(), 0.0);
  double covered = 0;
  for (const Node& node : simpson_nodes(union_grid(filter.wavelength_angstrom, grid, low, high))) {
    const double response = node.weight * throughput_at(filter, node.x);
    const Bracket at = bracket(grid, node.x);
    share[at.left] += response * node.x * (1 - at.part);
    share[at.right] += response * node.x * at.part;
    covered += response;
  }

  const std::size_t first = bracket(grid, low).left, last = bracket(grid, high).right;
  BandWeights out{.first = first, .weight = {}, .covered = covered / moments(filter).response};
  const double scale = 1 / normalisation(filter);
  for (std::size_t i = first; i <= last; ++i) out.weight.push_back(share[i] * scale);
  return out;
}

}  // namespace arcproof::sed
