// Figures by the external program gnuplot (5.2 or newer), as text for the page.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <fmt/format.h>

namespace arcproof::reports {

/// Okabe & Ito (2008): colours that the colour-blind tell apart.
namespace colour {
inline constexpr std::string_view blue = "#0072b2", orange = "#e69f00", green = "#009e73",
                                  vermilion = "#d55e00", sky = "#56b4e9", purple = "#cc79a7",
                                  grey = "#9aa5b1", ink = "#1f2933", soft = "#5b6570", line = "#e3e8ec";
}
/// Palette "viridis" (van der Walt & Smith 2015), light at the high end: the gnuplot command that sets it.
inline constexpr std::string_view viridis =
    "set palette defined (0 '#440154', 0.125 '#472d7b', 0.25 '#3b528b', 0.375 '#2c728e', 0.5 '#21918c', "
    "0.625 '#28ae80', 0.75 '#5ec962', "
    "0.875 '#addc30', 1 '#fde725')";
/// The colour as gnuplot writes it, with a transparency: 0 is opaque, 1 cannot be seen.
std::string faded(std::string_view colour, double transparency);

/// Text in a gnuplot script: quoted, and shown as it is (no markup).
std::string gnuplot_text(std::string_view text);

/// Rows of numbers; NaN is a missing value.
using DataRows = std::vector<std::vector<double>>;

/// Evenly spread: at most `most` of `count` rows, the first among them. For scatter plots that would else be
/// too heavy for a page.
std::vector<std::size_t> thinned(std::size_t count, std::size_t most);

/// The script of one figure. Starts with the house's look: thin grey axes left and below, a faint grid, no
/// key.
class Plot {
 public:
  /// `id` must be unique in the page: it goes before every id inside the SVG, so that figures do not take
  /// each other's symbols.
  Plot(std::string id, int width_px, int height_px);

  void command(std::string_view line) { script_.append(line).push_back('\n'); }
  template <class... Values>
  void add(fmt::format_string<Values...> format, Values&&... values) {
    command(fmt::format(format, std::forward<Values>(values)...));
  }
  /// Data block $name. Without rows it holds one row of missing values, so that plotting it draws nothing.
  void data(std::string_view name, const DataRows& rows, std::size_t columns);

  /// Distances of the axes from the picture's edges.
  void frame(int left_px, int right_px, int bottom_px, int top_px);
  /// An axis ("x", "y", "x2", "cb") from low to high; equal or missing ends are pulled apart, so that gnuplot
  /// can always draw it.
  void range(std::string_view axis, double low, double high);
  /// Labels of the axes, centred on the present frame. `quoted` is text in quotes, as gnuplot_text() gives
  /// it, or with gnuplot's markup.
  void x_label(std::string_view quoted);
  void y_label(std::string_view quoted);
  /// A colour bar from 0 to 1 right of the frame, in the palette viridis.
  void unit_colour_bar(std::string_view quoted_label);
  /// The key above the axes, in at most `rows` rows.
  void key_above(int rows);

  const std::string& script() const { return script_; }

  /// The figure as an inline <svg> element; `text` says to those who cannot see it what it shows. Throws
  /// SystemError with gnuplot's message, or saying which package holds gnuplot when it is not installed.
  std::string svg(std::string_view text) const;
  /// The figure as the bytes of a PNG file.
  std::string png() const;

 private:
  std::string id_, script_;
  int width_px_, height_px_;
  int left_px_ = 0, bottom_px_ = 0;  // of the present frame
};

}  // namespace arcproof::reports
