// The probability that a clump is found, as a smooth function of what it is and where it lies.
//
//   logit p = b + sum_j s_j(x_j) + products + field
//
// s_j: cubic P-splines of true magnitude, log10 of the lensed size, log10 magnification, distance to the nearest
// object, light of neighbours and brightness of the ground relative to the clump, log10 age; products of magnitude
// with size, distance and brightness, linear; a level for each field, drawn towards 0 (variance 1). Fitted by
// penalised likelihood to all injected images, each with the weight of its place (place_weights). The strength of
// the penalty is that of the best log loss on realisations that a fit has not seen (5 folds). Errors: Laplace's
// approximation with those weights.
#pragma once

#include "engine/inference/logistic.h"
#include "engine/io/table.h"
#include "validation/correction/spline.h"

#include <cstdint>
#include <string>
#include <vector>

namespace arcproof::validation {

/// What decides whether an image is found. NaN: not known, taken as usual.
struct DetectionPlace {
  double mag = 0;        ///< true, reference band
  double log_sigma = 0;  ///< log10 of the true lensed circular sigma [pixel]
  double log_mu = 0;     ///< log10 |mu|
  double crowding_pix = 0, neighbour_light = 0, local_brightness = 0;  ///< [pixel], [nJy], [nJy/pixel]
  double log_age_yr = 0;
  std::string field;
};

struct DetectionCase {
  DetectionPlace place;
  bool found = false;
  double weight = 1;  ///< of its place
  std::int64_t realisation = 0;
};

/// What each row of a table of injections was, and where.
std::vector<DetectionPlace> places_of_injections(const io::Table& injections);

/// What each row counts for its place: weight_clumps, where places were drawn evenly over the host; 1 where the header
/// (note PLACING) says that they were drawn as the catalogue's clumps lie, and without weights.
std::vector<double> place_weights(const io::Table& injections);
/// The note, and its value for places drawn as the catalogue's clumps lie.
inline constexpr const char *placing_note = "PLACING", *placed_by_catalogue = "catalogue";

/// Images that were looked for (injection_flag "injected"), from a table of injections.
std::vector<DetectionCase> detection_cases(const io::Table& injections);

struct Probability {
  double value = 0, error = 0;  ///< error: 1 sigma
};

class DetectionModel {
 public:
  /// With fewer than 20 cases, or all alike, the model is a constant.
  explicit DetectionModel(const std::vector<DetectionCase>& cases);
  Probability at(const DetectionPlace& place, bool with_error = true) const;
  double penalty() const { return penalty_; }  ///< strength that was chosen
  double effective_parameters() const { return fit_.effective_parameters; }

 private:
  DetectionModel(const std::vector<DetectionCase>& cases, double penalty);
  static double chosen_penalty(const std::vector<DetectionCase>& cases);
  friend std::vector<double> held_out_probabilities(const std::vector<DetectionCase>&, double);

  void set_basis(const std::vector<DetectionCase>& cases);
  void fit(const std::vector<DetectionCase>& cases, double penalty);
  Eigen::VectorXd design(const DetectionPlace& place) const;

  std::vector<Spline> splines_;
  std::vector<double> centre_, scale_;  // of the variables
  std::vector<std::string> fields_;
  double penalty_ = 1;
  Eigen::Index columns_ = 0;
  inference::LogisticFit fit_;
};

/// p_detect of a magnitude and size in the mean over a field's places, weighted as clumps lie there: what turns rows
/// into numbers of clumps, found or not. On a grid of 0.25 mag and 0.2 dex, linear between; at the edges beyond. At most
/// 150 images of a field stand for its places; fields with fewer than 20 take those of all.
class MeanDetection {
 public:
  MeanDetection() = default;
  MeanDetection(const std::vector<DetectionCase>& cases, const DetectionModel& model, int threads);
  double at(const std::string& field, double mag, double log_sigma) const;

 private:
  struct Grid {
    std::vector<double> p;  ///< [magnitude][size]
  };
  double low_mag_ = 0;
  std::size_t mags_ = 0;
  std::vector<std::string> fields_;
  std::vector<Grid> grids_;  ///< of fields_, then of all
};

/// Of each case, by the model fitted to the other folds: whole realisations are left out, 5 folds. `penalty`: the
/// strength that was chosen for all.
std::vector<double> held_out_probabilities(const std::vector<DetectionCase>& cases, double penalty);

/// The same by the 60 nearest cases in magnitude (0.5 mag) and size (0.2 dex): (found + 1/2) / 61.
std::vector<double> held_out_by_neighbours(const std::vector<DetectionCase>& cases);

/// Weighted mean of -log p of what happened, per case.
double log_loss(const std::vector<DetectionCase>& cases, const std::vector<double>& probabilities);

}  // namespace arcproof::validation
