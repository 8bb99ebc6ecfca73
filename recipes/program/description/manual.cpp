#include "recipes/program/description/manual.h"

#include "recipes/program/description/recipe.h"

#include <algorithm>

#include <fmt/format.h>

namespace arcproof::recipes {
namespace {

std::string text_of(const io::Json& schema, const char* key) {
  const io::Json* node = schema.find(key);
  return node && node->is_string() ? node->as_string() : "";
}

// "a | b" would end a cell.
std::string cell(std::string text) {
  for (std::size_t at = 0; (at = text.find('|', at)) != std::string::npos; at += 2) text.insert(at, 1, '\\');
  return text;
}

std::string choices_of(const io::Json& schema) {
  std::string choices;
  for (const io::Json& choice : schema.at("enum").as_array())
    choices += fmt::format("{}`{}`", choices.empty() ? "" : ", ",
                           choice.is_string() ? choice.as_string() : fmt::format("{:g}", choice.as_double()));
  return choices;
}

std::string limits_of(const io::Json& schema) {
  std::string limits;
  const auto add = [&](const char* key, const char* sign) {
    if (const io::Json* value = schema.find(key))
      limits += fmt::format("{}{} {:g}", limits.empty() ? "" : ", ", sign, value->as_double());
  };
  add("minimum", "&ge;");
  add("exclusiveMinimum", "&gt;");
  add("maximum", "&le;");
  return limits;
}

// A list of numbers has its limits at its items.
std::string allowed_of(const io::Json& schema) {
  if (schema.find("enum")) return choices_of(schema);
  const io::Json* items = schema.find("items");
  const std::string limits = limits_of(items ? *items : schema);
  const std::string type = text_of(schema, "type");
  if (type != "array") return type == "number" || limits.empty() ? limits : type + " " + limits;
  const bool pair = schema.find("maxItems") != nullptr;
  return (pair ? "[low, high] " : "list ") + limits;
}

std::string default_of(const io::Json& schema) {
  const io::Json* value = schema.find("default");
  return value ? "`" + value->dump(false) + "`" : "";
}

const io::Json* properties_of(const io::Json& schema) {
  if (const io::Json* properties = schema.find("properties")) return properties;
  const io::Json* items = schema.find("items");
  return items ? items->find("properties") : nullptr;
}

std::string anchor(std::string path) {
  std::erase_if(path, [](char c) { return c == '.' || c == '[' || c == ']'; });
  return path;
}

bool is_required(const io::Json& object, const std::string& key) {
  const io::Json* items = object.find("items");
  const io::Json* required = (items ? *items : object).find("required");
  if (!required) return false;
  const auto& keys = required->as_array();
  return std::any_of(keys.begin(), keys.end(), [&](const io::Json& one) { return one.as_string() == key; });
}

void describe_object(const std::string& path, const io::Json& schema, std::string& out) {
  out += "\n| key | default | allowed | meaning |\n|---|---|---|---|\n";
  std::vector<std::pair<std::string, const io::Json*>> inner;
  for (const auto& [key, value] : properties_of(schema)->as_object()) {
    const bool has_keys = properties_of(value) != nullptr;
    const std::string below =
        fmt::format("{}{}{}", path.empty() ? "" : path + ".", key, value.find("items") ? "[]" : "");
    if (has_keys) inner.emplace_back(below, &value);
    out += fmt::format("| {} | {} | {} | {} |\n",
                       has_keys ? fmt::format("[`{}`](#{})", key, anchor(below)) : "`" + key + "`",
                       is_required(schema, key) ? "required" : default_of(value),
                       has_keys ? "" : allowed_of(value), cell(text_of(value, "description")));
  }
  for (const auto& [below, value] : inner) {
    out += fmt::format("\n## {}\n\n{}\n", below, text_of(*value, "description"));
    describe_object(below, *value, out);
  }
}

}  // namespace

std::string recipe_manual() {
  std::string out =
      "# Keys of a recipe\n\nMade by `arcproof schema --markdown` from the program's own description of its "
      "keys. A list is marked by `[]`; where a key names a `kind`, the keys of the other kinds are refused. "
      "The "
      "unit of a number stands in square brackets behind its meaning.\n";
  describe_object("", recipe_schema(), out);
  return out;
}

}  // namespace arcproof::recipes
