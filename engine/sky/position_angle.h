// Angles of axes: an axis has no arrow, so that angles are the same modulo half a turn.
//
// Within an image angles run from +x counter-clockwise [rad], in (-pi/2, pi/2]; on the sky from North through
// East [deg], in [0, 180).
#pragma once

#include "engine/core/units.h"

#include <cmath>

namespace arcproof::sky {

/// The axis at angle a, of a pair (e cos 2a, e sin 2a): an ellipticity, or a shear.
inline double axis_angle_rad(double cos_twice, double sin_twice) {
  return 0.5 * std::atan2(sin_twice, cos_twice);
}

/// The major axis of ((xx, xy), (xy, yy)): second moments, or a covariance. 0 for a round one.
inline double major_axis_angle_rad(double xx, double xy, double yy) {
  return axis_angle_rad(xx - yy, 2 * xy);
}

/// The axis along a step on the sky; both components in the same unit.
inline double position_angle_deg(double east, double north) {
  return std::fmod(std::atan2(east, north) / units::degree + 360.0, 180.0);
}

}  // namespace arcproof::sky
