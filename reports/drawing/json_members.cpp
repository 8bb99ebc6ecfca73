#include "reports/drawing/json_members.h"

#include "engine/core/missing.h"
#include "reports/drawing/html.h"

#include <cmath>

namespace arcproof::reports {

const io::Json* member(const io::Json& object, std::string_view key) {
  return object.is_object() ? object.find(key) : nullptr;
}

double number_in(const io::Json& object, std::string_view key) {
  const io::Json* value = member(object, key);
  return value && value->is_number() ? value->as_double() : nan;
}

std::string text_in(const io::Json& object, std::string_view key) {
  const io::Json* value = member(object, key);
  return value && value->is_string() ? value->as_string() : "";
}

bool true_in(const io::Json& object, std::string_view key) {
  const io::Json* value = member(object, key);
  return value && value->is_bool() && value->as_bool();
}

const io::Json::Array& list_in(const io::Json& object, std::string_view key) {
  static const io::Json::Array none;
  const io::Json* value = member(object, key);
  return value && value->is_array() ? value->as_array() : none;
}

std::string allowed_in(const io::Json& criterion) {
  const double low = number_in(criterion, "min"), high = number_in(criterion, "max");
  if (std::isfinite(low) && std::isfinite(high))
    return html::significant(low, 4) + " to " + html::significant(high, 4);
  if (std::isfinite(low)) return "at least " + html::significant(low, 4);
  if (std::isfinite(high)) return "at most " + html::significant(high, 4);
  return "any number";
}

}  // namespace arcproof::reports
