// Random streams that are named, not counted.
//
// A stream is opened by its name: the campaign's seed, what the numbers are for, and the realisation, clump
// and band they belong to. Two streams with different names are independent; the same name gives the same
// numbers, whatever ran before, on which thread, in which shard. Zero is an ordinary seed.
//
// The generator is PCG64 (O'Neill 2014), seeded with the SHA-256 of the name. Distributions are Boost's,
// whose output does not depend on the compiler's standard library.
#pragma once

#include <cstdint>
#include <string_view>

#include <pcg_random.hpp>

namespace arcproof {

/// The name of a stream. Leave at -1 or empty what does not apply.
struct StreamName {
  std::uint64_t seed = 0;
  std::string_view purpose = {};  ///< "noise", "population", "redraws", ...
  std::int64_t realisation = -1;
  std::int64_t clump = -1;
  std::string_view band = {};
};

class Random {
 public:
  explicit Random(const StreamName& name);

  std::uint64_t bits();                     ///< uniform over all 64-bit integers
  double uniform();                         ///< [0, 1)
  double uniform(double low, double high);  ///< [low, high)
  double normal();                          ///< mean 0, standard deviation 1
  double normal(double mean, double sigma);
  std::int64_t poisson(double mean);     ///< mean >= 0; above 1e6 the normal limit, rounded
  std::size_t index(std::size_t count);  ///< 0 .. count-1, uniform; count > 0

 private:
  pcg64 engine_;
};

}  // namespace arcproof
