#include "reports/drawing/html.h"

#include "reports/drawing/page_style.h"

#include <algorithm>
#include <cmath>
#include <cstdio>

#include <fmt/format.h>

namespace arcproof::reports::html {
namespace {

constexpr std::string_view minus = "\u2212";

// "-1234.50" -> "−1,234.50".
std::string dressed(std::string digits) {
  const bool negative = !digits.empty() && digits.front() == '-';
  if (negative) digits.erase(0, 1);
  if (digits.find('e') != std::string::npos) return negative ? std::string(minus) + digits : digits;
  const std::size_t point = std::min(digits.find('.'), digits.size());
  for (std::size_t i = point; i > 3; i -= 3) digits.insert(i - 3, ",");
  const bool zero = digits.find_first_not_of("0.,") == std::string::npos;  // no "−0.00"
  return negative && !zero ? std::string(minus) + digits : digits;
}

}  // namespace

std::string escape(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '&') out += "&amp;";
    else if (c == '<') out += "&lt;";
    else if (c == '>') out += "&gt;";
    else if (c == '"') out += "&quot;";
    else if (c == '\'') out += "&#39;";
    else out += c;
  }
  return out;
}

std::string fixed(double value, int decimals) {
  if (!std::isfinite(value)) return std::string(dash);
  return dressed(fmt::format("{:.{}f}", value, decimals));
}

std::string significant(double value, int digits) {
  if (!std::isfinite(value)) return std::string(dash);
  if (value == 0) return "0";
  // The exponent after rounding: 9.996 to three digits is 10.0.
  const std::string scientific = fmt::format("{:.{}e}", value, digits - 1);
  const int exponent = std::stoi(scientific.substr(scientific.find('e') + 1));
  if (exponent >= 7 || exponent < -5) return dressed(scientific);
  const double rounded = std::stod(scientific);
  return dressed(fmt::format("{:.{}f}", rounded, std::max(0, digits - 1 - exponent)));
}

std::string percent(double fraction, int decimals) {
  return std::isfinite(fraction) ? fixed(100 * fraction, decimals) + "%" : std::string(dash);
}

std::string count(double value) { return fixed(value, 0); }

std::string with_error(double value, double error, int decimals) {
  if (!std::isfinite(value) || !std::isfinite(error)) return fixed(value, decimals);
  return fmt::format("{}&nbsp;\u00b1&nbsp;{}", fixed(value, decimals), fixed(error, decimals));
}

std::string with_interval(double value, double low, double high, int decimals) {
  if (!std::isfinite(value) || !std::isfinite(low) || !std::isfinite(high)) return fixed(value, decimals);
  return fmt::format("{} <span class=\"aside\">({}&nbsp;to&nbsp;{})</span>", fixed(value, decimals),
                     fixed(low, decimals), fixed(high, decimals));
}

std::string table(const Table& table) {
  const auto kind = [&](std::size_t column) {
    return std::find(table.text_columns.begin(), table.text_columns.end(), column) != table.text_columns.end()
               ? " class=\"text\""
               : "";
  };
  std::string out = "<div class=\"scroll\"><table>\n<thead><tr>";
  for (std::size_t c = 0; c < table.head.size(); ++c)
    out += fmt::format("<th{}>{}</th>", kind(c), table.head[c]);
  out += "</tr></thead>\n<tbody>\n";
  for (const auto& row : table.rows) {
    out += "<tr>";
    for (std::size_t c = 0; c < row.size(); ++c) out += fmt::format("<td{}>{}</td>", kind(c), row[c]);
    out += "</tr>\n";
  }
  return out + "</tbody></table></div>\n";
}

std::string badge(std::string_view text, std::string_view kind) {
  return fmt::format("<span class=\"badge {}\">{}</span>", kind, escape(text));
}

std::string nothing(std::string_view why) {
  return fmt::format("<p class=\"nothing\">{}</p>\n", escape(why));
}

std::string figure(const Figure& figure) {
  std::string out = fmt::format("<figure id=\"{}\" class=\"{}\">\n<h3>{}</h3>\n{}\n", figure.id, figure.span,
                                escape(figure.title), figure.body);
  if (figure.shows.empty() && figure.well.empty()) return out + "</figure>\n";
  out += "<figcaption>" + figure.shows;
  if (!figure.well.empty())
    out += fmt::format(" <span class=\"well\"><b>When all is well:</b> {}</span>", figure.well);
  return out + "</figcaption>\n</figure>\n";
}

std::string base64(std::string_view bytes) {
  constexpr std::string_view alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string out;
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    std::uint32_t group = 0;
    for (std::size_t k = 0; k < 3; ++k)
      group = group << 8 | (i + k < bytes.size() ? static_cast<unsigned char>(bytes[i + k]) : 0U);
    for (std::size_t k = 0; k < 4; ++k)
      out += i + k <= bytes.size() ? alphabet[group >> (18 - 6 * k) & 63U] : '=';
  }
  return out;
}

std::string png_image(std::string_view png, int width_px, int height_px, std::string_view text) {
  return fmt::format("<img width=\"{}\" height=\"{}\" alt=\"{}\" src=\"data:image/png;base64,{}\">", width_px,
                     height_px, escape(text), base64(png));
}

std::string card(std::string_view contents_html) {
  return fmt::format("<div class=\"card\">{}</div>\n", contents_html);
}

std::string card(std::string_view heading_html, std::string_view contents_html, std::string_view aside_html) {
  return card(
      fmt::format("\n<h3>{}</h3>\n{}<p class=\"aside\">{}</p>\n", heading_html, contents_html, aside_html));
}

std::string section(std::string_view id, std::string_view heading, std::string_view intro_html,
                    std::string_view contents_html) {
  return fmt::format("<section id=\"{}\">\n<h2>{}</h2>\n<p class=\"intro\">{}</p>\n{}</section>\n", id,
                     escape(heading), intro_html, contents_html);
}

std::string grid(const std::vector<Figure>& figures) {
  std::string out = "<div class=\"grid\">\n";
  for (const Figure& one : figures) out += figure(one);
  return out + "</div>\n";
}

std::string page(std::string_view title, std::string_view body_html) {
  return fmt::format(
      "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
      "<meta name=\"viewport\" content=\"width=device-width, "
      "initial-scale=1\">\n<title>{}</title>\n<style>\n{}</style>\n</head>\n<body>\n{}"
      "</body>\n</html>\n",
      escape(title), page_style, body_html);
}

}  // namespace arcproof::reports::html
