#include "reports/drawing/pair_map.h"

#include "reports/drawing/gnuplot.h"
#include "reports/drawing/html.h"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

namespace arcproof::reports {

std::vector<std::string> distinct(const io::Texts& texts) {
  std::vector<std::string> names;
  for (const std::string& text : texts)
    if (std::find(names.begin(), names.end(), text) == names.end()) names.push_back(text);
  return names;
}

double index_of(const std::vector<std::string>& names, const std::string& name) {
  return static_cast<double>(std::find(names.begin(), names.end(), name) - names.begin());
}

std::string tics(const std::vector<std::string>& names, bool from_the_top) {
  std::string list;
  for (std::size_t i = 0; i < names.size(); ++i)
    list += fmt::format("{}{} {}", i ? ", " : "", gnuplot_text(names[i]),
                        from_the_top ? names.size() - 1 - i : i);
  return list;
}

std::string offset_text(double offset, double scatter) {
  if (!std::isfinite(offset)) return std::string(html::dash);
  return fmt::format("{}{}\u2009\u00b1\u2009{}", offset >= 0.005 ? "+" : "", html::fixed(offset, 2),
                     html::fixed(scatter, 2));
}

}  // namespace arcproof::reports
