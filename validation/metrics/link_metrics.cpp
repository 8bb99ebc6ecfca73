#include "validation/metrics/link_metrics.h"

#include "engine/core/missing.h"
#include "validation/neighbours.h"

#include <map>
#include <string>
#include <utility>

namespace arcproof::validation {
namespace {

constexpr std::int64_t no_image = -1;

// Row of the brightest true image within a fit's reach of each row, in the same field.
io::Integers true_images(const io::Table& catalogue, const io::Table& truth, const std::string& band) {
  constexpr double reach_pix = 3;
  const io::Reals &x = catalogue.reals("x"), &y = catalogue.reals("y"), &true_x = truth.reals("true_x"),
                  &true_y = truth.reals("true_y"), &flux = truth.reals("true_flux_" + band);
  const io::Texts &field = catalogue.texts("field"), &true_field = truth.texts("field");
  std::map<std::string, std::vector<std::size_t>> rows;
  for (std::size_t k = 0; k < truth.rows(); ++k) rows[true_field[k]].push_back(k);
  std::map<std::string, Neighbours> images;
  for (const auto& [name, members] : rows) images.emplace(name, Neighbours(true_x, true_y, members));

  io::Integers found(catalogue.rows(), no_image);
  for (std::size_t i = 0; i < catalogue.rows(); ++i) {
    const auto in_field = images.find(field[i]);
    if (in_field == images.end()) continue;
    double brightest = 0;
    for (const Neighbour& image : in_field->second.within(x[i], y[i], reach_pix)) {
      if (!(image.distance < reach_pix) || !(flux[image.point] > brightest)) continue;
      brightest = flux[image.point];
      found[i] = static_cast<std::int64_t>(image.point);
    }
  }
  return found;
}

// Rows of the catalogue that share a field and a number: a parent, or an identity.
using RowsBy = std::map<std::pair<std::string, std::int64_t>, std::vector<std::size_t>>;

class Links {
 public:
  Links(const io::Table& catalogue, const io::Table& truth, const std::string& band)
      : image_(true_images(catalogue, truth, band)),
        parent_(truth.integers("parent_id")),
        other_(catalogue.integers("counter_image_of")),
        field_(catalogue.texts("field")),
        snr_(catalogue.reals("snr_" + band)),
        selected_(catalogue.flags("selected")) {
    const io::Integers& id = catalogue.integers("detection_id");
    for (std::size_t i = 0; i < catalogue.rows(); ++i) {
      by_id_[{field_[i], id[i]}].push_back(i);
      if (is_known(i)) by_parent_[{field_[i], parent(i)}].push_back(i);
    }
  }

  bool is_made(std::size_t row) const { return other_[row] != io::missing_integer; }
  bool is_known(std::size_t row) const { return image_[row] != no_image; }  // a true image lies there
  bool is_asked(std::size_t row) const { return is_known(row) && selected_[row]; }

  // The row that a link leads to, if there is one.
  const std::size_t* partner(std::size_t row) const {
    const auto rows = by_id_.find({field_[row], other_[row]});
    if (!is_made(row) || rows == by_id_.end()) return nullptr;
    const std::size_t* last = nullptr;
    for (const std::size_t& one : rows->second)
      if (one != row) last = &one;
    return last;
  }
  bool same_parent(std::size_t a, std::size_t b) const {
    return is_known(a) && is_known(b) && parent(a) == parent(b);
  }
  // Another image of its clump is in the catalogue, selected, and brighter.
  bool has_brighter(std::size_t row) const {
    for (const std::size_t other : by_parent_.at({field_[row], parent(row)}))
      if (image_[other] != image_[row] && selected_[other] && snr_[other] > snr_[row]) return true;
    return false;
  }

 private:
  std::int64_t parent(std::size_t row) const { return parent_[static_cast<std::size_t>(image_[row])]; }
  io::Integers image_;
  const io::Integers &parent_, &other_;
  const io::Texts& field_;
  const io::Reals& snr_;
  const io::Flags& selected_;
  RowsBy by_id_, by_parent_;
};

}  // namespace

void set_link_metrics(const io::Table& catalogue, const io::Table& host_truth, const std::string& band,
                      Metrics& metrics) {
  const Links links(catalogue, host_truth, band);
  int made = 0, judged = 0, right = 0, possible = 0, found = 0;
  for (std::size_t i = 0; i < catalogue.rows(); ++i) {
    made += links.is_made(i);
    if (!links.is_asked(i)) continue;
    const std::size_t* partner = links.partner(i);
    const bool rightly = partner && links.same_parent(i, *partner), has_brighter = links.has_brighter(i);
    judged += partner && links.is_known(*partner);
    right += rightly;
    possible += has_brighter;
    found += has_brighter && rightly;
  }
  metrics.set("links.made", made);
  metrics.set("links.right", judged ? static_cast<double>(right) / judged : nan);
  metrics.set("links.possible", possible);
  metrics.set("links.found", possible ? static_cast<double>(found) / possible : nan);
}

std::vector<MetricDescription> link_metrics() {
  return {
      {"links.made", "", "rows of the catalogue that were joined to a brighter image"},
      {"links.right", "", "fraction of the joined pairs of known clumps that are of one clump"},
      {"links.possible", "", "rows of known clumps with a brighter image of the same clump in the catalogue"},
      {"links.found", "", "fraction of these that were joined to an image of their clump"}};
}

}  // namespace arcproof::validation
