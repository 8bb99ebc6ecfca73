// The integral over the mass of a posterior (posterior.h),
//
//   J(v, a, b) = int_a^b e^(-(u - v)^2 / 2) du / u.
#pragma once

namespace arcproof::sed::mass_integral {

/// ln J(v, u_min, u_max): Gauss-Legendre quadrature, 1e-10 relative.
double log_direct(double v, double u_min, double u_max);
/// The same from a table or a series: 3e-5 absolute. log_direct is its slow twin.
double log_fast(double v, double u_min, double u_max);

}  // namespace arcproof::sed::mass_integral
