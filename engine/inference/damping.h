// The damping of Levenberg-Marquardt by Nielsen's update (Madsen, Nielsen & Tingleff 2004, "Methods for
// non-linear least squares problems", alg. 3.16). Shared by all descents of arcproof.
//
// With the gain g = (fall found) / (fall predicted) of a step that was taken, mu becomes
//   mu max(1/3, 1 - (2 g - 1)^3),    g no more than 1 here,
// and after each step in a row that was refused it grows by 2, 4, 8, ...
#pragma once

#include <algorithm>
#include <cmath>

namespace arcproof::inference {

class Damping {
 public:
  /// Never below `least`; above `most` there is no way down left.
  Damping(double start, double least, double most) : value_(start), least_(least), most_(most) {}

  double value() const { return value_; }
  bool exhausted() const { return value_ > most_; }

  void step_taken(double gain) {
    value_ = std::max(least_, value_ * std::max(1.0 / 3.0, 1 - std::pow(2 * std::min(gain, 1.0) - 1, 3)));
    growth_ = 2;
  }
  void step_refused() {
    value_ *= growth_;
    growth_ *= 2;
  }

 private:
  double value_, least_, most_, growth_ = 2;
};

}  // namespace arcproof::inference
