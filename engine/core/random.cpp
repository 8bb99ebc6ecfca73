#include "engine/core/random.h"

#include "engine/core/error.h"
#include "engine/core/hash.h"

#include <cmath>
#include <cstring>
#include <string>

#include <boost/random/normal_distribution.hpp>
#include <boost/random/poisson_distribution.hpp>
#include <boost/random/uniform_int_distribution.hpp>

namespace arcproof {
namespace {

void append(std::string& bytes, std::uint64_t value) {
  for (int i = 0; i < 8; ++i) bytes += static_cast<char>(value >> (8 * i));
}

// Every field is preceded by its length or has a fixed one, so that no two names give the same bytes.
std::string canonical_bytes(const StreamName& name) {
  std::string bytes;
  append(bytes, name.seed);
  append(bytes, name.purpose.size());
  bytes += name.purpose;
  append(bytes, static_cast<std::uint64_t>(name.realisation));
  append(bytes, static_cast<std::uint64_t>(name.clump));
  bytes += name.band;
  return bytes;
}

using Word = pcg_extras::pcg128_t;

Word word(const Sha256& digest, int offset) {
  Word value = 0;
  for (int i = 0; i < 16; ++i) value = (value << 8) | digest[offset + i];
  return value;
}

pcg64 engine_for(const StreamName& name) {
  const Sha256 digest = sha256(canonical_bytes(name));
  return pcg64(word(digest, 0), word(digest, 16));
}

}  // namespace

Random::Random(const StreamName& name) : engine_(engine_for(name)) {}

std::uint64_t Random::bits() { return engine_(); }

double Random::uniform() { return static_cast<double>(engine_() >> 11) * 0x1.0p-53; }

double Random::uniform(double low, double high) { return low + (high - low) * uniform(); }

double Random::normal() { return boost::random::normal_distribution<double>()(engine_); }

double Random::normal(double mean, double sigma) { return mean + sigma * normal(); }

std::int64_t Random::poisson(double mean) {
  require(mean >= 0, "Random::poisson: mean >= 0");
  if (mean == 0) return 0;
  if (mean < 0.5) {  // by inversion, and without an exponential where 1 - mean <= exp(-mean) decides already
    const double u = uniform();
    if (u < 1 - mean) return 0;
    std::int64_t count = 0;
    double term = std::exp(-mean), sum = term;
    while (u >= sum && term > 1e-17) {
      term *= mean / static_cast<double>(++count);
      sum += term;
    }
    return count;
  }
  if (mean > 1e6) return std::llround(std::max(0.0, normal(mean, std::sqrt(mean))));
  return boost::random::poisson_distribution<std::int64_t, double>(mean)(engine_);
}

std::size_t Random::index(std::size_t count) {
  require(count > 0, "Random::index: count > 0");
  return boost::random::uniform_int_distribution<std::size_t>(0, count - 1)(engine_);
}

}  // namespace arcproof
