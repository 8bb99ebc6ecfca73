// Fixture: the published lens model of SMACS0723 and the tables made with it. Its tests are skipped, naming
// the file, where one of them is not at hand.
#pragma once

#include "engine/lens/lenstool/project.h"
#include "tests/support/data.h"

#include <algorithm>
#include <cmath>
#include <optional>
#include <sstream>
#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace arcproof::lens {

class Smacs0723 : public testing::Test {
 protected:
  void SetUp() override {
    for (const std::string name : {"best.par", "bayes.dat", "arcs.dat"}) {
      ARCPROOF_NEEDS_DATA(path, "lens/ICLv1/" + name);
    }
    for (const std::string name : {"table2_images", "tableB1_photometry", "tableB2_properties"}) {
      ARCPROOF_NEEDS_REFERENCE(path, "claeyssens2023_" + name + ".csv");
    }
    project_ = read_lenstool(tests::data_file("lens/ICLv1/best.par"));
    best_.emplace(project_.best());
  }

  const LenstoolProject& project() const { return project_; }
  const LensModel& best() const { return *best_; }
  Posterior posterior() const { return read_bayes(tests::data_file("lens/ICLv1/bayes.dat"), project_); }
  static std::vector<Arc> arcs() { return read_arcs(tests::data_file("lens/ICLv1/arcs.dat")); }
  static std::vector<tests::CsvRow> table(const std::string& name) {
    return tests::read_csv(tests::reference_file("claeyssens2023_" + name + ".csv"));
  }
  /// Position and redshift of a row of table 2: the spectroscopic redshift where there is one.
  struct Target {
    Vector2 theta;
    double z;
  };
  Target table2_image(const tests::CsvRow& row) const {
    return {best().to_frame({15 * sexagesimal(row.at("ra_hms")), sexagesimal(row.at("dec_dms"))}),
            number(row, row.at("z_spec").empty() ? "z_model" : "z_spec")};
  }
  /// And of table B1.
  Target table_b1_clump(const tests::CsvRow& row) const {
    return {best().to_frame({number(row, "ra_deg"), number(row, "dec_deg")}), number(row, "z")};
  }

  static double number(const tests::CsvRow& row, const std::string& column) {
    return std::stod(row.at(column));
  }

 private:
  // "07:23:21.77" -> 7.38938
  static double sexagesimal(std::string text) {
    const double sign = text[0] == '-' ? -1 : 1;
    std::replace(text.begin(), text.end(), ':', ' ');
    std::istringstream stream(text);
    double whole = 0, minutes = 0, seconds = 0;
    stream >> whole >> minutes >> seconds;
    return sign * (std::abs(whole) + minutes / 60 + seconds / 3600);
  }

  LenstoolProject project_;
  std::optional<LensModel> best_;
};

}  // namespace arcproof::lens
