#include "recipes/program/description/binder.h"

#include "engine/core/error.h"

#include <algorithm>

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace arcproof::recipes {
namespace {

io::Json bounded(const char* type, const Allowed& bounds) {
  io::Json entry = io::Json::object();
  entry["type"] = type;
  if (bounds.ends_only) {
    entry["enum"] = io::Json::numbers({bounds.low, bounds.high});
    return entry;
  }
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
  known_.emplace_back(key);
  return json_->find(key);
}

double Binder::checked(const char* key, const io::Json& node, const Allowed& bounds) const {
  if (!node.is_number()) refuse(key, fmt::format("{} ({})", node.type_name(), shown(node)), bounds.text());
  if (!bounds.contains(node.as_double())) refuse(key, shown(node), bounds.text());
  return node.as_double();
}

void Binder::schema_entry(const char* key, const char* unit, const char* meaning, io::Json entry,
                          io::Json default_value) {
  std::string description = kind_.empty() ? meaning : fmt::format("{}: {}", kind_, meaning);
  if (*unit) description += fmt::format(" [{}]", unit);
  // A key that several kinds have says what it is to each.
  if (const io::Json* known = out_.find("properties"); known && !kind_.empty())
    if (const io::Json* before = known->find(key))
      description = fmt::format("{}; {}", before->at("description").as_string(), description);
  entry["description"] = std::move(description);
  if (!default_value.is_null()) entry["default"] = std::move(default_value);
  out_["properties"][key] = std::move(entry);
}

void Binder::number(const char* key, double& value, const char* unit, const char* meaning, Allowed bounds) {
  if (mode_ == Mode::schema) return schema_entry(key, unit, meaning, bounded("number", bounds), value);
  if (mode_ == Mode::dump) {
    out_[key] = value;
    return;
  }
  if (const io::Json* node = take(key)) value = checked(key, *node, bounds);
}

void Binder::optional_number(const char* key, std::optional<double>& value, const char* unit,
                             const char* meaning, Allowed bounds) {
  if (mode_ == Mode::schema) return schema_entry(key, unit, meaning, bounded("number", bounds), io::Json());
  if (mode_ == Mode::dump) {
    if (value) out_[key] = *value;
    return;
  }
  if (const io::Json* node = take(key)) value = checked(key, *node, bounds);
}

void Binder::integer(const char* key, int& value, const char* unit, const char* meaning, Allowed bounds) {
  if (mode_ == Mode::schema) return schema_entry(key, unit, meaning, bounded("integer", bounds), value);
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

void Binder::seed(const char* key, std::uint64_t& value, const char* meaning) {
  if (mode_ == Mode::schema)
    return schema_entry(key, "", meaning, bounded("integer", Allowed::at_least(0)), value);
  if (mode_ == Mode::dump) {
    out_[key] = value;
    return;
  }
  const io::Json* node = take(key);
  if (!node) return;
  if (!node->is_integer() || node->as_integer() < 0)
    refuse(key, shown(*node), "an integer >= 0 and below 2^63");
  value = static_cast<std::uint64_t>(node->as_integer());
}

void Binder::flag(const char* key, bool& value, const char* meaning) {
  if (mode_ == Mode::schema) {
    io::Json entry = io::Json::object();
    entry["type"] = "boolean";
    return schema_entry(key, "", meaning, std::move(entry), value);
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

void Binder::text(const char* key, std::string& value, const char* meaning,
                  std::vector<std::string> choices) {
  if (mode_ == Mode::schema) {
    io::Json entry = io::Json::object();
    entry["type"] = "string";
    for (const std::string& choice : choices) entry["enum"].push_back(choice);
    return schema_entry(key, "", meaning, std::move(entry), value);
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

void Binder::numbers(const char* key, std::vector<double>& value, const char* unit, const char* meaning,
                     Allowed bounds) {
  if (mode_ == Mode::schema) {
    io::Json entry = io::Json::object();
    entry["type"] = "array";
    entry["items"] = bounded("number", bounds);
    entry["minItems"] = 1;
    return schema_entry(key, unit, meaning, std::move(entry), io::Json::numbers(value));
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

void Binder::texts(const char* key, std::vector<std::string>& value, const char* meaning) {
  if (mode_ == Mode::schema) {
    io::Json entry = io::Json::object();
    entry["type"] = "array";
    entry["items"]["type"] = "string";
    return schema_entry(key, "", meaning, std::move(entry), io::Json());
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

void Binder::interval(const char* key, double& low, double& high, const char* unit, const char* meaning,
                      Allowed bounds) {
  if (mode_ == Mode::schema) {
    io::Json entry = io::Json::object();
    entry["type"] = "array";
    entry["items"] = bounded("number", bounds);
    entry["minItems"] = 2;
    entry["maxItems"] = 2;
    return schema_entry(key, unit, meaning, std::move(entry), io::Json::numbers({low, high}));
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

void Binder::optional_text(const char* key, std::optional<std::string>& value, const char* meaning,
                           std::vector<std::string> choices) {
  if (mode_ == Mode::dump && !value) return;
  std::string one = value.value_or(choices.empty() ? "" : choices.front());
  const bool given = mode_ == Mode::load && has(key);
  text(key, one, meaning, std::move(choices));
  if (given) value = one;
}

void Binder::required(const char* key) {
  if (mode_ == Mode::load && !has(key)) refuse(key, "nothing", "this key, which has no default");
  if (mode_ == Mode::schema) out_["required"].push_back(key);
}

void Binder::check(bool holds, const char* key, const std::function<std::string()>& found,
                   const std::string& allowed) {
  if (mode_ == Mode::load && !holds) refuse(key, found(), allowed);
}

void Binder::inside(const char* key, const char* meaning, const Members& members) {
  if (mode_ != Mode::load) {
    Binder child(mode_, nullptr, "", "");
    members(child);
    if (mode_ == Mode::dump) out_[key] = child.result();
    else schema_entry(key, "", meaning, child.result(), io::Json());
    return;
  }
  static const io::Json empty = io::Json::object();
  const io::Json* node = take(key);
  if (node && !node->is_object())
    refuse(key, fmt::format("{} ({})", node->type_name(), shown(*node)), "an object {...}");
  Binder child(mode_, node ? node : &empty, file_, full(key));
  members(child);
  child.finish();
}

void Binder::each(const char* key, const char* meaning, Items& items) {
  if (mode_ == Mode::schema) {
    Binder child = schema();
    items.describe_new(child);
    io::Json entry = io::Json::object();
    entry["type"] = "array";
    entry["items"] = child.result();
    return schema_entry(key, "", meaning, std::move(entry), io::Json());
  }
  if (mode_ == Mode::dump) {
    out_[key] = io::Json::array();
    for (std::size_t i = 0; i < items.size(); ++i) {
      Binder child = dumping();
      items.describe(i, child);
      out_[key].push_back(child.result());
    }
    return;
  }
  const io::Json* node = list_node(key);
  if (!node) return;
  items.resize(node->as_array().size());
  for (std::size_t i = 0; i < items.size(); ++i) {
    const std::string path = fmt::format("{}[{}]", full(key), i);
    const io::Json& element = node->as_array()[i];
    if (!element.is_object()) throw InputError({file_, path, shown(element), "an object {...}"});
    Binder child(Mode::load, &element, file_, path);
    items.describe(i, child);
    child.finish();
  }
}

void Binder::of_kind(const char* kind_key, const char* kind, bool active, const Members& members) {
  const std::string words = fmt::format("{} {}", kind_key, kind);
  if (mode_ == Mode::schema) {
    kind_ = words;
    members(*this);
    kind_.clear();
    return;
  }
  if (active) return members(*this);
  if (mode_ == Mode::dump) return;
  Binder names = schema();
  members(names);
  if (const io::Json* properties = names.out_.find("properties"))
    for (const auto& [key, ignored] : properties->as_object()) of_other_kinds_[key].push_back(words);
}

bool Binder::looks_into(const char* key, const char*, bool present) {
  if (mode_ == Mode::schema) return true;
  if (mode_ == Mode::dump) return present;
  if (!has(key)) known_.emplace_back(key);
  return has(key);
}

const io::Json* Binder::list_node(const char* key) {
  const io::Json* node = take(key);
  if (node && !node->is_array())
    refuse(key, fmt::format("{} ({})", node->type_name(), shown(*node)), "a list [...]");
  return node;
}

void Binder::refuse_unknown(const std::string& key) const {
  if (const auto other = of_other_kinds_.find(key); other != of_other_kinds_.end())
    throw InputError({file_, full(key), fmt::format("a key of {}", fmt::join(other->second, ", ")),
                      fmt::format("no such key here; there are {}", fmt::join(known_, ", "))});
  const std::string near = nearest_word(key, known_);
  throw InputError(
      {file_, full(key),
       "an unknown key" + (near.empty() ? std::string() : fmt::format(" (did you mean '{}'?)", near)),
       fmt::format("{}", fmt::join(known_, ", "))});
}

void Binder::finish() const {
  if (mode_ != Mode::load) return;
  for (const auto& [key, ignored] : json_->as_object())
    if (std::find(known_.begin(), known_.end(), key) == known_.end()) refuse_unknown(key);
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
