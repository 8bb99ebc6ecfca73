// The few pieces of HTML that the report is made of. Functions that take `text` escape it; those that take
// `html` do not.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace arcproof::reports::html {

/// & < > " ' as entities.
std::string escape(std::string_view text);

/// What stands in the page where there is no number.
inline constexpr std::string_view dash = "\u2013";

// Numbers for people: a true minus sign, thousands separated by commas, a dash for NaN and infinities.
std::string fixed(double value, int decimals);           ///< 27.33
std::string significant(double value, int digits = 3);   ///< 0.00102, 25,800: no exponent below 1e7
std::string percent(double fraction, int decimals = 1);  ///< 0.683 -> 68.3%
std::string count(double value);                         ///< 12,345
/// "27.33 &plusmn; 0.29"; without the error where that is not finite; a dash where the value is not.
std::string with_error(double value, double error, int decimals);
/// "&minus;1.50 (&minus;1.67 to &minus;1.36)": a value and an interval.
std::string with_interval(double value, double low, double high, int decimals);

/// A table. Cells are HTML. Columns named in `text_columns` are aligned left, the others (numbers) right.
struct Table {
  std::vector<std::string> head;
  std::vector<std::size_t> text_columns;
  std::vector<std::vector<std::string>> rows;
};
std::string table(const Table& table);

/// A white card around contents; with a heading above them and a remark below (both html).
std::string card(std::string_view contents_html);
std::string card(std::string_view heading_html, std::string_view contents_html, std::string_view aside_html);

/// A coloured word: kind is "good", "bad" or "neutral".
std::string badge(std::string_view text, std::string_view kind);

/// One figure with its caption: what it shows, and what one should see when all is well.
struct Figure {
  std::string id;     ///< unique in the page
  std::string title;  ///< text
  std::string body;   ///< html: an SVG, images, or why there is nothing to draw
  std::string shows;  ///< html
  std::string well;   ///< html; "" where the figure is no test
  std::string span;   ///< css class: "third", "half" or "full" of the page's width
};
std::string figure(const Figure& figure);
/// Body of a figure that cannot be drawn.
std::string nothing(std::string_view why);

/// An image that is part of the page: <img src="data:image/png;base64,...">.
std::string png_image(std::string_view png, int width_px, int height_px, std::string_view text);
std::string base64(std::string_view bytes);

/// A section: heading, one sentence, contents. `grid` lays figures side by side.
std::string section(std::string_view id, std::string_view heading, std::string_view intro_html,
                    std::string_view contents_html);
std::string grid(const std::vector<Figure>& figures);

/// The whole page around the contents of its body.
std::string page(std::string_view title, std::string_view body_html);

}  // namespace arcproof::reports::html
