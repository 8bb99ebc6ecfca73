// Recovered against true: bias, scatter, pulls and coverage of every measured quantity.
#pragma once

#include "engine/io/table.h"
#include "validation/completeness.h"

#include <string>
#include <vector>

namespace arcproof::validation {

/// A quantity that was injected and measured.
struct Quantity {
  std::string name;  ///< "mag_f150w", "log_radius_pc", ...
  std::string unit;
  io::Reals truth, measured;  ///< one value per row of the joined table; NaN: not measured
  io::Reals error;            ///< 1 sigma of the measurement; NaN where unknown
  io::Reals low, high;        ///< 68% interval; empty if the quantity has no interval
};

/// The quantities that a joined table holds: fluxes of all bands (as relative flux), that of the reference
/// band again with the analytic errors for white and for correlated noise (their pulls are what differs),
/// magnitude of the reference band, log radius (resolved clumps), magnification, log mass, log age, E(B-V),
/// for recovered rows.
std::vector<Quantity> quantities_of(const io::Table& joined, const std::vector<std::string>& bands,
                                    const std::string& reference_band);

/// Their names, in that order.
std::vector<std::string> quantity_names(const std::vector<std::string>& bands,
                                        const std::string& reference_band);

/// Bias in bins of an axis: rows (quantity, axis, low, high): n, median of measured - true with its error
/// (1.2533 scatter / sqrt n), scatter (1.4826 MAD), fraction beyond 5 scatters, median and standard deviation
/// (robust and plain) of the pulls. One more row a quantity, axis "all", holds every recovered clump.
/// Throws std::invalid_argument when a quantity has not one value per row of the table.
io::Table bias_table(const io::Table& joined, const std::vector<Quantity>& quantities,
                     const std::vector<BinAxis>& axes);

/// Fraction of true values inside the 68% intervals (measured +- error where there is no interval) with its
/// own 68% interval.
io::Table coverage_table(const std::vector<Quantity>& quantities);

}  // namespace arcproof::validation
