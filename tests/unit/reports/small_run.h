// Folders of runs as small as a figure needs, and figures as the scripts that gnuplot would be given.
#pragma once

#include "engine/io/files.h"
#include "engine/io/fits.h"
#include "engine/io/json.h"
#include "reports/figures/run_folder.h"
#include "tests/support/data.h"

#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

namespace arcproof::reports {

inline constexpr double no_number = std::numeric_limits<double>::quiet_NaN();

/// A table column by column: with(table, "name", {values}).
template <class Values>
void with(io::Table& table, const std::string& name, Values values) {
  table.add(name, "", "", std::move(values));
}

/// A run with the files that every run has, their tables empty; a test puts in what it needs.
class SmallRun {
 public:
  explicit SmallRun(const std::string& name) : folder_(tests::scratch_folder("small_run_" + name)) {
    report_["recipe"] = "small";
    report_["reference_band"] = "f150w";
    report_["bands"] = io::Json(io::Json::Array{"f150w", "f200w"});
    report_["metrics"] = io::Json::object();
    put("completeness.fits", {empty("MAG"), empty("RADIUS"), empty("MASS"), empty("MAG_RADIUS")});
    put("bias.fits", {empty("BIAS"), empty("COVERAGE")});
    put("injections.fits", {empty("INJECTIONS")});
    put("science_catalog.fits", {empty("CATALOG")});
    put_json("convergence.json", io::Json::object());
  }

  void metric(const std::string& name, double value) { report_["metrics"][name] = value; }
  void say(const std::string& key, io::Json value) { report_[key] = std::move(value); }
  void put(const std::string& file, const std::vector<io::Table>& tables) const {
    io::write_fits_tables(folder_ / file, tables);
  }
  void put_json(const std::string& file, const io::Json& value) const {
    io::write_json(folder_ / file, value);
  }
  const std::filesystem::path& folder() const { return folder_; }

  /// report.json is written here.
  RunFolder open() const {
    put_json("report.json", report_);
    return RunFolder(folder_);
  }

  static io::Table empty(const std::string& name) {
    io::Table table(name);
    with(table, "n", io::Integers{});
    return table;
  }

 private:
  std::filesystem::path folder_;
  io::Json report_ = io::Json::object();
};

/// While it lives, `gnuplot` on the PATH is a program that hands its script back as the picture: what a figure
/// draws can be read, whatever fonts and version of gnuplot the machine has.
class ScriptsForPictures {
 public:
  ScriptsForPictures() : path_(std::getenv("PATH")) {
    namespace fs = std::filesystem;
    const fs::path folder = tests::scratch_folder("scripts_for_pictures");
    io::write_text(folder / "gnuplot",
                   "#!/bin/sh\npicture=$(sed -n \"s/^set output '\\(.*\\)'$/\\1/p\" \"$2\")\n"
                   "{ echo '<svg>'; cat \"$2\"; } > \"$picture\"\n");
    fs::permissions(folder / "gnuplot", fs::perms::owner_all);
    ::setenv("PATH", (folder.string() + ":" + path_).c_str(), 1);
  }
  ~ScriptsForPictures() { ::setenv("PATH", path_.c_str(), 1); }
  ScriptsForPictures(const ScriptsForPictures&) = delete;
  ScriptsForPictures& operator=(const ScriptsForPictures&) = delete;

 private:
  std::string path_;
};

using Numbers = std::vector<std::vector<double>>;

/// The rows of a script's data block; without rows it holds one row of NaN, which is left out here.
inline Numbers block(const std::string& script, const std::string& name) {
  const std::string head = "$" + name + " << EOD\n";
  const std::size_t at = script.find(head);
  if (at == std::string::npos) {
    ADD_FAILURE() << "no data block " << name;
    return {};
  }
  Numbers rows;
  std::istringstream lines(script.substr(at + head.size()));
  for (std::string line; std::getline(lines, line) && line != "EOD";) {
    std::istringstream words(line);
    std::vector<double> row;
    bool any = false;
    for (std::string word; words >> word; any = any || word != "NaN") row.push_back(std::stod(word));
    if (any) rows.push_back(row);
  }
  return rows;
}

/// Ends of an axis ("x", "y", "cb"), as last set before `before`, or in the whole script.
inline std::pair<double, double> axis(const std::string& script, const std::string& name,
                                      const std::string& before = "") {
  const std::size_t end = before.empty() ? script.size() : script.find(before);
  const std::string head = "set " + name + "range [";
  const std::size_t at = script.rfind(head, end);
  if (at == std::string::npos) {
    ADD_FAILURE() << "no range of axis " << name;
    return {no_number, no_number};
  }
  const std::string ends = script.substr(at + head.size());
  return {std::stod(ends), std::stod(ends.substr(ends.find(':') + 1))};
}

/// No point of the block (x and y in these columns) lies beyond the axes.
inline void expect_inside(const std::string& script, const std::string& name, std::size_t x = 0,
                          std::size_t y = 1) {
  const auto [left, right] = axis(script, "x");
  const auto [bottom, top] = axis(script, "y");
  for (const auto& row : block(script, name)) {
    EXPECT_TRUE(row[x] >= left && row[x] <= right) << name << ": x = " << row[x];
    EXPECT_TRUE(row[y] >= bottom && row[y] <= top) << name << ": y = " << row[y];
  }
}

inline bool holds(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

}  // namespace arcproof::reports
