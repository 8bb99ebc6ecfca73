// The tables of a run's completeness and bias, along the axes of its injections.
#pragma once

#include "engine/io/table.h"
#include "validation/completeness.h"

#include <string>
#include <vector>

namespace arcproof::validation {

struct TableOptions {
  double mag_step = 0.5, log_radius_step = 0.25, log_mass_step = 0.5;  ///< widths of bins [mag], [dex]
  std::string reference_band;                                          ///< lower case
  std::vector<std::string> bands;                                      ///< lower case
  bool has_pairs = false;  ///< clumps were injected two by two: bias by separation as well
};

/// Magnitude, log10 radius and log10 mass of the injections, in this order.
std::vector<BinAxis> axes_of(const TableOptions& options, const io::Table& joined);

/// Tables MAG, RADIUS, MASS and MAG_RADIUS (validation/completeness.h) along such axes.
std::vector<io::Table> completeness_products(const io::Table& joined, const std::vector<BinAxis>& axes);

struct BiasProducts {
  io::Table bias, coverage;
};

/// Tables BIAS and COVERAGE (validation/bias.h) along magnitude, radius, S/N and, for pairs, separation.
BiasProducts bias_products(const TableOptions& options, const io::Table& joined,
                           const std::vector<BinAxis>& axes);

}  // namespace arcproof::validation
