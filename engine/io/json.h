// JSON values: recipes in, reports and manifests out.
//
// Objects keep the order of their keys. Comments (// and /* */) are allowed when reading; a key given twice
// is refused. Numbers are written in the shortest form that reads back to the same double; NaN and infinities
// are written as null.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace arcproof::io {

class Json {
 public:
  using Array = std::vector<Json>;
  using Member = std::pair<std::string, Json>;
  using Object = std::vector<Member>;

  Json() = default;
  Json(std::nullptr_t) {}
  Json(bool value) : value_(value) {}
  Json(int value) : value_(static_cast<std::int64_t>(value)) {}
  Json(std::int64_t value) : value_(value) {}
  /// Beyond 2^63 the nearest double, as in the text of a JSON file.
  Json(std::uint64_t value)
      : Json(std::in_range<std::int64_t>(value) ? Json(static_cast<std::int64_t>(value))
                                                : Json(static_cast<double>(value))) {}
  Json(double value) : value_(value) {}
  Json(const char* value) : value_(std::string(value)) {}
  Json(std::string value) : value_(std::move(value)) {}
  Json(std::string_view value) : value_(std::string(value)) {}
  Json(Array value) : value_(std::move(value)) {}
  Json(Object value) : value_(std::move(value)) {}
  static Json object() { return Json(Object{}); }
  static Json array() { return Json(Array{}); }
  static Json numbers(const std::vector<double>& values);

  bool is_null() const { return std::holds_alternative<std::monostate>(value_); }
  bool is_bool() const { return std::holds_alternative<bool>(value_); }
  bool is_integer() const { return std::holds_alternative<std::int64_t>(value_); }
  bool is_number() const { return is_integer() || std::holds_alternative<double>(value_); }
  bool is_string() const { return std::holds_alternative<std::string>(value_); }
  bool is_array() const { return std::holds_alternative<Array>(value_); }
  bool is_object() const { return std::holds_alternative<Object>(value_); }
  /// "null", "true or false", "an integer", "a number", "a string", "a list" or "an object": for messages.
  std::string_view type_name() const;

  // Access by type; ContractError when the value is of another type. A null reads as NaN through as_double.
  bool as_bool() const;
  std::int64_t as_integer() const;
  double as_double() const;
  const std::string& as_string() const;
  const Array& as_array() const;
  const Object& as_object() const;

  /// Member of an object, or nullptr.
  const Json* find(std::string_view key) const;
  /// Member of an object; ContractError when it is missing.
  const Json& at(std::string_view key) const;
  /// Member of an object, made (null) when missing; a null becomes an empty object first.
  Json& operator[](std::string_view key);
  /// Appends to a list; a null becomes an empty list first.
  void push_back(Json value);

  /// Pretty-printed with two spaces when `indent`, in one line otherwise.
  std::string dump(bool indent = true) const;

  bool operator==(const Json&) const = default;

 private:
  std::variant<std::monostate, bool, std::int64_t, double, std::string, Array, Object> value_;
};

/// Throws InputError with `file`: line and column of a syntax error, the name of a repeated key.
Json parse_json(std::string_view text, const std::string& file);
Json read_json(const std::filesystem::path& path);
void write_json(const std::filesystem::path& path, const Json& value);

}  // namespace arcproof::io
