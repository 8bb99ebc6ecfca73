// The generalised exponential integral of real order
//
//   E_p(x) = int_1^inf t^-p exp(-x t) dt = x^(p-1) Gamma(1-p, x)
//
// which normalises a Schechter function above a minimum: int_Mmin^inf M^beta exp(-M/Mc) dM = Mmin^(beta+1)
// E_{-beta}(Mmin/Mc). For the slopes of mass functions (p from 1 to 3) the incomplete gamma function has a
// negative first argument, which Boost does not offer, and the textbook recurrence loses all digits near p =
// 1, 2, 3. E_p itself is smooth there.
//
// Method: x <= 1.5: the series of Gautschi (1979, ACM TOMS 5, 466) for p0 in [1/2, 3/2), written so that its
// poles cancel by hand (log-gamma and expm1 forms), then E_{p+1} = (exp(-x) - x E_p)/p upwards, which is
// stable for small x; x > 1.5: the continued fraction (Abramowitz & Stegun 5.1.22) by Lentz's method.
// Relative accuracy better than 1e-13 for 0 <= p <= 10.
#pragma once

namespace arcproof {

/// E_p(x) for x >= 0, any finite p; +infinity at x = 0 for p <= 1.
double generalised_exponential_integral(double p, double x);

}  // namespace arcproof
