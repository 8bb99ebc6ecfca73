// Against numbers printed by tests/reference/generators/convergence_numbers.py: the formulas of Vehtari+2021
// with direct sums in numpy 1.24 and scipy 1.10, and emcee 3.1.4's autocorrelation time.
#include "validation/convergence.h"

#include <cmath>
#include <cstdint>
#include <map>
#include <string>

#include <gtest/gtest.h>

namespace arcproof::validation {
namespace {

// s <- 1664525 s + 1013904223 mod 2^32;  x <- rho x + (s / 2^32 - 1/2): the same doubles as the generator's.
std::vector<double> chain(int number, int length, double rho) {
  std::uint32_t s = 7919u * static_cast<std::uint32_t>(number + 1);
  double x = 0;
  std::vector<double> draws;
  for (int i = 0; i < length; ++i) {
    s = 1664525u * s + 1013904223u;
    x = rho * x + (s / 4294967296.0 - 0.5);
    draws.push_back(x);
  }
  return draws;
}

Chains chains(int count, int length, double rho) {
  Chains result;
  for (int i = 0; i < count; ++i) result.push_back(chain(i, length, rho));
  return result;
}

std::map<std::string, Chains> cases() {
  std::map<std::string, Chains> result = {
      {"smooth", chains(4, 250, 0.7)},      {"shifted, odd length", chains(3, 201, 0.8)},
      {"one wider", chains(4, 120, 0.3)},   {"ties", chains(4, 150, 0.5)},
      {"single", chains(1, 400, 0.9)},      {"many short", chains(40, 60, 0.9)},
      {"antithetic", chains(4, 100, -0.6)}, {"shortest", chains(2, 8, 0.2)}};
  for (double& x : result["shifted, odd length"][1]) x += 0.4;
  for (double& x : result["one wider"][0]) x *= 3;
  for (auto& one : result["ties"])
    for (double& x : one) x = std::floor(8 * x) / 8;
  return result;
}

struct Row {
  const char* name;
  double r_hat, ess_bulk, ess_tail, ess_q10, ess_mean, mcse_q10, mcse_median, mcse_mean, tau;
};
constexpr Row rows[] = {
    {"smooth", 1.0109545105727795, 215.61851245217747, 371.03810669777886, 441.5451166812655,
     215.5643329851738, 0.03096371264731848, 0.03335245972447748, 0.02627195482990518, 3.0737706583895044},
    {"shifted, odd length", 1.1073306109571024, 42.92483262855416, 207.93400865310343, 125.3578936230541,
     40.88709441273296, 0.07511644619038371, 0.0770792209881057, 0.0773799410212198, 4.599760915911655},
    {"one wider", 1.1588343282497917, 284.0885108106274, 33.67514935810769, 26.58271798704156,
     256.1738579279739, 0.23056897973956733, 0.024284217857028542, 0.032589958886117334, 1.6889244404067996},
    {"ties", 1.0029127387165695, 232.63118012329278, 280.64093553878354, 412.9373362208919,
     236.35986365177567, 0.0, 0.0, 0.021442132691941465, 2.3888531241874578},
    {"single", 1.0182587354166643, 32.06149156540057, 75.69453112526452, 70.89669076679924, 33.6592815125718,
     0.08849082136323705, 0.11309450749294965, 0.09721906306951524, 15.538267328677211},
    {"many short", 1.3153813954595133, 114.59699506686273, 191.3804099113506, 228.16090616893212,
     113.66806720772942, 0.07198561566258244, 0.05605521721470802, 0.05906858904724908, 4.500286211738198},
    {"antithetic", 0.9959641987638309, 1040.823996531185, 402.08372863229414, 449.72319793663127,
     1040.823996531185, 0.02274838632405951, 0.019264220153287173, 0.011885326257710261, -0.2810484459651321},
    {"shortest", 0.9835880898477449, 19.265919722494797, 19.265919722494797, 19.265919722494797,
     19.265919722494797, 0.13209651548881082, 0.16606090163532644, 0.06775771228916183, 0.2798630918529388},
};

// Both sides are double precision throughout; 1e-9 leaves room for the order of the sums and the inverse
// normal distribution.
TEST(ConvergenceReference, EqualsTheFormulasOfThePaper) {
  const auto all = cases();
  for (const Row& row : rows) {
    SCOPED_TRACE(row.name);
    const Chains& draws = all.at(row.name);
    EXPECT_NEAR(split_r_hat(draws), row.r_hat, 1e-9);
    EXPECT_NEAR(effective_sample_size_bulk(draws) / row.ess_bulk, 1, 1e-9);
    EXPECT_NEAR(effective_sample_size_tail(draws) / row.ess_tail, 1, 1e-9);
    EXPECT_NEAR(effective_sample_size_quantile(draws, 0.1) / row.ess_q10, 1, 1e-9);
    EXPECT_NEAR(effective_sample_size_mean(draws) / row.ess_mean, 1, 1e-9);
    EXPECT_NEAR(mcse_quantile(draws, 0.1), row.mcse_q10, 1e-9);
    EXPECT_NEAR(mcse_quantile(draws, 0.5), row.mcse_median, 1e-9);
    EXPECT_NEAR(mcse_mean(draws), row.mcse_mean, 1e-9);
    EXPECT_NEAR(integrated_autocorrelation_time(draws), row.tau, 1e-9);
  }
}

}  // namespace
}  // namespace arcproof::validation
