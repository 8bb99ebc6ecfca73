#include "engine/photometry/position_expansion.h"

#include <algorithm>
#include <cmath>

namespace arcproof::photometry {
namespace {

constexpr int most_iterations = 30;

using Planes = Eigen::Matrix<double, 6, 1>;

// Coefficients of the six planes in the moved image.
Planes moved(double dx, double dy) {
  Planes c;
  c << 1, -dx, -dy, 0.5 * dx * dx, dx * dy, 0.5 * dy * dy;
  return c;
}

/// With B terms of background.
template <int B>
class Descent {
 public:
  using Linear = Eigen::Matrix<double, B + 1, 1>;  // flux, background
  using Square = Eigen::Matrix<double, B + 1, B + 1>;

  explicit Descent(const PositionExpansion& e)
      : e_(e), ground_(e.gram.template block<B, B>(6, 6)), mixed_(e.gram.template block<6, B>(0, 6)) {}

  struct State {
    double dx = 0, dy = 0, cost = 0;
    Linear linear = Linear::Zero();
    bool solvable = false;
  };

  State at(double dx, double dy) const {
    State s;
    s.dx = dx;
    s.dy = dy;
    const Planes c = moved(dx, dy);
    Square normal;
    normal(0, 0) = c.dot(planes() * c);
    normal.template block<1, B>(0, 1) = (mixed_.transpose() * c).transpose();
    normal.template block<B, 1>(1, 0) = normal.template block<1, B>(0, 1).transpose();
    normal.template block<B, B>(1, 1) = ground_;
    Linear right;
    right << c.dot(e_.data.template head<6>()), e_.data.template segment<B>(6);
    const Eigen::LDLT<Square> solver(normal);
    s.linear = solver.solve(right);
    s.solvable = solver.info() == Eigen::Success && solver.isPositive() && s.linear.allFinite();
    s.cost = std::max(0.0, e_.data_squared - right.dot(s.linear));
    return s;
  }

  // Step of the position, and the fall of chi^2 that it should bring. The linear parameters move along.
  Eigen::Vector2d step(const State& s, double& predicted) const {
    Eigen::Matrix<double, 6, 2> slope;
    slope.col(0) << 0, -1, 0, s.dx, s.dy, 0;
    slope.col(1) << 0, 0, -1, 0, s.dx, s.dy;
    const double flux = s.linear[0];
    const Planes c = moved(s.dx, s.dy);
    const Eigen::Matrix<double, B, 1> ground = s.linear.template tail<B>();
    const Planes residual = e_.data.template head<6>() - flux * (planes() * c) - mixed_ * ground;
    const Eigen::Vector2d downhill = flux * (slope.transpose() * residual);
    Eigen::Matrix<double, 2, B + 1> cross;
    cross.col(0) = flux * (slope.transpose() * (planes() * c));
    cross.template rightCols<B>() = flux * (slope.transpose() * mixed_);
    Square normal;
    normal(0, 0) = c.dot(planes() * c);
    normal.template block<1, B>(0, 1) = (mixed_.transpose() * c).transpose();
    normal.template block<B, 1>(1, 0) = normal.template block<1, B>(0, 1).transpose();
    normal.template block<B, B>(1, 1) = ground_;
    const Eigen::Matrix2d curvature =
        flux * flux * (slope.transpose() * planes() * slope) - cross * normal.ldlt().solve(cross.transpose());
    Eigen::Vector2d result = within(s, curvature.ldlt().solve(downhill));
    predicted = 2 * downhill.dot(result) - result.dot(curvature * result);
    return result;
  }

 private:
  Eigen::Matrix<double, 6, 6> planes() const { return e_.gram.template block<6, 6>(0, 0); }

  Eigen::Vector2d within(const State& s, const Eigen::Vector2d& step) const {
    return {std::clamp(s.dx + step[0], e_.low_x, e_.high_x) - s.dx,
            std::clamp(s.dy + step[1], e_.low_y, e_.high_y) - s.dy};
  }

  const PositionExpansion& e_;
  Eigen::Matrix<double, B, B> ground_;
  Eigen::Matrix<double, 6, B> mixed_;
};

template <int B>
ExpandedFit descend(const PositionExpansion& expansion, double tolerance) {
  const Descent<B> descent(expansion);
  auto state = descent.at(0, 0);
  ExpandedFit fit;
  for (; state.solvable && fit.iterations < most_iterations; ++fit.iterations) {
    double predicted = 0;
    Eigen::Vector2d step = descent.step(state, predicted);
    if (!step.allFinite() || !(predicted > tolerance)) break;
    auto next = descent.at(state.dx + step[0], state.dy + step[1]);
    for (int halving = 0; halving < 6 && !(next.solvable && next.cost < state.cost); ++halving) {
      step *= 0.5;
      next = descent.at(state.dx + step[0], state.dy + step[1]);
    }
    if (!(next.solvable && next.cost < state.cost)) break;
    const bool enough = state.cost - next.cost < tolerance;
    state = next;
    if (enough) break;
  }
  fit.dx = state.dx;
  fit.dy = state.dy;
  fit.flux = state.linear[0];
  fit.background.template head<B>() = state.linear.template tail<B>();
  fit.cost = state.cost;
  fit.solvable = state.solvable;
  return fit;
}

}  // namespace

ExpandedFit fit_position(const PositionExpansion& expansion, double tolerance) {
  return expansion.plane ? descend<3>(expansion, tolerance) : descend<1>(expansion, tolerance);
}

}  // namespace arcproof::photometry
