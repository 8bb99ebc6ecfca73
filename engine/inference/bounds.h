// An interval that a parameter may lie in.
#pragma once

namespace arcproof::inference {

struct Bounds {
  double low, high;
};

}  // namespace arcproof::inference
