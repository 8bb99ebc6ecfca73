#include "engine/io/json.h"

#include "engine/core/error.h"
#include "engine/io/files.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace arcproof::io {
namespace {

// Builds a Json from the parser's events; the parser's own tree would silently keep the last of two equal
// keys.
class Builder : public nlohmann::json_sax<nlohmann::json> {
 public:
  Builder(std::string_view text, std::string file) : text_(text), file_(std::move(file)) {}
  Json take() { return std::move(root_); }

  bool null() override { return add(Json()); }
  bool boolean(bool value) override { return add(Json(value)); }
  bool number_integer(number_integer_t value) override { return add(Json(static_cast<std::int64_t>(value))); }
  bool number_unsigned(number_unsigned_t value) override {
    if (value > static_cast<number_unsigned_t>(std::numeric_limits<std::int64_t>::max()))
      return add(Json(static_cast<double>(value)));
    return add(Json(static_cast<std::int64_t>(value)));
  }
  bool number_float(number_float_t value, const string_t&) override { return add(Json(value)); }
  bool string(string_t& value) override { return add(Json(value)); }
  bool binary(binary_t&) override { return false; }
  bool start_object(std::size_t) override { return open(Json::object()); }
  bool start_array(std::size_t) override { return open(Json::array()); }
  bool end_object() override { return close(); }
  bool end_array() override { return close(); }
  bool key(string_t& name) override {
    if (stack_.back().value.find(name))
      throw InputError({file_, name, "this key twice in one object", "each key once"});
    stack_.back().key = name;
    return true;
  }
  bool parse_error(std::size_t position, const std::string& token,
                   const nlohmann::json::exception& error) override {
    // `position` counts the characters read; the last of them is the one that does not fit.
    const std::string_view before = text_.substr(0, std::min(position - (position > 0), text_.size()));
    const auto line = 1 + std::count(before.begin(), before.end(), '\n');
    const std::size_t column = before.size() - (before.rfind('\n') + 1) + 1;  // npos + 1 is 0
    std::string what = error.what();
    what =
        what.substr(std::min(what.size(), what.rfind(": ") == std::string::npos ? 0 : what.rfind(": ") + 2));
    throw InputError({file_, fmt::format("line {}, column {}", line, column),
                      fmt::format("'{}' ({})", token, what), "JSON, with // and /* */ comments"});
  }

 private:
  struct Level {
    Json value;
    std::string key;
  };
  bool add(Json value) {
    if (stack_.empty()) root_ = std::move(value);
    else if (stack_.back().value.is_array()) stack_.back().value.push_back(std::move(value));
    else stack_.back().value[stack_.back().key] = std::move(value);
    return true;
  }
  bool open(Json empty) {
    stack_.push_back({std::move(empty), ""});
    return true;
  }
  bool close() {
    Json done = std::move(stack_.back().value);
    stack_.pop_back();
    return add(std::move(done));
  }

  std::string_view text_;
  std::string file_;
  std::vector<Level> stack_;
  Json root_;
};

std::string json_string(const std::string& text) {
  return nlohmann::json(text).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

std::string number_text(double value) {
  if (!std::isfinite(value)) return "null";
  std::string text = fmt::format("{}", value);
  if (text.find_first_of(".e") == std::string::npos) text += ".0";
  return text;
}

void write(const Json& value, bool indent, int depth, std::string& out);

void write_children(std::size_t count, bool indent, int depth, std::string& out, char open, char close,
                    const std::function<void(std::size_t)>& child) {
  out += open;
  for (std::size_t i = 0; i < count; ++i) {
    if (i) out += indent ? "," : ", ";
    if (indent) out += "\n" + std::string(2 * (depth + 1), ' ');
    child(i);
  }
  if (indent && count) out += "\n" + std::string(2 * depth, ' ');
  out += close;
}

bool is_scalar(const Json& value) { return !value.is_array() && !value.is_object(); }

void write_array(const Json::Array& array, bool indent, int depth, std::string& out) {
  // A list of scalars stays on one line.
  const bool lines = indent && !std::all_of(array.begin(), array.end(), is_scalar);
  write_children(array.size(), lines, depth, out, '[', ']',
                 [&](std::size_t i) { write(array[i], indent, depth + 1, out); });
}

void write_object(const Json::Object& object, bool indent, int depth, std::string& out) {
  write_children(object.size(), indent, depth, out, '{', '}', [&](std::size_t i) {
    out += json_string(object[i].first) + ": ";
    write(object[i].second, indent, depth + 1, out);
  });
}

void write(const Json& value, bool indent, int depth, std::string& out) {
  if (value.is_null()) out += "null";
  else if (value.is_bool()) out += value.as_bool() ? "true" : "false";
  else if (value.is_integer()) out += fmt::format("{}", value.as_integer());
  else if (value.is_number()) out += number_text(value.as_double());
  else if (value.is_string()) out += json_string(value.as_string());
  else if (value.is_array()) write_array(value.as_array(), indent, depth, out);
  else write_object(value.as_object(), indent, depth, out);
}

}  // namespace

Json Json::numbers(const std::vector<double>& values) {
  Array array;
  for (const double v : values) array.emplace_back(v);
  return Json(std::move(array));
}

std::string_view Json::type_name() const {
  if (is_null()) return "null";
  if (is_bool()) return "true or false";
  if (is_integer()) return "an integer";
  if (is_number()) return "a number";
  if (is_string()) return "a string";
  return is_array() ? "a list" : "an object";
}

bool Json::as_bool() const {
  require(is_bool(), "Json: value is true or false");
  return std::get<bool>(value_);
}

std::int64_t Json::as_integer() const {
  require(is_integer(), "Json: value is an integer");
  return std::get<std::int64_t>(value_);
}

double Json::as_double() const {
  if (is_null()) return std::nan("");
  require(is_number(), "Json: value is a number");
  return is_integer() ? static_cast<double>(std::get<std::int64_t>(value_)) : std::get<double>(value_);
}

const std::string& Json::as_string() const {
  require(is_string(), "Json: value is a string");
  return std::get<std::string>(value_);
}

const Json::Array& Json::as_array() const {
  require(is_array(), "Json: value is a list");
  return std::get<Array>(value_);
}

const Json::Object& Json::as_object() const {
  require(is_object(), "Json: value is an object");
  return std::get<Object>(value_);
}

const Json* Json::find(std::string_view key) const {
  for (const Member& member : as_object())
    if (member.first == key) return &member.second;
  return nullptr;
}

const Json& Json::at(std::string_view key) const {
  const Json* value = find(key);
  require(value != nullptr, fmt::format("Json: object has the key '{}'", key));
  return *value;
}

Json& Json::operator[](std::string_view key) {
  if (is_null()) value_ = Object{};
  require(is_object(), "Json: value is an object");
  auto& object = std::get<Object>(value_);
  for (Member& member : object)
    if (member.first == key) return member.second;
  return object.emplace_back(std::string(key), Json()).second;
}

void Json::push_back(Json value) {
  if (is_null()) value_ = Array{};
  require(is_array(), "Json: value is a list");
  std::get<Array>(value_).push_back(std::move(value));
}

std::string Json::dump(bool indent) const {
  std::string out;
  write(*this, indent, 0, out);
  if (indent) out += '\n';
  return out;
}

Json parse_json(std::string_view text, const std::string& file) {
  Builder builder(text, file);
  nlohmann::json::sax_parse(text, &builder, nlohmann::json::input_format_t::json, true, true);
  return builder.take();
}

Json read_json(const std::filesystem::path& path) { return parse_json(read_text(path), path.string()); }

void write_json(const std::filesystem::path& path, const Json& value) { write_text(path, value.dump()); }

}  // namespace arcproof::io
