#include "reports/figures/recovery/axes.h"

#include "reports/drawing/columns.h"

#include <algorithm>
#include <cmath>

namespace arcproof::reports {

Range magnitude_range(const RunFolder& run) {
  const io::Table& table = run.table(completeness_mag_table);
  const io::Reals low = real_column(table, "low_1"), high = real_column(table, "high_1");
  const io::Integers injected = integer_column(table, "n_injected"),
                     recovered = integer_column(table, "n_recovered");
  Range all{HUGE_VAL, -HUGE_VAL};
  double faint =
      std::fmax(run.metric("depth." + run.reference_band()) + 1, run.metric("completeness.mag_50") + 2.5);
  for (std::size_t i = 0; i < table.rows(); ++i) {
    if (injected[i] > 0) all = {std::fmin(all.low, low[i]), std::fmax(all.high, high[i])};
    if (recovered[i] > 0) faint = std::fmax(faint, high[i] + 0.5);
  }
  if (!(all.low < all.high)) return {20, 30};
  return {all.low, faint > all.low ? std::min(all.high, faint) : all.high};
}

}  // namespace arcproof::reports
