// What is known of the true values of a row of the catalogue, from injections that were measured like it.
//
// Row i has a weight P_ik ~ W_ik g_ik w_k for each recovered injection k: W_ik how much k resembles the row as measured
// (engine/inference/regression_forest.h), w_k how often such clumps occur (population_weights.h), and
// g_ik = p_detect(k, at the row's place) / p_detect(k, at its own): what is found elsewhere may not be found here. Each k stands for
// one set of true values of the row:
//
//   magnitude, log M, log mu     measured value of the row + (true - measured) of k
//   log age, E(B-V)              the same, within the range of what was injected
//   log R                        the same; true value of k where the radius of either is an upper limit
//   fluxes                       flux of the row + (true - measured) of k, scaled to the row's reference flux
//   log surface density          log M - log10(2 pi R^2), [solMass / pc^2]
#pragma once

#include "engine/core/keys.h"
#include "engine/inference/regression_forest.h"
#include "validation/correction/clump_classifier.h"
#include "validation/correction/detection_model.h"
#include "validation/correction/features.h"
#include "validation/correction/population_weights.h"

#include <array>
#include <map>
#include <optional>

namespace arcproof::validation {

struct CorrectionOptions {
  std::string reference_band;   ///< lower case; no key
  double reference_slope = -1;  ///< of the reference law: clumps per dex of mass ~ M^slope
  double penalty = 10;          ///< lambda of population_weights.h
  int trees = 150;
  int leaf = 8;
  std::uint64_t seed = 1;  ///< no key

  void describe(Keys& keys) {
    keys.number(
        "reference_slope", reference_slope, "",
        "corrections: reference law of clump masses, numbers per dex as M^slope, flat in log radius and log "
        "age; what the catalogue itself says changes it",
        Allowed::between(-3, 3));
    keys.number("population_penalty", penalty, "",
                "corrections: strength with which the population is held at the reference law",
                Allowed::above(0, 1e6));
    keys.integer("trees", trees, "", "corrections: trees of the forest that compares rows with injections",
                 Allowed::between(10, 10000));
    keys.integer("leaf", leaf, "", "corrections: injections that a leaf of a tree holds at least",
                 Allowed::between(2, 1000));
  }
};

/// What a correction is made from. Tables must outlive it.
struct CorrectionInput {
  const io::Table& catalogue;   ///< rows to be corrected
  const io::Table& injections;  ///< as in injections.fits
  const io::Table* measured =
      nullptr;  ///< table MEASURED: objects outside the host and in the negative image
};

/// Quantities that have a posterior, in the order of their columns.
enum class Quantity { mag, log_mass, log_radius, log_age, ebv, log_mu, log_density };
inline constexpr std::array<Quantity, 7> all_quantities = {
    Quantity::mag, Quantity::log_mass, Quantity::log_radius, Quantity::log_age,
    Quantity::ebv, Quantity::log_mu,   Quantity::log_density};

struct Draw {
  std::size_t injection;  ///< row of the table of injections
  double weight;          ///< of a row's draws: sum 1
};

struct RowPosterior {
  std::vector<Draw> draws;  ///< none: nothing was recovered that can stand for the row
  double p_true = 0;        ///< NaN for rows that are not selected
  double p_detect = 0, p_detect_err = 0;
  double inverse_p_detect = 0;  ///< E[1 / max(p_mean, 0.05)], p_mean: MeanDetection, over the field's places
  double ess = 0;
  bool outside = false;  ///< measured magnitude or size beyond those of all recovered injections
};

/// Smallest p_detect that counts are corrected by.
inline constexpr double least_p_detect = 0.05;

class Correction {
 public:
  Correction(const CorrectionInput& input, const CorrectionOptions& options, int threads);

  const std::vector<RowPosterior>& rows() const { return rows_; }
  /// Value of a quantity for a row by a draw; NaN where it was not measured.
  double value(Quantity quantity, std::size_t row, const Draw& draw) const;
  double flux(std::size_t band, std::size_t row, const Draw& draw) const;
  const std::vector<std::string>& bands() const { return bands_; }
  const std::string& reference_band() const { return bands_[reference_]; }
  /// p_detect of a row, were it as this draw says.
  Probability detection(std::size_t row, const Draw& draw, bool with_error = true) const;

  double share_of_clumps() const { return share_; }  ///< pi
  bool has_classifier() const { return classifier_trained_; }
  std::size_t clumps() const { return good_.size(); }  ///< of class 1 and for posteriors
  std::size_t others() const { return others_; }       ///< of class 0
  /// p_detect of a draw of a row in the mean over its field's places.
  double mean_detection(std::size_t row, const Draw& draw) const;
  const PopulationWeights& population() const { return population_; }
  const DetectionModel& detection_model() const { return *detection_; }

 private:
  struct Columns {
    std::vector<double> mag, log_mass, log_radius, log_age, ebv, log_mu, limit;
    std::vector<std::vector<double>> flux;  ///< [band][row]
  };
  struct Range {
    double low, high;
  };
  static Range range_of(const std::vector<double>& values);
  static Columns measured_columns(const Measurements& from, const std::string& band,
                                  const std::vector<std::string>& bands);
  static Columns true_columns(const io::Table& injections, const std::vector<std::string>& bands);
  void find_good(const io::Table& injections);
  void train_forest(const CorrectionInput& input, const CorrectionOptions& options, int threads);
  void set_base(const io::Table& injections, const CorrectionOptions& options);
  void classify(const CorrectionInput& input, const CorrectionOptions& options,
                const std::vector<double>& clump_weights);
  void weigh_population(const CorrectionOptions& options);
  void set_places(const CorrectionInput& input);
  void move_to_places(int threads);
  void set_posteriors(int threads);

  std::vector<std::string> bands_;
  std::size_t reference_ = 0;
  std::vector<std::size_t> good_;  ///< rows of the injections that were recovered and fully measured
  Columns row_, measured_, truth_;
  Range ages_{}, reddenings_{};         ///< of all injections, true
  std::vector<DetectionPlace> places_;  ///< of catalogue rows; magnitude, size and age are the draw's
  std::vector<double> p_of_good_;       ///< p_detect of each of good_ where it was injected
  std::vector<double> true_log_sigma_;
  std::vector<double> base_;  ///< b_k of each of good_
  Eigen::MatrixXd terms_;
  std::vector<std::vector<inference::Resemblance>> resemblance_;
  std::vector<double> log_odds_;
  std::optional<DetectionModel> detection_;
  MeanDetection mean_detection_;
  PopulationWeights population_;
  std::vector<RowPosterior> rows_;
  double share_ = 0.5;
  bool classifier_trained_ = false;
  std::size_t others_ = 0;
};

}  // namespace arcproof::validation
