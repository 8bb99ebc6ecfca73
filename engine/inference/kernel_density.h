// The mode of a sample by Gaussian kernel density with Scott's bandwidth, h = sigma n^(-1/5) (as
// scipy.stats.gaussian_kde): of a long chain by cells, and its slow twin draw by draw.
#pragma once

#include <span>

namespace arcproof::inference {

/// The sample is first shared out linearly among 1024 cells between its extremes (Wand 1994) and the kernel
/// is cut at 6 h: 500 times faster than the twin. Linear sharing widens the kernel by (cell/h)^2/6 of its
/// variance, which moves the mode by far less than h/100. NaN when empty.
double binned_kde_mode(std::span<const double> x);

/// The slow twin, which tests compare with: every draw at each of 512 points between the extremes, refined by
/// a parabola. NaN when empty, or when a draw is NaN.
double kde_mode(std::span<const double> x);

}  // namespace arcproof::inference
