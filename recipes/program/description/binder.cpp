#include "recipes/program/description/binder.h"

#include "engine/core/error.h"

#include <algorithm>

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace arcproof::recipes {
namespace {

io::Json bounded(const char* type, const Bounds& bounds) {
  io::Json entry = io::Json::object();
  entry["type"] = type;
  if (std::isfinite(bounds.low)) entry[bounds.low_open ? "exclusiveMinimum" : "minimum"] = bounds.low;
  if (std::isfinite(bounds.high)) entry["maximum"] = bounds.high;
  return entry;
}

std::string shown(const io::Json& node) {
  const std::string text = node.dump(false);
  return text.size() > 60 ? text.substr(0, 57) + "..." : text;
}

std::size_t edit_distance(const std::string& a, const std::string& b) {
  std::vector<std::size_t> row(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) row[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::size_t diagonal = row[0];
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t above = row[j];
      row[j] = std::min({above + 1, row[j - 1] + 1, diagonal + (a[i - 1] == b[j - 1] ? 0 : 1)});
      diagonal = above;
    }
  }
  return row[b.size()];
}

}  // namespace

std::string Bounds::text() const {
  if (std::isfinite(low) && std::isfinite(high))
    return fmt::format("a number {} {:g} and <= {:g}", low_open ? ">" : ">=", low, high);
  if (std::isfinite(low)) return fmt::format("a number {} {:g}", low_open ? ">" : ">=", low);
  if (std::isfinite(high)) return fmt::format("a number <= {:g}", high);
  return "a finite number";
}

std::string nearest_word(const std::string& word, const std::vector<std::string>& known) {
  std::string best;
  std::size_t least = std::max<std::size_t>(2, word.size() / 2) + 1;
  for (const std::string& candidate : known)
    if (const std::size_t d = edit_distance(word, candidate); d < least) {
      least = d;
      best = candidate;
    }
  return best;
}

bool Binder::has(const char* key) const { return json_ && json_->is_object() && json_->find(key); }

void Binder::refuse(const char* key, const std::string& found, const std::string& allowed) const {
  throw InputError({file_, full(key), found, allowed});
}

const io::Json* Binder::take(const char* key) {
  know(key);
  return json_->find(key);
}

double Binder::checked(const char* key, const io::Json& node, const Bounds& bounds) const {
  if (!node.is_number()) refuse(key, fmt::format("{} ({})", node.type_name(), shown(node)), bounds.text());
  if (!bounds.contains(node.as_double())) refuse(key, shown(node), bounds.text());
  return node.as_double();
}

void Binder::schema_entry(const char* key, const char* doc, io::Json entry, io::Json default_value) {
  entry["description"] = doc;
  if (!default_value.is_null()) entry["default"] = std::move(default_value);
  out_["properties"][key] = std::move(entry);
}

void Binder::number(const char* key, double& value, const char* doc, Bounds bounds) {
  if (mode_ == Mode::schema) return schema_entry(key, doc, bounded("number", bounds), value);
  if (mode_ == Mode::dump) {
    out_[key] = value;
    return;
  }
  if (const io::Json* node = take(key)) value = checked(key, *node, bounds);
}

void Binder::optional_number(const char* key, std::optional<double>& value, const char* doc, Bounds bounds) {
  if (mode_ == Mode::schema) return schema_entry(key, doc, bounded("number", bounds), io::Json());
  if (mode_ == Mode::dump) {
    if (value) out_[key] = *value;
    return;
  }
  if (const io::Json* node = take(key)) value = checked(key, *node, bounds);
}

void Binder::integer(const char* key, int& value, const char* doc, Bounds bounds) {
  if (mode_ == Mode::schema) return schema_entry(key, doc, bounded("integer", bounds), value);
  if (mode_ == Mode::dump) {
    out_[key] = value;
    return;
  }
  const io::Json* node = take(key);
  if (!node) return;
  bounds.high = std::min(bounds.high, 1e9);
  bounds.low = std::max(bounds.low, -1e9);
  if (!node->is_integer())
    refuse(key, fmt::format("{} ({})", node->type_name(), shown(*node)), "an integer: " + bounds.text());
  value = static_cast<int>(checked(key, *node, bounds));
}

void Binder::seed(const char* key, std::uint64_t& value, const char* doc) {
  if (mode_ == Mode::schema) return schema_entry(key, doc, bounded("integer", Bounds::at_least(0)), value);
  if (mode_ == Mode::dump) {
    out_[key] = value;
    return;
  }
  const io::Json* node = take(key);
  if (!node) return;
  if (!node->is_integer() || node->as_integer() < 0) refuse(key, shown(*node), "an integer >= 0");
  value = static_cast<std::uint64_t>(node->as_integer());
}

void Binder::flag(const char* key, bool& value, const char* doc) {
  if (mode_ == Mode::schema) {
    io::Json entry = io::Json::object();
    entry["type"] = "boolean";
    return schema_entry(key, doc, std::move(entry), value);
  }
  if (mode_ == Mode::dump) {
    out_[key] = value;
    return;
  }
  const io::Json* node = take(key);
  if (!node) return;
  if (!node->is_bool()) refuse(key, fmt::format("{} ({})", node->type_name(), shown(*node)), "true or false");
  value = node->as_bool();
}

void Binder::text(const char* key, std::string& value, const char* doc, std::vector<std::string> choices) {
  if (mode_ == Mode::schema) {
    io::Json entry = io::Json::object();
    entry["type"] = "string";
    for (const std::string& choice : choices) entry["enum"].push_back(choice);
    return schema_entry(key, doc, std::move(entry), value);
  }
  if (mode_ == Mode::dump) {
    out_[key] = value;
    return;
  }
  const io::Json* node = take(key);
  if (!node) return;
  const std::string allowed =
      choices.empty() ? "a string" : fmt::format("one of: {}", fmt::join(choices, ", "));
  if (!node->is_string()) refuse(key, fmt::format("{} ({})", node->type_name(), shown(*node)), allowed);
  if (!choices.empty() && std::find(choices.begin(), choices.end(), node->as_string()) == choices.end())
    refuse(key, shown(*node), allowed);
  value = node->as_string();
}

void Binder::numbers(const char* key, std::vector<double>& value, const char* doc, Bounds bounds) {
  if (mode_ == Mode::schema) {
    io::Json entry = io::Json::object();
    entry["type"] = "array";
    entry["items"] = bounded("number", bounds);
    entry["minItems"] = 1;
    return schema_entry(key, doc, std::move(entry), io::Json::numbers(value));
  }
  if (mode_ == Mode::dump) {
    out_[key] = io::Json::numbers(value);
    return;
  }
  const io::Json* node = take(key);
  if (!node) return;
  if (!node->is_array() || node->as_array().empty())
    refuse(key, shown(*node), "a list of at least one number");
  value.clear();
  for (const io::Json& item : node->as_array()) value.push_back(checked(key, item, bounds));
}

void Binder::texts(const char* key, std::vector<std::string>& value, const char* doc) {
  if (mode_ == Mode::schema) {
    io::Json entry = io::Json::object();
    entry["type"] = "array";
    entry["items"]["type"] = "string";
    return schema_entry(key, doc, std::move(entry), io::Json());
  }
  if (mode_ == Mode::dump) {
    out_[key] = io::Json::array();
    for (const std::string& item : value) out_[key].push_back(item);
    return;
  }
  const io::Json* node = take(key);
  if (!node) return;
  if (!node->is_array()) refuse(key, shown(*node), "a list of strings");
  value.clear();
  for (const io::Json& item : node->as_array()) {
    if (!item.is_string()) refuse(key, shown(item), "a list of strings");
    value.push_back(item.as_string());
  }
}

void Binder::interval(const char* key, double& low, double& high, const char* doc, Bounds bounds) {
  if (mode_ == Mode::schema) {
    io::Json entry = io::Json::object();
    entry["type"] = "array";
    entry["items"] = bounded("number", bounds);
    entry["minItems"] = 2;
    entry["maxItems"] = 2;
    return schema_entry(key, doc, std::move(entry), io::Json::numbers({low, high}));
  }
  if (mode_ == Mode::dump) {
    out_[key] = io::Json::numbers({low, high});
    return;
  }
  const io::Json* node = take(key);
  if (!node) return;
  const std::string allowed = "[low, high] with low <= high, each " + bounds.text();
  if (!node->is_array() || node->as_array().size() != 2) refuse(key, shown(*node), allowed);
  const double a = checked(key, node->as_array()[0], bounds), b = checked(key, node->as_array()[1], bounds);
  if (a > b) refuse(key, shown(*node), allowed);
  low = a;
  high = b;
}

void Binder::require_key(const char* key) {
  if (mode_ == Mode::load && !has(key)) refuse(key, "nothing", "this key, which has no default");
  if (mode_ == Mode::schema) out_["required"].push_back(key);
}

Binder Binder::enter(const char* key) {
  if (mode_ != Mode::load) return Binder(mode_, nullptr, "", "");
  static const io::Json empty = io::Json::object();
  const io::Json* node = take(key);
  if (node && !node->is_object())
    refuse(key, fmt::format("{} ({})", node->type_name(), shown(*node)), "an object {...}");
  return Binder(mode_, node ? node : &empty, file_, full(key));
}

void Binder::leave(const char* key, const char* doc, const Binder& child) {
  if (mode_ == Mode::load) return child.finish();
  if (mode_ == Mode::dump) {
    out_[key] = child.result();
    return;
  }
  schema_entry(key, doc, child.result(), io::Json());
}

void Binder::leave_list(const char* key, const char* doc, io::Json item_schema) {
  io::Json entry = io::Json::object();
  entry["type"] = "array";
  entry["items"] = std::move(item_schema);
  schema_entry(key, doc, std::move(entry), io::Json());
}

const io::Json* Binder::list_node(const char* key) const {
  const io::Json* node = json_->find(key);
  if (node && !node->is_array())
    refuse(key, fmt::format("{} ({})", node->type_name(), shown(*node)), "a list [...]");
  return node;
}

Binder Binder::item(const io::Json& node, const char* key, std::size_t index) const {
  const std::string path = fmt::format("{}[{}]", full(key), index);
  const io::Json& element = node.as_array()[index];
  if (!element.is_object()) throw InputError({file_, path, shown(element), "an object {...}"});
  return Binder(Mode::load, &element, file_, path);
}

void Binder::finish() const {
  if (mode_ != Mode::load) return;
  for (const auto& [key, ignored] : json_->as_object()) {
    if (std::find(known_.begin(), known_.end(), key) != known_.end()) continue;
    const std::string near = nearest_word(key, known_);
    throw InputError(
        {file_, full(key),
         "an unknown key" + (near.empty() ? std::string() : fmt::format(" (did you mean '{}'?)", near)),
         fmt::format("{}", fmt::join(known_, ", "))});
  }
}

io::Json Binder::result() const {
  if (mode_ != Mode::schema) return out_;
  io::Json schema = io::Json::object();
  schema["type"] = "object";
  schema["additionalProperties"] = false;
  for (const auto& [key, value] : out_.as_object()) schema[key] = value;
  return schema;
}

}  // namespace arcproof::recipes
